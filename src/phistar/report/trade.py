"""Report a tariff experiment: a table for the terminal, a figure for paper and browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..verbs.trade import TradeResult

if TYPE_CHECKING:
    import altair

#: Columns a table takes in a pipe, where no terminal says.
PIPE_WIDTH = 100


@dataclass(frozen=True)
class Column:
    """One column of the table: heading in two lines, values, decimals."""

    heading: str
    values: Callable[[TradeResult], np.ndarray]
    decimals: int = 2
    signed: bool = True


def _percent(name: str) -> Callable[[TradeResult], np.ndarray]:
    return lambda result: np.asarray(100 * (result[name] - 1))


def _level(name: str) -> Callable[[TradeResult], np.ndarray]:
    return lambda result: np.asarray(result[name])


#: In the order of their worth to a reader: a narrow terminal drops the last ones.
COLUMNS = (
    Column("welfare\n%", _percent("welfare_hat"), 3),
    Column("welfare\n{money}", _level("equivalent_variation"), 1),
    Column("real\nwage %", _percent("real_wage_hat"), 3),
    Column("terms of\ntrade %", _percent("terms_of_trade_hat")),
    Column("tariff\n{money}", _level("tariff_revenue_cf"), 1, signed=False),
    Column("exports\n%", _percent("exports_hat")),
    Column("export-\ners %", _percent("exporters_hat")),
    Column("export\nlinks %", _percent("export_links_hat")),
    Column("home\ncutoff %", _percent("domestic_cutoff_hat"), 3),
    Column("product-\nivity %", _percent("productivity_sales_weighted_hat")),
)


def print_trade(result: TradeResult, console: Console | None = None) -> None:
    """Print the report on a console; by default standard output, 100 columns wide in a pipe."""
    console = console or trade_console()
    console.print(trade_report(result, console.width))


def trade_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or 100 columns where there is none."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def trade_report(result: TradeResult, width: int = PIPE_WIDTH) -> RenderableType:
    """Return the whole report: the shock, the table, what it rests on, the certificate."""
    total = float(result["equivalent_variation"].sum())
    world = f"World: {total:+,.1f} {result.model.table.money}; tariff revenue {result['tariff_revenue_cf'].sum():,.1f}."
    return Group(
        Text(),
        Text(f" {result.model.sentence}", style="bold"),
        Text(f" {result.model.table.source}; one sector; Melitz firms, Pareto productivity; percentage changes", style="dim"),
        trade_table(result, width),
        Text(f" {world}"),
        Text(),
        Text(" What this rests on", style="bold"),
        _assumptions(result),
        Text(),
        _certificate(result),
        *_credit(result),
    )


def trade_table(result: TradeResult, width: int = PIPE_WIDTH) -> Table:
    """Return the table of countries: those of the experiment first, then the others by welfare."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=True, show_edge=False, header_style="bold")
    names = result.model.table.names
    longest = min(max(len(name) for name in names), 24)
    table.add_column("\nCountry", no_wrap=True, width=longest, overflow="ellipsis")
    shown = _fitting(width - longest - 2)
    money = "bn USD" if result.model.table.money == "billion USD" else "units"
    cells = []
    for column in shown:
        table.add_column(column.heading.format(money=money), justify="right", no_wrap=True)
        cells.append([_cell(x, column) for x in column.values(result)])
    first, others = _order(result)
    for group in (first, others):
        for i in group:
            table.add_row(Text(names[i], style="bold cyan" if group is first else ""), *(column[i] for column in cells))
        if group is first and others:
            table.add_section()
    return table


def _fitting(room: int) -> list[Column]:
    shown, used = [], 0
    for column in COLUMNS:
        used += 9
        if used > room and shown:
            break
        shown.append(column)
    return shown


