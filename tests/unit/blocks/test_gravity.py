"""The Poisson gravity estimator against closed forms and against dense designs with every dummy written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from phistar.blocks.gravity import CLUSTERS, Sample, demean, estimate, separated
from phistar.core.errors import InputError

#: Two Newton methods, each at its floor of rounding, on flows of order one.
SAME = 1e-9


def world(seed: int, n: int = 7, zeros: float = 0.0, regressors: int = 2) -> Sample:
    """Draw noisy flows between n countries, home included."""
    rng = np.random.default_rng(seed)
    i, j = (code.ravel() for code in np.indices((n, n)))
    x = rng.normal(size=(n * n, regressors))
    predictor = rng.normal(size=n)[i] + rng.normal(size=n)[j] + x @ np.linspace(-1.0, 0.5, regressors)
    flow = np.exp(predictor) * rng.gamma(2.0, 0.5, size=n * n) * (rng.random(n * n) >= zeros)
    return Sample(flow, i, j, x, tuple(f"x{k}" for k in range(regressors)), tuple(f"{a}-{b}" for a, b in zip(i, j)))  # noqa: B905


def design(sample: Sample) -> np.ndarray:
    """Write every dummy out, the first destination's left out."""
    origins = np.eye(sample.origin.max() + 1)[sample.origin]
    destinations = np.eye(sample.destination.max() + 1)[sample.destination][:, 1:]
    return np.hstack([sample.regressors, origins, destinations])


