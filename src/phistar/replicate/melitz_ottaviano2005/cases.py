"""Worlds solved twice: by the library, and by quadrature of what consumers and firms do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz_ottaviano2005.box import (
    OTHERS,
    PARETO,
    SEED,
    Columns,
    Family,
    Layout,
    at,
    draw_columns,
    short_scenario,
)
from phistar.replicate.melitz_ottaviano2005.independent import Solution, World
from phistar.replicate.worlds import Ledger, scenario_at

#: Where two routes count as one answer: quadrature agrees to 1e-12, formulas of many countries lose a digit or two.
SAME = 1e-9
#: How far from the library's answer the search for the other one starts.
ASIDE = 1.02


@dataclass(frozen=True)
class Case:
    """One world: its parameters under the paper's letters, the library's answer and the independent one."""

    label: str
    parameters: Mapping[str, Any]
    computed: Equilibrium
    found: Solution

    @cached_property
    def world(self) -> World:
        """The primitives."""
        return self.found.world

    @property
    def k(self) -> float:
        """The Pareto shape."""
        return float(self.world.tables[0]["k"])

    @cached_property
    def c_M(self) -> np.ndarray:
        """Greatest costs (country)."""
        return np.array([table["c_M"] for table in self.world.tables])

    @cached_property
    def rho(self) -> np.ndarray:
        """Freeness of trade, tau^-k (origin, destination)."""
        return np.asarray(self.world.tau**-self.k)

    @property
    def phi(self) -> float:
        """The technology index of (22): 2(k+1)(k+2) c_M^k f_E, gamma apart."""
        return float(2.0 * (self.k + 1.0) * (self.k + 2.0) * self.c_M[0] ** self.k * self.world.f_E[0])

    @cached_property
    def c_D(self) -> np.ndarray:
        """Domestic cutoffs: the cost at which a firm's best sales at home fall to zero (country)."""
        return np.diagonal(self.cutoff)

    @cached_property
    def cutoff(self) -> np.ndarray:
        """Find by halving the cost at which a firm's best sales fall to zero (origin, destination)."""
        w = self.world
        low, high = np.zeros(w.tau.shape), w.alpha / w.tau
        for _ in range(60):
            middle = 0.5 * (low + high)
            best = [w.best_quantity(j, w.tau[:, j] * middle[:, j], float(self.found.Q[j])) for j in range(len(w.L))]
            sells = np.stack(best, axis=1) > 0.0
            low, high = np.where(sells, middle, low), np.where(sells, high, middle)
        return low

    @cached_property
    def variety(self) -> np.ndarray:
        """Count the varieties on sale (country)."""
        return np.array([self.found.variety(j) for j in range(len(self.world.L))])

    def means(self, name: str) -> np.ndarray:
        """Average over the varieties on sale (country)."""
        return np.array([self.found.mean(j, name) for j in range(len(self.world.L))])

    def variances(self, name: str) -> np.ndarray:
        """Return variances over the varieties on sale (country)."""
        return np.array([self.found.variance(j, name) for j in range(len(self.world.L))])

    def utilities(self) -> np.ndarray:
        """Evaluate utility (1) of who earns the wage (country)."""
        return np.array([float(self.found.utility(j, 1.0)) for j in range(len(self.world.L))])


Cases = Mapping[str, Sequence[Case]]


def gap(one: Any, other: Any) -> float:
    """Return how far two arrays are apart, over the largest entry of the second."""
    b = np.asarray(other, dtype=float)
    return float(np.max(np.abs(np.asarray(one, dtype=float) - b)) / np.max(np.abs(b)))


