"""Segmented markets under one scope for all: a firm's range of varieties, paid once, is on sale wherever it sells.

At given price indices a firm's last variety earns sum_j E_j S_fj/((sigma-1) mu_fj) / N in all markets, which falls in
N: one root a firm, none where even the first variety does not pay K_1. Newton's method then finds the price indices
at which shares sum to one in every market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.blocks import oligopoly
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns
from phistar.models.granular import equations as eq
from phistar.models.granular import kernel
from phistar.models.granular.primitives import Primitives

_STEPS = 200
_SCOPE_STEPS = 100
_GOAL = 4e-16


@dataclass(frozen=True)
class Point:
    """Firms' choices at given price indices; arrays (firm, market), `log_n` (firm) is -inf for a firm that is out."""

    x: np.ndarray
    log_n: np.ndarray
    share: np.ndarray
    slope: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """How far shares exceed one in each market."""
        return np.asarray(self.share.sum(axis=0) - 1.0)


def find(m: Primitives) -> Unknowns:
    """Find the equilibrium under a common scope; see `solver.find`.

    Notes
    -----
    With K_0 the firm that loses most leaves, one at a time, until nobody loses; a firm that left and would now gain
    comes back, best first, unless it has left before at the same set of rivals.
    """
    there = np.ones(len(m.home), dtype=bool)
    point = solve(m, there)
    tried: set[bytes] = set()
    while float(m.K_0) > 0.0:
        profit = profits(m, point)
        losing = there & (profit < -1e-12 * np.sum(m.game.upper.spending(point.x)))
        if losing.any():
            there = there.copy()
            there[int(np.argmin(np.where(losing, profit, np.inf)))] = False
            point = solve(m, there, point)
            continue
        if there.tobytes() in tried:
            break
        tried.add(there.tobytes())
        back = returning(m, there, point)
        if back is None:
            break
        there, point = back
    return _unknowns(point)


def returning(m: Primitives, there: np.ndarray, point: Point) -> tuple[np.ndarray, Point] | None:
    """Find a firm that is out and would gain by entering after everybody has adjusted; None if there is none."""
    for i in np.flatnonzero(~there):
        trial = there.copy()
        trial[i] = True
        after = solve(m, trial, point)
        if np.isfinite(after.log_n[i]) and profits(m, after)[i] > 0.0:
            return trial, after
    return None


def profits(m: Primitives, point: Point) -> np.ndarray:
    """Return every firm's profit, K_0 paid by all (firm)."""
    epsilon = eq.elasticity(m.game, point.x, point.share)
    earned = oligopoly.profit_of_scope(m.sigma, epsilon, m.game.upper.spending(point.x) * point.share)
    return np.asarray(np.sum(earned, axis=1) - m.K_0)


def _unknowns(point: Point) -> Unknowns:
    active = (point.share > 0.0) & np.isfinite(point.log_n)[:, None]
    return {
        "log_price_index": point.x,
        "log_share": np.log(point.share[active]),
        "log_varieties": point.log_n[active.any(axis=1)],
        "_copies": active.astype(int),
    }


def solve(m: Primitives, there: np.ndarray, start: Point | None = None) -> Point:
    """Find price indices for the firms that are there, by damped Newton steps.

    Raises
    ------
    NoEquilibrium
        When shares cannot be made to sum to one in some market.
    """
    point = at(m, there, _start(m, there) if start is None else start.x)
    for _ in range(_STEPS):
        worst = np.max(np.abs(point.gap))
        if worst <= _GOAL:
            break
        found = _step(m, there, point)
        if found is None:
            break
        point = found
    if not np.max(np.abs(point.gap)) <= 1e-12:  # rounding of a sum of shares, with room for stiff worlds
        raise NoEquilibrium(
            "no equilibrium with one scope for all markets was found",
            "raise trade costs or spending, or set scope_choice = per_market",
        )
    return point


def _start(m: Primitives, there: np.ndarray) -> np.ndarray:
    """Begin from the price indices of a scope in each market: there varieties are paid for market by market."""
    phi = np.where(there[:, None], m.delivered, 0.0)
    able = kernel.ability(m.game, -np.sort(-phi, axis=0))
    x = kernel.price_level(m.game, able)
    if not np.isfinite(x).all():
        raise NoEquilibrium("the fixed cost leaves too few firms to share some market", "lower K_0, or raise spending")
    return x


