"""Worlds for brute force: three families, strict selection or not, corners, polar cases."""

from __future__ import annotations

from math import inf
from typing import Any

from .worlds import World

PARETO = {"family": "pareto", "k": 4.6, "scale": 1.0}
LOGNORMAL = {"family": "lognormal", "mu": 0.0, "sd": 0.5}
BOUNDED = {"family": "bounded_pareto", "k": 3.5, "lower": 1.0, "upper": 6.0}
FAMILIES: dict[str, dict[str, Any]] = {"pareto": PARETO, "lognormal": LOGNORMAL, "bounded pareto": BOUNDED}
#: Two unlike countries: everything but their distributions.
UNLIKE: dict[str, Any] = {
    "sigma": 4.0,
    "L": (1.3, 1.0),
    "tau_X": (1.3, 1.35),
    "tau_M": (1.5, 1.4),
    "f_D": (1.0, 0.95),
    "f_X": (1.4, 1.5),
    "f_DM": (1.4, 1.3),
    "f_XM": (1.2, 1.25),
    "f_E": (0.8, 0.85),
}


def two(first: dict[str, Any], second: dict[str, Any], **changes: Any) -> World:
    return World(tables=(first, second), **{**UNLIKE, **changes})


def all_cases() -> dict[str, World]:
    cases: dict[str, World] = {}
    for name, table in FAMILIES.items():
        cases[f"{name}, strict selection"] = two(table, table)
        cases[f"{name}, cheap inputs"] = two(table, table, tau_M=(1.1, 1.15))
        cases[f"{name}, exporters all import"] = two(table, table, f_XM=(0.15, 0.2))
        cases[f"{name}, everyone imports"] = two(table, table, f_DM=(0.1, 0.12), f_XM=(0.15, 0.2))
        cases[f"{name}, all import in one country"] = two(table, table, f_DM=(0.1, 1.3), f_XM=(0.15, 1.25))
        cases[f"{name}, one supplies inputs alone"] = two(table, table, L=(0.05, 1.0), tau_M=(1.2, 1.2))
        cases[f"{name}, one supplies inputs alone to all"] = two(table, table, L=(0.05, 1.0), f_XM=(0.15, 0.2))
    cases["pareto, everyone sells at home"] = two(PARETO, PARETO, f_E=(2.5, 2.6))
    cases["pareto, exporters that do not sell at home"] = two(PARETO, PARETO, f_X=(0.2, 0.25), f_XM=(0.4, 0.3))
    cases["pareto and lognormal"] = two(PARETO, LOGNORMAL)
    cases["bounded pareto and pareto, cheap inputs"] = two(BOUNDED, PARETO, tau_M=(1.3, 1.3))
    cases["lognormal, inputs not traded"] = two(LOGNORMAL, LOGNORMAL, tau_M=(inf, inf))
    cases["lognormal, final goods not traded"] = two(LOGNORMAL, LOGNORMAL, tau_X=(inf, inf))
    return cases
