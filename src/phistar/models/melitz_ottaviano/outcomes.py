"""What a Melitz-Ottaviano equilibrium reports, computed from thresholds and entrants; and its audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.blocks.layout import at_home
from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.model import Residuals, Unknowns
from phistar.models.melitz_ottaviano import equations as eq
from phistar.models.melitz_ottaviano.determinacy import unique_entrants
from phistar.models.melitz_ottaviano.draws import Draws, over_origins
from phistar.models.melitz_ottaviano.primitives import Primitives
from phistar.numerics.duals import value_of

VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("wage", COUNTRY, "numeraire", "w", "wage: labour makes the numeraire one for one"),
        ("income", COUNTRY, "numeraire", "I", "wages, and profits in the short run"),
        ("expenditure", COUNTRY, "numeraire", "", "spending on the differentiated good"),
        ("welfare", COUNTRY, "numeraire per head", "U", "utility per head: income and consumer surplus"),
        ("welfare_wages", COUNTRY, "numeraire per head", "U", "utility per head with profits left aside, as printed"),
        ("consumer_surplus", COUNTRY, "numeraire per head", "CS", "consumer surplus per head"),
        ("price_threshold", COUNTRY, "numeraire", "p_max", "price at which demand is zero"),
        ("cutoff", PAIR, "cost", "c_D, c_X", "cost up to which firms of the origin would sell in the destination"),
        ("cutoff_effective", PAIR, "cost", "", "greatest cost among sellers (the support may bind)"),
        ("mass_entrants", COUNTRY, "firms", "N_E", "cost draws: entrants, or incumbents in the short run"),
        ("mass_active", COUNTRY, "firms", "", "firms that sell anywhere"),
        ("mass_exporters", COUNTRY, "firms", "", "firms that sell abroad"),
        ("exporter_share", COUNTRY, "1", "", "exporters over active firms"),
        ("mass_sellers", PAIR, "firms", "N_ij", "firms of the origin that sell in the destination"),
        ("seller_share", PAIR, "1", "", "sellers over active firms of the origin"),
        ("variety", COUNTRY, "varieties", "N", "varieties on sale in the country"),
        ("mean_cost_domestic", COUNTRY, "cost", "c-bar", "mean cost of domestic sellers, at the gate"),
        ("mean_cost", COUNTRY, "cost", "c-bar", "mean delivered cost of the varieties on sale"),
        ("mean_price", COUNTRY, "numeraire", "p-bar", "mean price of the varieties on sale"),
        ("mean_markup", COUNTRY, "numeraire", "mu-bar", "mean absolute markup of the varieties on sale"),
        ("mean_quantity", COUNTRY, "units", "q-bar", "mean sales of a variety in the country, in units"),
        ("mean_revenue", COUNTRY, "numeraire", "r-bar", "mean revenue of a variety in the country"),
        ("mean_profit", COUNTRY, "numeraire", "pi-bar", "mean profit of a variety in the country"),
        ("variance_cost", COUNTRY, "cost squared", "sigma_c^2", "variance of delivered cost"),
        ("variance_price", COUNTRY, "numeraire squared", "sigma_p^2", "variance of prices"),
        ("variance_markup", COUNTRY, "numeraire squared", "sigma_mu^2", "variance of absolute markups"),
        ("variance_quantity", COUNTRY, "units squared", "sigma_q^2", "variance of a variety's sales in units"),
        ("variance_revenue", COUNTRY, "numeraire squared", "sigma_r^2", "variance of a variety's revenue"),
        ("variance_profit", COUNTRY, "numeraire squared", "sigma_pi^2", "variance of a variety's profit"),
        ("quantity_head", COUNTRY, "units per head", "Q^c", "consumption of the differentiated good per head"),
        ("trade_flow", PAIR, "numeraire", "X", "value of sales"),
        ("trade_share", PAIR, "1", "lambda", "share of the destination's spending on the differentiated good"),
        ("trade_elasticity", PAIR, "1", "", "local partial elasticity of X_ij/X_jj to tau_ij, at given thresholds"),
        ("profit_expected", COUNTRY, "numeraire", "", "expected profit of a draw, its cost apart"),
        ("profit_total", COUNTRY, "numeraire", "Pi", "profits of all firms less entry costs"),
        ("numeraire_consumption", COUNTRY, "numeraire per head", "q_0", "consumption of the numeraire per head", True),
        ("labour_production", COUNTRY, "people", "", "labour making differentiated goods"),
        ("labour_entry", COUNTRY, "people", "", "labour in cost draws"),
        ("numeraire_labour", COUNTRY, "people", "L_0", "labour making the numeraire", True),
        ("net_exports", COUNTRY, "numeraire", "", "exports less imports of differentiated goods", True),
    )
)  # fmt: skip


def entrants_of(m: Primitives, x: Unknowns) -> Any:
    """Lay the mass of entrants out over all countries, zero where nobody enters (country)."""
    if m.horizon == "short":
        return m.incumbents
    if m.is_batch:  # a batch keeps the zeros: who enters differs from world to world
        return x["mass_entrants"]
    if isinstance(x["mass_entrants"], np.ndarray):
        entrants = np.zeros(len(m.countries))
        entrants[x["_entering"]] = x["mass_entrants"]
        return entrants
    place = np.eye(len(m.countries))[:, x["_entering"]]
    return np.sum(place * x["mass_entrants"][None, :], axis=1)


def outcomes(m: Primitives, x: Unknowns) -> dict[str, Any]:
    """Compute every variable of `VARIABLES` at the unknowns; duals give their derivatives."""
    # Empty groups (no sellers, no exporters) are nan on purpose, reported as undefined.
    with np.errstate(all="ignore"):
        threshold, entrants = x["price_threshold"], entrants_of(m, x)
        draws = eq.draws(m, threshold, 4)  # one pass over the costs for all that follows
        values = _accounts(m, threshold, entrants)
        values |= _statistics(m, draws, entrants)
        values |= _sellers(m, draws, entrants)
        return {v.name: values[v.name] for v in VARIABLES}


def _sellers(m: Primitives, draws: Draws, entrants: Any) -> dict[str, Any]:
    x, (share, output, *_) = draws.cutoff, draws.reach
    # Where nobody enters none is active, and shares of the active are undefined.
    active = entrants * _easiest(share, value_of(x))
    exporters = entrants * _easiest(share, _abroad(value_of(x))) if len(m.countries) > 1 else 0.0 * active
    # Of draws below the cutoff, so that it is told of a country without industry too, as its cutoffs are.
    shortfall = at_home(output) / (at_home(m.finite_tau) * at_home(share))
    masses = entrants[:, None] * share
    return {
        "price_threshold": draws.threshold,
        "cutoff": x,
        "cutoff_effective": np.minimum(x, m.distributions.upper),
        "mass_entrants": entrants,
        "mass_active": active,
        "mass_exporters": exporters,
        "exporter_share": exporters / active,
        "mass_sellers": masses,
        "seller_share": masses / active[:, None],
        "mean_cost_domestic": at_home(x) - shortfall,
    }


def _abroad(x: np.ndarray) -> np.ndarray:
    """Take the cutoffs at home out of the running."""
    own, foreign = np.arange(len(x)), x.copy()
    foreign[own, own] = -1.0
    return foreign


def _easiest(share: Any, x: np.ndarray) -> Any:
    """Take each origin's share of sellers in its easiest market: sellers are nested (origin)."""
    place = np.argmax(x, axis=1)
    if place.ndim == 1:
        return share[np.arange(len(x)), place]
    among = np.arange(len(x))[:, None] == place[:, None]
    return np.sum(np.where(among, share, 0.0), axis=1)


