"""What a Melitz equilibrium reports, computed from wages and demand levels; and its audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.blocks.layout import at_home, is_home
from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.model import Residuals, Unknowns
from phistar.models.melitz import equations as eq
from phistar.models.melitz.primitives import Primitives
from phistar.numerics.duals import value_of

VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("wage", COUNTRY, "numeraire", "w", "wage"),
        ("expenditure", COUNTRY, "numeraire", "Y", "spending"),
        ("price_index", COUNTRY, "numeraire", "P", "CES price index"),
        ("welfare", COUNTRY, "real income per head", "W", "real income per head"),
        ("real_wage", COUNTRY, "units of the consumption bundle", "w/P", "wage over price index"),
        ("cutoff", PAIR, "productivity", "phi*", "least productivity that chooses to sell"),
        ("cutoff_zero_profit", PAIR, "productivity", "x", "productivity whose sales just pay the market's fixed cost"),
        ("cutoff_effective", PAIR, "productivity", "phi*", "least productivity among sellers (the support may bind)"),
        ("mass_entrants", COUNTRY, "firms", "M_e", "stock of productivity draws"),
        ("entry_flow", COUNTRY, "firms a period", "delta M_e", "draws a period in the steady state"),
        ("mass_active", COUNTRY, "firms", "M", "firms that sell anywhere"),
        ("mass_exporters", COUNTRY, "firms", "M_x", "firms that sell abroad"),
        ("exporter_share", COUNTRY, "1", "p_x", "exporters over active firms"),
        ("mass_sellers", PAIR, "firms", "M_ij", "firms of the origin that sell in the destination"),
        ("seller_share", PAIR, "1", "p_ij", "sellers over active firms of the origin"),
        ("variety", COUNTRY, "varieties", "M_t", "varieties on sale in the country"),
        ("trade_flow", PAIR, "numeraire", "X", "value of sales"),
        ("trade_share", PAIR, "1", "lambda", "share of the destination's spending"),
        ("trade_elasticity", PAIR, "1", "epsilon", "local partial elasticity of X_ij/X_jj to tau_ij"),
        ("export_revenue_share", COUNTRY, "1", "", "exports over revenue"),
        ("phi_tilde", COUNTRY, "productivity", "phi~", "Melitz's average over active firms"),
        ("phi_tilde_market", PAIR, "productivity", "phi~_ij", "Melitz's average over sellers in a market"),
        ("phi_tilde_total", COUNTRY, "productivity", "phi~_t", "Melitz's average over varieties on sale, as delivered"),
        ("productivity_average", COUNTRY, "productivity", "phi~", "the paper's average: phi_tilde"),
        ("mean_productivity", COUNTRY, "productivity", "E phi", "unweighted mean over active firms"),
        ("mean_log_productivity", COUNTRY, "log productivity", "E ln phi", "unweighted mean of logs over active firms"),
        ("revenue_weighted_productivity", COUNTRY, "productivity", "", "revenue-weighted mean (finite if k > sigma)"),
        ("revenue_weighted_log_productivity", COUNTRY, "log productivity", "", "revenue-weighted mean of logs"),
        ("output_per_worker", COUNTRY, "output per worker", "", "output at the gate over all labour"),
        ("labour_production", COUNTRY, "people", "L_p", "labour making goods"),
        ("labour_fixed", COUNTRY, "people", "", "labour in fixed costs at home"),
        ("labour_export", COUNTRY, "people", "", "labour in fixed costs abroad"),
        ("labour_entry", COUNTRY, "people", "L_e", "labour in productivity draws"),
        ("revenue_average", COUNTRY, "numeraire", "r-", "mean revenue of active firms"),
        ("profit_average", COUNTRY, "numeraire", "pi-", "mean profit of active firms, entry cost apart"),
        ("profit_total", COUNTRY, "numeraire", "Pi", "profits of all firms, entry cost apart"),
        ("premium_domestic_sales", COUNTRY, "1", "", "exporters over the rest: mean domestic sales"),
        ("premium_revenue", COUNTRY, "1", "", "exporters over the rest: mean revenue"),
        ("premium_employment", COUNTRY, "1", "", "exporters over the rest: mean employment"),
        ("premium_productivity", COUNTRY, "1", "", "exporters over the rest: mean productivity"),
        ("premium_phi_tilde", COUNTRY, "1", "", "exporters over the rest: Melitz's average"),
        ("premium_log_productivity", COUNTRY, "log points", "", "exporters less the rest: mean log productivity"),
        ("premium_revenue_per_worker", COUNTRY, "1", "", "exporters over the rest: revenue per worker"),
    )
)  # fmt: skip


def outcomes(m: Primitives, x: Unknowns) -> dict[str, Any]:
    """Compute every variable of `VARIABLES` at the unknowns; duals give their derivatives."""
    # Empty groups (no sellers, no exporters) are nan on purpose, reported as undefined.
    with np.errstate(all="ignore"):
        sellers = eq.selection(m, x)
        entrants = eq.mass_entrants(m, sellers)
        flows = eq.trade_flow(m, x["log_wage"], sellers, entrants)
        values = _aggregates(m, x, sellers, entrants, flows)
        values |= _firms(m, sellers, entrants)
        values |= _productivity(m, x, sellers, values)
        values |= _labour(m, sellers, values)
        values |= _premia(m, sellers, values)
        return {v.name: values[v.name] for v in VARIABLES}


def _aggregates(m: Primitives, x: Unknowns, sellers: eq.Selection, entrants: Any, flows: Any) -> dict[str, Any]:
    wage = np.exp(x["log_wage"])
    spending = eq.income(m, x["log_wage"], sellers, entrants)
    log_price = eq.log_price_index(m, x["log_demand"], spending)
    revenue = np.sum(flows, axis=1)
    lower = m.productivity.log_lower
    return {
        "wage": wage,
        "expenditure": spending,
        "price_index": np.exp(log_price),
        "welfare": eq.welfare(m, spending, log_price),
        "real_wage": wage * np.exp(-log_price),
        "cutoff": np.exp(sellers.log_e),
        "cutoff_zero_profit": np.exp(sellers.log_x),
        "cutoff_effective": np.exp(np.maximum(sellers.log_e, lower)),
        "mass_entrants": entrants,
        "entry_flow": m.delta * entrants,
        "trade_flow": flows,
        "trade_share": flows / np.sum(flows, axis=0)[None, :],
        "trade_elasticity": eq.trade_elasticity(m, sellers),
        "export_revenue_share": 1.0 - at_home(flows) / revenue,
        "profit_total": wage * entrants * eq.expected_profit(m, sellers),
        "revenue": revenue,
    }


class Group:
    """The active firms (or exporters) of each origin: the column of the pair arrays of its easiest market."""

    def __init__(self, m: Primitives, sellers: eq.Selection, abroad: bool) -> None:
        self.m, self.sellers = m, sellers
        lx = value_of(sellers.log_e)
        n = lx.shape[0]
        candidates = np.where(is_home(n, lx.ndim), np.inf, lx) if abroad else lx
        # Sellers are nested: the group is those who sell in the market with most of them.
        count = np.where(np.isfinite(candidates), value_of(sellers.survival), -1.0)
        most = count == np.max(count, axis=1)[:, None]
        lowest = np.argmin(np.where(most, candidates, np.inf), axis=1)
        index = np.arange(n).reshape(1, n, *(1,) * (lx.ndim - 2))
        self.exists = np.any(np.isfinite(candidates), axis=1)
        self.mask = index == lowest[:, None]

    def pick(self, pairs: Any) -> Any:
        """Take each origin's column (origin)."""
        return np.sum(np.where(self.mask, pairs, 0.0), axis=1)

    def log_moment(self, order: Any) -> Any:
        """Compute ln int phi^order dG over the group (origin)."""
        return self._where_exists(self.pick(eq.seller_moment(self.m, self.sellers, order)), -np.inf)

    def mean_log(self, order: Any = 0.0) -> Any:
        """Compute the phi^order-weighted mean of ln phi over the group (origin)."""
        return self.pick(eq.seller_mean_log(self.m, self.sellers, order))

    @property
    def log_cutoff(self) -> Any:
        """Ln of the group's cutoff (origin)."""
        return self._where_exists(self.pick(self.sellers.log_e), np.inf)

    def _where_exists(self, a: Any, otherwise: float) -> Any:
        return a if self.exists.all() else np.where(self.exists, a, otherwise)


