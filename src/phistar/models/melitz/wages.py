"""Each country's wage at given demand levels: one monotone equation, its root, and the slopes of what a draw does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistar.models.melitz import equations as eq

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

_MOST_LOOKS = 200
#: How near zero the log gap of a wage equation can be brought.
WAGE_GOAL = 2e-14


def entry_gap(m: Primitives, sellers: eq.Selection) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log gap of the equation that pins each wage, and its slope in ln w (origin).

    Free entry: expected profit over the entry cost. Fixed entry: labour used by J draws over labour present.
    Both fall in the wage.
    """
    r = eq.access_revenue(m, sellers)
    if m.entry == "free":
        level, target = eq.expected_profit(m, sellers), m.delta * m.f_e
        slope = -m.sigma * np.sum(r, axis=1)
    else:
        level, target = eq.labour_per_draw(m, sellers), m.L / m.J
        slope = -(m.sigma / (m.sigma - 1.0)) * np.sum(labour_slope(m, sellers, r), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(level / target), slope / level


def labour_slope(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
    """Fall of the labour a draw uses in a market per unit of ln x and ln e together (origin, destination)."""
    s = m.sigma - 1.0
    return s * s * r + labour_slope_of_cutoff(m, sellers, r)


def labour_slope_of_cutoff(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
    """Its part through the chosen cutoff ln e."""
    exits = density(m, sellers)
    return (m.sigma - 1.0) * moment_fall(sellers, exits) * r + m.f * exits


def density(m: Primitives, sellers: eq.Selection) -> np.ndarray:
    """Fall of S(e) per unit of ln e (origin, destination)."""
    return np.exp(m.productivity.log_density(sellers.log_e))


def moment_fall(sellers: eq.Selection, exits: np.ndarray) -> np.ndarray:
    """Elasticity of V(e) to e, zero where nobody sells."""
    with np.errstate(over="ignore", invalid="ignore"):
        fall = exits * np.exp(-sellers.tail.log_value)
    return fall if np.isfinite(fall).all() else np.where(np.isfinite(fall), fall, 0.0)


@dataclass(frozen=True)
class Wages:
    """Wages that solve their equations but for a last Newton step: its length (country), and who sells there."""

    log_wage: np.ndarray
    rest: np.ndarray
    sellers: eq.Selection


def wages_given_demand(
    m: Primitives, log_demand: np.ndarray, log_wage: np.ndarray, goal: np.ndarray | float = WAGE_GOAL
) -> Wages:
    """Solve each country's monotone wage equation in logs: Newton near the root, secants of a bracket far from it."""
    w = log_wage
    low, high = _End.open(w, -np.inf), _End.open(w, np.inf)
    for look in range(_MOST_LOOKS):
        sellers = eq.select(m, w, log_demand)
        gap, slope = entry_gap(m, sellers)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -gap / slope
        near = np.abs(gap) < goal
        if near.all():
            break
        low, high = low.moved(gap >= 0, w, gap), high.moved(gap <= 0, w, gap)
        done = near | (np.abs(step) <= 1e-15 * (1.0 + np.abs(w)))
        done |= ~(high.place - low.place > 1e-15 * (1.0 + np.abs(w)))
        if done.all():
            break
        w = np.where(done, w, _next_inside(w + step, w, gap, low, high, halve=look % 3 == 2))
    return Wages(w, np.where(near, step, 0.0), sellers)


@dataclass(frozen=True)
class _End:
    """One end of a bracket: the place and the gap found there."""

    place: np.ndarray
    gap: np.ndarray

    @classmethod
    def open(cls, like: np.ndarray, place: float) -> _End:
        """Return an end at infinity."""
        return cls(np.full(like.shape, place), np.full(like.shape, np.nan))

    def moved(self, where: np.ndarray, place: np.ndarray, gap: np.ndarray) -> _End:
        """Return the end moved to a new place where `where` says so."""
        return _End(np.where(where, place, self.place), np.where(where, gap, self.gap))


def _next_inside(
    proposal: np.ndarray, w: np.ndarray, gap: np.ndarray, low: _End, high: _End, halve: bool
) -> np.ndarray:
    """Choose the next wage: Newton's proposal near the root, else a cut of the bracket, or a stride while it is open.

    The log gap is concave: Newton from the high side only halves the distance where the tail is thin. It may also
    fall off a cliff, so that the ends of the bracket differ by hundreds: their logs say better where to cut, and
    every cut takes off a tenth at least. Now and then one is to `halve` the bracket, lest one end never moves.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        above, below = np.log1p(np.abs(low.gap)), np.log1p(np.abs(high.gap))
        share = np.where(np.isfinite(above + below), np.clip(above / (above + below), 0.1, 0.9), 0.5)
        cut = low.place + (0.5 if halve else share) * (high.place - low.place)
        stride = np.where(np.isinf(high.place), w + 2.0, w - 2.0)
        closed = np.isfinite(low.place) & np.isfinite(high.place)
        inside = (proposal > low.place) & (proposal < high.place) & (np.abs(proposal - w) < 50.0)
        newton = inside & ~(closed & (gap < -0.5))
    return np.where(newton, proposal, np.where(closed, cut, stride))
