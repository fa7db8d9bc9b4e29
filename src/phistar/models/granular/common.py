"""Segmented markets under one scope for all: a firm's range of varieties, paid once, is on sale wherever it sells.

At given price indices a firm's last variety earns sum_j E_j S_fj/((sigma-1) mu_fj) / N in all markets, which falls in
N: one root a firm, none where even the first variety does not pay K_1. Newton's method then finds the price indices
at which shares sum to one in every market. Everything here takes a batch of worlds, or of sets of firms in one world,
along the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from phistar.blocks import oligopoly
from phistar.core.model import Unknowns
from phistar.models.granular import equations as eq
from phistar.models.granular import kernel
from phistar.models.granular.markets import by_market
from phistar.models.granular.primitives import Primitives
from phistar.numerics import batched

_STEPS = 200
_SCOPE_STEPS = 100
_GOAL = 4e-16
#: Shares that miss one by more are no answer: rounding of a sum of shares, with room for stiff worlds.
_FOUND = 1e-12
_HALVINGS = 40


@dataclass(frozen=True)
class Point:
    """Firms' choices at given price indices.

    Attributes
    ----------
    x : ndarray (market, world)
    log_n : ndarray (firm, world)
        ln N; -inf for a firm that is out.
    share, slope : ndarray (firm, market, world)
        Shares, and their derivatives in ln P at given scope.
    """

    x: np.ndarray
    log_n: np.ndarray
    share: np.ndarray
    slope: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """How far shares exceed one (market, world)."""
        return np.asarray(self.share.sum(axis=0) - 1.0)

    @property
    def worst(self) -> np.ndarray:
        """The largest of the gaps (world)."""
        return np.asarray(np.max(np.abs(self.gap), axis=0))

    @property
    def found(self) -> np.ndarray:
        """Whether this is an answer (world)."""
        return np.asarray(self.worst <= _FOUND)

    @property
    def active(self) -> np.ndarray:
        """Who sells where (firm, market, world)."""
        return np.asarray((self.share > 0.0) & np.isfinite(self.log_n)[:, None])

    def take(self, keep: np.ndarray | int) -> Point:
        """Return the worlds that `keep` selects."""
        return Point(*(getattr(self, f.name)[..., keep] for f in fields(self)))

    def put(self, where: np.ndarray, other: Point) -> Point:
        """Return a copy with other worlds put in some places."""
        copies = [getattr(self, f.name).copy() for f in fields(self)]
        for array, f in zip(copies, fields(self), strict=True):
            array[..., where] = getattr(other, f.name)
        return Point(*copies)


def profits(m: Primitives, point: Point) -> np.ndarray:
    """Return every firm's profit, K_0 paid by all (firm, world)."""
    epsilon = eq.elasticity(m.game, point.x, point.share)
    earned = oligopoly.profit_of_scope(m.sigma, epsilon, m.game.upper.spending(point.x) * point.share)
    return np.asarray(np.sum(earned, axis=1) - m.K_0)


def unknowns(point: Point) -> Unknowns:
    """Name the unknowns; those of active firms stand in a row, in the order of firm, market and world."""
    active = point.active
    return {
        "log_price_index": point.x,
        "log_share": np.log(point.share[active]),
        "log_varieties": point.log_n[active.any(axis=1)],
        "_copies": active.astype(int),
    }


def solve(m: Primitives, there: np.ndarray, start: np.ndarray | None = None) -> Point:
    """Find price indices for the firms that are there (firm, world), by damped Newton steps; see `Point.found`.

    Parameters
    ----------
    start : ndarray (market, world), optional
        ln P to begin from.
    """
    with np.errstate(all="ignore"):
        point = at(m, there, _start(m, there) if start is None else start)
        rivals = np.sum(there[:, None] & (m.delivered > 0.0), axis=0)
        hopeful = np.isfinite(point.x) & (rivals >= kernel.fewest(m.game.upper))
        todo = np.flatnonzero((point.worst > _GOAL) & hopeful.all(axis=0))
        for _ in range(_STEPS):
            if not len(todo):
                break
            trial, moved = _step(m.take(todo), there[:, todo], point.take(todo))
            point = point.put(todo, trial)
            todo = todo[moved & (trial.worst > _GOAL)]
    return point


def _start(m: Primitives, there: np.ndarray) -> np.ndarray:
    """Begin from the price indices of a scope in each market: there varieties are paid for market by market."""
    x: np.ndarray = by_market(m.game, np.where(there[:, None], m.delivered, 0.0))[0]
    return x


