"""The library against firms' own choices under linear demand, by quadrature and another search for entry."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.reference.melitz_ottaviano import CASES, world

from .cases import all_cases
from .outcomes import outcomes
from .worlds import Solution, best_quantity, solve_world

WORLDS = all_cases()
# seconds each: the default run keeps one of a kind
SLOW = {n for n in WORLDS if (n.startswith("three") and "long" in n) or "corner" in n}
SLOW -= {"three, pareto, long", "two, truncated lognormal, corner", "two, pareto and uniform, corner"}
NAMES = [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in WORLDS]
# Quadrature and Newton with differences leave 1e-15 to 1e-14; a variance loses a digit or two where costs are close
# together, an entrant mass what the system's condition takes. The promise is 1e-9.
RTOL = 1e-10


@functools.cache
def brute(name: str) -> Solution:
    return solve_world(WORLDS[name])


def differences(eq: Any, want: dict[str, np.ndarray], rtol: float) -> dict[str, Any]:
    """Return what differs; where nobody sells there is no mean or share to compare."""
    wrong: dict[str, Any] = {}
    for variable, value in want.items():
        got, known = np.asarray(eq[variable], dtype=float), ~np.isnan(value)
        # net exports and labour are differences of numbers of the size of L (about 10): 1e-13 is their rounding
        if not np.allclose(got[known], value[known], rtol=rtol, atol=1e-13):
            wrong[variable] = {"library": got.tolist(), "brute force": value.tolist()}
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_brute_force_solves_its_own_definitions(name: str) -> None:
    assert brute(name).residual < 1e-13  # Newton stops at rounding


@pytest.mark.parametrize("name", NAMES)
def test_the_library_agrees_with_firms_own_choices(name: str) -> None:
    eq = solve(WORLDS[name].scenario())
    assert eq.certificate.max_residual <= 1e-10  # what a certificate promises
    wrong = differences(eq, outcomes(brute(name)), RTOL)
    assert not wrong, wrong


def test_the_cases_hold_interior_worlds_and_every_corner() -> None:
    masses = {name: brute(name).N for name in WORLDS if name not in SLOW}
    assert np.all(masses["two, pareto and uniform, long"] > 0)
    assert np.all(masses["two, pareto of unlike tails, long"] > 0)
    assert [n for n in masses if "corner" in n and not np.any(masses[n] == 0)] == []
    assert np.all(masses["two, nobody enters, long"] == 0)
    for name in ("two, all incumbents sell, short", "two, cheap entry where all sell, long"):
        own = outcomes(brute(name))
        assert np.allclose(own["mass_sellers"], own["mass_entrants"][:, None], rtol=1e-13, atol=0)  # quadrature


def test_no_other_quantity_earns_a_firm_more() -> None:
    case = WORLDS["two, pareto, long"]
    Q, delivered = 1.1, np.linspace(0.05, 0.6, 7)
    best = best_quantity(case, delivered, Q)

    def profit(q: np.ndarray) -> np.ndarray:
        return (case.alpha - case.gamma * q - case.eta * Q - delivered) * q

    tried = np.linspace(0, 2, 4001)[:, None]
    assert np.all(profit(tried) <= profit(best) + 1e-16)  # rounding of a profit near 0.1


@pytest.mark.parametrize("name", [n for n in CASES if not n.startswith(("pub08", "pub09", "pub10"))])
def test_brute_force_agrees_with_the_stored_reference_worlds(name: str) -> None:
    # so that the stored values, whose script is not here, rest on a route that is
    case = CASES[name]
    own = outcomes(solve_world(world(case)))
    stored = case["outputs"]
    for variable, key in {
        "mass_entrants": "N_entrants",
        "price_threshold": "p_max",
        "mass_sellers": "sellers_by_origin",
        "trade_flow": "EXP",
        "consumer_surplus": "consumer_surplus",
        "welfare": "welfare",
        "variance_revenue": "var_revenue",
        "numeraire_labour": "labour_numeraire",
    }.items():
        # exact zeros of a country without entrants; quadrature and differences leave some 1e-14
        assert np.allclose(own[variable], stored[key], rtol=1e-11, atol=1e-13), variable
