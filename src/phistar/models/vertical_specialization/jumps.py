"""Where an increasing function changes its sign, be it by a jump: sales jump where a cutoff crosses an atom.

Between such crossings `increasing_root` is at its best, at a jump it could but halve its bracket. There the cutoff
itself, which does not jump, tells where it meets the atom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from phistar.numerics.monotone import CLOSE, MET, STEPS, increasing_root
from phistar.numerics.special import quiet

#: What is off by no more, in logs, is met.
EXACT = MET
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
        low, high = bracket.low.x, bracket.high.x
        begin = np.where(off, np.clip(x, low, high), x)
        x = np.where(off, increasing_root(bracket.at, begin, low, high, slope), x)
        off &= bracket.settle(x)
    if off.any():
        jumps = jumps | bracket.around(x, off)
    jumps = bracket.meet(jumps)
    return bracket.low.at_jumps(jumps, bracket.here), bracket.high.at_jumps(jumps, bracket.here), jumps


class _Side(Generic[S]):
    """What held nearest to the root on one side of it, and the cutoffs next to that."""

    def __init__(self, x: np.ndarray) -> None:
        self.x, self.x_before = x, x
        self.value = np.full(x.shape, np.nan)
        self.state: S | None = None
        self.before = np.asarray(np.nan)

    def update(self, where: np.ndarray, x: np.ndarray, value: np.ndarray, state: S) -> None:
        """Take over the worlds at `where`."""
        if self.state is None:
            self.state = state
        elif where.any():
            self.x_before = np.where(where, self.x, self.x_before)
            self.before = np.where(where, self.state.log_cutoff, self.before)
            self.state = state if where.all() else self.state.replaced(where, state.take(where))
        self.x, self.value = np.where(where, x, self.x), np.where(where, value, self.value)

    def at_jumps(self, jumps: np.ndarray, here: S) -> S:
        """Return what held on this side of `jumps`, and what holds `here` elsewhere."""
        return here if self.state is None or not jumps.any() else here.replaced(jumps, self.state.take(jumps))

    def meets(self, country: int, atom: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Find where cutoffs that moved on as they do here would meet an atom (mode, batch)."""
        before = np.broadcast_to(self.before, (2, *last.shape))[country]
        return np.asarray(self.x + (atom - last) / (last - before) * (self.x - self.x_before))


class _Bracket(Generic[S]):
    """An increasing function that remembers what held nearest to its root, on both sides."""

    def __init__(self, function: Function[S], start: np.ndarray) -> None:
        self.function = function
        self.low: _Side[S] = _Side(np.full(start.shape, -np.inf))
        self.high: _Side[S] = _Side(np.full(start.shape, np.inf))
        self.undefined = np.full(start.shape, np.nan)

    def at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Evaluate the function."""
        value, slope, state = self.function(x)
        self.last = x, value, state
        self.low.update((value <= 0.0) & (x >= self.low.x), x, value, state)
        self.high.update((value >= 0.0) & (x <= self.high.x), x, value, state)
        self.undefined = np.where(np.isnan(value), x, self.undefined)
        return value, slope

    def settle(self, x: np.ndarray) -> np.ndarray:
        """Keep what holds at `x`, or where the function was not a number; say whether it misses zero (batch)."""
        last, value, self.here = self.last
        # a root's last step is shorter than what its place means
        if not np.all((np.abs(value) <= EXACT) & (np.abs(x - last) <= 2.0 * CLOSE * (1.0 + np.abs(x)))):
            value, _, self.here = self.function(np.where(np.isnan(x), self.undefined, x))
        return np.asarray(np.abs(value) > EXACT)

    @property
    @quiet
    def width(self) -> np.ndarray:
        """The brackets' width, infinite where they are open (batch)."""
        return np.asarray(self.high.x - self.low.x)

    @quiet  # other brackets may be open, and cutoffs stand still
    def chase(self, atoms: Atoms, wanted: np.ndarray) -> np.ndarray:
        """Narrow the brackets that are `wanted` down to one atom each; say where a cutoff still crosses it."""
        wanted = wanted & np.isfinite(self.width)
        halved, crosses = np.ones(wanted.shape, dtype=bool), np.zeros(wanted.shape, dtype=bool)
        for _ in range(_CHASED if wanted.any() else 0):
            width, middle, place = self.width, 0.5 * (self.low.x + self.high.x), self._meeting(atoms)
            crosses = wanted & np.isfinite(place)
            wide = crosses & (width > 2.0 * CLOSE * (1.0 + np.abs(middle)))
            if not wide.any():
                break
            # the side of the place that lies in the larger part; the middle where that has not helped
            beside = np.maximum(_BESIDE * width, 0.25 * CLOSE * (1.0 + np.abs(middle)))
            probe = place + np.where(place > middle, -beside, beside)
            inside = halved & (probe > self.low.x) & (probe < self.high.x)
            self.at(np.where(wide, np.where(inside, probe, middle), np.where(wanted, self.low.x, 0.0)))
            halved = self.width <= 0.5 * width
        return crosses

    def _meeting(self, atoms: Atoms) -> np.ndarray:
        """Tell from the cutoffs where they meet atoms: the middle of such places, not a number if there are none."""
        assert self.low.state is not None
        assert self.high.state is not None
        places = []
        for i, known in enumerate(atoms):
            low, high = self.low.state.log_cutoff[i], self.high.state.log_cutoff[i]
            first = np.searchsorted(known, np.minimum(low, high))
            count = np.searchsorted(known, np.maximum(low, high), side="right") - first
            atom = np.append(known, np.nan)[first]
            place = self.low.x + (atom - low) / (high - low) * self.width
            # a cutoff that an atom holds does not move: how it left the atom only the other side can tell
            place = np.where(atom == low, self.high.meets(i, atom, high), place)
            place = np.where(atom == high, self.low.meets(i, atom, low), place)
            # of several atoms one in the middle of the bracket will do
            alone = (count == 1) & (place >= self.low.x) & (place <= self.high.x)
            place = np.where(alone, place, 0.5 * (self.low.x + self.high.x))
            places.append(np.where((count > 0) & (low != high), place, np.nan))
        each = np.concatenate(places)
        return np.asarray(0.5 * (np.fmin.reduce(each) + np.fmax.reduce(each)))

    def around(self, place: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Look closely around a `place` for two sides on which the function differs in sign; say where it does."""
        for side, end in ((self.low, -np.inf), (self.high, np.inf)):
            side.x = np.where(wanted, end, side.x)
        width, found = np.where(wanted, _NEAR * (1.0 + np.abs(place)), 0.0), ~wanted
        for _ in range(_TRIED):
            for x in (place - width, place + width):
                self.at(np.where(found, place, x))
            # rounding may have put them the other way round
            found = ~wanted | np.isfinite(self.width)
            if found.all():
                break
            width = _WIDER * width
        return np.asarray(wanted & found)

    def meet(self, jumps: np.ndarray) -> np.ndarray:
        """Keep what holds on that side of `jumps` which meets zero after all; say where neither does."""
        for side in (self.low, self.high):
            met = jumps & (np.abs(side.value) <= EXACT)
            if met.any():
                assert side.state is not None
                self.here, jumps = self.here.replaced(met, side.state.take(met)), jumps & ~met
        return jumps
