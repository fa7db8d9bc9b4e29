"""Any productivity distribution seen as one of costs, c = 1/phi."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import comb
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks import productivity
from phistar.blocks.cost.kernel import Cost
from phistar.blocks.productivity import Productivity
from phistar.numerics.duals import value_of
from phistar.numerics.special import quiet


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

    def with_parameters(self, **values: Any) -> Self:
        """Return a copy with some parameters replaced, checked together."""
        return dataclasses.replace(self, source=self.source.with_parameters(**values))

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
