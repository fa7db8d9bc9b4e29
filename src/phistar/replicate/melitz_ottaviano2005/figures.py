"""The figures of the replication, drawn from its curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.results import Replication
from phistar.report.panels import Axis, Panel, panels_chart

Rows = list[dict[str, Any]]

_POINT = "α 2, γ 1, η 4, entry cost 0.1, Pareto costs up to 1 with k 2"
_PROFITS = Panel("welfare_profits", "Welfare, profits included", "in the numeraire, per head")
#: Each deal: its axis, its title, its countries.
_DEALS = {
    "unilateral": (
        "← import cost τ of the liberalizing country",
        "Unilateral liberalization: a gain in the short run, a loss in the long",
        "Two countries of size 10",
    ),
    "preferential": (
        "← trade cost τ between the members",
        "Preferential liberalization: the third country loses in the long run",
        "Three countries of size 10",
    ),
}


def figures(replication: Replication) -> dict[str, Any]:
    """Draw cutoffs, variety, entrants, markups and welfare against size, tau and freeness; deals; limits."""
    curves = {name: list(column) for name, column in replication.curves.items()}

    def _rows(figure: str) -> Rows:
        return [dict(zip(curves, row, strict=True)) for row in zip(*curves.values(), strict=True) if row[0] == figure]

    drawn = {"size": _size(_rows("size")), "tau": _bilateral(_rows("tau"), "x"),
             "freeness": _bilateral(_rows("tau"), "freeness")}  # fmt: skip
    deals = {name: _deal(_rows(name), name) for name in _DEALS}
    return {**drawn, **deals, "gains": _gains(_rows("gains")), "humps": _humps(_rows("humps"))}


def _common(last: Panel) -> tuple[Panel, ...]:
    return (
        Panel("cutoff", "Domestic cutoff", "cost"),
        Panel("variety", "Variety", "varieties on sale"),
        Panel("entrants", "Entrants", "firms"),
        Panel("markup", "Mean markup", "in the numeraire"),
        Panel("welfare", "Welfare, wages as income", "in the numeraire, per head"),
        last,
    )


def _size(rows: Rows) -> Any:
    return panels_chart(
        rows,
        Axis("x", "size relative to the partner (log scale)", True, _corners(rows)),
        _common(Panel("import_share", "Import share", "of spending on the good")),
        "Market size",
        f"Two countries, τ 1.5, partner of size 10; {_POINT}",
    )


def _bilateral(rows: Rows, column: str) -> Any:
    """Draw a bilateral liberalization against tau or against freeness."""
    title, label, start = {
        "x": ("Bilateral liberalization", "← trade cost τ", "τ = 2"),
        "freeness": ("Bilateral liberalization, against freeness ρ = 1/τ²", "freeness of trade ρ", "ρ = 1/4"),
    }[column]
    said = f"Sizes 12 and 10; the short run keeps the entrants of {start}; {_POINT}"
    return panels_chart(rows, Axis(column, label, marks=_corner(rows, column)), _common(_PROFITS), title, said)


def _deal(rows: Rows, name: str) -> Any:
    label, title, said = _DEALS[name]
    return panels_chart(rows, Axis("x", label), _common(_PROFITS), title, f"{said}, the other τ 1.6; {_POINT}")


def _gains(rows: Rows) -> Any:
    change = "change from autarky, per cent"
    return panels_chart(
        rows,
        Axis("x", "trade cost τ"),
        (
            Panel("cutoff", "Domestic cutoff", change),
            Panel("surplus", "Consumer surplus", change),
            Panel("surplus_close", "Consumer surplus, a closer look", change),
        ),
        "Without a Pareto, trade can lower welfare while it lowers the cutoff",
        "Two equal countries of size 10; α 1.3, γ 1, η 2, entry cost 0.1, costs up to 1",
    )


def _humps(rows: Rows) -> Any:
    return panels_chart(
        rows,
        Axis("x", "market size L", marks=_everyone(rows)),
        (
            Panel("cutoff", "Cutoff", "cost"),
            Panel("variety", "Variety", "varieties on sale"),
            Panel("markup", "Mean markup", "in the numeraire"),
        ),
        "A larger market can have fewer varieties and higher markups",
        "Closed economy, beta costs on [0.1, 1] with a 0.5, b 0.3; α 2, γ 1, η 1, entry cost 0.1",
    )


def _corner(rows: Rows, column: str) -> dict[float, str]:
    """Find where the smaller country's last entrant leaves in the long run."""
    small = [row for row in rows if row["series"] == "smaller country" and row["horizon"] == "long run"]
    none = [row[column] for row in small if row["entrants"] == 0.0]
    if not none:
        return {}
    edge = max(none) if column == "x" else min(none)
    return {edge: "Dotted: on its far side the smaller country has no entrants in the long run"}


def _corners(rows: Rows) -> dict[float, str]:
    """Find the sizes at which either country's last entrant leaves."""
    found = {}
    for name, pick in (("growing country", np.max), ("partner", np.min)):
        none = [row["x"] for row in rows if row["series"] == name and row["entrants"] == 0.0]
        if none:
            found[float(pick(none))] = ""
    words = "Dotted: beyond these sizes one of the countries has no entrants"
    return dict(zip(found, [words] + [""] * (len(found) - 1), strict=True)) if found else {}


def _everyone(rows: Rows) -> dict[float, str]:
    """Find the size below which every draw sells."""
    return {max(row["x"] for row in rows if row["cutoff"] >= 1.0): "Dotted: in smaller markets every draw sells"}
