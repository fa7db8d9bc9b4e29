"""Poisson pseudo-maximum likelihood (Santos Silva and Tenreyro 2006): E[X_ij] = exp(a_i + b_j + beta' z_ij).

Flows enter in levels, zeros included. Iteratively reweighted least squares takes both sets of fixed effects out
exactly at every step, so that what is solved has the size of the destinations and of beta, not of the dummies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.blocks.gravity.effects import demean, project
from phistar.blocks.gravity.identification import refuse_unidentified, separated
from phistar.blocks.gravity.sample import Sample, check
from phistar.core.certificate import Certificate
from phistar.core.errors import InputError, NoEquilibrium

Array = np.ndarray

MAX_STEPS = 300
#: Root mean square change of the linear predictor, weighted by fitted flows, below which Newton has converged: its
#: next change would be the square of it, which rounding hides.
_DONE = 1e-9
_REMEDY = "leave out flows that are next to nothing, or a regressor"
CLUSTERS = ("none", "origin", "destination", "pair", "both")


@dataclass(frozen=True)
class Fit:
    """An estimated gravity equation.

    Attributes
    ----------
    estimate : ndarray (regressor)
    covariance : ndarray (regressor, regressor)
        A robust sandwich; by clusters where they were asked for.
    cluster : str
    fitted : ndarray (observation)
        Expected flows.
    sample : Sample
        The observations used.
    separated : tuple of str
        Zeros left out because regressors or fixed effects predict them perfectly.
    deviance : float
    freedom : int
        Observations less coefficients and independent fixed effects.
    steps : int
    certificate : Certificate
        First-order conditions: fitted flows add up to observed ones by origin and by destination, and residuals are
        orthogonal to every regressor.
    """

    estimate: Array
    covariance: Array
    cluster: str
    fitted: Array
    sample: Sample
    separated: tuple[str, ...]
    deviance: float
    freedom: int
    steps: int
    certificate: Certificate

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the regressors."""
        return self.sample.names

    @property
    def standard_error(self) -> Array:
        """Standard errors; undefined where no degree of freedom is left."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))

    @property
    def misfit(self) -> float:
        """Largest log distance of a positive flow from its fitted value: zero where flows are log-linear."""
        sold = self.sample.flow > 0.0
        return float(np.max(np.abs(np.log(self.sample.flow[sold] / self.fitted[sold]))))


def estimate(sample: Sample, cluster: str = "none") -> Fit:
    """Estimate the gravity equation by Poisson pseudo-maximum likelihood.

    Parameters
    ----------
    sample : Sample
    cluster : str
        What residuals may be correlated within: ``none``, ``origin``, ``destination``, ``pair`` (both directions are
        one pair when codes of origins and destinations mean the same), or ``both`` (origin and destination).

    Raises
    ------
    InputError
        When flows or regressors are not numbers, or a coefficient is not identified beside the fixed effects.
    NoEquilibrium
        When the first-order conditions are not met.
    """
    if cluster not in CLUSTERS:
        raise InputError("cluster", "must be one of " + ", ".join(f'"{c}"' for c in CLUSTERS), cluster)
    check(sample)
    apart = separated(sample)
    refuse_unidentified(sample.take(~apart), int(apart.sum()))
    try:
        with np.errstate(all="ignore"):  # what is not finite is not certified
            fit = _fit(sample, apart, cluster)
    except np.linalg.LinAlgError:
        why = "the estimate did not converge: flows lie too many orders of magnitude apart"
        raise NoEquilibrium(why, _REMEDY) from None
    if not fit.certificate.certified:
        worst = fit.certificate.worst
        gap = fit.certificate.residuals[worst]
        raise NoEquilibrium(f"the estimate did not converge: {worst} is off by {gap:.1e}", _REMEDY)
    return fit


def _fit(sample: Sample, apart: Array, cluster: str) -> Fit:
    used = sample.take(~apart)
    # In units of each regressor's own spread: coefficients then are of order one.
    scale = np.max(np.abs(used.regressors), axis=0)
    mu, beta, steps = _reweighted(used, used.regressors / scale)
    x, independent = demean(used.regressors / scale, mu, used.origin, used.destination)
    freedom = len(used.flow) - len(used.names) - independent
    left_out = np.array(sample.labels, dtype=object)[apart] if sample.labels else np.flatnonzero(apart)
    return Fit(
        estimate=beta / scale,
        covariance=sandwich(x, used, mu, cluster, freedom) / np.outer(scale, scale),
        cluster=cluster,
        fitted=mu,
        sample=used,
        separated=tuple(str(name) for name in left_out),
        deviance=deviance(used.flow, mu),
        freedom=freedom,
        steps=steps,
        certificate=Certificate(first_order(used, x, mu)),
    )


def deviance(flow: Array, mu: Array) -> float:
    """Compute the Poisson deviance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(flow > 0.0, flow * np.log(flow / mu), 0.0)
    return float(2.0 * np.sum(logs - (flow - mu)))


