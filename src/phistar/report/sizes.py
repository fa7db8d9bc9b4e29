"""The firm-size distribution: share of larger firms against revenue, exporters apart from the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.report.theme import BLUE, GREY, ORANGE, themed
from phistar.verbs.simulate import Firms

WIDTH, HEIGHT = 620, 360
#: Firms drawn a country, unless all countries' together would be too many, and the seed: the same figure every time.
DRAWS, MOST_ROWS, SEED = 400_000, 800_000, 1
#: What all firms do in all markets has at most so many cells a column.
MOST_CELLS = 16_000_000
#: Active firms below which those alone are drawn, of a model that can.
FEW = 20_000
#: Dots shown, evenly spaced in the logarithm of the rank (in the rank itself, on plain scales).
DOTS = 320
#: Largest over median firm beyond which sizes have a long tail, which only log scales show.
LONG_TAIL = 30.0
HOME, ABROAD = "sells at home only", "exports"
PALETTE = {HOME: BLUE, ABROAD: ORANGE}


def few_active(firms: Firms, origin: int = 0) -> bool:
    """Whether so few draws of a country are active firms that a figure of them would show chance."""
    return int((firms["active"] & (firms["country"] == origin)).sum()) < FEW


def size_chart(firms: Firms, origin: int = 0, potential: Firms | None = None) -> Any:
    """Draw rank (as a share of active firms) against revenue for one country's simulated firms.

    On log scales where the largest firms are many times the median; where they are not, on plain ones. Firms that
    were drawn among the active alone stand beside `potential` ones, and the share that is active is told.
    """
    import altair as alt

    mine = (firms["country"] == origin) & firms["active"] & (firms["revenue"] > 0)
    if not mine.any():
        raise NoEquilibrium("no simulated firm of this country is active", "show another country")
    order = np.argsort(-firms["revenue"][mine], kind="stable")
    revenue, exporter = firms["revenue"][mine][order], firms["exporter"][mine][order]
    count = len(revenue)
    logs = bool(revenue[0] > LONG_TAIL * revenue[count // 2])
    ranks = _ranks(count, logs)
    rows = [
        {"revenue": float(revenue[r - 1]), "rank": r / count, "firm": ABROAD if exporter[r - 1] else HOME}
        for r in ranks.tolist()
    ]
    x, y = _axes(revenue, ranks / count, logs)
    kinds = [kind for kind in PALETTE if any(row["firm"] == kind for row in rows)]
    scale = alt.Scale(domain=kinds, range=[PALETTE[kind] for kind in kinds])
    colour = alt.Color("firm:N", scale=scale, legend=None)
    dots = alt.Chart(alt.Data(values=rows)).mark_circle(size=34, opacity=0.9).encode(x=x, y=y, color=colour)
    country = firms.equilibrium.countries[origin]
    title = alt.TitleParams(
        f"How large firms are: {country}",
        subtitle=f"{firms.equilibrium.model.name}; {_drawn(firms, potential, origin, count)}",
    )
    jump = _gap(rows, x, y) if _jumps(revenue, exporter, firms["domestic_sales"][mine][order]) else []
    layers = [dots, *(_name(rows, kind, x, y, PALETTE[kind], logs) for kind in kinds), *jump]
    return themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title))


def _ranks(count: int, logs: bool) -> np.ndarray:
    """Choose the firms shown by rank, the largest first; on log scales the few smallest lie far apart too."""
    if not logs:
        return np.unique(np.linspace(1, count, DOTS).astype(int))
    from_top, from_bottom = np.geomspace(1, count, DOTS), count + 1 - np.geomspace(1, count, DOTS // 4)
    return np.unique(np.concatenate([from_top, from_bottom]).astype(int))


def _drawn(firms: Firms, potential: Firms | None, origin: int, count: int) -> str:
    """Say how many firms are shown and where they come from."""
    mine = firms["country"] == origin
    if potential is None:
        return f"{count:,} active firms of {int(mine.sum()):,} draws (seed {SEED})"
    share = firms["weight"][mine].sum() / potential["weight"][mine].sum()
    return f"{count:,} firms drawn among the active, {100 * share:.2g} per cent of potential firms (seed {SEED})"


def _axes(revenue: np.ndarray, shares: np.ndarray, logs: bool) -> tuple[Any, Any]:
    import altair as alt

    sales, share = "revenue of a firm, in the numeraire", "share of active firms at least as large"
    if logs:
        scale = alt.Scale(type="log", nice=False)
        return (alt.X("revenue:Q", scale=scale, title=f"{sales} (log scales)", axis=_decades(revenue, WIDTH)),
                alt.Y("rank:Q", scale=scale, title=share, axis=_decades(shares)))  # fmt: skip
    scale_x, scale_y = alt.Scale(zero=True, nice=False), alt.Scale(domain=[0, 1])
    return (alt.X("revenue:Q", scale=scale_x, title=sales, axis=alt.Axis(format="~g", tickCount=6)),
            alt.Y("rank:Q", scale=scale_y, title=share, axis=alt.Axis(format="%", tickCount=5, grid=True)))  # fmt: skip


def _jumps(revenue: np.ndarray, exporter: np.ndarray, domestic: np.ndarray) -> bool:
    """Whether sales abroad come all at once: they set the smallest exporter well apart from the largest of the rest.

    Its size alone would not tell: where few firms are drawn, there are gaps between any two.
    """
    if not exporter.any() or exporter.all():
        return False
    smallest = int(np.argmin(np.where(exporter, revenue, np.inf)))
    return bool(revenue[smallest] > 1.02 * max(float(domestic[smallest]), float(revenue[~exporter].max())))


def _decades(values: np.ndarray, room: float = np.inf) -> Any:
    """Make an axis with ticks and grid at powers of ten only, as many as have room for their labels side by side."""
    import altair as alt

    low, high = np.ceil(np.log10(np.min(values))), np.floor(np.log10(np.max(values)))
    ticks = [float(f"1e{int(p)}") for p in np.arange(low, high + 1)]
    if len(ticks) < 2:
        return alt.Axis(format="~g", grid=True)
    longest = max(len(f"{tick:,.12g}") for tick in ticks)
    every = int(np.ceil(len(ticks) * (7.0 * longest + 10.0) / room)) if np.isfinite(room) else 1
    return alt.Axis(format=",~g", grid=True, values=ticks[::every])


def _name(rows: list[dict[str, Any]], kind: str, x: Any, y: Any, colour: str, logs: bool) -> Any:
    """Name a stretch of dots beside its middle."""
    import altair as alt

    of_kind = [row for row in rows if row["firm"] == kind]
    sizes = np.array([row["revenue"] for row in of_kind])
    sizes = np.log(sizes) if logs else sizes
    middle = of_kind[int(np.argmin(np.abs(sizes - (sizes.min() + sizes.max()) / 2)))]
    text = alt.Chart(alt.Data(values=[middle])).mark_text(
        color=colour, fontSize=13, fontWeight="bold", align="left", dx=10, dy=-8
    )
    return text.encode(x=x, y=y, text="firm:N")


def _gap(rows: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Mark the jump in revenue at the export cutoff, where sales abroad come all at once."""
    import altair as alt

    left = max((row for row in rows if row["firm"] == HOME), key=lambda row: row["revenue"])
    right = min((row for row in rows if row["firm"] == ABROAD), key=lambda row: row["revenue"])
    place = {"revenue": left["revenue"], "stop": right["revenue"], "rank": right["rank"],
             "text": "jump at the export cutoff"}  # fmt: skip
    base = alt.Chart(alt.Data(values=[place]))
    line = base.mark_rule(color=GREY, strokeDash=[3, 3]).encode(x=x, x2="stop:Q", y=y)
    text = base.mark_text(color=GREY, fontSize=11, align="right", dx=-4, dy=14)
    text = text.encode(x=alt.X("stop:Q"), y=y, text="text:N")
    return [line, text]
