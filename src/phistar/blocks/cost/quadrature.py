"""Cost distributions whose excess moments take a quadrature: beta, and the truncated lognormal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.cost.kernel import KEY, Bounded
from phistar.blocks.productivity.kernel import require_finite, require_positive
from phistar.numerics.duals import Dual, value_of
from phistar.numerics.special import gauss_legendre

#: Nodes of the quadrature of a truncated lognormal: exact to rounding on what it is given.
_NODES = 64
#: Nodes of each stretch of a beta, and where stretches end in its log odds: the poles of c lie at +-i pi, e^-30 is
#: nothing.
_ODDS_NODES = 28
#: Minus ln of what a beta's weight may fall by before it is left out.
_FALL = 45.0
#: Twice minus ln of what a normal density may fall by before it is left out, 1e-18.
_TAIL = 83.0
#: Cutoffs whose quadratures are worked out together: their nodes fill half a megabyte or less.
_BLOCK = 256


def _in_blocks(integrals: Callable[..., list[Any]], x: Any, *parameters: Any, top: int) -> list[Any]:
    """Evaluate integrals by quadrature, so many cutoffs at a time that the nodes of all stay in cache."""
    if any(isinstance(item, Dual) for item in (x, *parameters)) or np.size(x) <= _BLOCK:
        return integrals(x, *parameters, top=top)
    shape = np.broadcast_shapes(np.shape(x), *(np.shape(p) for p in parameters))
    flat = [np.broadcast_to(item, shape).ravel() if np.ndim(item) else item for item in (x, *parameters)]
    result = np.empty((top + 1, *shape)).reshape(top + 1, -1)
    for start in range(0, result.shape[1], _BLOCK):
        part = slice(start, start + _BLOCK)
        result[:, part] = integrals(*(item[part] if np.ndim(item) else item for item in flat), top=top)
    return list(result.reshape(top + 1, *shape))


def _weighed(load: Any, factor: Any, top: int) -> list[Any]:
    """Sum load * factor^p over the nodes, the last axis, for every p up to `top`."""
    sums = [np.sum(load, axis=-1)]
    for _ in range(top):
        load = load * factor
        sums.append(np.sum(load, axis=-1))
    return sums


def _over_nodes(item: Any) -> Any:
    """Add an axis for the nodes to what is not one number."""
    return item if np.ndim(item) == 0 else item[..., None]


def _log_odds_drop(a: np.ndarray, b: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """Return how far left of `peak` c^a (1-c)^b, log-concave in y = ln c/(1-c), has fallen by e^-45."""
    span = (_FALL + (a + b) * np.logaddexp(0.0, peak)) / a
    for _ in range(8):  # the fall is convex in the distance: Newton from above stays above
        left = peak - span
        fall = a * span - (a + b) * (np.logaddexp(0.0, peak) - np.logaddexp(0.0, left))
        span = span - np.maximum(fall - _FALL, 0.0) / (a - (a + b) / (1.0 + np.exp(-left)))
    return span


def _log_odds_nodes(y: np.ndarray, a: np.ndarray, b: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Return distances d >= 0 below y and weights that integrate c^a (1-c)^b over ln c/(1-c) = y - d (.., node).

    They integrate it times (1-c)^p (1-e^-d)^p too, for p up to `top`.

    In the log odds both powers are exponentials, however small a and b. One rule covers each stretch between the
    peak, the ends of what counts, and places around y or 0, where 1 - e^-d and c turn from exponentials into constants.
    """
    peak, first = (np.minimum(np.log(a) - np.log(power), y) for power in (b, b + top))
    low, high = first - _log_odds_drop(a, b + top, first), np.minimum(y, peak + _log_odds_drop(b, a, -peak))
    bend = np.minimum(y, 0.0)
    cuts = [low, bend - 30.0, bend - 4.0, bend + 4.0, bend + 30.0, first - 4.0, first, peak, peak + 4.0, high]
    edges = np.sort(np.clip(np.stack(cuts, axis=-1), low[..., None], high[..., None]), axis=-1)
    width, below = np.diff(edges), y[..., None] - edges[..., 1:]
    # Stretches without width are left out, as far as no element needs them.
    longest = np.argsort(-width, axis=-1)[..., : np.max(np.count_nonzero(width, axis=-1))]
    width, below = (np.take_along_axis(part, longest, axis=-1)[..., None] for part in (width, below))
    node, weight = gauss_legendre(_ODDS_NODES)
    d = below + width * (1.0 - node)
    flat = (*np.shape(y), -1)
    return d.reshape(flat), (width * weight).reshape(flat)


