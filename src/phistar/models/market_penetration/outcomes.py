"""What a market penetration equilibrium reports, and its audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.blocks.layout import at_home, is_home
from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.model import Residuals, Unknowns
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.borders import relative_wages_determined
from phistar.models.market_penetration.economy import Economy, economy
from phistar.models.market_penetration.moments import Moments
from phistar.models.market_penetration.primitives import Primitives
from phistar.numerics.duals import value_of

VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("wage", COUNTRY, "numeraire", "w", "wage"),
        ("income", COUNTRY, "numeraire per head", "y", "income per head: the wage and profits"),
        ("expenditure", COUNTRY, "numeraire", "y L", "spending"),
        ("price_index", COUNTRY, "numeraire", "P", "CES price index of a consumer's own set of goods"),
        ("welfare", COUNTRY, "real income per head", "W", "real income per head"),
        ("real_wage", COUNTRY, "units of the consumption bundle", "w/P", "wage over price index"),
        ("cutoff", PAIR, "productivity", "phi*", "productivity at which the first consumer just pays"),
        ("cutoff_effective", PAIR, "productivity", "phi*", "least productivity among sellers (the support may bind)"),
        ("mass_entrants", COUNTRY, "firms", "J", "potential firms"),
        ("mass_active", COUNTRY, "firms", "M", "firms that sell anywhere"),
        ("mass_exporters", COUNTRY, "firms", "M_x", "firms that sell abroad"),
        ("exporter_share", COUNTRY, "1", "", "exporters over active firms"),
        ("mass_sellers", PAIR, "firms", "M_ij", "firms of the origin that sell in the destination"),
        ("seller_share", PAIR, "1", "", "sellers over active firms of the origin"),
        ("variety", COUNTRY, "varieties", "", "varieties on sale in the country"),
        ("variety_consumer", COUNTRY, "varieties", "", "varieties that reach a consumer"),
        ("trade_flow", PAIR, "numeraire", "X", "value of sales"),
        ("trade_share", PAIR, "1", "lambda", "share of the destination's spending"),
        ("trade_elasticity", PAIR, "1", "epsilon", "local partial elasticity of X_ij/X_jj to tau_ij"),
        ("mean_sales", PAIR, "numeraire", "X/M", "mean sales of a seller"),
        ("mean_reach", PAIR, "1", "n", "share of consumers a seller reaches, on average"),
        ("sales_scale", PAIR, "numeraire", "B", "what a firm would sell to everybody at the cutoff's price"),
        ("marketing", PAIR, "numeraire", "m", "spending on marketing by the origin's firms in the destination"),
        ("marketing_share", PAIR, "1", "m/X", "marketing over sales"),
        ("profit_total", COUNTRY, "numeraire", "Pi", "profits of all firms, entry cost apart"),
        ("profit_share", COUNTRY, "1", "eta", "profits over sales, entry cost apart"),
        ("productivity_average", COUNTRY, "productivity", "phi~", "power mean of order sigma - 1 over active firms"),
        ("export_revenue_share", COUNTRY, "1", "", "exports over sales"),
        ("net_exports", COUNTRY, "numeraire", "", "exports less imports of goods; pays for marketing abroad", True),
        ("labour_production", COUNTRY, "people", "", "labour making goods"),
        ("labour_marketing", COUNTRY, "people", "", "labour in marketing, for firms of any country"),
        ("labour_entry", COUNTRY, "people", "", "labour in productivity draws"),
    )
)  # fmt: skip


def outcomes(m: Primitives, x: Unknowns) -> dict[str, Any]:
    """Compute every variable of `VARIABLES` at the unknowns; duals give their derivatives."""
    # Closed borders have no sellers: their means are nan on purpose, reported as undefined.
    with np.errstate(all="ignore"):
        e = economy(m, x)
        values = _markets(m, e) | _accounts(m, e)
        values |= _firms(m, e, values)
        return {v.name: values[v.name] for v in VARIABLES}


def _markets(m: Primitives, e: Economy) -> dict[str, Any]:
    survival = e.sellers.survival
    sellers = e.entrants[:, None] * survival
    some = np.where(value_of(survival) > 0.0, survival, np.nan)
    return {
        "cutoff": np.exp(e.log_cutoff),
        "cutoff_effective": np.exp(np.maximum(e.log_cutoff, m.productivity.log_lower)),
        "mass_sellers": sellers,
        "variety": np.sum(sellers, axis=0),
        "variety_consumer": np.sum(e.entrants[:, None] * e.sellers.reach, axis=0),
        "trade_flow": e.flows,
        "trade_share": e.flows / np.sum(e.flows, axis=0)[None],
        "trade_elasticity": np.broadcast_to(_elasticity(m, e), np.shape(e.flows)),
        "mean_sales": np.exp(e.log_scale) * e.sellers.sales / some,
        "mean_reach": e.sellers.reach / some,
        "sales_scale": np.exp(e.log_scale),
        "marketing": e.marketed,
        "marketing_share": e.sellers.cost / np.where(value_of(survival) > 0.0, e.sellers.sales, np.nan) / m.sigma,
    }


def _elasticity(m: Primitives, e: Economy) -> Any:
    return m.theta + 0.0 * e.flows if m.closed else eq.trade_elasticity(m, e.sellers)


def _accounts(m: Primitives, e: Economy) -> dict[str, Any]:
    wage, revenue = np.exp(e.log_wage), np.sum(e.flows, axis=1)
    income, price = e.spending / m.L, np.exp(e.log_price)
    hired = (1.0 - m.gamma) * np.sum(e.marketed, axis=1) + m.gamma * np.sum(e.marketed, axis=0)
    entry = e.entrants * m.f_e if m.entry == "free" else 0.0 * e.entrants * wage
    return {
        "wage": wage,
        "income": income,
        "expenditure": e.spending,
        "price_index": price,
        "welfare": income / price,
        "real_wage": wage / price,
        "mass_entrants": e.entrants + 0.0 * wage,
        "profit_total": e.profits,
        "profit_share": e.profits / revenue,
        "export_revenue_share": 1.0 - at_home(e.flows) / revenue,
        # Under the paper's Pareto marketing bought and sold abroad are alike, and goods balance.
        "net_exports": 0.0 * revenue
        if m.closed
        else m.gamma * (np.sum(e.marketed, axis=1) - np.sum(e.marketed, axis=0)),
        "labour_production": m.S / m.sigma * revenue / wage,
        "labour_marketing": hired / wage,
        "labour_entry": entry,
    }


def _firms(m: Primitives, e: Economy, values: Mapping[str, Any]) -> dict[str, Any]:
    """Count active firms and exporters: sellers are nested, so each is the number in the easiest market."""
    n = len(m.countries)
    cutoff, masses = value_of(e.log_cutoff), values["mass_sellers"]
    easiest = _easiest(cutoff)
    abroad = np.where(is_home(n, cutoff.ndim), np.inf, cutoff)
    active = np.sum(np.where(easiest, masses, 0.0), axis=1)
    exporters = np.sum(np.where(_easiest(abroad) & np.isfinite(abroad), masses, 0.0), axis=1)
    lowest = np.sum(np.where(easiest, e.log_cutoff, 0.0), axis=1)
    g = m.productivity
    power = g.log_moment(lowest[:, None], m.S) - g.log_survival(lowest[:, None])
    return {
        "mass_active": active,
        "mass_exporters": exporters,
        "exporter_share": exporters / active,
        "seller_share": masses / active[:, None],
        "productivity_average": np.exp(power[:, 0] / m.S),
    }


def _easiest(log_cutoff: np.ndarray) -> np.ndarray:
    """Mark each origin's market of the lowest cutoff (origin, destination)."""
    n = len(log_cutoff)
    lowest = np.argmin(log_cutoff, axis=1)
    index = np.arange(n).reshape(1, n, *(1,) * (log_cutoff.ndim - 2))
    return np.asarray(index == lowest[:, None])


