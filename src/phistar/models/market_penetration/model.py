"""Arkolakis (2008): reaching consumers costs more the more are reached; many countries, fixed or free entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.market_penetration import borders, decompositions, equations, firms, outcomes, solver, wages
from phistar.models.market_penetration.economy import economy, potential_firms
from phistar.models.market_penetration.parameters import ERRATA, PARAMETERS, read
from phistar.models.market_penetration.primitives import Primitives

#: Sellers over potential firms beyond which there are too few firms; rounding may leave some ulps at one.
_ALL = 1.0 + 1e-12

#: Largest log of a price or its inverse: e^709 is the largest number, and outcomes multiply it by incomes.
_RANGE = 680.0


@dataclass(frozen=True)
class MarketPenetration(Primitives, Model):
    """Firms that differ in productivity choose how many consumers of each market to reach; CES demand, N countries."""

    name = "market_penetration"
    title = "Marketing to ever more consumers: many tiny exporters, and trade that grows through new consumers"
    paper = "arkolakis2008"
    parameters = PARAMETERS
    variables = outcomes.VARIABLES
    errata = ERRATA
    capabilities = frozenset({"elasticities", "batch", "firms", "active_firms", "decompose", "figures"})

    @classmethod
    def build(cls, raw: Mapping[str, Any], names: Sequence[str] | None = None) -> Self:
        """Make the model from plain parameters; see `Model.build`."""
        return cls(**read(raw, names))

    def as_parameters(self) -> dict[str, Any]:
        """Return every parameter as understood; `build` reads it back."""
        full: dict[str, Any] = {"sigma": self.sigma}
        if self.closed:
            full |= {"theta": self.theta}
        full |= {name: getattr(self, name) for name in ("beta", "alpha", "gamma", "psi", "L")}
        full |= {"b": self.b} if self.closed else {"productivity": [family.spec() for family in self.families]}
        full |= {"tau": self.tau, "entry": self.entry, "numeraire": self.numeraire}
        full |= {"J": self.J} if self.entry == "fixed" else {"f_e": self.f_e}
        return {
            key: value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value for key, value in full.items()
        }

    @classmethod
    def equation_records(cls) -> tuple[EquationRecord, ...]:
        """Return the displayed equations, in order."""
        return equations_of(equations)

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        self._require_way_back()
        with np.errstate(all="ignore"):
            x = self._find_closed(start) if self.closed else self._find_general(start)
            self._require_range(x)
        return x

    def _require_way_back(self) -> None:
        """Refuse borders that let goods out at any wages and none back: no wages balance trade."""
        lost = borders.no_way_back(self)
        if lost.any():
            i, j = np.unravel_index(int(np.argmax(lost)), lost.shape)
            raise NoEquilibrium(
                f"no wages balance trade: {self.countries[i]} sells to {self.countries[j]} at any of them, and nothing "
                f"can come back, not by other countries either (tau[{i}][{j}] is finite)",
                "let some tau back be finite, or close this one too",
            )

    def _find_closed(self, start: Unknowns | None) -> Unknowns:
        log_wage, norm = self.batched()._wages(None if start is None else start["log_wage"][:, None])
        if not norm[0] < wages.ACCEPT:
            raise NoEquilibrium(
                f"no equilibrium found: exports and imports are still off by {norm[0]:.1e} where the search ended",
                "start from a solved neighbour, or move the parameters away from their extremes",
            )
        x = {"log_wage": log_wage[:, 0]}
        self._require_firms(x)
        return x

    def _require_firms(self, x: Unknowns) -> None:
        """Refuse a world whose closed forms count more sellers than there are firms; sellers grow with psi alone."""
        most = self._sellers_over_firms(x)
        if most.max() <= _ALL:
            return
        i, j = np.unravel_index(int(np.argmax(most)), most.shape)
        raise InputError(
            "psi",
            f"lets {most.max():.4g} times as many firms of {self.countries[i]} sell in {self.countries[j]} as there "
            f"are (M > J): it must be at most {float(self.psi) / most.max():.6g}",
            float(self.psi),
            'lower psi, or give productivity = {family = "pareto", ..} for theta and b, whose support may bind',
        )

    def _require_range(self, x: Unknowns) -> None:
        """Refuse a world whose prices no number holds: near sigma = 1 they are any power of psi."""
        log_price = economy(self, x).log_price
        worst = int(np.argmax(np.abs(log_price)))
        if np.abs(log_price[worst]) > _RANGE:
            raise InputError(
                "sigma",
                f"leaves the price index of {self.countries[worst]} at e^{log_price[worst]:.0f}, beyond what a number "
                "holds: prices go as the cost of marketing to the power 1/(sigma - 1)",
                float(self.sigma),
                "raise sigma, or psi",
            )

    def _wages(self, start: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Find ln wages of a batch, the numeraire's zero."""
        supply = equations.log_supply(self, potential_firms(self))
        affinity = supply[:, None] - self.theta * self.log_tau
        kappa = np.broadcast_to(equations.wage_exponent(self), (self.points,))
        shape = (len(self.countries), self.points)
        log_labour = np.broadcast_to(np.log(self.L), shape)
        log_wage, norm = wages.find_wages(np.broadcast_to(affinity, (shape[0], *shape)), kappa, log_labour, start)
        return log_wage - log_wage[self.numeraire], norm

    def _sellers_over_firms(self, x: Unknowns) -> np.ndarray:
        """Compute M_ij/J_i, which the paper's algebra needs at one or below (origin, destination)."""
        entrants = potential_firms(self)
        shares = equations.trade_share(equations.supply(self, x["log_wage"], entrants))
        income = self.xi * np.exp(x["log_wage"])
        return np.asarray(equations.mass_sellers(self, shares, income) / entrants[:, None])

    def _find_general(self, start: Unknowns | None) -> Unknowns:
        if np.all(self.beta == 0.0) and any(family.family == "empirical" for family in self.families):
            raise InputError("beta", "must be positive with firms one by one: at 0 the marginal firm mixes", 0.0,
                             "raise beta, or use the model melitz")  # fmt: skip
        given = None
        if start is not None:
            fixed = np.log(self.J) if self.entry == "fixed" else start["log_entrants"]
            given = solver.Point(start["log_wage"], start["log_demand"], fixed)
        place = solver.find(self, given)
        x = {"log_wage": place.log_wage, "log_demand": place.log_demand}
        return {**x, "log_entrants": place.log_entrants} if self.entry == "free" else x

    def find_batch(self) -> tuple[Unknowns, np.ndarray]:
        """Find the equilibria of a batch; a reason stands where one was not found."""
        with np.errstate(all="ignore"):
            log_wage, norm = self._wages(None)
            x = {"log_wage": log_wage}
            most = np.broadcast_to(np.max(self._sellers_over_firms(x), axis=(0, 1)), (self.points,))
            finite = np.broadcast_to(self.theta > self.S, (self.points,))
            far = np.max(np.abs(np.broadcast_to(economy(self, x).log_price, log_wage.shape)), axis=0) > _RANGE
        reasons = np.where(norm < wages.ACCEPT, "", "no equilibrium found").astype(object)
        reasons[most > _ALL] = "more firms sell than there are (M > J): lower psi"
        reasons[far] = "prices are beyond what numbers hold: raise sigma or psi"
        reasons[np.broadcast_to(np.any(borders.no_way_back(self), axis=(0, 1)), (self.points,))] = (
            "no wages balance trade: some country sells where nothing can come back from"
        )
        reasons[~finite] = "sales are infinite: theta must exceed sigma - 1"
        return {"log_wage": np.where(reasons == "", log_wage, np.nan)}, reasons

    def equations(self, x: Unknowns) -> Residuals:
        """State the named equations that pin the unknowns down."""
        numeraire = x["log_wage"][self.numeraire : self.numeraire + 1]
        with np.errstate(all="ignore"):
            if self.closed:
                shares = equations.trade_share(equations.supply(self, x["log_wage"], potential_firms(self)))
                spending = self.xi * np.exp(x["log_wage"]) * self.L
                return {"trade_balance": equations.trade_balance(shares, spending), "numeraire": numeraire}
            e = economy(self, x)
            stated: Residuals = {
                "labour_market": equations.labour_market(self, e.log_wage, e.entrants, e.flows, e.marketed),
                "market_clearing": equations.market_clearing(e.flows, e.spending),
                "numeraire": numeraire,
            }
            if self.entry == "free":
                stated["free_entry"] = equations.free_entry(self, e.log_wage, e.entrants, e.profits)
            return stated

    def outcomes(self, x: Unknowns) -> dict[str, Any]:
        """Compute every reported variable."""
        return outcomes.outcomes(self, x)

    def audit(self, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
        """Check labour uses, prices, cutoffs, payments and closed forms apart from the solver's equations."""
        return outcomes.audit(self, x, values)

    def decompose(self, old: Any, new: Any) -> dict[str, Decomposition]:
        """Split welfare and trade flows."""
        return decompositions.decompose(old, new)

    def firm_schedule(self, x: Unknowns, log_phi: np.ndarray) -> dict[str, np.ndarray]:
        """Follow firms of given productivity; see `Model.firm_schedule`."""
        return firms.schedule(self, x, np.atleast_2d(log_phi))

    def draw_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw potential firms and follow what they do; see `Model.draw_firms`."""
        return firms.draw(self, x, n, seed)

    def draw_active_firms(self, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw firms that sell somewhere; see `Model.draw_active_firms`."""
        return firms.draw(self, x, n, seed, active=True)
