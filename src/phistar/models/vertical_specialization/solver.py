"""Find the equilibrium: the relative wage at which exports pay for imports, for a batch of worlds at once.

At each wage `demand` says what demand and entry are. Country 1's exports over its imports, both sums of goods and of
inputs, then fall with its wage. Their logarithm has no poles, unlike Phi - Psi, and tells the wage where 0 = 0 would be
left of (4): at the input cost where goods and inputs are traded one for one.
"""

from __future__ import annotations

import numpy as np

from phistar.models.vertical_specialization import closed_form
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.demand import Demand
from phistar.models.vertical_specialization.indifferent import blend
from phistar.models.vertical_specialization.jumps import root_or_sides
from phistar.models.vertical_specialization.market import Market
from phistar.models.vertical_specialization.primitives import Primitives

#: Trade off balance by more, in logs, is no answer; the certificate asks for more.
ACCEPT = 1e-8
#: Trade of this part of sales may rest on the last digits of cutoffs.
LITTLE = 1e-9


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
    """Find the relative wage at which trade balances, and all that holds there, for a batch."""
    guess = closed_form.guess(m) if start is None else None
    start, demand = np.zeros(m.points) if start is None else start, np.full((2, m.points), np.nan)
    if guess is not None:
        known = np.isfinite(guess.log_omega) & np.isfinite(guess.demand).all(axis=0)
        start, demand = np.where(known, guess.log_omega, 0.0), np.where(known, guess.demand, np.nan)
    asked = Demand(m, demand)

    def deficit(log_omega: np.ndarray) -> tuple[np.ndarray, None, Market]:
        found = asked.at(log_omega)
        return -log_trade_balance(m, found), None, found

    low, high, jumps = root_or_sides(deficit, start, m.atoms, 4.0 * m.sigma)
    if not jumps.any():
        return low
    mixed = blend(m, low, high, *(np.subtract(*trade(m, side)) for side in (low, high)))
    return low.replaced(jumps, mixed.take(jumps))


def nobody_trades(found: Market) -> np.ndarray:
    """Say where nothing crosses the border although firms sell at home (batch)."""
    crossing = np.sum((eq.export_share(found.f) + eq.import_share(found.f)) * found.R, axis=0)
    return np.asarray((crossing == 0.0) & np.isfinite(found.R).all(axis=0))


def blocked(m: Primitives) -> np.ndarray:
    """Say of each world of a batch why it can have no equilibrium, "" where it can."""
    sells = m.exports | eq.other(m.imports)  # goods, or inputs that the other country's firms buy
    finite = [family.moment_gap(m.sigma - 1.0) > 0.0 for family in m.families]
    reasons = np.full(m.points, "", dtype=object)
    reasons[np.broadcast_to(~np.any(sells, axis=0), m.points)] = CLOSED
    for i in (0, 1):
        lonely = np.broadcast_to(~sells[i] & sells[1 - i], m.points)
        reasons[lonely] = f"trade cannot balance, since {m.countries[i]} can sell nothing abroad: lower {_ways(m, i)}"
    reasons[~np.broadcast_to(np.all(finite, axis=0), m.points)] = INFINITE
    return reasons


CLOSED = "nothing crosses the border, so that the relative wage is not determined: make some tau_X or tau_M finite"
INFINITE = "sales are infinite, since a productivity tail is too thick: k must exceed sigma - 1"
NO_TRADE = (
    "the relative wage is not determined, since nobody trades at those that would balance trade: "
    "lower tau_X, tau_M or the fixed costs of trade"
)
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
    off = ~(np.abs(log_trade_balance(m, found)) <= ACCEPT)
    reasons[off] = LOST
    reasons[off & (np.sum(trade(m, found), axis=0) <= LITTLE * np.sum(found.R, axis=0))] = FAINT
    reasons[nobody_trades(found) & ~_could_trade(m, found)] = NO_TRADE
    return reasons


def _could_trade(m: Primitives, found: Market) -> np.ndarray:
    """Say where some productivity is high enough for trade, however rare (batch)."""
    highest = np.broadcast_to(m.productivity.log_upper, (2, 1, m.points))
    return np.asarray(np.any((m.open & (found.log_cutoff < highest))[:, 1:], axis=(0, 1)))
