"""Read the stored reference equilibria of the Melitz-Ottaviano model and say them as worlds and scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bruteforce_mo.worlds import World

STORE = json.loads((Path(__file__).parent / "melitz_ottaviano.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in STORE["cases"]}


def cost(dist: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario's cost table for a stored distribution."""
    match dist["type"]:
        case "pareto":
            return {"family": "pareto", "c_M": dist["cM"], "k": dist["k"]}
        case "uniform":
            return {"family": "uniform", "lower": dist["lo"], "c_M": dist["cM"]}
    raise ValueError(dist["type"])


def world(case: dict[str, Any]) -> World:
    """Return the primitives of a stored case."""
    given = case["inputs"]
    short = "N_incumbents" in given
    return World(
        alpha=given["alpha"],
        eta=given["eta"],
        gamma=given["gamma"],
        L=tuple(given["L"]),
        tau=tuple(tuple(row) for row in given["tau"]),
        tables=tuple(cost(dist) for dist in given["dist"]),
        f_E=None if short else tuple(given["fE"]),
        incumbents=tuple(given["N_incumbents"]) if short else None,
    )


def scenario(case: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of a stored case."""
    return world(case).scenario()
