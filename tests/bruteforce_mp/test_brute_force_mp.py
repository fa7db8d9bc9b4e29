"""The library against firms that look for their best price and reach, by quadrature and another search."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve
from tests.reference.market_penetration import CASES
from tests.reference.market_penetration import NAMES as STORED_NAMES

from .cases import all_cases
from .firms import Market, best_price, best_reach, reach, threshold
from .outcomes import outcomes, trade_elasticity
from .worlds import State, World, make_world, residuals, solve_world

WORLDS = all_cases()
# seconds each: the default run keeps one of a kind
QUICK = {
    "pareto, beta 0.0",
    "pareto, beta 1.0",
    "pareto, beta 1e-09",
    "pareto, free entry, beta 1.5",
    "mixed, beta 0.5",
    "mixed, beta 1.000001",
    "lognormal, free entry, beta 0.0",
    "lognormal, free entry, beta 1.0",
    "everyone sells at home",
    "firms one by one",
}
NAMES = [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in WORLDS]
PARETO = [p for p in NAMES if p.values[0].startswith("pareto,")]
RTOL = 1e-10  # quadrature and the search leave 1e-15 to 1e-13; the promise is 1e-10


@functools.cache
def brute(name: str) -> State:
    return solve_world(WORLDS[name])


def differences(eq: Any, want: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return what differs."""
    wrong: dict[str, Any] = {}
    for variable, value in want.items():
        # net exports are a difference of flows of the size of L: theirs is the rounding
        if not np.allclose(eq[variable], value, rtol=RTOL, atol=1e-12 if variable == "net_exports" else 0):
            wrong[variable] = {"library": np.asarray(eq[variable]).tolist(), "brute force": value.tolist()}
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_brute_force_solves_its_own_definitions(name: str) -> None:
    # one labour market was left out of the search: Walras' law is part of the evidence
    assert np.abs(residuals(brute(name))).max() < 1e-12  # the search stops at rounding


@pytest.mark.parametrize("name", NAMES)
def test_the_library_agrees_with_firms_own_choices(name: str) -> None:
    wrong = differences(solve(WORLDS[name].scenario()), outcomes(brute(name)))
    assert not wrong, wrong


@pytest.mark.parametrize("name", PARETO)
def test_the_closed_forms_agree_with_firms_own_choices(name: str) -> None:
    wrong = differences(solve(WORLDS[name].closed_scenario()), outcomes(brute(name)))
    assert not wrong, wrong


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_brute_force_agrees_with_the_stored_reference_worlds(case: dict[str, Any]) -> None:
    # so that the stored values, whose script is not here, rest on a route that is
    own, given = outcomes(solve_world(stored_world(case))), case["baseline"]
    for theirs, ours in STORED_NAMES.items():
        assert np.allclose(own[ours], given[theirs], rtol=1e-12, atol=0), ours  # the search stops at 1e-13
    constants = {"eta": "profit_share", "marketing_share": "marketing_share", "mean_reach_of_sellers": "mean_reach",
                 "J": "mass_entrants"}  # fmt: skip
    for theirs, ours in constants.items():
        assert np.allclose(own[ours], case["derived"][theirs], rtol=1e-12, atol=0), ours


def stored_world(case: dict[str, Any]) -> World:
    """Return the primitives of a stored case."""
    given = case["inputs"]
    tables = [{"family": "pareto", "k": given["theta"], "scale": b} for b in given["b"]]
    entry = {"f_e": given["f_e"]} if given["free_entry"] else {"J": given["J"]}
    same = {key: given[key] for key in ("sigma", "beta", "alpha", "gamma", "psi", "L", "tau")}
    return make_world(productivity=tables, **same, **entry)


@pytest.mark.parametrize("name", ["pareto, beta 1.0", "mixed, beta 0.5", "lognormal, free entry, beta 0.0"])
def test_the_trade_elasticity_is_the_response_of_sales_to_tau(name: str) -> None:
    found = solve(WORLDS[name].scenario())["trade_elasticity"]
    # differences of width 3e-4 leave width^4 times a fifth derivative (1e6 near an upper end) and rounding over width
    assert np.allclose(found, trade_elasticity(brute(name)), rtol=1e-8, atol=0)


def test_every_variable_of_the_model_is_compared() -> None:
    state = brute("pareto, beta 1.0")
    assert set(solve(state.world.scenario()).values) == set(outcomes(state)) | {"trade_elasticity"}


@pytest.mark.parametrize("name", [n for n in WORLDS if n in QUICK])
def test_a_firm_of_the_library_does_what_is_best_for_it(name: str) -> None:
    state, eq = brute(name), solve(WORLDS[name].scenario())
    for i, row in enumerate(state.firms):
        for j, own in enumerate(row):
            # a reach near the cutoff is the distance to it: rounding of a cutoff near 1 over that distance
            sure = np.flatnonzero(np.log(own.phi) - own.threshold > 1e-3)[::7]
            found = {key: v[i, j] for key, v in schedule(eq, own.phi[sure]).items()}
            for key, want in {"price": own.price, "reach": own.reach, "revenue": own.sales}.items():
                assert np.allclose(found[key], want[sure], rtol=RTOL, atol=0), (i, j, key)
            for key, want in {"marketing": own.marketing, "profit": own.profit}.items():
                # differences of sales and costs near the cutoff: the rounding is that of sales
                least = 1e-12 * eq["sales_scale"][i, j]
                assert np.allclose(found[key], want[sure], rtol=1e-9, atol=least), (i, j, key)


@pytest.mark.parametrize("beta", [0.0, 1e-6, 0.5, 1.0, 1.5, 4.0])
def test_no_other_price_or_reach_earns_a_firm_more(beta: float) -> None:
    market = Market(5.0, beta, 0.4, 0.3, 0.1, 2.0, 1.3, 1.1, 0.9, 1.2, 0.8)
    phi = np.exp(threshold(market) + np.array([1e-4, 0.01, 0.3, 1.0, 3.0]))

    def profit(p: np.ndarray, t: np.ndarray) -> np.ndarray:
        gain = (p - market.unit_cost(phi)) * market.consumption(p)
        return reach(t) * market.L * gain - market.marketing(t)

    price = best_price(market, phi)
    t = best_reach(market, (price - market.unit_cost(phi)) * market.consumption(price))
    best = profit(price, t)
    assert np.all(best > 0)
    for p in price * np.exp(np.linspace(-1, 1, 81))[:, None]:
        for n in np.linspace(0, 1 - 1e-9, 60):
            assert np.all(profit(p, -np.log1p(-n) * np.ones_like(p)) <= best * (1 + 1e-12))  # rounding
