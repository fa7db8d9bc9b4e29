"""Tables 1 to 3: how the paper searches the cutoff, candidate after candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from phistar.replicate.kim import formulas
from phistar.replicate.kim.cells import Scored, beside, columns, scored
from phistar.replicate.kim.printed import FEENSTRA_MA, K_1, SIGMA, TABLE_1, TABLE_2, TABLE_3, R
from phistar.replicate.results import NOT_REPRODUCED, REPRODUCED, Cell
from phistar.replicate.worlds import Ledger

DATA = (FEENSTRA_MA.recovered, FEENSTRA_MA.rounded)
COUNT = len(FEENSTRA_MA.printed)
#: Table 2 supposes half a per cent for the candidate.
SUPPOSED = 0.005


def cutoff_tables(ledger: Ledger) -> tuple[Scored, ...]:
    """Compute Tables 1 to 3 at both sets of digits."""
    return relative_productivities(), supposed_shares(), found_shares(ledger)


def _at_both(compute: Callable[[np.ndarray], float]) -> dict[str, float]:
    return columns([compute(np.array(phi)) for phi in DATA])


def relative_productivities() -> Scored:
    """Compute Table 1, (30): all but the ones."""
    cells = []
    for row, words in enumerate(TABLE_1):
        for column, stated in enumerate(words):
            z = COUNT - 1 - column
            if z != row:
                found = _at_both(lambda phi, z=z, f=row: float(formulas.tau(phi[z], phi[f])))  # type: ignore[misc]
                cells += beside(_where(row, z), stated, found)
    note = "Firm f over the candidate z, by number, best first: tau_f = phi_z / phi_f, (30)."
    return scored("table_1", "Table 1: relative productivities", (note,), cells)


def _where(f: int, z: int) -> str:
    return f"firm {f + 1}, cutoff {z + 1}"


def supposed_shares() -> Scored:
    """Compute Table 2: shares, and their sum, where the candidate has half a per cent; (33)."""
    cells = []
    for row, (words, total) in enumerate(TABLE_2):
        z = COUNT - 1 - row
        for f, stated in enumerate(words):
            cells += beside(_where(f, z), stated, _at_both(lambda phi, f=f, z=z: float(_supposed(phi, z)[f])))  # type: ignore[misc]
        summed = _at_both(lambda phi, z=z: float(np.sum(_supposed(phi, z))))  # type: ignore[misc]
        cells += beside(f"sum, cutoff {z + 1}", total, summed)
    worst = _gap_of_31()
    notes = (
        "Per cent, where the candidate itself has 0.5 per cent. From (33), which is what (31) means: with the "
        f"exponent that (31) prints the table is missed by up to {worst:.1f} points.",
    )
    return scored("table_2", "Table 2: shares at a supposed share of the cutoff", notes, cells)


def _supposed(phi: np.ndarray, z: int) -> np.ndarray:
    ratios = formulas.tau(phi[z], phi[: z + 1])
    return np.asarray(100.0 * formulas.share_33(ratios, SUPPOSED, SIGMA))


def _gap_of_31() -> float:
    """Return how far Table 2 is from (31) as printed, in points."""
    phi, gaps = np.array(FEENSTRA_MA.recovered), []
    for row, (words, _) in enumerate(TABLE_2):
        z = COUNT - 1 - row
        found = 100.0 * formulas.share_31(formulas.tau(phi[z], phi[:z]), SUPPOSED, SIGMA)
        gaps += [abs(value - float(stated)) for value, stated in zip(found, words, strict=True)]
    return max(gaps)


def found_shares(ledger: Ledger) -> Scored:
    """Compute Table 3: the equilibrium among the best firms down to each candidate, certified."""
    cells, others = [], []
    for count, words in enumerate(TABLE_3, start=1):
        if count == 1:
            others.append(alone(words[0]))
            continue
        shares = [_equilibrium_share(phi[:count], ledger) for phi in DATA]
        for f, stated in enumerate(words):
            cells += beside(_where(f, count - 1), stated, columns([100.0 * share[f] for share in shares]))
    others += [_no_share(count, phi) for count in (6, 7) for phi in (np.array(DATA[0]),)]
    notes = (
        "Per cent. Each candidate's equilibrium among the firms down to it, solved and certified; the largest is that "
        "of five firms.",
        "Firm 1 alone would sell everything at any price: under fixed spending no finite markup is best. Its column "
        "is no equilibrium.",
        "With firms 6 or 7 no share is found because even with none for the last firm the others' exceed 100 per cent.",
    )
    return scored("table_3", "Table 3: shares by candidate", notes, cells, others)


def _equilibrium_share(phi: Sequence[float], ledger: Ledger) -> np.ndarray:
    parameters = {"sigma": SIGMA, "K_1": K_1, "R": R, "productivities": list(phi)}
    return ledger.solve({"model": "granular", "parameters": parameters})["share"]


def alone(stated: str) -> Cell:
    """Judge the share of 100 per cent of a firm alone: the elasticity there is one, and no markup is best."""
    epsilon = SIGMA + (1.0 - SIGMA) * float(stated) / 100.0
    note = f"elasticity {epsilon:g} at 100 per cent: no finite markup, (20)"
    return Cell("firm 1 alone", "share", stated, "no equilibrium", NOT_REPRODUCED, note=note)


def _no_share(count: int, phi: np.ndarray) -> Cell:
    ratios = formulas.tau(phi[count - 1], phi[:count])
    none = formulas.marginal_share(ratios, lambda t, S_z: formulas.share_33(t, S_z, SIGMA)) is None
    least = 100.0 * float(np.sum(formulas.share_33(ratios, 0.0, SIGMA)))
    return Cell(f"cutoff {count}", f"share of firm {count}", "Fail to find", "none" if none else "found",
                REPRODUCED if none else NOT_REPRODUCED, note=f"their sum is at least {least:.1f}%")  # fmt: skip
