"""The stand-in for partial moments that far searches read, and the slopes of the equations they follow."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.gaps import Counted, Point, gaps_at, own_firms
from phistar.models.market_penetration.model import MarketPenetration
from phistar.models.market_penetration.moments import kernel_moments
from phistar.models.market_penetration.roaming import books, roam
from phistar.models.market_penetration.settling import settled
from phistar.models.market_penetration.solver import (
    ROOT,
    _fading,
    _not_found,
    by_beta,
    by_firms,
    by_wages,
    newton,
)
from phistar.models.market_penetration.starts import tangent_world
from phistar.models.market_penetration.table import Table

FAMILIES: list[dict[str, Any]] = [
    {"family": "lognormal", "mu": 0.2, "sd": 0.5},
    {"family": "weibull", "shape": 2.0, "scale": 1.5},
    {"family": "bounded_pareto", "k": 3.0, "lower": 0.7, "upper": 6.0},
]
ATOMS = {"family": "empirical", "values": [0.5, 1.0, 1.3, 4.0]}


def model(**changes: Any) -> MarketPenetration:
    tau = [[1.0, 1.4, 1.6], [1.5, 1.0, 1.3], [1.45, 1.5, 1.0]]
    given = {"sigma": 4.0, "beta": 1.0, "psi": 0.3, "L": [3.0, 1.0, 2.0], "tau": tau, "productivity": FAMILIES}
    return MarketPenetration.build({**given, **changes})


@pytest.mark.parametrize("beta", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("family", [*FAMILIES, ATOMS], ids=lambda family: family["family"])
def test_the_table_reads_what_partial_moments_are(family: dict[str, Any], beta: float) -> None:
    if family is ATOMS and beta == 0.0:
        pytest.skip("the marginal atom would mix, which the model refuses")
    m = model(productivity=family, beta=beta)
    log_x = np.linspace(-6.0, 1.2, 301) * np.ones((3, 1))
    with np.errstate(all="ignore"):
        read, exact = Table(m)(log_x), kernel_moments(m.productivity, log_x, m.S, m.beta)
    # a stand-in: errors are quintic within cells, and of the first order by a lower end, a kink without marketing
    assert read.sales == pytest.approx(exact.sales, rel=1e-2)
    assert read.cost == pytest.approx(exact.cost, rel=1e-2)


#: Which entry, and whether wages settle by it.
ENTRIES = pytest.mark.parametrize(
    ("entry", "by_entry"), [("fixed", False), ("free", True), ("free", False)], ids=["fixed", "free", "given firms"]
)


@ENTRIES
def test_slopes_of_the_books_are_limits_of_differences(entry: str, by_entry: bool) -> None:
    m = model(entry=entry, gamma=0.4)
    firms, free = own_firms(m), entry == "free"
    rng = np.random.default_rng(1)
    place = Point(*rng.normal(0.0, 0.2, (3, 3)))
    at = books(m, firms, place, by_entry)
    for k in range(at.slopes.shape[1]):
        step = np.where(np.arange(at.slopes.shape[1]) == k, 1e-5, 0.0)
        there, back = (books(m, firms, place.moved(sign * step, free), by_entry) for sign in (1.0, -1.0))
        ends = [np.concatenate([side.inner, side.outer]) for side in (there, back)]
        # central differences: 1e-10 of truncation, 1e-11 of rounding, each times slopes of tens
        assert at.slopes[:, k] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-7)


@ENTRIES
@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_settled_wages_are_roots_of_their_equations(entry: str, by_entry: bool, gamma: float) -> None:
    m = model(entry=entry, gamma=gamma)
    firms, place = own_firms(m), Point(np.zeros(3), np.array([2.0, 1.0, 3.0]), np.full(3, -3.0))
    there = settled(m, firms, place, by_entry)
    gaps = books(m, firms, there, by_entry).inner[:3]
    # a root is left at the Newton step from within 1e-3, so within the square of that; where others' wages matter too,
    # each is left at the root of its own
    assert np.max(np.abs(gaps)) < (1e-5 if gamma == 0.0 else 1e-3)
    assert not np.allclose(there.log_wage, place.log_wage, atol=0.1)


def test_a_search_begins_no_step_after_its_looks() -> None:
    m = model()
    start = tangent_world(m, Table(m))
    counts = []
    for looks in (1, 10_000):
        firms = Counted(Table(m))
        roam(m, firms, start, looks)
        counts.append(firms.looks)
    assert counts[0] < counts[1]
    assert counts[0] <= 1 + 60  # the first look, and one settling of wages


def test_a_market_nobody_sells_in_lets_demand_stride() -> None:
    m = model(productivity=FAMILIES[-1:] * 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = books(m, own_firms(m), Point(np.zeros(3), np.array([2.0, -60.0, 3.0]), np.zeros(3)), False)
    assert at.empty == 1
    assert np.isfinite(at.slopes).all()
    assert np.flatnonzero(at.slopes[3 + 1]).tolist() == [3 + 1]


def test_beta_fades_from_gentle_worlds_to_the_one_wanted() -> None:
    for beta in (0.0, 1e-9, 1e-3, 0.2):
        way = _fading(beta)
        assert way[-1] == beta
        assert way[0] > 1.0
        assert np.all(np.diff(way) < 0.0)


def test_routes_agree_where_all_of_them_lead() -> None:
    m = model(entry="free", gamma=1.0, beta=0.1)
    table = Table(m)
    start = tangent_world(m, table)
    found = [route(m, start, table) for route in (newton, by_wages, by_firms, by_beta)]
    for place, miss in found:
        assert miss < ROOT
        # roots of one table, each within ROOT in gaps whose slopes are of order one
        assert place.in_numeraire(m).log_wage == pytest.approx(found[0][0].log_wage, abs=1e-4)


def test_a_refusal_at_the_end_of_a_support_says_where_numbers_have_too_few_digits() -> None:
    m = model(productivity=FAMILIES[-1:] * 3)
    place = Point(np.zeros(3), np.array([2.0, 1.0, 3.0]), np.zeros(3))
    room = np.log(6.0) - eq.log_cutoff(m, place.log_wage, place.log_demand)
    assert "few digits" not in str(_not_found(m, place, gaps_at(m, place, own_firms(m))))
    near = Point(place.log_wage, place.log_demand - m.S * (room[1, 2] - 1e-8) * np.array([0, 0, 1]), place.log_entrants)
    reason = str(_not_found(m, near, gaps_at(m, near, own_firms(m))))
    assert re.search(rf"cutoff of {m.countries[1]} in {m.countries[2]} came within 1e-08 .* few digits", reason)
    assert f"give productivity of {m.countries[1]} a tail" in reason
