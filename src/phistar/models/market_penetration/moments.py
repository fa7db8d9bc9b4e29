"""What a market asks of a productivity distribution: means of reach, sales and marketing over those who sell there.

With x = phi/phi*, S = sigma - 1 and p = S (1 - 1/beta), a seller reaches the share n = 1 - x^(-S/beta) of consumers,
sells x^S n and spends (x^p - 1)/(beta - 1) on marketing, in units given in `equations`. Every mean is therefore a
difference of two partial moments over a difference of their orders, which has a limit wherever the orders meet:
beta -> 1 (p -> 0) and beta -> infinity (p -> S) are as regular as any other value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.blocks.productivity import Productivity
from phistar.numerics.duals import value_of
from phistar.numerics.special import gauss_legendre

Array = Any  # a NumPy array or a Dual

#: Below this width, in units of the spread of ln phi, a difference of moments is integrated over the order instead
#: of subtracted; above it the subtraction costs less than a digit.
_NARROW = 0.2
#: The integrand's nearest pole lies 1/_NARROW widths away: six nodes leave an error below 22^-12.
_NODES = 6


@dataclass(frozen=True)
class Moments:
    """Integrals over the sellers of a market, a potential firm (origin, destination).

    Attributes
    ----------
    survival : array
        Share of potential firms that sell.
    sales : array
        Of x^S n.
    reach : array
        Of n.
    cost : array
        Of the marketing cost (1 - (1 - n)^(1 - beta))/(1 - beta).
    margin : array
        Fall of `cost` per unit of ln phi*; `sales` falls by S `sales` + `margin`.
    """

    survival: Array
    sales: Array
    reach: Array
    cost: Array
    margin: Array


def kernel_moments(g: Productivity, log_x: Array, S: Array, beta: Array) -> Moments:
    """Compute the moments of any productivity distribution at ln cutoffs `log_x` (origin, destination)."""
    fixed = value_of(beta) == 0.0
    survival = np.exp(g.log_survival(log_x))
    if fixed.all():
        density = np.exp(g.log_density(log_x))
        return Moments(survival, power_mean(g, log_x, S), survival, survival, density)
    b = np.where(fixed, 1.0, beta)
    p, none = S - S / b, 0.0 * S
    top, low, tail = (power_mean(g, log_x, order) for order in (S, p, -S / b))
    found = Moments(
        survival,
        (S / b) * power_slope(g, log_x, (S, top), (p, low)),
        (S / b) * power_slope(g, log_x, (none, survival), (-S / b, tail)),
        (S / b) * power_slope(g, log_x, (p, low), (none, survival)),
        (S / b) * low,
    )
    if not fixed.any():
        return found
    limit = kernel_moments(g, log_x, S, np.zeros_like(value_of(beta)))
    pairs = zip(vars(limit).values(), vars(found).values(), strict=True)
    return Moments(*(np.where(fixed, a, c) for a, c in pairs))


def power_mean(g: Productivity, log_x: Array, order: Array) -> Array:
    """Compute int_x^inf (phi/x)^order dG, zero beyond the support."""
    with np.errstate(all="ignore"):
        log_survival = g.log_survival(log_x)
        some = np.isfinite(value_of(log_survival))
        return np.where(some, np.exp(log_survival + g.log_premium(log_x, order)), 0.0)


def power_slope(g: Productivity, log_x: Array, high: tuple[Array, Array], low: tuple[Array, Array]) -> Array:
    """Compute int_x^inf ((phi/x)^high - (phi/x)^low)/(high - low) dG, also where the orders meet.

    Each of `high` and `low` is an order and its `power_mean`.
    """
    with np.errstate(all="ignore"):
        difference = high[0] - low[0]
        width = value_of(difference)
        top = np.maximum(value_of(high[0]), value_of(low[0]))
        spread = value_of(g.mean_log(value_of(log_x), top)) - value_of(log_x)
        narrow = np.abs(width) * spread < _NARROW
        nearby = _integrated(g, log_x, high[0], low[0]) if narrow.any() else 0.0
        if narrow.all():
            return nearby
        apart = (high[1] - low[1]) / np.where(width == 0.0, 1.0, difference)
        return np.where(narrow, nearby, apart)


def _integrated(g: Productivity, log_x: Array, high: Array, low: Array) -> Array:
    """Average d/dp int (phi/x)^p dG = int (phi/x)^p ln(phi/x) dG over the orders from `low` to `high`."""
    some = np.isfinite(value_of(g.log_survival(log_x)))
    total: Array = 0.0
    # Where the orders meet the middle alone is exact, with its derivative too.
    count = _NODES if np.any(value_of(high - low)) else 1
    for node, weight in zip(*gauss_legendre(count), strict=True):
        order = low + node * (high - low)
        total = total + weight * power_mean(g, log_x, order) * (g.mean_log(log_x, order) - log_x)
    return np.where(some, total, 0.0)
