"""Report a replication: claims with verdicts, tables of stated beside computed, curves."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from phistar.report.theme import BLUE, GREEN, GREY, ORANGE, themed

if TYPE_CHECKING:
    import altair

#: Columns a table takes in a pipe, where no terminal says.
PIPE_WIDTH = 100
#: Numbers stated to more digits than this are too wide for a grid.
_GRID_DIGITS = 9
_STYLES = {
    "holds": "green",
    "reproduced": "green",
    "holds where": "yellow",
    "reproduced under a stated reading": "yellow",
    "fails": "bold red",
    "not reproduced": "bold red",
    "not in the model": "cyan",
}
#: Behind a stated number: whether the computed one rounds to it.
_MARKS = {"reproduced": "✓", "reproduced under a stated reading": "≈", "not reproduced": "✗", "": ""}

Told = Mapping[str, Any]


def replication_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or 100 columns where there is none."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def print_replication(told: Told, console: Console | None = None) -> None:
    """Print a replication's report (of its plain data) on a console."""
    (console or replication_console()).print(replication_report(told))


def replication_report(told: Told) -> RenderableType:
    """Return the whole report: headline, each section's claims and table, what was solved."""
    return Group(
        Text(),
        Text(f" {told['title']}", style="bold"),
        Padding(Text(f"Against {told['source']}.", style="dim"), (0, 1)),
        *(part for section in told["sections"] for part in _section(section)),
        Text(),
        _footer(told),
        Text(),
    )


def _section(section: Told) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(), Text(f" {section['title']}", style="bold")]
    if section["claims"]:
        parts.append(claims_table(section["claims"]))
    if section["cells"]:
        parts.append(_cells(section))
    notes = [*section["notes"], *_readings(section["cells"])]
    return [*parts, *(Padding(Text(note, style="dim"), (0, 1)) for note in notes)]


def claims_table(claims: Sequence[Told]) -> Table:
    """Return the table of claims: what the text says, the verdict, the evidence in one line."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold", expand=True)
    table.add_column("claim", ratio=38)
    table.add_column("verdict", width=12)
    table.add_column("evidence", ratio=44)
    for claim in claims:
        said = Text(_said(claim))
        said.append(f"\n→ {claim['tested']}", style="dim")
        evidence = Text()
        if claim["condition"]:
            evidence.append(f"{claim['condition']}\n", style="yellow")
        evidence.append(claim["evidence"])
        table.add_row(said, Text(_verdict(claim), style=_STYLES[claim["verdict"]]), evidence)
    return table


def _verdict(claim: Told) -> str:
    partial = claim["verdict"] in {"fails", "holds where"} and claim["share"] is not None
    return f"{claim['verdict']}\n{_share(claim['share'])} true" if partial else str(claim["verdict"])


def _share(share: float) -> str:
    text = f"{100 * share:.0f}%"
    if text == "100%" and share < 1.0:
        return f"{100 * share:.1f}%"
    return text if text != "0%" or share == 0.0 else f"{100 * share:.1f}%"


def _said(claim: Told) -> str:
    """Quote the text's own words; what an equation, a sheet or a reading says stands without quotes."""
    if claim["source"] == "equation":
        return str(claim["quote"])
    return f"“{claim['quote']}”" if claim["source"] == "text" else f"({claim['source']}) {claim['quote']}"


def _cells(section: Told) -> RenderableType:
    """Lay cells out by row and column; those whose columns few rows share, and long numbers, stand one a line."""
    cells = section["cells"]
    if any(_digits(cell) > _GRID_DIGITS for cell in cells):
        return _list(cells)
    columns = list(dict.fromkeys(cell["column"] for cell in cells))
    rows = list(dict.fromkeys(cell["row"] for cell in cells))
    full = {c for c in columns if sum(cell["column"] == c for cell in cells) > 1}
    gridded = [cell for cell in cells if cell["column"] in full]
    parts: list[RenderableType] = []
    if gridded:
        parts += _grids(gridded, rows, [c for c in columns if c in full])
    rest = [cell for cell in cells if cell["column"] not in full]
    if rest:
        parts += [Text(), _list(rest)] if gridded else [_list(rest)]
    return Group(*parts)


def _readings(cells: Sequence[Told]) -> list[str]:
    """Say how the numbers of a grid, which has no room for it, were read where that was a matter of reading."""
    if any(_digits(cell) > _GRID_DIGITS for cell in cells):
        return []
    columns = [cell["column"] for cell in cells if not isinstance(cell["computed"], str)]
    read: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if _MARKS[cell["verdict"]] == "≈" and cell["note"] and columns.count(cell["column"]) > 1:
            read.setdefault((cell["column"], cell["note"]), []).append(cell["row"])
    return [f"≈ {column}, {', '.join(rows)}: {note}" for (column, note), rows in read.items()]


def _digits(cell: Told) -> int:
    """Count the significant digits a number is stated to."""
    return 0 if isinstance(cell["computed"], str) else len(cell["stated"].lstrip("+-0.").replace(".", ""))


