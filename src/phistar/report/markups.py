"""Markup and size distributions by market, where markups differ between firms."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import NoEquilibrium
from phistar.report.fates import Line, draw_line
from phistar.report.theme import COLOURS, GREY, INK, themed
from phistar.verbs.simulate import market_quantiles

WIDTH, HEIGHT = 320, 300
#: Shares of sellers drawn: from the smallest to the largest, in steps of half a per cent.
SHARES = np.linspace(0.0, 1.0, 201)
#: Markets told apart by colour.
MOST_MARKETS = len(COLOURS)
PANELS = (
    ("markup", "markup over delivered cost, in the numeraire"),
    ("revenue", "sales of a variety in the market, in the numeraire"),
)


def markup_chart(equilibrium: Equilibrium, market: int | None = None) -> Any:
    """Draw the share of sellers with at least a markup, and with at least some sales, in every market.

    Raises
    ------
    InputError
        When all firms of the model have one markup.
    NoEquilibrium
        When nobody sells in the markets shown.
    """
    import altair as alt

    found = market_quantiles(equilibrium, SHARES.tolist())
    countries = equilibrium.countries
    shown = [
        j for j in (range(len(countries)) if market is None else [market]) if np.isfinite(found["markup"][j]).all()
    ]
    shown = shown[:MOST_MARKETS]
    if not shown:
        raise NoEquilibrium("nobody sells there: there are no markups to show", "show another country")
    panels = []
    for name, what in PANELS:
        lines = [Line(countries[j], found[name][j], 1.0 - SHARES, COLOURS[n]) for n, j in enumerate(shown)]
        panels.append(_panel(lines, what))
    means = ", ".join(f"{countries[j]} {float(equilibrium['mean_markup'][j]):.4g}" for j in shown)
    said = [equilibrium.model.name, f"mean markup: {means}" if "mean_markup" in equilibrium.values else ""]
    if market is None and len(shown) < len(countries):
        said.append(f"{len(shown)} of {len(countries)} markets")
    title = alt.TitleParams(_heading(countries, shown), subtitle="; ".join(text for text in said if text))
    return themed(alt.hconcat(*panels, _legend(countries, shown), spacing=26).properties(title=title))


def _heading(countries: tuple[str, ...], shown: list[int]) -> str:
    where = f": {countries[shown[0]]}" if len(shown) == 1 else " by market"
    return f"How markups and sales are spread{where}"


def _panel(lines: list[Line], title: str) -> Any:
    import altair as alt

    right = 1.02 * max(float(line.at.max()) for line in lines)
    x = alt.X(
        "at:Q", title=title, scale=alt.Scale(domain=[0, right], nice=False), axis=alt.Axis(tickCount=5, format="~g")
    )
    y = alt.Y("share:Q", title="share of sellers with at least as much", scale=alt.Scale(domain=[0, 1]),
              axis=alt.Axis(format="%", tickCount=5, grid=True))  # fmt: skip
    layers = [draw_line(line, x, y, "at", "share") for line in lines]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _legend(countries: tuple[str, ...], shown: list[int]) -> Any:
    """Name the markets beside the panels: their lines lie too close to be named at their ends."""
    import altair as alt

    rows = [{"name": countries[j], "row": n, "colour": COLOURS[n]} for n, j in enumerate(shown)]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingOuter=0.2)), color=alt.Color("colour:N", scale=None)
    )
    texts = base.mark_text(align="left", fontSize=13, fontWeight="bold").encode(text="name:N", x=alt.value(0))
    head = alt.TitleParams("market", fontSize=12, fontWeight="normal", color=INK, anchor="start", subtitleColor=GREY)
    return texts.properties(width=10, height=20 * len(shown), title=head)
