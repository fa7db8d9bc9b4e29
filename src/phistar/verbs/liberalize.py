"""Liberalize: lower the trade costs of a deal between countries, and compare the world before and after.

Works on any model with a matrix `tau`; where the model has two horizons, in both, so that what entry does stands
beside what competition does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import to_json
from phistar.core.errors import InputError, unknown_key
from phistar.core.model import Model
from phistar.core.parameters import read_place
from phistar.models.registry import build_model, read_scenario
from phistar.verbs.compare import Comparison, compare_horizons_of, compare_models

#: How far reported trade elasticities may differ and still be one number: their own rounding near a small cutoff.
_ONE_NUMBER = 1e-8


@dataclass(frozen=True)
class Deal:
    """Whose trade costs fall.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    countries, roles : tuple of str
        Every country, and what it is in the deal: ``member``, ``hub``, ``spoke``, ``liberalizer``, ``partner``,
        ``third``.
    lowered : ndarray of bool (origin, destination)
        The trade costs that fall.
    """

    kind: str
    countries: tuple[str, ...]
    roles: tuple[str, ...]
    lowered: np.ndarray

    def of_role(self, role: str) -> tuple[str, ...]:
        """Name the countries of one role."""
        return tuple(name for name, own in zip(self.countries, self.roles, strict=True) if own == role)


@dataclass(frozen=True)
class Liberalization:
    """A deal, and the world before and after it.

    Attributes
    ----------
    deal : Deal
    tau, tau_cf : ndarray (origin, destination)
        Trade costs before and after.
    long : Comparison
        With what the model lets adjust (free entry, where its horizon is the long one).
    short : Comparison or None
        With the baseline's entrants as the only firms; None where the model has one horizon.
    """

    deal: Deal
    tau: np.ndarray
    tau_cf: np.ndarray
    long: Comparison
    short: Comparison | None

    @property
    def shape(self) -> float | None:
        """The trade elasticity k where it is one number (Pareto), so that freeness of trade is tau^-k; else None."""
        found = [np.asarray(e.values.get("trade_elasticity", np.nan)) for e in (self.long.baseline,
                 self.long.counterfactual)]  # fmt: skip
        values = np.concatenate([x[np.isfinite(x)] for x in found])
        if not len(values) or np.ptp(values) > _ONE_NUMBER * np.max(values):
            return None
        return float(np.median(values))

    def relocation(self) -> dict[str, np.ndarray] | None:
        """Return entrants before and after and their change, by country; None where the model has no entry."""
        if "mass_entrants" not in self.long.baseline.values:
            return None
        before, after = (e["mass_entrants"] for e in (self.long.baseline, self.long.counterfactual))
        return {"baseline": before, "counterfactual": after, "change": after - before}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of `compare` (both horizons where there are two), and the deal beside it."""
        compared = self.long.to_dict() if self.short is None else {
            "long": self.long.to_dict(), "short": self.short.to_dict()}  # fmt: skip
        deal = {
            "kind": self.deal.kind,
            "roles": dict(zip(self.deal.countries, self.deal.roles, strict=True)),
            "tau": self.tau,
            "tau_cf": self.tau_cf,
            "trade_elasticity": self.shape,
            "entry_relocation": self.relocation(),
        }
        return {**compared, "liberalization": deal}

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())


def liberalize(
    scenario: Any,
    settings: Sequence[str] = (),
    *,
    kind: str,
    by: float | None = None,
    to: float | None = None,
    members: Sequence[str | int] = (),
    hub: str | int | None = None,
    importer: str | int | None = None,
) -> Liberalization:
    """Lower the trade costs of a deal and compare the world before and after.

    Parameters
    ----------
    scenario : path, dict, Scenario or Model
        Any model with a matrix `tau`.
    settings : sequence of str
        ``KEY=VALUE`` settings laid over a scenario.
    kind : str
        ``multilateral``: every foreign trade cost. ``bilateral``: both ways between two `members` (the two countries
        there are, when absent). ``unilateral``: the costs of selling to `importer`. ``preferential``: among two or more
        `members` of a larger world. ``hub_and_spoke``: between `hub` and each of `members` (all others, when absent),
        not among these.
    by : float
        Share of each cost's excess over 1 that goes: tau becomes 1 + (1 - by)(tau - 1).
    to : float
        Or the level to which costs fall; those already below stay.
    members, hub, importer : str or int
        Countries by name or index from 0.

    Returns
    -------
    Liberalization

    Raises
    ------
    InputError
        When the deal or its depth is not understood, lowers nothing, or the model has no trade costs.
    NoEquilibrium
        When one of the worlds has no certified equilibrium.
    """
    model = scenario if isinstance(scenario, Model) else build_model(read_scenario(scenario, settings))
    if not any(p.name == "tau" and p.kind == "matrix" for p in model.parameters):
        raise InputError("model", "has no matrix of trade costs tau to lower", model.name)
    deal = make_deal(kind, model.countries, {"members": tuple(members), "hub": hub, "importer": importer})
    given = model.as_parameters()
    tau = np.array(given["tau"], dtype=float)
    lower = lowered(tau, deal.lowered, by, to)
    after = type(model).build({**given, "tau": lower.tolist()}, model.countries)
    if "horizons" in model.capabilities and given.get("horizon") != "short":
        both = compare_horizons_of(model, after)
        return Liberalization(deal, tau, lower, both.long, both.short)
    return Liberalization(deal, tau, lower, compare_models(model, after), None)


