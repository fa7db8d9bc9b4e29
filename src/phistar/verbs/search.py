"""The search of a calibration: Levenberg's and Marquardt's, on certified equilibria, within what parameters allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import NoEquilibrium, PhistarError
from phistar.verbs.elasticities import differentiate
from phistar.verbs.knobs import Knob
from phistar.verbs.solve import solve
from phistar.verbs.targets import STEP, Target, reads

MAX_STEPS = 200
#: Trials of a shorter step before the place is taken for the best.
MAX_TRIALS = 40
#: Largest weighted deviation below which a step that does not help is rounding.
FLOOR = 1e-12


@dataclass(frozen=True)
class Place:
    """Where the search stands: coordinates, the equilibrium there, weighted deviations."""

    z: np.ndarray
    equilibrium: Equilibrium
    reached: np.ndarray
    gap: np.ndarray

    @property
    def size(self) -> float:
        """Norm of the weighted deviations."""
        return float(np.sqrt(self.gap @ self.gap))


class Search:
    """Levenberg and Marquardt's search in the knobs' coordinates."""

    def __init__(self, model: Any, targets: tuple[Target, ...], knobs: tuple[Knob, ...]) -> None:
        self.model, self.targets, self.knobs = model, targets, knobs
        self.low, self.high = (np.array(ends) for ends in zip(*(k.limits for k in knobs), strict=True))
        self.solved = 0

    def run(self) -> Place:
        """Search until no step brings the targets nearer."""
        here = self.at(np.array([k.origin for k in self.knobs]), None)
        damping = 0.0
        for _ in range(MAX_STEPS):
            slopes = self.slopes(here)
            there, damping = self.step(here, slopes, damping)
            if there is None:
                break
            here = there
        return here

    def at(self, z: np.ndarray, start: Equilibrium | None) -> Place:
        """Solve at coordinates and read the statistics."""
        model = self.model
        for knob, x in zip(self.knobs, z, strict=True):
            model = knob.turn(model, float(x))
        self.solved += 1
        equilibrium = solve(model, start=None if start is None else dict(start.unknowns))
        reached = np.array([t.statistic(reads(equilibrium)) for t in self.targets])
        gap = np.array([(r - t.value) / t.scale for r, t in zip(reached, self.targets, strict=True)])
        return Place(z, equilibrium, reached, gap)

    def step(self, here: Place, slopes: np.ndarray, damping: float) -> tuple[Place | None, float]:
        """Take the largest step that brings the targets nearer; none where no step does."""
        for _ in range(MAX_TRIALS):
            move = self.move(here, slopes, damping)
            if np.max(np.abs(move), initial=0.0) <= 1e-15:
                return None, damping
            try:
                there = self.at(here.z + move, here.equilibrium)
            except PhistarError:  # no equilibrium there, or parameters out of their bounds
                there = None
            if there is not None and there.size < here.size:
                return there, 0.0 if damping < 1e-6 else 0.1 * damping
            if np.max(np.abs(here.gap)) <= FLOOR and damping > 0.0:
                return None, damping  # at the floor of rounding
            damping = max(4.0 * damping, 1e-4)
        return None, damping

    def move(self, here: Place, slopes: np.ndarray, damping: float) -> np.ndarray:
        """Solve the damped normal equations, holding what would leave its bounds."""
        free = np.ones(len(self.knobs), dtype=bool)
        move = np.zeros(len(self.knobs))
        while free.any():
            J = slopes[:, free]
            scale = np.sqrt(np.sum(J**2, axis=0)) + 1e-300
            ridge = np.sqrt(damping) * np.diag(scale)
            stacked = np.concatenate([J, ridge]), np.concatenate([-here.gap, np.zeros(int(free.sum()))])
            move[:] = 0.0
            move[free] = np.linalg.lstsq(stacked[0] / scale, stacked[1], rcond=1e-14)[0] / scale
            move *= min(1.0, 1.0 / np.max(np.abs(move), initial=1e-300))
            stuck = free & (((here.z <= self.low) & (move < 0.0)) | ((here.z >= self.high) & (move > 0.0)))
            if not stuck.any():
                break
            free &= ~stuck
        return np.clip(here.z + move, self.low, self.high) - here.z if free.any() else np.zeros(len(self.knobs))

    def slopes(self, here: Place) -> np.ndarray:
        """Differentiate the weighted statistics in the coordinates (target, parameter)."""
        return self.raw_slopes(here) / np.array([t.scale for t in self.targets])[:, None]

    def raw_slopes(self, here: Place) -> np.ndarray:
        """Differentiate the statistics in the coordinates: exactly, or by differences where the model has no way."""
        if "elasticities" not in self.model.capabilities:
            return self.differences(here)
        model, x = here.equilibrium.model, dict(here.equilibrium.unknowns)
        try:
            gradients = differentiate(model, x, [k.path for k in self.knobs])
        except (NotImplementedError, NoEquilibrium):
            return self.differences(here)
        lookup = reads(here.equilibrium, gradients, [k.path for k in self.knobs])
        rows = [getattr(t.statistic(lookup), "gradient", np.zeros(len(self.knobs))) for t in self.targets]
        return np.array(rows) * np.array([k.chain(z) for k, z in zip(self.knobs, here.z, strict=True)])

    def differences(self, here: Place) -> np.ndarray:
        """Differentiate by solving on both sides, one where the other is out of bounds."""
        columns = []
        for i in range(len(self.knobs)):
            ends = [np.clip(here.z[i] + side * STEP, self.low[i], self.high[i]) for side in (-1.0, 1.0)]
            below, above = (self.at(np.where(np.arange(len(here.z)) == i, end, here.z), None) for end in ends)
            columns.append((above.reached - below.reached) / (ends[1] - ends[0]))
        return np.array(columns).T
