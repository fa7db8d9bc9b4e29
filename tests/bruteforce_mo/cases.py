"""Worlds for brute force: four families of costs, one to three countries, both horizons, corners."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .worlds import World

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.3}
UNIFORM = {"family": "uniform", "lower": 0.2, "c_M": 1.0}
BETA = {"family": "beta", "a": 1.6, "b": 2.2, "lower": 0.1, "c_M": 1.2}
LOGNORMAL = {"family": "truncated_lognormal", "mu": -0.6, "sd": 0.5, "lower": 0.15, "c_M": 1.1}
TABLES: dict[str, dict[str, Any]] = {
    "pareto": PARETO,
    "uniform": UNIFORM,
    "beta": BETA,
    "truncated lognormal": LOGNORMAL,
}


PRODUCTIVITIES: dict[str, dict[str, Any]] = {
    "bounded_pareto": {"family": "bounded_pareto", "k": 2.2, "lower": 0.9, "upper": 6.0},
    "lognormal": {"family": "lognormal", "mu": 0.5, "sd": 0.4},
    "frechet": {"family": "frechet", "shape": 2.4, "scale": 1.2},
}


def closed(table: dict[str, Any], **changes: Any) -> World:
    given: dict[str, Any] = {"alpha": 2.0, "eta": 1.3, "gamma": 0.8, "L": (10.0,), "tau": ((1.1,),), "f_E": (0.12,)}
    return World(tables=(table,), **{**given, **changes})


def two(first: dict[str, Any], second: dict[str, Any], **changes: Any) -> World:
    given: dict[str, Any] = {
        "alpha": 2.0,
        "eta": 1.2,
        "gamma": 1.1,
        "L": (10.0, 9.0),
        "tau": ((1.0, 1.7), (1.6, 1.05)),
        "f_E": (0.1, 0.09),
    }
    return World(tables=(first, second), **{**given, **changes})


def three(tables: tuple[dict[str, Any], ...], **changes: Any) -> World:
    given: dict[str, Any] = {
        "alpha": 1.9,
        "eta": 1.4,
        "gamma": 1.0,
        "L": (10.0, 9.0, 11.0),
        "tau": ((1.0, 1.9, 2.1), (2.0, 1.0, 1.8), (2.2, 1.9, 1.04)),
        "f_E": (0.1, 0.095, 0.105),
    }
    return World(tables=tables, **{**given, **changes})


CORNER = {"L": (10.0, 30.0), "tau": ((1.0, 1.2), (1.2, 1.0)), "eta": 4.0, "f_E": (0.1, 0.1)}
#: dear costs, all of them below what consumers would pay: every incumbent sells at home
ALL_SELL = {"family": "uniform", "lower": 0.2, "c_M": 0.4}


def all_cases() -> dict[str, World]:
    cases: dict[str, World] = {}
    for name, table in TABLES.items():
        cases[f"closed, {name}, long"] = closed(table)
        cases[f"closed, {name}, short"] = replace(closed(table), f_E=None, incumbents=(14.0,))
        cases[f"two, {name}, long"] = two(table, table)
        cases[f"two, {name}, short"] = replace(two(table, table), f_E=None, incumbents=(12.0, 17.0))
        cases[f"two, {name}, corner"] = two(table, table, **CORNER)
    cases["two, pareto and uniform, long"] = two(PARETO, UNIFORM, f_E=(0.1, 0.1), tau=FAR)
    cases["two, pareto of unlike tails, long"] = two(PARETO, {**PARETO, "k": 3.1, "c_M": 1.1}, f_E=(0.1, 0.04), tau=FAR)
    cases["two, pareto with k below one, long"] = two({**PARETO, "k": 0.7}, {**PARETO, "k": 0.7}, f_E=(0.2, 0.19))
    cases["two, one hopeless country, long"] = two(PARETO, {**UNIFORM, "lower": 0.9, "c_M": 1.4}, eta=4.0)
    cases["two, pareto and uniform, corner"] = two(PARETO, UNIFORM, f_E=(0.1, 0.05), eta=4.0)
    cases["two, nobody enters, long"] = two(PARETO, UNIFORM, f_E=(50.0, 60.0))
    cases["two, all incumbents sell, short"] = two(ALL_SELL, ALL_SELL, f_E=None, incumbents=(0.5, 0.8))
    cases["two, no incumbents in one, short"] = two(PARETO, BETA, f_E=None, incumbents=(0.0, 9.0))
    cases["two, cheap entry where all sell, long"] = two(ALL_SELL, ALL_SELL, f_E=(1.5, 1.45), tau=FAR)
    for first, second in (("bounded_pareto", "lognormal"), ("frechet", "bounded_pareto")):
        tables = PRODUCTIVITIES[first], PRODUCTIVITIES[second]
        cases[f"two, productivity {first} and {second}, long"] = two(*tables, f_E=(0.1, 0.1), tau=FAR)
        cases[f"two, productivity {first} and {second}, short"] = two(*tables, f_E=None, incumbents=(6.0, 5.0))
    cases["three, pareto, long"] = three((PARETO, {**PARETO, "c_M": 0.98}, {**PARETO, "c_M": 1.02}))
    cases["three, mixed, long"] = three((UNIFORM, BETA, LOGNORMAL), f_E=(0.06, 0.05, 0.05))
    cases["three, mixed, short"] = three((PARETO, BETA, LOGNORMAL), f_E=None, incumbents=(9.0, 4.0, 6.0))
    cases["three, two corners"] = three((PARETO, PARETO, PARETO), L=(4.0, 5.0, 40.0), f_E=(0.1, 0.1, 0.1), tau=NEAR)
    return cases


FAR = ((1.0, 2.4), (2.3, 1.05))
NEAR = ((1.0, 1.15, 1.2), (1.2, 1.0, 1.15), (1.2, 1.2, 1.0))
