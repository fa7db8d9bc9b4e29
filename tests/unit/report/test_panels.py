"""Small multiples drawn from rows."""

from __future__ import annotations

from phistar.report.panels import Axis, Panel, panels_chart

ROWS = [
    {"x": x, "series": name, "horizon": horizon, "welfare": x + i, "entrants": None if i else 10.0 * x}
    for i, name in enumerate(("Home", "Foreign"))
    for horizon in ("long run", "short run")
    for x in (1.0, 2.0)
]
PANELS = (Panel("welfare", "Welfare", "numeraire per head"), Panel("entrants", "Entrants", "firms"))


def drawn(axis: Axis) -> dict:
    return panels_chart(ROWS, axis, PANELS, "Title", "where").to_dict()


def test_each_panel_has_its_title_its_unit_and_the_points_that_are_known() -> None:
    figure = drawn(Axis("x", "trade cost τ"))
    assert [panel["title"]["text"] for panel in figure["concat"]] == ["Welfare", "Entrants"]
    lines = [panel["layer"][0] for panel in figure["concat"]]
    assert [line["encoding"]["y"]["title"] for line in lines] == ["numeraire per head", "firms"]
    points = [panel["data"]["values"] for panel in figure["concat"]]  # one layer: its data stand with the panel
    assert [len(values) for values in points] == [8, 4]
    assert {value["series"] for value in points[1]} == {"Home"}


def test_countries_have_colours_and_horizons_dashes() -> None:
    line = drawn(Axis("x", "τ"))["concat"][0]["layer"][0]["encoding"]
    assert line["color"]["scale"]["domain"] == ["Home", "Foreign"]
    assert line["strokeDash"]["scale"]["domain"] == ["long run", "short run"]


def test_marks_stand_as_rules_and_are_explained_once_above() -> None:
    figure = drawn(Axis("x", "τ", marks={1.2: "a corner", 1.8: "a corner"}))
    assert figure["title"]["subtitle"] == ["where", "a corner"]
    rules = figure["concat"][0]["layer"][0]["data"]["values"]
    assert [rule["x"] for rule in rules] == [1.2, 1.8]
