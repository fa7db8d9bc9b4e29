"""Changes as text: levels that may be zero or negative change by differences, marked and explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.cli import main
from phistar.core.equilibrium import to_json
from phistar.verbs.elasticities import elasticities

LINEAR: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 9.0], "f_E": 0.1, "tau": [[1.0, 1.5], [1.6, 1]],
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.3}},
    "counterfactual": {"parameters": {"tau": 1.3}},
}  # fmt: skip
GRANULAR: dict[str, Any] = {
    "model": "granular",
    "parameters": {"sigma": 4.0, "K_1": 0.01, "K_0": 0.0, "productivities": [0.3, 0.28, 0.2], "R": 1.0},
    "counterfactual": {"parameters": {"K_1": 0.02}},
}
PENETRATION: dict[str, Any] = {
    "model": "market_penetration",
    "parameters": {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.01, "L": [1.0, 0.4], "tau": 1.5},
    "counterfactual": {"parameters": {"tau": 1.2}},
}


def printed(scenario: Any, folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    (folder / "world.json").write_text(json.dumps(scenario))
    assert main([arguments[0], str(folder / "world.json"), *arguments[1:]]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    return out


def row(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.split()[:1] == [name])


def test_signed_levels_are_printed_with_their_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(LINEAR, tmp_path, capsys, "compare")
    assert "Δ" in row(out, "net_exports")
    assert "Δ" not in row(out, "welfare")
    assert "Δ new less old" in out


def test_utility_under_fixed_spending_has_no_per_cent_and_under_ces_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Δ" in row(printed(GRANULAR, tmp_path, capsys, "compare"), "welfare")
    upper = {key: value for key, value in GRANULAR["parameters"].items() if key != "R"}
    ces = {**GRANULAR, "parameters": {**upper, "upper": "ces", "eta": 2.0, "I": 2.0}}
    assert "Δ" not in row(printed(ces, tmp_path, capsys, "compare"), "welfare")


def test_a_deal_prints_net_exports_with_their_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(LINEAR, tmp_path, capsys, "liberalize", "--kind", "multilateral", "--by", "0.5")
    assert "Δ" in row(out, "net_exports")
    assert "Δ new less old" in out


def test_a_table_of_proportions_alone_explains_no_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(PENETRATION, tmp_path, capsys, "compare").splitlines()
    pairs = next(i for i, line in enumerate(lines) if "from origin to destination" in line)
    assert not any("Δ" in line for line in lines[pairs:])


def test_signed_outcomes_have_derivatives_and_an_elasticity_only_above_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(LINEAR, tmp_path, capsys, "elasticities", "--of", "net_exports", "--to", "tau")
    assert out.count("∂ ") == 3 and "∂ d outcome / d ln key" in out  # two countries and the note
    found = elasticities(LINEAR)
    level = found.equilibrium["net_exports"]
    told = json.loads(to_json(found.to_dict()))["elasticities"]
    assert sorted(np.sign(level)) == [-1, 1]
    cell = told["net_exports"]["tau"]
    for value, slope, at in zip(cell["values"], cell["derivative"], level, strict=True):
        assert value == (pytest.approx(slope / at, rel=1e-15) if at > 0 else None)
    # One country's surplus is the other's deficit.
    assert cell["derivative"][0] == pytest.approx(-cell["derivative"][1], rel=1e-10)
    assert "derivative" not in told["welfare"]["tau"]


def test_a_balance_of_zero_has_a_derivative_and_does_not_blow_up() -> None:
    alike = {**LINEAR["parameters"], "L": [10.0, 10.0], "tau": 1.5}
    found = elasticities({**LINEAR, "parameters": alike}, of="net_exports", to="L[0]")
    assert found.equilibrium["net_exports"] == pytest.approx([0.0, 0.0], abs=1e-12)
    slope = found.derivatives["net_exports", "L[0]"]
    assert slope[0] > 0.1 and slope[0] == pytest.approx(-slope[1], rel=1e-10)


def test_the_slope_of_a_log_is_the_elasticity_of_its_level() -> None:
    found = elasticities("examples/two_countries.toml", to="productivity.scale")
    assert found.derivatives["mean_log_productivity", "productivity.scale"] == pytest.approx([1.0, 1.0], abs=1e-12)
    assert np.isnan(found["mean_log_productivity", "productivity.scale"]).all()
