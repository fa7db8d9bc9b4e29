"""Find thresholds and entrants: a concave program in the mass of entrants, corners included.

With P(N) the thresholds that clear markets for given entrants, the expected profits less entry costs are the
gradient of a concave function of N,

    Phi(N) = sum_j L_j (alpha - P_j)^2 / (2 eta) + sum_i N_i (expected profit_i - f_E_i),

whose maximum over N >= 0 is the long-run equilibrium: nobody enters where the gradient is negative. Newton's method
runs on the entrants that are not held at zero, on tabulated moments where the true ones are slow; then thresholds and
entrants take Newton steps together on the exact equations. Pareto worlds of one shape whose cutoffs and entrants come
out interior are answered by two linear systems at once. All arrays carry a batch of worlds as last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from phistar.blocks.cost import Pareto, stand_in
from phistar.models.melitz_ottaviano import equations as eq
from phistar.models.melitz_ottaviano.primitives import Primitives
from phistar.numerics import batched

#: Thresholds and entrants to start from (country, batch).
Guess = tuple[np.ndarray, np.ndarray]

MAX_STEPS = 200
_MARKET_STEPS = 100
_POLISH_STEPS = 12
_HALVINGS = 40
#: Of batches longer than this every so many worlds are found first.
_LONG, _STRIDE = 1024, 8
#: Misfit, in expected profit over the entry cost, from which one Newton step on all unknowns reaches rounding.
_NEAR = 1e-8
#: Where those steps count as done: some ulps of a sum over markets.
_GOAL = 2e-15
#: Rounding of a sum over hundreds of markets.
_FLOOR = 1e-13
#: What rounding may leave behind when no step helps any more.
ACCEPT = 1e-12
#: Sufficient rise of the concave program, as a share of what its slope promises.
_ARMIJO = 1e-4


@dataclass(frozen=True)
class State:
    """A point of the search: entrants, thresholds that clear markets, free entry's gap over the entry cost, slopes.

    `output` is tau m_1 (origin, destination, batch), `response` the fall of what is left to be wanted in a threshold
    (destination, batch); `value` is the concave program (batch).
    """

    entrants: np.ndarray
    threshold: np.ndarray
    gap: np.ndarray
    output: np.ndarray
    response: np.ndarray
    value: np.ndarray

    def misfit(self) -> np.ndarray:
        """Return how far each world is from complementarity (batch)."""
        held = (self.entrants <= 0.0) & (self.gap < 0.0)
        return np.asarray(np.max(np.abs(np.where(held, 0.0, self.gap)), axis=0))

    def take(self, keep: np.ndarray) -> Self:
        """Return the worlds that `keep` selects."""
        return type(self)(*(getattr(self, f.name)[..., keep] for f in fields(self)))

    def replaced(self, places: np.ndarray, new: Self) -> Self:
        """Return a copy with the worlds at `places` replaced."""
        arrays = [getattr(self, f.name).copy() for f in fields(self)]
        for array, f in zip(arrays, fields(self), strict=True):
            array[..., places] = getattr(new, f.name)
        return type(self)(*arrays)


# -- markets ---------------------------------------------------------------------------------------------------


def clear_markets(m: Primitives, entrants: np.ndarray) -> np.ndarray:
    """Find the thresholds at which demand meets what the given firms supply (destination, batch).

    Notes
    -----
    Supply is convex and rising in P: from the right of its root Newton falls monotonically, and from its left one step
    overshoots to the right. At alpha nothing is wanted any more.
    """
    P = np.broadcast_to(m.alpha, entrants.shape)
    previous = np.full(P.shape, np.inf)
    for _ in range(_MARKET_STEPS):
        step, _ = _market_step(m, P, entrants)
        # Rounding is all that moves P once steps stop shrinking.
        size = np.abs(step)
        settled = (size <= 2e-16 * P) | ((size < 1e-11 * P) & (size >= np.abs(previous)))
        if settled.all():
            break
        P = np.where(settled, P, np.minimum(P - step, m.alpha))
        previous = step
    return P


def _market_step(m: Primitives, P: np.ndarray, entrants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far Newton would lower each threshold, and the slope (destination, batch)."""
    weight = 0.5 * m.eta / m.gamma * entrants[:, None]
    share, output, *_ = eq.draws(m, P).reach
    slope = 1.0 + np.sum(weight * share, axis=0)
    return (np.sum(weight * output, axis=0) - (m.alpha - P)) / slope, slope


