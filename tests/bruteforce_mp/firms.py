"""A firm in a market, from the primitives: it looks for the price and the reach that earn most, numerically.

Marginal profits are complex-step derivatives of the primitives as the paper states them; their roots are bracketed.
No formula for a price, a reach or a cutoff is used, nor anything from the library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STEP = 1e-30  # of complex steps: their derivatives have no truncation error
SATURATED = 300.0  # -ln(1 - n) beyond which n is one to the last bit; whoever gets there reaches everybody
STEEPEST = 650.0  # in ln: a dearer last consumer overflows


@dataclass(frozen=True)
class Market:
    """What firms of an origin meet in a destination: wages, tau, people, income a head, price index, technology."""

    sigma: float
    beta: float
    alpha: float
    gamma: float
    psi: float
    L: float
    tau: float
    wage_origin: float
    wage_destination: float
    income: float
    price_index: float

    def consumption(self, p: np.ndarray) -> np.ndarray:
        """Return what a consumer who is reached buys at a price."""
        return self.income * p**-self.sigma / self.price_index ** (1 - self.sigma)

    def unit_cost(self, phi: np.ndarray) -> np.ndarray:
        return self.tau * self.wage_origin / phi

    @property
    def advertisement(self) -> float:
        """Return the price of the labour bundle that marketing takes."""
        return self.wage_destination**self.gamma * self.wage_origin ** (1 - self.gamma)

    def marketing(self, t: np.ndarray) -> np.ndarray:
        """Return the cost of reaching n = 1 - exp(-t) of the consumers."""
        b = 1 - self.beta
        reached = t if b == 0 else -np.expm1(-b * t) / b  # (1 - (1-n)^b)/b, and its limit -ln(1 - n)
        return self.advertisement * self.L**self.alpha / self.psi * reached


def reach(t: np.ndarray) -> np.ndarray:
    return -np.expm1(-t)


def slope(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Differentiate by a complex step."""
    return np.imag(f(x + 1j * STEP)) / STEP


def falling_root(f: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Find where falling functions cross zero, many at once, by false position after Illinois.

    Where a function is negative throughout the answer is `low`, where it is positive throughout `high`.
    """
    a, b = np.array(low, dtype=float), np.array(high, dtype=float)
    fa, fb = f(a), f(b)
    outside = np.where(fa <= 0, a, np.where(fb >= 0, b, np.nan))
    side = np.zeros(a.shape)
    with np.errstate(all="ignore"):
        for _ in range(200):
            c = np.clip((a * fb - b * fa) / (fb - fa), a, b)
            fc = f(c)
            up = fc > 0
            fb = np.where(up & (side == 1), fb / 2, np.where(up, fb, fc))
            fa = np.where(~up & (side == -1), fa / 2, np.where(up, fc, fa))
            a, b = np.where(up, c, a), np.where(up, b, c)
            side = np.where(up, 1, -1)
            settled = (np.abs(fc) < 4e-15) | (b - a <= 4e-16 * np.abs(b)) | ~np.isnan(outside)
            if settled.all():
                break
    return np.where(np.isnan(outside), c, outside)


def best_price(market: Market, phi: np.ndarray) -> np.ndarray:
    """Look for the price that earns most from a consumer; how many there are does not change it.

    A higher price raises the margin by one share and lowers consumption by another: at the best price they are equal.
    """
    c = market.unit_cost(phi)

    def log_gain(q: np.ndarray) -> np.ndarray:
        z = np.exp(q)  # ln of price over cost; its own log makes the search nearly straight
        margin = slope(lambda z: np.log(c * np.exp(z) - c), z)
        consumption = slope(lambda z: np.log(market.consumption(c * np.exp(z))), z)
        return np.log(margin / -consumption)

    return c * np.exp(np.exp(falling_root(log_gain, np.full_like(c, -9.0), np.full_like(c, 2.5))))


def gain_a_consumer(market: Market, phi: np.ndarray) -> np.ndarray:
    """Return sales less production cost a consumer reached, at the best price."""
    p = best_price(market, phi)
    return (p - market.unit_cost(phi)) * market.consumption(p)


def log_margin(market: Market, gain: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return ln of what one more consumer brings over what it costs to reach one more."""
    cost_of_one = slope(market.marketing, t) / slope(reach, t)
    return np.log(gain * market.L) - np.log(cost_of_one)


def best_reach(market: Market, gain: np.ndarray) -> np.ndarray:
    """Look for the reach that earns most, as t = -ln(1 - n): nobody (0) up to nearly everybody.

    Without diminishing returns (beta = 0) every consumer brings the same: all or none.
    """
    low = np.zeros_like(gain)
    if market.beta == 0:
        return np.where(log_margin(market, gain, low) > 0, SATURATED, 0.0)
    return falling_root(
        lambda t: log_margin(market, gain, t), low, np.full_like(gain, min(SATURATED, STEEPEST / market.beta))
    )


def threshold(market: Market) -> float:
    """Look for ln phi of the firm that is indifferent about its first consumer."""

    def loss(u: np.ndarray) -> np.ndarray:
        return -log_margin(market, gain_a_consumer(market, np.exp(u)), np.zeros(1))

    return float(falling_root(loss, np.array([-30.0]), np.array([30.0]))[0])
