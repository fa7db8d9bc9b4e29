"""Under one scope for all markets: who would enter against fixed rivals, and which other equilibria could stand.

Firms of several countries are not lined up by productivity, so no bisection over their number will do: sets of active
firms are solved one beside the other, those in which the firms nearest to zero profit are in or out.
"""

from __future__ import annotations

import numpy as np

from phistar.models.granular import common, replies
from phistar.models.granular.primitives import Primitives

#: Sets of active firms looked at.
MOST_SETS = 256
#: A gain or a loss smaller than this, over spending on all markets, is rounding.
_NOTHING = 1e-12
#: How far, in ln P, searches for the same firms are started from the answer, and how near its prices are the same.
_AWAY, _SAME = 0.5, 1e-6
_MOST_STARTS = 12


def gain_at_once(m: Primitives, point: common.Point, rows: np.ndarray) -> np.ndarray:
    """Say of firms that are out whether each would gain by entering against rivals that stay as they are (entrant).

    Notes
    -----
    Without K_0 it would wherever its first variety pays, which tells more sharply than a profit near zero.
    """
    spending = m.game.upper.spending(point.x)
    if float(m.K_0[0]) == 0.0:
        with np.errstate(divide="ignore"):
            base = (m.sigma - 1.0) * (np.log(m.delivered[rows]) + point.x)
        return np.asarray(common.first_variety(m, base, spending)[:, 0] > 1.0 + _NOTHING)
    entry = replies.one_scope(m, m.delivered[rows], point.x)
    return np.asarray(entry.profit[:, 0] > _NOTHING * np.sum(spending))


def repeated(there: np.ndarray, point: common.Point, count: int) -> tuple[np.ndarray, common.Point]:
    """Lay one world's firms and answer out as many times over (..., world)."""
    return np.repeat(there[:, None], count, axis=1), point.take(np.zeros(count, dtype=int))


def free(firms: int) -> int:
    """Return how many firms may be in or out, so that no more than `MOST_SETS` sets are looked at."""
    return min(firms, int(np.log2(MOST_SETS)))


def near(there: np.ndarray, profit: np.ndarray) -> np.ndarray:
    """Lay out other sets of active firms (firm, set): those near zero profit in or out, the others as they are."""
    window = np.argsort(np.abs(profit), kind="stable")[: free(len(there))]
    bits = (np.arange(2 ** len(window)) >> np.arange(len(window))[:, None]) % 2 == 1
    sets = np.repeat(there[:, None], bits.shape[1], axis=1)
    sets[window] = bits
    return np.asarray(sets[:, sets.any(axis=0) & (sets != there[:, None]).any(axis=0)])


def standing(m: Primitives, sets: np.ndarray) -> np.ndarray:
    """Say in which sets nobody gains by leaving, or by entering against rivals that stay as they are (set)."""
    point = common.solve(m, sets)
    small = _NOTHING * np.sum(m.game.upper.spending(point.x), axis=0)
    with np.errstate(invalid="ignore"):
        content = np.isfinite(point.log_n) & (common.profits(m, point) >= -small)
    stands = point.found & np.all(content | ~sets, axis=0)
    left = np.flatnonzero(stands)
    if len(left):
        entry = replies.one_scope(m, _best_outsiders(m, sets[:, left]), point.x[:, left])
        stands[left] = ~np.any(entry.profit > small[left], axis=0)
    return np.asarray(stands)


def _best_outsiders(m: Primitives, sets: np.ndarray) -> np.ndarray:
    """Return each country's most productive firm that is out, as delivered; zero where all are in."""
    best = []
    for country in range(len(m.countries)):
        able = np.where((m.home == country)[:, None] & ~sets, m.phi, 0.0)
        first = np.argmax(able, axis=0)
        anyone = np.max(able, axis=0) > 0.0
        best.append(np.where(anyone, m.delivered[first, :, 0].T, 0.0))
    return np.stack(best)


def from_elsewhere(m: Primitives, there: np.ndarray, point: common.Point) -> tuple[int, bool]:
    """Search for the same firms from other price indices: how many, and whether one led elsewhere."""
    one = np.eye(len(point.x))
    away = np.concatenate([np.ones((1, len(one))), one])[: _MOST_STARTS // 2] * _AWAY
    starts = point.x + np.concatenate([away, -away]).T
    again = common.solve(m, np.repeat(there[:, None], starts.shape[1], axis=1), starts)
    return starts.shape[1], bool(np.any(again.found & (np.max(np.abs(again.x - point.x), axis=0) > _SAME)))