def at(m: Primitives, entrants: np.ndarray, start: np.ndarray, tolerance: np.ndarray) -> State:
    """Evaluate the program at given entrants.

    Newton on a market stops at steps below `tolerance` (batch); what is left of them enters gaps and value to first
    and second order, so that their errors are its square and less.
    """
    P = start
    for _ in range(_MARKET_STEPS):
        step, response = _market_step(m, P, entrants)
        if np.all(np.abs(step) <= tolerance * P):
            break
        P = np.minimum(P - step, m.alpha)
    output = eq.draws(m, P).reach[1]
    profit = eq.expected_profit(m, P)
    value = np.sum(m.L * (eq.surplus_of_threshold(m, P) - 0.5 * response / m.eta * step**2), axis=0)
    value = value + np.sum(entrants * (profit - m.f_E), axis=0)
    gap = (profit - np.sum(m.L / (2.0 * m.gamma) * output * step, axis=1)) / m.f_E - 1.0
    return State(entrants, np.minimum(P - step, m.alpha), gap, output, response, value)


def curvature(m: Primitives, state: State) -> np.ndarray:
    """Compute minus the Hessian of the program (origin, origin, batch)."""
    weight = m.L * m.eta / (4.0 * m.gamma**2 * state.response)
    hessian = batched.contract(np.swapaxes(state.output * weight, 0, 1), np.swapaxes(state.output, 0, 1))
    # A ridge far below rounding of the diagonal keeps countries that are perfect substitutes apart.
    own = np.arange(len(hessian))
    hessian[own, own] += np.where(hessian[own, own] > 0.0, 1e-13 * hessian[own, own], 1.0)
    return hessian


# -- the long run ----------------------------------------------------------------------------------------------


