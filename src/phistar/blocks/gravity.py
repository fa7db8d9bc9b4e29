"""Gravity: trade flows explained by bilateral costs and a fixed effect for every origin and every destination.

The Poisson pseudo-maximum-likelihood estimator of Santos Silva and Tenreyro (2006): flows in levels, zeros included,
E[X_ij] = exp(a_i + b_j + beta' z_ij). Iteratively reweighted least squares with both sets of fixed effects partialled
out exactly at every step, so that what is solved has the size of the destinations and of beta, not of the dummies.
Zeros that some combination of regressors predicts perfectly have no finite estimate behind them; they are found
beforehand and left out by name (Correia, Guimaraes and Zylkin 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from phistar.core.certificate import Certificate
from phistar.core.errors import InputError, NoEquilibrium

Array = np.ndarray

MAX_STEPS = 300
#: Root mean square change of the linear predictor, weighted by fitted flows, below which Newton has converged: its
#: next change would be the square of it, which rounding hides.
_DONE = 1e-9
#: Share of a regressor's own variation that must be left beside the others: below is rounding of the demeaning.
_LEFT = 1e-9
_REMEDY = "leave out flows that are next to nothing, or a regressor"
CLUSTERS = ("none", "origin", "destination", "pair", "both")


@dataclass(frozen=True)
class Sample:
    """Observed flows and what may explain them, one entry an observation.

    Attributes
    ----------
    flow : ndarray (observation)
        At least zero.
    origin, destination : ndarray of int (observation)
        Whose fixed effects apply: codes from 0.
    regressors : ndarray (observation, regressor)
        As they enter: in logs where logs are meant.
    names : tuple of str
        Of the regressors.
    labels : tuple of str
        Of the observations, for messages.
    """

    flow: Array
    origin: Array
    destination: Array
    regressors: Array
    names: tuple[str, ...]
    labels: tuple[str, ...] = ()

    def take(self, keep: Array) -> Sample:
        """Return the observations that `keep` selects."""
        labels = tuple(np.array(self.labels, dtype=object)[keep]) if self.labels else ()
        return Sample(
            self.flow[keep], self.origin[keep], self.destination[keep], self.regressors[keep], self.names, labels
        )


@dataclass(frozen=True)
class Fit:
    """An estimated gravity equation.

    Attributes
    ----------
    names : tuple of str
    estimate, standard_error : ndarray (regressor)
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

    names: tuple[str, ...]
    estimate: Array
    standard_error: Array
    covariance: Array
    cluster: str
    fitted: Array
    sample: Sample
    separated: tuple[str, ...]
    deviance: float
    freedom: int
    steps: int
    certificate: Certificate = field(default_factory=lambda: Certificate({}))

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
    used = sample.take(~apart)
    refuse_unidentified(used, int(apart.sum()))
    # In units of each regressor's own spread: coefficients then are of order one.
    scale = np.max(np.abs(used.regressors), axis=0)
    try:
        with np.errstate(all="ignore"):  # what is not finite is not certified
            mu, beta, steps = _reweighted(used, used.regressors / scale)
            x, independent = demean(used.regressors / scale, mu, used.origin, used.destination)
            freedom = len(used.flow) - len(used.names) - independent
            covariance = sandwich(x, used, mu, cluster, freedom) / np.outer(scale, scale)
            errors = np.sqrt(np.diag(covariance))
            conditions = first_order(used, x, mu)
    except np.linalg.LinAlgError:
        raise NoEquilibrium(
            "the estimate did not converge: flows lie too many orders of magnitude apart", _REMEDY
        ) from None
    names = np.array(sample.labels, dtype=object)[apart] if sample.labels else np.flatnonzero(apart)
    fit = Fit(
        used.names,
        beta / scale,
        errors,
        covariance,
        cluster,
        mu,
        used,
        tuple(str(name) for name in names),
        deviance(used.flow, mu),
        freedom,
        steps,
        Certificate(conditions),
    )
    if not fit.certificate.certified:
        worst = fit.certificate.worst
        raise NoEquilibrium(
            f"the estimate did not converge: {worst} is off by {fit.certificate.residuals[worst]:.1e}",
            _REMEDY,
        )
    return fit


