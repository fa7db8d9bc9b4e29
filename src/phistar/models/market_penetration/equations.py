"""Arkolakis (2008) with many countries: one function a displayed equation, in the paper's order.

Letters: i is the origin (axis 0), j the destination (axis 1), a batch of worlds, if any, the last axis. S = sigma - 1,
x = phi/phi*, p = S (1 - 1/beta). B_ij is the scale of a firm's sales, sigma times the cost of reaching everybody at
the first consumer's price; A_j = P_j^S y_j L_j is the demand level. Everything runs in logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phistar.blocks.layout import along_destinations, along_origins, at_home
from phistar.core.sources import equation
from phistar.models.market_penetration.moments import Moments, kernel_moments
from phistar.models.market_penetration.primitives import Primitives
from phistar.numerics.duals import value_of

PAPER = "arkolakis2008"
Array = Any  # a NumPy array or a Dual of the shape the docstring names


# -- the firm ------------------------------------------------------------------------------------------------


@equation(PAPER, "5", r"f(n, L) = \frac{L^\alpha}{\psi}\,\frac{1 - (1-n)^{1-\beta}}{1-\beta}")
def marketing_effort(t: Array, beta: Array) -> Array:
    """Compute (1 - (1-n)^(1-beta))/(1-beta) at t = -ln(1-n), Arkolakis (2008) eq. (5)."""
    # At beta = 1 the limit t: expm1 of an exact zero over one keeps every other beta exact too.
    gap = np.asarray(beta, dtype=float) - 1.0
    return np.where(gap == 0.0, t, np.expm1(gap * t) / np.where(gap == 0.0, 1.0, gap))


@equation(PAPER, "8", r"p_{ij}(\phi) = \tilde\sigma\,\tau_{ij} w_i/\phi,\quad \tilde\sigma = \sigma/(\sigma-1)")
def log_unit_price(m: Primitives, log_wage: Array) -> Array:
    """Compute ln of the price a firm of productivity one asks (origin, destination), Arkolakis (2008) eq. (8)."""
    return np.log(m.sigma / m.S) + m.log_tau + along_origins(log_wage)


@equation(PAPER, "9", r"n_{ij}(\phi) = 1 - (\phi/\phi^*_{ij})^{-(\sigma-1)/\beta}")
def reach(t: Array) -> Array:
    """Compute the share of consumers reached from t = (S/beta) ln(phi/phi*), Arkolakis (2008) eqs. (9), (12)."""
    return -np.expm1(-t)


@equation(PAPER, "13", r"(\phi^*_{ij})^{S} = B_{ij}\,(\tilde\sigma\tau_{ij}w_i)^{S}/A_j")
def log_cutoff(m: Primitives, log_wage: Array, log_demand: Array) -> Array:
    """Compute ln phi*_ij, at which the first consumer just pays (origin, destination), Arkolakis (2008) eq. (13)."""
    return log_unit_price(m, log_wage) + (log_scale(m, log_wage) - along_destinations(log_demand)) / m.S


@equation(
    PAPER, "17", r"r_{ij}(\phi) = B_{ij}\,x^{S} n,\quad B_{ij} = \sigma w_j^\gamma w_i^{1-\gamma} L_j^\alpha/\psi"
)
def log_scale(m: Primitives, log_wage: Array) -> Array:
    """Compute ln B_ij, the scale of a firm's sales (origin, destination), Arkolakis (2008) eq. (17)."""
    bundle = m.gamma * along_destinations(log_wage) + (1.0 - m.gamma) * along_origins(log_wage)
    return np.log(m.sigma) - np.log(m.psi) + m.alpha * np.log(along_destinations(m.L)) + bundle


# -- the paper's Pareto --------------------------------------------------------------------------------------


def log_supply(m: Primitives, entrants: Array) -> Array:
    """Compute ln J_i b_i^theta, what a country brings to every market apart from its wage (country)."""
    return np.log(entrants) + m.theta * np.log(m.b)


def wage_exponent(m: Primitives) -> Array:
    """Compute the exponent of the origin's wage in (20), theta + (1-gamma)(theta~-1)."""
    return m.theta + (1.0 - m.gamma) * (m.theta_tilde - 1.0)


@dataclass(frozen=True)
class Supply:
    """What every origin supplies to every destination at given wages, J b^theta tau^-theta w^-kappa.

    Attributes
    ----------
    weight : array (origin, destination)
        Supply over the largest of the destination.
    log_top : array (destination)
        ln of that largest.
    """

    weight: Array
    log_top: Array

    @cached_property
    def total(self) -> Array:
        """The sum of weights over origins (destination)."""
        return np.sum(self.weight, axis=0)


