"""The figures of the replication, drawn from its curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.results import Replication

_POINT = "α 2, γ 1, η 4, entry cost 0.1, Pareto costs up to 1 with k 2"


def figures(replication: Replication) -> dict[str, Any]:
    """Draw cutoffs, variety, entrants, markups and welfare against size, tau and freeness; deals; limits."""
    from phistar.report.panels import Axis, Panel, panels_chart

    common = (
        Panel("cutoff", "Domestic cutoff", "cost"),
        Panel("variety", "Variety", "varieties on sale"),
        Panel("entrants", "Entrants", "firms"),
        Panel("markup", "Mean markup", "numeraire"),
        Panel("welfare", "Welfare, wages as income", "numeraire a head"),
    )
    imports = Panel("import_share", "Import share", "of spending on the good")
    profits = Panel("welfare_profits", "Welfare, profits included", "numeraire a head")
    curves = {name: list(column) for name, column in replication.curves.items()}

    def rows(figure: str) -> list[dict[str, Any]]:
        return [dict(zip(curves, row, strict=True)) for row in zip(*curves.values(), strict=True) if row[0] == figure]

    sized, traded = rows("size"), rows("tau")
    tau_marks, rho_marks = _corner(traded, "x"), _corner(traded, "freeness")
    return {
        "size": panels_chart(
            sized,
            Axis("x", "size relative to the partner (log scale)", True, _corners(sized)),
            (*common, imports),
            "Market size",
            f"Two countries, τ 1.5, partner of size 10; {_POINT}",
        ),
        "tau": panels_chart(
            traded,
            Axis("x", "← trade cost τ", marks=tau_marks),
            (*common, profits),
            "Bilateral liberalization",
            f"Sizes 12 and 10; the short run keeps the entrants of τ = 2; {_POINT}",
        ),
        "freeness": panels_chart(
            traded,
            Axis("freeness", "freeness of trade ρ", marks=rho_marks),
            (*common, profits),
            "Bilateral liberalization, against freeness ρ = 1/τ²",
            f"Sizes 12 and 10; the short run keeps the entrants of ρ = 1/4; {_POINT}",
        ),
        "unilateral": panels_chart(
            rows("unilateral"),
            Axis("x", "← import cost τ of the liberalizing country"),
            (*common, profits),
            "Unilateral liberalization: a gain in the short run, a loss in the long",
            f"Two countries of size 10, the other τ 1.6; {_POINT}",
        ),
        "preferential": panels_chart(
            rows("preferential"),
            Axis("x", "← trade cost τ between the members"),
            (*common, profits),
            "Preferential liberalization: the third country loses in the long run",
            f"Three countries of size 10, the other τ 1.6; {_POINT}",
        ),
        "gains": panels_chart(
            rows("gains"),
            Axis("x", "trade cost τ"),
            (
                Panel("cutoff", "Domestic cutoff", "change from autarky, per cent"),
                Panel("surplus", "Consumer surplus", "change from autarky, per cent"),
                Panel("surplus_close", "Consumer surplus, a closer look", "change from autarky, per cent"),
            ),
            "Without a Pareto, trade can lower welfare while it lowers the cutoff",
            "Two equal countries of size 10; α 1.3, γ 1, η 2, entry cost 0.1, costs up to 1",
        ),
        "humps": panels_chart(
            rows("humps"),
            Axis("x", "market size L", marks=_everyone(rows("humps"))),
            (
                Panel("cutoff", "Cutoff", "cost"),
                Panel("variety", "Variety", "varieties on sale"),
                Panel("markup", "Mean markup", "numeraire"),
            ),
            "A larger market can have fewer varieties and higher markups",
            "Closed economy, beta costs on [0.1, 1] with a 0.5, b 0.3; α 2, γ 1, η 1, entry cost 0.1",
        ),
    }


def _corner(rows: list[dict[str, Any]], column: str) -> dict[float, str]:
    """Find where the smaller country's last entrant leaves in the long run."""
    small = [row for row in rows if row["series"] == "smaller country" and row["horizon"] == "long run"]
    none = [row[column] for row in small if row["entrants"] == 0.0]
    if not none:
        return {}
    edge = max(none) if column == "x" else min(none)
    return {edge: "Dotted: on its far side the smaller country has no entrants in the long run"}


def _corners(rows: list[dict[str, Any]]) -> dict[float, str]:
    """Find the sizes at which either country's last entrant leaves."""
    found = {}
    for name, pick in (("growing country", np.max), ("partner", np.min)):
        none = [row["x"] for row in rows if row["series"] == name and row["entrants"] == 0.0]
        if none:
            found[float(pick(none))] = ""
    words = "Dotted: beyond these sizes one of the countries has no entrants"
    return dict(zip(found, [words] + [""] * (len(found) - 1), strict=True)) if found else {}


def _everyone(rows: list[dict[str, Any]]) -> dict[float, str]:
    """Find the size below which every draw sells."""
    return {max(row["x"] for row in rows if row["cutoff"] >= 1.0): "Dotted: in smaller markets every draw sells"}