def _statistics(m: Primitives, draws: Draws, entrants: Any) -> dict[str, Any]:
    """Compute means and variances over the varieties on sale, from the moments of u = P - delivered cost."""
    P = draws.threshold
    variety, *totals = (over_origins(entrants, reach) for reach in draws.reach)
    u1, u2, u3, u4 = (total / variety for total in totals)
    variance = u2 - u1 * u1
    head = m.L / (2.0 * m.gamma)
    revenue = 2.0 * P * u1 - u2
    # Var(2 P u - u^2) from central moments of u and u^2.
    spread = 4.0 * P * P * variance - 4.0 * P * (u3 - u1 * u2) + (u4 - u2 * u2)
    return {
        "variety": variety,
        "mean_cost": P - u1,
        "mean_price": P - 0.5 * u1,
        "mean_markup": 0.5 * u1,
        "mean_quantity": head * u1,
        "mean_revenue": 0.5 * head * revenue,
        "mean_profit": 0.5 * head * u2,
        "variance_cost": variance,
        "variance_price": 0.25 * variance,
        "variance_markup": 0.25 * variance,
        "variance_quantity": head**2 * variance,
        "variance_revenue": 0.25 * head**2 * spread,
        "variance_profit": 0.25 * head**2 * (u4 - u2 * u2),
        "quantity_head": variety * u1 / (2.0 * m.gamma),
    }


