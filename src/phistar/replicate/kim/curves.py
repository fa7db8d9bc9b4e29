"""What the figures draw, as columns of equal length: one row a firm, a point of a curve, or a share of draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from phistar.models.granular.bands import Bands
from phistar.replicate.kim.cells import RECOVERED
from phistar.replicate.kim.drawn_tables import HEADS, LOWEST, SHAPE
from phistar.replicate.kim.firm_tables import Solved, firms_of
from phistar.replicate.kim.printed import CES, EXAMPLES, QUANTITIES

COLUMNS = ("figure", "series", "firm", "x", "y", "quantity")
BEFORE, AFTER = "autarky", "trade"
PRINTED, TRUE = "printed", "equilibrium"
#: Points of the density.
POINTS = 121

Row = dict[str, Any]


def all_curves(solved: Solved, bands: Mapping[str, Bands]) -> dict[str, list[Any]]:
    """Lay out every figure's rows; columns of equal length."""
    rows = [*firms(solved), *density(), *misprinted(solved), *statements(bands)]
    return {name: [row.get(name) for row in rows] for name in COLUMNS}


def firms(solved: Solved) -> Iterator[Row]:
    """Yield what each Feenstra-Ma firm does before and after trade, and what its copies put on sale."""
    for series, regime in ((BEFORE, "before"), (AFTER, "after")):
        eq = solved["5", regime, RECOVERED]
        found = firms_of(eq)
        for f in np.flatnonzero(solved["5", "before", RECOVERED]["active"]):
            row = {"figure": "firms", "series": series, "firm": int(f) + 1, "x": float(eq["productivity"][f])}
            active = bool(eq["active"][f])
            for name in QUANTITIES:
                value = float(found[name][f]) if active or name not in {"price", "markup"} else None
                yield {**row, "quantity": name, "y": value}
            on_sale = float(eq["copies"][f]) * float(found["varieties"][f])
            yield {**row, "quantity": "on sale", "y": on_sale}


def density() -> Iterator[Row]:
    """Yield the Pareto's density, and where the three sets' firms lie on it."""
    grid = np.geomspace(LOWEST, 2.6, POINTS)
    for x in grid:
        yield {"figure": "sets", "series": "density", "x": float(x), "y": _density(x)}
    for name, members in EXAMPLES.items():
        for f, phi in enumerate(members.rounded):
            yield {"figure": "sets", "series": f"{name}: the {HEADS[name]} of each cluster", "firm": f + 1,
                   "x": phi, "y": _density(phi)}  # fmt: skip


def _density(x: float) -> float:
    return float(SHAPE * LOWEST**SHAPE * max(x, LOWEST) ** (-SHAPE - 1.0))


def misprinted(solved: Solved) -> Iterator[Row]:
    """Yield prices before trade in Tables A.3 and A.4: as printed, and in the equilibrium."""
    for block in (b for b in CES if b.regime == "before" and b.table != "A.2"):
        eq = solved[block.table, "before", RECOVERED]
        for f in np.flatnonzero(eq["active"]):
            row = {"figure": "misprint", "firm": int(f) + 1, "x": float(eq["productivity"][f]),
                   "quantity": f"Table {block.table}"}  # fmt: skip
            yield {**row, "series": TRUE, "y": float(eq["price"][f])}
            if f < len(block.rows):
                yield {**row, "series": PRINTED, "y": float(block.rows[f][QUANTITIES.index("price")])}


def statements(bands: Mapping[str, Bands]) -> Iterator[Row]:
    """Yield the share of draws in which each statement holds, by distribution; spending fixed, then CES."""
    for column, found in bands.items():
        name, upper = column.split()
        for said, share in found.statements.items():
            yield {"figure": f"draws {upper}", "series": name, "quantity": said, "x": share}
