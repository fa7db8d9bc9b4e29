"""Special functions of truncated distributions, accurate in both tails, with their derivatives as dual rules.

Three families appear in every partial moment of the library: the exponentially tilted uniform (a power law
between two bounds), the normal tail, and the incomplete gamma functions at any real first argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from phistar.numerics.duals import Dual, chain, rule, value_of

# Edges (log 0, 0/0 at the end of a support) are part of these functions: they return the limit, silently.
quiet = np.errstate(all="ignore")

LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
SMALL_ORDER = 0.5  # below it a difference of logs is integrated over the order instead of subtracted


def lifted(value: Any, inputs: Sequence[Any], partials: Callable[[], Sequence[Any]]) -> Any:
    """Return `value`, with the chain rule applied where an input is dual; `partials` is called only then."""
    if any(isinstance(x, Dual) for x in inputs):
        return chain(value, inputs, partials())
    return value


@cache
def gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes and weights of the n-point Gauss-Legendre rule on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (x + 1.0), 0.5 * w


def over_orders(integrand: Callable[[np.ndarray], Any], ndim: int) -> Any:
    """Integrate over [0, 1] a smooth function whose values have `ndim` axes, calling it once at all nodes."""
    nodes, weights = (item.reshape(-1, *(1,) * ndim) for item in gauss_legendre(5))
    return np.sum(weights * integrand(nodes), axis=0)


@quiet
def log_abs_expm1(x: Any) -> Any:
    """Compute ln |e^x - 1| without overflow."""
    v = value_of(x)
    big = np.maximum(v, 0.0)
    result = big + np.log(np.abs(np.where(v > 0.0, -np.expm1(-big), np.expm1(np.minimum(v, 0.0)))))
    return lifted(result, (x,), lambda: (-1.0 / np.expm1(-v),))


# -- the exponentially tilted uniform on [0, 1] --------------------------------------------------------------

# B_2n/(2n)!: the Bernoulli series of the mean; radius of convergence 2 pi, used to |x| = 1.
_BERNOULLI = (
    8.3333333333333333e-02, -1.3888888888888889e-03, 3.3068783068783069e-05, -8.2671957671957672e-07,
    2.0876756987868099e-08, -5.2841901386874932e-10, 1.3382536530684679e-11, -3.3896802963225828e-13,
    8.5860620562778446e-15, -2.1748686985580618e-16, 5.5090028283602295e-18,
)  # fmt: skip
_BERNOULLI_SLOPES = tuple((2 * n + 1) * b for n, b in enumerate(_BERNOULLI))


@quiet
def tilted_log(x: Any) -> Any:
    """Compute ln int_0^1 e^(x s) ds = ln((e^x - 1)/x), the cumulant function of the tilted uniform."""
    v = value_of(x)
    size = np.abs(v)
    result = np.maximum(v, 0.0) + np.where(size == 0.0, 0.0, np.log(-np.expm1(-size) / size))
    return lifted(result, (x,), lambda: (tilted_mean(v),))


@quiet
def tilted_mean(x: Any) -> Any:
    """Compute the mean of the density proportional to e^(x s) on [0, 1]."""
    v = value_of(x)
    result, near = -1.0 / np.expm1(-v) - 1.0 / v, np.abs(v) < 1.0
    if near.any():
        small = np.where(near, v, 0.0)
        result = np.where(near, 0.5 + small * _even_series(_BERNOULLI, small), result)
    return lifted(result, (x,), lambda: (tilted_variance(v),))


@quiet
def tilted_variance(x: Any) -> np.ndarray:
    """Compute the variance of the density proportional to e^(x s) on [0, 1]."""
    v = np.abs(value_of(x))
    result, near = 1.0 / v**2 - np.exp(-v) / np.expm1(-v) ** 2, v < 1.0
    return np.where(near, _even_series(_BERNOULLI_SLOPES, np.where(near, v, 0.0)), result) if near.any() else result


def _even_series(coefficients: Sequence[float], x: Any) -> np.ndarray:
    """Sum coefficients[n] x^(2n)."""
    square = np.asarray(x * x)
    series = np.full_like(square, coefficients[-1])
    for c in reversed(coefficients[:-1]):  # Horner, in place
        series *= square
        series += c
    return series


@quiet
def tilted_log_ratio(x: Any, step: Any) -> Any:
    """Compute tilted_log(x + step) - tilted_log(x), keeping its digits when `step` is small."""
    v, h = value_of(x), value_of(step)

    def exact_when_small(function: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> Any:
        """Compute f(v + h) - f(v), by its integral over the step where that is small."""
        result = function(v + h) - function(v)
        small = np.abs(h) < SMALL_ORDER
        if not small.any():
            return result
        return np.where(small, h * over_orders(lambda node: derivative(v + node * h), np.ndim(result)), result)

    return lifted(
        exact_when_small(tilted_log, tilted_mean),
        (x, step),
        lambda: (exact_when_small(tilted_mean, tilted_variance), tilted_mean(v + h)),
    )


# -- the normal tail -----------------------------------------------------------------------------------------


# (1 + y) (n(y)/N(-y) - y), the scaled mean of a normal above y less y, as a polynomial of t = (y - 4)/(y + 4):
# Chebyshev series in the variable of Shepherd and Laframboise (1981), worked out in 40 digits and written out in
# powers, which its quick decay allows: its error is that of rounding. Hazard and tail follow without a difference.
_EXCESS = (
    1.12803572244735539e+00, -6.20563799811363961e-02, -1.92103748190835449e-01, 1.92932468879077723e-01,
    -6.10710842032522322e-02, -3.07693920216086970e-02, 3.24242050465371398e-02, -1.12908612982648014e-03,
    -1.06055389864732220e-02, 3.29266070081237145e-03, 2.75203745433448034e-03, -1.69371454186322576e-03,
    -5.60384525554162289e-04, 6.39004505759670563e-04, 6.87445037880625545e-05, -2.02437864975947042e-04,
    9.20262891389523839e-06, 5.53251341979348721e-05, -1.02566781500712153e-05, -1.27924229586249402e-05,
    4.57141867763021863e-06, 2.33104148604217053e-06, -1.51757823825548158e-06, -2.79290545200151529e-07,
    3.90923599366185672e-07, 9.89184315464149799e-09, -7.03660049939063932e-08, 1.69830501568308691e-09,
    6.50673513948778585e-09,
)  # fmt: skip


def upper_excess(*points: np.ndarray) -> list[np.ndarray]:
    """Compute the mean of a standard normal above y, less y, at several arrays of y >= 0 in one sweep."""
    y = np.concatenate([p.ravel() for p in points])
    t = 1.0 - 8.0 / (y + 4.0)
    result = np.full_like(t, _EXCESS[-1])
    for c in reversed(_EXCESS[:-1]):  # Horner, in place
        result *= t
        result += c
    result /= 1.0 + y
    ends = accumulate(p.size for p in points)
    return [result[end - p.size : end].reshape(p.shape) for p, end in zip(points, ends, strict=True)]


def _mass_beyond(t: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Return the mass of a standard normal above |t|, from its mean excess there."""
    return np.exp(-0.5 * t * t - LOG_SQRT_2PI) / (np.abs(t) + excess)


