"""The box of parameters: one to six countries, seven cost distributions, each world drawn so that it can exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.blocks.cost import from_spec
from phistar.replicate.worlds import latin_hypercube, scenario_at

MODEL = "melitz_ottaviano"
SEED = 2005
#: How far above the threshold of a lone average country alpha is.
TASTE = (1.3, 4.0)
#: What share of its income that country spends on the differentiated good: eta follows.
SPENDING = (0.05, 0.5)
#: By how much a shocked parameter moves, in logs.
STEP = (0.01, 0.15)

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Family:
    """A cost distribution of the box: its table from two numbers in the unit interval.

    `place` is where the threshold of a lone average country lies in the support.
    """

    name: str
    table: Callable[[float, float], dict[str, Any]]
    place: tuple[float, float] = (0.15, 0.9)

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ")


def _between(ends: tuple[float, float], u: Any) -> Any:
    return ends[0] + (ends[1] - ends[0]) * u


def _pareto(u: float, v: float) -> dict[str, Any]:
    # The paper allows k = 1, the uniform: a seventh of the worlds have it exactly.
    k = 1.0 if u < 1.0 / 7.0 else _between((1.3, 5.0), (7.0 * u - 1.0) / 6.0)
    return {"family": "pareto", "c_M": _between((0.5, 2.0), v), "k": k}


def _humps(u: float, v: float) -> dict[str, Any]:
    # Density rises without bound towards both ends.
    return {"family": "beta", "a": _between((0.3, 0.9), u), "b": _between((0.3, 0.7), v), "c_M": 1.0, "lower": 0.1}


PARETO = Family("pareto", _pareto)
#: Log-concave and unimodal, then a bounded power law of productivity, then costs that crowd at both ends.
OTHERS = (
    Family("uniform", lambda u, v: {"family": "uniform", "lower": _between((0.05, 0.5), u), "c_M": 1.0}),
    Family("beta", lambda u, v: {"family": "beta", "a": _between((1.2, 4.0), u), "b": _between((1.2, 4.0), v),
                                 "c_M": 1.0, "lower": 0.05}),
    Family("truncated_lognormal", lambda u, v: {"family": "truncated_lognormal", "mu": _between((-1.2, -0.2), u),
                                                "sd": _between((0.3, 0.9), v), "c_M": 1.5, "lower": 0.02}),
    Family("bounded_pareto", lambda u, v: {"family": "bounded_pareto", "k": _between((1.5, 5.0), u), "lower": 1.0,
                                           "upper": _between((3.0, 20.0), v)}),
    Family("two_humps", _humps, (0.4, 0.98)),
)  # fmt: skip


def scenario(table: Mapping[str, Any], n: int, **given: Any) -> dict[str, Any]:
    """Write down a world of `n` countries, every entry that may differ written out."""
    tau = [[1.0 if i == j else 1.5 for j in range(n)] for i in range(n)]
    parameters: dict[str, Any] = {
        "alpha": 2.0, "gamma": 1.0, "eta": 1.0, "L": [10.0] * n, "tau": tau, "f_E": [0.1] * n,
        "cost": [dict(table) for _ in range(n)], "horizon": "long",
    }  # fmt: skip
    return {"model": MODEL, "parameters": {**parameters, **given}}


def short_scenario(long: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario in the short run; who is there follows as columns."""
    parameters = {key: value for key, value in long["parameters"].items() if key != "f_E"}
    count = len(parameters["L"])
    return {"model": MODEL, "parameters": {**parameters, "horizon": "short", "incumbents": [1.0] * count}}


@dataclass(frozen=True)
class Layout:
    """How the countries of a sample differ.

    Attributes
    ----------
    n : int
    trade : str
        ``equal`` (one tau), ``pairs`` (tau_ij = tau_ji), ``any`` or ``skewed`` (further apart).
    sizes : tuple of float
        Ends of the spread of sizes. For two countries it is a share of the largest that leaves the smaller one
        entrants where both taus are equal; else the logarithm of the largest over the smallest.
    unlike : bool
        Whether f_E, c_M and internal trade costs differ too.
    """

    n: int
    trade: str = "equal"
    sizes: tuple[float, float] = (0.0, 0.0)
    unlike: bool = False


