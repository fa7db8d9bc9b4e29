"""What a guess at a market penetration equilibrium misses, in logs, with exact slopes in every unknown.

Unknowns are ln w, ln A and, with free entry, ln J.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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

    def in_numeraire(self, m: Primitives) -> Point:
        """Return the same guess in units where the numeraire's wage is one; A_j = P_j^S y_j L_j moves sigma-fold."""
        level = self.log_wage[m.numeraire]
        return Point(self.log_wage - level, self.log_demand - m.sigma * level, self.log_entrants)


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

    def step(self, drag: float, kept: int) -> np.ndarray:
        """Solve for the step of friction `drag` that leaves the unknown `kept` as it is."""
        keep = np.arange(len(self.values)) != kept
        step = np.zeros(len(self.values))
        inner = (self.slopes - drag * np.diag(self.sign))[np.ix_(keep, keep)]
        try:
            step[keep] = -np.linalg.solve(inner, self.values[keep])
        except np.linalg.LinAlgError:
            step[keep] = -np.linalg.lstsq(inner, self.values[keep], rcond=1e-13)[0]
        return step


class Counted:
    """Means over sellers that count how often they are looked up, so that a search can end."""

    def __init__(self, firms: Firms) -> None:
        self._firms, self.looks = firms, 0

    def __call__(self, log_x: np.ndarray) -> Means | Moments:
        """Look them up at ln cutoffs (origin, destination)."""
        self.looks += 1
        return self._firms(log_x)


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
    sales, marketing, profits = Pairs.at(m, firms, place)
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
class Pairs:
    """Something sold, J_i B_ij f(phi*_ij), and its fall per unit of ln phi* (origin, destination)."""

    level: np.ndarray
    fall: np.ndarray

    @classmethod
    def at(cls, m: Primitives, firms: Firms, place: Point) -> tuple[Pairs, Pairs, Pairs]:
        """Compute sales, marketing and profits at a guess."""
        scale, sellers = sellers_at(m, place, firms)
        size = np.exp(place.log_entrants)[:, None] * scale
        sales = cls(size * sellers.sales, size * (m.S * sellers.sales + sellers.margin))
        marketing = cls(size * sellers.cost / m.sigma, size * sellers.margin / m.sigma)
        return sales, marketing, sales.plus(marketing, 1.0 / m.sigma, -1.0)

    def plus(self, other: Pairs, own: float, times: float) -> Pairs:
        """Return a linear combination."""
        return Pairs(own * self.level + times * other.level, own * self.fall + times * other.fall)

    def where(self, chosen: np.ndarray) -> Pairs:
        """Return the same, nothing where not chosen."""
        return Pairs(np.where(chosen, self.level, 0.0), np.where(chosen, self.fall, 0.0))

    def slopes(self, m: Primitives) -> Slopes:
        """Differentiate the sums over destinations and over origins in every unknown."""
        return Slopes.of(m, self.level, self.fall)


def _balance(m: Primitives, net: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
class Slopes:
    """Derivatives of a pair quantity's sums in every unknown: one row an origin, one row a destination."""

    by_origin: np.ndarray
    by_destination: np.ndarray

    @classmethod
    def of(cls, m: Primitives, level: np.ndarray, fall: np.ndarray) -> Slopes:
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
