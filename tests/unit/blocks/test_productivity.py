"""Every method of every continuous family against quadrature of its density in 40 digits."""

import math
from functools import cache
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest

from phistar.blocks.productivity import (
    BoundedPareto,
    Empirical,
    Frechet,
    Lognormal,
    LognormalPareto,
    Mixed,
    Pareto,
    Weibull,
    from_spec,
    stack,
)
from phistar.core.errors import InputError
from phistar.numerics.duals import Dual, gradient_of, seed, value_of

RTOL = 1e-12  # of a level; the absolute error of its log

FAT = [
    Pareto(8.5, 1.3),
    BoundedPareto(2.0, 0.7, 9.0),
    Lognormal(0.2, 1.1),
    Frechet(8.2, 0.9),
    Weibull(0.8, 1.2),
]
THIN = [Pareto(31.0), BoundedPareto(8.0, 1.0, 1.4), Lognormal(-0.1, 0.05), Frechet(30.0), Weibull(12.0, 2.0)]
FAMILIES = [*FAT, LognormalPareto(0.1, 0.4, 8.3), *THIN, LognormalPareto(0.0, 0.1, 12.0)]
ORDERS = [-2.5, -1.0, 0.0, 1.0, 2.7, 3.0, 8.0]


def _name(d):
    return f"{d.family}-{'-'.join(str(getattr(d, n)) for n in d.parameter_names)}"


every_family = pytest.mark.parametrize("d", FAMILIES, ids=_name)


# -- the reference: Gauss-Legendre panels in mpmath over the density written from its textbook form ----------


def _log_density(family, p):
    """Return the log density of ln phi, and the support in logs, for parameters `p` in mpmath numbers."""
    log, exp, pi = mp.log, mp.exp, mp.pi
    if family == "pareto":
        return (lambda z: log(p["k"]) - p["k"] * (z - log(p["scale"]))), log(p["scale"]), mp.inf
    if family == "bounded_pareto":
        k, lo, hi = p["k"], p["lower"], p["upper"]
        total = lo**-k - hi**-k
        return (lambda z: log(k) - k * z - log(total)), log(lo), log(hi)
    if family == "frechet":
        c, b = p["shape"], log(p["scale"])
        return (lambda z: log(c) - c * (z - b) - exp(-c * (z - b))), -mp.inf, mp.inf
    if family == "weibull":
        c, b = p["shape"], log(p["scale"])
        return (lambda z: log(c) + c * (z - b) - exp(c * (z - b))), -mp.inf, mp.inf
    mu, sd = p["mu"], p["sd"]
    normal = lambda z: -((z - mu) ** 2) / (2 * sd**2) - log(sd * mp.sqrt(2 * pi))  # noqa: E731
    if family == "lognormal":
        return normal, -mp.inf, mp.inf
    k, join = p["k"], mu + p["k"] * sd**2
    mass = mp.ncdf(k * sd) + exp(normal(join)) / k
    return (lambda z: (normal(z) if z < join else normal(join) - k * (z - join)) - log(mass)), -mp.inf, mp.inf


@cache
def _rule():
    x, _ = np.polynomial.legendre.leggauss(26)
    # Polish the double-precision nodes to full precision by Newton on the Legendre polynomial.
    nodes = [mp.findroot(lambda v: mp.legendre(26, v), mp.mpf(v)) for v in x]
    slopes = [26 * (v * mp.legendre(26, v) - mp.legendre(25, v)) / (v * v - 1) for v in nodes]
    return [((v + 1) / 2, 1 / ((1 - v * v) * s * s)) for v, s in zip(nodes, slopes, strict=True)]


def _window(f, low, high):
    """Return where the log-concave f is within 80 of its peak on [low, high]."""
    left, right = max(low, mp.mpf(-1200)), min(high, mp.mpf(1200))
    a, b = left, right
    for _ in range(60):
        c, d = a + (b - a) / 3, b - (b - a) / 3
        a, b = (c, b) if f(c) < f(d) else (a, d)
    peak, level = (a + b) / 2, f((a + b) / 2) - 80
    ends = []
    for inside, outside in ((peak, left), (peak, right)):
        if f(outside) < level:
            for _ in range(40):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if f(middle) > level else (inside, middle)
        ends.append(outside)
    return ends, peak


