"""Cells of the paper's tables, at two sets of digits, and how many of them are reproduced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from phistar.replicate.results import NOT_REPRODUCED, Cell, Section, number_cell

#: Columns of every table: what is computed at the digits the tables imply, and at the digits they print.
RECOVERED, ROUNDED = "recovered digits", "printed digits"
DIGITS = (RECOVERED, ROUNDED)


@dataclass(frozen=True)
class Scored:
    """A table whose cells count.

    Attributes
    ----------
    section : Section
    cells : tuple of Cell
        Those of the section that count, at both sets of digits.
    """

    section: Section
    cells: tuple[Cell, ...]

    def count(self, column: str) -> tuple[int, int]:
        """Count the cells reproduced in a column, and all of them."""
        mine = [cell for cell in self.cells if cell.column == column]
        return sum(cell.verdict != NOT_REPRODUCED for cell in mine), len(mine)


def beside(row: str, stated: str, computed: Mapping[str, float], note: str = "", reading: str = "") -> list[Cell]:
    """Hold one printed cell against what is computed in each column."""
    return [number_cell(row, column, stated, float(value), note, reading) for column, value in computed.items()]


def columns(values: Sequence[float]) -> dict[str, float]:
    """Name values at the recovered and at the printed digits."""
    return dict(zip(DIGITS, values, strict=True))


def scored(name: str, title: str, notes: Iterable[str], cells: Iterable[Cell], others: Iterable[Cell] = ()) -> Scored:
    """Make a table of cells that count, and of others that do not."""
    counted = tuple(cells)
    return Scored(Section(name, title, tuple(notes), cells=(*counted, *others)), counted)
