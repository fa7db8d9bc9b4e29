"""Polynomials through scattered points: exact where they can be, close where the function is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.numerics.polynomial import fitted


@pytest.mark.parametrize("variables", [0, 1, 2, 3])
def test_a_polynomial_of_low_degree_is_found_exactly(variables):
    rng = np.random.default_rng(1)
    known, wanted = rng.uniform(-1, 1, (variables, 300)), rng.uniform(-1, 1, (variables, 50))

    def functions(x):
        return np.stack([1.0 + np.sum(x, axis=0) ** 3, 2.0 - np.prod(x, axis=0)])

    np.testing.assert_allclose(fitted(known, functions(known), wanted), functions(wanted), atol=1e-12)


def test_a_smooth_function_is_met_closely_on_a_grid():
    x, y = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 40), indexing="ij")
    points = np.stack([x.ravel(), y.ravel()])
    values = np.exp(0.3 * points[0] - 0.8 * points[1])[None]
    found = fitted(points[:, ::7], values[:, ::7], points)
    # Degree 6 leaves 0.8^7/(7! 2^6) of the middle value in the middle; at the corners more.
    np.testing.assert_allclose(found, values, rtol=1e-4)


def test_more_variables_than_points_leave_the_mean():
    known = np.eye(6)[:, :5]
    np.testing.assert_allclose(fitted(known, np.arange(5.0)[None], known), np.full((1, 5), 2.0), atol=1e-12)
