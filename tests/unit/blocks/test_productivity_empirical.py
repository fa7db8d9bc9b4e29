"""The discrete family against sums in 40 digits."""

import math

import mpmath as mp
import numpy as np
import pytest

from phistar.blocks.productivity import Empirical, from_spec
from phistar.core.errors import InputError
from phistar.numerics.duals import seed

RTOL = 1e-12


@pytest.fixture
def sample():
    rng = np.random.default_rng(3)
    return Empirical(np.exp(rng.normal(size=60)), rng.random(60))


def _exact(d, a, order):
    """Return moment, mean log, variance and surplus at ln x = a by sums in 40 digits."""
    with mp.workdps(40):
        atoms = [(mp.mpf(z), mp.mpf(w)) for z, w in zip(d.log_atoms, d.weights, strict=True) if z >= a]
        terms = [(w * mp.exp(order * z), z) for z, w in atoms]
        moment = mp.fsum(t for t, _ in terms)
        mean = mp.fsum(t * z for t, z in terms) / moment
        variance = mp.fsum(t * (z - mean) ** 2 for t, z in terms) / moment
        surplus = mp.fsum(w * mp.expm1(order * (z - mp.mpf(a))) for z, w in atoms)
        return moment, mean, variance, surplus


@pytest.mark.parametrize("order", [-49.0, -2.5, -1.0, 0.0, 1e-7, 1.0, 2.7, 8.0, 49.0, 400.0])
def test_moments_match_exact_sums(sample, order):
    cutoffs = np.concatenate([[-30.0], sample.log_atoms[:-1] + 1e-3, sample.log_atoms[::7]])
    moment, mean = sample.log_moment(cutoffs, order), sample.mean_log(cutoffs, order)
    surplus, variance = sample.surplus(cutoffs, order), sample.variance_log(cutoffs, order)
    for i, a in enumerate(cutoffs):
        if a > sample.log_upper:
            continue
        exact = _exact(sample, a, order)
        assert abs(moment[i] - mp.log(exact[0])) < RTOL * max(1.0, abs(float(mp.log(exact[0]))))
        assert abs(mean[i] - exact[1]) < RTOL
        assert abs(variance[i] - exact[2]) < 10.0 * RTOL
        if np.isfinite(surplus[i]):
            assert abs(surplus[i] - exact[3]) <= RTOL * abs(exact[3])


def test_an_atom_at_the_cutoff_counts_and_beyond_the_last_nothing_does():
    d = Empirical([1.0, 2.0, 4.0], [1.0, 2.0, 1.0])
    assert d.survival(2.0) == 0.75
    assert d.survival(2.0 + 1e-12) == 0.25
    assert d.atom_weight(np.log([1.0, 1.5, 2.0])).tolist() == [0.25, 0.0, 0.5]
    assert d.log_moment(2.0, 3.0) == -np.inf
    assert d.surplus(2.0, 3.0) == 0.0
    assert d.hazard(2.0, 3.0) == np.inf
    assert d.log_density(0.0) == -np.inf


def test_the_surplus_keeps_its_digits_just_below_the_last_atom():
    d = Empirical([1.0, 2.0, 4.0], [1.0, 2.0, 1.0])
    for gap in (1e-3, 1e-9, 1e-13):
        cutoff = float(d.log_upper) - gap
        assert d.surplus(cutoff, 3.0) == pytest.approx(
            0.25 * math.expm1(3.0 * (float(d.log_upper) - cutoff)), rel=1e-14
        )


def test_sums_whose_terms_span_more_than_the_range_of_a_float_stay_finite():
    d = Empirical([1e-8, 1.0, 1e8], [1.0, 1.0, 1.0])
    for order in (-49.0, 49.0):
        leading = d.log_atoms if order < 0 else np.full(3, d.log_upper)
        np.testing.assert_allclose(d.log_moment(d.log_atoms, order) + math.log(3.0), order * leading, rtol=1e-14)


def test_orders_that_differ_by_element_give_what_scalars_give(sample):
    a, orders = np.linspace(-1.0, 1.0, 4)[:, None], np.array([-1.0, 0.0, 3.0])
    table = sample.surplus(a, orders)
    for i, j in np.ndindex(table.shape):
        np.testing.assert_allclose(table[i, j], sample.surplus(a[i, 0], orders[j]), rtol=1e-14)


