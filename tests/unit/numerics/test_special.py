"""Special functions against mpmath, value by value and derivative by derivative."""

import mpmath as mp
import numpy as np
import pytest

from phistar.numerics import special
from phistar.numerics.duals import seed

RTOL = 1e-13  # relative, of the function named; logs are compared relative to max(1, |log|)


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(40):
        yield


def _close(actual, expected, rtol=RTOL):
    expected = mp.mpf(expected)
    return abs(mp.mpf(float(actual)) - expected) <= rtol * max(1, abs(expected))


ORDERS = [
    -30.3,
    -5.0,
    -2.5,
    -1.0,
    -1.0 + 1e-9,
    -0.3,
    -1e-5,
    0.0,
    1e-8,
    1e-3,
    0.3,
    1.0,
    1.7,
    5.0,
    30.0,
    1000.0,
]
ARGUMENTS = [1e-300, 1e-100, 1e-8, 0.03, 0.3, 0.9, 1.0, 1.1, 2.0, 10.0, 100.0, 500.0]


def test_the_upper_incomplete_gamma_matches_mpmath_for_orders_of_either_sign():
    values = special.log_gamma_upper(np.array(ORDERS)[:, None], np.array(ARGUMENTS))
    for i, a in enumerate(ORDERS):
        for j, t in enumerate(ARGUMENTS):
            assert _close(values[i, j], mp.log(mp.gammainc(mp.mpf(a), mp.mpf(t)))), (a, t)


def test_the_upper_incomplete_gamma_keeps_its_leading_term_at_huge_arguments():
    for a in (-2.5, 0.0, 3.0):
        for t in (1e10, 1e300):
            assert _close(special.log_gamma_upper(a, t), (a - 1) * mp.log(t) - t)


def test_the_lower_incomplete_gamma_matches_mpmath():
    orders = [a for a in ORDERS if a > 0.0]
    arguments = [*ARGUMENTS, 1e300]
    values = special.log_gamma_lower(np.array(orders)[:, None], np.array(arguments))
    for i, a in enumerate(orders):
        for j, t in enumerate(arguments):
            exact = mp.gamma(a) if t > 1e10 else mp.gammainc(mp.mpf(a), 0, mp.mpf(t))
            assert _close(values[i, j], mp.log(exact)), (a, t)


def test_the_incomplete_gamma_functions_diverge_where_their_integrals_do():
    assert special.log_gamma_lower(0.0, 2.0) == np.inf
    assert special.log_gamma_lower(-1.5, 2.0) == np.inf
    assert special.log_gamma_upper(-1.5, 0.0) == np.inf
    assert _close(special.log_gamma_upper(2.5, 0.0), mp.loggamma(2.5))


