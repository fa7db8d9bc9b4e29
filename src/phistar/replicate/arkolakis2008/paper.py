"""Arkolakis (2008): the numbers that the paper and the design sheet print, the propositions, figures 1 to 10."""

from __future__ import annotations

from typing import Any

from phistar.replicate.arkolakis2008.curves import curves
from phistar.replicate.arkolakis2008.distribution import distribution_section
from phistar.replicate.arkolakis2008.entry import entry_section
from phistar.replicate.arkolakis2008.liberalization import liberalization_sections
from phistar.replicate.arkolakis2008.propositions import propositions_section
from phistar.replicate.arkolakis2008.relative_sales import relative_sales_section
from phistar.replicate.results import Findings, Replication
from phistar.replicate.worlds import Ledger

TITLE = "Arkolakis (2008): market penetration costs and the new consumers margin"
SOURCE = (
    "Costas Arkolakis (2008), 'Market Penetration Costs and the New Consumers Margin in International Trade', NBER "
    "Working Paper 14214, and phistar's design sheet of the model"
)


def replicate(ledger: Ledger) -> Findings:
    """Replicate: every number and proposition, computed from certified equilibria and the firms in them."""
    sections = (
        relative_sales_section(ledger),
        entry_section(ledger),
        distribution_section(ledger),
        *liberalization_sections(ledger),
        propositions_section(ledger),
    )
    return sections, curves(ledger)


def figures(replication: Replication) -> dict[str, Any]:
    """Draw figures 1 to 10 from the replication's columns."""
    from phistar.replicate.arkolakis2008.figures import draw_figures

    return draw_figures(replication.curves)
