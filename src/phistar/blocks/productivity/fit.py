"""Fit a productivity distribution to data: maximum likelihood and tail estimators, with standard errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.blocks.productivity.kernel import Productivity
from phistar.blocks.productivity.spec import FAMILIES
from phistar.core.errors import InputError, unknown_key
from phistar.numerics.duals import seed
from phistar.numerics.special import log_abs_expm1, tilted_log, tilted_mean, tilted_variance

EULER = 0.5772156649015329
_LOCATION = ("mu",)  # parameters that may be negative; the others are estimated in logs


@dataclass(frozen=True)
class Fit:
    """A fitted distribution.

    Parameters
    ----------
    family : str
        Name of the family.
    parameters : dict
        Every parameter of the family, estimated or held fixed.
    standard_errors : dict
        Standard errors of the estimated parameters, in the order of `covariance`.
    covariance : numpy.ndarray
        Asymptotic covariance of the estimated parameters.
    log_likelihood : float
        Log-likelihood of the observations at the estimate (NaN for a rank regression).
    n : float
        Observations used: the sum of their weights.
    method : str
        How the estimate was made.
    """

    family: str
    parameters: dict[str, float]
    standard_errors: dict[str, float]
    covariance: np.ndarray
    log_likelihood: float
    n: float
    method: str

    @property
    def distribution(self) -> Productivity:
        """The fitted distribution."""
        return FAMILIES[self.family](**self.parameters)


@dataclass(frozen=True)
class _Sample:
    """Logs of the data with frequency weights, and the logs of the bounds it was observed within."""

    z: np.ndarray
    weights: np.ndarray
    low: float
    high: float

    @property
    def n(self) -> float:
        """Number of observations."""
        return float(self.weights.sum())

    def mean(self, values: np.ndarray) -> float:
        """Return the weighted mean of `values`."""
        return float(self.weights @ values / self.n)


def fit(
    family: str,
    data: Any,
    *,
    weights: Any = None,
    truncation: tuple[float | None, float | None] | None = None,
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """Fit a family by maximum likelihood; bounded Pareto after Aban, Meerschaert and Panorska (2006).

    Parameters
    ----------
    family : str
        ``pareto``, ``bounded_pareto``, ``lognormal``, ``frechet``, ``weibull`` or ``lognormal_pareto``.
    data : array_like
        Observed productivities, positive.
    weights : array_like, optional
        How many observations each entry stands for.
    truncation : (low, high), optional
        Bounds outside which firms are not observed; None for no bound on that side.
    fixed : mapping, optional
        Parameters held at a value.

    Returns
    -------
    Fit
        Estimates; standard errors from the observed information. The ends of a support converge at rate n,
        not root n: their standard errors are those of the exponential gap between the extreme and the end.

    Raises
    ------
    InputError
        If the data do not admit the family, or hold observations outside the truncation.
    """
    if family not in _STARTS and family not in _POWER_LAWS:
        raise unknown_key(family, [*_POWER_LAWS, *_STARTS], "family to fit")
    sample, fixed = _sample(data, weights, truncation), dict(fixed or {})
    for name in fixed:
        if name not in FAMILIES[family].parameter_names:
            raise unknown_key(f"fixed.{name}", FAMILIES[family].parameter_names, f"parameter of {family}")
    if family in _POWER_LAWS:
        return _POWER_LAWS[family](sample, fixed)
    return _fit_smooth(family, sample, fixed)


def hill(data: Any, k_tail: int) -> Fit:
    """Estimate a tail exponent from the `k_tail` largest values, Hill (1975), with error k/sqrt(k_tail)."""
    z = _tail(data, k_tail)
    excess = z[:-1] - z[-1]
    if excess.sum() <= 0.0:
        raise InputError("data", "has a tail of equal values", remedy="raise k_tail")
    k = 1.0 / excess.mean()
    error = k / np.sqrt(k_tail)
    log_likelihood = k_tail * np.log(k) - float(np.sum(k * excess + z[:-1]))
    parameters = {"k": float(k), "scale": float(np.exp(z[-1]))}
    return _result("pareto", parameters, {"k": error}, log_likelihood, k_tail, "hill")


def rank_regression(data: Any, k_tail: int | None = None) -> Fit:
    """Estimate a tail exponent by regressing ln(rank - 1/2) on ln size, Gabaix and Ibragimov (2011).

    Parameters
    ----------
    data : array_like
        Observed productivities, positive.
    k_tail : int, optional
        Use the largest `k_tail` values; all by default.

    Returns
    -------
    Fit
        With the standard error sqrt(2/n) k; the scale is where the fitted line reaches rank n.
    """
    z = np.sort(_sample(data, None, None).z)[::-1]
    n = z.size if k_tail is None else k_tail
    if not 2 <= n <= z.size:
        raise InputError("k_tail", f"must lie between 2 and the {z.size} observations", k_tail)
    z, y = z[:n], np.log(np.arange(1, n + 1) - 0.5)
    spread = z - z.mean()
    if not spread @ spread > 0.0:
        raise InputError("data", "has a tail of equal values", remedy="raise k_tail")
    k = float(-(spread @ y) / (spread @ spread))
    scale = float(np.exp(z.mean() + (y.mean() - np.log(n)) / k))
    parameters = {"k": k, "scale": scale}
    return _result("pareto", parameters, {"k": k * np.sqrt(2.0 / n)}, np.nan, n, "rank - 1/2 regression")


# -- power laws: the ends of the support are extremes of the data --------------------------------------------


def _fit_pareto(sample: _Sample, fixed: dict[str, float]) -> Fit:
    """Fit a Pareto; truncated from below its scale is not identified and stands at the bound."""
    known = "scale" in fixed or sample.low > -np.inf
    low = max(np.log(fixed["scale"]) if "scale" in fixed else -np.inf, sample.low) if known else sample.z.min()
    if sample.z.min() < low:
        raise InputError("fixed.scale", "must not exceed the least observation", fixed.get("scale"))
    k, k_error, log_likelihood = _power_exponent(sample, low, sample.high, fixed)
    scale = fixed.get("scale", float(np.exp(low)))
    errors = {} if "k" in fixed else {"k": k_error}
    if not known:
        errors["scale"] = scale / (sample.n * k)
    return _result("pareto", {"k": k, "scale": scale}, errors, log_likelihood, sample.n, _METHOD)


def _fit_bounded_pareto(sample: _Sample, fixed: dict[str, float]) -> Fit:
    low = np.log(fixed["lower"]) if "lower" in fixed else sample.z.min()
    high = np.log(fixed["upper"]) if "upper" in fixed else sample.z.max()
    if sample.z.min() < low or sample.z.max() > high:
        raise InputError("fixed", "must hold every observation between lower and upper")
    k, k_error, log_likelihood = _power_exponent(sample, max(low, sample.low), min(high, sample.high), fixed)
    lower, upper = fixed.get("lower", float(np.exp(low))), fixed.get("upper", float(np.exp(high)))
    # The gap between an extreme and the end of the support is exponential with mean 1/(n density).
    span = k * (high - low)
    density = k / -np.expm1(-span)
    errors = {} if "k" in fixed else {"k": k_error}
    if "lower" not in fixed:
        errors["lower"] = lower / (sample.n * density)
    if "upper" not in fixed:
        errors["upper"] = upper / (sample.n * density * np.exp(-span))
    parameters = {"k": k, "lower": lower, "upper": upper}
    return _result("bounded_pareto", parameters, errors, log_likelihood, sample.n, _METHOD)


_METHOD = "maximum likelihood"
_POWER_LAWS: dict[str, Callable[[_Sample, dict[str, float]], Fit]] = {
    "pareto": _fit_pareto,
    "bounded_pareto": _fit_bounded_pareto,
}


def _power_exponent(sample: _Sample, low: float, high: float, fixed: dict[str, float]) -> tuple[float, float, float]:
    """Return k, its standard error and the log-likelihood of a power law observed on [low, high] in logs."""
    mean, width = sample.mean(sample.z) - low, high - low
    if not mean > 0.0:
        raise InputError("data", "must hold at least two distinct values above the lower end")
    k = fixed["k"] if "k" in fixed else _solve_exponent(mean, width)
    if width == np.inf:
        information, log_scale = 1.0 / k**2, -np.log(k)
    else:
        information = float(width**2 * tilted_variance(-k * width))
        log_scale = float(np.log(width) + tilted_log(-k * width))
    log_likelihood = -sample.n * (k * mean + log_scale + sample.mean(sample.z))
    return k, 1.0 / np.sqrt(sample.n * information), log_likelihood


def _solve_exponent(mean: float, width: float) -> float:
    """Solve for the k that gives a power law of log width `width` the mean log `mean` above its lower end."""
    if width == np.inf:
        return 1.0 / mean
    if mean >= 0.5 * width:
        raise InputError("data", "does not thin out towards the upper bound: no power law with k > 0 fits")
    # The mean is convex and decreasing in k, and lies below 1/k: Newton from the left rises monotonically.
    k = 0.0
    for _ in range(200):
        gap = width * float(tilted_mean(-k * width)) - mean
        step = gap / (width**2 * float(tilted_variance(-k * width)))
        k += step
        if abs(step) <= 1e-15 * k:
            break
    return k


# -- smooth families: Newton on the exact score --------------------------------------------------------------


def _start_lognormal(mean: float, sd: float, sample: _Sample) -> dict[str, float]:
    return {"mu": mean, "sd": sd}


def _start_weibull(mean: float, sd: float, sample: _Sample) -> dict[str, float]:
    shape = np.pi / (np.sqrt(6.0) * sd)
    return {"shape": shape, "scale": np.exp(mean + EULER / shape)}


def _start_frechet(mean: float, sd: float, sample: _Sample) -> dict[str, float]:
    shape = np.pi / (np.sqrt(6.0) * sd)
    return {"shape": shape, "scale": np.exp(mean - EULER / shape)}


def _start_lognormal_pareto(mean: float, sd: float, sample: _Sample) -> dict[str, float]:
    order = np.argsort(sample.z)
    above = np.cumsum(sample.weights[order][::-1])[::-1] <= 0.1 * sample.n
    tail = sample.z[order][above] if above.sum() > 1 else sample.z
    excess = np.mean(tail - tail.min())
    return {"mu": mean, "sd": sd, "k": 1.0 / excess if excess > 0.0 else 2.0 / sd}


_STARTS: dict[str, Callable[[float, float, _Sample], dict[str, float]]] = {
    "lognormal": _start_lognormal,
    "weibull": _start_weibull,
    "frechet": _start_frechet,
    "lognormal_pareto": _start_lognormal_pareto,
}


def _fit_smooth(family: str, sample: _Sample, fixed: dict[str, float]) -> Fit:
    mean = sample.mean(sample.z)
    sd = np.sqrt(sample.mean((sample.z - mean) ** 2))
    if not sd > 0.0:
        raise InputError("data", "must hold at least two distinct values")
    start = _STARTS[family](mean, sd, sample) | fixed
    names = [name for name in FAMILIES[family].parameter_names if name not in fixed]
    scores = _Scores(family, sample, names, fixed)
    theta = np.array([start[n] if n in _LOCATION else np.log(start[n]) for n in names])
    theta, hessian = _maximise(scores, theta)
    estimates = {n: float(t if n in _LOCATION else np.exp(t)) for n, t in zip(names, theta, strict=True)}
    slopes = np.array([1.0 if n in _LOCATION else estimates[n] for n in names])
    covariance = np.linalg.inv(-hessian) * np.outer(slopes, slopes) / sample.n
    return Fit(
        family=family,
        parameters={n: float((estimates | fixed)[n]) for n in FAMILIES[family].parameter_names},
        standard_errors=dict(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        covariance=covariance,
        log_likelihood=scores(theta)[0] * sample.n,
        n=sample.n,
        method=_METHOD,
    )


@dataclass(frozen=True)
class _Scores:
    """The mean log-likelihood and its exact gradient in the free parameters, positive ones in logs."""

    family: str
    sample: _Sample
    names: Sequence[str]
    fixed: Mapping[str, float]

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean log-likelihood of the sample at `theta`, and its gradient."""
        free = {n: t if n in _LOCATION else np.exp(t) for n, t in zip(self.names, seed(list(theta)), strict=True)}
        distribution = FAMILIES[self.family](**free, **self.fixed)
        z, weights = self.sample.z, self.sample.weights / self.sample.n
        total = (weights * (distribution.log_density(z) - z)).sum() - self._log_observed(distribution)
        return float(total.value), total.gradient

    def _log_observed(self, distribution: Productivity) -> Any:
        """Return ln of the probability of falling within the truncation."""
        low, high = self.sample.low, self.sample.high
        if low == -np.inf and high == np.inf:
            return 0.0
        above = distribution.log_survival(low) if low > -np.inf else 0.0
        if high == np.inf:
            return above
        beyond = distribution.log_survival(high)
        return above + log_abs_expm1(beyond - above)


