"""The figures of the replication, drawn from its curves: the paper's 1 to 4 and A.1, and a map of regions."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.ara2026.box import HIGH, LOW, POINT
from phistar.replicate.ara2026.curves import LARGER, REGIONS, SIZES, TAUS
from phistar.replicate.results import Replication

_POINT = ", ".join([
    *(f"{letter} {POINT[key]:g}" for letter, key in (
        ("σ", "sigma"), ("τ_X", "tau_X"), ("f_D", "f_D"), ("f_X", "f_X"), ("f_DM", "f_DM"), ("f_XM", "f_XM"),
    )),
    "Pareto k 5",
])  # fmt: skip
_SIZE = "relative market size L = L1/L2"
#: Blue where the wage rises with size, orange where it falls; the paler, the less welfare responds.
_REGION_COLOURS = ("#f0a875", "#D55E00", "#0072B2", "#8cc4e8", "#d9d9d9", "#f4ecd2")


def figures(replication: Replication) -> dict[str, Any]:
    """Draw the figures: charts by name."""
    rows = [dict(zip(replication.curves, row, strict=True)) for row in zip(*replication.curves.values(), strict=True)]

    def _of(figure: str, panel: str = "") -> list[dict[str, Any]]:
        return [row for row in rows if row["figure"] == figure and row["panel"] == panel]

    return {
        "figure_1": _determination(_of("figure_1"), "Figure 1. Equilibrium where final goods lead", HIGH),
        "figure_2": _ratios(_of("figure_2", "a"), _of("figure_2", "b"), "Figure 2. Effects of market size", HIGH),
        "figure_3": _determination(_of("figure_3"), "Figure 3. Equilibrium where inputs lead", LOW),
        "figure_4": _welfare(_of("figure_4", "a"), _of("figure_4", "b"), _of("figure_4", "c")),
        "figure_A1": _ratios(_of("figure_A1", "a"), _of("figure_A1", "b"), "Figure A.1. Effects of market size", LOW),
        "regions": _regions(_of("regions"), _even_trade(replication)),
    }


def _even_trade(replication: Replication) -> float:
    cells = replication.section("sheet").cells
    return float(next(cell.computed for cell in cells if cell.column.startswith("τ_M at which")))


def _determination(rows: list[dict[str, Any]], title: str, tau: float) -> Any:
    from phistar.report.lines import LinePanel, line_panels
    from phistar.report.theme import BLUE, ORANGE

    first, moved, trade = "LMC: Φ(ω, 1)", f"LMC: Φ(ω, {LARGER:g})", "TB: Ψ(ω)"
    looks = {first: (BLUE, False), moved: (BLUE, True), trade: (ORANGE, False)}
    rising = tau == HIGH
    places = {
        first: (1.03, "left", 9) if rising else (1.035, "left", 15),
        moved: (1.02, "right", -6) if rising else (1.01, "right", -8),
        trade: (1.035, "left", -6) if rising else (0.9875, "left", 0),
    }
    panel = LinePanel(rows, "", "relative wage ω = w1/w2", "relative exports R_X1/R_X2 (log scale)", looks, (1.0, 1.0),
                      ticks=(0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5), places=places)  # fmt: skip
    told = (
        f"τ_M = {tau:g}; {_POINT}",
        f"Dashed: the LMC curve where country 1 is larger by {100 * (LARGER - 1):.0f} per cent",
    )
    return line_panels([panel], title, told)


def _ratios(first: list[dict[str, Any]], second: list[dict[str, Any]], title: str, tau: float) -> Any:
    from phistar.report.lines import LinePanel, line_panels

    panels = [
        LinePanel(first, "(a) Country 1's trade over country 2's", _SIZE, "ratio", cross=(1.0, 1.0)),
        LinePanel(second, "(b) Exports of final goods over imports of inputs", _SIZE, "ratio"),
    ]
    return line_panels(panels, title, (f"τ_M = {tau:g}; {_POINT}",))


def _welfare(wage: list[dict[str, Any]], welfare: list[dict[str, Any]], excess: list[dict[str, Any]]) -> Any:
    from phistar.report.lines import LinePanel, line_panels

    panels = [
        LinePanel(wage, "(a) Relative wage", _SIZE, "ω = w1/w2", cross=(1.0, 1.0)),
        LinePanel(welfare, "(b) Relative welfare", _SIZE, "W1/W2", cross=(1.0, 1.0)),
        LinePanel(excess, "(c) W1/W2 at τ_M = 1.1 over that at 1.5", _SIZE, "excess, per cent", cross=(1.0, 0.0)),
    ]
    told = (_POINT, "(c) is not in the paper: at τ_M = 1.1 relative welfare responds more to size, not less")
    return line_panels(panels, "Figure 4. Market size, wages and welfare", told)


def _regions(rows: list[dict[str, Any]], even: float) -> Any:
    from phistar.report.lines import RegionMap, region_map

    half, ratio = 0.5 * float(TAUS[1] - TAUS[0]), float(np.sqrt(SIZES[1] / SIZES[0]))
    ends = [float(TAUS[-1])] * len(rows)
    for i in range(len(rows) - 1):
        if rows[i + 1]["y"] == rows[i]["y"]:
            ends[i] = rows[i + 1]["x"] - 2.0 * half
    cells = [{"x": row["x"] - half, "x2": end + half, "y": row["y"] / ratio, "y2": row["y"] * ratio,
              "series": row["series"]} for row, end in zip(rows, ends, strict=True)]  # fmt: skip
    drawn = RegionMap(cells, dict(zip(REGIONS, _REGION_COLOURS, strict=True)), "input trade cost τ_M",
                      f"{_SIZE} (log scale)", {LOW: "1.1", even: f"{even:.4f}", HIGH: "1.5"})  # fmt: skip
    told = (_POINT, "Dashed: the paper's two costs, and the one at which R_X = E_M in equal countries")
    return region_map(drawn, "How wages and welfare respond to market size", told)
