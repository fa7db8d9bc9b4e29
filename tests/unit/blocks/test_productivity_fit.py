"""Fits recover what generated the data, and their standard errors the dispersion over samples."""

import math

import numpy as np
import pytest

from phistar.blocks.productivity import BoundedPareto, Frechet, Lognormal, LognormalPareto, Pareto, Weibull
from phistar.blocks.productivity.fit import fit, hill, rank_regression
from phistar.core.errors import InputError

LAWS = [
    Pareto(4.5, 1.3),
    BoundedPareto(3.0, 1.0, 5.0),
    Lognormal(0.3, 0.7),
    Weibull(1.7, 2.0),
    Frechet(4.0, 0.8),
    LognormalPareto(0.1, 0.5, 3.0),
]
every_law = pytest.mark.parametrize("d", LAWS, ids=lambda d: d.family)


def _errors_in_units(result, d):
    return [(result.parameters[n] - getattr(d, n)) / s for n, s in result.standard_errors.items()]


@every_law
def test_maximum_likelihood_recovers_the_parameters_within_four_standard_errors(d):
    result = fit(d.family, d.sample(20_000, seed=7))
    assert set(result.standard_errors) == set(d.parameter_names)
    assert np.all(np.abs(_errors_in_units(result, d)) < 4.0)
    assert result.n == 20_000
    np.testing.assert_allclose(np.sqrt(np.diag(result.covariance)), list(result.standard_errors.values()))


@every_law
def test_the_log_likelihood_is_that_of_the_fitted_density_and_a_maximum(d):
    x = d.sample(2_000, seed=1)
    result = fit(d.family, x)
    law = result.distribution
    # The extremes stand on the fitted bounds, where a rounding of ln may fall outside.
    inside = np.clip(np.log(x), np.nextafter(law.log_lower, np.inf), np.nextafter(law.log_upper, -np.inf))
    assert result.log_likelihood == pytest.approx(np.sum(law.log_density(inside) - inside), rel=1e-9)
    inner = np.log(x)
    for name in ("mu", "sd", "shape", "k"):
        if name in result.parameters and d.family not in ("pareto", "bounded_pareto"):
            for factor in (0.99, 1.01):
                other = law.with_parameters(**{name: result.parameters[name] * factor})
                assert np.sum(other.log_density(inner) - inner) < result.log_likelihood


@every_law
def test_truncated_samples_recover_the_parameters(d):
    low, high = (float(np.exp(d.log_quantile(u))) for u in (0.3, 0.97))
    x = d.sample(40_000, seed=7)
    # A body whose Pareto tail is cut off says nothing of the tail: truncate that one from below only.
    high = None if d.family == "lognormal_pareto" else high
    kept = x[(x >= low) & (x <= (high or np.inf))]
    if d.family == "bounded_pareto":
        result = fit(d.family, kept, truncation=(low, high), fixed={"lower": d.lower, "upper": d.upper})
    else:
        result = fit(d.family, kept, truncation=(low, high))
    assert np.all(np.abs([e for e, n in zip(_errors_in_units(result, d), result.standard_errors, strict=True)
                          if n != "scale" or d.family != "pareto"]) < 4.0)  # fmt: skip


def test_a_truncated_pareto_keeps_its_scale_at_the_bound():
    d = Pareto(4.5)
    x = d.sample(20_000, seed=3)
    result = fit("pareto", x[x >= 1.5], truncation=(1.5, None))
    assert result.parameters["scale"] == 1.5
    assert set(result.standard_errors) == {"k"}
    assert abs(result.parameters["k"] - 4.5) < 4.0 * result.standard_errors["k"]


def test_weights_stand_for_repeated_observations():
    x, w = Lognormal(0.0, 1.0).sample(500, seed=4), np.arange(500) % 4
    weighted, repeated = fit("lognormal", x, weights=w), fit("lognormal", np.repeat(x, w))
    assert weighted.n == repeated.n
    for name in ("mu", "sd"):
        assert weighted.parameters[name] == pytest.approx(repeated.parameters[name], rel=1e-9)
        assert weighted.standard_errors[name] == pytest.approx(repeated.standard_errors[name], rel=1e-6)


def test_closed_forms_are_met():
    x = Lognormal(0.0, 1.0).sample(500, seed=4)
    result = fit("lognormal", x)
    z = np.log(x)
    assert result.parameters["mu"] == pytest.approx(z.mean(), abs=1e-10)
    assert result.parameters["sd"] == pytest.approx(z.std(), rel=1e-10)
    assert result.standard_errors["mu"] == pytest.approx(z.std() / math.sqrt(500), rel=1e-8)
    assert result.standard_errors["sd"] == pytest.approx(z.std() / math.sqrt(1000), rel=1e-8)
    x = Pareto(3.0).sample(500, seed=4)
    result = fit("pareto", x, fixed={"scale": 1.0})
    assert result.parameters["k"] == pytest.approx(1.0 / np.log(x).mean(), rel=1e-14)
    assert result.standard_errors["k"] == pytest.approx(result.parameters["k"] / math.sqrt(500), rel=1e-14)