def draw_cases(ledger: Ledger) -> dict[str, list[Case]]:
    """Solve every sample of cases twice."""
    equal = Layout(2, "equal", (0.05, 0.7))
    unlike = Layout(2, "any", (-0.3, 0.3))
    cases = {
        "closed": _long(PARETO, Layout(1), 21, ledger),
        "two": _long(PARETO, unlike, 18, ledger),
        "equal": _long(PARETO, equal, 18, ledger),
        "pairs": _long(PARETO, Layout(3, "pairs"), 10, ledger),
        "alike": _long(PARETO, Layout(3), 8, ledger),
        "deal": _long(PARETO, Layout(3), 10, ledger, _deal),
        "many": _long(PARETO, Layout(4, "any", (0.0, 0.15), unlike=True), 10, ledger),
        "short": _short(PARETO, Layout(1), 24, ledger),
        "short two": _short(PARETO, Layout(2, "any", (-0.5, 0.5)), 30, ledger),
        "short three": _short(PARETO, Layout(3, "pairs"), 8, ledger),
    }
    cases["short two"].append(_capable(ledger))
    for family in OTHERS:
        cases.setdefault("closed, other", []).extend(_long(family, Layout(1), 4, ledger))
        cases.setdefault("two, other", []).extend(_long(family, unlike, 3, ledger))
    return cases


def _deal(columns: Columns) -> Columns:
    """Lower the cost of trade between the first two of three countries."""
    inside = 1.0 + 0.8 * (columns["tau[0][1]"] - 1.0)
    return {**columns, "tau[0][1]": inside, "tau[1][0]": inside}


def _long(
    family: Family, layout: Layout, draws: int, ledger: Ledger, change: Callable[[Columns], Columns] | None = None
) -> list[Case]:
    """Keep the worlds in which all countries enter and no cutoff lies beyond the support."""
    columns = draw_columns(family, layout, draws, SEED + 7 * layout.n)
    columns = columns if change is None else change(columns)
    found = []
    for i in range(draws):
        world = at(family.table(0.5, 0.5), layout.n, {key: float(c[i]) for key, c in columns.items()})
        computed = ledger.solve(world)
        bound = computed["cutoff"] > computed["cutoff_effective"] * (1.0 + 1e-12)
        if np.all(computed["mass_entrants"] > 0.0) and not np.any(bound):
            solution = World.of(world["parameters"]).long_run(computed["price_threshold"] * ASIDE)
            found.append(Case(family.label, world["parameters"], computed, solution))
    return found


def _capable(ledger: Ledger) -> Case:
    """Let all firms of the second country be good enough to export, while some of the first stay idle at home."""
    world = at({"family": "pareto", "c_M": 1.0, "k": 2.0}, 2, {"tau[0][1]": 1.2, "tau[1][0]": 1.2, "cost[1].c_M": 0.4})
    stuck = scenario_at(short_scenario(world), {"incumbents[0]": 5.0, "incumbents[1]": 5.0})
    return Case("stored", stuck["parameters"], ledger.solve(stuck), World.of(stuck["parameters"]).short_run())


def _short(family: Family, layout: Layout, draws: int, ledger: Ledger) -> list[Case]:
    """Give countries firms near those that would enter, too few for anyone to shut down in some."""
    columns = draw_columns(family, layout, draws, SEED + 11 * layout.n)
    few = np.random.default_rng(SEED).uniform(-4.0, 0.7, (draws, layout.n))
    taller = np.random.default_rng(SEED + 1).uniform(0.4, 1.0, (draws, layout.n))
    found = []
    for i in range(draws):
        at_i = {key: float(c[i]) for key, c in columns.items()}
        world = at(family.table(0.5, 0.5), layout.n, at_i)
        N = ledger.solve(world)["mass_entrants"] * np.exp(few[i])
        settings = {f"incumbents[{j}]": float(max(N[j], 0.01)) for j in range(layout.n)}
        if layout.n > 1:
            settings |= {f"cost[{j}].c_M": at_i[f"cost[{j}].c_M"] * taller[i, j] for j in range(layout.n)}
        stuck = scenario_at(short_scenario(world), settings)
        computed, solution = ledger.solve(stuck), World.of(stuck["parameters"]).short_run()
        found.append(Case(family.label, stuck["parameters"], computed, solution))
    return found
