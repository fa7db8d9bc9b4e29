"""Polynomials in a few variables through scattered points, by least squares in Chebyshev's basis."""

from __future__ import annotations

from math import comb

import numpy as np

#: Highest total degree: beyond it a smooth function on a box gains less than the fit costs.
_DEGREE = 6
#: Known points for each term of the polynomial, at least.
_SPARE = 4
#: Keeps terms apart that the points do not tell apart; what it costs the others is as small.
_RIDGE = 1e-13


def fitted(known: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Fit functions known at some points and return them at others.

    Parameters
    ----------
    known : ndarray (variable, point)
        Where the functions are known, each variable within [-1, 1].
    values : ndarray (function, point)
        What they are there.
    wanted : ndarray (variable, point)
        Where they are wanted.

    Returns
    -------
    ndarray (function, point)
    """
    variables, points = known.shape
    degree = max((d for d in range(_DEGREE + 1) if _SPARE * comb(variables + d, d) <= points), default=0)
    basis = _terms(known, degree)
    gram = basis @ basis.T
    gram[np.diag_indices_from(gram)] *= 1.0 + _RIDGE
    return np.linalg.solve(gram, basis @ values.T).T @ _terms(wanted, degree)


def _terms(x: np.ndarray, degree: int) -> np.ndarray:
    """Return the products of Chebyshev polynomials of total degree at most `degree` (term, point)."""
    products, degrees = np.ones((1, x.shape[1])), np.zeros(1, dtype=int)
    for powers in (_chebyshev(row, degree) for row in x):
        left, right = np.nonzero(degrees[:, None] + np.arange(degree + 1) <= degree)
        products, degrees = products[left] * powers[right], degrees[left] + right
    return products


def _chebyshev(x: np.ndarray, degree: int) -> np.ndarray:
    """Return T_0 to T_degree at each point (degree, point)."""
    powers = [np.ones_like(x), x]
    for _ in range(degree - 1):
        powers.append(2.0 * x * powers[-1] - powers[-2])
    return np.array(powers[: degree + 1])
