"""Find one world's Melitz equilibrium: Newton on tabulated distributions first, where the true ones are slow.

Where a support is so short that its end is a cliff, as at an atom, and Newton is lost, distributions smeared widely
lead to it by ever steeper ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.models.melitz.solver import ACCEPT, EAGER, MAX_OUTER, WARY, find_smooth
from phistar.models.melitz.table import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phistar.models.melitz.primitives import Primitives

#: Families about as quick to evaluate as a table; their worlds seldom need more steps than this.
_QUICK, _PATIENCE = frozenset({"pareto", "bounded_pareto", "lognormal"}), 20
#: Where the table's root is near enough to the true one, from where the true one is looked for, and in so many steps.
_NEAR, _NEARLY, _STEPS = 1e-9, 1e-3, 25
#: Steps on the table where bells may follow; steps the first bell may take, and every other.
_ROAMING, _AT_FIRST, _AFTER = 120, 100, 30
#: Where a bell counts as found, and as lost: a root lost is not found again in a narrower bell.
_FOUND, _LOST = 1e-6, 0.1
#: So many bells in all may be missed, and so many at the start, each to be followed by one wider by this factor.
_MISSES, _UNREACHED, _WIDER = 4, 3, 4.0


def find_one(
    m: Primitives, start: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find one world's ln A and ln w, roaming on tabulated distributions where the true ones are slow to evaluate.

    Takes and returns what `find_smooth` does, for a batch of one point.
    """
    if all(family.family == "pareto" for family in m.families):
        return find_smooth(m, start)
    if all(family.family in _QUICK for family in m.families):
        found = find_smooth(m, start, steps=_PATIENCE)
        if found[2][0] < ACCEPT:
            return found
    rows = Rows(m)
    bells = rows.bells()
    found = _by_table(m, rows, start, WARY, _ROAMING if bells else MAX_OUTER)
    way = [] if found[2][0] < ACCEPT else list(through_bells(m, rows, bells))
    if not way:
        return found
    again = _by_table(m, rows, way[-1][1:], EAGER, _ROAMING)
    return again if again[2][0] < found[2][0] else found


def _by_table(
    m: Primitives, rows: Rows, start: tuple[np.ndarray, np.ndarray] | None, friction: float, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Roam on the table, and from near its root go on to the true one."""
    log_demand, log_wage, norm = find_smooth(m.with_kernel(rows.table()), start, steps, _NEAR, friction)
    return find_smooth(m, (log_demand, log_wage), steps=_STEPS if norm[0] < _NEARLY else 0)


def through_bells(m: Primitives, rows: Rows, bells: Iterable[float]) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Follow one world's ln A and ln w from widely smeared distributions to ever steeper ones, until they are lost.

    Where one of the `bells` is too steep a wider one is put before it. Yields every bell with what was found there.
    """
    start, reached, ahead, misses = None, 0.0, list(bells), 0
    while ahead and misses < _MISSES:
        bell = ahead[0]
        friction, steps = (WARY, _AT_FIRST) if start is None else (EAGER, _AFTER)
        log_demand, log_wage, norm = find_smooth(m.with_kernel(rows.table(bell)), start, steps, _FOUND, friction)
        misses += not norm[0] < _FOUND
        if norm[0] < _LOST:
            start, reached = (log_demand, log_wage), ahead.pop(0)
            yield bell, log_demand, log_wage
        elif start is not None:
            # Too steep a descent: from the wider bell perhaps one between the two is found.
            ahead.insert(0, float(np.sqrt(reached * bell)))
        elif misses < _UNREACHED and np.isfinite(norm[0]):
            ahead.insert(0, _WIDER * bell)
        else:
            return
