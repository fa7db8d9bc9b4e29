"""Find a Melitz equilibrium: demand levels outside, each wage its own monotone root inside.

Unknowns are a = ln A. Given a, every country's free entry (or, with fixed entry, its labour market) pins its
wage down by one monotone equation that always has a root; looping on wages with free entry inside does not.
Newton runs on Z_j = ln(sum_i X_ij / Y_j) with its exact Jacobian. All arrays carry the batch as last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.keys import is_home
from phistar.models.melitz import equations as eq
from phistar.models.melitz.table import Rows
from phistar.numerics import batched
from phistar.numerics.polynomial import fitted

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

MAX_OUTER = 300
MAX_INNER = 200
#: Largest |Z| at which a point counts as solved: some ulps of a sum over a hundred countries.
GOAL = 1e-13
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-10
#: How near zero the log gap of a wage equation is brought at most, and at least.
WAGE_GOAL, _ROUGH = 2e-14, 1e-3
#: That goal as a share of what the markets still miss.
_SHARE = 1e-2
#: Where the table's root is near enough to the true one.
NEAR = 1e-9
#: Families about as quick to evaluate as a table; their worlds seldom need more steps than this.
_QUICK, _PATIENCE = frozenset({"pareto", "bounded_pareto", "lognormal"}), 20
#: Points at their goal are dropped from a batch when fewer than this share are still on their way.
_WORTH_DROPPING = 0.75
#: Of a long batch, so many points at least, every so many are found first: a prime, to see all columns of a grid.
_STRIDE, _MANY = 7, 256
#: From here Newton's next step is to a root within rounding.
_SURE = 1e-7
#: Longest stride in ln A.
_CAP = 5.0
#: Largest |Z| told apart.
_FARTHEST = 30.0
#: Friction to start with where the way is likely easy, and where it is not.
EAGER, WARY = 1e-3, 1.0
#: The least friction to grow from, and that at which any step is taken.
_FLOOR, _STIFF = 1e-3, 1e6
#: Resistance of demand (sigma times its logs' moves) beside that of incomes.
_STIFFNESS = 5.0
#: What the friction is multiplied by where the linearisation missed by less than these shares, or by more.
_MISFITS = np.array([0.1, 0.3, 0.5, 0.8, 1.0])
_FACTORS = np.array([0.03, 0.3, 0.7, 1.0, 1.5, 4.0])


@dataclass
class State:
    """Where the iteration stands, all with the batch last.

    Log demand a, log wage, log income Y, excess Z, dZ/da, d ln w/da and d ln Y/da; the norm is the largest |Z| or
    what the wages still miss, infinite where some market has no sellers.
    """

    log_demand: np.ndarray
    log_wage: np.ndarray
    log_income: np.ndarray
    excess: np.ndarray
    jacobian: np.ndarray
    response: np.ndarray
    pull: np.ndarray
    norm: np.ndarray


def entry_gap(m: Primitives, sellers: eq.Selection) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log gap of the equation that pins each wage, and its slope in ln w (origin).

    Free entry: expected profit over the entry cost. Fixed entry: labour used by J draws over labour present.
    Both fall in the wage.
    """
    r = eq.access_revenue(m, sellers)
    if m.entry == "free":
        level, target = eq.expected_profit(m, sellers), m.delta * m.f_e
        slope = -m.sigma * np.sum(r, axis=1)
    else:
        level, target = eq.labour_per_draw(m, sellers), m.L / m.J
        slope = -(m.sigma / (m.sigma - 1.0)) * np.sum(_labour_slope(m, sellers, r), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(level / target), slope / level


def _labour_slope(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
    """Fall of the labour a draw uses in a market per unit of ln x and ln e together (origin, destination)."""
    s = m.sigma - 1.0
    return s * s * r + _labour_slope_of_cutoff(m, sellers, r)


def _labour_slope_of_cutoff(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
    """Its part through the chosen cutoff ln e."""
    exits = density(m, sellers)
    return (m.sigma - 1.0) * moment_fall(sellers, exits) * r + m.f * exits


def density(m: Primitives, sellers: eq.Selection) -> np.ndarray:
    """Fall of S(e) per unit of ln e (origin, destination)."""
    return np.exp(m.productivity.log_density(sellers.log_e))


def moment_fall(sellers: eq.Selection, exits: np.ndarray) -> np.ndarray:
    """Elasticity of V(e) to e, zero where nobody sells."""
    with np.errstate(over="ignore", invalid="ignore"):
        fall = exits * np.exp(-sellers.tail.log_value)
    return fall if np.isfinite(fall).all() else np.where(np.isfinite(fall), fall, 0.0)


@dataclass(frozen=True)
class Wages:
    """Wages that solve their equations but for a last Newton step: its length (country), and who sells there."""

    log_wage: np.ndarray
    rest: np.ndarray
    sellers: eq.Selection


def wages_given_demand(
    m: Primitives, log_demand: np.ndarray, log_wage: np.ndarray, goal: np.ndarray | float = WAGE_GOAL
) -> Wages:
    """Solve each country's monotone wage equation in logs: Newton near the root, secants of a bracket far from it."""
    w = log_wage
    low, high = _End.open(w, -np.inf), _End.open(w, np.inf)
    for look in range(MAX_INNER):
        sellers = eq.select(m, w, log_demand)
        gap, slope = entry_gap(m, sellers)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -gap / slope
        near = np.abs(gap) < goal
        if near.all():
            break
        low, high = low.moved(gap >= 0, w, gap), high.moved(gap <= 0, w, gap)
        done = near | (np.abs(step) <= 1e-15 * (1.0 + np.abs(w)))
        done |= ~(high.place - low.place > 1e-15 * (1.0 + np.abs(w)))
        if done.all():
            break
        w = np.where(done, w, _next_inside(w + step, w, gap, low, high, halve=look % 3 == 2))
    return Wages(w, np.where(near, step, 0.0), sellers)


@dataclass(frozen=True)
class _End:
    """One end of a bracket: the place and the gap found there."""

    place: np.ndarray
    gap: np.ndarray

    @classmethod
    def open(cls, like: np.ndarray, place: float) -> _End:
        """Return an end at infinity."""
        return cls(np.full(like.shape, place), np.full(like.shape, np.nan))

    def moved(self, where: np.ndarray, place: np.ndarray, gap: np.ndarray) -> _End:
        """Return the end moved to a new place where `where` says so."""
        return _End(np.where(where, place, self.place), np.where(where, gap, self.gap))


def _next_inside(
    proposal: np.ndarray, w: np.ndarray, gap: np.ndarray, low: _End, high: _End, halve: bool
) -> np.ndarray:
    """Choose the next wage: Newton's proposal near the root, else a cut of the bracket, or a stride while it is open.

    The log gap is concave: Newton from the high side only halves the distance where the tail is thin. It may also
    fall off a cliff, so that the ends of the bracket differ by hundreds: their logs say better where to cut, and
    every cut takes off a tenth at least. Now and then one is to `halve` the bracket, lest one end never moves.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        above, below = np.log1p(np.abs(low.gap)), np.log1p(np.abs(high.gap))
        share = np.where(np.isfinite(above + below), np.clip(above / (above + below), 0.1, 0.9), 0.5)
        cut = low.place + (0.5 if halve else share) * (high.place - low.place)
        stride = np.where(np.isinf(high.place), w + 2.0, w - 2.0)
        closed = np.isfinite(low.place) & np.isfinite(high.place)
        inside = (proposal > low.place) & (proposal < high.place) & (np.abs(proposal - w) < 50.0)
        newton = inside & ~(closed & (gap < -0.5))
    return np.where(newton, proposal, np.where(closed, cut, stride))


def excess_demand(
    m: Primitives, log_demand: np.ndarray, log_wage: np.ndarray, goal: np.ndarray | float = WAGE_GOAL
) -> State:
    """Compute Z_j = ln(sum_i X_ij / Y_j) and dZ/da at given demand levels, wages solved inside to within `goal`.

    What the wages still miss counts by its first order, so that they need no closer look than the step deserves.
    """
    wages = wages_given_demand(m, log_demand, log_wage, goal)
    w, rest, sellers = wages.log_wage, wages.rest, wages.sellers
    entrants = eq.mass_entrants(m, sellers)
    flows = eq.trade_flow(m, w, sellers, entrants)
    sales, spending = np.sum(flows, axis=0), eq.income(m, w, sellers, entrants)
    by_wage, jacobian, response, pull = _slopes(m, sellers, flows, sales)
    income_by_wage = 1.0 if m.entry == "free" else 1.0 - np.sum(flows, axis=1) / spending
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log(sales / spending) + np.sum(by_wage * rest[:, None], axis=0) - income_by_wage * rest
    income = np.log(spending) + income_by_wage * rest
    worst = np.max(np.maximum(np.abs(z), np.square(rest)), axis=0)
    norm = np.where(np.isnan(worst), np.inf, worst)
    return State(log_demand, w + rest, income, np.clip(z, -_FARTHEST, _FARTHEST), jacobian, response, pull, norm)


def _slopes(m: Primitives, sellers: eq.Selection, flows: np.ndarray, sales: np.ndarray) -> tuple[np.ndarray, ...]:
    """Compute, all exactly, the slopes of what is sold and earned.

    d ln x_ij = (sigma/s) d ln w_i - da_j / s, and d ln e_ij is the same at the margin of one market; where the
    overhead cutoff rules it mixes the markets served, with weights omega.

    Returns
    -------
    by_wage : ndarray (origin, destination, batch)
        Slope of ln sum_i X_ij in ln w_i at given demand.
    jacobian : ndarray (country, country, batch)
        dZ_j/da_k.
    response, pull : ndarray (country, country, batch)
        d ln w_i/da_k and d ln Y_i/da_k.
    """
    s = m.sigma - 1.0
    r = eq.access_revenue(m, sellers)
    spread = spreader(m, sellers)
    exits = density(m, sellers)
    fall = moment_fall(sellers, exits)
    wage = _wage_response(m, sellers, r, spread)
    arrivals = flows / np.where(sales > 0.0, sales, 1.0)
    through_wage = 1.0 - m.sigma - fall * m.sigma / s
    # Columns through each origin's wage and entry, then directly through the destination's own demand level.
    if m.entry == "free":
        idle = m.f * exits / (m.delta * m.f_e + np.sum(m.f * sellers.survival, axis=1))[:, None]
        by_wage = arrivals * (through_wage + (m.sigma / s) * np.sum(idle, axis=1)[:, None])
        jacobian = batched.contract(by_wage, wage) - batched.contract(arrivals, spread(idle) / s)
    else:
        by_wage = arrivals * through_wage
        jacobian = batched.contract(by_wage, wage)
    n = np.arange(len(r))
    jacobian[n, n] += np.sum(arrivals, axis=0)
    spread.add_to(jacobian, arrivals * fall / s)
    pull = flows / np.sum(flows, axis=1)[:, None] / m.sigma
    jacobian -= pull
    return by_wage, jacobian, wage, pull


def _wage_response(m: Primitives, sellers: eq.Selection, r: np.ndarray, spread: _Spread | _OwnMarket) -> np.ndarray:
    """Compute d ln w_i / d a_k (origin, destination): revenue shares over sigma with free entry."""
    s = m.sigma - 1.0
    if m.entry == "free":
        return r / (m.sigma * np.sum(r, axis=1))[:, None]
    total = np.sum(_labour_slope(m, sellers, r), axis=1)[:, None]
    return (s * s * r + spread(_labour_slope_of_cutoff(m, sellers, r))) / (m.sigma * total)


class _Spread:
    """How d ln e_ij splits over the a_k: on the own market, or over the markets the overhead cutoff mixes."""

    def __init__(self, own: np.ndarray, weights: np.ndarray) -> None:
        self.own, self.weights = own, weights

    def __call__(self, c: np.ndarray) -> np.ndarray:
        """Return the coefficient on a_k of sum_j c_ij times (-s d ln e_ij) at given wages (origin, destination)."""
        return np.where(self.own, c, 0.0) + np.sum(np.where(self.own, 0.0, c), axis=1)[:, None] * self.weights

    def move(self, log_x: np.ndarray) -> np.ndarray:
        """Return the moves of ln e_ij from those of ln x_ij along a trailing axis."""
        shared = np.sum(self.weights[..., None] * log_x, axis=1)
        return np.where(self.own[..., None], log_x, shared[:, None])

    def add_to(self, slopes: np.ndarray, c: np.ndarray) -> None:
        """Add sum_i c_ij (d(-s ln e_ij)/d a_k at given wages) for every pair of destinations j, k."""
        slopes += batched.contract(np.where(self.own, 0.0, c), np.broadcast_to(self.weights, c.shape))
        _OwnMarket().add_to(slopes, np.where(self.own, c, 0.0))


class _OwnMarket:
    """The same where every market has a cutoff of its own."""

    def __call__(self, c: np.ndarray) -> np.ndarray:
        return c

    def move(self, log_x: np.ndarray) -> np.ndarray:
        return log_x

    def add_to(self, slopes: np.ndarray, c: np.ndarray) -> None:
        n = np.arange(len(c))
        slopes[n, n] += np.sum(c, axis=0)


def spreader(m: Primitives, sellers: eq.Selection) -> _Spread | _OwnMarket:
    """Work out which markets move each chosen cutoff."""
    if m.fixed_cost == "market":
        return _OwnMarket()
    s = m.sigma - 1.0
    home = is_home(len(sellers.log_x), sellers.log_x.ndim)
    served, reference = eq.served_at_the_margin(m, sellers.log_x)
    weight = np.where(served, m.f * np.exp(-s * np.where(served, sellers.log_x - reference[:, None], 0.0)), 0.0)
    own = ~home & (sellers.log_e <= sellers.log_x)
    return _Spread(own, weight / np.sum(weight, axis=1)[:, None])


def autarky_start(m: Primitives) -> tuple[np.ndarray, np.ndarray]:
    """Return ln A and ln w of the world in which nobody exports, with every wage one."""
    # One destination, home, is all that counts.
    alone = replace(m, log_tau=eq.at_home(m.log_tau)[:, None], f=eq.at_home(m.f)[:, None], fixed_cost="market")
    zero = np.zeros((len(m.countries), m.points))
    found = wages_given_demand(alone, np.zeros((1, m.points)), zero, _ROUGH)
    # Cutoffs depend on sigma ln w - ln A alone, so wages of one need this demand level.
    return -m.sigma * (found.log_wage + found.rest), zero


def find_smooth(
    m: Primitives,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    steps: int = MAX_OUTER,
    goal: float = GOAL,
    friction: float = EAGER,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find ln A and ln w where the distributions have no atoms; `m` carries a batch axis.

    Newton with friction: incomes and demand fall in time where sales exceed spending and rise where they fall
    short, and every step is an implicit one of length 1/friction. The friction shrinks while the linearisation
    holds, so that the end is Newton's, and grows where it does not. Nothing has to decrease on the way, which is
    what lets the search turn the corners that thin tails and large sigma make.

    Returns
    -------
    log_demand, log_wage : ndarray (country, batch)
    norm : ndarray (batch)
        Largest |Z| reached; above `ACCEPT` the point has not converged.
    """
    base = excess_demand(m, *(start if start is not None else autarky_start(m)), _ROUGH)
    log_demand, log_wage, best = base.log_demand.copy(), base.log_wage.copy(), base.norm.copy()
    active = np.arange(m.points)
    drag, misses = np.minimum(base.norm, friction), np.zeros(m.points, dtype=int)
    for _ in range(steps):
        # At the floor of precision a step that does not help is the sign to stop.
        keep = (best[active] > goal) & ~((best[active] < ACCEPT) & (misses >= 6))
        if not keep.any():
            break
        # Dropping a few points costs more than carrying them along.
        if np.mean(keep) < _WORTH_DROPPING:
            m, base, active = m.take(keep), _take(base, keep), active[keep]
            drag, misses = drag[keep], misses[keep]
        step = _newton_step(base, drag, m.sigma)
        # Wages follow along their known slope, so that their own roots start close.
        wages = base.log_wage + np.sum(base.response * step[None], axis=1)
        trial = excess_demand(m, base.log_demand + step, wages, np.clip(_SHARE * base.norm, WAGE_GOAL, _ROUGH))
        miss = _misfit(base, trial, step, drag, m.sigma)
        better = trial.norm < best[active]
        where = active[better]
        log_demand[:, where], log_wage[:, where] = trial.log_demand[:, better], trial.log_wage[:, better]
        best[where] = trial.norm[better]
        misses = np.where(better, 0, misses + 1)
        base = _choose((miss < 1.0) | (drag > _STIFF), trial, base)
        drag = drag * _FACTORS[np.searchsorted(_MISFITS, miss)]
        drag = np.where(miss < 1.0, drag, np.maximum(drag, np.minimum(_FLOOR, base.norm)))
    return log_demand, log_wage, best


def _misfit(old: State, new: State, step: np.ndarray, drag: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Compute how far the step missed what the linearisation promised, as a share of what was to be removed."""
    z = _known(old.excess)
    moved = new.log_income - old.log_income + _STIFFNESS * step / sigma
    # The last term is the rank-one term of the system solved.
    left = _known(new.excess) + drag * moved + np.mean(step, axis=0)
    misfits = [np.max(np.abs(left), axis=0) / np.max(np.abs(z), axis=0)]
    misfits += [np.sqrt(np.sum(left**2, axis=0) / np.sum(z**2, axis=0)), new.norm / old.norm]
    return np.where(np.isnan(new.excess).any(axis=0), np.inf, np.fmin.reduce(misfits))


def find_many(m: Primitives) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the worlds of a batch, most of them by one step from a polynomial through a few already found.

    Returns what `find_smooth` does. A point that is not nearly there is searched for from where it stands, and one
    that its neighbours mislead anew, from autarky.
    """
    if m.points < _MANY:
        return find_smooth(m)
    some = np.append(np.arange(0, m.points - 1, _STRIDE), m.points - 1)
    known = find_many(m.take(some))
    good = known[2] < ACCEPT
    if not good.any():
        return find_smooth(m)
    place = m.coordinates()
    values = np.concatenate([known[0], known[1]])
    guess = fitted(place[:, some[good]], values[:, good], place)
    n = len(m.countries)
    log_demand, log_wage, norm = _one_step(m, (guess[:n], guess[n:]))
    for start in ((log_demand, log_wage), None):
        lost = ~(norm < ACCEPT)
        if not lost.any():
            break
        again = find_smooth(m.take(lost), start and (start[0][:, lost], start[1][:, lost]))
        log_demand[:, lost], log_wage[:, lost], norm[lost] = again
    return log_demand, log_wage, norm


def _one_step(m: Primitives, start: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take one Newton step, and read the norm it leads to off its square: the certificate will look again."""
    base = excess_demand(m, *start, _SURE)
    step = _newton_step(base, np.zeros(m.points), m.sigma)
    wages = base.log_wage + np.sum(base.response * step[None], axis=1)
    return base.log_demand + step, wages, np.where(base.norm < _SURE, np.square(base.norm), np.inf)


def find_one(
    m: Primitives, start: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find one world's ln A and ln w, roaming on tabulated distributions where the true ones are slow to evaluate.

    Takes and returns what `find_smooth` does, for a batch of one point.
    """
    if all(family.family == "pareto" for family in m.families):
        return find_smooth(m, start)
    if all(family.family in _QUICK for family in m.families):
        found = find_smooth(m, start, steps=_PATIENCE)
        if found[2][0] < ACCEPT:
            return found
    log_demand, log_wage, norm = find_smooth(m.with_kernel(Rows(m).table()), start, goal=NEAR, friction=WARY)
    # The table is close: where its root was missed by far, the true one will be.
    return find_smooth(m, (log_demand, log_wage), steps=40 if norm[0] < 0.1 else 0)


def _newton_step(state: State, drag: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Solve (J + drag D) da = -Z; where that strides too far, limit the stride in each singular direction apart.

    D da is the move of ln Y and of demand that the friction slows. The level of A is free (wages follow it),
    which the rank-one term fixes. Blocs that trade little or nothing with one another leave further directions
    almost free: their long strides must not drown the others.
    """
    n = np.arange(len(state.excess))
    slopes = _known(state.jacobian + drag * state.pull)
    matrix = slopes + 1.0 / n.size
    matrix[n, n] += drag * _STIFFNESS / sigma
    z = _known(state.excess)
    step = -batched.solve(matrix, z)
    far = ~(np.max(np.abs(step), axis=0) <= _CAP)
    if far.any():
        step[:, far] = -batched.solve_limited(matrix[..., far], z[:, far], _CAP)
    return step


def _known(slopes: np.ndarray) -> np.ndarray:
    """Replace what is not a number: of a country that sells nothing there is nothing to know."""
    return slopes if np.isfinite(slopes).all() else np.nan_to_num(slopes, nan=0.0, posinf=0.0, neginf=0.0)


def _take(state: State, keep: np.ndarray) -> State:
    return State(*(part[..., keep] for part in vars(state).values()))


def _choose(accept: np.ndarray, new: State, old: State) -> State:
    if accept.all():
        return new
    pairs = zip(vars(new).values(), vars(old).values(), strict=True)
    return State(*(np.where(accept, a, b) for a, b in pairs))
