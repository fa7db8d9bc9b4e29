"""Cost distributions whose excess moments take a quadrature: beta, and the truncated lognormal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.cost.kernel import KEY, Bounded
from phistar.blocks.productivity.kernel import require_finite, require_positive
from phistar.numerics.duals import Dual, value_of
from phistar.numerics.special import gauss_legendre

#: Nodes of the quadratures: both rules are exact to rounding with these on what they are given.
_NODES = 64
_STEP = 0.08
_REACH = 4.4
#: Twice minus ln of what a normal density may fall by before it is left out, 1e-18.
_TAIL = 83.0
#: Cutoffs whose quadratures are worked out together: their nodes fill about two megabytes.
_BLOCK = 4096


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


@cache
def _double_exponential() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes s, 1 - s and weights of the tanh-sinh rule on [0, 1]: ends may be singular."""
    t = np.arange(-_REACH, _REACH + 0.5 * _STEP, _STEP)
    half = 0.5 * np.pi * np.sinh(t)
    s, rest = 1.0 / (1.0 + np.exp(-2.0 * half)), 1.0 / (1.0 + np.exp(2.0 * half))
    return s, rest, _STEP * np.pi * np.cosh(t) * s * rest


def _beta_integrals(z: Any, a: Any, b: Any, *, top: int) -> list[Any]:
    """Compute int_0^1 (1-s)^p s^(a-1) (1-zs)^(b-1) ds for every p up to `top`, by quadrature."""
    s, rest, weight = _double_exponential()
    a, b, z = _over_nodes(a), _over_nodes(b), _over_nodes(z)
    load = np.exp((a - 1.0) * np.log(s) + (b - 1.0) * np.log((1.0 - z) + z * rest)) * weight
    return _weighed(load, rest, top)


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
        # The whole mass needs the rule only at z = 1.
        (mass,) = _beta_integrals(np.ones(1), self.a, self.b, top=0)
        shares = _in_blocks(_beta_integrals, z, self.a, self.b, top=top)
        return [width**p * z ** (self.a + p) * share / mass for p, share in enumerate(shares)]

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
