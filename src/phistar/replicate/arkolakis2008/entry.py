"""Section 3.2: how many firms enter markets of different size, and what that says of alpha, gamma and 1/psi."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.arkolakis2008.relative_sales import MISSING
from phistar.replicate.arkolakis2008.world import BETA, THETA_TILDE, france
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import NOT_REPRODUCED, TEXT, Cell, Claim, Section, number_cell
from phistar.replicate.statements import judge
from phistar.replicate.worlds import Ledger
from phistar.verbs.calibrate import Calibration, calibrate
from phistar.verbs.statistics import read_statistic
from phistar.verbs.targets import reads

#: Regression (24): its constant and coefficients on ln population and ln income per head, across destinations abroad.
ENTRY = "ols(log(mass_sellers[0, 1:] / trade_share[0, 1:]), log(L[1:]), log(income[1:]))"
CONSTANT, POPULATION, INCOME = -2.74, 0.56, 0.69
#: What a regression of 24 exact points may lose to rounding.
EXACT = 1e-9
TRUTHS = ((0.44, 0.31, 0.3), (0.0, 0.0, 0.1), (1.0, 1.0, 2.0), (0.9, 0.05, 1.0))


def calibrate_entry(ledger: Ledger) -> Calibration:
    """Find alpha, gamma and psi from the coefficients of regression (24), as section 3.2 does."""
    targets = {f"{ENTRY}[0]": CONSTANT, f"{ENTRY}[1]": POPULATION, f"{ENTRY}[2]": INCOME}
    found = calibrate(france(), targets, ["psi", "alpha", "gamma"])
    ledger.add(found.equilibrium.certificate.max_residual)
    return found


def entry_section(ledger: Ledger) -> Section:
    """Hold section 3.2's numbers against the model."""
    notes = (
        "The coefficients of (24) are the targets; phistar calibrate finds the parameters on a made-up France of 24 "
        "destinations, where (23) holds exactly, so that the sizes of destinations do not matter.",
        "1/psi follows from the constant only in the units of the paper's data, which the text does not give.",
    )
    return Section("entry", "Section 3.2: entry and the size of markets", notes, (_recovered(ledger),),
                   tuple(_cells(ledger)))  # fmt: skip


def _cells(ledger: Ledger) -> Iterator[Cell]:
    found = calibrate_entry(ledger)
    where = "phistar calibrate, from the coefficients"
    yield number_cell("from (24)", "alpha", "0.44", found.parameters["alpha"], where)
    yield number_cell("from (24)", "gamma", "0.31", found.parameters["gamma"], where)
    model = found.equilibrium.model
    K = THETA_TILDE / ((THETA_TILDE - 1.0) * (1.0 + BETA * (THETA_TILDE - 1.0)))
    income = float(found.equilibrium["income"][0])
    implied = K * np.exp(CONSTANT) * income ** (1.0 - float(model.gamma)) * float(model.sigma) / float(model.xi)
    yield number_cell("from (24)", "1/psi", "", 1.0 / found.parameters["psi"],
                      f"not printed; {1.0 / implied:.4f} by (23), same units")  # fmt: skip
    for column, stated in (
        ("(24), ln L", "0.56"), ("(24), ln y", "0.69"), ("(24), constant", "-2.74"), ("(24), R2", "0.89"),
        ("appendix D, ln lambda", "0.87"), ("appendix D, ln L", "0.52"), ("appendix D, ln y", "0.67"),
        ("appendix D, R2", "0.913"),
    ):  # fmt: skip
        yield Cell("data", column, stated, "", NOT_REPRODUCED, note=MISSING)


def _recovered(ledger: Ledger) -> Claim:
    """Judge whether the regression on the model's own data recovers 1 - alpha and 1 - gamma."""
    held, given, worst = [], [], 0.0
    for beta in (0.0, BETA):
        for alpha, gamma, psi in TRUTHS:
            world = france(beta, alpha=alpha, gamma=gamma, psi=psi)
            eq = ledger.solve(world)
            found = [read_statistic(f"{ENTRY}[{k}]")(reads(eq)) for k in (1, 2)]
            gap = max(abs(found[0] - 1.0 + alpha), abs(found[1] - 1.0 + gamma))
            worst = max(worst, gap)
            held.append(gap < EXACT)
            given.append(world["parameters"])
    return judge(
        "entry_regression",
        "higher entry of firms in a market is related to higher returns to scale with respect to population size for "
        "the marketing technology (lower α) and lower fraction of marketing costs paid in ... (lower γ)",
        "regressing ln(M/lambda) on ln L and ln y gives exactly 1 - alpha and 1 - gamma, eq. (23)",
        [trial_of("model-made data", held, given)],
        evidence=f"largest gap {worst:.0e}", source=TEXT,
    )  # fmt: skip
