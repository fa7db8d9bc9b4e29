"""Worlds at given relative wages, where only demand and entry are open; d = ln B/(sigma - 1) is a market's demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.market import Market, goods_markets
from phistar.models.vertical_specialization.primitives import Primitives, laid

#: Logs of profits over entry costs this small are rounding.
_ROUNDING = 1e-14
#: Profits of this part of what is earned before fixed costs are rounding.
_LOST = 1e-15


@dataclass(frozen=True)
class Place:
    """Worlds at given relative wages (batch is the last axis).

    Attributes
    ----------
    log_omega : ndarray (batch)
    income : ndarray (country, batch)
        What labour earns, and spends.
    fixed, unit : ndarray (country, mode, batch)
        Fixed costs of the true choice, and ln cutoffs at unit demand.
    """

    m: Primitives
    log_omega: np.ndarray
    income: np.ndarray
    fixed: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, m: Primitives, log_omega: np.ndarray) -> Place:
        """Compute what follows from the relative wages `log_omega` (batch)."""
        log_w = np.stack([log_omega, np.zeros_like(log_omega)])
        fixed = eq.fixed_costs(m, log_w)
        return cls(m, log_omega, np.exp(log_w) * m.L, fixed, eq.log_cutoffs_at_unit_demand(m, log_w, fixed))

    def take(self, keep: np.ndarray) -> Place:
        """Return the worlds at the positions `keep`."""
        if len(keep) == self.m.points:
            return self
        parts = (array[..., keep] for array in (self.log_omega, self.income, self.fixed, self.unit))
        return Place(self.m.take(keep), *parts)

    def log_cutoff(self, home: np.ndarray, abroad: np.ndarray) -> np.ndarray:
        """Compute ln cutoffs where each country's firms meet these demands (country, mode)."""
        return np.where(self.m.open, self.unit - laid(home, home, abroad, abroad), 0.0)

    def entry(self, home: np.ndarray, abroad: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute ln of expected profit over the entry cost, and its slopes in demand at home and abroad (country)."""
        profit, f = eq.profit_and_F(self.m, self.fixed, self.log_cutoff(home, abroad))
        # where all sellers are an atom at the cutoff, what they earn is nothing but rounding, and so is its slope
        profit = np.where(profit <= _LOST * np.sum(f, axis=1), 0.0, profit)
        f = f * (self.m.sigma - 1.0) / profit[:, None]
        value = np.log(profit / self.m.f_E)
        return np.where(np.abs(value) <= _ROUNDING, 0.0, value), f[:, 0] + f[:, 1], f[:, 2] + f[:, 3]

    def sales(self, home: np.ndarray, abroad: np.ndarray) -> tuple[np.ndarray, ...]:
        """Compute a draw's sales at home and abroad over sigma, and the slopes of their logs in demand (country)."""
        order, cutoff = self.m.sigma - 1.0, self.log_cutoff(home, abroad)
        f = eq.F(self.m, self.fixed, cutoff)
        rise = np.where(f > 0.0, f * (order + self.m.productivity.hazard(cutoff, order)), 0.0)
        at_home, there = f[:, 0] + f[:, 1], f[:, 2] + f[:, 3]
        return at_home, there, (rise[:, 0] + rise[:, 1]) / at_home, (rise[:, 2] + rise[:, 3]) / there

    def level_at_median(self, half: np.ndarray) -> np.ndarray:
        """Find demand at which half of the draws sell somewhere: `half` the gap more at home, less abroad (country)."""
        unit = np.where(self.m.open, self.unit - laid(half, half, -half, -half), np.inf)
        median = np.broadcast_to(self.m.productivity.log_quantile_upper(0.5), (2, 1, self.m.points))[:, 0]
        return np.asarray(np.min(unit, axis=1) - median)

    def market(self, demand: np.ndarray, entering: np.ndarray) -> Market:
        """Compute all that holds at given demand, with given entrants."""
        cutoff = self.log_cutoff(demand, eq.other(demand))
        f = eq.F(self.m, self.fixed, cutoff)
        both = entering.all(axis=0)
        R = np.where(both, goods_markets(f, self.income), np.sum(self.income, axis=0) * entering)
        return Market(self.log_omega, demand, self.fixed, cutoff, f, R, entering, np.ones_like(f))

    def spent(self, market: Market) -> np.ndarray:
        """Compute what is spent on goods sold in each market (country)."""
        return np.asarray(eq.home_share(market.f) * market.R + eq.other(eq.export_share(market.f) * market.R))
