"""The sheet's table of signs under the Pareto, regenerated over all draws with an interior equilibrium."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, Reader, Sample, Samples
from phistar.replicate.results import NOT_REPRODUCED, REPRODUCED, Cell, Section

COLUMNS = {
    "c_D": ("price_threshold", 0), "N": ("variety", 0), "N_E": ("mass_entrants", 0), "U": ("welfare_wages", 0),
    "partner's c_D": ("price_threshold", 1), "N_E ": ("mass_entrants", 1), "U ": ("welfare_wages", 1),
}  # fmt: skip
#: Row: the sample, the shock, the horizon, whether both countries are taken as the own one, what the sheet states.
ROWS: dict[str, tuple[str, str, bool, bool, tuple[str, ...]]] = {
    "long run, own L up": ("two", "L", False, False, ("-", "+", "+", "+", "0", "-", "0")),
    "long run, own imports cheaper": ("two", "import", False, False, ("+", "-", "-", "-", "-", "+", "+")),
    "long run, both taus down, equal": ("equal", "both", False, True, ("-", "+", "either", "+", "-", "either", "+")),
    "short run, own imports cheaper": ("two", "import", True, False, ("-", "+", "0", "+", "0", "0",
        "CS 0, with profits +")),
    "long run, gamma up": ("two", "gamma", False, True, ("+", "+", "either", "-", "+", "either", "-")),
    "long run, alpha up": ("two", "alpha", False, True, ("0", "+", "+", "+", "0", "+", "+")),
    "long run, f_E up in both": ("two", "f_E", False, True, ("+", "-", "-", "-", "-", "-", "-")),
    "long run, own f_E up": ("two", "f_E own", False, False, ("",) * 7),
}  # fmt: skip
#: Why the sheet's sign is not the model's.
WHY = {
    ("long run, f_E up in both", "partner's c_D"):
    "One f_E for both countries gives one row to both; the sheet's is neither "
    "that nor the row of one's own f_E below.",
    ("long run, gamma up", "N"): "N rises just where c_D/α < (k+1)/(k+2): see section 2.",
}  # fmt: skip


def signs_section(samples: Samples) -> Section:
    """Regenerate the table."""
    cells = []
    for row, (kind, shock, short, both, stated) in ROWS.items():
        sample: Sample = getattr(samples, kind)[0]
        for (column, (name, who)), sign in zip(COLUMNS.items(), stated, strict=True):
            cells.append(_cell(row, column, sign, _sign(sample, shock, short, name, _who(who, both))))
    wrong = [cell for cell in cells if cell.verdict == NOT_REPRODUCED]
    notes = [
        f"Two countries, Pareto, {int(np.sum(samples.two[0].premise()))} worlds of unlike taus and sizes and "
        f"{int(np.sum(samples.equal[0].premise()))} of equal taus; every sign in every world, 'either' where both "
        "occur. The first columns are of the country itself, the last three of its partner; U is of wages alone.",
        *(f"{c.row}, {c.column.strip()}: the sheet has {c.stated}, here it is {c.computed}. {c.note}" for c in wrong),
    ]  # fmt: skip
    return Section("signs", "Signs: the sheet's table", tuple(notes), cells=tuple(cells))


def _who(own: int, both: bool) -> Callable[[str], Reader]:
    """Read one country, or both where the row treats them alike."""
    return lambda name: (lambda w: w[name]) if both else (lambda w: w[name][own : own + 1])


def _sign(sample: Sample, shock: str, short: bool, name: str, read: Callable[[str], Reader]) -> str:
    premise = sample.premise(shock, short)

    def _word(of: str) -> str:
        change = sample.change(shock, read(of), short)[:, premise]
        found = [s for s, hit in (("-", change < -NOTHING), ("0", np.abs(change) <= NOTHING), ("+", change > NOTHING))
                 if np.any(hit)]  # fmt: skip
        return found[0] if len(found) == 1 else "either"

    if short and name == "welfare_wages" and _word(name) == "0":
        return f"CS {_word('consumer_surplus')}, with profits {_word('welfare')}"
    return _word(name)


def _cell(row: str, column: str, stated: str, computed: str) -> Cell:
    verdict = "" if not stated else REPRODUCED if computed == stated else NOT_REPRODUCED
    note = WHY.get((row, column), "") if verdict == NOT_REPRODUCED else ""
    return Cell(row, column, stated, computed, verdict, note=note)
