"""What a replication reports: claims and printed numbers, each beside what the library computes, with a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from phistar.core.equilibrium import plain
from phistar.core.version import VERSION

REPRODUCED, BY_READING, NOT_REPRODUCED = "reproduced", "reproduced under a stated reading", "not reproduced"
HOLDS, HOLDS_WHERE, FAILS, SILENT = "holds", "holds where", "fails", "not in the model"
#: Whose words a claim's are: the text's own, a formula of it, the design sheet's, or a reading that the text suggests.
TEXT, EQUATION, SHEET, READING = "text", "equation", "sheet", "reading"
VERDICTS = (REPRODUCED, BY_READING, NOT_REPRODUCED, HOLDS, HOLDS_WHERE, FAILS, SILENT)
#: Slack on half a unit of the last printed digit: a tie may fall on either side in binary.
_TIE = 1.0 + 1e-9


@dataclass(frozen=True)
class Cell:
    """One number or sign of a table: what the source states, what the library computes, the verdict.

    Attributes
    ----------
    row, column : str
        Where it stands in its table.
    stated : str
        As the source writes it; "" where the source has nothing to compare with.
    computed : float or str
        What the library finds, in full.
    verdict : str
        One of `VERDICTS`; "" where nothing is stated.
    difference : float, optional
        Computed less stated.
    digits : int, optional
        Leading significant digits on which both agree, of those stated.
    note : str
        The reading, or the exceptions.
    """

    row: str
    column: str
    stated: str
    computed: float | str
    verdict: str
    difference: float | None = None
    digits: int | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as plain data."""
        return _as_dict(self)


def number_cell(
    row: str, column: str, stated: str, computed: float, note: str = "", reading: str = "", within: float = 0.0
) -> Cell:
    """Hold a printed number against a computed one.

    It is reproduced if the computed number lies within half a unit of the last printed digit, or, where more digits
    are printed than are promised, `within` that share of it: under a stated reading where `reading` says how the
    words had to be read, or where rounding once more on the way (to one digit more, then to those printed) gives what
    is printed.
    """
    if not stated:
        return Cell(row, column, "", computed, "", note=note)
    printed, places = float(stated), _places(stated)
    difference = computed - printed
    verdict = NOT_REPRODUCED
    if abs(difference) <= max(0.5 * 10.0**-places * _TIE, within * abs(printed)):
        verdict = BY_READING if reading else REPRODUCED
        note = reading or note
    elif np.isfinite(computed) and _rounded(_rounded(computed, places + 1), places) == _rounded(stated, places):
        verdict = BY_READING
        note = note or f"rounded twice: {computed:.7f}, to {_rounded(computed, places + 1)}, to {stated}"
    return Cell(row, column, stated, computed, verdict, difference, digits_agreed(stated, computed), note)


def range_cell(row: str, column: str, stated: str, computed: Sequence[float], note: str) -> Cell:
    """Hold a stated range "a to b" over some draws against values over others.

    Other draws have another range; it is reproduced under that reading if their median lies in the stated one.
    """
    first, last = (float(word) for word in stated.split(" to "))
    low, middle, high = np.quantile(computed, [0.0, 0.5, 1.0])
    verdict = BY_READING if first <= middle <= last else NOT_REPRODUCED
    told = f"{low:.4f} to {high:.4f} here: {note}"
    return Cell(row, column, stated, f"median {middle:.4f}", verdict, note=told)


def count_cell(row: str, column: str, stated: str, true: int, of: int, note: str) -> Cell:
    """Hold a stated count "a of b" over some draws against a count over others.

    It is reproduced, under the reading that the draws are others, if the shares differ by at most two standard
    errors.
    """
    a, b = (int(word) for word in stated.split(" of "))
    pooled = (a + true) / (b + of)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / b + 1.0 / of))
    verdict = BY_READING if abs(a / b - true / of) <= 2.0 * error else NOT_REPRODUCED
    return Cell(row, column, stated, f"{true} of {of}", verdict, note=note)


