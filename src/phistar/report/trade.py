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

from phistar.report.theme import BLUE, GOLD, GREY, INK
from phistar.verbs.trade import TradeResult

if TYPE_CHECKING:
    import altair

#: Columns a table takes in a pipe, where no terminal says.
PIPE_WIDTH = 100


@dataclass(frozen=True)
class Column:
    """One column of the table: heading in two lines, what it says, values, decimals."""

    heading: str
    meaning: str
    values: Callable[[TradeResult], np.ndarray]
    decimals: int = 2
    signed: bool = True


def _percent(name: str) -> Callable[[TradeResult], np.ndarray]:
    return lambda result: np.asarray(100 * (result[name] - 1))


def _level(name: str) -> Callable[[TradeResult], np.ndarray]:
    return lambda result: np.asarray(result[name])


#: In the order of their worth to a reader: a narrow terminal drops the last ones.
COLUMNS = (
    Column("welfare\n%", "final spending over the prices paid, tariff revenue included", _percent("welfare_hat"), 3),
    Column("welfare\n{money}", "the same change, worth at spending before", _level("equivalent_variation"), 1),
    Column("real\nwage %", "wage over the prices paid", _percent("real_wage_hat"), 3),
    Column("terms of\ntrade %", "price of own goods over that of imports, tariffs apart",
           _percent("terms_of_trade_hat")),
    Column("revenue\n{money}", "tariff revenue, after", _level("tariff_revenue_cf"), 1, signed=False),
    Column("exports\n%", "value of exports, tariffs apart", _percent("exports_hat")),
    Column("export\nlinks %", "pairs of a firm and a foreign country it sells in", _percent("export_links_hat")),
    Column("exporters\n%", "firms that sell abroad, taken as those in the largest foreign market: a tariff there "
           "shows in full", _percent("exporters_hat")),
    Column("home\ncutoff %", "productivity that a firm needs to survive at home", _percent("domestic_cutoff_hat"), 3),
    Column("average\nprod. %", "productivity of the firms in a market, averaged over sales in all markets",
           _percent("productivity_sales_weighted_hat")),
)  # fmt: skip
#: Assumptions that the words under the table tell already.
TOLD = {"welfare", "export links", "exporters", "productivity"}


def print_trade(result: TradeResult, console: Console | None = None) -> None:
    """Print the report on a console; by default standard output, 100 columns wide in a pipe."""
    console = console or trade_console()
    report = trade_report(result, console.width)
    if console.is_terminal:
        console.print(report)
        return
    with console.capture() as capture:
        console.print(report)
    # In a pipe no line ends in blanks.
    console.file.write("\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n")


def trade_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or 100 columns where there is none."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def trade_report(result: TradeResult, width: int = PIPE_WIDTH) -> RenderableType:
    """Return the whole report: the shock, the table, what its columns say and rest on, the certificate."""
    total = float(result["equivalent_variation"].sum())
    revenue = float(result["tariff_revenue_cf"].sum())
    world = f"World: welfare {total:+,.1f}, tariff revenue {revenue:,.1f} {result.model.table.money}"
    return Group(
        Text(),
        Text(result.model.sentence, style="bold"),
        Text(f"{result.model.table.source}; Melitz firms, one sector; changes in %", style="dim"),
        Text(),
        trade_table(result, width),
        Text(world),
        Text(),
        Text("What the columns say", style="bold"),
        _legend(result, width),
        Text(),
        Text("What this rests on", style="bold"),
        _assumptions(result),
        Text(),
        _certificate(result),
        *_credit(result),
    )


