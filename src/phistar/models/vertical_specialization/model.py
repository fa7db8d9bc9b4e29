"""Ara (2026): two countries whose firms choose jointly whether to export final goods and to import inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.vertical_specialization import audit, decompositions, equations, firms, local, outcomes, solver
from phistar.models.vertical_specialization.parameters import ERRATA, PARAMETERS, read
from phistar.models.vertical_specialization.primitives import MODES, Primitives


@dataclass(frozen=True)
class VerticalSpecialization(Primitives, Model):
    """Firms that differ in productivity export, import inputs, or both: who sits downstream."""

    name = "vertical_specialization"
    title = "Joint exporting and importing: how market size and input trade decide who makes final goods and who inputs"
    paper = "ara2026"
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
        numbers = {name: np.asarray(self.value(name)).tolist() for name in self.numbers}
        return {**numbers, "productivity": [family.spec() for family in self.families], "numeraire": self.numeraire}

    @classmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations, in order."""
        return equations_of(equations) + equations_of(local)

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        world = self.batched()
        with np.errstate(all="ignore"):
            reason = solver.blocked(world)[0]
            if not reason:
                found = solver.solve(world, None if start is None else np.atleast_1d(start["log_omega"]))
                reason = solver.judge(world, found)[0]
        if reason:
            raise NoEquilibrium(*reason.split(": ", 1))
        return {name: value[..., 0] for name, value in self._unknowns(found).items()}

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch; a reason stands where one was not found."""
        with np.errstate(all="ignore"):
            reasons = solver.blocked(self)
            kept = reasons == ""
            if not kept.any():
                return self._nothing(), reasons
            part = self.take(kept)
            found = solver.solve(part)
            reasons[kept] = solver.judge(part, found)
            unknowns = self._nothing()
            for name, value in part._unknowns(found).items():
                unknowns[name][..., kept] = value
        return unknowns, reasons

    def _nothing(self) -> Unknowns:
        """Lay out the unknowns of a batch, as yet unknown."""
        atoms = {"atom_share": (2, 4), "_atom": (2, 4)} if self.has_atoms else {}
        sizes = {"log_cutoff": (2, 4), "log_B": (2,), "revenue_share": (2,), "log_omega": (), **atoms}
        unknown = {name: np.full((*size, self.points), np.nan) for name, size in sizes.items()}
        return {**unknown, "_entering": np.ones((2, self.points), dtype=bool)}

    def _unknowns(self, found: solver.Market) -> Unknowns:
        """Say an answer in the equations' 13 unknowns (ln B is in units of the numeraire's power sigma).

        Where productivity has atoms, `atom_share` says which share of the firms at a cutoff take the mode: all, unless
        the cutoff is held at an atom, `_atom` in logs.
        """
        log_B = (self.sigma - 1.0) * found.demand
        raw = np.stack([found.log_omega, np.zeros_like(found.log_omega)])
        unknowns = {
            "log_cutoff": found.log_cutoff,
            "log_B": log_B - self.sigma * raw[self.numeraire],
            "revenue_share": found.R / (np.exp(raw) * self.batched().L),
            "log_omega": found.log_omega,
            "_entering": found.entering,
        }
        if self.has_atoms:
            mixes = found.atom_share < 1.0
            unknowns |= {"atom_share": found.atom_share, "_atom": np.where(mixes, found.log_cutoff, np.nan)}
        return unknowns

    def equations(self, x: Unknowns) -> Residuals:
        """State the 13 named equations: (1) by mode and country, (2) and (3) by country, (4); and where atoms mix."""
        found = outcomes.state(self, x)
        cutoffs = found.log_cutoff - equations.log_cutoffs(self, found.log_w, found.log_B, found.fixed)
        # A country without entrants has no revenue instead of free entry; the audit says that entry would not pay.
        entry = np.where(x["_entering"], equations.free_entry(self, found.fixed, found.log_cutoff), x["revenue_share"])
        labour = equations.labour_market(self, found.log_w, found.R, found.f)
        stated: Residuals = {}
        for i, country in enumerate(self.countries):
            stated |= {f"zero_profit_{mode}[{country}]": cutoffs[i, c] for c, mode in enumerate(MODES)}
            stated[f"free_entry[{country}]"] = entry[i]
            stated[f"labour_market[{country}]"] = labour[i]
        stated["trade_balance"] = equations.trade_balance(self, found.R, found.f)
        if "atom_share" in x:
            mixing = x["atom_share"], x["_atom"]
            stated["marginal_atom"] = equations.marginal_atom(self, found.log_w, found.log_cutoff, *mixing)
        return stated

    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Compute every reported variable."""
        return outcomes.outcomes(self, x)

    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check labour uses, profits, prices, welfare and entry apart from the solver's equations."""
        return audit.audit(self, x, values)

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split welfare and trade in final goods."""
        return decompositions.decompose(old, new)

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Follow firms of given productivity; see `Model.firm_schedule`."""
        return firms.schedule(self, x, np.atleast_2d(log_phi))

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw entrants and follow what they do; see `Model.draw_firms`."""
        return firms.draw(self, x, n, seed)