def reference(family, parameters, log_x, order):
    """Integrate the density above the cutoff: log moment, mean log, surplus, hazard, variance."""
    p = {n: mp.mpf(v) for n, v in parameters.items()}
    density, low, high = _log_density(family, p)
    a, q = mp.mpf(log_x), mp.mpf(order)
    start = max(a, low)
    cuts = set()
    for power in {q, mp.mpf(0)}:
        (left, right), peak = _window(lambda z, power=power: power * z + density(z), start, high)
        cuts |= {left, right, peak}
    cuts |= {start} if min(cuts) - start < mp.mpf(10) ** -9 else set()
    if family == "lognormal_pareto":
        join = p["mu"] + p["k"] * p["sd"] ** 2
        cuts |= {join} if min(cuts) < join < max(cuts) else set()
    cuts = sorted(cuts)
    unit = p.get("sd", 1 / p[next(n for n in ("k", "shape", "sd") if n in p)])
    moment = first = second = surplus = mp.mpf(0)
    for left, right in pairwise(cuts):
        panels = max(3, min(120, int(mp.ceil((right - left) / (2 * unit)))))
        width = (right - left) / panels
        for i in range(panels):
            for node, weight in _rule():
                z = left + width * (i + node)
                h = weight * width * mp.exp(density(z))
                term = h * mp.exp(q * (z - start))
                moment += term
                first += term * (z - start)
                second += term * (z - start) ** 2
                surplus += h * mp.expm1(q * (z - a))
    mean = first / moment
    hazard = mp.exp(density(start)) / moment if a >= low else mp.mpf(0)
    return {
        "log_moment": mp.log(moment) + q * start,
        "mean_log": start + mean,
        "surplus": surplus,
        "hazard": hazard,
        "variance_log": second / moment - mean**2,
    }


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(30):
        yield


def _parameters(d):
    return {n: getattr(d, n) for n in d.parameter_names}


def _cutoffs(d):
    """Cutoffs from the far left tail to where survival is 1e-200, and one below any lower bound."""
    upper = d.log_quantile_upper(np.array([1e-200, 1e-30, 1e-3, 0.3]))
    lower = d.log_quantile(np.array([1e-2, 1e-30]))
    return np.unique(np.concatenate([lower - [0.0, 0.3], lower, upper]))


def _check(d, cutoffs, orders):
    got = {
        name: getattr(d, name)(cutoffs[:, None], np.array(orders))
        for name in ("log_moment", "mean_log", "surplus", "hazard", "variance_log")
    }
    for i, a in enumerate(cutoffs):
        if a >= d.log_upper:
            continue
        for j, p in enumerate(orders):
            want, here = reference(d.family, _parameters(d), a, p), (d, a, p)
            assert abs(got["log_moment"][i, j] - want["log_moment"]) < RTOL, here
            assert abs(got["mean_log"][i, j] - want["mean_log"]) < RTOL, here
            # Deep in a tail a level is e^-460: the rounding of that exponent, and of the cutoff, is in it.
            assert abs(got["surplus"][i, j] - want["surplus"]) <= 2 * RTOL * abs(want["surplus"]), here
            if abs(a - d.log_lower) > 1e-12:  # which side of a bound is a rounding of ln
                assert abs(got["hazard"][i, j] - want["hazard"]) <= RTOL * want["hazard"] + 1e-290, here
            assert abs(got["variance_log"][i, j] - want["variance_log"]) <= 1e-9 * want["variance_log"], here


@every_family
def test_moments_log_moments_surplus_and_hazard_match_quadrature(d):
    _check(d, _cutoffs(d)[1::2], [-2.5, 3.0])


