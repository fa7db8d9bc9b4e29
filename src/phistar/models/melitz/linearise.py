"""The named equations of a world with atoms, and all their slopes, while the sets that sell are held fixed.

Only the exact equations at fixed sets are differentiated: the cutoffs of discrete distributions stand on their
atoms, so that what moves there is the active share of an atom, and elsewhere the cutoffs move. A trailing axis u
runs over the unknowns: ln w, ln A and the active shares, in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.core.model import Residuals, Unknowns
from phistar.models.melitz import equations as eq
from phistar.models.melitz.excess import spreader
from phistar.models.melitz.wages import density, moment_fall

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives


def slopes(m: Primitives, x: Unknowns, sellers: eq.Selection) -> Residuals:
    """Compute the slope of each named equation in every unknown (equation, unknown)."""
    s = m.sigma - 1.0
    n, size = len(x["log_wage"]), sum(np.size(x[name]) for name in ("log_wage", "log_demand", "atom_share"))
    d_wage, d_demand = np.eye(n, size), np.eye(n, size, n)
    d_log_x = (m.sigma / s) * d_wage[:, None] - d_demand[None] / s
    d_log_e = spreader(m, sellers).move(d_log_x)
    d_log_moment, d_survival = _moments(m, sellers, d_log_e)
    revenue = eq.access_revenue(m, sellers)
    entrants = eq.mass_entrants(m, sellers)
    fixed = m.f[..., None] * d_survival
    # The last who sell earn what the atom does there: nothing, once the cutoff stands on it.
    last = m.f * np.expm1(s * (sellers.log_at - sellers.log_x))
    d_profit = np.sum(last[..., None] * d_survival - s * revenue[..., None] * d_log_x, axis=1)
    d_log_sales = d_log_moment - s * d_log_x
    stated: Residuals = {}
    if m.entry == "free":
        cost = m.delta * m.f_e
        stated["free_entry"] = d_profit / cost[:, None]
        d_log_entrants = -np.sum(fixed, axis=1) / (cost + np.sum(m.f * sellers.survival, axis=1))[:, None]
    else:
        use = np.sum(s * revenue[..., None] * d_log_sales + fixed, axis=1)
        stated["labour_market"] = use * (entrants / m.L)[:, None]
        d_log_entrants = np.zeros_like(d_wage)
    flows = eq.trade_flow(m, x["log_wage"], sellers, entrants)
    spending = eq.income(m, x["log_wage"], sellers, entrants)
    d_flows = flows[..., None] * ((d_wage + d_log_entrants)[:, None] + d_log_sales)
    d_spending = spending[:, None] * d_wage
    if m.entry == "fixed":
        d_spending = d_spending + (np.exp(x["log_wage"]) * entrants)[:, None] * d_profit
    sales = np.sum(flows, axis=0)
    stated["market_clearing"] = (np.sum(d_flows, axis=0) - (sales / spending)[:, None] * d_spending) / spending[:, None]
    stated["numeraire"] = d_wage[m.numeraire : m.numeraire + 1]
    if sellers.mixing is not None:
        stated["marginal_atom"] = d_log_e[sellers.mixing.group >= 0]
    return stated


def _moments(m: Primitives, sellers: eq.Selection, d_log_e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the slopes of ln V and S at the cutoffs (origin, destination, unknown)."""
    exits = density(m, sellers)
    d_log_moment = -moment_fall(sellers, exits)[..., None] * d_log_e
    d_survival = -exits[..., None] * d_log_e
    mix = sellers.mixing
    if mix is not None:
        pairs = np.nonzero(mix.group >= 0)
        share = d_log_e.shape[-1] - np.size(mix.share) + mix.group[pairs]
        g = m.productivity
        weight = np.exp(g.log_moment_of_atom(sellers.log_at, m.sigma - 1.0) - sellers.log_moment)
        d_log_moment[(*pairs, share)] += weight[pairs]
        d_survival[(*pairs, share)] += np.exp(g.log_moment_of_atom(sellers.log_at, 0.0))[pairs]
    return d_log_moment, d_survival
