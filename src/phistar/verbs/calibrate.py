"""Calibrate: find the parameters at which an equilibrium has given statistics.

As many targets as parameters are met, or the answer is refused; more targets are met as closely as least squares
can. The search is Levenberg and Marquardt's on certified equilibria, with exact slopes by the implicit function
theorem where the model gives them. A step to where there is no equilibrium is a step not taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium, to_json
from phistar.core.errors import InputError, NoEquilibrium, PhistarError
from phistar.core.scenario import load_scenario
from phistar.core.version import VERSION
from phistar.models.registry import build_model
from phistar.verbs.elasticities import differentiate, kind_of
from phistar.verbs.knobs import Knob, make_knob
from phistar.verbs.solve import solve
from phistar.verbs.statistics import Lookup, Statistic, read_statistic

#: Largest deviation, relative to the target (absolute for a target of zero), at which it counts as met.
MET = 1e-10
MAX_STEPS = 200
#: A singular value of the scaled slopes below this share of the largest leaves a parameter undetermined.
RANK = 1e-9
#: Step of differences, in ln or in units of the parameter: truncation and rounding near 1e-10.
STEP = 1e-5


@dataclass(frozen=True)
class Target:
    """A statistic and the value it should have.

    Attributes
    ----------
    statistic : Statistic
    value : float
    error : float, optional
        Standard error of the value; it weights the target and gives parameters theirs.
    """

    statistic: Statistic
    value: float
    error: float | None = None

    @property
    def scale(self) -> float:
        """What a deviation is measured in: the standard error, else the value, else one."""
        return self.error or abs(self.value) or 1.0


@dataclass(frozen=True)
class Calibration:
    """Parameters at which an equilibrium has the statistics asked for.

    Attributes
    ----------
    equilibrium : Equilibrium
        Certified, at the parameters found.
    knobs : tuple of Knob
        What was moved.
    values : ndarray (parameter)
        Where it ended: a parameter's value, or the factor on its entries where they differ.
    targets : tuple of Target
    reached : ndarray (target)
        The statistics at the equilibrium.
    slopes : ndarray (target, parameter)
        d statistic / d parameter.
    steps : int
        Equilibria solved on the way.
    """

    equilibrium: Equilibrium
    knobs: tuple[Knob, ...]
    values: np.ndarray
    targets: tuple[Target, ...]
    reached: np.ndarray
    slopes: np.ndarray
    steps: int

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters found, by key."""
        return {knob.path.text: float(value) for knob, value in zip(self.knobs, self.values, strict=True)}

    @property
    def deviations(self) -> np.ndarray:
        """How far each target is missed, in its own scale."""
        return np.array([(r - t.value) / (abs(t.value) or 1.0) for r, t in zip(self.reached, self.targets, strict=True)])

    @property
    def status(self) -> str:
        """``met`` where every target is, else ``closest``."""
        return "met" if np.max(np.abs(self.deviations)) <= MET else "closest"

    @property
    def sensitivity(self) -> np.ndarray:
        """d parameter / d target (parameter, target): what each target does to each parameter found.

        Notes
        -----
        :math:`(J'WJ)^{-1}J'W`, after Andrews, Gentzkow and Shapiro (2017).
        """
        weights = 1.0 / np.array([t.scale for t in self.targets])
        units = np.maximum(np.abs(self.values), 1e-12)
        scaled = weights[:, None] * self.slopes * units
        return np.asarray(units[:, None] * np.linalg.pinv(scaled) * weights)

    @property
    def errors(self) -> np.ndarray | None:
        """Standard errors of the parameters (parameter); None where a target has none."""
        given = [t.error for t in self.targets]
        if any(error is None for error in given):
            return None
        return np.sqrt(np.sum((self.sensitivity * np.array(given, dtype=float)) ** 2, axis=1))

    def scenario(self) -> dict[str, Any]:
        """Return the scenario of the equilibrium found, every parameter written out."""
        model = self.equilibrium.model
        return {"model": model.name, "parameters": model.as_parameters(), "countries": {"names": list(model.countries)}}

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration and its equilibrium as plain data."""
        errors = self.errors
        return {
            "phistar": VERSION,
            "model": self.equilibrium.model.name,
            "status": self.status,
            "steps": self.steps,
            "parameters": {
                knob.path.text: {
                    "value": float(self.values[i]),
                    "start": knob.start,
                    "meaning": knob.meaning,
                    "at_limit": knob.at_limit(float(self.values[i])),
                    **({} if errors is None else {"standard_error": float(errors[i])}),
                }
                for i, knob in enumerate(self.knobs)
            },
            "targets": [
                {"statistic": t.statistic.text, "target": t.value, "reached": float(r), "deviation": float(d)}
                for t, r, d in zip(self.targets, self.reached, self.deviations, strict=True)
            ],
            "slopes": self.slopes.tolist(),
            "sensitivity": self.sensitivity.tolist(),
            "scenario": self.scenario(),
            "equilibrium": self.equilibrium.to_dict(),
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())


def calibrate(scenario: Any, targets: Any, fit: Sequence[str], settings: Sequence[str] = ()) -> Calibration:
    """Find the parameters at which a scenario's equilibrium has given statistics.

    Parameters
    ----------
    scenario : path, dict, Scenario or Model
        What is calibrated; its parameters are where the search starts.
    targets : mapping of str to float, or sequence of (statistic, value) or (statistic, value, standard error)
        A statistic is an expression in reported variables and parameters, such as ``trade_share[0][1]``, or a
        function of a lookup of names; see `phistar.verbs.statistics`.
    fit : sequence of str
        Keys of the parameters to find, such as ``tau`` or ``productivity.k``. A key that means several unequal
        entries moves them all by one factor.

    Raises
    ------
    InputError
        When a target or key cannot be read, or there are fewer targets than parameters.
    NoEquilibrium
        When as many targets as parameters cannot be met, or the targets do not pin the parameters down.
    """
    from phistar.core.model import Model

    model = scenario if isinstance(scenario, Model) else build_model(load_scenario(scenario, settings))
    wanted = read_targets(targets, model.countries)
    knobs = tuple(make_knob(model, key) for key in _keys(fit))
    if len(wanted) < len(knobs):
        raise InputError("target", f"are {len(wanted)} for {len(knobs)} parameters: some would be left open",
                         remedy="give at least as many targets as keys to fit")  # fmt: skip
    return _judged(_Search(model, wanted, knobs).run())


def read_targets(given: Any, countries: Sequence[str]) -> tuple[Target, ...]:
    """Read targets from a mapping or from tuples.

    Raises
    ------
    InputError
        When there is none, or one cannot be read.
    """
    rows = [(k, v) for k, v in given.items()] if isinstance(given, Mapping) else list(given)
    if not rows:
        raise InputError("target", "is missing: there is nothing to meet", remedy="give a statistic and its value")
    read = []
    for row in rows:
        if not isinstance(row, (tuple, list)) or len(row) not in (2, 3):
            raise InputError("target", "must be a statistic and its value (and its standard error)", row)
        statistic = read_statistic(row[0], countries)
        numbers = [_number(statistic.text, x) for x in row[1:]]
        if numbers[1:] and numbers[1] <= 0.0:
            raise InputError("target", "must have a positive standard error", numbers[1])
        read.append(Target(statistic, *numbers))
    return tuple(read)


def _number(text: str, given: Any) -> float:
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise InputError("target", f"{text} must be given a finite number", given)
    return number


def _keys(fit: Sequence[str]) -> list[str]:
    keys = [fit] if isinstance(fit, str) else [key.strip() for key in fit]
    if not keys:
        raise InputError("--fit", "is missing: there is nothing to find", remedy="name the parameters to find")
    for key in keys:
        if keys.count(key) > 1:
            raise InputError("--fit", "names the same key twice", key)
    return keys


def _judged(found: Calibration) -> Calibration:
    """Refuse what does not meet its targets though it could, and what they do not pin down."""
    open_ended = _undetermined(found)
    if open_ended:
        raise NoEquilibrium(f"the targets do not pin down {' and '.join(open_ended)}",
                            "give a target that responds to it, or leave it out")  # fmt: skip
    if len(found.targets) == len(found.knobs) and found.status != "met":
        worst = int(np.argmax(np.abs(found.deviations)))
        t = found.targets[worst]
        raise NoEquilibrium(
            f"no parameters found that meet the targets: {t.statistic.text} came to {found.reached[worst]:.6g}, "
            f"not {t.value:.6g}",
            "start nearer (set the parameters), fit another key, or drop the target",
        )
    return found


def _undetermined(found: Calibration) -> list[str]:
    """Name the parameters along which the targets hardly move; those held by a limit are not counted."""
    free = [i for i, k in enumerate(found.knobs) if not k.at_limit(float(found.values[i]))]
    if not free:
        return []
    weights = np.array([1.0 / (abs(t.value) or 1.0) for t in found.targets])
    units = np.array([max(abs(found.values[i]), 1e-12) for i in free])
    _, size, rows = np.linalg.svd(weights[:, None] * found.slopes[:, free] * units)
    loose = rows[np.append(size, np.zeros(len(free) - len(size))) <= RANK * max(1.0, size[0])]
    return [found.knobs[i].path.text for i, part in zip(free, loose.T, strict=True) if np.abs(part).max(initial=0) > 0.1]


@dataclass(frozen=True)
class _Place:
    """Where the search stands: coordinates, the equilibrium there, weighted deviations."""

    z: np.ndarray
    equilibrium: Equilibrium
    reached: np.ndarray
    gap: np.ndarray

    @property
    def size(self) -> float:
        return float(np.sqrt(self.gap @ self.gap))


class _Search:
    """Levenberg and Marquardt's search in the knobs' coordinates."""

    def __init__(self, model: Any, targets: tuple[Target, ...], knobs: tuple[Knob, ...]) -> None:
        self.model, self.targets, self.knobs = model, targets, knobs
        self.low, self.high = (np.array(ends) for ends in zip(*(k.limits for k in knobs), strict=True))
        self.solved = 0

    def run(self) -> Calibration:
        here = self.at(np.array([k.origin for k in self.knobs]), None)
        damping = 0.0
        for _ in range(MAX_STEPS):
            slopes = self.slopes(here)
            there, damping = self.step(here, slopes, damping)
            if there is None:
                break
            here = there
        return self.answer(here)

    def at(self, z: np.ndarray, start: Equilibrium | None) -> _Place:
        """Solve at coordinates and read the statistics."""
        model = self.model
        for knob, x in zip(self.knobs, z, strict=True):
            model = knob.turn(model, float(x))
        self.solved += 1
        equilibrium = solve(model, start=None if start is None else dict(start.unknowns))
        reached = np.array([t.statistic(_reads(equilibrium)) for t in self.targets])
        gap = np.array([(r - t.value) / t.scale for r, t in zip(reached, self.targets, strict=True)])
        return _Place(z, equilibrium, reached, gap)

    def step(self, here: _Place, slopes: np.ndarray, damping: float) -> tuple[_Place | None, float]:
        """Take the largest step that brings the targets nearer; none where no step does."""
        for _ in range(40):
            move = self.move(here, slopes, damping)
            if np.max(np.abs(move), initial=0.0) <= 1e-15:
                return None, damping
            try:
                there = self.at(here.z + move, here.equilibrium)
            except PhistarError:  # no equilibrium there, or parameters out of their bounds
                there = None
            if there is not None and there.size < here.size:
                return there, 0.0 if damping < 1e-6 else 0.1 * damping
            if np.max(np.abs(here.gap)) <= 0.01 * MET and damping > 0.0:
                return None, damping  # at the floor of rounding
            damping = max(4.0 * damping, 1e-4)
        return None, damping

    def move(self, here: _Place, slopes: np.ndarray, damping: float) -> np.ndarray:
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

    def slopes(self, here: _Place) -> np.ndarray:
        """Differentiate the weighted statistics in the coordinates (target, parameter)."""
        return self.raw_slopes(here) / np.array([t.scale for t in self.targets])[:, None]

    def raw_slopes(self, here: _Place) -> np.ndarray:
        if "elasticities" not in self.model.capabilities:
            return self.differences(here)
        model, x = here.equilibrium.model, dict(here.equilibrium.unknowns)
        try:
            gradients = differentiate(model, x, [k.path for k in self.knobs])
        except (NotImplementedError, NoEquilibrium):
            return self.differences(here)
        lookup = _reads(here.equilibrium, gradients, self.knobs)
        rows = [getattr(t.statistic(lookup), "gradient", np.zeros(len(self.knobs))) for t in self.targets]
        return np.array(rows) * np.array([k.chain(z) for k, z in zip(self.knobs, here.z, strict=True)])

    def differences(self, here: _Place) -> np.ndarray:
        """Differentiate by solving on both sides, one where the other is out of bounds."""
        columns = []
        for i in range(len(self.knobs)):
            ends = [np.clip(here.z[i] + side * STEP, self.low[i], self.high[i]) for side in (-1.0, 1.0)]
            below, above = (self.at(np.where(np.arange(len(here.z)) == i, end, here.z), None) for end in ends)
            columns.append((above.reached - below.reached) / (ends[1] - ends[0]))
        return np.array(columns).T

    def answer(self, here: _Place) -> Calibration:
        values = np.array([k.value(float(z)) for k, z in zip(self.knobs, here.z, strict=True)])
        per_value = np.array([k.per_value(float(z)) for k, z in zip(self.knobs, here.z, strict=True)])
        return Calibration(
            here.equilibrium, self.knobs, values, self.targets, here.reached, self.raw_slopes(here) * per_value, self.solved
        )


def _reads(equilibrium: Equilibrium, gradients: Mapping[str, np.ndarray] | None = None,
           knobs: Sequence[Knob] = ()) -> Lookup:  # fmt: skip
    """Return a lookup of variables and parameters, as duals along the knobs where gradients are given."""
    from phistar.core.paths import parse_path
    from phistar.numerics.duals import Dual

    model = equilibrium.model

    def lookup(name: str) -> Any:
        if name in equilibrium.values:
            value = equilibrium.values[name]
            return value if gradients is None else Dual(value, gradients[name])
        known = {p.name for p in model.parameters if p.kind in {"scalar", "country"}}
        if name not in known:
            equilibrium[name]  # the refusal names the nearest variable
        path = parse_path(name)
        value = np.asarray(model.lookup(path), dtype=float)
        return value if gradients is None else Dual(value, [_own_slope(model, knob, path) for knob in knobs])

    return lookup


def _own_slope(model: Any, knob: Knob, of: Any) -> np.ndarray:
    """Differentiate one parameter in another's key, which may be a name for the same thing (theta_tilde, sigma)."""
    if kind_of(knob.path) == "semi-elasticity":
        ends = [model.shift(knob.path, side * STEP) for side in (-1.0, 1.0)]
    else:
        ends = [model.scale(knob.path, np.exp(side * STEP)) for side in (-1.0, 1.0)]
    below, above = (np.asarray(end.lookup(of), dtype=float) for end in ends)
    return np.asarray((above - below) / (2.0 * STEP))
