"""Melitz (2003) with many asymmetric countries: one function a displayed equation, in the paper's order.

Letters: i is the origin (axis 0), j the destination (axis 1), a batch of worlds, if any, the last axis.
s = sigma - 1; S = 1 - G; V(x) = int_x^inf phi^s dG; J(x) = V(x)/x^s - S(x). Costs f_ij and f_e_i are paid in
the origin's labour. Everything runs in logs: phi^s overflows for thin tails and large sigma.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phistar.blocks.layout import along_destinations, along_origins, at_home, is_home
from phistar.blocks.productivity import Tail
from phistar.core.model import Residuals, Unknowns
from phistar.core.sources import equation
from phistar.models.melitz.primitives import Primitives
from phistar.numerics.duals import value_of

PAPER = "melitz2003"
Array = Any  # a NumPy array or a Dual of the shape the docstring names


@dataclass(frozen=True)
class Mixing:
    """Where cutoffs stand on the atoms of discrete distributions, and the active share of those atoms.

    Attributes
    ----------
    log_at : ndarray (origin, destination)
        The atom the cutoff stands on, in logs; nan where it stands on none.
    group : ndarray (origin, destination)
        Number of the lottery that decides the atom's active share, -1 where there is none. Pairs of one origin
        that share the overhead cutoff share the lottery.
    share : array (lottery)
        Active share of each lottery's atom, in [0, 1].
    """

    log_at: np.ndarray
    group: np.ndarray
    share: Array

    @property
    def active_share(self) -> Array:
        """Active share of each pair's marginal atom, one where there is no lottery (origin, destination)."""
        return np.where(self.group >= 0, self.share[self.group], 1.0)


@dataclass(frozen=True)
class Selection:
    """Who sells where: zero-profit and chosen cutoffs (origin, destination), and what lies above when asked."""

    m: Primitives
    log_x: Array
    log_e: Array
    mixing: Mixing | None = None

    @cached_property
    def log_at(self) -> Array:
        """Where the sellers begin: on the atom where the cutoff stands on one, else at the cutoff."""
        return (
            self.log_e
            if self.mixing is None
            else np.where(np.isnan(self.mixing.log_at), self.log_e, self.mixing.log_at)
        )

    @cached_property
    def tail(self) -> Tail:
        """S, V/x^s and J from there up, every atom counted in full (origin, destination)."""
        return self.m.productivity.tail(self.log_at, self.m.sigma - 1.0)

    @cached_property
    def log_moment(self) -> Array:
        """Ln V(e_ij) of order s (origin, destination)."""
        s = self.m.sigma - 1.0
        whole = self.tail.log_value + s * self.log_at
        return whole if self.mixing is None else whole + np.log(kept_share(self, s, whole))

    @cached_property
    def log_value(self) -> Array:
        """Ln V(e_ij)/x_ij^s (origin, destination)."""
        if self.log_at is self.log_x:
            return self.tail.log_value
        return self.log_moment - (self.m.sigma - 1.0) * self.log_x

    @cached_property
    def survival(self) -> Array:
        """S(e_ij), the share of draws that sell (origin, destination)."""
        if self.mixing is None:
            return self.tail.survival
        with np.errstate(divide="ignore"):
            return self.tail.survival * kept_share(self, 0.0, np.log(self.tail.survival))


@equation(
    PAPER,
    "zero cutoff profit",
    r"x_{ij} = \frac{\sigma}{\sigma-1}\,\sigma^{1/s}\,\tau_{ij} f_{ij}^{1/s} w_i^{\sigma/s} A_j^{-1/s}",
)
def zero_profit_cutoff(m: Primitives, log_wage: Array, log_demand: Array) -> Array:
    """Compute ln x_ij, the productivity whose sales in j just pay the access cost (origin, destination)."""
    s = m.sigma - 1.0
    constant = np.log(m.sigma / s) + np.log(m.sigma) / s
    wage = (m.sigma / s) * log_wage
    return constant + m.log_tau + np.log(m.f) / s + along_origins(wage) - along_destinations(log_demand / s)


