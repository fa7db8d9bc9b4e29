"""Quintic tables reproduce what they are built from."""

from __future__ import annotations

import numpy as np

from phistar.numerics.hermite import HermiteTable

KNOTS = np.array([[0.0, 0.3, 1.0, 2.0], [-5.0, -1.0, 0.0, 4.0]])


POLYNOMIAL = np.polynomial.Polynomial([1.0, -2.0, 0.5, 3.0, -1.0, 0.2])


def quintic(x: np.ndarray, derivative: int) -> np.ndarray:
    return POLYNOMIAL.deriv(derivative)(x) if derivative else POLYNOMIAL(x)


def table() -> HermiteTable:
    return HermiteTable(KNOTS, *(quintic(KNOTS, d) for d in range(3)))


def test_a_polynomial_of_degree_five_is_met_exactly_with_its_derivatives():
    x = np.stack([np.linspace(0.0, 2.0, 50), np.linspace(-5.0, 4.0, 50)])
    for d, part in enumerate(table()(x)):
        np.testing.assert_allclose(part, quintic(x, d), rtol=1e-11, atol=1e-10)


def test_beyond_the_ends_the_table_goes_on_straight():
    x = np.array([[-1.0, 5.0], [-7.0, 5.0]])
    ends = np.clip(x, KNOTS[:, :1], KNOTS[:, -1:])
    value, slope, curvature = table()(x)
    np.testing.assert_allclose(slope, quintic(ends, 1))
    np.testing.assert_allclose(value, quintic(ends, 0) + quintic(ends, 1) * (x - ends))
    assert np.all(curvature == 0.0)


def test_every_row_is_read_along_any_further_axes():
    x = np.random.default_rng(0).uniform(-1.0, 2.0, (2, 3, 4))
    value, _, _ = table()(x)
    for row in range(2):
        alone = HermiteTable(KNOTS[row : row + 1], *(quintic(KNOTS[row : row + 1], d) for d in range(3)))
        np.testing.assert_allclose(value[row], alone(x[row][None])[0][0])
