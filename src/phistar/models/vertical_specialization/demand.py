"""Demand and entry at a given relative wage, for a batch of worlds at once.

Demand levels solve a convex program: maximise sum_i w_i L_i ln B_i subject to expected profits of at most the entry
cost in each country; masses of entrants are its multipliers. So demand is unique, and a country without entrants (a
corner) is a constraint that does not bind. Let d = ln B/(sigma - 1). Newton's method looks for the d at which entry
just pays in both countries. Where that fails, or would need a negative mass of entrants, monotone roots take over, with
g = d_1 - d_2:

* `levels` finds for each country how high demand must be for entry to pay, at given g;
* `_alone` finds the g at which one country's firms serve both markets by themselves: the answer if entry does not pay
  in the other; and if it would in both cases, both enter, at a g between the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.primitives import Primitives, laid
from phistar.numerics.monotone import CLOSE, LONGEST, increasing_root

#: A larger gap of demand between the markets than any root has, as a bound where a market cannot be served.
_FAR = 80.0
#: Newton steps before monotone roots take over.
_TRIED = 8


@dataclass
class Market:
    """What holds at given relative wages (batch is the last axis).

    Attributes
    ----------
    log_omega : ndarray (batch)
    demand : ndarray (country, batch)
        ln B/(sigma - 1) of each market.
    fixed, log_cutoff, f : ndarray (country, mode, batch)
        Fixed costs of the true choice, ln cutoffs, F.
    R : ndarray (country, batch)
        Revenue that clears both goods markets.
    entering : ndarray of bool (country, batch)
        Which country has entrants.
    untraded : ndarray of bool (batch), optional
        Whether the search met a wage at which nobody trades.
    """

    log_omega: np.ndarray
    demand: np.ndarray
    fixed: np.ndarray
    log_cutoff: np.ndarray
    f: np.ndarray
    R: np.ndarray
    entering: np.ndarray
    untraded: np.ndarray | None = None


class Demand:
    """The worlds of a batch, asked for their demand at one relative wage after another: each answer starts the next."""

    def __init__(self, m: Primitives, start: np.ndarray | None = None) -> None:
        self.m = m
        self.demand = np.zeros((2, m.points)) if start is None else start
        self.likely = np.zeros(m.points, dtype=int)  # the country that enters alone, if one does

    def at(self, log_omega: np.ndarray) -> Market:
        """Solve demand and entry at the relative wages `log_omega` (batch)."""
        m = self.m
        log_w = np.stack([log_omega, np.zeros_like(log_omega)])
        self.income, self.fixed = np.exp(log_w) * m.L, eq.fixed_costs(m, log_w)
        self.base = eq.log_cutoffs_at_unit_demand(m, log_w, self.fixed)
        demand, found = self._newton()
        cutoff = self._log_cutoff(demand)
        f = eq.F(m, self.fixed, cutoff)
        R = goods_markets(f, self.income)
        entering = np.ones((2, m.points), dtype=bool)
        rest = np.flatnonzero(~(found & np.all(R > 0.0, axis=0)))
        if len(rest):
            demand[:, rest], entering[:, rest] = self._part(rest)._corner()
            cutoff = self._log_cutoff(demand)
            f = eq.F(m, self.fixed, cutoff)
            both = entering.all(axis=0)
            self.likely = np.where(both, self.likely, np.argmax(entering, axis=0))
            R = np.where(both, goods_markets(f, self.income), np.sum(self.income, axis=0) * entering)
        self.demand = np.where(np.isfinite(demand), demand, self.demand)
        return Market(log_omega, demand, self.fixed, cutoff, f, R, entering)

    def _part(self, keep: np.ndarray) -> Demand:
        part = Demand(self.m.take(keep), self.demand[:, keep])
        part.likely = self.likely[keep]
        part.income, part.fixed, part.base = self.income[:, keep], self.fixed[..., keep], self.base[..., keep]
        return part

    def _log_cutoff(self, demand: np.ndarray) -> np.ndarray:
        abroad = eq.other(demand)
        return np.where(self.m.open, self.base - laid(demand, demand, abroad, abroad), 0.0)

    def _entry(self, demand: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute ln of expected profit over the entry cost, and its slopes in demand at home and abroad (country)."""
        profit, f = eq.profit_and_F(self.m, self.fixed, self._log_cutoff(demand))
        f = f * (self.m.sigma - 1.0) / profit[:, None]
        return np.log(profit / self.m.f_E), f[:, 0] + f[:, 1], f[:, 2] + f[:, 3]

    def _newton(self) -> tuple[np.ndarray, np.ndarray]:
        """Look for the demand at which entry just pays in both countries; say where it was found."""
        demand = self.demand
        arrived = np.zeros(self.m.points, dtype=bool)
        for _ in range(_TRIED):
            value, home, abroad = self._entry(demand)
            determinant = home[0] * home[1] - abroad[0] * abroad[1]
            step = (abroad * eq.other(value) - eq.other(home) * value) / determinant
            step = np.where(arrived, 0.0, np.clip(step, -LONGEST, LONGEST))
            demand = demand + step
            arrived |= np.all(np.abs(step) <= CLOSE * (1.0 + np.abs(demand)), axis=0)
            if np.all(arrived | np.isnan(demand).any(axis=0)):
                break
        return demand, arrived

    # -- monotone roots ----------------------------------------------------------------------------------------

    def _corner(self) -> tuple[np.ndarray, np.ndarray]:
        """Solve where both countries' entry was not found: demand, and who enters."""
        self.level = np.broadcast_to(0.5 * np.sum(self.demand, axis=0), self.demand.shape)
        self.gap = self.demand[0] - self.demand[1]
        gap, alone = self._alone(self.likely), self.likely
        idle = self._stays_out(gap, alone)
        if not idle.all():
            second = self._alone(1 - self.likely)
            other_idle = self._stays_out(second, 1 - self.likely)
            between = gap if np.all(idle | other_idle) else self._between(gap, second)
            alone = np.where(idle, alone, 1 - alone)
            gap, idle = np.where(idle, gap, np.where(other_idle, second, between)), idle | other_idle
        level = self.levels(gap)
        entering = ~idle | (np.arange(2)[:, None] == alone)
        level = np.sum(np.where(entering, level, 0.0), axis=0) / np.sum(entering, axis=0)
        return np.stack([level + 0.5 * gap, level - 0.5 * gap]), entering

    def _stays_out(self, gap: np.ndarray, alone: np.ndarray) -> np.ndarray:
        """Say where entry to the other country would need a higher level than entry to the one that is alone."""
        above = self._disagreement(gap)[0]
        return np.where(alone == 0, above >= 0.0, above <= 0.0)

    def _between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Find the gap at which both countries' levels agree, between two at which they disagree in opposite ways."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        sign = np.where(self._disagreement(high)[0] > self._disagreement(low)[0], 1.0, -1.0)

        def signed(gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            value, slope = self._disagreement(gap)
            return sign * value, sign * slope

        return increasing_root(signed, np.clip(self.gap, low, high), low, high)

    def levels(self, gap: np.ndarray) -> np.ndarray:
        """Find the mean demand at which entry just pays in each country, given the gap between markets (country)."""
        half = 0.5 * np.stack([gap, -gap])

        def entry(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            # each country sees the markets from its own level
            profit, f = eq.profit_and_F(self.m, self.fixed, self._seen(level, half))
            return np.log(profit / self.m.f_E), (self.m.sigma - 1.0) * np.sum(f, axis=1) / profit

        self.level = increasing_root(entry, np.nan_to_num(self.level))
        return self.level

    def _seen(self, level: np.ndarray, half: np.ndarray) -> np.ndarray:
        home, abroad = level + half, level - half
        return np.where(self.m.open, self.base - laid(home, home, abroad, abroad), 0.0)

    def _sales(self, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute F at each country's own level, and ln cutoffs there."""
        cutoff = self._seen(self.levels(gap), 0.5 * np.stack([gap, -gap]))
        return eq.F(self.m, self.fixed, cutoff), cutoff

    def _disagreement(self, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute country 2's level less country 1's, and its slope: home sales' shares less one."""
        f, _ = self._sales(gap)
        return self.level[1] - self.level[0], np.sum(eq.home_share(f), axis=0) - 1.0

    def _alone(self, country: np.ndarray) -> np.ndarray:
        """Find the gap at which the firms of `country` (batch) sell in each market what is spent there."""
        order, points = self.m.sigma - 1.0, np.arange(self.m.points)
        wanted = np.log(self.income[0] / self.income[1])
        toward = np.where(country == 0, 1.0, -1.0)  # whether home is the first market

        def sales(gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            f, cutoff = self._sales(gap)
            rise = np.where(self.m.open, f * (order + self.m.productivity.hazard(cutoff, order)), 0.0)
            f, rise = f[country, :, points].T, rise[country, :, points].T
            home, abroad = f[0] + f[1], f[2] + f[3]
            by_home, by_abroad = (rise[0] + rise[1]) / home, (rise[2] + rise[3]) / abroad
            # as the gap widens the level moves so that entry still just pays
            slope = (by_home * abroad + by_abroad * home) / (home + abroad)
            return toward * np.log(home / abroad) - wanted, slope

        exports = np.broadcast_to(self.m.exports, (2, self.m.points))[country, points]
        return np.where(exports, increasing_root(sales, self.gap), -toward * _FAR)


def goods_markets(f: np.ndarray, income: np.ndarray) -> np.ndarray:
    """Solve (3) for revenues given F by mode and labour incomes (country, batch)."""
    home, abroad = eq.home_share(f), eq.export_share(f)
    # home_1 home_2 - abroad_1 abroad_2
    determinant = home[0] - abroad[1]
    return np.asarray((eq.other(home) * income - eq.other(abroad * income)) / determinant)
