"""The cutoff diagram: every cutoff is marked, and no name is dropped where a stretch is narrow."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from phistar.report.fates import MARGIN, WIDTH, abreast
from phistar.report.figures import draw
from phistar.verbs.solve import solve

MELITZ: dict[str, Any] = {
    "model": "melitz",
    "parameters": {"sigma": 4.0, "L": [1.0, 2.0], "tau": 1.3, "f": {"domestic": 1.0, "export": 0.5}, "f_e": 2.0,
                   "productivity": {"family": "pareto", "k": 4.5, "scale": 1.0}},
}  # fmt: skip
VERTICAL: dict[str, Any] = {
    "model": "vertical_specialization",
    "parameters": {"sigma": 4.0, "L": [1.2, 1.0], "tau_X": 1.3, "tau_M": 1.5, "f_D": 1.0, "f_X": 1.4, "f_DM": 1.4,
                   "f_XM": 1.2, "f_E": 2.0, "productivity": {"family": "pareto", "k": 5.0}},
}  # fmt: skip
LINEAR: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 10.0], "f_E": 0.1, "tau": 1.5,
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.3}},
}  # fmt: skip


def changed(scenario: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {**scenario, "parameters": {**scenario["parameters"], **parameters}}


def rows(definition: Any) -> list[dict[str, Any]]:
    """Collect every inline data row of a definition."""
    if isinstance(definition, dict):
        data = definition.get("data")
        own = data["values"] if isinstance(data, dict) else []
        return [*own, *(row for part in definition.values() for row in rows(part))]
    return [row for part in definition for row in rows(part)] if isinstance(definition, list) else []


def marks(definition: Any, field: str = "phi") -> dict[str, float]:
    """Return where each cutoff is ruled, by its name."""
    return {row["name"]: row[field] for row in rows(definition) if "foot" in row and row["name"]}


def fates(definition: Any) -> list[tuple[str, float, float]]:
    """Return each fate's name, where it stands and how wide it is, from left to right."""
    found = {row["name"]: row for row in rows(definition) if "why" in row and row["name"]}
    placed = [(n, row["place"], max(8.0 * len(n), 5.6 * len(row["why"]))) for n, row in found.items()]
    return sorted(placed, key=lambda fate: fate[1])


@pytest.mark.parametrize("country", [0, 1])
def test_importing_cutoffs_are_marked_beside_those_of_selling(country: int) -> None:
    eq = solve(VERTICAL)
    definition = draw("cutoffs", VERTICAL, country=country).to_dict()
    wanted = {f"φ_{mode}": float(eq[f"cutoff_{mode}"][country]) for mode in ("D", "X", "DM", "XM")}
    assert marks(definition) == pytest.approx(wanted, rel=1e-15)
    assert f"from productivity {wanted['φ_XM']:.4g} for exports" in definition["title"]["subtitle"][1]


def test_importing_that_begins_far_off_is_told_and_not_drawn() -> None:
    definition = draw("cutoffs", changed(VERTICAL, tau_M=8.0)).to_dict()
    assert set(marks(definition)) == {"φ_D", "φ_X"}
    assert "from productivity" in definition["title"]["subtitle"][1]


def test_where_no_inputs_are_traded_nothing_is_told_of_importing() -> None:
    definition = draw("cutoffs", changed(VERTICAL, tau_M=float("inf"))).to_dict()
    assert set(marks(definition)) == {"φ_D", "φ_X"}
    assert len(definition["title"]["subtitle"]) == 1


@pytest.mark.parametrize(
    ("scenario", "names"),
    [
        (changed(MELITZ, f={"domestic": 1.0, "export": 0.7}), ["EXIT", "DOMESTIC ONLY", "EXPORTS"]),
        (changed(MELITZ, f={"domestic": 1.0, "export": 0.2}), ["EXIT", "EXPORTS ONLY", "EXPORTS"]),
        (changed(MELITZ, tau=9.0), ["EXIT", "DOMESTIC ONLY", "EXPORTS"]),
        (changed(VERTICAL, tau_X=1.05, f_X=0.95, f_XM=0.8, tau_M=1.3), ["EXIT", "DOMESTIC ONLY", "EXPORTS"]),
        (changed(LINEAR, tau=1.01), ["EXPORTS", "DOMESTIC ONLY", "EXIT"]),
        (changed(LINEAR, tau=9.0), ["EXPORTS", "DOMESTIC ONLY", "EXIT"]),
    ],
    ids=["close", "exports first", "far apart", "close, importing", "linear, close", "linear, far"],
)  # fmt: skip
def test_narrow_stretches_keep_their_names_and_names_stand_apart(scenario: dict[str, Any], names: list[str]) -> None:
    placed = fates(draw("cutoffs", scenario).to_dict())
    assert [name for name, _, _ in placed] == names
    for (_, left, one), (_, right, other) in itertools.pairwise(placed):
        assert right - left >= (one + other) / 2
    assert placed[0][1] - placed[0][2] / 2 >= -MARGIN - 1e-9
    assert placed[-1][1] + placed[-1][2] / 2 <= WIDTH + MARGIN + 1e-9


def test_names_that_have_room_stay_in_the_middle_of_their_stretch() -> None:
    assert abreast([100.0, 300.0, 500.0], [80.0, 100.0, 60.0]) == [100.0, 300.0, 500.0]


def test_a_lines_name_stands_left_of_it_where_a_cutoff_would_cross_it() -> None:
    def sides(scenario: str) -> dict[str, str]:
        layers = draw("cutoffs", scenario).to_dict()["layer"]
        texts = [layer for layer in layers if layer["mark"]["type"] == "text" and layer["data"].get("values")]
        named = {layer["data"]["values"][0].get("name", ""): layer["mark"].get("align", "") for layer in texts}
        return {name: side for name, side in named.items() if name.startswith("π")}

    assert sides("examples/two_countries.toml") == {"π home": "right", "π export": "left"}
    assert set(sides("examples/lognormal_three.toml").values()) == {"left"}


def test_names_that_collide_move_by_as_much_to_either_side() -> None:
    assert abreast([200.0, 210.0, 500.0], [80.0, 80.0, 60.0]) == pytest.approx([160.0, 250.0, 500.0])


def test_numbers_and_names_of_close_cutoffs_turn_away_from_each_other() -> None:
    definition = draw("cutoffs", changed(MELITZ, f={"domestic": 1.0, "export": 0.7})).to_dict()
    turned = {row["name"]: row["turned"] for row in rows(definition) if "foot" in row}
    assert turned == {"φ*": True, "φ*ₓ": False}
    axes = [layer["encoding"]["x"].get("axis") for layer in definition["layer"] if "x" in layer.get("encoding", {})]
    axis = next(axis for axis in axes if axis)
    cutoffs = sorted(marks(definition).values())
    assert axis["values"][1:] == pytest.approx(cutoffs, rel=1e-3)  # four digits
    assert [rule["value"] for rule in axis["labelAlign"]["condition"]] == ["right", "left"]
    assert axis["labelOverlap"] is False
    right, left = (rule["test"] for rule in axis["labelAlign"]["condition"])
    assert axis["labelExpr"].index(left) < axis["labelExpr"].index("format") < axis["labelExpr"].index(right)
