"""What a market asks of a productivity distribution: means of reach, sales and marketing over those who sell there.

With x = phi/phi*, S = sigma - 1 and p = S (1 - 1/beta), a seller reaches the share n = 1 - x^(-S/beta) of consumers,
sells x^S n and spends (x^p - 1)/(beta - 1) on marketing, in units given in `equations`. Every mean is therefore a
difference of two partial moments over a difference of their orders, which has a limit wherever the orders meet:
beta -> 1 (p -> 0) and beta -> infinity (p -> S) are as regular as any other value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from phistar.blocks.productivity import Empirical, Productivity
from phistar.numerics.duals import Dual, value_of
from phistar.numerics.special import gauss_legendre

Array = Any  # a NumPy array or a Dual

#: Below this width, in units of the spread of ln phi, a difference of moments is integrated over the order instead
#: of subtracted; above it the subtraction costs less than a digit.
_NARROW = 0.2
#: The integrand's nearest pole lies 1/_NARROW widths away: six nodes leave an error below 22^-12.
_NODES = 6
#: So many cutoffs keep an array operation busy by themselves.
_MANY = 1000
#: So many pairs of cutoffs and firms are quicker summed one by one than looked up.
_FEW = 100_000


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


class Means(NamedTuple):
    """What a search needs of them: `sales`, `cost` and `margin` of `Moments`."""

    sales: Array
    cost: Array
    margin: Array


def kernel_moments(g: Productivity, log_x: Array, S: Array, beta: Array) -> Moments:
    """Compute the moments of any productivity distribution at ln cutoffs `log_x` (origin, destination)."""
    fixed = value_of(beta) == 0.0
    dual = any(isinstance(item, Dual) for item in (log_x, S, beta))
    if isinstance(g, Empirical) and not dual and not fixed.any() and np.size(log_x) * g.weights.size <= _FEW:
        return moments_of_few(g, log_x, S, beta)
    survival = np.exp(g.log_survival(log_x))
    if fixed.all():
        density = np.exp(g.log_density(log_x))
        return Moments(survival, power_mean(g, log_x, S), survival, survival, density)
    b = np.where(fixed, 1.0, beta)
    p, none = S - S / b, 0.0 * S
    top, low, tail = power_means(g, log_x, (S, p, -S / b))
    sales, reach, cost = power_slopes(
        g, log_x, (((S, top), (p, low)), ((none, survival), (-S / b, tail)), ((p, low), (none, survival)))
    )
    found = Moments(survival, (S / b) * sales, (S / b) * reach, (S / b) * cost, (S / b) * low)
    if not fixed.any():
        return found
    limit = kernel_moments(g, log_x, S, np.zeros_like(value_of(beta)))
    pairs = zip(vars(limit).values(), vars(found).values(), strict=True)
    return Moments(*(np.where(fixed, a, c) for a, c in pairs))


def moments_of_few(g: Empirical, log_x: np.ndarray, S: float, beta: float) -> Moments:
    """Sum over firms one by one: quicker where they are few, and exact however near the best of them a cutoff is."""
    with np.errstate(all="ignore"):
        above = g.log_atoms - log_x[..., None]
        weight, above = np.where(above >= 0.0, g.weights, 0.0), np.maximum(above, 0.0)
        # Not S - S/beta, which has no digits left next to beta = 1, where the cost has its limit.
        p, reach = S * (beta - 1.0) / beta, -np.expm1(-S / beta * above)
        cost = S * above if beta == 1.0 else np.expm1(p * above) / (beta - 1.0)
        parts = (np.ones_like(above), np.exp(S * above) * reach, reach, cost, S / beta * np.exp(p * above))
        return Moments(*(np.sum(np.where(weight > 0.0, weight * part, 0.0), axis=-1) for part in parts))


def power_mean(g: Productivity, log_x: Array, order: Array) -> Array:
    """Compute int_x^inf (phi/x)^order dG, zero beyond the support."""
    with np.errstate(all="ignore"):
        log_survival = g.log_survival(log_x)
        some = np.isfinite(value_of(log_survival))
        return np.where(some, np.exp(log_survival + g.log_premium(log_x, order)), 0.0)


def power_means(g: Productivity, log_x: Array, orders: Sequence[Array]) -> list[Array]:
    """Compute `power_mean` at several orders."""
    return _each_order(lambda x, order: power_mean(g, x, order), log_x, orders)


def power_slope(g: Productivity, log_x: Array, high: tuple[Array, Array], low: tuple[Array, Array]) -> Array:
    """Compute int_x^inf ((phi/x)^high - (phi/x)^low)/(high - low) dG, also where the orders meet.

    Each of `high` and `low` is an order and its `power_mean`.
    """
    return power_slopes(g, log_x, ((high, low),))[0]


def power_slopes(g: Productivity, log_x: Array, pairs: Sequence[tuple[tuple[Array, Array], ...]]) -> list[Array]:
    """Compute `power_slope` of several pairs."""
    with np.errstate(all="ignore"):
        x = value_of(log_x)
        ends = [(value_of(high[0]), value_of(low[0])) for high, low in pairs]
        means = _each_order(lambda a, order: value_of(g.mean_log(a, order)), x, [np.maximum(*end) for end in ends])
        narrow = [np.abs(end[0] - end[1]) * (mean - x) < _NARROW for end, mean in zip(ends, means, strict=True)]
        close = [(high[0], low[0]) for (high, low), near in zip(pairs, narrow, strict=True) if near.any()]
        nearby = iter(_integrated(g, log_x, close))
        slopes = []
        for (high, low), near in zip(pairs, narrow, strict=True):
            difference = high[0] - low[0]
            apart = (high[1] - low[1]) / np.where(value_of(difference) == 0.0, 1.0, difference)
            slopes.append(np.where(near, next(nearby), apart) if near.any() else apart)
        return slopes


def _integrated(g: Productivity, log_x: Array, ends: Sequence[tuple[Array, Array]]) -> list[Array]:
    """Average d/dp int (phi/x)^p dG = int (phi/x)^p ln(phi/x) dG over the orders from the second to the first."""
    if not ends:
        return []
    some = np.isfinite(value_of(g.log_survival(log_x)))
    # Where the orders meet the middle alone is exact, with its derivative too.
    count = _NODES if any(np.any(value_of(high - low)) for high, low in ends) else 1
    nodes, weights = gauss_legendre(count)
    orders = [low + node * (high - low) for high, low in ends for node in nodes]
    slopes = _each_order(lambda x, order: power_mean(g, x, order) * (g.mean_log(x, order) - x), log_x, orders)
    rows = [slopes[k : k + count] for k in range(0, len(slopes), count)]
    sums = (sum(weight * slope for weight, slope in zip(weights, row, strict=True)) for row in rows)
    return [np.where(some, total, 0.0) for total in sums]


def _each_order(call: Callable[[Array, Array], Array], log_x: Array, orders: Sequence[Array]) -> list[Array]:
    """Evaluate `call(log_x, order)` at several orders: of few cutoffs in one look, side by side.

    Cutoffs (origin, destination) repeat along destinations, which distributions are free of.
    """
    dual = any(isinstance(item, Dual) for item in (log_x, *orders))
    if dual or np.ndim(log_x) < 2 or np.size(log_x) > _MANY:
        return [call(log_x, order) for order in orders]
    width, shape = log_x.shape[1], np.broadcast_shapes(log_x.shape, *(np.shape(order) for order in orders))
    repeated = np.concatenate([np.broadcast_to(log_x, shape)] * len(orders), axis=1)
    found = call(repeated, np.concatenate([np.broadcast_to(order, shape) for order in orders], axis=1))
    return [found[:, k * width : (k + 1) * width] for k in range(len(orders))]
