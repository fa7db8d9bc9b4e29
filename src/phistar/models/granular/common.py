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
    """Take a Newton step on the logs of total shares, shortened until it helps; None at the floor of precision."""
    total = 1.0 + point.gap  # its log keeps away from prices so low that nobody sells
    move = np.linalg.lstsq(_jacobian(m, point) / total[:, None], -np.log(total), rcond=None)[0]
    move *= min(1.0, 1.0 / max(float(np.max(np.abs(move))), 1e-300))
    for share in 0.5 ** np.arange(40.0 if np.max(np.abs(point.gap)) > 1e-13 else 1.0):
        trial = at(m, there, point.x + share * move)
        if np.max(np.abs(np.log1p(trial.gap))) < np.max(np.abs(np.log1p(point.gap))):
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
    last = not pays.any()
    for _ in range(_SCOPE_STEPS):
        if last:
            break
        share, _ = kernel.shares_of_given_scope(m.game, log_n[:, None] + base, x)
        earned, _, slope = _earnings(m, x, share)
        total = np.sum(earned, axis=1)
        miss = np.log(total) - log_n
        low, high = np.where(miss > 0.0, log_n, low), np.where(miss < 0.0, log_n, high)
        trial = log_n - miss / (np.sum(earned * slope, axis=1) / total - 1.0)
        middle = np.where(np.isfinite(low), 0.5 * (low + high), log_n - 2.0)
        new = np.where((trial < low) | (trial > high) | ~np.isfinite(trial), middle, trial)
        last = not np.any(pays & (np.abs(miss) > 1e-9))  # steps then double digits: one more ends at rounding
        log_n = np.where(pays, new, log_n)
    return np.asarray(log_n)


def _earnings(m: Primitives, x: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what markets add to the right side of (3.5), dln S/dln N, and dln of the first in ln N (firm, market)."""
    s, theta = m.sigma - 1.0, m.game.upper.elasticity(x)
    room = oligopoly.toughness(m.conduct, m.sigma) - oligopoly.toughness(m.conduct, theta)
    tough = oligopoly.toughness_of_share(m.conduct, m.sigma, theta, share)
    markup_slope = -oligopoly.log_markup_slope(m.conduct, tough) * share * room  # d ln mu / d ln S
    answer = 1.0 / (1.0 + s * markup_slope)
    earned = m.game.upper.spending(x) * share / (s * oligopoly.markup_of_toughness(m.conduct, tough) * m.K_1)
    return earned, answer, (1.0 - markup_slope) * answer


def _jacobian(m: Primitives, point: Point) -> np.ndarray:
    """Differentiate the gaps in ln P, every firm's scope following (3.5) (market, market)."""
    x, share, s = point.x, point.share, m.sigma - 1.0
    on = share > 0.0
    sells = np.any(on, axis=1)[:, None]
    earned, answer, of_scope = _earnings(m, x, share)
    weight = np.where(on, earned / np.where(sells, np.sum(earned, axis=1)[:, None], 1.0), 0.0)
    per_share = point.slope / np.where(on, share, 1.0)  # d ln S / d ln P at a given scope
    of_price = m.game.upper.spending_slope(x) + per_share - (1.0 - per_share / s)
    scope_moves = weight * of_price / (1.0 - np.sum(weight * of_scope, axis=1))[:, None]
    through_scope = (share * answer).T @ np.where(sells, scope_moves, 0.0)
    return np.asarray(np.diag(point.slope.sum(axis=0)) + through_scope)
