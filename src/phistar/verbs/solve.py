"""Solve: find an equilibrium, certify it, label it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phistar.core.certificate import TOLERANCE, Certificate
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Model, Unknowns, largest
from phistar.models.registry import build_model, read_scenario


def solve(scenario: Any, settings: Sequence[str] = (), *, start: Unknowns | None = None) -> Equilibrium:
    """Solve a scenario (a path, a dict, a `Scenario` or a `Model`) and certify the answer.

    Parameters
    ----------
    scenario : path, dict, Scenario or Model
        What to solve.
    settings : sequence of str
        ``KEY=VALUE`` settings laid over a scenario.
    start : dict, optional
        Unknowns to start from, such as those of a neighbouring equilibrium.

    Returns
    -------
    Equilibrium

    Raises
    ------
    InputError
        When the scenario is wrong.
    NoEquilibrium
        When no certified equilibrium was found.
    """
    model = scenario if isinstance(scenario, Model) else build_model(read_scenario(scenario, settings))
    return certify(model, model.find(start))


def certify(model: Model, x: Unknowns) -> Equilibrium:
    """Judge unknowns by the model's equations and audit; return the labelled equilibrium.

    Raises
    ------
    NoEquilibrium
        When a residual exceeds `TOLERANCE`.
    """
    values = {name: np.asarray(v, dtype=float) for name, v in model.outcomes(x).items()}
    residuals, checks, notes = model.audit(x, values)
    certificate = Certificate(
        {**largest(model.equations(x)), **largest(residuals)},
        {name: bool(np.all(check)) for name, check in checks.items()},
        tuple(notes),
    )
    if not certificate.certified:
        raise NoEquilibrium(
            f"no certified equilibrium: {certificate.worst} is off by {certificate.max_residual:.1e}, "
            f"more than {TOLERANCE:.0e}",
            "move the parameters away from their extremes, or start from a solved neighbour",
        )
    return Equilibrium(model, x, values, model.reported, certificate, model.labels)
