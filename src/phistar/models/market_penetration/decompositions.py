"""Split a change between two market penetration equilibria: welfare and the margins of trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistar.core.model import Decomposition

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`."""
    return {}
