"""Few large firms: their markups and shares one by one, before and after a change, and what productivity brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.report.theme import BLUE, GREY, INK, ORANGE, round_ticks, themed
from phistar.verbs.simulate import schedule

Rows = list[dict[str, Any]]
WIDTH, HEIGHT = 300, 240
#: Firms drawn: those with the largest shares.
MOST_FIRMS = 24
#: Up to so many firms the numbers stand beside their dots.
_MOST_TOLD = 8
#: Pixels a firm, without its numbers and with them.
_ROOM = {False: 26, True: 52}
_POINTS = 160
_PANELS = (
    ("markup", "Markups", "price over marginal cost"),
    ("share", "Shares", "share of the sector's sales"),
    ("price", "Prices", "price of a variety, in the numeraire"),
    ("varieties", "Scope", "number of varieties"),
)


@dataclass(frozen=True)
class World:
    """An equilibrium under the name it has in a figure, and one market of it."""

    name: str
    colour: str
    equilibrium: Equilibrium
    market: int

    def of_firms(self, name: str) -> np.ndarray:
        """Return what every firm does in the market, nan where it is out (firm)."""
        values, active = self.equilibrium[name], self.equilibrium["active"]
        if values.ndim > 1:
            values, active = values[:, self.market], active[:, self.market]
        return np.where(active > 0.0, values, np.nan)

    @property
    def delivered(self) -> np.ndarray:
        """Productivity as delivered: what a firm makes and lands of a unit of labour (firm)."""
        return self.of_firms("markup") / self.of_firms("price")


def worlds(before: Equilibrium, after: Equilibrium | None, market: int = 0) -> list[World]:
    """Name what is drawn: one equilibrium, or two by what sets them apart."""
    if after is None:
        return [World(_market(before), BLUE, before, market)]
    names = [_market(before), _market(after)]
    if names[0] == names[1]:
        names = ["before", "after"]
    return [World(n, c, e, market) for n, c, e in zip(names, (BLUE, ORANGE), (before, after), strict=True)]


def _market(equilibrium: Equilibrium) -> str:
    model = equilibrium.model
    kind = str(model.market)
    if kind == "integrated":
        return f"{model.W} economies integrated"
    return f"a {model.W}-fold market" if kind == "feenstra_ma" else kind


def rivals_chart(before: Equilibrium, after: Equilibrium | None = None, market: int = 0) -> Any:
    """Draw every firm's markup and share in one market, and where they move.

    A firm that leaves, or comes, has a ring and no shaft.
    """
    import altair as alt

    drawn = worlds(before, after, market)
    share = np.nanmax([np.nan_to_num(world.of_firms("share")) for world in drawn], axis=0)
    order = [i for i in np.argsort(-share, kind="stable") if share[i] > 0.0]
    firms = order[:MOST_FIRMS]
    panels = [_by_firm(drawn, firms, *panel) for panel in _PANELS[:2]]
    title = alt.TitleParams(_heading("Markups and shares, firm by firm", drawn[0]),
                            subtitle=[_said(drawn), *_left_out(drawn, len(share), len(order), len(firms))])  # fmt: skip
    return themed(alt.hconcat(*panels, spacing=36).properties(title=title).resolve_scale(color="shared"))


def _heading(title: str, world: World) -> str:
    several = len(world.equilibrium.countries) > 1
    return title + (f": sales in {world.equilibrium.countries[world.market]}" if several else "")


def _said(drawn: Sequence[World]) -> str:
    model = drawn[0].equilibrium.model
    said = f"{model.name}, σ = {float(model.sigma):g}; "
    counts = [f"{int(np.sum(~np.isnan(w.of_firms('share'))))} ({w.name})" for w in drawn]
    kind = "one firm of each productivity that is in" if any(w.equilibrium.model.economies > 1 for w in drawn) else ""
    return said + "firms in the market: " + ", then ".join(counts) + (f"; {kind}" if kind else "")


def _left_out(drawn: Sequence[World], listed: int, active: int, shown: int) -> list[str]:
    told = []
    if active < listed:
        told.append(f"{listed - active} of {listed} firms listed are out throughout")
    if shown < active:
        told.append(f"the {shown} largest of {active}")
    first, last = (~np.isnan(world.of_firms("share")) for world in (drawn[0], drawn[-1]))
    moved = [word for word, who in (("leave", first & ~last), ("come", last & ~first)) if who.any()]
    if moved:
        told.append(f"rings: firms that {' or '.join(moved)}")
    return ["; ".join(told)] if told else []


def _by_firm(drawn: Sequence[World], firms: Sequence[int], name: str, title: str, unit: str) -> Any:
    """Draw a dot a firm and world, an arrow's shaft between the two, and numbers where there is room."""
    import altair as alt

    labels, told = drawn[0].equilibrium.labels_of("firm"), len(firms) <= _MOST_TOLD
    values = [world.of_firms(name) for world in drawn]
    rows: Rows = [
        {"firm": labels[i], "series": world.name, "y": float(v[i]), "told": _number(name, float(v[i])),
         "stays": all(np.isfinite(one[i]) for one in values)}
        for world, v in zip(drawn, values, strict=True) for i in firms if np.isfinite(v[i])
    ]  # fmt: skip
    low, high = min(row["y"] for row in rows), max(row["y"] for row in rows)
    pad = 0.12 * max(high - low, 1e-3 * high)
    scale = alt.Scale(domain=[max(low - pad, 0.0) if name == "share" else low - pad, high + pad], nice=False)
    x = alt.X("firm:N", sort=[labels[i] for i in firms], title="firm, the largest first", scale=alt.Scale(padding=0.75),
              axis=alt.Axis(labelAngle=0 if told else -60, labelOverlap=False))  # fmt: skip
    y = alt.Y("y:Q", title=unit, scale=scale,
              axis=alt.Axis(grid=True, tickCount=6, format="%" if name == "share" else ".6~g"))  # fmt: skip
    moves = [{"firm": labels[i], "y": float(values[0][i]), "to": float(values[-1][i])}
             for i in firms if np.isfinite(values[0][i]) and np.isfinite(values[-1][i])]  # fmt: skip
    shafts = alt.Chart(alt.Data(values=moves)).mark_rule(color=GREY, strokeWidth=1.5).encode(x=x, y=y, y2="to:Q")
    colour = _colour(drawn)
    stays = [row for row in rows if row["stays"]]
    dots = alt.Chart(alt.Data(values=stays)).mark_circle(size=95, opacity=1.0).encode(x=x, y=y, color=colour)
    gone = alt.Chart(alt.Data(values=[row for row in rows if not row["stays"]]))
    rings = gone.mark_point(size=80, strokeWidth=2, opacity=1.0).encode(x=x, y=y, color=colour)
    layers = [shafts, dots, rings]
    if told:
        words = alt.Chart(alt.Data(values=rows)).mark_text(align="left", dx=8, fontSize=11, color=INK)
        layers.append(words.encode(x=x, y=y, text="told:N"))
    heading = alt.TitleParams(title, fontSize=13, anchor="start", offset=8, frame="group")
    return alt.layer(*layers).properties(width=max(WIDTH, _ROOM[told] * len(firms)), height=HEIGHT, title=heading)