@pytest.mark.slow
@every_family
def test_moments_match_quadrature_over_all_cutoffs_and_orders(d):
    _check(d, _cutoffs(d), ORDERS)


@every_family
def test_survival_is_the_moment_of_order_zero_and_keeps_small_probabilities_on_both_sides(d):
    a = _cutoffs(d)
    a = a[a < d.log_upper]
    np.testing.assert_allclose(np.exp(d.log_survival(a) - d.log_moment(a, 0.0)), 1.0, rtol=RTOL)
    for probability in (1e-200, 1e-30, 1e-3, 0.3, 0.9):
        x = d.log_quantile_upper(probability)
        if x < d.log_upper * (1.0 - 1e-15):
            condition = 1.0 + abs(x) * d.hazard(x)  # what one rounding of ln x does to the tail
            tolerance = 4e-16 * condition + 4e-16 * abs(math.log(probability)) + 4e-14
            if d.family != "bounded_pareto" or probability > 1e-4:
                assert abs(np.expm1(d.log_survival(x) - math.log(probability))) < tolerance, probability
        low = d.log_quantile(probability)
        cdf = -np.expm1(d.log_survival(low))
        if math.isinf(d.log_lower) or probability > 1e-4:  # near a bound ln x itself is too coarse
            assert abs(cdf / probability - 1.0) < 1e-11, probability


@every_family
def test_the_density_matches_its_textbook_form_and_vanishes_off_the_support(d):
    density, low, high = _log_density(d.family, {n: mp.mpf(v) for n, v in _parameters(d).items()})
    for a in _cutoffs(d):
        value = d.log_density(a)
        if min(abs(a - low), abs(a - high)) < 1e-12:
            continue  # which side of a bound is a rounding of ln
        if low <= a <= high and abs(density(mp.mpf(a))) < 1e12:
            assert abs(value - density(mp.mpf(a))) <= 1e-11 + 1e-14 * abs(density(mp.mpf(a)))
        elif not low <= a <= high:
            assert value == -np.inf
    x = d.quantile(0.6)
    step = 1e-5 * x
    slope = (d.cdf(x + step) - d.cdf(x - step)) / (2.0 * step)
    assert abs(d.density(x) / slope - 1.0) < 1e-6


@every_family
def test_log_surplus_is_the_log_of_the_surplus_and_survives_underflow(d):
    a, orders = d.log_quantile_upper(np.array([[1e-30], [0.2], [0.9]])), np.array([-1.0, 0.5, 3.0])
    ordinary = a < d.log_upper
    with np.errstate(divide="ignore"):
        expected = np.log(np.abs(d.surplus(a, orders)))
    actual = d.log_surplus(a, orders)
    mask = np.broadcast_to(ordinary, actual.shape)
    np.testing.assert_allclose(actual[mask], expected[mask], rtol=0.0, atol=1e-13)
    if d.log_upper == np.inf:
        far = d.log_quantile_upper(1e-300) + 2.0 * d.sd if hasattr(d, "sd") else d.log_quantile_upper(1e-300)
        assert np.isfinite(d.log_surplus(far, 3.0))


# -- derivatives ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "d", [pytest.param(d, marks=pytest.mark.slow if d in THIN else (), id=_name(d)) for d in FAMILIES[:-1]]
)
def test_derivatives_in_cutoff_order_and_parameters_match_differences_in_forty_digits(d):
    point = {"log_x": float(d.log_quantile_upper(0.13)), "order": 1.7, **_parameters(d)}
    names, duals = list(point), seed(list(point.values()))
    dual = dict(zip(names, duals, strict=True))
    moved = type(d)(**{n: dual[n] for n in d.parameter_names})
    got = {m: getattr(moved, m)(dual["log_x"], dual["order"]) for m in _DIFFERENTIABLE}
    h = mp.mpf(10) ** -11
    for i, name in enumerate(names):
        ends = []
        for sign in (1, -1):
            shifted = {n: mp.mpf(v) + (sign * h if n == name else 0) for n, v in point.items()}
            log_x, order = shifted.pop("log_x"), shifted.pop("order")
            ends.append(reference(d.family, shifted, log_x, order))
        for method in _DIFFERENTIABLE:
            exact = (ends[0][method] - ends[1][method]) / (2 * h)
            assert abs(gradient_of(got[method], len(names))[i] - exact) <= 1e-8 * (1 + abs(exact)), (
                method,
                name,
            )


