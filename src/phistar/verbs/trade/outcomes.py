"""What a tariff experiment reports, computed from exact hats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.blocks.hats import Hats
from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.data.countries import AGGREGATES
from phistar.data.flows import FlowTable

_HAT = "new over old"
#: Stands for the table's own unit of money.
_MONEY = "money"

_ROWS = (
    ("welfare_hat", COUNTRY, _HAT, "W", "real final spending"),
    ("real_wage_hat", COUNTRY, _HAT, "w/P", "wage over the price index"),
    ("terms_of_trade_hat", COUNTRY, _HAT, "", "own gate price over partners', by baseline imports"),
    (
        "terms_of_trade_contribution",
        COUNTRY,
        "log points",
        "",
        "part of log welfare from gate prices and transfers",
    ),
    ("efficiency_contribution", COUNTRY, "log points", "", "the rest of log welfare"),
    ("equivalent_variation", COUNTRY, _MONEY, "EV", "baseline final spending times the welfare change"),
    ("wage_hat", COUNTRY, _HAT, "w", "wage; world income is the numeraire"),
    ("cost_hat", COUNTRY, _HAT, "c", "price at the factory gate of a given firm"),
    ("price_index_hat", COUNTRY, _HAT, "P", "price index at buyers' prices"),
    ("expenditure", COUNTRY, _MONEY, "X", "spending at buyers' prices, before"),
    ("expenditure_cf", COUNTRY, _MONEY, "X", "spending at buyers' prices, after"),
    ("final_spending", COUNTRY, _MONEY, "F", "spending less intermediate inputs, before"),
    ("final_spending_cf", COUNTRY, _MONEY, "F", "spending less intermediate inputs, after"),
    ("tariff_revenue", COUNTRY, _MONEY, "R", "tariff revenue, before"),
    ("tariff_revenue_cf", COUNTRY, _MONEY, "R", "tariff revenue, after"),
    ("deficit", COUNTRY, _MONEY, "D", "trade deficit, before"),
    ("deficit_cf", COUNTRY, _MONEY, "D", "trade deficit, after"),
    ("exports_hat", COUNTRY, _HAT, "", "exports net of tariffs"),
    ("imports_hat", COUNTRY, _HAT, "", "imports net of tariffs"),
    ("exporters_hat", COUNTRY, _HAT, "M_x", "number of firms that export"),
    ("export_links_hat", COUNTRY, _HAT, "", "number of pairs of exporter and foreign market"),
    ("mass_entrants_hat", COUNTRY, _HAT, "E", "entrants"),
    ("domestic_cutoff_hat", COUNTRY, _HAT, "x_ii", "cutoff productivity at home"),
    ("productivity_average_hat", COUNTRY, _HAT, "phi~", "Melitz's average, firms selling at home"),
    (
        "productivity_sales_weighted_hat",
        COUNTRY,
        _HAT,
        "",
        "Melitz's average by market, weighted by sales",
    ),
    ("cutoff_hat", PAIR, _HAT, "x_ij", "cutoff productivity"),
    ("mass_sellers_hat", PAIR, _HAT, "M_ij", "number of sellers"),
    ("trade_flow", PAIR, _MONEY, "X_ij", "sales net of tariff, before"),
    ("trade_flow_cf", PAIR, _MONEY, "X_ij", "sales net of tariff, after"),
    ("trade_share", PAIR, "1", "pi_ij", "share of the destination's spending, before"),
    ("trade_share_cf", PAIR, "1", "pi_ij", "share of the destination's spending, after"),
    ("tariff", PAIR, "1", "t_ij", "ad valorem tariff, before"),
    ("tariff_cf", PAIR, "1", "t_ij", "ad valorem tariff, after"),
)


def variables(money: str) -> tuple[Variable, ...]:
    """List what is reported, values in the table's money."""
    return tuple(
        Variable(name, dims, money if unit == _MONEY else unit, symbol, meaning)
        for name, dims, unit, symbol, meaning in _ROWS
    )


def values(h: Hats, table: FlowTable, before: np.ndarray, after: np.ndarray, shape: float) -> dict[str, np.ndarray]:
    """Compute every variable of `variables`; `before` and `after` are tariffs (origin, destination)."""
    tariffs = {"tariff": before, "tariff_cf": after}
    return _money(h, table.money_scale) | _changes(h) | _firms(h, table.countries, shape) | tariffs


def _money(h: Hats, scale: float) -> dict[str, np.ndarray]:
    levels = {
        "expenditure": h.expenditure, "expenditure_cf": h.expenditure_cf,
        "final_spending": h.final_spending, "final_spending_cf": h.final_spending_cf,
        "tariff_revenue": h.tariff_revenue, "tariff_revenue_cf": h.tariff_revenue_cf,
        "deficit": h.deficits, "deficit_cf": h.deficits_cf,
        "trade_flow": h.flows, "trade_flow_cf": h.flows_cf,
        "equivalent_variation": h.final_spending * (h.welfare - 1),
    }  # fmt: skip
    return {name: level * scale for name, level in levels.items()}


