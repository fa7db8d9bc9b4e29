"""Every stored reference equilibrium of the Melitz-Ottaviano model, every stored output that the library reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.reference.melitz_ottaviano import CASES, scenario

# The stored values are exact to the last bit; solving leaves residuals near 1e-15. An entrant mass is a difference of
# masses over 1 - rho^2 and a Pareto moment a power k + 2 of a cutoff: 1e-11 leaves two digits for both.
RTOL = 1e-11
# exact zeros, and net exports that balance, are differences of numbers near 10
ATOL = 1e-13

VARIABLES = {
    "N_entrants": "mass_entrants",
    "p_max": "price_threshold",
    "cost_cutoff": "cutoff",
    "cost_cutoff_effective": "cutoff_effective",
    "sellers_by_origin": "mass_sellers",
    "N_sellers": "variety",
    "avg_delivered_cost": "mean_cost",
    "avg_price": "mean_price",
    "avg_markup": "mean_markup",
    "avg_quantity": "mean_quantity",
    "avg_revenue": "mean_revenue",
    "avg_profit": "mean_profit",
    "var_delivered_cost": "variance_cost",
    "var_price": "variance_price",
    "var_markup": "variance_markup",
    "var_quantity": "variance_quantity",
    "var_revenue": "variance_revenue",
    "consumer_surplus": "consumer_surplus",
    "EXP": "trade_flow",
    "welfare": "welfare",
    "numeraire_consumption": "numeraire_consumption",
    "labour_numeraire": "numeraire_labour",
    "net_exports_differentiated": "net_exports",
    "producers_any_market": "mass_active",
    "exporters_any": "mass_exporters",
    "Q_per_consumer": "quantity_head",
    "expected_profit_per_entrant": "profit_expected",
    "labour_production": "labour_production",
    "welfare_wage_income_only": "welfare_wages",
    "avg_cost_domestic_producers": "mean_cost_domestic",
}


# what the reference says in another form than the library: from what the library says
DERIVED = {
    "income_per_consumer": lambda eq, case: eq["income"] / case["inputs"]["L"],
    "domestic_producers": lambda eq, case: eq["mass_sellers"].diagonal(),
    "spending_per_consumer": lambda eq, case: eq["trade_flow"].sum(axis=0) / case["inputs"]["L"],
    "exports": lambda eq, case: _abroad(eq["trade_flow"], total=True),
    "imports": lambda eq, case: _abroad(eq["trade_flow"].T, total=True),
    "numeraire_net_exports": lambda eq, case: (
        eq["numeraire_labour"] - eq["numeraire_consumption"] * case["inputs"]["L"]
    ),
    "labour_differentiated": lambda eq, case: np.asarray(case["inputs"]["L"]) - eq["numeraire_labour"],
}
# how the reference describes or checks itself, and a share that has no meaning without entrants
NOT_VARIABLES = {"kind", "entry_slack", "share_exporting"}


def _abroad(matrix: np.ndarray, *, total: bool = False) -> np.ndarray:
    away = np.where(np.eye(len(matrix), dtype=bool), 0.0, matrix)
    return away.sum(axis=1) if total else away.max(axis=1)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_stored_output_of_a_reference_world_is_reproduced(case: dict[str, Any]) -> None:
    eq = solve(scenario(case))
    assert eq.certificate.max_residual <= 1e-10  # what a certificate promises
    wrong: dict[str, Any] = {}
    for name, stored in case["outputs"].items():
        if name in NOT_VARIABLES:
            continue
        got = np.asarray(eq[VARIABLES[name]] if name in VARIABLES else DERIVED[name](eq, case), dtype=float)
        if not np.allclose(got, np.asarray(stored, dtype=float), rtol=RTOL, atol=ATOL):
            wrong[name] = {"got": got.tolist(), "stored": stored}
    assert not wrong, wrong


def test_every_stored_output_is_either_compared_or_set_apart() -> None:
    stored = {name for case in CASES.values() for name in case["outputs"]}
    assert stored == set(VARIABLES) | set(DERIVED) | NOT_VARIABLES


def test_profits_are_income_in_the_short_run_and_pay_for_entry_in_the_long() -> None:
    for case in CASES.values():
        eq, stored = solve(scenario(case)), case["outputs"]
        L = np.asarray(case["inputs"]["L"])
        income = eq["numeraire_consumption"] + eq["trade_flow"].sum(axis=0) / L
        assert np.allclose(income, stored["income_per_consumer"], rtol=RTOL, atol=0)
        assert np.allclose(eq["welfare"], income + eq["consumer_surplus"], rtol=RTOL, atol=0)
