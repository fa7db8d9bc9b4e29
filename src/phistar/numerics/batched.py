"""Linear algebra over a batch that is the last axis."""

from __future__ import annotations

import numpy as np

#: Up to this size elimination written over the batch beats LAPACK called once a point.
_SMALL = 4


def contract(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return sum_i a[i, j] b[i, k] for every point: (i, j, batch), (i, k, batch) -> (j, k, batch)."""
    if a.shape[-1] == 1 and b.shape[-1] == 1:
        return (a[..., 0].T @ b[..., 0])[..., None]
    if len(a) <= _SMALL:
        return sum(a[i][:, None] * b[i][None, :] for i in range(len(a)))
    return np.einsum("ijb,ikb->jkb", a, b, optimize=True)


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve matrix[:, :, b] x[:, b] = right[:, b] for every point; a singular point gives its least-squares answer."""
    n, _, points = matrix.shape
    if points > 1 and n <= _SMALL:
        return _eliminate(matrix, right)
    stacked = np.moveaxis(matrix, -1, 0)
    sides = right.T[..., None]
    try:
        return np.linalg.solve(stacked, sides)[..., 0].T
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(stacked) @ sides)[..., 0].T


def solve_limited(matrix: np.ndarray, right: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """Solve each point's system with at most `limit` (of each point, or all) along any singular direction.

    Along free ones nothing moves.
    """
    most = np.reshape(limit, (-1, 1))
    left, size, direction = np.linalg.svd(np.moveaxis(matrix, -1, 0))
    load = np.einsum("bij,ib->bj", left, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        stride = np.where(size > 1e-13 * size[:, :1], load / size, 0.0)
    return np.einsum("bji,bj->ib", direction, np.clip(stride, -most, most))


def _eliminate(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Gaussian elimination in a fixed order, one vector operation a step for all points.

    Meant for (weakly) diagonally dominant systems, where the order of elimination does not matter for accuracy.
    """
    a, x = matrix.copy(), right.copy()
    n = len(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for p in range(n):
            for r in range(p + 1, n):
                factor = a[r, p] / a[p, p]
                a[r, p + 1 :] -= factor * a[p, p + 1 :]
                x[r] -= factor * x[p]
        for p in range(n - 1, -1, -1):
            for c in range(p + 1, n):
                x[p] -= a[p, c] * x[c]
            x[p] /= a[p, p]
    return x