def lowered(tau: np.ndarray, which: np.ndarray, by: float | None, to: float | None) -> np.ndarray:
    """Lower the marked trade costs by a share of what exceeds 1, or to a level (origin, destination).

    Raises
    ------
    InputError
        When not exactly one of `by` and `to` is given, it is out of bounds, or nothing falls.
    """
    if (by is None) == (to is None):
        raise InputError("--to", "or --by must say how deep the cut is, one of them",
                         remedy="--to 1.1 is a level, --by 0.5 halves what exceeds 1")  # fmt: skip
    if by is not None:
        if not 0.0 < by <= 1.0:
            raise InputError("--by", "must lie above 0 and at most at 1: the share of tau - 1 that goes", by)
        if np.isinf(tau[which]).any():
            raise InputError("--by", "cannot cut an infinite trade cost by a share", by, remedy="use --to")
        after = np.where(which, 1.0 + (1.0 - by) * (tau - 1.0), tau)
    else:
        if to is None or not 1.0 <= to < np.inf:
            raise InputError("--to", "must be a finite number of at least 1: an iceberg cost", to)
        after = np.where(which & (tau > to), to, tau)
    if not (after < tau).any():
        raise InputError("--to" if by is None else "--by", "lowers no trade cost: those of the deal are there already",
                         to if by is None else by)  # fmt: skip
    return np.asarray(after)


# The deals


def make_deal(kind: str, countries: Sequence[str], given: Mapping[str, Any]) -> Deal:
    """Say whose costs fall in a deal.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    countries : sequence of str
        All of them, in order.
    given : mapping
        ``members``, ``hub`` and ``importer``, by name or index.

    Raises
    ------
    InputError
        When the kind is unknown, a country is missing, unknown or named twice, or has no part in the deal.
    """
    if kind not in KINDS:
        raise unknown_key(kind, KINDS, "kind of liberalization")
    if len(countries) < 2:
        raise InputError("--kind", "needs at least two countries", kind, remedy="make it a world of several countries")
    makes, takes = KINDS[kind]
    for option, value in given.items():
        if value not in (None, ()) and option not in takes:
            allowed = " and ".join(f"--{name}" for name in takes) or "no country"
            raise InputError(f"--{option}", f"has no part in a {kind} liberalization", remedy=f"it takes {allowed}")
    members = [read_place(m, countries, "--members") for m in given.get("members", ())]
    if len(set(members)) < len(members):
        raise InputError("--members", "names a country twice", ", ".join(countries[i] for i in members))
    one = next((given.get(name) for name in ("hub", "importer") if name in takes), None)
    if one is None and takes[:1] in (("hub",), ("importer",)):
        raise InputError(f"--{takes[0]}", f"is missing: a {kind} liberalization is one country's", remedy="name it")
    roles = makes(countries, members, None if one is None else read_place(one, countries, f"--{takes[0]}"))
    return Deal(kind, tuple(countries), roles, _lowered_between(roles))


def _lowered_between(roles: Sequence[str]) -> np.ndarray:
    """Mark the trade costs that fall between countries of given roles (origin, destination)."""
    pairs = {("member", "member"), ("partner", "liberalizer"), ("hub", "spoke"), ("spoke", "hub")}
    marked = np.array([[(a, b) in pairs for b in roles] for a in roles])
    return np.asarray(marked & ~np.eye(len(roles), dtype=bool))


def _multilateral(countries: Sequence[str], members: list[int], one: int | None) -> tuple[str, ...]:
    return ("member",) * len(countries)


def _bilateral(countries: Sequence[str], members: list[int], one: int | None) -> tuple[str, ...]:
    if not members and len(countries) == 2:
        members = [0, 1]
    if len(members) != 2:
        raise InputError("--members", "must name two countries for a bilateral liberalization",
                         remedy="--members A,B; more than two are preferential")  # fmt: skip
    return _roles(len(countries), members, "member")


def _preferential(countries: Sequence[str], members: list[int], one: int | None) -> tuple[str, ...]:
    if len(members) < 2:
        raise InputError("--members", "must name the countries that give each other preferences, at least two",
                         remedy="--members A,B")  # fmt: skip
    if len(members) == len(countries):
        raise InputError("--members", "leaves no third country out", remedy="all of them: --kind multilateral")
    return _roles(len(countries), members, "member")


def _unilateral(countries: Sequence[str], members: list[int], one: int | None) -> tuple[str, ...]:
    return tuple("liberalizer" if i == one else "partner" for i in range(len(countries)))


def _hub_and_spoke(countries: Sequence[str], members: list[int], one: int | None) -> tuple[str, ...]:
    spokes = members or [i for i in range(len(countries)) if i != one]
    if one in spokes:
        raise InputError("--members", "names the hub among its spokes", countries[one])
    if len(spokes) < 2:
        raise InputError("--members", "must name at least two spokes", remedy="one alone: --kind bilateral")
    return tuple("hub" if i == one else role for i, role in enumerate(_roles(len(countries), spokes, "spoke")))


def _roles(count: int, chosen: Sequence[int], role: str) -> tuple[str, ...]:
    return tuple(role if i in chosen else "third" for i in range(count))


_Roles = Callable[[Sequence[str], list[int], int | None], tuple[str, ...]]

#: Each kind: who has which role in it, and the options that name countries.
KINDS: dict[str, tuple[_Roles, tuple[str, ...]]] = {
    "multilateral": (_multilateral, ()),
    "bilateral": (_bilateral, ("members",)),
    "unilateral": (_unilateral, ("importer",)),
    "preferential": (_preferential, ("members",)),
    "hub_and_spoke": (_hub_and_spoke, ("hub", "members")),
}
