"""Find a Melitz equilibrium: demand levels outside, each wage its own monotone root inside.

Unknowns are a = ln A. Given a, every country's free entry (or, with fixed entry, its labour market) pins its
wage down by one monotone equation that always has a root; looping on wages with free entry inside does not.
Newton runs on Z_j = ln(sum_i X_ij / Y_j) with its exact Jacobian. All arrays carry the batch as last axis.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import at_home
from phistar.models.melitz.excess import State, excess_demand
from phistar.models.melitz.wages import WAGE_GOAL, wages_given_demand
from phistar.numerics import batched, friction
from phistar.numerics.polynomial import fitted

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

MAX_OUTER = 200
#: Largest |Z| at which a point counts as solved: some ulps of a sum over a hundred countries.
GOAL = 1e-13
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-10
#: How near zero the log gap of a wage equation is brought: this, and this share of what the markets still miss.
_SHARE = 1e-2
#: A residual so small that so few steps without a gain mark its floor.
_LOW, _AT_FLOOR = 1e-6, 10
#: Points at their goal are dropped from a batch when fewer than this share are still on their way.
_WORTH_DROPPING = 0.75
#: Of a long batch, so many points at least, every so many are found first: a prime, to see all columns of a grid.
_STRIDE, _MANY = 7, 256
#: From here Newton's next step is to a root within rounding.
_SURE = 1e-7
#: Friction to start with where the way is likely easy, and where it is not.
EAGER, WARY = 1e-3, 1.0


def autarky_start(m: Primitives) -> tuple[np.ndarray, np.ndarray]:
    """Return ln A and ln w of the world in which nobody exports, with every wage one."""
    # One destination, home, is all that counts.
    alone = replace(m, log_tau=at_home(m.log_tau)[:, None], f=at_home(m.f)[:, None], fixed_cost="market")
    zero = np.zeros((len(m.countries), m.points))
    found = wages_given_demand(alone, np.zeros((1, m.points)), zero, _SHARE)
    # Cutoffs depend on sigma ln w - ln A alone, so wages of one need this demand level.
    return -m.sigma * (found.log_wage + found.rest), zero


def find_smooth(
    m: Primitives,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    steps: int = MAX_OUTER,
    goal: float = GOAL,
    first_drag: float = EAGER,
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
    base = excess_demand(m, *(start if start is not None else autarky_start(m)), _SHARE)
    log_demand, log_wage, best = base.log_demand.copy(), base.log_wage.copy(), base.norm.copy()
    active = np.arange(m.points)
    drag, misses = np.minimum(base.norm, first_drag), np.zeros(m.points, dtype=int)
    for _ in range(steps):
        # At the floor of precision a step that does not help is the sign to stop.
        keep = (best[active] > goal) & (misses < np.where(best[active] < _LOW, _AT_FLOOR, friction.HOPELESS))
        if not keep.any():
            break
        # Dropping a few points costs more than carrying them along.
        if np.mean(keep) < _WORTH_DROPPING:
            m, base, active = m.take(keep), _take(base, keep), active[keep]
            drag, misses = drag[keep], misses[keep]
        step = _newton_step(base, drag, m.sigma)
        # Wages follow along their known slope, so that their own roots start close.
        wages = base.log_wage + np.sum(base.response * step[None], axis=1)
        trial = excess_demand(m, base.log_demand + step, wages, np.clip(_SHARE * base.norm, WAGE_GOAL, _SHARE))
        miss = _misfit(base, trial, step, drag, m.sigma, friction.tube(misses))
        better = trial.norm < best[active]
        where = active[better]
        log_demand[:, where], log_wage[:, where] = trial.log_demand[:, better], trial.log_wage[:, better]
        best[where] = trial.norm[better]
        misses = np.where(better, 0, misses + 1)
        base = _choose((miss < 1.0) | (drag > friction.STIFF), trial, base)
        drag = friction.adapted(drag, miss, base.norm)
    return log_demand, log_wage, best


def _misfit(
    old: State, new: State, step: np.ndarray, drag: np.ndarray, sigma: np.ndarray, tube: np.ndarray
) -> np.ndarray:
    """Compute how far the step missed what the linearisation promised, as a share of what was to be removed.

    What is missed is never a large share of less than the `tube`: Newton will see to it on the way.
    """
    z = _known(old.excess)
    moved = new.log_income - old.log_income + friction.STIFFNESS * step / sigma
    # The last term is the rank-one term of the system solved.
    left = _known(new.excess) + drag * moved + np.mean(step, axis=0)
    misfits = [np.max(np.abs(left), axis=0) / np.maximum(np.max(np.abs(z), axis=0), tube)]
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


def _newton_step(state: State, drag: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Solve (J + drag D) da = -Z; where that strides too far, limit the stride in each singular direction apart.

    D da is the move of ln Y and of demand that the friction slows. The level of A is free (wages follow it),
    which the rank-one term fixes. Blocs that trade little or nothing with one another leave further directions
    almost free: their long strides must not drown the others.
    """
    n = np.arange(len(state.excess))
    slopes = _known(state.jacobian + drag * state.pull)
    matrix = slopes + 1.0 / n.size
    matrix[n, n] += drag * friction.STIFFNESS / sigma
    z = _known(state.excess)
    step = -batched.solve(matrix, z)
    cap = friction.longest(state.norm)
    far = ~(np.max(np.abs(step), axis=0) <= cap)
    if far.any():
        step[:, far] = -batched.solve_limited(matrix[..., far], z[:, far], cap[far])
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
