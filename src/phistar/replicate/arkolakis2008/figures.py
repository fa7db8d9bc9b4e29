"""Figures 1 to 10, each one Vega-Lite definition.

Where the paper draws data that its text does not hold, the model's curve stands alone and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.replicate.arkolakis2008.curves import DATA, LOG, NONE, REVENUES
from phistar.replicate.arkolakis2008.liberalization import fall_of_cutoff, part
from phistar.replicate.arkolakis2008.world import BETA
from phistar.report.theme import BLUE, GOLD, GREEN, GREY, INK, ORANGE, themed

if TYPE_CHECKING:
    import altair

WIDTH, HEIGHT = 520, 320
#: Ticks of productivity over the cutoff.
NEAR = [0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25]
COLOURS = {NONE: ORANGE, LOG: BLUE, "β = 0.5": GREEN, DATA: INK,
           "marginal cost": BLUE, "high φ": GREEN, "low φ": ORANGE,
           "β = 0 and β = 1": BLUE, "sales before": "#c9c9c9", "intensive margin": BLUE, "new consumers": GREEN,
           "new firms": GOLD}  # fmt: skip
#: Names of the curves as the paper gives them.
KINDS = {NONE: "fixed cost (β = 0)", LOG: "market penetration (β = 1)"}
NO_DATA = "the paper's curve of French data is not in its text"
Rows = list[dict[str, Any]]


def draw_figures(curves: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Draw every figure from the replication's columns: charts by name."""
    rows = [dict(zip(curves, row, strict=True)) for row in zip(*curves.values(), strict=True)]
    of = {str(k): [row for row in rows if row["figure"] == str(k)] for k in range(1, 11)}
    return {
        "figure01": _cost(of["1"]),
        "figure02": _access(of["2"]),
        "figure03": _reach(of["3"]),
        "figure04": _consumer(of["4"]),
        "figure05": _firm(of["5"]),
        "figure06": _home(of["6"]),
        "figure07": _percentiles(of["7"]),
        "figure08": _growth(of["8"]),
        "figure09": _density(of["9"]),
        "figure10": _margins(of["10"]),
    }


# -- parts ---------------------------------------------------------------------------------------------------


def _plain(rows: Rows) -> Any:
    import altair as alt

    keep = [{k: v for k, v in row.items() if not (isinstance(v, float) and np.isnan(v))} for row in rows]
    return alt.Data(values=[{k: float(v) if isinstance(v, np.floating) else v for k, v in r.items()} for r in keep])


def _axis(channel: str, title: str, field: str, **options: Any) -> Any:
    import altair as alt

    scale = {"nice": False, **options.pop("scale", {})}
    kind = alt.X if channel == "x" else alt.Y
    return kind(f"{field}:Q", title=title, scale=alt.Scale(**scale), axis=alt.Axis(**options))


def _colour(names: Sequence[str]) -> Any:
    import altair as alt

    return alt.Color("series:N", legend=None, scale=alt.Scale(domain=list(names), range=[COLOURS[n] for n in names]))


def _names(rows: Rows) -> list[str]:
    return list(dict.fromkeys(row["series"] for row in rows))


def _lines(rows: Rows, x: Any, y: Any) -> Any:
    import altair as alt

    return alt.Chart(_plain(rows)).mark_line(strokeWidth=2.5, clip=True).encode(
        x=x, y=y, color=_colour(_names(rows)), order=alt.Order("x:Q")
    )  # fmt: skip


def _note(x: float, y: float, text: str, colour: str, x_axis: Any, y_axis: Any, **mark: Any) -> Any:
    import altair as alt

    style = {"fontSize": 12.5, "fontWeight": "bold", "align": "left", "color": colour, "lineBreak": "\n", **mark}
    return alt.Chart(alt.Data(values=[{"x": x, "y": y, "text": text}])).mark_text(**style).encode(
        x=x_axis, y=y_axis, text="text:N"
    )  # fmt: skip