def _cell(x: float, column: Column) -> Text:
    if not np.isfinite(x):
        return Text("-", style="dim")
    rounded = round(float(x), column.decimals)
    if rounded == 0:
        return Text("0" if x == 0 else f"{0:.{column.decimals}f}", style="dim")
    text = f"{rounded:{'+' if column.signed else ''}.{column.decimals}f}"
    if len(text) > 8:
        text = f"{x:{'+' if column.signed else ''}.1e}"
    return Text(text, style="" if not column.signed else "green" if x > 0 else "red")


def _order(result: TradeResult) -> tuple[list[int], list[int]]:
    """Return the rows: the experiment's own countries, if few, then the others by welfare from best to worst."""
    named = [*result.model.importers, *result.model.exporters]
    at = {code: i for i, code in enumerate(result.countries)}
    first = [at[code] for code in dict.fromkeys(named)] if len(named) <= 6 else [at[c] for c in _few(result)]
    others = [int(i) for i in np.argsort(-result["welfare_hat"], kind="stable") if i not in first]
    return first, others


def _few(result: TradeResult) -> list[str]:
    sides = (result.model.importers, result.model.exporters)
    return [code for side in sides if len(side) <= 3 for code in side]


def _assumptions(result: TradeResult) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(ratio=1)
    for row in result.assumptions:
        text = Text(row["assumption"])
        if row["source"] not in {"convention", row["assumption"]} and row["source"] not in row["assumption"]:
            text.append(f" [{row['source']}]", style="dim")
        grid.add_row(row["name"], text)
    return Padding(grid, (0, 1, 0, 1))


def _certificate(result: TradeResult) -> Text:
    certificate = result.certificate
    text = Text(" certified", style="bold green")
    text.append(f"  every equation holds to {certificate.max_residual:.0e} or better", style="default not bold")
    text.append(" (" + ", ".join(name.replace("_", " ") for name in certificate.residuals) + ")", style="dim not bold")
    for name, passed in certificate.checks.items():
        text.append(f"\n            {name.replace('_', ' ')}: {'yes' if passed else 'NO'}", style="default not bold")
    for note in certificate.notes:
        text.append(f"\n            {note}", style="default not bold")
    return text


def _credit(result: TradeResult) -> list[RenderableType]:
    credit = result.model.table.credit
    return [Text(), Padding(Text(credit, style="dim"), (0, 1, 1, 1))] if credit else [Text()]


# The figure

BLUE, ORANGE, INK, GREY, RULE = "#2b6ca3", "#e3913f", "#1f2933", "#64707d", "#e6eaee"
GATE, REST = "terms of trade", "efficiency"
ROW_HEIGHT = 19


def trade_figure(result: TradeResult) -> altair.HConcatChart:
    """Return the figure: who gains and why, and where firms sell more or less."""
    import altair as alt

    rows = _figure_rows(result)
    order = [row["country"] for row in rows]
    table = result.model.table
    title = alt.TitleParams(
        result.model.sentence,
        subtitle=[
            *_story(result, rows),
            f"Melitz firms, Pareto productivity, sigma = {result.model.sigma:g}, shape = {result.model.shape:g}, one sector, "
            f"inputs {result.model.inputs}. Flows: {table.source}.",
        ],
        anchor="start", fontSize=18, color=INK, subtitleFontSize=12, subtitleColor=GREY, subtitlePadding=8, offset=22,
    )  # fmt: skip
    labels = alt.Axis(domain=False, ticks=False, grid=False, labelPadding=10, labelFontSize=12, labelLimit=220)
    left = _welfare_panel(rows, alt.Y("country:N", sort=order, title=None, axis=labels))
    right = _links_panel(rows, alt.Y("country:N", sort=order, title=None, axis=None))
    return (
        alt.hconcat(left, right, spacing=36)
        .properties(title=title, padding=24, background="white")
        .configure(font="Helvetica Neue, Helvetica, Arial, sans-serif")
        .configure_view(stroke=None)
        .configure_axisX(domain=False, ticks=False, gridColor=RULE, labelColor=GREY, titleColor=INK, labelFontSize=11,
                         titleFontSize=12, titleFontWeight="normal", titlePadding=10, tickCount=6)
        .configure_axisY(labelColor=INK)
        .configure_legend(orient="top", title=None, labelFontSize=12, labelColor=INK, symbolType="square", symbolSize=110,
                          offset=6)
    )  # fmt: skip


