"""Tables as text: aligned, folded to the width of the page, the same on a terminal and in a pipe.

Laid out here rather than by a library, because importing one would be a tenth of a cold `phistar solve`.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, isinf, isnan, log10

#: Columns a table may take in a pipe or a file.
WIDTH = 100
GAP = "  "
#: Letters in a line that running text needs to be read in a table: with fewer, each row becomes a paragraph.
READABLE = 14
#: Digits shown: what a printed table is compared to, without the noise of a full double.
SIGNIFICANT = 7

Paint = Callable[[str, str], str]
_STYLES = {"title": "1", "head": "1", "rule": "2", "note": "2", "good": "32"}


@dataclass(frozen=True)
class Column:
    """One column: its head and side, and whether long texts wrap.

    When a table folds, one that `repeats` stands in every band, and one that `stays` in that of the column before it.
    """

    head: str
    right: bool = True
    wraps: bool = False
    repeats: bool = False
    stays: bool = False


@dataclass(frozen=True)
class Table:
    """A titled table of texts."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def label(head: str) -> Column:
    """Make a column of labels, on the left, repeated when the table folds."""
    return Column(head, right=False, repeats=True)


def words(head: str) -> Column:
    """Make a column of running text, which wraps."""
    return Column(head, right=False, wraps=True)


def render(table: Table, width: int = WIDTH, paint: Paint | None = None) -> str:
    """Lay a table out as lines of text no wider than `width` wherever its narrowest columns allow."""
    paint = paint or (lambda text, style: text)
    if _cramped(table, width):
        bands = [_paragraphs(table, width, paint)]
    else:
        bands = [_band(table, chosen, width, paint) for chosen in _fold(table, width)]
    notes = [paint(line, "note") for note in table.notes for line in textwrap.wrap(note, width)]
    head = [paint(line, "title") for line in textwrap.wrap(table.title, width, subsequent_indent="  ")]
    return "\n".join([*head, "\n\n".join(bands), *notes])


