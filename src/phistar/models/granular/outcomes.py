"""What a granular equilibrium reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from phistar.core.axes import COUNTRY, FIRM, PAIR, Variable
from phistar.core.model import Unknowns
from phistar.models.granular import aggregates
from phistar.models.granular import equations as eq
from phistar.models.granular.behaviour import Behaviour, behave
from phistar.models.granular.primitives import Primitives
from phistar.numerics.duals import value_of

SALE = ("firm", "destination")

_OF_FIRMS = (
    ("copies", FIRM, "firms", "", "active firms of this productivity in the market; the row tells of one of them"),
    ("active", FIRM, "1", "", "one where the firm sells, else zero"),
    (
        "share",
        FIRM,
        "1",
        "S_f",
        "share of the sector's sales; undefined, like all that follows, where it sells nothing",
    ),
    ("price", FIRM, "numeraire", "p_f", "price of each variety"),
    ("markup", FIRM, "1", "mu_f", "price over marginal cost"),
    ("elasticity", FIRM, "1", "epsilon_f", "elasticity of demand the firm perceives"),
    ("varieties", FIRM, "varieties", "N_f", "number of varieties"),
    ("quantity", FIRM, "units", "y_f", "output of each variety"),
    ("profit", FIRM, "numeraire", "Pi_f", "profit; under a common scope before the firm's K_0"),
)
_OF_MARKETS = (
    ("price_index", (), "numeraire", "P", "price index of the sector"),
    ("sector_share", (), "1", "Psi", "sector's share of spending, under a CES upper tier"),
    ("expenditure", (), "numeraire", "E", "spending on the sector in the market"),
    ("survivors", (), "firms", "M_o", "active firms in the market, copies counted"),
    ("cutoff", (), "output a unit of labour", "phi^ZCP", "productivity, as delivered, of the marginal survivor"),
    ("cutoff_share", (), "1", "S^ZCP", "share of the marginal survivor"),
    ("total_varieties", (), "varieties", "", "varieties on sale, of all active firms"),
    ("total_profit", (), "numeraire", "", "profits of all active firms in the market"),
    ("herfindahl", (), "1", "", "sum of squared shares"),
    ("aggregate_markup", (), "1", "", "sales over the labour that makes them"),
    ("misallocation", (), "1", "", "share of output lost because markups differ, for the varieties on sale"),
    ("mean_productivity", (), "output a unit of labour", "", "mean over varieties, of order sigma - 1"),
    ("welfare", (), "utility per head", "U", "utility per head, profits being income"),
    ("welfare_wages", (), "utility per head", "U", "utility per head with profits left aside, as in the paper"),
)  # fmt: skip
_OF_COUNTRIES = (
    ("profit_firm", FIRM, "numeraire", "", "profit of a firm in all segmented markets, fixed costs paid"),
    ("profit_country", COUNTRY, "numeraire", "", "profits of a country's firms in segmented markets"),
    ("trade_flow", PAIR, "numeraire", "X", "value of sales in segmented markets"),
    ("trade_share", PAIR, "1", "lambda", "share of the destination's spending on the sector"),
)

VARIABLES = tuple(
    Variable(*row)
    for row in (("productivity", FIRM, "output a unit of labour", "phi_f", "productivity"),
                *_OF_FIRMS, *_OF_MARKETS, *_OF_COUNTRIES)
)  # fmt: skip


def reported(m: Primitives) -> tuple[Variable, ...]:
    """Return the variables with the axes they have in this world: several markets add one."""
    if not m.segmented:
        left_out = {row[0] for row in _OF_COUNTRIES}
        return tuple(_signed(m, v) for v in VARIABLES if v.name not in left_out)
    axes = {**{row[0]: SALE for row in _OF_FIRMS}, **{row[0]: COUNTRY for row in _OF_MARKETS}}
    return tuple(_signed(m, replace(v, dims=axes.get(v.name, v.dims))) for v in VARIABLES)


def _signed(m: Primitives, v: Variable) -> Variable:
    """Say of utility under fixed spending that it may be negative: it is a log of consumption, with no zero."""
    return replace(v, signed=True) if v.name.startswith("welfare") and m.upper == "fixed" else v


def outcomes(m: Primitives, x: Unknowns) -> dict[str, Any]:
    """Compute every reported variable at the unknowns; duals give their derivatives."""
    with np.errstate(all="ignore"):
        b = behave(m, x)
        firms, markets = of_firms(m, b), of_markets(m, b)
        if m.segmented:
            values = {**firms, **markets, **of_countries(m, b, firms)}
        else:
            values = {**{k: v[:, 0] for k, v in firms.items()}, **{k: v[0] for k, v in markets.items()}}
        values["productivity"] = m.phi
        return {v.name: values[v.name] for v in reported(m)}


def of_firms(m: Primitives, b: Behaviour) -> dict[str, Any]:
    """Compute what each firm does in each market, undefined where it is out (firm, market)."""
    epsilon = eq.elasticity(m.game, b.x, b.share)
    told = {
        "share": b.share,
        "price": b.price,
        "markup": b.markup,
        "elasticity": epsilon,
        "varieties": b.varieties,
        "quantity": b.quantity,
        "profit": eq.profit(m.game, b.spending, b.share, epsilon),
    }
    return {
        "copies": b.copies.astype(float),
        "active": b.active.astype(float),
        **{name: np.where(b.active, value, np.nan) for name, value in told.items()},
    }


def of_markets(m: Primitives, b: Behaviour) -> dict[str, Any]:
    """Compute what firms add up to in each market (market)."""
    game = m.game
    profit = np.sum(b.copies * np.where(b.active, _profit(m, b), 0.0), axis=0)
    marginal = _marginal(b)
    with_profits, wages = welfare(m, b)
    return {
        "price_index": np.exp(b.x),
        "sector_share": game.upper.share(b.x) if game.upper.eta is not None else np.full(b.copies.shape[1:], np.nan),
        "expenditure": b.spending,
        "survivors": np.sum(b.copies, axis=0).astype(float),
        "cutoff": np.sum(np.where(marginal, b.phi, 0.0), axis=0),
        "cutoff_share": np.sum(np.where(marginal, b.share, 0.0), axis=0),
        "total_profit": profit,
        **aggregates.totals(game, b.copies, b.share, b.markup, b.varieties, b.phi),
        "welfare": with_profits,
        "welfare_wages": wages,
    }


def _profit(m: Primitives, b: Behaviour) -> Any:
    return eq.profit(m.game, b.spending, b.share, eq.elasticity(m.game, b.x, b.share))


def _marginal(b: Behaviour) -> np.ndarray:
    """Mark the least productive survivor of each market; the last of equals (firm, market)."""
    phi = np.where(b.active, value_of(b.phi), np.inf)
    last = len(phi) - 1 - np.argmin(phi[::-1], axis=0)
    return np.asarray(np.arange(len(phi)).reshape(-1, *(1,) * last.ndim) == last)


def welfare(m: Primitives, b: Behaviour) -> tuple[Any, Any]:
    """Compute utility per head, with profits as income and without (market).

    Notes
    -----
    Fixed R: u = 1 + profits - rho + rho ln(rho/P) with rho = R/L, the utility (1) at wage 1. CES: income over
    PP = (1 + P^(1-eta))^(1/(1-eta)), which has no limit at eta = 1; income is I/L, and profits are valued at the
    prices that spending I alone makes, as in the paper demand leaves them out.
    """
    profits = profits_of_countries(m, b) / m.L
    if m.upper == "ces":
        s = np.where(value_of(m.eta) == 1.0, np.nan, 1.0 - m.eta)
        log_prices = np.logaddexp(0.0, s * b.x) / s
        return (m.I / m.L + profits) * np.exp(-log_prices), m.I / m.L * np.exp(-log_prices)
    rho = m.R / m.L
    wages = 1.0 - rho + rho * (np.log(rho) - b.x)
    return wages + profits, wages


def profits_of_countries(m: Primitives, b: Behaviour) -> Any:
    """Compute the profits that firms of one economy earn everywhere (country)."""
    profit = np.where(b.active, _profit(m, b), 0.0)
    if not m.segmented:
        return np.sum(b.copies * profit, axis=0) / float(m.economies)
    return _by_country(m, _of_firm(m, b))


def _by_country(m: Primitives, of_firms: Any) -> Any:
    """Add up what a country's firms have (firm, ...) -> (country, ...)."""
    return np.stack([np.sum(of_firms[m.home == i], axis=0) for i in range(len(m.countries))])


def _of_firm(m: Primitives, b: Behaviour) -> Any:
    """Compute a firm's profit over all markets, its fixed cost paid where scope is common (firm)."""
    profit = np.sum(np.where(b.active, _profit(m, b), 0.0), axis=1)
    return profit - m.K_0 * b.active.any(axis=1) if m.common else profit


def of_countries(m: Primitives, b: Behaviour, firms: dict[str, Any]) -> dict[str, Any]:
    """Compute what only segmented markets have: firms' profits everywhere, flows between countries."""
    flow = _by_country(m, b.spending * b.share)
    return {
        "profit_firm": np.where(b.active.any(axis=1), _of_firm(m, b), np.nan),
        "profit_country": profits_of_countries(m, b),
        "trade_flow": flow,
        "trade_share": flow / b.spending[None, :],
    }
