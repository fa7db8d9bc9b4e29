"""Cost distributions: what a draw of marginal cost c can earn in a market whose cost cutoff is x.

With linear demand everything a market asks of a distribution is one function, the excess moment
m_p(x) = int ((x - c)^+)^p dG(c): the share of draws that sell (p = 0), their output (1), profit (2), and the
variances of revenue and profit (up to 4). It is computed without differences of like numbers, and on duals.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import comb
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks import productivity
from phistar.blocks.productivity import Productivity
from phistar.blocks.productivity.kernel import require_finite, require_positive
from phistar.core.errors import InputError, unknown_key
from phistar.numerics.duals import Dual, value_of
from phistar.numerics.special import gauss_legendre, quiet

KEY = "cost"

#: Nodes of the quadratures: both rules are exact to rounding with these on what they are given.
_NODES = 64
_STEP = 0.08
_REACH = 4.4
#: Twice minus ln of what a normal density may fall by before it is left out, 1e-18.
_TAIL = 83.0
#: Cutoffs whose quadratures are worked out together: their nodes fill about two megabytes.
_BLOCK = 4096


class Cost:
    """A distribution of marginal cost; families are frozen dataclasses whose fields are their parameters.

    Parameters are numbers, arrays or duals that broadcast against cutoffs (origin, destination).
    """

    family: ClassVar[str]
    parameter_names: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.parameter_names:
            if not np.shape(value_of(getattr(self, name))):
                object.__setattr__(self, name, _number(getattr(self, name), f"{KEY}.{name}"))
        self.validate()

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        for name in self.parameter_names:
            require_positive(getattr(self, name), f"{KEY}.{name}")

    def with_parameter(self, name: str, value: Any) -> Self:
        """Return a copy with the parameter called `name` replaced."""
        return dataclasses.replace(self, **{name: value})  # type: ignore[type-var]

    def parameter(self, name: str) -> Any:
        """Return the parameter called `name`."""
        return getattr(self, name)

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        return {"family": self.family, **{name: float(getattr(self, name)) for name in self.parameter_names}}

    @classmethod
    def stacked(cls, members: Sequence[Any], batch_axes: int = 0) -> Any:
        """Arrange members of one family along origins: parameters of shape (N, 1), or (N, 1, batch)."""
        columns = {
            name: column([member.parameter(name) for member in members], batch_axes)
            for name in members[0].parameter_names
        }
        return dataclasses.replace(members[0], **columns)

    @property
    def lower(self) -> Any:
        """Least cost that may be drawn."""
        raise NotImplementedError

    @property
    def upper(self) -> Any:
        """Greatest cost that may be drawn."""
        raise NotImplementedError

    def _moments_inside(self, x: Any, top: int) -> list[Any]:
        """Compute m_0 to m_top at x no greater than the upper end of the support."""
        raise NotImplementedError

    @quiet
    def moments(self, x: Any, top: int) -> list[Any]:
        """Compute m_p(x) = int ((x - c)^+)^p dG for every whole p from 0 to `top`, in one pass.

        Notes
        -----
        Beyond the upper end c_M, x - c = (x - c_M) + (c_M - c) is expanded: all terms are positive.
        """
        inside = np.minimum(x, self.upper)
        moments = self._moments_inside(inside, top)
        beyond = x - inside
        if top == 0 or not np.any(value_of(beyond) > 0.0):
            return moments
        return [
            sum((comb(p, j) * beyond ** (p - j) * moments[j] for j in range(p)), start=moments[p])
            for p in range(top + 1)
        ]

    def excess(self, x: Any, order: int) -> Any:
        """Compute m_p(x) for one whole p of at least 0."""
        return self.moments(x, order)[order]

    def share_below(self, x: Any) -> Any:
        """Compute G(x), the share of draws with a cost below x."""
        return self.excess(x, 0)

    def partial_moment(self, x: Any, order: int) -> Any:
        """Compute int_0^x c^p dG for a whole p: x^p less what the excess moments take away."""
        x = np.minimum(x, self.upper)
        moments = self.moments(x, order)
        return sum(comb(order, j) * (-1.0) ** j * x ** (order - j) * moments[j] for j in range(order + 1))

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        raise NotImplementedError

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` costs."""
        return np.asarray(self.quantile(1.0 - rng.random(n)), dtype=float)


@dataclasses.dataclass(frozen=True)
class Pareto(Cost):
    """Pareto productivity seen as cost: G(c) = (c/c_M)^k on [0, c_M].

    Parameters
    ----------
    k : array_like
        Shape: the higher, the more draws are near the upper end.
    c_M : array_like
        Greatest cost.
    """

    k: Any
    c_M: Any = 1.0

    family: ClassVar[str] = "pareto"
    parameter_names = ("c_M", "k")

    @property
    def lower(self) -> Any:
        """Least cost that may be drawn."""
        return 0.0

    @property
    def upper(self) -> Any:
        """Greatest cost that may be drawn."""
        return self.c_M

    def _moments_inside(self, x: Any, top: int) -> list[Any]:
        moments = [(x / self.c_M) ** self.k]
        for p in range(1, top + 1):
            # p! / ((k+1)...(k+p)) is k times the beta function of k and p + 1.
            moments.append(moments[-1] * x * (p / (self.k + p)))
        return moments

    def partial_moment(self, x: Any, order: int) -> Any:
        """Compute int_0^x c^p dG."""
        x = np.minimum(x, self.c_M)
        return self.k / (self.k + order) * x**order * (x / self.c_M) ** self.k

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        return self.c_M * u ** (1.0 / self.k)


