"""The figures of the replication: the paper's 3 to 7, what its misprint does, and how often its statements hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phistar.replicate.kim.curves import AFTER, BEFORE, PRINTED, TRUE
from phistar.replicate.results import Replication
from phistar.report.theme import BLUE, GREEN, GREY, INK, ORANGE, PINK, themed

Rows = list[dict[str, Any]]
WIDTH, HEIGHT = 300, 240
_SERIES = {BEFORE: BLUE, AFTER: ORANGE}
_SAMPLES = (BLUE, ORANGE, GREEN, PINK)
_FEENSTRA_MA = "Feenstra and Ma's firms, one of each productivity in autarky, two after two economies integrate"


def figures(replication: Replication) -> dict[str, Any]:
    """Draw the paper's figures 3 to 7, then one of the misprint and one of the draws."""
    curves = {name: list(column) for name, column in replication.curves.items()}
    rows = [dict(zip(curves, row, strict=True)) for row in zip(*curves.values(), strict=True)]
    firms = [row for row in rows if row["figure"] == "firms"]
    return {
        "figure3": _shares(_of(firms, "share")),
        "figure4": _profits(_of(firms, "profit")),
        "figure5": _ranges(_of(firms, "varieties"), _of(firms, "on sale")),
        "figure6": _prices(_of(firms, "price"), _of(firms, "markup")),
        "figure7": _sets([row for row in rows if row["figure"] == "sets"]),
        "misprint": _misprint([row for row in rows if row["figure"] == "misprint"]),
        "draws": _draws([row for row in rows if row["figure"].startswith("draws")]),
    }


def _of(rows: Rows, quantity: str) -> Rows:
    return [row for row in rows if row["quantity"] == quantity and row["y"] is not None]


def _named(rows: Rows) -> Rows:
    return [{**row, "name": f"{row['firm']}", "told": f"{row['y']:.1f}"} for row in rows]


def _heading(title: str, subtitle: str | Sequence[str]) -> Any:
    import altair as alt

    return alt.TitleParams(title, subtitle=subtitle)


def _legend() -> Any:
    import altair as alt

    return alt.Legend(title=None, orient="top", direction="horizontal", symbolType="square", symbolStrokeWidth=0)


def _colour(shown: dict[str, str], legend: Any = None) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(shown), range=list(shown.values()))
    return alt.Color("series:N", scale=scale, legend=legend)