def trade_table(result: TradeResult, width: int = PIPE_WIDTH) -> Table:
    """Return the table of countries: those of the experiment first, then the others by welfare."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, header_style="bold")
    names = result.model.table.names
    table.add_column("\nCountry", no_wrap=True, width=_longest(result), overflow="ellipsis")
    cells = []
    for column in _fitting(result, width):
        table.add_column(column.heading.format(money=_money(result)), justify="right", no_wrap=True)
        cells.append([_cell(x, column) for x in column.values(result)])
    first, others = _order(result)
    for group in (first, others):
        for i in group:
            table.add_row(Text(names[i], style="bold cyan" if group is first else ""), *(column[i] for column in cells))
        if group is first and others:
            table.add_section()
    return table


def _longest(result: TradeResult) -> int:
    return min(max(len(name) for name in ("Country", *result.model.table.names)), 24)


def _money(result: TradeResult) -> str:
    return "bn USD" if result.model.table.money == "billion USD" else "units"


def _fitting(result: TradeResult, width: int) -> list[Column]:
    """Choose the columns that a page has room for."""
    shown: list[Column] = []
    room, used = width - _longest(result) - 1, 0
    for column in COLUMNS:
        used += max(7, *(len(line) for line in column.heading.format(money="bn USD").split("\n"))) + 1
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
    """Return the rows: the experiment's own countries, if few, then the others from best to worst."""
    named = [*result.model.importers, *result.model.exporters]
    at = {code: i for i, code in enumerate(result.countries)}
    first = [at[code] for code in dict.fromkeys(named)] if len(named) <= 6 else [at[c] for c in _few(result)]
    others = [int(i) for i in np.argsort(-result["welfare_hat"], kind="stable") if i not in first]
    return first, others


def _few(result: TradeResult) -> list[str]:
    sides = (result.model.importers, result.model.exporters)
    return [code for side in sides if len(side) <= 3 for code in side]


def _legend(result: TradeResult, width: int) -> RenderableType:
    """Say what each column shown means, for who has read nothing else."""
    grid = _grid()
    for column in _fitting(result, width):
        heading = column.heading.format(money=_money(result)).replace("\n", " ")
        grid.add_row(heading, column.meaning)
    return grid


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(ratio=1)
    return grid


def _assumptions(result: TradeResult) -> RenderableType:
    grid = _grid()
    for row in result.assumptions:
        if row["name"] in TOLD:
            continue
        text = Text(row["assumption"])
        if row["source"] != "convention":
            text.append(f" [{row['source']}]", style="dim")
        grid.add_row(row["name"], text)
    return grid


def _certificate(result: TradeResult) -> Text:
    certificate = result.certificate
    text = Text("certified", style="bold green")
    plain = "default not bold"
    text.append(f"  largest scaled residual {certificate.max_residual:.0e}, in {_words(certificate.worst)}", plain)
    text.append(f"\n           of {', '.join(_words(name) for name in certificate.residuals)}", "dim not bold")
    for name, passed in certificate.checks.items():
        text.append(f"\n           {_words(name)}: {'yes' if passed else 'no'}", plain)
    for note in certificate.notes:
        text.append(f"\n           {note}", plain)
    return text


def _words(name: str) -> str:
    return name.replace("_", " ")


def _credit(result: TradeResult) -> list[RenderableType]:
    credit = result.model.table.credit
    return [Text(), Padding(Text(credit, style="dim"), (0, 0, 1, 0))] if credit else [Text()]


# The figure

GATE, REST, TOTAL = "terms of trade", "efficiency", "total"
ROW_HEIGHT = 20


def trade_figure(result: TradeResult) -> Any:
    """Return the figure: who gains and why, and where firms sell more or less."""
    import altair as alt

    from phistar.report.theme import themed

    rows = _figure_rows(result)
    order = [row["country"] for row in rows]
    bold = " || ".join(f"datum.value === '{row['country']}'" for row in rows if row["named"]) or "false"
    labels = alt.Axis(
        domain=False,
        ticks=False,
        labelPadding=10,
        labelFontSize=12,
        labelLimit=220,
        labelColor=INK,
        labelFontWeight={"condition": {"test": bold, "value": "bold"}, "value": "normal"},
    )
    left = _welfare_panel(rows, alt.Y("country:N", sort=order, title=None, axis=labels))
    right = _links_panel(rows, alt.Y("country:N", sort=order, title=None, axis=None))
    title = alt.TitleParams(
        result.model.sentence, subtitle=_subtitle(result, rows), anchor="start", fontSize=17, offset=20
    )
    return themed(alt.hconcat(left, right, spacing=40).properties(title=title))


