"""A quick stand-in for the productivity kernel, for steps far from the solution.

The nested solver needs, of each country's distribution, only two functions of ln x at one order s: the survival
S and the surplus J; V/x^s is their sum. Both are tabulated once in logs with exact slopes and read by cubic
interpolation, which costs the same for every family. The root found with the table starts the exact solver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.blocks.productivity import Productivity
from phistar.blocks.productivity.empirical import Smoothed
from phistar.numerics.hermite import HermiteTable

if TYPE_CHECKING:
    from phistar.models.melitz.model import Melitz

_BODY = 96
_TAIL = 64
#: ln of the least survival worth tabulating: beyond it a market is empty for all purposes.
_FAR = -600.0


class TabulatedProductivity(Productivity):
    """S and J of every origin at the order s, interpolated; the same methods as the kernel, for that order alone."""

    family = "tabulated"
    parameter_names = ()

    def __init__(self, m: Melitz) -> None:
        self.s = float(np.ravel(m.sigma)[0]) - 1.0
        g = m.productivity
        knots = _padded([_knots(f, self.s) for f in m.families])
        shaped = knots[..., None] if m.is_batch else knots
        with np.errstate(all="ignore"):
            rows = [np.broadcast_to(a, shaped.shape).reshape(knots.shape) for a in (
                g.log_survival(shaped), g.hazard(shaped, 0.0), g.log_surplus(shaped, self.s))]  # fmt: skip
        log_s, hazard, log_j = rows
        # d ln J / d ln x = -s (J + S) / J.
        fall = self.s * (1.0 + np.exp(np.minimum(log_s - log_j, 600.0)))
        self.survival_table = HermiteTable(knots, np.maximum(log_s, 2 * _FAR), -np.where(np.isfinite(hazard), hazard, 0.0))
        self.surplus_table = HermiteTable(knots, np.maximum(log_j, 3 * _FAR), -fall)
        self._lower = g.log_lower

    @property
    def log_lower(self) -> Any:
        """Log of the lower end of the support."""
        return self._lower

    def log_survival(self, log_x: Any) -> Any:
        """Read ln S."""
        return np.minimum(self.survival_table(log_x)[0], 0.0)

    def surplus(self, log_x: Any, order: Any) -> Any:
        """Read J."""
        return np.exp(self.surplus_table(log_x)[0])

    def log_moment(self, log_x: Any, order: Any) -> Any:
        """Read ln V: J + S is V/x^s."""
        return np.logaddexp(self.surplus_table(log_x)[0], self.log_survival(log_x)) + self.s * log_x

    def log_density(self, log_x: Any) -> Any:
        """Read ln of the density of ln phi."""
        value, slope = self.survival_table(log_x)
        with np.errstate(divide="ignore"):
            return np.minimum(value, 0.0) + np.log(np.maximum(-slope, 0.0) * (value < 0.0))

    def hazard(self, log_x: Any, order: Any = 0.0) -> Any:
        """Read the fall of ln V, as the tables themselves fall: Newton wants the slope of what it solves."""
        log_j, slope_j = self.surplus_table(log_x)
        log_s, slope_s = self.survival_table(log_x)
        share = 1.0 / (1.0 + np.exp(np.clip(log_j - np.minimum(log_s, 0.0), -700.0, 700.0)))
        fall = -(1.0 - share) * slope_j - share * slope_s * (log_s < 0.0) - self.s
        return np.maximum(fall, 0.0)


def _knots(family: Productivity, s: float) -> np.ndarray:
    """Place knots: left of the body where J turns to its power law, over the quantiles, out into the tail."""
    if isinstance(family, Smoothed):
        inner = np.linspace(family.edges[:-1], family.edges[1:], 6, endpoint=False, axis=1).ravel()
        return np.concatenate([_left_of(inner[0], s), inner, _up_to(inner[-1], family.edges[-1])])
    low = float(family.log_quantile(1e-6))
    body = np.linspace(low, float(family.log_quantile_upper(1e-2)), _BODY)
    upper = float(np.max(family.log_upper))
    if np.isfinite(upper):
        right = _up_to(body[-1], upper)
    else:
        far = float(family.log_quantile_upper(np.exp(_FAR)))
        right = body[-1] + (far - body[-1]) * np.linspace(0.0, 1.0, _TAIL + 1)[1:] ** 2
    return np.concatenate([_left_of(low, s), body, right])


def _left_of(low: float, s: float) -> np.ndarray:
    return low - (12.0 / s) * np.linspace(1.0, 0.0, 24, endpoint=False) ** 2


def _up_to(start: float, upper: float) -> np.ndarray:
    """Crowd knots towards an upper bound, where J and S vanish."""
    return upper - (upper - start) * np.geomspace(1.0, 1e-9, _TAIL + 1)[1:]


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Give all rows the length of the longest by knots further left, where the functions are straight."""
    size = max(len(row) for row in rows)
    return np.array([np.concatenate([row[0] - np.arange(size - len(row), 0, -1.0), row]) for row in rows])
