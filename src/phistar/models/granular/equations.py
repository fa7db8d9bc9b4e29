"""Kim's short-run equilibrium of discrete multi-product firms: one function a displayed equation, in the paper's order.

Letters: f is the firm (axis 0), the market or sector the last axis. `x` is ln P, the log of the sector's price index;
`phi` a firm's productivity as delivered to the market, phi_f / tau_f. The wage is 1. Equations (20) to (32) hold for
both upper tiers, with epsilon_f from (20) or (A.1), and for both conducts, with the elasticity of
`blocks.oligopoly`; what carries no number in the paper is numbered by the section it belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.blocks import oligopoly
from phistar.core.sources import equation
from phistar.models.granular.game import Game

PAPER = "kim"
Array = Any  # a NumPy array or a Dual of the shape the docstring names


@equation(PAPER, "(5), (6)", r"P = \big[\sum_f N_f\, p_f^{1-\sigma}\big]^{1/(1-\sigma)}")
def log_price_index(m: Game, copies: Array, varieties: Array, price: Array) -> Array:
    """Compute ln P from the prices and varieties on sale (market)."""
    on = np.asarray(copies) > 0
    weight = np.where(on, copies * varieties * np.where(on, price, 1.0) ** (1.0 - m.sigma), 0.0)
    return np.log(np.sum(weight, axis=0)) / (1.0 - m.sigma)


@equation(PAPER, "(8), (10)", r"S_f = N_f\, p_f^{1-\sigma} / P^{1-\sigma}")
def share_of_sales(m: Game, x: Array, varieties: Array, price: Array) -> Array:
    """Compute a firm's share of the sector from its varieties and price (firm, market)."""
    return varieties * np.exp((1.0 - m.sigma) * (np.log(price) - x))


@equation(PAPER, "(18)", r"\Pi_f = N_f (p_f - 1/\varphi_f)\, y_f - K_1 N_f - K_0")
def profit_of_accounts(m: Game, price: Array, phi: Array, quantity: Array, varieties: Array) -> Array:
    """Compute a firm's profit from its accounts: sales less production, varieties and the fixed cost (firm, market)."""
    scope_cost = m.K_1 * varieties if m.scope == "multi" else 0.0
    return varieties * (price - 1.0 / phi) * quantity - scope_cost - m.fixed


@equation(PAPER, "(20), (A.1)", r"\epsilon_f = \sigma + (\eta-\sigma) S_f + (1-\eta) S_f \Psi")
def elasticity(m: Game, x: Array, share: Array) -> Array:
    """Compute the elasticity a firm perceives: the mean of sigma and of the sector's own (firm, market)."""
    return oligopoly.elasticity_of_share(m.conduct, m.sigma, m.upper.elasticity(x), share)


@equation(PAPER, "(20)", r"p_f = \frac{\epsilon_f}{\epsilon_f-1}\,\frac{1}{\varphi_f}")
def price(markup: Array, phi: Array) -> Array:
    """Compute the price of each of a firm's varieties (firm, market)."""
    return markup / phi


@equation(PAPER, "(24), (A.2)", r"(p_f - 1/\varphi_f)\, y_f\, \frac{\epsilon_f - 1}{\sigma - 1} = K_1")
def scope_condition(m: Game, price: Array, phi: Array, quantity: Array, markup: Array) -> Array:
    """State that the last variety pays for itself after cannibalization, over K_1 (firm, market)."""
    return (price - 1.0 / phi) * quantity / ((markup - 1.0) * (m.sigma - 1.0) * m.K_1) - 1.0


@equation(PAPER, "(25)", r"y_f = (\sigma-1) K_1 \varphi_f")
def quantity(m: Game, phi: Array) -> Array:
    """Compute what a firm makes of each variety (firm, market)."""
    return (m.sigma - 1.0) * m.K_1 * phi


