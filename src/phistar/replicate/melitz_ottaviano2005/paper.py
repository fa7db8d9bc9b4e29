"""Melitz and Ottaviano (2005, published 2008): every numbered equation, every sign claim, the scenarios as curves."""

from __future__ import annotations

from phistar.replicate.melitz_ottaviano2005 import appendix, closed, liberalization, trade
from phistar.replicate.melitz_ottaviano2005.behaviour import behaviour_section
from phistar.replicate.melitz_ottaviano2005.cases import draw_cases
from phistar.replicate.melitz_ottaviano2005.curves import all_curves
from phistar.replicate.melitz_ottaviano2005.equations_section import equation_sections
from phistar.replicate.melitz_ottaviano2005.figures import figures
from phistar.replicate.melitz_ottaviano2005.missing import missing_section
from phistar.replicate.melitz_ottaviano2005.public import public_section
from phistar.replicate.melitz_ottaviano2005.samples import Samples, draw_samples
from phistar.replicate.melitz_ottaviano2005.signs import signs_section
from phistar.replicate.melitz_ottaviano2005.statements import Stored
from phistar.replicate.melitz_ottaviano2005.stored import stored_samples
from phistar.replicate.results import Findings, Section
from phistar.replicate.worlds import Ledger

__all__ = ["figures", "replicate"]

TITLE = "Melitz and Ottaviano (2005): market size, trade, and productivity"
SOURCE = (
    "Melitz and Ottaviano, 'Market Size, Trade, and Productivity', NBER working paper 11393 (2005, revised 2007), and "
    "phistar's design sheet of the model"
)


def replicate(ledger: Ledger) -> Findings:
    """Replicate: every equation, claim and number, each computed from certified equilibria."""
    cases, samples, stored = draw_cases(ledger), draw_samples(ledger), stored_samples(ledger)
    sections = (
        *equation_sections(cases),
        behaviour_section(cases),
        closed.closed_section(samples, stored, ledger),
        trade.trade_section(samples, stored, ledger),
        liberalization.liberalization_section(samples, stored, ledger),
        appendix.appendix_section(samples, stored, ledger),
        _beyond(samples, stored, ledger),
        missing_section(cases, samples, ledger),
        signs_section(samples),
        public_section(ledger),
    )
    return sections, all_curves(ledger)


def _beyond(samples: Samples, stored: Stored, ledger: Ledger) -> Section:
    """Judge what the paper shows under the Pareto with five other distributions."""
    claims = (
        *closed.beyond_claims(samples, stored),
        *trade.beyond_claims(samples, stored, ledger),
        *liberalization.beyond_claims(samples, stored),
        *appendix.beyond_claims(samples, stored),
    )
    note = (
        "Footnote 6: 'our main comparative static results do not depend on our choice of parametrization'. The "
        f"claims above again, under {', '.join(s.label for s in samples.two[1:])}; counts by distribution. Worlds "
        "marked stored are counterexamples in round numbers."
    )
    return Section("beyond", "Where another distribution breaks a claim", (note,), claims)
