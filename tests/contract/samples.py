"""Admissible sample scenarios of every registered model, and what its accounts are.

A new model adds one entry to `SAMPLES`: scenarios by name, and its accounting identities recomputed from
reported outcomes and parameters alone. The contract tests then apply to it unchanged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

INF = float("inf")


@dataclass(frozen=True)
class Sample:
    """One admissible scenario.

    `smooth` says whether every outcome has derivatives there. `trades_at_any_cost` says whether some
    firms trade at any finite cost: a bounded support stops at some cost, and with no trade at all
    relative wages are not determined.
    """

    parameters: dict[str, Any]
    smooth: bool = True
    trades_at_any_cost: bool = True
    names: list[str] | None = None

    def scenario(self, model: str, **changes: Any) -> dict[str, Any]:
        """Return the scenario, with some parameters replaced."""
        scenario: dict[str, Any] = {
            "model": model,
            "parameters": {**copy.deepcopy(self.parameters), **changes},
        }
        if self.names is not None:
            scenario["countries"] = {"names": list(self.names)}
        return scenario


@dataclass(frozen=True)
class ModelSamples:
    """What contract tests need to know of a model beside its declared parameters and variables."""

    samples: dict[str, Sample]
    #: name -> relative gap of an accounting identity, from outcomes and parameters as understood
    accounts: Callable[[Any, dict[str, Any]], dict[str, np.ndarray]]
    #: scalar parameters that make every country alike, per country count
    symmetric: Callable[[int], dict[str, Any]]
    #: the trade cost that, raised without bound, closes the economy
    trade_cost: str = "tau"
    #: variables of the closed economy that the limit of large trade costs must reach
    autarky_variables: tuple[str, ...] = ()
    #: country-size parameters by which nothing may be labelled (numeraire is an index, not a list)
    unlabelled: frozenset[str] = field(default_factory=lambda: frozenset({"numeraire", "partners"}))


# --- melitz

PARETO = {"family": "pareto", "k": 4.25, "scale": 1.0}
LOGNORMAL = {"family": "lognormal", "mu": 0.1, "sd": 0.6}
BOUNDED = {"family": "bounded_pareto", "k": 3.9, "lower": 0.8, "upper": 7.0}
FRECHET = {"family": "frechet", "shape": 4.8, "scale": 0.9}
WEIBULL = {"family": "weibull", "shape": 1.1, "scale": 0.9}
SPLICED = {"family": "lognormal_pareto", "mu": 0.0, "sd": 0.45, "k": 4.4}
ATOMS = {
    "family": "empirical",
    "values": [0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0],
    "weights": [0.25, 0.25, 0.2, 0.14, 0.09, 0.05, 0.02],
}

MELITZ_WORLD: dict[str, Any] = {
    "sigma": 3.8,
    "L": [10.0, 6.0, 3.0],
    "tau": [[1.05, 1.25, 1.6], [1.45, 1.02, 1.3], [1.5, 1.35, 1.1]],
    "f": [[1.0, 1.4, 0.6], [1.3, 0.9, 1.5], [1.2, 0.5, 0.8]],
    "f_e": [2.0, 1.8, 2.2],
    "delta": [0.1, 0.15, 0.1],
}
CHEAP_EXPORTS = {"f": [[1.0, 0.1, 0.6], [1.3, 0.9, 1.5], [0.15, 0.1, 0.8]]}
FIXED = {"entry": "fixed", "J": [8.0, 3.0, 5.0]}


def _world(productivity: Any, *, drop: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    world = {**copy.deepcopy(MELITZ_WORLD), "productivity": copy.deepcopy(productivity), **changes}
    return {key: value for key, value in world.items() if key not in drop}


ENTRY_COSTS = ("f_e", "delta")

MELITZ = {
    "pareto": Sample(_world([PARETO, {**PARETO, "k": 4.9, "scale": 1.15}, {**PARETO, "k": 4.5}])),
    "lognormal": Sample(_world(LOGNORMAL), names=["Home", "Near", "Far"]),
    "bounded pareto": Sample(_world([BOUNDED, {**BOUNDED, "upper": 9.0}, BOUNDED]), trades_at_any_cost=False),
    "frechet and weibull": Sample(_world([FRECHET, WEIBULL, {**FRECHET, "shape": 5.5}])),
    "spliced, lognormal and pareto": Sample(_world([SPLICED, LOGNORMAL, {**PARETO, "k": 5.0}])),
    "overhead, all export somewhere": Sample(
        _world([PARETO, {**LOGNORMAL, "sd": 0.5}, PARETO], fixed_cost="overhead", **CHEAP_EXPORTS)
    ),
    "exporters that do not sell at home": Sample(_world(PARETO, **CHEAP_EXPORTS)),
    "fixed entry": Sample(_world([PARETO, LOGNORMAL, WEIBULL], drop=ENTRY_COSTS, **FIXED)),
    "fixed entry and overhead": Sample(
        _world(LOGNORMAL, drop=ENTRY_COSTS, fixed_cost="overhead", **CHEAP_EXPORTS, **FIXED)
    ),
    "everyone sells at home": Sample(_world(PARETO, f=[[0.01, 1.4, 0.6], [1.3, 0.01, 1.5], [1.2, 0.5, 0.01]])),
    "no trade between two": Sample(_world(LOGNORMAL, tau=[[1.05, INF, 1.6], [1.45, 1.02, 1.3], [1.5, 1.35, 1.1]])),
    "atoms": Sample(
        _world(ATOMS, f=[[1.0, 1.4, 1.6], [1.3, 0.9, 1.5], [1.2, 1.5, 0.8]]),
        smooth=False,
        trades_at_any_cost=False,
    ),
    "closed": Sample(
        {
            "sigma": 4.0,
            "L": [3.0],
            "tau": [[1.2]],
            "f": [[1.0]],
            "f_e": [2.0],
            "delta": [0.1],
            "productivity": [FRECHET],
        }
    ),
}


def melitz_accounts(eq: Any, p: dict[str, Any]) -> dict[str, np.ndarray]:
    """Recompute what must balance in a Melitz world."""
    sigma, L = float(p["sigma"]), np.asarray(p["L"], dtype=float)
    f, wage, flow = np.asarray(p["f"], dtype=float), eq["wage"], eq["trade_flow"]
    revenue, income = flow.sum(axis=1), eq["expenditure"]
    fixed = f * eq["mass_sellers"]
    if p["fixed_cost"] == "overhead":
        np.fill_diagonal(fixed, np.diag(f) * eq["mass_active"])
    production = revenue * (1 - 1 / sigma) / wage
    foreign = np.where(np.eye(len(L), dtype=bool), 0.0, eq["mass_sellers"])
    accounts = {
        # sellers are nested: whoever sells anywhere sells in the market that most sell in
        "active firms sell somewhere": eq["mass_active"] / eq["mass_sellers"].max(axis=1) - 1,
        "exporters sell abroad": eq["mass_exporters"] - foreign.max(axis=1),
        "spending is what is bought": flow.sum(axis=0) / income - 1,
        "sales are what is earned": revenue / income - 1,
        "production labour is the cost of sales": eq["labour_production"] / production - 1,
        "fixed labour is paid by those who sell": (eq["labour_fixed"] + eq["labour_export"]) / fixed.sum(axis=1) - 1,
        "profit is sales less labour": (eq["profit_total"] - (revenue - wage * (production + fixed.sum(axis=1))))
        / revenue,
        "welfare is real income a head": eq["welfare"] * eq["price_index"] * L / income - 1,
    }
    if p["entry"] == "free":
        entry = eq["mass_entrants"] * np.asarray(p["delta"], dtype=float) * np.asarray(p["f_e"], dtype=float)
        accounts["labour is used up"] = (production + fixed.sum(axis=1) + entry) / L - 1
        accounts["income is wages"] = income / (wage * L) - 1
        accounts["profit pays for entry"] = eq["profit_total"] / (wage * entry) - 1
    else:
        accounts["labour is used up"] = (production + fixed.sum(axis=1)) / L - 1
        accounts["income is wages and profits"] = income / (wage * L + eq["profit_total"]) - 1
    return accounts


def melitz_symmetric(count: int) -> dict[str, Any]:
    """Return parameters under which all countries are alike."""
    return {
        "sigma": 4.0,
        "L": [2.0] * count,
        "tau": 1.4,
        "f": {"domestic": 1.0, "export": 1.3},
        "f_e": 2.0,
        "delta": 0.1,
        "productivity": LOGNORMAL,
    }


# --- melitz_ottaviano

CHEAP = {"family": "pareto", "c_M": 1.0, "k": 2.3}
UNIFORM = {"family": "uniform", "lower": 0.1, "c_M": 1.1}
BETA = {"family": "beta", "a": 1.6, "b": 2.2, "lower": 0.05, "c_M": 1.4}
TRUNCATED = {"family": "truncated_lognormal", "mu": -0.3, "sd": 0.5, "lower": 0.1, "c_M": 1.6}

OTTAVIANO_WORLD: dict[str, Any] = {
    "alpha": 1.8,
    "eta": 1.4,
    "gamma": 1.1,
    "L": [10.0, 9.0, 11.0],
    "tau": [[1.04, 1.9, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]],
    "f_E": [0.1, 0.09, 0.11],
}


def _linear_world(cost: Any, *, drop: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    world = {**copy.deepcopy(OTTAVIANO_WORLD), "cost": copy.deepcopy(cost), **changes}
    return {key: value for key, value in world.items() if key not in drop}


OTTAVIANO = {
    "pareto": Sample(_linear_world([CHEAP, {**CHEAP, "c_M": 1.04}, {**CHEAP, "c_M": 0.98}])),
    "pareto of several shapes": Sample(_linear_world([CHEAP, {**CHEAP, "k": 2.6}, {**CHEAP, "k": 2.0}])),
    "uniform and beta": Sample(_linear_world([UNIFORM, BETA, UNIFORM]), names=["Home", "Near", "Far"]),
    "truncated lognormal": Sample(_linear_world([TRUNCATED, {**TRUNCATED, "mu": -0.35}, TRUNCATED])),
    "productivity seen as cost": Sample(_linear_world([{**FRECHET, "scale": 1.6}, {**LOGNORMAL, "mu": 0.5}, FRECHET])),
    "one country makes the numeraire alone": Sample(
        _linear_world(CHEAP, L=[3.0, 9.0, 12.0], tau=[[1.0, 1.2, 1.3], [1.25, 1.0, 1.35], [1.3, 1.4, 1.0]])
    ),
    "every draw sells at home": Sample(_linear_world({**CHEAP, "c_M": 0.3}, f_E=[0.9, 0.8, 0.85])),
    "short run": Sample(
        _linear_world([CHEAP, UNIFORM, BETA], drop=("f_E",), horizon="short", incumbents=[12.0, 14.0, 9.0])
    ),
    "short run, every incumbent produces": Sample(
        _linear_world({**CHEAP, "c_M": 0.6}, drop=("f_E",), horizon="short", incumbents=[1.0, 2.0, 1.5])
    ),
    "no trade between two": Sample(_linear_world(CHEAP, tau=[[1.04, INF, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]])),
    "closed": Sample(
        {"alpha": 2.0, "eta": 1.0, "gamma": 1.0, "L": [10.0], "tau": [[1.1]], "f_E": [0.1], "cost": [BETA]}
    ),
}


def ottaviano_accounts(eq: Any, p: dict[str, Any]) -> dict[str, np.ndarray]:
    """Recompute what must balance in a Melitz-Ottaviano world."""
    L, flow, entrants = np.asarray(p["L"], dtype=float), eq["trade_flow"], eq["mass_entrants"]
    alpha, eta, gamma = float(p["alpha"]), float(p["eta"]), float(p["gamma"])
    variety, q = eq["variety"], eq["quantity_head"]
    # Utility from its own definition, from the first two moments of consumption over varieties.
    squares = variety * (eq["variance_quantity"] + eq["mean_quantity"] ** 2) / L**2
    utility = eq["numeraire_consumption"] + alpha * q - 0.5 * gamma * squares - 0.5 * eta * q**2
    work = eq["labour_production"] + eq["labour_entry"] + eq["numeraire_labour"]
    accounts = {
        "utility is what is consumed": utility / eq["welfare"] - 1,
        "labour is used up": work / L - 1,
        "spending is what is bought": flow.sum(axis=0) / eq["expenditure"] - 1,
        "income is spent": (L * eq["numeraire_consumption"] + eq["expenditure"]) / eq["income"] - 1,
        "income is wages and profits": (L + eq["profit_total"]) / eq["income"] - 1,
        "exports pay for the numeraire bought": (
            eq["net_exports"] - (L * eq["numeraire_consumption"] - eq["numeraire_labour"])
        )
        / L,
        "sales are made by those on sale": variety * eq["mean_revenue"] / eq["expenditure"] - 1,
        "output is what is eaten": variety * eq["mean_quantity"] / (L * q) - 1,
        "profit is sales less cost": ((variety * eq["mean_profit"]).sum() - (entrants * eq["profit_expected"]).sum())
        / flow.sum(),
        "prices are costs and markups": (eq["mean_cost"] + eq["mean_markup"]) / eq["mean_price"] - 1,
    }
    if p["horizon"] == "long":
        margin = eq["profit_expected"] / np.asarray(p["f_E"], dtype=float) - 1
        accounts["profit pays for entry"] = np.where(entrants > 0, margin, np.maximum(margin, 0.0))
    return accounts


def ottaviano_symmetric(count: int) -> dict[str, Any]:
    """Return parameters under which all countries are alike."""
    return {"alpha": 2.0, "L": [10.0] * count, "tau": 1.5, "f_E": 0.1, "cost": UNIFORM}


SAMPLES: dict[str, ModelSamples] = {
    "melitz": ModelSamples(
        MELITZ,
        melitz_accounts,
        melitz_symmetric,
        autarky_variables=("welfare", "mass_entrants", "mass_active", "phi_tilde", "labour_production"),
    ),
    "melitz_ottaviano": ModelSamples(
        OTTAVIANO,
        ottaviano_accounts,
        ottaviano_symmetric,
        autarky_variables=("welfare", "mass_entrants", "price_threshold", "variety"),
    ),
}


def each_sample() -> Iterator[tuple[str, str]]:
    """Yield model and sample names."""
    for model, entry in SAMPLES.items():
        for name in entry.samples:
            yield model, name
