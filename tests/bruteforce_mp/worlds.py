"""A world of market penetration from its primitives: firms as weighted clouds, an equilibrium of definitions.

Firms of a country are quadrature nodes; what they choose stands in `firms`. Wages, price indices, and incomes (or
entrants) solve the definitions, summed over firms: a price index is what sellers charge those they reach, labour is
used up by production, by marketing at home and for foreigners, and by entry, income is wages and profits, or expected
profit pays for entry. Powell's hybrid method finds them. Nothing here is shared with the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, log
from typing import Any

import numpy as np
from scipy import optimize

from tests.bruteforce.families import Family, make_family

from .firms import Market, best_price, best_reach, reach, threshold

# Double-exponential rules: ends of the interval are approached doubly exponentially, so that neither a power of the
# distance to the cutoff nor a thin layer above it (beta near 0) costs digits.
_STEP = 1 / 32
_T = np.arange(-4.6, 7.5, _STEP)
TAIL = np.exp(_T - np.exp(-_T))
TAIL_WEIGHT = _STEP * TAIL * (1 + np.exp(-_T))
_S = np.arange(-4.2, 4.2 + _STEP / 2, _STEP)
LEFT = 1 / (1 + np.exp(-np.pi * np.sinh(_S)))
LEFT_WEIGHT = _STEP * 0.25 * np.pi * np.cosh(_S) / np.cosh(0.5 * np.pi * np.sinh(_S)) ** 2
FARTHEST = 50.0  # in ln phi: powers overflow later, and exp(-(theta - S) 50) is below any rounding


@dataclass(frozen=True)
class World:
    """Primitives; matrices are [origin][destination], `productivity` is one table a country."""

    sigma: float
    beta: float
    alpha: float
    gamma: float
    psi: float
    L: np.ndarray
    tau: np.ndarray
    productivity: tuple[Mapping[str, Any], ...]
    J: np.ndarray | None = None
    f_e: np.ndarray | None = None

    @property
    def count(self) -> int:
        return len(self.L)

    @property
    def free(self) -> bool:
        return self.f_e is not None

    @cached_property
    def families(self) -> tuple[Family, ...]:
        return tuple(make_family(t) for t in self.productivity)

    def scenario(self) -> dict[str, Any]:
        """Return the scenario that describes this world to the library."""
        parameters: dict[str, Any] = {
            "sigma": self.sigma,
            "beta": self.beta,
            "alpha": self.alpha,
            "gamma": self.gamma,
            "psi": self.psi,
            "L": self.L.tolist(),
            "tau": self.tau.tolist(),
            "productivity": [dict(t) for t in self.productivity],
            "entry": "free" if self.free else "fixed",
        }
        parameters |= {"f_e": self.f_e.tolist()} if self.free else {"J": self.J.tolist()}
        return {"model": "market_penetration", "parameters": parameters}

    def closed_scenario(self) -> dict[str, Any]:
        """Return the scenario of a Pareto world in the paper's letters, theta and b."""
        scenario = self.scenario()
        tables = scenario["parameters"].pop("productivity")
        (theta,) = {t["k"] for t in tables}
        scenario["parameters"] |= {"theta": theta, "b": [t["scale"] for t in tables]}
        return scenario


def make_world(**given: Any) -> World:
    """Make a world from lists and scalars."""
    n = len(given["L"])
    for name in ("L", "J", "f_e"):
        if given.get(name) is not None:
            given[name] = np.broadcast_to(np.asarray(given[name], dtype=float), (n,)).copy()
    given["tau"] = np.asarray(given["tau"], dtype=float)
    tables = given["productivity"]
    given["productivity"] = tuple([tables] * n if isinstance(tables, Mapping) else tables)
    return World(**given)


