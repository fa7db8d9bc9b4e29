"""Melitz (2003): an explainer's claims, the sheet's signs and exact statements, the Melitz-Redding (2015) point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003 import distribution, liberalisation, sigma, sorting
from phistar.replicate.melitz2003.asymmetric import asymmetric_section
from phistar.replicate.melitz2003.box import BOX, DRAWS, FAMILIES, PARTNERS, Sample, draw_samples, least_trade
from phistar.replicate.melitz2003.calibrated import PARETO, POINT, calibrated_section
from phistar.replicate.melitz2003.identities import identities_section
from phistar.replicate.melitz2003.signs import signs_section
from phistar.replicate.melitz2003.silent import not_in_the_model
from phistar.replicate.results import Findings, Replication, Section
from phistar.replicate.worlds import Ledger

TITLE = "Melitz (2003): what a textbook says of it, and what it says"
SOURCE = (
    "an explainer of Melitz (2003), 'How Trade Reshapes Industries from the Inside' (MASEconomics), and phistar's "
    "design sheet of the model"
)


def replicate(ledger: Ledger) -> Findings:
    """Replicate: every claim and number, each computed from certified equilibria."""
    samples = draw_samples(ledger)
    equilibria = _one_each(samples, ledger)
    calibrated, curves = calibrated_section(ledger)
    sections = (
        *_explainer(samples, equilibria, ledger),
        signs_section(samples),
        identities_section(samples, equilibria, ledger),
        asymmetric_section(ledger),
        calibrated,
    )
    return sections, curves


def figures(replication: Replication) -> dict[str, Any]:
    """Draw the explainer's cutoff diagram, and gains and the trade elasticity against tau."""
    from phistar.report.figures import draw
    from phistar.report.replication import Curve, curve_chart

    point = {"model": "melitz", "parameters": {**POINT, "productivity": PARETO}}
    corner = next(c.computed for c in replication.section("calibrated").cells if c.column == "tau, Pareto")
    said = "Melitz and Redding (2015): σ = 4, two identical countries; left of the dashed line every firm exports"
    gains = Curve("gain_percent", "gain over autarky, per cent (log scale)",
                  "The gains from trade depend on the distribution", said, float(corner), logarithmic=True)  # fmt: skip
    elasticity = Curve("trade_elasticity", "local trade elasticity, σ − 1 + γ",
                       "Only under a Pareto is the trade elasticity one number", said, float(corner))  # fmt: skip
    return {
        "cutoffs": draw("cutoffs", point),
        "gains": curve_chart(replication.curves, gains),
        "elasticity": curve_chart(replication.curves, elasticity),
    }


def _one_each(samples: Sequence[Sample], ledger: Ledger) -> list[tuple[str, Equilibrium]]:
    """Solve one world a distribution, with firms of all three kinds, for what is seen firm by firm."""
    found = []
    for sample in samples:
        if sample.partners == PARTNERS[1]:
            share = sample.before["exporter_share"][0]
            i = int(np.argmax(sample.interior() & (share > 0.1) & (share < 0.6)))
            found.append((sample.label, ledger.solve(sample.before.scenario_at(i))))
    return found


def _explainer(
    samples: Sequence[Sample], equilibria: Sequence[tuple[str, Equilibrium]], ledger: Ledger
) -> tuple[Section, ...]:
    ends = ", ".join(f"{key} {low:g} to {high:g}" for key, (low, high) in BOX.items())
    box = (
        f"{DRAWS} draws a distribution ({', '.join(f.label for f in FAMILIES)}) and number of partners "
        f"({', '.join(map(str, PARTNERS))}), a Latin hypercube over {ends} and the distribution; shocks of 1 per cent."
    )
    premise = f"Comparative statics are tested where {least_trade()}, before and after."
    who = (
        *sorting.outcomes(samples),
        sorting.sorted_firms(equilibria),
        sorting.hurdle(samples, ledger),
        sorting.minority(samples),
        *sorting.premia(samples),
        distribution.identical_firms(ledger),
    )
    falling = (
        *liberalisation.liberalisation(samples),
        distribution.discrete_sample(ledger),
        distribution.foreign_competition(ledger),
        *liberalisation.reallocation(samples, ledger),
        *liberalisation.gains(samples),
    )
    wide = f"Pareto worlds of a wider box (sigma 1.5 to 6, k to sigma + 7): {sigma.DRAWS} draws, 1 and 9 partners."
    return (
        Section("sorting", "Sorting: who exits, who sells at home, who exports", (box,), who),
        Section("liberalisation", "Falling trade costs and the gains from trade", (premise,), falling),
        Section("sigma", "The claim on sigma", (wide,), tuple(sigma.sigma_claims(samples, ledger))),
        Section(
            "pareto", "The Pareto", (),
            (distribution.PARTICIPATION.judged(samples), distribution.concentration(samples, ledger)),
        ),
        Section("silent", "Where the model is silent", (), not_in_the_model(equilibria[0][1])),
    )  # fmt: skip
