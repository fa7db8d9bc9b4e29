"""Search a market penetration world from afar: demand levels outside, each wage its own monotone root inside.

Given demand levels, the labour market (where entry is free, free entry) pins every wage down by one monotone equation;
the marketing of and for others, at their wages, is taken as it was. Newton with friction then runs on all equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import is_home
from phistar.models.market_penetration.gaps import CAP, Counted, Firms, Pairs, Point
from phistar.models.market_penetration.settling import settled
from phistar.numerics import friction

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

#: Where the search ends.
_GOAL = 1e-9
#: Friction to start with.
_WARY = 1.0
#: Log of profits over the cost of entry below which they are as good as none.
_HARDLY = 20.0
#: Below this log gap wages are left where Newton put them.
_SETTLED = 0.03


@dataclass(frozen=True)
class Books:
    """Log gaps of what settles at given demand levels, and of the rest, with slopes in all unknowns.

    Attributes
    ----------
    inner : array (equation)
        Free entry and the labour market; the latter alone where potential firms are given.
    outer : array (equation)
        Free entry where potential firms are given, and goods markets.
    slopes : array (equation, unknown)
        Of both.
    """

    place: Point
    inner: np.ndarray
    outer: np.ndarray
    slopes: np.ndarray

    @property
    def norm(self) -> float:
        """Largest log gap."""
        both = np.concatenate([self.inner, self.outer])
        return float(np.max(np.abs(both))) if np.isfinite(both).all() else np.inf


def roam(
    m: Primitives, firms: Firms, place: Point, looks: int, goal: float = _GOAL, entry: bool = True
) -> tuple[Point, float]:
    """Search for wages, demand levels and potential firms; return the best point met and its largest log gap.

    At given demand levels wages settle by free `entry`, or by the labour market at given potential firms. No step
    begins after so many `looks` at the firms.
    """
    firms = counted = Counted(firms)
    entry = entry and m.entry == "free"
    here = best = books(m, firms, settled(m, firms, place, entry), entry)
    drag, misses = min(here.norm, _WARY), 0
    while counted.looks < looks:
        if best.norm < goal or misses >= friction.HOPELESS or not np.isfinite(here.slopes).all():
            break
        step = _step(m, here, drag)
        there = books(m, firms, here.place.moved(step, m.entry == "free"), entry)
        # Near the root Newton knows better than wages at the marketing of others as it was.
        if not there.norm < _SETTLED:
            there = books(m, firms, settled(m, firms, there.place, entry), entry)
        miss = _misfit(m, here, there, drag, float(friction.tube(misses)))
        misses = 0 if there.norm < best.norm else misses + 1
        best = there if there.norm < best.norm else best
        if miss < 1.0 or (drag > friction.STIFF and np.isfinite(there.norm)):
            here = there
        drag = float(friction.adapted(drag, miss, here.norm))
    return best.place.in_numeraire(m), best.norm


def _friction(m: Primitives, count: int) -> np.ndarray:
    """Return what resists steps: incomes and demand in goods markets, potential firms in entry (outer, unknown)."""
    n = np.arange(len(m.countries))
    resists = np.zeros((count, n.size * (3 if m.entry == "free" else 2)))
    goods = count - n.size + n
    resists[goods, n], resists[goods, n.size + n] = 1.0, friction.STIFFNESS / m.sigma
    if count > n.size:
        resists[n, 2 * n.size + n] = -1.0
    return resists


def _step(m: Primitives, here: Books, drag: float) -> np.ndarray:
    """Solve for a step that friction shortens; the level of prices is free, which 1/N fixes."""
    n, matrix = len(m.countries), here.slopes.copy()
    matrix[len(here.inner) :] += drag * _friction(m, len(here.outer))
    matrix[-n:, n : 2 * n] += 1.0 / n
    values = np.concatenate([here.inner, here.outer])
    try:
        step = -np.linalg.solve(matrix, values)
    except np.linalg.LinAlgError:
        step = -np.linalg.lstsq(matrix, values, rcond=1e-13)[0]
    cap = friction.longest(here.norm)
    size = np.max(np.abs(step))
    return np.asarray(step * min(1.0, cap / max(size, 1e-300)))


def _misfit(m: Primitives, old: Books, new: Books, drag: float, tube: float) -> float:
    """Compute how far a step missed what the linearisation promised, as a share of what was to be removed."""
    if not np.isfinite(new.norm):
        return np.inf
    stride = new.place.log_demand - old.place.log_demand
    moved = [new.place.log_wage - old.place.log_wage, stride]
    if m.entry == "free":
        moved.append(new.place.log_entrants - old.place.log_entrants)
    left = new.outer + drag * (_friction(m, len(old.outer)) @ np.concatenate(moved))
    left[-len(stride) :] += np.mean(stride)
    size = np.max(np.abs(old.outer))
    return float(min(np.max(np.abs(left)) / max(size, tube, 1e-300), new.norm / old.norm,
                     np.sqrt(np.sum(left**2) / max(np.sum(old.outer**2), 1e-300))))  # fmt: skip


def books(m: Primitives, firms: Firms, place: Point, entry: bool) -> Books:
    """Compute the log gaps at a guess and their exact slopes; free `entry` is among those that settle, or not."""
    free, home, n = m.entry == "free", is_home(len(m.countries)), np.arange(len(m.countries))
    sales, marketing, profits = Pairs.at(m, firms, place)
    wages, abroad = np.exp(place.log_wage) * m.L, marketing.where(~home)
    used = (sales if entry else sales.plus(profits, 1.0, -1.0)).plus(abroad, 1.0, -m.gamma)
    earned = np.sum(used.level, axis=1) + m.gamma * np.sum(abroad.level, axis=0)
    rows = used.slopes(m).by_origin + m.gamma * abroad.slopes(m).by_destination
    if free and not entry:
        enters = np.exp(place.log_entrants + place.log_wage) * m.f_e
        earned = earned + enters
        rows[n, n] += enters
        rows[n, 2 * n.size + n] += enters
    labour, rows = np.log(earned / wages), rows / earned[:, None]
    rows[n, n] -= 1.0
    values, matrix = [labour], [rows]
    bought, spending, income = np.sum(sales.level, axis=0), wages, np.zeros_like(rows)
    income[n, n] = wages
    made = np.sum(profits.level, axis=1)
    if free:
        enter = profits.slopes(m).by_origin / made[:, None]
        enter[n, n] -= 1.0
        enter[n, 2 * n.size + n] -= 1.0
        gap = np.log(made / (np.exp(place.log_entrants + place.log_wage) * m.f_e))
        if not entry:
            # Where next to nothing is earned there is nothing to linearise: potential firms stride down.
            hardly = ~(gap > -_HARDLY)
            gap[hardly], enter[hardly] = -_HARDLY, 0.0
            enter[hardly, 2 * n.size + np.flatnonzero(hardly)] = -_HARDLY / CAP
        values.append(gap)
        matrix.append(enter)
    else:
        spending, income = wages + made, income + profits.slopes(m).by_origin
    values.append(np.log(bought / spending))
    matrix.append(sales.slopes(m).by_destination / bought[:, None] - income / spending[:, None])
    inner = (2 if entry else 1) * n.size
    gaps = np.concatenate(values)
    return Books(place, gaps[:inner], gaps[inner:], np.concatenate(matrix))
