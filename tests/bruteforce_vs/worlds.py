"""Two countries from their primitives: each firm compares its modes, and sums over firms must clear every market.

Nothing here comes from the library; distributions are those of `tests.bruteforce.families`. Letters are the paper's. No
cutoff formula is used: every firm takes the best of its modes in each market, and integrals are split wherever the
profits of two modes cross.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.bruteforce.families import make_family, nodes

#: (sells, imports) of the modes of a market
MODES = ((False, False), (True, False), (True, True))


@dataclass(frozen=True)
class World:
    sigma: float
    L: tuple[float, float]
    tau_X: tuple[float, float]
    tau_M: tuple[float, float]
    f_D: tuple[float, float]
    f_X: tuple[float, float]
    f_DM: tuple[float, float]
    f_XM: tuple[float, float]
    f_E: tuple[float, float]
    tables: tuple[Mapping[str, Any], Mapping[str, Any]]

    def scenario(self) -> dict[str, Any]:
        names = ("sigma", "L", "tau_X", "tau_M", "f_D", "f_X", "f_DM", "f_XM", "f_E")
        given = {n: list(v) if isinstance(v := getattr(self, n), tuple) else v for n in names}
        tables = [dict(table) for table in self.tables]
        return {"model": "vertical_specialization", "parameters": {**given, "productivity": tables}}


@dataclass(frozen=True)
class Prices:
    """Wages, price indices and masses of entrants, one a country."""

    w: np.ndarray
    P: np.ndarray
    M: np.ndarray


@dataclass(frozen=True)
class Sales:
    """What all draws of one country do in one market, a draw: sums over productivity."""

    profit: float
    revenue: float
    inputs_own: float
    inputs_bought: float
    fixed: float
    price_power: float
    sellers: float
    importers: float
    lowest_seller: float
    lowest_importer: float


def unit_cost(world: World, w: np.ndarray, i: int, imports: bool) -> tuple[float, float]:
    """Return the price of the input bundle and the share of domestic inputs in its cost."""
    one = 1 - world.sigma
    own, bought = w[i] ** one, (world.tau_M[i] * w[1 - i]) ** one if imports else 0.0
    return (own + bought) ** (1 / one), own / (own + bought)


def market_profit(world: World, at: Prices, i: int, j: int, phi: np.ndarray) -> np.ndarray:
    """Return the profit of each mode of market j at each productivity (mode, firm)."""
    sigma, demand = world.sigma, at.P[j] ** (world.sigma - 1) * at.w[j] * world.L[j]
    base, more = (world.f_D[i], world.f_DM[i]) if i == j else (world.f_X[i], world.f_XM[i])
    rows = []
    for sells, imports in MODES:
        if not sells:
            rows.append(np.zeros_like(phi))
            continue
        cost = unit_cost(world, at.w, i, imports)[0] * (1.0 if i == j else world.tau_X[i]) / phi
        price = sigma / (sigma - 1) * cost
        quantity = demand * price**-sigma
        rows.append((price - cost) * quantity - at.w[i] * (base + (more if imports else 0.0)))
    return np.array(rows)


def crossings(world: World, at: Prices, i: int, j: int) -> list[float]:
    """Return every productivity at which two modes of a market earn the same; profits are lines in phi^(sigma-1)."""
    one, two = (market_profit(world, at, i, j, np.array([x]))[:, 0] for x in (1.0, 2.0))
    power = world.sigma - 1
    slope = (two - one) / (2**power - 1)
    level = one - slope
    found = []
    for a in range(3):
        for b in range(a):
            rise = slope[a] - slope[b]
            if rise != 0 and (level[b] - level[a]) / rise > 0:
                found.append(((level[b] - level[a]) / rise) ** (1 / power))
    return found


def follow(world: World, at: Prices, i: int, j: int) -> Sales:
    """Integrate what the draws of country i do in market j."""
    family = make_family(world.tables[i])
    open_ = i == j or np.isfinite(world.tau_X[i])
    points = sorted({x for x in crossings(world, at, i, j) if family.lower < x < family.upper}) if open_ else []
    start = family.lower if family.lower > 0 else 1e-9 * min(points, default=1.0)
    phi, mass, _ = nodes(family, np.array([start, *points]))
    if not open_:
        return Sales(*[0.0] * 8, np.inf, np.inf)
    profits = market_profit(world, at, i, j, phi)
    if not np.isfinite(world.tau_M[i]):
        profits[2] = -np.inf
    best = np.argmax(profits, axis=0)
    sigma, demand = world.sigma, at.P[j] ** (world.sigma - 1) * at.w[j] * world.L[j]
    base, more = (world.f_D[i], world.f_DM[i]) if i == j else (world.f_X[i], world.f_XM[i])
    sums = np.zeros(8)
    for mode, (sells, imports) in enumerate(MODES):
        if not sells:
            continue
        who = best == mode
        weight = mass[who]
        bundle, own = unit_cost(world, at.w, i, imports)
        cost = bundle * (1.0 if i == j else world.tau_X[i]) / phi[who]
        price = sigma / (sigma - 1) * cost
        quantity = demand * price**-sigma
        fixed = base + (more if imports else 0.0)
        sums += [
            (weight * ((price - cost) * quantity - at.w[i] * fixed)).sum(),
            (weight * price * quantity).sum(),
            (weight * cost * quantity).sum() * own,
            (weight * cost * quantity).sum() * (1 - own),
            weight.sum() * fixed,
            (weight * price ** (1 - sigma)).sum(),
            weight.sum(),
            weight.sum() if imports else 0.0,
        ]
    lowest = [min((x for x in [start, *points] if _chosen(world, at, i, j, x, who)), default=np.inf) for who in (1, 2)]
    return Sales(*sums, *lowest)


def _chosen(world: World, at: Prices, i: int, j: int, point: float, least: int) -> bool:
    """Whether firms just above a productivity take a mode of at least this number."""
    profits = market_profit(world, at, i, j, np.array([point * (1 + 1e-9)]))[:, 0]
    if not np.isfinite(world.tau_M[i]):
        profits[2] = -np.inf
    return bool(np.argmax(profits) >= least)


def every(world: World, at: Prices) -> list[list[Sales]]:
    return [[follow(world, at, i, j) for j in (0, 1)] for i in (0, 1)]


def residuals(world: World, at: Prices, idle: int | None) -> np.ndarray:
    """Return what is off: price indices, profits of entry to countries that are not idle, both labour markets."""
    sales = every(world, at)
    sigma = world.sigma
    off = []
    for j in (0, 1):
        power = sum(at.M[i] * sales[i][j].price_power for i in (0, 1))
        off.append(np.log(power) / (1 - sigma) - np.log(at.P[j]))
    for i in (0, 1):
        profit = sum(sales[i][j].profit for j in (0, 1))
        if i != idle:
            off.append(profit / (at.w[i] * world.f_E[i]) - 1)
    for i in (0, 1):
        used = at.M[i] * (world.f_E[i] + sum(s.fixed for s in sales[i]))
        made = at.M[i] * sum(s.inputs_own for s in sales[i]) + at.M[1 - i] * sum(s.inputs_bought for s in sales[1 - i])
        off.append((used + made / at.w[i]) / world.L[i] - 1)
    return np.array(off)


def solve_world(world: World, guess: Prices) -> tuple[Prices, np.ndarray]:
    """Solve from a guess by Newton's method with differences; the labour market of country 2 follows by Walras' law."""
    idle = next((i for i in (0, 1) if guess.M[i] == 0), None)
    free = [i for i in (0, 1) if i != idle]

    def unpack(x: np.ndarray) -> Prices:
        M = np.zeros(2)
        M[free] = np.exp(x[3:])
        return Prices(np.array([np.exp(x[0]), 1.0]), np.exp(x[1:3]), M)

    def off(x: np.ndarray) -> np.ndarray:
        return residuals(world, unpack(x), idle)[:-1]

    x = np.array([np.log(guess.w[0] / guess.w[1]), *np.log(guess.P / guess.w[1]), *np.log(guess.M[free])])
    for _ in range(40):
        value = off(x)
        steps = 1e-6 * np.eye(len(x))
        jacobian = np.array([(off(x + h) - off(x - h)) / 2e-6 for h in steps]).T
        step = np.linalg.solve(jacobian, -value)
        longest = np.abs(step).max()
        x = x + step * (0.3 / longest if longest > 0.3 else 1.0)
        if longest < 1e-13:
            break
    at = unpack(x)
    return at, residuals(world, at, idle)
