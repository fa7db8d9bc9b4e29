"""Line panels as in a paper: a few curves against one quantity, each named where it ends, and a map of regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistar.report.theme import BLUE, GREEN, GREY, INK, ORANGE, spread, themed

if TYPE_CHECKING:
    import altair

WIDTH, HEIGHT = 300, 250
#: Pixels between the names of two curves.
APART = 15
COLOURS = (BLUE, ORANGE, GREEN)


@dataclass(frozen=True)
class LinePanel:
    """One panel: rows of series, x and y, the words around them.

    Attributes
    ----------
    rows : sequence of dict
        Each with ``series``, ``x`` and ``y``.
    title, x, y : str
        Heading and axes with their units.
    colours : mapping of str to (str, bool)
        By series: its colour, and whether it is dashed; by default colours in order.
    cross : tuple of float, optional
        A point to mark with dotted lines.
    ticks : sequence of float
        Ticks of y, which is then drawn on a log scale.
    places : mapping of str to (float, str, float)
        Where to name curves inside the panel: at which x, on the left or right, how many pixels lower; else each is
        named to the right of the panel.
    """

    rows: Sequence[Mapping[str, Any]]
    title: str
    x: str
    y: str
    colours: Mapping[str, tuple[str, bool]] | None = None
    cross: tuple[float, float] | None = None
    ticks: Sequence[float] = ()
    places: Mapping[str, tuple[float, str, float]] | None = None


def line_panels(panels: Sequence[LinePanel], title: str, subtitle: Sequence[str]) -> altair.HConcatChart:
    """Draw panels side by side, every curve named at its right end."""
    import altair as alt

    heading = alt.TitleParams(title, subtitle=list(subtitle))
    chart = alt.hconcat(*(_panel(panel) for panel in panels), spacing=18).properties(title=heading)
    drawn: altair.HConcatChart = themed(chart)
    return drawn


def _panel(panel: LinePanel) -> Any:
    import altair as alt

    kinds = list(dict.fromkeys(row["series"] for row in panel.rows))
    looks = panel.colours or {kind: (COLOURS[i], False) for i, kind in enumerate(kinds)}
    xs, ys = ([float(row[name]) for row in panel.rows] for name in ("x", "y"))
    pad = 0.04 * (max(ys) - min(ys))
    domain = [panel.ticks[0], panel.ticks[-1]] if panel.ticks else [min(ys) - pad, max(ys) + pad]
    scale = alt.Scale(type="log" if panel.ticks else "linear", domain=domain, nice=False)
    x = alt.X("x:Q", title=panel.x, scale=alt.Scale(domain=[min(xs), max(xs)], nice=False),
              axis=alt.Axis(tickCount=6, format=".6~g"))  # fmt: skip
    ticks: dict[str, Any] = {"values": list(panel.ticks)} if panel.ticks else {"tickCount": 6}
    y = alt.Y("y:Q", title=panel.y, scale=scale, axis=alt.Axis(grid=True, format=".6~g", **ticks))
    colour = alt.Color("series:N", legend=None, scale=alt.Scale(domain=kinds, range=[looks[k][0] for k in kinds]))
    dash = alt.StrokeDash("series:N", legend=None,
                          scale=alt.Scale(domain=kinds, range=[[6, 4] if looks[k][1] else [1, 0] for k in kinds]),
                          )  # fmt: skip
    lines = alt.Chart(alt.Data(values=list(panel.rows))).mark_line(strokeWidth=2.3, clip=True)
    layers = [*_cross(panel.cross, x, y), lines.encode(x=x, y=y, color=colour, strokeDash=dash)]
    layers += _inside(panel, looks, x, y) if panel.places else _beside(panel, kinds, domain, looks)
    words = alt.TitleParams(panel.title, fontSize=13, anchor="start", offset=8, frame="group")
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=words)


def _cross(at: tuple[float, float] | None, x: Any, y: Any) -> list[Any]:
    import altair as alt

    if at is None:
        return []
    data = alt.Chart(alt.Data(values=[{"x": at[0], "y": at[1]}]))
    rule = data.mark_rule(color=GREY, strokeDash=[2, 3])
    return [rule.encode(x=x), rule.encode(y=y),
            data.mark_point(filled=True, color=INK, size=45, opacity=1.0).encode(x=x, y=y)]  # fmt: skip


def _inside(panel: LinePanel, looks: Mapping[str, tuple[str, bool]], x: Any, y: Any) -> list[Any]:
    """Name each curve where its place says."""
    import altair as alt

    named = []
    for kind, (at, side, lower) in (panel.places or {}).items():
        near = min((row for row in panel.rows if row["series"] == kind), key=lambda row: abs(float(row["x"]) - at))
        text = alt.Chart(alt.Data(values=[{"x": near["x"], "y": near["y"], "name": kind}])).mark_text(
            align="right" if side == "left" else "left", dx=-8 if side == "left" else 8, dy=lower, fontSize=12,
            fontWeight="bold", color=looks[kind][0],
        )  # fmt: skip
        named.append(text.encode(x=x, y=y, text="name:N"))
    return named


def _beside(
    panel: LinePanel, kinds: Sequence[str], domain: Sequence[float], looks: Mapping[str, tuple[str, bool]]
) -> list[Any]:
    """Name each curve to the right of the panel, at the height of its end, names kept apart."""
    import altair as alt

    if len(kinds) < 2:
        return []
    low, high = domain
    last = [
        max((row for row in panel.rows if row["series"] == kind), key=lambda row: float(row["x"])) for kind in kinds
    ]
    places = spread([HEIGHT * (high - float(row["y"])) / (high - low) for row in last], APART)
    return [
        alt.Chart(alt.Data(values=[{"name": kind}]))
        .mark_text(align="left", fontSize=12, fontWeight="bold", color=looks[kind][0])
        .encode(text="name:N", x=alt.value(WIDTH + 6), y=alt.value(place))
        for kind, place in zip(kinds, places, strict=True)
    ]


# --- the map


@dataclass(frozen=True)
class RegionMap:
    """A map of regions: cells of x and y, and what is true there.

    Attributes
    ----------
    rows : sequence of dict
        Cells with ``x``, ``x2``, ``y``, ``y2`` and ``series``.
    colours : mapping of str to str
        By region, in the order of the legend.
    x, y : str
        Axes with units.
    rules : mapping of float to str
        Values of x to mark with a dashed line, and the words above it.
    """

    rows: Sequence[Mapping[str, Any]]
    colours: Mapping[str, str]
    x: str
    y: str
    rules: Mapping[float, str]


def region_map(drawn: RegionMap, title: str, subtitle: Sequence[str]) -> altair.LayerChart:
    """Draw the map, y on a log scale, with its regions named below."""
    import altair as alt

    ends = {name: [min(float(r[name]) for r in drawn.rows), max(float(r[f"{name}2"]) for r in drawn.rows)]
            for name in ("x", "y")}  # fmt: skip
    x = alt.X("x:Q", title=drawn.x, scale=alt.Scale(domain=ends["x"], nice=False), axis=alt.Axis(tickCount=7))
    y = alt.Y("y:Q", title=drawn.y, scale=alt.Scale(type="log", domain=ends["y"], nice=False),
              axis=alt.Axis(values=[0.25, 0.5, 1, 2, 4], format=".6~g"))  # fmt: skip
    scale = alt.Scale(domain=list(drawn.colours), range=list(drawn.colours.values()))
    legend = alt.Legend(title=None, orient="bottom", columns=1, symbolType="square", symbolSize=170, labelLimit=600,
                        symbolStrokeWidth=0)  # fmt: skip
    colour = alt.Color("series:N", scale=scale, legend=legend)
    # strokes of the same colour close the seams between cells
    cells = alt.Chart(alt.Data(values=list(drawn.rows))).mark_rect(strokeWidth=0.8, clip=True).encode(
        x=x, x2="x2:Q", y=y, y2="y2:Q", color=colour, stroke=alt.Stroke("series:N", scale=scale, legend=None)
    )  # fmt: skip
    marks = alt.Chart(alt.Data(values=[{"x": at, "name": name} for at, name in drawn.rules.items()]))
    rules = marks.mark_rule(color=INK, strokeDash=[5, 4]).encode(x=x)
    names = marks.mark_text(baseline="bottom", dy=-4, fontSize=12, color=INK).encode(x=x, y=alt.value(0), text="name:N")
    heading = alt.TitleParams(title, subtitle=list(subtitle), offset=26)
    chart: altair.LayerChart = themed(alt.layer(cells, rules, names).properties(width=520, height=360, title=heading))
    return chart
