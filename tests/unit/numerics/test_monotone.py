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


def test_a_short_step_far_from_the_root_is_not_the_last() -> None:
    # a first slope far too steep, a vertical tangent, and secants across a jump that does not reach zero
    steep = increasing_root(lambda x: (x - 3.0, None), np.array([0.0, 0.0]), slope=np.array([1e16, 1e-16]))
    assert np.allclose(steep, 3.0, rtol=1e-14)
    tangent = increasing_root(lambda x: (np.cbrt(x) - 1.0, np.cbrt(x) / (3.0 * x)), np.array([1e-40, 8.0]))
    assert np.allclose(tangent, 1.0, rtol=1e-14)
    start = np.array([1.0 - 1e-9, 1.0 + 1e-9, 0.0])
    ledge = increasing_root(lambda x: (np.where(x < 1.0, x - 1e6, x - 2.0), None), start, slope=1e15)
    assert np.allclose(ledge, 2.0, rtol=1e-14)


def test_where_no_number_meets_zero_the_root_is_told_to_the_last_digit() -> None:
    # the next numbers are off by 1e-5: rounding of the place, times a slope of 1e12
    scale, root = 1e12, 1.0 / 3.0
    for start in (0.0, 0.3, root, 5.0):
        found = increasing_root(lambda x: (scale * (x - root) + 1e-5, np.full(1, scale)), np.array([start]))
        assert abs(found[0] - root) <= 2.0**-53, start
    jump = increasing_root(lambda x: (np.where(x < np.pi, -1.0, 2.0), None), np.array([0.0, 10.0]))
    assert np.all(np.abs(jump - np.pi) <= 2.0**-50)


def test_the_last_step_is_taken_without_another_look() -> None:
    seen = []

    def noted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(float(x[0]))
        return np.sinh(x) - 1.0, np.cosh(x)

    root = increasing_root(noted, np.array([2.0]))[0]
    # Newton's steps get shorter, and the first that is short is not looked at where it ends
    short = [abs(np.sinh(x) - 1.0) / np.cosh(x) <= 1e-14 * (1.0 + x) for x in seen]
    assert short == [False] * (len(seen) - 1) + [True]
    assert abs(root - np.arcsinh(1.0)) <= 1e-15
