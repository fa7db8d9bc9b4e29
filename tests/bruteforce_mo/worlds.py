"""A world of linear demand from its primitives: consumers' demand, firms' best quantities, entry by coordinate search.

Each firm looks for the quantity that earns most in each market, numerically; consumers' quantities and firms' profits
are integrals over costs; the mass of entrants of one country after another is moved until entry there pays nothing or
nobody enters, and Newton's method with differences ends the search. No formula for a price, a markup, a cutoff or a
moment is used, nor anything from the library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import brentq

from .costs import Costs, make_costs


@dataclass(frozen=True)
class World:
    """Primitives; `incumbents` is None in the long run."""

    alpha: float
    eta: float
    gamma: float
    L: tuple[float, ...]
    tau: tuple[tuple[float, ...], ...]
    tables: tuple[dict[str, Any], ...]
    f_E: tuple[float, ...] | None = None
    incumbents: tuple[float, ...] | None = None

    @property
    def count(self) -> int:
        return len(self.L)

    @cached_property
    def costs(self) -> list[Costs]:
        return [make_costs(table) for table in self.tables]

    def scenario(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            "alpha": self.alpha,
            "eta": self.eta,
            "gamma": self.gamma,
            "L": list(self.L),
            "tau": [list(row) for row in self.tau],
            "cost": [dict(table) for table in self.tables],
        }
        if self.incumbents is None:
            given |= {"horizon": "long", "f_E": list(self.f_E or ())}
        else:
            given |= {"horizon": "short", "incumbents": list(self.incumbents)}
        return {"model": "melitz_ottaviano", "parameters": given}


# --- a firm in a market


def inverse_demand(world: World, q: np.ndarray, Q: float) -> np.ndarray:
    """Return the price at which a consumer who buys Q in all buys q of a variety."""
    return world.alpha - world.gamma * q - world.eta * Q


def best_quantity(world: World, delivered: np.ndarray, Q: float) -> np.ndarray:
    """Search for the sales a consumer that earn most: three points, and the top of the parabola through them.

    Profit is smooth in quantity; the search repeats around its last answer and ends at zero where selling never pays.
    """

    def profit(q: np.ndarray) -> np.ndarray:
        return (inverse_demand(world, q, Q) - delivered) * q

    best = np.full_like(delivered, 0.25 * world.alpha / world.gamma)
    for _ in range(2):
        step = 0.5 * best + 1e-3 * world.alpha / world.gamma
        low, mid, high = profit(best - step), profit(best), profit(best + step)
        curve = low - 2 * mid + high
        best = np.maximum(best + 0.5 * step * (low - high) / curve, 0.0)
    return best


@dataclass(frozen=True)
class Sellers:
    """Firms of one origin that sell in one market: costs, probabilities, sales a consumer, prices."""

    cost: np.ndarray
    weight: np.ndarray
    delivered: np.ndarray
    q: np.ndarray
    price: np.ndarray


def sellers(world: World, origin: int, market: int, Q: float) -> Sellers:
    """Return those whose first unit sells above its delivered cost, with their best quantities."""
    T = world.tau[origin][market]
    c, w = world.costs[origin].nodes(float(inverse_demand(world, np.zeros(()), Q)) / T)
    q = best_quantity(world, T * c, Q)
    return Sellers(c, w, T * c, q, inverse_demand(world, q, Q))


def demand_by_origin(world: World, market: int, Q: float) -> np.ndarray:
    """Return what a consumer buys from an entrant of each origin, on average over costs."""
    return np.array([(s.weight * s.q).sum() for s in (sellers(world, i, market, Q) for i in range(world.count))])


def profit_by_origin(world: World, market: int, Q: float) -> np.ndarray:
    """Return what an entrant of each origin earns in a market, on average over costs."""
    found = (sellers(world, i, market, Q) for i in range(world.count))
    return np.array([world.L[market] * (s.weight * (s.price - s.delivered) * s.q).sum() for s in found])


# --- the whole


def consumption(world: World, market: int, N: np.ndarray) -> float:
    """Find the quantity Q that firms supply to a consumer who buys Q: supply falls in Q."""
    top = world.alpha / world.eta

    def excess(Q: float) -> float:
        return Q - float(N @ demand_by_origin(world, market, Q))

    if excess(0.0) >= 0:
        return 0.0
    return float(brentq(excess, 0.0, top, xtol=1e-14 * top, rtol=1e-13))


def expected_profit(world: World, N: np.ndarray) -> np.ndarray:
    """Return what an entrant of each origin expects to earn."""
    return sum(
        (profit_by_origin(world, j, consumption(world, j, N)) for j in range(world.count)),
        start=np.zeros(world.count),
    )


@dataclass(frozen=True)
class Solution:
    """Masses of entrants and quantities a consumer; `residual` is the worst of its own conditions."""

    world: World
    N: np.ndarray
    Q: np.ndarray
    profit: np.ndarray
    residual: float
    sweeps: int = field(default=0, compare=False)


def coordinate_search(world: World, N: np.ndarray, rtol: float) -> np.ndarray:
    """Move each country's entrants until entry there pays nothing, or there are none."""
    f_E = np.asarray(world.f_E)
    N = N.copy()
    for i in range(world.count):

        def surplus(n: float, i: int = i) -> float:
            trial = N.copy()
            trial[i] = n
            return float(expected_profit(world, trial)[i] - f_E[i])

        if surplus(0.0) <= 0:
            N[i] = 0.0
            continue
        high = max(N[i], 1.0)
        while surplus(high) > 0:
            high *= 2
        N[i] = float(brentq(surplus, 0.0, high, rtol=rtol, xtol=rtol * high))
    return N