def _step(m: Primitives, there: np.ndarray, point: Point) -> tuple[Point, np.ndarray]:
    """Take a Newton step on the logs of total shares, shortened until it helps, and say where it did (world)."""
    total = 1.0 + point.gap  # its log keeps away from prices so low that nobody sells
    slopes = _jacobian(m, point) / total[:, None]
    usual = np.isfinite(slopes).all(axis=(0, 1)) & np.all(total > 0.0, axis=0)
    move = batched.solve(
        np.where(usual, slopes, np.eye(len(total))[..., None]), np.where(usual, -np.log(total), np.nan)
    )
    move *= np.minimum(1.0, 1.0 / np.maximum(np.max(np.abs(move), axis=0), 1e-300))
    miss = np.max(np.abs(np.log(total)), axis=0)
    helped = np.zeros(len(miss), dtype=bool)
    left = np.flatnonzero(np.isfinite(move).all(axis=0))
    for halvings in range(_HALVINGS):
        if not len(left):
            break
        trial = at(m.take(left), there[:, left], point.x[:, left] + 0.5**halvings * move[:, left])
        better = np.max(np.abs(np.log1p(trial.gap)), axis=0) < miss[left]
        point = point.put(left[better], trial.take(better))
        helped[left[better]] = True
        left = left[~better & (miss[left] > 1e-13)]  # nearer than that a whole step is tried, or none
    return point, helped


def at(m: Primitives, there: np.ndarray, x: np.ndarray) -> Point:
    """Let every firm that is there choose its scope at given price indices."""
    base = np.where(there[:, None], (m.sigma - 1.0) * (np.log(m.delivered) + x), -np.inf)
    log_n = scopes(m, base, x, m.game.upper.spending(x))
    share, slope = kernel.shares_of_given_scope(m.game, log_n[:, None] + base, x)
    return Point(x, log_n, share, slope)


def scopes(m: Primitives, base: np.ndarray, x: np.ndarray, spending: np.ndarray) -> np.ndarray:
    """Solve (3.5) for ln N; -inf where the first variety does not pay (firm, world)."""
    pays = first_variety(m, base, spending) > 1.0
    # Revenue bounds N from above: what all varieties cost is less than what they sell for.
    log_n = np.where(pays, np.log(np.sum(spending, axis=0) / m.K_1), -np.inf)
    low, high = np.full(log_n.shape, -np.inf), log_n.copy()
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


def first_variety(m: Primitives, base: np.ndarray, spending: np.ndarray) -> np.ndarray:
    """Compute what a firm's first variety earns in all markets over its cost K_1 (firm, world)."""
    s = m.sigma - 1.0
    return np.asarray(np.sum(spending * np.exp(base), axis=1) * (m.sigma / s) ** -m.sigma / (s * m.K_1))


def _earnings(m: Primitives, x: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what markets add to the right side of (3.5), dln S/dln N, and dln of the first in ln N."""
    s, theta = m.sigma - 1.0, m.game.upper.elasticity(x)
    room = oligopoly.toughness(m.conduct, m.sigma) - oligopoly.toughness(m.conduct, theta)
    tough = oligopoly.toughness_of_share(m.conduct, m.sigma, theta, share)
    markup_slope = -oligopoly.log_markup_slope(m.conduct, tough) * share * room  # d ln mu / d ln S
    answer = 1.0 / (1.0 + s * markup_slope)
    earned = m.game.upper.spending(x) * share / (s * oligopoly.markup_of_toughness(m.conduct, tough) * m.K_1)
    return earned, answer, (1.0 - markup_slope) * answer


def _jacobian(m: Primitives, point: Point) -> np.ndarray:
    """Differentiate the gaps in ln P, every firm's scope following (3.5) (market, market, world)."""
    x, share, s = point.x, point.share, m.sigma - 1.0
    on = share > 0.0
    sells = np.any(on, axis=1)[:, None]
    earned, answer, of_scope = _earnings(m, x, share)
    weight = np.where(on, earned / np.where(sells, np.sum(earned, axis=1)[:, None], 1.0), 0.0)
    per_share = point.slope / np.where(on, share, 1.0)  # d ln S / d ln P at a given scope
    of_price = m.game.upper.spending_slope(x) + per_share - (1.0 - per_share / s)
    scope_moves = weight * of_price / (1.0 - np.sum(weight * of_scope, axis=1))[:, None]
    through_scope = batched.contract(share * answer, np.where(sells, scope_moves, 0.0))
    own = np.eye(len(x))[..., None] * point.slope.sum(axis=0)[:, None]
    return np.asarray(own + through_scope)
