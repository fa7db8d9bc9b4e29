"""How trade in a market grows when its cutoff moves: margins, growth by initial size, least traded goods.

A change is told by `log_g`, the fall of ln phi*, and `scale`, the ratio B'/B of what a firm at the cutoff would sell to
everybody. Firms keep their productivity. Public: `margins`, `local_margins`, `growth_by_size`, `least_traded_share`
(any distribution), each also for the paper's Pareto through `pareto_market`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.blocks.productivity import Pareto, Productivity
from phistar.core.errors import InputError
from phistar.models.market_penetration.moments import kernel_moments


@dataclass(frozen=True)
class Market:
    """One market, or an array of them: who sells there.

    Attributes
    ----------
    productivity : Productivity
    S, beta : float
        sigma - 1 and the marketing exponent.
    log_cutoff : ndarray
        ln phi*.
    """

    productivity: Productivity
    S: float
    beta: float
    log_cutoff: np.ndarray

    def sales_above(self, log_phi: np.ndarray) -> np.ndarray:
        """Compute sales in units of B, a potential firm, of firms at least as productive, ln phi >= ln phi*.

        Notes
        -----
        With d = ln(phi/phi*) what firms above phi sell is e^(S d) times what they would sell were phi the cutoff, plus
        what consumers add that the cutoff firm does not reach.
        """
        lead = np.maximum(log_phi - self.log_cutoff, 0.0)
        above = kernel_moments(self.productivity, self.log_cutoff + lead, np.float64(self.S), np.float64(self.beta))
        if self.beta == 0.0:
            return np.asarray(np.exp(self.S * lead) * above.sales)
        reached = -np.expm1(-(self.S / self.beta) * lead) * (self.beta / self.S)
        return np.asarray(np.exp(self.S * lead) * (above.sales + above.margin * reached))

    def moved(self, log_g: Any) -> Market:
        """Return the market with ln phi* lower by `log_g`."""
        return Market(self.productivity, self.S, self.beta, self.log_cutoff - np.asarray(log_g, dtype=float))


def pareto_market(theta_tilde: float, sigma: float, beta: float) -> Market:
    """Return the market of the paper's Pareto, its cutoff at one: only theta~, sigma and beta matter there."""
    S = sigma - 1.0
    return Market(Pareto(theta_tilde * S, 1.0, support="closed_form"), S, float(beta), np.zeros(()))


@dataclass(frozen=True)
class Margins:
    """T'/T - 1 split into margins that add up to `total`.

    Attributes
    ----------
    intensive : ndarray
        Growth of sales a consumer, of every firm that sells before and after.
    new_consumers : ndarray
        Consumers that firms selling before and after gain or lose.
    new_firms : ndarray
        Sales of firms that did not sell before; less those of firms that sell no more.
    """

    total: np.ndarray
    intensive: np.ndarray
    new_consumers: np.ndarray
    new_firms: np.ndarray


def margins(market: Market, log_g: Any, scale: Any = 1.0) -> Margins:
    """Split the growth of trade by a discrete change, section 5 of Arkolakis (2008), for falls and rises of the cutoff.

    Notes
    -----
    Where the cutoff falls, the part of firms that sold before is S1 = s int_(phi*) (phi/phi*')^S n' dG / int r dG, and
    new consumers are what it grows beyond sales a consumer. Where it rises, firms that leave count at their old sales.
    """
    log_g, scale = np.asarray(log_g, dtype=float), np.asarray(scale, dtype=float)
    after = market.moved(log_g)
    old = market.sales_above(market.log_cutoff)
    total = scale * after.sales_above(after.log_cutoff) / old - 1.0
    stayed = scale * after.sales_above(market.log_cutoff) / old - 1.0
    left = market.sales_above(after.log_cutoff) / old - 1.0
    firms = np.where(log_g >= 0.0, total - stayed, left)
    # Growth of sales a consumer counts for firms that stay: those that leave are counted whole.
    intensive = (scale * np.exp(market.S * log_g) - 1.0) * np.where(log_g >= 0.0, 1.0, 1.0 + left)
    return Margins(total, intensive, total - intensive - firms, firms)


def local_margins(market: Market) -> Margins:
    """Split -d ln T/d ln phi* at the margin, Arkolakis (2008) eq. (27): S, the rest, nothing while beta is positive."""
    found = kernel_moments(market.productivity, market.log_cutoff, np.float64(market.S), np.float64(market.beta))
    rest = found.margin / found.sales
    consumers = np.zeros_like(rest) if market.beta == 0.0 else rest
    return Margins(market.S + rest, market.S + 0.0 * rest, consumers, rest - consumers)


def growth_by_size(market: Market, log_g: Any, scale: Any = 1.0, bins: int | Sequence[float] = 10) -> np.ndarray:
    """Compute sales after over sales before by bins of initial size, smallest first, as in figure 8.

    Parameters
    ----------
    bins : int or sequence of float
        How many bins with equal numbers of sellers, or the shares of sellers at which they begin and end.
    """
    log_g, edges = np.asarray(log_g, dtype=float), _edges(bins)
    g = market.productivity
    # Sellers above each edge, and the productivity there; the least of them stands at the cutoff.
    with np.errstate(divide="ignore"):
        upper = (1.0 - edges) * np.exp(g.log_survival(market.log_cutoff))
        log_phi = np.maximum(g.log_quantile_upper(upper), market.log_cutoff)
    log_phi = np.where(edges == 0.0, market.log_cutoff, log_phi)
    return np.asarray(scale * _within(market.moved(log_g), log_phi) / _within(market, log_phi))


def least_traded_share(market: Market, log_g: Any, scale: Any = 1.0, share: float = 0.15) -> float:
    """Compute what the least traded goods that make up `share` of sales before make up afterwards, as in table 2.

    Only goods sold before count, on both sides.
    """
    if not 0.0 < share < 1.0:
        raise InputError("share", "must lie between 0 and 1", share)
    after, start = market.moved(log_g), market.log_cutoff
    whole = market.sales_above(start)
    low, high = start, start + 1.0
    while market.sales_above(high) / whole > 1.0 - share:
        high = start + 2.0 * (high - start)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if market.sales_above(middle) / whole > 1.0 - share else (low, middle)
    return float(1.0 - after.sales_above(high) / after.sales_above(start))


def _edges(bins: int | Sequence[float]) -> np.ndarray:
    edges = np.linspace(0.0, 1.0, bins + 1) if isinstance(bins, int) else np.asarray(bins, dtype=float)
    rising = edges.ndim == 1 and edges.size > 1 and bool(np.all(np.diff(edges) > 0.0))
    if not rising or edges[0] < 0.0 or edges[-1] > 1.0:
        raise InputError("bins", "must be a number of bins, or shares of sellers that rise from 0 to 1", bins)
    return edges


def _within(market: Market, log_phi: np.ndarray) -> np.ndarray:
    """Compute sales between consecutive productivities (bin); nobody sells beyond infinity."""
    inside = np.where(np.isinf(log_phi), 0.0, log_phi)
    above = np.where(np.isinf(log_phi), 0.0, market.sales_above(inside))
    return np.asarray(above[:-1] - above[1:])