def _rule(at: float, x: Any, text: str = "φ*") -> Any:
    import altair as alt

    data = alt.Data(values=[{"x": at, "text": text}])
    rule = alt.Chart(data).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x)
    name = alt.Chart(data).mark_text(color=GREY, fontSize=12, align="left", baseline="top", dx=5, dy=2)
    return rule + name.encode(x=x, y=alt.value(0), text="text:N")


def _finish(layers: Sequence[Any], title: str, subtitle: str | list[str], *, width: int = WIDTH) -> altair.LayerChart:
    import altair as alt

    heading = alt.TitleParams(title, subtitle=subtitle)
    chart: altair.LayerChart = themed(alt.layer(*layers).properties(width=width, height=HEIGHT, title=heading))
    return chart


# -- the figures ---------------------------------------------------------------------------------------------


def _cost(rows: Rows) -> Any:
    x = _axis("x", "fraction of consumers reached, n", "x", format=".1f", scale={"domain": [0, 1]})
    y = _axis("y", "marginal cost, over that of the first consumer", "y", tickCount=6, grid=True,
              scale={"domain": [0, 10]})  # fmt: skip
    notes = [
        _note(0.83, 7.4, "β = 1", BLUE, x, y, align="right"),
        _note(0.91, 3.3, "β = 0.5", GREEN, x, y),
        _note(0.91, 1.0, "β = 0", ORANGE, x, y),
    ]
    return _finish([_lines(rows, x, y), *notes], "Figure 1. Reaching one more consumer",
                   "1/(1 − n) to the power β; constant only when β = 0")  # fmt: skip


def _access(rows: Rows) -> Any:
    import altair as alt

    x = _axis("x", "fraction of consumers reached, n", "x", format=".1f", scale={"domain": [0, 1]})
    y = _axis("y", "a consumer's marginal cost and revenue", "y", tickCount=6, grid=True, scale={"domain": [0, 7]})
    chosen = [row for row in rows if row["panel"] == "chosen"]
    points = alt.Chart(_plain(chosen)).mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=_colour(list(REVENUES))
    )  # fmt: skip
    drops = alt.Chart(_plain([{**row, "zero": 0.0} for row in chosen])).mark_rule(strokeDash=[4, 3], color=GREY)
    drops = drops.encode(x=x, y=y, y2="zero:Q")
    notes = [
        _note(0.015, 4.3, "marginal revenue, productive firm", GREEN, x, y),
        _note(0.015, 2.3, "marginal revenue, less productive firm", ORANGE, x, y),
        _note(0.8, 6.2, "marginal cost, β = 1", BLUE, x, y, align="right"),
    ]
    for n in (1.0 - 1.0 / revenue for revenue in REVENUES.values()):
        notes.append(_note(n + 0.01, 0.35, f"n = {n:g}", GREY, x, y, fontWeight="normal"))
    curves = _lines([row for row in rows if row["panel"] == ""], x, y)
    return _finish([drops, curves, points, *notes], "Figure 2. Productivity and market access",
                   "Over the cost of the first consumer; the more productive firm reaches more consumers")  # fmt: skip


def _reach(rows: Rows) -> Any:
    x = _axis("x", "productivity over the cutoff, φ/φ*", "x", format=".2f", values=NEAR, scale={"domain": [0.85, 1.25]})
    y = _axis("y", "fraction of consumers reached", "y", format=".1f", grid=True, scale={"domain": [0, 1.1]})
    notes = [
        _note(1.05, 1.05, KINDS[NONE], ORANGE, x, y),
        _note(1.12, 0.36, KINDS[LOG], BLUE, x, y),
    ]
    return _finish([_rule(1.0, x), _lines(rows, x, y), *notes], "Figure 3. Consumers reached",
                   "With β > 0 a firm that just enters reaches almost nobody")  # fmt: skip


