"""Exact hats of the market penetration model under the paper's Pareto, from observed trade shares alone.

Public: `Observed`, `Shock`, `Shapes`, `solve_hats`, `observed_of`. Every change of iceberg costs, labour, technology,
potential firms and marketing can be combined; nothing of the primitives' levels is needed. beta never appears: it moves
no aggregate's change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from phistar.core.errors import InputError, NoEquilibrium
from phistar.models.market_penetration.wages import ACCEPT, find_wages

#: How far sales may miss spending: trade is balanced in the model.
BALANCE = 1e-8
#: ln of a share of nothing: beyond every double, yet finite.
_NOTHING = -1e5


@dataclass(frozen=True)
class Shapes:
    """What hats need of preferences and technology.

    Attributes
    ----------
    theta, theta_tilde : float
    alpha, gamma : float
    entry : str
        ``fixed``, or ``free``: then potential firms grow with labour over the entry cost.
    """

    theta: float
    theta_tilde: float
    alpha: float
    gamma: float
    entry: str = "fixed"

    def __post_init__(self) -> None:
        for name, low, high in (("theta", 0.0, np.inf), ("theta_tilde", 1.0, np.inf)):
            if not low < getattr(self, name) < high:
                raise InputError(name, f"must be a finite number greater than {low:g}", getattr(self, name))
        for name in ("alpha", "gamma"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(name, "must be from 0 to 1", getattr(self, name))
        if self.entry not in {"fixed", "free"}:
            raise InputError("entry", 'must be one of "fixed", "free"', self.entry)


@dataclass(frozen=True)
class Observed:
    """What is seen of the baseline.

    Attributes
    ----------
    trade_share : ndarray (origin, destination)
        Shares of each destination's spending; columns sum to one.
    expenditure : ndarray (country)
        Spending, in any unit; by default what balances trade at these shares.
    """

    trade_share: np.ndarray
    expenditure: np.ndarray | None = None

    def __post_init__(self) -> None:
        shares = np.asarray(self.trade_share, dtype=float)
        if shares.ndim != 2 or shares.shape[0] != shares.shape[1]:
            raise InputError("trade_share", "must be a square matrix [origin][destination]")
        if not (np.isfinite(shares).all() and (shares >= 0.0).all() and (np.diagonal(shares) > 0.0).all()):
            raise InputError("trade_share", "must hold numbers of at least 0, positive at home")
        if np.max(np.abs(shares.sum(axis=0) - 1.0)) > BALANCE:
            raise InputError("trade_share", "must sum to one over origins", remedy="divide columns by their sums")
        spending = _balancing(shares) if self.expenditure is None else np.asarray(self.expenditure, dtype=float)
        if spending.shape != shares.shape[:1] or not (np.isfinite(spending).all() and (spending > 0.0).all()):
            raise InputError("expenditure", "must be a positive number a country", self.expenditure)
        gap = np.max(np.abs(shares @ spending / spending - 1.0))
        if gap > BALANCE:
            raise InputError("expenditure", f"leaves trade unbalanced by up to {gap:.1e} of spending",
                             remedy="leave it out, so that shares alone decide, or remove deficits first")  # fmt: skip
        object.__setattr__(self, "trade_share", shares / shares.sum(axis=0))
        object.__setattr__(self, "expenditure", spending)


def _balancing(shares: np.ndarray) -> np.ndarray:
    """Find the spending at which trade balances: the shares' own invariant distribution."""
    n = len(shares)
    matrix = np.vstack([shares - np.eye(n), np.ones(n)])
    return np.linalg.lstsq(matrix, np.append(np.zeros(n), 1.0), rcond=None)[0]


@dataclass(frozen=True)
class Shock:
    """Proportional changes, new over old: scalars, (country) or (origin, destination) for tau."""

    tau: Any = 1.0
    L: Any = 1.0
    b: Any = 1.0
    J: Any = 1.0
    psi: Any = 1.0
    f_e: Any = 1.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            given = np.asarray(value, dtype=float)
            if not (np.isfinite(given) & (given > 0.0)).all():
                raise InputError(name, "must be a positive finite change, new over old", value)


@dataclass(frozen=True)
class Hats:
    """Proportional changes, new over old, at which the counterfactual is an equilibrium.

    Attributes
    ----------
    wage, expenditure, welfare, welfare_by_price, price_index, entrants : ndarray (country)
        `welfare` by the formula from domestic shares, `welfare_by_price` as income over the price index.
    trade_share, trade_flow, sellers, cutoff, mean_sales : ndarray (origin, destination)
        nan where nothing was sold.
    residual : float
        Largest imbalance of trade, as a share of spending.
    """

    wage: np.ndarray
    expenditure: np.ndarray
    welfare: np.ndarray
    welfare_by_price: np.ndarray
    price_index: np.ndarray
    entrants: np.ndarray
    trade_share: np.ndarray
    trade_flow: np.ndarray
    sellers: np.ndarray
    cutoff: np.ndarray
    mean_sales: np.ndarray
    residual: float = field(default=0.0)


