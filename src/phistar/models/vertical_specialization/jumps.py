"""Where an increasing function changes its sign, be it by a jump: sales jump where a cutoff crosses an atom.

Between such crossings `increasing_root` is at its best, at a jump it could but halve its bracket. There the cutoff
itself, which does not jump, tells where it meets the atom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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

#: Gives values, slopes (None where unknown), and ln cutoffs (country, mode, batch) at its arguments (batch).
Function = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None, np.ndarray]]
Atoms = Sequence[np.ndarray]


def root_or_sides(
    function: Function, start: np.ndarray, atoms: Atoms, slope: np.ndarray | float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return where an increasing function is zero, twice, or else two sides of where it jumps over zero (batch).

    Parameters
    ----------
    function : callable
    start : ndarray (batch)
    atoms : sequence of ndarray
        Increasing ln productivity of each country's atoms; none of a density's.
    slope : array_like
        Slope of the first step where slopes are unknown.
    """
    bracket = _Bracket(function, start)
    some = any(known.size for known in atoms)
    x = increasing_root(bracket.at, start, slope=slope, steps=_SMOOTH if some else STEPS)
    off = np.abs(bracket.at(x)[0]) > EXACT
    if not off.any():
        return x, x
    if some:
        met = bracket.chase(atoms, off)
        begin = np.clip(x, bracket.low, bracket.high)
        x = np.where(off & ~met, increasing_root(bracket.at, begin, bracket.low, bracket.high, slope), x)
        off &= ~met & (np.abs(bracket.at(x)[0]) > EXACT)
        x = np.where(met, 0.5 * (bracket.low + bracket.high), x)
    low, high = bracket.around(x, off) if off.any() else (x, x)
    return (np.where(met, bracket.low, low), np.where(met, bracket.high, high)) if some else (low, high)


class _Bracket:
    """An increasing function that remembers the nearest arguments on both sides of its root, and the cutoffs there."""

    def __init__(self, function: Function, start: np.ndarray) -> None:
        self.function = function
        self.low, self.high = np.full(start.shape, -np.inf), np.full(start.shape, np.inf)
        self.cutoff_low = self.cutoff_high = np.asarray(np.nan)

    def at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Evaluate the function."""
        value, slope, cutoff = self.function(x)
        below, above = (value <= 0.0) & (x >= self.low), (value >= 0.0) & (x <= self.high)
        self.low, self.cutoff_low = np.where(below, x, self.low), np.where(below, cutoff, self.cutoff_low)
        self.high, self.cutoff_high = np.where(above, x, self.high), np.where(above, cutoff, self.cutoff_high)
        return value, slope

    def chase(self, atoms: Atoms, wanted: np.ndarray) -> np.ndarray:
        """Narrow the brackets that are `wanted` down to one atom each; say where a cutoff still crosses it."""
        halved = np.ones(wanted.shape, dtype=bool)
        for _ in range(_CHASED):
            middle, place = 0.5 * (self.low + self.high), self._meeting(atoms)
            crosses, width = wanted & np.isfinite(place), self.high - self.low
            wide = crosses & (width > 2.0 * CLOSE * (1.0 + np.abs(middle)))
            if not wide.any():
                break
            # the side of the place that lies in the larger part; the middle where that has not helped
            beside = np.maximum(_BESIDE * width, 0.25 * CLOSE * (1.0 + np.abs(middle)))
            probe = place + np.where(place > middle, -beside, beside)
            inside = halved & (probe > self.low) & (probe < self.high)
            self.at(np.where(wide, np.where(inside, probe, middle), self.low))
            halved = self.high - self.low <= 0.5 * width
        return np.asarray(crosses)

    def _meeting(self, atoms: Atoms) -> np.ndarray:
        """Tell from the cutoffs where they cross atoms: the middle of such places, not a number if there are none."""
        places = []
        for known, low, high in zip(atoms, self.cutoff_low, self.cutoff_high, strict=True):
            first, last = np.searchsorted(known, low), np.searchsorted(known, high)
            atom = np.append(known, np.nan)[np.minimum(first, last)]
            # cutoffs do not jump; of several atoms one in the middle of the bracket will do
            meets = self.low + (atom - low) / (high - low) * (self.high - self.low)
            several = np.where(first == last, np.nan, 0.5 * (self.low + self.high))
            places.append(np.where(np.abs(first - last) == 1, meets, several))
        each = np.concatenate(places)
        return np.asarray(0.5 * (np.fmin.reduce(each) + np.fmax.reduce(each)))

    def around(self, place: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look closely around a `place` for two sides on which the function differs in sign."""
        width, found = np.where(wanted, _NEAR * (1.0 + np.abs(place)), 0.0), ~wanted
        for _ in range(_TRIED):
            low, high = place - width, place + width
            found = ~wanted | ((self.at(low)[0] <= 0.0) & (self.at(high)[0] >= 0.0))
            if found.all():
                break
            width = np.where(found, width, _WIDER * width)
        return np.where(found, low, place), np.where(found, high, place)
