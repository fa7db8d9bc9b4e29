"""Each displayed equation of the market penetration model, written out for one pair of countries at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.model import MarketPenetration

SIGMA, THETA, BETA, ALPHA, GAMMA, PSI = 4.0, 5.0, 0.6, 0.4, 0.3, 0.02
L, B, J = [3.0, 1.0, 2.0], [1.0, 0.9, 1.2], [1.0, 0.5, 2.0]
TAU = [[1.1, 1.4, 1.9], [2.1, 1.0, 1.3], [1.6, 1.7, 1.05]]
WAGE = [1.0, 0.8, 1.3]
ENTRY: dict[str, dict[str, Any]] = {"fixed": {"J": J}, "free": {"entry": "free", "f_e": [0.1, 0.2, 0.15]}}
S, TILDE = SIGMA - 1, THETA / (SIGMA - 1)
K = TILDE / ((TILDE - 1) * (1 + BETA * (TILDE - 1)))
EXACT = 1e-13  # a dozen powers of numbers of order one


def model(entry: str = "fixed") -> MarketPenetration:
    shapes = {"sigma": SIGMA, "theta": THETA, "beta": BETA, "alpha": ALPHA, "gamma": GAMMA, "psi": PSI}
    return MarketPenetration.build({**shapes, "L": L, "b": B, "tau": TAU, **ENTRY[entry]})


def pairs(one: Any) -> np.ndarray:
    return np.array([[one(i, j) for j in range(3)] for i in range(3)])


def xi(entry: str) -> float:
    return 1 / (1 - S / (THETA * SIGMA)) if entry == "fixed" else 1.0


def price_index(j: int, entry: str) -> float:
    """Say the price index of the Pareto for one country, term by term."""
    y, tilde_psi = [xi(entry) * w for w in WAGE], PSI * xi(entry) / SIGMA
    reach = (L[j] ** (1 - ALPHA) * y[j] ** (1 - GAMMA) * tilde_psi) ** (TILDE - 1)
    total = sum(
        J[i] * B[i] ** THETA * (TAU[i][j] * WAGE[i]) ** -THETA * y[i] ** ((1 - GAMMA) * (1 - TILDE)) for i in range(3)
    )
    return float((K * (SIGMA / S) ** -THETA * reach * total) ** (-1 / THETA))


def test_the_scale_of_sales_mixes_wages_of_origin_and_destination() -> None:
    wanted = pairs(lambda i, j: SIGMA * WAGE[j] ** GAMMA * WAGE[i] ** (1 - GAMMA) * L[j] ** ALPHA / PSI)
    assert np.exp(eq.log_scale(model(), np.log(WAGE))) == pytest.approx(wanted, rel=EXACT)


def test_the_first_consumer_just_pays_at_the_cutoff() -> None:
    demand = np.array([5.0, 2.0, 9.0])
    x = np.exp(eq.log_cutoff(model(), np.log(WAGE), np.log(demand)))

    def margin(i: int, j: int) -> float:
        p = SIGMA / S * TAU[i][j] * WAGE[i] / x[i, j]
        revenue = demand[j] * p ** (1 - SIGMA)
        return float(revenue / SIGMA * PSI / (L[j] ** ALPHA * WAGE[j] ** GAMMA * WAGE[i] ** (1 - GAMMA)))

    assert pairs(margin) == pytest.approx(np.ones((3, 3)), rel=EXACT)


def test_trade_shares_are_the_papers() -> None:
    kappa = THETA + (1 - GAMMA) * (TILDE - 1)
    pull = pairs(lambda i, j: J[i] * B[i] ** THETA * TAU[i][j] ** -THETA * WAGE[i] ** -kappa)
    m = model()
    got = eq.trade_share(eq.supply(m, np.log(WAGE), np.array(J)))
    assert got == pytest.approx(pull / pull.sum(axis=0), rel=EXACT)


@pytest.mark.parametrize("entry", ENTRY)
def test_the_price_index_is_the_papers(entry: str) -> None:
    m = model(entry)
    got = np.exp(eq.log_price_index(m, np.log(WAGE), eq.supply(m, np.log(WAGE), np.array(J))))
    assert got == pytest.approx([price_index(j, entry) for j in range(3)], rel=EXACT)


@pytest.mark.parametrize("beta", [0.0, 0.6, 1.0, 1 + 1e-9, 2.0])
def test_the_marketing_cost_is_the_papers(beta: float) -> None:
    n = np.array([0.0, 1e-12, 0.3, 0.99])
    t = -np.log1p(-n)
    # 1e-9 from one the cost differs from the log case by 1e-9 of itself at most.
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = t if abs(beta - 1) < 1e-6 else -np.expm1((1 - beta) * np.log1p(-n)) / (1 - beta)
    assert eq.marketing_effort(t, beta) == pytest.approx(plain, rel=1e-8 if 0 < abs(beta - 1) < 1e-6 else EXACT)


@pytest.mark.parametrize("entry", ENTRY)
def test_closed_forms_are_the_partial_moments_of_the_pareto(entry: str) -> None:
    m, log_x = model(entry), np.log(np.array([[1.5, 2.0, 2.5], [2.2, 1.3, 1.9], [3.0, 2.4, 1.6]]))
    closed, kernel = eq.pareto_moments(m, log_x), eq.moments(m, log_x)
    for name, value in vars(closed).items():
        assert value == pytest.approx(getattr(kernel, name), rel=1e-12), name
