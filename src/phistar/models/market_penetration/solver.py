"""Find a market penetration equilibrium with any distribution: Newton with friction on gaps in logs.

The start is the Pareto world that is tangent to this one in autarky, the way is searched on tabulated distributions.
Where Newton on everything at once loses it, demand levels are searched for with wages their own roots, and where entry
is free, demand levels and potential firms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.gaps import CAP, Firms, Gaps, Point, gaps_at, own_firms
from phistar.models.market_penetration.roaming import roam
from phistar.models.market_penetration.starts import tangent_world
from phistar.models.market_penetration.table import Table
from phistar.numerics import friction

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

P = TypeVar("P")
#: From a world, a start and its table to the best point met and its log gap.
Route = Callable[..., tuple["Point", float]]

MAX_STEPS = 100
#: Largest gap, in logs, at which Newton stops: some ulps of sums over countries.
GOAL = 1e-14
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-11
#: The most the certificate is asked to judge.
_JUDGED = 1e-9
#: Friction: the least that is not none, and what it starts from.
_LEAST, _FIRST = 1e-4, 1e-2
#: Largest gap at which the root of the tables counts as found.
ROOT = 1e-5
#: From where the true distributions are looked at, in so many steps of Newton, and so often on the way by wages.
_NEAR, _POLISH, _LOOKS = 1.5, 20, 40
#: So often tables are read on a way that settles wages, and on the last one.
_READS, _READS_AT_LAST = 500, 2000
#: Where beta is small enough for cliffs; where the way there begins, by what it falls, and from where on it is zero.
_STEEP, _GENTLE, _FADE, _BARELY = 0.25, 2.0, 8.0, 1e-7
#: So often tables are read at one beta on the way, and the gap from which a way is lost.
_BETWEEN, _LOST = 350, 0.1
#: Log gaps beyond which a number says nothing.
_RANGE = 700.0
#: Distance in logs from the end of a support at which rounding cutoffs, 1e-15, leaves sales less than the certificate.
_TOO_NEAR = 1e-6
#: So many steps without a better point mark the floor of precision, and a search that leads nowhere.
_PATIENCE, _TRIES = 2, 15


def find(m: Primitives, start: Point | None = None) -> Point:
    """Find wages, demand levels and potential firms of one world; the numeraire's wage is one.

    Raises
    ------
    NoEquilibrium
        Where the search ends without one.
    """
    firms, best, miss = own_firms(m), start, np.inf
    if best is not None:
        best, miss = newton(m, best, firms)
    if best is None or not miss < ACCEPT:
        best, far = from_afar(m, Table(m))
        best, miss = _polished(m, best, firms) if far < _NEAR else (best, np.inf)
    if miss < _JUDGED:
        return best
    raise _not_found(m, best, gaps_at(m, best, firms))


def _polished(m: Primitives, place: Point, firms: Firms) -> tuple[Point, float]:
    """Go from the root of the tables to the true one, by wages where trade hangs on the end of a support."""
    best, miss = newton(m, place, firms, steps=_POLISH)
    if miss < ACCEPT:
        return best, miss
    trial, _ = roam(m, firms, place, _LOOKS, ACCEPT)
    left = gaps_at(m, trial, firms).miss
    if not left < ACCEPT:
        trial, left = newton(m, trial, firms, steps=_POLISH)
    return (trial, left) if left < miss else (best, miss)


def _not_found(m: Primitives, place: Point, gaps: Gaps) -> NoEquilibrium:
    """Name what is missed most, and what in the world makes it hard to find."""
    n = len(m.countries)
    left = np.nan_to_num(np.abs(np.concatenate([gaps.owed, gaps.values[n:]])), nan=np.inf)
    worst = int(np.argmax(left))
    equation = ("balance of payments", "goods market", "entry")[worst // n]
    off = "far off" if left[worst] > _RANGE else f"off by {left[worst]:.1e}"
    found = f"no equilibrium found: {equation} of {m.countries[worst % n]} is still {off}"
    upper = np.array([np.max(family.log_upper) for family in m.families])
    if np.isinf(upper).all():
        return NoEquilibrium(found, "start from a solved neighbour, or move the parameters away from their extremes")
    room = np.abs(upper[:, None] - eq.log_cutoff(m, place.log_wage, place.log_demand))
    i, j = np.unravel_index(int(np.argmin(np.where(np.isnan(room), np.inf, room))), room.shape)
    if room[i, j] < _TOO_NEAR:
        found += (
            f"; the cutoff of {m.countries[i]} in {m.countries[j]} came within {room[i, j]:.0e} of the upper end of "
            "productivity in logs, where a number has too few digits for its sales"
        )
    else:
        found += f"; productivity of {m.countries[i]} has an upper end, where its sales fall as off a cliff"
    ways = [f"give productivity of {m.countries[i]} a tail", "lower sigma"] + ["lower gamma"] * bool(m.gamma > 0.0)
    return NoEquilibrium(found, ", ".join(ways) + ", or start from a solved neighbour")


def from_afar(m: Primitives, table: Table) -> tuple[Point, float]:
    """Search on tabulated distributions by one route after the other; return the best point met and its log gap."""
    best = start = _start(m, table)
    least = np.inf
    for route in _routes(m):
        place, miss = route(m, start, table)
        if miss < least:
            best, least = place, miss
        if least < ROOT:
            return best, least
    if least < _LOST:  # a way cut short so near goes on
        place, miss = roam(m, table, best, _READS, entry=False)
        best, least = (place, miss) if miss < least else (best, least)
    return best, least


def _start(m: Primitives, table: Table) -> Point:
    """Start from the tangent Pareto world; from the true distributions' where the table is not fine enough."""
    place = tangent_world(m, table)
    return place if np.isfinite(place.log_demand).all() else tangent_world(m, own_firms(m))


