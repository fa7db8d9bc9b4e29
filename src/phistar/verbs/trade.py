"""Trade: a tariff on an observed world, with Melitz firms, by exact hats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.hats import Baseline, Hats, Shock, check_tariffs, elasticity_flaw, solve_hats
from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.data.countries import AGGREGATES, country_name, read_countries
from phistar.data.flows import FlowTable, read_flows
from phistar.data.icio import load_bundled

SIGMA, SHAPE = 4.0, 4.25
ELASTICITIES_SOURCE = "Melitz and Redding (2015), AER 105(3)"
INPUTS = ("none", "roundabout")


#: How a sentence names some of them.
_WITH_ARTICLE = {"GBR": "the United Kingdom", "ROW": "the rest of the world", "USA": "the United States"}


def _variables(money: str) -> tuple[Variable, ...]:
    hat = "new over old"
    rows = (
        ("welfare_hat", COUNTRY, hat, "W", "real final spending"),
        ("real_wage_hat", COUNTRY, hat, "w/P", "wage over the price index"),
        ("terms_of_trade_hat", COUNTRY, hat, "", "own gate price over partners', by baseline imports"),
        (
            "terms_of_trade_contribution",
            COUNTRY,
            "log points",
            "",
            "part of log welfare from gate prices and transfers",
        ),
        ("efficiency_contribution", COUNTRY, "log points", "", "the rest of log welfare"),
        ("equivalent_variation", COUNTRY, money, "EV", "baseline final spending times the welfare change"),
        ("wage_hat", COUNTRY, hat, "w", "wage; world income is the numeraire"),
        ("cost_hat", COUNTRY, hat, "c", "price at the factory gate of a given firm"),
        ("price_index_hat", COUNTRY, hat, "P", "price index at buyers' prices"),
        ("expenditure", COUNTRY, money, "X", "spending at buyers' prices, before"),
        ("expenditure_cf", COUNTRY, money, "X", "spending at buyers' prices, after"),
        ("final_spending", COUNTRY, money, "F", "spending less intermediate inputs, before"),
        ("final_spending_cf", COUNTRY, money, "F", "spending less intermediate inputs, after"),
        ("tariff_revenue", COUNTRY, money, "R", "tariff revenue, before"),
        ("tariff_revenue_cf", COUNTRY, money, "R", "tariff revenue, after"),
        ("deficit", COUNTRY, money, "D", "trade deficit, before"),
        ("deficit_cf", COUNTRY, money, "D", "trade deficit, after"),
        ("exports_hat", COUNTRY, hat, "", "exports net of tariffs"),
        ("imports_hat", COUNTRY, hat, "", "imports net of tariffs"),
        ("exporters_hat", COUNTRY, hat, "M_x", "number of firms that export"),
        ("export_links_hat", COUNTRY, hat, "", "number of pairs of exporter and foreign market"),
        ("mass_entrants_hat", COUNTRY, hat, "E", "entrants"),
        ("domestic_cutoff_hat", COUNTRY, hat, "x_ii", "cutoff productivity at home"),
        ("productivity_average_hat", COUNTRY, hat, "phi~", "Melitz's average, firms selling at home"),
        (
            "productivity_sales_weighted_hat",
            COUNTRY,
            hat,
            "",
            "Melitz's average by market, weighted by sales",
        ),
        ("cutoff_hat", PAIR, hat, "x_ij", "cutoff productivity"),
        ("mass_sellers_hat", PAIR, hat, "M_ij", "number of sellers"),
        ("trade_flow", PAIR, money, "X_ij", "sales net of tariff, before"),
        ("trade_flow_cf", PAIR, money, "X_ij", "sales net of tariff, after"),
        ("trade_share", PAIR, "1", "pi_ij", "share of the destination's spending, before"),
        ("trade_share_cf", PAIR, "1", "pi_ij", "share of the destination's spending, after"),
        ("tariff", PAIR, "1", "t_ij", "ad valorem tariff, before"),
        ("tariff_cf", PAIR, "1", "t_ij", "ad valorem tariff, after"),
    )
    return tuple(Variable(*row) for row in rows)


@dataclass(frozen=True)
class TariffExperiment:
    """What was asked: who taxes whose goods at which rate, on which world.

    Attributes
    ----------
    importers, exporters : tuple of str
        Codes.
    rate : float
        Ad valorem, added to the tariff before.
    sigma, shape : float
    inputs : str
        ``none`` or ``roundabout``.
    retaliate : bool
        Whether the exporters tax the importers' goods at the same rate.
    entry : str
        ``free`` or ``fixed``.
    table : FlowTable
    """

    name: ClassVar[str] = "melitz"

    importers: tuple[str, ...]
    exporters: tuple[str, ...]
    rate: float
    sigma: float
    shape: float
    inputs: str
    retaliate: bool
    entry: str
    table: FlowTable

    @property
    def countries(self) -> tuple[str, ...]:
        """Codes of the table's countries."""
        return self.table.countries

    def as_parameters(self) -> dict[str, Any]:
        """Return the parameters as understood."""
        return {
            "importer": list(self.importers),
            "exporter": list(self.exporters),
            "rate": self.rate,
            "sigma": self.sigma,
            "shape": self.shape,
            "inputs": self.inputs,
            "retaliate": self.retaliate,
            "entry": self.entry,
            "table": self.table.source,
        }

    @property
    def sentence(self) -> str:
        """Say the shock in words."""
        kind = "tariff" if self.rate >= 0 else "import subsidy"
        text = f"A {abs(self.rate) * 100:.6g}% {kind} by {_join(self.importers)}"
        text += f" on imports from {_join(self.exporters)}"
        return text + (", who retaliate" if self.retaliate else "")

    def tariffs(self, before: np.ndarray) -> np.ndarray:
        """Return tariffs afterwards, (origin, destination)."""
        at = {code: n for n, code in enumerate(self.countries)}
        after = before.copy()
        for importer in self.importers:
            for exporter in self.exporters:
                if importer != exporter:
                    after[at[exporter], at[importer]] = before[at[exporter], at[importer]] + self.rate
                    if self.retaliate:
                        after[at[importer], at[exporter]] = before[at[importer], at[exporter]] + self.rate
        return after


