"""Many worlds at once: a seeded sample of a box of parameters, solved as a batch, each point certified."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from phistar.core.certificate import TOLERANCE
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import PhistarError
from phistar.core.model import Model
from phistar.core.paths import parse_path
from phistar.core.scenario import load_scenario, set_key
from phistar.models.registry import build_model
from phistar.verbs.solve import solve


def latin_hypercube(n: int, dimensions: int, seed: int) -> np.ndarray:
    """Draw a Latin hypercube of `n` points in the unit cube (point, dimension): each slice of 1/n holds one."""
    rng = np.random.default_rng(seed)
    strata = np.stack([rng.permutation(n) for _ in range(dimensions)], axis=1)
    return np.asarray((strata + rng.random((n, dimensions))) / n)


@dataclass
class Ledger:
    """What a replication solved: how many worlds, how many without a certificate, the largest residual."""

    solved: int = 0
    refused: int = 0
    max_residual: float = 0.0

    def add(self, residuals: np.ndarray | float) -> None:
        """Enter the residuals of solved worlds; not a number stands for a refused one."""
        entered = np.atleast_1d(residuals)
        certified = entered[np.isfinite(entered)]
        self.solved += certified.size
        self.refused += entered.size - certified.size
        self.max_residual = max(self.max_residual, float(np.max(certified, initial=0.0)))

    def solve(self, scenario: Any, settings: Sequence[str] = ()) -> Equilibrium:
        """Solve one scenario and enter it."""
        equilibrium = solve(scenario, settings)
        self.add(equilibrium.certificate.max_residual)
        return equilibrium


@dataclass(frozen=True)
class Worlds:
    """Solved worlds that share a scenario and differ in some keys.

    Attributes
    ----------
    scenario : dict
        What they share.
    columns : mapping of str to ndarray
        By key: its value in every world.
    values : mapping of str to ndarray
        By variable: its axes, then the worlds; not a number where a world is refused.
    residuals : ndarray
        Largest scaled residual of each world; not a number where it is refused.
    """

    scenario: Mapping[str, Any]
    columns: Mapping[str, np.ndarray]
    values: Mapping[str, np.ndarray] = field(repr=False)
    residuals: np.ndarray

    def __len__(self) -> int:
        return len(self.residuals)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium."""
        return np.isfinite(self.residuals)

    def scenario_at(self, i: int) -> dict[str, Any]:
        """Return one world as a scenario of its own."""
        return scenario_at(self.scenario, {key: float(column[i]) for key, column in self.columns.items()})

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters, each made when it is asked for."""
        return _Parameters(self)

    def split(self, parts: int) -> Iterator[Worlds]:
        """Yield equal consecutive parts."""
        size = len(self) // parts
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield Worlds(
                self.scenario,
                {key: column[part] for key, column in self.columns.items()},
                {name: value[..., part] for name, value in self.values.items()},
                self.residuals[part],
            )


class _Parameters(Sequence[Mapping[str, Any]]):
    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    def __len__(self) -> int:
        return len(self._worlds)

    def __getitem__(self, i: Any) -> Any:
        return self._worlds.scenario_at(i)["parameters"]


def scenario_at(scenario: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a scenario with keys set."""
    changed = copy.deepcopy(dict(scenario))
    for key, value in settings.items():
        set_key(changed["parameters"], key, value)
    return changed


def solve_worlds(scenario: Mapping[str, Any], columns: Mapping[str, np.ndarray], ledger: Ledger) -> Worlds:
    """Solve a scenario at many settings of its keys at once; each world is judged by its own residuals.

    A world that the batch does not certify is solved by itself, and refused if that fails too.
    """
    count = len(next(iter(columns.values())))
    model = build_model(load_scenario(scenario))
    for key, column in columns.items():
        model = model.assign(parse_path(key), np.asarray(column, dtype=float))
    values, residuals = _solve_batch(model, count)
    worlds = Worlds(scenario, columns, values, residuals)
    for i in np.flatnonzero(~worlds.certified):
        _solve_alone(worlds, int(i))
    ledger.add(residuals)
    return worlds


def _solve_batch(model: Model, count: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    with np.errstate(all="ignore"):  # worlds that will be refused may hold anything
        x, reasons = model.find_batch()
        values = {name: np.array(value, dtype=float) for name, value in model.outcomes(x).items()}
        audited, _, _ = model.audit(x, values)
        every = [np.abs(np.asarray(r, dtype=float)) for r in {**model.equations(x), **audited}.values()]
    worst = np.max([np.max(r.reshape(-1, count), axis=0) for r in every], axis=0)
    refused = (reasons != "") | ~(worst <= TOLERANCE)
    for value in values.values():
        value[..., refused] = np.nan
    return values, np.where(refused, np.nan, worst)


def _solve_alone(worlds: Worlds, i: int) -> None:
    try:
        equilibrium = solve(worlds.scenario_at(i))
    except PhistarError:
        return
    for name, value in equilibrium.values.items():
        worlds.values[name][..., i] = value
    worlds.residuals[i] = equilibrium.certificate.max_residual
