"""Melitz (2003): many asymmetric countries, any productivity distribution, free or fixed entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from phistar.blocks.productivity import Productivity, stack
from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Decomposition, Model, Residuals, Unknowns
from phistar.core.paths import Path, parse_path
from phistar.core.sources import EquationRecord, equations_of
from phistar.models.melitz import decompositions, discrete, equations, firms, outcomes, solver
from phistar.models.melitz.parameters import ERRATA, LOG_INFINITE, PARAMETERS, read
from phistar.numerics.duals import value_of


@dataclass(frozen=True)
class Melitz(Model):
    """Firms that differ in productivity select into markets; CES demand, one sector, N countries.

    Arrays are (country) or (origin, destination); a batch of worlds adds one last axis to every one of them.
    """

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

    name = "melitz"
    title = "Heterogeneous firms, fixed export costs: who exits, who sells at home, who exports"
    paper = "melitz2003"
    parameters = PARAMETERS
    variables = outcomes.VARIABLES
    errata = ERRATA
    capabilities = frozenset({"elasticities", "batch", "firms", "decompose", "figures"})

    # -- reading and writing ------------------------------------------------------------------------------------

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

    # -- primitives ---------------------------------------------------------------------------------------------

    @property
    def tau(self) -> Any:
        """Iceberg costs (origin, destination)."""
        with np.errstate(over="ignore"):
            return np.exp(self.log_tau)

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

    @property
    def is_batch(self) -> bool:
        """Whether arrays carry a batch axis."""
        return np.ndim(value_of(self.sigma)) == 1

    @cached_property
    def points(self) -> int:
        """Number of worlds in the batch."""
        sizes = [np.shape(value_of(a))[-1] for a in self._arrays().values()]
        sizes += [
            np.shape(value_of(p))[-1]
            for family in self.families
            for p in _parameters(family).values()
            if np.ndim(value_of(p))
        ]
        return max(sizes)

    def _arrays(self) -> dict[str, Any]:
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: named[k] for k in ("sigma", "L", "log_tau", "f", "f_e", "delta", "J") if named[k] is not None}

    def _mapped(self, change: Callable[[Any], Any]) -> Self:
        """Apply `change` to every numeric primitive of a batch; countries that share a distribution keep sharing."""
        changed = {id(f): _with_parameters(f, change) for f in self.families}
        families = tuple(changed[id(f)] for f in self.families)
        return replace(self._with({k: change(v) for k, v in self._arrays().items()}), families=families)

    def batched(self) -> Self:
        """Return the model with a batch axis on every array (of one point, if it had none)."""
        return self if self.is_batch else self._with({k: np.asarray(v)[..., None] for k, v in self._arrays().items()})

    def _with(self, arrays: Mapping[str, Any]) -> Self:
        changed: dict[str, Any] = dict(arrays)
        return replace(self, **changed)

    def world(self, point: int) -> Self:
        """Return one world of a batch, without the batch axis."""
        return self._mapped(lambda a: a[..., point] if a.shape[-1] > 1 else a[..., 0])

    def take(self, keep: Any) -> Self:
        """Return the worlds of a batch that `keep` selects."""
        return self._mapped(lambda a: a if a.shape[-1] == 1 else a[..., keep])

    def in_autarky(self) -> Self:
        """Return the model in which nothing crosses a border."""
        home = equations.is_home(len(self.countries), np.ndim(self.log_tau))
        return replace(self, log_tau=np.where(home, self.log_tau, LOG_INFINITE), fixed_cost="market")

    def assign(self, path: Path, values: Any) -> Self:
        """Return a copy with what a key means replaced; see `Model.assign`."""
        if path.name == "productivity":
            return self._assign_productivity(path, values)
        if path.name not in {"sigma", "L", "tau", "f", "f_e", "delta", "J"}:
            raise InputError(path.text, "is not a number that can be varied")
        if path.name == "J" and self.J is None:
            raise InputError(path.text, 'has no part in entry = "free"', remedy='set entry = "fixed"')
        model = self.batched() if np.ndim(value_of(values)) == 1 and not self.is_batch else self
        if path.name == "sigma":
            if path.rest:
                raise InputError(path.text, "is one number for all countries: no index")
            return replace(model, sigma=values)
        with np.errstate(divide="ignore"):
            inner = np.minimum(np.log(values), LOG_INFINITE) if path.name == "tau" else values
        field = "log_tau" if path.name == "tau" else path.name
        current = getattr(model, field)
        mask = self._mask(path, np.ndim(value_of(current)) - (1 if model.is_batch else 0))
        return replace(model, **{field: np.where(mask[..., None] if model.is_batch else mask, inner, current)})

    def lookup(self, path: Path) -> Any:
        """Return the value behind a key: what its entries share, or an array of them where they differ."""
        if path.name == "productivity":
            return self._lookup_productivity(path)
        if path.name not in {"sigma", "L", "tau", "f", "f_e", "delta", "J"} or getattr(self, path.name) is None:
            raise InputError(path.text, "is not a number here")
        current = np.asarray(getattr(self, path.name))
        return current if current.ndim == 0 else current[self._mask(path, current.ndim)]

    def scale(self, path: Path, factor: Any) -> Self:
        """Return a copy with every entry a key means multiplied by `factor`; see `Model.scale`."""
        return self._changed(path, lambda value: value * factor)

    def shift(self, path: Path, term: Any) -> Self:
        """Return a copy with `term` added to every entry a key means; see `Model.shift`."""
        return self._changed(path, lambda value: value + term)

    def _changed(self, path: Path, change: Callable[[Any], Any]) -> Self:
        if path.name == "productivity":
            # Countries that share one distribution keep sharing it: all change by the same rule.
            targets = self._productivity_targets(path)
            changed = {id(self.families[i]): self._changed_family(i, name, change) for i, name in targets}
            where = {i for i, _ in targets}
            return replace(
                self, families=tuple(changed[id(f)] if i in where else f for i, f in enumerate(self.families))
            )
        self.lookup(path)
        if path.name == "sigma":
            return replace(self, sigma=change(self.sigma))
        if path.name == "tau":
            # What is infinite stays so.
            moved = self._mask(path, 2) & (value_of(self.log_tau) < LOG_INFINITE)
            finite = np.where(moved, self.log_tau, 0.0)
            return replace(self, log_tau=np.where(moved, np.log(change(np.exp(finite))), self.log_tau))
        current = getattr(self, path.name)
        return replace(self, **{path.name: np.where(self._mask(path, np.ndim(current)), change(current), current)})

    def _changed_family(self, i: int, name: str, change: Callable[[Any], Any]) -> Productivity:
        return self.families[i].with_parameter(name, change(getattr(self.families[i], name)))

    def movable(self) -> list[Path]:
        """List the keys that can be varied; see `Model.movable`."""
        several = len(self.countries) > 1
        keys = ["sigma", "L", *(["tau"] if several else []), "f.domestic", *(["f.export"] if several else [])]
        keys += ["f_e", "delta"] if self.entry == "free" else ["J"]
        shared = {f.family for f in self.families}
        if len(shared) == 1:
            keys += [f"productivity.{name}" for name in self.families[0].parameter_names]
        else:
            keys += [f"productivity[{i}].{name}" for i, f in enumerate(self.families) for name in f.parameter_names]
        return [parse_path(key) for key in keys]

    def _mask(self, path: Path, ndim: int) -> np.ndarray:
        """Mark the entries a key means: `tau` alone means every foreign pair."""
        n = len(self.countries)
        rest = path.rest
        home = equations.is_home(n)
        if path.name == "tau" and not rest:
            return ~home
        if path.name == "f" and rest in {("domestic",), ("export",)}:
            return home if rest == ("domestic",) else ~home
        if len(rest) not in {0, ndim} or not all(isinstance(i, int) for i in rest):
            shape = "[origin][destination]" if ndim == 2 else "[country]"
            raise InputError(path.text, "does not point at an entry", remedy=f"write {path.name} or {path.name}{shape}")
        if any(isinstance(i, int) and i >= n for i in rest):
            raise InputError(path.text, f"is out of range: there are {n} countries, counted from 0")
        mask = np.zeros((n,) * ndim, dtype=bool)
        mask[tuple(i for i in rest if isinstance(i, int))] = True
        return mask

    def _productivity_targets(self, path: Path) -> list[tuple[int, str]]:
        """List the (country, parameter) pairs a productivity key means."""
        rest = list(path.rest)
        countries = range(len(self.countries))
        if rest and isinstance(rest[0], int):
            if rest[0] >= len(self.countries):
                raise InputError(
                    path.text, f"is out of range: there are {len(self.countries)} countries, counted from 0"
                )
            countries = range(rest[0], rest[0] + 1)
            rest = rest[1:]
        if len(rest) != 1:
            raise InputError(path.text, "does not name a parameter of the distribution", remedy="write productivity.k")
        for i in countries:
            if rest[0] not in self.families[i].parameter_names:
                raise InputError(path.text, f"is not a parameter of {self.families[i].family}",
                                 remedy="known: " + ", ".join(self.families[i].parameter_names))  # fmt: skip
        return [(i, str(rest[0])) for i in countries]

    def _lookup_productivity(self, path: Path) -> Any:
        values = np.array([value_of(getattr(self.families[i], name)) for i, name in self._productivity_targets(path)])
        return values[0] if values.ndim and (values == values[0]).all() else values

    def _assign_productivity(self, path: Path, values: Any) -> Self:
        model = self.batched() if np.ndim(value_of(values)) == 1 else self
        return model._changed(path, lambda _: values)

    # -- the protocol -------------------------------------------------------------------------------------------

    def find(self, start: Unknowns | None = None) -> Unknowns:
        """Find the equilibrium; see `Model.find`."""
        # On its way a search may overflow or divide by zero; the certificate judges where it ends.
        with np.errstate(all="ignore"):
            return self.normalise(self._search(start))

    def _search(self, start: Unknowns | None) -> Unknowns:
        if not self.batchable:
            return discrete.find(self)
        given = None if start is None else (start["log_demand"][:, None], start["log_wage"][:, None])
        log_demand, log_wage, norm = solver.find_one(self.batched(), given)
        if not norm[0] < solver.ACCEPT:
            raise NoEquilibrium(
                f"no equilibrium found: markets still off by {norm[0]:.1e} after {solver.MAX_OUTER} steps",
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
                log_demand, log_wage, norm = solver.find_smooth(self.take(finite))
            unknowns["log_wage"][:, finite], unknowns["log_demand"][:, finite] = log_wage, log_demand
            reasons[np.flatnonzero(finite)[~(norm < solver.ACCEPT)]] = "no equilibrium found"
        return self.normalise(unknowns), reasons

    def normalise(self, x: Unknowns) -> Unknowns:
        """Scale the unknowns so that the numeraire's wage is one (A moves with the power sigma)."""
        level = x["log_wage"][self.numeraire]
        return {**x, "log_wage": x["log_wage"] - level, "log_demand": x["log_demand"] - self.sigma * level}

    def selection(self, x: Unknowns) -> equations.Selection:
        """Work out who sells where at the unknowns."""
        mixing = equations.Mixing(x["_log_at"], x["_group"], x["atom_share"]) if "atom_share" in x else None
        return equations.select(self, x["log_wage"], x["log_demand"], mixing)

    def equations(self, x: Unknowns) -> Residuals:
        """State the named equations that pin wages and demand levels down."""
        sellers = self.selection(x)
        entrants = equations.mass_entrants(self, sellers)
        flows = equations.trade_flow(self, x["log_wage"], sellers, entrants)
        spending = equations.income(self, x["log_wage"], sellers, entrants)
        stated: Residuals = {}
        if self.entry == "free":
            stated["free_entry"] = equations.free_entry(self, sellers)
        else:
            stated["labour_market"] = equations.labour_market(self, sellers, entrants)
        stated["market_clearing"] = equations.market_clearing(flows, spending)
        stated["numeraire"] = x["log_wage"][self.numeraire : self.numeraire + 1]
        if sellers.mixing is not None:
            stated["marginal_atom"] = equations.marginal_atom(sellers)
        return stated

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


def _parameters(family: Productivity) -> dict[str, Any]:
    return {name: getattr(family, name) for name in family.parameter_names}


def _with_parameters(family: Productivity, change: Callable[[Any], Any]) -> Productivity:
    """Change the parameters that carry a batch axis."""
    for name, value in _parameters(family).items():
        if np.ndim(value_of(value)):
            family = family.with_parameter(name, change(value))
    return family


def _listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
