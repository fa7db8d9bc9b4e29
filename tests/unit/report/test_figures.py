"""Figures: each one Vega-Lite definition, true to the equilibrium, saved whole in four formats."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.report.figures import draw, figure_names
from phistar.report.save import save_chart
from phistar.report.statics import HEIGHT, MARKUP_PANELS, PANELS, RIVAL_PANELS
from phistar.report.theme import round_ticks, spread
from phistar.verbs.solve import solve

SCENARIO: dict[str, Any] = {
    "model": "melitz",
    "parameters": {
        "sigma": 4.0,
        "L": [1.0, 2.0],
        "tau": 1.7,
        "f": {"domestic": 1.0, "export": 1.2},
        "f_e": 2.0,
        "productivity": {"family": "pareto", "k": 4.5, "scale": 1.0},
    },
    "countries": {"names": ["Home", "Foreign"]},
}
OVER = {"comparative_statics": ["tau=1.0:2.0:9"]}
LINEAR: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 9.0], "f_E": 0.1, "tau": [[1.0, 1.5], [1.6, 1]],
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.3}},
    "countries": {"names": ["Home", "Foreign"]},
}  # fmt: skip
RIVALS: dict[str, Any] = {
    "model": "granular",
    "parameters": {"sigma": 6.0, "K_1": 5.0, "R": 1000.0,
                   "productivities": [0.2792937, 0.2669171, 0.237274, 0.2349326, 0.2344921, 0.2239384, 0.2018728]},
    "counterfactual": {"parameters": {"market": "integrated"}},
}  # fmt: skip
OVER_RIVALS = {"comparative_statics": ["K_1=2:8:5"]}
#: Figures of a distribution: of one markup for all there is none.
OF_DRAWS = [name for name in figure_names() if name != "schedules"]
OF_ONE_MARKUP = [name for name in OF_DRAWS if name != "markups"]
#: Figures of firms listed one by one.
OF_RIVALS = ["comparative_statics", "markups", "schedules"]
DRAWN = [
    *((SCENARIO, name) for name in OF_ONE_MARKUP),
    *((LINEAR, name) for name in OF_DRAWS),
    *((RIVALS, name) for name in OF_RIVALS),
]
each = pytest.mark.parametrize(("scenario", "name"), DRAWN, ids=[f"{s['model']}: {name}" for s, name in DRAWN])


def values(definition: Any) -> list[dict[str, Any]]:
    """Collect every inline data row of a definition."""
    if isinstance(definition, dict):
        own = definition.get("values") if all(isinstance(r, dict) for r in definition.get("values") or [0]) else None
        return (own or []) + [row for part in definition.values() for row in values(part)]
    return [row for part in definition for row in values(part)] if isinstance(definition, list) else []


@each
def test_every_figure_is_one_vega_lite_definition_in_four_formats(
    scenario: dict[str, Any], name: str, tmp_path: Path
) -> None:
    chart = draw(name, scenario, over=(OVER_RIVALS if scenario is RIVALS else OVER).get(name, ()))
    assert "vega-lite" in chart.to_dict()["$schema"]
    starts = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!DOCTYPE html>"}
    for suffix, start in starts.items():
        save_chart(chart, tmp_path / f"figure{suffix}")
        content = (tmp_path / f"figure{suffix}").read_bytes()
        assert content.lstrip().lower().startswith(start.lower())
    assert b"http" not in b"".join(
        line for line in (tmp_path / "figure.html").read_bytes().splitlines() if b"<script src" in line
    )
    assert len(list(tmp_path.iterdir())) == 4


def test_profits_in_the_cutoff_diagram_vanish_at_the_cutoffs() -> None:
    equilibrium = solve(SCENARIO)
    rows = [row for row in values(draw("cutoffs", SCENARIO).to_dict()) if "profit" in row]
    phi, profit = (np.array([row[k] for row in rows]) for k in ("phi", "profit"))
    lines = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(phi) < 0) + 1)
    for j, line in enumerate(lines[:2]):
        root = np.interp(0.0, profit[line], phi[line] ** 3) ** (1 / 3)
        assert root == pytest.approx(equilibrium["cutoff"][0, j], rel=1e-12)


def test_the_cutoff_diagram_names_three_fates() -> None:
    names = {row.get("name") for row in values(draw("cutoffs", SCENARIO).to_dict())}
    assert {"EXIT", "DOMESTIC ONLY", "EXPORTS", "φ*", "φ*ₓ", "π home", "π export"} <= names


@pytest.mark.parametrize(
    "change",
    [
        {"L": [1.0]},
        {"tau": "inf"},
        {"f": {"domestic": 1.0, "export": 0.05}, "tau": 1.0},
        {"productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.8}},
        {"L": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]},
    ],
)
@pytest.mark.parametrize("name", OF_ONE_MARKUP)
def test_figures_stand_in_corners(name: str, change: dict[str, Any], tmp_path: Path) -> None:
    scenario = copy.deepcopy(SCENARIO)
    scenario["parameters"] |= change
    del scenario["countries"]
    chart = draw(name, scenario, over=["f_e=1:2:3"] if name == "comparative_statics" else ())
    save_chart(chart, tmp_path / "x.svg")
    assert b"NaN" not in (tmp_path / "x.svg").read_bytes()


def test_comparative_statics_leave_refused_points_out() -> None:
    definition = draw("comparative_statics", SCENARIO, over=["tau=0.5:1.5:11"]).to_dict()
    rows = [row for row in values(definition) if "value" in row]
    assert any(row["value"] is None for row in rows)
    assert "5 of 11 points refused" in definition["title"]["subtitle"]


def test_comparative_statics_of_nothing_certified_say_why() -> None:
    with pytest.raises(NoEquilibrium, match="at least 1"):
        draw("comparative_statics", SCENARIO, over=["tau=0.1:0.5:3"])


def test_a_country_is_shown_by_name_or_index() -> None:
    for country in ("Foreign", "1", 1):
        assert "Foreign" in draw("cutoffs", SCENARIO, country=country).to_dict()["title"]["text"]
    with pytest.raises(InputError, match="--country"):
        draw("cutoffs", SCENARIO, country=2)


def test_firm_sizes_jump_where_firms_begin_to_export() -> None:
    rows = [row for row in values(draw("firm_sizes", SCENARIO).to_dict()) if "firm" in row and "rank" in row]
    home = max(row["revenue"] for row in rows if row["firm"] == "sells at home only")
    abroad = min(row["revenue"] for row in rows if row["firm"] == "exports")
    jump = solve(SCENARIO)
    # At the cutoff, sales abroad are sigma w f_x beside sales at home.
    cutoff, zero = jump["cutoff"][0, 1], jump["cutoff"][0, 0]
    at_home = 4.0 * (cutoff / zero) ** 3
    assert home < at_home < at_home + 4.0 * 1.2 <= abroad * (1 + 1e-9)


def test_no_jump_is_marked_where_sales_abroad_start_from_nothing() -> None:
    # With penetration costs an exporter's first sales abroad are tiny; few firms drawn leave gaps between any two.
    drawn = values(draw("firm_sizes", "examples/market_penetration.toml").to_dict())
    assert {row.get("firm") for row in drawn} >= {"sells at home only", "exports"}
    assert not any("jump" in str(row.get("text")) for row in drawn)
    assert any("jump" in str(row.get("text")) for row in values(draw("firm_sizes", SCENARIO).to_dict()))


def test_firm_sizes_show_active_firms_where_most_draws_do_not_sell() -> None:
    world = solve("examples/market_penetration.toml")
    definition = draw("firm_sizes", "examples/market_penetration.toml").to_dict()
    said = definition["title"]["subtitle"]
    share = 100 * world["mass_active"][0] / 3.0  # J of North
    assert f"drawn among the active, {share:.2g} per cent of potential firms" in said
    exporters = [row for row in values(definition) if row.get("firm") == "exports" and "rank" in row]
    assert len(exporters) > 100
    assert max(row["rank"] for row in exporters) == pytest.approx(world["exporter_share"][0], rel=0.05)


def test_labels_of_wide_log_scales_have_room() -> None:
    # Hardly any potential firm sells; those that do are large in the numeraire.
    rare = {"theta": 8.0, "theta_tilde": 1.5, "psi": 1e-4, "L": [3.0, 1.0], "tau": 1.5, "J": [3.0, 1.0]}
    definition = draw("firm_sizes", {"model": "market_penetration", "parameters": rare}).to_dict()
    axis = definition["layer"][0]["encoding"]["x"]["axis"]
    assert sum(7 * len(f"{at:,.12g}") for at in axis["values"]) < 620
    steps = np.diff(np.log10(axis["values"]))
    assert len(steps) >= 3 and np.allclose(steps, steps[0])


def test_symbols_are_written_with_subscripts() -> None:
    definition = draw("cutoffs", LINEAR).to_dict()
    texts = [row for row in values(definition) if "below" in row and row["name"]]
    assert {(row["letter"], row["below"]) for row in texts} == {("c", "D"), ("c", "X")}
    shown = [layer["encoding"]["text"]["field"] for layer in definition["vconcat"][1]["layer"]
             if "text" in layer.get("encoding", {})]  # fmt: skip
    assert {"letter", "below"} <= set(shown)
    assert "_" not in "".join(panel[0] + panel[1] for panel in (*PANELS, *MARKUP_PANELS, *RIVAL_PANELS))


def test_round_ticks_are_few_round_and_leave_room_above() -> None:
    assert round_ticks(0.993, 1.0112, 4) == [0.995, 1.0, 1.005, 1.01]
    assert round_ticks(4.2, 5.21, 5) == [4.2, 4.4, 4.6, 4.8, 5.0]  # 5.2 would stand above the panel
    assert round_ticks(2.0, 2.0, 4) == [2.0]
    for low, high in ((-3.1, 7.7), (0.00451, 0.00453), (120.0, 123456.0)):
        ticks = round_ticks(low, high, 4)
        assert 2 <= len(ticks) <= 7 and low <= ticks[0] and ticks[-1] <= high


def test_flat_lines_have_one_tick_and_names_stay_within_their_panel() -> None:
    chart = draw("comparative_statics", SCENARIO, ["L=[1, 1]"], over=["tau=1.2:2.0:5"]).to_dict()
    panels = {panel["title"]["text"]: panel for panel in chart["concat"]}
    axes = [layer["encoding"]["y"].get("axis") for layer in panels["Relative wage"]["layer"]
            if "axis" in layer["encoding"].get("y", {})]  # fmt: skip
    assert axes[0]["values"] == pytest.approx([1.0], abs=1e-9)
    for panel in panels.values():
        places = [
            layer["encoding"]["y"]["value"] for layer in panel["layer"] if "value" in layer["encoding"].get("y", {})
        ]
        assert len(places) == 2 and min(places) >= 5.9 and max(places) <= HEIGHT


def test_labels_are_spread_as_little_as_needed() -> None:
    assert spread([10.0, 50.0], 14.0) == [10.0, 50.0]
    close = spread([10.0, 11.0, 9.0], 14.0)
    order = np.argsort(close)
    assert order.tolist() == [2, 0, 1]
    assert np.all(np.diff(np.array(close)[order]) >= 14.0 - 1e-3)


def test_an_unwritable_or_unknown_path_is_refused(tmp_path: Path) -> None:
    chart = draw("cutoffs", SCENARIO)
    for path in (tmp_path / "x.gif", tmp_path / "none" / "x.svg", tmp_path):
        with pytest.raises(InputError):
            save_chart(chart, path)
    assert list(tmp_path.iterdir()) == []


def test_ticks_are_written_out_rather_than_in_powers_of_ten(tmp_path: Path) -> None:
    path = tmp_path / "statics.svg"
    save_chart(draw("comparative_statics", "examples/three_markups.toml", over=["tau=1,1.05,3"]), str(path))
    ticks = re.findall(r">([−0-9.e+]+)</text>", path.read_text(encoding="utf-8"))
    assert "40" in ticks  # entrants; with no digits asked for they would be told as 4e+1
    assert not [tick for tick in ticks if "e" in tick]
