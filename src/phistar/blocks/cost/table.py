"""A quick stand-in for slow cost distributions, for steps far from the solution.

Only ln m_2 is tabulated, in t = ln(x - lower), with two exact derivatives; m_1 and m_0 are read off the interpolant
by m_2' = 2 m_1 and m_1' = m_0, so that slopes are those of the functions they belong to. In t every family is a power
law at the lower end of its support, which the table carries on as a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.blocks.cost.inverse import FromProductivity
from phistar.blocks.cost.kernel import Cost, delivered
from phistar.blocks.cost.origins import Costs
from phistar.blocks.cost.quadrature import Beta, TruncatedLognormal
from phistar.numerics.hermite import HermiteTable
from phistar.numerics.special import quiet

#: Families whose moments take quadratures or special functions.
_SLOW = (Beta, TruncatedLognormal, FromProductivity)
#: A table is worth its making from this many cutoffs a row.
_WORTH = 256
_KNOTS, _REACH = 65, 40.0
#: Largest error of ln m_2, and of its slope, halfway between knots; Newton's last steps run on the exact moments.
_VALUE, _SLOPE = 1e-9, 1e-7
_ROUNDS = 8
#: Below e^-45 of the greatest m_2 an entrant earns nothing to speak of, and x - lower keeps few digits.
_FAINT = 45.0


def stand_in(costs: Costs | TabulatedCosts, highest: float, cutoffs: int) -> Costs | TabulatedCosts:
    """Return a table of distributions up to the cutoff `highest`, or they themselves where they are as quick.

    Parameters
    ----------
    costs : Costs or TabulatedCosts
        Distributions, one an origin.
    highest : float
        Greatest cutoff that will be asked for.
    cutoffs : int
        Number of cutoffs (origin, destination, batch) of one evaluation.
    """
    if isinstance(costs, TabulatedCosts):
        return costs
    members = costs.members
    rows = 1 if all(member is members[0] for member in members) else len(members)
    slow = any(isinstance(member, _SLOW) for member in members)
    smooth = not any(_has_atoms(member) for member in members)
    single = all(np.ndim(member.parameter(name)) == 0 for member in members for name in member.parameter_names)
    if not (slow and smooth and single and cutoffs >= _WORTH * rows):
        return costs
    return TabulatedCosts(members[:rows], highest)


def _has_atoms(member: Cost) -> bool:
    return isinstance(member, FromProductivity) and member.source.family == "empirical"


class TabulatedCosts:
    """m_0, m_1 and m_2 of every origin by interpolation; one row where all share a distribution."""

    def __init__(self, members: Sequence[Cost], highest: float) -> None:
        self._lower = np.array([float(member.lower) for member in members])
        upper = np.array([min(float(member.upper), highest) for member in members])
        self._upper = np.maximum(upper, self._lower * (1.0 + 1e-6))
        made: dict[int, np.ndarray] = {}
        for member, low, high in zip(members, self._lower, self._upper, strict=True):
            if id(member) not in made:
                made[id(member)] = _row(member, low, high)
        rows = [made[id(member)] for member in members]
        size = max(row.shape[1] for row in rows)
        self._table = HermiteTable(*np.stack([_padded(row, size) for row in rows], axis=1))

    @quiet
    def moments(self, x: np.ndarray, top: int) -> list[np.ndarray]:
        """Read m_0 to m_top (top at most 2) at cutoffs (origin, destination, batch)."""
        rows = x.reshape(len(self._lower), -1)
        lower, upper = self._lower[:, None], self._upper[:, None]
        inside = np.minimum(rows, upper)
        above = np.maximum(inside - lower, 0.0)
        sells = above > 0.0
        log_m2, slope, curvature = self._table(np.log(np.where(sells, above, upper - lower)))
        safe = np.where(sells, above, 1.0)
        m2 = np.where(sells, np.exp(log_m2), 0.0)
        m1 = 0.5 * m2 * slope / safe
        # m_0 = m_2''/2: from d ln m_2/dt and its slope.
        m0 = np.clip(0.5 * m2 * (curvature + slope * (slope - 1.0)) / (safe * safe), 0.0, 1.0)
        beyond = rows - inside
        moments = [m0, m1 + beyond * m0, m2 + beyond * (2.0 * m1 + beyond * m0)]
        return [moment.reshape(x.shape) for moment in moments[: top + 1]]

    def margins(self, x: np.ndarray, tau: np.ndarray, top: int) -> list[np.ndarray]:
        """Read tau^p m_p at cutoffs (origin, destination, batch): the moments over delivered cost."""
        return delivered(self.moments(x, top), tau)


@quiet
def _at(member: Cost, lower: float, t: np.ndarray) -> np.ndarray:
    """Compute t, ln m_2 and its two derivatives in t (4, knots)."""
    above = np.exp(t)
    m0, m1, m2 = member.moments(lower + above, 2)
    slope = 2.0 * above * m1 / m2
    return np.stack([t, np.log(m2), slope, 2.0 * above * above * m0 / m2 + slope - slope * slope])


def _row(member: Cost, lower: float, upper: float) -> np.ndarray:
    """Tabulate one distribution, halving cells until the interpolant is as good as it must be (4, knots)."""
    row = _coarse(member, lower, np.log(upper - lower))
    for _ in range(_ROUNDS):
        middle = 0.5 * (row[0, 1:] + row[0, :-1])
        value, slope, _ = HermiteTable(*row[:, None, :])(middle[None])
        exact = _at(member, lower, middle)
        off = (np.abs(value[0] - exact[1]) > _VALUE) | (np.abs(slope[0] - exact[2]) > _SLOPE * np.abs(exact[2]))
        off |= ~np.isfinite(exact).all(axis=0)
        if not off.any():
            break
        row = np.concatenate([row, exact[:, off]], axis=1)
        row = _sound(row[:, np.argsort(row[0])])
    return row


def _coarse(member: Cost, lower: float, end: float) -> np.ndarray:
    """Spread the first knots over that part of the support where there is something to tell."""
    start = end - _REACH
    for _ in range(_ROUNDS):
        knots = np.linspace(start, end, _KNOTS)
        row = _sound(_at(member, lower, knots))
        if 2 * row.shape[1] > _KNOTS:
            break
        start = knots[-row.shape[1] - 1]
    return row


def _sound(row: np.ndarray) -> np.ndarray:
    """Keep the knots above the last that says nothing."""
    bad = ~np.isfinite(row).all(axis=0) | (row[1] < row[1, -1] - _FAINT)
    first = int(np.max(np.flatnonzero(bad), initial=-1)) + 1
    return row[:, min(first, row.shape[1] - 2) :]


def _padded(row: np.ndarray, size: int) -> np.ndarray:
    """Add knots below the first, where ln m_2 goes on straight."""
    step = np.arange(size - row.shape[1], 0.0, -1.0)
    t, value, slope = row[:3, 0]
    lead = np.stack([t - step, value - step * slope, np.full(step.size, slope), np.zeros(step.size)])
    return np.concatenate([lead, row], axis=1)
