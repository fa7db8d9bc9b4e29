"""Samples of the vertical-specialization model: two countries, and every corner of them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .base import INF, ModelSamples, Sample
from .families import ATOMS, BOUNDED, FRECHET, LOGNORMAL, PARETO, SPLICED, WEIBULL

WORLD: dict[str, Any] = {
    "sigma": 3.8,
    "L": [2.4, 2.0],
    "tau_X": [1.3, 1.4],
    "tau_M": [1.5, 1.35],
    "f_D": [1.0, 0.9],
    "f_X": [1.4, 1.5],
    "f_DM": [1.4, 1.3],
    "f_XM": [1.2, 1.1],
    "f_E": [1.5, 1.7],
}


def _world(productivity: Any, **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(WORLD), "productivity": copy.deepcopy(productivity), **changes}


CLOSED_FORM = {"family": "pareto", "k": 5.0, "scale": 1.0, "support": "closed_form"}
PAPER = {
    "sigma": 4.0,
    "L": [1.2, 1.0],
    "tau_X": [1.3, 1.3],
    "tau_M": [1.5, 1.5],
    "f_D": [1.0, 1.0],
    "f_X": [1.4, 1.4],
    "f_DM": [1.4, 1.4],
    "f_XM": [1.2, 1.2],
    "f_E": [2.5, 2.5],
    "productivity": [CLOSED_FORM, CLOSED_FORM],
}

SAMPLES = {
    "pareto": Sample(_world([PARETO, {**PARETO, "k": 4.9, "scale": 1.15}])),
    "the paper's point": Sample({**copy.deepcopy(PAPER), "tau_M": [1.1, 1.1]}),
    "lognormal": Sample(_world(LOGNORMAL), names=["North", "South"]),
    "bounded pareto": Sample(_world([BOUNDED, {**BOUNDED, "upper": 9.0}]), trades_at_any_cost=False),
    "frechet and weibull": Sample(_world([FRECHET, WEIBULL])),
    "spliced and pareto": Sample(_world([SPLICED, {**PARETO, "k": 5.0}])),
    "exporters all import": Sample(_world([PARETO, LOGNORMAL], f_XM=[0.2, 0.25])),
    "everyone imports": Sample(_world(PARETO, f_DM=[0.05, 0.06], f_XM=[0.05, 0.07])),
    "exporters that do not sell at home": Sample(_world(PARETO, f_X=[0.1, 0.2])),
    "one country supplies inputs alone": Sample(_world(PARETO, L=[2.0, 40.0])),
    "one supplies inputs alone, exporters all import": Sample(_world(LOGNORMAL, L=[60.0, 2.0], f_XM=[0.2, 0.2])),
    "inputs are not traded": Sample(_world(LOGNORMAL, tau_M=[INF, INF])),
    "final goods are not traded": Sample(_world([PARETO, BOUNDED], tau_X=[INF, INF])),
    "one imports inputs and does not export": Sample(_world(PARETO, tau_X=[INF, 1.3], tau_M=[1.4, 1.5])),
    "atoms": Sample(_world(ATOMS), smooth=False, trades_at_any_cost=False),
    "some firms of an atom import": Sample(_world(ATOMS, L=[2.0, 2.0]), smooth=False, trades_at_any_cost=False),
    "nobody trades": Sample(
        _world([BOUNDED, ATOMS], tau_X=[12.0, 14.0], tau_M=[11.0, 12.0]), smooth=False, trades_at_any_cost=False
    ),
    "firms of both serve both markets alike": Sample(
        _world(PARETO, tau_X=[1.0, 1.0], f_X=[1.0, 0.9], f_DM=[1.4, 1.3], f_XM=[1.4, 1.3])
    ),
    "everyone sells at home": Sample(_world(PARETO, f_D=[0.05, 0.04])),
}


def accounts(eq: Any, p: dict[str, Any]) -> dict[str, np.ndarray]:
    """Recompute what must balance between two countries that trade goods and inputs."""
    sigma, L = float(p["sigma"]), np.asarray(p["L"], dtype=float)
    wage, income, flow, inputs = eq["wage"], eq["expenditure"], eq["trade_flow"], eq["input_flow"]
    revenue, entrants = flow.sum(axis=1), eq["mass_entrants"]
    fixed, entry = wage * eq["labour_fixed"], wage * entrants * np.asarray(p["f_E"], dtype=float)
    some, bought = entrants > 0, eq["E_M"] > 0
    world = income.sum()
    return {
        "income is wages": income / (wage * L) - 1,
        "spending is what is bought": flow.sum(axis=0) / income - 1,
        "labour is used up": (inputs.sum(axis=1) + fixed + entry) / income - 1,
        "inputs are a constant share of revenue": (inputs.sum(axis=0) - (1 - 1 / sigma) * revenue) / world,
        "profit pays for entry": (revenue / sigma - fixed - entry) / world,
        "goods pay for inputs": (flow[0, 1] - flow[1, 0] + inputs[0, 1] - inputs[1, 0]) / world,
        "revenue is the sum of its parts": (eq["R_D"] + eq["R_X"] - eq["R"]) / world,
        "spending on inputs is the sum of its parts": (eq["E_D"] + eq["E_M"] - eq["E"]) / world,
        "welfare is real income per head": eq["welfare"] * eq["price_index"] * L / income - 1,
        "goods over inputs": bought
        * (np.where(bought, eq["final_to_input_ratio"], 0.0) * eq["E_M"] - eq["R_X"])
        / world,
        "shares of firms add up": np.where(
            some,
            eq["share_neither"] + eq["share_export_only"] + eq["share_import_only"] + eq["share_both"] - 1,
            0.0,
        ),
    }


def symmetric(count: int) -> dict[str, Any]:
    """Return parameters under which both countries are alike."""
    return {"sigma": 4.0, "L": [2.0] * count, "tau_X": 1.4, "tau_M": 1.5, "f_X": 1.3, "productivity": LOGNORMAL}


def alone(parameters: dict[str, Any], i: int) -> dict[str, Any]:
    """Return one country closed, which is Melitz's closed economy: no inputs to import, nowhere to export."""
    return {
        "model": "melitz",
        "parameters": {
            "sigma": parameters["sigma"],
            "L": [parameters["L"][i]],
            "tau": [[1.0]],
            "f": [[parameters["f_D"][i]]],
            "f_e": [parameters["f_E"][i]],
            "productivity": [parameters["productivity"][i]],
        },
    }


MODEL = ModelSamples(
    SAMPLES,
    accounts,
    symmetric,
    trade_cost="tau_X",
    further_trade_costs=("tau_M",),
    autarky_variables=("welfare", "mass_entrants", "mass_active", "labour_fixed"),
    counts=(2,),
    alone=alone,
)
