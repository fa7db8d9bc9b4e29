"""What a Melitz-Ottaviano firm does at a given cost, and draws of many."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.model import Unknowns
from phistar.models.melitz_ottaviano import equations as eq
from phistar.models.melitz_ottaviano.outcomes import entrants_of
from phistar.models.melitz_ottaviano.primitives import Primitives

#: Halvings of [0, P] until quantiles are as exact as doubles, those near zero included.
_BISECTIONS = 70


def schedule(m: Primitives, x: Unknowns, cost: np.ndarray) -> dict[str, np.ndarray]:
    """Follow firms of given cost (origin, firm), or (1, firm) for the same in every origin.

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells``, ``price``, ``markup``, ``quantity``, ``revenue``, ``employment``, ``profit``: zero where the firm
        does not sell, but for the price, which is then undefined.
    """
    cost = np.broadcast_to(cost, (len(m.countries), cost.shape[-1]))
    return _followed(m, x["price_threshold"], cost)


def _followed(m: Primitives, threshold: Any, cost: np.ndarray) -> dict[str, np.ndarray]:
    with np.errstate(invalid="ignore"):
        margin = eq.markup(m, threshold, cost)
        sells = margin > 0.0
        price = np.where(sells, eq.price(m, threshold, cost), np.nan)
    margin = np.where(sells, margin, 0.0)
    quantity = eq.quantity(m, margin)
    revenue = np.where(sells, eq.revenue(price, quantity), 0.0)
    profit = eq.profit(margin, quantity)
    return {
        "sells": sells,
        "price": price,
        "markup": margin,
        "quantity": quantity,
        "revenue": revenue,
        "employment": revenue - profit,
        "profit": profit,
    }


def draw(m: Primitives, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
    """Draw `n` entrants a country and follow what they do: one row a draw, countries one after another.

    Returns
    -------
    dict of ndarray
        ``country`` (index), ``cost``, ``productivity`` (1/cost), ``active``, ``exporter``, ``markets`` (number served),
        ``revenue``, ``domestic_sales``, ``sales[NAME]``, ``price[NAME]``, ``markup[NAME]``, ``quantity[NAME]`` and
        ``profit[NAME]`` a destination, ``employment``, ``profit`` (its entry cost apart), ``weight`` (draws in the
        economy that one row stands for).
    """
    rng = np.random.default_rng(seed)
    entrants = np.broadcast_to(entrants_of(m, x), (len(m.countries),))
    parts = [_draw_one(m, x, i, n, rng, float(entrants[i]) / n) for i in range(len(m.countries))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _draw_one(m: Primitives, x: Unknowns, i: int, n: int, rng: np.random.Generator, weight: float) -> dict[str, Any]:
    """Draw one country's entrants; countries go one at a time to bound memory."""
    cost = m.costs[i].sample(n, rng)
    alone = _Origin(m, i)
    one = {name: values[0] for name, values in _followed(alone, x["price_threshold"], cost[None]).items()}  # type: ignore[arg-type]
    names = list(enumerate(m.countries))
    return {
        "country": np.full(n, i),
        "cost": cost,
        "productivity": 1.0 / cost,
        "active": one["sells"].any(axis=0),
        "exporter": np.delete(one["sells"], i, axis=0).any(axis=0),
        "markets": one["sells"].sum(axis=0),
        "revenue": one["revenue"].sum(axis=0),
        "domestic_sales": one["revenue"][i],
        **{f"sales[{name}]": one["revenue"][j] for j, name in names},
        **{f"price[{name}]": one["price"][j] for j, name in names},
        **{f"markup[{name}]": one["markup"][j] for j, name in names},
        **{f"quantity[{name}]": one["quantity"][j] for j, name in names},
        **{f"profit[{name}]": one["profit"][j] for j, name in names},
        "employment": one["employment"].sum(axis=0),
        "profit": one["profit"].sum(axis=0),
        "weight": np.full(n, weight),
    }


class _Origin:
    """What the firm equations need of one origin's row."""

    def __init__(self, m: Primitives, i: int) -> None:
        self.tau, self.L, self.gamma = m.tau[i : i + 1], m.L, m.gamma


def market_quantiles(m: Primitives, x: Unknowns, shares: np.ndarray) -> dict[str, np.ndarray]:
    """Follow sellers at quantiles of size in every market, from the distribution itself (destination, share).

    Parameters
    ----------
    m : Primitives
    x : dict
        The unknowns of an equilibrium.
    shares : ndarray (share)
        Share of the market's sellers that are smaller: 0.9 is larger than nine in ten.

    Returns
    -------
    dict of ndarray
        ``delivered_cost``, ``price``, ``markup``, ``markup_ratio`` (price over delivered cost), ``quantity``,
        ``revenue``, ``profit``; undefined where nobody sells.

    Notes
    -----
    In a market all of these rise or fall together with delivered cost z, of which sum_i N_i G_i(z / tau_ij) sellers
    have less: one inversion gives every quantile.
    """
    P = np.asarray(x["price_threshold"])[:, None]
    with np.errstate(all="ignore"):
        cost = _delivered_cost(m, entrants_of(m, x), P, np.asarray(shares, dtype=float))
        markup = 0.5 * (P - cost)
        quantity, price = m.L[:, None] / m.gamma * markup, cost + markup
        return {
            "delivered_cost": cost,
            "price": price,
            "markup": markup,
            "markup_ratio": price / cost,
            "quantity": quantity,
            "revenue": price * quantity,
            "profit": markup * quantity,
        }


def _delivered_cost(m: Primitives, entrants: np.ndarray, P: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Invert the distribution of sellers over delivered cost by bisection (destination, share)."""

    def sellers(z: np.ndarray) -> np.ndarray:
        """Count the sellers whose delivered cost is at most `z` (destination, share)."""
        cutoffs = np.where(m.open[:, :, None], z[None] / m.finite_tau[:, :, None], 0.0)
        below = m.cost.moments(cutoffs.reshape(len(cutoffs), -1), 0)[0].reshape(cutoffs.shape)
        return np.asarray(np.sum(entrants[:, None, None] * below, axis=0))

    total = sellers(P)
    low, high = np.zeros((len(P), len(shares))), np.broadcast_to(P, (len(P), len(shares))).copy()
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        above = sellers(middle) >= (1.0 - shares) * total
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(total > 0.0, high, np.nan)
