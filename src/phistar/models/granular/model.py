"""Granular multi-product oligopoly: Kim, after Feenstra and Ma (2008); few large firms, their scope and markups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from phistar.core.axes import Variable
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.granular import audit, behaviour, decompositions, equations, firms, outcomes, solver
from phistar.models.granular.parameters import ERRATA, PARAMETERS, read
from phistar.models.granular.primitives import Primitives

#: Firms times markets up to which a batch of some thousand worlds stays within a few hundred megabytes.
MOST_SALES = 256


@dataclass(frozen=True)
class Granular(Primitives, Model):
    """A few firms of many varieties each compete: markups move, firms exit, and size alone changes nothing."""

    name = "granular"
    title = "Few large multi-product firms: markups, scope and exit when economies integrate head to head"
    paper = "kim"
    parameters = PARAMETERS
    variables = outcomes.VARIABLES
    errata = ERRATA
    capabilities = frozenset({"elasticities", "batch", "firms", "decompose", "figures"})

    @classmethod
    def build(cls, raw: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """Make the model from plain parameters; see `Model.build`."""
        return cls(**read(raw, names))

    def as_parameters(self) -> dict[str, Any]:
        """Return every parameter as understood; `build` reads it back."""
        of = [self.phi[self.home == i].tolist() for i in range(len(self.countries))]
        full: dict[str, Any] = {
            "sigma": float(self.sigma), "K_1": float(self.K_1), "K_0": float(self.K_0),
            "productivities": of if self.segmented else of[0], "upper": self.upper, "market": self.market,
            "W": self.W, "conduct": self.conduct, "scope": self.scope, "f": float(self.f),
            "scope_choice": self.scope_choice, "L": self.L.tolist(),
        }  # fmt: skip
        full |= {"R": self.R.tolist()} if self.upper == "fixed" else {"I": self.I.tolist(), "eta": float(self.eta)}
        return {**full, "tau": self.tau.tolist()} if self.segmented else full

    @classmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations, in order."""
        return equations_of(equations)

    @property
    def reported(self) -> tuple[Variable, ...]:
        """The variables with the axes they have here; see `Model.reported`."""
        return outcomes.reported(self)

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The firms' names; see `Model.labels`."""
        return {"firm": self.firm_names}

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        with np.errstate(all="ignore"):
            return solver.find(self)

    @property
    def batchable(self) -> bool:
        """Whether worlds like this one are solved together: not where firms and markets are very many."""
        return bool(self.delivered.size <= MOST_SALES)

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch; a reason stands where one was not found."""
        with np.errstate(all="ignore"):
            return solver.find_batch(self)

    def equations(self, x: Unknowns) -> Residuals:
        """State the named equations that pin price indices (and shares, and scope) down."""
        with np.errstate(all="ignore"):
            return behaviour.equations(self, x)

    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Compute every reported variable."""
        return outcomes.outcomes(self, x)

    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check first-order conditions, accounts, entry, and whether other sets of firms could stand."""
        return audit.audit(self, x, values)

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split the price index, welfare, profits and the range of varieties."""
        return decompositions.decompose(old, new)

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """List the world's firms, at most `n` a country; see `Model.draw_firms`."""
        return firms.table(self, x, n)

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Follow the best replies of one more firm of given productivity; see `Model.firm_schedule`."""
        return firms.schedule(self, x, np.exp(np.atleast_2d(log_phi)))
