"""What claims come down to once worlds are solved: comparisons of numbers, each told world by world.

Worlds are the last axis. A difference within rounding is none: `nothing` says how large that is for the paper at hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def goes(change: np.ndarray, sign: int, nothing: float) -> np.ndarray:
    """Whether a change has a sign, +1, -1 or 0 for none, in all its entries (world)."""
    right = np.abs(change) < nothing if sign == 0 else sign * change > nothing
    return np.all(right.reshape(-1, right.shape[-1]), axis=0)


def all_go(changes: Iterable[tuple[np.ndarray, int]], nothing: float) -> np.ndarray:
    """Whether every change has its sign (world)."""
    return np.all([goes(change, sign, nothing) for change, sign in changes], axis=0)


def ascends(chain: Sequence[np.ndarray], nothing: float) -> np.ndarray:
    """Whether each link of a chain exceeds the one before (world)."""
    return np.all([goes(b - a, 1, nothing) for a, b in itertools.pairwise(chain)], axis=0)


def rising(values: np.ndarray) -> np.ndarray:
    """Whether values rise along the first axis; what is not a number is out (world)."""
    step = np.diff(values, axis=0)
    return np.asarray(np.all(np.isnan(step) | (step > 0.0), axis=0))


def falling(values: np.ndarray) -> np.ndarray:
    """Whether values fall along the first axis; what is not a number is out (world)."""
    return rising(-values)


def below(values: np.ndarray, bound: float, nothing: float) -> np.ndarray:
    """Whether all values along the first axis are below a bound; what is not a number is out (world)."""
    return np.asarray(np.all(np.isnan(values) | (values < bound - nothing), axis=0))


def same(one: Any, other: Any, within: float) -> np.ndarray:
    """Whether two numbers are one up to rounding, relative to the second (entry by entry)."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(one / other - 1.0) < within)
