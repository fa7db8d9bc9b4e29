"""Find a market penetration equilibrium with any distribution: Newton on the named equations in logs.

Unknowns are ln w, ln A and, with free entry, ln J. The start is the Pareto world that is tangent to this one in
autarky; where Newton loses its way from there, borders are opened a step at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.keys import is_home
from phistar.core.errors import NoEquilibrium
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.moments import Moments
from phistar.models.market_penetration.wages import find_wages

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

MAX_STEPS = 100
#: Largest residual, in logs, at which Newton stops: some ulps of sums over countries.
GOAL = 1e-14
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-11
#: Longest step in any log.
_CAP = 2.0
#: Gap, in logs, put on a country that sells abroad but buys nothing there, or the other way round.
_ONE_WAY = 20.0
#: Friction: the least that is not none, what it starts from, and that at which any step is taken.
_LEAST, _FIRST, _STIFF = 1e-4, 1e-2, 1e6
#: What friction is multiplied by where the linearisation misses by less than these shares, or by more.
_MISFITS = np.array([0.1, 0.3, 0.5, 0.8, 1.0])
_FACTORS = np.array([0.03, 0.3, 0.7, 1.0, 1.5, 4.0])
#: So many steps without a better point mark the floor of precision.
_PATIENCE = 2
#: Iceberg costs, in logs, that more or less close a border, and into how many steps opening it is cut at most.
#: Under a bounded support nothing is sold across a border that is closed too far.
_SHUT, _OPENINGS = (4.0, 1.0, 0.3), 64
#: How far in logs the search for a start looks, in how many steps, and how near it has to come.
_RANGE, _SEARCHES, _NEAR = 60.0, 40, 0.02


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


def find(m: Primitives, start: Point | None = None) -> Point:
    """Find wages, demand levels and potential firms of one world; the numeraire's wage is one.

    Raises
    ------
    NoEquilibrium
        Where the search ends without one.
    """
    guess = _tangent_world(m) if start is None else start
    place, norm = newton(m, guess)
    if norm < ACCEPT:
        return place
    for shut in _SHUT:
        place, norm = _open_borders(m, shut)
        if norm < ACCEPT:
            return place
    raise NoEquilibrium(
        f"no equilibrium found: some market is still off by {norm:.1e} where the search ended",
        "start from a solved neighbour, or move the parameters away from their extremes",
    )


def newton(m: Primitives, place: Point) -> tuple[Point, float]:
    """Search by Newton with friction, and return the best point met with what it still misses.

    Wages, demand and entry follow their gaps in time; each step is an implicit one of length 1/friction. Friction
    shrinks while the linearisation holds, so that the end is Newton's, and grows where it does not. No gap has to
    fall on the way: thin tails and ends of a support make corners that a line search cannot turn.
    """
    gaps = _gaps(m, place)
    best, goal, drag, misses = place, gaps, 0.0, 0
    for _ in range(MAX_STEPS):
        if goal.norm < GOAL or (misses >= _PATIENCE and goal.miss < ACCEPT) or not np.isfinite(gaps.slopes).all():
            break
        step = _solve(m, gaps, drag)
        share = min(1.0, _CAP / max(np.max(np.abs(step)), 1e-300))
        there = place.moved(share * step, m.entry == "free")
        trial = _gaps(m, there)
        promised = (1.0 - share) * gaps.values + share * drag * gaps.sign * step
        off = np.max(np.abs(trial.values - promised)) / max(np.max(np.abs(gaps.values)), 1e-300)
        off = min(off if np.isfinite(off) else np.inf, trial.norm / gaps.norm)
        if off < 1.0 or (drag > _STIFF and np.isfinite(trial.norm)):
            place, gaps = there, trial
        misses = 0 if trial.norm < goal.norm else misses + 1
        if trial.norm < goal.norm:
            best, goal = there, trial
        drag = drag * _FACTORS[np.searchsorted(_MISFITS, off)]
        drag = (drag if drag > _LEAST else 0.0) if off < 1.0 else max(drag, _FIRST)
    return best, goal.miss


@dataclass(frozen=True)
class _Gaps:
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
    """

    values: np.ndarray
    slopes: np.ndarray
    owed: np.ndarray

    @property
    def sign(self) -> np.ndarray:
        """Which way each unknown follows its gap: demand falls where sales exceed spending."""
        n = len(self.owed)
        return np.where((np.arange(len(self.values)) // n) == 1, -1.0, 1.0)

    @property
    def norm(self) -> float:
        """Largest log gap."""
        return float(np.max(np.abs(self.values))) if np.isfinite(self.values).all() else np.inf

    @property
    def miss(self) -> float:
        """Largest gap of the named equations: a balance of hardly any trade weighs as little as the trade."""
        inner = np.concatenate([self.owed, self.values[len(self.owed) :]])
        return float(np.max(np.abs(inner))) if np.isfinite(inner).all() else np.inf


def _solve(m: Primitives, gaps: _Gaps, drag: float) -> np.ndarray:
    """Solve for the step that keeps the numeraire's wage; Walras' law makes its balance redundant."""
    keep = np.arange(len(gaps.values)) != m.numeraire
    step = np.zeros(len(gaps.values))
    inner = (gaps.slopes - drag * np.diag(gaps.sign))[np.ix_(keep, keep)]
    try:
        step[keep] = -np.linalg.solve(inner, gaps.values[keep])
    except np.linalg.LinAlgError:
        step[keep] = -np.linalg.lstsq(inner, gaps.values[keep], rcond=1e-13)[0]
    return step


def _gaps(m: Primitives, place: Point) -> _Gaps:
    """Compute the log gaps of the balance of payments, of goods markets and of free entry, and their exact slopes.

    d ln B_ij = gamma d ln w_j + (1-gamma) d ln w_i, d ln phi*_ij = d ln w_i + (d ln B_ij - d ln A_j)/S, and per unit
    of ln phi* sales fall by S sales + margin, marketing by margin.
    """
    n, s, wage, free = np.arange(len(place.log_wage)), m.S, np.exp(place.log_wage), m.entry == "free"
    scale, sellers = sellers_at(m, place)
    size = np.exp(place.log_entrants)[:, None] * scale
    flows, spent, edge = size * sellers.sales, size * sellers.cost / m.sigma, size * sellers.margin
    flow, cost = _Slopes.of(m, flows, s * flows + edge), _Slopes.of(m, spent, edge / m.sigma)
    profits, gains = np.sum(flows / m.sigma - spent, axis=1), flow.by_origin / m.sigma - cost.by_origin
    spending, income = wage * m.L + (0.0 if free else profits), (0.0 if free else 1.0) * gains
    income[n, n] += wage * m.L
    bought = np.sum(flows, axis=0)
    balance, balance_slopes, owed = _balance(m, flows - m.gamma * spent, s * flows + edge * (1.0 - m.gamma / m.sigma))
    gap = [balance, np.log(bought / spending)]
    matrix = [balance_slopes, flow.by_destination / bought[:, None] - income / spending[:, None]]
    if free:
        sunk = np.exp(place.log_entrants) * wage * m.f_e
        gap.append(np.log(profits / sunk))
        matrix.append(gains / profits[:, None])
        matrix[2][n, n] -= 1.0
        matrix[2][n, 2 * n.size + n] -= 1.0
    return _Gaps(np.concatenate(gap), np.concatenate(matrix), owed / spending)


def _balance(m: Primitives, net: np.ndarray, fall: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute ln(received/paid) across borders, its slopes, and paid less received (country).

    What i receives from j is its sales there less the labour it hires there for marketing, positive where it sells.
    """
    away = ~is_home(len(net))
    slopes = _Slopes.of(m, np.where(away, net, 0.0), np.where(away, fall, 0.0))
    received, paid = np.sum(np.where(away, net, 0.0), axis=1), np.sum(np.where(away, net, 0.0), axis=0)
    sells, buys = received > 0.0, paid > 0.0
    trades = sells & buys
    gap = np.where(trades, np.log(received / paid), _ONE_WAY * (1.0 * sells - buys))
    matrix = slopes.by_origin / received[:, None] - slopes.by_destination / paid[:, None]
    matrix[~trades] = 0.0
    # A country that only sells or only buys has nothing to linearise: its wage strides, and stays if it does neither.
    matrix[~trades, np.flatnonzero(~trades)] = -_ONE_WAY / _CAP
    return gap, matrix, paid - received


def sellers_at(m: Primitives, place: Point) -> tuple[np.ndarray, Moments]:
    """Compute B_ij and what sellers do on average at a guess (origin, destination)."""
    log_x = eq.log_cutoff(m, place.log_wage, place.log_demand)
    return np.exp(eq.log_scale(m, place.log_wage)), eq.moments(m, log_x)


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


def autarky(m: Primitives) -> Point:
    """Find every country's closed economy at a wage of one, nearly, from its cutoff.

    Fixed entry: J B (S sales + cost)/sigma = L; free entry: B (sales - cost)/sigma = f_e. Both fall in phi*, sales by
    S sales + margin a log and cost by margin.
    """
    zero, free = np.zeros(len(m.countries)), m.entry == "free"
    scale = np.diagonal(np.exp(eq.log_scale(m, zero))) / m.sigma
    goal = m.f_e / scale if free else m.L / (m.J * scale)

    def gap(log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sales, cost, margin = _column(m, log_x)
        level = sales - cost if free else m.S * sales + cost
        fall = m.S * sales if free else m.S * (m.S * sales + margin) + margin
        return np.log(level / goal), -fall / level

    log_x = _root(gap, len(zero))
    sales, cost, _ = _column(m, log_x)
    entrants = m.L / (scale * (m.S * sales + cost) + m.f_e) if free else m.J * np.ones(len(zero))
    demand = np.log(scale * m.sigma) - m.S * (log_x - np.log(m.sigma / m.S) - np.diagonal(m.log_tau))
    return Point(zero, demand, np.log(entrants))


def _column(m: Primitives, log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute sales, cost and margin of each origin at one cutoff of its own (origin)."""
    found = eq.moments(m, log_x[:, None])
    return found.sales[:, 0], found.cost[:, 0], found.margin[:, 0]


def _root(gap: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], count: int) -> np.ndarray:
    """Find where each of `count` falling functions is zero, nearly enough for Newton to start there.

    `gap` gives values and slopes; a step that leaves the bracket is replaced by half of it.
    """
    low, high, place = np.full(count, -_RANGE), np.full(count, _RANGE), np.zeros(count)
    for _ in range(_SEARCHES):
        value, slope = gap(place)
        if np.all(np.abs(value) < _NEAR):
            break
        low, high = np.where(value > 0.0, place, low), np.where(value > 0.0, high, place)
        step = place - value / slope
        place = np.where((step > low) & (step < high), step, 0.5 * (low + high))
    return place


def _tangent_world(m: Primitives) -> Point:
    """Start from the Pareto world that agrees with this one, to first order, where borders are closed."""
    place = autarky(m)
    n = len(m.countries)
    scale, sellers = sellers_at(m, place)
    elasticity = np.diagonal(eq.trade_elasticity(m, sellers))
    theta = float(np.clip(np.exp(np.mean(np.log(elasticity))), m.S * 1.05, 40.0))
    at_home = place.log_entrants + np.log(np.diagonal(sellers.sales))
    log_x = np.diagonal(eq.log_cutoff(m, place.log_wage, place.log_demand))
    affinity = (at_home + theta * (log_x + np.diagonal(m.log_tau)))[:, None] - theta * m.log_tau
    kappa = np.array([theta + (1.0 - m.gamma) * (theta / m.S - 1.0)])
    log_wage, _ = find_wages(affinity[..., None], kappa, np.log(m.L * np.ones(n))[:, None])
    log_wage = log_wage[:, 0] - log_wage[m.numeraire, 0]
    spending = log_wage + np.log(_home_spending(m, scale, sellers, place))
    return Point(log_wage, _clear_goods(m, log_wage, spending, place), place.log_entrants)


def _home_spending(m: Primitives, scale: np.ndarray, sellers: Moments, place: Point) -> np.ndarray:
    """Compute income of the closed economies at wages of one."""
    flows = np.exp(place.log_entrants)[:, None] * scale * sellers.sales
    return np.asarray(np.diagonal(flows))


def _clear_goods(m: Primitives, log_wage: np.ndarray, log_spending: np.ndarray, place: Point) -> np.ndarray:
    """Find the demand levels at which each market's sales are nearly its spending."""
    centre = place.log_demand + m.sigma * log_wage

    def gap(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scale, sellers = sellers_at(m, Point(log_wage, centre - m.S * change, place.log_entrants))
        size = np.exp(place.log_entrants)[:, None] * scale
        bought = np.sum(size * sellers.sales, axis=0)
        fall = np.sum(size * (m.S * sellers.sales + sellers.margin), axis=0)
        return np.log(bought) - log_spending, -fall / bought

    return np.asarray(centre - m.S * _root(gap, len(log_wage)))


def _open_borders(m: Primitives, shut: float) -> tuple[Point, float]:
    """Follow the equilibrium from nearly closed borders to the world's own, in as few steps as it allows."""
    home = is_home(len(m.countries))

    def world(openness: float) -> Primitives:
        return replace(m, log_tau=np.where(home, m.log_tau, m.log_tau + (1.0 - openness) * shut))

    place, norm = newton(world(0.0), _tangent_world(world(0.0)))
    done, stride = 0.0, 0.25
    while done < 1.0 and norm < ACCEPT:
        there = min(1.0, done + stride)
        trial, trial_norm = newton(world(there), place)
        if trial_norm < ACCEPT:
            place, norm, done, stride = trial, trial_norm, there, 1.5 * stride
        elif stride > 1.0 / _OPENINGS:
            stride *= 0.25
        else:
            return trial, trial_norm
    return place, norm
