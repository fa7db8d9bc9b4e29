"""Lognormal productivity, alone and with a Pareto upper tail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

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
    lifted,
    log_normal_survival,
    log_scaled_survival,
    moved_square,
    normal_excess,
    normal_hazard,
    normal_quantile,
    normal_tails,
    normal_variance,
    over_orders,
    quiet,
    upper_excess,
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

    @cached_property
    def log_join(self) -> Any:
        """Log of the productivity where the tail begins."""
        return self.mu + self.k * self.sd**2

    @cached_property
    def _log_constant(self) -> Any:
        y = self.k * self.sd
        return -np.logaddexp(0.0, _log_scaled_extra(y) - 0.5 * np.square(y))

    @cached_property
    def _log_density_join(self) -> Any:
        return self._log_constant - 0.5 * np.square(self.k * self.sd) - LOG_SQRT_2PI - np.log(self.sd)

    def _in_tail(self, log_x: Any) -> np.ndarray:
        return value_of(log_x) >= value_of(self.log_join)

    def _bodies(self, log_x: Any, *orders: Any) -> list[_Body]:
        """Work out the body at several orders, the normal tails of all in one sweep."""
        gap = np.minimum(log_x - self.log_join, 0.0) / self.sd
        # Where the moment diverges y is not used; 1 keeps the arithmetic quiet.
        y = [np.where(value_of(self.k) > value_of(p), (self.k - p) * self.sd, 1.0) for p in orders]
        t = [gap + each for each in y]
        excess = upper_excess(*(np.abs(value_of(each)) for each in (*t, *y)))
        return [_Body.of(gap, *each) for each in zip(t, y, excess, excess[len(t) :], strict=False)]

    @quiet
    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        return self._log_survival_of(log_x, *self._bodies(log_x, 0.0))

    def _log_survival_of(self, log_x: Any, whole: _Body) -> Any:
        u = whole.t
        body = self._log_constant + whole.log_total
        left = value_of(u) < 0.0
        if left.any():  # the survival is one less a small number: keep that number's digits
            log_below = log_scaled_survival(-u, whole.excess_t) - 0.5 * np.square(u)
            body = np.where(left, np.log1p(-np.exp(self._log_constant + log_below)), body)
        return np.where(self._in_tail(log_x), self._log_tail(log_x, 0.0), body)[()]

    def _log_tail(self, log_x: Any, order: Any) -> Any:
        rest = np.maximum(log_x - self.log_join, 0.0)
        level = self._log_density_join - np.log(self.k - order)
        return level + order * self.log_join + (order - self.k) * rest

    @quiet
    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG: inf where order >= k."""
        (above,) = self._bodies(log_x, order)
        body = self._log_constant + order * self.mu + 0.5 * np.square(order * self.sd) + above.log_total
        finite = np.where(self._in_tail(log_x), self._log_tail(log_x, order), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    @quiet
    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi above x."""
        (above,) = self._bodies(log_x, order)
        share = above.normal_share
        mean = order * self.sd + share * normal_hazard(above.t) + (1.0 - share) * _extra_mean(above.y)
        body = self.mu + self.sd * mean
        finite = np.where(self._in_tail(log_x), log_x + 1.0 / (self.k - order), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    @quiet
    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order."""
        log_x, order, sd, k = (value_of(v) for v in (log_x, order, self.sd, self.k))
        (above,) = self._bodies(log_x, order)
        t, y, share, e = (value_of(v) for v in (above.t, above.y, above.normal_share, above.excess_y))
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
        (above,) = self._bodies(log_x, order)
        body = np.exp(-0.5 * np.square(np.minimum(above.t, 0.0)) - LOG_SQRT_2PI - above.scaled_total) / self.sd
        finite = np.where(self._in_tail(log_x), self.k - order, body)
        return np.where(value_of(self.k) > value_of(order), finite, 0.0)[()]

    @quiet
    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x], without cancellation when it is small."""
        return self._log_premium_of(log_x, order, *self._bodies(log_x, 0.0, order))

    def _log_premium_of(self, log_x: Any, order: Any, whole: _Body, above: _Body) -> Any:
        q = order * self.sd
        body = above.scaled_total - whole.scaled_total + moved_square(whole.t, q)
        small = np.abs(value_of(q)) < np.minimum(SMALL_ORDER, 0.1 * value_of(self.k * self.sd))
        if small.any():
            average = over_orders(lambda node: self._mean_excess(log_x, node * order), np.ndim(body))
            body = np.where(small, q * average, body)
        finite = np.where(self._in_tail(log_x), -np.log1p(-order / self.k), body)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    def _mean_excess(self, log_x: Any, order: Any) -> Any:
        """Compute the standardised mean of ln phi above x, less ln x, under the weights phi^order."""
        (above,) = self._bodies(log_x, order)
        share = above.normal_share
        return share * normal_excess(above.t) + (1.0 - share) * (_extra_mean(above.y) - above.t)

    def _logs_above(self, log_x: Any, order: Any) -> tuple[Any, Any]:
        whole, above = self._bodies(log_x, 0.0, order)
        return self._log_survival_of(log_x, whole), self._log_premium_of(log_x, order, whole, above)

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


class _Body(NamedTuple):
    """The body at one cutoff and order, in logs scaled by e^(t^2/2) where t > 0, so that no squares cancel.

    Attributes
    ----------
    t, y : array
        Standardised cutoff and join, less order times sd.
    excess_t, excess_y : array
        Mean of a standard normal above |t| and above y, less them.
    scaled_normal, scaled_total : array
        ln N(-t) and ln(N(-t) + B(y)), plus t^2/2 where t > 0.
    """

    t: Any
    y: Any
    excess_t: np.ndarray
    excess_y: np.ndarray
    scaled_normal: Any
    scaled_total: Any

    @classmethod
    def of(cls, gap: Any, t: Any, y: Any, excess_t: np.ndarray, excess_y: np.ndarray) -> _Body:
        """Put together the body where the cutoff lies `gap` = t - y from the join."""
        normal = log_scaled_survival(t, excess_t)
        square = np.where(value_of(t) > 0.0, gap * (t + y), -np.square(y))  # max(t, 0)^2 - y^2
        total = np.logaddexp(normal, 0.5 * square + _log_scaled_extra(y, excess_y))
        return cls(t, y, excess_t, excess_y, normal, total)

    @property
    def log_total(self) -> Any:
        """ln(N(-t) + B(y))."""
        return self.scaled_total - 0.5 * np.square(np.maximum(self.t, 0.0))

    @property
    def normal_share(self) -> Any:
        """Share of the normal in the sum."""
        return np.exp(self.scaled_normal - self.scaled_total)


def _log_scaled_extra(y: Any, excess: Any = None) -> Any:
    """Compute ln B(y) + y^2/2, B(y) = n(y)/y - N(-y), without cancellation."""
    v = value_of(y)
    e = normal_excess(v) if excess is None else excess
    return lifted(np.log(e / (v * (v + e))) - LOG_SQRT_2PI, (y,), lambda: (v - 1.0 / e - 1.0 / v,))


def _extra_mean(y: Any) -> Any:
    """Compute minus the derivative of ln B."""
    return 1.0 / normal_excess(y) + 1.0 / y