def _reweighted(sample: Sample, x: Array) -> tuple[Array, Array, int]:
    """Run iteratively reweighted least squares; what dummies would add comes from the demeaning.

    Notes
    -----
    It starts from what the totals of origins and destinations alone predict, which satisfies the equation with zero
    coefficients. From there on a shortened step does too, and the deviance, being convex, can always be lowered.
    """
    flow = sample.flow
    rows, columns = np.bincount(sample.origin, flow), np.bincount(sample.destination, flow)
    predictor = np.log(rows[sample.origin]) + np.log(columns[sample.destination]) - np.log(np.sum(flow))
    mu, beta, done = np.exp(predictor), np.zeros(x.shape[1]), False
    best = deviance(flow, mu)
    steps = 0
    for _ in range(MAX_STEPS):
        steps += 1
        gap = ((flow - mu) / mu)[:, None]
        left, taken, _ = project(np.column_stack([gap, x]), mu, sample.origin, sample.destination)
        if not np.isfinite(left).all():
            raise np.linalg.LinAlgError
        root = np.sqrt(mu)[:, None]
        slope = np.linalg.lstsq(root * left[:, 1:], root[:, 0] * left[:, 0], rcond=None)[0]
        # Not the gap less its residual: where mu is tiny both are huge and their difference is lost.
        move = taken[:, 0] + left[:, 1:] @ slope
        share = 1.0
        for _ in range(1 if done else 60):
            trial = np.exp(np.minimum(predictor + share * move, 700.0))
            size = deviance(flow, trial)
            if size <= best * (1.0 + 1e-10) + 1e-12 * np.sum(flow):
                break
            share *= 0.5
        change = share * float(np.sqrt(np.sum(trial * move**2) / np.sum(trial)))
        predictor, beta, mu, best = predictor + share * move, beta + share * slope, trial, size
        if done:
            break
        done = change < _DONE  # and one more step, which only rounding limits
    return mu, beta, steps


def first_order(sample: Sample, x: Array, mu: Array) -> dict[str, float]:
    """Return the scaled first-order conditions by name."""
    gap = sample.flow - mu
    found = {}
    for name, code in (("origins", sample.origin), ("destinations", sample.destination)):
        total = np.bincount(code, sample.flow)
        sold = total > 0.0
        found[name] = float(np.max(np.abs(np.bincount(code, gap)[sold] / total[sold]), initial=0.0))
    scale = np.sum(np.abs(x) * (sample.flow + mu)[:, None], axis=0)
    found["regressors"] = float(np.max(np.abs(x.T @ gap) / scale))
    return found


def sandwich(x: Array, sample: Sample, mu: Array, cluster: str, freedom: int) -> Array:
    """Compute the robust covariance of the coefficients (regressor, regressor).

    Notes
    -----
    Observations: factor n/(n - K), K counting fixed effects. Clusters: factor G/(G - 1). Undefined (NaN) where no
    degree of freedom is left.
    """
    bread = np.linalg.inv(x.T @ (mu[:, None] * x))
    score = x * (sample.flow - mu)[:, None]
    n = len(mu)

    def meat(code: Array) -> Array:
        """Sum products of the scores of groups, times G/(G - 1) (regressor, regressor)."""
        _, group = np.unique(code, return_inverse=True)
        count = int(group.max()) + 1
        sums = np.stack([np.bincount(group, column, count) for column in score.T], axis=1)
        return np.asarray(sums.T @ sums * (count / (count - 1.0) if count > 1 else np.nan))

    width = int(max(sample.origin.max(), sample.destination.max())) + 1
    low, high = np.minimum(sample.origin, sample.destination), np.maximum(sample.origin, sample.destination)
    if cluster == "none":
        middle = score.T @ score * (n / freedom if freedom > 0 else np.nan)
    elif cluster == "both":
        both = sample.origin * width + sample.destination
        middle = meat(sample.origin) + meat(sample.destination) - meat(both)
    else:
        codes = {"origin": sample.origin, "destination": sample.destination, "pair": low * width + high}
        middle = meat(codes[cluster])
    return np.asarray(bread @ middle @ bread if freedom > 0 else np.full_like(bread, np.nan))


# Separation
