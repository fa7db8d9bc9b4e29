"""Extreme-value productivity: Frechet and Weibull, whose moments are incomplete gamma functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.productivity.kernel import LocationScale
from phistar.numerics.special import (
    gamma_lower,
    gamma_lower_premium,
    gamma_upper,
    log_one_minus_exp,
    log_one_plus,
    quiet,
)

#: From this negative order on, hazards nearly cancel it and are expanded in its inverse instead.
_FAR = 30.0
#: Terms that leave less than rounding there: their ratios stay below a quarter.
_TERMS = 40


class _ExtremeValue(LocationScale):
    """What the two share: ln phi is ln scale plus a Gumbel variable over the shape."""

    shape: Any
    scale: Any

    def _location_spread(self) -> tuple[Any, Any]:
        return np.log(self.scale), 1.0 / self.shape


@dataclass(frozen=True, eq=False)
class Weibull(_ExtremeValue):
    """Weibull productivity, S(x) = exp(-(x/scale)^shape).

    Parameters
    ----------
    shape : array_like
        Exponent; small shapes are fat tails, though every upper moment exists.
    scale : array_like
        In units of productivity.

    Notes
    -----
    With t = (x/scale)^shape and q = order/shape the moment is scale^order Gamma(1 + q, t), and the surplus
    is q t^-q Gamma(q, t): one positive integral.
    """

    shape: Any
    scale: Any = 1.0

    family: ClassVar[str] = "weibull"
    parameter_names: ClassVar[tuple[str, ...]] = ("shape", "scale")

    def moment_gap_lower(self, order: Any) -> Any:
        """Return shape + order: positive where the integral converges at zero."""
        return self.shape + order

    def _log_survival(self, u: Any) -> Any:
        return -np.exp(u)

    def _log_moment(self, u: Any, q: Any) -> Any:
        log = gamma_upper(1.0 + q, u, 0)[0].log
        return np.where(q == 0.0, self._log_survival(u), log)[()]

    def _mean(self, u: Any, q: Any) -> Any:
        return gamma_upper(1.0 + q, u, 1)[0].mean[()]

    def _variance(self, u: Any, q: Any) -> Any:
        return gamma_upper(1.0 + q, u, 2)[0].variance[()]

    def _hazard(self, u: Any, q: Any) -> Any:
        return np.exp(-gamma_upper(1.0 + q, u, 0)[1])

    def _premium_slopes(self, u: Any, q: Any) -> tuple[Any, Any]:
        far = q < -_FAR
        at_cutoff, above = super()._premium_slopes(u, np.where(far, 0.0, q))
        if np.any(far):
            excess, mean = _upper_edge(np.where(far, -q, _FAR), np.exp(u))
            at_cutoff, above = np.where(far, np.exp(u) - excess, at_cutoff), np.where(far, mean, above)
        return at_cutoff, above

    def _log_density(self, u: Any) -> Any:
        return u - np.exp(u)

    def _slope(self, u: Any) -> Any:
        return -np.expm1(u)

    def _premium(self, u: Any, q: Any) -> Any:
        log_ratio = np.log(np.abs(q)) + gamma_upper(q, u, 0)[1]
        premium = log_one_plus(np.sign(q), log_ratio)
        near = (q < 0.0) & (log_ratio > -0.7)
        if np.any(near):  # 1 - e^log_ratio would cancel: the quotient itself is small
            premium = np.where(near, u + gamma_upper(1.0 + q, u, 0)[1], premium)
        return np.where((q == 0.0) | (u == np.inf), 0.0, premium)[()]

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return np.log(self.scale) + np.log(-np.log1p(-u)) / self.shape

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        return np.log(self.scale) + np.log(-np.log(q)) / self.shape


@dataclass(frozen=True, eq=False)
class Frechet(_ExtremeValue):
    """Frechet productivity, G(x) = exp(-(x/scale)^-shape).

    Parameters
    ----------
    shape : array_like
        Tail exponent: moments of order below it exist.
    scale : array_like
        In units of productivity.

    Notes
    -----
    With t = (x/scale)^-shape and q = order/shape the moment is scale^order gamma(1 - q, t).
    """

    shape: Any
    scale: Any = 1.0

    family: ClassVar[str] = "frechet"
    parameter_names: ClassVar[tuple[str, ...]] = ("shape", "scale")

    def moment_gap(self, order: Any) -> Any:
        """Return shape - order, positive where the moment exists."""
        return self.shape - order

    def _tail_name(self) -> str:
        return "shape"

    def _log_survival(self, u: Any) -> Any:
        return log_one_minus_exp(-u)[()]

    def _log_moment(self, u: Any, q: Any) -> Any:
        log = gamma_lower(1.0 - q, -u, 0).log
        return np.where(q == 0.0, self._log_survival(u), log)[()]

    def _mean(self, u: Any, q: Any) -> Any:
        return np.where(q < 1.0, -gamma_lower(1.0 - q, -u, 1).mean, np.inf)[()]

    def _variance(self, u: Any, q: Any) -> Any:
        return gamma_lower(1.0 - q, -u, 2).variance[()]

    def _hazard(self, u: Any, q: Any) -> Any:
        low = u < -700.0  # where the density is zero to every float
        v = np.where(low, 0.0, u)
        return np.where(low, 0.0, np.exp(-(1.0 - q) * v - np.exp(-v) - self._log_moment(v, q)))[()]

    def _premium_slopes(self, u: Any, q: Any) -> tuple[Any, Any]:
        t = np.exp(-u)
        far = q < -_FAR - 4.0 * t
        at_cutoff, above = super()._premium_slopes(u, np.where(far, 0.0, q))
        if np.any(far):
            excess, mean = _lower_edge(np.where(far, -q, _FAR), np.where(far, t, 1.0))
            at_cutoff, above = np.where(far, self._hazard(u, 0.0) - excess, at_cutoff), np.where(far, mean, above)
        return at_cutoff, above

    def _log_density(self, u: Any) -> Any:
        return np.where(u == np.inf, -np.inf, -u - np.exp(-u))[()]

    def _slope(self, u: Any) -> Any:
        return np.expm1(-u)

    def _premium(self, u: Any, q: Any) -> Any:
        return np.where(u == np.inf, 0.0, gamma_lower_premium(q, -u))[()]

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return np.log(self.scale) - np.log(-np.log(u)) / self.shape

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        return np.log(self.scale) - np.log(-np.log1p(-q)) / self.shape


def _upper_edge(n: Any, t: Any) -> tuple[Any, Any]:
    """Compute t^a e^-t/Gamma(a, t) - n at a = 1 - n, and how far the mean of ln s lies above ln t, for large n.

    Notes
    -----
    By Legendre's continued fraction the quotient is t + 1 - a - (1 - a)/(t + 3 - a - 2 (2 - a)/(t + 5 - a - ..)):
    what is left of it is of order one. Its slope in a, carried along, gives the mean of ln s.
    """
    a = 1.0 - n
    level, slope = t + (2.0 * _TERMS + 1.0) - a, -np.ones_like(t + a)
    rest = 0.0 * level
    for k in range(_TERMS, 0, -1):
        rest = k * (k - a) / level
        level, slope = t + (2.0 * k - 1.0) - a - rest, -1.0 + (k + rest * slope) / level
    return t - rest, -slope / level


def _lower_edge(n: Any, t: Any) -> tuple[Any, Any]:
    """Compute t^a e^-t/gamma(a, t) - n at a = 1 + n, and how far the mean of ln s lies below ln t, for n beyond 4 t.

    Notes
    -----
    gamma(a + 1, t) = a gamma(a, t) - t^a e^-t makes the first 1 - gamma(a + 1, t)/gamma(a, t), and
    gamma(a, t) = t^a e^-t (1 + t/(a + 1) (1 + t/(a + 2) (1 + ..)))/a, whose slope in a gives the mean of ln s.
    """
    a = 1.0 + n
    level, slope, following = np.ones_like(t + a), np.zeros_like(t + a), np.ones_like(t + a)
    for k in range(_TERMS, 0, -1):
        share = t / (a + k)
        level, slope = 1.0 + share * level, share * (slope - level / (a + k))
        following = 1.0 + t / (a + k + 1.0) * following
    return 1.0 - t * (a / (a + 1.0)) * following / level, 1.0 / a - slope / level