def dense_poisson(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maximise the Poisson likelihood over all coefficients by Newton's method: coefficients, fitted flows, design."""
    x = design(sample)
    coefficients = np.linalg.lstsq(x, np.log(sample.flow + 0.1), rcond=None)[0]
    for _ in range(60):
        mu = np.exp(x @ coefficients)
        step = np.linalg.solve(x.T @ (mu[:, None] * x), x.T @ (sample.flow - mu))
        coefficients = coefficients + step * min(1.0, 2.0 / np.max(np.abs(step)))
    return coefficients, np.exp(x @ coefficients), x


@pytest.mark.parametrize("zeros", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_estimates_equal_those_with_every_dummy_written_out(seed: int, zeros: float) -> None:
    sample = world(seed, zeros=zeros)
    assert not separated(sample).any()
    coefficients, mu, _ = dense_poisson(sample)
    fit = estimate(sample)
    assert fit.estimate == pytest.approx(coefficients[:2], rel=SAME)
    assert fit.fitted == pytest.approx(mu, rel=SAME)
    assert fit.freedom == 49 - 2 - 13


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_standard_errors_equal_the_dense_sandwich(cluster: str) -> None:
    sample = world(5, zeros=0.2)
    fit = estimate(sample, cluster)
    _, mu, x = dense_poisson(sample)
    bread = np.linalg.inv(x.T @ (mu[:, None] * x))
    score = x * (sample.flow - mu)[:, None]

    def meat(names: list[Any]) -> np.ndarray:
        groups = sorted(set(names))
        sums = np.array([score[[k for k, name in enumerate(names) if name == group]].sum(axis=0) for group in groups])
        return sums.T @ sums * len(groups) / (len(groups) - 1)

    pairs = list(zip(sample.origin.tolist(), sample.destination.tolist(), strict=True))
    origins, destinations = [a for a, _ in pairs], [b for _, b in pairs]
    middle = {
        "none": lambda: score.T @ score * len(mu) / (len(mu) - x.shape[1]),
        "origin": lambda: meat(origins),
        "destination": lambda: meat(destinations),
        "pair": lambda: meat([tuple(sorted(pair)) for pair in pairs]),
        "both": lambda: meat(origins) + meat(destinations) - meat(pairs),
    }[cluster]()
    assert fit.covariance == pytest.approx((bread @ middle @ bread)[:2, :2], rel=1e-7)


def test_two_countries_give_the_closed_form_of_head_and_ries() -> None:
    flow, cost = np.array([[5.0, 0.7], [1.1, 3.0]]), np.array([[1.0, 1.4], [1.3, 1.1]])
    i, j = (code.ravel() for code in np.indices((2, 2)))
    fit = estimate(Sample(flow.ravel(), i, j, np.log(cost).reshape(-1, 1), ("ln tau",)))
    cross = lambda m: np.log(m[0, 1] * m[1, 0] / (m[0, 0] * m[1, 1]))  # noqa: E731
    assert fit.estimate[0] == pytest.approx(cross(flow) / cross(cost), rel=1e-12)
    assert np.isnan(fit.standard_error[0]), "four pairs, four coefficients: nothing is left to judge by"


def test_fixed_effects_of_unconnected_groups_are_counted() -> None:
    i, j = np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.array([0, 1, 0, 1, 2, 3, 2, 3])
    values = np.random.default_rng(1).normal(size=(8, 1))
    left, independent = demean(values, np.ones(8), i, j)
    assert independent == 8 - 2
    dummies = np.hstack([np.eye(4)[i], np.eye(4)[j]])
    assert left == pytest.approx(values - dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0], abs=1e-14)


def test_demeaning_stands_weights_many_orders_apart() -> None:
    rng = np.random.default_rng(3)
    i, j = (code.ravel() for code in np.indices((6, 6)))
    weight = 10.0 ** rng.uniform(-4, 4, 36)
    left, _ = demean(rng.normal(size=(36, 1)), weight, i, j)
    for code in (i, j):
        assert np.bincount(code, weight * left[:, 0]) / np.bincount(code, weight) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_flows_many_orders_of_magnitude_apart_are_certified(seed: int) -> None:
    rng = np.random.default_rng(seed)
    i, j = (code.ravel() for code in np.indices((10, 10)))
    x = rng.normal(size=(100, 2))
    noise = 3.0 * rng.normal(size=100)
    flow = np.exp(3.0 * rng.normal(size=10)[i] + 3.0 * rng.normal(size=10)[j] - 2.0 * x[:, 0] + noise)
    fit = estimate(Sample(flow * (rng.random(100) > 0.4), i, j, x, ("x0", "x1")))
    assert fit.certificate.max_residual < 1e-10 and fit.steps < 60
    assert np.ptp(np.log10(flow)) > 8.0


# Separation


def dense_separation(sample: Sample) -> np.ndarray:
    """Find separated zeros by one linear program over the whole design."""
    x, zero = design(sample), sample.flow == 0.0
    m, k = int(zero.sum()), x.shape[1]
    height = np.hstack([-x[zero], np.eye(m)])
    fixed = np.hstack([x[~zero], np.zeros((int((~zero).sum()), m))])
    answer = linprog(np.concatenate([np.zeros(k), -np.ones(m)]), A_ub=height, b_ub=np.zeros(m), A_eq=fixed,
                     b_eq=np.zeros(len(fixed)), bounds=[(None, None)] * k + [(0.0, 1.0)] * m)  # fmt: skip
    found = np.zeros(len(zero), dtype=bool)
    found[np.flatnonzero(zero)] = answer.x[k:] > 0.5
    return found


@pytest.mark.parametrize("seed", range(25))
def test_separated_zeros_are_those_of_a_linear_program_over_all_dummies(seed: int) -> None:
    sample = world(seed, n=4, zeros=0.62, regressors=1 + seed % 3)
    if seed % 2:  # dummies separate oftener than draws do
        sample = Sample(sample.flow, sample.origin, sample.destination, (sample.regressors > 0.4) * 1.0, sample.names)
    assert (separated(sample) == dense_separation(sample)).all()


def test_the_cases_above_hold_separated_zeros_and_others() -> None:
    counts = [int(separated(world(seed, n=4, zeros=0.62, regressors=1 + seed % 3)).sum()) for seed in range(25)]
    assert 0 in counts and max(counts) > 3


def test_an_exporter_without_flows_is_left_out_by_name() -> None:
    sample = world(2)
    nothing = Sample(np.where(sample.origin == 3, 0.0, sample.flow), sample.origin, sample.destination,
                     sample.regressors, sample.names, sample.labels)  # fmt: skip
    fit = estimate(nothing)
    assert fit.separated == tuple(f"3-{j}" for j in range(7))
    without = estimate(sample.take(sample.origin != 3))
    assert fit.estimate == pytest.approx(without.estimate, rel=SAME)
    assert fit.freedom == without.freedom


def test_a_regressor_that_only_zeros_have_is_refused_once_they_are_gone() -> None:
    sample = world(4, regressors=1)
    embargo = (sample.origin == 1) & (sample.destination == 2)
    both = np.column_stack([sample.regressors, embargo * 1.0])
    closed = Sample(np.where(embargo, 0.0, sample.flow), sample.origin, sample.destination, both, ("x", "embargo"),
                    sample.labels)  # fmt: skip
    assert np.flatnonzero(separated(closed)).tolist() == np.flatnonzero(embargo).tolist()
    with pytest.raises(InputError, match="embargo"):
        estimate(closed)


# What is refused


def test_what_the_fixed_effects_explain_is_refused_by_name() -> None:
    sample = world(6, regressors=1)
    size = np.random.default_rng(0).normal(size=7)
    of_both = 2.0 * sample.regressors[:, 0] + size[sample.origin]
    of_countries = size[sample.origin] + size[sample.destination]
    for extra, said in (
        (of_countries, "size is explained wholly"),
        (of_both, "x0 and size cannot be told apart"),
    ):
        columns = np.column_stack([sample.regressors, extra])
        with pytest.raises(InputError, match=said):
            estimate(Sample(sample.flow, sample.origin, sample.destination, columns, ("x0", "size")))


@pytest.mark.parametrize(("flow", "said"), [(-1.0, "negative"), (np.nan, "finite")])
def test_flows_that_cannot_be_are_refused(flow: float, said: str) -> None:
    sample = world(0)
    sample.flow[5] = flow
    with pytest.raises(InputError, match=f"0-5.*{said}"):
        estimate(sample)


def test_units_of_flows_and_regressors_only_rescale() -> None:
    sample = world(8, zeros=0.1)
    plain = estimate(sample)
    scaled = estimate(Sample(1e9 * sample.flow, sample.origin, sample.destination,
                             sample.regressors * np.array([1e6, 1e-6]), sample.names))  # fmt: skip
    assert scaled.estimate * np.array([1e6, 1e-6]) == pytest.approx(plain.estimate, rel=SAME)
    assert scaled.standard_error * np.array([1e6, 1e-6]) == pytest.approx(plain.standard_error, rel=1e-7)
