"""Granular worlds: one market under both upper tiers, conducts and scopes, integrated, segmented."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .base import INF, ModelSamples, Sample

FIRMS = [0.31, 0.29, 0.285, 0.27, 0.18]
COUNTRIES = [[0.30, 0.29, 0.27], [0.31, 0.28, 0.265, 0.19], [0.30, 0.285]]
TAU = [[1.02, 1.1, 1.06], [1.08, 1.0, 1.12], [1.04, 1.09, 1.01]]
FIXED: dict[str, Any] = {"sigma": 5.0, "K_1": 4.0, "R": 900.0, "L": 1800.0, "productivities": FIRMS,
    "market": "autarky",
}  # fmt: skip
CES: dict[str, Any] = {
    "sigma": 5.0, "K_1": 4.0, "upper": "ces", "eta": 1.8, "I": 1700.0, "L": 1500.0, "productivities": FIRMS,
}  # fmt: skip
SEGMENTED: dict[str, Any] = {
    "sigma": 5.0, "K_1": 4.0, "R": [900.0, 700.0, 500.0], "L": [1800.0, 1500.0, 900.0], "productivities": COUNTRIES,
    "tau": TAU,
}  # fmt: skip


def _of(world: dict[str, Any], *, drop: tuple[str, ...] = (), **changes: Any) -> Sample:
    return Sample({k: v for k, v in {**copy.deepcopy(world), **changes}.items() if k not in drop})


CES_SEGMENTED = {"upper": "ces", "eta": 1.8, "I": [1700.0, 1500.0, 1000.0]}

SAMPLES = {
    "autarky": _of(FIXED),
    "autarky, in any order": _of(FIXED, productivities=[0.27, 0.31, 0.18, 0.29, 0.285]),
    "fixed cost": _of(FIXED, K_0=6.0),
    "ces": _of(CES),
    "ces, complements": _of(CES, eta=0.6),
    "ces, one firm": _of(CES, productivities=[0.3]),
    "cournot": _of(FIXED, conduct="cournot"),
    "cournot and ces": _of(CES, conduct="cournot", K_0=2.0),
    "integrated": _of(FIXED, market="integrated", W=2),
    "integrated, ces and a fixed cost": _of(CES, market="integrated", W=3, K_0=1.0),
    "the same firms in a larger market": _of(CES, market="feenstra_ma", W=2),
    "one variety each": _of(FIXED, scope="single", f=3.0, drop=("K_1",)),
    "one variety each, cournot and ces": _of(CES, scope="single", conduct="cournot", f=2.0, drop=("K_1",)),
    "segmented": _of(SEGMENTED),
    "segmented, ces and cournot": _of(SEGMENTED, conduct="cournot", drop=("R",), **CES_SEGMENTED),
    "segmented, one scope": _of(SEGMENTED, scope_choice="common"),
    "segmented, one scope and a fixed cost": _of(
        SEGMENTED,
        scope_choice="common",
        K_0=5.0,
        R=[900.0, 700.0],
        L=1500.0,
        tau=1.07,
        productivities=[[0.30, 0.285, 0.24], [0.31, 0.27]],
    ),
    "segmented, one scope, ces and cournot": _of(
        SEGMENTED, scope_choice="common", conduct="cournot", drop=("R",), **CES_SEGMENTED
    ),
    "segmented, one variety each": _of(SEGMENTED, scope="single", f=1.0, drop=("K_1",)),
    "segmented, a closed border": _of(SEGMENTED, tau=[[1.02, 1.1, INF], [1.08, 1.0, 1.12], [1.04, 1.09, 1.01]]),
}


def accounts(eq: Any, p: dict[str, Any]) -> dict[str, np.ndarray]:
    """Recompute what must balance among a market's firms."""
    segmented, single = p["market"] == "segmented", p["scope"] == "single"
    sigma, K_1 = float(p["sigma"]), 0.0 if single else float(p["K_1"])
    common = segmented and not single and p["scope_choice"] == "common"
    fixed = float(p["f"] if single else p["K_0"])
    # A common scope is paid for once: its cost is spread over markets as the firm's own condition does.
    out = ~(eq["active"] > 0)

    def told(name: str) -> np.ndarray:
        return np.where(out, 0.0, eq[name])

    share, markup, price = told("share"), np.where(out, 1.0, eq["markup"]), np.where(out, 1.0, eq["price"])
    spending = eq["expenditure"]
    revenue = spending * share
    made = np.where(out, 0.0, told("varieties") * told("quantity") * price)
    on_sale = np.sum(eq["copies"] * np.where(out, 0.0, told("varieties") * price ** (1 - sigma)), axis=0)
    size = np.asarray(p["R"] if p["upper"] == "fixed" else p["I"], dtype=float) * (
        p["W"] if p["market"] in ("integrated", "feenstra_ma") else 1
    )
    size = size if segmented else size[0]
    psi = 1.0 if p["upper"] == "fixed" else eq["sector_share"]
    scope_cost = revenue / ((sigma - 1) * markup) if common else K_1 * told("varieties")
    market_fixed = 0.0 if common else fixed
    kept = np.where(out, 0.0, revenue * (1 - 1 / markup) - scope_cost - market_fixed)
    gaps = {
        "shares make up the sector": np.sum(eq["copies"] * share, axis=0) - 1,
        "sales are prices times quantities": (made - revenue) / spending,
        "the price index is that of the prices": on_sale ** (1 / (1 - sigma)) / eq["price_index"] - 1,
        "spending is what the upper tier says": spending / (size * psi) - 1,
        "profit is sales less costs": (told("profit") - kept) / spending,
        "total profit is firms' profits": (eq["total_profit"] - np.sum(eq["copies"] * kept, axis=0)) / spending,
        "varieties add up": eq["total_varieties"] / np.sum(eq["copies"] * told("varieties"), axis=0) - 1,
        "the aggregate markup is sales over work": eq["aggregate_markup"]
        * np.sum(eq["copies"] * share / markup, axis=0)
        - 1,
        "markups are of elasticities": np.where(out, 0.0, markup * (1 - 1 / np.where(out, 2, eq["elasticity"])) - 1),
        "nobody active loses": np.minimum(kept, 0.0),
    }
    if p["upper"] == "ces":
        power = eq["price_index"] ** (1 - float(p["eta"]))
        gaps["the sector's share follows its price"] = eq["sector_share"] - power / (1 + power)
    if common:
        number = np.max(told("varieties"), axis=1)
        gaps["one scope pays for itself"] = (scope_cost.sum(axis=1) - K_1 * number) / spending.sum()
    if segmented:
        flow = eq["trade_flow"]
        gaps["flows are firms' sales"] = flow.sum(axis=0) / spending - 1
        of_firms = np.where(out.all(axis=1), 0.0, eq["profit_firm"])
        gaps["countries' profits are firms' profits"] = (eq["profit_country"].sum() - of_firms.sum()) / spending.sum()
    return gaps


def symmetric(count: int) -> dict[str, Any]:
    """Return parameters under which all countries are alike."""
    return {**FIXED, "market": "segmented", "W": count, "tau": 1.05}


MODEL = ModelSamples(SAMPLES, accounts, symmetric, shocked="K_1", of_countries=False)
