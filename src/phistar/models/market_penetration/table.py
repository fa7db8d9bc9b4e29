"""A quick stand-in for partial moments, for steps far from the solution.

Of each distribution a search needs mean sales and marketing and the fall of the latter, at one sigma and one beta.
Both logs are tabulated with two derivatives; what the search reads as slopes are those of the functions it reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.productivity import Empirical, Productivity
from phistar.models.market_penetration.moments import Means, kernel_moments
from phistar.numerics.hermite import HermiteTable

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

_BODY, _TAIL, _BELOW = 96, 48, 40
#: Share of firms left of the first knot of the body, and right of its last.
_LEFT, _RIGHT = 1e-9, 1e-2
#: ln of the least survival worth tabulating: beyond it a market is empty for all purposes.
_FAR = -600.0
#: How far below the body knots go, in units of 1/S and in logs.
_NEAREST, _FARTHEST = 0.02, 300.0
#: How near an upper end knots come, as a share of what lies right of the body.
_CLOSE = 1e-9
#: Least distance of knots of the body, as a share of it.
_APART = 1e-4
#: How far beyond an atom the next stretch begins.
_BEYOND = 1e-11
#: So many atoms get knots of their own.
_ATOMS = 150


class Table:
    """Means over the sellers of every origin, interpolated in ln phi*."""

    def __init__(self, m: Primitives) -> None:
        rows = {id(family): _row(family, float(m.S), float(m.beta)) for family in m.families}
        size = max(row.shape[1] for row in rows.values())
        padded = np.array([_padded(rows[id(family)], size) for family in m.families])
        knots, *both = np.moveaxis(padded, 1, 0)
        # Sales above, cost below: one look for both.
        stacked = (np.concatenate([sales, cost]) for sales, cost in zip(both[:3], both[3:], strict=True))
        self._both = HermiteTable(np.concatenate([knots, knots]), *stacked)

    def __call__(self, log_x: np.ndarray) -> Means:
        """Read mean sales, marketing and its fall at ln cutoffs (origin, destination)."""
        n = len(log_x)
        logs, slope, _ = self._both(np.concatenate([log_x, log_x]))
        sales, cost = np.split(np.exp(logs), 2)
        return Means(sales, cost, -slope[n:] * cost)


def _row(family: Productivity, S: float, beta: float) -> np.ndarray:
    """Tabulate knots, and ln sales and ln cost with two derivatives each (seven, knot)."""
    knots = _knots(family, S, beta)
    with np.errstate(all="ignore"):
        found = kernel_moments(family, knots[None], S, beta)
        sales, cost, margin = found.sales[0], found.cost[0], found.margin[0]
        density = np.exp(np.broadcast_to(family.log_density(knots[None]), (1, knots.size))[0])
        density = np.zeros_like(knots) if isinstance(family, Empirical) else density
        fall = (S - S / beta) * margin + (S / beta) * density if beta > 0.0 else _fall(knots, margin)
        sales_slope, cost_slope = -S - margin / sales, -margin / cost
        rows = [knots, np.log(sales), sales_slope, fall / sales + (margin / sales) * sales_slope]
        rows += [np.log(cost), cost_slope, fall / cost - cost_slope**2]
    row = np.array(rows)
    return row[:, np.isfinite(row).all(axis=0)]


def _fall(knots: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Compute the fall of the density of ln phi by differences of its log, which may drop by hundreds."""
    fall, some = np.zeros_like(margin), margin > 0.0
    fall[some] = -margin[some] * np.gradient(np.log(margin[some]), knots[some])
    return fall


def _padded(row: np.ndarray, size: int) -> np.ndarray:
    """Add knots further right, where logs go on straight."""
    step = np.arange(1.0, size - row.shape[1] + 1.0)
    flat = 0.0 * step
    knots, sales, sales_slope, _, cost, cost_slope, _ = row[:, -1]
    more = [knots + step, sales + step * sales_slope, flat + sales_slope, flat]
    return np.concatenate([row, [*more, cost + step * cost_slope, flat + cost_slope, flat]], axis=1)


def _knots(family: Productivity, S: float, beta: float) -> np.ndarray:
    """Place knots over the quantiles, ever farther apart below them, and out into the tail or close to its end."""
    inner = _between_atoms(family, S, beta) if isinstance(family, Empirical) else _over_quantiles(family)
    below = inner[0] - np.geomspace(_NEAREST / S, max(_FARTHEST, 1.0 / S), _BELOW)[::-1]
    return np.append(below, inner)


def _over_quantiles(family: Productivity) -> np.ndarray:
    lower, upper = float(np.max(family.log_lower)), float(np.max(family.log_upper))
    low = lower if np.isfinite(lower) else float(family.log_quantile(_LEFT))
    high = float(family.log_quantile_upper(_RIGHT))
    body = np.append(np.linspace(low, high, _BODY), high - (high - low) * np.linspace(1.0, 0.0, _BODY) ** 2)
    if np.isfinite(upper):
        right = upper - (upper - high) * np.geomspace(1.0, _CLOSE, _TAIL + 1)[1:]
    else:
        far = float(family.log_quantile_upper(np.exp(_FAR)))
        right = high + (far - high) * np.linspace(0.0, 1.0, _TAIL + 1)[1:] ** 2
    return np.append(_apart(body, _APART * (high - low)), right)


def _between_atoms(family: Empirical, S: float, beta: float) -> np.ndarray:
    """Place knots left of every atom, where sales set in, as closely as they do, and right of the one before."""
    atoms = family.log_atoms
    atoms = atoms[np.unique(np.linspace(0, atoms.size - 1, min(atoms.size, _ATOMS)).astype(int))]
    gap = np.diff(atoms, prepend=atoms[0] - 1.0)
    reach = min(1.0, beta) / S * np.array([1e-9, 0.01, 0.1, 0.3, 1.0, 3.0, 8.0])
    left = atoms[:, None] - np.minimum(reach, 0.9 * gap[:, None])
    inside = atoms[:, None] - gap[:, None] * np.array([0.2, 0.5, 0.8])
    end = atoms[-1] - gap[-1] * np.geomspace(0.9, _CLOSE, _TAIL)
    return _apart(np.concatenate([left[:-1].ravel(), inside.ravel(), atoms[:-1] + _BEYOND, end]), _BEYOND)


def _apart(places: np.ndarray, least: float) -> np.ndarray:
    """Sort, and leave out what lies nearer than `least` to the place before."""
    places = np.sort(places)
    return places[np.append(True, np.diff(places) >= least)]
