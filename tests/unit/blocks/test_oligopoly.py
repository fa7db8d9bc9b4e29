"""The algebra of shares, elasticities and markups, and the upper tier's derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.blocks import oligopoly
from phistar.blocks.oligopoly import CONDUCTS, UpperTier

SHARES = np.array([[0.01, 0.3, 0.99], [0.5, 0.2, 0.05]])  # firms by markets
SIGMA, THETA = 5.0, np.array([1.0, 1.7, 2.4])
EXACT = 1e-13  # a few roundings; shares of 0.01 are small differences


@pytest.mark.parametrize("conduct", CONDUCTS)
def test_shares_and_markups_are_each_others_inverse(conduct: str) -> None:
    tough = oligopoly.toughness_of_share(conduct, SIGMA, THETA, SHARES)
    markup = oligopoly.markup_of_toughness(conduct, tough)
    assert oligopoly.share_of_markup(conduct, SIGMA, THETA, markup) == pytest.approx(SHARES, rel=1e-12)
    epsilon = oligopoly.elasticity_of_share(conduct, SIGMA, THETA, SHARES)
    assert markup == pytest.approx(epsilon / (epsilon - 1), rel=EXACT)
    assert oligopoly.toughness(conduct, epsilon) == pytest.approx(tough, rel=EXACT)
    assert oligopoly.toughness_of_markup(conduct, markup) == pytest.approx(tough, rel=EXACT)


def test_quantity_rivals_charge_more_than_price_rivals_of_the_same_share() -> None:
    price, quantity = (oligopoly.elasticity_of_share(c, SIGMA, THETA, SHARES) for c in CONDUCTS)
    assert np.all(quantity < price)


@pytest.mark.parametrize("conduct", CONDUCTS)
def test_no_share_means_sigma_and_the_whole_sector_means_its_own_elasticity(conduct: str) -> None:
    for share, want in ((0.0, SIGMA), (1.0, THETA)):
        assert oligopoly.elasticity_of_share(conduct, SIGMA, THETA, share) == pytest.approx(want + 0 * THETA, rel=EXACT)


@pytest.mark.parametrize("conduct", CONDUCTS)
def test_the_slope_of_the_log_markup_is_its_derivative(conduct: str) -> None:
    tough, h = np.array([0.1, 0.5, 0.79]), 1e-6
    up, down = (np.log(oligopoly.markup_of_toughness(conduct, tough + d)) for d in (h, -h))
    assert oligopoly.log_markup_slope(conduct, tough) == pytest.approx((up - down) / (2 * h), rel=1e-8)


@pytest.mark.parametrize("eta", [None, 0.5, 1.0, 2.5])
def test_the_upper_tiers_slopes_are_derivatives(eta: float | None) -> None:
    upper, x, h = UpperTier(700.0, eta), np.array([-0.7, 0.0, 0.4]), 1e-6
    for function, slope in (
        (upper.log_spending, upper.spending_slope),
        (upper.elasticity, upper.elasticity_slope),
    ):
        assert slope(x) == pytest.approx((function(x + h) - function(x - h)) / (2 * h), rel=1e-7, abs=1e-9)
    assert np.log(upper.spending(x)) == pytest.approx(upper.log_spending(x), rel=EXACT)
    # theta is minus the elasticity of the quantity bought
    quantity = [upper.log_spending(x + d) - (x + d) for d in (h, -h)]
    assert upper.elasticity(x) == pytest.approx(-(quantity[0] - quantity[1]) / (2 * h), rel=1e-8)


def test_profit_of_scope_is_sales_less_production_and_varieties() -> None:
    epsilon, revenue, K_1 = 3.0, 100.0, 2.0
    mu = epsilon / (epsilon - 1)
    varieties = revenue / ((SIGMA - 1) * K_1 * mu)
    kept = revenue * (1 - 1 / mu) - K_1 * varieties
    assert oligopoly.profit_of_scope(SIGMA, epsilon, revenue) == pytest.approx(kept, rel=EXACT)
    assert oligopoly.profit_of_variety(epsilon, revenue) == pytest.approx(revenue * (1 - 1 / mu), rel=EXACT)
