"""Brute force: an equilibrium of firms' own choices, found without any cutoff formula.

A firm compares the profit of every set of markets it could serve and takes the best. The firms of a country
are a weighted cloud of productivities (quadrature nodes), so every aggregate is a sum over firms, as in a
data set. Wages, price indices, masses of firms and incomes are found by a damped Newton method on the
definitions (expected profit pays for entry, the price index is what the sellers charge, labour is used up,
income is earned), with differences for derivatives. Nothing here is shared with the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from scipy import optimize

from .families import Family, make_family, nodes


@dataclass(frozen=True)
class World:
    """Primitives of a Melitz world; matrices are [origin][destination]."""

    sigma: float
    L: np.ndarray
    tau: np.ndarray
    f: np.ndarray
    f_e: np.ndarray
    delta: np.ndarray
    productivity: tuple[Mapping[str, Any], ...]
    fixed_cost: str = "market"
    entry: str = "free"
    J: np.ndarray | None = None

    @property
    def count(self) -> int:
        return len(self.L)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        return tuple(make_family(t) for t in self.productivity)

    def scenario(self) -> dict[str, Any]:
        """Return the scenario that describes this world to the library."""
        parameters: dict[str, Any] = {
            "sigma": self.sigma,
            "L": list(map(float, self.L)),
            "tau": self.tau.tolist(),
            "f": self.f.tolist(),
            "productivity": [dict(t) for t in self.productivity],
            "fixed_cost": self.fixed_cost,
            "entry": self.entry,
        }
        if self.entry == "fixed":
            parameters["J"] = list(map(float, self.J))
        else:
            parameters["f_e"] = list(map(float, self.f_e))
            parameters["delta"] = list(map(float, self.delta))
        return {"model": "melitz", "parameters": parameters}


def make_world(**given: Any) -> World:
    """Make a world from lists and scalars."""
    n = len(given["L"])
    given.setdefault("f_e", 1.0)
    given.setdefault("delta", 1.0)
    for name in ("L", "f_e", "delta", "J"):
        if given.get(name) is not None:
            given[name] = np.broadcast_to(np.asarray(given[name], dtype=float), (n,)).copy()
    for name in ("tau", "f"):
        given[name] = np.asarray(given[name], dtype=float)
    tables = given["productivity"]
    given["productivity"] = tuple([tables] * n if isinstance(tables, Mapping) else tables)
    return World(**given)


# ---
# What a firm does


def market_sets(count: int) -> list[tuple[int, ...]]:
    """Return every set of markets, the empty one first."""
    return [s for size in range(count + 1) for s in combinations(range(count), size)]


def fixed_labour(world: World, origin: int, served: tuple[int, ...]) -> float:
    """Return the labour a firm needs to serve a set of markets, before producing anything."""
    if not served:
        return 0.0
    if world.fixed_cost == "overhead":
        return world.f[origin, origin] + sum(world.f[origin, j] for j in served if j != origin)
    return sum(world.f[origin, j] for j in served)


def sales(world: World, origin: int, wage: np.ndarray, demand: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return what a firm would sell in each market at its best price, [destination][firm].

    `demand` is expenditure times the price index to the power sigma - 1.
    """
    price = pricing(world, origin, wage, phi)
    quantity = demand[:, None] * price**-world.sigma
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(price), price * quantity, 0.0)


