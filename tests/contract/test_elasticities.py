"""Exact elasticities against central differences of whole equilibria, for every variable and every number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.paths import parse_path
from phistar.models.registry import get_model
from phistar.verbs.elasticities import differentiate, elasticities
from phistar.verbs.solve import solve

from .helpers import get_number, kinds, numeric_keys, set_number, understood
from .samples import SAMPLES, each_sample

CASES = [
    (m, s) for m, s in each_sample() if SAMPLES[m].samples[s].smooth and "elasticities" in get_model(m).capabilities
]
each = pytest.mark.parametrize(("model", "sample"), CASES, ids=[f"{m}: {s}" for m, s in CASES])

H = 2e-3
# Two central differences extrapolated once: the error is about h^4/120 times a fifth derivative, under 1e-9
# unless that exceeds 10^4; the noise of certified answers (1e-14) over h is 1e-11.
TOLERANCE = 1e-7
SEMI = ("mu",)  # parameters that may be negative: the column is d ln outcome / d parameter


def levels(eq: Any, parameters: dict[str, Any], key: str, step: float) -> dict[str, np.ndarray]:
    semi = key.rsplit(".", 1)[-1] in SEMI
    moved = set_number(parameters, key, lambda x: x + step if semi else x * float(np.exp(step)))
    model = get_model(eq.model.name).build(moved)
    return dict(solve(model, start=dict(eq.unknowns)).values)  # from the neighbour: certified all the same


def differences(eq: Any, parameters: dict[str, Any], key: str) -> dict[str, np.ndarray]:
    """Return d outcome / d ln parameter (d parameter for a semi-elasticity)."""
    at = {step: levels(eq, parameters, key, step) for step in (-H, -H / 2, H / 2, H)}
    slopes = {}
    for name in at[H]:
        with np.errstate(invalid="ignore"):  # infinite cutoffs of closed borders: inf - inf
            coarse = (at[H][name] - at[-H][name]) / (2 * H)
            fine = (at[H / 2][name] - at[-H / 2][name]) / H
            slopes[name] = (4 * fine - coarse) / 3
    return slopes


def can_move(model: str, parameters: dict[str, Any], key: str) -> bool:
    """Whether a number is finite and not at a bound of what is allowed."""
    value = get_number(parameters, key)
    declared = {p.name: p for p in get_model(model).parameters}[key.split("[")[0].split(".")[0]]
    return bool(np.isfinite(value)) and value not in (declared.lower, declared.upper)


@each
def test_elasticities_of_every_variable_match_central_differences(model: str, sample: str) -> None:
    check_elasticities(model, sample, stride=4)


@pytest.mark.slow
@each
def test_every_elasticity_of_every_variable_matches_central_differences(model: str, sample: str) -> None:
    check_elasticities(model, sample, stride=1)


def check_elasticities(model: str, sample: str, stride: int) -> None:
    """Check every `stride`-th number of the parameters, from another first one in each sample."""
    eq, parameters = understood(model, sample)
    wrong: list[tuple[str, str, float, float]] = []
    compared = 0
    keys = [key for key in numeric_keys(model, parameters) if can_move(model, parameters, key)]
    keys = keys[CASES.index((model, sample)) % stride :: stride]
    gradients = differentiate(eq.model, dict(eq.unknowns), [parse_path(key) for key in keys])
    for i, key in enumerate(keys):
        for name, slope in differences(eq, parameters, key).items():
            value = eq[name]
            with np.errstate(divide="ignore", invalid="ignore"):
                difference = slope / value
            with np.errstate(divide="ignore", invalid="ignore"):
                got = gradients[name][i] / value
            assert got.shape == value.shape
            got, difference, value = np.atleast_1d(got, difference, value)
            defined = np.isfinite(value) & (value != 0)
            gap = np.abs(got - difference) / (1 + np.abs(difference))
            for index in zip(*np.nonzero(defined & ~(gap <= TOLERANCE)), strict=True):
                wrong.append((f"{name}{list(map(int, index))}", key, float(got[index]), float(difference[index])))
            compared += int(defined.sum())
    assert not wrong, f"{len(wrong)} of {compared} differ: {wrong[:12]}"
    assert compared > 20


@each
def test_a_key_without_indices_moves_all_its_entries_in_proportion(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    whole = elasticities(eq)
    for name, kind in kinds(model).items():
        if kind not in {"country", "matrix"} or name not in whole.kinds:
            continue
        keys = [key for key in numeric_keys(model, parameters) if key.split("[")[0] == name]
        if name == SAMPLES[model].trade_cost and kind == "matrix":  # the bare key means foreign pairs
            keys = [key for key in keys if len(set(key.replace("]", "").split("[")[1:])) == 2]
        keys = [key for key in keys if np.isfinite(get_number(parameters, key))]
        if not keys:
            continue
        parts = differentiate(eq.model, dict(eq.unknowns), [parse_path(key) for key in keys])
        for variable in eq:
            value, moved = eq[variable], (variable, name)
            defined = np.isfinite(value) & (value != 0)
            total = parts[variable][:, defined].sum(axis=0)
            if moved in whole.derivatives:
                found = whole.derivatives[moved][defined]
            else:
                found, total = whole.table[moved][defined], total / value[defined]
            # linear algebra on well-conditioned systems: the parts add up to rounding of their largest
            assert np.allclose(found, total, rtol=1e-9, atol=1e-9), moved


@each
def test_asking_for_one_outcome_gives_the_same_number(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    key = next(iter(numeric_keys(model, parameters)))
    every = elasticities(eq, to=key)
    row = differentiate(eq.model, dict(eq.unknowns), [parse_path(key)])
    for name in [v.name for v in eq.variables if v.name in eq.values and v.proportional][:5]:
        defined = np.isfinite(eq[name]) & (eq[name] != 0)
        assert np.array_equal(every.table[name, key][defined], (row[name][0] / np.where(defined, eq[name], 1))[defined])
        one = elasticities(eq, of=name, to=key)
        assert list(one.table) == [(name, key)]
        assert np.array_equal(one.table[name, key], every.table[name, key], equal_nan=True)
