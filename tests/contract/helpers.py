"""Change scenarios through a model's declared parameters alone."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from phistar.models.registry import get_model
from phistar.verbs.solve import solve

from .samples import SAMPLES


def understood(model: str, sample: str, **changes: Any) -> tuple[Any, dict[str, Any]]:
    """Solve a sample (once a run); return it and its parameters as understood (full matrices)."""
    eq = _solved(model, sample, tuple(changes.items()))
    return eq, plain(eq.model.as_parameters())


@functools.cache
def _solved(model: str, sample: str, changes: tuple[tuple[str, Any], ...]) -> Any:
    return solve(SAMPLES[model].samples[sample].scenario(model, **dict(changes)))


def plain(value: Any) -> Any:
    """Return lists and floats all the way down."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, str):
        return float(value) if value in {"inf", "-inf"} else value
    return value.item() if isinstance(value, np.generic) else value


def kinds(model: str) -> dict[str, str]:
    """Return the kind of every declared parameter."""
    return {p.name: p.kind for p in get_model(model).parameters}


def numeric_keys(model: str, parameters: dict[str, Any]) -> Iterator[str]:
    """Yield every key of one number: `sigma`, `L[0]`, `tau[0][1]`, `productivity[1].k`."""
    for name, kind in kinds(model).items():
        value = parameters.get(name)
        if value is None:
            continue
        if kind == "scalar":
            yield name
        elif kind == "country":
            yield from (f"{name}[{i}]" for i in range(len(value)))
        elif kind == "matrix":
            yield from (f"{name}[{i}][{j}]" for i in range(len(value)) for j in range(len(value[i])))
        elif kind == "firms":
            several = isinstance(value[0], list)
            firms = ((i, j) for i in range(len(value)) for j in range(len(value[i]) if several else 0))
            yield from (f"{name}[{i}][{j}]" for i, j in firms)
            yield from (f"{name}[{i}]" for i in range(0 if several else len(value)))
        elif kind == "productivity":
            for i, table in enumerate(value):
                yield from (f"{name}[{i}].{k}" for k, v in table.items() if isinstance(v, float))


def set_number(parameters: dict[str, Any], key: str, change: Any) -> dict[str, Any]:
    """Return parameters with one number changed by a function."""
    changed = copy.deepcopy(parameters)
    parts = key.replace("]", "").replace("[", ".").split(".")
    here: Any = changed
    for part in parts[:-1]:
        here = here[int(part)] if isinstance(here, list) else here[part]
    last: Any = int(parts[-1]) if isinstance(here, list) else parts[-1]
    here[last] = change(here[last])
    return changed


def get_number(parameters: dict[str, Any], key: str) -> float:
    """Return the number behind a key."""
    seen: list[float] = []

    def look(value: float) -> float:
        seen.append(value)
        return value

    set_number(parameters, key, look)
    return seen[0]


def relabel(model: str, parameters: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """Return the same world with its countries listed in another order."""
    moved = dict(parameters)
    for name, kind in kinds(model).items():
        value = parameters.get(name)
        if value is None:
            continue
        if kind in {"country", "productivity"}:
            moved[name] = [value[i] for i in order]
        elif kind == "matrix":
            moved[name] = [[value[i][j] for j in order] for i in order]
        elif kind == "index":
            moved[name] = list(order).index(int(value))
    return moved


def take_country(model: str, parameters: dict[str, Any], i: int) -> dict[str, Any]:
    """Return one country on its own."""
    alone = dict(parameters)
    for name, kind in kinds(model).items():
        value = parameters.get(name)
        if value is None:
            continue
        if kind in {"country", "productivity"}:
            alone[name] = [value[i]]
        elif kind == "matrix":
            alone[name] = [[value[i][i]]]
        elif kind == "index":
            alone[name] = 0
    return alone


def closed_off(model: str, parameters: dict[str, Any], cost: float) -> dict[str, Any]:
    """Return the same world with every cost of trade between countries at `cost`."""
    entry, far = SAMPLES[model], dict(parameters)
    for name in (entry.trade_cost, *entry.further_trade_costs):
        value = parameters[name]
        far[name] = off_diagonal(value, cost) if kinds(model)[name] == "matrix" else [cost] * len(value)
    return far


def closed_economy(model: str, parameters: dict[str, Any], i: int) -> dict[str, Any]:
    """Return the scenario of one country that trades with nobody."""
    if (alone := SAMPLES[model].alone) is not None:
        return alone(parameters, i)
    return {"model": model, "parameters": take_country(model, parameters, i)}


def off_diagonal(matrix: list[list[float]], value: float) -> list[list[float]]:
    """Return the matrix with every entry off the diagonal replaced."""
    return [[own if i == j else value for j, own in enumerate(row)] for i, row in enumerate(matrix)]


def same(got: Any, want: Any, rtol: float, atol: float = 0.0) -> bool:
    """Whether arrays agree, undefined and infinite entries included."""
    return bool(
        np.allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=atol, equal_nan=True)
    )
