"""Melitz (2003): many asymmetric countries, any productivity distribution, free or fixed entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.melitz import decompositions, discrete, equations, firms, outcomes, roaming, solver
from phistar.models.melitz.parameters import ERRATA, read
from phistar.models.melitz.primitives import Primitives


@dataclass(frozen=True)
class Melitz(Primitives, Model):
    """Firms that differ in productivity select into markets; CES demand, one sector, N countries."""

    name = "melitz"
    title = "Heterogeneous firms, fixed export costs: who exits, who sells at home, who exports"
    paper = "melitz2003"
    variables = outcomes.VARIABLES
    errata = ERRATA
    capabilities = frozenset({"elasticities", "batch", "firms", "decompose", "figures"})

    @classmethod
    def build(cls, raw: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """Make the model from plain parameters; see `Model.build`."""
        return cls(**read(raw, names))

    def as_parameters(self) -> dict[str, Any]:
        """Return every parameter as understood; `build` reads it back."""
        full: dict[str, Any] = {
            "sigma": float(self.sigma), "L": self.L, "tau": self.tau, "f": self.f, "f_e": self.f_e, "delta": self.delta,
            "productivity": [family.spec() for family in self.families], "entry": self.entry,
            "fixed_cost": self.fixed_cost, "numeraire": self.numeraire,
        }  # fmt: skip
        if self.entry == "fixed":
            full["J"] = self.J
        return {key: _listed(value) for key, value in full.items()}

    @classmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations, in order."""
        return equations_of(equations)

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        # On its way a search may overflow or divide by zero; the certificate judges where it ends.
        with np.errstate(all="ignore"):
            return equations.in_numeraire(self, self._search(start))

    def _search(self, start: Unknowns | None) -> Unknowns:
        if not self.batchable:
            return discrete.find(self)
        given = None if start is None else (start["log_demand"][:, None], start["log_wage"][:, None])
        log_demand, log_wage, norm = roaming.find_one(self.batched(), given)
        if not norm[0] < solver.ACCEPT:
            raise NoEquilibrium(
                f"no equilibrium found: some market is still off by {norm[0]:.1e} where the search ended",
                "start from a solved neighbour, or move the parameters away from their extremes",
            )
        return {"log_wage": log_wage[:, 0], "log_demand": log_demand[:, 0]}

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch; a reason stands where one was not found."""
        finite = np.all(
            [np.broadcast_to(f.moment_gap(self.sigma - 1.0) > 0.0, self.points) for f in self.families], axis=0
        )
        unknowns = {name: np.full((len(self.countries), self.points), np.nan) for name in ("log_wage", "log_demand")}
        reasons = np.where(finite, "", "sales are infinite: the productivity tail k must exceed sigma - 1").astype(
            object
        )
        if finite.any():
            with np.errstate(all="ignore"):
                log_demand, log_wage, norm = solver.find_many(self.take(finite))
            unknowns["log_wage"][:, finite], unknowns["log_demand"][:, finite] = log_wage, log_demand
            reasons[np.flatnonzero(finite)[~(norm < solver.ACCEPT)]] = "no equilibrium found"
        return equations.in_numeraire(self, unknowns), reasons

    def equations(self, x: Unknowns) -> Residuals:
        """State the named equations that pin wages and demand levels down."""
        return equations.stated(self, x, equations.selection(self, x))

    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Compute every reported variable."""
        return outcomes.outcomes(self, x)

    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check labour uses, prices, cutoffs and trade balance apart from the solver's equations."""
        return outcomes.audit(self, x, values)

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split welfare, aggregate productivity and trade flows."""
        return decompositions.decompose(old, new)

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Follow firms of given productivity; see `Model.firm_schedule`."""
        return firms.schedule(self, x, np.atleast_2d(log_phi))

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw entrants and follow what they do; see `Model.draw_firms`."""
        return firms.draw(self, x, n, seed)


def _listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