def _step(m: Primitives, there: np.ndarray, point: Point) -> Point | None:
    """Take a Newton step, shortened until it helps; None at the floor of precision."""
    move = np.linalg.lstsq(_jacobian(m, point), -point.gap, rcond=None)[0]
    move *= min(1.0, 1.0 / max(float(np.max(np.abs(move))), 1e-300))
    for share in 0.5 ** np.arange(40.0 if np.max(np.abs(point.gap)) > 1e-13 else 1.0):
        trial = at(m, there, point.x + share * move)
        if np.max(np.abs(trial.gap)) < np.max(np.abs(point.gap)):
            return trial
    return None


def at(m: Primitives, there: np.ndarray, x: np.ndarray) -> Point:
    """Let every firm that is there choose its scope at given price indices."""
    s = m.sigma - 1.0
    with np.errstate(divide="ignore"):
        base = np.where(there[:, None], s * (np.log(m.delivered) + x), -np.inf)
    spending = m.game.upper.spending(x)
    log_n = _scopes(m, base, x, spending)
    share, slope = kernel.shares_of_given_scope(m.game, log_n[:, None] + base, x)
    return Point(x, log_n, share, slope)


def _scopes(m: Primitives, base: np.ndarray, x: np.ndarray, spending: np.ndarray) -> np.ndarray:
    """Solve (3.5) for ln N; -inf where the first variety does not pay (firm)."""
    s = m.sigma - 1.0
    first = np.sum(spending * np.exp(base), axis=1) * (m.sigma / s) ** -m.sigma / (s * m.K_1)
    pays = first > 1.0
    # Revenue bounds N from above: what all varieties cost is less than what they sell for.
    log_n = np.where(pays, np.log(np.sum(spending) / m.K_1), -np.inf)
    low, high = np.full(len(log_n), -np.inf), log_n.copy()
    for _ in range(_SCOPE_STEPS):
        reach = log_n[:, None] + base
        share, _ = kernel.shares_of_given_scope(m.game, reach, x)
        markup = eq.markup_of_share(m.game, x, share)
        room = 1.0 - s * oligopoly.log_markup_slope(m.conduct, _tough(m, x, share)) * share * _room(m, x)
        earned = spending * share / (s * markup * m.K_1)
        total = np.sum(earned, axis=1)
        # d ln(S/mu) / d ln N = (1 + dln mu/dln S (-1)) / room, with room = 1 + (sigma-1) dln mu/dln S.
        bend = (room - 1.0) / s
        slope = np.sum(earned * (1.0 - bend) / room, axis=1) / total - 1.0
        with np.errstate(invalid="ignore", divide="ignore"):
            miss = np.log(total) - log_n
            low, high = np.where(miss > 0.0, log_n, low), np.where(miss < 0.0, log_n, high)
            trial = log_n - miss / slope
            middle = np.where(np.isfinite(low), 0.5 * (low + high), log_n - 2.0)
            new = np.where((trial < low) | (trial > high) | ~np.isfinite(trial), middle, trial)
            moved = pays & (np.abs(new - log_n) > 1e-15 * (1.0 + np.abs(log_n)))
        log_n = np.where(moved, new, log_n)
        if not moved.any():
            break
    return np.asarray(log_n)


def _tough(m: Primitives, x: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.asarray(oligopoly.toughness_of_share(m.conduct, m.sigma, m.game.upper.elasticity(x), share))


def _room(m: Primitives, x: np.ndarray) -> np.ndarray:
    theta = m.game.upper.elasticity(x)
    return np.asarray(oligopoly.toughness(m.conduct, m.sigma) - oligopoly.toughness(m.conduct, theta))


def _jacobian(m: Primitives, point: Point) -> np.ndarray:
    """Differentiate the gaps in ln P by central differences: a direction for Newton, no answer (market, market)."""
    there = np.isfinite(point.log_n)
    columns = []
    for j in range(len(point.x)):
        step = np.zeros(len(point.x))
        step[j] = 1e-6
        columns.append((at(m, there, point.x + step).gap - at(m, there, point.x - step).gap) / 2e-6)
    return np.stack(columns, axis=1)
