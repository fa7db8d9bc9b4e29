"""Ara (2026): every displayed equation, proposition and verbal claim, figures 1 to 4 and A.1, a map of regions."""

from __future__ import annotations

from phistar.models.vertical_specialization.parameters import ERRATA
from phistar.replicate.ara2026.axes import axis_section
from phistar.replicate.ara2026.box import BOX, FAMILIES, TAIL
from phistar.replicate.ara2026.cases import draw_cases
from phistar.replicate.ara2026.curves import all_curves
from phistar.replicate.ara2026.equations_section import equation_sections
from phistar.replicate.ara2026.equilibrium import equilibrium_section
from phistar.replicate.ara2026.figures import figures
from phistar.replicate.ara2026.input_costs import reversal_section, welfare_section
from phistar.replicate.ara2026.point import find_turns, printed_section, sheet_section
from phistar.replicate.ara2026.predictions import predictions_section
from phistar.replicate.ara2026.samples import DRAWS, FEW, SIZES, draw_samples
from phistar.replicate.ara2026.trade import trade_section
from phistar.replicate.ara2026.wages import polar_section, wages_section
from phistar.replicate.results import Findings, Section
from phistar.replicate.worlds import Ledger

__all__ = ["figures", "replicate"]

TITLE = "Ara (2026): market size, firm sourcing, and vertical specialization"
SOURCE = (
    "Tomohiro Ara, 'Market Size, Firm Sourcing, and Vertical Specialization' (preprint, 15 June 2026), and phistar's "
    "design sheet of the model"
)


def replicate(ledger: Ledger) -> Findings:
    """Replicate: every equation, claim and number, each computed from certified equilibria."""
    samples, turns = draw_samples(ledger), find_turns(ledger)
    sections = (
        printed_section(ledger),
        _errata(),
        *equation_sections(draw_cases(ledger)),
        polar_section(samples),
        wages_section(samples),
        trade_section(samples),
        equilibrium_section(samples),
        reversal_section(samples),
        welfare_section(samples),
        axis_section(samples, turns, ledger),
        predictions_section(samples),
        sheet_section(samples, turns, ledger),
    )
    return sections, all_curves(ledger)


def _errata() -> Section:
    """List the paper's misprints and the box over which its claims are tested."""
    ends = ", ".join(f"{key} {low:g} to {high:g}" for key, (low, high) in BOX.items())
    box = (
        f"Claims are tested on {DRAWS:,} Pareto worlds of equal countries and {FEW} of each of "
        f"{', '.join(f.label for f in FAMILIES[1:])}, a Latin hypercube over {ends}, k over sigma - 1 "
        f"{TAIL[0]:g} to {TAIL[1]:g}; f_X, f_DM and f_XM are multiples of the least that keeps the paper's order of "
        f"cutoffs. Unequal countries have L {SIZES[0]:g} to {SIZES[1]:g}. Responses are difference quotients."
    )
    return Section("errata", "Errata, and what is tested", (box, *ERRATA))
