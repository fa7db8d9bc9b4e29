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
