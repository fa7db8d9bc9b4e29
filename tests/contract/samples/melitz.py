"""Samples of the Melitz model."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .base import INF, ModelSamples, Sample
from .families import ATOMS, BOUNDED, FRECHET, LOGNORMAL, PARETO, SPLICED, WEIBULL

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
        "welfare is real income per head": eq["welfare"] * eq["price_index"] * L / income - 1,
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


MODEL = ModelSamples(
    MELITZ,
    melitz_accounts,
    melitz_symmetric,
    autarky_variables=("welfare", "mass_entrants", "mass_active", "phi_tilde", "labour_production"),
)