@equation(PAPER, "overhead cutoff", r"(\phi_i^*)^s = \sum_{j \in T_i} f_{ij} \Big/ \sum_{j \in T_i} f_{ij} x_{ij}^{-s}")
def active_cutoff(m: Primitives, log_x: Array) -> Array:
    """Compute ln phi*_i where f_ii buys being active at all: total profit over the markets served is zero (origin)."""
    s = m.sigma - 1.0
    served, reference = served_at_the_margin(m, log_x)
    f = np.where(served, m.f, 0.0)
    shifted = np.where(served, log_x - along_origins(reference), 0.0)
    weight = np.sum(f * np.exp(-s * shifted), axis=1)
    return reference + (np.log(np.sum(f, axis=1)) - np.log(weight)) / s


def served_at_the_margin(m: Primitives, log_x: Array) -> tuple[np.ndarray, np.ndarray]:
    """Find the markets T_i the marginal active firm serves: home, and every market that lowers its break-even point.

    Returns the mask (origin, destination) and a reference ln x (origin) that keeps the powers in range.
    """
    lx, f, s = value_of(log_x), value_of(m.f), value_of(m.sigma) - 1.0
    home, reference = is_home(len(lx), lx.ndim), lx.min(axis=1)
    height = s * (lx - reference[:, None])
    inverse = f * np.exp(-height)
    served: np.ndarray = home | (lx < at_home(lx)[:, None])
    while True:
        paid, earned = np.sum(np.where(served, f, 0.0), axis=1), np.sum(np.where(served, inverse, 0.0), axis=1)
        # Without the markets above it a mean of powers falls, until none is above it.
        fewer = served & (home | (height < np.log(paid / earned)[:, None]))
        if np.array_equal(fewer, served):
            return served, reference
        served = fewer


def selling_cutoff(m: Primitives, log_x: Array) -> Array:
    """Compute ln e_ij, the least productivity that chooses to sell from i in j (origin, destination)."""
    if m.fixed_cost == "market":
        return log_x
    active = along_origins(active_cutoff(m, log_x))
    return np.where(is_home(len(log_x), log_x.ndim), active, np.maximum(log_x, active))


def select(m: Primitives, log_wage: Array, log_demand: Array, mixing: Mixing | None = None) -> Selection:
    """Work out who sells where at given wages and demand levels."""
    log_x = zero_profit_cutoff(m, log_wage, log_demand)
    return Selection(m, log_x, selling_cutoff(m, log_x), mixing)


def selection(m: Primitives, x: Unknowns) -> Selection:
    """Work out who sells where at a model's unknowns."""
    mixing = Mixing(x["_log_at"], x["_group"], x["atom_share"]) if "atom_share" in x else None
    return select(m, x["log_wage"], x["log_demand"], mixing)


def seller_moment(m: Primitives, sellers: Selection, order: Array) -> Array:
    """Compute ln of int phi^order dG over those of i who sell in j; a marginal atom counts by its active share."""
    g = m.productivity
    whole = g.log_survival(sellers.log_at) if _is_zero(order) else g.log_moment(sellers.log_at, order)
    if sellers.mixing is None:
        return whole
    with np.errstate(divide="ignore"):
        return whole + np.log(kept_share(sellers, order, whole))


def seller_mean_log(m: Primitives, sellers: Selection, order: Array) -> Array:
    """Compute the phi^order-weighted mean of ln phi over those of i who sell in j (origin, destination)."""
    g, at = m.productivity, sellers.log_at
    if sellers.mixing is None:
        return g.mean_log(at, order)
    kept = kept_share(sellers, order, g.log_moment(at, order))
    atom = np.where(np.isnan(sellers.mixing.log_at), 0.0, value_of(at))
    return atom + (g.mean_log(at, order) - atom) / kept


def kept_share(sellers: Selection, order: Array, log_moment: Array) -> Array:
    """Compute the share of a moment above the cutoffs that those who sell hold: all but the idle of marginal atoms."""
    mix, g = sellers.mixing, sellers.m.productivity
    assert mix is not None
    at = value_of(sellers.log_at)
    with np.errstate(invalid="ignore"):
        atom = np.exp(g.log_moment_of_atom(at, order) - log_moment)
    # Above the last atom is nobody: however few of its firms sell, they keep their digits.
    above = np.where(at < value_of(g.log_upper), 1.0 - atom, 0.0)
    return np.where(mix.group < 0, 1.0, above + mix.active_share * atom)


