"""Linear algebra with the batch last against NumPy, point by point."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.numerics import batched


@pytest.mark.parametrize("size", [1, 2, 4, 7])
@pytest.mark.parametrize("points", [1, 5])
def test_systems_are_solved_point_by_point(size, points):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(size, size, points)) + 5.0 * np.eye(size)[..., None]
    right = rng.normal(size=(size, points))
    x = batched.solve(matrix, right)
    for p in range(points):
        np.testing.assert_allclose(x[:, p], np.linalg.solve(matrix[..., p], right[:, p]), rtol=1e-12)


@pytest.mark.parametrize("size", [3, 6])
@pytest.mark.parametrize("points", [1, 5])
def test_products_are_summed_over_the_first_axis(size, points):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, size, size, points))
    expected = np.stack([a[..., p].T @ b[..., p] for p in range(points)], axis=-1)
    np.testing.assert_allclose(batched.contract(a, b), expected, rtol=1e-12, atol=1e-14)


def test_a_singular_system_gives_its_least_squares_answer():
    matrix = np.ones((2, 2, 1))
    np.testing.assert_allclose(batched.solve(matrix, np.array([[1.0], [3.0]]))[:, 0], [1.0, 1.0])


def test_a_limited_solution_is_the_plain_one_where_no_direction_is_long():
    rng = np.random.default_rng(2)
    matrix, right = rng.normal(size=(3, 3, 4)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(batched.solve_limited(matrix, right, 1e9), batched.solve(matrix, right), rtol=1e-9)


def test_a_limited_solution_stays_put_along_free_directions_and_is_cut_along_loose_ones():
    matrix = np.diag([1.0, 1e-6, 0.0])[..., None]
    x = batched.solve_limited(matrix, np.array([[0.5], [1.0], [1.0]]), 2.0)
    np.testing.assert_allclose(x[:, 0], [0.5, 2.0, 0.0], atol=1e-12)
