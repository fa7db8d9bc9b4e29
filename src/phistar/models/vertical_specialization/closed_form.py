"""The equilibrium where all productivity is Pareto with one shape and no support binds: a linear system and one root.

Then F = f_c phi_c^-k scale^k k/(k - sigma + 1), so free entry (2) is linear in the powers B_i^(k/(sigma-1)), and
everything follows from the relative wage. Elsewhere it is where the search starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.blocks.productivity.power import Pareto
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.primitives import Primitives
from phistar.numerics.duals import value_of
from phistar.numerics.monotone import increasing_root


@dataclass(frozen=True)
class Guess:
    """Where to look for an equilibrium: ln omega (batch), and ln B/(sigma - 1) (country, batch)."""

    log_omega: np.ndarray
    demand: np.ndarray


def shape(m: Primitives) -> np.ndarray | None:
    """Return the shape k that all productivity shares, None where it is not Pareto or shapes differ."""
    members = m.families
    if not all(isinstance(family, Pareto) for family in members):
        return None
    first, second = (np.asarray(value_of(family.parameter("k"))) for family in members)
    return np.broadcast_to(first, m.points) if np.array_equal(first, second) else None


def guess(m: Primitives) -> Guess | None:
    """Find the closed form's equilibrium; None where there is none to be found."""
    k = shape(m)
    if k is None:
        return None
    log_omega = increasing_root(lambda x: (-_at(m, k, x)[0], None), np.zeros(m.points), slope=4.0 * m.sigma)
    return Guess(log_omega, _at(m, k, log_omega)[1])


def _at(m: Primitives, k: np.ndarray, log_omega: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ln of country 1's exports over its imports at a relative wage, and the demand levels there."""
    log_w = np.stack([log_omega, np.zeros_like(log_omega)])
    income = np.exp(log_w) * m.L
    fixed = eq.fixed_costs(m, log_w)
    # sums to F once multiplied by the power of demand in the market of sale
    power = fixed * np.exp(-k * eq.log_cutoffs_at_unit_demand(m, log_w, fixed))
    home, abroad = power[:, 0] + power[:, 1], power[:, 2] + power[:, 3]
    scale = np.stack([np.broadcast_to(value_of(family.parameter("scale")), k.shape) for family in m.families])
    entry = m.f_E * (k - m.sigma + 1.0) / (m.sigma - 1.0) / scale.reshape(2, -1) ** k
    demand, revenue = _both(home, abroad, entry, income)
    inside = np.all((demand > 0.0) & (revenue > 0.0), axis=0)
    if not inside.all():
        demand, revenue = _corners(home, abroad, entry, income, k, inside, demand, revenue)
    sold, bought = abroad * eq.other(demand), (power[:, 1] * demand + power[:, 3] * eq.other(demand))
    per_revenue = revenue / (home * demand + abroad * eq.other(demand))
    goods, inputs = per_revenue * sold, m.rho * per_revenue * bought
    trade = np.log(goods[0] + inputs[1]) - np.log(goods[1] + inputs[0])
    return trade, np.log(demand) / k


def _both(home: np.ndarray, abroad: np.ndarray, entry: np.ndarray, income: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve free entry in both countries for B^(k/(sigma-1)), and (3) for revenues (country, batch)."""
    determinant = home[0] * home[1] - abroad[0] * abroad[1]
    demand = (eq.other(home) * entry - abroad * eq.other(entry)) / determinant
    at_home = home * demand
    share = at_home / (at_home + abroad * eq.other(demand))
    revenue = (eq.other(share) * income - eq.other((1.0 - share) * income)) / (share[0] + share[1] - 1.0)
    return demand, revenue


def _corners(
    home: np.ndarray,
    abroad: np.ndarray,
    entry: np.ndarray,
    income: np.ndarray,
    k: np.ndarray,
    inside: np.ndarray,
    demand: np.ndarray,
    revenue: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Let one country serve both markets where both cannot enter: the one to which the other has nothing to add."""
    total = np.sum(income, axis=0)
    for i in (0, 1):
        j = 1 - i
        own = np.stack([entry[i] * income[i] / (total * home[i]), entry[i] * income[j] / (total * abroad[i])])
        alone = own if i == 0 else own[::-1]
        # the other country's firms would not earn their entry cost
        idle = home[j] * alone[j] + abroad[j] * alone[i] <= entry[j]
        chosen = ~inside & idle & np.isfinite(alone).all(axis=0)
        demand = np.where(chosen, alone, demand)
        revenue = np.where(chosen, np.stack([total, 0.0 * total] if i == 0 else [0.0 * total, total]), revenue)
    return demand, revenue