def _changes(h: Hats) -> dict[str, np.ndarray]:
    gate = terms_of_trade_contribution(h)
    exports, exports_cf = _foreign(h.flows), _foreign(h.flows_cf)
    return {
        "welfare_hat": h.welfare,
        "real_wage_hat": h.real_wage,
        "terms_of_trade_hat": terms_of_trade_hat(h),
        "terms_of_trade_contribution": gate,
        "efficiency_contribution": np.log(h.welfare) - gate,
        "wage_hat": h.wage,
        "cost_hat": h.cost,
        "price_index_hat": h.price_index,
        "exports_hat": exports_cf.sum(axis=1) / exports.sum(axis=1),
        "imports_hat": exports_cf.sum(axis=0) / exports.sum(axis=0),
        "trade_share": h.shares,
        "trade_share_cf": h.shares_cf,
    }


def _firms(h: Hats, countries: Sequence[str], shape: float) -> dict[str, np.ndarray]:
    return {
        "exporters_hat": exporters_hat(h, countries),
        "export_links_hat": export_links_hat(h),
        "mass_entrants_hat": h.entrants,
        "domestic_cutoff_hat": np.diag(h.cutoff).copy(),
        "productivity_average_hat": np.diag(h.cutoff).copy(),  # under Pareto the average follows the cutoff
        "productivity_sales_weighted_hat": productivity_sales_weighted_hat(h, shape),
        "cutoff_hat": h.cutoff,
        "mass_sellers_hat": h.sellers,
    }


def _foreign(flows: np.ndarray) -> np.ndarray:
    return np.asarray(flows - np.diag(np.diag(flows)))


def terms_of_trade_hat(h: Hats) -> np.ndarray:
    """Compute the change of the own gate price over partners', weighted by baseline imports, (country,)."""
    imports = _foreign(h.flows)
    return np.asarray(h.cost / ((imports * h.cost[:, None]).sum(axis=0) / imports.sum(axis=0)))


def terms_of_trade_contribution(h: Hats) -> np.ndarray:
    """Compute the part of log welfare that gate prices move between countries, (country,).

    Log changes of gate prices times exports less imports, as shares of final spending, the mean of before and
    after. With world income as numeraire the deficit, a fixed share of it, adds nothing of its own.
    """
    log_cost = np.log(h.cost)
    shares = []
    for flows, final in ((h.flows, h.final_spending), (h.flows_cf, h.final_spending_cf)):
        trade_flows = _foreign(flows)
        shares.append((trade_flows.sum(axis=1) * log_cost - trade_flows.T @ log_cost) / final)
    return np.asarray((shares[0] + shares[1]) / 2)


def exporters_hat(h: Hats, countries: Sequence[str]) -> np.ndarray:
    """Compute the change of the number of exporters, (country,).

    At access costs equal over foreign markets sellers are in proportion to sales and cutoffs are nested: the
    exporters are the sellers in the largest single foreign market. Aggregates are no single market.
    """
    single = np.array([code not in AGGREGATES for code in countries])
    result = np.empty(len(countries))
    for i in range(len(countries)):
        markets = single.copy()
        markets[i] = False
        if not h.flows[i, markets].any():
            markets = np.arange(len(countries)) != i
        old = h.flows[i, markets]
        result[i] = np.max(old * np.nan_to_num(h.sellers[i, markets])) / np.max(old)
    return result


def export_links_hat(h: Hats) -> np.ndarray:
    """Compute the change of pairs of exporter and foreign market, at equal access costs, (country,)."""
    links = _foreign(h.flows)
    return np.asarray((links * np.nan_to_num(h.sellers)).sum(axis=1) / links.sum(axis=1))


def productivity_sales_weighted_hat(h: Hats, shape: float) -> np.ndarray:
    """Compute the change of average productivity over all sales, (country,).

    Melitz's average of the firms selling in a market is in proportion to its cutoff; markets are weighted by
    sales. At access costs equal over all markets, cutoffs follow sales: x_ij/x_ii = (X_ij/X_ii)^(-1/k).
    """
    sold = h.flows > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        old = np.where(sold, h.flows ** (-1 / shape), 0.0)
        new = np.where(sold & (h.flows_cf > 0), old * h.cutoff, 0.0)
    before = (h.flows * old).sum(axis=1) / h.output
    return np.asarray((h.flows_cf * new).sum(axis=1) / h.output_cf / before)
