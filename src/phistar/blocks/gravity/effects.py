"""Least squares with a fixed effect for every origin and every destination, none of them written out."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def demean(values: Array, weight: Array, origin: Array, destination: Array) -> tuple[Array, int]:
    """Take weighted origin and destination means out of columns; see `project`."""
    left, _, independent = project(values, weight, origin, destination)
    return left, independent


def project(values: Array, weight: Array, origin: Array, destination: Array) -> tuple[Array, Array, int]:
    """Split columns into what weighted least squares on both sets of dummies leaves and takes, exactly.

    Returns
    -------
    left, taken : ndarray (observation, column)
    independent : int
        How many fixed effects are independent: origins and destinations less connected groups.

    Notes
    -----
    Origins go first, leaving a system in destination effects alone; it is scaled to a unit diagonal, since weights may
    differ by many orders of magnitude, and regular once one destination a connected group is left out.
    """
    n, m = int(origin.max()) + 1, int(destination.max()) + 1
    at_origin, at_destination = np.bincount(origin, weight, n), np.bincount(destination, weight, m)
    between = np.bincount(origin * m + destination, weight, n * m).reshape(n, m)
    spared = references(between)
    free = np.setdiff1d(np.flatnonzero(at_destination > 0.0), spared)
    with np.errstate(divide="ignore"):
        to_origin = np.where(at_origin > 0.0, 1.0 / at_origin, 0.0)
    root = 1.0 / np.sqrt(at_destination[free])
    half = np.sqrt(to_origin)[:, None] * between[:, free] * root
    inverse = np.linalg.inv(np.eye(len(free)) - half.T @ half)
    result, taken = np.array(values, dtype=float), np.zeros(np.shape(values))
    for _ in range(2):  # the second pass takes out what rounding left in the first
        for k in range(result.shape[1]):
            moved = weight * result[:, k]
            means = np.bincount(origin, moved, n) * to_origin
            gap = np.bincount(destination, moved, m) - between.T @ means
            effect = np.zeros(m)
            effect[free] = root * (inverse @ (root * gap[free]))
            own = means - to_origin * (between @ effect)
            part = own[origin] + effect[destination]
            result[:, k] -= part
            taken[:, k] += part
    return result, taken, int((at_origin > 0.0).sum()) + len(free)


def references(between: Array) -> list[int]:
    """Find the groups of origins and destinations that observations connect: the weightiest destination of each."""
    linked, weight = np.asarray(between > 0.0), between.sum(axis=0)
    left = set(np.flatnonzero(linked.any(axis=1)).tolist())
    found = []
    while left:
        group = {min(left)}
        while True:
            markets = linked[sorted(group)].any(axis=0)
            wider = set(np.flatnonzero(linked[:, markets].any(axis=1)).tolist())
            if wider == group:
                break
            group = wider
        found.append(int(np.argmax(np.where(markets, weight, -1.0))))
        left -= group
    return found
