"""Changes of a comparison as text: in per cent, or as differences where a per cent says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from phistar.core.axes import Variable
from phistar.report.tables import percent

#: Stands before a change that is a difference among others in per cent.
MARK = "Δ"


def changes_of(change: Mapping[str, Any]) -> list[str]:
    """Format what `compare` tells of one variable's change, entry by entry."""
    if "difference" not in change:
        return [percent(float(x)) for x in np.ravel(change["percent"])]
    return [f"{MARK} {x:+.6g}" if np.isfinite(x) else "-" for x in np.ravel(change["difference"])]


def difference_notes(variables: Iterable[Variable]) -> list[str]:
    """Say what `MARK` means, where any of the variables changes by differences."""
    note = f"{MARK} new less old, where a level may be zero or negative, or is a log: a per cent would mislead"
    return [] if all(v.proportional for v in variables) else [note]
