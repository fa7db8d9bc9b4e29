"""Oligopoly under nested CES: what a firm's share of its sector does to its elasticity, markup and profit.

A firm without a share faces the elasticity sigma between varieties; one that held the whole sector would face theta,
the sector's own. In between Bertrand rivals (prices) face the arithmetic mean, Cournot rivals (quantities) the
harmonic one, with the share as weight:

    epsilon = (1 - S) sigma + S theta,        1/epsilon = (1 - S)/sigma + S/theta.

Either way one number is linear in the share, the toughness t of competition: epsilon - 1 = 1/(mu - 1) under Bertrand,
1 - 1/epsilon = 1/mu under Cournot. So S = (t(sigma) - t)/(t(sigma) - t(theta)), exact as S approaches one. Every
function takes arrays or duals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
CONDUCTS = ("bertrand", "cournot")


@dataclass(frozen=True)
class UpperTier:
    """What is spent on a sector at a price index: a fixed amount, or a CES share against the numeraire.

    Parameters
    ----------
    size : array
        Spending on the sector (fixed), or on everything (CES).
    eta : float, optional
        Elasticity of substitution between the sector and the numeraire; None where spending is fixed.
    """

    size: Array
    eta: Array = None

    def share(self, log_price: Array) -> Array:
        """Compute the sector's share of spending, P^(1-eta)/(1 + P^(1-eta)); one where spending is fixed."""
        if self.eta is None:
            return 0.0 * log_price + 1.0
        return 1.0 / (1.0 + np.exp((self.eta - 1.0) * log_price))

    def spending(self, log_price: Array) -> Array:
        """Compute spending on the sector."""
        return self.size * self.share(log_price)

    def elasticity(self, log_price: Array) -> Array:
        """Compute theta, the sector's own elasticity of demand: one where spending is fixed."""
        if self.eta is None:
            return 0.0 * log_price + 1.0
        return self.eta - (self.eta - 1.0) * self.share(log_price)

    def elasticity_slope(self, log_price: Array) -> Array:
        """Compute the derivative of theta in the log of the price index."""
        if self.eta is None:
            return 0.0 * log_price
        share = self.share(log_price)
        return (self.eta - 1.0) ** 2 * share * (1.0 - share)

    def log_spending(self, log_price: Array) -> Array:
        """Compute the log of spending on the sector."""
        if self.eta is None:
            return np.log(self.size) + 0.0 * log_price
        return np.log(self.size) - np.logaddexp(0.0, (self.eta - 1.0) * log_price)

    def spending_slope(self, log_price: Array) -> Array:
        """Compute d ln E / d ln P = (1 - eta)(1 - Psi)."""
        if self.eta is None:
            return 0.0 * log_price
        return (1.0 - self.eta) * (1.0 - self.share(log_price))


def toughness(conduct: str, elasticity: Array) -> Array:
    """Compute the toughness of competition at a perceived elasticity."""
    return elasticity - 1.0 if conduct == "bertrand" else 1.0 - 1.0 / elasticity


def toughness_of_markup(conduct: str, markup: Array) -> Array:
    """Compute the toughness of competition behind a markup."""
    return 1.0 / (markup - 1.0) if conduct == "bertrand" else 1.0 / markup


def markup_of_toughness(conduct: str, tough: Array) -> Array:
    """Compute the markup that a toughness allows."""
    return 1.0 + 1.0 / tough if conduct == "bertrand" else 1.0 / tough


def log_markup_slope(conduct: str, tough: Array) -> Array:
    """Compute the derivative of ln markup in the toughness."""
    return -1.0 / (tough * (1.0 + tough)) if conduct == "bertrand" else -1.0 / tough


def toughness_of_share(conduct: str, sigma: Array, theta: Array, share: Array) -> Array:
    """Compute the toughness a firm of a given share faces."""
    alone = toughness(conduct, theta)
    return alone + (1.0 - share) * (toughness(conduct, sigma) - alone)


def share_of_markup(conduct: str, sigma: Array, theta: Array, markup: Array) -> Array:
    """Compute the share at which a markup is best; negative where the markup is below sigma/(sigma-1)."""
    small, alone = toughness(conduct, sigma), toughness(conduct, theta)
    return (small - toughness_of_markup(conduct, markup)) / (small - alone)


def elasticity_of_share(conduct: str, sigma: Array, theta: Array, share: Array) -> Array:
    """Compute the elasticity a firm of a given share perceives."""
    if conduct == "bertrand":
        return (1.0 - share) * sigma + share * theta
    return 1.0 / ((1.0 - share) / sigma + share / theta)


def profit_of_scope(sigma: Array, elasticity: Array, revenue: Array) -> Array:
    """Compute what a firm keeps of its revenue after production and the best number of varieties."""
    return revenue * (sigma - elasticity) / ((sigma - 1.0) * elasticity)


def profit_of_variety(elasticity: Array, revenue: Array) -> Array:
    """Compute what a firm of one variety keeps of its revenue after production."""
    return revenue / elasticity