def digits_agreed(stated: str, computed: float) -> int:
    """Count the leading significant digits, of those stated, to which both numbers round alike."""
    printed = float(stated)
    digits = len(stated.lstrip("+-0.").replace(".", "")) or 1
    agreed = [d for d in range(1, digits + 1) if f"{printed:.{d - 1}e}" == f"{computed:.{d - 1}e}"]
    return max(agreed, default=0)


def _places(stated: str) -> int:
    return len(stated.partition(".")[2])


def _rounded(value: float | str | Decimal, places: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(value if isinstance(value, str) else repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Claim:
    """One claim of a text: the words, what was tested, the verdict and its evidence.

    Attributes
    ----------
    key : str
        Short name.
    quote : str
        The source's words, shortened.
    tested : str
        What they mean in the model.
    verdict : str
        One of `VERDICTS`.
    condition : str
        The condition in words where the claim holds only there.
    share : float, optional
        Share of the worlds in which it is true.
    worlds : int
        How many worlds satisfied the premise.
    evidence : str
        One line for a reader.
    counts : mapping of str to (int, int)
        By kind of world: in how many it is true, and of how many.
    counterexample : mapping
        Parameters of a world in which it is false; empty where there is none.
    source : str
        `TEXT` where `quote` is in the source's own words, else who states it.
    """

    key: str
    quote: str
    tested: str
    verdict: str
    condition: str = ""
    share: float | None = None
    worlds: int = 0
    evidence: str = ""
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counterexample: Mapping[str, Any] = field(default_factory=dict)
    source: str = TEXT

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as plain data."""
        return _as_dict(self)


@dataclass(frozen=True)
class Section:
    """Claims and tables that belong together.

    Attributes
    ----------
    name, title : str
        Key and heading.
    notes : tuple of str
        What the reader should know: samples, calibration, readings.
    claims : tuple of Claim
    cells : tuple of Cell
        Of one table, row by row.
    """

    name: str
    title: str
    notes: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    cells: tuple[Cell, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the section as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "notes": list(self.notes),
            "claims": [claim.to_dict() for claim in self.claims],
            "cells": [cell.to_dict() for cell in self.cells],
        }


#: What a paper's module finds: sections, and columns of equal length behind the figures.
Findings = tuple[tuple[Section, ...], Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Replication:
    """A paper held against the library.

    Attributes
    ----------
    paper, title, source : str
        Key, heading, and where the claims and numbers come from.
    sections : tuple of Section
    solved : int
        Equilibria solved on the way, each certified.
    refused : int
        Worlds without a certified equilibrium: left out, and counted here.
    max_residual : float
        Largest scaled residual over all of them.
    curves : mapping of str to list
        Columns of equal length behind the figures.
    """

    paper: str
    title: str
    source: str
    sections: tuple[Section, ...]
    solved: int
    refused: int
    max_residual: float
    curves: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def section(self, name: str) -> Section:
        """Return the section of that name."""
        return next(section for section in self.sections if section.name == name)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims, in order."""
        return tuple(claim for section in self.sections for claim in section.claims)

    def claim(self, key: str) -> Claim:
        """Return the claim of that key."""
        return next(claim for claim in self.claims if claim.key == key)

    def tally(self) -> dict[str, int]:
        """Count the verdicts."""
        given = [claim.verdict for claim in self.claims]
        given += [cell.verdict for section in self.sections for cell in section.cells]
        return {verdict: given.count(verdict) for verdict in VERDICTS if verdict in given}

    def to_dict(self) -> dict[str, Any]:
        """Return the replication as strict plain data."""
        told: dict[str, Any] = plain({
            "phistar": VERSION,
            "replication": self.paper,
            "title": self.title,
            "source": self.source,
            "solved": self.solved,
            "refused": self.refused,
            "max_residual": self.max_residual,
            "verdicts": self.tally(),
            "sections": [section.to_dict() for section in self.sections],
            "curves": {name: list(column) for name, column in self.curves.items()},
        })  # fmt: skip
        return told


def _as_dict(record: Any) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in fields(record)}