# -- the audit -----------------------------------------------------------------------------------------------


def audit(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
    """Check the answer by other routes than the solver's: see `Model.audit`.

    Under the paper's Pareto every closed form is held to the partial moments of the general kernel.
    """
    with np.errstate(all="ignore"):
        e = economy(m, x)
        sellers = eq.moments(m, e.log_cutoff) if m.closed else e.sellers
        residuals = _common(m, e, values, sellers)
        if m.closed:
            residuals |= _closed_forms(m, e, values, sellers)
    return residuals, *_checks(m, values, sellers)


def _common(m: Primitives, e: Economy, values: Mapping[str, Any], sellers: Moments) -> Residuals:
    scale = np.exp(e.log_scale)
    flows = eq.trade_flow(e.entrants, scale, sellers)
    marketed = eq.marketing(m, e.entrants, scale, sellers)
    log_price = price_index_of_varieties(m, e, sellers)
    by_cutoff = eq.real_income_by_cutoff(m, e.log_wage, np.log(values["income"]), e.log_cutoff)
    used = values["labour_production"] + values["labour_marketing"] + values["labour_entry"]
    goods = np.sum(flows, axis=1) - np.sum(flows, axis=0)
    return {
        "labour_market": eq.labour_market(m, e.log_wage, e.entrants, flows, marketed),
        "labour_used": used / m.L - 1.0,
        "price_index": np.expm1(log_price - np.log(values["price_index"])),
        "zero_cutoff_profit": by_cutoff / values["welfare"] - 1.0,
        # Exports of goods pay for goods and for the labour of foreign marketing.
        "balance_of_payments": (goods - values["net_exports"]) / values["expenditure"],
    }


def price_index_of_varieties(m: Primitives, e: Economy, sellers: Moments) -> Any:
    """Compute ln P_j from the prices and the reach of the varieties sold there (country), Arkolakis (2008) eq. (2)."""
    log_p = eq.log_unit_price(m, e.log_wage) - e.log_cutoff
    return -np.log(np.sum(e.entrants[:, None] * sellers.sales * np.exp(-m.S * log_p), axis=0)) / m.S


def _closed_forms(m: Primitives, e: Economy, values: Mapping[str, Any], sellers: Moments) -> Residuals:
    flows = eq.trade_flow(e.entrants, np.exp(e.log_scale), sellers)
    formula = eq.welfare_by_formula(m, e.entrants, values["trade_share"])
    by_share = eq.mass_sellers(m, values["trade_share"], values["income"])
    profits = eq.profit(m, flows, eq.marketing(m, e.entrants, np.exp(e.log_scale), sellers))
    residuals: Residuals = {
        "trade_flow": (flows - e.flows) / values["expenditure"][None],
        "mass_sellers": (by_share - values["mass_sellers"]) / np.max(values["mass_sellers"], axis=1)[:, None],
        "welfare_formula": formula / values["welfare"] - 1.0,
        "profit_share": profits / (m.eta * np.sum(e.flows, axis=1)) - 1.0,
    }
    if m.entry == "free":
        residuals["free_entry"] = eq.free_entry(m, e.log_wage, e.entrants, profits)
    return residuals


def _checks(m: Primitives, values: Mapping[str, Any], sellers: Moments) -> tuple[dict[str, Any], list[str]]:
    cutoff, flows = values["cutoff"], values["trade_flow"]
    home = is_home(len(m.countries), cutoff.ndim)
    paid = np.where(home, flows, flows - m.gamma * values["marketing"])
    binds = (values["cutoff_effective"] > cutoff * (1.0 + 1e-14)) & (values["mass_sellers"] > 0.0)
    checks = {
        "strict_selection": np.all((cutoff > at_home(cutoff)[:, None]) | home),
        "fewer_sellers_than_potential_firms": np.all(sellers.survival <= 1.0 + 1e-14),
        "support_binds": np.any(binds),
        "relative_wages_determined": relative_wages_determined(paid),
    }
    notes = list(m.unused)
    if checks["support_binds"]:
        notes.append("in some market every potential firm of some country sells: its cutoff lies below the support")
    if not checks["relative_wages_determined"]:
        notes.append("some blocs trade next to nothing with each other: their relative wage is one of many")
    return checks, notes
