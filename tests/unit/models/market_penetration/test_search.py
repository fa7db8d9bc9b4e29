"""The stand-in for partial moments that far searches read, and the slopes of the equations they follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.models.market_penetration.gaps import Point, own_firms
from phistar.models.market_penetration.model import MarketPenetration
from phistar.models.market_penetration.moments import kernel_moments
from phistar.models.market_penetration.roaming import books, settled
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


@pytest.mark.parametrize("entry", ["fixed", "free"])
def test_slopes_of_the_books_are_limits_of_differences(entry: str) -> None:
    m = model(entry=entry, gamma=0.4)
    firms, free = own_firms(m), entry == "free"
    rng = np.random.default_rng(1)
    place = Point(*rng.normal(0.0, 0.2, (3, 3)))
    at = books(m, firms, place)
    for k in range(at.slopes.shape[1]):
        step = np.where(np.arange(at.slopes.shape[1]) == k, 1e-5, 0.0)
        there, back = (books(m, firms, place.moved(sign * step, free)) for sign in (1.0, -1.0))
        ends = [np.concatenate([side.inner, side.goods]) for side in (there, back)]
        # central differences: 1e-10 of truncation, 1e-11 of rounding, each times slopes of tens
        assert at.slopes[:, k] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("entry", ["fixed", "free"])
def test_settled_wages_are_roots_of_their_equations(entry: str) -> None:
    m = model(entry=entry, gamma=0.0)
    firms, place = own_firms(m), Point(np.zeros(3), np.array([2.0, 1.0, 3.0]), np.zeros(3))
    # a root is left at the Newton step from within 1e-3, so within the square of that
    assert np.max(np.abs(books(m, firms, settled(m, firms, place)).inner)) < 1e-5
