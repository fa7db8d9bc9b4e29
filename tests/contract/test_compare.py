"""Comparisons of every registered model: no change without a change, and hats are ratios of levels."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from phistar.verbs.compare import compare
from phistar.verbs.solve import solve

from .helpers import kinds, same, understood
from .samples import SAMPLES, each_sample

CASES = list(each_sample())
each = pytest.mark.parametrize(("model", "sample"), CASES, ids=[f"{m}: {s}" for m, s in CASES])
EXACT = 1e-12  # two well-scaled certified answers, each good to about 1e-14


def shock(model: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Raise every trade cost, home included, or another cost where firms share one market, by a tenth."""
    name = SAMPLES[model].shocked or SAMPLES[model].trade_cost
    return {name: (1.1 * np.asarray(parameters[name], dtype=float)).tolist()}


@functools.cache
def shocked(model: str, sample: str) -> Any:
    """Compare a sample, its parameters written out, with its shock (once a run)."""
    _, parameters = understood(model, sample)
    changed = shock(model, parameters)
    return compare({"model": model, "parameters": parameters, "counterfactual": {"parameters": changed}})


@each
def test_a_zero_shock_gives_hats_of_one(model: str, sample: str) -> None:
    scenario = SAMPLES[model].samples[sample].scenario(model)
    first = next(name for name, kind in kinds(model).items() if kind == "scalar" and name in scenario["parameters"])
    scenario["counterfactual"] = {"parameters": {first: scenario["parameters"][first]}}
    comparison = compare(scenario)
    for name in comparison.baseline:
        level = comparison.baseline[name]
        defined = np.isfinite(level) & (level != 0)
        assert same(comparison.hat(name)[defined], 1.0, EXACT), name


@each
def test_hats_are_ratios_of_independently_solved_levels(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    changed = shock(model, parameters)
    comparison = shocked(model, sample)
    after = solve({"model": model, "parameters": {**parameters, **changed}})
    for name in eq:
        defined = np.isfinite(eq[name]) & (eq[name] != 0) & np.isfinite(after[name])
        assert same(
            comparison.hat(name)[defined],
            (after[name] / np.where(defined, eq[name], 1.0))[defined],
            EXACT,
            EXACT,
        ), name


@each
def test_a_level_that_may_fall_below_zero_changes_by_a_difference_too(model: str, sample: str) -> None:
    comparison = shocked(model, sample)
    for variable in comparison.baseline.variables:
        if variable.name not in comparison.baseline.values:
            continue
        old, new = comparison.baseline[variable.name], comparison.counterfactual[variable.name]
        change = comparison.changes[variable.name]
        if np.any(np.minimum(old, new) < 0.0):
            assert not variable.proportional, variable.name
        if variable.proportional:
            assert set(change) == {"dims", "hat", "percent"}
            assert same(change["percent"], 100.0 * (change["hat"] - 1.0), 0.0), variable.name
        else:
            positive = np.asarray(old > 0.0) & variable.signed
            assert same(change["percent"], np.where(positive, 100.0 * (change["hat"] - 1.0), np.nan), 0.0), (
                variable.name
            )
            assert same(change["difference"], new - old, 0.0), variable.name
