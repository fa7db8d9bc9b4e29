"""Each wage is the root of one falling equation, found wherever it hides: next to a bound, beyond a jump, far away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.models.melitz import equations as eq
from phistar.models.melitz import wages
from phistar.models.melitz.model import Melitz
from phistar.models.melitz.primitives import Primitives

BOUNDED: dict[str, Any] = {"family": "bounded_pareto", "k": 3.0, "lower": 0.5, "upper": 2.0}
#: Firms nearly alike: a market opens for all of them within a hair's breadth.
ALIKE: dict[str, Any] = {"family": "bounded_pareto", "k": 8.0, "lower": 0.99, "upper": 1.0}
LOGNORMAL: dict[str, Any] = {"family": "lognormal", "mu": 0.0, "sd": 0.5}


def world(families: list[dict[str, Any]], **changes: Any) -> Primitives:
    n = len(families)
    tau = 1.0 + 0.4 * (1.0 - np.eye(n)) * (1.0 + np.arange(n))
    given = {"sigma": 4.0, "L": [1.0] * n, "tau": tau.tolist(), "f": 1.0, "f_e": 0.2, "productivity": families}
    return Melitz.build(given | changes).batched()


def solved(m: Primitives, log_demand: list[float], start: float = 0.0) -> tuple[np.ndarray, int]:
    """Solve the wages at given demand levels; return them and the number of looks."""
    looks = 0
    count = wages.entry_gap

    def counted(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        return count(*args)

    n = len(log_demand)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wages, "entry_gap", counted)
        found = wages.wages_given_demand(m, np.array(log_demand)[:, None], np.full((n, 1), start))
    return found.log_wage + found.rest, looks


def bisected(m: Primitives, log_demand: list[float]) -> np.ndarray:
    """Find the same wages by halving alone."""
    n = len(log_demand)
    low, high = np.full((n, 1), -60.0), np.full((n, 1), 60.0)
    for _ in range(70):
        w = 0.5 * (low + high)
        gap, _ = wages.entry_gap(m, eq.select(m, w, np.array(log_demand)[:, None]))
        low, high = np.where(gap > 0.0, w, low), np.where(gap > 0.0, high, w)
    return 0.5 * (low + high)


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
@pytest.mark.parametrize("entry", [{}, {"entry": "fixed", "J": [1.0, 2.0, 0.5]}], ids=["free", "fixed"])
@pytest.mark.parametrize("families", [[BOUNDED] * 3, [ALIKE] * 3, [BOUNDED, LOGNORMAL, ALIKE]])
@pytest.mark.parametrize("start", [-20.0, 0.0, 20.0])
def test_wages_are_those_that_halving_finds(fixed_cost, entry, families, start):
    m = world(families, fixed_cost=fixed_cost, **entry)
    demand = [0.3, 1.2, -0.5]
    np.testing.assert_allclose(solved(m, demand, start)[0], bisected(m, demand), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("cost", [1e-2, 1e-6, 1e-12, 1e-18])
def test_next_to_an_upper_bound_few_looks_are_enough(cost):
    m = world([BOUNDED, BOUNDED], f_e=cost, delta=1.0)
    found, looks = solved(m, [0.0, 0.0])
    np.testing.assert_allclose(found, bisected(m, [0.0, 0.0]), rtol=1e-12, atol=1e-12)
    assert looks <= 12


def test_a_root_beyond_the_wage_at_which_another_market_closes_is_found():
    # Sales at home alone cover entry by a hair too little: the root lies where the export market has just opened.
    m = world([ALIKE, ALIKE], tau=[[1.0, 1.5], [1.5, 1.0]], f=[[1.0, 0.05], [0.05, 1.0]])
    for home in np.linspace(0.5, 3.0, 26):
        demand = [float(home), 0.0]
        found, looks = solved(m, demand)
        np.testing.assert_allclose(found, bisected(m, demand), rtol=1e-10, atol=1e-10)
        assert looks <= 30


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
def test_a_wage_moves_all_cutoffs_of_its_country_alike(fixed_cost):
    m = world([BOUNDED, LOGNORMAL, ALIKE], fixed_cost=fixed_cost)
    demand, rise = np.array([[0.3], [1.2], [-0.5]]), np.array([[0.7], [-0.2], [1e-9]])
    here = eq.select(m, np.zeros((3, 1)), demand)
    there, moved = eq.select(m, rise, demand), wages.moved(here, rise)
    np.testing.assert_allclose(moved.log_x, there.log_x, rtol=0, atol=1e-14)
    np.testing.assert_allclose(moved.log_e, there.log_e, rtol=0, atol=1e-14)


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
def test_a_market_closes_at_its_closing_wage(fixed_cost):
    m = world([BOUNDED, ALIKE], fixed_cost=fixed_cost)
    demand, w = np.array([[0.3], [-0.5]]), np.zeros((2, 1))
    closing = wages.closing_wages(m, w, eq.select(m, w, demand))
    assert closing is not None
    for j in range(2):
        for hair, open_ in ((-1e-9, True), (1e-9, False)):
            sellers = eq.select(m, closing[:, j] + hair, demand)
            assert np.array_equal(sellers.survival[:, j] > 0.0, np.full((2, 1), open_))


def test_where_no_support_ends_no_market_closes():
    m = world([LOGNORMAL, LOGNORMAL])
    assert wages.closing_wages(m, np.zeros((2, 1)), eq.select(m, np.zeros((2, 1)), np.zeros((2, 1)))) is None
