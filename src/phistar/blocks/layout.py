"""How arrays lie: origins on axis 0, destinations on axis 1, a batch of worlds, if any, on the last."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any  # a NumPy array or a Dual


def is_home(n: int, ndim: int = 2) -> np.ndarray:
    """Mark the diagonal, with trailing axes for a batch (origin, destination)."""
    return np.eye(n, dtype=bool).reshape(n, n, *(1,) * (ndim - 2))


def along_origins(a: Array) -> Array:
    """Lay a country array along origins."""
    return a[:, None]


def along_destinations(a: Array) -> Array:
    """Lay a country array along destinations."""
    return a[None, :]


def at_home(a: Array) -> Array:
    """Take the diagonal of a pair array: what each country does at home (country)."""
    n = np.arange(a.shape[0])
    return a[n, n]