def _number(name: str, value: float) -> str:
    return f"{100 * value:.1f}%" if name == "share" else f"{value:.3f}"


def _colour(drawn: Sequence[World]) -> Any:
    import altair as alt

    scale = alt.Scale(domain=[w.name for w in drawn], range=[w.colour for w in drawn])
    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolType="circle", labelLimit=260)
    return alt.Color("series:N", scale=scale, legend=legend if len(drawn) > 1 else None)


def schedules_chart(before: Equilibrium, after: Equilibrium | None = None, market: int = 0) -> Any:
    """Draw price, markup, scope and share in one market against productivity as delivered.

    Dots are the firms that are in. The dashed line is what one more firm would do that finds them as they are: it would
    hold less than one of them, since it meets all of them as rivals.
    """
    import altair as alt

    drawn = worlds(before, after, market)
    known = [world.delivered for world in drawn]
    low, high = 0.94 * np.nanmin(known), 1.06 * np.nanmax(known)
    phi = np.linspace(low, high, _POINTS)
    told = [_more(world, phi) for world in drawn]
    panels = [
        _by_productivity(drawn, told, phi, *panel)
        for panel in (_PANELS[2], _PANELS[0], _PANELS[3], _PANELS[1])
        if panel[0] != "varieties" or before.model.scope == "multi"
    ]
    one = f"one more firm of {before.countries[market]}" if len(before.countries) > 1 else "one more firm"
    heading = alt.TitleParams(
        _heading("What productivity brings", drawn[0]),
        subtitle=[_said(drawn), f"dots: the firms that are in; dashed: {one}, that finds them as they are"],
    )
    chart = alt.concat(*panels, columns=2, bounds="flush", spacing={"row": 92, "column": 84}).properties(title=heading)
    return themed(chart.resolve_scale(color="shared"))


def _more(world: World, phi: np.ndarray) -> dict[str, np.ndarray]:
    """Follow one more firm of the market's own country, nan where it would stay out."""
    model, j = world.equilibrium.model, world.market
    at_home = phi * (float(np.asarray(model.tau)[j, j]) if model.segmented else 1.0)
    found = schedule(world.equilibrium, np.broadcast_to(at_home, (len(model.countries), len(phi))))
    return {name: np.where(found["sells"][j, j], found[name][j, j], np.nan) for name, _, _ in _PANELS}


def _by_productivity(
    drawn: Sequence[World],
    more: Sequence[dict[str, np.ndarray]],
    phi: np.ndarray,
    name: str,
    title: str,
    unit: str,
) -> Any:
    import altair as alt

    dots = [row for world in drawn for row in _pairs(world, world.delivered, world.of_firms(name))]
    lines = [row for world, found in zip(drawn, more, strict=True) for row in _pairs(world, phi, found[name])]
    ys = [row["y"] for row in dots + lines]
    pad = 0.1 * (max(ys) - min(ys))
    x = alt.X("x:Q", title="productivity, as delivered",
              scale=alt.Scale(domain=[float(phi[0]), float(phi[-1])], nice=False),
              axis=alt.Axis(tickCount=6, format=".6~g"))  # fmt: skip
    low, high = min(ys) - pad, max(ys) + pad
    axis = alt.Axis(grid=True, values=round_ticks(low, high, 5), format="%" if name == "share" else ".6~g")
    y = alt.Y("y:Q", title=unit, scale=alt.Scale(domain=[low, high], nice=False), axis=axis)
    colour = _colour(drawn)
    dashed = alt.Chart(alt.Data(values=lines)).mark_line(strokeWidth=1.6, strokeDash=[5, 4])
    marked = alt.Chart(alt.Data(values=dots)).mark_circle(size=80, opacity=1.0)
    layers = [layer.encode(x=x, y=y, color=colour) for layer in (dashed, marked)]
    heading = alt.TitleParams(title, fontSize=13, anchor="start", offset=8, frame="group")
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT - 50, title=heading)


def _pairs(world: World, x: np.ndarray, y: np.ndarray) -> Rows:
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return [{"x": a, "y": b, "series": world.name} for a, b in pairs if np.isfinite(b)]
