"""Section 3.1: the sales at home of firms that sell in more markets, and what their slope says of theta~."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from phistar.replicate.arkolakis2008.world import THETA, THETA_TILDE, france, pair
from phistar.replicate.results import NOT_REPRODUCED, Cell, Section, number_cell
from phistar.replicate.worlds import Ledger
from phistar.verbs.calibrate import Calibration, calibrate
from phistar.verbs.simulate import schedule
from phistar.verbs.statistics import Lookup, ols

SLOPE = 0.353
MISSING = "not reproducible from the text: needs EKK's data"


def shares_that_sell(value: Lookup) -> Any:
    """Compute M^(k)/M^(0) of country 0's firms: those that sell at home and in k or more other markets (k).

    Destinations are nested, so that the firms that sell in k or more other markets are those of the k-th easiest.
    """
    sellers = value("mass_sellers")[0]
    order = np.argsort(-np.asarray(getattr(sellers, "value", sellers)))
    return sellers[order] / sellers[order[0]]


def sales_at_home(value: Lookup) -> Any:
    """Compute T^(k)/(M^(0) B) of country 0, Arkolakis (2008) eqs. (18), (19) (k)."""
    m, tilde, beta = shares_that_sell(value), value("theta_tilde"), value("beta")
    consumers = m ** (1.0 - 1.0 / tilde) / (1.0 - 1.0 / tilde)
    if np.all(np.asarray(getattr(beta, "value", beta)) == 0.0):
        return consumers
    missed = 1.0 - (1.0 - 1.0 / beta) / tilde
    return consumers - m**missed / missed


def slope(value: Lookup) -> Any:
    """Regress ln sales at home on ln number of firms across k: the coefficient, 0.353 in the paper."""
    return ols(np.log(sales_at_home(value)), np.log(shares_that_sell(value)))[1]


def calibrate_slope(ledger: Ledger) -> Calibration:
    """Find theta~ from the slope of figure 6, by the fixed-cost model, as section 3.1 and appendix D do."""
    found = calibrate(france(0.0, theta_tilde=2.0), [(slope, SLOPE)], ["theta_tilde"])
    ledger.add(found.equilibrium.certificate.max_residual)
    return found


def relative_sales_section(ledger: Ledger) -> Section:
    """Hold section 3.1's numbers against the model."""
    notes = (
        f"Targets of the calibration: theta = {THETA:g} (Eaton and Kortum 2002) and the slope of figure 6; theta~ = "
        f"{THETA_TILDE:g} is used from there on, as in the paper.",
        "phistar calibrate finds theta~ on a made-up France of 24 destinations: under beta = 0 the points of figure 6 "
        "lie on one line whatever the destinations are.",
        "EKK: Eaton, Kortum and Kramarz (2004, 2005), whose French data are described in the text but not printed.",
    )
    return Section("relative_sales", "Section 3.1: sales at home of firms that sell in more markets", notes, (),
                   tuple(_cells(ledger)))  # fmt: skip


def _cells(ledger: Ledger) -> Iterator[Cell]:
    eq = ledger.solve(pair(1.0))
    m = eq.model
    yield number_cell("theta 8, theta~ 1.5", "sigma", "6.33", float(m.sigma))
    cost = float(schedule(eq, [3.0])["price"][0, 0, 0]) * 3.0 / float(eq["wage"][0])
    yield number_cell("theta 8, theta~ 1.5", "markup", "1.2", cost, "price over cost of a firm")
    yield number_cell("theta 8, theta~ 1.5", "markup, sheet", "1.1875", cost)
    found = calibrate_slope(ledger).parameters["theta_tilde"]
    yield number_cell("slope 0.353", "theta~", "1.546", found, "by phistar calibrate; 1/(1 - 0.353)")
    yield number_cell("slope 0.353", "theta~, sheet", "1.5456", found)
    yield number_cell("slope 0.35", "theta~, roughly", "1.5", 1.0 / (1.0 - 0.35))
    fixed, log_case = (float(e["mean_sales"][0, 0] / e["sales_scale"][0, 0])
                       for e in (ledger.solve(pair(0.0)), eq))  # fmt: skip
    apart = f"{100.0 * (fixed / log_case - 1.0):.0f} over beta 1"
    yield Cell("figure 6", "beta = 0 over data, %", "77", apart, NOT_REPRODUCED,
               note=MISSING)  # fmt: skip
    yield Cell("figure 6", "constant", "13.42", "", NOT_REPRODUCED, note=MISSING)
    yield number_cell("accounts", "profits, % of income", "", 100.0 * float(eq["profit_share"][0]),
                      "eta = (sigma - 1)/(theta sigma), appendix B")  # fmt: skip
    yield number_cell("accounts", "marketing, % of income", "5", 100.0 * float(eq["marketing_share"][0, 0]),
                      reading="the text says so of US GDP; not a target")  # fmt: skip
