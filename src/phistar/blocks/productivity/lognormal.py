"""Lognormal productivity, alone and with a Pareto upper tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.productivity.kernel import (
    KEY,
    LocationScale,
    Productivity,
    require_finite,
    require_positive,
)
from phistar.numerics.duals import value_of
from phistar.numerics.special import (
    LOG_SQRT_2PI,
    SMALL_ORDER,
    gauss_legendre,
    log_normal_survival,
    log_scaled_survival,
    normal_excess,
    normal_hazard,
    normal_quantile,
    normal_tails,
    normal_variance,
    quiet,
)


@dataclass(frozen=True, eq=False)
class Lognormal(LocationScale):
    """Lognormal productivity: ln phi is normal.

    Parameters
    ----------
    mu, sd : array_like
        Mean and standard deviation of ln phi.
    """

    mu: Any
    sd: Any

    family: ClassVar[str] = "lognormal"
    parameter_names: ClassVar[tuple[str, ...]] = ("mu", "sd")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        require_finite(self.mu, f"{KEY}.mu")
        require_positive(self.sd, f"{KEY}.sd")

    def _location_spread(self) -> tuple[Any, Any]:
        return self.mu, self.sd

    def _log_survival(self, u: Any) -> Any:
        return log_normal_survival(u)

    def _log_moment(self, u: Any, q: Any) -> Any:
        return 0.5 * q * q + log_normal_survival(u - q)

    def _mean(self, u: Any, q: Any) -> Any:
        return q + normal_hazard(u - q)

    def _variance(self, u: Any, q: Any) -> Any:
        return normal_variance(u - q)

    def _hazard(self, u: Any, q: Any) -> Any:
        return normal_hazard(u - q)

    def _log_density(self, u: Any) -> Any:
        return -0.5 * u * u - LOG_SQRT_2PI

    def _slope(self, u: Any) -> Any:
        return -u

    def _premium(self, u: Any, q: Any) -> Any:
        return self._survival_and_premium(u, q)[1]

    def _survival_and_premium(self, u: Any, q: Any) -> tuple[Any, Any]:
        return normal_tails(u, q)

    def _premium_slopes(self, u: Any, q: Any) -> tuple[Any, Any]:
        # The mean above u of a normal moved by q, less u: no digits are lost at very negative orders.
        excess = normal_excess(u - q)
        return self._hazard(u, 0.0) - u - excess, excess

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return self.mu + self.sd * normal_quantile(u)

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        return self.mu - self.sd * normal_quantile(q)


@dataclass(frozen=True, eq=False)
class LognormalPareto(Productivity):
    """Lognormal body with a Pareto upper tail, joined where density and slope agree (Nigai 2017).

    Parameters
    ----------
    mu, sd : array_like
        Mean and standard deviation of the untruncated normal body of ln phi.
    k : array_like
        Tail exponent.

    Notes
    -----
    The pieces meet at ln phi = mu + k sd^2, the only point where a normal log density has slope -k. With
    y = (k - order) sd, u the standardised cutoff and C the constant that makes the mass one, the moment is
    C e^(order mu + (order sd)^2/2) (N(order sd - u) + B(y)) in the body, where B(y) = n(y)/y - N(-y) > 0 is
    what a Pareto tail weighs beyond the normal one.
    """

    mu: Any
    sd: Any
    k: Any

    family: ClassVar[str] = "lognormal_pareto"
    parameter_names: ClassVar[tuple[str, ...]] = ("mu", "sd", "k")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        require_finite(self.mu, f"{KEY}.mu")
        require_positive(self.sd, f"{KEY}.sd")
        require_positive(self.k, f"{KEY}.k")

    def moment_gap(self, order: Any) -> Any:
        """Return k - order, positive where the moment exists."""
        return self.k - order

    @property
    def log_join(self) -> Any:
        """Log of the productivity where the tail begins."""
        return self.mu + self.k * self.sd**2

    @property
    def _log_constant(self) -> Any:
        return -np.logaddexp(0.0, _log_extra(self.k * self.sd))

    @property
    def _log_density_join(self) -> Any:
        return self._log_constant - 0.5 * np.square(self.k * self.sd) - LOG_SQRT_2PI - np.log(self.sd)

    def _in_tail(self, log_x: Any) -> np.ndarray:
        return value_of(log_x) >= value_of(self.log_join)

    def _body(self, log_x: Any, order: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Return the standardised cutoff less q, q, y, ln N(q - u) and ln(N(q - u) + B(y))."""
        q = order * self.sd
        t = np.minimum(log_x - self.log_join, 0.0) / self.sd + self.k * self.sd - q
        # Where the moment diverges y is not used; 1 keeps the arithmetic quiet.
        y = np.where(value_of(self.k) > value_of(order), (self.k - order) * self.sd, 1.0)
        normal = log_normal_survival(t)
        return t, q, y, normal, np.logaddexp(normal, _log_extra(y))

    @quiet
    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        u, _, _, _, total = self._body(log_x, 0.0)
        # Far left the survival is one less a small number: keep that number's digits.
        below = np.log1p(-np.exp(self._log_constant + log_normal_survival(-u)))
        body = np.where(value_of(u) < 0.0, below, self._log_constant + total)
        return np.where(self._in_tail(log_x), self._log_tail(log_x, 0.0), body)[()]

    def _log_tail(self, log_x: Any, order: Any) -> Any:
        rest = np.maximum(log_x - self.log_join, 0.0)
        level = self._log_density_join - np.log(self.k - order)
        return level + order * self.log_join + (order - self.k) * rest

    @quiet
    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG: inf where order >= k."""
        _, q, _, _, total = self._body(log_x, order)
        body = self._log_constant + order * self.mu + 0.5 * np.square(q) + total
        finite = np.where(self._in_tail(log_x), self._log_tail(log_x, order), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    @quiet
    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi above x."""
        t, q, y, normal, total = self._body(log_x, order)
        share = np.exp(normal - total)
        body = self.mu + self.sd * (q + share * normal_hazard(t) + (1.0 - share) * _extra_mean(y))
        finite = np.where(self._in_tail(log_x), log_x + 1.0 / (self.k - order), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    @quiet
    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order."""
        log_x, order, sd, k = (value_of(v) for v in (log_x, order, self.sd, self.k))
        t, _, y, normal, total = (value_of(v) for v in self._body(log_x, order))
        share, e = np.exp(normal - total), normal_excess(y)
        beyond = 1.0 + 1.0 / y**2 - normal_variance(y) / e**2
        mixing = share * (1.0 - share) * (normal_hazard(t) - _extra_mean(y)) ** 2
        body = sd**2 * (share * normal_variance(t) + (1.0 - share) * beyond + mixing)
        return np.where(k > order, np.where(self._in_tail(log_x), (k - order) ** -2.0, body), np.inf)[()]

    @quiet
    def log_density(self, log_x: Any) -> Any:
        """Compute the log of the density of ln phi, ln(x g(x))."""
        gap = log_x - self.log_join
        # Expanded about the join, where both pieces have slope -k.
        body = np.square(np.minimum(gap, 0.0) / self.sd)
        return self._log_density_join - self.k * gap - 0.5 * body

    @quiet
    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute x^(order+1) g(x) / int_x^inf phi^order dG: minus d log_moment / d log_x."""
        t, _, _, _, total = self._body(log_x, order)
        body = np.exp(-0.5 * np.square(t) - LOG_SQRT_2PI - total) / self.sd
        finite = np.where(self._in_tail(log_x), self.k - order, body)
        return np.where(value_of(self.k) > value_of(order), finite, 0.0)[()]

    @quiet
    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x], without cancellation when it is small."""
        _, q, _, _, total = self._body(log_x, order)
        u, _, _, _, total_0 = self._body(log_x, 0.0)
        body = total - total_0 + q * (0.5 * q - u)
        far = value_of(u - q) > 1.0
        if np.any(far):
            # At very negative orders the squares cancel: only that of the cutoff stays.
            body = np.where(far, self._log_scaled_total(log_x, order) - total_0 - 0.5 * u * u, body)
        small = np.abs(value_of(q)) < np.minimum(SMALL_ORDER, 0.1 * value_of(self.k * self.sd))
        if np.any(small):
            body = np.where(small, q * self._mean_excess(log_x, order), body)
        finite = np.where(self._in_tail(log_x), -np.log1p(-order / self.k), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    def _log_scaled_total(self, log_x: Any, order: Any) -> Any:
        """Compute ln(N(q - u) + B(y)) + (u - q)^2/2, for u - q > 0, without forming the squares."""
        t, _, y, _, _ = self._body(log_x, order)
        gap = np.minimum(log_x - self.log_join, 0.0) / self.sd  # t - y
        return np.logaddexp(log_scaled_survival(t), 0.5 * gap * (t + y) + _log_scaled_extra(y))

    def _mean_excess(self, log_x: Any, order: Any) -> Any:
        """Average over orders between 0 and `order` of the standardised mean of ln phi above x, less ln x."""
        average: Any = 0.0
        for node, weight in zip(*gauss_legendre(5), strict=True):
            t, _, y, normal, total = self._body(log_x, node * order)
            share = np.exp(normal - total)
            average = average + weight * (share * normal_excess(t) + (1.0 - share) * (_extra_mean(y) - t))
        return average

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        constant = np.exp(-self._log_constant)
        log_tail = self._log_density_join - np.log(self.k)
        tail = self.log_join + (log_tail - np.log(q)) / self.k
        in_tail = value_of(np.log(q)) < value_of(log_tail)
        # constant = 1 + B, so the normal survival q constant - B is 1 - (1 - q) constant in the left half.
        normal = q * constant - (constant - 1.0)
        left = normal_quantile(np.where(in_tail, 0.5, (1.0 - q) * constant))
        right = -normal_quantile(np.where(in_tail, 0.5, normal))
        body = self.mu + self.sd * np.where(value_of(normal) > 0.5, left, right)
        return np.where(in_tail, tail, body)[()]

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        below = u * np.exp(-self._log_constant)
        left = value_of(below) < 0.5
        body = self.mu + self.sd * normal_quantile(np.where(left, below, 0.5))
        return np.where(left, body, self.log_quantile_upper(1.0 - u))[()]


def _log_extra(y: Any) -> Any:
    """Compute ln B(y), B(y) = n(y)/y - N(-y), without cancellation."""
    return -0.5 * np.square(y) + _log_scaled_extra(y)


def _log_scaled_extra(y: Any) -> Any:
    """Compute ln B(y) + y^2/2."""
    e = normal_excess(y)
    return np.log(e) - LOG_SQRT_2PI - np.log(y) - np.log(y + e)


def _extra_mean(y: Any) -> Any:
    """Compute minus the derivative of ln B."""
    return 1.0 / normal_excess(y) + 1.0 / y
