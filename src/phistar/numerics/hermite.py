"""Quintic Hermite tables: functions sampled with two derivatives, one row a function, read by quick lookups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class HermiteTable:
    """Rows of knots with values, slopes and curvatures; straight lines beyond the ends.

    Attributes
    ----------
    knots : ndarray (rows, knots)
        Increasing along each row.
    values, slopes, curvatures : ndarray (rows, knots)
    """

    knots: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray
    _flat: np.ndarray = field(init=False, repr=False)
    _cells: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        low, high = self.knots[:, :1], self.knots[:, -1:]
        rank = np.arange(len(self.knots))[:, None]
        # Each row is squeezed into its own unit interval, so that one search serves all rows.
        object.__setattr__(self, "_flat", (2.0 * rank + (self.knots - low) / (high - low)).ravel())
        object.__setattr__(self, "_cells", _polynomials(self).reshape(8, -1))

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return values and two derivatives at `x`, whose first axis is the row."""
        rows, size = self.knots.shape
        trailing = (rows, *(1,) * (x.ndim - 1))
        rank = np.arange(rows).reshape(trailing)
        low, high = self.knots[:, 0].reshape(trailing), self.knots[:, -1].reshape(trailing)
        inside = np.minimum(np.maximum(x, low), high)
        right = self._flat.searchsorted(2.0 * rank + (inside - low) / (high - low), side="right")
        cell = np.minimum(np.maximum(right - 1 - rank, rank * (size - 1)), (rank + 1) * (size - 1) - 1)
        start, h, a, b, c, d, e, f = self._cells.take(cell, axis=1)
        t = (inside - start) / h
        value = a + t * (b + t * (c + t * (d + t * (e + t * f))))
        slope = (b + t * (2.0 * c + t * (3.0 * d + t * (4.0 * e + t * 5.0 * f)))) / h
        curvature = (2.0 * c + t * (6.0 * d + t * (12.0 * e + t * 20.0 * f))) / h**2
        return value + slope * (x - inside), slope, np.where(x == inside, curvature, 0.0)


def _polynomials(table: HermiteTable) -> np.ndarray:
    """Return start, length and the six coefficients of every cell (8, rows, cells)."""
    start, h = table.knots[:, :-1], np.diff(table.knots, axis=1)
    a, b = table.values[:, :-1], h * table.slopes[:, :-1]
    c = 0.5 * h**2 * table.curvatures[:, :-1]
    value = table.values[:, 1:] - a - b - c
    slope = h * table.slopes[:, 1:] - b - 2.0 * c
    curvature = h**2 * table.curvatures[:, 1:] - 2.0 * c
    d = 10.0 * value - 4.0 * slope + 0.5 * curvature
    e = -15.0 * value + 7.0 * slope - curvature
    f = 6.0 * value - 3.0 * slope + 0.5 * curvature
    return np.stack([start, h, a, b, c, d, e, f])