_DIFFERENTIABLE = ("log_moment", "mean_log", "surplus", "hazard")


@every_family
def test_duals_match_central_differences_at_an_array_of_cutoffs(d):
    a = d.log_quantile_upper(np.array([[0.01, 0.5], [0.9, 0.999]]))
    for method in (*_DIFFERENTIABLE, "log_premium", "log_surplus", "log_survival", "log_density"):
        for name in ("log_x", "order", *d.parameter_names):

            def value(t, method=method, name=name):
                law = d if name in ("log_x", "order") else d.with_parameters(**{name: t})
                args = (
                    t if name == "log_x" else a,
                    *((t if name == "order" else 1.3,) if _ordered(method) else ()),
                )
                return getattr(law, method)(*args)

            at = {"log_x": a, "order": 1.3}.get(name, getattr(d, name, None))
            if name == "order" and not _ordered(method):
                continue
            step = 1e-6 * (1.0 if name in ("log_x", "order", "mu") else at)
            step *= min(1.0, getattr(d, "sd", 1.0))
            (t,) = seed([at])
            gradient = gradient_of(value(t), np.size(at)).sum(axis=0)
            with np.errstate(divide="ignore"):
                difference = (value(at + step) - value(at - step)) / (2.0 * step)
            assert np.all(np.abs(gradient - difference) <= 2e-5 * (1e-2 + np.abs(difference))), (method, name)


def _ordered(method):
    return method not in ("log_survival", "log_density")


def test_quantiles_have_exact_derivatives():
    for d in FAMILIES:
        for method, u in (("log_quantile", 0.3), ("log_quantile_upper", 0.02)):
            for name in d.parameter_names:
                (t,) = seed([getattr(d, name)])
                gradient = gradient_of(getattr(d.with_parameters(**{name: t}), method)(u), 1)[0]
                step = 1e-6 * (abs(float(t.value)) or 1.0)
                up, down = (getattr(d.with_parameters(**{name: float(t.value) + s}), method)(u) for s in (step, -step))
                assert abs(gradient - (up - down) / (2 * step)) < 1e-6 * (1 + abs(gradient)), (d, name)


# -- shapes --------------------------------------------------------------------------------------------------


@every_family
def test_a_vector_of_cutoffs_gives_what_scalars_give(d):
    a, orders = _cutoffs(d), np.array([-1.0, 0.0, 3.0])
    for method in ("log_moment", "mean_log", "surplus", "hazard", "log_premium", "variance_log"):
        table = getattr(d, method)(a[:, None], orders)
        assert table.shape == (a.size, 3)
        for i, j in np.ndindex(table.shape):
            scalar = getattr(d, method)(float(a[i]), float(orders[j]))
            np.testing.assert_allclose(table[i, j], scalar, rtol=1e-14, atol=0.0)


def test_parameters_of_origins_and_of_a_batch_broadcast_against_cutoffs():
    k = np.array([4.5, 5.0, 6.0])
    a = np.log(np.linspace(1.1, 3.0, 12).reshape(3, 4))
    stacked = Pareto(k[:, None]).surplus(a, 3.0)
    assert stacked.shape == (3, 4)
    batched = Pareto(np.array([4.5, 5.0])).surplus(a[..., None], np.array([3.0, 2.0]))
    assert batched.shape == (3, 4, 2)
    assert stacked[1, 2] == Pareto(5.0).surplus(a[1, 2], 3.0)
    assert batched[1, 2, 1] == Pareto(5.0).surplus(a[1, 2], 2.0)


