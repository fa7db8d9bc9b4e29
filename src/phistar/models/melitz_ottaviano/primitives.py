"""The primitives of a Melitz-Ottaviano world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks.cost import Cost, Costs, TabulatedCosts
from phistar.blocks.keys import Keyed
from phistar.core.parameters import Parameter
from phistar.models.melitz_ottaviano.parameters import PARAMETERS
from phistar.numerics.duals import value_of


@dataclass(frozen=True)
class Primitives(Keyed):
    """What a Melitz-Ottaviano world is made of.

    Arrays are (country) or (origin, destination); a batch of worlds adds one last axis to every one of them.
    Any number may be a dual, so that the equations give their derivatives in it.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    distribution: ClassVar = ("cost", "costs")
    needs: ClassVar = {"incumbents": 'horizon = "short"'}

    countries: tuple[str, ...]
    alpha: Any
    eta: Any
    gamma: Any
    L: Any
    tau: Any
    f_E: Any
    costs: tuple[Cost, ...]
    horizon: str = "long"
    incumbents: Any = None
    unused: tuple[str, ...] = ()

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that have a value but no part."""
        return frozenset({"f_E"}) if self.horizon == "short" else frozenset()

    @cached_property
    def distributions(self) -> Costs:
        """The countries' cost distributions as one, laid along origins."""
        return Costs(self.costs, batch_axes=1 if self.is_batch else 0)

    @cached_property
    def cost(self) -> Costs | TabulatedCosts:
        """What moments of costs are read from: the distributions, or a stand-in."""
        return self.distributions

    def with_cost(self, cost: Costs | TabulatedCosts) -> Self:
        """Return a copy that reads its costs from a stand-in for the distributions."""
        copy = replace(self)
        vars(copy)["cost"] = cost
        return copy

    def take(self, keep: Any) -> Self:
        """Return the worlds of a batch that `keep` selects; a table of costs is the same for all."""
        if np.array_equal(keep, np.arange(self.points)):
            return self
        taken = super().take(keep)
        return taken.with_cost(self.cost) if isinstance(self.cost, TabulatedCosts) else taken

    @cached_property
    def open(self) -> np.ndarray:
        """Whether anything can be shipped at all (origin, destination)."""
        return np.isfinite(value_of(self.tau))

    @cached_property
    def finite_tau(self) -> Any:
        """Iceberg costs, one where the border is closed (origin, destination)."""
        return self.tau if self.open.all() else np.where(self.open, self.tau, 1.0)
