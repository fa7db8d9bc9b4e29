"""Wages at given demand levels: each country's own monotone root, and all of them together.

The labour market (where entry is free, free entry) falls in a country's own wage, whatever the others are. Marketing
paid at destinations' wages couples the countries. Labour demand is minus the gradient of profits, which are convex in
wages, so that there is one root; it is found by Newton on what each country's own root is off, not on the equations
themselves: own roots know the walls at which markets close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import is_home
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.gaps import CAP, Firms, Pairs, Point
from phistar.numerics.bracket import Bracket

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

#: Looks for the roots of each country alone, and rounds in which the others are brought up to date.
_LOOKS, _ROUNDS = 60, 5
#: How near zero the log gap of a wage is brought.
_NEAR = 1e-3
#: Wages this near their own roots, times 1 + |ln w|, are as near as numbers let them be.
_SAME = 1e-12
#: Friction after a round that failed, at first and by what it grows, and by what it shrinks after one that did not.
_FIRST, _MORE, _LESS = 0.5, 4.0, 0.1
#: Least share of labour that is left for a country's own firms.
_LEAST = 0.1


@dataclass(frozen=True)
class _Look:
    """What each country's firms sell and whom others hire there, its log gap, and the slope in its own wage."""

    sold: Pairs
    hired: Pairs
    total: np.ndarray
    gap: np.ndarray
    slope: np.ndarray

    def slopes(self, m: Primitives) -> np.ndarray:
        """Differentiate every gap in every wage (country, wage)."""
        n = np.arange(len(self.gap))
        there = m.gamma * (self.sold.level - self.sold.fall / m.S)
        here = (1.0 - m.gamma) * self.hired.level - (1.0 + (1.0 - m.gamma) / m.S) * self.hired.fall
        rows = (there + here.T) / self.total[:, None]
        rows[n, n] = self.slope
        return np.asarray(rows)


