"""A market penetration economy at a model's unknowns: what every outcome and check is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phistar.core.model import Unknowns
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.moments import Moments
from phistar.models.market_penetration.primitives import Primitives

Array = Any


@dataclass(frozen=True)
class Economy:
    """Wages, demand levels and potential firms, and who sells where.

    Attributes
    ----------
    log_wage, log_demand, entrants : array (country)
    flows : array (origin, destination)
        Value of sales.
    spending : array (country)
    sellers : Moments
        What sellers do on average, a potential firm (origin, destination).
    """

    m: Primitives
    log_wage: Array
    log_demand: Array
    entrants: Array
    log_cutoff: Array
    sellers: Moments
    flows: Array
    spending: Array
    marketed: Array

    @cached_property
    def log_scale(self) -> Array:
        """Ln B_ij (origin, destination)."""
        return eq.log_scale(self.m, self.log_wage)

    @cached_property
    def profits(self) -> Array:
        """Profits before the cost of entry (origin)."""
        return eq.profit(self.m, self.flows, self.marketed)

    @property
    def log_price(self) -> Array:
        """Ln of the price index, from the demand level A_j = P_j^S y_j L_j (country)."""
        return (self.log_demand - np.log(self.spending)) / self.m.S


def economy(m: Primitives, x: Unknowns) -> Economy:
    """Work out the economy at a model's unknowns, by the paper's closed forms where its Pareto holds."""
    return _closed(m, x["log_wage"]) if m.closed else _general(m, x)


def potential_firms(m: Primitives) -> Array:
    """Compute J under the Pareto: given, or what free entry makes of the labour force (country)."""
    return m.J if m.entry == "fixed" else m.eta * m.L / m.f_e


def _closed(m: Primitives, log_wage: Array) -> Economy:
    entrants = potential_firms(m)
    spending = m.xi * np.exp(log_wage) * m.L
    supplied = eq.supply(m, log_wage, entrants)
    flows = eq.trade_share(supplied) * spending[None, :]
    log_demand = np.log(spending) + m.S * eq.log_price_index(m, log_wage, supplied)
    log_x = eq.log_cutoff(m, log_wage, log_demand)
    marketed = flows * ((m.theta - m.S) / (m.theta * m.sigma))
    return Economy(m, log_wage, log_demand, entrants, log_x, eq.pareto_moments(m, log_x), flows, spending, marketed)


def _general(m: Primitives, x: Unknowns) -> Economy:
    log_wage, log_demand = x["log_wage"], x["log_demand"]
    entrants = np.exp(x["log_entrants"]) if m.entry == "free" else m.J
    log_x, scale = eq.log_cutoff(m, log_wage, log_demand), np.exp(eq.log_scale(m, log_wage))
    sellers = eq.moments(m, log_x)
    flows = eq.trade_flow(entrants, scale, sellers)
    marketed = eq.marketing(m, entrants, scale, sellers)
    spending = eq.income(m, log_wage, eq.profit(m, flows, marketed))
    return Economy(m, log_wage, log_demand, entrants, log_x, sellers, flows, spending, marketed)