def long_run(m: Primitives, start: Guess | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the long-run equilibria of a batch, from thresholds and entrants of solved neighbours if they are given.

    Returns
    -------
    threshold, entrants : ndarray (country, batch)
    misfit : ndarray (batch)
        How far each world is from clearing markets and complementarity; `ACCEPT` is what counts as found.
    """
    threshold, entrants, solved = interior_pareto(m)
    misfit = np.where(solved, 0.0, np.inf)
    if solved.all():
        return threshold, entrants, misfit
    guess = _first_guess(m, ~solved) if start is None else start
    for tabulated in (True, False):
        left = np.flatnonzero(~(misfit <= ACCEPT))
        if not left.size:
            break
        part = m.take(left)
        quick = part.with_cost(stand_in(m.cost, float(np.max(m.alpha)), left.size * len(entrants) ** 2))
        if tabulated and quick.cost is m.cost:
            continue
        found = search(quick if tabulated else part, (guess[0][:, left], guess[1][:, left]))
        threshold[:, left], entrants[:, left], misfit[left] = polish(part, found)
    return threshold, entrants, misfit


def _first_guess(m: Primitives, wanted: np.ndarray) -> Guess:
    """Guess thresholds and entrants: of a long batch some worlds are found first, and tell their neighbours."""
    threshold, entrants = np.full((len(m.L), m.points), 1.0) * m.alpha, np.zeros((len(m.L), m.points))
    left = np.flatnonzero(wanted)
    if left.size > _LONG:
        *found, misfit = long_run(m.take(left[::_STRIDE]))
        for guess, told in zip((threshold, entrants), found, strict=True):
            near = np.where(misfit <= ACCEPT, told, guess[:, left[::_STRIDE]])
            guess[:, left] = np.repeat(near, _STRIDE, axis=1)[:, : left.size]
    return np.minimum(threshold, m.alpha), entrants


def search(m: Primitives, start: Guess) -> State:
    """Climb the concave program from `start` by Newton's method until every world is near its top, or stuck."""
    state = at(m, np.maximum(start[1], 0.0), start[0], np.full(m.points, 1e-8))
    left = np.flatnonzero(~(state.misfit() <= _NEAR))
    for _ in range(MAX_STEPS):
        if not left.size:
            break
        now, moved = _step(m.take(left), state.take(left))
        state = state.replaced(left, now)
        left = left[moved & ~(now.misfit() <= _NEAR)]
    return state


def _step(m: Primitives, state: State) -> tuple[State, np.ndarray]:
    """Take one projected Newton step; say in which worlds a step raised the program (batch)."""
    direction = _direction(m, state)
    misfit = state.misfit()
    moved = np.zeros(misfit.shape, dtype=bool)
    left, result, share = np.arange(misfit.size), state, 1.0
    for _ in range(_HALVINGS):
        part, old = m.take(left), state.take(left)
        entrants = np.maximum(old.entrants + share * direction[:, left], 0.0)
        change = entrants - old.entrants
        moves = 0.5 * part.eta / part.gamma * np.sum(old.output * change[:, None], axis=0) / old.response
        guess = np.clip(old.threshold - moves, 0.3 * old.threshold, part.alpha)
        # Markets need clear no better than the step is good.
        trial = at(part, entrants, guess, np.clip(1e-2 * misfit[left], 1e-9, 1e-4))
        rise = np.sum(old.gap * part.f_E * change, axis=0)
        near = (trial.misfit() < 0.5 * misfit[left]) & (misfit[left] < 1e-6)
        higher = (rise > 0.0) & (trial.value >= old.value + _ARMIJO * rise - 1e-15 * np.abs(old.value))
        good = near | higher
        result = result.replaced(left[good], trial.take(good))
        moved[left[good]] = True
        left, share = left[~good], 0.5 * share
        if not left.size:
            break
    return result, moved


def _direction(m: Primitives, state: State) -> np.ndarray:
    """Maximise the quadratic model over N >= 0 by an active-set method that starts from the present corners."""
    hessian, gradient = curvature(m, state), state.gap * m.f_E
    free = state.entrants > 0.0
    step = np.zeros_like(gradient)
    for _ in range(2 * len(gradient) + 10):
        step = np.where(free, 0.0, -state.entrants)
        step = step + _solve_free(hessian, gradient - _times(hessian, step), free)
        pull = gradient - _times(hessian, step)
        leaves = free & (state.entrants + step < 0.0)
        enters = ~free & (pull > 1e-14 * m.f_E)
        if not (leaves.any() or enters.any()):
            break
        free = np.where(leaves.any(axis=0), free & ~leaves, free | enters)
    return step


def _times(matrix: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum(matrix * x, axis=1))


def _solve_free(hessian: np.ndarray, pull: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Solve for the entrants that are free in each world; zero for the others (origin, batch)."""
    step = np.zeros_like(pull)
    rows = np.flatnonzero(free.any(axis=1))
    if rows.size:
        some = free[rows]
        kept = np.where(some[:, None] & some[None, :], hessian[np.ix_(rows, rows)], 0.0)
        kept[np.arange(rows.size), np.arange(rows.size)] += ~some
        step[rows] = batched.solve(kept, np.where(some, pull[rows], 0.0))
    return step


def polish(m: Primitives, found: State) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take Newton steps in thresholds and entrants together while they help; return both and the misfit left."""
    P, entrants = found.threshold, found.entrants
    best: tuple[np.ndarray, ...] = P, entrants, np.full(m.points, np.inf)
    for _ in range(_POLISH_STEPS):
        step, response = _market_step(m, P, entrants)
        state = State(entrants, P, eq.free_entry(m, P), eq.draws(m, P).reach[1], response, np.zeros(m.points))
        misfit = np.maximum(state.misfit(), np.max(np.abs(step * response) / m.alpha, axis=0))
        better = misfit < best[2]
        # Newton squares a misfit this small: what it leaves is rounding.
        squared = (best[2] <= _NEAR) & (misfit <= _FLOOR)
        done = (misfit <= _GOAL) | squared | ~(misfit < 0.5 * best[2])
        best = tuple(np.where(better, new, old) for new, old in zip((P, entrants, misfit), best, strict=True))
        if done.all():
            break
        pull = state.gap * m.f_E - np.sum(m.L / (2.0 * m.gamma) * state.output * step, axis=1)
        change = _solve_free(curvature(m, state), pull, entrants > 0.0)
        entrants = np.maximum(entrants + change, 0.0)
        moves = 0.5 * m.eta / m.gamma * np.sum(state.output * change[:, None], axis=0) / response
        P = np.clip(P - step - moves, 0.5 * P, m.alpha)
    return best[0], best[1], best[2]


# -- Pareto ----------------------------------------------------------------------------------------------------


def interior_pareto(m: Primitives) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve Pareto worlds of one shape by their two linear systems.

    Returns
    -------
    threshold, entrants : ndarray (country, batch)
    solved : ndarray (batch)
        Where they describe the equilibrium: every threshold and every mass of entrants is positive, thresholds lie
        below alpha, and no cutoff lies beyond the upper end of its distribution.
    """
    pareto = m.distributions.alike(Pareto)
    shape = None if pareto is None else _common(pareto.k)
    if shape is None:
        n = len(m.L)
        return np.zeros((n, m.points)), np.zeros((n, m.points)), np.zeros(m.points, dtype=bool)
    c_M = pareto.c_M[:, 0] if np.ndim(pareto.c_M) == 3 else pareto.c_M
    freeness = m.finite_tau**-shape
    freeness = freeness if m.open.all() else np.where(m.open, freeness, 0.0)
    P = eq.pareto_thresholds(freeness, m.L, m.gamma, shape, m.f_E * c_M**shape)
    entrants = eq.pareto_entrants(m, freeness, shape, c_M, P)
    inside = np.all(eq.cutoff(m, P) <= pareto.c_M, axis=(0, 1))
    solved = inside & np.all((P > 0.0) & (m.alpha > P) & (entrants > 0.0), axis=0)
    # What a batch does not vary has one point, and every number has its part here.
    P, entrants, solved = np.broadcast_arrays(P, entrants, solved)
    return P.copy(), entrants.copy(), solved[0]


def _common(k: Any) -> Any:
    """Return the shape that all origins have, or None where they differ."""
    if np.ndim(k) < 3:
        return k
    return k[0, 0] if np.all(k == k[:1]) else None
