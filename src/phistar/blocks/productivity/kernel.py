"""The kernel every continuum model turns on: survival and truncated moments of a productivity distribution.

Notation: phi is productivity, G its distribution, z = ln phi, h(z) = phi g(phi) the density of z, x a cutoff
and p ("order") any real power. Methods whose argument is `log_x` work in logs and broadcast freely over
cutoffs, orders and parameters, any of which may be a `Dual`. Methods whose argument is `x` are conveniences
at levels.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from phistar.core.errors import InputError, unknown_key
from phistar.numerics.duals import Dual, value_of
from phistar.numerics.special import lifted, log_abs_expm1, quiet

KEY = "productivity"


class Tail(NamedTuple):
    """What lies above a cutoff x at one order p, from one look at the distribution.

    Attributes
    ----------
    survival : array
        S = P(phi >= x).
    log_value : array
        ln(V/x^p), V = int_x^inf phi^p dG.
    surplus : array
        V/x^p - S = int_x^inf ((phi/x)^p - 1) dG, Melitz's J, without the difference of like numbers.
    """

    survival: Any
    log_value: Any
    surplus: Any


class Productivity:
    """A distribution of productivity; families are frozen dataclasses whose fields are their parameters.

    Parameters are numbers, arrays or duals that broadcast against cutoffs laid out (origin, destination,
    batch): a country's own parameter has shape (N, 1) or (N, 1, B), a common one is a scalar or (B,).
    """

    family: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]]

    # -- parameters ------------------------------------------------------------------------------------------

    def __post_init__(self) -> None:
        for name in self.parameter_names:
            object.__setattr__(self, name, _as_number(getattr(self, name), f"{KEY}.{name}"))
        self.validate()

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        for name in self.parameter_names:
            require_positive(getattr(self, name), f"{KEY}.{name}")

    def with_parameters(self, **values: Any) -> Self:
        """Return a copy with some parameters replaced, checked together."""
        for name in values:
            if name not in self.parameter_names:
                raise unknown_key(f"{KEY}.{name}", self.parameter_names, f"parameter of {self.family}")
        return dataclasses.replace(self, **values)  # type: ignore[type-var]

    def parameter(self, name: str) -> Any:
        """Return the parameter called `name`."""
        return getattr(self, name)

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        table: dict[str, Any] = {"family": self.family}
        for name in self.parameter_names:
            value = value_of(getattr(self, name))
            table[name] = value.tolist()
        return table

    def _identity(self) -> tuple[Any, ...]:
        parts: list[Any] = [type(self)]
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, Dual):
                parts += [value.value.shape, value.value.tobytes(), value.gradient.tobytes()]
            elif isinstance(value, np.ndarray):
                parts += [value.shape, value.tobytes()]
            else:
                parts.append(value)
        return tuple(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Productivity) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    # -- what a family states --------------------------------------------------------------------------------

    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        raise NotImplementedError

    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG: -inf beyond the support, inf where the integral diverges."""
        raise NotImplementedError

    def log_density(self, log_x: Any) -> Any:
        """Compute the log of the density of ln phi, ln(x g(x)): -inf off the support."""
        raise NotImplementedError

    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute int_x^inf phi^order ln phi dG / int_x^inf phi^order dG: d log_moment / d order."""
        raise NotImplementedError

    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order: d mean_log / d order."""
        raise NotImplementedError

    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute x^(order+1) g(x) / int_x^inf phi^order dG: minus d log_moment / d log_x."""
        raise NotImplementedError

    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x], without cancellation when it is small."""
        raise NotImplementedError

    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        raise NotImplementedError

    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile: the productivity below which lies probability `u`."""
        raise NotImplementedError

    @property
    def log_lower(self) -> Any:
        """Log of the lower end of the support."""
        return -np.inf

    @property
    def log_upper(self) -> Any:
        """Log of the upper end of the support."""
        return np.inf

    def moment_gap(self, order: Any) -> Any:
        """Return a number that is positive where int_x^inf phi^order dG is finite for x > 0."""
        return np.full(np.shape(value_of(order)), np.inf)[()]

    def moment_gap_lower(self, order: Any) -> Any:
        """Return a number that is positive where int_0^1 phi^order dG is finite."""
        return np.full(np.shape(value_of(order)), np.inf)[()]

    def log_moment_of_atom(self, log_x: Any, order: Any) -> Any:
        """Compute ln of x^order P(phi = x): -inf wherever there is no atom."""
        return np.full(np.shape(value_of(log_x)), -np.inf)[()]

    def _logs_above(self, log_x: Any, order: Any) -> tuple[Any, Any]:
        """Compute `log_survival` and `log_premium`; a family in which they share work says how."""
        return self.log_survival(log_x), self.log_premium(log_x, order)

    # -- what follows for every family -----------------------------------------------------------------------

    @quiet
    def tail(self, log_x: Any, order: Any) -> Tail:
        """Compute survival, moment and surplus above a cutoff at once.

        Notes
        -----
        The surplus is S (E[(phi/x)^p | phi >= x] - 1) with the expectation in logs: no digits are lost near an
        upper bound or in a thin tail, where the two terms of V/x^p - S agree.
        """
        return tail_of(*self._logs_above(log_x, order))

    def surplus(self, log_x: Any, order: Any) -> Any:
        """Compute int_x^inf ((phi/x)^order - 1) dG, Melitz's J: positive where `order` is."""
        return self.tail(log_x, order).surplus

    @quiet
    def log_surplus(self, log_x: Any, order: Any) -> Any:
        """Compute ln |surplus|; the surplus has the sign of `order`."""
        survival, premium = self._logs_above(log_x, order)
        return survival + log_abs_expm1(premium)

    def require_moment(
        self,
        order: Any,
        key: str = KEY,
        why: str = "finite sales",
        order_text: str = "the order of the moment",
        remedy: str | None = None,
    ) -> None:
        """Raise an InputError naming the inequality unless the upper moment of this order exists.

        Parameters
        ----------
        order : array_like
            Order of the moment, as it broadcasts with the parameters.
        key : str
            Dotted path of the distribution; origins are indexed where parameters differ by origin.
        why : str
            What the moment is needed for.
        order_text : str
            The order in the model's letters, such as ``sigma - 1``.
        remedy : str, optional
            What to do; by default to raise the tail parameter or lower the first letter of `order_text`.
        """
        gap = np.asarray(value_of(self.moment_gap(order)))
        if np.all(gap > 0.0):
            return
        name = self._tail_name()
        where = tuple(np.argwhere(~(gap > 0.0))[0])
        tail, needed = (np.broadcast_to(value_of(v), gap.shape)[where] for v in (getattr(self, name), order))
        origin = f"[{where[0]}]" if gap.ndim > 1 and gap.shape[0] > 1 else ""
        letter = "the order" if order_text.startswith("the ") else order_text.split()[0]
        raise InputError(
            f"{key}{origin}.{name}",
            f"must exceed {order_text} = {needed:.6g} for {why}",
            float(tail),
            remedy or f"raise {name} or lower {letter}",
        )

    def _tail_name(self) -> str:
        return "k"

    # -- levels ----------------------------------------------------------------------------------------------

    @quiet
    def survival(self, x: Any) -> Any:
        """Return the share of draws with productivity at least `x`."""
        return np.exp(self.log_survival(np.log(x)))

    @quiet
    def cdf(self, x: Any) -> Any:
        """Return the share of draws with productivity below `x`, accurate in the lower tail too."""
        return -np.expm1(self.log_survival(np.log(x)))

    @quiet
    def density(self, x: Any) -> Any:
        """Return the density g(x) of productivity, per unit of productivity."""
        return np.exp(self.log_density(np.log(x)) - np.log(x))

    @quiet
    def partial_moment(self, x: Any, order: Any) -> Any:
        """Return int_x^inf phi^order dG, in units of productivity to the power `order`."""
        return np.exp(self.log_moment(np.log(x), order))

    @quiet
    def partial_log_moment(self, x: Any, order: Any = 0.0, power: int = 1) -> Any:
        """Return int_x^inf phi^order (ln phi)^power dG for `power` 1 or 2."""
        if power not in (1, 2):
            raise InputError("power", "must be 1 or 2", power)
        log_x = np.log(x)
        moment, mean = np.exp(self.log_moment(log_x, order)), self.mean_log(log_x, order)
        term = mean if power == 1 else self.variance_log(log_x, order) + mean * mean
        return np.where(value_of(moment) == 0.0, 0.0, moment * term)[()]

    def moment(self, order: Any) -> Any:
        """Return int phi^order dG over the whole support."""
        return np.exp(self.log_moment(-np.inf, order))

    def quantile(self, u: Any) -> Any:
        """Return the productivity below which lies the share `u` of draws."""
        return np.exp(self.log_quantile(u))

    def sample(self, n: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw `n` productivities.

        Parameters
        ----------
        n : int
            Number of draws.
        seed : int or numpy.random.Generator
            Seed, or the generator to draw from.

        Returns
        -------
        numpy.ndarray
            Draws of shape (n, *shape of the parameters).
        """
        rng = np.random.default_rng(seed)
        shape = np.shape(value_of(self.log_quantile_upper(0.5)))
        # 1 - random() is in (0, 1]: the upper tail never reaches probability zero.
        return np.exp(value_of(self.log_quantile_upper(1.0 - rng.random((n, *shape)))))


class LocationScale(Productivity):
    """A family whose ln phi is `location` + `spread` y with y standard: one set of derivative rules for all.

    A family gives the standard functions of u = (ln x - location)/spread and q = order * spread, on plain
    arrays; every derivative follows from them, since d log_moment = -hazard du + mean dq and so on.
    """

    def _location_spread(self) -> tuple[Any, Any]:
        raise NotImplementedError

    def _log_survival(self, u: Any) -> Any:
        raise NotImplementedError

    def _log_moment(self, u: Any, q: Any) -> Any:
        raise NotImplementedError

    def _mean(self, u: Any, q: Any) -> Any:
        raise NotImplementedError

    def _variance(self, u: Any, q: Any) -> Any:
        raise NotImplementedError

    def _log_density(self, u: Any) -> Any:
        raise NotImplementedError

    def _slope(self, u: Any) -> Any:
        """Compute the derivative of the log density."""
        raise NotImplementedError

    def _premium(self, u: Any, q: Any) -> Any:
        raise NotImplementedError

    def _premium_slopes(self, u: Any, q: Any) -> tuple[Any, Any]:
        return self._hazard(u, 0.0) - self._hazard(u, q) - q, self._mean(u, q) - u

    def _hazard(self, u: Any, q: Any) -> Any:
        return np.exp(self._log_density(u) + q * u - self._log_moment(u, q))

    def _standardised(self, log_x: Any, order: Any = 0.0) -> tuple[Any, Any, Any, Any]:
        location, spread = self._location_spread()
        return location, spread, (log_x - location) / spread, order * spread

    @quiet
    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        _, _, u, _ = self._standardised(log_x)
        v = value_of(u)
        return lifted(self._log_survival(v), (u,), lambda: (-self._hazard(v, 0.0),))

    @quiet
    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG: -inf beyond the support, inf where the integral diverges."""
        location, _, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        standard = lifted(self._log_moment(v, p), (u, q), lambda: (-self._hazard(v, p), self._mean(v, p)))
        return order * location + standard

    @quiet
    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute int_x^inf phi^order ln phi dG / int_x^inf phi^order dG: d log_moment / d order."""
        location, spread, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        mean = self._mean(v, p)
        standard = lifted(mean, (u, q), lambda: (self._hazard(v, p) * (mean - v), self._variance(v, p)))
        return location + spread * standard

    @quiet
    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the variance of ln phi above x under the weights phi^order: d mean_log / d order."""
        _, spread, u, q = (value_of(item) for item in self._standardised(log_x, order))
        return spread**2 * self._variance(u, q)

    @quiet
    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute x^(order+1) g(x) / int_x^inf phi^order dG: minus d log_moment / d log_x."""
        _, spread, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        h = self._hazard(v, p)
        standard = lifted(h, (u, q), lambda: (h * (p + self._slope(v) + h), h * (v - self._mean(v, p))))
        return standard / spread

    @quiet
    def log_density(self, log_x: Any) -> Any:
        """Compute the log of the density of ln phi, ln(x g(x))."""
        _, spread, u, _ = self._standardised(log_x)
        v = value_of(u)
        return lifted(self._log_density(v), (u,), lambda: (self._slope(v),)) - np.log(spread)

    @quiet
    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x], without cancellation when it is small."""
        _, _, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        return lifted(
            self._premium(v, p),
            (u, q),
            lambda: self._premium_slopes(v, p),
        )

    def _survival_and_premium(self, u: Any, q: Any) -> tuple[Any, Any]:
        """Compute both logs, sharing what they share."""
        return self._log_survival(u), self._premium(u, q)

    @quiet
    def tail(self, log_x: Any, order: Any) -> Tail:
        """Compute survival, moment and surplus above a cutoff at once; see `Productivity.tail`."""
        _, _, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        survival, log_value, surplus = tail_of(*self._survival_and_premium(v, p))
        return Tail(
            lifted(survival, (u,), lambda: (-np.exp(self._log_density(v)),)),
            lifted(log_value, (u, q), lambda: (-self._hazard(v, p) - p, self._mean(v, p) - v)),
            lifted(surplus, (u, q), lambda: (-p * np.exp(log_value), np.exp(log_value) * (self._mean(v, p) - v))),
        )

    @quiet
    def log_surplus(self, log_x: Any, order: Any) -> Any:
        """Compute ln |surplus|; the surplus has the sign of `order`."""
        _, _, u, q = self._standardised(log_x, order)
        v, p = value_of(u), value_of(q)
        survival, premium = self._survival_and_premium(v, p)

        def slopes() -> tuple[Any, Any]:
            """Compute the slopes of ln |surplus| in the cutoff and in the order."""
            ratio = -1.0 / np.expm1(-premium)  # of V/x^p to the surplus
            return -p * ratio, ratio * (self._mean(v, p) - v)

        return lifted(survival + log_abs_expm1(premium), (u, q), slopes)


def tail_of(log_survival: Any, log_premium: Any) -> Tail:
    """Put together what lies above a cutoff from ln S and ln E[(phi/x)^p | phi >= x]."""
    survival, log_value = np.exp(log_survival), log_survival + log_premium
    surplus = survival * np.expm1(log_premium)
    # e^premium may overflow where survival is small
    vast = value_of(log_premium) > 500.0
    return Tail(survival, log_value, np.where(vast, np.exp(log_value), surplus) if vast.any() else surplus)


def require_positive(value: Any, key: str) -> None:
    """Raise an InputError unless every element of `value` is a positive finite number."""
    v = np.asarray(value_of(value), dtype=float)
    bad = ~(np.isfinite(v) & (v > 0.0))
    if np.any(bad):
        raise InputError(key, "must be a positive finite number", float(v[bad].flat[0]))


def require_finite(value: Any, key: str) -> None:
    """Raise an InputError unless every element of `value` is a finite number."""
    v = np.asarray(value_of(value), dtype=float)
    if not np.all(np.isfinite(v)):
        raise InputError(key, "must be a finite number", float(v[~np.isfinite(v)].flat[0]))


def first_failing(ok: Any, *values: Any) -> list[float] | None:
    """Return the values at the first point where `ok` fails; None where it holds everywhere."""
    ok = np.asarray(ok)
    if np.all(ok):
        return None
    where = tuple(np.argwhere(~ok)[0])
    return [float(np.broadcast_to(value_of(v), ok.shape)[where]) for v in values]


def _as_number(value: Any, key: str) -> Any:
    if isinstance(value, Dual):
        return value
    if isinstance(value, (bool, str, bytes)) or value is None:
        raise InputError(key, "must be a number", value)
    if isinstance(value, (int, float)):
        return float(value)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(key, "must be a number", value) from None
    return float(array) if array.ndim == 0 else array