def _bars(rows: Rows, axis: str, title: str = "", width: int = WIDTH) -> Any:
    """Draw a bar a firm and regime, its value above it."""
    import altair as alt

    top = 1.12 * max(row["y"] for row in rows)
    base = alt.Chart(alt.Data(values=_named(rows))).encode(
        x=alt.X("name:N", title="firm, the most productive first", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("series:N", sort=[BEFORE, AFTER]),
        y=alt.Y("y:Q", title=axis, scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(grid=True, tickCount=5)),
        color=_colour(_SERIES, _legend()),
    )
    told = base.mark_text(dy=-7, fontSize=11, color=INK).encode(text="told:N", color=alt.value(INK))
    drawn = (base.mark_bar() + told).properties(width=width, height=HEIGHT)
    return drawn.properties(title=_small(title)) if title else drawn


def _small(title: str) -> Any:
    import altair as alt

    return alt.TitleParams(title, fontSize=13, anchor="start", offset=8, frame="group")


def _shares(rows: Rows) -> Any:
    import altair as alt

    active = [row for row in rows if row["y"] > 0.0]
    rules = []
    for series in _SERIES:
        last = min((row for row in active if row["series"] == series), key=lambda row: row["y"])
        told = f"share of the marginal firm, {series}: {last['y']:.1f}%"
        mark = alt.Chart(alt.Data(values=[{"y": last["y"], "told": told}]))
        rules.append(mark.mark_rule(color=_SERIES[series], strokeDash=[5, 4]).encode(y="y:Q"))
        lift = -3 if series == AFTER else -26  # above the numbers of the smallest bars
        words = mark.mark_text(align="right", baseline="bottom", dy=lift, fontSize=12, color=_SERIES[series])
        rules.append(words.encode(y="y:Q", x=alt.value(520), text="told:N"))
    drawn = alt.layer(_bars(active, "share of the sector, per cent", width=520), *rules)
    title = _heading("Figure 3. Shares before and after trade", _FEENSTRA_MA)
    return themed(drawn.properties(width=520, height=300, title=title))


def _profits(rows: Rows) -> Any:
    """Draw profits against productivity, an arrow from autarky to trade, and the cutoffs."""
    import altair as alt

    x = alt.X("x:Q", title="productivity", scale=alt.Scale(domain=[0.23, 0.284], nice=False))
    y = alt.Y("y:Q", title="profit", scale=alt.Scale(domain=[-1.5, 75], nice=False), axis=alt.Axis(grid=True))
    moves = [{"x": a["x"], "y": a["y"], "to": b["y"]} for a in rows for b in rows
             if a["firm"] == b["firm"] and a["series"] == BEFORE and b["series"] == AFTER]  # fmt: skip
    arrows = alt.Chart(alt.Data(values=moves)).mark_rule(color=GREY, strokeWidth=1.5).encode(x=x, y=y, y2="to:Q")
    points = alt.Chart(alt.Data(values=_named(rows))).mark_circle(size=110, opacity=1.0)
    drawn = points.encode(x=x, y=y, color=_colour(_SERIES, _legend()))
    told = [{**row, "told": f"firm {row['firm']}: {row['y']:.1f}"} for row in rows if row["y"] > 5.0]
    words = alt.Chart(alt.Data(values=told)).mark_text(align="right", dx=-10, fontSize=12, color=INK)
    low = [{"x": 0.2385, "y": 6.0, "told": _leavers(rows)}]
    left = (
        alt.Chart(alt.Data(values=low)).mark_text(align="left", fontSize=12, color=GREY).encode(x=x, y=y, text="told:N")
    )
    layers = [arrows, *_cutoffs(rows, x), drawn, words.encode(x=x, y=y, text="told:N"), left]
    title = _heading("Figure 4. Profits and the cutoff before and after trade", _FEENSTRA_MA)
    return themed(alt.layer(*layers).properties(width=560, height=320, title=title))


def _leavers(rows: Rows) -> str:
    """Say which firms leave and what they earned."""
    after = {row["firm"]: row["y"] for row in rows if row["series"] == AFTER}
    gone = [row for row in rows if row["series"] == BEFORE and after[row["firm"]] == 0.0]
    return f"firms {', '.join(str(row['firm']) for row in gone)} leave; they earned " + ", ".join(
        f"{row['y']:.2f}" for row in gone
    )


def _cutoffs(rows: Rows, x: Any) -> list[Any]:
    import altair as alt

    marks = []
    for series in _SERIES:
        cutoff = min(row["x"] for row in rows if row["series"] == series and row["y"] > 0.0)
        mark = alt.Chart(alt.Data(values=[{"x": cutoff, "told": f"cutoff, {series}: {cutoff:.4f}"}]))
        marks.append(mark.mark_rule(color=_SERIES[series], strokeDash=[5, 4]).encode(x=x))
        words = mark.mark_text(align="left", dx=6, fontSize=12, color=_SERIES[series])
        marks.append(words.encode(x=x, y=alt.value(14), text="told:N"))
    return marks


def _ranges(each: Rows, on_sale: Rows) -> Any:
    import altair as alt

    left = _bars([row for row in each if row["y"] > 0.0], "varieties of one firm", "Of each firm")
    totals = {s: sum(row["y"] for row in on_sale if row["series"] == s) for s in _SERIES}
    rows = [{"series": s, "y": total, "told": f"{total:.2f}"} for s, total in totals.items()]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("series:N", title=None, sort=[BEFORE, AFTER], axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "y:Q", title="varieties on sale", scale=alt.Scale(domain=[0, 73], nice=False), axis=alt.Axis(grid=True)
        ),
        color=_colour(_SERIES),
    )
    told = base.mark_text(dy=-8, fontSize=12).encode(text="told:N", color=alt.value(INK))
    right = (base.mark_bar(size=44) + told).properties(
        width=150, height=HEIGHT, title=_small("On sale in each economy")
    )
    title = _heading("Figure 5. Ranges of varieties before and after trade", _FEENSTRA_MA)
    return themed(alt.hconcat(left, right, spacing=36).properties(title=title))


def _prices(price: Rows, markup: Rows) -> Any:
    import altair as alt

    panels = [_points(price, "price of a variety", "Prices", 12), _points(markup, "markup", "Markups", -10)]
    title = _heading("Figure 6. Prices and markups before and after trade", [*_one_factor(markup), _FEENSTRA_MA])
    return themed(alt.hconcat(*panels, spacing=40).properties(title=title))


def _one_factor(rows: Rows) -> list[str]:
    """Say by which one factor the survivors' markups fall, if there is one."""
    at = {(row["series"], row["firm"]): row["y"] for row in rows}
    falls = [100.0 * (1.0 - value / at[BEFORE, firm]) for (series, firm), value in at.items() if series == AFTER]
    if max(falls) - min(falls) > 1e-9:
        return []
    return [f"Both survivors' markups, and so their prices, fall by the same {falls[0]:.2f} per cent"]


def _points(rows: Rows, axis: str, title: str, dy: float) -> Any:
    """Draw a dot a firm and a line a regime; what is told stands `dy` below the dot, clear of the line."""
    import altair as alt

    low, high = min(row["y"] for row in rows), max(row["y"] for row in rows)
    pad = 0.12 * (high - low)
    base = alt.Chart(alt.Data(values=_named(rows))).encode(
        x=alt.X("x:Q", title="productivity", scale=alt.Scale(domain=[0.23, 0.284], nice=False),
                axis=alt.Axis(tickCount=6)),
        y=alt.Y("y:Q", title=axis, scale=alt.Scale(domain=[low - pad, high + pad], nice=False),
                axis=alt.Axis(grid=True, tickCount=6)),
        color=_colour(_SERIES, _legend()),
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=1.5)
    best = [row for row in _named(rows) if row["firm"] <= 2]
    names = alt.Chart(alt.Data(values=[{**row, "told": f"firm {row['firm']}: {row['y']:.2f}"} for row in best]))
    told = names.mark_text(align="right", dx=-8, dy=dy, fontSize=11, color=INK).encode(x="x:Q", y="y:Q", text="told:N")
    return (lines + base.mark_circle(size=80, opacity=1.0) + told).properties(
        width=WIDTH, height=HEIGHT, title=_small(title)
    )


