"""Small multiples: several outcomes against one quantity, a colour a country, a dash a horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistar.report.theme import BLUE, GREY, ORANGE, themed

if TYPE_CHECKING:
    import altair

WIDTH, HEIGHT = 250, 165
#: Four digits, no zeros at the end, 10 and not 1e+1.
_FORMAT = ".4~g"
_COLOURS = (BLUE, ORANGE)
_DASHES = ([1, 0], [6, 4])


@dataclass(frozen=True)
class Panel:
    """One outcome: its column, the words above, its unit."""

    column: str
    title: str
    unit: str


@dataclass(frozen=True)
class Axis:
    """What outcomes are drawn against.

    Attributes
    ----------
    column, title : str
    logarithmic : bool
    marks : mapping of float to str
        Where dotted rules stand, and what they mean.
    """

    column: str
    title: str
    logarithmic: bool = False
    marks: Mapping[float, str] | None = None


def panels_chart(
    rows: Sequence[Mapping[str, Any]], axis: Axis, panels: Sequence[Panel], title: str, subtitle: str, columns: int = 3
) -> altair.VConcatChart | altair.ConcatChart:
    """Draw panels of one figure's rows, which hold ``series`` and ``horizon`` beside the columns drawn."""
    import altair as alt

    drawn = [_panel(rows, axis, panel) for panel in panels]
    told = [words for words in (axis.marks or {}).values() if words]
    heading = alt.TitleParams(title, subtitle=[subtitle, *dict.fromkeys(told)])
    chart = alt.concat(*drawn, columns=columns, spacing={"row": 28, "column": 34}).properties(title=heading)
    return themed(chart.resolve_scale(color="shared", strokeDash="shared"))


def _panel(rows: Sequence[Mapping[str, Any]], axis: Axis, panel: Panel) -> Any:
    import altair as alt

    kinds = list(dict.fromkeys(row["series"] for row in rows))
    horizons = list(dict.fromkeys(row["horizon"] for row in rows))
    points = [
        {"x": row[axis.column], "y": row[panel.column], "series": row["series"], "horizon": row["horizon"]}
        for row in rows
        if row.get(axis.column) is not None and row.get(panel.column) is not None
    ]
    data, found = alt.Data(values=points), [point["x"] for point in points]
    scale = alt.Scale(type="log" if axis.logarithmic else "linear", domain=[min(found), max(found)], nice=False)
    ticks = {"values": [0.25, 0.5, 1, 2, 4]} if axis.logarithmic else {"tickCount": 5}
    x = alt.X("x:Q", title=axis.title, scale=scale, axis=alt.Axis(format=_FORMAT, **ticks))
    low, high = min(point["y"] for point in points), max(point["y"] for point in points)
    pad = 0.1 * (high - low)  # room above the last tick, so that titles stand in one line
    y = alt.Y("y:Q", title=panel.unit, scale=alt.Scale(domain=[low - pad, high + pad], nice=False),
              axis=alt.Axis(grid=True, tickCount=5, format=_FORMAT))  # fmt: skip
    # Symbols long enough to show a dash.
    legend = alt.Legend(title=None, orient="top", direction="horizontal", labelLimit=260, symbolSize=900)
    one, alone = len(kinds) == 1, len(horizons) == 1
    colour = alt.Color("series:N", scale=alt.Scale(domain=kinds, range=list(_COLOURS[: len(kinds)])),
                       legend=None if one else legend)  # fmt: skip
    dash = alt.StrokeDash("horizon:N", scale=alt.Scale(domain=horizons, range=list(_DASHES[: len(horizons)])),
                          legend=None if alone else legend)  # fmt: skip
    lines = alt.Chart(data).mark_line(strokeWidth=2.3).encode(x=x, y=y, color=colour, strokeDash=dash)
    layers = [lines]
    if axis.marks:
        rules = alt.Chart(alt.Data(values=[{"x": at} for at in axis.marks]))
        layers.insert(0, rules.mark_rule(color=GREY, strokeDash=[2, 3]).encode(x=x))
    heading = alt.TitleParams(panel.title, fontSize=13, anchor="start", offset=8, frame="group")
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)
