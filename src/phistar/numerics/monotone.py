"""Roots of increasing functions, many at once: Newton or secant steps kept inside a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: A step this small, against 1 + |x|, is the last where the value is `MET`: the error it leaves is of the next order.
CLOSE = 1e-14
#: Values this small, of logs, are zero: certificates ask for 1e-10 of sums that may be more sensitive.
MET = 1e-12
#: Brackets this wide, against 1 + |x|, have next to no number inside.
SHUT = 2.0**-52
STEPS = 200
#: No step is longer: arguments are logs, and beyond this functions have changed by orders of magnitude.
LONGEST = 2.0

Increasing = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]


def increasing_root(
    function: Increasing,
    start: np.ndarray,
    low: np.ndarray | float = -np.inf,
    high: np.ndarray | float = np.inf,
    slope: np.ndarray | float = 1.0,
    steps: int = STEPS,
) -> np.ndarray:
    """Return where an increasing function is zero, element by element.

    Parameters
    ----------
    function : callable
        Gives values and slopes at its arguments; slopes None where they are unknown: secants then stand in.
        Values may be infinite (their sign is read) and jump (the place of the jump is returned).
    start : ndarray
        Where to begin.
    low, high : array_like
        Bounds of the root where they are known.
    slope : array_like
        Where slopes are unknown, the one of the first step.
    steps : int
        Steps after which the present place is returned, root or not.

    Returns
    -------
    ndarray
        The roots; not a number where the function is not a number.

    Notes
    -----
    A step may be short because the root is near, or because the slope is that of a jump or of a vertical tangent, which
    says nothing of the root. So a short step ends the search only where the value is small too; elsewhere steps grow
    from the shortest there is until they are no longer short, or the bracket is shut.
    """
    x = np.array(start, dtype=float)
    low, high = np.broadcast_to(low, x.shape).copy(), np.broadcast_to(high, x.shape).copy()
    width, least, done = np.full(x.shape, 0.5), np.full(x.shape, SHUT), np.zeros(x.shape, dtype=bool)
    last, value, longest = x, x, [np.full(x.shape, np.inf)] * 2
    with np.errstate(all="ignore"):
        for count in range(steps):
            before, (value, given) = value, function(x)
            low, high = np.where(value <= 0.0, x, low), np.where(value >= 0.0, x, high)
            rise = given if given is not None else np.asarray(slope) if count == 0 else (value - before) / (x - last)
            step = np.where(value == 0.0, 0.0, np.clip(-value / rise, -LONGEST, LONGEST))
            inside = (rise > 0.0) & np.isfinite(rise + step) & (x + step >= low) & (x + step <= high)
            # A secant may creep up from one side: a step not half as long as the last but one halves the bracket.
            inside &= (np.abs(step) <= 0.5 * longest[0]) | ~np.isfinite(high - low)
            inside |= value == 0.0
            width = np.where(inside, width, 2.0 * width)
            step = np.where(inside, step, _halved(low, high, value, width) - x)
            scale = 1.0 + np.abs(x)
            arrived = np.abs(step) <= CLOSE * scale
            early = arrived & (np.abs(value) > MET)
            if early.any():
                early &= (high - low > SHUT * scale) & ~done
                arrived, least = arrived & ~early, np.where(early, 2.0 * least, least)
                probe = x - np.sign(value) * least * scale
                probe = np.where((probe > low) & (probe < high), probe, _halved(low, high, value, width))
                step = np.where(early & inside, probe - x, step)
            longest = [longest[1], np.abs(step)]
            last, x = x, np.where(done, x, x + step)
            done |= arrived | np.isnan(value)
            if done.all():
                break
    return np.where(np.isnan(value), np.nan, x)


def _halved(low: np.ndarray, high: np.ndarray, value: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the middle of the bracket, or a point beyond its one known end."""
    middle = 0.5 * (low + high)
    return np.where(np.isfinite(middle), middle, np.where(value < 0.0, low + width, high - width))
