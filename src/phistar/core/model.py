"""What a model is to the rest of the house: primitives, named equations, a way to find a root, outcomes.

Verbs know this protocol and never a paper. Arrays are `[origin][destination]`; a batch of worlds, where a
model can take one, is the LAST axis, so the same equations read one world or thousands.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from phistar.core.axes import Variable
from phistar.core.parameters import Parameter
from phistar.core.paths import Path
from phistar.core.sources import EquationRecord

#: Unknowns by name; values are arrays (or duals while differentiating).
Unknowns = dict[str, Any]
#: Scaled residuals by equation name.
Residuals = dict[str, Any]


@dataclass(frozen=True)
class Decomposition:
    """A change split into parts that add up.

    Attributes
    ----------
    total : str
        Name of the column the parts add up to.
    parts : tuple of str
        Names of the columns that add up to it.
    columns : mapping of str to ndarray
        All columns, the parts' and beside them what else is worth showing.
    dims : tuple of str
        Axes of every column.
    note : str
        What is split and how, in one line.
    """

    total: str
    parts: tuple[str, ...]
    columns: Mapping[str, np.ndarray]
    dims: tuple[str, ...]
    note: str

    @property
    def gap(self) -> float:
        """How far the parts miss the total, at most."""
        missed = self.columns[self.total] - sum(self.columns[part] for part in self.parts)
        return float(np.max(np.abs(missed[np.isfinite(missed)]), initial=0.0))

    def to_dict(self) -> dict[str, Any]:
        """Return the decomposition as plain data."""
        return {"dims": list(self.dims), "total": self.total, "parts": list(self.parts),
                "columns": dict(self.columns), "note": self.note}  # fmt: skip


class Model(ABC):
    """A heterogeneous-firm trade model.

    Class attributes
    ----------------
    name, title, paper : str
        Key in scenario files, one line, and the paper's name as `phistar replicate` takes it.
    parameters : tuple of Parameter
        What it takes.
    variables : tuple of Variable
        What it reports.
    errata : tuple of str
        What the paper prints wrongly, or what its claims need added.
    capabilities : frozenset of str
        Which verbs and contract tests apply beyond solving: ``elasticities``, ``batch``, ``firms``, ``active_firms``,
        ``decompose``, ``figures``, ``horizons``, ``hats``, ``markups`` (which differ between firms:
        `market_quantiles`).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    variables: ClassVar[tuple[Variable, ...]]
    errata: ClassVar[tuple[str, ...]] = ()
    capabilities: ClassVar[frozenset[str]] = frozenset()

    countries: tuple[str, ...]

    @property
    def reported(self) -> tuple[Variable, ...]:
        """What this instance reports: `variables`, with other axes where its world has other ones."""
        return self.variables

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Labels along axes other than countries: by axis, in order."""
        return {}

    @classmethod
    @abstractmethod
    def build(cls, raw: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """Make a model from plain parameters (scalars, lists, tables) and country names.

        Raises
        ------
        InputError
            On the first entry that is not allowed, naming its key.
        """

    @abstractmethod
    def as_parameters(self) -> dict[str, Any]:
        """Return the parameters as understood: full matrices, every default filled in."""

    @classmethod
    @abstractmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations behind the model, in the paper's order."""

    @abstractmethod
    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find an equilibrium by whatever route is robust; `equations` then judges it.

        Raises
        ------
        NoEquilibrium
            When there is none or none was found: why, and what to try.
        """

    @abstractmethod
    def equations(self, x: Unknowns) -> Residuals:
        """Return the scaled residual of each named equation that pins the unknowns down."""

    @abstractmethod
    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Return every reported variable at the unknowns; accepts duals."""

    @abstractmethod
    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check the answer apart from the solver's equations.

        Returns
        -------
        residuals : dict
            Further named residuals, computed another way (labour uses, price index, spending).
        checks : dict of bool
        notes : list of str
        """

    def assign(self, path: Path, values: Any) -> Self:
        """Return a copy with one entry (or all that the key means) replaced by `values`.

        `values` is a float, an array along a batch axis, or a dual; used by sweeps and derivatives.
        """
        raise NotImplementedError

    def lookup(self, path: Path) -> Any:
        """Return the present value behind a key: a float, or an array where the key means several entries."""
        raise NotImplementedError

    def scale(self, path: Path, factor: Any) -> Self:
        """Return a copy with every entry the key means multiplied by `factor` (a float or a dual)."""
        raise NotImplementedError

    def shift(self, path: Path, term: Any) -> Self:
        """Return a copy with `term` added to every entry the key means (a float or a dual)."""
        raise NotImplementedError

    def movable(self) -> list[Path]:
        """List the keys of all parameters that can be varied, each meaning all its entries in proportion."""
        raise NotImplementedError

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split the change between two of the model's equilibria into parts."""
        raise NotImplementedError

    @classmethod
    def hats(
        cls, flows: np.ndarray, observed: Mapping[str, Any], changes: Mapping[str, Any], countries: Sequence[str] = ()
    ) -> Any:
        """Solve for a changed world from observed flows and what theory needs beside them (exact hats)."""
        raise NotImplementedError

    def market_quantiles(self, x: Unknowns, shares: np.ndarray) -> dict[str, np.ndarray]:
        """Return what firms on sale in each market do at quantiles from the smallest seller up (destination, share)."""
        raise NotImplementedError

    def short_run(self, baseline: Any) -> Self:
        """Return this world with the firms of `baseline` (one of the model's equilibria) as given, without entry."""
        raise NotImplementedError

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw `n` firms a country, seeded, and return what each does: columns of equal length."""
        raise NotImplementedError

    def draw_active_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw as `draw_firms` does, but among the firms that sell somewhere (where most draws do not)."""
        raise NotImplementedError

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a firm does in every market at given ln productivity (origin, destination, firm)."""
        raise NotImplementedError

    @property
    def batchable(self) -> bool:
        """Whether this instance can be solved as a batch of worlds."""
        return "batch" in self.capabilities

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch of worlds; where one was not found a reason stands, else ""."""
        raise NotImplementedError


def largest(residuals: Residuals) -> dict[str, float]:
    """Return the largest absolute residual of each equation."""
    return {name: float(np.max(np.abs(r), initial=0.0)) for name, r in residuals.items()}
