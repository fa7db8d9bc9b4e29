"""Figures of firms listed one by one: their dots are the equilibrium's, their lines the model's best replies."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.report.figures import draw
from phistar.verbs.compare import compare
from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve

from .test_figures import RIVALS, SCENARIO, values

TWO: dict[str, Any] = {
    "model": "granular",
    "parameters": {"sigma": 6.0, "K_1": 5.0, "R": [1000.0, 600.0], "tau": 1.08,
                   "productivities": [[0.30, 0.28, 0.25], [0.29, 0.27, 0.24, 0.20]]},
    "counterfactual": {"parameters": {"tau": 1.02}},
    "countries": {"names": ["North", "South"]},
}  # fmt: skip


def panels(definition: dict[str, Any]) -> dict[str, Any]:
    shown = definition.get("concat") or definition["hconcat"]
    return {panel["title"]["text"]: panel for panel in shown}


def changed(**parameters: Any) -> dict[str, Any]:
    scenario = copy.deepcopy(RIVALS)
    scenario["parameters"] |= parameters
    return scenario


def dots(panel: dict[str, Any], series: str) -> dict[str, float]:
    return {row["firm"]: row["y"] for row in values(panel) if row.get("series") == series}


def test_markups_and_shares_are_those_of_the_two_equilibria() -> None:
    drawn, found = panels(draw("markups", RIVALS).to_dict()), compare(RIVALS)
    for title, name in (("Markups", "markup"), ("Shares", "share")):
        for series, equilibrium in (
            ("autarky", found.baseline),
            ("2 economies integrated", found.counterfactual),
        ):
            shown = dots(drawn[title], series)
            want = equilibrium[name]
            assert len(shown) == np.count_nonzero(~np.isnan(want))
            for firm, y in shown.items():
                assert y == want[int(firm) - 1]


def test_firms_that_leave_have_rings() -> None:
    definition = draw("markups", RIVALS).to_dict()
    rows = [row for row in values(panels(definition)["Shares"]) if "stays" in row]
    assert {row["firm"] for row in rows if not row["stays"]} == {"3", "4", "5"}
    assert "rings: firms that leave" in definition["title"]["subtitle"][1]
    assert "2 of 7 firms listed are out throughout" in definition["title"]["subtitle"][1]


def test_a_scenario_alone_has_one_series() -> None:
    alone = {k: v for k, v in RIVALS.items() if k != "counterfactual"}
    for figure in ("markups", "schedules"):
        series = {row["series"] for row in values(draw(figure, alone).to_dict()) if "series" in row}
        assert series == {"autarky"}


def test_firms_that_come_have_rings() -> None:
    scenario = changed(K_0=5.0)
    scenario["counterfactual"] = {"parameters": {"K_0": 0.0}}
    definition = draw("markups", scenario).to_dict()
    rows = [row for row in values(panels(definition)["Markups"]) if "stays" in row]
    came = {row["firm"] for row in rows if not row["stays"]}
    assert came == {str(i + 1) for i in range(int(solve(scenario)["survivors"]), 5)}
    assert {row["series"] for row in rows} == {"before", "after"}
    assert "rings: firms that come" in definition["title"]["subtitle"][1]


def test_other_firms_or_countries_cannot_be_drawn_beside_the_baseline() -> None:
    for change in ({"productivities": [0.28, 0.27]}, {"market": "segmented"}):
        with pytest.raises(InputError, match="keep the"):
            draw("schedules", {**changed(), "counterfactual": {"parameters": change}})


def test_a_market_is_shown_by_name() -> None:
    definition = draw("markups", TWO, country="South").to_dict()
    assert definition["title"]["text"].endswith("sales in South")
    assert dots(panels(definition)["Shares"], "before")["North 1"] == solve(TWO)["share"][0, 1]


def test_only_the_largest_of_many_firms_are_drawn() -> None:
    many = changed(productivities=(0.28 * np.linspace(1.0, 0.999, 40)).tolist())
    definition = draw("markups", many).to_dict()
    assert len(dots(panels(definition)["Shares"], "autarky")) == 24
    assert "the 24 largest of 40" in definition["title"]["subtitle"][1]


@pytest.mark.parametrize("scenario", [RIVALS, TWO, changed(conduct="cournot", K_0=3.0)])
def test_schedules_follow_one_more_firm(scenario: dict[str, Any]) -> None:
    drawn, equilibrium = panels(draw("schedules", scenario).to_dict()), solve(scenario)
    first = next(iter({row["series"] for row in values(drawn["Prices"])} & {"autarky", "before"}))
    for title, name in (("Prices", "price"), ("Markups", "markup"), ("Scope", "varieties"), ("Shares", "share")):
        layers = [layer["data"]["values"] for layer in drawn[title]["layer"]]
        line, marked = ([row for row in rows if row["series"] == first] for rows in layers)
        phi = [row["x"] for row in line]
        want = schedule(equilibrium, phi)[name][0, 0]
        assert [row["y"] for row in line] == pytest.approx(want, rel=1e-9)
        # the firms that are in meet fewer rivals than one more firm of their productivity would
        if name == "share":
            more = schedule(equilibrium, [row["x"] for row in marked])["share"][0, 0]
            assert np.all([row["y"] for row in marked] > more)


def test_comparative_statics_count_the_survivors_by_the_economies_that_integrate() -> None:
    drawn = panels(draw("comparative_statics", RIVALS, ["market=integrated"], over=["W=1:4:4"]).to_dict())
    rows = [row["value"] for row in values(drawn["Survivors"]) if "value" in row]
    assert rows == [float(solve(RIVALS, ["market=integrated", f"W={W}"])["survivors"]) for W in range(1, 5)]
    lines = {layer["mark"]["interpolate"] for layer in drawn["Survivors"]["layer"] if layer["mark"]["type"] == "line"}
    assert lines == {"step"}
    assert {"Price index", "Welfare", "Aggregate markup", "Concentration", "Variety", "Cutoff"} <= set(drawn)


@pytest.mark.parametrize("figure", ["markups", "schedules"])
@pytest.mark.parametrize(
    "change",
    [
        {"upper": "ces", "eta": 2.0, "I": 2000.0, "productivities": [0.3]},
        {"scope": "single", "f": 2.0},
        {"market": "integrated", "W": 3},
        {"market": "feenstra_ma"},
        {"productivities": [0.25] * 4, "K_0": 15.0},
        {"productivities": [[0.3, 0.28], [0.29, 0.27]], "scope_choice": "common", "K_0": 5.0},
    ],
)
def test_figures_stand_in_corners(figure: str, change: dict[str, Any]) -> None:
    scenario = changed(**change)
    del scenario["counterfactual"]
    told = json.dumps(draw(figure, scenario).to_dict(), allow_nan=False)
    assert '"values": [{' in told  # something is drawn, and all of it numbers


@pytest.mark.parametrize("figure", ["cutoffs", "firm_sizes"])
def test_listed_firms_have_no_figure_of_a_distribution(figure: str) -> None:
    with pytest.raises(InputError, match="listed one by one: use markups, schedules"):
        draw(figure, RIVALS)


def test_a_distribution_of_firms_has_no_schedules() -> None:
    with pytest.raises(InputError, match="schedules is not drawn for melitz"):
        draw("schedules", SCENARIO)