def _beta_integrals(z: Any, rest: Any, a: Any, b: Any, *, top: int) -> list[Any]:
    """Compute int_0^z (z-c)^p c^(a-1) (1-c)^(b-1) dc for every p up to `top`, by quadrature, given z and 1 - z."""
    # The far end, where what is left weighs nothing: at z = 1 the log odds are infinite.
    end = 2.0 * _FALL / np.minimum(value_of(b), 1.0) + np.abs(np.log(value_of(a) / value_of(b)))
    inside = value_of(rest) > 0.0
    odds = np.where(inside, np.log(z) - np.log(np.where(inside, rest, 1.0)), end)
    shape = np.shape(value_of(odds))
    at, low_power, high_power = (np.broadcast_to(value_of(item), shape) for item in (odds, a, b))
    d, weight = _log_odds_nodes(at, low_power, high_power, top)
    a, b, z, y = _over_nodes(a), _over_nodes(b), _over_nodes(z), _over_nodes(odds) - d
    bend = np.log(1.0 + np.exp(-np.abs(y)))
    log_above = -np.maximum(y, 0.0) - bend
    load = np.exp(a * (np.minimum(y, 0.0) - bend) + b * log_above) * weight
    # z - c = z (1-c) (1 - e^-d), without the difference of like numbers.
    short = z * np.exp(log_above) * (1.0 - np.exp(-d)) if top else None
    return _weighed(load, short, top)


@dataclasses.dataclass(frozen=True)
class Beta(Bounded):
    """Costs with a beta distribution on [lower, c_M]: density proportional to z^(a-1) (1-z)^(b-1)."""

    a: Any
    b: Any
    c_M: Any = 1.0
    lower: Any = 0.0

    family: ClassVar[str] = "beta"
    parameter_names = ("a", "b", "c_M", "lower")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        require_positive(self.a, f"{KEY}.a")
        require_positive(self.b, f"{KEY}.b")
        self._validate_bounds()

    def _moments_inside(self, x: Any, top: int) -> list[Any]:
        width = self.c_M - self.lower
        z = np.minimum(np.maximum((x - self.lower) / width, 0.0), 1.0)
        rest = np.maximum((self.c_M - x) / width, 0.0)
        (mass,) = _beta_integrals(np.ones(1), np.zeros(1), self.a, self.b, top=0)
        sells = value_of(z) > 0.0
        safe = (np.where(sells, z, 1.0), np.where(sells, rest, 0.0))
        moments = _in_blocks(_beta_integrals, *safe, self.a, self.b, top=top)
        return [np.where(sells, width**p * moment / mass, 0.0) for p, moment in enumerate(moments)]

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        from scipy.special import betaincinv

        return self.lower + (self.c_M - self.lower) * betaincinv(self.a, self.b, u)


def _normal_integrals(top_end: Any, bottom: Any, sd: Any, *, top: int) -> list[Any]:
    """Compute int (1 - e^(sd (v - t)))^p n(v) dv over v from `bottom` to t = `top_end`, for every p up to `top`."""
    left = -np.sqrt(np.minimum(value_of(top_end), 0.0) ** 2 + _TAIL)
    right = np.sqrt(np.maximum(value_of(bottom), 0.0) ** 2 + _TAIL)
    start = np.maximum(bottom, left)
    width = np.maximum(np.minimum(top_end, right) - start, 0.0)
    node, weight = gauss_legendre(_NODES)
    v = start[..., None] + width[..., None] * node
    density = np.exp(-0.5 * v * v) * (weight / np.sqrt(2.0 * np.pi))
    short = np.minimum(_over_nodes(sd) * (v - top_end[..., None]), 0.0)
    return [width * total for total in _weighed(density, -np.expm1(short) if top else None, top)]


@dataclasses.dataclass(frozen=True)
class TruncatedLognormal(Bounded):
    """Costs whose logarithm is normal (mu, sd), given that they lie in [lower, c_M]."""

    mu: Any
    sd: Any
    c_M: Any
    lower: Any = 0.0

    family: ClassVar[str] = "truncated_lognormal"
    parameter_names = ("mu", "sd", "c_M", "lower")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        require_finite(self.mu, f"{KEY}.mu")
        require_positive(self.sd, f"{KEY}.sd")
        self._validate_bounds()

    def _standardised(self, c: Any) -> Any:
        return (np.log(c) - self.mu) / self.sd

    def _moments_inside(self, x: Any, top: int) -> list[Any]:
        sells = value_of(x) > value_of(self.lower)
        safe = np.where(sells, x, self.c_M)
        bottom = self._standardised(self.lower)
        (mass,) = _normal_integrals(self._standardised(np.ones(1) * self.c_M), bottom, self.sd, top=0)
        shares = _in_blocks(_normal_integrals, self._standardised(safe), bottom, self.sd, top=top)
        return [np.where(sells, safe**p * share / mass, 0.0) for p, share in enumerate(shares)]

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        from scipy.special import log_ndtr, ndtri_exp

        with np.errstate(divide="ignore"):
            bottom, top = self._standardised(np.asarray(self.lower)), self._standardised(self.c_M)
        flip = -1.0 if bottom > 0.0 else 1.0  # the tail in which the normal law keeps its digits
        ends = log_ndtr(flip * bottom), log_ndtr(flip * top)
        with np.errstate(divide="ignore"):
            level = np.logaddexp(ends[0] + np.log1p(-np.asarray(u)), ends[1] + np.log(u))
        return np.clip(np.exp(self.mu + self.sd * flip * ndtri_exp(level)), self.lower, self.c_M)
