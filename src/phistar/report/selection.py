"""The productivity cutoff diagram: who exits, who sells at home, who exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.report.theme import BLUE, GREY, INK, ORANGE, spread, themed

#: Export markets drawn; the easiest to reach come first.
MOST_MARKETS = 4
WIDTH, HEIGHT = 620, 340
LABEL_GAP = 16.0
_SHADES = {"exit": "#f1eee9", "one": "#e8f1f7", "all": "#fbeadf"}


@dataclass(frozen=True)
class Region:
    """A stretch of productivity in which firms share one fate."""

    start: float
    stop: float
    name: str
    why: str
    shade: str


def cutoff_diagram(equilibrium: Equilibrium, origin: int = 0) -> Any:
    """Draw profit from home sales and from exports against productivity for one country.

    Profit in market j is w f_ij ((phi/x_ij)^(sigma-1) - 1), a straight line in phi^(sigma-1), which is how
    the horizontal axis is scaled; x is the zero-profit cutoff.
    """
    import altair as alt

    sigma = float(equilibrium.model.as_parameters()["sigma"])
    home, export = _cutoffs(equilibrium, origin)
    last = 1.3 * max(c for c in (home, export) if np.isfinite(c))
    lines = _profit_lines(equilibrium, origin, sigma, last)
    bottom = 1.35 * min(line["profit"][0] for line in lines)
    top = max(-1.6 * bottom, 1.25 * max((line["profit"][-1] for line in lines[1:]), default=0.0))
    power = alt.Scale(type="pow", exponent=sigma - 1.0, domain=[0, last], nice=False, zero=True)
    x = alt.X("phi:Q", scale=power, title="productivity φ, drawn in proportion to φ^(σ − 1)",
              axis=alt.Axis(values=_ticks(home, export, last), format=".3~f", grid=False))  # fmt: skip
    scale_y = alt.Scale(domain=[bottom, top], nice=False)
    layers = [
        *_shades(_regions(home, export, last), power),
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(color=GREY)
        .encode(y=alt.Y("zero:Q", scale=scale_y, title=None)),
        *_cutoff_marks(home, export, power),
        *(_line(line, x, scale_y, top) for line in lines),
        *_names(lines, x, bottom, top),
    ]
    country = equilibrium.countries[origin]
    title = alt.TitleParams(
        f"Who exits, who sells at home, who exports: {country}",
        subtitle=_said(equilibrium, origin),
        offset=30,
    )
    return themed(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title))


def _cutoffs(equilibrium: Equilibrium, origin: int) -> tuple[float, float]:
    row = equilibrium["cutoff"][origin]
    abroad = np.delete(row, origin)
    return float(row[origin]), float(abroad.min()) if abroad.size else np.inf


def _profit_lines(equilibrium: Equilibrium, origin: int, sigma: float, last: float) -> list[dict[str, Any]]:
    fixed = np.asarray(equilibrium.model.as_parameters()["f"], dtype=float)[origin]
    zero = equilibrium["cutoff_zero_profit"][origin]
    wage = float(equilibrium["wage"][origin])
    abroad = [j for j in np.argsort(zero) if j != origin and np.isfinite(zero[j])][:MOST_MARKETS]
    phi = last * np.linspace(0.0, 1.0, 200) ** (1.0 / (sigma - 1.0))
    lines = []
    for j in (origin, *abroad):
        name = "π home" if j == origin else "π export" + (f", {equilibrium.countries[j]}" if len(abroad) > 1 else "")
        profit = wage * fixed[j] * ((phi / zero[j]) ** (sigma - 1.0) - 1.0)
        lines.append({"name": name, "phi": phi, "profit": profit, "colour": BLUE if j == origin else ORANGE})
    return lines


def _regions(home: float, export: float, last: float) -> list[Region]:
    first, second = min(home, export), min(max(home, export), last)
    middle = ("DOMESTIC ONLY", "sells at home") if home <= export else ("EXPORTS ONLY", "sells abroad")
    regions = [
        Region(0.0, first, "EXIT", "sells nowhere", "exit"),
        Region(first, second, *middle, "one"),
        Region(second, last, "EXPORTS", "sells at home and abroad", "all"),
    ]
    return [region for region in regions if region.stop > region.start]


def _shades(regions: list[Region], power: Any) -> list[Any]:
    """Shade the regions over the whole height and name them above, where no line crosses."""
    import altair as alt

    s, last = float(power.to_dict()["exponent"]), float(power.to_dict()["domain"][1])
    rows = []
    for r in regions:
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
    x = alt.X("start:Q", scale=power)
    boxes = base.mark_rect().encode(x=x, x2="stop:Q", color=alt.Color("shade:N", scale=None))
    texts = base.encode(x=alt.X("middle:Q", scale=power))
    names = texts.mark_text(fontSize=12, fontWeight="bold", color=INK).encode(text="name:N", y=alt.value(-25))
    whys = texts.mark_text(fontSize=11, color=GREY).encode(text="why:N", y=alt.value(-10))
    return [boxes, names, whys]


def _cutoff_marks(home: float, export: float, power: Any) -> list[Any]:
    import altair as alt

    marks = [(home, "φ*"), (export, "φ*ₓ")]
    rows = [{"phi": phi, "name": name} for phi, name in marks if np.isfinite(phi)]
    base = alt.Chart(alt.Data(values=rows)).encode(x=alt.X("phi:Q", scale=power))
    rules = base.mark_rule(color=INK, strokeDash=[4, 3])
    names = base.mark_text(fontSize=14, fontStyle="italic", color=INK, align="left", dx=5, baseline="bottom").encode(
        text="name:N", y=alt.value(HEIGHT - 8)
    )
    return [rules, names]


def _line(line: dict[str, Any], x: Any, scale_y: Any, top: float) -> Any:
    import altair as alt

    pairs = zip(line["phi"], line["profit"], strict=True)
    rows = [{"phi": float(p), "profit": float(v)} for p, v in pairs if v <= top]
    axis = alt.Axis(format="~g", tickCount=6)
    y = alt.Y("profit:Q", scale=scale_y, title="profit in a market, a period", axis=axis)
    return alt.Chart(alt.Data(values=rows)).mark_line(color=line["colour"], strokeWidth=2.5).encode(x=x, y=y)


def _names(lines: list[dict[str, Any]], x: Any, bottom: float, top: float) -> list[Any]:
    """Name each line at its end, far enough apart to be read."""
    import altair as alt

    ends = [int(np.flatnonzero(line["profit"] <= top)[-1]) for line in lines]
    wanted = [HEIGHT * (top - line["profit"][i]) / (top - bottom) for line, i in zip(lines, ends, strict=True)]
    names = []
    for line, i, pixel in zip(lines, ends, spread(wanted, LABEL_GAP), strict=True):
        data = alt.Data(values=[{"phi": float(line["phi"][i]), "name": line["name"]}])
        mark = alt.Chart(data).mark_text(color=line["colour"], fontSize=13, align="left", dx=7, fontWeight="bold")
        names.append(mark.encode(x=x, y=alt.value(pixel), text="name:N"))
    return names


def _ticks(home: float, export: float, last: float) -> list[float]:
    return [0.0, *(float(f"{c:.4g}") for c in sorted({home, export}) if np.isfinite(c) and c <= last)]


def _said(equilibrium: Equilibrium, origin: int) -> str:
    model, values = equilibrium.model, equilibrium.values
    said = [f"{model.name}, σ = {float(model.as_parameters()['sigma']):g}"]
    if "exporter_share" in values:
        said.append(f"{100 * float(values['exporter_share'][origin]):.1f} per cent of active firms export")
    least = float(np.min(values.get("cutoff_effective", values["cutoff"])[origin]))
    if least > float(np.min(values["cutoff"][origin])) * (1 + 1e-12):
        said.append(f"no firm is less productive than {least:.4g}")
    return "; ".join(said)
