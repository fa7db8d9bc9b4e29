"""What diagrams of who exits, sells at home or exports share: shaded fates, cutoffs, and lines named at their ends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.report.theme import GREY, INK, spread, subscripted

WIDTH, HEIGHT = 620, 340
LABEL_GAP = 16.0
#: How far names may stand out of the figure at either side.
MARGIN = 45.0
#: Room that a cutoff's name or its number takes.
NAME_HEIGHT, NAME_WIDTH = 17.0, 42.0
#: Room that a letter of a line's name takes.
LINE_NAME = 8.0
_SHADES = {"exit": "#f1eee9", "one": "#e8f1f7", "all": "#fbeadf"}


@dataclass(frozen=True)
class Fate:
    """A stretch of the horizontal axis in which firms share one fate: ``exit``, ``one`` market or ``all``."""

    start: float
    stop: float
    name: str
    why: str
    shade: str


@dataclass(frozen=True)
class Line:
    """A line to draw: its name, where, what, in which colour, dashed or not."""

    name: str
    at: np.ndarray
    values: np.ndarray
    colour: str
    dashed: bool = False


def shades(fates: Sequence[Fate], scale: Any) -> list[Any]:
    """Shade the fates over the whole height and name them above, where no line crosses.

    A name stands over the middle of its stretch, or beside it where stretches are too narrow for their names; then a
    short stroke leads to it.
    """
    import altair as alt

    pixels = _pixels(scale)
    middles = [(pixels(r.start) + pixels(r.stop)) / 2 for r in fates]
    widths = [max(8.0 * len(r.name), 5.6 * len(r.why)) for r in fates]
    rows = [
        {"start": r.start, "stop": r.stop, "shade": _SHADES[r.shade], "name": r.name, "why": r.why,
         "middle": middle, "place": place, "aside": abs(place - middle) > (pixels(r.stop) - pixels(r.start)) / 2}
        for r, middle, place in zip(fates, middles, abreast(middles, widths), strict=True)
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=rows))
    boxes = base.mark_rect().encode(
        x=alt.X("start:Q", scale=scale), x2="stop:Q", color=alt.Color("shade:N", scale=None)
    )
    texts = alt.Chart(alt.Data(values=[r for r in rows if r["name"]])).encode(x=alt.X("place:Q", scale=None))
    names = texts.mark_text(fontSize=12, fontWeight="bold", color=INK).encode(text="name:N", y=alt.value(-25))
    whys = texts.mark_text(fontSize=11, color=GREY).encode(text="why:N", y=alt.value(-10))
    leads = alt.Chart(alt.Data(values=[r for r in rows if r["aside"] and r["name"]])).mark_rule(color=GREY)
    lines = leads.encode(x=alt.X("place:Q", scale=None), x2="middle:Q", y=alt.value(-3), y2=alt.value(6))
    return [boxes, names, whys, lines]


def abreast(wanted: Sequence[float], widths: Sequence[float], gap: float = 10.0) -> list[float]:
    """Move the centres of texts along the figure's width as little as keeps them apart, in their order.

    Notes
    -----
    Less the room that the texts before it need, each place must be at or right of the one before: neighbours that
    are not are put together at their mean.
    """
    room = [0.0]
    for left, right in itertools.pairwise(widths):
        room.append(room[-1] + (left + right) / 2 + gap)
    groups: list[list[float]] = []
    for place, before in zip(wanted, room, strict=True):
        groups.append([place - before])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    low, high = widths[0] / 2 - MARGIN, WIDTH + MARGIN - widths[-1] / 2 - room[-1]
    means = [float(np.clip(np.mean(group), low, max(low, high))) for group in groups for _ in group]
    return [mean + before for mean, before in zip(means, room, strict=True)]


def _pixels(scale: Any) -> Callable[[float], float]:
    """Return the map from the horizontal axis, a power scale from zero, to pixels."""
    s, last = float(scale.to_dict()["exponent"]), float(scale.to_dict()["domain"][1])
    return lambda at: float(WIDTH * (at / last) ** s)


def cutoff_marks(
    marks: Sequence[tuple[float, str]], scale: Any, field: str, height: int = HEIGHT, *, dotted: Sequence[str] = ()
) -> list[Any]:
    """Rule the cutoffs and name them at the foot, right of their rules or turned away from a neighbour."""
    import altair as alt

    found = sorted(mark for mark in marks if np.isfinite(mark[0]))
    rows = [
        {field: at, "name": name, "letter": subscripted(name)[0], "below": subscripted(name)[1],
         "dotted": name in dotted, "turned": side == "right",
         "foot": height - 8 - (NAME_HEIGHT if side == "between" else 0.0)}
        for (at, name), side in zip(found, _sides([at for at, _ in found], scale), strict=True)
    ]  # fmt: skip

    def chart(key: str, value: bool) -> Any:
        """Begin a chart of the rows of one kind."""
        data = alt.Data(values=[row for row in rows if row[key] is value])
        return alt.Chart(data).encode(x=alt.X(f"{field}:Q", scale=scale))

    rules = [
        chart("dotted", kind).mark_rule(color=INK, strokeDash=[1, 3] if kind else [4, 3]) for kind in (False, True)
    ]
    foot = alt.Y("foot:Q", scale=None)
    texts = [
        chart("turned", turned).mark_text(align="right" if turned else "left", **look).encode(text=f"{part}:N", y=foot)
        for turned in (False, True)
        for part, look in _looks(rows, turned).items()
    ]
    return [*rules, *texts]


def _looks(rows: Sequence[dict[str, Any]], turned: bool) -> dict[str, dict[str, Any]]:
    """Say how to write the letters and the subscripts of symbols, right of their rules or turned to the left."""
    below = max((len(row["below"]) for row in rows if row["turned"] is turned), default=0)
    look = {"fontStyle": "italic", "color": INK, "baseline": "bottom"}
    # A Greek letter is about 9 pixels wide, a Latin one and those of a subscript 7.
    wide = 9 if any(row["letter"] > "z" for row in rows) else 7
    ends = (-5 - 7 * below, -5) if turned else (5, 5 + wide)
    letter = {"fontSize": 14, "dx": ends[0], **look}
    return {"letter": letter, **({"below": {"fontSize": 10, "dx": ends[1], "dy": 4, **look}} if below else {})}


def cutoff_axis(cutoffs: Sequence[float], scale: Any, pattern: str) -> Any:
    """Put ticks at the cutoffs, and at zero where it leaves their labels room; labels turn away from neighbours."""
    import altair as alt

    ticks = sorted({float(f"{c:.4g}") for c in cutoffs if np.isfinite(c)})
    if not ticks or _pixels(scale)(ticks[0]) > NAME_WIDTH:
        ticks = [0.0, *ticks]
    sides = zip(ticks, _sides(ticks, scale), strict=True)
    turned = [{"test": f"datum.value === {at!r}", "value": side} for at, side in sides if side in ("left", "right")]
    if not turned:
        return alt.Axis(values=ticks, format=pattern, grid=False)
    align: Any = {"condition": turned, "value": "center"}
    # Hard spaces keep turned labels off one another; without a letter of no width at their end they would be trimmed.
    test = {side: " || ".join(c["test"] for c in turned if c["value"] == side) or "false" for side in ("left", "right")}
    before, after = f"({test['left']} ? '\\u200b\\u00a0' : '')", f"({test['right']} ? '\\u00a0\\u200b' : '')"
    said = f"{before} + format(datum.value, '{pattern}') + {after}"
    return alt.Axis(values=ticks, labelExpr=said, grid=False, labelAlign=align, labelOverlap=False)


def _sides(places: Sequence[float], scale: Any) -> list[str]:
    """Say how texts at places in order are aligned to keep off neighbours: "" where there is none close."""
    pixels = _pixels(scale)
    close = [pixels(after) - pixels(before) < NAME_WIDTH for before, after in itertools.pairwise(places)]
    sides = {(False, False): "", (False, True): "right", (True, False): "left", (True, True): "between"}
    return [sides[around] for around in zip([False, *close], [*close, False], strict=True)][: len(places)]


def draw_line(line: Line, x: Any, y: Any, field: str, value: str, top: float = np.inf) -> Any:
    """Draw a line up to where it leaves the figure."""
    import altair as alt

    pairs = zip(line.at, line.values, strict=True)
    rows = [{field: float(p), value: float(v)} for p, v in pairs if v <= top]
    dash: Any = [5, 4] if line.dashed else alt.Undefined
    drawn = alt.Chart(alt.Data(values=rows)).mark_line(
        color=line.colour, strokeWidth=1.6 if line.dashed else 2.5, strokeDash=dash
    )
    return drawn.encode(x=x, y=y)


def name_lines(
    lines: Sequence[Line], x: Any, scale: Any, field: str, ends: tuple[float, float], rules: Sequence[float] = ()
) -> list[Any]:
    """Name each line at its end, far enough apart to be read; left of it where a rule would cross the name."""
    import altair as alt

    (bottom, top), pixels = ends, _pixels(scale)
    places = [int(np.flatnonzero(line.values <= top)[-1]) for line in lines]
    wanted = [HEIGHT * (top - line.values[i]) / (top - bottom) for line, i in zip(lines, places, strict=True)]
    wanted = [max(pixel, LABEL_GAP / 2) for pixel in wanted]  # within the frame: fates are named above it
    names = []
    for line, i, pixel in zip(lines, places, spread(wanted, LABEL_GAP), strict=True):
        data = alt.Data(values=[{field: float(line.at[i]), "name": line.name}])
        room = [pixels(rule) - pixels(float(line.at[i])) for rule in rules if np.isfinite(rule)]
        crossed = any(0.0 <= right <= LINE_NAME * len(line.name) + 7.0 for right in room)
        side: dict[str, Any] = {"align": "right", "dx": -14} if crossed else {"align": "left", "dx": 7}
        mark = alt.Chart(data).mark_text(color=line.colour, fontSize=13, fontWeight="bold", **side)
        names.append(mark.encode(x=x, y=alt.value(pixel), text="name:N"))
    return names