def colours(text: str, style: str) -> str:
    """Paint a text for a terminal."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else text


def numbers(values: Sequence[float], significant: int = SIGNIFICANT) -> list[str]:
    """Format numbers that stand together, with as many decimals as the largest of them needs."""
    sizes = [abs(x) for x in values if x and not isnan(x) and not isinf(x)]
    if not sizes:
        return [_special(x) or "0" for x in values]
    top = floor(log10(max(sizes)))
    if top >= significant or min(sizes) < 1e-4:
        return [_special(x) or f"{x:.{significant}g}" for x in values]
    decimals = min(significant - 1 - top, significant)
    return [_special(x) or f"{x:.{decimals}f}" for x in values]


def percent(value: float) -> str:
    """Format a change in per cent, with its sign."""
    special = _special(value)
    if special:
        return special
    if abs(value) < 1e-10:
        return "0"
    return f"{value:+.4f}" if abs(value) >= 1e-3 else f"{value:+.2e}"


def _special(x: float) -> str:
    if isnan(x):
        return "-"
    return ("inf" if x > 0 else "-inf") if isinf(x) else ""


def _span(text: str) -> int:
    if text.isascii():
        return len(text)
    marks = ("Mn", "Me", "Cf")
    spans = ((c, unicodedata.east_asian_width(c)) for c in text if unicodedata.category(c) not in marks)
    return sum(2 if wide in "WF" else 1 for _, wide in spans)


def _widths(table: Table) -> list[int]:
    return [max([_span(column.head), *(_span(row[i]) for row in table.rows)]) for i, column in enumerate(table.columns)]


def _fold(table: Table, width: int) -> Iterator[list[int]]:
    """Yield the columns of each band: those that repeat, then as many others as fit, what belongs together kept so."""
    widths = _widths(table)
    fixed = [i for i, column in enumerate(table.columns) if column.repeats]
    others = [i for i, column in enumerate(table.columns) if not column.repeats]
    if any(column.wraps for column in table.columns) or not others:
        yield list(range(len(table.columns)))
        return
    groups: list[list[int]] = []
    for i in others:
        groups = [*groups[:-1], [*groups[-1], i]] if groups and table.columns[i].stays else [*groups, [i]]
    used = sum(widths[i] + len(GAP) for i in fixed)
    band: list[int] = []
    total = used
    for group in groups:
        wide = sum(widths[i] + len(GAP) for i in group)
        if band and total + wide - len(GAP) > width:
            yield sorted(fixed + band)
            band, total = [], used
        band += group
        total += wide
    yield sorted(fixed + band)


def _cramped(table: Table, width: int) -> bool:
    """Whether running texts would have too little room beside one another."""
    widths = [
        max(min(w, READABLE), _longest_word(table, i)) if column.wraps else w
        for i, (column, w) in enumerate(zip(table.columns, _widths(table), strict=True))
    ]
    running = sum(column.wraps for column in table.columns)
    return running > 1 and sum(widths) + len(GAP) * (len(widths) - 1) > width


def _longest_word(table: Table, i: int) -> int:
    return max((_span(word) for row in table.rows for word in row[i].split()), default=0)


def _paragraphs(table: Table, width: int, paint: Paint) -> str:
    """Lay rows out as paragraphs: what labels a row and its first text, then the other cells by their heads."""
    first = next(i for i, column in enumerate(table.columns) if column.wraps)
    rule = paint("─" * width, "rule")
    lines = [rule]
    for row in table.rows:
        labels = GAP.join(cell for cell in row[:first] if cell)
        cells = zip(table.columns[first + 1 :], row[first + 1 :], strict=True)
        rest = "; ".join(f"{column.head}: {cell}" for column, cell in cells if cell not in ("", "-"))
        text = textwrap.wrap(f"{labels}{GAP}{row[first]}", width, subsequent_indent="    ")
        lines.append(paint(text[0][: len(labels)], "head") + text[0][len(labels) :])
        lines += text[1:]
        lines += textwrap.wrap(rest, width, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([*lines, rule])


def _band(table: Table, chosen: Sequence[int], width: int, paint: Paint) -> str:
    """Lay out some columns of a table, without the rows that have nothing in any of them."""
    columns = [table.columns[i] for i in chosen]
    told = [i for i in chosen if not table.columns[i].repeats]
    rows = [row for row in table.rows if not told or any(row[i] for i in told)]
    least = [max(READABLE, len(table.columns[i].head), _longest_word(table, i)) for i in chosen]
    widths = _shrink(columns, [_widths(table)[i] for i in chosen], least, width)
    rule = paint("─" * (sum(widths) + len(GAP) * (len(widths) - 1)), "rule")
    head = _line([column.head for column in columns], columns, widths)
    body = [line for row in rows for line in _lines([row[i] for i in chosen], columns, widths)]
    return "\n".join([rule, paint(head, "head"), rule, *body, rule])


def _shrink(columns: Sequence[Column], widths: list[int], least: Sequence[int], width: int) -> list[int]:
    """Narrow the columns that wrap, the widest first, until the line fits or words would break."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        can = [i for i, column in enumerate(columns) if column.wraps and widths[i] > least[i]]
        if not can:
            break
        widths[max(can, key=lambda i: widths[i])] -= 1
    return widths


def _lines(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of one row: more than one where a text wraps."""
    wrapped = [
        textwrap.wrap(cell, w) or [""] if column.wraps else [cell]
        for cell, column, w in zip(cells, columns, widths, strict=True)
    ]
    for k in range(max(len(parts) for parts in wrapped)):
        yield _line([parts[k] if k < len(parts) else "" for parts in wrapped], columns, widths)


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, w in zip(cells, columns, widths, strict=True):
        blank = " " * (w - _span(cell))
        padded.append(blank + cell if column.right else cell + blank)
    return GAP.join(padded).rstrip()