def _firms(m: Primitives, sellers: eq.Selection, entrants: Any) -> dict[str, Any]:
    active = entrants * np.exp(Group(m, sellers, abroad=False).log_moment(0.0))
    exporters = entrants * np.exp(Group(m, sellers, abroad=True).log_moment(0.0))
    masses = entrants[:, None] * sellers.survival
    return {
        "mass_active": active,
        "mass_exporters": exporters,
        "exporter_share": exporters / active,
        "mass_sellers": masses,
        "seller_share": masses / active[:, None],
        "variety": np.sum(masses, axis=0),
    }


def _productivity(m: Primitives, x: Unknowns, sellers: eq.Selection, values: Mapping[str, Any]) -> dict[str, Any]:
    s = m.sigma - 1.0
    active = Group(m, sellers, abroad=False)
    log_count = active.log_moment(0.0)
    phi_tilde = np.exp((active.log_moment(s) - log_count) / s)
    market = np.exp((sellers.log_moment - np.log(sellers.survival)) / s)
    # In units of the destination's own labour: a variety counts by what it delivers there.
    log_delivered = sellers.log_moment + s * (x["log_wage"][None, :] - x["log_wage"][:, None] - m.log_tau)
    delivered = np.sum(values["mass_entrants"][:, None] * np.exp(log_delivered), axis=0)
    weight = eq.access_revenue(m, sellers)
    total = np.sum(weight, axis=1)
    gain = np.exp(eq.seller_moment(m, sellers, m.sigma) - s * sellers.log_x)
    weighted = np.sum(m.f * gain, axis=1) / total
    logs = np.sum(np.where(value_of(weight) > 0.0, weight * eq.seller_mean_log(m, sellers, s), 0.0), axis=1) / total
    return {
        "phi_tilde": phi_tilde,
        "phi_tilde_market": market,
        "phi_tilde_total": np.exp(np.log(delivered / values["variety"]) / s),
        "productivity_average": phi_tilde,
        "mean_productivity": np.exp(active.log_moment(1.0) - log_count),
        "mean_log_productivity": active.mean_log(),
        "revenue_weighted_productivity": weighted,
        "revenue_weighted_log_productivity": logs,
        "output_per_worker": weighted * (s / m.sigma) * values["revenue"] / (values["wage"] * m.L),
    }