def _log_scaled(t: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Return the log of the normal survival at `t`, plus t^2/2 where t > 0, from the mean excess at |t|."""
    upper = -LOG_SQRT_2PI - np.log(np.abs(t) + excess)
    return np.where(t > 0.0, upper, np.log1p(-_mass_beyond(t, excess)))


@rule("ndtri")
@quiet
def _ndtri_rule(r: Any, p: Any) -> tuple[Any]:
    return (np.exp(0.5 * r * r + LOG_SQRT_2PI),)


@quiet
def log_normal_survival(t: Any) -> Any:
    """Compute the log of the probability that a standard normal exceeds `t`."""
    v = np.asarray(value_of(t), dtype=float)
    (excess,) = upper_excess(np.abs(v))
    result = _log_scaled(v, excess) - 0.5 * np.maximum(v, 0.0) ** 2
    return lifted(result[()], (t,), lambda: (-normal_hazard(v),))


@quiet
def log_scaled_survival(t: Any, excess: Any = None) -> Any:
    """Compute the log of the probability that a standard normal exceeds `t`, plus t^2/2 where t > 0.

    Who has worked out the mean excess at |t| may hand it over.
    """
    v = np.asarray(value_of(t), dtype=float)
    known = upper_excess(np.abs(v))[0] if excess is None else excess
    return lifted(_log_scaled(v, known)[()], (t,), lambda: (np.where(v > 0.0, -known, -normal_hazard(v)),))


def normal_quantile(p: Any) -> Any:
    """Compute the quantile of the standard normal."""
    from scipy.special import ndtri

    return ndtri(p)


@quiet
def normal_hazard(t: Any) -> Any:
    """Compute the standard normal density over its upper tail, the mean of a normal above `t`."""
    v = np.asarray(value_of(t), dtype=float)
    (excess,) = upper_excess(np.abs(v))
    result = np.where(v > 0.0, v + excess, _hazard_below(v, excess))[()]
    return lifted(result, (t,), lambda: (1.0 - normal_variance(v),))


def _hazard_below(t: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Return the normal hazard at t <= 0 from the mean excess at -t."""
    return np.exp(-0.5 * t * t - LOG_SQRT_2PI) / (1.0 - _mass_beyond(t, excess))


@quiet
def normal_excess(t: Any) -> Any:
    """Compute the mean of a standard normal above `t`, less `t`, without cancellation far out."""
    v = np.asarray(value_of(t), dtype=float)
    (result,) = upper_excess(np.abs(v))
    below = v < 0.0
    if below.any():
        result = np.where(below, _hazard_below(v, result) - v, result)
    return lifted(result[()], (t,), lambda: (-normal_variance(v),))


@quiet
def normal_variance(t: Any) -> Any:
    """Compute the variance of a standard normal above `t`."""
    hazard = normal_hazard(t)
    return 1.0 - np.where(hazard == 0.0, 0.0, hazard * normal_excess(t))[()]


@quiet
def normal_tails(t: Any, step: Any) -> tuple[Any, Any]:
    """Compute ln P(z >= t) and ln E[e^(step (z - t)) | z >= t] of a standard normal z, exact at small steps too."""
    t, step = np.asarray(t, dtype=float), np.asarray(step, dtype=float)
    low = t - step
    excess, excess_low = upper_excess(np.abs(t), np.abs(low))
    scaled = _log_scaled(t, excess)
    both_upper = np.minimum(t, low) > 0.0
    quotient = np.log((t + excess) / (low + excess_low))
    ratio = np.where(both_upper, quotient, _log_scaled(low, excess_low) - scaled) + moved_square(t, step)
    small = np.abs(step) < SMALL_ORDER
    if small.any():
        ratio = np.where(small, step * over_orders(lambda node: normal_excess(t - node * step), ratio.ndim), ratio)
        ratio = np.where(step == 0.0, 0.0, ratio)
    return (scaled - 0.5 * np.maximum(t, 0.0) ** 2)[()], ratio[()]


def moved_square(t: Any, step: Any) -> Any:
    """Compute step^2/2 - step t less what scaled logs leave out, half the squares of t > 0 and of t - step > 0.

    That is half the square of t - step where negative, less that of t where negative: nothing cancels.
    """
    low = t - step
    apart = 0.5 * (np.square(np.minimum(low, 0.0)) - np.square(np.minimum(t, 0.0)))
    both_lower = (value_of(t) <= 0.0) & (value_of(low) <= 0.0)
    return np.where(both_lower, step * (0.5 * step - t), apart)


# -- incomplete gamma functions at any real a ---------------------------------------------------------------
#
# With v = ln s both are integrals of e^(a v - e^v) over v. Below v = 0 the factor exp(-e^v) is expanded in
# powers of e^v: an alternating series whose sum is at least e^-1 of its first term, for any a. Above v = 0
# the integrand is log-concave without a plateau: one Gauss-Legendre panel over the window where it exceeds
# e^-42 of its peak. Means and variances of v under the integrand are the first and second derivatives in a.

_TERMS = 20  # 1/20! = 4e-19
_WINDOW = 42.0  # e^-42 = 6e-19
_NODES = 48
#: Integrals worked out together: their nodes fill half a megabyte.
_BLOCK = 1024
#: Exponents from which powers are kept in logs.
_OVERFLOW = 600.0
_FACTORIALS = np.cumprod(np.concatenate([[1.0], np.arange(1.0, _TERMS)]))
_COEFFICIENTS = (-1.0) ** np.arange(_TERMS) / _FACTORIALS  # of exp(-t)


class Cumulants(NamedTuple):
    """Log of an integral over v = ln s, and the mean and variance of v under its integrand."""

    log: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def _series(a: np.ndarray, low: np.ndarray, high: np.ndarray, moments: int) -> Cumulants:
    """Integrate e^(a v - e^v) over [low, high], high <= 0, with that many moments of v."""
    if moments == 0 and np.all((high == 0.0) & ((low == -np.inf) | (a * low < _OVERFLOW))):
        log = np.log(_plain_series(a, low))
        return Cumulants(log, log, log)
    m = np.arange(_TERMS)
    c, top = a[..., None] + m, high[..., None]
    # Past 800/c the rest of the range weighs nothing: an infinite range becomes a finite one.
    width = np.where(c > 0.0, np.minimum(top - low[..., None], 800.0 / np.abs(c)), top - low[..., None])
    log_term = c * top + np.log(width) + tilted_log(-c * width)
    lead = log_term[..., :1]
    weight = (-1.0) ** m / _FACTORIALS * np.exp(log_term - lead)
    total = weight.sum(axis=-1)
    log = lead[..., 0] + np.log(total)
    if moments == 0:
        return Cumulants(log, log, log)
    means = top - width * tilted_mean(-c * width)
    mean = (weight * means).sum(axis=-1) / total
    if moments == 1:
        return Cumulants(log, mean, mean)
    spread = width**2 * tilted_variance(-c * width) + (means - mean[..., None]) ** 2
    return Cumulants(log, mean, (weight * spread).sum(axis=-1) / total)


def _plain_series(a: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Integrate e^(a v - e^v) over [low, 0] where nothing overflows: the series term by term."""
    c = a + _along_terms(np.arange(_TERMS), a.ndim)
    terms = np.where(c == 0.0, -low, -np.expm1(c * low) / c)
    return np.sum(terms * _along_terms(_COEFFICIENTS, a.ndim), axis=0)


def _along_terms(values: np.ndarray, ndim: int) -> np.ndarray:
    """Lay one number a term along a new first axis, before `ndim` others."""
    return values.reshape(-1, *(1,) * ndim)


def _alternating(terms: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Sum terms[m] (-t)^m/m! over the first axis, by Horner in place: `terms` is used up."""
    terms /= _along_terms(_FACTORIALS, terms.ndim - 1)
    total, minus = terms[-1], -t
    for term in terms[-2::-1]:
        total *= minus
        total += term
    return total


def _series_below(a: np.ndarray, high: np.ndarray, moments: int) -> Cumulants:
    """Integrate e^(a v - e^v) over v < high <= 0, a > 0: the series above where every range is infinite."""
    rate = 1.0 / (a + _along_terms(np.arange(_TERMS), a.ndim))
    # The n-th moment of the distance to `high` is n! rate^(n + 1).
    terms = [rate, rate**2, 2.0 * rate**3][: moments + 1]
    total, *distances = _alternating(np.stack(terms, axis=1), np.exp(high))
    log = a * high + np.log(total)
    if moments == 0:
        return Cumulants(log, log, log)
    distance = distances[0] / total
    if moments == 1:
        return Cumulants(log, high - distance, log)
    return Cumulants(log, high - distance, distances[1] / total - distance**2)


def _windows(excess: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Bound from above how far right and left of the peak the integrand falls to e^-42 of it, in two rows.

    The roots d of slope d + curvature (e^(+-d) - 1 -+ d) = 42, slope the part of +-`excess` above zero, by Newton
    from above.
    """
    level = _WINDOW / curvature
    right = np.minimum(np.sqrt(2.0 * level), np.maximum(1.26, np.log1p(2.0 * level)))
    left = np.where(level < 1.0 / 3.0, np.sqrt(3.0 * level), level + 1.0)
    side = np.array([[1.0], [-1.0]])
    slope = np.maximum(side * excess, 0.0)
    d = np.minimum(np.stack([right, left]), _WINDOW / slope)
    for _ in range(3):
        growth = np.expm1(side * d)
        beyond = slope * d + curvature * (growth - side * d) - _WINDOW
        d -= np.maximum(beyond, 0.0) / (slope + side * curvature * growth)
    return d


def _panel(a: np.ndarray, low: np.ndarray, high: np.ndarray, moments: int) -> tuple[Cumulants, np.ndarray]:
    """Integrate e^(a v - e^v) over [low, high], low >= 0: cumulants relative to the peak, and the peak."""
    order, start_at, end = a.ravel(), low.ravel(), high.ravel()
    result = np.empty((4, a.size))
    for start in range(0, a.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        local, result[3, part] = _panel_at_once(order[part], start_at[part], end[part], moments)
        result[:3, part] = local
    log, mean, variance, peak = result.reshape(4, *a.shape)
    return Cumulants(log, mean, variance), peak


def _panel_at_once(a: np.ndarray, low: np.ndarray, high: np.ndarray, moments: int) -> tuple[Cumulants, np.ndarray]:
    """Integrate so few, in one row, that the nodes of all stay in cache."""
    peak = np.clip(np.log(np.maximum(a, 1.0)), low, high)
    e = np.exp(peak)
    right, left = np.minimum(_windows(e - a, e), [high - peak, peak - low])
    nodes, weights = gauss_legendre(_NODES)
    width = left + right
    d = nodes[:, None] * width
    d -= left
    mass = np.expm1(d)  # in place from here: these arrays are large
    mass *= -e
    mass += a * d
    np.exp(mass, out=mass)
    total = weights @ mass
    log = np.log(total * width)
    if moments == 0:
        return Cumulants(log, log, log), peak
    mass *= d
    mean = weights @ mass / total
    if moments == 1:
        return Cumulants(log, mean, mean), peak
    mass *= d - mean  # E[d (d - mean)]: no square of the mean is subtracted
    return Cumulants(log, mean, weights @ mass / total), peak


def _mixed(x: Cumulants, y: Cumulants, moments: int) -> Cumulants:
    """Return the cumulants of the sum of two integrals."""
    log = np.logaddexp(x.log, y.log)
    if moments == 0:
        return Cumulants(log, log, log)
    share = np.exp(x.log - log)
    mean = np.where(share == 1.0, x.mean, np.where(share == 0.0, y.mean, share * x.mean + (1.0 - share) * y.mean))
    if moments == 1:
        return Cumulants(log, mean, mean)
    gap = np.where((share == 1.0) | (share == 0.0), 0.0, x.mean - y.mean)
    variance = np.where(share == 0.0, 0.0, share * x.variance)
    variance = variance + np.where(share == 1.0, 0.0, (1.0 - share) * y.variance) + share * (1.0 - share) * gap**2
    return Cumulants(log, mean, variance)


@quiet
def gamma_upper(a: Any, log_t: Any, moments: int = 2) -> tuple[Cumulants, np.ndarray]:
    """Integrate s^(a-1) e^-s over s > t at any real a.

    Returns
    -------
    Cumulants
        ln Gamma(a, t), and mean and variance of ln s under the integrand where `moments` asks for them.
    numpy.ndarray
        ln(Gamma(a, t) t^-a e^t), which keeps its digits where t is large.
    """
    a, log_t = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(log_t, dtype=float))
    inner = log_t < 0.0
    if not inner.any():
        return _from_panel(a, log_t, moments)
    low, order = log_t[inner], a[inner]
    # Beyond one the integral depends on the order alone, which many cutoffs share.
    orders, place = np.unique(order, return_inverse=True)
    starts = np.concatenate([log_t[~inner], np.zeros(orders.size)])
    local, scaled = _from_panel(np.concatenate([a[~inner], orders]), starts, moments)
    outer, beyond = np.split(np.stack([*local, scaled]), [starts.size - orders.size], axis=1)
    full = _mixed(_series(order, low, np.zeros_like(low), moments), Cumulants(*beyond[:3, place]), moments)
    full = full._replace(log=np.where((order <= 0.0) & (low == -np.inf), np.inf, full.log))
    parts = np.empty((4, *a.shape))
    parts[:, ~inner] = outer
    parts[:, inner] = *full, full.log - order * low + np.exp(low)
    log, mean, variance, scaled = parts
    return Cumulants(log, mean, variance), scaled


def _from_panel(a: np.ndarray, log_t: np.ndarray, moments: int) -> tuple[Cumulants, np.ndarray]:
    """Return what `gamma_upper` does where t >= 1."""
    start = np.minimum(log_t, 700.0)
    local, peak = _panel(a, start, np.full_like(start, np.inf), moments)
    scaled = local.log + a * (peak - start) - np.exp(start) * np.expm1(peak - start)
    log = np.where(log_t > 700.0, -np.exp(log_t), a * start - np.exp(start) + scaled)
    return Cumulants(log, peak + local.mean, local.variance), scaled


@quiet
def gamma_lower(a: Any, log_t: Any, moments: int = 2) -> Cumulants:
    """Integrate s^(a-1) e^-s over 0 < s < t: log, mean and variance of ln s; inf where a <= 0."""
    a, log_t = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(log_t, dtype=float))
    positive = np.where(a > 0.0, a, 1.0)
    result = _series_below(positive, np.minimum(log_t, 0.0), moments)
    outer = log_t > 0.0
    if outer.any():
        end, order = log_t[outer], positive[outer]
        local, peak = _panel(order, np.zeros_like(end), end, moments)
        panel = Cumulants(local.log + order * peak - np.exp(peak), peak + local.mean, local.variance)
        full = _mixed(Cumulants(*(item[outer] for item in result)), panel, moments)
        result = Cumulants(*(_patched(r, outer, f) for r, f in zip(result, full, strict=True)))
    diverges = ~(a > 0.0)
    return Cumulants(*(np.where(diverges, np.inf, r) for r in result)) if diverges.any() else result


def _patched(values: np.ndarray, mask: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return a copy of `values` with `new` where `mask` is true."""
    values = np.array(values)
    values[mask] = new
    return values


@quiet
def gamma_lower_premium(q: Any, log_t: Any) -> Any:
    """Compute ln[t^q gamma(1 - q, t)/gamma(1, t)] without cancellation at small t or small q, for q < 1.

    Notes
    -----
    By parts, t^q gamma(1-q, t) - gamma(1, t) = q t^q int_0^t s^(-q-1) (1 - e^-s) ds: one sign throughout.
    """
    q, log_t = np.broadcast_arrays(np.asarray(q, dtype=float), np.asarray(log_t, dtype=float))
    order = np.where(q < 1.0, q, 0.5)
    # The integral up to min(t, 1), times its t^(q - 1): a series in t.
    t, m = np.exp(np.minimum(log_t, 0.0)), _along_terms(np.arange(1.0, _TERMS + 1.0), order.ndim)
    integral = np.log(_alternating(1.0 / (m * (m - order)), t))
    outer = log_t > 0.0
    if outer.any():
        end, p = log_t[outer], order[outer]
        local, peak = _panel(-p, np.zeros_like(end), end, 0)
        power = np.log(end) + tilted_log(-p * end)
        rest = power + np.log1p(-np.exp(local.log - p * peak - np.exp(peak) - power))
        integral = _patched(integral, outer, p * end + np.logaddexp(integral[outer], rest))
    ratio = np.log(np.abs(order)) + integral - (log_one_minus_exp(log_t) - np.minimum(log_t, 0.0))
    premium = log_one_plus(np.sign(order), ratio)
    near = (order < 0.0) & (ratio > -0.7)
    if near.any():  # 1 - e^ratio would cancel: the quotient itself is small
        direct = order * log_t + gamma_lower(1.0 - order, log_t, 0).log - log_one_minus_exp(log_t)
        premium = np.where(near, direct, premium)
    return np.where(q < 1.0, np.where(order == 0.0, 0.0, premium), np.inf)


@quiet
def log_one_plus(sign: Any, log_size: Any) -> Any:
    """Compute ln(1 + sign e^log_size) without overflow."""
    return np.where(sign < 0.0, np.log1p(-np.exp(np.minimum(log_size, 0.0))), np.logaddexp(0.0, log_size))


@quiet
def log_one_minus_exp(log_t: Any) -> Any:
    """Compute ln(1 - e^-t) from ln t: accurate for t from e^-10000 to the largest float."""
    t = np.exp(log_t)
    small = np.minimum(t, 1.0)
    return np.where(t < 1.0, np.minimum(log_t, 0.0) + tilted_log(-small), np.log1p(-np.exp(-t)))


@quiet
def log_gamma_upper(a: Any, t: Any) -> Any:
    """Compute ln int_t^inf s^(a-1) e^-s ds for any real a and t >= 0 (inf where it diverges)."""
    v, log_t = value_of(a), np.log(value_of(t))
    result, scaled = gamma_upper(v, log_t, moments=1)
    return lifted(result.log[()], (a, t), lambda: (result.mean, -np.exp(-scaled - log_t)))


@quiet
def log_gamma_lower(a: Any, t: Any) -> Any:
    """Compute ln int_0^t s^(a-1) e^-s ds (inf for a <= 0, where it diverges)."""
    v, x = value_of(a), np.asarray(value_of(t), dtype=float)
    result = gamma_lower(v, np.log(x), moments=1)
    return lifted(result.log[()], (a, t), lambda: (result.mean, np.exp((v - 1.0) * np.log(x) - x - result.log)))