def _is_zero(order: Array) -> bool:
    return isinstance(order, float) and order == 0.0


@equation(PAPER, "access revenue", r"r_{ij} = f_{ij} V(e_{ij}) / x_{ij}^{s}")
def access_revenue(m: Primitives, sellers: Selection) -> Array:
    """Compute a draw's expected sales of i in j over sigma w_i (origin, destination)."""
    return m.f * np.exp(sellers.log_value)


@equation(PAPER, "expected profit", r"\bar\pi_i = w_i \sum_j f_{ij} J(x_{ij})")
def expected_profit(m: Primitives, sellers: Selection) -> Array:
    """Compute a draw's expected profit over all markets, in the origin's labour (origin)."""
    tail = sellers.tail
    if sellers.log_at is sellers.log_x:
        return np.sum(m.f * tail.surplus, axis=1)
    # V(e)/x^s - S(e) with e >= x abroad and e <= x at home, without the difference of two large numbers.
    gap = (m.sigma - 1.0) * (sellers.log_at - sellers.log_x)
    with np.errstate(over="ignore", invalid="ignore"):
        margin = tail.surplus * np.exp(gap) + sellers.survival * np.expm1(gap)
    return np.sum(m.f * margin, axis=1)


@equation(PAPER, "free entry", r"\sum_j f_{ij} J_i(x_{ij}) = \delta_i f_{e,i}")
def free_entry(m: Primitives, sellers: Selection) -> Array:
    """State free entry: a draw's expected profit over its entry cost, less one (origin)."""
    return expected_profit(m, sellers) / (m.delta * m.f_e) - 1.0


def labour_per_draw(m: Primitives, sellers: Selection) -> Array:
    """Compute the labour a stock-of-draws unit uses in production and access, entry apart (origin)."""
    s = m.sigma - 1.0
    return np.sum(s * access_revenue(m, sellers) + m.f * sellers.survival, axis=1)


@equation(
    PAPER,
    "labour market",
    r"L_i = E_i\Big[\sum_j \big(s\,r_{ij} + f_{ij} S(e_{ij})\big) + \delta_i f_{e,i}\Big]",
)
def labour_market(m: Primitives, sellers: Selection, entrants: Array) -> Array:
    """State labour market clearing: labour used over labour present, less one (origin)."""
    use = labour_per_draw(m, sellers)
    if m.entry == "free":
        use = use + m.delta * m.f_e
    return entrants * use / m.L - 1.0


@equation(PAPER, "mass of entrants", r"E_i = L_i \big/ \sigma\big(\delta_i f_{e,i} + \sum_j f_{ij} S(e_{ij})\big)")
def mass_entrants(m: Primitives, sellers: Selection) -> Array:
    """Compute the stock of draws: with free entry what the labour force supports, else J (origin)."""
    if m.entry == "fixed":
        return m.J
    return m.L / (m.sigma * (m.delta * m.f_e + np.sum(m.f * sellers.survival, axis=1)))


@equation(PAPER, "trade flow", r"X_{ij} = \sigma w_i E_i f_{ij} V(e_{ij}) / x_{ij}^{s}")
def trade_flow(m: Primitives, log_wage: Array, sellers: Selection, entrants: Array) -> Array:
    """Compute the value of sales of i in j (origin, destination)."""
    return along_origins(m.sigma * np.exp(log_wage) * entrants) * access_revenue(m, sellers)


@equation(PAPER, "income", r"Y_i = w_i L_i + \Pi_i")
def income(m: Primitives, log_wage: Array, sellers: Selection, entrants: Array) -> Array:
    """Compute spending: wages, and with fixed entry the profits of the origin's own firms (country)."""
    wages = np.exp(log_wage) * m.L
    if m.entry == "free":
        return wages
    return wages + np.exp(log_wage) * entrants * expected_profit(m, sellers)


@equation(PAPER, "market clearing", r"\sum_i X_{ij} = Y_j")
def market_clearing(flows: Array, spending: Array) -> Array:
    """State that sales in j use up its spending: their ratio, less one (destination)."""
    return np.sum(flows, axis=0) / spending - 1.0