def nodes(family: Family, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Return productivities above ln phi = start and the probability each stands for."""
    if family.atoms is not None:
        phi, mass = family.atoms
        return phi[np.log(phi) > start], mass[np.log(phi) > start]
    low = max(start, log(family.lower) if family.lower > 0 else -inf)
    high = log(family.upper) if family.upper < inf else inf
    if low >= high:
        return np.empty(0), np.empty(0)
    if high < inf:
        u, w = low + (high - low) * LEFT, (high - low) * LEFT_WEIGHT
    else:
        inside = low + TAIL < FARTHEST
        u, w = low + TAIL[inside], TAIL_WEIGHT[inside]
    phi = np.exp(u)
    return phi, family.density(phi) * phi * w


@dataclass(frozen=True)
class Sellers:
    """Firms of one origin that sell in one destination, a draw: each array is by firm."""

    phi: np.ndarray
    mass: np.ndarray
    price: np.ndarray
    reach: np.ndarray
    sales: np.ndarray
    production: np.ndarray  # its cost
    marketing: np.ndarray  # its cost
    threshold: float

    @property
    def profit(self) -> np.ndarray:
        return self.sales - self.production - self.marketing


def sellers(market: Market, family: Family) -> Sellers:
    """Let every firm above the threshold choose."""
    start = threshold(market)
    phi, mass = nodes(family, start)
    price = best_price(market, phi)
    bought = market.consumption(price)
    t = best_reach(market, (price - market.unit_cost(phi)) * bought)
    n = reach(t)
    return Sellers(
        phi,
        mass,
        price,
        n,
        n * market.L * bought * price,
        n * market.L * bought * market.unit_cost(phi),
        market.marketing(t),
        start,
    )


@dataclass(frozen=True)
class State:
    """Prices and quantities under trial (country)."""

    world: World
    wage: np.ndarray
    price_index: np.ndarray
    income: np.ndarray  # a head
    entrants: np.ndarray

    def market(self, i: int, j: int) -> Market:
        w = self.world
        return Market(w.sigma, w.beta, w.alpha, w.gamma, w.psi, w.L[j], w.tau[i, j], self.wage[i], self.wage[j],
                      self.income[j], self.price_index[j])  # fmt: skip

    @cached_property
    def firms(self) -> list[list[Sellers]]:
        n = self.world.count
        return [[sellers(self.market(i, j), self.world.families[i]) for j in range(n)] for i in range(n)]

    def total(self, of: str) -> np.ndarray:
        """Sum what sellers do over all firms (origin, destination)."""
        sums = [[float(s.mass @ getattr(s, of)) for s in row] for row in self.firms]
        return self.entrants[:, None] * np.array(sums)

    @property
    def labour(self) -> np.ndarray:
        """Labour used: production, marketing by own firms here and by all firms from where they sell, entry."""
        gamma, marketing = self.world.gamma, self.total("marketing")
        work = (
            self.total("production").sum(axis=1) + (1 - gamma) * marketing.sum(axis=1) + gamma * marketing.sum(axis=0)
        )
        entry = self.entrants * self.world.f_e if self.world.free else 0.0
        return work / self.wage + entry


def residuals(state: State) -> np.ndarray:
    """Return how far the definitions are from holding, in logs; labour markets come last."""
    world, sigma = state.world, state.world.sigma
    basket = np.zeros(world.count)
    for i, row in enumerate(state.firms):
        for j, s in enumerate(row):
            basket[j] += state.entrants[i] * float(s.mass @ (s.reach * s.price ** (1 - sigma)))
    profit = state.total("profit").sum(axis=1)
    if world.free:
        earned = np.log(np.maximum(profit, 1e-300) / (state.entrants * state.wage * world.f_e))
    else:
        earned = np.log((state.wage * world.L + profit) / (state.income * world.L))
    prices = np.log(np.maximum(basket, 1e-300)) / (1 - sigma) - np.log(state.price_index)
    return np.concatenate([prices, earned, np.log(np.maximum(state.labour, 1e-300) / world.L)])


def unpack(world: World, x: np.ndarray) -> State:
    n = world.count
    wage = np.exp(np.concatenate([[0.0], x[: n - 1]]))
    price_index, last = np.exp(x[n - 1 : 2 * n - 1]), np.exp(x[2 * n - 1 :])
    if world.free:
        return State(world, wage, price_index, wage, last)
    return State(world, wage, price_index, last, world.J)


def start(world: World) -> np.ndarray:
    """Return wages and incomes near one and the price indices that sellers then charge."""
    n = world.count
    last = np.log(0.1 * world.L / world.f_e) if world.free else np.full(n, 0.1)
    x = np.concatenate([np.zeros(n - 1), np.zeros(n), last])
    for _ in range(12):
        x[n - 1 : 2 * n - 1] += np.clip(0.7 * residuals(unpack(world, x))[:n], -0.5, 0.5)
    return x


def solve_world(world: World) -> State:
    """Find the equilibrium; one labour market is left out, for the others imply it."""
    found = optimize.root(lambda x: residuals(unpack(world, x))[:-1], start(world), method="hybr", tol=1e-14)
    state = unpack(world, found.x)
    worst = np.abs(residuals(state)).max()
    if not worst < 1e-11:
        raise AssertionError(f"the definitions are off by {worst:.1e}: {found.message}")
    return state
