"""Comparative statics: welfare, cutoffs, the share that exports and variety against one key."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Model
from phistar.core.paths import Path
from phistar.report.theme import COLOURS, GREY, round_ticks, spread, themed
from phistar.verbs.sweep import Sweep

WIDTH, HEIGHT = 270, 170
LABEL_GAP = 14.0
#: Up to so many whole numbers each has its tick.
MOST_COUNTS = 6
#: Lines that move by less, relatively, are flat: what is left is rounding.
FLAT = 1e-9

Reader = Callable[[Sweep, Sequence[str], int], np.ndarray | None]


def _by_country(name: str) -> Reader:
    return lambda sweep, names, i: sweep.columns.get(f"{name}[{names[i]}]")


def _by_market(name: str) -> Reader:
    return lambda sweep, names, i: sweep.columns.get(name, sweep.columns.get(f"{name}[{names[i]}]"))


def _home(name: str) -> Reader:
    return lambda sweep, names, i: sweep.columns.get(f"{name}[{names[i]},{names[i]}]")


def _easiest_abroad(name: str, choose: Callable[..., Any]) -> Reader:
    def read(sweep: Sweep, names: Sequence[str], i: int) -> np.ndarray | None:
        """Read one origin's foreign markets off a sweep, as one (point)."""
        found = [sweep.columns.get(f"{name}[{names[i]},{names[j]}]") for j in range(len(names)) if j != i]
        columns = [column for column in found if column is not None]
        return np.asarray(choose(columns, axis=0)) if columns else None

    return read


Panel = tuple[str, str, Reader]
#: Panels in the order of the page: title, unit, and how a country's column is read.
PANELS: tuple[Panel, ...] = (
    ("Welfare", "real income per head", _by_country("welfare")),
    ("Relative wage", "in the numeraire", _by_country("wage")),
    ("Domestic cutoff", "productivity", _home("cutoff")),
    ("Export cutoff", "productivity, easiest market", _easiest_abroad("cutoff", np.min)),
    ("Share exporting", "of active firms", _by_country("exporter_share")),
    ("Variety", "varieties on sale", _by_country("variety")),
)
#: The same where firms differ in cost and in markups: a low cutoff is then a hard one to meet.
MARKUP_PANELS: tuple[Panel, ...] = (
    ("Welfare", "utility per head", _by_country("welfare")),
    ("Entrants", "firms that draw a cost", _by_country("mass_entrants")),
    ("Variety", "varieties on sale", _by_country("variety")),
    ("Domestic cutoff", "cost", _home("cutoff")),
    ("Export cutoff", "cost, easiest market", _easiest_abroad("cutoff", np.max)),
    ("Share exporting", "of active firms", _by_country("exporter_share")),
    ("Mean price", "in the numeraire", _by_country("mean_price")),
    ("Mean markup", "in the numeraire", _by_country("mean_markup")),
    ("Net exports", "value in the numeraire", _by_country("net_exports")),
)
#: The same where a few firms are listed: they are counted, not weighed.
RIVAL_PANELS: tuple[Panel, ...] = (
    ("Survivors", "firms in the market", _by_market("survivors")),
    ("Price index", "in the numeraire", _by_market("price_index")),
    ("Welfare", "utility per head", _by_market("welfare")),
    ("Aggregate markup", "sales over work", _by_market("aggregate_markup")),
    ("Concentration", "sum of squared shares", _by_market("herfindahl")),
    ("Variety", "varieties on sale", _by_market("total_varieties")),
    ("Cutoff", "of the marginal survivor", _by_market("cutoff")),
    ("Profits", "of all firms, in the numeraire", _by_market("total_profit")),
    ("Misallocation", "share of output lost", _by_market("misallocation")),
)


def panels_for(model: Model) -> tuple[Panel, ...]:
    """Return the panels that suit what a model reports."""
    units = {v.name: v.unit for v in model.variables}
    if "survivors" in units:
        return RIVAL_PANELS
    return MARKUP_PANELS if units.get("cutoff") == "cost" else PANELS


def statics_chart(sweep: Sweep, model: Model, key: Path, country: int | None = None) -> Any:
    """Draw small multiples of outcomes against a key, one line a country.

    Points without a certified equilibrium leave a gap. A dotted rule stands at the scenario's own value.

    Raises
    ------
    NoEquilibrium
        When no point has a certified equilibrium.
    """
    import altair as alt

    if sweep.refused == len(sweep):
        raise NoEquilibrium(f"no point is certified: {sweep['reason'][0]}", "choose other values of the key")
    shown = list(range(len(model.countries)))[: len(COLOURS)] if country is None else [country]
    at = _present(model, key, sweep[key.text])
    panels = [
        panel
        for title, unit, read in panels_for(model)
        if (panel := _panel(sweep, model.countries, shown, key, title, unit, read, at)) is not None
    ]
    said = [f"{model.name}; every point a certified equilibrium"]
    if sweep.refused:
        said.append(f"{sweep.refused} of {len(sweep)} points refused")
    if len(shown) < len(model.countries) and country is None:
        said.append(f"the first {len(shown)} of {len(model.countries)} countries")
    title = alt.TitleParams(f"What changes with {key.text}", subtitle="; ".join(said))
    columns = 2 if len(panels) < 3 else 3
    # Flush, so that panels of a column stand in line; between them names on the left, an axis on the right.
    gap = {"row": 86, "column": 92 + 7 * max(len(model.countries[i]) for i in shown)}
    return themed(alt.concat(*panels, columns=columns, bounds="flush", spacing=gap).properties(title=title))