# -- limits and identities -----------------------------------------------------------------------------------


def test_a_bounded_pareto_is_smooth_where_the_order_equals_its_exponent():
    d = BoundedPareto(3.0, 1.0, 4.0)
    near = d.log_moment(0.3, 3.0 + np.array([-1e-9, 0.0, 1e-9]))
    assert np.all(np.abs(np.diff(near, 2)) < 1e-15)
    assert abs(near[1] - math.log(3.0 * (math.log(4.0) - 0.3) / (1.0 - 4.0**-3))) < 1e-14


def test_the_surplus_just_below_an_upper_bound_is_the_density_times_half_the_square_of_the_gap():
    d = BoundedPareto(4.25, 1.0, 2.85)
    for gap in (1e-3, 1e-6, 1e-9):
        cutoff = float(d.log_upper) - gap
        width = float(d.log_upper) - cutoff  # the gap as floats have it
        leading = math.exp(d.log_density(cutoff)) * 3.0 * width**2 / 2.0
        assert abs(d.surplus(cutoff, 3.0) / (leading * (1.0 - (4.25 - 1.5) * width / 1.5 / 2.0)) - 1.0) < 2.0 * gap
    assert d.surplus(d.log_upper, 3.0) == 0.0
    assert d.log_moment(d.log_upper + 1.0, 3.0) == -np.inf
    assert d.hazard(d.log_upper + 1.0, 3.0) == np.inf


def test_a_wide_bounded_pareto_is_a_pareto_and_a_high_joint_makes_a_lognormal():
    a = np.array([0.1, 0.8])
    np.testing.assert_allclose(BoundedPareto(4.5, 1.0, 1e9).surplus(a, 3.0), Pareto(4.5).surplus(a, 3.0), rtol=1e-12)
    joined = LognormalPareto(0.1, 0.5, 30.0)
    np.testing.assert_allclose(joined.surplus(a, 3.0), Lognormal(0.1, 0.5).surplus(a, 3.0), rtol=1e-12)


def test_a_closed_form_pareto_continues_its_algebra_below_the_scale():
    literal, closed = Pareto(4.5, 2.0), Pareto(4.5, 2.0, support="closed_form")
    assert literal.survival(1.0) == 1.0
    assert abs(closed.survival(1.0) - 2.0**4.5) < 1e-12
    assert closed.surplus(0.0, 3.0) == pytest.approx(2.0**4.5 * 3.0 / 1.5, rel=1e-14)
    assert literal.surplus(0.0, 3.0) == pytest.approx(2.0**3 * 4.5 / 1.5 - 1.0, rel=1e-14)
    assert literal.hazard(0.0, 3.0) == 0.0
    assert closed.hazard(0.0, 3.0) == 1.5


def test_powers_that_overflow_stay_in_logs():
    d = Lognormal(0.0, 1.0)
    assert d.log_moment(-np.inf, 49.0) == 0.5 * 49.0**2
    assert d.mean_log(0.0, 49.0) == 49.0
    assert np.isfinite(d.log_surplus(0.0, 49.0))
    assert abs(d.log_surplus(0.0, 49.0) - 1200.5) < 1e-9
    assert np.isfinite(Pareto(2000.0, 1e3).log_moment(8.0, 900.0))


def test_moments_at_zero_are_those_of_the_whole_support():
    assert Weibull(2.0).moment(2.0) == pytest.approx(1.0, rel=1e-14)
    assert Frechet(4.0).moment(2.0) == pytest.approx(math.sqrt(math.pi), rel=1e-14)
    assert Lognormal(0.1, 0.5).moment(2.0) == pytest.approx(math.exp(0.2 + 0.5), rel=1e-14)
    assert Pareto(4.0).moment(3.0) == pytest.approx(4.0, rel=1e-14)
    for d in FAMILIES:
        assert d.moment(0.0) == pytest.approx(1.0, rel=1e-13)