def supply(m: Primitives, log_wage: Array, entrants: Array) -> Supply:
    """Compute the terms of the sums in (2) and (20) under the Pareto (origin, destination)."""
    logs = along_origins(log_supply(m, entrants) - wage_exponent(m) * log_wage) - m.theta * m.log_tau
    top = np.max(value_of(logs), axis=0)
    return Supply(np.exp(logs - along_destinations(top)), top)


@equation(
    PAPER,
    "20",
    r"\lambda_{ij} = \frac{J_i b_i^\theta \tau_{ij}^{-\theta} w_i^{-[\theta+(1-\gamma)(\tilde\theta-1)]}}"
    r"{\sum_k J_k b_k^\theta \tau_{kj}^{-\theta} w_k^{-[\theta+(1-\gamma)(\tilde\theta-1)]}}",
)
def trade_share(supplied: Supply) -> Array:
    """Compute each origin's share of a destination's spending (origin, destination), Arkolakis (2008) eq. (20)."""
    return supplied.weight / along_destinations(supplied.total)


@equation(PAPER, "16", r"y_i L_i = \sum_j \lambda_{ij}\, y_j L_j")
def trade_balance(shares: Array, spending: Array) -> Array:
    """State that sales everywhere are income: their ratio, less one (origin), Arkolakis (2008) eq. (16)."""
    return np.sum(shares * along_destinations(spending), axis=1) / spending - 1.0


@equation(
    PAPER,
    "2",
    r"P_j^{-\theta} = K\tilde\sigma^{-\theta}\big[L_j^{1-\alpha}y_j^{1-\gamma}\tilde\psi\big]^{\tilde\theta-1}"
    r"\sum_i J_i b_i^\theta (\tau_{ij}w_i)^{-\theta} y_i^{(1-\gamma)(1-\tilde\theta)}",
)
def log_price_index(m: Primitives, log_wage: Array, supplied: Supply) -> Array:
    """Compute ln P_j of the paper's Pareto (country), Arkolakis (2008) eq. (2)."""
    power, log_xi = m.theta_tilde - 1.0, np.log(m.xi)
    market = (1.0 - m.alpha) * np.log(m.L) + (1.0 - m.gamma) * (log_wage + log_xi) + np.log(m.psi * m.xi / m.sigma)
    # y_i = xi w_i: the supply of (20), but for what xi adds to the cost of marketing.
    total = np.log(supplied.total) + supplied.log_top - (1.0 - m.gamma) * power * log_xi
    return -(np.log(m.K) - m.theta * np.log(m.sigma / m.S) + power * market + total) / m.theta


@equation(PAPER, "23", r"M_{ij} = \lambda_{ij} L_j^{1-\alpha} y_j^{1-\gamma}\tilde\psi \big/ (y_i^{1-\gamma} K)")
def mass_sellers(m: Primitives, shares: Array, income: Array) -> Array:
    """Compute sellers from trade shares under the Pareto (origin, destination), Arkolakis (2008) eq. (23)."""
    market = m.L ** (1.0 - m.alpha) * income ** (1.0 - m.gamma) * (m.psi * m.xi / m.sigma)
    return shares * along_destinations(market) / (m.K * along_origins(income ** (1.0 - m.gamma)))


@equation(
    PAPER,
    "welfare",
    r"W_j = \frac{\xi}{\tilde\sigma}\frac{b_j}{\tau_{jj}}(K J_j)^{1/\theta}"
    r"\big(L_j^{1-\alpha}\tilde\psi\big)^{(\tilde\theta-1)/\theta}\lambda_{jj}^{-1/\theta}",
)
def welfare_by_formula(m: Primitives, entrants: Array, shares: Array) -> Array:
    """Compute real income per head from the domestic trade share alone (country), under the Pareto."""
    market = (1.0 - m.alpha) * np.log(m.L) + np.log(m.psi * m.xi / m.sigma)
    logs = np.log(m.K * entrants / at_home(shares)) + (m.theta_tilde - 1.0) * market
    return m.xi * m.S / m.sigma * m.b * np.exp(logs / m.theta - at_home(m.log_tau))


def pareto_moments(m: Primitives, log_x: Array) -> Moments:
    """Compute what sellers do on average under the Pareto, in closed form (origin, destination)."""
    survival = np.exp(m.theta * (np.log(along_origins(m.b)) - log_x))
    sales = m.K * survival
    rest = m.theta - m.S
    return Moments(survival, sales, survival / (1.0 + m.beta * m.theta_tilde), sales * rest / m.theta, sales * rest)


# -- any distribution ----------------------------------------------------------------------------------------