def check(sample: Sample) -> None:
    """Refuse flows that are negative or not numbers, and regressors that are not finite."""
    if not len(sample.names):
        raise InputError("regressors", "are missing: gravity needs something bilateral to estimate")
    for ok, problem in ((np.isfinite(sample.flow), "is not a finite number"), (sample.flow >= 0.0, "is negative")):
        if not ok.all():
            at = int(np.flatnonzero(~ok)[0])
            raise InputError(f"flow {_label(sample, at)}", problem, float(sample.flow[at]))
    for k, name in enumerate(sample.names):
        if not np.isfinite(sample.regressors[:, k]).all():
            at = int(np.flatnonzero(~np.isfinite(sample.regressors[:, k]))[0])
            raise InputError(name, f"is not a finite number for {_label(sample, at)}")
    if not (sample.flow > 0.0).any():
        raise InputError("flows", "are all zero")


def _label(sample: Sample, at: int) -> str:
    return sample.labels[at] if sample.labels else f"observation {at}"


# Least squares with two sets of fixed effects


def demean(values: Array, weight: Array, origin: Array, destination: Array) -> tuple[Array, int]:
    """Take weighted origin and destination means out of columns; see `project`."""
    left, _, independent = project(values, weight, origin, destination)
    return left, independent


def project(values: Array, weight: Array, origin: Array, destination: Array) -> tuple[Array, Array, int]:
    """Split columns into what weighted least squares on both sets of dummies leaves and takes, exactly.

    Returns
    -------
    left, taken : ndarray (observation, column)
    independent : int
        How many fixed effects are independent: origins and destinations less connected groups.

    Notes
    -----
    Origins go first, leaving a system in destination effects alone; it is scaled to a unit diagonal, since weights may
    differ by many orders of magnitude, and regular once one destination a connected group is left out.
    """
    n, m = int(origin.max()) + 1, int(destination.max()) + 1
    at_origin, at_destination = np.bincount(origin, weight, n), np.bincount(destination, weight, m)
    between = np.bincount(origin * m + destination, weight, n * m).reshape(n, m)
    spared = references(between)
    free = np.setdiff1d(np.flatnonzero(at_destination > 0.0), spared)
    with np.errstate(divide="ignore"):
        to_origin = np.where(at_origin > 0.0, 1.0 / at_origin, 0.0)
    root = 1.0 / np.sqrt(at_destination[free])
    half = np.sqrt(to_origin)[:, None] * between[:, free] * root
    inverse = np.linalg.inv(np.eye(len(free)) - half.T @ half)
    result, taken = np.array(values, dtype=float), np.zeros(np.shape(values))
    for _ in range(2):  # the second pass takes out what rounding left in the first
        for k in range(result.shape[1]):
            moved = weight * result[:, k]
            means = np.bincount(origin, moved, n) * to_origin
            gap = np.bincount(destination, moved, m) - between.T @ means
            effect = np.zeros(m)
            effect[free] = root * (inverse @ (root * gap[free]))
            own = means - to_origin * (between @ effect)
            part = own[origin] + effect[destination]
            result[:, k] -= part
            taken[:, k] += part
    return result, taken, int((at_origin > 0.0).sum()) + len(free)


def references(between: Array) -> list[int]:
    """Find the groups of origins and destinations that observations connect: the weightiest destination of each."""
    linked, weight = np.asarray(between > 0.0), between.sum(axis=0)
    left = set(np.flatnonzero(linked.any(axis=1)).tolist())
    found = []
    while left:
        group = {min(left)}
        while True:
            markets = linked[sorted(group)].any(axis=0)
            wider = set(np.flatnonzero(linked[:, markets].any(axis=1)).tolist())
            if wider == group:
                break
            group = wider
        found.append(int(np.argmax(np.where(markets, weight, -1.0))))
        left -= group
    return found


def refuse_unidentified(sample: Sample, apart: int = 0) -> None:
    """Refuse regressors that fixed effects, or fixed effects and one another, explain wholly.

    Parameters
    ----------
    sample : Sample
    apart : int
        How many separated zeros were left out before.

    Raises
    ------
    InputError
        Naming them.
    """
    among = f" among the {len(sample.flow)} flows that are left without {apart} separated zeros" if apart else ""
    equal = np.ones(len(sample.flow))
    left, _ = demean(sample.regressors, equal, sample.origin, sample.destination)
    size = np.max(np.abs(sample.regressors), axis=0)
    for k, name in enumerate(sample.names):
        if np.max(np.abs(left[:, k])) <= _LEFT * size[k]:
            raise InputError(name, "is explained wholly by the fixed effects of origins and destinations" + among,
                             remedy="leave it out, or use something that differs between pairs")  # fmt: skip
    scaled = left / np.max(np.abs(left), axis=0)
    _, sizes, combination = np.linalg.svd(scaled, full_matrices=False)
    if sizes[-1] <= _LEFT * sizes[0]:
        involved = [n for n, c in zip(sample.names, combination[-1], strict=True) if abs(c) > 1e-6]
        raise InputError(" and ".join(involved), "cannot be told apart beside the fixed effects" + among,
                         remedy="leave one of them out: name the others alone")  # fmt: skip


