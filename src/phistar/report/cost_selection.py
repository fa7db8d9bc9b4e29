"""The cost cutoff diagram: who exports, who sells at home, who exits, and at which price over cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.report.fates import WIDTH, Fate, Line, cutoff_axis, cutoff_marks, draw_line, shades
from phistar.report.theme import BLUE, GREY, ORANGE, spread, themed

UPPER, LOWER = 230, 210
POINTS = 240
LABEL_GAP = 16.0


@dataclass(frozen=True)
class Market:
    """What one country's firms of rising cost do in a market, up to the cutoff."""

    name: str
    colour: str
    cost: np.ndarray
    profit: np.ndarray
    price: np.ndarray
    delivered: np.ndarray


def cost_diagram(equilibrium: Equilibrium, origin: int = 0) -> Any:
    """Draw profit, price and delivered cost at home and in the easiest export market against a firm's marginal cost.

    Everything is read from the model's schedule of firms: whatever sells at a price with a markup can be drawn.
    """
    import altair as alt

    home, export = _cutoffs(equilibrium, origin)
    last = 1.25 * max(c for c in (home, export) if np.isfinite(c))
    scale = alt.Scale(type="pow", exponent=1.0, domain=[0, last], nice=False, zero=True)
    fates = _fates(home, export, last)
    axis = cutoff_axis([home, export], scale, ".4~f")
    markets = _markets(equilibrium, origin, last)
    nameless = [Fate(f.start, f.stop, "", "", f.shade) for f in fates]
    upper = [
        *shades(fates, scale),
        *cutoff_marks([(home, ""), (export, "")], scale, "cost", UPPER),
        *_profits(markets, alt.X("cost:Q", scale=scale, title=None, axis=axis)),
    ]
    lower = [
        *shades(nameless, scale),
        *cutoff_marks([(home, "c_D"), (export, "c_X")], scale, "cost", LOWER),
        *_prices(markets, alt.X("cost:Q", scale=scale, title="marginal cost c of the firm", axis=axis)),
    ]
    panels = [alt.layer(*layers).properties(width=WIDTH, height=h) for layers, h in ((upper, UPPER), (lower, LOWER))]
    title = alt.TitleParams(
        f"Who exports, who sells at home, who exits: {equilibrium.countries[origin]}",
        subtitle=_said(equilibrium, origin),
        offset=34,
    )
    return themed(alt.vconcat(*panels, spacing=18).properties(title=title))


def _cutoffs(equilibrium: Equilibrium, origin: int) -> tuple[float, float]:
    row = equilibrium["cutoff"][origin]
    abroad = np.delete(row, origin)
    return float(row[origin]), float(abroad.max()) if abroad.size and abroad.max() > 0 else np.inf


def _fates(home: float, export: float, last: float) -> list[Fate]:
    if not np.isfinite(export):
        return [Fate(0.0, home, "DOMESTIC", "sells at home", "one"), Fate(home, last, "EXIT", "sells nowhere", "exit")]
    first, second = min(home, export), max(home, export)
    middle = ("DOMESTIC ONLY", "sells at home") if export <= home else ("EXPORTS ONLY", "sells abroad")
    fates = [
        Fate(0.0, first, "EXPORTS", "sells at home and abroad", "all"),
        Fate(first, second, *middle, "one"),
        Fate(second, last, "EXIT", "sells nowhere", "exit"),
    ]
    return [fate for fate in fates if fate.stop > fate.start]


def _markets(equilibrium: Equilibrium, origin: int, last: float) -> list[Market]:
    """Read home and the easiest export market from the schedule of firms."""
    row = equilibrium["cutoff"][origin]
    abroad = [j for j in np.argsort(-row) if j != origin and row[j] > 0][:1]
    markets = []
    for j in (origin, *abroad):
        # Ends an instant before the cutoff, where the firm still sells.
        cost = np.linspace(last / POINTS, row[j] * (1.0 - 1e-9), POINTS)
        firms = equilibrium.model.firm_schedule(dict(equilibrium.unknowns), -np.log(cost))
        profit, price, markup = (firms[name][origin, j] for name in ("profit", "price", "markup"))
        name = "home" if j == origin else f"export, {equilibrium.countries[j]}"
        markets.append(Market(name, BLUE if j == origin else ORANGE, cost, profit, price, price - markup))
    return markets