def test_moments_that_diverge_are_infinite_and_finite_once_cut_off():
    assert Pareto(3.0).log_moment(1.0, 3.0) == np.inf
    assert Frechet(3.0).log_moment(1.0, 3.5) == np.inf
    assert LognormalPareto(0.0, 0.5, 3.0).log_moment(1.0, 3.0) == np.inf
    weibull = Weibull(2.0)
    assert weibull.log_moment(-np.inf, -2.0) == np.inf
    assert weibull.moment_gap_lower(-2.0) == 0.0
    assert np.isfinite(weibull.log_moment(-30.0, -2.5))


def test_levels_are_exponentials_of_the_logs():
    d = Lognormal(0.1, 0.6)
    assert d.partial_moment(1.5, 2.0) == np.exp(d.log_moment(math.log(1.5), 2.0))
    mean, variance = d.mean_log(math.log(1.5), 2.0), d.variance_log(math.log(1.5), 2.0)
    assert d.partial_log_moment(1.5, 2.0) == pytest.approx(d.partial_moment(1.5, 2.0) * mean, rel=1e-15)
    squared = d.partial_moment(1.5, 2.0) * (variance + mean**2)
    assert d.partial_log_moment(1.5, 2.0, power=2) == pytest.approx(squared, rel=1e-15)
    assert d.cdf(d.quantile(0.2)) == pytest.approx(0.2, rel=1e-14)
    assert d.survival(0.0) == 1.0


# -- sampling ------------------------------------------------------------------------------------------------


@every_family
def test_sampled_moments_lie_within_four_standard_errors(d):
    draws = np.log(d.sample(200_000, seed=11))
    assert np.all((draws >= d.log_lower - 1e-15) & (draws <= d.log_upper + 1e-15))
    bottom = -np.inf
    mean, variance = d.mean_log(bottom), d.variance_log(bottom)
    assert abs(draws.mean() - mean) < 4.0 * math.sqrt(variance / draws.size)
    for u in (0.01, 0.5, 0.99):
        share = np.mean(draws < d.log_quantile(u))
        assert abs(share - u) < 4.0 * math.sqrt(u * (1.0 - u) / draws.size)


def test_sampling_is_seeded_and_follows_the_shape_of_the_parameters():
    d = Pareto(np.array([[4.0], [5.0]]))
    assert d.sample(7, seed=1).shape == (7, 2, 1)
    np.testing.assert_array_equal(d.sample(7, seed=1), d.sample(7, seed=np.random.default_rng(1)))


# -- many origins --------------------------------------------------------------------------------------------

MIXED = (Pareto(4.5), Lognormal(0.0, 0.5), Pareto(5.0, 1.2), Frechet(4.4), Empirical([1.0, 2.0, 5.0]))


def test_stacking_equal_members_returns_the_common_distribution():
    assert stack([Pareto(4.5), Pareto(4.5)]) == Pareto(4.5)
    assert stack([Lognormal(0.0, 1.0)]).sd == 1.0


def test_stacking_one_family_gives_parameter_columns():
    d = stack([Pareto(4.5), Pareto(5.0, 2.0)])
    assert isinstance(d, Pareto)
    np.testing.assert_array_equal(d.k, [[4.5], [5.0]])
    np.testing.assert_array_equal(d.scale, [[1.0], [2.0]])
    assert stack([Pareto(4.5), Pareto(5.0)], batch_axes=1).k.shape == (2, 1, 1)
    assert stack([Pareto(np.array([4.5, 4.6, 4.7])), Pareto(5.0)], batch_axes=1).k.shape == (2, 1, 3)


def test_paretos_with_different_supports_are_not_merged():
    d = stack([Pareto(4.5), Pareto(5.0, support="closed_form")])
    assert isinstance(d, Mixed)
    np.testing.assert_allclose(d.survival(np.full((2, 1), 0.5))[:, 0], [1.0, 32.0], rtol=1e-14)