def _labour(m: Primitives, sellers: eq.Selection, values: Mapping[str, Any]) -> dict[str, Any]:
    s = m.sigma - 1.0
    fixed = m.f * values["mass_sellers"]
    home = at_home(fixed)
    entry = values["entry_flow"] * m.f_e if m.entry == "free" else 0.0 * values["entry_flow"]
    return {
        "labour_production": (s / m.sigma) * values["revenue"] / values["wage"],
        "labour_fixed": home,
        "labour_export": np.sum(fixed, axis=1) - home,
        "labour_entry": entry,
        "revenue_average": values["revenue"] / values["mass_active"],
        "profit_average": values["profit_total"] / values["mass_active"],
    }


def _premia(m: Primitives, sellers: eq.Selection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Compare exporters with active firms that do not export; undefined (nan) where there are none of either."""
    s = m.sigma - 1.0
    active, exporting = Group(m, sellers, abroad=False), Group(m, sellers, abroad=True)
    entrants = values["mass_entrants"]
    exporters = values["mass_exporters"]
    rest = np.where(value_of(values["mass_active"] - exporters) > 0.0, values["mass_active"] - exporters, np.nan)
    exporters = np.where(value_of(exporters) > 0.0, exporters, np.nan)

    home_sales = at_home(values["trade_flow"])
    share = np.exp(np.minimum(exporting.log_moment(s) - at_home(sellers.log_moment), 0.0))
    sales_of_rest = home_sales * (1.0 - share)
    revenue_of_rest, revenue_of_exporters = sales_of_rest, values["revenue"] - sales_of_rest
    fixed_home, fixed_abroad = values["labour_fixed"], values["labour_export"]
    at_home_too = np.minimum(values["mass_exporters"], at_home(values["mass_sellers"]))
    fixed_of_rest = fixed_home - at_home(m.f) * at_home_too
    work_of_rest = (s / m.sigma) * revenue_of_rest / values["wage"] + fixed_of_rest
    work_of_exporters = values["labour_production"] + fixed_home + fixed_abroad - work_of_rest

    def means(order: Any) -> tuple[Any, Any]:
        """Mean of phi^order over exporters and over the rest."""
        top, all_firms = np.exp(exporting.log_moment(order)), np.exp(active.log_moment(order))
        return entrants * top / exporters, entrants * (all_firms - top) / rest

    logs_of_exporters = exporting.mean_log()
    logs_of_rest = (active.mean_log() * (values["mass_active"]) - logs_of_exporters * exporters) / rest
    phi, powers = means(1.0), means(s)
    revenue_premium = (revenue_of_exporters / exporters) / (revenue_of_rest / rest)
    work_premium = (work_of_exporters / exporters) / (work_of_rest / rest)
    return {
        "premium_domestic_sales": ((home_sales - sales_of_rest) / exporters) / (sales_of_rest / rest),
        "premium_revenue": revenue_premium,
        "premium_employment": work_premium,
        "premium_productivity": phi[0] / phi[1],
        "premium_phi_tilde": np.exp(np.log(powers[0] / powers[1]) / s),
        "premium_log_productivity": logs_of_exporters - logs_of_rest,
        "premium_revenue_per_worker": revenue_premium / work_premium,
    }


def audit(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
    """Check the answer by other routes than the solver's: see `Model.audit`."""
    with np.errstate(all="ignore"):
        sellers = eq.selection(m, x)
        entrants = values["mass_entrants"]
        prices = eq.price_index_of_varieties(m, x["log_wage"], sellers, entrants)
        wage_by_cutoff = eq.real_wage_by_cutoff(m, x["log_wage"], sellers, values["expenditure"])
        revenue = np.sum(values["trade_flow"], axis=1)
        residuals: Residuals = {
            "labour_market": eq.labour_market(m, sellers, entrants),
            "price_index": np.expm1(prices - np.log(values["price_index"])),
            "zero_cutoff_profit": wage_by_cutoff / values["real_wage"] - 1.0,
            "trade_balance": np.sum(values["trade_flow"], axis=0) / revenue - 1.0,
        }
    return residuals, *_checks(m, x, values)


def _checks(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    cutoff, flows = values["cutoff"], values["trade_flow"]
    home = is_home(len(cutoff), cutoff.ndim)
    with np.errstate(divide="ignore"):  # a cutoff below every number is refused by the equations, not here
        binds = np.log(cutoff) < m.productivity.log_lower
    strict = np.all((cutoff > at_home(cutoff)[:, None]) | home)
    determined = _connected(flows)
    checks = {
        "strict_selection": strict,
        "nobody_screened_out": np.any(np.min(np.where(binds, -1.0, 1.0), axis=1) < 0.0),
        "marginal_atom_mixes": "atom_share" in x,
        "relative_wages_determined": determined,
    }
    notes = list(m.unused)
    if checks["nobody_screened_out"]:
        notes.append("in some country the support binds: every draw is active")
    if not determined:
        notes.append("some blocs do not trade with each other: their relative wage is one of many")
    if any(getattr(f, "support", "literal") == "closed_form" for f in m.families) and np.any(
        cutoff < np.exp(_closed_form_scale(m))
    ):
        notes.append("a cutoff lies below the Pareto scale and closed_form counts more active firms than draws")
    if "atom_share" in x:
        notes.append("the marginal atom of a discrete distribution mixes: a fraction of its firms is active")
    return checks, notes


def _closed_form_scale(m: Primitives) -> np.ndarray:
    """Ln of the scale below which closed-form Pareto algebra leaves the support (origin, 1)."""
    scales = [getattr(f, "scale", 0.0) if getattr(f, "support", "") == "closed_form" else 0.0 for f in m.families]
    with np.errstate(divide="ignore"):
        return np.log([np.max(value_of(v)) for v in scales])[:, None]


def _connected(flows: np.ndarray) -> bool:
    """Whether trade links all countries into one bloc (in every world of a batch)."""
    linked = (flows > 0) | (np.swapaxes(flows, 0, 1) > 0)
    n = len(linked)
    reach = np.broadcast_to(is_home(n, linked.ndim), linked.shape)[0]
    for _ in range(n):
        further = reach | np.any(linked & reach[:, None], axis=0)
        if (further == reach).all():
            break
        reach = further
    return bool(reach.all())
