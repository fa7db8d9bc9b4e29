"""What the claims speak of: quantities of solved worlds, and how they move when a cost falls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from phistar.replicate.comparisons import all_go
from phistar.replicate.melitz2003.box import NOTHING, Sample, Shift, of_family
from phistar.replicate.statements import Answer, Test
from phistar.replicate.worlds import Worlds

#: Firms drawn where a claim is about single firms; a hundred worlds would not show more than the sorting does.
FIRMS = 20_000
SEED = 7
#: Agreement of two exact routes: both good to 1e-14, magnified by derivatives of order k/(k - s).
EXACT = 1e-9

Reader = Callable[[Worlds], np.ndarray]


def cutoff(w: Worlds) -> np.ndarray:
    """Return the exit cutoff."""
    return w["cutoff"][0, 0]


def export_cutoff(w: Worlds) -> np.ndarray:
    """Return the export cutoff."""
    return w["cutoff"][0, 1]


def variable(name: str) -> Reader:
    """Return the reader of a country variable."""
    return lambda w: w[name][0]


def domestic_sales(w: Worlds) -> np.ndarray:
    """Return a firm's sales at home over phi^(sigma-1): the same for every firm."""
    return _sales(w, 0, "f.domestic")


def foreign_sales(w: Worlds) -> np.ndarray:
    """Return an exporter's sales in one market abroad over phi^(sigma-1): the same for every exporter."""
    return _sales(w, 1, "f.export")


def exporter_sales(w: Worlds) -> np.ndarray:
    """Return an exporter's total sales over phi^(sigma-1)."""
    return np.asarray(domestic_sales(w) + w.scenario["parameters"]["partners"] * foreign_sales(w))


def _sales(w: Worlds, market: int, cost: str) -> np.ndarray:
    s = w.columns["sigma"] - 1.0
    fixed = w.columns["sigma"] * w.columns[cost] * w["wage"][0]
    return np.asarray(fixed * w["cutoff_zero_profit"][0, market] ** -s)


def moves(*directions: tuple[Reader, int]) -> Test:
    """Test whether each quantity moves the way it should under a shock."""

    def _test(shift: Shift) -> Answer:
        return all_go(((shift.log_change(of), sign) for of, sign in directions), NOTHING), shift.interior, None

    return _test


def _dear(of: Sample | Shift) -> np.ndarray:
    return np.asarray(of.before.columns["f.export"] >= of.before.columns["f.domestic"])


#: Worlds of a special kind: exporting takes at least the fixed cost of being active.
DEAR = ("f_x >= f", _dear)


def shifts(samples: Sequence[Sample]) -> Mapping[str, Sequence[Shift]]:
    """Return the samples under each shock, and under either of the two that lower trade costs."""
    found = {shock: [sample.shift(shock) for sample in samples] for shock in ("tau", "f_x")}
    return {**found, "tau or f_x": [*found["tau"], *found["f_x"]], "tau, Pareto": of_family(found["tau"], "pareto")}
