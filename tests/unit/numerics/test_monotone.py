"""Roots of increasing functions: bracketed Newton and secant steps, many points at once."""

from __future__ import annotations

import numpy as np

from phistar.numerics.monotone import increasing_root

TARGETS = np.array([-3.0, -0.2, 0.0, 1.0, 7.0])


def test_newton_steps_find_roots_of_many_functions_at_once() -> None:
    root = increasing_root(lambda x: (np.sinh(x) - np.sinh(TARGETS), np.cosh(x)), np.zeros(5))
    assert np.allclose(root, TARGETS, rtol=1e-14, atol=1e-14)


def test_secants_stand_in_where_slopes_are_unknown() -> None:
    root = increasing_root(lambda x: (np.tanh(x / 5) - np.tanh(TARGETS / 5), None), np.full(5, 2.0))
    assert np.allclose(root, TARGETS, rtol=1e-12, atol=1e-12)


def test_infinite_values_are_read_by_their_sign() -> None:
    def cliff(x: np.ndarray) -> tuple[np.ndarray, None]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x <= 0.0, -np.inf, np.where(x >= 1.0, np.inf, np.log(x / (1.0 - x)))), None

    assert np.allclose(increasing_root(cliff, np.array([-20.0, 0.9, 30.0])), 0.5, rtol=1e-13)


def test_a_jump_across_zero_is_found_where_it_is() -> None:
    root = increasing_root(lambda x: (np.where(x < np.pi, -1.0, 2.0), None), np.array([0.0, 10.0]))
    assert np.allclose(root, np.pi, rtol=1e-12)


def test_kinks_and_flat_starts_do_not_mislead() -> None:
    # Newton's method alone cycles on |x|^(1/3) and stops where the slope is zero
    root = increasing_root(lambda x: (np.cbrt(x - 1.0), None), np.array([-4.0, 1.5]))
    assert np.allclose(root, 1.0, atol=1e-12)
    flat = increasing_root(lambda x: (np.where(x < 2.0, -1.0, x - 3.0), np.where(x < 2.0, 0.0, 1.0)), np.zeros(1))
    assert np.allclose(flat, 3.0, atol=1e-13)


def test_a_function_that_is_not_a_number_has_no_root() -> None:
    root = increasing_root(lambda x: (np.where(np.arange(2) == 0, np.nan, x - 1.0), np.ones(2)), np.zeros(2))
    assert np.isnan(root[0])
    assert root[1] == 1.0


def test_a_root_is_kept_within_given_bounds() -> None:
    root = increasing_root(lambda x: (x**3 - 8.0, 3.0 * x**2), np.array([0.0]), 0.0, 5.0)
    assert np.allclose(root, 2.0, rtol=1e-14)