def _accounts(m: Primitives, threshold: Any, entrants: Any) -> dict[str, Any]:
    flows = eq.trade_flow(m, threshold, entrants)
    revenue, spending = np.sum(flows, axis=1), np.sum(flows, axis=0)
    expected = eq.expected_profit(m, threshold)
    gross = entrants * expected
    entry = entrants * m.f_E if m.horizon == "long" else 0.0 * gross
    # Free entry leaves nothing to distribute; what the solver's rounding leaves is no income.
    profit = gross if m.horizon == "short" else 0.0 * gross
    surplus = eq.consumer_surplus(m, threshold, entrants)
    production = revenue - gross
    return {
        "wage": np.ones_like(value_of(threshold)),
        "income": m.L + profit,
        "expenditure": spending,
        "welfare": 1.0 + profit / m.L + surplus,
        "welfare_wages": 1.0 + surplus,
        "consumer_surplus": surplus,
        "trade_flow": flows,
        "trade_share": flows / spending[None, :],
        "trade_elasticity": eq.trade_elasticity(m, threshold),
        "profit_expected": expected,
        "profit_total": profit,
        "numeraire_consumption": 1.0 + (profit - spending) / m.L,
        "labour_production": production,
        "labour_entry": entry,
        "numeraire_labour": m.L - production - entry,
        "net_exports": revenue - spending,
    }


def audit(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
    """Check the answer by other routes than the solver's: see `Model.audit`."""
    P, variety = values["price_threshold"], values["variety"]
    sold = variety > 0.0
    with np.errstate(all="ignore"):
        by_prices = eq.consumer_surplus_of_prices(m, variety, values["mean_price"], values["variance_price"])
        by_mean = eq.price_threshold(m, variety, values["mean_price"])
        world = np.sum(m.L * values["numeraire_consumption"] - values["numeraire_labour"], axis=0)
        residuals: Residuals = {
            "price_threshold": np.where(sold, by_mean / P - 1.0, P / m.alpha - 1.0),
            "consumer_surplus": np.where(sold, (by_prices - values["consumer_surplus"]) / values["welfare"], 0.0),
            "numeraire_market": world / np.sum(m.L, axis=0),
            "spending": (variety * np.where(sold, values["mean_revenue"], 0.0) - values["expenditure"]) / m.L,
        }
        if m.horizon == "long":
            residuals["complementarity"] = complementarity(m, values)
    return (residuals, {}, []) if m.is_batch else (residuals, *_checks(m, values))


def complementarity(m: Primitives, values: Mapping[str, Any]) -> np.ndarray:
    """Return how far each country is from 'nobody enters at a loss, and nobody enters more than break even'."""
    slack = 1.0 - values["profit_expected"] / m.f_E
    most = np.max(values["mass_entrants"], axis=0)
    entrants = values["mass_entrants"] / np.maximum(most, np.finfo(float).tiny)
    return np.asarray(np.abs(np.minimum(entrants, slack)))


def _checks(m: Primitives, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    P, sellers, entrants = values["price_threshold"], values["mass_sellers"], values["mass_entrants"]
    n = len(m.countries)
    abroad = ~np.eye(n, dtype=bool) & m.open
    cheaper = values["cutoff"] <= (P * (1.0 + 1e-12))[:, None]
    binds = (values["cutoff"] > values["cutoff_effective"]) & (entrants[:, None] > 0.0)
    checks = {
        # No firm's f.o.b. price abroad exceeds its price at home: goods are dumped, and nobody gains by resale.
        "no_arbitrage": np.all(cheaper | ~abroad),
        "dumping": np.all((values["cutoff"] < P[:, None]) | ~abroad | ~(sellers > 0.0)),
        "numeraire_produced": np.all(values["numeraire_labour"] > 0.0),
        "numeraire_consumed": np.all(values["numeraire_consumption"] > 0.0),
        "interior": np.all(entrants > 0.0),
        "support_binds": np.any(binds),
        "entrants_determined": m.horizon == "short" or unique_entrants(eq.draws(m, P).reach[1], entrants),
    }
    return checks, [*m.unused, *_notes(m, values, checks)]


def _notes(m: Primitives, values: Mapping[str, Any], checks: Mapping[str, Any]) -> list[str]:
    notes = []

    def named(mask: np.ndarray) -> str:
        """Name the countries of a mask, five or more by four and a count."""
        found = [name for name, yes in zip(m.countries, mask, strict=True) if yes]
        return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")

    if not checks["numeraire_produced"]:
        where = named(values["numeraire_labour"] <= 0.0)
        notes.append(f"no labour is left for the numeraire in {where}: wage 1 is not an equilibrium, lower alpha")
    if not checks["numeraire_consumed"]:
        where = named(values["numeraire_consumption"] <= 0.0)
        notes.append(f"spending exceeds income in {where}: the numeraire is not consumed there, lower alpha")
    if m.horizon == "long" and not checks["interior"]:
        alone = named(values["mass_entrants"] == 0.0)
        nobody = not np.any(values["mass_entrants"] > 0.0)
        one = f"nobody enters in {alone}: it makes the numeraire alone"
        notes.append("no industry at all: entry never pays" if nobody else one)
    if not checks["entrants_determined"]:
        notes.append("some countries' entrants are perfect substitutes: how many each has is one of many")
    if checks["support_binds"]:
        notes.append("in some market every draw of some country sells: its cutoff lies beyond the support")
    return notes
