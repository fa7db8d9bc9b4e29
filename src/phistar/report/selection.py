"""The productivity cutoff diagram: who exits, who sells at home, who exports."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.report.fates import HEIGHT, WIDTH, Fate, Line, cutoff_axis, cutoff_marks, draw_line, name_lines, shades
from phistar.report.theme import BLUE, GREY, ORANGE, themed

#: Export markets drawn; the easiest to reach come first.
MOST_MARKETS = 4
#: Cutoffs of importing: the variable, its name in the figure, what inputs are imported for from there.
IMPORTING = (
    ("cutoff_DM", "φ_DM", "home sales"),
    ("cutoff_XM", "φ_XM", "exports"),
)
#: How many times as wide importing may make the figure.
FARTHEST = 3.0


def cutoff_diagram(equilibrium: Equilibrium, origin: int = 0) -> Any:
    """Draw profit from home sales and from exports against productivity for one country.

    Profit in market j is w f_ij ((phi/x_ij)^(sigma-1) - 1), a straight line in phi^(sigma-1), which is how
    the horizontal axis is scaled; x is the zero-profit cutoff.
    """
    import altair as alt

    if "cutoff" not in equilibrium.values or "sigma" not in equilibrium.model.as_parameters():
        raise InputError("--figure", f"cutoffs is not drawn for {equilibrium.model.name}",
                         remedy="use comparative_statics or firm_sizes")  # fmt: skip
    sigma = float(equilibrium.model.as_parameters()["sigma"])
    home, export = _cutoffs(equilibrium, origin)
    last = 1.3 * max(c for c in (home, export) if np.isfinite(c))
    importing = _importing(equilibrium, origin, last * FARTHEST ** (1.0 / (sigma - 1.0)))
    last = max([last, *(1.1 * at for at in importing.values())])
    names = ("φ_D", "φ_X") if "cutoff_DM" in equilibrium.values else ("φ*", "φ*ₓ")
    marks = [*zip((home, export), names, strict=True), *((at, name) for name, at in importing.items())]
    lines = _profit_lines(equilibrium, origin, sigma, last)
    bottom, top = _span(lines)
    power = alt.Scale(type="pow", exponent=sigma - 1.0, domain=[0, last], nice=False, zero=True)
    axis_x = cutoff_axis([c for c, _ in marks if c <= last], power, ".3~f")
    x = alt.X("phi:Q", scale=power, title="productivity φ, spaced by its power σ − 1", axis=axis_x)
    scale_y = alt.Scale(domain=[bottom, top], nice=False)
    axis = alt.Axis(format=".6~g", tickCount=6)
    profit = "profit in a market, a period"
    y = alt.Y("profit:Q", scale=scale_y, title=profit, axis=axis)
    layers = [
        *shades(_fates(home, export, last), power),
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(color=GREY)
        .encode(y=alt.Y("zero:Q", scale=scale_y, title=profit)),
        *cutoff_marks(marks, power, "phi", dotted=list(importing)),
        *(draw_line(line, x, y, "phi", "profit", top) for line in lines),
        *name_lines(lines, x, power, "phi", (bottom, top), [at for at, _ in marks]),
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


def _profit_lines(equilibrium: Equilibrium, origin: int, sigma: float, last: float) -> list[Line]:
    zero = equilibrium.values.get("cutoff_zero_profit", equilibrium["cutoff"])[origin]
    abroad = [j for j in np.argsort(zero) if j != origin and np.isfinite(zero[j])][:MOST_MARKETS]
    phi = last * np.linspace(0.0, 1.0, 200) ** (1.0 / (sigma - 1.0))
    lines = []
    for j in (origin, *abroad):
        name = "π home" if j == origin else "π export" + (f", {equilibrium.countries[j]}" if len(abroad) > 1 else "")
        profit = _profit(equilibrium, origin, j, phi)
        lines.append(Line(name, phi, profit, BLUE if j == origin else ORANGE))
    return lines


def _profit(equilibrium: Equilibrium, origin: int, j: int, phi: np.ndarray) -> np.ndarray:
    """Compute profit in one market: with a fixed cost also what a firm below the cutoff would lose."""
    given = equilibrium.model.as_parameters()
    if "f" not in given:
        # The first point stands at zero, where nobody sells.
        log_phi = np.log(np.maximum(phi, 1e-9 * phi[-1]))
        does = equilibrium.model.firm_schedule(dict(equilibrium.unknowns), log_phi)
        return np.asarray(does["profit"][origin, j])
    fixed = float(equilibrium["wage"][origin]) * float(np.asarray(given["f"], dtype=float)[origin, j])
    return np.asarray(fixed * ((phi / equilibrium["cutoff_zero_profit"][origin, j]) ** (given["sigma"] - 1.0) - 1.0))


def _span(lines: list[Line]) -> tuple[float, float]:
    """Choose the ends of the vertical axis: where nobody can lose, a margin below zero."""
    bottom = 1.35 * min(line.values[0] for line in lines)
    abroad = max((line.values[-1] for line in lines[1:]), default=0.0)
    if bottom < 0.0:
        return bottom, max(-1.6 * bottom, 1.25 * abroad)
    top = max(0.5 * lines[0].values[-1], 1.25 * abroad)
    return -0.15 * top, top


def _fates(home: float, export: float, last: float) -> list[Fate]:
    first, second = min(home, export), min(max(home, export), last)
    middle = ("DOMESTIC ONLY", "sells at home") if home <= export else ("EXPORTS ONLY", "sells abroad")
    fates = [
        Fate(0.0, first, "EXIT", "sells nowhere", "exit"),
        Fate(first, second, *middle, "one"),
        Fate(second, last, "EXPORTS", "sells at home and abroad", "all"),
    ]
    return [fate for fate in fates if fate.stop > fate.start]


def _importing(equilibrium: Equilibrium, origin: int, farthest: float) -> dict[str, float]:
    """Read the cutoffs from which firms import inputs, of a model that has them, up to the farthest drawn."""
    found = {name: float(equilibrium[key][origin]) for key, name, _ in IMPORTING if key in equilibrium.values}
    return {name: at for name, at in found.items() if at <= farthest}


def _said(equilibrium: Equilibrium, origin: int) -> list[str]:
    model, values = equilibrium.model, equilibrium.values
    said = [f"{model.name}, σ = {float(model.as_parameters()['sigma']):.4g}"]
    if "exporter_share" in values:
        share = float(values["exporter_share"][origin])
        said.append(f"{100 * share:.1f} per cent of active firms export" if share else "no firm exports")
    least = float(np.min(values.get("cutoff_effective", values["cutoff"])[origin]))
    if least > float(np.min(values["cutoff"][origin])) * (1 + 1e-12):
        said.append(f"no firm is less productive than {least:.4g}")
    imports = [
        f"from productivity {float(values[key][origin]):.4g} for {what}"
        for key, _, what in IMPORTING
        if key in values and np.isfinite(values[key][origin])
    ]
    return ["; ".join(said), *([f"firms import inputs too {', '.join(imports)}"] if imports else [])]
