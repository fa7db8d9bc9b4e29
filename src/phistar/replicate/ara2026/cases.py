"""Worlds on which equations are checked: each solved by the library, and from primitives with its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.ara2026.box import FAMILIES, HIGH, LOW, SEED, Family, draw_columns, scenario
from phistar.replicate.ara2026.independent import Solution, World
from phistar.replicate.worlds import Ledger, scenario_at

#: Equal and unequal countries, and those that trade one kind of good only.
KINDS = ("equal", "unequal", "goods", "inputs")
#: Step in ln L_1 of the difference quotients.
STEP = 1e-4
#: The search from primitives starts this far from the library's answer, in logs, so that it has to find its own way.
OFF = 0.01
#: Random worlds drawn a distribution and layout, and how many of those with firms in both countries are kept.
DRAWS, KEPT = 12, 3


@dataclass(frozen=True)
class Case:
    """One world: its parameters, the library's equilibrium, one from primitives, and those of neighbouring sizes.

    Attributes
    ----------
    label : str
        The distribution, for people.
    kind : str
        ``equal`` or ``unequal`` countries; ``goods`` or ``inputs`` where only these are traded.
    """

    label: str
    kind: str
    parameters: dict[str, Any]
    computed: Equilibrium = field(repr=False)
    found: Solution = field(repr=False)
    up: Solution = field(repr=False)
    down: Solution = field(repr=False)

    def response(self, of: Callable[[Solution], Any]) -> np.ndarray:
        """Return the elasticity of a quantity to the size of country 1."""
        with np.errstate(all="ignore"):
            return np.asarray((np.log(of(self.up)) - np.log(of(self.down))) / (2.0 * STEP))

    @property
    def sigma(self) -> float:
        """Elasticity of substitution."""
        return self.found.world.sigma

    @property
    def pareto(self) -> bool:
        """Whether productivity is a Pareto whose support does not bind."""
        table = self.found.world.table
        return bool(table["family"] == "pareto" and table["support"] == "closed_form")


def draw_cases(ledger: Ledger) -> list[Case]:
    """Solve the paper's two worlds, at equal sizes and not, and random ones under each distribution."""
    given = [scenario(tau_M=tau, L=[L, 1.0]) for tau in (HIGH, LOW) for L in (1.0, 1.3)]
    own = [_case("the paper's parameters", "unequal" if i % 2 else "equal", world, ledger)
           for i, world in enumerate(given)]  # fmt: skip
    cases = [case for case in own if case is not None]
    for family in FAMILIES:
        for kind in KINDS:
            cases += random_cases(family, kind, ledger)
    return cases


def random_cases(family: Family, kind: str, ledger: Ledger, few: int = KEPT) -> list[Case]:
    """Solve the first few random worlds of one kind in which both countries have firms that sort."""
    worlds = _random(family, kind, SEED + 700 + 10 * FAMILIES.index(family) + KINDS.index(kind))
    drawn = (_case(family.label, kind, world, ledger) for world in worlds)
    return list(islice((case for case in drawn if case is not None), few))


def _random(family: Family, kind: str, seed: int) -> list[dict[str, Any]]:
    shut = {"goods": {"tau_M": "inf"}, "inputs": {"tau_X": "inf"}}.get(kind, {})
    columns = {key: c for key, c in draw_columns(family, DRAWS, seed).items() if key not in shut}
    if family.table["family"] == "pareto":  # tails that quadrature follows without overflow
        columns["productivity.k"] = np.maximum(columns["productivity.k"], columns["sigma"])
    if kind != "equal":
        columns["L[0]"] = np.linspace(0.7, 1.5, DRAWS)
    base = scenario(productivity=dict(family.table), **shut)
    return [scenario_at(base, {key: float(c[i]) for key, c in columns.items()}) for i in range(DRAWS)]


def _case(label: str, kind: str, world: dict[str, Any], ledger: Ledger) -> Case | None:
    """Solve a world both ways; none where a country has no firms or firms do not sort, which the paper leaves aside."""
    computed = ledger.solve(world)
    cutoffs = [computed[name] for name in ("cutoff_D", "cutoff_DM", "cutoff_X", "cutoff_XM")]
    apart = np.all(cutoffs[1] > cutoffs[0]) and (kind == "inputs" or np.all(cutoffs[2] > cutoffs[0]))
    if not (computed.certificate.checks["interior"] and computed.certificate.checks["strict_selection"] and apart):
        return None
    sigma = world["parameters"]["sigma"]
    demand = np.log(computed["B"]) + sigma * np.log(sigma) - (sigma - 1.0) * np.log(sigma - 1.0)
    guess = (float(np.log(computed["relative_wage"][0])) + 0.1 * OFF, demand + np.array([OFF, -OFF]))
    size = world["parameters"]["L"][0]

    def _found(L: float, near: tuple[float, np.ndarray]) -> Solution:
        moved = {**world["parameters"], "L": [L, world["parameters"]["L"][1]]}
        return World.of(moved).solve(near)

    here = _found(size, guess)
    near = (float(np.log(here.omega)) + 0.01 * OFF, np.log(here.demand) + 0.1 * np.array([OFF, -OFF]))
    return Case(label, kind, world["parameters"], computed, here,
                *(_found(size * np.exp(step), near) for step in (STEP, -STEP)))  # fmt: skip


def of_kind(cases: Sequence[Case], *kinds: str) -> list[Case]:
    """Return the cases of some kinds."""
    return [case for case in cases if case.kind in kinds]