def _join(codes: Sequence[str]) -> str:
    if len(codes) > 4:
        return f"{len(codes)} partners"
    names = [_WITH_ARTICLE.get(code) or country_name(code) for code in codes]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


@dataclass(frozen=True, repr=False)
class TradeResult(Equilibrium):
    """A certified tariff experiment: variables, assumptions with their sources, the data's credit."""

    assumptions: tuple[dict[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's result, with verb, assumptions, data and country names."""
        first = super().to_dict()
        table = self.model.table
        return {
            "phistar": first.pop("phistar"),
            "model": first.pop("model"),
            "verb": "trade",
            **{key: first.pop(key) for key in ("status", "certificate", "parameters")},
            "assumptions": [dict(a) for a in self.assumptions],
            "data": {"source": table.source, "credit": table.credit, "unit": table.unit},
            "countries": first.pop("countries"),
            "country_names": list(self.model.table.names),
            **first,
        }

    def columns(self) -> dict[str, list[Any]]:
        """Return one row a number: variable, origin, destination, value; a country stands under origin."""
        cells = [(v.name, *(*where, "")[:2], float(x)) for v in self.variables for where, x in self._cells(v)]
        names = ("variable", "origin", "destination", "value")
        return {name: [cell[n] for cell in cells] for n, name in enumerate(names)}


def trade(
    importer: str | Sequence[str],
    exporter: str | Sequence[str],
    rate: float,
    *,
    sigma: float = SIGMA,
    shape: float = SHAPE,
    table: FlowTable | str | PathLike[str] | None = None,
    inputs: str = "none",
    retaliate: bool = False,
    tariffs: Any = None,
    entry: str = "free",
) -> TradeResult:
    """Put a tariff on observed trade and solve for every country's firms, prices and welfare.

    Parameters
    ----------
    importer, exporter : str or sequence of str
        Codes or names, one, several or comma-separated; ``all`` means every partner of the other side.
    rate : float
        Ad valorem tariff in the importer on the exporter's goods, added to the tariff before; 0.25 is 25 per
        cent. Above -1; below zero it subsidises imports.
    sigma, shape : float
        Elasticity of substitution; shape of the Pareto law of productivity.
    table : FlowTable or path, optional
        Observed flows; by default the bundled OECD table for 2019.
    inputs : str
        ``none``: all output is income of labour; ``roundabout``: firms buy inputs too, in the table's share.
    retaliate : bool
        Whether exporters put the same rate on the importers' goods.
    tariffs : ndarray (origin, destination), optional
        Tariffs behind the observed flows; zero by default.
    entry : str
        ``free`` or ``fixed``.

    Returns
    -------
    TradeResult

    Raises
    ------
    InputError
        When a country, a rate, an elasticity or the table is wrong.
    NoEquilibrium
        When no certified equilibrium was found.
    """
    flows = _table(table)
    experiment = _experiment(flows, importer, exporter, rate, sigma, shape, inputs, retaliate, entry)
    before = _tariffs_before(tariffs, len(flows.countries))
    baseline = Baseline(
        flows.flows,
        experiment.sigma,
        experiment.shape,
        before,
        flows.input_share if inputs == "roundabout" else None,
        entry,
        flows.countries,
    )
    after = experiment.tariffs(before)
    if not (after > -1).all():
        raise InputError("rate", "must keep every tariff above -1", rate)
    hats = solve_hats(baseline, Shock(tariffs=after))
    values = _values(hats, flows, before, after, experiment.shape)
    return TradeResult(
        experiment,
        {},
        values,
        _variables(flows.money),
        hats.certificate,
        assumptions=_assumptions(experiment, bool(before.any())),
    )


def _table(table: FlowTable | str | PathLike[str] | None) -> FlowTable:
    if table is None:
        return load_bundled().flow_table()
    return table if isinstance(table, FlowTable) else read_flows(table)


def _tariffs_before(tariffs: Any, n: int) -> np.ndarray:
    before = np.zeros((n, n)) if tariffs is None else np.array(tariffs, dtype=float)
    if before.shape != (n, n):
        raise InputError("tariffs", f"must be a {n} x {n} matrix [origin][destination]")
    check_tariffs("tariffs", before)
    return before


def _experiment(
    table: FlowTable,
    importer: Any,
    exporter: Any,
    rate: Any,
    sigma: Any,
    shape: Any,
    inputs: str,
    retaliate: bool,
    entry: str,
) -> TariffExperiment:
    rate, sigma, shape = _number("rate", rate), _number("sigma", sigma), _number("shape", shape)
    if not rate > -1:
        raise InputError("rate", "must be greater than -1 (0.25 is 25 per cent; below zero subsidises imports)", rate)
    if flaw := elasticity_flaw(sigma, shape):
        raise InputError(*flaw)
    if inputs not in INPUTS:
        raise InputError("inputs", 'must be one of "none", "roundabout"', inputs)
    if inputs == "roundabout" and table.input_share is None:
        raise InputError(
            "inputs",
            "needs a table that tells intermediate from final use",
            inputs,
            remedy="use the bundled table, or inputs none",
        )
    importers, exporters = _sides(table.countries, importer, exporter)
    return TariffExperiment(importers, exporters, rate, sigma, shape, inputs, bool(retaliate), entry, table)


def _number(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(key, "must be a number", value) from None
    if not np.isfinite(number):
        raise InputError(key, "must be a finite number", value)
    return number


def _sides(codes: tuple[str, ...], importer: Any, exporter: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    importers, exporters = (
        None if _is_all(value) else read_countries(value, codes, key)
        for value, key in ((importer, "importer"), (exporter, "exporter"))
    )
    if importers is None or exporters is None:
        return tuple(importers or _partners(codes, exporters)), tuple(exporters or _partners(codes, importers))
    for code in importers:
        if code in exporters:
            raise InputError(
                "exporter",
                "is also the importer: a country charges itself no tariff",
                code,
                remedy="name another country, or use retaliate for tariffs both ways",
            )
    return tuple(importers), tuple(exporters)


def _partners(codes: tuple[str, ...], given: list[str] | None) -> tuple[str, ...]:
    """Return every partner: with several countries given, also one another."""
    return tuple(c for c in codes if given is None or len(given) > 1 or c not in given)


def _is_all(value: Any) -> bool:
    words = [value] if isinstance(value, str) else list(value)
    return [str(word).strip().casefold() for word in words] == ["all"]


# Outcomes


def _values(h: Hats, table: FlowTable, before: np.ndarray, after: np.ndarray, shape: float) -> dict[str, np.ndarray]:
    money = table.money_scale
    gate = terms_of_trade_contribution(h)
    levels = {
        "expenditure": h.expenditure,
        "expenditure_cf": h.expenditure_cf,
        "final_spending": h.final_spending,
        "final_spending_cf": h.final_spending_cf,
        "tariff_revenue": h.tariff_revenue,
        "tariff_revenue_cf": h.tariff_revenue_cf,
        "deficit": h.deficits,
        "deficit_cf": h.deficits_cf,
        "trade_flow": h.flows,
        "trade_flow_cf": h.flows_cf,
        "equivalent_variation": h.final_spending * (h.welfare - 1),
    }
    return {name: level * money for name, level in levels.items()} | {
        "welfare_hat": h.welfare,
        "real_wage_hat": h.real_wage,
        "terms_of_trade_hat": terms_of_trade_hat(h),
        "terms_of_trade_contribution": gate,
        "efficiency_contribution": np.log(h.welfare) - gate,
        "wage_hat": h.wage,
        "cost_hat": h.cost,
        "price_index_hat": h.price_index,
        "exports_hat": _foreign(h.flows_cf).sum(axis=1) / _foreign(h.flows).sum(axis=1),
        "imports_hat": _foreign(h.flows_cf).sum(axis=0) / _foreign(h.flows).sum(axis=0),
        "exporters_hat": exporters_hat(h, table.countries),
        "export_links_hat": export_links_hat(h),
        "mass_entrants_hat": h.entrants,
        "domestic_cutoff_hat": np.diag(h.cutoff).copy(),
        "productivity_average_hat": np.diag(h.cutoff).copy(),  # under Pareto the average follows the cutoff
        "productivity_sales_weighted_hat": productivity_sales_weighted_hat(h, shape),
        "cutoff_hat": h.cutoff,
        "mass_sellers_hat": h.sellers,
        "trade_share": h.shares,
        "trade_share_cf": h.shares_cf,
        "tariff": before,
        "tariff_cf": after,
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


# Assumptions


def _assumptions(e: TariffExperiment, tariffs_known: bool) -> tuple[dict[str, str], ...]:
    default = (e.sigma, e.shape) == (SIGMA, SHAPE)
    to_tariffs = e.shape * e.sigma / (e.sigma - 1)
    income = {
        "none": "labour only: all output is labour income, welfare a share of gross spending",
        "roundabout": "all costs in a bundle of labour and goods; input shares of the table",
    }[e.inputs]
    rows = (
        ("flows", f"one sector, goods and services, {e.table.unit}", e.table.source),
        (
            "elasticities",
            f"sigma = {e.sigma:g}, Pareto shape = {e.shape:g}",
            ELASTICITIES_SOURCE if default else "as given",
        ),
        ("trade elasticity", f"{e.shape:g} to icebergs, {to_tariffs:.2f} to tariffs (net flows)", "implied"),
        ("firms", f"Pareto, access costs paid at home, {e.entry} entry", "Melitz 2003, Chaney 2008"),
        ("inputs", income, "choice"),
        (
            "tariffs",
            f"{'as given' if tariffs_known else 'zero'} before; on the border value; rebated to households",
            "choice" if tariffs_known else "none in the table",
        ),
        ("deficits", "fixed shares of world income", e.table.source),
        (
            "exporters",
            "sellers in the largest single foreign market: equal access costs abroad",
            "convention",
        ),
        ("links", "pairs of exporter and foreign market: equal access costs abroad", "convention"),
        ("productivity", "Melitz's average by market, weighted by sales: equal access costs", "convention"),
        ("welfare", f"final spending over prices; in {e.table.money}, times spending before", "convention"),
        ("money", f"{e.table.money}; world income is the numeraire", "convention"),
    )
    return tuple({"name": name, "assumption": text, "source": source} for name, text, source in rows)