def _figure_rows(result: TradeResult) -> list[dict[str, Any]]:
    named = set(_few(result))
    welfare, links = _percent("welfare_hat")(result), _percent("export_links_hat")(result)
    exports = _percent("exports_hat")(result)
    rows = []
    for i, name in enumerate(result.model.table.names):
        gate, rest = (result[f"{part}_contribution"][i] for part in ("terms_of_trade", "efficiency"))
        # Shares of the log change, so that the two parts add up to the percentage.
        scale = welfare[i] / (gate + rest) if gate + rest else 100.0
        rows.append(
            {
                "country": name,
                "named": result.countries[i] in named,
                TOTAL: float(welfare[i]),
                GATE: float(scale * gate),
                REST: float(scale * rest),
                "links": float(links[i]),
                "exports": float(exports[i]),
            }
        )
    return sorted(rows, key=lambda row: -row[TOTAL])


def _subtitle(result: TradeResult, rows: list[dict[str, Any]]) -> list[str]:
    model = result.model
    told = "".join(f"{_told(row)}; " for row in rows if row["named"])
    extremes = f"countries range from {_told(rows[0])} to {_told(rows[-1])}"
    firms = f"Melitz firms, Pareto productivity, sigma {model.sigma:g}, shape {model.shape:g}, one sector"
    inputs = "labour alone" if model.inputs == "none" else "roundabout inputs"
    return [
        f"Real spending: {told}{extremes}",
        f"{firms}, {inputs}. Flows: {model.table.source}",
    ]


def _told(row: dict[str, Any]) -> str:
    return f"{row['country']} {row[TOTAL]:+.3f}%".replace("-", "−")


def _welfare_panel(rows: list[dict[str, Any]], y: altair.Y) -> Any:
    import altair as alt

    parts = [
        {"country": row["country"], "part": part, "value": row[part], TOTAL: row[TOTAL]}
        for row in rows
        for part in (GATE, REST)
    ]
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=[GATE, REST, TOTAL], range=[BLUE, GOLD, INK]),
        legend=alt.Legend(orient="top", title=None, symbolType="square", symbolSize=110, symbolStrokeWidth=0),
    )
    x = alt.X("value:Q", title="change in real spending, per cent", axis=_axis(10))
    hints = ["country:N", "part:N", *(alt.Tooltip(f"{name}:Q", format="+.3f") for name in ("value", TOTAL))]
    bars = alt.Chart(alt.Data(values=parts)).mark_bar(height=11).encode(y=y, x=x, color=colour, tooltip=hints)
    totals = [{"country": row["country"], "value": row[TOTAL], "part": TOTAL} for row in rows]
    points = (
        alt.Chart(alt.Data(values=totals))
        .mark_point(shape="diamond", filled=True, size=64, opacity=1, stroke="white", strokeWidth=1)
        .encode(y=y, x=x, color=colour)
    )
    return alt.layer(_zero(), bars, points).properties(width=460, height=alt.Step(ROW_HEIGHT))


def _links_panel(rows: list[dict[str, Any]], y: altair.Y) -> Any:
    import altair as alt

    data = alt.Data(values=rows)
    said = ["change in export links, per cent", "(pairs of a firm and a foreign country)"]
    x = alt.X("links:Q", title=said, axis=_axis(5))
    hints = ["country:N", *(alt.Tooltip(f"{name}:Q", format="+.2f") for name in ("links", "exports"))]
    stems = alt.Chart(data).mark_rule(color=GREY, strokeWidth=1.5).encode(y=y, x=x, x2=alt.datum(0), tooltip=hints)
    heads = alt.Chart(data).mark_circle(color=INK, size=60, opacity=1).encode(y=y, x=x, tooltip=hints)
    return alt.layer(_zero(), stems, heads).properties(width=240, height=alt.Step(ROW_HEIGHT))


def _axis(ticks: int) -> altair.Axis:
    import altair as alt

    label = "datum.value === 0 ? '0' : (datum.value > 0 ? '+' : '−') + format(abs(datum.value), '~g')"
    return alt.Axis(labelExpr=label, grid=True, domain=False, ticks=False, tickCount=ticks, labelFlush=False)


def _zero() -> Any:
    import altair as alt

    return alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY).encode(x="zero:Q")
