"""Find a market penetration equilibrium with any distribution: Newton with friction on gaps in logs.

The start is the Pareto world that is tangent to this one in autarky. Where Newton loses its way from there, the world
is solved beside a fringe of firms that sell everywhere, which is then thinned out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.gaps import CAP, Firms, Fringe, Gaps, Point, gaps_at, own_firms
from phistar.models.market_penetration.starts import autarky, tangent_world
from phistar.models.market_penetration.table import Table

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

P = TypeVar("P")

MAX_STEPS = 100
#: Largest gap, in logs, at which Newton stops: some ulps of sums over countries.
GOAL = 1e-14
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-11
#: Friction: the least that is not none, what it starts from, and that at which any step is taken.
_LEAST, _FIRST, _STIFF = 1e-4, 1e-2, 1e6
#: What friction is multiplied by where the linearisation misses by less than these shares, or by more.
_MISFITS = np.array([0.1, 0.3, 0.5, 0.8, 1.0])
_FACTORS = np.array([0.03, 0.3, 0.7, 1.0, 1.5, 4.0])
#: So many steps without a better point mark the floor of precision, and a search that leads nowhere.
_PATIENCE, _TRIES = 2, 15
#: The share of a fringe in all firms at first, in a first and a second search.
_FRINGES = (1e-2, 1.0)
#: What the share is multiplied by at first, when it counts as gone, and when nothing is left to try.
_THINNER, _FRINGE_GONE, _STUCK = 1e-2, 1e-15, 0.97


def find(m: Primitives, start: Point | None = None) -> Point:
    """Find wages, demand levels and potential firms of one world; the numeraire's wage is one.

    Raises
    ------
    NoEquilibrium
        Where the search ends without one.
    """
    firms = own_firms(m)
    if start is not None:
        place, miss = newton(m, start, firms)
    if start is None or not miss < ACCEPT:
        place, _ = roam(m, Table(m))
        place, miss = newton(m, place, firms)
    if miss < ACCEPT:
        return place
    raise NoEquilibrium(
        f"no equilibrium found: some market is still off by {miss:.1e} where the search ended",
        "start from a solved neighbour, or move the parameters away from their extremes",
    )


def roam(m: Primitives, firms: Firms) -> tuple[Point, float]:
    """Search from afar."""
    place, miss = newton(m, tangent_world(m, firms), firms)
    for share, begin in zip(_FRINGES, (autarky, tangent_world), strict=True):
        if miss < ACCEPT:
            break
        place, miss = _thin_out(m, begin(m, firms), share, firms)
    return place, miss


def newton(m: Primitives, place: Point, firms: Firms, across: bool = False) -> tuple[Point, float]:
    """Search for wages, demand levels and entry at once; return the best point met and what it misses."""

    def look(here: Point) -> Gaps:
        return gaps_at(m, here, firms)

    return follow(look, lambda here, step: here.moved(step, m.entry == "free"), place, m.numeraire, across)


def follow(
    look: Callable[[P], Gaps], move: Callable[[P, np.ndarray], P], place: P, kept: int, across: bool = False
) -> tuple[P, float]:
    """Follow gaps to zero by Newton with friction; return the best place met and what is missing there.

    Every unknown follows its gap in time; a step is an implicit one of length 1/friction. Friction shrinks while
    the linearisation holds, so that the end is Newton's, and grows where it does not. No gap has to fall on the
    way: thin tails and ends of a support make corners that a line search cannot turn.

    Parameters
    ----------
    look : callable
        From a place to its gaps.
    move : callable
        From a place and a step in the unknowns to the next place.
    place : object
        Where to start.
    kept : int
        Which unknown stays as it is, its gap being redundant; -1 for none.
    across : bool
        Whether to step across corners: just inside a support sales are linear in what lies beyond, so that steps
        are those of levels, and any is taken.
    """
    gaps = look(place)
    best, least, drag, misses = place, gaps, 0.0, 0
    for _ in range(MAX_STEPS):
        done = least.norm < GOAL or misses >= (_PATIENCE if least.norm < ACCEPT else _TRIES)
        if done or not np.isfinite(gaps.slopes).all():
            break
        step = gaps.step(drag, kept, across)
        share = min(1.0, CAP / max(np.max(np.abs(step)), 1e-300))
        there = move(place, share * step)
        trial = look(there)
        off = (0.0 if np.isfinite(trial.norm) else np.inf) if across else _misfit(gaps, trial, share, step, drag, kept)
        if off < 1.0 or (drag > _STIFF and np.isfinite(trial.norm)):
            place, gaps = there, trial
        misses = 0 if trial.norm < least.norm else misses + 1
        if trial.norm < least.norm:
            best, least = there, trial
        drag = drag * _FACTORS[np.searchsorted(_MISFITS, off)]
        drag = (drag if drag > _LEAST else 0.0) if off < 1.0 else max(drag, _FIRST)
    return best, least.miss


def _misfit(old: Gaps, new: Gaps, share: float, step: np.ndarray, drag: float, kept: int) -> float:
    """Compute how far a step missed, by the kindest measure.

    What it should have left undone, what it left, and how far the next step would go at the old slopes: what
    unbalances a small country may mend at once.
    """
    if not np.isfinite(new.norm):
        return np.inf
    promised = (1.0 - share) * old.values + share * drag * old.sign * step
    left = replace(old, values=new.values).step(drag, kept)
    size = max(float(np.max(np.abs(old.values))), 1e-300)
    far = max(float(np.max(np.abs(share * step))), 1e-300)
    return float(min(np.max(np.abs(new.values - promised)) / size, new.norm / old.norm, np.max(np.abs(left)) / far))


def _wages_first(m: Primitives, place: Point, firms: Firms) -> tuple[Point, float]:
    """Search for wages alone, with markets cleared at each; where entry is free, for everything at once."""
    if m.entry == "free":
        return newton(m, place, firms)
    n = len(m.countries)

    def look(here: Point) -> Gaps:
        gaps = gaps_at(m, here, firms)
        goods = np.linalg.solve(gaps.slopes[n:, n:], gaps.slopes[n:, :n])
        return replace(
            gaps, values=gaps.values[:n], sign=gaps.sign[:n], slopes=gaps.slopes[:n, :n] - gaps.slopes[:n, n:] @ goods
        )

    def move(here: Point, step: np.ndarray) -> Point:
        return cleared(m, replace(here, log_wage=here.log_wage + step), firms)

    best, _ = follow(look, move, cleared(m, place, firms), m.numeraire)
    return newton(m, best, firms)


def cleared(m: Primitives, place: Point, firms: Firms) -> Point:
    """Find the demand levels that clear goods markets at given wages and potential firms."""
    n = len(m.countries)

    def look(here: Point) -> Gaps:
        gaps = gaps_at(m, here, firms)
        return Gaps(gaps.values[n : 2 * n], gaps.slopes[n : 2 * n, n : 2 * n], np.zeros(0), -np.ones(n))

    return follow(look, lambda here, step: replace(here, log_demand=here.log_demand + step), place, -1)[0]


def _thin_out(m: Primitives, place: Point, share: float, firms: Firms) -> tuple[Point, float]:
    """Search beside a fringe of firms that sell everywhere, ever fewer of them."""
    start = autarky(m, firms)
    log_b = np.diagonal(eq.log_cutoff(m, start.log_wage, start.log_demand))
    place, miss = _wages_first(m, place, Fringe(share, log_b).beside(m, firms))
    thinner = _THINNER
    while miss < ACCEPT and share > _FRINGE_GONE and thinner < _STUCK:
        both = Fringe(share * thinner, log_b).beside(m, firms)
        trial, trial_miss = newton(m, place, both)
        if not trial_miss < ACCEPT:
            trial, trial_miss = newton(m, place, both, across=True)
        if trial_miss < ACCEPT:
            place, share, thinner = trial, share * thinner, thinner**1.5
        else:
            thinner **= 0.3
    left = gaps_at(m, place, firms).miss
    polished, miss = newton(m, place, firms, across=True)
    return (polished, miss) if miss < left else (place, left)