def _consumer(rows: Rows) -> Any:
    x = _axis("x", "productivity over the cutoff, φ/φ*", "x", format=".2f", values=NEAR, scale={"domain": [0.85, 1.25]})
    y = _axis("y", "sales a consumer, over those at the cutoff", "y", grid=True, scale={"domain": [0, 3.5]})
    notes = [_note(1.13, 2.75, "both models", BLUE, x, y, align="right")]
    return _finish([_rule(1.0, x), _lines(rows, x, y), *notes], "Figure 4. The intensive margin",
                   "Sales a consumer who is reached: they start at B/L and grow like φ to the power σ − 1")  # fmt: skip


def _firm(rows: Rows) -> Any:
    x = _axis("x", "productivity over the cutoff, φ/φ*", "x", format=".2f", values=NEAR, scale={"domain": [0.85, 1.25]})
    y = _axis("y", "sales of a firm, in units of B", "y", grid=True, scale={"domain": [0, 3.5]})
    notes = [
        _note(1.1, 2.45, KINDS[NONE], ORANGE, x, y, align="right"),
        _note(1.125, 0.7, KINDS[LOG], BLUE, x, y),
    ]
    return _finish([_rule(1.0, x), _lines(rows, x, y), *notes], "Figure 5. Sales of a firm in the two models",
                   "B is what the least exporter sells when β = 0; with β > 0 it sells nothing")  # fmt: skip


def _home(rows: Rows) -> Any:
    ticks = [0.0001, 0.001, 0.01, 0.1, 1.0]
    x = _axis("x", "share of firms that sell in k or more other countries", "x", format="~g", values=ticks,
              scale={"type": "log", "domain": [1e-4, 1.0]})  # fmt: skip
    y = _axis("y", "their sales at home, over all sales (β = 1)", "y", format="~g", grid=True,
              values=[0.05, 0.1, 0.2, 0.5, 1.0, 1.5], scale={"type": "log", "domain": [0.05, 2.0]})  # fmt: skip
    notes = [
        _note(0.12, 1.12, KINDS[NONE], ORANGE, x, y, align="right"),
        _note(0.9, 0.4, KINDS[LOG], BLUE, x, y, align="right"),
    ]
    top = {name: max(row["y"] for row in rows if row["series"] == name) for name in (NONE, LOG)}
    apart = 100.0 * (top[NONE] / top[LOG] - 1.0)
    return _finish([_lines(rows, x, y), *notes], "Figure 6. Sales at home of firms that sell in many markets",
                   [f"Eqs. (18) and (19), θ/(σ − 1) = 1.5; for all firms the two are {apart:.0f} per cent apart.",
                    f"Model alone: {NO_DATA}"])  # fmt: skip


def _percentiles(rows: Rows) -> Any:
    x = _axis("x", "percentile of exporting firms", "x", values=list(range(0, 101, 10)), scale={"domain": [0, 100]})
    y = _axis("y", "sales over mean sales (log scale)", "y", format="~g", grid=True,
              values=[0.001, 0.01, 0.1, 1.0, 10.0], scale={"type": "log", "domain": [0.0005, 20]})  # fmt: skip
    first = {row["series"]: row["y"] for row in rows if abs(row["x"] - 1.0) < 1e-9}
    notes = [
        _note(3, 0.52, KINDS[NONE], ORANGE, x, y),
        _note(24, 0.055, KINDS[LOG], BLUE, x, y),
        _note(
            3.2,
            0.0026,
            f"1st percentile: {first[NONE] / first[LOG]:.1f} times smaller",
            GREY,
            x,
            y,
            fontWeight="normal",
        ),
    ]
    return _finish([_lines(rows, x, y), *notes], "Figure 7. The distribution of sales in a market",
                   ["Both models with the same mean, θ/(σ − 1) = 1.5.", f"Model alone: {NO_DATA}"])  # fmt: skip


