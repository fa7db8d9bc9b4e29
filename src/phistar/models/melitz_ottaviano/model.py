"""Melitz and Ottaviano (2008): linear demand, endogenous markups, many asymmetric countries, long and short run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.melitz_ottaviano import decompositions, equations, firms, hats, outcomes, solver
from phistar.models.melitz_ottaviano.parameters import ERRATA, read
from phistar.models.melitz_ottaviano.primitives import Primitives


@dataclass(frozen=True)
class MelitzOttaviano(Primitives, Model):
    """Firms that differ in cost face linear demand: size and trade make competition tougher and markups lower."""

    name = "melitz_ottaviano"
    title = "Endogenous markups, market size and trade: who sells where, at what markup, in the long and the short run"
    paper = "melitz_ottaviano2005"
    variables = outcomes.VARIABLES
    errata = ERRATA
    capabilities = frozenset({"elasticities", "batch", "firms", "decompose", "horizons", "hats", "markups", "figures"})

    @classmethod
    def build(cls, raw: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """Make the model from plain parameters; see `Model.build`."""
        return cls(**read(raw, names))

    def as_parameters(self) -> dict[str, Any]:
        """Return every parameter as understood; `build` reads it back."""
        full: dict[str, Any] = {
            "alpha": float(self.alpha), "eta": float(self.eta), "gamma": float(self.gamma), "L": self.L.tolist(),
            "tau": self.tau.tolist(), "cost": [cost.spec() for cost in self.costs], "horizon": self.horizon,
        }  # fmt: skip
        given = {"f_E": self.f_E.tolist()} if self.horizon == "long" else {"incumbents": self.incumbents.tolist()}
        return {**full, **given}

    @classmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations, in order."""
        return equations_of(equations)

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        with np.errstate(all="ignore"):
            if self.horizon == "short":
                return {"price_threshold": solver.clear_markets(self.batched(), self.incumbents[:, None])[:, 0]}
            given = None
            if start is not None and "_entering" in start:
                threshold = np.minimum(start["price_threshold"], self.alpha)
                given = threshold[:, None], outcomes.entrants_of(self, start)[:, None]
            threshold, entrants, misfit = solver.long_run(self.batched(), given)
        if not misfit[0] <= solver.ACCEPT:
            raise NoEquilibrium(
                f"no equilibrium found: expected profits are still off by {misfit[0]:.1e} of the entry cost",
                "start from a solved neighbour, or move the parameters away from their extremes",
            )
        entering = entrants[:, 0] > 0.0
        return {"price_threshold": threshold[:, 0], "mass_entrants": entrants[entering, 0], "_entering": entering}

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch; a reason stands where one was not found."""
        n, reasons = len(self.countries), np.full(self.points, "", dtype=object)
        with np.errstate(all="ignore"):
            if self.horizon == "short":
                firms_there = np.broadcast_to(self.incumbents, (n, self.points))
                return {"price_threshold": solver.clear_markets(self, firms_there)}, reasons
            threshold, entrants, misfit = solver.long_run(self)
        reasons[~(misfit <= solver.ACCEPT)] = "no equilibrium found"
        return {"price_threshold": threshold, "mass_entrants": entrants, "_entering": entrants > 0.0}, reasons

    def equations(self, x: Unknowns) -> Residuals:
        """State the named equations that pin thresholds and entrants down: free entry where firms enter."""
        with np.errstate(all="ignore"):
            stated: Residuals = {"market": equations.market(self, x["price_threshold"], outcomes.entrants_of(self, x))}
            if self.horizon == "long":
                gap, entering = equations.free_entry(self, x["price_threshold"]), x["_entering"]
                stated["free_entry"] = np.where(entering, gap, 0.0) if self.is_batch else gap[np.flatnonzero(entering)]
            return stated

    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Compute every reported variable."""
        return outcomes.outcomes(self, x)

    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check thresholds, surplus, accounts, corners and the numeraire apart from the solver's equations."""
        return outcomes.audit(self, x, values)

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split welfare and trade flows."""
        return decompositions.decompose(old, new)

    def short_run(self, baseline: Any) -> Self:
        """Return this world in the short run: the entrants of `baseline` are its firms; see `Model.short_run`."""
        if self.horizon == "short" or baseline.model.horizon == "short":
            raise InputError("horizon", 'must be "long" to set the short run beside it', "short",
                             remedy="leave horizon and incumbents out")  # fmt: skip
        return replace(self, horizon="short", incumbents=np.asarray(baseline["mass_entrants"]))

    @classmethod
    def hats(
        cls, flows: np.ndarray, observed: Mapping[str, Any], changes: Mapping[str, Any], countries: Sequence[str] = ()
    ) -> Any:
        """Solve for a changed interior Pareto world from observed flows; see `hats.solve_hats`."""
        return hats.solve_hats(flows, observed, changes, countries)

    def market_quantiles(self, x: Unknowns, shares: np.ndarray) -> dict[str, np.ndarray]:
        """Follow sellers at quantiles of delivered cost in every market; see `Model.market_quantiles`."""
        return firms.market_quantiles(self, x, shares)

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Follow firms of given productivity, cost being its inverse; see `Model.firm_schedule`."""
        return firms.schedule(self, x, np.exp(-np.atleast_2d(log_phi)))

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw entrants and follow what they do; see `Model.draw_firms`."""
        return firms.draw(self, x, n, seed)