def test_a_mixed_world_answers_row_by_row():
    d = stack(MIXED)
    a = np.log(np.linspace(1.1, 4.0, 15).reshape(5, 3))
    methods = ("log_moment", "mean_log", "variance_log", "surplus", "log_surplus", "hazard", "log_premium")
    for method in methods:
        rows = getattr(d, method)(a, 3.0)
        assert rows.shape == (5, 3)
        for i, member in enumerate(MIXED):
            np.testing.assert_allclose(rows[i], getattr(member, method)(a[i], 3.0), rtol=1e-14)
    for method in ("log_survival", "log_density"):
        rows = getattr(d, method)(a)
        for i, member in enumerate(MIXED):
            np.testing.assert_allclose(rows[i], getattr(member, method)(a[i]), rtol=1e-14)
    for method in ("log_quantile", "log_quantile_upper"):
        np.testing.assert_allclose(getattr(d, method)(0.3)[1, 0], getattr(MIXED[1], method)(0.3))
    assert d.log_lower.shape == d.log_upper.shape == d.moment_gap(3.0).shape == (5, 1)
    assert d.sample(4, seed=2).shape == (4, 5, 1)


def test_a_mixed_world_takes_batches_orders_by_origin_and_common_cutoffs():
    d = stack(MIXED, batch_axes=1)
    a = np.log(np.linspace(1.1, 4.0, 30).reshape(5, 3, 2))
    orders = np.arange(5.0)[:, None, None] * 0.5
    values = d.surplus(a, orders)
    assert values.shape == (5, 3, 2)
    np.testing.assert_allclose(values[3, 1], Frechet(4.4).surplus(a[3, 1], 1.5), rtol=1e-14)
    assert d.surplus(a[:1], np.array([2.0, 3.0])).shape == (5, 3, 2)
    with pytest.raises(ValueError, match="there are 5 origins"):
        d.surplus(a[:2], 3.0)


def test_duals_pass_through_a_mixed_world_and_reach_one_members_parameter():
    a = np.log(np.linspace(1.1, 4.0, 15).reshape(5, 3))
    cutoffs, k = seed([a, 5.0])
    members = (*MIXED[:2], MIXED[2].with_parameters(k=k), *MIXED[3:])
    got = stack(members).surplus(cutoffs, 3.0)
    assert isinstance(got, Dual)
    (k_alone,) = seed([5.0])
    alone = MIXED[2].with_parameters(k=k_alone).surplus(a[2], 3.0)
    np.testing.assert_allclose(got.gradient[-1, 2], alone.gradient[0], rtol=1e-14)
    assert not np.any(got.gradient[-1, [0, 1, 3, 4]])
    diagonal = np.array([got.gradient[3 * 2 + j, 2, j] for j in range(3)])
    (own,) = seed([a[2]])
    np.testing.assert_allclose(diagonal, np.diag(MIXED[2].surplus(own, 3.0).gradient), rtol=1e-14)


def test_a_common_dual_parameter_reaches_every_origin():
    (k,) = seed([4.5])
    d = stack([Pareto(k), Pareto(k)])
    assert value_of(d.k).shape == ()
    k_1, k_2 = seed([4.5, 4.5])
    column = stack([Pareto(k_1), Pareto(k_2)])
    gradient = column.log_survival(np.ones((2, 3))).gradient
    np.testing.assert_array_equal(gradient[0], [[-1.0] * 3, [0.0] * 3])


# -- what is refused -----------------------------------------------------------------------------------------


def test_a_moment_that_does_not_exist_names_the_inequality():
    with pytest.raises(InputError) as error:
        Pareto(2.5).require_moment(3.0, order_text="sigma - 1")
    text = "productivity.k = 2.5 must exceed sigma - 1 = 3 for finite sales: raise k or lower sigma"
    assert str(error.value) == text
    with pytest.raises(InputError, match=r"^productivity\[1\]\.k = 2\.5 must exceed sigma = 4 for finite output"):
        stack([Pareto(4.5), Pareto(2.5)]).require_moment(4.0, why="finite output", order_text="sigma")
    with pytest.raises(InputError, match=r"^productivity\[3\]\.shape = 4\.4 must exceed the order of the moment"):
        stack(MIXED).require_moment(np.full((5, 1), 4.45))
    Lognormal(0.0, 2.0).require_moment(50.0)
    Pareto(np.array([[4.5], [5.0]])).require_moment(3.0)


