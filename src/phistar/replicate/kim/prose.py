"""Numbers in the paper's text and under its figures 3 to 6: the Feenstra-Ma firms before and after trade."""

from __future__ import annotations

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.kim.cells import RECOVERED
from phistar.replicate.kim.firm_tables import Solved, firms_of
from phistar.replicate.results import BY_READING, NOT_REPRODUCED, REPRODUCED, Cell, Section, number_cell


def prose_section(solved: Solved) -> Section:
    """Compute what sections 4.1 and 4.2 say in words."""
    before, after = (solved["5", regime, RECOVERED] for regime in ("before", "after"))
    old, new = firms_of(before), firms_of(after)
    cells = [
        number_cell("4.1", "survivors", "5", float(before["survivors"])),
        number_cell("4.1", "φ^ZCP", "0.2345", float(before["cutoff"])),
        number_cell("4.2", "φ^ZCP before", "0.202", float(before["cutoff"]),
                    "the productivity of firm 7, which is out; 0.2345 in 4.1"),
        number_cell("4.2", "φ^ZCP after", "0.267", float(after["cutoff"])),
        number_cell("4.2", "S^ZCP before, %", "1.2", 100.0 * float(before["cutoff_share"])),
        number_cell("4.2", "S^ZCP after, %", "18.3", 100.0 * float(after["cutoff_share"])),
        number_cell("4.2", "active of ten", "4", float(after["survivors"])),
        number_cell("4.2", "share of firm 1 after, %", "32", new["share"][0]),
        number_cell("4.2", "share of firm 2 after, %", "18", new["share"][1]),
        number_cell("4.2", "profit of firm 1 after", "45.47", new["profit"][0]),
        _fraction("4.2", "profit of firm 2, after over before", "a third", new["profit"][1] / old["profit"][1], 3),
        number_cell("4.2", "range of firm 1 after", "19.6", new["varieties"][0]),
        number_cell("4.2", "range of firm 2 after", "11.8", new["varieties"][1]),
        number_cell("4.2", "varieties on sale after", "62.76", float(after["total_varieties"])),
        _said("4.2", "profit of firm 1, after over before", "above a half", new["profit"][0] / old["profit"][0],
              bool(new["profit"][0] > 0.5 * old["profit"][0])),
        _said("4.2", "varieties on sale before", "fewer than after", float(before["total_varieties"]),
              bool(before["total_varieties"] < after["total_varieties"])),
        _factor(before, after),
    ]  # fmt: skip
    note = "At the recovered digits; figures 3 to 6 draw the same numbers, from --out."
    return Section("prose", "Numbers in the text, and figures 3 to 6", (note,), cells=tuple(cells))


def _fraction(row: str, column: str, stated: str, computed: float, parts: int) -> Cell:
    near = round(1.0 / computed) == parts
    return Cell(row, column, stated, f"{computed:.4f}", BY_READING if near else NOT_REPRODUCED,
                note="in words")  # fmt: skip


def _said(row: str, column: str, stated: str, computed: float, held: bool) -> Cell:
    return Cell(row, column, stated, f"{computed:.4f}", REPRODUCED if held else NOT_REPRODUCED)


def _factor(before: Equilibrium, after: Equilibrium) -> Cell:
    factors = after["markup"][:2] / before["markup"][:2]
    faster = factors[1] < factors[0] * (1.0 - 1e-9)
    note = f"{factors[1]:.7f} of its own: one factor for both, whatever rounding shows"
    return Cell("4.2", "markup of firm 1, after over before", "firm 2's falls faster", f"{factors[0]:.7f}",
                REPRODUCED if faster else NOT_REPRODUCED, note=note)  # fmt: skip
