"""Each country's wage at given demand levels: one monotone equation, its root, and the slopes of what a draw does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistar.models.melitz import equations as eq
from phistar.numerics.bracket import Bracket

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

_MOST_LOOKS = 200
#: How near zero the log gap of a wage equation can be brought.
WAGE_GOAL = 2e-14


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
        slope = -(m.sigma / (m.sigma - 1.0)) * np.sum(labour_slope(m, sellers, r), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(level / target), slope / level


def labour_slope(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
    """Fall of the labour a draw uses in a market per unit of ln x and ln e together (origin, destination)."""
    s = m.sigma - 1.0
    return s * s * r + labour_slope_of_cutoff(m, sellers, r)


def labour_slope_of_cutoff(m: Primitives, sellers: eq.Selection, r: np.ndarray) -> np.ndarray:
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
    """Solve each country's monotone wage equation in logs."""
    first = sellers = eq.select(m, log_wage, log_demand)
    w, bracket = log_wage, None
    for _ in range(_MOST_LOOKS):
        gap, slope = entry_gap(m, sellers)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -gap / slope
        near = np.abs(gap) < goal
        if near.all():
            break
        bracket = (bracket or Bracket.around(w, closing_wages(m, w, first))).seen(w, gap)
        done = near | (np.abs(step) <= 1e-15 * (1.0 + np.abs(w))) | bracket.closed_up(w)
        if done.all():
            break
        w = np.where(done, w, bracket.next(w, gap, step))
        sellers = moved(first, w - log_wage)
    return Wages(w, np.where(near, step, 0.0), sellers)


def moved(sellers: eq.Selection, rise: np.ndarray) -> eq.Selection:
    """Return who sells where at wages that are higher by `rise` in logs: a wage moves all cutoffs of its country alike.

    So it does at given demand levels: zero-profit cutoffs are homogeneous in it, and the overhead cutoff in them.
    """
    shift = (sellers.m.sigma / (sellers.m.sigma - 1.0) * rise)[:, None]
    log_x = sellers.log_x + shift
    return eq.Selection(sellers.m, log_x, log_x if sellers.log_e is sellers.log_x else sellers.log_e + shift)


def closing_wages(m: Primitives, log_wage: np.ndarray, sellers: eq.Selection) -> np.ndarray | None:
    """Compute the ln w_i from which nobody sells in j (origin, destination); None where no support ends."""
    upper = m.productivity.log_upper
    if not np.isfinite(upper).any():
        return None
    with np.errstate(invalid="ignore"):
        room = upper - sellers.log_e
    return log_wage[:, None] + (1.0 - 1.0 / m.sigma) * room
