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
#: Gap at which an unknown strides; of entry, profits as far below its cost are as good as none.
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
    empty : int
        How many markets nobody sells in.
    """

    place: Point
    inner: np.ndarray
    outer: np.ndarray
    slopes: np.ndarray
    empty: int

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
    if not np.isfinite(new.norm) or new.empty > old.empty:
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
    sales, marketing, profits = Pairs.at(m, firms, place)
    labour = _labour(m, place, sales if entry else sales.plus(profits, 1.0, -1.0), marketing, entry)
    goods = _goods(m, place, sales, profits)
    if m.entry != "free":
        parts = [labour, goods]
    elif entry:
        parts = [_entry(m, place, profits), labour, goods]
    else:
        parts = [labour, _striding(*_entry(m, place, profits), _HARDLY, 2, -1.0), goods]
    gaps, slopes = (np.concatenate(part) for part in zip(*parts, strict=True))
    inner = len(gaps) - (1 if entry or m.entry != "free" else 2) * len(m.countries)
    empty = int(np.sum(~(np.sum(sales.level, axis=0) > 0.0)))
    return Books(place, gaps[:inner], gaps[inner:], slopes, empty)


def _labour(m: Primitives, place: Point, used: Pairs, marketing: Pairs, entry: bool) -> tuple[np.ndarray, np.ndarray]:
    """Compute ln of what labour earns over wages; of `used`, what others are paid for marketing is not its own."""
    n, wage = np.arange(len(m.countries)), np.exp(place.log_wage)
    abroad = marketing.where(~is_home(n.size))
    own = used.plus(abroad, 1.0, -m.gamma)
    earned = np.sum(own.level, axis=1) + m.gamma * np.sum(abroad.level, axis=0)
    rows = own.slopes(m).by_origin + m.gamma * abroad.slopes(m).by_destination
    if m.entry == "free" and not entry:
        enters = np.exp(place.log_entrants) * wage * m.f_e
        earned = earned + enters
        rows[n, n] += enters
        rows[n, 2 * n.size + n] += enters
    rows = rows / earned[:, None]
    rows[n, n] -= 1.0
    return np.log(earned / (wage * m.L)), rows


def _entry(m: Primitives, place: Point, profits: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Compute ln of profits over the cost of entry."""
    n, made = np.arange(len(m.countries)), np.sum(profits.level, axis=1)
    rows = profits.slopes(m).by_origin / made[:, None]
    rows[n, n] -= 1.0
    rows[n, 2 * n.size + n] -= 1.0
    return np.log(made / (np.exp(place.log_entrants + place.log_wage) * m.f_e)), rows


def _goods(m: Primitives, place: Point, sales: Pairs, profits: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Compute ln of sales over spending."""
    n, wages = np.arange(len(m.countries)), np.exp(place.log_wage) * m.L
    rows, bought = sales.slopes(m).by_destination, np.sum(sales.level, axis=0)
    income = np.zeros_like(rows)
    income[n, n] = wages
    spending = wages
    if m.entry != "free":
        spending, income = wages + np.sum(profits.level, axis=1), income + profits.slopes(m).by_origin
    gap = np.log(bought / spending)
    return _striding(gap, rows / bought[:, None] - income / spending[:, None], np.inf, 1, 1.0)


def _striding(
    gap: np.ndarray, rows: np.ndarray, least: float, unknown: int, rise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where there is next to nothing, and nothing to linearise, let an unknown stride: demand up, firms down."""
    hardly = np.flatnonzero(~(gap > -least))
    gap[hardly], rows[hardly] = -_HARDLY, 0.0
    rows[hardly, unknown * len(gap) + hardly] = rise * _HARDLY / CAP
    return gap, rows
