"""The same worlds another way: densities, consumers and firms as defined, summed by quadrature.

Nothing here comes from the model: no formula for a price, a markup, a cutoff or a moment is used. A firm's best
quantity is the top of the parabola through three of its profits; thresholds and entrants solve free entry and demand
summed over firms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

#: x = tanh(pi/2 sinh t) approaches both ends doubly exponentially: powers of the distance to an end do no harm.
_STEP = 1.0 / 12.0
_T = np.arange(-4.4, 4.4, _STEP)
_U = 0.5 * np.pi * np.sinh(_T)
_LEFT, _RIGHT = 1.0 / (1.0 + np.exp(-2.0 * _U)), 1.0 / (1.0 + np.exp(2.0 * _U))
_WEIGHT = np.pi * np.cosh(_T) * _LEFT * _RIGHT * _STEP
_NEWTON_STEPS = 40
_DIFFERENCE = 1e-6

Density = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def density(table: Mapping[str, Any]) -> tuple[Density, float, float]:
    """Return a density of cost (of a cost and its distances to both ends; up to a factor) and its ends."""
    t, family = table, table["family"]
    if family == "pareto":
        return lambda c, left, right: left ** (t["k"] - 1.0), 0.0, t["c_M"]
    if family == "uniform":
        return lambda c, left, right: np.ones_like(c), t["lower"], t["c_M"]
    if family == "beta":
        return lambda c, left, right: left ** (t["a"] - 1.0) * right ** (t["b"] - 1.0), t["lower"], t["c_M"]
    if family == "truncated_lognormal":
        return lambda c, left, right: np.exp(-0.5 * ((np.log(c) - t["mu"]) / t["sd"]) ** 2) / c, t["lower"], t["c_M"]
    if family == "bounded_pareto":  # of productivity 1/c between lower and upper
        return lambda c, left, right: c ** (t["k"] - 1.0), 1.0 / t["upper"], 1.0 / t["lower"]
    raise ValueError(family)


def draws(table: Mapping[str, Any], top: float, whole: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return costs up to `top` and the probability each stands for; `whole` is `mass` of the table, if known."""
    if table["family"] == "empirical":
        cost, weight = 1.0 / np.asarray(table["values"]), np.asarray(table["weights"])
        return cost[cost < top], (weight / np.sum(weight))[cost < top]
    of, lower, upper = density(table)
    cost, weight = _integrand(of, lower, upper, min(top, upper))
    return cost, weight / (mass(table) if whole is None else whole)


def mass(table: Mapping[str, Any]) -> float:
    """Return the integral of a density."""
    if table["family"] == "empirical":
        return 1.0
    of, lower, upper = density(table)
    return float(np.sum(_integrand(of, lower, upper, upper)[1]))


def _integrand(of: Density, lower: float, upper: float, top: float) -> tuple[np.ndarray, np.ndarray]:
    width = max(top - lower, 0.0)
    cost = lower + width * _LEFT
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        weight = width * _WEIGHT * of(cost, width * _LEFT, upper - top + width * _RIGHT)
    return cost, np.where(np.isfinite(weight) & (width > 0.0), weight, 0.0)


@dataclass(frozen=True)
class Sellers:
    """Firms of one origin in one market, a node of the quadrature each: what they choose, whom they stand for."""

    cost: np.ndarray
    weight: np.ndarray
    delivered: np.ndarray
    price: np.ndarray
    quantity: np.ndarray

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """What the model's averages are of."""
        markup = self.price - self.delivered
        return {
            "cost": self.delivered, "price": self.price, "markup": markup, "quantity": self.quantity,
            "revenue": self.price * self.quantity, "profit": markup * self.quantity,
        }  # fmt: skip