def moments(m: Primitives, log_x: Array) -> Moments:
    """Compute what sellers do on average, a potential firm, by partial moments (origin, destination)."""
    if len(m.parts) == 1:
        return kernel_moments(m.productivity, log_x, m.S, m.beta)
    found = [vars(kernel_moments(family, log_x[origins], m.S, m.beta)).values() for family, origins in m.parts]
    order = np.argsort(np.concatenate([origins for _, origins in m.parts]))
    return Moments(*(np.concatenate(part)[order] for part in zip(*found, strict=True)))


@equation(PAPER, "22", r"X_{ij} = J_i B_{ij} \int_{\phi^*_{ij}} x^{S} n\, dG_i")
def trade_flow(entrants: Array, scale: Array, sellers: Moments) -> Array:
    """Compute the value of sales of i in j (origin, destination), Arkolakis (2008) eqs. (21), (22)."""
    return along_origins(entrants) * scale * sellers.sales


@equation(
    PAPER,
    "marketing",
    r"m_{ij} = J_i \frac{B_{ij}}{\sigma} \int_{\phi^*_{ij}} \frac{1-(1-n)^{1-\beta}}{1-\beta}\, dG_i",
)
def marketing(m: Primitives, entrants: Array, scale: Array, sellers: Moments) -> Array:
    """Compute what firms of i spend on marketing in j (origin, destination), Arkolakis (2008) appendix B."""
    return along_origins(entrants) * scale * sellers.cost / m.sigma


@equation(PAPER, "profit", r"\Pi_i = \sum_j (X_{ij}/\sigma - m_{ij})")
def profit(m: Primitives, flows: Array, marketed: Array) -> Array:
    """Compute profits of a country's firms before the cost of entry (origin), Arkolakis (2008) appendix B."""
    return np.sum(flows / m.sigma - marketed, axis=1)


@equation(PAPER, "income", r"y_i L_i = w_i L_i + \Pi_i")
def income(m: Primitives, log_wage: Array, profits: Array) -> Array:
    """Compute spending: wages, and profits where entry is fixed (country)."""
    wages = np.exp(log_wage) * m.L
    return wages + profits if m.entry == "fixed" else wages


@equation(PAPER, "15", r"\sum_i X_{ij} = y_j L_j")
def market_clearing(flows: Array, spending: Array) -> Array:
    """State that sales in j use up its spending: their ratio, less one (destination)."""
    return np.sum(flows, axis=0) / spending - 1.0


@equation(
    PAPER,
    "labour market",
    r"w_i L_i = \sum_j\Big[\frac{\sigma-1}{\sigma}X_{ij} + (1-\gamma)m_{ij} + \gamma m_{ji}\Big] + J_i w_i f_{e,i}",
)
def labour_market(m: Primitives, log_wage: Array, entrants: Array, flows: Array, marketed: Array) -> Array:
    """State labour market clearing: labour's earnings over wages, less one (origin), Arkolakis (2008) appendix B."""
    earned = np.sum(m.S / m.sigma * flows + (1.0 - m.gamma) * marketed, axis=1) + m.gamma * np.sum(marketed, axis=0)
    wage = np.exp(log_wage)
    if m.entry == "free":
        earned = earned + entrants * wage * m.f_e
    return earned / (wage * m.L) - 1.0


@equation(PAPER, "free entry", r"\Pi_i = J_i w_i f_{e,i}")
def free_entry(m: Primitives, log_wage: Array, entrants: Array, profits: Array) -> Array:
    """State free entry: profits over the cost of entry, less one (origin)."""
    return profits / (entrants * np.exp(log_wage) * m.f_e) - 1.0


def real_income_by_cutoff(m: Primitives, log_wage: Array, log_income: Array, log_x: Array) -> Array:
    """Compute real income per head from the domestic cutoff alone, whatever the distribution (country)."""
    beyond = log_income - log_wage
    market = np.log(m.psi / m.sigma) + (1.0 - m.alpha) * np.log(m.L) + beyond
    return np.exp(at_home(log_x) - at_home(m.log_tau) - np.log(m.sigma / m.S) + beyond + market / m.S)


@equation(
    PAPER,
    "27",
    r"-\frac{d\ln X_{ij}}{d\ln\tau_{ij}} = \underbrace{S}_{intensive} + \underbrace{\varepsilon_{ij} - S}_{consumers}",
)
def trade_elasticity(m: Primitives, sellers: Moments) -> Array:
    """Compute the local partial elasticity of X_ij/X_jj to tau_ij (origin, destination), Arkolakis (2008) eq. (27)."""
    return m.S + sellers.margin / sellers.sales
