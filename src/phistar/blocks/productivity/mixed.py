"""One distribution per origin behind the interface of a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.productivity.kernel import Productivity, Tail
from phistar.core.errors import InputError
from phistar.numerics.duals import value_of


def stack(members: Sequence[Productivity], batch_axes: int = 0) -> Productivity:
    """Arrange one distribution per origin along axis 0: the entry the models call.

    Parameters
    ----------
    members : sequence of Productivity
        One an origin; parameters scalars, or (B,) where points are batched.
    batch_axes : int
        Trailing batch axes of the caller's arrays, so that scalars become (N, 1) or (N, 1, 1).

    Returns
    -------
    Productivity
        The common distribution itself where all are equal, the family with (N, 1) parameters where only
        parameters differ, else a `Mixed`.
    """
    members = tuple(members)
    if not members:
        raise InputError("productivity", "must describe at least one country")
    if all(m is members[0] for m in members) or all(m == members[0] for m in members):
        return members[0]
    if len({_group(m) for m in members}) == 1:
        return _stacked(members, batch_axes)
    return Mixed(members, batch_axes)


def _group(member: Productivity) -> tuple[Any, ...]:
    """Return what two members must share to be evaluated in one call: all but their parameters."""
    rest = [f.name for f in fields(member) if f.name not in member.parameter_names]  # type: ignore[arg-type]
    if not member.parameter_names:
        return (type(member), member)
    return (type(member), *(getattr(member, name) for name in rest))


def _stacked(members: Sequence[Productivity], batch_axes: int) -> Productivity:
    if len(members) == 1 or not members[0].parameter_names:
        return members[0]
    return replace(members[0], **{  # type: ignore[type-var]
        name: _column([getattr(m, name) for m in members], batch_axes) for name in members[0].parameter_names
    })  # fmt: skip


def _column(values: Sequence[Any], batch_axes: int) -> Any:
    shape = np.broadcast_shapes((1,) * batch_axes, *(np.shape(value_of(v)) for v in values))
    column = np.stack([np.broadcast_to(v, shape) for v in values])
    return column.reshape(len(values), 1, *shape)


@dataclass(frozen=True, eq=False)
class Mixed(Productivity):
    """Distributions of several families, one an origin along axis 0 of the cutoffs.

    Parameters
    ----------
    members : tuple of Productivity
        One distribution an origin.
    batch_axes : int
        Trailing batch axes of the caller's arrays.

    Notes
    -----
    Origins of one family share one vectorised call. Cutoffs and orders of two axes or more have origins
    on axis 0 (length N, or 1 where common); scalars and vectors are common to all origins.
    """

    members: tuple[Productivity, ...]
    batch_axes: int = 0

    family: ClassVar[str] = "mixed"
    parameter_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        groups: dict[tuple[Any, ...], list[int]] = {}
        for i, member in enumerate(self.members):
            groups.setdefault(_group(member), []).append(i)
        parts = [(_stacked([self.members[i] for i in g], self.batch_axes), np.array(g)) for g in groups.values()]
        order = np.argsort(np.concatenate([g for _, g in parts]))
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_inverse", order)

    def _identity(self) -> tuple[Any, ...]:
        return (type(self), *self.members)

    def spec(self) -> dict[str, Any]:
        """Return the tables of the members under the key ``members``."""
        return {"family": self.family, "members": [m.spec() for m in self.members]}

    def _called(self, call: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Evaluate `call(distribution, *arguments)` by family."""
        n = len(self.members)
        return [call(part, *(_rows(a, index, n) for a in arguments)) for part, index in self._parts]  # type: ignore[attr-defined]

    def _in_order(self, results: Sequence[Any]) -> Any:
        """Put the origins of results by family back in order."""
        shapes = [np.shape(value_of(result)) for result in results]
        full = [(len(index), *shapes[0][1:]) for _, index in self._parts]  # type: ignore[attr-defined]
        if shapes != full or len(shapes[0]) < 2 + self.batch_axes:
            results = self._broadcast(results)
        return np.concatenate(results)[self._inverse]  # type: ignore[attr-defined]

    def _broadcast(self, results: Sequence[Any]) -> list[Any]:
        """Give results by family one shape but for the number of origins."""
        column = (1,) * (1 + self.batch_axes)
        shapes = [
            np.broadcast_shapes((len(index), *column), np.shape(value_of(result)))
            for (_, index), result in zip(self._parts, results, strict=True)  # type: ignore[attr-defined]
        ]
        trailing = np.broadcast_shapes(*(shape[1:] for shape in shapes))
        return [np.broadcast_to(result, (shape[0], *trailing)) for result, shape in zip(results, shapes, strict=True)]

    def _each(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Evaluate `call(distribution, *arguments)` by family and put origins back in order."""
        return self._in_order(self._called(call, *arguments))

    def log_survival(self, log_x: Any) -> Any:
        """Compute ln P(phi >= x)."""
        return self._each(lambda d, a: d.log_survival(a), log_x)

    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Compute ln int_x^inf phi^order dG."""
        return self._each(lambda d, a, p: d.log_moment(a, p), log_x, order)

    def log_moment_of_atom(self, log_x: Any, order: Any) -> Any:
        """Compute ln of x^order P(phi = x)."""
        return self._each(lambda d, a, p: d.log_moment_of_atom(a, p), log_x, order)

    def log_density(self, log_x: Any) -> Any:
        """Compute the log of the density of ln phi."""
        return self._each(lambda d, a: d.log_density(a), log_x)

    def mean_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi above x."""
        return self._each(lambda d, a, p: d.mean_log(a, p), log_x, order)

    def variance_log(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted variance of ln phi above x."""
        return self._each(lambda d, a, p: d.variance_log(a, p), log_x, order)

    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Compute minus the elasticity of the moment to the cutoff."""
        return self._each(lambda d, a, p: d.hazard(a, p), log_x, order)

    def log_premium(self, log_x: Any, order: Any) -> Any:
        """Compute ln E[(phi/x)^order | phi >= x]."""
        return self._each(lambda d, a, p: d.log_premium(a, p), log_x, order)

    def tail(self, log_x: Any, order: Any) -> Tail:
        """Compute survival, moment and surplus above a cutoff at once."""
        tails = self._called(lambda d, a, p: d.tail(a, p), log_x, order)
        return Tail(*(self._in_order(part) for part in zip(*tails, strict=True)))

    def log_surplus(self, log_x: Any, order: Any) -> Any:
        """Compute ln |surplus|."""
        return self._each(lambda d, a, p: d.log_surplus(a, p), log_x, order)

    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return self._each(lambda d, v: d.log_quantile(v), u)

    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        return self._each(lambda d, v: d.log_quantile_upper(v), q)

    @property
    def log_lower(self) -> Any:
        """Log of the lower end of the support, by origin."""
        return self._each(lambda d: d.log_lower)

    @property
    def log_upper(self) -> Any:
        """Log of the upper end of the support, by origin."""
        return self._each(lambda d: d.log_upper)

    def moment_gap(self, order: Any) -> Any:
        """Return a number that is positive where the upper moment exists, by origin."""
        return self._each(lambda d, p: d.moment_gap(p), order)

    def moment_gap_lower(self, order: Any) -> Any:
        """Return a number that is positive where the lower moment exists, by origin."""
        return self._each(lambda d, p: d.moment_gap_lower(p), order)

    def require_moment(self, order: Any, key: str = "productivity", *args: Any, **kwargs: Any) -> None:
        """Raise an InputError naming the origin and the inequality unless the upper moment exists."""
        n = len(self.members)
        for i, member in enumerate(self.members):
            member.require_moment(_rows(order, np.array([i]), n), f"{key}[{i}]", *args, **kwargs)

    def sample(self, n: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw `n` productivities of each origin: shape (n, N, 1)."""
        rng = np.random.default_rng(seed)
        draws = [m.sample(n, rng) for m in self.members]
        return np.stack([d.reshape(n, 1, *d.shape[1:]) for d in draws], axis=1)


def _rows(argument: Any, index: np.ndarray, n: int) -> Any:
    """Return the rows of `argument` that belong to the origins `index`."""
    shape = np.shape(value_of(argument))
    if len(shape) < 2 or shape[0] == 1:
        return argument
    if shape[0] != n:
        raise ValueError(f"axis 0 has length {shape[0]} but there are {n} origins")
    return argument[index]
