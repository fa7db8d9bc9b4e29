"""Sections 4.2 and 5: a liberalization by initial size of trade, and its margins (tables 1 and 2, figures 8 and 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq

from phistar.models.market_penetration import margins as split
from phistar.replicate.arkolakis2008.table1 import CREDIT, Table1, table1
from phistar.replicate.arkolakis2008.world import BETA, TAU, THETA, THETA_TILDE, pair
from phistar.replicate.results import BY_READING, NOT_REPRODUCED, Cell, Section, number_cell
from phistar.replicate.worlds import Ledger
from phistar.verbs.calibrate import calibrate
from phistar.verbs.compare import compare_models

SIGMA = 1.0 + THETA / THETA_TILDE
FIXED = split.pareto_market(THETA_TILDE, SIGMA, 0.0)
LOG_CASE = split.pareto_market(THETA_TILDE, SIGMA, BETA)
#: The cuts of trade costs that the paper states for beta = 1 and beta = 0.
CUT, CUT_FIXED = 0.095, 0.125
#: Share of the least traded goods in table 2.
LEAST = 0.15
#: Figure 8 as the design sheet computes it: growth by decile at beta = 1.
DECILES = ("30.8", "11.1", "7.06", "5.34", "4.37", "3.75", "3.31", "2.98", "2.71", "2.40")
FALL = "g in the range"
GROWTH = "needs growth of population and absorption"


def part(name: str, beta: float, g: float) -> float:
    """Compute a margin's share of new trade, in per cent, when cutoffs fall by the factor g and nothing else moves."""
    found = split.margins(LOG_CASE if beta else FIXED, np.log(g))
    return 100.0 * float(getattr(found, name) / found.total)


def least_traded(beta: float, g: float) -> float:
    """Compute what the least traded 15 per cent of trade make up afterwards, in per cent."""
    return 100.0 * split.least_traded_share(LOG_CASE if beta else FIXED, float(np.log(g)), share=LEAST)


#: What figure 10 and table 2 print: stated in per cent, as a function of g.
PRINTED: tuple[tuple[str, str, Callable[[float], float]], ...] = (
    ("beta = 1, intensive", "56.9", lambda g: part("intensive", BETA, g)),
    ("beta = 1, new firms", "14.7", lambda g: part("new_firms", BETA, g)),
    ("beta = 1, new consumers", "28.4", lambda g: part("new_consumers", BETA, g)),
    ("beta = 0, intensive", "56.9", lambda g: part("intensive", 0.0, g)),
    ("beta = 0, new firms", "43.1", lambda g: part("new_firms", 0.0, g)),
    ("beta = 1, table 2", "24.9", lambda g: least_traded(BETA, g)),
)


def fall_of_cutoff() -> tuple[float, float]:
    """Find the falls g of the cutoff at which every number of `PRINTED` rounds to what is printed."""
    low, high = 1.0, 2.0
    for _, stated, of in PRINTED:
        ends = sorted(_at(of, float(stated) + half) for half in (-0.05, 0.05))
        low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def _at(of: Callable[[float], float], value: float) -> float:
    """Find the g at which a monotone function has a value."""
    return float(brentq(lambda g: of(g) - value, 1.0001, 2.0, xtol=1e-13))


def scale_of_growth(g: float, growth: float, beta: float = BETA) -> float:
    """Compute the growth s of what a firm at the cutoff would sell that brings trade in old goods to `growth`."""
    market = LOG_CASE if beta else FIXED
    found = split.margins(market, np.log(g))
    return growth / float(1.0 + found.intensive + found.new_consumers)


def liberalization_sections(ledger: Ledger) -> tuple[Section, ...]:
    """Hold sections 4.2 and 5 against the model."""
    table, (low, high) = table1(), fall_of_cutoff()
    g = 0.5 * (low + high)
    rounded = (
        "The paper's fall of the cutoff carries growth of population and income beside the cut of trade costs, and is "
        f"not printed. The numbers of figure 10 and table 2 hold together for g from {low:.5f} to {high:.5f}.",
        "The 9.5% cut alone makes g 1/(1 - 0.095). Solved: two equal countries whose tau phistar calibrate cuts until "
        "the cutoff abroad falls by g, then phistar compare. Table 2's data: categories 1 to 9 of table 1 are "
        f"{table.nine:.1f} per cent of trade before; the rest to 15 is a slice of category 10.",
        "Growth by decile: g in the middle of that range and s such that previously traded goods grow as in table 1.",
    )
    return (
        Section("table1", "Table 1: imports of the United States from Mexico", (CREDIT,), (), tuple(_table(table))),
        Section("margins", "Section 5: the margins of new trade (figure 10) and table 2", rounded[:2], (),
                (*_range(low, high), *_margins(g), *_alone(), *_solved(g, ledger), *_table2(g, table))),
        Section("deciles", "Section 4.2: growth by initial size (figure 8)", (*rounded[2:], CREDIT), (),
                (*_deciles(g, table), *_cuts(table))),
    )  # fmt: skip


