"""Targets of a calibration: statistics and the values they should have, and how they are read off an equilibrium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.core.paths import Path, parse_path
from phistar.numerics.duals import Dual
from phistar.verbs.elasticities import kind_of
from phistar.verbs.statistics import Lookup, Statistic, read_statistic

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


def read_targets(given: Any, countries: Sequence[str]) -> tuple[Target, ...]:
    """Read targets from a mapping or from tuples.

    Raises
    ------
    InputError
        When there is none, or one cannot be read.
    """
    rows = [(k, v) for k, v in given.items()] if isinstance(given, Mapping) else list(given)
    if not rows:
        raise InputError("--target", "is missing: there is nothing to meet", remedy="give a statistic and its value")
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
        raise InputError(text, "must be given a finite number as its target", given)
    return number


def reads(
    equilibrium: Equilibrium, gradients: Mapping[str, np.ndarray] | None = None, paths: Sequence[Path] = ()
) -> Lookup:
    """Return a lookup of variables and parameters, as duals along keys where their gradients are given."""
    model = equilibrium.model

    def lookup(name: str) -> Any:
        """Find the outcome or parameter of a name, with its gradients where they are asked for."""
        if name in equilibrium.values:
            value = equilibrium.values[name]
            return value if gradients is None else Dual(value, gradients[name])
        known = {p.name for p in model.parameters if p.kind in {"scalar", "country"}}
        if name not in known:
            equilibrium[name]  # the refusal names the nearest variable
        path = parse_path(name)
        value = np.asarray(model.lookup(path), dtype=float)
        return value if gradients is None else Dual(value, [_own_slope(model, key, path) for key in paths])

    return lookup


def _own_slope(model: Any, key: Path, of: Path) -> np.ndarray:
    """Differentiate one parameter in another's key, which may be a name for the same thing (theta_tilde, sigma)."""
    if kind_of(key) == "semi-elasticity":
        ends = [model.shift(key, side * STEP) for side in (-1.0, 1.0)]
    else:
        ends = [model.scale(key, np.exp(side * STEP)) for side in (-1.0, 1.0)]
    below, above = (np.asarray(end.lookup(of), dtype=float) for end in ends)
    return np.asarray((above - below) / (2.0 * STEP))