@equation(PAPER, "price index", r"P_j = (A_j / Y_j)^{1/s}")
def log_price_index(m: Primitives, log_demand: Array, spending: Array) -> Array:
    """Compute ln P_j from the demand level A_j = P_j^s Y_j (country)."""
    return (log_demand - np.log(spending)) / (m.sigma - 1.0)


@equation(
    PAPER, "price index of varieties", r"P_j^{-s} = \sum_i E_i \big(\tfrac{\sigma}{s}\tau_{ij} w_i\big)^{-s} V(e_{ij})"
)
def price_index_of_varieties(m: Primitives, log_wage: Array, sellers: Selection, entrants: Array) -> Array:
    """Compute ln P_j from the prices of the varieties sold there (country)."""
    s = m.sigma - 1.0
    log_cost = np.log(m.sigma / s) + m.log_tau + along_origins(log_wage)
    return -np.log(np.sum(along_origins(entrants) * np.exp(sellers.log_moment - s * log_cost), axis=0)) / s


@equation(PAPER, "welfare", r"W_j = Y_j / (L_j P_j)")
def welfare(m: Primitives, spending: Array, log_price: Array) -> Array:
    """Compute real income per head (country)."""
    return spending / m.L * np.exp(-log_price)


@equation(
    PAPER,
    "welfare by the domestic cutoff",
    r"\frac{w_j}{P_j} = \frac{s}{\sigma}\,\frac{x_{jj}}{\tau_{jj}}\Big(\frac{Y_j}{\sigma w_j f_{jj}}\Big)^{1/s}",
)
def real_wage_by_cutoff(m: Primitives, log_wage: Array, sellers: Selection, spending: Array) -> Array:
    """Compute the real wage from the domestic cutoff alone, whatever the distribution (country)."""
    s = m.sigma - 1.0
    scale = (np.log(spending) - log_wage - np.log(m.sigma) - np.log(at_home(m.f))) / s
    return np.exp(np.log(s / m.sigma) + at_home(sellers.log_x) - at_home(m.log_tau) + scale)


@equation(PAPER, "marginal atom", r"e_{ij} = \phi_g")
def marginal_atom(sellers: Selection) -> Array:
    """State that a pair whose marginal atom mixes has its cutoff on that atom (one entry a pair)."""
    mix = sellers.mixing
    assert mix is not None
    drawn = mix.group >= 0
    return sellers.log_e[drawn] - mix.log_at[drawn]


def in_numeraire(m: Primitives, x: Unknowns) -> Unknowns:
    """Scale the unknowns so that the numeraire's wage is one (A moves with the power sigma)."""
    level = x["log_wage"][m.numeraire]
    return {**x, "log_wage": x["log_wage"] - level, "log_demand": x["log_demand"] - m.sigma * level}


def stated(m: Primitives, x: Unknowns, sellers: Selection) -> Residuals:
    """State the named equations that pin wages and demand levels down, given who sells where."""
    entrants = mass_entrants(m, sellers)
    flows = trade_flow(m, x["log_wage"], sellers, entrants)
    spending = income(m, x["log_wage"], sellers, entrants)
    named: Residuals = {}
    if m.entry == "free":
        named["free_entry"] = free_entry(m, sellers)
    else:
        named["labour_market"] = labour_market(m, sellers, entrants)
    named["market_clearing"] = market_clearing(flows, spending)
    named["numeraire"] = x["log_wage"][m.numeraire : m.numeraire + 1]
    if sellers.mixing is not None:
        named["marginal_atom"] = marginal_atom(sellers)
    return named


@equation(PAPER, "trade elasticity", r"\varepsilon_{ij} = s + \frac{x^{s+1} g(x)}{V(x)}\Big|_{e_{ij}}")
def trade_elasticity(m: Primitives, sellers: Selection) -> Array:
    """Compute the local partial elasticity of X_ij/X_jj to tau_ij, a positive number (origin, destination).

    Where the marginal active firm already serves j (`overhead`, everyone exports) no seller is at the margin of
    that market alone, and the elasticity is s.
    """
    s = m.sigma - 1.0
    at_margin = value_of(sellers.log_e) <= value_of(sellers.log_x)
    home = is_home(len(at_margin), at_margin.ndim)
    return s + np.where(at_margin | home, m.productivity.hazard(sellers.log_e, s), 0.0)
