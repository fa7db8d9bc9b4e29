"""Find a market penetration equilibrium with any distribution: Newton on the named equations in logs.

Unknowns are ln w, ln A and, with free entry, ln J. The start is the Pareto world that is tangent to this one in
autarky; where Newton loses its way from there, borders are opened a step at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from phistar.blocks.keys import is_home
from phistar.core.errors import NoEquilibrium
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.moments import Moments
from phistar.models.market_penetration.wages import find_wages

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

P = TypeVar("P")

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
#: So many mark a search that leads nowhere.
_TRIES = 15
#: Iceberg costs, in logs, that more or less close a border, and into how many steps opening it is cut at most.
#: Under a bounded support nothing is sold across a border that is closed too far.
_SHUT, _OPENINGS = (4.0, 1.0, 0.3), 64
#: Shape of the tail of sales of a fringe of firms, its share of all firms at first, and when it counts as gone.
_FRINGE_TILDE, _FRINGE, _FRINGE_GONE = 2.0, 1e-2, 1e-15
#: What its share is multiplied by at first, and when nothing is left to try.
_THINNER, _STUCK = 1e-2, 0.97
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
    for search in (newton, _thin_out):
        place, miss = search(m, guess)
        if miss < ACCEPT:
            if search is not newton: print(search.__name__, miss)
            return place
    raise NoEquilibrium(
        f"no equilibrium found: some market is still off by {miss:.1e} where the search ended",
        "start from a solved neighbour, or move the parameters away from their extremes",
    )


def newton(m: Primitives, place: Point, fringe: Fringe | None = None, across: bool = False) -> tuple[Point, float]:
    """Search for wages, demand levels and entry at once; return the best point met and what it misses."""

    def look(here: Point) -> Gaps:
        return gaps_at(m, here, fringe)

    return follow(look, lambda here, step: here.moved(step, m.entry == "free"), place, m.numeraire, across)


def follow(
    look: Callable[[P], Gaps], move: Callable[[P, np.ndarray], P], place: P, kept: int, across: bool = False
) -> tuple[P, float]:
    """Follow gaps to zero by Newton with friction; return the best place met and what is missing there.

    Every unknown follows its gap in time; a step is an implicit one of length 1/friction. Friction shrinks while
    the linearisation holds, so that the end is Newton's, and grows where it does not. No gap has to fall on the
    way: thin tails and ends of a support make corners that a line search cannot turn.

    Parameters
    ----------
    look : callable
        From a place to its gaps.
    move : callable
        From a place and a step in the unknowns to the next place.
    place : object
        Where to start.
    kept : int
        Which unknown stays as it is, its gap being redundant; -1 for none.
    across : bool
        Whether to step across corners: just inside a support sales are linear in what lies beyond, so that steps
        are those of levels, and any is taken.
    """
    gaps = look(place)
    best, least, drag, misses = place, gaps, 0.0, 0
    for _ in range(MAX_STEPS):
        done = least.norm < GOAL or misses >= (_PATIENCE if least.miss < ACCEPT else _TRIES)
        if done or not np.isfinite(gaps.slopes).all():
            break
        step = gaps.step(drag, kept, across)
        share = min(1.0, _CAP / max(np.max(np.abs(step)), 1e-300))
        there = move(place, share * step)
        trial = look(there)
        off = (
            (0.0 if np.isfinite(trial.norm) else np.inf)
            if across
            else _misfit(gaps, trial, share, step, drag, kept)
        )
        if off < 1.0 or (drag > _STIFF and np.isfinite(trial.norm)):
            place, gaps = there, trial
        misses = 0 if trial.norm < least.norm else misses + 1
        if trial.norm < least.norm:
            best, least = there, trial
        drag = drag * _FACTORS[np.searchsorted(_MISFITS, off)]
        drag = (drag if drag > _LEAST else 0.0) if off < 1.0 else max(drag, _FIRST)
    return best, least.miss


def _misfit(old: Gaps, new: Gaps, share: float, step: np.ndarray, drag: float, kept: int) -> float:
    """Compute how far a step missed, by the kindest measure.

    What it should have left undone, what it left, and how far the next step would go at the old slopes: what
    unbalances a small country may mend at once.
    """
    if not np.isfinite(new.norm):
        return np.inf
    promised = (1.0 - share) * old.values + share * drag * old.sign * step
    left = replace(old, values=new.values).step(drag, kept)
    size = max(float(np.max(np.abs(old.values))), 1e-300)
    far = max(float(np.max(np.abs(share * step))), 1e-300)
    return float(min(np.max(np.abs(new.values - promised)) / size, new.norm / old.norm, np.max(np.abs(left)) / far))


def _wages_first(m: Primitives, place: Point, fringe: Fringe | None = None) -> tuple[Point, float]:
    """Search for wages alone, with markets cleared at each; where entry is free, for everything at once."""
    if m.entry == "free":
        return newton(m, place, fringe)
    n = len(m.countries)

    def look(here: Point) -> Gaps:
        gaps = gaps_at(m, here, fringe)
        goods = np.linalg.solve(gaps.slopes[n:, n:], gaps.slopes[n:, :n])
        return replace(gaps, values=gaps.values[:n], sign=gaps.sign[:n], slopes=gaps.slopes[:n, :n] - gaps.slopes[:n, n:] @ goods)

    def move(here: Point, step: np.ndarray) -> Point:
        return cleared(m, replace(here, log_wage=here.log_wage + step), fringe)

    best, _ = follow(look, move, cleared(m, place, fringe), m.numeraire)
    return newton(m, best, fringe)


def cleared(m: Primitives, place: Point, fringe: Fringe | None = None) -> Point:
    """Find the demand levels that clear goods markets at given wages and potential firms."""
    n = len(m.countries)

    def look(here: Point) -> Gaps:
        gaps = gaps_at(m, here, fringe)
        return Gaps(gaps.values[n : 2 * n], gaps.slopes[n : 2 * n, n : 2 * n], np.zeros(0), -np.ones(n))

    return follow(look, lambda here, step: replace(here, log_demand=here.log_demand + step), place, -1)[0]


@dataclass(frozen=True)
class Fringe:
    """A sliver of Pareto firms beside a country's own, so that somebody sells everywhere at any wage.

    Where a support ends a country may sell abroad only at a far lower wage, and until then nothing tells so. The
    fringe does, and thinned out step by step it leaves the world as it is.
    """

    share: float
    log_b: np.ndarray

    def beside(self, m: Primitives, sellers: Moments, log_x: np.ndarray) -> Moments:
        """Add the fringe to what sellers do, a potential firm (origin, destination)."""
        pareto = eq.pareto_moments(replace(m, theta=_FRINGE_TILDE * m.S, b=np.exp(self.log_b)), log_x)
        pairs = zip(vars(sellers).values(), vars(pareto).values(), strict=True)
        return Moments(*(own + self.share * added for own, added in pairs))


def _thin_out(m: Primitives, place: Point) -> tuple[Point, float]:
    """Search beside a fringe of firms that sell everywhere, ever fewer."""
    start = autarky(m)
    log_b = np.diagonal(eq.log_cutoff(m, start.log_wage, start.log_demand))
    place, miss = _wages_first(m, start, Fringe(_FRINGE, log_b))
    share, thinner = _FRINGE, _THINNER
    while miss < ACCEPT and share > _FRINGE_GONE and thinner < _STUCK:
        fringe = Fringe(share * thinner, log_b)
        trial, trial_miss = newton(m, place, fringe)
        if not trial_miss < ACCEPT:
            trial, trial_miss = newton(m, place, fringe, across=True)
        if trial_miss < ACCEPT:
            place, share, thinner = trial, share * thinner, thinner**1.5
        else:
            thinner **= 0.3
    left = gaps_at(m, place).miss
    polished, miss = newton(m, place, across=True)
    return (polished, miss) if miss < left else (place, left)


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
        """Solve for the step of friction `drag` that leaves the unknown `kept` as it is, Newton's of `levels` or logs."""
        values = -np.sign(self.values) * np.expm1(-np.abs(self.values)) if levels else self.values
        keep = np.arange(len(self.values)) != kept
        step = np.zeros(len(self.values))
        inner = (self.slopes - drag * np.diag(self.sign))[np.ix_(keep, keep)]
        try:
            step[keep] = -np.linalg.solve(inner, values[keep])
        except np.linalg.LinAlgError:
            step[keep] = -np.linalg.lstsq(inner, values[keep], rcond=1e-13)[0]
        return step


def gaps_at(m: Primitives, place: Point, fringe: Fringe | None = None) -> Gaps:
    """Compute the log gaps of the balance of payments, of goods markets and of free entry, and their exact slopes.

    d ln B_ij = gamma d ln w_j + (1-gamma) d ln w_i, d ln phi*_ij = d ln w_i + (d ln B_ij - d ln A_j)/S, and per unit
    of ln phi* sales fall by S sales + margin, marketing by margin.
    """
    n, wage, free, home = np.arange(len(place.log_wage)), np.exp(place.log_wage), m.entry == "free", is_home(len(m.countries))
    scale, sellers = sellers_at(m, place)
    if fringe is not None:
        sellers = fringe.beside(m, sellers, eq.log_cutoff(m, place.log_wage, place.log_demand))
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


def _open_borders(m: Primitives, place: Point, shut: float) -> tuple[Point, float]:
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