def _growth(rows: Rows) -> Any:
    import altair as alt

    x = _axis("x", "goods by category, from least to most traded in 1990-92", "x", values=list(range(1, 11)),
              format="d", scale={"domain": [0.6, 10.6]})  # fmt: skip
    y = _axis("y", "imports in 1997-99 over 1990-92 (log scale)", "y", format="~g", grid=True,
              values=[1, 2.7, 7.4, 20.1, 54.6, 148.4], scale={"type": "log", "domain": [1, 148.4]})  # fmt: skip
    bounds = alt.Chart(_plain([r for r in rows if r["panel"] == "bounds"])).mark_rule(color=INK, strokeWidth=1.2)
    data = alt.Chart(_plain([r for r in rows if r["panel"] == "" and r["series"] == DATA]))
    points = data.mark_point(filled=True, size=60, color=INK, opacity=1).encode(x=x, y=y)
    models = [r for r in rows if r["panel"] == "" and r["series"] != DATA]
    notes = [
        _note(1.25, 62, "data (Table 1)", INK, x, y),
        _note(1.0, 4.1, KINDS[LOG], BLUE, x, y),
        _note(1.0, 2.3, KINDS[NONE], ORANGE, x, y),
    ]
    return _finish([_lines(models, x, y), bounds.encode(x=x, y=y, y2="base:Q"), points, *notes],
                   "Figure 8. Growth of United States imports from Mexico by initial size",
                   ["Goods traded throughout 1990-92; bars: what two decimals in Table 1 leave open.",
                    "Data: the paper's Table 1, from the OECD; both models match growth in total"])  # fmt: skip


def _density(rows: Rows) -> Any:
    x = _axis("x", "productivity over the cutoff, φ/φ*", "x", format=".1f", tickCount=8, scale={"domain": [0.95, 1.7]})
    y = _axis("y", "density of exports, over β = 0 at the cutoff", "y", format=".1f", grid=True,
              scale={"domain": [0, 1.1]})  # fmt: skip
    notes = [
        _note(1.06, 0.88, KINDS[NONE], ORANGE, x, y),
        _note(1.03, 0.1, KINDS[LOG], BLUE, x, y),
    ]
    return _finish([_rule(1.0, x), _lines(rows, x, y), *notes], "Figure 9. Where exports come from",
                   "n(φ) x(φ) g(φ): with β > 0 the least productive exporters hardly count")  # fmt: skip


def _margins(rows: Rows) -> Any:
    import altair as alt

    names = ["new firms", "new consumers", "intensive margin", "sales before"]
    scale = alt.Scale(domain=names, range=[COLOURS[n] for n in names])
    x = _axis("x", "productivity over the old cutoff, φ/φ*", "x", format=".1f", tickCount=8,
              scale={"domain": [0.85, 1.6]})  # fmt: skip
    g, panels = float(np.mean(fall_of_cutoff())), []
    for name, beta in ((NONE, 0.0), (LOG, BETA)):
        y = _axis("y", "density of exports" if name == NONE else "", "y", format=".1f", grid=True,
                  scale={"domain": [0, 2.7]})  # fmt: skip
        shown = [row for row in rows if row["panel"] == name and row["x"] <= 1.6]
        colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, orient="bottom"))
        bands = alt.Chart(_plain(shown)).mark_area(line=False).encode(x=x, y=y, y2="base:Q", color=colour)
        heading = alt.TitleParams(KINDS[name].capitalize(), subtitle=_shares(beta, g), fontSize=13)
        panels.append(alt.layer(bands, _rule(1.0, x)).properties(width=330, height=HEIGHT, title=heading))
    words = f"Cutoffs fall by a factor of {g:.4f}; margins in per cent of new trade"
    title = alt.TitleParams("Figure 10. A liberalization and the margins of trade", subtitle=words)
    return themed(alt.hconcat(*panels, spacing=30).properties(title=title))


def _shares(beta: float, g: float) -> str:
    parts = {"intensive": "intensive", "new_consumers": "new consumers", "new_firms": "new firms"}
    return ", ".join(
        f"{words} {part(name, beta, g):.1f}" for name, words in parts.items() if beta or "cons" not in name
    )