BAD = {
    "an unknown family": ({"family": "parto", "k": 4}, "family", "did you mean pareto"),
    "no family": ({"k": 4}, "family", "is missing"),
    "a family that is no name": ({"family": 3}, "family", "name of a family"),
    "an unknown key": ({"family": "pareto", "k": 4, "scal": 1}, "scal", "did you mean scale"),
    "a missing parameter": ({"family": "lognormal", "mu": 0}, "sd", "is missing"),
    "a string": ({"family": "pareto", "k": "4"}, "k", "must be a number"),
    "a truth value": ({"family": "pareto", "k": True}, "k", "must be a number"),
    "a list": ({"family": "pareto", "k": [4, 5]}, "k", "must be a number"),
    "nothing": ({"family": "pareto", "k": None}, "k", "must be a number"),
    "a negative exponent": ({"family": "pareto", "k": -4}, "k", "must be a positive"),
    "zero": ({"family": "frechet", "shape": 0}, "shape", "must be a positive"),
    "not a number": ({"family": "weibull", "shape": math.nan}, "shape", "must be a positive"),
    "an infinite scale": ({"family": "pareto", "k": 4, "scale": math.inf}, "scale", "must be a positive"),
    "an infinite mean": ({"family": "lognormal", "mu": math.inf, "sd": 1}, "mu", "must be a finite"),
    "crossed bounds": (
        {"family": "bounded_pareto", "k": 4, "lower": 2, "upper": 1},
        "lower",
        "must lie below",
    ),
    "equal bounds": ({"family": "bounded_pareto", "k": 4, "lower": 2, "upper": 2}, "lower", "must lie below"),
    "an unknown support": (
        {"family": "pareto", "k": 4, "support": "open"},
        "support",
        "literal or closed_form",
    ),
    "a negative tail": ({"family": "lognormal_pareto", "mu": 0, "sd": 1, "k": -1}, "k", "must be a positive"),
}


@pytest.mark.parametrize("table, entry, problem", BAD.values(), ids=BAD)
def test_a_bad_table_is_refused_by_the_key_at_fault(table, entry, problem):
    with pytest.raises(InputError) as error:
        from_spec(table, key="countries[2].productivity")
    assert error.value.key == f"countries[2].productivity.{entry}"
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_not_a_table_is_refused():
    with pytest.raises(InputError, match=r"^productivity = 3 must be a table"):
        from_spec(3)


def test_unknown_parameters_and_powers_are_refused():
    with pytest.raises(InputError, match=r"productivity\.shap is not a known parameter of frechet: did you mean shape"):
        Frechet(4.0).with_parameters(shap=3.0)
    with pytest.raises(InputError, match="power = 3 must be 1 or 2"):
        Pareto(4.0).partial_log_moment(1.0, power=3)
    with pytest.raises(InputError, match="at least one country"):
        stack([])


@every_family
def test_a_distribution_survives_the_round_trip_through_its_table(d):
    assert from_spec(d.spec()) == d
    assert len({d, from_spec(d.spec())}) == 1


def test_only_normal_quantiles_import_scipy():
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from phistar.blocks.productivity import BoundedPareto, Frechet, Lognormal, Pareto, stack\n"
        "d = stack([Pareto(4.5), BoundedPareto(4.0, 1.0, 3.0), Frechet(4.0)])\n"
        "d.surplus(0.3, 3.0), d.mean_log(0.3, 3.0), d.quantile(0.3), d.sample(2, 1)\n"
        "Lognormal(0.0, 1.0).surplus(0.3, 3.0), Lognormal(0.0, 1.0).hazard(0.3, 3.0)\n"
        "assert not any(name.startswith('scipy') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