@dataclass(frozen=True)
class World:
    """Primitives, and what follows from them."""

    alpha: float
    gamma: float
    eta: float
    L: np.ndarray
    tau: np.ndarray
    tables: tuple[Mapping[str, Any], ...]
    f_E: np.ndarray
    incumbents: np.ndarray

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> World:
        """Read a scenario's parameters, every entry written out."""
        p = parameters
        zero = [0.0] * len(p["L"])
        numbers = (p["alpha"], p["gamma"], p["eta"])
        arrays = (np.asarray(p["L"], dtype=float), np.asarray(p["tau"], dtype=float))
        firms = (np.asarray(p.get("f_E", zero)), np.asarray(p.get("incumbents", zero)))
        return cls(*numbers, *arrays, tuple(p["cost"]), *firms)

    @cached_property
    def _masses(self) -> list[float]:
        return [mass(table) for table in self.tables]

    def best_quantity(self, j: int, delivered: np.ndarray, Q: float) -> np.ndarray:
        """Return the sales in market j that earn most: the top of the parabola through three profits, or none."""
        step = self.L[j] * self.alpha / self.gamma * 0.25
        profit = [q * (self.inverse_demand(q / self.L[j], Q) - delivered) for q in (0.0, step, 2.0 * step)]
        bend = profit[0] - 2.0 * profit[1] + profit[2]
        top = step * (1.5 * profit[0] - 2.0 * profit[1] + 0.5 * profit[2]) / bend
        return np.maximum(top, 0.0)

    def inverse_demand(self, head: Any, Q: float) -> Any:
        """Return the price at which a consumer who buys Q in all buys `head` of a variety."""
        return self.alpha - self.gamma * head - self.eta * Q

    def sellers(self, i: int, j: int, Q: float) -> Sellers:
        """Return the firms of i that sell in j, an entrant's probability to be one as weight."""
        top = (self.alpha - self.eta * Q) / self.tau[i, j]
        cost, weight = draws(self.tables[i], top, self._masses[i])
        delivered = self.tau[i, j] * cost
        quantity = self.best_quantity(j, delivered, Q)
        return Sellers(cost, weight, delivered, self.inverse_demand(quantity / self.L[j], Q), quantity)

    def expected(self, j: int, Q: float, name: str) -> np.ndarray:
        """Return what an entrant of each country expects in market j of one of `Sellers.columns` (origin)."""
        found = [self.sellers(i, j, Q) for i in range(len(self.L))]
        return np.array([np.sum(s.weight * s.columns[name]) for s in found])

    def long_run(self, guess: np.ndarray) -> Solution:
        """Solve free entry for what consumers buy in each market, then demand for entrants; all countries enter."""
        Q, markets = (self.alpha - guess) / self.eta, range(len(guess))
        for _ in range(_NEWTON_STEPS):
            profit, ahead = (
                np.stack([self.expected(j, float(x[j]), "profit") for j in markets], axis=1)
                for x in (Q, Q * (1.0 + _DIFFERENCE))
            )
            move = np.linalg.solve((ahead - profit) / (_DIFFERENCE * Q)[None, :], self.f_E - np.sum(profit, axis=1))
            Q = Q + move
            if np.max(np.abs(move / Q)) < 1e-14:
                break
        bought = np.stack([self.expected(j, float(Q[j]), "quantity") / self.L[j] for j in markets], axis=1)
        return Solution(self, Q, np.linalg.solve(bought.T, Q))

    def short_run(self) -> Solution:
        """Solve demand market by market for given firms."""
        from scipy.optimize import brentq

        def _excess(Q: float, j: int) -> float:
            return float(self.incumbents @ self.expected(j, Q, "quantity")) / self.L[j] - Q

        ends = 0.0, self.alpha / self.eta * (1.0 - 1e-12)
        found = [brentq(_excess, *ends, args=(j,), xtol=1e-300, rtol=1e-15) for j in range(len(self.L))]
        return Solution(self, np.array(found), self.incumbents)


@dataclass(frozen=True)
class Solution:
    """Consumption of the differentiated good per head in each market and the firms of each country."""

    world: World
    Q: np.ndarray
    N: np.ndarray

    @cached_property
    def P(self) -> np.ndarray:
        """Price that a variety nobody buys would need: its marginal utility at zero."""
        return self.world.alpha - self.world.eta * self.Q

    @cached_property
    def sellers(self) -> list[list[Sellers]]:
        """Sellers by origin and destination."""
        n = len(self.N)
        return [[self.world.sellers(i, j, self.Q[j]) for j in range(n)] for i in range(n)]

    @cached_property
    def _markets(self) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
        markets = []
        for found in zip(*self.sellers, strict=True):
            mass = np.concatenate([N * s.weight for N, s in zip(self.N, found, strict=True)])
            names = found[0].columns
            markets.append((mass, {name: np.concatenate([s.columns[name] for s in found]) for name in names}))
        return markets

    def market(self, j: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the varieties on sale in j: how many firms each node stands for, and their columns."""
        return self._markets[j]

    def variety(self, j: int) -> float:
        """Count the varieties on sale in j."""
        return float(np.sum(self.market(j)[0]))

    def mean(self, j: int, name: str) -> float:
        """Average a column over the varieties on sale in j."""
        mass, columns = self.market(j)
        return float(np.sum(mass * columns[name]) / np.sum(mass))

    def variance(self, j: int, name: str) -> float:
        """Return a column's variance over the varieties on sale in j."""
        mass, columns = self.market(j)
        centred = columns[name] - self.mean(j, name)
        return float(np.sum(mass * centred**2) / np.sum(mass))

    def utility(self, j: int, income: float, quantities: np.ndarray | None = None) -> np.ndarray:
        """Return utility (1) of a consumer of j who spends `income`; `quantities` (..., variety) or what is bought."""
        mass, columns = self.market(j)
        w = self.world
        q = columns["quantity"] / w.L[j] if quantities is None else quantities
        total = np.sum(mass * q, axis=-1)
        rest = income - np.sum(mass * columns["price"] * q, axis=-1)
        squares = np.sum(mass * q * q, axis=-1)
        return np.asarray(rest + w.alpha * total - 0.5 * w.gamma * squares - 0.5 * w.eta * total**2)

    def flow(self, i: int, j: int) -> float:
        """Return the value of what i sells in j, summed over its exporters."""
        s = self.sellers[i][j]
        return float(self.N[i] * np.sum(s.weight * s.columns["revenue"]))

    def share_selling(self, i: int, j: int) -> float:
        """Return the share of draws of i that sell in j."""
        return float(np.sum(self.sellers[i][j].weight))
