"""The sheet's table of signs, regenerated over the box and five distributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from phistar.replicate.melitz2003.box import NOTHING, SHEET_FAMILIES, Sample
from phistar.replicate.melitz2003.responses import cutoff, export_cutoff, variable
from phistar.replicate.results import BY_READING, NOT_REPRODUCED, REPRODUCED, Cell, Section
from phistar.replicate.worlds import Worlds

#: Exceptions rarer than this leave a sign standing, and are counted beside it.
RARE = 0.05

ROWS = {"tau": "tau down", "f_x": "f_x down", "f_e": "delta f_e down", "L": "L up"}
COLUMNS: dict[str, Callable[[Worlds], np.ndarray]] = {
    "phi*": cutoff,
    "phi_x": export_cutoff,
    "share exporting": variable("exporter_share"),
    "M": variable("mass_active"),
    "variety": variable("variety"),
    "W": variable("welfare"),
    "phi~ domestic": lambda w: w["phi_tilde_market"][0, 0],
    "output per worker": variable("output_per_worker"),
}
#: As the sheet writes them.
SHEET = {
    "tau": ("+", "-", "+", "-", "either (Pareto: sign of f - f_x)", "+", "+", "+ (one Weibull exception)"),
    "f_x": ("+", "-", "+", "-", "either", "+", "+", "either"),
    "f_e": ("+", "+", "0 Pareto, - others", "0, +", "0, +", "+", "+", "+ (rare exceptions)"),
    "L": ("0", "0", "0", "+", "+", "+", "0", "0"),
}


def signs_section(samples: Sequence[Sample]) -> Section:
    """Regenerate the table: each sign over all draws of five distributions."""
    chosen = [s for s in samples if s.family.name in SHEET_FAMILIES]
    cells = [
        _cell(row, column, stated, chosen) for row in ROWS for column, stated in zip(COLUMNS, SHEET[row], strict=True)
    ]
    worlds = sum(int(np.sum(s.interior("tau"))) for s in chosen)
    exceptions = [f"{c.row}, {c.column}: {c.note}" for c in cells if c.note and c.verdict == BY_READING]
    return Section(
        "signs",
        "Signs: identical countries, five distributions",
        (
            f"{worlds} worlds (tau) with strict selection, {', '.join(SHEET_FAMILIES).replace('_', ' ')}; shocks of "
            "1 per cent; output per worker at the gate where it is finite.",
            *exceptions,
        ),
        cells=tuple(cells),
    )


def _cell(row: str, column: str, stated: str, samples: Sequence[Sample]) -> Cell:
    found: dict[str, np.ndarray] = {}
    for sample in samples:
        found[sample.family.name] = found.get(sample.family.name, np.zeros(3, dtype=int)) + _counts(sample, row, column)
    pareto = found["pareto"]
    others = np.sum([counts for name, counts in found.items() if name != "pareto"], axis=0)
    total = pareto + others
    computed, note = _word(total), ""
    if _word(pareto) != _word(others) and "either" not in (_word(pareto), _word(others)):
        computed = f"{_word(pareto)} Pareto, {_word(others)} others"
    plain = stated.split(" (")[0].replace("0, +", "0 Pareto, + others")
    verdict = REPRODUCED if computed == plain else NOT_REPRODUCED
    exceptions = int(np.sum(total) - np.max(total))
    rare = 0 < exceptions <= RARE * np.sum(total)
    if rare and computed in "+-0":
        where = ", ".join(
            f"{n.replace('_', ' ')} {int(c.sum() - c.max())}" for n, c in found.items() if c.sum() - c.max()
        )
        note = f"{exceptions} of {int(np.sum(total))} the other way ({where})"
    if computed == plain and ("exception" in stated) and not rare:
        note = f"no exception in {int(np.sum(total))} draws"
    if computed == plain and (rare or "exception" in stated):
        verdict = BY_READING
    return Cell(ROWS[row], column, stated, computed, verdict, note=note)


def _counts(sample: Sample, shock: str, column: str) -> np.ndarray:
    """Count the worlds in which a quantity falls, stays and rises."""
    read = COLUMNS[column]
    with np.errstate(all="ignore"):
        known = sample.interior(shock) & np.isfinite(read(sample.before)) & np.isfinite(read(sample.after[shock]))
        change = sample.log_change(shock, read)[known]
    return np.array([np.sum(change < -NOTHING), np.sum(np.abs(change) <= NOTHING), np.sum(change > NOTHING)])


def _word(counts: np.ndarray) -> str:
    """Say which sign stands: one that all draws have, but for rare exceptions; else either."""
    if np.max(counts) >= (1.0 - RARE) * np.sum(counts):
        return ("-", "0", "+")[int(np.argmax(counts))]
    return "either"
