"""What diagrams of who exits, sells at home or exports share: shaded fates, cutoffs, and lines named at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.report.theme import GREY, INK, spread

WIDTH, HEIGHT = 620, 340
LABEL_GAP = 16.0
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
    """Shade the fates over the whole height and name them above, where no line crosses."""
    import altair as alt

    s, last = float(scale.to_dict()["exponent"]), float(scale.to_dict()["domain"][1])
    rows = []
    for r in fates:
        room = WIDTH * (r.stop**s - r.start**s) / last**s
        rows.append(
            {
                "start": r.start,
                "stop": r.stop,
                "shade": _SHADES[r.shade],
                "middle": ((r.start**s + r.stop**s) / 2) ** (1 / s),
                "name": r.name if room > 8.0 * len(r.name) else "",
                "why": r.why if room > 5.6 * len(r.why) else "",
            }
        )
    base = alt.Chart(alt.Data(values=rows))
    boxes = base.mark_rect().encode(
        x=alt.X("start:Q", scale=scale), x2="stop:Q", color=alt.Color("shade:N", scale=None)
    )
    texts = base.encode(x=alt.X("middle:Q", scale=scale))
    names = texts.mark_text(fontSize=12, fontWeight="bold", color=INK).encode(text="name:N", y=alt.value(-25))
    whys = texts.mark_text(fontSize=11, color=GREY).encode(text="why:N", y=alt.value(-10))
    return [boxes, names, whys]


def cutoff_marks(marks: Sequence[tuple[float, str]], scale: Any, field: str, height: int = HEIGHT) -> list[Any]:
    """Rule the cutoffs and name them at the foot."""
    import altair as alt

    rows = [{field: at, "name": name} for at, name in marks if np.isfinite(at)]
    base = alt.Chart(alt.Data(values=rows)).encode(x=alt.X(f"{field}:Q", scale=scale))
    rules = base.mark_rule(color=INK, strokeDash=[4, 3])
    names = base.mark_text(fontSize=14, fontStyle="italic", color=INK, align="left", dx=5, baseline="bottom").encode(
        text="name:N", y=alt.value(height - 8)
    )
    return [rules, names]


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


def name_lines(lines: Sequence[Line], x: Any, field: str, bottom: float, top: float) -> list[Any]:
    """Name each line at its end, far enough apart to be read."""
    import altair as alt

    places = [int(np.flatnonzero(line.values <= top)[-1]) for line in lines]
    wanted = [HEIGHT * (top - line.values[i]) / (top - bottom) for line, i in zip(lines, places, strict=True)]
    wanted = [max(pixel, LABEL_GAP / 2) for pixel in wanted]  # within the frame: fates are named above it
    names = []
    for line, i, pixel in zip(lines, places, spread(wanted, LABEL_GAP), strict=True):
        data = alt.Data(values=[{field: float(line.at[i]), "name": line.name}])
        mark = alt.Chart(data).mark_text(color=line.colour, fontSize=13, align="left", dx=7, fontWeight="bold")
        names.append(mark.encode(x=x, y=alt.value(pixel), text="name:N"))
    return names