@dataclass(frozen=True)
class _Alone:
    """The equations that pin wages down, each as its own wage moves alone."""

    m: Primitives
    firms: Firms
    place: Point
    log_size: np.ndarray
    log_x: np.ndarray
    #: Whether free entry pins wages down, rather than the labour market at given potential firms.
    entry: bool
    #: By how much scale and cutoffs of a country's own firms move with its wage (origin, destination).
    own: np.ndarray
    fall: np.ndarray

    @classmethod
    def at(cls, m: Primitives, firms: Firms, place: Point, entry: bool) -> _Alone:
        """Work out scale and cutoffs at a guess."""
        log_size = eq.log_scale(m, place.log_wage) - np.log(m.sigma) + place.log_entrants[:, None]
        own = np.where(is_home(len(m.countries)), 1.0, 1.0 - m.gamma)
        log_x = eq.log_cutoff(m, place.log_wage, place.log_demand)
        return cls(m, firms, place, log_size, log_x, entry, own, 1.0 + own / m.S)

    @property
    def hires(self) -> bool:
        """Whether others' marketing has a part in the equations."""
        return not self.entry and bool(self.m.gamma > 0.0)

    def look(self, log_wage: np.ndarray) -> _Look:
        """Compute gaps where each country's wage has moved, as it alone sees them."""
        m, n, rise = self.m, len(log_wage), log_wage - self.place.log_wage
        log_x = self.log_x + self.fall * rise[:, None]
        if self.hires:
            log_x = np.concatenate([log_x, self.log_x + m.gamma / m.S * rise], axis=1)
        found = self.firms(log_x)
        sales, cost, margin = found.sales[:, :n], found.cost[:, :n], found.margin[:, :n]
        size = np.exp(self.log_size + self.own * rise[:, None])
        hired = Pairs(np.zeros((n, n)), np.zeros((n, n)))
        if self.entry:
            sold, goal = Pairs(size * (sales - cost), size * m.S * sales), self.place.log_entrants + np.log(m.f_e)
        else:
            fall = m.S * (m.S * sales + margin) + self.own * margin
            sold, goal = Pairs(size * (m.S * sales + self.own * cost), size * fall), np.log(_workers(m, self.place))
        if self.hires:
            size = m.gamma * np.exp(self.log_size + m.gamma * rise)
            hired = Pairs(size * found.cost[:, n:], size * found.margin[:, n:]).where(~is_home(n))
        total = np.sum(sold.level, axis=1) + np.sum(hired.level, axis=0)
        slope = np.sum(self.own * sold.level - self.fall * sold.fall, axis=1)
        slope = (slope + m.gamma * np.sum(hired.level - hired.fall / m.S, axis=0)) / total - 1.0
        return _Look(sold, hired, total, np.log(total) - goal - log_wage, slope)

    def bracket(self) -> Bracket:
        """Bracket every wage by those at which its country's markets close, and those from which it is not hired."""
        upper, w = np.array([np.max(family.log_upper) for family in self.m.families]), self.place.log_wage
        if not np.isfinite(upper).any():
            return Bracket.around(w, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = upper[:, None] - self.log_x
            walls = w[:, None] + room / self.fall
            if self.hires:
                abroad = np.where(is_home(len(w)), -np.inf, room * self.m.S / self.m.gamma)
                walls = np.concatenate([walls, w[:, None] + abroad.T], axis=1)
        return Bracket.around(w, walls)


@dataclass(frozen=True)
class _Roots:
    """Wages at which each equation holds alone, how far off the guess they are, and the slopes of all equations there.

    `gap` is the largest log gap at the guess.
    """

    log_wage: np.ndarray
    off: np.ndarray
    slopes: np.ndarray
    gap: float

    @property
    def size(self) -> float:
        """How far the guess is off."""
        return float(np.max(np.abs(self.off)))

    def step(self, drag: float) -> np.ndarray:
        """Solve for the step at which no wage is off its own root; much friction leaves that of each alone."""
        own = np.diagonal(self.slopes)[:, None]
        matrix = np.where(np.isfinite(self.slopes / own), self.slopes / own, 0.0)
        matrix = matrix + drag * np.eye(len(own))
        try:
            step = np.linalg.solve(matrix, self.off)
        except np.linalg.LinAlgError:
            step = np.linalg.lstsq(matrix, self.off, rcond=1e-13)[0]
        return np.asarray(step * min(1.0, CAP / max(np.max(np.abs(step)), 1e-300)))


def settled(m: Primitives, firms: Firms, place: Point, entry: bool) -> Point:
    """Find wages at given demand levels: by free `entry`, and the firms that employ everybody, or by labour markets."""
    if m.entry == "free" and not entry:
        place = Point(place.log_wage, place.log_demand, np.minimum(place.log_entrants, np.log(m.L / (m.sigma * m.f_e))))
    roots, drag = _roots(m, firms, place, entry), 0.0
    for _ in range(_ROUNDS if m.gamma > 0.0 else 0):
        if roots.gap < _NEAR or not roots.size > _SAME * (1.0 + np.max(np.abs(roots.log_wage))):
            break
        trial = Point(place.log_wage + roots.step(drag), place.log_demand, place.log_entrants)
        there = _roots(m, firms, trial, entry)
        if there.size < roots.size or there.gap < roots.gap:
            place, roots, drag = trial, there, _LESS * drag if drag > _LESS * _FIRST else 0.0
        else:
            drag = max(_MORE * drag, _FIRST)
    place = Point(roots.log_wage, place.log_demand, place.log_entrants)
    return Point(place.log_wage, place.log_demand, _entrants(m, firms, place)) if entry else place


def _workers(m: Primitives, place: Point) -> np.ndarray:
    """Compute whom entry leaves for production and marketing: it never takes more than L/sigma, the most of profits."""
    return np.asarray(m.L - np.exp(place.log_entrants) * m.f_e if m.entry == "free" else m.L)


def _roots(m: Primitives, firms: Firms, place: Point, entry: bool) -> _Roots:
    """Solve each country's monotone wage equation in logs, the others' wages being as they are."""
    alone = _Alone.at(m, firms, place, entry)
    w, bracket, gap = place.log_wage, alone.bracket(), np.inf
    for look in range(_LOOKS):
        found = alone.look(w)
        gap = float(np.max(np.abs(found.gap))) if look == 0 else gap
        step, near = -found.gap / found.slope, np.abs(found.gap) < _NEAR
        if near.all():
            break
        bracket = bracket.seen(w, found.gap)
        w = np.where(near | bracket.closed_up(w), w, bracket.next(w, found.gap, step))
    w = np.where(near & (np.abs(step) < 1.0), w + step, w)
    return _Roots(w, w - place.log_wage, found.slopes(m), gap)


def _entrants(m: Primitives, firms: Firms, place: Point) -> np.ndarray:
    """Compute ln J that employs what labour others' marketing leaves: never less than a tenth."""
    home = is_home(len(m.countries))
    sales, marketing, _ = Pairs.at(m, firms, place)
    abroad, wages = marketing.where(~home).level, np.exp(place.log_wage) * m.L
    a_firm = np.sum(sales.level - m.gamma * abroad, axis=1) * np.exp(-place.log_entrants)
    return np.asarray(np.log(np.maximum(wages - m.gamma * np.sum(abroad, axis=0), _LEAST * wages) / a_firm))
