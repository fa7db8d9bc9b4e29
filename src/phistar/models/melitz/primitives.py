"""The primitives of a Melitz world, alone or as a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks.iceberg import iceberg, log_iceberg
from phistar.blocks.keys import Keyed
from phistar.blocks.productivity import Productivity, stack
from phistar.core.parameters import Parameter
from phistar.models.melitz.parameters import PARAMETERS


@dataclass(frozen=True)
class Primitives(Keyed):
    """What a Melitz world is made of.

    Arrays are (country) or (origin, destination); a batch of worlds adds one last axis to every one of them.
    Any number may be a dual, so that the equations give their derivatives in it.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    stored_as: ClassVar = {"tau": "log_tau"}
    needs: ClassVar = {"J": 'entry = "fixed"'}

    countries: tuple[str, ...]
    sigma: Any
    L: Any
    log_tau: Any
    f: Any
    f_e: Any
    delta: Any
    families: tuple[Productivity, ...]
    entry: str = "free"
    J: Any = None
    fixed_cost: str = "market"
    numeraire: int = 0
    unused: tuple[str, ...] = ()

    @property
    def tau(self) -> Any:
        """Iceberg costs (origin, destination)."""
        return iceberg(self.log_tau)

    def stored(self, name: str, value: Any) -> dict[str, Any]:
        """Return the fields that hold a parameter: iceberg costs are held in logs."""
        return {"log_tau": log_iceberg(value)} if name == "tau" else {name: value}

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that have a value but no part."""
        return frozenset({"f_e", "delta"}) if self.entry == "fixed" else frozenset()

    @cached_property
    def productivity(self) -> Productivity:
        """The countries' distributions as one, laid along origins."""
        return stack(self.families, batch_axes=1 if self.is_batch else 0)

    def with_kernel(self, kernel: Productivity) -> Self:
        """Return a copy that reads its productivity from a stand-in for the distributions."""
        copy = replace(self)
        vars(copy)["productivity"] = kernel
        return copy

    @property
    def batchable(self) -> bool:
        """Whether worlds can be solved many at once: atoms have no batched route."""
        return all(family.family != "empirical" for family in self.families)

    def coordinates(self) -> np.ndarray:
        """Return what varies over a batch, once each: costs and sizes in logs, scaled to [-1, 1] (variable, point)."""
        arrays = [a if name == "log_tau" else np.log(a) for name, a in self._arrays().items()]
        arrays += [np.asarray(getattr(g, name)) for g in set(self.families) for name in g.parameter_names]
        rows = np.concatenate([a.reshape(-1, self.points) for a in arrays if a.ndim and a.shape[-1] == self.points])
        low, high = np.min(rows, axis=1, keepdims=True), np.max(rows, axis=1, keepdims=True)
        varies = (high > low)[:, 0]
        scaled = (2.0 * rows - low - high)[varies] / (high - low)[varies]
        # What one key moves, moves as one: it has the same mean square distance from a point that is like no other.
        marks = np.mean((scaled - np.sin(np.arange(self.points))) ** 2, axis=1)
        return scaled[np.unique(np.round(marks, 9), return_index=True)[1]]