def test_derivatives_between_atoms_match_central_differences(sample):
    at, p, h = 0.37, 2.3, 1e-6
    a, order = seed([at, p])
    for method in ("log_moment", "mean_log", "surplus", "log_surplus", "hazard", "log_premium"):
        f = getattr(sample, method)
        gradient = f(a, order).gradient
        assert gradient[0] == pytest.approx((f(at + h, p) - f(at - h, p)) / (2 * h), rel=1e-6, abs=1e-8), method
        assert gradient[1] == pytest.approx((f(at, p + h) - f(at, p - h)) / (2 * h), rel=1e-6, abs=1e-8), method


def test_quantiles_are_the_left_inverse_of_the_distribution(sample):
    for u in (1e-9, 0.01, 0.5, 0.99, 1.0):
        x = sample.quantile(u)
        assert sample.cdf(x * (1 + 1e-12)) >= u - 1e-12
        assert sample.cdf(x) < u + 1e-12
        assert sample.survival(np.exp(sample.log_quantile_upper(u)) * (1 - 1e-12)) >= u - 1e-12


def test_sampling_returns_the_atoms_in_their_proportions():
    d = Empirical([1.0, 2.0], [1.0, 3.0])
    draws = d.sample(40_000, seed=5)
    assert abs(np.mean(draws == 2.0) - 0.75) < 4.0 * math.sqrt(0.75 * 0.25 / 40_000)


def test_weights_are_normalised_zeros_dropped_and_duplicates_merged():
    d = Empirical([3.0, 1.0, 3.0, 2.0], [2.0, 4.0, 2.0, 0.0])
    assert d.values.tolist() == [1.0, 3.0]
    assert d.weights.tolist() == [0.5, 0.5]
    assert from_spec(d.spec()) == d
    assert Empirical([1.0, 2.0]).weights.tolist() == [0.5, 0.5]


def test_a_file_of_one_or_two_columns_is_read_with_or_without_header(tmp_path):
    for text, expected in {
        "1\n2\n4\n": Empirical([1.0, 2.0, 4.0]),
        "phi,weight\n1,3\n2,1\n": Empirical([1.0, 2.0], [3.0, 1.0]),
        "\ufeff1 3\r\n2 1\r\n": Empirical([1.0, 2.0], [3.0, 1.0]),
    }.items():
        path = tmp_path / "firms.csv"
        path.write_text(text, encoding="utf-8")
        assert from_spec({"family": "empirical", "file": str(path)}) == expected


BAD_FILES = {
    "binary": (b"\xff\xfe\x00\x01\x80", "is not a text file"),
    "empty": (b"", "holds no values"),
    "only a header": (b"phi\n", "holds no values"),
    "ragged": (b"1,2\n3\n", "malformed data row 2"),
    "words": (b"1\ntwo\n", "malformed data row 2"),
    "wide": (b"1,2,3\n", "one column or two"),
    "negative": (b"1\n-2\n", "must be a positive finite number"),
}


@pytest.mark.parametrize("content, problem", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(tmp_path, content, problem):
    path = tmp_path / "firms.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=problem) as error:
        from_spec({"family": "empirical", "file": str(path)}, key="productivity[1]")
    assert error.value.key.startswith("productivity[1].")


BAD_TABLES = {
    "missing file": ({"file": "/nowhere/firms.csv"}, "cannot be read"),
    "file and values": ({"file": "x.csv", "values": [1]}, "cannot stand beside file"),
    "file that is a number": ({"file": 3}, "must be a path"),
    "no values": ({}, "is missing"),
    "empty": ({"values": []}, "at least one number"),
    "scalar": ({"values": 3}, "at least one number"),
    "words": ({"values": ["a", "b"]}, "list of numbers"),
    "nested": ({"values": [[1, 2], [3, 4]]}, "at least one number"),
    "ragged": ({"values": [[1, 2], [3]]}, "list of numbers"),
    "not a number": ({"values": [1, math.nan]}, "must be a positive finite number"),
    "zero": ({"values": [1, 0]}, "must be a positive finite number"),
    "unequal lengths": ({"values": [1, 2], "weights": [1]}, "1 entry where values has 2"),
    "negative weight": ({"values": [1, 2], "weights": [1, -1]}, "must be a nonnegative"),
    "no weight": ({"values": [1, 2], "weights": [0, 0]}, "must not all be zero"),
    "unknown key": ({"value": [1, 2]}, "did you mean values"),
}


@pytest.mark.parametrize("table, problem", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_refused(table, problem):
    with pytest.raises(InputError, match=problem) as error:
        from_spec({"family": "empirical", **table})
    assert error.value.key.startswith("productivity.")
