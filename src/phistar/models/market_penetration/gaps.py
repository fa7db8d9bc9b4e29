"""What a guess at a market penetration equilibrium misses, in logs, with exact slopes in every unknown.

Unknowns are ln w, ln A and, with free entry, ln J.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import is_home
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.moments import Means, Moments

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

#: Means over sellers, a potential firm, at ln cutoffs (origin, destination).
Firms = Callable[[np.ndarray], Means | Moments]

#: Longest step in any log.
CAP = 2.0
#: Gap, in logs, put on a country that sells abroad but buys nothing there, or the other way round.
_ONE_WAY = 20.0
#: Shape of the tail of sales of a fringe of firms.
_FRINGE_TILDE = 2.0


@dataclass(frozen=True)
class Point:
    """A guess: ln wages, ln demand levels, ln potential firms (country each)."""

    log_wage: np.ndarray
    log_demand: np.ndarray
    log_entrants: np.ndarray

    def moved(self, step: np.ndarray, free: bool) -> Point:
        """Return the guess a step further; potential firms move where entry is free."""
        n = len(self.log_wage)
        entrants = self.log_entrants + step[2 * n :] if free else self.log_entrants
        return Point(self.log_wage + step[:n], self.log_demand + step[n : 2 * n], entrants)


@dataclass(frozen=True)
class Fringe:
    """A sliver of Pareto firms beside a country's own, so that somebody sells everywhere at any wage.

    Where a support ends a country may sell abroad only at a far lower wage, and until then nothing tells so. The
    fringe does, and thinned out step by step it leaves the world as it is.
    """

    share: float
    log_b: np.ndarray

    def beside(self, m: Primitives, firms: Firms) -> Firms:
        """Add the fringe to what sellers do, a potential firm (origin, destination)."""
        world = replace(m, theta=_FRINGE_TILDE * m.S, b=np.exp(self.log_b))

        def both(log_x: np.ndarray) -> Means:
            own, added = firms(log_x), eq.pareto_moments(world, log_x)
            return Means(*(getattr(own, name) + self.share * getattr(added, name) for name in Means._fields))

        return both


@dataclass(frozen=True)
class Gaps:
    """Log gaps of the equations, with their exact slopes in every unknown.

    Attributes
    ----------
    values : array (equation)
        ln of what foreigners pay over what is paid to them, of demand over spending, of profits over the cost of
        entry. Unlike the labour market, the first is as sharp between countries that hardly trade as between
        neighbours: home sales have no part in it.
    slopes : array (equation, unknown)
    owed : array (country)
        What is paid abroad less what is received, over spending: the gap of the labour market in disguise.
    sign : array (equation)
        Which way each unknown follows its gap: demand falls where sales exceed spending.
    """

    values: np.ndarray
    slopes: np.ndarray
    owed: np.ndarray
    sign: np.ndarray

    @property
    def norm(self) -> float:
        """Largest log gap."""
        return float(np.max(np.abs(self.values))) if np.isfinite(self.values).all() else np.inf

    @property
    def miss(self) -> float:
        """Largest gap of the named equations: a balance of hardly any trade weighs as little as the trade."""
        inner = np.concatenate([self.owed, self.values[len(self.owed) :]])
        return float(np.max(np.abs(inner))) if np.isfinite(inner).all() else np.inf

    def step(self, drag: float, kept: int, levels: bool = False) -> np.ndarray:
        """Solve for the step of friction `drag` that leaves the unknown `kept` as it is; in levels where asked for."""
        values = -np.sign(self.values) * np.expm1(-np.abs(self.values)) if levels else self.values
        keep = np.arange(len(self.values)) != kept
        step = np.zeros(len(self.values))
        inner = (self.slopes - drag * np.diag(self.sign))[np.ix_(keep, keep)]
        try:
            step[keep] = -np.linalg.solve(inner, values[keep])
        except np.linalg.LinAlgError:
            step[keep] = -np.linalg.lstsq(inner, values[keep], rcond=1e-13)[0]
        return step


def own_firms(m: Primitives) -> Firms:
    """Return the exact means over a country's own firms."""
    return lambda log_x: eq.moments(m, log_x)


