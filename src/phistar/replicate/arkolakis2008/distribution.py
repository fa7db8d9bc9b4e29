"""Section 4.1: the distribution of sales in one market (figure 7), with and without diminishing returns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.models.market_penetration.firms import sales_quantile
from phistar.replicate.arkolakis2008.relative_sales import MISSING
from phistar.replicate.arkolakis2008.world import pair
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import NOT_REPRODUCED, TEXT, Cell, Claim, Section, number_cell
from phistar.replicate.statements import judge
from phistar.replicate.worlds import Ledger

#: Where the least sales are looked for, in shares of sellers, and what they may be of the mean there.
LEAST, NOTHING = 1e-9, 1e-8


def quantiles(eq: Equilibrium, shares: np.ndarray) -> np.ndarray:
    """Compute quantiles of sales abroad over their mean (share)."""
    found = sales_quantile(eq.model, dict(eq.unknowns), shares, 0, 1)
    return np.asarray(found / eq["mean_sales"][0, 1])


def distribution_section(ledger: Ledger) -> Section:
    """Hold section 4.1's numbers against the model."""
    fixed, log_case = ledger.solve(pair(0.0)), ledger.solve(pair(1.0))
    notes = ("Percentiles of sales in one destination over mean sales there; they depend on theta~ and beta alone.",)
    return Section("distribution", "Section 4.1: the distribution of sales (figure 7)", notes,
                   (_smallest(fixed, log_case),), tuple(_cells(fixed, log_case)))  # fmt: skip


def _cells(fixed: Equilibrium, log_case: Equilibrium) -> Iterator[Cell]:
    ratio = quantiles(fixed, np.array([0.01, 0.99])) / quantiles(log_case, np.array([0.01, 0.99]))
    yield number_cell("1st percentile", "fixed / penetration", "100", float(ratio[0]),
                      reading="150 over 1.5, at equal means")  # fmt: skip
    yield number_cell("1st percentile", "fixed / penetration, sheet", "99.83", float(ratio[0]))
    yield number_cell("99th percentile", "fixed / penetration, sheet", "0.699", float(ratio[1]))
    for row, column, stated in (
        ("1st percentile", "fixed / data", "150"),
        ("1st percentile", "penetration / data", "1.5"),
        ("99th percentile", "data / fixed", "1.7"),
    ):
        yield Cell(row, column, stated, "", NOT_REPRODUCED, note=MISSING)


def _smallest(fixed: Equilibrium, log_case: Equilibrium) -> Claim:
    """Judge that the smallest exporter sells nothing with diminishing returns, and the scale B without."""
    least = [float(quantiles(eq, np.array([LEAST]))[0]) for eq in (fixed, log_case)]
    floor = float(fixed["sales_scale"][0, 1] / fixed["mean_sales"][0, 1])
    held = [abs(least[0] / floor - 1.0) < NOTHING, least[1] < NOTHING]
    return judge(
        "smallest_sales", "In the case of the endogenous cost model, when β > 0, the minimum sales ... are 0",
        "the least seller sells B when beta = 0 and nothing when beta = 1",
        [trial_of("figure 7", held, [])],
        evidence=f"{least[0]:.4f} and {least[1]:.0e} of mean sales", source=TEXT,
    )  # fmt: skip
