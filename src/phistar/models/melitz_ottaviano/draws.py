"""What a cost draw can expect of every market, at given price thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # a NumPy array or a Dual of the shape the docstring names


@dataclass(frozen=True)
class Draws:
    """All that equations and outcomes ask of the cost distributions, taken at one set of thresholds.

    Attributes
    ----------
    threshold : array (destination)
    cutoff : array (origin, destination)
    reach : tuple of array (origin, destination)
        E[((P_j - tau_ij c)^+)^p] of a draw, by p = 0, 1, ...
    """

    threshold: Array
    cutoff: Array
    reach: tuple[Array, ...]

    @property
    def sales(self) -> Array:
        """What a draw is expected to sell for, over L/(4 gamma): E[2 P u - u^2] of u = (P - tau c)^+."""
        return (2.0 * self.threshold)[None, :] * self.reach[1] - self.reach[2]

    def at(self, threshold: Array) -> bool:
        """Whether these are the draws at `threshold`; duals are known by who they are alone."""
        plain = isinstance(self.threshold, np.ndarray) and isinstance(threshold, np.ndarray)
        return self.threshold is threshold or (plain and np.array_equal(self.threshold, threshold))


def over_origins(entrants: Array, of_a_draw: Array) -> Array:
    """Sum over origins what their entrants do, each draw as told: sum_i N_i a_ij (destination)."""
    if isinstance(entrants, np.ndarray) and isinstance(of_a_draw, np.ndarray) and of_a_draw.ndim == 2:
        return entrants @ of_a_draw
    return np.sum(entrants[:, None] * of_a_draw, axis=0)


def over_destinations(weight: Array, of_a_draw: Array) -> Array:
    """Sum over destinations what a draw does there, each market weighed: sum_j w_j a_ij (origin)."""
    if isinstance(weight, np.ndarray) and isinstance(of_a_draw, np.ndarray) and of_a_draw.ndim == 2:
        return of_a_draw @ weight
    return np.sum(weight[None, :] * of_a_draw, axis=1)
