"""The paper's own formulas, in its order and letters, misprints included: what a hand-run solver would type in.

`tau` is a firm's inverse relative productivity, `S_z` the share of the marginal firm z, `Psi` the sector's share of
spending. The library's model uses none of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq

Array = Any
#: S(tau, S_z): a firm's share from the marginal firm's.
ShareRule = Callable[[Array, Array], Array]


def tau(phi_z: Array, phi: Array) -> Array:
    """Compute the inverse relative productivity of a firm, (30)."""
    return phi_z / phi


def markup(epsilon: Array) -> Array:
    """Compute the markup at an elasticity, (20)."""
    return epsilon / (epsilon - 1.0)


def price(phi: Array, epsilon: Array) -> Array:
    """Compute the price of a variety, (20)."""
    return markup(epsilon) / phi


def varieties(E: Array, K_1: float, sigma: Array, share: Array, epsilon: Array) -> Array:
    """Compute the number of varieties, (27) with E = R, (A.3) with E = I Psi."""
    return E / K_1 / (sigma - 1.0) / markup(epsilon) * share


def share_31(tau: Array, S_z: Array, sigma: float) -> Array:
    """Compute a firm's share from the marginal firm's, (31) as printed: with the exponent turned over."""
    return _share(tau, S_z, sigma, -sigma / (sigma - 1.0))


def share_33(tau: Array, S_z: Array, sigma: float) -> Array:
    """Compute a firm's share from the marginal firm's, (33)."""
    return _share(tau, S_z, sigma, -(sigma - 1.0) / sigma)


def _share(tau: Array, S_z: Array, sigma: float, exponent: float) -> Array:
    return 1.0 - 1.0 / ((sigma - 1.0 + 1.0 / (1.0 - S_z)) * tau**exponent - (sigma - 1.0))


def profit_32(share: Array, sigma: float, R: Array, K_0: Array = 0.0) -> Array:
    """Compute a firm's profit, (32)."""
    return share**2 / (1.0 + (sigma - 1.0) * (1.0 - share)) * R - K_0


def elasticity_A1(share: Array, sigma: float, eta: float, Psi: Array) -> Array:
    """Compute the elasticity a firm faces, (A.1)."""
    return sigma + (eta - sigma) * share + (1.0 - eta) * share * Psi


def share_A5_printed(tau: Array, S_z: Array, sigma: float, eta: float, Psi: Array) -> Array:
    """Compute a firm's share from the marginal firm's, (A.5) as printed: a factor is missing."""
    e_z, c = elasticity_A1(S_z, sigma, eta, Psi), (sigma - eta) + (eta - 1.0) * Psi
    return (sigma - e_z / (1.0 + e_z * (tau ** -((sigma - 1.0) / sigma) - 1.0))) / c


def share_A5(tau: Array, S_z: Array, sigma: float, eta: float, Psi: Array) -> Array:
    """Compute a firm's share from the marginal firm's, (A.5) with the missing factor in the numerator."""
    e_z, c = elasticity_A1(S_z, sigma, eta, Psi), (sigma - eta) + (eta - 1.0) * Psi
    power = tau ** -((sigma - 1.0) / sigma)
    return (sigma - e_z * power / (1.0 + e_z * (power - 1.0))) / c


def profit_A6(share: Array, sigma: float, eta: float, I: Array, Psi: Array) -> Array:
    """Compute a firm's profit where K_0 (printed: K_1) is zero, (A.6)."""
    below = Psi * share + (sigma - eta) * (1.0 - share) + eta * (1.0 - Psi * share)
    return share**2 / below * ((sigma - eta) + (eta - 1.0) * Psi) / (sigma - 1.0) * I * Psi


def price_index_of(Psi: Array, eta: float) -> Array:
    """Invert Psi = P^(1-eta)/(1+P^(1-eta)), the appendix's second constraint."""
    return (Psi / (1.0 - Psi)) ** (1.0 / (1.0 - eta))


def price_index(number: Array, prices: Array, sigma: float) -> Array:
    """Compute the sector's price index from numbers of varieties and their prices, (5) and (6)."""
    return np.sum(number * prices ** (1.0 - sigma)) ** (1.0 / (1.0 - sigma))


def marginal_share(tau: np.ndarray, rule: ShareRule) -> float | None:
    """Find the S_z at which the shares sum to one, the paper's third step; None where there is none."""

    def _excess(S_z: float) -> float:
        return float(np.sum(rule(tau, S_z))) - 1.0

    if _excess(0.0) >= 0.0 or len(tau) == 1:
        return None
    return float(brentq(_excess, 0.0, 1.0 / len(tau), xtol=1e-15, rtol=1e-14))


def survivors(phi: np.ndarray, rule: ShareRule) -> tuple[np.ndarray, float | None]:
    """Search the cutoff as the paper does, candidate after candidate (best first): shares, and the cutoff's share.

    The last candidate for which a share of the marginal firm is found is the cutoff. No finite markup goes with a
    share of one: of a firm alone the paper's search returns S_z = 1.
    """
    best, found = np.array([1.0]), None
    for j in range(2, len(phi) + 1):
        ratios = np.asarray(tau(phi[j - 1], phi[:j]))
        S_z = marginal_share(ratios, rule)
        if S_z is None:
            break
        best, found = np.asarray(rule(ratios, S_z)), S_z
    return best, found
