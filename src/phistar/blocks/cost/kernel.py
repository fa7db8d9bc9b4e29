"""What linear demand asks of a cost distribution: the excess moments of draws below a market's cost cutoff.

With linear demand everything a market asks of a distribution is one function, the excess moment
m_p(x) = int ((x - c)^+)^p dG(c): the share of draws that sell (p = 0), their output (1), profit (2), and the
variances of revenue and profit (up to 4). It is computed without differences of like numbers, and on duals.
"""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Sequence
from math import comb
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks.productivity.kernel import require_finite, require_positive
from phistar.core.errors import InputError
from phistar.numerics.duals import value_of
from phistar.numerics.special import quiet

KEY = "cost"


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

    def with_parameters(self, **values: Any) -> Self:
        """Return a copy with some parameters replaced, checked together."""
        return dataclasses.replace(self, **values)  # type: ignore[type-var]

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
        if not np.any(x > self.upper):
            return self._moments_inside(x, top)
        inside = np.minimum(x, self.upper)
        moments = self._moments_inside(inside, top)
        if top == 0:
            return moments
        beyond = x - inside
        return [
            sum((comb(p, j) * beyond ** (p - j) * moments[j] for j in range(p)), start=moments[p])
            for p in range(top + 1)
        ]

    def margins(self, x: Any, tau: Any, top: int) -> list[Any]:
        """Compute tau^p m_p(x): the moments of what delivered cost tau c leaves of tau x."""
        return delivered(self.moments(x, top), tau)

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


class Bounded(Cost):
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


def delivered(moments: Sequence[Any], tau: Any) -> list[Any]:
    """Turn m_p of cost into those of delivered cost, tau^p m_p."""
    powers = itertools.accumulate([tau] * (len(moments) - 1), operator.mul)
    return [moments[0], *(power * moment for power, moment in zip(powers, moments[1:], strict=True))]


def column(values: Sequence[Any], batch_axes: int = 0) -> Any:
    """Lay one value an origin out against cutoffs: (N, 1), or (N, 1, batch)."""
    if all(isinstance(value, float) for value in values):
        return np.array(values).reshape(-1, 1, *(1,) * batch_axes)
    shape = np.broadcast_shapes((1,) * batch_axes, *(np.shape(value_of(value)) for value in values))
    return np.stack([np.broadcast_to(value, shape) for value in values]).reshape(len(values), 1, *shape)


def _number(value: Any, key: str) -> Any:
    """Read one number; duals pass."""
    if hasattr(value, "gradient"):
        return value
    if isinstance(value, (bool, str, bytes)) or value is None:
        raise InputError(key, "must be a number", value)
    return float(value)