def newton(residual: Callable[[np.ndarray], np.ndarray], x: np.ndarray, steps: int = 8) -> np.ndarray:
    """Polish a root with a Jacobian by central differences."""
    for _ in range(steps):
        columns = []
        for n in range(x.size):
            h = 1e-5 * max(abs(x[n]), 1e-3)
            up, down = x.copy(), x.copy()
            up[n] += h
            down[n] -= h
            columns.append((residual(up) - residual(down)) / (2 * h))
        move = np.linalg.lstsq(np.array(columns).T, -residual(x), rcond=None)[0]
        x = x + move
        if np.all(np.abs(move) <= 1e-15 * np.abs(x)):
            break
    return x


def conditions(world: World, N: np.ndarray, Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return excess consumption (relative) and the expected profit of an entrant."""
    bought = np.array([N @ demand_by_origin(world, j, Q[j]) for j in range(world.count)])
    profit = sum((profit_by_origin(world, j, Q[j]) for j in range(world.count)), start=np.zeros(world.count))
    return (Q - bought) * world.eta / world.alpha, profit


def polish(world: World, N: np.ndarray, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve quantities and the masses of the countries that enter, all at once."""
    n = world.count
    f_E = np.asarray(world.f_E if world.f_E is not None else np.ones(n))

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        masses = N.copy()
        masses[active] = x[n:]
        return masses, x[:n]

    def residual(x: np.ndarray) -> np.ndarray:
        excess, profit = conditions(world, *unpack(x))
        return np.concatenate([excess, (profit / f_E - 1)[active]])

    start = np.array([consumption(world, j, N) for j in range(n)])
    return unpack(newton(residual, np.concatenate([start, N[active]])))


def complementarity(world: World, N: np.ndarray, profit: np.ndarray) -> float:
    """Return the worst failure of: no entrant gains, and who enters loses nothing."""
    loss = 1 - profit / np.asarray(world.f_E)
    return float(np.max(np.where(N > 0, np.abs(loss), np.maximum(-loss, 0.0)) + np.maximum(-N, 0.0)))


def solve_world(world: World, sweeps: int = 60) -> Solution:
    """Solve a world; the long run by coordinates, then Newton on the countries that enter."""
    if world.incumbents is not None:
        N = np.asarray(world.incumbents, dtype=float)
        N, Q = polish(world, N, np.zeros(world.count, dtype=bool))
        excess, profit = conditions(world, N, Q)
        return Solution(world, N, Q, profit, float(np.abs(excess).max()))
    N = np.zeros(world.count)
    for sweep in range(1, sweeps + 1):
        N = coordinate_search(world, N, rtol=1e-4)
        if sweep % 3 and world.count > 1:
            continue
        active = N > 0
        trial, Q = polish(world, N, active)
        excess, profit = conditions(world, trial, Q)
        worst = max(float(np.abs(excess).max()), complementarity(world, trial, profit))
        if worst < 1e-11:
            return Solution(world, trial, Q, profit, worst, sweep)
    raise AssertionError("the coordinate search did not settle")