def _panel(
    sweep: Sweep,
    names: Sequence[str],
    shown: Sequence[int],
    key: Path,
    title: str,
    unit: str,
    read: Reader,
    at: float | None,
) -> Any:
    """Draw one panel, or nothing where the outcome is not reported or never finite."""
    import altair as alt

    found = {i: column for i in shown if (column := read(sweep, names, i)) is not None}
    lines = {i: np.where(np.isfinite(column), column, np.nan) for i, column in found.items()}
    lines = {i: line for i, line in lines.items() if not np.isnan(line).all()}
    if not lines:
        return None
    low, high = _range(list(lines.values()))
    scale_y = alt.Scale(domain=[low, high], nice=False)
    # Counts jump from one whole number to the next.
    counts = all(np.array_equal(line, np.round(line), equal_nan=True) for line in lines.values())
    x = alt.X("key:Q", title=key.text, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=5))
    ticks = _ticks(list(lines.values()), low, high, counts)
    axis_y = alt.Axis(grid=True, format=".6~g" if len(ticks) > 1 else ".4~g", values=ticks)
    y = alt.Y("value:Q", title=unit, scale=scale_y, axis=axis_y)
    layers = [] if at is None else [_rule(at)]
    ends = {i: int(np.flatnonzero(~np.isnan(line))[-1]) for i, line in lines.items()}
    wanted = [HEIGHT * (high - lines[i][ends[i]]) / (high - low) for i in lines]
    for (i, line), pixel in zip(lines.items(), spread(_within(wanted), LABEL_GAP), strict=True):
        colour = COLOURS[shown.index(i) % len(COLOURS)]
        rows = [
            {"key": float(k), "value": None if np.isnan(v) else float(v)}
            for k, v in zip(sweep[key.text], line, strict=True)
        ]
        drawn = alt.Chart(alt.Data(values=rows)).mark_line(
            color=colour,
            strokeWidth=2.2,
            interpolate="step" if counts else "linear",
            point={"color": colour, "size": 14} if len(rows) < 12 else False,
        )
        layers.append(drawn.encode(x=x, y=y))
        end = alt.Data(values=[{"key": float(sweep[key.text][ends[i]]), "name": names[i]}])
        text = alt.Chart(end).mark_text(color=colour, align="left", dx=5, fontSize=11, fontWeight="bold")
        layers.append(text.encode(x=x, y=alt.value(pixel), text="name:N"))
    heading = alt.TitleParams(title, fontSize=13, anchor="start", offset=8, frame="group")
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)


def _range(lines: Sequence[np.ndarray]) -> tuple[float, float]:
    low, high = float(np.nanmin(lines)), float(np.nanmax(lines))
    # Lines flat to rounding are drawn flat, not as noise magnified to the panel's height.
    pad = max(0.06 * (high - low), 0.005 * abs(high), 1e-12)
    return low - pad, high + pad


def _within(wanted: Sequence[float]) -> list[float]:
    """Keep names within the panel, off its heading and off the labels of the axis below; equal lines in their order."""
    down = sorted(range(len(wanted)), key=lambda k: (round(wanted[k], 3), k))
    least = {k: 6.0 + LABEL_GAP * n for n, k in enumerate(down)}
    most = {k: HEIGHT - 4.0 - LABEL_GAP * n for n, k in enumerate(reversed(down))}
    return [max(min(place, most[k]), least[k]) for k, place in enumerate(wanted)]


def _ticks(lines: Sequence[np.ndarray], low: float, high: float, counts: bool) -> list[float]:
    """Choose the ticks of a panel: whole numbers for counts, the one value of lines that are flat."""
    least, most = float(np.nanmin(lines)), float(np.nanmax(lines))
    if most - least <= FLAT * max(abs(least), abs(most)):
        return [least]
    whole = [float(n) for n in range(math.ceil(low), math.floor(high) + 1)] if counts else []
    return whole if 0 < len(whole) <= MOST_COUNTS else round_ticks(low, high, 4)


def _rule(at: float) -> Any:
    import altair as alt

    return alt.Chart(alt.Data(values=[{"key": at}])).mark_rule(color=GREY, strokeDash=[2, 3]).encode(x="key:Q")


def _present(model: Model, key: Path, values: np.ndarray) -> float | None:
    """Return the scenario's own value of the key where it is one number within the figure."""
    try:
        entries = np.unique(np.asarray(model.lookup(key), dtype=float))
    except (NotImplementedError, TypeError, ValueError, InputError):
        return None
    if len(entries) != 1 or not values.min() <= entries[0] <= values.max():
        return None
    return float(entries[0])
