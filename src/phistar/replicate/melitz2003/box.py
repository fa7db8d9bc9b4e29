"""The box of parameters: countries that are alike, under six distributions, with and without a shock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from phistar.replicate.worlds import Ledger, Worlds, latin_hypercube, solve_worlds

#: Draws a distribution and number of partners.
DRAWS = 64
PARTNERS = (1, 2, 5)
SEED = 2003
#: A shock small enough for the sign of the derivative, large enough to stand out of rounding.
STEP = 0.01
#: A response below this is none: answers are good to 1e-14, magnified by at most k/(k - s) = 60 in the box.
NOTHING = 1e-11
#: Trade must matter: worlds in which less than this share of revenue is exported are left aside.
LEAST_TRADE = 1e-6

#: Keys of the box with their ends; all but sigma are drawn evenly in logs.
BOX: dict[str, tuple[float, float]] = {
    "sigma": (2.0, 6.0),
    "tau": (1.02, 2.5),
    "f.domestic": (0.5, 2.0),
    "f.export": (0.1, 4.0),
    "f_e": (0.5, 8.0),
    "delta": (0.02, 0.6),
    "L": (20.0, 200.0),
}
#: Exponents of a power-law tail exceed sigma - 1 by this much.
ABOVE = (0.25, 3.0)

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Family:
    """A distribution of the box: its table at the start, and its parameters from the unit interval."""

    name: str
    table: Mapping[str, float]
    draw: Callable[[np.ndarray, np.ndarray, np.ndarray], Columns]

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ")


def _between(low: float, high: float, u: np.ndarray) -> np.ndarray:
    return low + (high - low) * u


def _tail(name: str) -> Callable[[np.ndarray, np.ndarray, np.ndarray], Columns]:
    return lambda s, u, v: {name: s + _between(*ABOVE, u)}


#: The five of the sheet's signs, then a lognormal with a Pareto tail.
FAMILIES = (
    Family("pareto", {"k": 9.0, "scale": 1.0}, _tail("k")),
    Family(
        "bounded_pareto",
        {"k": 4.0, "lower": 1.0, "upper": 10.0},
        lambda s, u, v: {"k": _between(2.0, 6.0, u), "upper": _between(5.0, 20.0, v)},
    ),
    Family("lognormal", {"mu": 0.0, "sd": 0.6}, lambda s, u, v: {"sd": _between(0.3, 0.9, u)}),
    Family("frechet", {"shape": 9.0, "scale": 1.0}, _tail("shape")),
    Family("weibull", {"shape": 1.0, "scale": 1.0}, lambda s, u, v: {"shape": _between(0.8, 2.0, u)}),
    Family(
        "lognormal_pareto",
        {"mu": 0.0, "sd": 0.5, "k": 9.0},
        lambda s, u, v: {"k": s + _between(*ABOVE, u), "sd": _between(0.3, 0.7, v)},
    ),
)
SHEET_FAMILIES = tuple(family.name for family in FAMILIES[:5])


def family(name: str) -> Family:
    """Return the family of that name."""
    return next(f for f in FAMILIES if f.name == name)


def scenario(table: Mapping[str, Any], partners: int) -> dict[str, Any]:
    """Write down a world of identical countries at the start of the box."""
    return {
        "model": "melitz",
        "parameters": {
            "sigma": 4.0, "L": 100.0, "tau": 1.3, "f": {"domestic": 1.0, "export": 1.5}, "f_e": 2.0, "delta": 0.1,
            "fixed_cost": "overhead", "partners": partners, "productivity": dict(table),
        },
    }  # fmt: skip


def box_columns(kind: Family, n: int, seed: int) -> Columns:
    """Draw `n` points of the box for one distribution."""
    u = latin_hypercube(n, len(BOX) + 2, seed)
    columns = {key: low * (high / low) ** u[:, i] for i, (key, (low, high)) in enumerate(BOX.items())}
    columns["sigma"] = _between(*BOX["sigma"], u[:, 0])
    drawn = kind.draw(columns["sigma"] - 1.0, u[:, -2], u[:, -1])
    return {**columns, **{f"productivity.{name}": values for name, values in drawn.items()}}


#: Shocks by name: the keys they move and the factor. One that lowers f_e by 1 per cent lowers delta f_e so.
SHOCKS: dict[str, dict[str, float]] = {
    "tau": {"tau": 1.0 - STEP},
    "f_x": {"f.export": 1.0 - STEP},
    "f_e": {"f_e": 1.0 - STEP},
    "L": {"L": 1.0 + STEP},
    "sigma": {"sigma": 1.0 + STEP},
}


@dataclass(frozen=True)
class Sample:
    """The worlds of one distribution and number of partners: before, and after each shock.

    Attributes
    ----------
    family : Family
    partners : int
    before : Worlds
    after : mapping of str to Worlds
    closed : Worlds
        The same countries without trade.
    """

    family: Family
    partners: int
    before: Worlds = field(repr=False)
    after: Mapping[str, Worlds] = field(repr=False)
    closed: Worlds = field(repr=False)

    @property
    def label(self) -> str:
        """The distribution, for people."""
        return self.family.label

    def column(self, key: str) -> np.ndarray:
        """Return a parameter at every point."""
        return self.before.columns[key]

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium before any shock."""
        return self.before.certified

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters."""
        return self.before.parameters()

    def shift(self, shock: str) -> Shift:
        """Return the sample under one shock."""
        return Shift(self.family, self.before, self.after[shock], self.interior(shock))

    @property
    def s(self) -> np.ndarray:
        """Sigma - 1."""
        return self.column("sigma") - 1.0

    def trade_term(self) -> np.ndarray:
        """Compute T = n tau^-k (f_x/f)^(1 - k/s) (Pareto)."""
        k = self.column("productivity.k")
        relative = self.column("f.export") / self.column("f.domestic")
        return np.asarray(self.partners * self.column("tau") ** -k * relative ** (1.0 - k / self.s))

    def log_change(self, shock: str, of: Callable[[Worlds], np.ndarray]) -> np.ndarray:
        """Return the log change of a quantity under a shock."""
        return self.shift(shock).log_change(of)

    def interior(self, shock: str | None = None) -> np.ndarray:
        """Mark the worlds the model supposes, before and after: some exit, some sell at home alone, some export."""
        worlds = [self.before] if shock is None else [self.before, self.after[shock]]
        return np.all([some_exit(w) & some_export(w) & strict_selection(w) for w in worlds], axis=0)

    def in_power_tail(self, shock: str | None = None) -> np.ndarray:
        """Mark the worlds whose sellers all lie in a power-law tail (it may begin at ln phi = mu + k sd^2)."""
        if self.family.name == "pareto":
            return np.full(len(self.before), True)
        if self.family.name != "lognormal_pareto":
            return np.full(len(self.before), False)
        begins = self.column("productivity.k") * self.column("productivity.sd") ** 2
        worlds = [self.before] if shock is None else [self.before, self.after[shock]]
        return np.all([np.log(w["cutoff"][0, 0]) >= begins for w in worlds], axis=0)


@dataclass(frozen=True)
class Shift:
    """Worlds of one distribution before and after one shock.

    Attributes
    ----------
    family : Family
    before, after : Worlds
    interior : ndarray of bool
        Which worlds the model supposes, before and after.
    """

    family: Family
    before: Worlds = field(repr=False)
    after: Worlds = field(repr=False)
    interior: np.ndarray = field(repr=False)

    @property
    def label(self) -> str:
        """The distribution, for people."""
        return self.family.label

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium before and after."""
        return np.asarray(self.before.certified & self.after.certified)

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters before the shock."""
        return self.before.parameters()

    def log_change(self, of: Callable[[Worlds], np.ndarray]) -> np.ndarray:
        """Return the log change of a quantity."""
        with np.errstate(all="ignore"):
            return np.asarray(np.log(of(self.after)) - np.log(of(self.before)))


Kind = TypeVar("Kind", Sample, Shift)


def of_family(samples: Sequence[Kind], name: str) -> list[Kind]:
    """Keep one distribution's samples."""
    return [sample for sample in samples if sample.family.name == name]


