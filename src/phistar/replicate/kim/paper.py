"""Kim, after Feenstra and Ma (2008): every table cell, equation and claim on granular oligopoly, over random draws."""

from __future__ import annotations

from collections.abc import Sequence

from phistar.replicate.kim.appendix_tables import STEPS, appendix_tables, no_equilibrium, true_equilibria
from phistar.replicate.kim.band_tables import all_bands, band_sections
from phistar.replicate.kim.cells import DIGITS, RECOVERED, ROUNDED, Scored
from phistar.replicate.kim.curves import all_curves
from phistar.replicate.kim.cutoff_tables import cutoff_tables
from phistar.replicate.kim.drawn_tables import sample_section
from phistar.replicate.kim.equation_claims import equation_section
from phistar.replicate.kim.figures import figures
from phistar.replicate.kim.firm_claims import behaviour_section
from phistar.replicate.kim.firm_tables import environments, firm_tables, solve_all
from phistar.replicate.kim.prose import prose_section
from phistar.replicate.kim.samples import draw_samples
from phistar.replicate.kim.trade_claims import appendix_section, beyond_section, trade_section
from phistar.replicate.results import Cell, Findings, Section
from phistar.replicate.worlds import Ledger

__all__ = ["figures", "replicate"]

TITLE = "Kim: trade among a few large multi-product firms"
SOURCE = (
    "Kim, 'Short-Run Equilibrium of International Trade under Heterogeneous Discrete Firms with Multiple Continuous "
    "Varieties', and phistar's design sheet of the model"
)


def replicate(ledger: Ledger) -> Findings:
    """Replicate: every table at two sets of digits, every equation and claim over random draws."""
    solved, samples, bands = solve_all(ledger), draw_samples(ledger), all_bands()
    cutoffs, firms, ces = cutoff_tables(ledger), firm_tables(solved), appendix_tables(solved)
    sections = (
        score((*cutoffs, *firms, *ces)),
        *(table.section for table in cutoffs),
        environments(solved, ledger),
        firms[0].section,
        sample_section(samples),
        *(table.section for table in (*firms[1:], *ces)),
        true_equilibria(solved),
        no_equilibrium(solved),
        prose_section(solved),
        equation_section(samples),
        behaviour_section(samples, ledger),
        trade_section(samples),
        appendix_section(samples),
        beyond_section(samples),
        *band_sections(bands),
    )
    return sections, all_curves(solved, bands)


def score(tables: Sequence[Scored]) -> Section:
    """Count the cells that are reproduced, by table and digits."""
    cells, total = [], {digits: [0, 0] for digits in DIGITS}
    for table in tables:
        name = table.section.title.split(":")[0]
        for digits in DIGITS:
            true, of = table.count(digits) if table.count(digits)[1] else table.count(STEPS[digits])
            cells.append(Cell(f"{name} ({of} cells)", digits, "", float(true), ""))
            total[digits] = [total[digits][0] + true, total[digits][1] + of]
    (true, of), (rounded, _) = total[RECOVERED], total[ROUNDED]
    cells += [Cell(f"all ({of} cells)", digits, "", float(total[digits][0]), "") for digits in DIGITS]
    notes = (
        f"{true} of {of} cells are reproduced at the digits that the tables imply, {rounded} at the three or four "
        "that they print: shares move by up to 0.7 points between the two. Cells that hold by construction (ones, "
        "zeros, the 0.5 per cent that Table 2 supposes) are not counted.",
        "The two that are not are the varieties of Table A.3 before trade, which are Table A.4's. That Tables A.3 and "
        "A.4 before trade are reproduced says where they come from, the misprinted (A.5), not that they are "
        "equilibria.",
    )
    return Section("score", "Cells reproduced", notes, cells=tuple(cells))
