"""Calibrate: find the parameters at which an equilibrium has given statistics.

As many targets as parameters are met, or the answer is refused; more targets are met as closely as least squares
can. The search is Levenberg and Marquardt's on certified equilibria, with exact slopes by the implicit function
theorem where the model gives them. A step to where there is no equilibrium is a step not taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium, to_json
from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Model
from phistar.core.version import VERSION
from phistar.models.registry import build_model, read_scenario
from phistar.verbs.knobs import Knob, make_knob
from phistar.verbs.search import Search
from phistar.verbs.targets import Target, read_targets

#: Largest deviation, relative to the target (absolute for a target of zero), at which it counts as met.
MET = 1e-10
#: A singular value of the scaled slopes below this share of the largest leaves a parameter undetermined.
RANK = 1e-9


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
        return np.array(
            [(r - t.value) / (abs(t.value) or 1.0) for r, t in zip(self.reached, self.targets, strict=True)]
        )

    @property
    def status(self) -> str:
        """``met`` where every target is, else ``closest``."""
        return "met" if np.max(np.abs(self.deviations)) <= MET else "closest"

    @property
    def sensitivity(self) -> np.ndarray:
        """D parameter / d target (parameter, target): what each target does to each parameter found.

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
    model = scenario if isinstance(scenario, Model) else build_model(read_scenario(scenario, settings))
    wanted = read_targets(targets, model.countries)
    knobs = tuple(make_knob(model, key) for key in _keys(fit))
    if len(wanted) < len(knobs):
        given = "once" if len(wanted) == 1 else f"{len(wanted)} times"
        raise InputError("target", f"is given {given} for {len(knobs)} parameters: some would be left open",
                         remedy="give at least as many targets as keys to fit")  # fmt: skip
    search = Search(model, wanted, knobs)
    here = search.run()
    values = np.array([k.value(float(z)) for k, z in zip(knobs, here.z, strict=True)])
    per_value = np.array([k.per_value(float(z)) for k, z in zip(knobs, here.z, strict=True)])
    slopes = search.raw_slopes(here) * per_value
    return _judged(Calibration(here.equilibrium, knobs, values, wanted, here.reached, slopes, search.solved))


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
    if open_ended and found.status == "met":
        raise NoEquilibrium(f"the targets do not pin down {' and '.join(open_ended)}",
                            "give a target that responds to it, or leave it out")  # fmt: skip
    if found.status != "met" and (open_ended or len(found.targets) == len(found.knobs)):
        worst = int(np.argmax(np.abs(found.deviations)))
        t = found.targets[worst]
        raise NoEquilibrium(
            f"no parameters found that meet the targets: {t.statistic.text} came to {found.reached[worst]:.6g} at the "
            f"nearest, not {t.value:.6g}{_flat(found, worst, open_ended)}",
            "start nearer (set the parameters), fit another key, or drop the target",
        )
    return found


def _flat(found: Calibration, worst: int, open_ended: Sequence[str]) -> str:
    """Say why the search ended where a target is missed: on a stretch where no parameter moves it, if that is so."""
    if not open_ended:
        return ""
    units = np.maximum(np.abs(found.values), 1e-12) / (abs(found.targets[worst].value) or 1.0)
    if np.max(np.abs(found.slopes[worst]) * units) > RANK:
        return f"; the targets do not pin down {' and '.join(open_ended)} there"
    keys = [knob.path.text for knob in found.knobs]
    return f"; {' and '.join(keys)} {'does' if len(keys) == 1 else 'do'} not move it there"


def _undetermined(found: Calibration) -> list[str]:
    """Name the parameters along which the targets hardly move; those held by a limit are not counted."""
    free = [i for i, k in enumerate(found.knobs) if not k.at_limit(float(found.values[i]))]
    if not free:
        return []
    weights = np.array([1.0 / (abs(t.value) or 1.0) for t in found.targets])
    units = np.array([max(abs(found.values[i]), 1e-12) for i in free])
    _, size, rows = np.linalg.svd(weights[:, None] * found.slopes[:, free] * units)
    loose = rows[np.append(size, np.zeros(len(free) - len(size))) <= RANK * max(1.0, size[0])]
    return [
        found.knobs[i].path.text for i, part in zip(free, loose.T, strict=True) if np.abs(part).max(initial=0) > 0.1
    ]