def draw_columns(family: Family, layout: Layout, draws: int, seed: int) -> Columns:
    """Draw parameters: a lone average country has an interior equilibrium and spends part of its income."""
    pairs = [(i, j) for i in range(layout.n) for j in range(layout.n)]
    u = iter(latin_hypercube(draws, 9 + layout.n + len(pairs) + 2 * layout.n, seed).T)
    shape, gamma, size = (next(u), next(u)), next(u), 100.0 ** next(u)
    place, taste, spending = _between(family.place, next(u)), _between(TASTE, next(u)), _between(SPENDING, next(u))
    spread, trade = _between(layout.sizes, next(u)), 1.05 + 1.45 * next(u)
    tables = [family.table(a, b) for a, b in zip(*shape, strict=True)]
    # Half of the worlds have gamma = 1, where a formula that leaves it out is not seen to be wrong.
    gammas = np.where(gamma < 0.5, 1.0, 0.4 * 10.0 ** (2.0 * gamma - 1.0))
    columns: Columns = {"gamma": gammas} | _anchored(tables, gammas, size, place, taste, spending)
    f_E = columns.pop("f_E")
    tau = _trade_costs(layout, trade, {pair: next(u) for pair in pairs})
    columns |= {f"tau[{i}][{j}]": column for (i, j), column in tau.items() if layout.unlike or i != j}
    heights = [next(u) for _ in range(layout.n)]
    columns |= _sizes(layout, size, spread, heights, tables, trade)
    for i in range(layout.n):
        dearer, taller = next(u), next(u)
        columns[f"f_E[{i}]"] = f_E * (1.06**dearer if layout.unlike else 1.0)
        for name in (name for name in tables[0] if name != "family"):
            drawn = np.array([table[name] for table in tables])
            higher = 1.04**taller if layout.unlike and name == "c_M" else 1.0
            if np.ptp(drawn * higher) > 0.0:  # what does not vary stands in the scenario
                columns[f"cost[{i}].{name}"] = drawn * higher
    return columns


def _anchored(
    tables: list[dict[str, Any]], gamma: np.ndarray, L: np.ndarray, place: np.ndarray, taste: np.ndarray,
    spending: np.ndarray,
) -> Columns:  # fmt: skip
    """Choose f_E, alpha and eta for a lone country's threshold and spending; see (12), (13) and spending per head."""
    rows = []
    for table, g, size, s, a, spent in zip(tables, gamma, L, place, taste, spending, strict=True):
        cost = from_spec(table)
        P = np.array([float(cost.lower) + s * (float(cost.upper) - float(cost.lower))])
        first, second = (float(cost.excess(P, order)[0]) for order in (1, 2))
        threshold = float(P[0])
        eta = (a - 1.0) * threshold / (2.0 * spent) * (2.0 * threshold - second / first)
        rows.append((size / (4.0 * g) * second, a * threshold, eta))
    return dict(zip(("f_E", "alpha", "eta"), np.array(rows).T, strict=True))


def _trade_costs(
    layout: Layout, common: np.ndarray, drawn: Mapping[tuple[int, int], np.ndarray]
) -> dict[tuple[int, int], np.ndarray]:
    tau = {}
    for (i, j), u in drawn.items():
        if i == j:
            # Half of the worlds that are unlike have free trade at home.
            tau[i, j] = np.where((common < 1.8) & layout.unlike, 1.0 + 0.05 * u, 1.0)
        elif layout.trade == "equal":
            tau[i, j] = common
        elif layout.trade == "skewed":
            tau[i, j] = 1.0 + (common - 1.0) * (0.2 + 0.8 * u)
        else:
            tau[i, j] = common * 1.25 ** drawn[(i, j) if layout.trade == "any" else (min(i, j), max(i, j))]
    return tau


def _sizes(
    layout: Layout, size: np.ndarray, spread: np.ndarray, heights: list[np.ndarray], tables: list[dict[str, Any]],
    trade: np.ndarray,
) -> Columns:  # fmt: skip
    if layout.n == 2:
        # rho (c_l/c_h)^(k+1) = 1 at spread = 1 under a Pareto; k = 2 stands in for others.
        k = np.array([float(table["k"]) if table["family"] == "pareto" else 2.0 for table in tables])
        ratio = trade ** (k * (k + 2.0) / (k + 1.0) * spread)
        return {"L[0]": size * np.sqrt(ratio), "L[1]": size / np.sqrt(ratio)}
    return {f"L[{i}]": size * np.exp(spread * (u - 0.5)) for i, u in enumerate(heights)}


def shift(columns: Columns, keys: Mapping[str, int], seed: int) -> Columns:
    """Move keys up (+1) or down (-1) by one random factor a world; iceberg costs keep above one."""
    step = np.random.default_rng(seed).uniform(*STEP, len(next(iter(columns.values()))))
    moved = dict(columns)
    for key, sign in keys.items():
        floor = 1.0 if key.startswith("tau") else 0.0
        moved[key] = floor + (columns[key] - floor) * np.exp(sign * step)
    return moved


def at(table: Mapping[str, Any], n: int, settings: Mapping[str, float]) -> dict[str, Any]:
    """Write down one world of the box."""
    return scenario_at(scenario(table, n), settings)