def _table(table: Table1) -> Iterator[Cell]:
    goods = {"previously traded": 2298, "newly traded": 1767, "newly nontraded": 230, "never traded": 1107}
    yield number_cell("goods", "in all", "5402", float(sum(goods.values())), " + ".join(map(str, goods.values())))
    yield number_cell("goods", "newly traded", "1767", 907.0 + 860.0, "907 + 860")
    yield number_cell("goods", "in the tenth category", "229", 2298.0 - 9 * 230.0,
                      "erratum: 2298 - 9 x 230")  # fmt: skip
    for column, shares in {"1990-92": table.before, "1997-99": table.after, "new trade": table.new}.items():
        yield Cell("sum of shares", column, "", float(np.nansum(shares)), "", note="printed to two decimals")
    low, high = table.growth_bounds
    yield number_cell("growth of all trade", "at least", "2.901", low, "the sheet's")
    yield number_cell("growth of all trade", "at most", "2.908", high, "the sheet's")
    yield number_cell("growth of previously traded", "times", "2.825", table.growth_previously, "the sheet's; midway")


def _range(low: float, high: float) -> Iterator[Cell]:
    yield number_cell("fall of the cutoff g", "from", "1.11221", low, "the sheet's")
    yield number_cell("fall of the cutoff g", "to", "1.11280", high, "the sheet's")


def _margins(g: float) -> Iterator[Cell]:
    for name, stated, of in PRINTED[:5]:
        yield number_cell("new trade, %", name, stated, of(g), reading=FALL)
    for name, _, of in PRINTED[:5]:
        yield Cell("new trade", f"{name}, fraction", "", of(g) / 100.0, "", note=f"g = {g:.5f}")


def _alone() -> Iterator[Cell]:
    """Compute the margins that the stated cut of trade costs brings by itself."""
    g, note = 1.0 / (1.0 - CUT), "the sheet's"
    for name, stated in (("intensive", "57.5"), ("new_firms", "13.7"), ("new_consumers", "28.8")):
        yield number_cell("9.5% cut alone", name.replace("_", " "), stated, part(name, BETA, g), note)
    yield number_cell("9.5% cut alone", "least traded 15%", "24.5", least_traded(BETA, g), note)


def _solved(g: float, ledger: Ledger) -> Iterator[Cell]:
    """Let two equal countries liberalise until their cutoffs abroad fall by g, and compare the equilibria."""
    before = ledger.solve(pair(BETA))
    target = [(lambda value: value("cutoff")[0, 1], float(before["cutoff"][0, 1] / g))]
    after = calibrate(pair(BETA), target, ["tau"])
    ledger.add(after.equilibrium.certificate.max_residual)
    columns = compare_models(before, after.equilibrium).decompositions["trade"].columns
    cut = 100.0 * (1.0 - after.parameters["tau"] / TAU)
    note = f"tau cut by {cut:.2f}%"
    for name, stated in (("intensive", "56.9"), ("new_firms", "14.7"), ("new_consumers", "28.4")):
        share = 100.0 * float(columns[name][0, 1] / columns["total"][0, 1])
        yield number_cell("solved, %", f"{name.replace('_', ' ')}, solved", stated, share, reading=note)


def _table2(g: float, table: Table1) -> Iterator[Cell]:
    yield number_cell("least traded, %", "beta = 1, 1997-99", "24.9", least_traded(BETA, g), reading=FALL)
    yield number_cell("least traded, %", "beta = 0, 1997-99", "15.0", least_traded(0.0, g),
                      "every old good grows alike")  # fmt: skip
    low, high = (100.0 * bound for bound in table.least_traded_bounds(LEAST))
    inside = low <= 25.1 <= high
    yield Cell("least traded, %", "data, 1997-99", "25.1", f"{low:.2f} to {high:.2f}",
               BY_READING if inside else NOT_REPRODUCED,
               note="from table 1")  # fmt: skip


def _deciles(g: float, table: Table1) -> Iterator[Cell]:
    scale = scale_of_growth(g, table.growth_previously)
    model = split.growth_by_size(LOG_CASE, np.log(g), scale)
    fixed = split.growth_by_size(FIXED, np.log(g), scale_of_growth(g, table.growth_previously, 0.0))
    data = table.growth_by_category
    for k, stated in enumerate(DECILES):
        row = f"category {k + 1}"
        yield number_cell(row, "penetration growth", stated, float(model[k]), "the sheet's")
        yield Cell(row, "fixed-cost growth", "", float(fixed[k]), "")
        yield Cell(row, "table 1 growth", "", float(data[k]), "", note="from shares rounded to two decimals")


def _cuts(table: Table1) -> Iterator[Cell]:
    """Hold the two stated cuts against each other: the same growth s of sales at the cutoff, both reaching the data."""
    growth = table.growth_previously
    scale = scale_of_growth(1.0 / (1.0 - CUT_FIXED), growth, 0.0)
    g = float(brentq(lambda g: scale_of_growth(g, growth) - scale, 1.01, 1.5, xtol=1e-13))
    yield number_cell("cut, %", "beta = 1, given 12.5", "9.5", 100.0 * (1.0 - 1.0 / g),
                      f"not reproducible from the text: {GROWTH}")  # fmt: skip
