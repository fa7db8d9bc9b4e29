"""The market penetration model against stored equilibria of 40 and more digits, and its own general kernel."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from phistar.models.market_penetration.firms import sales_quantile
from phistar.models.market_penetration.hats import Shock, observed_of, solve_hats
from phistar.verbs.compare import Comparison, compare
from phistar.verbs.solve import solve
from tests.reference.market_penetration import CASES, NAMES, parameters, scenario

each = pytest.mark.parametrize("name", CASES)
EXACT = 1e-13  # stored to double precision; sums of a few countries lose a digit


@cache
def compared(name: str) -> Comparison:
    return compare(scenario(CASES[name]))


def check(equilibrium: Any, stored: dict[str, Any]) -> None:
    for theirs, ours in NAMES.items():
        if theirs in stored:
            assert equilibrium[ours] == pytest.approx(np.array(stored[theirs]), rel=EXACT), ours


@each
def test_the_baseline_is_the_stored_equilibrium(name: str) -> None:
    check(compared(name).baseline, CASES[name]["baseline"])


@each
def test_the_counterfactual_is_the_stored_equilibrium(name: str) -> None:
    check(compared(name).counterfactual, CASES[name]["counterfactual"])


@each
def test_exact_hats_from_shares_alone_are_the_stored_hats(name: str) -> None:
    seen, shapes = observed_of(compared(name).baseline)
    hats = solve_hats(seen, Shock(tau=np.array(CASES[name]["shocks"]["tau"])), shapes)
    ours = {"w": hats.wage, "lam": hats.trade_share, "phi_star": hats.cutoff, "M": hats.sellers,
            "T": hats.trade_flow, "P": hats.price_index, "W": hats.welfare}  # fmt: skip
    for theirs, values in ours.items():
        assert values == pytest.approx(np.array(CASES[name]["hats"][theirs]), rel=EXACT), theirs
    assert hats.residual < EXACT


@each
def test_the_margins_of_trade_are_the_stored_ones(name: str) -> None:
    columns = compared(name).decompositions["trade"].columns
    stored = CASES[name]["decomposition"]
    for part in ("total", "intensive", "new_consumers", "new_firms"):
        wanted = np.array([[cell[part] for cell in row] for row in stored])
        assert columns[part] == pytest.approx(wanted, rel=1e-10, abs=1e-14), part  # differences of numbers near one


@each
def test_the_sales_distribution_has_the_stored_percentiles(name: str) -> None:
    case, baseline = CASES[name], compared(name).baseline
    for pair, stored in case["sales_percentiles"].items():
        i, j = (int(k) for k in pair.split("->"))
        assert baseline["mean_sales"][i, j] == pytest.approx(stored["mean"], rel=EXACT)
        got = sales_quantile(baseline.model, dict(baseline.unknowns), case["percentile_grid"], i, j)
        # A first percentile of x^S n loses two digits where n is small.
        assert got == pytest.approx(np.array(stored["level"]), rel=1e-12)


@each
def test_the_general_kernel_agrees_with_the_closed_forms(name: str) -> None:
    case, baseline = CASES[name], compared(name).baseline
    given = {k: v for k, v in parameters(case).items() if k not in {"theta", "theta_tilde", "b"}}
    pareto = [{"family": "pareto", "k": case["inputs"]["theta"], "scale": b} for b in case["inputs"]["b"]]
    given |= {"sigma": case["inputs"]["sigma"], "productivity": pareto}
    general = solve({"model": "market_penetration", "parameters": given})
    for variable in baseline:
        close = pytest.approx(baseline[variable], rel=1e-12, abs=1e-13)  # abs: what is zero by theory
        assert general[variable] == close, variable
