"""What liberalization does over random draws: how often each statement holds, and quantiles of the changes."""

from __future__ import annotations

from typing import Any

from phistar.models.granular.bands import Bands, bands
from phistar.replicate.kim.printed import ETA, K_1, SIGMA, I, R
from phistar.replicate.kim.samples import DRAWS, TABLES
from phistar.replicate.results import Cell, Section

UPPERS: dict[str, dict[str, Any]] = {"R": {"R": R}, "CES": {"eta": ETA, "I": I}}
NAMES = {"Pareto": "Pareto", "Poisson Pareto": "Poisson", "fat Pareto": "fat-tailed", "lognormal": "lognormal"}
_QUANTILES = (0.05, 0.5, 0.95)


def all_bands() -> dict[str, Bands]:
    """Draw and count: by "distribution upper"."""
    return {
        f"{name} {upper}": bands(TABLES[table][0], DRAWS, quantiles=_QUANTILES, sigma=SIGMA, K_1=K_1, **world)
        for upper, world in UPPERS.items()
        for table, name in NAMES.items()
    }


def band_sections(found: dict[str, Bands]) -> tuple[Section, Section]:
    """Lay out the bands: shares of draws, then quantiles."""
    shares = [Cell(said, column, "", 100.0 * share, "") for column, b in found.items()
              for said, share in b.statements.items()]  # fmt: skip
    changes = [
        Cell(name, f"{100 * q:g}% {column.replace(' ', '-')}", "", float(value), "")
        for column, b in found.items()
        if column.split()[0] in {"Pareto", "lognormal"}
        for name, values in b.changes.items()
        for q, value in zip(b.quantiles, values, strict=True)
    ]
    note = f"{DRAWS:,} draws each; W 2, σ 6; R: fixed spending, CES: η 2."
    return (
        Section("statements", "How often each statement holds, per cent of draws", (note,), cells=tuple(shares)),
        Section("changes", "What integration changes, quantiles over draws",
                ("Trade over autarky; survivors are a count, the share that stays a share of them. " + note,),
                cells=tuple(changes)),
    )  # fmt: skip
