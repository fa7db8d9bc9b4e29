"""The primitives of a world of two countries that trade final goods and inputs, alone or as a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.keys import Keyed
from phistar.blocks.productivity import Empirical, Productivity, stack
from phistar.core.parameters import Parameter
from phistar.models.vertical_specialization.parameters import PARAMETERS
from phistar.numerics.duals import value_of

#: What a firm may do, in the paper's order: sell at home, import for home, export, import for exports (axis 1).
MODES = ("D", "DM", "X", "XM")


def laid(*columns: Any) -> Any:
    """Lay one array a mode side by side: (country) each, to (country, mode)."""
    shape = np.broadcast_shapes(*(np.shape(value_of(c)) for c in columns))
    return np.stack([np.broadcast_to(c, shape) for c in columns], axis=1)


@dataclass(frozen=True)
class Primitives(Keyed):
    """What the world is made of: arrays are (country); a batch of worlds adds one last axis to every one of them.

    Any number may be a dual, so that the equations give their derivatives in it.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS

    countries: tuple[str, ...]
    sigma: Any
    L: Any
    tau_X: Any
    tau_M: Any
    f_D: Any
    f_X: Any
    f_DM: Any
    f_XM: Any
    f_E: Any
    families: tuple[Productivity, ...]
    numeraire: int = 1

    @cached_property
    def productivity(self) -> Productivity:
        """The countries' distributions as one, laid along axis 0 of cutoffs (country, mode)."""
        return stack(self.families, batch_axes=1 if self.is_batch else 0)

    @property
    def atoms(self) -> tuple[np.ndarray, ...]:
        """Increasing ln productivities that a positive share of a country's draws has, none of a density (country)."""
        return tuple(f.log_atoms if isinstance(f, Empirical) else np.empty(0) for f in self.families)

    @property
    def has_atoms(self) -> bool:
        """Whether a country's productivity has atoms, whose firms may have to divide between two modes."""
        return any(atoms.size for atoms in self.atoms)

    @property
    def rho(self) -> Any:
        """The share of revenue that pays for inputs, (sigma - 1)/sigma."""
        return (self.sigma - 1.0) / self.sigma

    @cached_property
    def exports(self) -> np.ndarray:
        """Whether the country's firms can export at any price (country)."""
        return np.isfinite(value_of(self.tau_X))

    @cached_property
    def imports(self) -> np.ndarray:
        """Whether the country's firms can import inputs at any price (country)."""
        return np.isfinite(value_of(self.tau_M))

    @cached_property
    def open(self) -> np.ndarray:
        """Whether a mode can be had at any price (country, mode)."""
        home = np.ones_like(self.exports)
        return np.asarray(laid(home, self.imports, self.exports, self.exports & self.imports))

    @cached_property
    def finite_tau_X(self) -> Any:
        """Iceberg costs of exports, one where none can be had (country)."""
        return np.where(self.exports, self.tau_X, 1.0)

    @cached_property
    def finite_tau_M(self) -> Any:
        """Iceberg costs of inputs, one where none can be had (country)."""
        return np.where(self.imports, self.tau_M, 1.0)