def gaps_at(m: Primitives, place: Point, firms: Firms) -> Gaps:
    """Compute the log gaps of the balance of payments, of goods markets and of free entry, and their exact slopes.

    d ln B_ij = gamma d ln w_j + (1-gamma) d ln w_i, d ln phi*_ij = d ln w_i + (d ln B_ij - d ln A_j)/S, and per unit
    of ln phi* sales fall by S sales + margin, marketing by margin.
    """
    n, wage, free, home = (
        np.arange(len(place.log_wage)),
        np.exp(place.log_wage),
        m.entry == "free",
        is_home(len(m.countries)),
    )
    scale, sellers = sellers_at(m, place, firms)
    size = np.exp(place.log_entrants)[:, None] * scale
    edge = size * sellers.margin
    sales = _Pairs(size * sellers.sales, size * (m.S * sellers.sales + sellers.margin))
    marketing = _Pairs(size * sellers.cost / m.sigma, edge / m.sigma)
    profits = sales.plus(marketing, 1.0 / m.sigma, -1.0)
    # Profits made at home stand on the side of sales: where they are most of income, sales alone say little.
    sold = sales if free else sales.plus(profits.where(home), 1.0, -1.0)
    spending, income = wage * m.L, np.zeros((n.size, (3 if free else 2) * n.size))
    income[n, n] = wage * m.L
    if not free:
        abroad = profits.where(~home)
        spending, income = spending + np.sum(abroad.level, axis=1), income + abroad.slopes(m).by_origin
    bought = np.sum(sold.level, axis=0)
    balance, balance_slopes, owed = _balance(m, sales.plus(marketing, 1.0, -m.gamma).where(~home))
    values = [balance, np.log(bought / spending)]
    matrix = [balance_slopes, sold.slopes(m).by_destination / bought[:, None] - income / spending[:, None]]
    if free:
        made = np.sum(profits.level, axis=1)
        values.append(np.log(made / (np.exp(place.log_entrants) * wage * m.f_e)))
        matrix.append(profits.slopes(m).by_origin / made[:, None])
        matrix[2][n, n] -= 1.0
        matrix[2][n, 2 * n.size + n] -= 1.0
    sign = np.where(np.arange(n.size * len(values)) // n.size == 1, -1.0, 1.0)
    return Gaps(np.concatenate(values), np.concatenate(matrix), owed / spending, sign)


@dataclass(frozen=True)
class _Pairs:
    """Something sold, J_i B_ij f(phi*_ij), and its fall per unit of ln phi* (origin, destination)."""

    level: np.ndarray
    fall: np.ndarray

    def plus(self, other: _Pairs, own: float, times: float) -> _Pairs:
        """Return a linear combination."""
        return _Pairs(own * self.level + times * other.level, own * self.fall + times * other.fall)

    def where(self, chosen: np.ndarray) -> _Pairs:
        """Return the same, nothing where not chosen."""
        return _Pairs(np.where(chosen, self.level, 0.0), np.where(chosen, self.fall, 0.0))

    def slopes(self, m: Primitives) -> _Slopes:
        """Differentiate the sums over destinations and over origins in every unknown."""
        return _Slopes.of(m, self.level, self.fall)


def _balance(m: Primitives, net: _Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute ln(received/paid) across borders, its slopes, and paid less received (country).

    What i receives from j is its sales there less the labour it hires there for marketing, positive where it sells.
    """
    slopes, received, paid = net.slopes(m), np.sum(net.level, axis=1), np.sum(net.level, axis=0)
    sells, buys = received > 0.0, paid > 0.0
    trades = sells & buys
    gap = np.where(trades, np.log(received / paid), _ONE_WAY * (1.0 * sells - buys))
    matrix = slopes.by_origin / received[:, None] - slopes.by_destination / paid[:, None]
    matrix[~trades] = 0.0
    # A country that only sells or only buys has nothing to linearise: its wage strides, and stays if it does neither.
    matrix[~trades, np.flatnonzero(~trades)] = -_ONE_WAY / CAP
    return gap, matrix, paid - received


def sellers_at(m: Primitives, place: Point, firms: Firms) -> tuple[np.ndarray, Means | Moments]:
    """Compute B_ij and what sellers do on average at a guess (origin, destination)."""
    log_x = eq.log_cutoff(m, place.log_wage, place.log_demand)
    return np.exp(eq.log_scale(m, place.log_wage)), firms(log_x)


@dataclass(frozen=True)
class _Slopes:
    """Derivatives of a pair quantity's sums in every unknown: one row an origin, one row a destination."""

    by_origin: np.ndarray
    by_destination: np.ndarray

    @classmethod
    def of(cls, m: Primitives, level: np.ndarray, fall: np.ndarray) -> _Slopes:
        """Differentiate J_i B_ij f(phi*_ij), whose fall per unit of ln phi* is `fall`."""
        n = np.arange(len(level))
        own = (1.0 - m.gamma) * level - fall * (1.0 + (1.0 - m.gamma) / m.S)
        other, demand = m.gamma * (level - fall / m.S), fall / m.S
        parts = [(own, other), (np.zeros_like(level), demand)]
        if m.entry == "free":
            parts.append((level, np.zeros_like(level)))
        origin, destination = [], []
        for at_origin, at_destination in parts:
            row, column = at_destination.copy(), at_origin.T.copy()
            row[n, n] += np.sum(at_origin, axis=1)
            column[n, n] += np.sum(at_destination, axis=0)
            origin.append(row)
            destination.append(column)
        return cls(np.concatenate(origin, axis=1), np.concatenate(destination, axis=1))
