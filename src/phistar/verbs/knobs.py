"""Knobs: parameters as coordinates of a search, in logs where they are positive, within what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.errors import InputError, unknown_key
from phistar.core.paths import Path, parse_path
from phistar.verbs.elasticities import kind_of

#: A parameter that is shown to lie this close to an end of what is allowed is at that end.
_AT = 1e-9


@dataclass(frozen=True)
class Knob:
    """One parameter to be moved.

    Attributes
    ----------
    path : Path
        Its key.
    start : float
        Value where the search starts; 1 for a factor.
    lower, upper : float
        Ends of what is allowed, infinite where there is none.
    logarithmic : bool
        Whether its coordinate is its log.
    factor : bool
        Whether it is a factor on several unequal entries.
    """

    path: Path
    start: float
    lower: float
    upper: float
    logarithmic: bool
    factor: bool

    @property
    def meaning(self) -> str:
        """Say what a value of it means."""
        return "factor on every entry" if self.factor else "value"

    @property
    def origin(self) -> float:
        """Coordinate where the search starts."""
        return float(np.log(self.start)) if self.logarithmic else self.start

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the coordinate."""
        if not self.logarithmic:
            return self.lower, self.upper
        return (float(np.log(self.lower)) if self.lower > 0.0 else -np.inf), float(np.log(self.upper))

    def value(self, z: float) -> float:
        """Return the value at a coordinate."""
        return float(np.exp(z)) if self.logarithmic else z

    def at_limit(self, value: float) -> bool:
        """Whether a value stands at an end of what is allowed."""
        return any(
            np.isfinite(end) and abs(value - end) <= _AT * max(1.0, abs(end)) for end in (self.lower, self.upper)
        )

    def turn(self, model: Any, z: float) -> Any:
        """Return the model with the parameter at a coordinate."""
        value = self.value(z)
        return model.scale(self.path, value) if self.factor else model.assign(self.path, value)

    def chain(self, z: float) -> float:
        """Return d (what a derivative is taken in: ln of the parameter, or itself) / d coordinate."""
        if kind_of(self.path) == "semi-elasticity":
            return self.value(z) if self.logarithmic else 1.0
        return 1.0 if self.logarithmic else 1.0 / self.value(z)

    def per_value(self, z: float) -> float:
        """Return d coordinate / d value."""
        return 1.0 / self.value(z) if self.logarithmic else 1.0


def make_knob(model: Any, key: str) -> Knob:
    """Make the knob of a key.

    Raises
    ------
    InputError
        When the key cannot be varied, or stands at zero where only proportions move.
    """
    path = parse_path(key)
    if path.name not in (names := [p.name for p in model.parameters]):
        raise unknown_key(path.name, names, "parameter", f"phistar show {model.name}")
    values = np.asarray(model.lookup(path), dtype=float)
    factor = values.size > 1 and not (values == values.flat[0]).all()
    start = 1.0 if factor else float(values.flat[0])
    declared = next((p for p in model.parameters if p.name == path.name), None)
    semi = kind_of(path) == "semi-elasticity"
    low, high = -np.inf if semi else 0.0, np.inf
    if declared is not None and declared.kind != "productivity":
        low = low if declared.lower is None else declared.lower
        high = high if declared.upper is None else declared.upper
    if factor:
        finite = values[np.isfinite(values)]  # closed borders stay closed
        low, high = low / float(finite.min()), high / float(finite.max())
    if not np.isfinite(start):
        raise InputError(key, "is infinite: there is nothing to move", start, "set it to a number to start from")
    if start == 0.0 and not semi:
        raise InputError(key, "starts at zero, from where no proportion leads", start, f"set {key} to another start")
    logarithmic = not semi and not np.isfinite(high)
    if not logarithmic and low == 0.0:
        low = min(_AT, start)  # slopes are taken in proportion; a value this small is shown to be at its limit
    return Knob(path, start, low, high, logarithmic, factor)
