"""Cost distributions whose excess moments are powers: Pareto productivity, and costs spread evenly."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.cost.kernel import Bounded, Cost


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


@dataclasses.dataclass(frozen=True)
class Uniform(Bounded):
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
