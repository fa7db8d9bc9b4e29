"""Excess demand at given demand levels, wages solved inside, and all its slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import is_home
from phistar.models.melitz import equations as eq
from phistar.models.melitz.wages import (
    WAGE_GOAL,
    density,
    labour_slope,
    labour_slope_of_cutoff,
    moment_fall,
    wages_given_demand,
)
from phistar.numerics import batched

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

#: Largest |Z| told apart.
_FARTHEST = 30.0


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
    total = np.sum(labour_slope(m, sellers, r), axis=1)[:, None]
    return (s * s * r + spread(labour_slope_of_cutoff(m, sellers, r))) / (m.sigma * total)


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
        """Return the moves of ln e_ij, which are those of ln x_ij."""
        return log_x

    def add_to(self, slopes: np.ndarray, c: np.ndarray) -> None:
        """Add sum_i c_ij (d(-s ln e_ij)/d a_j at given wages) for every destination j."""
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