def pricing(world: World, origin: int, wage: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return the best price: the markup sigma/(sigma-1) over marginal cost at the destination."""
    marginal_cost = wage[origin] * world.tau[origin][:, None] / np.atleast_1d(phi)
    return world.sigma / (world.sigma - 1) * marginal_cost


def profit_of_sets(world: World, origin: int, wage: np.ndarray, demand: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return the profit of serving each set of markets, [set][firm]."""
    revenue = sales(world, origin, wage, demand, phi)
    variable = revenue / world.sigma  # revenue less variable cost when price is the markup over it
    return np.array(
        [
            sum((variable[j] for j in served), np.zeros(revenue.shape[1]))
            - wage[origin] * fixed_labour(world, origin, served)
            for served in market_sets(world.count)
        ]
    )


def turning_points(world: World, origin: int, wage: np.ndarray, demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the productivities at which the best set of markets changes, and the best set above each.

    Any two sets are compared: variable profit grows like phi^(sigma-1), so their profits cross at most once.
    """
    s = world.sigma - 1
    unit = sales(world, origin, wage, demand, np.array([1.0]))[:, 0] / world.sigma
    slope = np.array([sum(unit[j] for j in m) for m in market_sets(world.count)])  # variable profit at phi = 1
    cost = wage[origin] * np.array([fixed_labour(world, origin, m) for m in market_sets(world.count)])
    rise = slope[None, :] - slope[:, None]
    more = cost[None, :] - cost[:, None]
    crosses = (rise > 0) & (more > 0)
    z = np.unique(more[crosses] / rise[crosses])
    between = np.concatenate([[z[0] / 2], np.sqrt(z[:-1] * z[1:]), [z[-1] * 2]])
    # Compare at points between crossings; tied sets differ only by a market that adds nothing at all.
    best = np.argmax(slope[:, None] * between - cost[:, None], axis=0)
    changes = np.nonzero(best[1:] != best[:-1])[0]
    return z[changes] ** (1 / s), best[changes + 1]


@dataclass(frozen=True)
class Firms:
    """The active firms of one country as a weighted cloud; arrays are [destination][firm] or [firm]."""

    phi: np.ndarray
    mass: np.ndarray  # probability that a draw is this firm
    serves: np.ndarray
    revenue: np.ndarray
    price: np.ndarray
    fixed: np.ndarray  # labour
    turning: np.ndarray


def population(world: World, origin: int, wage: np.ndarray, demand: np.ndarray) -> Firms:
    """Return all firms of a country that choose to serve some market."""
    turning, best = turning_points(world, origin, wage, demand)
    phi, mass, where = nodes(world.families[origin], turning)
    sets = market_sets(world.count)
    member = np.array([[j in m for m in sets] for j in range(world.count)])
    costs = np.array([fixed_labour(world, origin, m) for m in sets])
    chosen = best[where]
    serves = member[:, chosen]
    price = pricing(world, origin, wage, phi)
    return Firms(
        phi,
        mass,
        serves,
        np.where(serves, sales(world, origin, wage, demand, phi), 0.0),
        price,
        costs[chosen],
        turning,
    )


# ---
# Equilibrium


@dataclass(frozen=True)
class Solution:
    """An equilibrium: prices, incomes, masses of firms, and the firms themselves."""

    world: World
    wage: np.ndarray
    price_index: np.ndarray
    income: np.ndarray
    mass: np.ndarray  # stock of draws
    residual: float

    @cached_property
    def firms(self) -> tuple[Firms, ...]:
        demand = self.income * self.price_index ** (self.world.sigma - 1)
        return tuple(population(self.world, i, self.wage, demand) for i in range(self.world.count))


def residuals(world: World, wage: np.ndarray, P: np.ndarray, income: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return how far the definitions are from holding, in logs; labour markets come last."""
    n = world.count
    demand = income * P ** (world.sigma - 1)
    basket = np.zeros(n)
    entry, labour, earned = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        firm = population(world, i, wage, demand)
        charged = np.where(firm.serves & np.isfinite(firm.price), firm.price, np.inf)
        basket += mass[i] * (charged ** (1 - world.sigma) @ firm.mass)
        total = firm.revenue.sum(axis=0)
        variable_labour = total * (1 - 1 / world.sigma) / wage[i]
        profit = (total - wage[i] * (variable_labour + firm.fixed)) @ firm.mass
        used = mass[i] * ((variable_labour + firm.fixed) @ firm.mass)
        if world.entry == "free":
            used += mass[i] * world.delta[i] * world.f_e[i]
            # ln is undefined while a trial point earns nothing: a large number sends the line search back
            entry[i] = np.log(max(profit, 1e-300) / (wage[i] * world.delta[i] * world.f_e[i]))
            earned[i] = wage[i] * world.L[i]
        else:
            earned[i] = wage[i] * world.L[i] + mass[i] * profit
        labour[i] = np.log(max(used, 1e-300) / world.L[i])
    spending = np.log(np.maximum(basket, 1e-300)) / (1 - world.sigma) - np.log(P)
    own = entry if world.entry == "free" else np.log(earned / income)
    return np.concatenate([own, spending, labour])


def solve_world(world: World) -> Solution:
    """Find the equilibrium with the first country's wage as numeraire, from autarky, by damped Newton."""
    n = world.count
    closed = [_autarky(world, i) for i in range(n)]
    start = np.concatenate([np.zeros(n - 1), np.log([c[0] for c in closed]), np.log([c[1] for c in closed])])

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        wage = np.exp(np.concatenate([[0.0], x[: n - 1]]))
        P, last = np.exp(x[n - 1 : 2 * n - 1]), np.exp(x[2 * n - 1 :])
        if world.entry == "free":
            return wage, P, wage * world.L, last
        return wage, P, last, world.J

    def gap(x: np.ndarray) -> np.ndarray:
        return residuals(world, *unpack(x))[:-1]  # Walras: the last labour market is checked afterwards

    x = _newton(gap, start)
    wage, P, income, mass = unpack(x)
    full = residuals(world, wage, P, income, mass)
    return Solution(world, wage, P, income, mass, float(np.max(np.abs(full))))


def _newton(gap: Any, x: np.ndarray) -> np.ndarray:
    value = gap(x)
    for _ in range(200):
        size = np.max(np.abs(value))
        if size < 2e-14:
            break
        # central differences: their error, about 1e-10, only slows the very last steps
        jacobian = np.array([(gap(x + e) - gap(x - e)) / 2e-5 for e in 1e-5 * np.eye(len(x))]).T
        step = np.linalg.solve(jacobian, value)
        scale = min(1.0, 1.0 / np.max(np.abs(step)))
        while scale > 1e-6:
            trial = gap(x - scale * step)
            if np.max(np.abs(trial)) < size:
                break
            scale /= 2
        else:
            break
        x, value = x - scale * step, trial
    return x


def _autarky(world: World, i: int) -> tuple[float, float]:
    """Return the price index and the mass of draws (or income) of country i on its own."""
    pick = slice(i, i + 1)
    alone = replace(
        world,
        L=world.L[pick],
        tau=world.tau[pick, pick],
        f=world.f[pick, pick],
        f_e=world.f_e[pick],
        delta=world.delta[pick],
        productivity=(world.productivity[i],),
        J=None if world.J is None else world.J[pick],
    )
    one = np.ones(1)

    def best(log_demand: float) -> tuple[float, Firms, float]:
        firm = population(alone, 0, one, np.exp([log_demand]))
        total = firm.revenue[0] @ firm.mass
        return total / alone.sigma - firm.fixed @ firm.mass, firm, total

    if world.entry == "free":
        cost = alone.delta[0] * alone.f_e[0]
        root = optimize.brentq(lambda a: best(a)[0] - cost, -40, 40, xtol=1e-13)
        _, firm, total = best(root)
        mass = alone.L[0] / total
        P = (mass * (firm.price[0] ** (1 - alone.sigma) @ firm.mass)) ** (1 / (1 - alone.sigma))
        return float(P), float(mass)

    def excess(a: float) -> float:
        gain, _, total = best(a)
        return alone.J[0] * (total - gain) / alone.L[0] - 1

    root = optimize.brentq(excess, -40, 40, xtol=1e-13)
    _, firm, total = best(root)
    P = (alone.J[0] * (firm.price[0] ** (1 - alone.sigma) @ firm.mass)) ** (1 / (1 - alone.sigma))
    return float(P), float(alone.J[0] * total)