def solve_hats(observed: Observed, shock: Shock, shapes: Shapes, numeraire: int = 0) -> Hats:
    """Compute the exact change of the equilibrium; the numeraire's wage does not change.

    Raises
    ------
    InputError
        When `shock` has the wrong shape, or names J where entry is free (f_e where it is fixed).
    NoEquilibrium
        When trade was not balanced to 1e-11.
    """
    n = len(observed.trade_share)
    labour, b, psi = (_country(name, getattr(shock, name), n) for name in ("L", "b", "psi"))
    tau, entrants, theta = _pairs(shock.tau, n), _entrants(shock, shapes, labour, n), shapes.theta
    power, kappa = shapes.theta_tilde - 1.0, theta + (1.0 - shapes.gamma) * (shapes.theta_tilde - 1.0)
    sold = observed.trade_share > 0.0
    log_share = np.log(np.where(sold, observed.trade_share, 1.0))
    supply = np.log(entrants) + theta * np.log(b)
    change = supply[:, None] - theta * np.log(tau)
    affinity = np.where(sold, log_share + change, _NOTHING)
    log_wage = _wages(affinity, kappa, np.log(np.asarray(observed.expenditure) * labour), numeraire)

    # Shares: every origin's supply at its new cost over what all of them supply.
    pull = affinity - kappa * log_wage[:, None]
    top = np.max(pull, axis=0)
    every = np.log(np.sum(np.exp(pull - top), axis=0)) + top
    log_lambda = np.where(sold, change - kappa * log_wage[:, None] - every, np.nan)
    # Sellers, welfare and prices: what a market's size and its marketing add.
    market = (1.0 - shapes.alpha) * np.log(labour) + np.log(psi)
    log_sellers = log_lambda + market[None, :] + (1.0 - shapes.gamma) * (log_wage[None, :] - log_wage[:, None])
    log_welfare = (np.log(entrants) + power * market - np.diagonal(log_lambda)) / theta + np.log(b / np.diagonal(tau))
    log_price = -(power * (market + (1.0 - shapes.gamma) * log_wage) + every) / theta
    spending = np.exp(log_wage) * labour
    flow = np.exp(log_lambda) * spending[None, :]
    return Hats(
        wage=np.exp(log_wage),
        expenditure=spending,
        welfare=np.exp(log_welfare),
        welfare_by_price=np.exp(log_wage - log_price),
        price_index=np.exp(log_price),
        entrants=entrants,
        trade_share=np.exp(log_lambda),
        trade_flow=flow,
        sellers=np.exp(log_sellers),
        cutoff=b[:, None] * (entrants[:, None] / np.exp(log_sellers)) ** (1.0 / theta),
        mean_sales=flow / np.exp(log_sellers),
        residual=_imbalance(observed, flow, spending),
    )


def _wages(affinity: np.ndarray, kappa: float, log_labour: np.ndarray, numeraire: int) -> np.ndarray:
    """Find the change of ln wages that balances trade, the numeraire's zero."""
    log_wage, norm = find_wages(affinity[..., None], np.array([kappa]), log_labour[:, None])
    if not norm[0] < ACCEPT:
        raise NoEquilibrium(f"no balanced trade found: still off by {norm[0]:.1e}", "take the change in smaller steps")
    return np.asarray(log_wage[:, 0] - log_wage[numeraire, 0])


def _imbalance(observed: Observed, flow: np.ndarray, spending: np.ndarray) -> float:
    """Compute the largest gap between sales and spending after the change, as a share of spending."""
    before = np.asarray(observed.expenditure)
    sales = np.nansum(observed.trade_share * before[None, :] * flow, axis=1)
    return float(np.max(np.abs(sales / (before * spending) - 1.0)))


def observed_of(equilibrium: Any) -> tuple[Observed, Shapes]:
    """Read what hats need off an equilibrium in levels."""
    m = equilibrium.model
    if not m.closed:
        raise InputError("productivity", "has no exact hats", remedy="give theta and b: hats need the paper's Pareto")
    seen = Observed(equilibrium["trade_share"], equilibrium["expenditure"])
    return seen, Shapes(float(m.theta), float(m.theta_tilde), float(m.alpha), float(m.gamma), m.entry)


def _entrants(shock: Shock, shapes: Shapes, labour: np.ndarray, n: int) -> np.ndarray:
    """Compute the change of potential firms: given, or labour over the cost of entry."""
    idle = "J" if shapes.entry == "free" else "f_e"
    if np.any(np.asarray(getattr(shock, idle), dtype=float) != 1.0):
        raise InputError(idle, f'has no part with entry = "{shapes.entry}"')
    given, cost = _country("J", shock.J, n), _country("f_e", shock.f_e, n)
    return given if shapes.entry == "fixed" else labour / cost


def _country(name: str, value: Any, n: int) -> np.ndarray:
    given = np.asarray(value, dtype=float)
    if given.shape not in {(), (n,)}:
        raise InputError(name, f"must be one number, or one a country ({n})", value)
    return np.broadcast_to(given, (n,))


def _pairs(value: Any, n: int) -> np.ndarray:
    """Read changes of iceberg costs; a scalar means every foreign pair."""
    given = np.asarray(value, dtype=float)
    if given.shape == (n, n):
        return given
    if given.shape != ():
        raise InputError("tau", f"must be one number or a {n} x {n} matrix [origin][destination]", value)
    return np.where(np.eye(n, dtype=bool), 1.0, given)
