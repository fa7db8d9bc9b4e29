"""Read the stored reference equilibria of the granular model and say them as scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STORE = json.loads((Path(__file__).parent / "granular.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in STORE["cases"]}
#: Case and regime: those that the reference holds.
WORLDS = [(name, regime) for name, case in CASES.items() for regime in ("autarky", "trade") if regime in case]


def scenario(name: str, regime: str) -> dict[str, Any]:
    """Return the scenario of a stored case in autarky, or in the integrated market."""
    given = CASES[name]["inputs"]
    parameters = {
        "sigma": given["sigma"],
        "K_1": given["K1"],
        "K_0": given["K0"],
        "productivities": given["productivities"],
        "L": given["L"],
        "W": given["W"],
        "market": "autarky" if regime == "autarky" else "integrated",
        "upper": given["upper"],
    }
    spending = {"R": given["R"]} if given["upper"] == "fixed" else {"eta": given["eta"], "I": given["I"]}
    return {"model": "granular", "parameters": {**parameters, **spending}}
