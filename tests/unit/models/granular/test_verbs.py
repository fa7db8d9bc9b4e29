"""Firms, schedules, sweeps, elasticities and labelled results of granular worlds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.verbs.compare import compare
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import schedule, simulate
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

FM = [0.2792937, 0.2669171, 0.237274, 0.2349326, 0.2344921, 0.2239384, 0.2018728]
ONE: dict[str, Any] = {
    "model": "granular",
    "parameters": {"sigma": 6.0, "K_1": 5.0, "R": 1000.0, "productivities": FM},
}
TWO: dict[str, Any] = {
    "model": "granular",
    "parameters": {"sigma": 6.0, "K_1": 5.0, "R": [1000.0, 600.0], "tau": 1.08,
                   "productivities": [[0.30, 0.28, 0.25], [0.29, 0.27, 0.24, 0.20]]},
    "countries": {"names": ["North", "South"]},
}  # fmt: skip


def test_the_firms_listed_are_the_firms_given() -> None:
    eq = solve(ONE)
    firms = simulate(eq, 100)
    assert firms["productivity"].tolist() == FM
    assert firms["firm"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert np.nansum(firms["revenue"]) == pytest.approx(1000.0, rel=1e-12)
    kept = firms["revenue"] - firms["employment"]
    assert kept == pytest.approx(eq["profit"], rel=1e-12, nan_ok=True)
    assert len(simulate(eq, 3)) == 3


def test_the_firms_of_several_countries_carry_their_markets() -> None:
    firms = simulate(TWO, 100).named
    assert firms["country"].tolist() == ["North"] * 3 + ["South"] * 4
    assert np.nansum(firms["revenue[South]"]) == pytest.approx(600.0, rel=1e-12)


def test_one_more_firm_replies_best_or_stays_out() -> None:
    eq = solve(ONE)
    told = schedule(eq, [0.22, 0.2345, 0.30])
    sells, share = told["sells"][0, 0], told["share"][0, 0]
    assert sells.tolist() == [False, True, True]
    assert np.isnan(told["price"][0, 0, 0])
    assert told["profit"][0, 0, 0] == 0.0
    assert 0 < share[1] < share[2] < 1
    # scope and price bring the revenue that the share says, at the price index after entry
    x = np.log(float(eq["price_index"])) + np.log1p(-share[1:]) / 5.0
    price, scope = told["price"][0, 0, 1:], told["varieties"][0, 0, 1:]
    assert scope * price**-5.0 / np.exp(-5.0 * x) == pytest.approx(share[1:], rel=1e-9)


@pytest.mark.parametrize("conduct", ["bertrand", "cournot"])
@pytest.mark.parametrize("upper", [{}, {"upper": "ces", "eta": 2.0, "I": 2000.0}])
def test_the_accounts_of_one_more_firm_balance(conduct: str, upper: dict[str, Any]) -> None:
    eq = solve({**ONE, "parameters": {**ONE["parameters"], **upper, "conduct": conduct, "K_0": 3.0}})
    told = {name: values[0, 0] for name, values in schedule(eq, [0.26, 0.30, 0.35]).items()}
    assert told["sells"].all()
    kept = told["revenue"] * (1.0 - 1.0 / told["markup"]) - 5.0 * told["varieties"] - 3.0
    assert told["profit"] == pytest.approx(kept, rel=1e-10)


def test_a_sweep_names_firms_and_markets() -> None:
    one = sweep(ONE, ["R=500:2000:4"])
    assert one.refused == 0
    assert one["profit[1]"] == pytest.approx(np.linspace(0.5, 2.0, 4) * float(solve(ONE)["profit"][0]), rel=1e-11)
    assert one["price_index"].shape == (4,)
    two = sweep(TWO, ["tau[0][1]=1.02,1.1"])
    assert two["share[North 1,South]"][0] > two["share[North 1,South]"][1]
    assert two["price_index[South]"][0] < two["price_index[South]"][1]


def test_a_sweep_over_seeds_draws_again() -> None:
    table = {"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 6, "seed": 0}
    scenario = {**ONE, "parameters": {**ONE["parameters"], "productivities": table}}
    drawn = sweep(scenario, ["productivities.seed=0:4:5"])
    assert drawn.refused == 0
    assert len(set(drawn["price_index"])) == 5


def test_spending_moves_profits_one_for_one_and_shares_not_at_all() -> None:
    found = elasticities(ONE, to="R")
    assert found["profit", "R"][:5] == pytest.approx(1.0, rel=1e-10)
    assert found["share", "R"][:5] == pytest.approx(0.0, abs=1e-9)
    assert float(found["price_index", "R"]) == pytest.approx(-0.2, rel=1e-10)  # P^(sigma-1) R is what counts


def test_results_are_labelled_by_firm_and_market() -> None:
    one, two = solve(ONE).to_xarray(), solve(TWO).to_xarray()
    assert list(one["firm"].values) == ["1", "2", "3", "4", "5", "6", "7"]
    assert one["price_index"].dims == ()
    assert list(two["firm"].values)[3] == "South 1"
    assert two["share"].dims == ("firm", "destination")
    assert "7 firms" in repr(solve(ONE))


def test_worlds_with_other_firms_are_not_compared() -> None:
    with pytest.raises(InputError, match="another firm"):
        compare({**ONE, "counterfactual": {"parameters": {"productivities": FM[:4]}}})
