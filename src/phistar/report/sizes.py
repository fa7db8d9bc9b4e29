"""The firm-size distribution: share of larger firms against revenue, exporters apart from the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.report.theme import BLUE, GREY, ORANGE, themed
from phistar.verbs.simulate import Firms

WIDTH, HEIGHT = 620, 360
#: Firms drawn, and the seed: the same figure every time.
DRAWS, SEED = 400_000, 1
#: Dots shown, evenly spaced in the logarithm of the rank.
DOTS = 320
HOME, ABROAD = "sells at home only", "exports"
PALETTE = {HOME: BLUE, ABROAD: ORANGE}


def size_chart(firms: Firms, origin: int = 0) -> Any:
    """Draw log rank (as a share of active firms) against log revenue for one country's simulated firms."""
    import altair as alt

    mine = (firms["country"] == origin) & firms["active"] & (firms["revenue"] > 0)
    if not mine.any():
        raise NoEquilibrium("no simulated firm of this country is active", "show another country")
    order = np.argsort(-firms["revenue"][mine], kind="stable")
    revenue, exporter = firms["revenue"][mine][order], firms["exporter"][mine][order]
    count = len(revenue)
    ranks = np.unique(np.geomspace(1, count, DOTS).astype(int))
    rows = [
        {"revenue": float(revenue[r - 1]), "rank": r / count, "firm": ABROAD if exporter[r - 1] else HOME}
        for r in ranks.tolist()
    ]
    x = alt.X("revenue:Q", scale=alt.Scale(type="log", nice=False),
              title="revenue of a firm, numeraire (log scales)", axis=_decades(revenue))  # fmt: skip
    y = alt.Y("rank:Q", scale=alt.Scale(type="log", nice=False),
              title="share of active firms at least as large", axis=_decades(ranks / count))  # fmt: skip
    kinds = [kind for kind in PALETTE if any(row["firm"] == kind for row in rows)]
    scale = alt.Scale(domain=kinds, range=[PALETTE[kind] for kind in kinds])
    colour = alt.Color("firm:N", scale=scale, legend=None)
    dots = alt.Chart(alt.Data(values=rows)).mark_circle(size=34, opacity=0.9).encode(x=x, y=y, color=colour)
    country = firms.equilibrium.countries[origin]
    title = alt.TitleParams(
        f"How large firms are: {country}",
        subtitle=f"{firms.equilibrium.model.name}; {count:,} active firms of {DRAWS:,} draws (seed {SEED})",
    )
    layers = [dots, *(_name(rows, kind, x, y, PALETTE[kind]) for kind in kinds), *_gap(rows, x, y)]
    return themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title))


def _decades(values: np.ndarray) -> Any:
    """Make an axis with ticks and grid at powers of ten only."""
    import altair as alt

    low, high = np.ceil(np.log10(np.min(values))), np.floor(np.log10(np.max(values)))
    ticks = [float(f"1e{int(p)}") for p in np.arange(low, high + 1)]
    if len(ticks) < 2:
        return alt.Axis(format="~g", grid=True)
    return alt.Axis(format="~g", grid=True, values=ticks)


def _name(rows: list[dict[str, Any]], kind: str, x: Any, y: Any, colour: str) -> Any:
    """Name a stretch of dots beside its middle."""
    import altair as alt

    of_kind = [row for row in rows if row["firm"] == kind]
    logs = np.log([row["revenue"] for row in of_kind])
    middle = of_kind[int(np.argmin(np.abs(logs - (logs.min() + logs.max()) / 2)))]
    text = alt.Chart(alt.Data(values=[middle])).mark_text(
        color=colour, fontSize=13, fontWeight="bold", align="left", dx=10, dy=-8
    )
    return text.encode(x=x, y=y, text="firm:N")


def _gap(rows: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Mark the jump in revenue at the export cutoff, where sales abroad come all at once."""
    import altair as alt

    home = [row for row in rows if row["firm"] == HOME]
    abroad = [row for row in rows if row["firm"] == ABROAD]
    if not home or not abroad:
        return []
    left, right = max(home, key=lambda row: row["revenue"]), min(abroad, key=lambda row: row["revenue"])
    if right["revenue"] <= left["revenue"] * 1.02:
        return []
    place = {"revenue": left["revenue"], "stop": right["revenue"], "rank": right["rank"],
             "text": "jump at φ*ₓ"}  # fmt: skip
    base = alt.Chart(alt.Data(values=[place]))
    line = base.mark_rule(color=GREY, strokeDash=[3, 3]).encode(x=x, x2="stop:Q", y=y)
    text = base.mark_text(color=GREY, fontSize=11, align="right", dx=-4, dy=14)
    text = text.encode(x=alt.X("stop:Q"), y=y, text="text:N")
    return [line, text]
