"""A million simulated firms against quantiles, fractional moments and counts, at four degrees of diminishing returns.

Sales have no variance here (theta_tilde = 1.5), so that only statistics that have one are compared. The exact values
are worked out here, from the uniform u = (phi*/phi)^theta of a seller: ln x = -ln(u)/theta, n = 1 - u^(1/(beta
theta_tilde)), which makes 1 - n a power of a uniform and its moments beta functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.special import betaln, digamma

from phistar.models.market_penetration.firms import sales_quantile
from phistar.verbs.simulate import simulate
from phistar.verbs.solve import solve

N = 1_000_000
STANDARD_ERRORS = 4.0  # with some 300 numbers compared at a fixed seed, a false alarm is 1 in 50
THETA, TILDE = 4.5, 1.5
SHARES = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999])


@dataclass(frozen=True)
class Million:
    """An equilibrium and a million draws a country, at one degree of diminishing returns."""

    beta: float
    eq: Any
    columns: Mapping[str, np.ndarray]

    def sold(self) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
        """Yield origin, destination and the positive sales and reach of the origin's draws there."""
        for i in range(3):
            mine = self.columns["country"] == i
            for j, name in enumerate(self.eq.countries):
                sales = self.columns[f"sales[{name}]"][mine]
                yield i, j, sales[sales > 0.0], self.columns[f"reach[{name}]"][mine][sales > 0.0]


# Tests are grouped by the fixture's parameter and its value is let go before the next: one sample is held at a time.
@pytest.fixture(scope="module", params=[0.0, 0.5, 1.0, 1.5])
def million(request: pytest.FixtureRequest) -> Million:
    parameters = {
        "theta": THETA,
        "theta_tilde": TILDE,
        "beta": request.param,
        "psi": 6.0,
        "L": [1.0, 0.6, 1.8],
        "J": [3.0, 2.0, 4.0],
        "tau": [[1.0, 1.15, 1.25], [1.2, 1.0, 1.1], [1.15, 1.2, 1.0]],
    }
    eq = solve({"model": "market_penetration", "parameters": parameters})
    return Million(request.param, eq, simulate(eq, N, seed=20).columns)


def near(label: Any, sample: np.ndarray, exact: float) -> None:
    error = sample.std() / np.sqrt(len(sample))
    assert len(sample) > 1000, label
    assert abs(sample.mean() - exact) <= STANDARD_ERRORS * error + 1e-15, (label, sample.mean(), exact, error)


def quantile(share: np.ndarray, beta: float) -> np.ndarray:
    """Return quantiles of sales in units of B, Arkolakis (2008) appendix C."""
    u = 1 - share
    missed = u ** (1 / (TILDE * beta)) if beta > 0 else 0.0
    return u ** (-1 / TILDE) * (1 - missed)


def fractional_moment(order: float, beta: float) -> float:
    """Return the mean of a power of sales in units of B: v = 1 - n has density beta theta~ v^(beta theta~ - 1)."""
    if beta == 0:
        return TILDE / (TILDE - order)
    shape = beta * TILDE
    return float(shape * np.exp(betaln(shape - beta * order, 1 + order)))


def mean_log(beta: float) -> float:
    if beta == 0:
        return 1 / TILDE
    return float(1 / TILDE + digamma(1) - digamma(1 + beta * TILDE))


def test_a_million_firms_have_the_quantiles_of_sales(million: Million) -> None:
    eq, beta = million.eq, million.beta
    for i, j, sales, _ in million.sold():
        exact = eq["sales_scale"][i, j] * quantile(SHARES, beta)
        found = sales_quantile(eq.model, dict(eq.unknowns), SHARES, i, j)
        assert np.allclose(found, exact, rtol=1e-11, atol=0)  # two forms of one formula
        for share, level in zip(SHARES, exact, strict=True):
            near((i, j, share), (sales <= level).astype(float), share)


def test_a_million_firms_have_the_fractional_moments_of_sales(million: Million) -> None:
    eq, beta = million.eq, million.beta
    for i, j, sales, reach in million.sold():
        unit = sales / eq["sales_scale"][i, j]
        for order in (0.25, 0.5, 0.6):  # below 0.75 they have a variance
            near((i, j, order), unit**order, fractional_moment(order, beta))
        near((i, j, "log"), np.log(unit), mean_log(beta))
        near((i, j, "reach"), reach, 1 / (1 + beta * TILDE))
        near((i, j, "reach squared"), reach**2, 2 / ((1 + beta * TILDE) * (2 + beta * TILDE)))
        assert np.isclose(eq["mean_reach"][i, j], 1 / (1 + beta * TILDE), rtol=1e-13, atol=0)  # one division


def test_a_million_firms_sell_where_the_equilibrium_says(million: Million) -> None:
    columns, eq = million.columns, million.eq
    for i in range(3):
        mine = columns["country"] == i
        sells = np.array([columns[f"sales[{name}]"][mine] > 0 for name in eq.countries])
        for j in range(3):
            near((i, j), sells[j].astype(float), eq["mass_sellers"][i, j] / eq["mass_entrants"][i])
        near(
            (i, "exporters"), columns["exporter"][mine].astype(float), eq["mass_exporters"][i] / eq["mass_entrants"][i]
        )
        # a strict hierarchy of destinations: whoever sells in a harder market sells in every easier one
        order = np.argsort(eq["cutoff"][i])
        assert np.all(sells[order][:-1] >= sells[order][1:])
        assert np.array_equal(columns["markets"][mine], sells.sum(axis=0))


def test_the_logs_of_productivity_and_the_weights_are_those_of_the_world(million: Million) -> None:
    columns, eq = million.columns, million.eq
    for i in range(3):
        mine = columns["country"] == i
        near(i, np.log(columns["productivity"][mine]), 1 / THETA)
        assert np.isclose(columns["weight"][mine].sum(), eq["mass_entrants"][i], rtol=1e-10, atol=0)  # a long sum
