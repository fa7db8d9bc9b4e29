"""Find thresholds and entrants: a concave program in the mass of entrants, corners included.

With P(N) the thresholds that clear markets for given entrants, the expected profits less entry costs are the
gradient of a concave function of N,

    Phi(N) = sum_j L_j (alpha - P_j)^2 / (2 eta) + sum_i N_i (expected profit_i - f_E_i),

whose maximum over N >= 0 is the long-run equilibrium: nobody enters where the gradient is negative. Newton's method
runs on the entrants that are not held at zero. Where all distributions are Pareto with one shape and every country's
cutoffs and entrants come out interior, two linear systems give the answer at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.blocks.cost import Pareto
from phistar.core.errors import NoEquilibrium
from phistar.models.melitz_ottaviano import equations as eq
from phistar.models.melitz_ottaviano.primitives import Primitives

MAX_STEPS = 200
_MARKET_STEPS = 100
_HALVINGS = 40
#: Where Newton counts as done, in expected profit over the entry cost: rounding is a digit or two below.
_GOAL = 2e-15
#: What rounding may leave behind when no step helps any more.
ACCEPT = 1e-12
#: Sufficient rise of the concave program, as a share of what its slope promises.
_ARMIJO = 1e-4


@dataclass(frozen=True)
class State:
    """A point of the search: entrants, thresholds that clear markets, and free entry's gap over the entry cost."""

    entrants: np.ndarray
    threshold: np.ndarray
    gap: np.ndarray
    value: float

    def misfit(self) -> float:
        """Return how far the point is from complementarity."""
        held = (self.entrants <= 0.0) & (self.gap < 0.0)
        return float(np.max(np.abs(np.where(held, 0.0, self.gap)), initial=0.0))


def clear_markets(m: Primitives, entrants: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Find the thresholds at which demand meets what the given firms supply (destination).

    Notes
    -----
    Supply is convex and rising in P: from the right of its root Newton falls monotonically, and from its left one step
    overshoots to the right. At alpha nothing is wanted any more.
    """
    alpha = float(m.alpha)
    weight = 0.5 * m.eta / m.gamma * entrants[:, None]
    P = np.full(len(m.L), alpha) if start is None else start.copy()
    previous = np.full(len(P), np.inf)
    for _ in range(_MARKET_STEPS):
        excess = np.sum(weight * eq.reach(m, P, 1), axis=0) - (alpha - P)
        slope = 1.0 + np.sum(weight * eq.reach(m, P, 0), axis=0)
        step = excess / slope
        # Rounding is all that moves P once steps stop shrinking.
        size = np.abs(step)
        settled = (size <= 2e-16 * P) | ((size < 1e-11 * P) & (size >= np.abs(previous)))
        if settled.all():
            break
        P = np.minimum(P - step, alpha)
        previous = step
    return P


def at(m: Primitives, entrants: np.ndarray, start: np.ndarray | None = None) -> State:
    """Evaluate the program at given entrants."""
    P = clear_markets(m, entrants, start)
    gap = eq.free_entry(m, P)
    value = np.sum(m.L * eq.surplus_of_threshold(m, P)) + np.sum(entrants * gap * m.f_E)
    return State(entrants, P, gap, float(value))


def curvature(m: Primitives, state: State) -> np.ndarray:
    """Compute minus the Hessian of the program (origin, origin)."""
    sellers = np.sum(state.entrants[:, None] * eq.reach(m, state.threshold, 0), axis=0)
    stiffness = m.gamma + 0.5 * m.eta * sellers
    first = eq.reach(m, state.threshold, 1)
    return np.asarray((first * (m.L * m.eta / (4.0 * m.gamma * stiffness))) @ first.T)


def long_run(m: Primitives, start: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Find the long-run equilibrium: thresholds and entrants.

    Raises
    ------
    NoEquilibrium
        When Newton does not reach the maximum of the program.
    """
    linear = interior_pareto(m)
    if linear is not None:
        return linear
    state = at(m, np.zeros(len(m.f_E)) if start is None else np.maximum(start, 0.0))
    for _ in range(MAX_STEPS):
        found = None if state.misfit() <= _GOAL else _step(m, state)
        # At the floor of precision a step that does not help is the sign to stop.
        if found is None or (state.misfit() < ACCEPT and found.misfit() >= state.misfit()):
            break
        state = found
    if not state.misfit() <= ACCEPT:
        raise NoEquilibrium(
            f"no equilibrium found: expected profits are still off by {state.misfit():.1e} of the entry cost",
            "start from a solved neighbour, or move the parameters away from their extremes",
        )
    return state.threshold, state.entrants


def _step(m: Primitives, state: State) -> State | None:
    """Take one projected Newton step; None where no step raises the program."""
    gradient = state.gap * m.f_E
    direction = _direction(m, state, gradient)
    share = 1.0
    for _ in range(1 if state.misfit() < ACCEPT else _HALVINGS):
        entrants = np.maximum(state.entrants + share * direction, 0.0)
        trial = at(m, entrants, state.threshold)
        rise = float(gradient @ (entrants - state.entrants))
        near = trial.misfit() < 0.5 * state.misfit() and state.misfit() < 1e-6
        if near or (rise > 0.0 and trial.value >= state.value + _ARMIJO * rise - 1e-15 * abs(state.value)):
            return trial
        share *= 0.5
    return None


def _direction(m: Primitives, state: State, gradient: np.ndarray) -> np.ndarray:
    """Maximise the quadratic model over N >= 0 by an active-set method that starts from the present corners."""
    hessian = curvature(m, state)
    # A ridge far below rounding of the diagonal keeps countries that are perfect substitutes apart.
    hessian[np.diag_indices_from(hessian)] *= 1.0 + 1e-13
    free = (state.entrants > 0.0) | (gradient > 0.0)
    step = np.zeros_like(gradient)
    for _ in range(2 * len(gradient) + 10):
        step = -np.where(free, 0.0, state.entrants)
        pull = gradient - hessian @ step
        if free.any():
            rows = np.flatnonzero(free)
            step[rows] += _solve(hessian[np.ix_(rows, rows)], pull[rows])
        left = gradient - hessian @ step
        leaves = free & (state.entrants + step < 0.0)
        enters = ~free & (left > 1e-14 * m.f_E)
        if not (leaves.any() or enters.any()):
            break
        free = (free & ~leaves) if leaves.any() else (free | enters)
    return step


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0])


def interior_pareto(m: Primitives) -> tuple[np.ndarray, np.ndarray] | None:
    """Solve a Pareto world of one shape by its two linear systems; None where they do not describe it.

    Notes
    -----
    They do when every threshold and every mass of entrants is positive, thresholds lie below alpha, and no cutoff lies
    beyond the upper end of its distribution.
    """
    if not all(isinstance(cost, Pareto) for cost in m.costs):
        return None
    k = float(m.costs[0].parameter("k"))
    if any(float(cost.parameter("k")) != k for cost in m.costs):
        return None
    c_M = np.array([float(cost.parameter("c_M")) for cost in m.costs])
    freeness = np.where(m.open, m.finite_tau**-k, 0.0)
    try:
        P = eq.pareto_thresholds(freeness, m.L, m.gamma, k, m.f_E * c_M**k)
        if not (np.all(P > 0.0) and np.all(m.alpha > P) and np.all(eq.cutoff(m, P) <= c_M[:, None])):
            return None
        entrants = eq.pareto_entrants(m, freeness, k, c_M, P)
    except np.linalg.LinAlgError:
        return None
    return (P, entrants) if np.all(entrants > 0.0) else None