@equation(PAPER, "(27), (A.3)", r"N_f = \frac{E}{K_1}\frac{1}{\sigma-1}\frac{\epsilon_f-1}{\epsilon_f} S_f")
def varieties(m: Game, spending: Array, share: Array, markup: Array) -> Array:
    """Compute a firm's number of varieties (firm, market)."""
    return spending * share / ((m.sigma - 1.0) * m.K_1 * markup)


@equation(PAPER, "(29)", r"\mu_f = \Big[\frac{E\,P^{\sigma-1}\varphi_f^{\sigma-1}}{(\sigma-1)K_1}\Big]^{1/\sigma}")
def log_markup(m: Game, x: Array, log_phi: Array) -> Array:
    """Compute the log of the markup at which a firm of given productivity sets price and scope (firm, market)."""
    return log_markup_level(m, x) + (m.sigma - 1.0) / m.sigma * log_phi


def log_markup_level(m: Game, x: Array) -> Array:
    """Compute ln z, the part of (29) that all firms of a market share (market)."""
    s = m.sigma - 1.0
    return (m.upper.log_spending(x) + s * x - np.log(s * m.K_1)) / m.sigma


@equation(PAPER, "(31), (A.5)", r"S_f = (\sigma - \epsilon_f)/(\sigma - \theta)")
def share(m: Game, x: Array, markup: Array) -> Array:
    """Compute the share that goes with a markup (firm, market).

    Notes
    -----
    (31) and (A.5) as printed carry a wrong exponent and lack a factor; this is what both mean, under Bertrand with
    theta = eta - (eta - 1) Psi, so that sigma - theta = (sigma - eta) + (eta - 1) Psi.
    """
    return oligopoly.share_of_markup(m.conduct, m.sigma, m.upper.elasticity(x), markup)


@equation(PAPER, "(32), (A.6)", r"\Pi_f = E S_f \frac{\sigma-\epsilon_f}{(\sigma-1)\,\epsilon_f} - K_0")
def profit(m: Game, spending: Array, share: Array, epsilon: Array) -> Array:
    """Compute a firm's profit from its share (firm, market); without scope to choose it is E S/epsilon - f."""
    if m.scope == "multi":
        return oligopoly.profit_of_scope(m.sigma, epsilon, spending * share) - m.fixed
    return oligopoly.profit_of_variety(epsilon, spending * share) - m.fixed


@equation(PAPER, "3.4.2", r"\sum_f S_f = 1")
def market_clearing(copies: Array, share: Array) -> Array:
    """State that the shares of the active firms make up the sector (market)."""
    return np.sum(copies * share, axis=0) - 1.0


@equation(PAPER, "3.5", r"\sum_j \frac{E_j S_{fj}}{(\sigma-1)\,\mu_{fj}} = K_1 N_f")
def common_scope(m: Game, spending: Array, share: Array, markup: Array, varieties: Array) -> Array:
    """State the choice of one scope for all markets, whose cost is paid once, over K_1 N (firm)."""
    return np.sum(spending * share / markup, axis=1) / ((m.sigma - 1.0) * m.K_1 * varieties) - 1.0


@equation("atkeson_burstein2008", "pricing", r"S_f = N_f (\mu(S_f)/\varphi_f)^{1-\sigma} P^{\sigma-1}")
def given_scope(m: Game, x: Array, log_varieties: Array, log_phi: Array, log_share: Array, markup: Array) -> Array:
    """State that a share and the markup it allows agree, for a given number of varieties, in logs (firm, market)."""
    s = m.sigma - 1.0
    return log_share + s * np.log(markup) - log_varieties - s * (log_phi + x)


@equation("atkeson_burstein2008", "markup", r"\mu_f = \epsilon(S_f)/(\epsilon(S_f)-1)")
def markup_of_share(m: Game, x: Array, share: Array) -> Array:
    """Compute the markup that a share allows (firm, market)."""
    tough = oligopoly.toughness_of_share(m.conduct, m.sigma, m.upper.elasticity(x), share)
    return oligopoly.markup_of_toughness(m.conduct, tough)
