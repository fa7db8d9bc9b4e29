"""Cost distributions whose excess moments are powers: Pareto productivity, and costs spread evenly."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.cost.kernel import Bounded, Cost
from phistar.numerics.special import quiet

#: Numbers from which an array is memory asked of the system: 128 kB.
_LARGE = 2**14


def _rising(share: Any, width: Any, steps: Sequence[Any]) -> list[Any]:
    """Compute the share of draws and, step by step, the moments above it: each is the last times width and step."""
    if not isinstance(share, np.ndarray) or share.size < _LARGE:
        return list(itertools.accumulate(steps, lambda last, step: last * width * step, initial=share))
    # One block for all orders: asking for and giving back many large arrays takes as long as the products.
    block = np.empty((len(steps) + 1, *share.shape))
    block[0] = share
    for p, step in enumerate(steps):
        np.multiply(block[p], width, out=block[p + 1])
        block[p + 1] *= step
    return list(block)


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
        return self._up_to(top, x, x)

    def margins(self, x: Any, tau: Any, top: int) -> list[Any]:
        """Compute tau^p m_p(x), each order from the one below it, without powers of tau."""
        return super().margins(x, tau, top) if np.any(x > self.c_M) else self._up_to(top, x, tau * x)

    @quiet
    def _up_to(self, top: int, x: Any, width: Any) -> list[Any]:
        """Compute (width/x)^p m_p(x) for x inside the support."""
        # p! / ((k+1)...(k+p)) is k times the beta function of k and p + 1.
        return _rising((x / self.c_M) ** self.k, width, [p / (self.k + p) for p in range(1, top + 1)])

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
        return _rising(above / (self.c_M - self.lower), above, [p / (p + 1.0) for p in range(1, top + 1)])

    def quantile(self, u: Any) -> Any:
        """Return the cost below which lies the share `u` of draws."""
        return self.lower + (self.c_M - self.lower) * u
