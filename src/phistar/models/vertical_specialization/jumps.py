"""Where an increasing function changes its sign, be it by a jump: sales jump where a cutoff crosses an atom.

Between such crossings `increasing_root` is at its best, at a jump it could but halve its bracket. There the cutoff
itself, which does not jump, tells where it meets the atom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from phistar.numerics.monotone import CLOSE, STEPS, increasing_root

#: What is off by no more, in logs, is met: certificates ask for 1e-10 of sums that may be more sensitive.
EXACT = 1e-12
#: Steps after which a root that is not found is looked for among atoms, and steps of that search.
_SMOOTH, _CHASED = 12, 100
#: How near to where an atom should be met its two sides are tried, in widths of the bracket.
_BESIDE = 1e-3
#: Sides of other jumps are looked for this near, then four times as far, and so on.
_NEAR, _WIDER, _TRIED = 1e-15, 4.0, 8


class State(Protocol):
    """What holds at an argument, world by world."""

    @property
    def log_cutoff(self) -> np.ndarray:
        """Ln cutoffs (country, mode, batch)."""

    def take(self, keep: np.ndarray) -> Self:
        """Return the worlds that `keep` selects."""

    def replaced(self, where: np.ndarray, by: Self) -> Self:
        """Return a copy in which the worlds at `where` are those of `by`."""


S = TypeVar("S", bound=State)
#: Gives values, slopes (None where unknown) and what holds at its arguments (batch).
Function = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None, S]]
Atoms = Sequence[np.ndarray]


def root_or_sides(
    function: Function[S], start: np.ndarray, atoms: Atoms, slope: np.ndarray | float = 1.0
) -> tuple[S, S, np.ndarray]:
    """Return what holds where an increasing function is zero, or on two sides of where it jumps over zero.

    Parameters
    ----------
    function : callable
    start : ndarray (batch)
    atoms : sequence of ndarray
        Increasing ln productivity of each country's atoms; none of a density's.
    slope : array_like
        Slope of the first step where slopes are unknown.

    Returns
    -------
    low, high : State
        What holds on both sides, the same where there is a root.
    jumps : ndarray of bool (batch)
    """
    bracket = _Bracket(function, start)
    some = any(known.size for known in atoms)
    x = increasing_root(bracket.at, start, slope=slope, steps=_SMOOTH if some else STEPS)
    off, jumps = bracket.settle(x), np.zeros(start.shape, dtype=bool)
    if some and off.any():
        jumps = bracket.chase(atoms, off)
        off &= ~jumps
    if some and off.any():
        begin = np.where(off, np.clip(x, bracket.low, bracket.high), x)
        x = np.where(off, increasing_root(bracket.at, begin, bracket.low, bracket.high, slope), x)
        off &= bracket.settle(x)
    if off.any():
        jumps = jumps | bracket.around(x, off)
    return bracket.side(bracket.below, jumps), bracket.side(bracket.above, jumps), jumps


class _Bracket(Generic[S]):
    """An increasing function that remembers what held nearest to its root, on both sides."""

    def __init__(self, function: Function[S], start: np.ndarray) -> None:
        self.function = function
        self.low, self.high = np.full(start.shape, -np.inf), np.full(start.shape, np.inf)
        self.undefined = np.full(start.shape, np.nan)
        self.below: S | None = None
        self.above: S | None = None

    def at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Evaluate the function."""
        value, slope, state = self.function(x)
        under, over = (value <= 0.0) & (x >= self.low), (value >= 0.0) & (x <= self.high)
        self.low, self.high = np.where(under, x, self.low), np.where(over, x, self.high)
        self.below, self.above = _updated(self.below, under, state), _updated(self.above, over, state)
        self.undefined = np.where(np.isnan(value), x, self.undefined)
        return value, slope

    def settle(self, x: np.ndarray) -> np.ndarray:
        """Keep what holds at `x`, or where the function was not a number; say whether it misses zero (batch)."""
        value, _, self.here = self.function(np.where(np.isnan(x), self.undefined, x))
        return np.asarray(np.abs(value) > EXACT)

    def side(self, state: S | None, jumps: np.ndarray) -> S:
        """Return what holds at the root, or on one side of it where there is a jump."""
        return self.here if state is None or not jumps.any() else self.here.replaced(jumps, state.take(jumps))

    def chase(self, atoms: Atoms, wanted: np.ndarray) -> np.ndarray:
        """Narrow the brackets that are `wanted` down to one atom each; say where a cutoff still crosses it."""
        halved, crosses = np.ones(wanted.shape, dtype=bool), np.zeros(wanted.shape, dtype=bool)
        if self.below is None or self.above is None:
            return crosses
        for _ in range(_CHASED):
            middle, width, place = 0.5 * (self.low + self.high), self.high - self.low, self._meeting(atoms)
            crosses = wanted & np.isfinite(width + place)
            wide = crosses & (width > 2.0 * CLOSE * (1.0 + np.abs(middle)))
            if not wide.any():
                break
            # the side of the place that lies in the larger part; the middle where that has not helped
            beside = np.maximum(_BESIDE * width, 0.25 * CLOSE * (1.0 + np.abs(middle)))
            probe = place + np.where(place > middle, -beside, beside)
            inside = halved & (probe > self.low) & (probe < self.high)
            self.at(np.where(wide, np.where(inside, probe, middle), self.low))
            halved = self.high - self.low <= 0.5 * width
        return crosses

    def _meeting(self, atoms: Atoms) -> np.ndarray:
        """Tell from the cutoffs where they cross atoms: the middle of such places, not a number if there are none."""
        assert self.below is not None
        assert self.above is not None
        places = []
        for known, low, high in zip(atoms, self.below.log_cutoff, self.above.log_cutoff, strict=True):
            first, last = np.searchsorted(known, low), np.searchsorted(known, high)
            atom = np.append(known, np.nan)[np.minimum(first, last)]
            # cutoffs do not jump; of several atoms one in the middle of the bracket will do
            meets = self.low + (atom - low) / (high - low) * (self.high - self.low)
            several = np.where(first == last, np.nan, 0.5 * (self.low + self.high))
            places.append(np.where(np.abs(first - last) == 1, meets, several))
        each = np.concatenate(places)
        return np.asarray(0.5 * (np.fmin.reduce(each) + np.fmax.reduce(each)))

    def around(self, place: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Look closely around a `place` for two sides on which the function differs in sign; say where it does."""
        self.low, self.high = np.where(wanted, -np.inf, self.low), np.where(wanted, np.inf, self.high)
        width, found = np.where(wanted, _NEAR * (1.0 + np.abs(place)), 0.0), ~wanted
        for _ in range(_TRIED):
            for side in (place - width, place + width):
                self.at(np.where(found, place, side))
            # rounding may have put them the other way round
            found = ~wanted | np.isfinite(self.low) & np.isfinite(self.high)
            if found.all():
                break
            width = _WIDER * width
        return np.asarray(wanted & found)


def _updated(state: S | None, where: np.ndarray, news: S) -> S | None:
    """Take over the `news` where they are wanted (batch)."""
    if where.all() or state is None:
        return news
    return state.replaced(where, news.take(where)) if where.any() else state