def _figure_rows(result: TradeResult) -> list[dict[str, Any]]:
    named = {*_few(result)}
    percent = {name: _percent(name)(result) for name in ("welfare_hat", "export_links_hat", "exports_hat")}
    rows = [
        {
            "country": name,
            "welfare": float(percent["welfare_hat"][i]),
            GATE: float(100 * result["terms_of_trade_contribution"][i]),
            REST: float(100 * result["efficiency_contribution"][i]),
            "links": float(percent["export_links_hat"][i]),
            "exports": float(percent["exports_hat"][i]),
            "named": result.countries[i] in named,
        }
        for i, name in enumerate(result.model.table.names)
    ]
    return sorted(rows, key=lambda row: -row["welfare"])


def _story(result: TradeResult, rows: list[dict[str, Any]]) -> list[str]:
    best, worst = rows[0], rows[-1]
    told = [f"{row['country']} {row['welfare']:+.2f}%" for row in rows if row["named"]]
    text = "Real spending: " + ", ".join(told) if told else "Real spending"
    return [f"{text}; most gained by {best['country']} ({best['welfare']:+.2f}%), most lost by {worst['country']} "
            f"({worst['welfare']:+.2f}%)."]  # fmt: skip


def _welfare_panel(rows: list[dict[str, Any]], y: altair.Y) -> altair.LayerChart:
    import altair as alt

    parts = [
        {"country": row["country"], "part": part, "value": row[part], "welfare": row["welfare"]}
        for row in rows
        for part in (GATE, REST)
    ]
    colour = alt.Color("part:N", scale=alt.Scale(domain=[GATE, REST, "total"], range=[BLUE, ORANGE, INK]))
    tooltip = ["country:N", "part:N", alt.Tooltip("value:Q", format="+.3f"), alt.Tooltip("welfare:Q", format="+.3f")]
    bars = alt.Chart(alt.Data(values=parts)).mark_bar(height=11).encode(
        y=y, x=alt.X("value:Q", title="welfare change, per cent (bars are log points)", axis=alt.Axis(format="+~g")),
        color=colour, tooltip=tooltip,
    )  # fmt: skip
    totals = [{"country": row["country"], "value": row["welfare"], "part": "total"} for row in rows]
    points = alt.Chart(alt.Data(values=totals)).mark_point(
        shape="diamond", filled=True, size=62, opacity=1, stroke="white", strokeWidth=1
    ).encode(y=y, x="value:Q", color=colour)  # fmt: skip
    return alt.layer(_zero(), bars, points).properties(width=470, height=alt.Step(ROW_HEIGHT))


def _links_panel(rows: list[dict[str, Any]], y: altair.Y) -> altair.LayerChart:
    import altair as alt

    data = alt.Data(values=rows)
    x = alt.X("links:Q", title="number of exporter-market pairs, per cent", axis=alt.Axis(format="+~g"))
    tooltip = ["country:N", alt.Tooltip("links:Q", format="+.2f"), alt.Tooltip("exports:Q", format="+.2f")]
    stems = alt.Chart(data).mark_rule(color=GREY, strokeWidth=1.5).encode(y=y, x=x, x2=alt.datum(0), tooltip=tooltip)
    heads = alt.Chart(data).mark_circle(color=INK, size=64, opacity=1).encode(y=y, x=x, tooltip=tooltip)
    return alt.layer(_zero(), stems, heads).properties(width=230, height=alt.Step(ROW_HEIGHT))


def _zero() -> altair.Chart:
    import altair as alt

    return alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY).encode(x="zero:Q")