def _grids(cells: Sequence[Told], rows: Sequence[str], columns: Sequence[str]) -> list[RenderableType]:
    at = {(cell["row"], cell["column"]): cell for cell in cells}
    rows = [row for row in rows if any((row, column) in at for column in columns)]
    signs = all(isinstance(cell["computed"], str) for cell in cells)
    groups = [list(columns)] if signs else _by_last_word(columns)
    return [_grid(at, rows, group, signs) for group in groups]


def _by_last_word(columns: Sequence[str]) -> list[list[str]]:
    """Group columns of one distribution: the last word of their names."""
    kind_of = {column: (column.split() or [""])[-1] for column in columns}
    return [[column for column in columns if kind_of[column] == kind] for kind in dict.fromkeys(kind_of.values())]


def _grid(at: Mapping[tuple[str, str], Told], rows: Sequence[str], columns: Sequence[str], signs: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="left" if signs else "right", min_width=5)
    for row in rows:
        table.add_row(row, *(_shown(at[row, c], signs) if (row, c) in at else Text() for c in columns))
    return table


def _shown(cell: Told, signs: bool) -> Text:
    """Show a computed sign or number; beside a number, as many digits as stated, what is stated and the mark."""
    style = _STYLES.get(cell["verdict"], "")
    mark = _MARKS[cell["verdict"]]
    if signs:
        text = Text(f"{cell['computed']} {mark}", style=style)
        if cell["verdict"] == "not reproduced":
            text.append(f" (sheet: {cell['stated']})", style="dim")
        return text
    if not cell["stated"]:
        return Text(f"{cell['computed']:.5g}", style="dim")
    return Text.assemble((f"{cell['computed']:.7g}", ""), (f"  {cell['stated']} ", "dim"), (mark, style))


def _list(cells: Sequence[Told]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold", expand=True)
    for head, justify in (("", "left"), ("number", "left"), ("computed", "right"), ("stated", "right")):
        table.add_column(head, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("", no_wrap=True)
    table.add_column("note", ratio=1, style="dim")
    for cell in cells:
        computed = (
            cell["computed"] if isinstance(cell["computed"], str) else f"{cell['computed']:.{max(9, _digits(cell))}g}"
        )
        mark = Text(_MARKS[cell["verdict"]], style=_STYLES.get(cell["verdict"], ""))
        table.add_row(cell["row"], cell["column"], computed, cell["stated"], mark, cell["note"])
    return table


def _footer(told: Told) -> RenderableType:
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items())
    text = Text(f" {verdicts}\n")
    text.append(" certified", style="bold green")
    text.append(
        f"  {told['solved']:,} equilibria, largest residual {told['max_residual']:.0e}; {told['refused']} refused"
    )
    text.append("\n ✓ to the digits stated   ≈ under a reading or exception stated in the notes   ✗ not", style="dim")
    return text


# The curves

_COLOURS = (BLUE, ORANGE, GREEN)
WIDTH, HEIGHT = 560, 340


@dataclass(frozen=True)
class Curve:
    """What to draw against tau: a column, its axis, the words above, where the dashed line stands."""

    column: str
    axis: str
    title: str
    subtitle: str
    corner: float
    logarithmic: bool = False


def curve_chart(curves: Mapping[str, Sequence[Any]], curve: Curve) -> altair.LayerChart:
    """Draw one column of the curves against tau, a line a distribution, each named at its end."""
    import altair as alt

    rows = [
        {"tau": tau, "value": value, "distribution": kind}
        for tau, value, kind in zip(curves["tau"], curves[curve.column], curves["distribution"], strict=True)
    ]
    kinds = list(dict.fromkeys(curves["distribution"]))
    ends = [
        max((row for row in rows if row["distribution"] == kind), key=lambda row: float(row["tau"])) for kind in kinds
    ]
    colours = alt.Scale(domain=kinds, range=list(_COLOURS[: len(kinds)]))
    colour = alt.Color("distribution:N", scale=colours, legend=None)
    domain = [float(min(curves["tau"])), float(max(curves["tau"]))]
    x = alt.X("tau:Q", title="iceberg trade cost τ", scale=alt.Scale(domain=domain, nice=False))
    scale = alt.Scale(type="log", nice=False) if curve.logarithmic else alt.Scale(zero=True)
    y = alt.Y("value:Q", title=curve.axis, scale=scale, axis=alt.Axis(grid=True, tickCount=6, format=".6~g"))
    lines = alt.Chart(alt.Data(values=rows)).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    names = alt.Chart(alt.Data(values=ends)).mark_text(fontSize=13, fontWeight="bold", align="left", dx=7)
    rule = alt.Chart(alt.Data(values=[{"tau": curve.corner}])).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x)
    layers = alt.layer(rule, lines, names.encode(x=x, y=y, color=colour, text="distribution:N"))
    heading = alt.TitleParams(curve.title, subtitle=curve.subtitle)
    chart: altair.LayerChart = themed(layers.properties(width=WIDTH, height=HEIGHT, title=heading))
    return chart
