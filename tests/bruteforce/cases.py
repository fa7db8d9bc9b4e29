"""The asymmetric worlds in which brute force and the library must agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .worlds import World, make_world

TABLES: dict[str, dict[str, Any]] = {
    "pareto": {"family": "pareto", "k": 4.25, "scale": 1.0},
    "bounded_pareto": {"family": "bounded_pareto", "k": 3.4, "lower": 0.8, "upper": 7.0},
    "lognormal": {"family": "lognormal", "mu": 0.1, "sd": 0.6},
    "weibull": {"family": "weibull", "shape": 1.1, "scale": 0.9},
    "frechet": {"family": "frechet", "shape": 4.6, "scale": 1.0},
    "lognormal_pareto": {"family": "lognormal_pareto", "mu": 0.0, "sd": 0.45, "k": 4.4},
}
# The same family with other numbers in each country.
BY_COUNTRY: dict[str, list[dict[str, Any]]] = {
    "pareto": [{"k": 4.25}, {"k": 4.9, "scale": 1.15}, {"k": 4.5, "scale": 0.9}],
    "bounded_pareto": [{"upper": 9.0}, {"k": 4.4, "lower": 1.0}, {"k": 2.9, "upper": 5.5}],
    "lognormal": [{"sd": 0.7}, {"mu": 0.3, "sd": 0.5}, {"mu": -0.1}],
    "weibull": [{"shape": 1.0}, {"shape": 1.4, "scale": 1.2}, {"shape": 0.9}],
    "frechet": [{"shape": 4.4}, {"shape": 5.5, "scale": 1.2}, {"scale": 0.9}],
    "lognormal_pareto": [{"k": 4.3}, {"mu": 0.2, "sd": 0.4, "k": 5.0}, {"sd": 0.5}],
}


def two_countries(table: Mapping[str, Any], **other: Any) -> World:
    """Two countries unlike in size, in costs, and in the direction of trade."""
    return make_world(
        **{
            "sigma": 4.0,
            "L": [1.0, 2.5],
            "tau": [[1.0, 1.7], [1.25, 1.1]],
            "f": [[1.0, 1.3], [0.7, 1.4]],
            "f_e": [2.0, 1.5],
            "delta": [0.2, 0.3],
            "J": [0.5, 0.9],
            "productivity": table,
        }
        | other
    )


def three_countries(table: Mapping[str, Any] | list[Mapping[str, Any]], **other: Any) -> World:
    """Three countries, every entry of tau and f different."""
    return make_world(
        **{
            "sigma": 3.8,
            "L": [10.0, 6.0, 3.0],
            "tau": [[1.0, 1.25, 1.6], [1.45, 1.0, 1.3], [1.5, 1.35, 1.0]],
            "f": [[1.0, 1.4, 0.6], [1.3, 0.9, 1.5], [1.2, 0.5, 0.8]],
            "f_e": [2.0, 1.8, 2.2],
            "delta": [0.1, 0.15, 0.1],
            "J": [8.0, 3.0, 5.0],
            "productivity": table,
        }
        | other
    )


def own_productivity(family: str, **other: Any) -> World:
    """Three countries, each with its own numbers for the family."""
    return three_countries([{**TABLES[family], **change} for change in BY_COUNTRY[family]], **other)


MIXED = [TABLES["lognormal"], {**TABLES["pareto"], "k": 5.2}, TABLES["bounded_pareto"]]
CHEAP_EXPORTS = {"f": [[1.0, 0.1, 0.6], [1.3, 0.9, 1.5], [0.15, 0.1, 0.8]]}
FIRST_FOUR = ("pareto", "lognormal", "bounded_pareto", "weibull")


def all_cases() -> dict[str, World]:
    """Return the worlds of the default run by name."""
    cases: dict[str, World] = {}
    for family in (*FIRST_FOUR, "frechet", "lognormal_pareto"):
        cases[f"two countries, {family}"] = two_countries(TABLES[family])
        cases[f"three countries, {family}"] = three_countries(TABLES[family])
        cases[f"own productivity, {family}"] = own_productivity(family)
    for family in FIRST_FOUR:
        cases[f"overhead, {family}"] = three_countries(TABLES[family], fixed_cost="overhead")
        cases[f"overhead with cheap exports, {family}"] = own_productivity(
            family, fixed_cost="overhead", **CHEAP_EXPORTS
        )
        cases[f"fixed entry, {family}"] = three_countries(TABLES[family], entry="fixed")
        cases[f"fixed entry and overhead, {family}"] = own_productivity(
            family, entry="fixed", fixed_cost="overhead", **CHEAP_EXPORTS
        )
    cases["families mixed"] = three_countries(MIXED)
    cases["families mixed, fixed entry"] = three_countries(MIXED, entry="fixed")
    cases["families mixed, overhead"] = three_countries(MIXED, fixed_cost="overhead", **CHEAP_EXPORTS)
    cases["exporting without selling at home"] = three_countries(TABLES["pareto"], **CHEAP_EXPORTS)
    cases["no trade in one direction"] = three_countries(
        TABLES["lognormal"], tau=[[1.0, float("inf"), 1.6], [1.45, 1.0, 1.3], [1.5, 1.35, 1.0]]
    )
    # entry so cheap that the lowest draws survive at home: the scale binds, no smooth margin there
    cases["everyone sells at home"] = two_countries(TABLES["pareto"], f=[[0.02, 1.3], [0.7, 0.03]])
    cases["other elasticity"] = three_countries({"family": "pareto", "k": 1.4, "scale": 1.0}, sigma=2.1)
    return cases