# Poisson


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


def separated(sample: Sample) -> Array:
    """Mark the zeros that a combination of regressors and fixed effects predicts perfectly.

    Notes
    -----
    Such a combination is zero wherever flows are positive and of one sign, not everywhere zero, where they are not.
    The combinations that vanish on positive flows form a space that is almost always empty but for the level shared
    by all fixed effects; only where it is not does a linear program look for the largest set.
    """
    zero = sample.flow == 0.0
    found = np.zeros(len(zero), dtype=bool)
    if not zero.any():
        return found
    if _determined(sample.take(~zero), len(np.unique(sample.origin)) + len(np.unique(sample.destination))):
        return found
    size = np.max(np.abs(sample.regressors), axis=0)
    x = sample.regressors / np.where(size > 0.0, size, 1.0)
    null = _null_space(_gram(sample, x, ~zero))
    n, m = int(sample.origin.max()) + 1, int(sample.destination.max()) + 1
    effects, slopes = null[: n + m], null[n + m :]
    values = (
        effects[sample.origin[zero]] + effects[n + sample.destination[zero]] + x[zero] @ slopes
    )  # (zero, direction)
    directions, strength, _ = np.linalg.svd(values, full_matrices=False)
    values = directions[:, strength > 1e-7] * np.sqrt(len(values))
    if values.shape[1]:
        found[np.flatnonzero(zero)] = _one_sided(values)
    return found


def _determined(positive: Sample, effects: int) -> bool:
    """Whether positive flows alone pin every coefficient down, so that no zero can be separated."""
    left, independent = demean(positive.regressors, np.ones(len(positive.flow)), positive.origin, positive.destination)
    size = np.max(np.abs(positive.regressors), axis=0)
    if independent < effects - 1 or np.any(np.max(np.abs(left), axis=0) <= _LEFT * size):
        return False
    sizes = np.linalg.svd(left / np.max(np.abs(left), axis=0), compute_uv=False)
    return bool(len(sizes) == left.shape[1] and sizes[-1] > 1e-6 * sizes[0])


def _gram(sample: Sample, x: Array, keep: Array) -> Array:
    """Compute the cross products of all dummies and regressors over some observations."""
    o, d, z = sample.origin[keep], sample.destination[keep], x[keep]
    n, m = int(sample.origin.max()) + 1, int(sample.destination.max()) + 1
    both = np.bincount(o * m + d, minlength=n * m).reshape(n, m).astype(float)
    by_origin = np.stack([np.bincount(o, column, n) for column in z.T], axis=1)
    by_destination = np.stack([np.bincount(d, column, m) for column in z.T], axis=1)
    return np.block(
        [
            [np.diag(both.sum(axis=1)), both, by_origin],
            [both.T, np.diag(both.sum(axis=0)), by_destination],
            [by_origin.T, by_destination.T, z.T @ z],
        ]
    )


def _null_space(gram: Array) -> Array:
    """Return the directions a cross-product matrix sends to zero, as columns."""
    sizes, vectors = np.linalg.eigh(gram)
    return np.asarray(vectors[:, sizes <= 1e-11 * sizes[-1]])


def _one_sided(values: Array) -> Array:
    """Mark the largest set of rows that some combination of columns makes positive while none becomes negative."""
    values = np.where(np.abs(values) > 1e-7, values, 0.0)  # rows have entries of order one; below is rounding
    if values.shape[1] == 1:
        sided = np.all(values >= 0.0) or np.all(values <= 0.0)
        return np.asarray(sided & (values[:, 0] != 0.0))
    from scipy.optimize import linprog

    rows, columns = values.shape
    # Most rows at one, where 0 <= height <= 1 and height = values @ combination: a larger combination is no better.
    goal = np.concatenate([np.zeros(columns), -np.ones(rows)])
    answer = linprog(
        goal,
        A_ub=np.hstack([-values, np.eye(rows)]),
        b_ub=np.zeros(rows),
        bounds=[(None, None)] * columns + [(0.0, 1.0)] * rows,
        method="highs",
    )
    return np.asarray(answer.x[columns:] > 0.5)
