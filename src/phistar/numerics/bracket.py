"""Where to look next for the roots of falling gaps: Newton near the root, cuts of a bracket far from it, and walls.

A gap is the log of a level over its target, and falls in its unknown: of a country's wage, what its firms earn or use.
Where productivity has an upper end, each market closes at a wage known exactly, and near it the gap falls like the
log of the distance: a search works best from such a wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Places closer than this, times 1 + |w|, are at the same wall; and no third one is between them.
_SAME, _NEXT = 1e-14, 1e-15
#: From this gap downwards Newton only halves the distance where the tail is thin.
_STEEP = -0.5
#: Of so many cuts one halves the bracket, lest one end never moves.
_TURN = 3
#: Longest step of Newton, and the stride while the bracket is open.
_LEAP, _STRIDE = 50.0, 2.0


@dataclass(frozen=True)
class _End:
    """One end of a bracket: the place and the gap found there."""

    place: np.ndarray
    gap: np.ndarray

    def moved(self, where: np.ndarray, place: np.ndarray, gap: np.ndarray | float) -> _End:
        """Return the end moved to a new place where `where` says so."""
        return _End(np.where(where, place, self.place), np.where(where, gap, self.gap))


@dataclass(frozen=True)
class Bracket:
    """Places too low and too high by all that was seen, and a wall beyond each root.

    Attributes
    ----------
    low, high : _End
        Of each root (country, batch if any).
    walls : ndarray (country, market, batch) or None
        Where each part of a level ends.
    wall : _End
        One of them, with the gap that is left there: minus infinity where nothing of the level is.
    looks : int
        How often the gaps were seen.
    """

    low: _End
    high: _End
    walls: np.ndarray | None
    wall: _End
    looks: int = 0

    @classmethod
    def around(cls, w: np.ndarray, walls: np.ndarray | None, beyond: np.ndarray | float = -np.inf) -> Bracket:
        """Return the bracket known before any look: the gap at the last wall is that `beyond` it, negative there."""
        nothing = np.full(w.shape, np.nan)
        low, high = _End(np.full(w.shape, -np.inf), nothing), _End(np.full(w.shape, np.inf), nothing)
        if walls is None:
            return cls(low, high, None, high)
        last = np.max(walls, axis=1)
        known, past = np.isfinite(last), np.less(beyond, 0.0)
        wall = high.moved(known & past, last, beyond)
        return cls(low.moved(known & ~past, last, beyond), wall, walls, wall)

    def seen(self, w: np.ndarray, gap: np.ndarray) -> Bracket:
        """Return the bracket after a look at `w`."""
        low = self.low.moved((gap >= 0) & (w > self.low.place), w, gap)
        high = self.high.moved((gap <= 0) & (w < self.high.place), w, gap)
        wall = self.wall
        if self.walls is not None:
            at_wall = np.abs(self.walls - w[:, None]) <= (_SAME * (1.0 + np.abs(w)))[:, None]
            wall = wall.moved(at_wall.any(axis=1) & (gap <= 0), w, gap)
        return Bracket(low, high, self.walls, wall, self.looks + 1)

    def closed_up(self, w: np.ndarray) -> np.ndarray:
        """Tell where no wage is left between the ends."""
        return ~(self.high.place - self.low.place > _NEXT * (1.0 + np.abs(w)))

    def next(self, w: np.ndarray, gap: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Choose the next place: Newton's near the root, else a cut of the bracket, or a stride while it is open.

        Towards a wall Newton's step is taken in the log of the distance, and cuts are made at walls between the
        ends.
        """
        closed = np.isfinite(self.low.place) & np.isfinite(self.high.place)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            proposal = np.where(closed & (gap < _STEEP), np.nan, w + step)
            bends = np.abs(step) > 0.5 * (self.wall.place - w)
            inside = self._inside(proposal, step)
            if (inside & ~bends).all():
                return proposal
            cut = self._cut()
            if self.walls is not None:
                kink = self._kink(cut)
                bends &= np.isnan(kink)
                proposal = np.where(bends, w + self._towards_wall(w, gap, step), proposal)
                inside, cut = self._inside(proposal, step), np.where(np.isnan(kink), cut, kink)
        return np.where(inside, proposal, np.where(closed, cut, self._stride(w)))

    def _inside(self, place: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Tell where Newton's proposal is between the ends and not a leap."""
        between: np.ndarray = (place > self.low.place) & (place < self.high.place)
        return between & (np.abs(step) < _LEAP)

    def _cut(self) -> np.ndarray:
        """Cut the bracket in the shares of the log gaps at its ends.

        A log gap may fall off a cliff, so that its ends differ by hundreds: their logs say better where to cut, and
        every cut takes off a tenth at least.
        """
        above, below = np.log1p(np.abs(self.low.gap)), np.log1p(np.abs(self.high.gap))
        share = np.where(np.isfinite(above + below), np.clip(above / (above + below), 0.1, 0.9), 0.5)
        return self.low.place + (0.5 if self.looks % _TURN == 0 else share) * (self.high.place - self.low.place)

    def _kink(self, cut: np.ndarray) -> np.ndarray:
        """Find the wall nearest the cut and strictly between the ends; nan where there is none."""
        assert self.walls is not None
        low, high = self.low.place, self.high.place
        margin = _SAME * (1.0 + np.abs(high))
        between = (self.walls > (low + margin)[:, None]) & (self.walls < (high - margin)[:, None])
        if not between.any():
            return np.full(cut.shape, np.nan)
        away = np.where(between, np.abs(self.walls - np.where(np.isfinite(cut), cut, 0.0)[:, None]), np.inf)
        nearest = np.argmin(away, axis=1)[:, None]
        kink = np.take_along_axis(self.walls, nearest, axis=1)[:, 0]
        return np.where(between.any(axis=1), kink, np.nan)

    def _towards_wall(self, w: np.ndarray, gap: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Take Newton's step in the log of the distance to the wall, for what exceeds the level at the wall."""
        distance = self.wall.place - w
        excess = -np.expm1(self.wall.gap - gap)
        rise = (np.log(-np.expm1(self.wall.gap)) - gap - np.log(excess)) * excess
        # step / gap is one over the steepness.
        return -distance * np.expm1(np.clip(rise * step / gap / distance, -700.0, 700.0))

    def _stride(self, w: np.ndarray) -> np.ndarray:
        """Stride on while the bracket is open: upwards, or below its end as far as a first look was beyond it."""
        beyond = w - self.high.place
        down = self.high.place - np.where(beyond > 0.0, np.minimum(beyond, _STRIDE), _STRIDE)
        return np.where(np.isinf(self.high.place), w + _STRIDE, down)
