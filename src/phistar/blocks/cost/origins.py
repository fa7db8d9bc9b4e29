"""The cost distributions of several origins, evaluated together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from phistar.blocks.cost.kernel import Cost, column, delivered


class Costs:
    """One distribution an origin, along axis 0 of the cutoffs; origins of one family share a call.

    Parameters
    ----------
    members : sequence of Cost
        One an origin; parameters scalars, or (batch) where worlds are batched.
    batch_axes : int
        Trailing batch axes of the cutoffs.
    """

    def __init__(self, members: Sequence[Cost], batch_axes: int = 0) -> None:
        self.members = tuple(members)
        self._batch_axes = batch_axes
        self._parts = [(_stack([members[i] for i in rows], batch_axes), np.array(rows)) for rows in _families(members)]
        self._inverse = np.argsort(np.concatenate([rows for _, rows in self._parts]))

    def moments(self, x: Any, top: int) -> list[Any]:
        """Compute m_0 to m_top at cutoffs (origin, destination)."""
        if len(self._parts) == 1:
            return self._parts[0][0].moments(x, top)
        parts = [part.moments(x[index], top) for part, index in self._parts]
        return [np.concatenate(rows)[self._inverse] for rows in zip(*parts, strict=True)]

    def margins(self, x: Any, tau: Any, top: int) -> list[Any]:
        """Compute tau^p m_p at cutoffs (origin, destination): the moments over delivered cost."""
        return self._parts[0][0].margins(x, tau, top) if len(self._parts) == 1 else delivered(self.moments(x, top), tau)

    @cached_property
    def upper(self) -> Any:
        """Greatest cost that may be drawn: one number, or one an origin laid out against cutoffs."""
        if len(self._parts) == 1:
            return self._parts[0][0].upper
        return column([member.upper for member in self.members], self._batch_axes)

    def alike(self, family: type[Cost]) -> Any:
        """Return the origins' distributions as one of `family`, or None where some are of another."""
        part = self._parts[0][0]
        return part if len(self._parts) == 1 and isinstance(part, family) else None

    def excess(self, x: Any, order: int) -> Any:
        """Compute m_p at cutoffs (origin, destination)."""
        return self.moments(x, order)[order]


def _families(members: Sequence[Cost]) -> list[list[int]]:
    """Group origins by family."""
    groups: dict[type[Cost], list[int]] = {}
    for i, member in enumerate(members):
        groups.setdefault(type(member), []).append(i)
    return list(groups.values())


def _stack(members: Sequence[Cost], batch_axes: int) -> Cost:
    first = members[0]
    return first if all(member is first for member in members) else type(first).stacked(members, batch_axes)