def test_a_fixed_parameter_is_held():
    x = Frechet(4.0, 0.8).sample(5_000, seed=2)
    result = fit("frechet", x, fixed={"scale": 0.8})
    assert result.parameters["scale"] == 0.8
    assert set(result.standard_errors) == {"shape"}
    assert abs(result.parameters["shape"] - 4.0) < 4.0 * result.standard_errors["shape"]


def test_the_hill_and_rank_estimators_recover_a_tail_exponent():
    x = Frechet(2.5).sample(200_000, seed=8)
    result = hill(x, 1_000)
    assert result.standard_errors["k"] == pytest.approx(result.parameters["k"] / math.sqrt(1_000))
    assert abs(result.parameters["k"] - 2.5) < 4.0 * result.standard_errors["k"]
    x = Pareto(2.0, 1.5).sample(20_000, seed=9)
    result = rank_regression(x)
    assert result.standard_errors["k"] == pytest.approx(result.parameters["k"] * math.sqrt(2.0 / 20_000))
    assert abs(result.parameters["k"] - 2.0) < 4.0 * result.standard_errors["k"]
    assert result.parameters["scale"] == pytest.approx(1.5, rel=0.02)
    assert rank_regression(x, 500).n == 500


DISPERSION = {  # estimator, its parameters, samples
    "pareto": (Pareto(3.0), lambda x: fit("pareto", x), ["k"]),
    "bounded pareto": (BoundedPareto(2.0, 1.0, 6.0), lambda x: fit("bounded_pareto", x), ["k"]),
    "truncated lognormal": (
        Lognormal(0.0, 0.6), lambda x: fit("lognormal", x[x > 0.7], truncation=(0.7, None)), ["mu", "sd"],
    ),
    "weibull": (Weibull(1.5), lambda x: fit("weibull", x), ["shape", "scale"]),
    "frechet": (Frechet(4.0), lambda x: fit("frechet", x), ["shape", "scale"]),
    "hill": (Pareto(3.0), lambda x: hill(x, 200), ["k"]),
    "rank": (Pareto(3.0), rank_regression, ["k"]),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in ("weibull", "frechet") else ()) for name in DISPERSION],
)
def test_standard_errors_match_the_dispersion_over_samples(name):
    law, estimator, parameters = DISPERSION[name]
    draws = 120
    results = [estimator(law.sample(600, seed=100 + i)) for i in range(draws)]
    for parameter in parameters:
        spread = np.std([r.parameters[parameter] for r in results], ddof=1)
        claimed = np.mean([r.standard_errors[parameter] for r in results])
        # The sampling error of a standard deviation over 120 draws is 6 per cent: four of those.
        assert abs(spread / claimed - 1.0) < 4.0 / math.sqrt(2.0 * draws), parameter


BAD = {
    "an unknown family": (("paretto", [1.0, 2.0]), {}, "did you mean pareto"),
    "a family without a likelihood": (("empirical", [1.0, 2.0]), {}, "not a known family"),
    "words": (("pareto", ["a", "b"]), {}, "must be numbers"),
    "one value": (("pareto", [1.0]), {}, "at least two"),
    "a negative value": (("pareto", [1.0, -2.0]), {}, "positive finite"),
    "equal values": (("lognormal", [2.0, 2.0]), {}, "two distinct"),
    "equal values, pareto": (("pareto", [2.0, 2.0]), {}, "two distinct"),
    "short weights": (("pareto", [1.0, 2.0]), {"weights": [1.0]}, "one nonnegative"),
    "data outside": (("pareto", [1.0, 2.0]), {"truncation": (1.5, None)}, "outside the truncation"),
    "crossed bounds": (("pareto", [1.0, 2.0]), {"truncation": (3.0, 2.0)}, "lower and a higher"),
    "an unknown fixed": (("pareto", [1.0, 2.0]), {"fixed": {"scal": 1.0}}, "did you mean scale"),
    "a scale above the data": (("pareto", [1.0, 2.0]), {"fixed": {"scale": 1.5}}, "least observation"),
    "bounds inside the data": (
        ("bounded_pareto", [1.0, 2.0]),
        {"fixed": {"upper": 1.5}},
        "between lower and upper",
    ),
    "a rising density": (("bounded_pareto", [1.0, 4.0, 4.1, 4.2]), {}, "no power law"),
}


@pytest.mark.parametrize("arguments, options, problem", BAD.values(), ids=BAD)
def test_data_that_cannot_be_fitted_are_refused(arguments, options, problem):
    with pytest.raises(InputError, match=problem):
        fit(*arguments, **options)


def test_tails_that_cannot_be_fitted_are_refused():
    for call in (lambda: hill([1.0, 2.0], 2), lambda: rank_regression([1.0, 2.0], 3)):
        with pytest.raises(InputError, match="k_tail"):
            call()
    for call in (lambda: hill([1.0, 2.0, 2.0], 1), lambda: rank_regression([2.0, 2.0])):
        with pytest.raises(InputError, match="equal values"):
            call()
