"""Read the stored reference equilibria of the market penetration model and say them as scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

STORE = json.loads((Path(__file__).parent / "market_penetration.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in STORE["cases"]}

#: the reference's names -> the library's variables
NAMES = {
    "w": "wage",
    "y": "income",
    "lam": "trade_share",
    "phi_star": "cutoff",
    "M": "mass_sellers",
    "T": "trade_flow",
    "avg_sales": "mean_sales",
    "P": "price_index",
    "W": "welfare",
}


def parameters(case: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a stored case, theta_tilde in place of sigma."""
    given = case["inputs"]
    names = ("theta", "theta_tilde", "beta", "alpha", "gamma", "psi", "L", "b", "tau")
    entry = {"entry": "free", "f_e": given["f_e"]} if given["free_entry"] else {"J": given["J"]}
    return {**{name: given[name] for name in names}, **entry}


def scenario(case: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of a stored case, with its shock as counterfactual."""
    tau = np.asarray(case["inputs"]["tau"]) * np.asarray(case["shocks"]["tau"])
    changed = {"tau": tau.tolist()}
    return {
        "model": "market_penetration",
        "parameters": parameters(case),
        "counterfactual": {"parameters": changed},
    }