def _maximise(scores: _Scores, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximiser and the Hessian there, by Newton steps that never lower the likelihood."""
    value, gradient = scores(theta)
    for _ in range(200):
        hessian = _hessian(scores, theta)
        # Curvature of the wrong sign is turned round, so that every step climbs.
        eigenvalues, vectors = np.linalg.eigh(-hessian)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(eigenvalues), 1e-6))
        step *= min(1.0, 1.0 / np.max(np.abs(step), initial=1e-300))
        if gradient @ step < 1e-13 and eigenvalues.min() > 0.0:
            # Rounding hides any further gain; the last full step squares an error of 1e-7.
            return theta + step, hessian
        scale, trial = _climb(scores, theta, step, value)
        if scale == 0.0:
            break
        theta, (value, gradient) = theta + scale * step, trial
    # No step climbs: at the maximum up to rounding, or nowhere.
    if np.linalg.eigvalsh(-hessian).min() > 1e-10 and gradient @ step < 1e-10:
        return theta, hessian
    raise InputError(
        "data",
        f"has no interior maximum of the {scores.family} likelihood",
        remedy="try another family, or hold a parameter fixed",
    )


def _climb(
    scores: _Scores, theta: np.ndarray, step: np.ndarray, value: float
) -> tuple[float, tuple[float, np.ndarray]]:
    scale = 1.0
    for _ in range(40):
        trial = scores(theta + scale * step)
        if np.isfinite(trial[0]) and trial[0] > value:
            return scale, trial
        scale *= 0.5
    return 0.0, trial


def _hessian(scores: _Scores, theta: np.ndarray) -> np.ndarray:
    """Difference the exact gradient: the only finite difference here, good to about ten digits."""
    h = 1e-5
    rows = [(scores(theta + h * e)[1] - scores(theta - h * e)[1]) / (2.0 * h) for e in np.eye(theta.size)]
    matrix = np.array(rows)
    return 0.5 * (matrix + matrix.T)


# -- data ----------------------------------------------------------------------------------------------------


def _sample(data: Any, weights: Any, truncation: Any) -> _Sample:
    try:
        x = np.asarray(data, dtype=float).ravel()
        w = np.ones(x.size) if weights is None else np.asarray(weights, dtype=float).ravel()
    except (TypeError, ValueError):
        raise InputError("data", "must be numbers") from None
    if x.size < 2 or not np.all(np.isfinite(x) & (x > 0.0)):
        raise InputError("data", "must be at least two positive finite numbers")
    if w.size != x.size or not np.all(np.isfinite(w) & (w >= 0.0)) or w.sum() <= 0.0:
        raise InputError("weights", "must be one nonnegative number an observation, not all zero")
    low, high = truncation or (None, None)
    low, high = -np.inf if low is None else np.log(low), np.inf if high is None else np.log(high)
    if not low < high:
        raise InputError("truncation", "must be a lower and a higher bound", truncation)
    kept = w > 0.0
    z, w = np.log(x[kept]), w[kept]
    if z.min() < low or z.max() > high:
        raise InputError("data", "holds observations outside the truncation", remedy="drop them")
    return _Sample(z, w, float(low), float(high))


def _tail(data: Any, k_tail: int) -> np.ndarray:
    """Return logs of the k_tail + 1 largest values, decreasing."""
    z = np.sort(_sample(data, None, None).z)[::-1]
    if not 1 <= k_tail < z.size:
        raise InputError("k_tail", f"must lie between 1 and {z.size - 1}", k_tail)
    return z[: k_tail + 1]


def _result(
    family: str,
    parameters: dict[str, float],
    errors: dict[str, Any],
    log_likelihood: float,
    n: float,
    method: str,
) -> Fit:
    """Assemble a fit whose estimates are asymptotically independent."""
    values = {name: float(error) for name, error in errors.items()}
    covariance = np.diag(np.square(list(values.values())))
    parameters = {name: float(value) for name, value in parameters.items()}
    return Fit(family, parameters, values, covariance, float(log_likelihood), float(n), method)
