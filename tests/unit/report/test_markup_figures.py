"""Figures of a model whose markups differ: true to its cutoffs, prices and distributions, in corners too."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.report.figures import draw
from phistar.verbs.solve import solve

from .test_figures import LINEAR, OF_DRAWS, SCENARIO, values


def changed(**parameters: Any) -> dict[str, Any]:
    world = copy.deepcopy(LINEAR)
    world["parameters"] |= parameters
    if len(world["parameters"]["L"]) != 2:
        del world["countries"]
    return world


def lines(rows: list[dict[str, Any]], at: str) -> list[list[dict[str, Any]]]:
    """Split rows into lines: each begins where the horizontal coordinate falls back."""
    found: list[list[dict[str, Any]]] = []
    for row in rows:
        if not found or row[at] <= found[-1][-1][at]:
            found.append([])
        found[-1].append(row)
    return found


def test_prices_meet_delivered_costs_and_profits_vanish_at_the_cost_cutoffs() -> None:
    equilibrium = solve(LINEAR)
    rows = [row for row in values(draw("cutoffs", LINEAR).to_dict()) if set(row) == {"cost", "value"}]
    profit_home, profit_abroad, price_home, cost_home, price_abroad, cost_abroad = lines(rows, "cost")
    for j, profit, price, cost in (
        (0, profit_home, price_home, cost_home),
        (1, profit_abroad, price_abroad, cost_abroad),
    ):
        cutoff = equilibrium["cutoff"][0, j]
        # Lines end a billionth before the cutoff.
        assert profit[-1]["cost"] == pytest.approx(cutoff, rel=2e-9)
        assert profit[-1]["value"] == pytest.approx(0.0, abs=1e-15)
        assert price[-1]["value"] == pytest.approx(equilibrium["price_threshold"][j], rel=2e-9)
        assert cost[-1]["value"] == pytest.approx(price[-1]["value"], rel=2e-9)
        assert profit[0]["value"] > profit[-1]["value"]


def test_the_cost_diagram_names_three_fates_from_the_left() -> None:
    named = {row["start"]: row for row in values(draw("cutoffs", LINEAR).to_dict()) if row.get("why")}
    assert [named[start]["name"] for start in sorted(named)] == ["EXPORTS", "DOMESTIC ONLY", "EXIT"]
    assert named[0.0]["stop"] == pytest.approx(solve(LINEAR)["cutoff"][0, 1], rel=1e-12)


def test_markups_are_drawn_as_pareto_says_they_are_spread() -> None:
    equilibrium = solve(LINEAR)
    rows = [row for row in values(draw("markups", LINEAR, country="Home").to_dict()) if set(row) == {"at", "share"}]
    markup = np.array([row["at"] for row in rows[:201]])
    P = equilibrium["price_threshold"][0]
    share = np.array([row["share"] for row in rows[:201]])
    assert ((P - 2 * markup) / P) ** 2.3 == pytest.approx(share, abs=1e-12)


def test_the_size_figure_of_short_tails_has_plain_scales_and_no_jump() -> None:
    definition = draw("firm_sizes", LINEAR).to_dict()
    assert '"log"' not in str(definition).replace("'", '"')
    assert not any("jump" in str(row.get("text", "")) for row in values(definition))


def test_comparative_statics_show_entrants_and_markups() -> None:
    definition = draw("comparative_statics", LINEAR, over=["L[0]=10:11:3"]).to_dict()
    titles = [panel["title"]["text"] for panel in definition["concat"]]
    assert {"Entrants", "Mean markup", "Domestic cutoff", "Export cutoff"} <= set(titles)
    panel = definition["concat"][titles.index("Export cutoff")]
    drawn = next(row["value"] for row in values(panel) if "value" in row)
    assert drawn == pytest.approx(solve(LINEAR)["cutoff"][0, 1], rel=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"L": [10.0], "tau": 1.0},
        {"tau": "inf"},
        {"L": [10.0, 30.0], "tau": 1.2, "eta": 4.0},
        {"tau": [[2.0, 1.0], [1.0, 2.0]]},
        {"cost": {"family": "pareto", "c_M": 0.3, "k": 2.3}, "f_E": 0.9},
        {"cost": {"family": "uniform", "lower": 0.2, "c_M": 1.0}},
        {"L": [10.0, 11.0, 9.0, 10.0, 10.5, 9.5, 10.2, 9.8], "tau": 1.8},
    ],
)
@pytest.mark.parametrize("name", OF_DRAWS)
def test_figures_stand_in_corners(name: str, change: dict[str, Any]) -> None:
    chart = draw(name, changed(**change), over=["f_E=0.1:0.11:3"] if name == "comparative_statics" else ())
    assert '"values": [{' in json.dumps(chart.to_dict(), allow_nan=False)  # something is drawn, and all of it numbers


def test_one_markup_for_all_has_no_figure() -> None:
    with pytest.raises(InputError, match="one markup"):
        draw("markups", SCENARIO)