def _axis(title: str, top: float) -> Any:
    import altair as alt

    scale = alt.Scale(domain=[0, top], nice=False)
    return alt.Y("value:Q", scale=scale, title=title, axis=alt.Axis(format=".6~g", tickCount=5))


def _profits(markets: Sequence[Market], x: Any) -> list[Any]:
    """Draw profits; the higher line is named above itself, the lower one below, where falling lines leave room."""
    y = _axis("profit in a market", 1.08 * max(float(m.profit.max()) for m in markets))
    layers = [draw_line(Line(m.name, m.cost, m.profit, m.colour), x, y, "cost", "value") for m in markets]
    at = 0.45 * min(float(m.cost[-1]) for m in markets)
    highest = max(markets, key=lambda m: float(np.interp(at, m.cost, m.profit)))
    for m in markets:
        place = {"cost": at, "value": float(np.interp(at, m.cost, m.profit)), "name": f"π {m.name}"}
        side = {"align": "left", "dx": 8, "dy": -8} if m is highest else {"align": "right", "dx": -8, "dy": 10}
        layers.append(_text([place], m.colour, **side).encode(x=x, y=y, text="name:N"))
    return layers


def _prices(markets: Sequence[Market], x: Any) -> list[Any]:
    """Draw prices over delivered costs, which meet at the cutoffs, where the prices are named."""
    import altair as alt

    top = 1.12 * max(float(m.price.max()) for m in markets)
    y = _axis("price and cost in a market", top)
    layers = []
    for m in markets:
        layers.append(draw_line(Line(m.name, m.cost, m.price, m.colour), x, y, "cost", "value"))
        layers.append(draw_line(Line(m.name, m.cost, m.delivered, m.colour, dashed=True), x, y, "cost", "value"))
    wanted = [LOWER * (1.0 - float(m.price[-1]) / top) - 6.0 for m in markets]
    for m, pixel in zip(markets, spread(wanted, LABEL_GAP), strict=True):
        place = {"cost": float(m.cost[-1]), "name": f"price {m.name}"}
        layers.append(_text([place], m.colour, align="left", dx=7).encode(x=x, y=alt.value(pixel), text="name:N"))
    widest = max(markets, key=lambda m: float(m.cost[-1]))  # its delivered cost is the lowest line
    middle = int(0.35 * POINTS)
    place = {"cost": float(widest.cost[middle]), "value": float(widest.delivered[middle]), "name": "delivered cost"}
    layers.append(_text([place], GREY, align="left", dx=10, dy=10).encode(x=x, y=y, text="name:N"))
    return layers


def _text(rows: list[dict[str, Any]], colour: str, **place: Any) -> Any:
    import altair as alt

    return alt.Chart(alt.Data(values=rows)).mark_text(color=colour, fontSize=13, fontWeight="bold", **place)


def _said(equilibrium: Equilibrium, origin: int) -> list[str]:
    values = equilibrium.values
    said = [equilibrium.model.name]
    if "exporter_share" in values and np.isfinite(values["exporter_share"][origin]):
        said.append(f"{100 * float(values['exporter_share'][origin]):.1f} per cent of active firms export")
    if np.max(values["cutoff_effective"][origin]) < np.max(values["cutoff"][origin]) * (1 - 1e-12):
        said.append(f"no draw costs more than {float(np.max(values['cutoff_effective'][origin])):.4g}")
    if values["mass_entrants"][origin] == 0.0:
        said.append("nobody enters here")
    return [f"{'; '.join(said)};", "between price and delivered cost (dashed) lies the markup"]
