"""Where the search for an equilibrium starts: closed borders, and the Pareto world that touches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.gaps import Firms, Point, sellers_at
from phistar.models.market_penetration.moments import Means, Moments
from phistar.models.market_penetration.wages import find_wages

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

#: How far in logs the search for a start looks, in how many steps, and how near it has to come.
_RANGE, _SEARCHES, _NEAR = 60.0, 40, 0.02


def tangent_world(m: Primitives, firms: Firms) -> Point:
    """Start from the Pareto world that agrees with this one, to first order, where borders are closed."""
    place = autarky(m, firms)
    n = len(m.countries)
    scale, sellers = sellers_at(m, place, firms)
    elasticity = np.diagonal(m.S + sellers.margin / sellers.sales)
    theta = float(np.clip(np.exp(np.mean(np.log(elasticity))), m.S * 1.05, 40.0))
    at_home = place.log_entrants + np.log(np.diagonal(sellers.sales))
    log_x = np.diagonal(eq.log_cutoff(m, place.log_wage, place.log_demand))
    affinity = (at_home + theta * (log_x + np.diagonal(m.log_tau)))[:, None] - theta * m.log_tau
    kappa = np.array([theta + (1.0 - m.gamma) * (theta / m.S - 1.0)])
    log_wage, _ = find_wages(affinity[..., None], kappa, np.log(m.L * np.ones(n))[:, None])
    log_wage = log_wage[:, 0] - log_wage[m.numeraire, 0]
    spending = log_wage + np.log(_home_spending(m, scale, sellers, place))
    return Point(log_wage, _clear_goods(m, firms, log_wage, spending, place), place.log_entrants)


def _home_spending(m: Primitives, scale: np.ndarray, sellers: Means | Moments, place: Point) -> np.ndarray:
    """Compute income of the closed economies at wages of one."""
    flows = np.exp(place.log_entrants)[:, None] * scale * sellers.sales
    return np.asarray(np.diagonal(flows))


def _clear_goods(
    m: Primitives, firms: Firms, log_wage: np.ndarray, log_spending: np.ndarray, place: Point
) -> np.ndarray:
    """Find the demand levels at which each market's sales are nearly its spending."""
    centre = place.log_demand + m.sigma * log_wage

    def gap(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log gap of what each market buys, and its slope, as demand levels fall (destination)."""
        scale, sellers = sellers_at(m, Point(log_wage, centre - m.S * change, place.log_entrants), firms)
        size = np.exp(place.log_entrants)[:, None] * scale
        bought = np.sum(size * sellers.sales, axis=0)
        fall = np.sum(size * (m.S * sellers.sales + sellers.margin), axis=0)
        return np.log(bought) - log_spending, -fall / bought

    return np.asarray(centre - m.S * _root(gap, len(log_wage)))


def autarky(m: Primitives, firms: Firms) -> Point:
    """Find every country's closed economy at a wage of one, nearly, from its cutoff.

    Fixed entry: J B (S sales + cost)/sigma = L; free entry: B (sales - cost)/sigma = f_e. Both fall in phi*, sales by
    S sales + margin a log and cost by margin.
    """
    zero, free = np.zeros(len(m.countries)), m.entry == "free"
    scale = np.diagonal(np.exp(eq.log_scale(m, zero))) / m.sigma
    goal = m.f_e / scale if free else m.L / (m.J * scale)

    def gap(log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log gap of what home sales earn or use, and its slope in the home cutoff (country)."""
        sales, cost, margin = _column(firms, log_x)
        level = sales - cost if free else m.S * sales + cost
        fall = m.S * sales if free else m.S * (m.S * sales + margin) + margin
        return np.log(level / goal), -fall / level

    log_x = _root(gap, len(zero))
    sales, cost, _ = _column(firms, log_x)
    entrants = m.L / (scale * (m.S * sales + cost) + m.f_e) if free else m.J * np.ones(len(zero))
    demand = np.log(scale * m.sigma) - m.S * (log_x - np.log(m.sigma / m.S) - np.diagonal(m.log_tau))
    return Point(zero, demand, np.log(entrants))


def _column(firms: Firms, log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute sales, cost and margin of each origin at one cutoff of its own (origin)."""
    found = firms(log_x[:, None])
    return found.sales[:, 0], found.cost[:, 0], found.margin[:, 0]


def _root(gap: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], count: int) -> np.ndarray:
    """Find where each of `count` falling functions is zero, nearly enough for Newton to start there.

    `gap` gives values and slopes; a step that leaves the bracket is replaced by half of it.
    """
    low, high, place = np.full(count, -_RANGE), np.full(count, _RANGE), np.zeros(count)
    for _ in range(_SEARCHES):
        value, slope = gap(place)
        if np.all(np.abs(value) < _NEAR):
            break
        low, high = np.where(value > 0.0, place, low), np.where(value > 0.0, high, place)
        step = place - value / slope
        place = np.where((step > low) & (step < high), step, 0.5 * (low + high))
    return place
