"""The papers phistar replicates, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from phistar.core.errors import unknown_key
from phistar.replicate.results import Replication
from phistar.replicate.worlds import Ledger

#: name -> (module, one line)
_PAPERS = {
    "melitz2003": (
        "phistar.replicate.melitz2003.paper",
        "Melitz (2003): a textbook explainer's claims, the signs, the Melitz-Redding (2015) point",
    ),
    "melitz_ottaviano2005": (
        "phistar.replicate.melitz_ottaviano2005.paper",
        "Melitz and Ottaviano (2005): every equation and sign claim, with and without a Pareto; the scenarios",
    ),
    "arkolakis2008": (
        "phistar.replicate.arkolakis2008.paper",
        "Arkolakis (2008): calibration, the distribution of sales, liberalization and its margins, figures 1 to 10",
    ),
    "ara2026": (
        "phistar.replicate.ara2026.paper",
        "Ara (2026): every equation, proposition and verbal claim, figures 1 to 4 and A.1, a map of regions",
    ),
    "kim": (
        "phistar.replicate.kim.paper",
        "Kim, after Feenstra and Ma (2008): every table cell, equation and claim, over random draws of few firms",
    ),
}


def paper_names() -> tuple[str, ...]:
    """Return the names of all papers."""
    return tuple(_PAPERS)


def paper_line(name: str) -> str:
    """Say in one line what a paper's replication holds."""
    return _PAPERS[name][1]


def replicate(name: str) -> Replication:
    """Replicate a paper.

    Raises
    ------
    InputError
        When no paper has that name; the nearest is named.
    """
    paper, ledger = _module(name), Ledger()
    sections, curves = paper.replicate(ledger)
    return Replication(
        name, paper.TITLE, paper.SOURCE, sections, ledger.solved, ledger.refused, ledger.max_residual, curves
    )


def figures(name: str, replication: Replication) -> dict[str, Any]:
    """Draw a paper's figures from its replication: charts by name."""
    drawn: dict[str, Any] = _module(name).figures(replication)
    return drawn


def check_paper(name: str) -> None:
    """Refuse a paper nobody knows.

    Raises
    ------
    InputError
        When no paper has that name; the nearest is named.
    """
    if name not in _PAPERS:
        raise unknown_key(name, _PAPERS, "paper")


def _module(name: str) -> Any:
    """Import a paper's module: `TITLE`, `SOURCE`, `replicate` of a ledger, `figures` of a replication."""
    check_paper(name)
    return import_module(_PAPERS[name][0])