class _Bounded(Cost):
    """A family on [lower, c_M]."""

    c_M: Any

    @property
    def upper(self) -> Any:
        """Greatest cost that may be drawn."""
        return self.c_M

    def _validate_bounds(self) -> None:
        require_finite(self.lower, f"{KEY}.lower")
        require_positive(self.c_M, f"{KEY}.c_M")
        low, high = np.broadcast_arrays(value_of(self.lower), value_of(self.c_M))
        if np.any(low < 0.0):
            raise InputError(f"{KEY}.lower", "must be at least 0", float(low[low < 0.0].flat[0]))
        if np.any(low >= high):
            first = tuple(np.argwhere(low >= high)[0])
            raise InputError(f"{KEY}.lower", f"must lie below c_M = {high[first]:.6g}", float(low[first]))


@dataclasses.dataclass(frozen=True)
class Uniform(_Bounded):
    """Costs spread evenly over [lower, c_M]."""

    c_M: Any
    lower: Any = 0.0

    family: ClassVar[str] = "uniform"
    parameter_names = ("c_M", "lower")

    def validate(self) -> None:
        """Check the parameters; raise an InputError at the first that is not admissible."""
        self._validate_bounds()

    def _moments_inside(self, x: Any, top: int) -> list[Any]:
        above = np.maximum(x - self.lower, 0.0)
        moments = [above / (self.c_M - self.lower)]
        for p in range(1, top + 1):
            moments.append(moments[-1] * above * (p / (p + 1.0)))
        return moments

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        return self.lower + (self.c_M - self.lower) * u


