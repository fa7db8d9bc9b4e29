"""Cubic Hermite tables: functions sampled with their slopes, one row a function, read by linear-time lookups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HermiteTable:
    """Rows of knots with values and slopes; straight lines beyond the ends.

    Attributes
    ----------
    knots : ndarray (rows, knots)
        Increasing along each row.
    values, slopes : ndarray (rows, knots)
    """

    knots: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def __post_init__(self) -> None:
        low, high = self.knots[:, :1], self.knots[:, -1:]
        rank = np.arange(len(self.knots))[:, None]
        # Each row is squeezed into its own unit interval, so that one search serves all rows.
        object.__setattr__(self, "_flat", (2.0 * rank + (self.knots - low) / (high - low)).ravel())
        object.__setattr__(self, "_low", low[:, 0])
        object.__setattr__(self, "_span", (high - low)[:, 0])

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values and derivatives at `x`, whose first axis is the row."""
        rows, size = self.knots.shape
        trailing = (rows, *(1,) * (x.ndim - 1))
        rank = np.arange(rows).reshape(trailing)
        place = (x - self._low.reshape(trailing)) / self._span.reshape(trailing)  # type: ignore[attr-defined]
        key = 2.0 * rank + np.clip(place, 0.0, 1.0)
        right = np.searchsorted(self._flat, key, side="right")  # type: ignore[attr-defined]
        right = np.clip(right, rank * size + 1, rank * size + size - 1)
        left = right - 1
        knots, values, slopes = self.knots.ravel(), self.values.ravel(), self.slopes.ravel()
        start, step = knots[left], knots[right] - knots[left]
        t = (x - start) / step
        inside = np.clip(t, 0.0, 1.0)
        value, slope = _cubic(inside, step, values[left], values[right], slopes[left], slopes[right])
        return value + slope * (t - inside) * step, slope


def _cubic(
    t: np.ndarray, h: np.ndarray, a: np.ndarray, b: np.ndarray, da: np.ndarray, db: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the cubic with values a, b and slopes da, db at the ends of an interval of length h."""
    rise = (b - a) / h
    second = 3.0 * rise - 2.0 * da - db
    third = da + db - 2.0 * rise
    value = a + h * t * (da + t * (second + t * third))
    return value, da + t * (2.0 * second + 3.0 * t * third)
