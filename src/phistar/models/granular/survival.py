"""Under one scope for all markets: who stays where being in costs K_0, in every world of a batch."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns
from phistar.models.granular import common
from phistar.models.granular.common import Point
from phistar.models.granular.primitives import Primitives

#: A loss smaller than this, over spending on all markets, is rounding.
_NOTHING = 1e-12


def find(m: Primitives) -> Unknowns:
    """Find the equilibrium under a common scope; see `solver.find`."""
    m = m.batched()
    return common.unknowns(_required(m, settle(m)).take(0))


def find_batch(m: Primitives) -> tuple[Unknowns, np.ndarray]:
    """Find the equilibria of a batch, nan where there is none, and say where there is one (world)."""
    point = settle(m)
    nothing = Point(*(np.full_like(getattr(point, f.name), np.nan) for f in fields(point)))
    return common.unknowns(nothing.put(point.found, point.take(point.found))), point.found


def settle(m: Primitives) -> Point:
    """Find who stays, in every world of a batch; see `Point.found`.

    Notes
    -----
    With K_0 the firm that loses most leaves, one at a time, until nobody loses; a firm that left and would now gain
    comes back, best first, unless it has left before at the same set of rivals.
    """
    there = np.ones((len(m.home), m.points), dtype=bool)
    point = common.solve(m, there)
    open_ = np.flatnonzero(point.found & (m.K_0 > 0.0))
    tried: set[tuple[int, bytes]] = set()
    while len(open_):
        part = m.take(open_)
        profit = common.profits(part, point.take(open_))
        small = _NOTHING * np.sum(part.game.upper.spending(point.x[:, open_]), axis=0)
        losing = there[:, open_] & (profit < -small)
        worst = np.argmin(np.where(losing, profit, np.inf), axis=0)
        shrinks = losing.any(axis=0)
        leaving, content = open_[shrinks], open_[~shrinks]
        there[worst[shrinks], leaving] = False
        if len(leaving):
            point = point.put(leaving, common.solve(m.take(leaving), there[:, leaving], point.x[:, leaving]))
        new = [w for w in content.tolist() if (w, there[:, w].tobytes()) not in tried]
        tried |= {(w, there[:, w].tobytes()) for w in new}
        point, back = returning(m, there, point, np.array(new, dtype=int))
        open_ = np.concatenate([leaving[point.found[leaving]], back])
    return point


def _required(m: Primitives, point: Point) -> Point:
    if point.found.all():
        return point
    if np.any(m.K_0 > 0.0) and np.count_nonzero(np.isfinite(point.log_n)) < 2:
        raise NoEquilibrium("the fixed cost leaves too few firms to share the markets", "lower K_0, or raise spending")
    if np.isfinite(point.x).all():
        raise NoEquilibrium(
            "no equilibrium with one scope for all markets was found",
            "raise trade costs or spending, or set scope_choice = per_market",
        )
    raise NoEquilibrium("the firms are too few or too unequal to share some market at finite markups",
                        "add rivals, or raise eta")  # fmt: skip


def returning(m: Primitives, there: np.ndarray, point: Point, worlds: np.ndarray) -> tuple[Point, np.ndarray]:
    """Let one firm that is out come back, best first, where it gains once all have adjusted; `there` is changed.

    Returns
    -------
    point : Point
    back : ndarray of int
        The worlds, of those listed, to which one came back.
    """
    order = np.argsort(-np.max(np.broadcast_to(m.delivered, point.share.shape), axis=1), axis=0, kind="stable")
    back = [worlds[:0]]
    for firm in order:  # in each world the next best
        asked = worlds[~there[firm[worlds], worlds]]
        if not len(asked):
            continue
        after, gains = entering(m.take(asked), there[:, asked], point.take(asked), firm[asked])
        came = asked[gains > 0.0]
        there[firm[came], came] = True
        point = point.put(came, after.take(gains > 0.0))
        back.append(came)
        worlds = np.setdiff1d(worlds, came)
    return point, np.concatenate(back)


def entering(m: Primitives, there: np.ndarray, point: Point, firm: np.ndarray) -> tuple[Point, np.ndarray]:
    """Let one firm into each world, and let all adjust: the points reached, and what the firm then earns (world)."""
    trials, each = there.copy(), np.arange(len(firm))
    trials[firm, each] = True
    after = common.solve(m, trials, point.x)
    own, sells = common.profits(m, after)[firm, each], np.isfinite(after.log_n[firm, each])
    return after, np.where(after.found & sells, own, -np.inf)