@pytest.mark.parametrize("a", [-5.0, -1.0, 0.0, 0.3, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("t", [1e-20, 1e-3, 0.3, 1.0, 5.0, 100.0])
def test_derivatives_of_the_incomplete_gamma_match_mpmath(a, t):
    h = mp.mpf(10) ** -13
    cases = [
        (
            special.log_gamma_upper,
            lambda p, x: mp.log(mp.gammainc(p, x)),
            special.gamma_upper(a, np.log(t))[0],
        )
    ]
    if a > 0.0:
        lower = special.gamma_lower(a, np.log(t))
        cases.append((special.log_gamma_lower, lambda p, x: mp.log(mp.gammainc(p, 0, x)), lower))
    for function, exact, cumulants in cases:
        order, argument = seed([a, t])
        gradient = function(order, argument).gradient
        a_, t_ = mp.mpf(a), mp.mpf(t)
        # mpmath's own evaluation at non-positive integer orders is a limit, so the stencil avoids them.
        up, down = exact(a_ + h, t_), exact(a_ - h, t_)
        assert _close(gradient[0], (up - down) / (2 * h))
        assert _close(gradient[1] * t, (exact(a_, t_ * (1 + h)) - exact(a_, t_ * (1 - h))) / (2 * h))
        far_up, far_down = exact(a_ + 3 * h, t_), exact(a_ - 3 * h, t_)
        curvature = (far_up - up - down + far_down) / (8 * h**2)
        assert _close(cumulants.variance, curvature, 1e-11)


def test_the_tilted_uniform_matches_mpmath_through_zero():
    points = [-800.0, -30.0, -1.0, -0.999, -1e-3, -1e-12, 0.0, 1e-9, 0.5, 1.0, 1.001, 20.0, 700.0]
    for x in points:
        x_ = mp.mpf(x) if x else mp.mpf(10) ** -25
        exact = mp.log(mp.expm1(x_) / x_)
        assert _close(special.tilted_log(x), exact)
        assert _close(special.tilted_mean(x), -1 / mp.expm1(-x_) - 1 / x_)
        with mp.workdps(80):
            variance = 1 / x_**2 - mp.exp(x_) / mp.expm1(x_) ** 2
        assert abs(float(special.tilted_variance(x)) / float(variance) - 1) < 1e-12
        (dual,) = seed([x])
        assert special.tilted_log(dual).gradient[0] == special.tilted_mean(x)
        assert special.tilted_mean(dual).gradient[0] == special.tilted_variance(x)


def test_a_difference_of_tilted_logs_keeps_its_digits_at_small_steps():
    for x in (-40.0, -3.0, 0.0, 3.0):
        for step in (1e-14, -1e-8, 1e-3, 0.49, 0.51, -7.0, 30.0):
            with mp.workdps(60):
                log = lambda v: mp.log(mp.expm1(v) / v) if v else mp.mpf(0)  # noqa: E731
                exact = log(mp.mpf(x) + mp.mpf(step)) - log(mp.mpf(x))
            assert abs(mp.mpf(float(special.tilted_log_ratio(x, step))) / exact - 1) < 1e-13


def _tail(t):
    return mp.erfc(mp.mpf(t) / mp.sqrt(2)) / 2


def test_the_normal_tail_matches_mpmath_in_both_tails():
    for t in (-35.0, -8.0, -1.0, 0.0, 0.5, 5.99, 6.01, 12.0, 40.0, 1e4):
        hazard = mp.npdf(t) / _tail(t)
        # the hazard far left is e^-612: its relative error is the rounding of the exponent
        assert abs(mp.mpf(float(special.normal_hazard(t))) / hazard - 1) < 1e-12
        assert abs(mp.mpf(float(special.normal_excess(t))) / (hazard - mp.mpf(t)) - 1) < 1e-13
        log_tail = mp.log1p(-_tail(-t)) if t < 0.0 else mp.log(_tail(t))
        assert abs(mp.mpf(float(special.log_normal_survival(t))) / log_tail - 1) < 1e-12


def test_the_mean_excess_of_a_normal_matches_mpmath_to_rounding_at_any_distance():
    points = np.array([0.0, 1e-8, 0.3, 1.0, 3.999, 6.01, 12.0, 38.0, 700.0, 1e8])
    (values,) = special.upper_excess(points)
    for y, value in zip(points, values, strict=True):
        with mp.workdps(60):  # twice the digits of y^2, which the difference of hazard and y loses
            y_ = mp.mpf(y)
            tail = mp.quad(lambda s, y_=y_: mp.exp(-s * s / 2 - y_ * s), [0, 1 / (1 + y_), 10 / (1 + y_), mp.inf])
            exact = 1 / tail - y_
        assert abs(mp.mpf(float(value)) / exact - 1) < 1e-15, y
    assert special.upper_excess(np.array(np.inf))[0] == 0.0


def test_mean_excesses_worked_out_together_are_those_worked_out_alone():
    a, b, c = np.array([[0.2, 3.0]]), np.array(1.5), np.array([7.0, 0.0, 2.0])
    for together, point in zip(special.upper_excess(a, b, c), (a, b, c), strict=True):
        np.testing.assert_array_equal(together, special.upper_excess(point)[0])


def test_derivatives_of_the_normal_tail_match_mpmath():
    for t in (-5.0, 0.0, 3.0, 8.0, 30.0):
        (dual,) = seed([t])
        for name, exact in {
            "normal_hazard": lambda v: mp.npdf(v) / _tail(v),
            "normal_excess": lambda v: mp.npdf(v) / _tail(v) - v,
            "log_normal_survival": lambda v: mp.log(_tail(v)),
        }.items():
            slope = mp.diff(exact, mp.mpf(t))
            assert abs(getattr(special, name)(dual).gradient[0] / float(slope) - 1) < 1e-10, (name, t)
    (p,) = seed([0.2])
    assert abs(special.normal_quantile(p).gradient[0] - 1 / float(mp.npdf(special.normal_quantile(0.2)))) < 1e-13


def test_a_ratio_of_normal_moments_keeps_its_digits_at_small_steps():
    for t in (-30.0, -2.0, 0.0, 0.3, 5.0, 35.0):
        for step in (1e-12, -1e-6, 0.01, 0.49, 0.51, -3.0, 8.0):
            with mp.workdps(60):
                t_, s_ = mp.mpf(t), mp.mpf(step)
                exact = mp.log(_tail(t_ - s_) / _tail(t_)) + s_ * s_ / 2 - s_ * t_
            assert abs(mp.mpf(float(special.normal_tails(t, step)[1])) / exact - 1) < 1e-12, (t, step)


def test_logs_of_expm1_and_of_one_minus_exp_do_not_overflow():
    for x in (-800.0, -1.0, -1e-9, 1e-9, 2.0, 800.0):
        assert _close(special.log_abs_expm1(x), mp.log(abs(mp.expm1(mp.mpf(x)))))
    for x in (-3000.0, -1.0, -1e-3, 0.0, 2.0):
        assert _close(special.log_one_minus_exp(x), mp.log(-mp.expm1(-mp.exp(mp.mpf(x)))))


def test_the_special_functions_return_their_limits_at_the_ends_without_a_warning():
    assert special.normal_excess(np.inf) == 0.0
    assert special.tilted_log(-np.inf) == -np.inf
    assert special.normal_tails(2.0, 0.0)[1] == 0.0
