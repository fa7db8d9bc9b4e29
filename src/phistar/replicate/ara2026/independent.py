"""An equilibrium from primitives: firms' best modes, integrated over productivity, and markets cleared one by one.

Nothing of the model's code is used, nor the paper's cutoffs, F, alpha or theta: profits of each mode, the density, free
entry, spending in each market and labour in its uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

#: Gauss-Legendre points a piece and pieces an interval: integrands are exponentials times a density, smooth inside.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_PIECES = 12
#: Integrals end where what is left is e^-40 of what has been.
_DECAY = 40.0
#: Where free entry and labour must balance for a search to have ended: rounding of sums leaves 1e-13.
ENDED = 1e-11
#: Modes of a firm that sells in a market: with domestic inputs alone, with imported ones too.
PLAIN, IMPORTS = 1, 2


def nodes(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return places and weights of an integral from low to high."""
    edges = np.linspace(low, high, _PIECES + 1)
    half = 0.5 * np.diff(edges)
    places = (edges[:-1] + half)[:, None] + half[:, None] * _POINTS
    return places.ravel(), (half[:, None] * _WEIGHTS).ravel()


def density(table: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    """Return the density of ln productivity."""
    match table["family"]:
        case "pareto":
            k, start = table["k"], np.log(table["scale"])
            everywhere = table["support"] == "closed_form"
            return np.where(everywhere | (x >= start), k * np.exp(-k * (x - start)), 0.0)
        case "lognormal":
            z = (x - table["mu"]) / table["sd"]
            return np.asarray(np.exp(-0.5 * z * z) / (table["sd"] * np.sqrt(2.0 * np.pi)))
        case "bounded_pareto":
            k, a, b = table["k"], np.log(table["lower"]), np.log(table["upper"])
            inside = k * np.exp(-k * (x - a)) / -np.expm1(-k * (b - a))
            return np.where((x >= a) & (x <= b), inside, 0.0)
    raise NotImplementedError(table["family"])


def ends(table: Mapping[str, Any], s: float, lowest: float) -> tuple[float, float]:
    """Return between which ln productivities to integrate what firms earn above `lowest`."""
    match table["family"]:
        case "pareto":
            start = lowest if table["support"] == "closed_form" else max(lowest, float(np.log(table["scale"])))
            return start, start + _DECAY / (table["k"] - s)
        case "lognormal":
            mid = table["mu"] + s * table["sd"] ** 2
            return max(lowest, table["mu"] - 9.0 * table["sd"]), max(mid, lowest) + 9.0 * table["sd"]
        case "bounded_pareto":
            return max(lowest, float(np.log(table["lower"]))), float(np.log(table["upper"]))
    raise NotImplementedError(table["family"])


@dataclass(frozen=True)
class Market:
    """What a draw of one country expects in one market.

    Attributes
    ----------
    cutoffs : tuple of float
        Productivity from which a firm sells there, and from which it imports inputs for it.
    revenue, domestic, imported, fixed, profit : float
        Sales, spending on either input, labour in fixed costs, profit in the numeraire.
    real : float
        Integral of prices to the power 1 - sigma.
    """

    cutoffs: tuple[float, float]
    revenue: float
    domestic: float
    imported: float
    fixed: float
    profit: float
    real: float


@dataclass(frozen=True)
class World:
    """Parameters as plain arrays (country)."""

    sigma: float
    L: np.ndarray
    tau_X: np.ndarray
    tau_M: np.ndarray
    f_D: np.ndarray
    f_X: np.ndarray
    f_DM: np.ndarray
    f_XM: np.ndarray
    f_E: np.ndarray
    table: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> World:
        """Read a scenario's parameters; both countries draw from one distribution."""
        names = ("L", "tau_X", "tau_M", "f_D", "f_X", "f_DM", "f_XM", "f_E")
        numbers = {name: np.broadcast_to(np.array(parameters[name], dtype=float), (2,)) for name in names}
        table = parameters["productivity"]
        return cls(float(parameters["sigma"]), **numbers, table=table[0] if isinstance(table, list) else table)

    def market(self, i: int, home: bool, w: np.ndarray, demand: float) -> Market:
        """Integrate over what firms of i do best in a market of the given demand P^(sigma-1) Y."""
        s = self.sigma - 1.0
        cost, fees = self.modes(i, home, w)
        earned = demand / self.sigma * (self.sigma / s * cost) ** -s  # profit over phi^(sigma-1), before fees
        switches = _switches(earned, w[i] * fees, s)
        if not switches:
            return Market((np.inf, np.inf), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        sums = np.zeros(6)
        low, high = ends(self.table, s, switches[0][0])
        bounds = [max(x, low) for x, _ in switches] + [max(high, switches[-1][0])]
        for (_, mode), a, b in zip(switches, bounds, bounds[1:], strict=False):
            x, weight = nodes(a, b)
            sums += self._earnings(x, weight * density(self.table, x), mode, cost, fees, demand, w, i)
        start = {mode: float(np.exp(x)) for x, mode in switches}
        imports = start.get(IMPORTS, np.inf)
        revenue, domestic, imported, overhead, profit, real = (float(v) for v in sums)
        cutoffs = (min(start.values()), imports)
        return Market(cutoffs, revenue, domestic, imported, overhead, profit, real)

    def modes(self, i: int, home: bool, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a unit of the bundle costs delivered, and labour in fixed costs, by mode PLAIN and IMPORTS."""
        s, shipping = self.sigma - 1.0, 1.0 if home else float(self.tau_X[i])
        plain, extra = (self.f_D[i], self.f_DM[i]) if home else (self.f_X[i], self.f_XM[i])
        # the CES price indices of one input and of both
        cost = np.array([w[i], (w[i] ** -s + (self.tau_M[i] * w[1 - i]) ** -s) ** (-1.0 / s)]) * shipping
        return cost, np.array([plain, plain + extra])

    def best_modes(self, i: int, home: bool, w: np.ndarray, demand: float, phi: np.ndarray) -> np.ndarray:
        """Return what pays best at each productivity: 0 to stay out, PLAIN or IMPORTS."""
        cost, fees = self.modes(i, home, w)
        c = cost[:, None] / phi
        price = self.sigma / (self.sigma - 1.0) * c
        profit = (price - c) * demand * price**-self.sigma - w[i] * fees[:, None]
        return np.asarray(np.argmax(np.vstack([np.zeros_like(phi), profit]), axis=0))

    def _earnings(
        self, x: np.ndarray, mass: np.ndarray, mode: int, cost: np.ndarray, fees: np.ndarray, demand: float,
        w: np.ndarray, i: int,
    ) -> np.ndarray:  # fmt: skip
        s, c = self.sigma - 1.0, cost[mode - 1] * np.exp(-x)
        price = self.sigma / s * c
        quantity = demand * price**-self.sigma
        spending = c * quantity
        # Shephard's lemma: the domestic input's share of what the bundle costs
        share = 1.0 if mode == PLAIN else w[i] ** -s / (w[i] ** -s + (self.tau_M[i] * w[1 - i]) ** -s)
        profit = price * quantity - spending - w[i] * fees[mode - 1]
        every = [price * quantity, share * spending, (1.0 - share) * spending, np.full_like(x, fees[mode - 1]), profit,
                 price**-s]  # fmt: skip
        return np.array([np.sum(mass * each) for each in every])

    def solve(self, guess: tuple[float, np.ndarray]) -> Solution:
        """Find the wage and demand levels, from a guess of ln omega and of ln P^(sigma-1) Y (country)."""
        from scipy.optimize import root

        def _gaps(z: np.ndarray) -> np.ndarray:
            found = Solution(self, np.array([np.exp(z[0]), 1.0]), np.exp(z[1:]))
            return np.append(found.entry_gap, found.labour_gap)

        with np.errstate(all="ignore"):  # the search may pass through worlds without firms
            answer = root(_gaps, np.append(guess[0], guess[1]), method="hybr", options={"xtol": 1e-14})
        found = Solution(self, np.array([np.exp(answer.x[0]), 1.0]), np.exp(answer.x[1:]))
        if not max(*np.abs(found.entry_gap), abs(found.labour_gap)) < ENDED:
            raise ArithmeticError("the search from primitives did not end at an equilibrium")
        return found


def _switches(earned: np.ndarray, fees: np.ndarray, s: float) -> list[tuple[float, int]]:
    """Return from which ln productivity which mode is best, in order; profit is earned phi^(sigma-1) less fees."""
    if not earned[0] > 0.0:
        return []
    alone, both = np.log(fees / earned) / s
    if earned[1] <= earned[0]:
        return [(float(alone), PLAIN)]
    switch = np.log((fees[1] - fees[0]) / (earned[1] - earned[0])) / s
    if switch <= alone:  # whoever sells does better to import
        return [(float(both), IMPORTS)]
    return [(float(alone), PLAIN), (float(switch), IMPORTS)]


@dataclass(frozen=True)
class Solution:
    """Wages and demand levels with all that follows; arrays (country) or (origin, destination)."""

    world: World
    w: np.ndarray
    demand: np.ndarray

    @cached_property
    def markets(self) -> list[list[Market]]:
        """What a draw of i expects at home and abroad."""
        return [[self.world.market(i, home, self.w, float(self.demand[i if home else 1 - i])) for home in (True, False)]
                for i in (0, 1)]  # fmt: skip

    def expected(self, name: str) -> np.ndarray:
        """Return one of a draw's expectations (country, at home or abroad)."""
        return np.array([[getattr(market, name) for market in row] for row in self.markets])

    @cached_property
    def entry_gap(self) -> np.ndarray:
        """Expected profit over the entry cost, less one (country)."""
        return np.asarray(self.expected("profit").sum(axis=1) / (self.w * self.world.f_E) - 1.0)

    @cached_property
    def entrants(self) -> np.ndarray:
        """Masses with which spending in each market is income there (country)."""
        (home_1, abroad_1), (home_2, abroad_2) = self.expected("revenue")
        first, second = self.w * self.world.L
        each = np.array([home_2 * first - abroad_2 * second, home_1 * second - abroad_1 * first])
        return np.asarray(each / (home_1 * home_2 - abroad_1 * abroad_2))

    @cached_property
    def labour_gap(self) -> float:
        """Labour of country 1 in entry, fixed costs and inputs for both countries, over what there is, less one."""
        used = self.entrants[0] * (self.world.f_E[0] + self.expected("fixed")[0].sum())
        inputs = (self.E_D[0] + self.E_M[1]) / self.w[0]
        return float((used + inputs) / self.world.L[0] - 1.0)

    def _total(self, name: str) -> np.ndarray:
        return np.asarray(self.entrants[:, None] * self.expected(name))

    @cached_property
    def omega(self) -> float:
        """The relative wage."""
        return float(self.w[0] / self.w[1])

    @cached_property
    def R_D(self) -> np.ndarray:
        """Revenue at home."""
        return self._total("revenue")[:, 0]

    @cached_property
    def R_X(self) -> np.ndarray:
        """Revenue from exports."""
        return self._total("revenue")[:, 1]

    @cached_property
    def R(self) -> np.ndarray:
        """Revenue."""
        return np.asarray(self.R_D + self.R_X)

    @cached_property
    def E_D(self) -> np.ndarray:
        """Spending on domestic inputs."""
        return np.asarray(self._total("domestic").sum(axis=1))

    @cached_property
    def E_M(self) -> np.ndarray:
        """Spending on imported inputs."""
        return np.asarray(self._total("imported").sum(axis=1))

    @cached_property
    def price_index(self) -> np.ndarray:
        """P from the prices of all varieties on sale."""
        real = self._total("real")
        return np.asarray((real[:, 0] + real[::-1, 1]) ** (-1.0 / (self.world.sigma - 1.0)))

    @cached_property
    def welfare(self) -> np.ndarray:
        """Real wages."""
        return np.asarray(self.w / self.price_index)

    @cached_property
    def cutoffs(self) -> np.ndarray:
        """Where firms switch modes (country, mode D DM X XM)."""
        return np.array([[*home.cutoffs, *abroad.cutoffs] for home, abroad in self.markets])

    @cached_property
    def B(self) -> np.ndarray:
        """The paper's demand level (country)."""
        sigma = self.world.sigma
        return np.asarray((sigma - 1.0) ** (sigma - 1.0) / sigma**sigma * self.demand)

    def V(self, a: float, order: float | None = None) -> float:
        """Integrate phi^(sigma-1) over productivity above a; of order 0 the probability."""
        s = self.world.sigma - 1.0
        if not np.isfinite(a):
            return 0.0
        low, high = ends(self.world.table, s, float(np.log(a)))
        x, weight = nodes(low, max(high, low))
        return float(np.sum(weight * density(self.world.table, x) * np.exp((s if order is None else order) * x)))
