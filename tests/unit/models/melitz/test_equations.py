"""Each displayed equation on 2 origins and 3 destinations with asymmetric costs: a transpose cannot hide."""

from types import SimpleNamespace

import numpy as np
import pytest

from phistar.blocks.productivity import Pareto
from phistar.models.melitz import equations as eq

SIGMA, K = 3.5, 4.0
S = SIGMA - 1.0
TAU = np.array([[1.0, 1.4, 1.9], [1.3, 1.1, 2.2]])
F = np.array([[1.0, 0.7, 2.0], [1.6, 0.9, 1.2]])
WAGE = np.array([1.0, 1.3])
DEMAND = np.array([2.0, 0.8, 1.5])


def world(**changes):
    fields = {
        "sigma": SIGMA, "log_tau": np.log(TAU), "f": F, "L": np.array([5.0, 3.0]), "f_e": np.array([1.0, 2.0]),
        "delta": np.array([0.5, 1.0]), "productivity": Pareto(K, 0.1), "fixed_cost": "market", "entry": "free",
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **changes})


def sellers(m=None):
    return eq.select(m or world(), np.log(WAGE), np.log(DEMAND))


def test_a_firm_at_the_cutoff_just_pays_the_access_cost():
    cutoff = np.exp(eq.zero_profit_cutoff(world(), np.log(WAGE), np.log(DEMAND)))
    for i in range(2):
        for j in range(3):
            price = SIGMA / S * TAU[i, j] * WAGE[i] / cutoff[i, j]
            profit = DEMAND[j] * price ** (-S) / SIGMA - WAGE[i] * F[i, j]
            assert profit == pytest.approx(0.0, abs=1e-13)  # rounding of numbers of order one


def test_access_revenue_integrates_sales_over_productivity():
    r = eq.access_revenue(world(), sellers())
    cutoff = np.exp(sellers().log_x)
    expected = F * (K / (K - S)) * 0.1**K * cutoff ** (-K)
    np.testing.assert_allclose(r, expected, rtol=1e-13)


def test_expected_profit_is_the_surplus_over_all_markets():
    cutoff = np.exp(sellers().log_x)
    expected = np.sum(F * (S / (K - S)) * (0.1 / cutoff) ** K, axis=1)
    np.testing.assert_allclose(eq.expected_profit(world(), sellers()), expected, rtol=1e-12)


def test_free_entry_compares_profit_with_the_entry_cost_of_the_origin():
    m = world()
    np.testing.assert_allclose(
        eq.free_entry(m, sellers()), eq.expected_profit(m, sellers()) / np.array([0.5, 2.0]) - 1.0, rtol=1e-13
    )


def test_trade_flows_are_paid_in_the_origins_wage_and_add_up_over_origins():
    m = world()
    entrants = np.array([2.0, 7.0])
    flows = eq.trade_flow(m, np.log(WAGE), sellers(), entrants)
    np.testing.assert_allclose(flows, SIGMA * (WAGE * entrants)[:, None] * eq.access_revenue(m, sellers()), rtol=1e-14)
    gap = eq.market_clearing(flows, np.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(gap, flows.sum(axis=0) / [1.0, 2.0, 4.0] - 1.0, rtol=1e-14)


def test_the_price_index_sums_varieties_over_origins():
    m, entrants = world(), np.array([2.0, 7.0])
    cutoff = np.exp(sellers().log_x)
    moment = K / (K - S) * 0.1**K * cutoff ** (S - K)
    cost = SIGMA / S * TAU * WAGE[:, None]
    expected = np.sum(entrants[:, None] * cost ** (-S) * moment, axis=0) ** (-1.0 / S)
    found = np.exp(eq.price_index_of_varieties(m, np.log(WAGE), sellers(), entrants))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_labour_of_a_draw_counts_production_and_access():
    m = world()
    survival = (0.1 / np.exp(sellers().log_x)) ** K
    expected = np.sum(S * eq.access_revenue(m, sellers()) + F * survival, axis=1)
    np.testing.assert_allclose(eq.labour_per_draw(m, sellers()), expected, rtol=1e-13)


def test_the_overhead_cutoff_breaks_even_over_the_markets_served():
    # Square here: "home" needs a diagonal. Exporting is cheap, so the marginal firm serves abroad as well.
    log_x = np.log(np.array([[2.0, 1.2, 9.0], [0.5, 3.0, 2.9], [4.0, 5.0, 1.0]]))
    f = np.array([[1.0, 0.6, 0.5], [0.4, 1.3, 0.2], [0.7, 0.8, 1.1]])
    m = world(f=f, fixed_cost="overhead")
    active = np.exp(eq.active_cutoff(m, log_x))
    for i in range(3):
        margin = f[i] * ((active[i] / np.exp(log_x[i])) ** S - 1.0)
        optional = np.maximum(np.delete(margin, i), 0.0).sum()
        assert margin[i] + optional == pytest.approx(0.0, abs=1e-13)  # rounding
    chosen = np.exp(eq.selling_cutoff(m, log_x))
    np.testing.assert_allclose(np.diagonal(chosen), active, rtol=1e-15)
    assert (chosen >= active[:, None] * (1 - 1e-15)).all()


def test_every_displayed_equation_is_recorded_with_its_source():
    names = {f.__equation__.name for f in vars(eq).values() if hasattr(f, "__equation__")}
    assert {"zero_profit_cutoff", "free_entry", "labour_market", "market_clearing", "welfare"} <= names
