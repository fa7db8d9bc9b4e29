"""Find the equilibrium: the relative wage at which exports pay for imports, for a batch of worlds at once.

At each wage `demand` says what demand and entry are. Country 1's exports over its imports, both sums of goods and of
inputs, then fall with its wage. Their logarithm has no poles, unlike Phi - Psi, and tells the wage where 0 = 0 would be
left of (4): at the input cost where goods and inputs are traded one for one. Worlds in
which nobody trades are left to `autarky`.
"""

from __future__ import annotations

import numpy as np

from phistar.core.certificate import TOLERANCE
from phistar.models.vertical_specialization import autarky, closed_form
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.demand import Demand
from phistar.models.vertical_specialization.indifferent import blend
from phistar.models.vertical_specialization.jumps import root_or_sides
from phistar.models.vertical_specialization.market import Market
from phistar.models.vertical_specialization.primitives import Primitives

#: Trade off balance by more, in logs, is no answer; the certificate asks for more.
ACCEPT = 1e-8
#: Trade of this part of sales may rest on the last digits of cutoffs, which next to the end of a support cancel.
LITTLE = 1e-5


def trade(m: Primitives, market: Market) -> tuple[np.ndarray, np.ndarray]:
    """Compute country 1's exports and its imports, goods and inputs (batch)."""
    goods = eq.export_share(market.f) * market.R
    inputs = m.rho * eq.import_share(market.f) * market.R
    return goods[0] + inputs[1], goods[1] + inputs[0]


def log_trade_balance(m: Primitives, market: Market) -> np.ndarray:
    """Compute ln of country 1's exports over its imports, goods and inputs (batch)."""
    exports, imports = trade(m, market)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(exports) - np.log(imports))


def solve(m: Primitives, start: np.ndarray | None = None) -> Market:
    """Find the relative wage at which trade balances, if there is any, and all that holds there, for a batch."""
    alone = autarky.chosen(m)
    trading = np.flatnonzero(np.isnan(alone))
    if len(trading) == m.points:
        return _trading(m, start)
    found = autarky.market(m, np.nan_to_num(alone))
    if len(trading):
        found = found.replaced(trading, _trading(m.take(trading), None if start is None else start[trading]))
    return found


def _trading(m: Primitives, start: np.ndarray | None) -> Market:
    """Find the relative wage at which what is traded balances (batch)."""
    guess = closed_form.guess(m) if start is None else None
    start, demand = np.zeros(m.points) if start is None else start, np.full((2, m.points), np.nan)
    if guess is not None:
        known = np.isfinite(guess.log_omega) & np.isfinite(guess.demand).all(axis=0)
        start, demand = np.where(known, guess.log_omega, 0.0), np.where(known, guess.demand, np.nan)
    asked = Demand(m, demand)

    def deficit(log_omega: np.ndarray) -> tuple[np.ndarray, None, Market]:
        """Compute ln of imports over exports, which rises with the wage, and all that holds there (batch)."""
        found = asked.at(log_omega)
        return -log_trade_balance(m, found), None, found

    low, high, jumps = root_or_sides(deficit, start, m.atoms, 4.0 * m.sigma)
    if not jumps.any():
        return low
    mixed = blend(m, low, high, *(np.subtract(*trade(m, side)) for side in (low, high)))
    return low.replaced(jumps, mixed.take(jumps))


def blocked(m: Primitives) -> np.ndarray:
    """Say of each world of a batch why it can have no equilibrium, "" where it can."""
    sells = m.exports | eq.other(m.imports)  # goods, or inputs that the other country's firms buy
    finite = [family.moment_gap(m.sigma - 1.0) > 0.0 for family in m.families]
    reasons = np.full(m.points, "", dtype=object)
    for i in (0, 1):
        lonely = np.broadcast_to(~sells[i] & sells[1 - i], m.points)
        # unless its wage may be too low to buy anything
        lonely = lonely & np.isnan(autarky.chosen(m)) if lonely.any() else lonely
        reasons[lonely] = f"trade cannot balance, since {m.countries[i]} can sell nothing abroad: lower {_ways(m, i)}"
    reasons[~np.broadcast_to(np.all(finite, axis=0), m.points)] = INFINITE
    return reasons


INFINITE = "sales are infinite, since a productivity tail is too thick: k must exceed sigma - 1"
FAINT = (
    "the relative wage is not determined in double precision, since next to nothing is traded: "
    "lower tau_X, tau_M or the fixed costs of trade"
)
LOST = "no equilibrium found, since the search ended with trade off balance: move the parameters from their extremes"


def _ways(m: Primitives, i: int) -> str:
    return f"tau_X[{i}] or tau_M[{1 - i}]"


def judge(m: Primitives, found: Market) -> np.ndarray:
    """Say of each answer of a batch why it is none, "" where it is one."""
    reasons = np.full(m.points, "", dtype=object)
    missed, none = np.abs(log_trade_balance(m, found)), nobody_could_trade(m, found)
    reasons[~((missed <= ACCEPT) | none)] = LOST
    little = np.sum(trade(m, found), axis=0) <= LITTLE * np.sum(found.R, axis=0)
    # as a share of all trade, which the certificate tells, the gap is half as large
    reasons[~((missed <= 2.0 * TOLERANCE) | none) & little] = FAINT
    return reasons


def nobody_could_trade(m: Primitives, found: Market) -> np.ndarray:
    """Say where productivity is nowhere high enough for trade, however rare (batch)."""
    highest = np.broadcast_to(m.productivity.log_upper, (2, 1, m.points))
    beyond = ~m.open | (found.log_cutoff > highest)
    return np.asarray(found.entering.all(axis=0) & np.all(beyond[:, 1:], axis=(0, 1)))
