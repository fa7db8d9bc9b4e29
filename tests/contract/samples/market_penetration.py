"""Samples of the market penetration model."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .base import INF, ModelSamples, Sample
from .families import ATOMS

WORLD: dict[str, Any] = {
    "sigma": 5.5,
    "theta": 7.2,
    "beta": 0.8,
    "alpha": 0.44,
    "gamma": 0.31,
    "psi": 0.04,
    "L": [3.0, 1.2, 2.0],
    "b": [1.0, 0.85, 1.1],
    "tau": [[1.02, 1.45, 1.7], [1.6, 1.0, 1.35], [1.5, 1.55, 1.05]],
    "J": [1.0, 0.6, 2.0],
}
FREE = {"entry": "free", "f_e": [0.1, 0.12, 0.08]}
TAIL = {"family": "pareto", "k": 7.2, "scale": 1.0}
BODY = {"family": "lognormal", "mu": 0.1, "sd": 0.4}
THIN = {"family": "weibull", "shape": 1.4, "scale": 0.9}
EXTREME = {"family": "frechet", "shape": 7.0, "scale": 0.9}
BOUNDED = {"family": "bounded_pareto", "k": 6.0, "lower": 0.8, "upper": 5.0}


def _world(*, drop: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    world = {**copy.deepcopy(WORLD), **copy.deepcopy(changes)}
    return {key: value for key, value in world.items() if key not in drop}


def _any(productivity: Any, *, drop: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    return _world(drop=("theta", "b", *drop), productivity=productivity, **changes)


SAMPLES = {
    "pareto": Sample(_world()),
    "fixed cost": Sample(_world(beta=0.0, gamma=0.0, alpha=0.0)),
    "log case": Sample(_world(beta=1.0, gamma=1.0, alpha=1.0), names=["Home", "Near", "Far"]),
    "free entry": Sample(_world(drop=("J",), beta=2.5, **FREE)),
    "theta_tilde": Sample(_world(drop=("sigma",), theta_tilde=1.5)),
    "no trade between two": Sample(_world(tau=[[1.0, INF, 1.7], [1.6, 1.0, 1.35], [1.5, 1.55, 1.0]])),
    "lognormal": Sample(_any(BODY, psi=0.2)),
    "several distributions, log case": Sample(_any([TAIL, BODY, THIN], beta=1.0)),
    "several distributions, free entry, fixed cost": Sample(
        _any([{**TAIL, "k": 8.0}, BODY, EXTREME], drop=("J",), beta=0.0, **FREE)
    ),
    "bounded pareto": Sample(_any(BOUNDED), trades_at_any_cost=False),
    "everyone sells at home": Sample(_any([TAIL, {**TAIL, "k": 6.3}, TAIL], psi=20.0)),
    "atoms": Sample(_any(ATOMS, psi=4.0), smooth=False, trades_at_any_cost=False),
    "closed": Sample(_world(L=[3.0], b=[1.1], tau=[[1.1]], J=[1.0])),
}


def accounts(eq: Any, p: dict[str, Any]) -> dict[str, np.ndarray]:
    """Recompute what must balance in a market penetration world."""
    sigma, gamma, L = float(p["sigma"]), float(p["gamma"]), np.asarray(p["L"], dtype=float)
    wage, flow, marketing = eq["wage"], eq["trade_flow"], eq["marketing"]
    revenue, spending = flow.sum(axis=1), eq["expenditure"]
    production = revenue * (1 - 1 / sigma) / wage
    hired = ((1 - gamma) * marketing.sum(axis=1) + gamma * marketing.sum(axis=0)) / wage
    profit = revenue / sigma - marketing.sum(axis=1)
    services = gamma * (marketing.sum(axis=1) - marketing.sum(axis=0))
    sold = np.where(eq["mass_sellers"] > 0, eq["mass_sellers"] * eq["mean_sales"], 0.0)
    foreign = np.where(np.eye(len(L), dtype=bool), 0.0, eq["mass_sellers"])
    balances = {
        "spending is what is bought": flow.sum(axis=0) / spending - 1,
        "production labour is the cost of sales": eq["labour_production"] / production - 1,
        "marketing labour is hired on both sides": eq["labour_marketing"] / hired - 1,
        "profit is sales less labour": (eq["profit_total"] - profit) / revenue,
        "goods pay for goods and foreign marketing": (revenue - spending - services) / spending,
        "sales are made by sellers": (sold - flow) / spending,
        "active firms sell somewhere": eq["mass_active"] / eq["mass_sellers"].max(axis=1) - 1,
        "exporters sell abroad": eq["mass_exporters"] - foreign.max(axis=1),
        "welfare is real income per head": eq["welfare"] * eq["price_index"] * L / spending - 1,
        "income is what is spent": eq["income"] * L / spending - 1,
    }
    if p["entry"] == "free":
        entry = eq["mass_entrants"] * np.asarray(p["f_e"], dtype=float)
        balances["labour is used up"] = (production + hired + entry) / L - 1
        balances["income is wages"] = spending / (wage * L) - 1
        balances["profit pays for entry"] = eq["profit_total"] / (wage * entry) - 1
    else:
        balances["labour is used up"] = (production + hired) / L - 1
        balances["income is wages and profits"] = spending / (wage * L + eq["profit_total"]) - 1
    return balances


def symmetric(count: int) -> dict[str, Any]:
    """Return parameters under which all countries are alike."""
    return {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.05, "L": [2.0] * count, "tau": 1.4}


MODEL = ModelSamples(
    SAMPLES,
    accounts,
    symmetric,
    autarky_variables=("welfare", "mass_entrants", "mass_active", "productivity_average", "labour_production"),
)
