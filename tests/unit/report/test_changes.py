"""Changes as text: levels that may be zero or negative change by differences, marked and explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phistar.cli import main

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