def dear_to_export(sample: Sample) -> np.ndarray:
    """Whether exporting takes more than surviving: f_x tau^(sigma-1) > f."""
    c = sample.column
    return np.asarray(c("f.export") * c("tau") ** sample.s > c("f.domestic"))


def least_trade() -> str:
    """Say which worlds a comparative static is tested in."""
    least = f"more than {1e6 * LEAST_TRADE:.0f} in a million of revenue is exported"
    return f"some draws exit, some firms sell at home alone, {least}"


def some_exit(w: Worlds) -> np.ndarray:
    """Mark the worlds in which some draws stay out."""
    return np.asarray(w["mass_active"][0] < w["mass_entrants"][0] * (1.0 - 1e-12))


def some_export(w: Worlds) -> np.ndarray:
    """Mark the worlds in which trade matters."""
    return np.asarray(w["export_revenue_share"][0] > LEAST_TRADE)


def strict_selection(w: Worlds) -> np.ndarray:
    """Mark the worlds in which exporting takes more than surviving."""
    return np.asarray(w["cutoff"][0, 1] > w["cutoff"][0, 0])


def draw_samples(ledger: Ledger) -> list[Sample]:
    """Solve the whole box: every distribution and number of partners, every shock."""
    return [
        _sample(kind, partners, SEED + 10 * i + partners, ledger)
        for i, kind in enumerate(FAMILIES)
        for partners in PARTNERS
    ]


def _sample(kind: Family, partners: int, seed: int, ledger: Ledger) -> Sample:
    base = scenario({"family": kind.name, **kind.table}, partners)
    columns = box_columns(kind, DRAWS, seed)
    factors = [{}, *SHOCKS.values()]
    stacked = {key: np.concatenate([c * f.get(key, 1.0) for f in factors]) for key, c in columns.items()}
    before, *after = solve_worlds(base, stacked, ledger).split(len(factors))
    alone = scenario(base["parameters"]["productivity"], 0)
    alone["parameters"] |= {"f": {"domestic": 1.0, "export": 1.0}}
    at_home = {key: c for key, c in columns.items() if key not in {"tau", "f.export"}}
    closed = solve_worlds(alone, at_home, ledger)
    return Sample(kind, partners, before, dict(zip(SHOCKS, after, strict=True)), closed)
