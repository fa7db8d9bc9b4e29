"""The columns behind figures 1 to 10: one row a point, with its figure, panel, series, and the band it bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.models.market_penetration import margins as split
from phistar.replicate.arkolakis2008.distribution import quantiles
from phistar.replicate.arkolakis2008.liberalization import (
    FIXED,
    LOG_CASE,
    SIGMA,
    fall_of_cutoff,
    scale_of_growth,
)
from phistar.replicate.arkolakis2008.relative_sales import sales_at_home
from phistar.replicate.arkolakis2008.table1 import table1
from phistar.replicate.arkolakis2008.world import BETA, THETA, THETA_TILDE, pair
from phistar.replicate.worlds import Ledger
from phistar.verbs.simulate import schedule

NONE, LOG, DATA = "β = 0", "β = 1", "data (Table 1)"
S = SIGMA - 1.0
#: Two firms of figure 2: marginal revenue a consumer over the cost of the first.
REVENUES = {"high φ": 4.0, "low φ": 2.0}
Row = tuple[str, str, str, Any, Any, Any]


def curves(ledger: Ledger) -> dict[str, list[Any]]:
    """Return the columns: figure, panel, series, x, y, and base (lower edge of a band, or the bounds' lower end)."""
    worlds = {NONE: ledger.solve(pair(0.0)), LOG: ledger.solve(pair(BETA))}
    rows = [*_cost(), *_access(), *_firms(worlds), *_home(), *_percentiles(worlds), *_growth(), *_density()]
    names = ("figure", "panel", "series", "x", "y", "base")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for figure, panel, series, x, y, base in rows:
        numbers = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, y, base)))
        words = [[word] * numbers[0].size for word in (figure, panel, series)]
        for name, column in zip(names, [*words, *(v.tolist() for v in numbers)], strict=True):
            columns[name] += column
    return columns


def _cost() -> Iterator[Row]:
    """Figure 1: the marginal cost of a consumer, over that of the first."""
    n = np.linspace(0.0, 0.9, 91)
    for beta, name in ((0.0, NONE), (0.5, "β = 0.5"), (1.0, LOG)):
        yield "1", "", name, n, (1.0 - n) ** -beta, np.nan


def _access() -> Iterator[Row]:
    """Figure 2: where marginal cost meets the marginal revenue of two firms."""
    n = np.linspace(0.0, 0.88, 89)
    yield "2", "", "marginal cost", n, 1.0 / (1.0 - n), np.nan
    for name, revenue in REVENUES.items():
        yield "2", "", name, n, revenue, np.nan
        yield "2", "chosen", name, 1.0 - 1.0 / revenue, revenue, np.nan


def _firms(worlds: dict[str, Equilibrium]) -> Iterator[Row]:
    """Figures 3 to 5: reach, sales a consumer and sales of firms in their equilibrium."""
    x = np.concatenate([[0.85, 1.0 - 1e-9], 1.0 + 1e-9 + np.linspace(0.0, 0.25, 101)])
    for name, eq in worlds.items():
        found = schedule(eq, x * eq["cutoff"][0, 1])
        reach, revenue = found["reach"][0, 1], found["revenue"][0, 1] / eq["sales_scale"][0, 1]
        yield "3", "", name, x, reach, np.nan
        yield "5", "", name, x, revenue, np.nan
        if name == LOG:
            with np.errstate(invalid="ignore"):
                yield "4", "", "β = 0 and β = 1", x[reach > 0.0], (revenue / reach)[reach > 0.0], np.nan


def _home() -> Iterator[Row]:
    """Figure 6: sales at home of firms that sell in k or more markets, over those of all firms at beta = 1."""
    shares = np.geomspace(1e-4, 1.0, 121)
    found = {}
    for name, beta in ((NONE, 0.0), (LOG, BETA)):
        given: dict[str, Any] = {"mass_sellers": shares[None], "theta_tilde": THETA_TILDE, "beta": beta}
        found[name] = sales_at_home(given.__getitem__)
    for name, sales in found.items():
        yield "6", "", name, np.sort(shares)[::-1], sales / found[LOG][0], np.nan


def _percentiles(worlds: dict[str, Equilibrium]) -> Iterator[Row]:
    """Figure 7: percentiles of sales abroad over their mean."""
    shares = np.concatenate([[0.002, 0.005], np.linspace(0.01, 0.99, 99), [0.995]])
    for name, eq in worlds.items():
        yield "7", "", name, 100.0 * shares, quantiles(eq, shares), np.nan


def _growth() -> Iterator[Row]:
    """Figure 8: growth by decile of initial sales, and the data with what rounding leaves open."""
    table, categories = table1(), np.arange(1.0, 11.0)
    g = float(np.mean(fall_of_cutoff()))
    for name, market, beta in ((NONE, FIXED, 0.0), (LOG, LOG_CASE, BETA)):
        scale = scale_of_growth(g, table.growth_previously, beta)
        yield "8", "", name, categories, split.growth_by_size(market, np.log(g), scale), np.nan
    yield "8", "", DATA, categories, table.growth_by_category, np.nan
    low, high = table.growth_by_category_bounds
    yield "8", "bounds", DATA, categories, high, low


def _density() -> Iterator[Row]:
    """Figures 9 and 10: sales by productivity over B theta J (b/phi*)^theta, before and after cutoffs fall by g."""
    x = 1.0 + np.concatenate([[0.0], np.geomspace(1e-4, 0.75, 160)])
    g = float(np.mean(fall_of_cutoff()))
    for name, beta in ((NONE, 0.0), (LOG, BETA)):
        before = _sales(x, beta)
        start = [(1.0, 0.0)] if beta == 0.0 else []
        yield "9", "", name, [p for p, _ in start] + list(x), [v for _, v in start] + list(before), np.nan
        new = np.linspace(1.0 / g, 1.0, 60)
        intensive, after = g**S * before, _sales(x * g, beta) * g ** (THETA + 1.0)
        yield "10", name, "sales before", x, before, 0.0
        yield "10", name, "intensive margin", x, intensive, before
        if beta:
            yield "10", name, "new consumers", x, after, intensive
        yield "10", name, "new firms", new, _sales(new * g, beta) * g ** (THETA + 1.0), 0.0


def _sales(x: np.ndarray, beta: float) -> np.ndarray:
    """Compute x^S n times the density x^-(theta + 1) of firms."""
    with np.errstate(divide="ignore"):
        reach = -np.expm1(-(S / beta) * np.log(x)) if beta else np.ones_like(x)
    return np.asarray(x ** (S - THETA - 1.0) * np.maximum(reach, 0.0))