def _routes(m: Primitives) -> list[Route]:
    """List the routes that make sense, the quickest first."""
    routes: list[Route] = [newton, by_wages]
    if m.entry == "free":
        routes.append(by_firms)
    if m.beta < _STEEP:
        routes.append(by_beta)
    return routes


def _reads(m: Primitives, route: Route) -> int:
    """Return how often a route may read the table: the last one has all the time."""
    return _READS_AT_LAST if route is _routes(m)[-1] else _READS


def by_wages(m: Primitives, start: Point, table: Table) -> tuple[Point, float]:
    """Search for demand levels, with wages their own roots."""
    return roam(m, table, start, _reads(m, by_wages))


def by_firms(m: Primitives, start: Point, table: Table) -> tuple[Point, float]:
    """Search for demand levels and potential firms, with wages the roots of labour markets."""
    return roam(m, table, start, _reads(m, by_firms), entry=False)


def by_beta(m: Primitives, start: Point, table: Table) -> tuple[Point, float]:
    """Let diminishing returns to marketing fade: where they are strong, sales set in slowly and nothing is a cliff."""
    place, miss, ways = None, np.inf, (False, True) if m.entry == "free" else (False,)
    for beta in _fading(float(m.beta)):
        world = replace(m, beta=beta)
        read = table if beta == m.beta else Table(world)
        place = place or _start(world, read)
        found = []
        for entry in ways:
            found.append(roam(world, read, place, _BETWEEN, entry=entry))
            if found[-1][1] < ROOT:
                break
        trial, miss = min(found, key=lambda each: each[1])
        if not miss < _LOST:
            return start, np.inf
        place = trial
    return place or start, miss


def _fading(beta: float) -> list[float]:
    """List beta from where every world is gentle to the one given."""
    steps = _GENTLE / _FADE ** np.arange(10.0)
    return [*steps[steps > max(beta, _BARELY)].tolist(), beta]


def newton(m: Primitives, place: Point, firms: Firms, steps: int = MAX_STEPS) -> tuple[Point, float]:
    """Search for wages, demand levels and entry at once; return the best point met and what it misses."""

    def look(here: Point) -> Gaps:
        """Compute what a guess misses on the means searched on."""
        return gaps_at(m, here, firms)

    return follow(look, lambda here, step: here.moved(step, m.entry == "free"), place, m.numeraire, steps)


def follow(
    look: Callable[[P], Gaps],
    move: Callable[[P, np.ndarray], P],
    place: P,
    kept: int,
    steps: int = MAX_STEPS,
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
    steps : int
        How many at most.
    """
    gaps = look(place)
    best, least, drag, misses = place, gaps, 0.0, 0
    for _ in range(steps):
        done = least.norm < GOAL or misses >= (_PATIENCE if least.norm < ACCEPT else _TRIES)
        if done or not np.isfinite(gaps.slopes).all():
            break
        step = gaps.step(drag, kept)
        share = min(1.0, CAP / max(np.max(np.abs(step)), 1e-300))
        there = move(place, share * step)
        trial = look(there)
        off = _misfit(gaps, trial, share, step, drag, kept)
        if off < 1.0 or (drag > friction.STIFF and np.isfinite(trial.norm)):
            place, gaps = there, trial
        misses = 0 if trial.norm < least.norm else misses + 1
        if trial.norm < least.norm:
            best, least = there, trial
        drag = float(friction.scaled(drag, off))
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
