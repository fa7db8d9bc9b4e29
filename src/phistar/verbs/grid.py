"""Grids over a scenario's keys: ``KEY=START:STOP:COUNT`` and its variants, read into arrays of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.errors import InputError
from phistar.core.parameters import read_count
from phistar.core.paths import Path, parse_path
from phistar.core.scenario import parse_value

#: Points a grid may have; each is a row of the file.
MOST_POINTS = 100_000_000


@dataclass(frozen=True)
class Axis:
    """One key of the grid and the values it takes."""

    key: Path
    values: np.ndarray

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.values.dtype.kind == "f"


def parse_grid(over: Sequence[str] | Mapping[str, Any]) -> tuple[Axis, ...]:
    """Read the grid from ``KEY=START:STOP:COUNT`` texts or from a mapping of keys to values.

    Raises
    ------
    InputError
        When there is no key, one is given twice, or its values cannot be read.
    """
    if isinstance(over, Mapping):
        axes = [Axis(parse_path(key), _column(key, np.ravel(values).tolist())) for key, values in over.items()]
    else:
        axes = [_parse_axis(text) for text in ([over] if isinstance(over, str) else over)]
    if not axes:
        raise InputError("--over", "is missing: there is nothing to sweep", remedy="give --over KEY=START:STOP:COUNT")
    keys = [axis.key.text for axis in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError("--over", "names the same key twice", key)
    return tuple(axes)


def check_points(points: float) -> None:
    """Refuse a grid of more points than `MOST_POINTS`.

    Raises
    ------
    InputError
        When there are more.
    """
    if points > MOST_POINTS:
        raise InputError("--over", f"asks for more than {MOST_POINTS:,} points", remedy="make it coarser")


def _parse_axis(text: str) -> Axis:
    key, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not key or not values:
        raise InputError("--over", "must be KEY=START:STOP:COUNT or KEY=V1,V2,...", text)
    path = parse_path(key)
    parts = [part.strip() for part in values.split(":")]
    if len(parts) == 1:
        return Axis(path, _column(key, [parse_value(v.strip()) for v in values.split(",")]))
    logarithmic = len(parts) == 4 and parts[3] == "log"
    try:
        start, stop, count = float(parts[0]), float(parts[1]), read_count(parts[2], "--over", 1)
    except (ValueError, IndexError, InputError):
        count = 0
    if count < 1 or (len(parts) != 3 and not logarithmic) or not np.isfinite(start + stop):
        raise InputError("--over", "must be KEY=START:STOP:COUNT: two finite numbers and a whole count", text)
    if logarithmic and min(start, stop) <= 0:
        raise InputError("--over", "must start and stop above 0 on a log grid", text)
    check_points(count)  # before the values take up memory
    return Axis(path, (np.geomspace if logarithmic else np.linspace)(start, stop, count))


def _column(key: str, values: list[Any]) -> np.ndarray:
    if not values:
        raise InputError("--over", "has no values", key)
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return np.array(values, dtype=float)
    if all(isinstance(v, str) and v for v in values):
        return np.array(values, dtype=object)
    raise InputError("--over", "must take numbers or words as values", f"{key}={','.join(map(str, values))}")