@cache
def _double_exponential() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes s, 1 - s and weights of the tanh-sinh rule on [0, 1]: ends may be singular."""
    t = np.arange(-_REACH, _REACH + 0.5 * _STEP, _STEP)
    half = 0.5 * np.pi * np.sinh(t)
    s, rest = 1.0 / (1.0 + np.exp(-2.0 * half)), 1.0 / (1.0 + np.exp(2.0 * half))
    return s, rest, _STEP * np.pi * np.cosh(t) * s * rest


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


def _beta_integrals(z: Any, a: Any, b: Any, *, top: int) -> list[Any]:
    """Compute int_0^1 (1-s)^p s^(a-1) (1-zs)^(b-1) ds for every p up to `top`, by quadrature."""
    s, rest, weight = _double_exponential()
    a, b, z = _over_nodes(a), _over_nodes(b), _over_nodes(z)
    load = np.exp((a - 1.0) * np.log(s) + (b - 1.0) * np.log((1.0 - z) + z * rest)) * weight
    return _weighed(load, rest, top)


@dataclasses.dataclass(frozen=True)
class Beta(_Bounded):
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
class TruncatedLognormal(_Bounded):
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


@dataclasses.dataclass(frozen=True)
class FromProductivity(Cost):
    """Any productivity distribution seen as cost, c = 1/phi."""

    source: Productivity

    family: ClassVar[str] = "productivity"

    @property
    def parameter_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the productivity distribution's own parameters."""
        return self.source.parameter_names

    def __post_init__(self) -> None:
        """Nothing to check: the source has checked itself."""

    def with_parameter(self, name: str, value: Any) -> Self:
        """Return a copy with the parameter called `name` replaced."""
        return dataclasses.replace(self, source=self.source.with_parameter(name, value))

    def parameter(self, name: str) -> Any:
        """Return the parameter called `name`."""
        return getattr(self.source, name)

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        return self.source.spec()

    @classmethod
    def stacked(cls, members: Sequence[Any], batch_axes: int = 0) -> Any:
        """Arrange members along origins."""
        return cls(productivity.stack([member.source for member in members], batch_axes))

    @property
    def lower(self) -> Any:
        """Least cost that may be drawn."""
        return np.exp(-self.source.log_upper)

    @property
    def upper(self) -> Any:
        """Greatest cost that may be drawn."""
        with np.errstate(over="ignore"):
            return np.exp(-self.source.log_lower)

    @quiet
    def moments(self, x: Any, top: int) -> list[Any]:
        """Compute m_0 to m_top: with y = c/x, (1 - y)^p is a sum of y^j - 1, the kernel's surpluses of order -j."""
        sells = value_of(x) > 0.0
        safe = np.where(sells, x, 1.0)
        cutoff = -np.log(safe)
        moments = [np.where(sells, np.exp(self.source.log_survival(cutoff)), 0.0)]
        surplus = [(-1.0) ** j * self.source.surplus(cutoff, -float(j)) for j in range(1, top + 1)]
        for p in range(1, top + 1):
            total = sum((comb(p, j) * surplus[j - 1] for j in range(2, p + 1)), start=p * surplus[0])
            moments.append(np.where(sells & (value_of(total) > 0.0), safe**p * total, 0.0))
        return moments

    def partial_moment(self, x: Any, order: int) -> Any:
        """Compute int_0^x c^p dG."""
        return np.exp(self.source.log_moment(-np.log(x), -float(order)))

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        return np.exp(-self.source.log_quantile_upper(u))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` costs."""
        return 1.0 / self.source.sample(n, rng)


class Costs:
    """One distribution an origin, along axis 0 of the cutoffs; origins of one family share a call.

    Parameters
    ----------
    members : sequence of Cost
        One an origin; parameters scalars, or (batch) where worlds are batched.
    batch_axes : int
        Trailing batch axes of the cutoffs.
    """

    def __init__(self, members: Sequence[Cost], batch_axes: int = 0) -> None:
        self.members = tuple(members)
        groups: dict[type[Cost], list[int]] = {}
        for i, member in enumerate(members):
            groups.setdefault(type(member), []).append(i)
        self._parts = [(_stack([members[i] for i in rows], batch_axes), np.array(rows)) for rows in groups.values()]
        self._inverse = np.argsort(np.concatenate([rows for _, rows in self._parts]))

    def moments(self, x: Any, top: int) -> list[Any]:
        """Compute m_0 to m_top at cutoffs (origin, destination)."""
        if len(self._parts) == 1:
            return self._parts[0][0].moments(x, top)
        parts = [part.moments(x[index], top) for part, index in self._parts]
        return [np.concatenate(rows)[self._inverse] for rows in zip(*parts, strict=True)]

    def excess(self, x: Any, order: int) -> Any:
        """Compute m_p at cutoffs (origin, destination)."""
        return self.moments(x, order)[order]


def _stack(members: Sequence[Cost], batch_axes: int) -> Cost:
    first = members[0]
    return first if all(member is first for member in members) else type(first).stacked(members, batch_axes)


def column(values: Sequence[Any], batch_axes: int = 0) -> Any:
    """Lay one value an origin out against cutoffs: (N, 1), or (N, 1, batch)."""
    if all(isinstance(value, float) for value in values):
        return np.array(values).reshape(-1, 1, *(1,) * batch_axes)
    shape = np.broadcast_shapes((1,) * batch_axes, *(np.shape(value_of(value)) for value in values))
    return np.stack([np.broadcast_to(value, shape) for value in values]).reshape(len(values), 1, *shape)


FAMILIES: dict[str, type[Cost]] = {family.family: family for family in (Pareto, Uniform, Beta, TruncatedLognormal)}


def from_spec(spec: Mapping[str, Any], key: str = KEY) -> Cost:
    """Build a cost distribution from its table, such as ``{family = "pareto", c_M = 1.0, k = 2.0}``.

    Parameters
    ----------
    spec : mapping
        The table: `family` and the parameters of that family; the families of productivity other than
        ``pareto`` are read as distributions of 1/c.
    key : str
        Dotted path of the table, for error messages.

    Raises
    ------
    InputError
        If a name is unknown (the nearest is given), a key is missing, or a value is not admissible.
    """
    if not isinstance(spec, Mapping):
        raise InputError(key, 'must be a table such as {family = "pareto", c_M = 1.0, k = 2.0}', spec)
    name = spec.get("family")
    known = [*FAMILIES, *(f for f in productivity.FAMILIES if f not in FAMILIES)]
    if name is None:
        raise InputError(f"{key}.family", "is missing", remedy="one of " + ", ".join(known))
    if not isinstance(name, str) or name not in known:
        remedy = unknown_key(str(name), known, "family").remedy
        raise InputError(f"{key}.family", "is not a known family", name, remedy)
    if name not in FAMILIES:
        return FromProductivity(productivity.from_spec(spec, key))
    values = {entry: value for entry, value in spec.items() if entry != "family"}
    _check_keys(FAMILIES[name], values, key)
    try:
        return FAMILIES[name](**values)
    except InputError as error:
        raise InputError(key + error.key.removeprefix(KEY), error.problem, error.value, error.remedy) from None


def _check_keys(family: type[Cost], values: Mapping[str, Any], key: str) -> None:
    known = {field.name: field for field in dataclasses.fields(family)}  # type: ignore[arg-type]
    for entry in values:
        if entry not in known:
            raise unknown_key(f"{key}.{entry}", known, f"key of {family.family}")
        if isinstance(values[entry], (list, tuple, dict)):
            raise InputError(f"{key}.{entry}", "must be a number", values[entry])
    for field in known.values():
        if field.default is dataclasses.MISSING and field.name not in values:
            raise InputError(f"{key}.{field.name}", "is missing", remedy=f"{family.family} needs it")


def _number(value: Any, key: str) -> Any:
    """Read one number; duals pass."""
    if hasattr(value, "gradient"):
        return value
    if isinstance(value, (bool, str, bytes)) or value is None:
        raise InputError(key, "must be a number", value)
    return float(value)
