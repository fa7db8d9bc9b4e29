"""Power laws: Pareto and bounded Pareto. No SciPy here, so that a Pareto scenario starts quickly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.productivity.kernel import KEY, Productivity, first_failing
from phistar.core.errors import InputError
from phistar.numerics.duals import value_of
from phistar.numerics.special import quiet, tilted_log, tilted_log_ratio, tilted_mean, tilted_variance

SUPPORTS = ("literal", "closed_form")


@dataclass(frozen=True, eq=False)
class Pareto(Productivity):
    """Pareto productivity, S(x) = (scale/x)^k.

    Parameters
    ----------
    k : array_like
        Tail exponent.
    scale : array_like
        Lower end of the support, in units of productivity.
    support : {"literal", "closed_form"}
        Whether a cutoff below the scale is read as the scale (no firm lives there) or enters the formulas
        as it is, so that survival may exceed one: the algebra of the papers.
    """

    k: Any
    scale: Any = 1.0
    support: str = "literal"

    family: ClassVar[str] = "pareto"
    parameter_names: ClassVar[tuple[str, ...]] = ("k", "scale")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        super().validate()
        if self.support not in SUPPORTS:
            raise InputError(f"{KEY}.support", "must be literal or closed_form", self.support)

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        return super().spec() | {"support": self.support}

    @property
    def log_lower(self) -> Any:
        """Log of the lower end of the support; -inf in closed form."""
        return np.log(self.scale) if self.support == "literal" else -np.inf

    def _clamped(self, log_x: Any) -> Any:
        return np.maximum(log_x, self.log_lower) if self.support == "literal" else log_x

    def moment_gap(self, order: Any) -> Any:
        """Return k - order, positive where the moment exists."""
        return self.k - order

    @quiet
    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x) = -k ln(x/scale)."""
        return self.k * (np.log(self.scale) - self._clamped(log_x))

    @quiet
    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG: inf where order >= k."""
        gap, b = self.k - order, np.log(self.scale)
        finite = order * b - np.log1p(-order / self.k) - gap * (self._clamped(log_x) - b)
        return np.where(value_of(gap) > 0.0, finite, np.inf)[()]

    @quiet
    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi above x, ln x + 1/(k - order)."""
        gap = self.k - order
        return np.where(value_of(gap) > 0.0, self._clamped(log_x) + 1.0 / gap, np.inf)[()]

    @quiet
    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order, (k - order)^-2."""
        gap = value_of(self.k) - value_of(order) + 0.0 * value_of(log_x)
        return np.where(gap > 0.0, gap**-2.0, np.inf)[()]

    @quiet
    def log_density(self, log_x: Any) -> Any:
        """Compute ln(x g(x)): -inf below the scale."""
        density = np.log(self.k) - self.k * (log_x - np.log(self.scale))
        return np.where(value_of(log_x) >= value_of(self.log_lower), density, -np.inf)[()]

    @quiet
    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute minus the elasticity of the moment to the cutoff: k - order, zero below the scale."""
        inside = value_of(log_x) >= value_of(self.log_lower)
        return np.where(inside, self.k - order, 0.0)[()]

    @quiet
    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x]: ln(k/(k - order)) at an interior cutoff."""
        finite = order * (self._clamped(log_x) - log_x) - np.log1p(-order / self.k)
        return np.where(value_of(self.k) > value_of(order), finite, np.inf)[()]

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        return np.log(self.scale) - np.log(q) / self.k

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return np.log(self.scale) - np.log1p(-u) / self.k


@dataclass(frozen=True, eq=False)
class BoundedPareto(Productivity):
    """Pareto productivity truncated to [lower, upper], S(x) = (x^-k - upper^-k)/(lower^-k - upper^-k).

    Parameters
    ----------
    k : array_like
        Exponent of the density, positive.
    lower, upper : array_like
        Ends of the support, in units of productivity.

    Notes
    -----
    Above x, ln phi is a uniform on [ln x, ln upper] tilted by e^((order - k) z), so everything is a cumulant
    of the tilted uniform, which is smooth through order = k.
    """

    k: Any
    lower: Any
    upper: Any

    family: ClassVar[str] = "bounded_pareto"
    parameter_names: ClassVar[tuple[str, ...]] = ("k", "lower", "upper")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        super().validate()
        failing = first_failing(value_of(self.lower) < value_of(self.upper), self.lower, self.upper)
        if failing:
            low, high = failing
            raise InputError(f"{KEY}.lower", f"must lie below upper = {high:.6g}", low)

    @cached_property
    def log_lower(self) -> Any:
        """Log of the lower end of the support."""
        return np.log(self.lower)

    @cached_property
    def log_upper(self) -> Any:
        """Log of the upper end of the support."""
        return np.log(self.upper)

    def _clamped(self, log_x: Any) -> tuple[Any, Any]:
        """Return the cutoff inside the support and its distance to the upper end."""
        a = np.minimum(np.maximum(log_x, self.log_lower), self.log_upper)
        return a, np.maximum(self.log_upper - a, 0.0)

    @cached_property
    def _log_scale(self) -> Any:
        """Return ln of int (phi/lower)^-k dln phi over the support, the constant of the density."""
        width = np.log(self.upper / self.lower)
        return np.log(width) + tilted_log(-self.k * width)

    def _beyond(self, log_x: Any) -> Any:
        return value_of(log_x) >= value_of(self.log_upper)

    @quiet
    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        return self._log_survival_of(log_x, *self._clamped(log_x))

    def _log_survival_of(self, log_x: Any, a: Any, width: Any) -> Any:
        survival = -self.k * (a - self.log_lower) + np.log(width) + tilted_log(-self.k * width)
        return np.where(self._beyond(log_x), -np.inf, survival - self._log_scale)[()]

    @quiet
    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^upper phi^order dG for any real order: -inf from the upper end on."""
        a, width = self._clamped(log_x)
        tilt = order - self.k
        moment = order * a - self.k * (a - self.log_lower) + np.log(width) + tilted_log(tilt * width)
        return np.where(self._beyond(log_x), -np.inf, moment - self._log_scale)[()]

    @quiet
    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi above x (ln upper at the upper end)."""
        a, width = self._clamped(log_x)
        return a + width * tilted_mean((order - self.k) * width)

    @quiet
    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order."""
        _, width = self._clamped(log_x)
        width = value_of(width)
        return width**2 * tilted_variance((value_of(order) - value_of(self.k)) * width)

    @quiet
    def log_density(self, log_x: Any) -> Any:
        """Compute ln(x g(x)): -inf off the support."""
        density = -self.k * (log_x - self.log_lower) - self._log_scale
        v = value_of(log_x)
        inside = (v >= value_of(self.log_lower)) & (v <= value_of(self.log_upper))
        return np.where(inside, density, -np.inf)[()]

    @quiet
    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute minus the elasticity of the moment to the cutoff: zero below, inf beyond the support."""
        _, width = self._clamped(log_x)
        inside = np.exp(-tilted_log((order - self.k) * width)) / width
        below = np.where(value_of(log_x) >= value_of(self.log_lower), inside, 0.0)
        return np.where(self._beyond(log_x), np.inf, below)[()]

    @quiet
    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x], without cancellation near the upper end."""
        return self._log_premium_of(log_x, order, *self._clamped(log_x))

    def _log_premium_of(self, log_x: Any, order: Any, a: Any, width: Any) -> Any:
        return order * (a - log_x) + tilted_log_ratio(-self.k * width, order * width)

    def _logs_above(self, log_x: Any, order: Any) -> tuple[Any, Any]:
        clamped = self._clamped(log_x)
        return self._log_survival_of(log_x, *clamped), self._log_premium_of(log_x, order, *clamped)

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        span = self.k * np.log(self.upper / self.lower)
        from_above = self.log_upper - np.log1p(q * np.expm1(span)) / self.k
        from_below = self.log_lower - np.log1p((1.0 - q) * np.expm1(-span)) / self.k
        return np.where(value_of(q * np.exp(span)) < 1.0, from_above, from_below)[()]

    @quiet
    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        span = self.k * np.log(self.upper / self.lower)
        from_below = self.log_lower - np.log1p(u * np.expm1(-span)) / self.k
        return np.where(value_of(u) < 0.5, from_below, self.log_quantile_upper(1.0 - u))[()]
