"""Read the stored reference equilibria of the Melitz model and say them as scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STORE = json.loads((Path(__file__).parent / "melitz.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in STORE["cases"]}
TAU_PATH: list[dict[str, float]] = STORE["melitz_redding_tau_path"]


def productivity(dist: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario's productivity table for a stored distribution."""
    match dist["type"]:
        case "pareto":
            return {"family": "pareto", "k": dist["k"], "scale": dist["b"]}
        case "truncated_pareto":
            return {"family": "bounded_pareto", "k": dist["k"], "lower": dist["b"], "upper": dist["B"]}
        case "lognormal":
            return {"family": "lognormal", "mu": dist["mu"], "sd": dist["sd"]}
        case "frechet":
            return {"family": "frechet", "shape": dist["theta"], "scale": dist["scale"]}
        case "weibull":
            return {"family": "weibull", "shape": dist["shape"], "scale": dist["scale"]}
        case "discrete":
            return {"family": "empirical", "values": dist["phi"], "weights": dist["prob"]}
    raise ValueError(dist["type"])


def scenario(case: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of a stored case; symmetric worlds use the short form `partners`."""
    given = case["inputs"]
    parameters = {key: given[key] for key in ("sigma", "L", "f", "delta")}
    parameters["f_e"] = given["fe"]
    parameters["fixed_cost"] = given["convention"]
    if given["model"] == "symmetric":
        parameters["partners"] = given["n_partners"]
        parameters["productivity"] = productivity(given["dist"])
        if given["n_partners"]:
            parameters["f"] = {"domestic": given["f"], "export": given["fx"]}
            parameters["tau"] = given["tau"]
    else:
        parameters["tau"] = given["tau"]
        parameters["productivity"] = [productivity(dist) for dist in given["dist"]]
    return {"model": "melitz", "parameters": parameters}


def expected(case: dict[str, Any]) -> dict[str, Any]:
    """Return the stored outputs, those by origin beside the others."""
    outputs = dict(case["outputs"])
    return {**{k: v for k, v in outputs.items() if k != "by_origin"}, **outputs.get("by_origin", {})}
