"""Read the stored reference equilibria of the vertical-specialization model and say them as scenarios."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

STORE = json.loads((Path(__file__).parent / "vertical_specialization.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["label"]: case for case in STORE["cases"]}
HEADLINE: dict[str, Any] = STORE["headline"]
#: elasticities to L and slopes at symmetry, by input cost and distribution
LOCAL: dict[str, dict[str, float]] = {name: at["closed_form"] for name, at in STORE["local_at_symmetry"].items()}
PAPER: dict[str, Any] = {"sigma": 4.0, "tau_X": 1.3, "f_D": 1.0, "f_X": 1.4, "f_DM": 1.4, "f_XM": 1.2, "f_E": 2.5}
SUPPORTS = {"pareto_closed_form": "closed_form", "pareto_true_support": "literal"}


def scenario(case: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of a stored case."""
    given = case["inputs"]
    parameters = {key: given[key] for key in ("sigma", "tau_X", "tau_M", "f_D", "f_X", "f_DM", "f_XM", "f_E")}
    table = {"family": "pareto", "k": given["k"], "support": SUPPORTS[given["dist"]]}
    return {
        "model": "vertical_specialization",
        "parameters": {**parameters, "L": [given["L1"], given["L2"]], "productivity": table},
    }


def symmetric_scenario(name: str) -> dict[str, Any]:
    """Return the scenario of a stored point of symmetry, such as ``tau_M=1.5 lognormal {...}``."""
    tau_M, dist, rest = re.fullmatch(r"tau_M=(\S+) (\w+)(.*)", name).groups()  # type: ignore[union-attr]
    given = {key: float(value) for key, value in re.findall(r"'(\w+)': '([^']+)'", rest)}
    tables: dict[str, dict[str, Any]] = {
        "lognormal": {"mu": given.get("ln_mu"), "sd": given.get("ln_sd")},
        "bounded_pareto": {"k": 5.0, "lower": 1.0, "upper": given.get("phi_max")},
    }
    if dist in SUPPORTS:
        table: dict[str, Any] = {"family": "pareto", "k": 5.0, "support": SUPPORTS[dist]}
    else:
        table = {"family": dist, **tables[dist]}
    changes = {"tau_M": float(tau_M), "f_E": given.get("f_E", PAPER["f_E"])}
    return {"model": "vertical_specialization", "parameters": {**PAPER, **changes, "productivity": table}}