def _sets(rows: Rows) -> Any:
    import altair as alt

    curve = alt.Data(values=[row for row in rows if row["series"] == "density"])
    x = alt.X("x:Q", title="productivity (log scale)",
              scale=alt.Scale(type="log", domain=[0.19, 2.7], nice=False),
              axis=alt.Axis(values=[0.2, 0.3, 0.5, 1, 2], format=".1f"))  # fmt: skip
    y = alt.Y(
        "y:Q", title="density", scale=alt.Scale(domain=[0, 27], nice=False), axis=alt.Axis(grid=True, tickCount=5)
    )
    panels = []
    names = [name for name in dict.fromkeys(row["series"] for row in rows) if name != "density"]
    for name, colour in zip(names, _SAMPLES, strict=False):
        line = alt.Chart(curve).mark_line(color=GREY, strokeWidth=1.5).encode(x=x, y=y)
        firms = alt.Chart(alt.Data(values=[row for row in rows if row["series"] == name]))
        dots = firms.mark_circle(size=70, color=colour, opacity=0.9).encode(x=x, y=y)
        panels.append((line + dots).properties(width=245, height=200, title=_small(name)))
    title = _heading("Figure 7. Three sets of ten firms from one Pareto",
                     "Shape 5 on 0.2 and above; ten clusters of a sorted sample of 500,000")  # fmt: skip
    return themed(alt.hconcat(*panels, spacing=26).properties(title=title))


def _misprint(rows: Rows) -> Any:
    import altair as alt

    colours = {TRUE: BLUE, PRINTED: ORANGE}
    panels = []
    for table in dict.fromkeys(row["quantity"] for row in rows):
        mine = [{**row, "told": f"{row['y']:.2f}"} for row in rows if row["quantity"] == table]
        low, high = min(row["y"] for row in mine), max(row["y"] for row in mine)
        left, right = min(row["x"] for row in mine), max(row["x"] for row in mine)
        base = alt.Chart(alt.Data(values=mine)).encode(
            x=alt.X("x:Q", title="productivity", axis=alt.Axis(tickCount=6),
                    scale=alt.Scale(domain=[left - 0.01, right + 0.012], nice=False)),
            y=alt.Y("y:Q", title="price of a variety", axis=alt.Axis(grid=True, tickCount=5),
                    scale=alt.Scale(domain=[low - 0.05, high + 0.06], nice=False)),
            color=_colour(colours, _legend()),
        )  # fmt: skip
        told = base.mark_text(dx=-8, dy=-11, fontSize=11).encode(text="told:N", color=alt.value(INK))
        drawn = base.mark_line(strokeWidth=1.5) + base.mark_circle(size=80, opacity=1.0) + told
        panels.append(drawn.properties(width=WIDTH, height=HEIGHT, title=_small(f"{table}, before trade")))
    title = _heading("In no equilibrium does a more productive firm charge more",
                     "CES upper tier; the printed prices come from (A.5), which lacks a factor")  # fmt: skip
    return themed(alt.hconcat(*panels, spacing=40).properties(title=title))


def _draws(rows: Rows) -> Any:
    """Draw the share of draws in which each statement holds, a dot a distribution."""
    import altair as alt

    order = list(dict.fromkeys(row["quantity"] for row in rows))
    colours = dict(zip(dict.fromkeys(row["series"] for row in rows), _SAMPLES, strict=True))
    panels: list[Any] = []
    for figure, title in (("draws R", "Spending on the sector fixed"), ("draws CES", "CES upper tier, η 2")):
        mine = [row for row in rows if row["figure"] == figure]
        axis = alt.Axis(
            labelLimit=300,
            grid=True,
            domain=False,
            ticks=False,
            labelFontSize=12,
            labelColor=INK,
            labelPadding=12,
            labels=not panels,
        )
        base = alt.Chart(alt.Data(values=mine)).encode(
            x=alt.X("x:Q", title="share of draws in which it holds", 
                    axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
                    scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("quantity:N", title=None, sort=order, axis=axis),
            color=_colour(colours, alt.Legend(title=None, orient="top", direction="horizontal", symbolSize=110,
                                              symbolStrokeWidth=0)),
        )  # fmt: skip
        panels.append(base.mark_circle(size=80, opacity=0.85).properties(width=270, height=330, title=_small(title)))
    title = _heading("One draw proves nothing: how often each statement holds",
                     ["1,000 draws of the firms from each distribution; two economies integrate head to head",
                      "Pareto: ten firms, k 5; Poisson: their number random; fat-tailed: 30 firms, k 2; lognormal: "
                      "20 firms, sd 0.2"])  # fmt: skip
    return themed(alt.hconcat(*panels, spacing=24).properties(title=title))
