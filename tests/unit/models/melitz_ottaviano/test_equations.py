"""Each displayed equation on 2 origins and 3 destinations with asymmetric costs: a transpose cannot hide."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from phistar.blocks.cost import Costs, Pareto, Uniform
from phistar.models.melitz_ottaviano import equations as eq

ALPHA, ETA, GAMMA = 2.0, 1.3, 0.8
TAU = np.array([[1.0, 1.4, 1.9], [1.3, 1.1, 2.2]])
L = np.array([5.0, 3.0, 4.0])
THRESHOLD = np.array([0.9, 0.7, 1.1])
ENTRANTS = np.array([3.0, 2.0])
FAMILIES = (Pareto(2.2, 0.8), Uniform(1.2, 0.1))


def world() -> Any:
    return SimpleNamespace(
        alpha=ALPHA, eta=ETA, gamma=GAMMA, L=L, tau=TAU, finite_tau=TAU, open=np.isfinite(TAU),
        f_E=np.array([0.2, 0.3]), cost=Costs(FAMILIES),
    )  # fmt: skip


def draws(n: int = 200_000) -> np.ndarray:
    """Costs at evenly spread ranks (origin, firm): a rule with an error of about 1/n."""
    ranks = (np.arange(n) + 0.5) / n
    return np.stack([family.quantile(ranks) for family in FAMILIES])


def followed() -> tuple[np.ndarray, ...]:
    """Price, quantity, revenue and profit of every draw in every market, nothing where it does not sell."""
    m, cost = world(), draws()
    margin = eq.markup(m, THRESHOLD, cost)
    price, quantity = eq.price(m, THRESHOLD, cost), eq.quantity(m, np.maximum(margin, 0.0))
    return margin, price, quantity, eq.revenue(price, quantity), eq.profit(margin, quantity)


def test_a_firm_charges_what_maximises_its_profit() -> None:
    m, cost = world(), np.array([[0.3], [0.5]])
    price = eq.price(m, THRESHOLD, cost)
    best = eq.profit(eq.markup(m, THRESHOLD, cost), eq.quantity(m, eq.markup(m, THRESHOLD, cost)))
    for step in (-1e-3, 1e-3):
        other = price + step
        sold = L[None, :, None] / GAMMA * (THRESHOLD[None, :, None] - other)
        sells = price > TAU[:, :, None] * cost[:, None, :]
        assert np.all(((other - TAU[:, :, None] * cost[:, None, :]) * sold <= best)[sells])


def test_the_cutoff_is_the_cost_at_which_the_markup_vanishes() -> None:
    cutoff = eq.cutoff(world(), THRESHOLD)
    for j in range(3):
        assert np.allclose(eq.markup(world(), THRESHOLD, cutoff[:, [j]])[:, j, 0], 0.0, atol=1e-15)


def test_expected_profit_integrates_profits_over_cost() -> None:
    *_, profit = followed()
    assert np.allclose(eq.expected_profit(world(), THRESHOLD), profit.mean(axis=2).sum(axis=1), rtol=1e-5)


def test_flows_integrate_revenue_over_cost() -> None:
    *_, revenue, _ = followed()
    assert np.allclose(eq.trade_flow(world(), THRESHOLD, ENTRANTS), ENTRANTS[:, None] * revenue.mean(axis=2), rtol=1e-5)


def test_the_market_equation_is_demand_at_the_threshold() -> None:
    _, _, quantity, *_ = followed()
    eaten = (ENTRANTS[:, None] * quantity.mean(axis=2)).sum(axis=0) / L
    # a variety whose price is P is not bought: alpha - eta Q = P
    want = (THRESHOLD - (ALPHA - ETA * eaten)) / ALPHA
    assert np.allclose(eq.market(world(), THRESHOLD, ENTRANTS), want, rtol=1e-5)


def test_the_threshold_and_surplus_of_prices_agree_with_those_of_cost() -> None:
    margin, price, *_ = followed()
    sells = margin > 0.0
    variety = (ENTRANTS[:, None] * sells.mean(axis=2)).sum(axis=0)
    mean = (ENTRANTS[:, None] * (price * sells).mean(axis=2)).sum(axis=0) / variety
    square = (ENTRANTS[:, None] * (price**2 * sells).mean(axis=2)).sum(axis=0) / variety
    # Adjust alpha market by market so that the thresholds are those of an equilibrium.
    m = world()
    m.alpha = THRESHOLD + ETA / GAMMA * variety * (THRESHOLD - mean)
    assert np.allclose(eq.price_threshold(m, variety, mean), THRESHOLD, rtol=1e-12)
    by_prices = eq.consumer_surplus_of_prices(m, variety, mean, square - mean**2)
    assert np.allclose(by_prices, eq.consumer_surplus(m, THRESHOLD, ENTRANTS), rtol=1e-4)


def test_the_trade_elasticity_is_k_under_pareto_and_a_difference_elsewhere() -> None:
    m, h = world(), 1e-6
    elasticity = eq.trade_elasticity(m, THRESHOLD)
    inside = eq.cutoff(m, THRESHOLD)[0] < 0.8
    assert np.allclose(elasticity[0][inside], 2.2, rtol=1e-13)
    flows = []
    for factor in (np.exp(h), np.exp(-h)):
        moved = world()
        moved.finite_tau = TAU * factor
        flows.append(eq.trade_flow(moved, THRESHOLD, ENTRANTS))
    assert np.allclose(elasticity, (np.log(flows[1]) - np.log(flows[0])) / (2 * h), rtol=1e-7)


def test_the_linear_systems_of_pareto_solve_free_entry_and_demand() -> None:
    k, c_M = 2.2, np.array([1.0, 1.1])
    tau, size = np.array([[1.0, 1.5], [1.6, 1.05]]), np.array([10.0, 9.0])
    m = SimpleNamespace(alpha=2.0, eta=1.0, gamma=0.8, L=size, tau=tau, finite_tau=tau, open=np.isfinite(tau),
                        f_E=np.array([0.1, 0.12]), cost=Costs([Pareto(k, c) for c in c_M]))  # fmt: skip
    P = eq.pareto_thresholds(tau**-k, size, 0.8, k, m.f_E * c_M**k)
    N = eq.pareto_entrants(m, tau**-k, k, c_M, P)
    assert eq.free_entry(m, P) == pytest.approx(np.zeros(2), abs=1e-14)
    assert eq.market(m, P, N) == pytest.approx(np.zeros(2), abs=1e-14)
