"""Samples of the Melitz-Ottaviano model."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .base import INF, ModelSamples, Sample
from .families import FRECHET, LOGNORMAL

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


MODEL = ModelSamples(
    OTTAVIANO,
    ottaviano_accounts,
    ottaviano_symmetric,
    autarky_variables=("welfare", "mass_entrants", "price_threshold", "variety"),
)
