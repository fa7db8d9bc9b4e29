"""`phistar replicate` at the edge: what it prints, writes and refuses."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from phistar.cli import main
from phistar.replicate import output, registry
from phistar.replicate.results import Cell, Replication, Section, number_cell
from phistar.replicate.statements import Trial, judge, silent


def small(name: str = "melitz2003") -> Replication:
    import numpy as np

    held = Trial(
        "pareto", np.array([True, False]), np.array([True, True]), np.array([True, False]), [{"k": 1.0}, {"k": 2.0}]
    )
    claims = (
        judge("where", "only a minority exports", "share < 1/2", [held], condition="tau > 2"),
        judge("never", "wages differ", "they do", [held]),
        silent("wages", "higher wages", "wages differ", "one wage"),
    )
    cells = (
        number_cell("tau 2", "gain % Pareto", "1.5528", 1.55281817),
        number_cell("tau 3", "gain % Pareto", "0.2829", 0.28293335),
        number_cell("corner", "tau", "1.2242", 1.3),
        Cell("deal", "third loses", "27 of 30", "20 of 24", "reproduced under a stated reading", note="other draws"),
    )
    sections = (Section("one", "Claims", ("a note",), claims), Section("two", "Numbers", (), (), cells))
    return Replication(name, "A small one", "a source", sections, 3, 0, 1e-15, {"tau": [1.0]})


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "replicate", small)
    monkeypatch.setattr(output, "figures", lambda name, done: {})


@pytest.mark.usefixtures("replaced")
def test_the_report_shows_claims_verdicts_and_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "melitz2003"]) == 0
    text = capsys.readouterr().out
    for words in (
        "“only a minority exports”",
        "holds where",
        "tau > 2",
        "fails",
        "not in the",
        "1.552818  1.5528 ✓",
        "✗",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_numbers_of_many_digits_stand_one_a_line_in_full() -> None:
    from rich.console import Console

    from phistar.report.replication import replication_report

    cells = [number_cell("closed", "entrants", "22.748906401889943", 22.74890640188994, within=1e-10),
             number_cell("open", "entrants", "21.73205876376802", 21.73205876376802, within=1e-10)]  # fmt: skip
    told = Replication("p", "t", "s", (Section("n", "N", (), (), tuple(cells)),), 1, 0, 0.0).to_dict()
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(replication_report(told))
    lines = [line for line in console.export_text().splitlines() if "entrants" in line]
    assert len(lines) == 2
    assert "22.74890640188994" in lines[0] and "22.748906401889943" in lines[0] and "✓" in lines[0]


def test_a_grid_of_cells_may_have_holes_and_a_column_without_a_name() -> None:
    from rich.console import Console

    from phistar.report.replication import replication_report

    at = [("before", "one"), ("after", "one"), ("before", ""), ("after", ""), ("later", "")]
    cells = [number_cell(row, column, "1.50", 1.5) for row, column in at]
    told = Replication("p", "t", "s", (Section("n", "N", (), (), tuple(cells)),), 1, 0, 0.0).to_dict()
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(replication_report(told))
    text = console.export_text()
    assert "later" in text
    assert text.count("1.50 ✓") == len(at)


def test_a_grid_says_below_how_its_numbers_were_read(capsys: pytest.CaptureFixture[str]) -> None:
    from phistar.report.replication import print_replication

    cells = (
        number_cell("tau 2", "elasticity", "5.777", 5.7771, reading="read as the full response"),
        number_cell("tau 3", "elasticity", "18.08", 18.077, reading="read as the full response"),
        number_cell("tau 2", "share", ".4218", 0.4217455),
        number_cell("tau 3", "share", ".0222", 0.02216527),
    )
    print_replication(Replication("x", "T", "a source", (Section("s", "S", (), (), cells),), 1, 0, 0.0, {}).to_dict())
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("read as the full response") == 1
    assert "≈ elasticity, tau 2, tau 3: read as the full response" in said
    assert "≈ share, tau 2: rounded twice" in said


@pytest.mark.usefixtures("replaced")
def test_json_to_standard_output_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "melitz2003", "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["replication"] == "melitz2003"
    assert "A small one" in captured.err


@pytest.mark.usefixtures("replaced")
def test_without_a_paper_all_are_named_and_replicated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert [r["replication"] for r in json.loads(captured.out)["replications"]] == list(registry.paper_names())
    assert [name for name in registry.paper_names() if f"\n{name} " not in captured.err] == []
    assert max(map(len, captured.err.splitlines())) <= 100


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("replaced")
def test_whoever_watches_is_told_which_paper_is_being_replicated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    watched = Terminal()
    monkeypatch.setattr(sys, "stderr", watched)
    assert main(["replicate"]) == 0
    told, names = watched.getvalue(), registry.paper_names()
    assert [name for i, name in enumerate(names, 1) if f"replicating {name}, {i} of {len(names)}" not in told] == []


@pytest.mark.usefixtures("replaced")
def test_a_pipe_is_not_told_which_paper_is_being_replicated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "melitz2003"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("replaced")
def test_a_folder_receives_json_and_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "melitz2003", "--out", str(tmp_path / "out")]) == 0
    rows = (tmp_path / "out" / "melitz2003_cells.csv").read_text().splitlines()
    assert len(rows) == 5
    assert "1.5528" in rows[1]
    assert str(tmp_path) in capsys.readouterr().out


def test_an_unknown_paper_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", "melitz2004"]) == 2
    assert capsys.readouterr().err.strip() == "phistar: melitz2004 is not a known paper: did you mean melitz2003?"


def test_a_file_where_a_folder_should_be_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert main(["replicate", "melitz2003", "--out", str(file)]) == 2
    assert "is a file, not a folder" in capsys.readouterr().err
    assert main(["replicate", "melitz2003", "--json", str(tmp_path / "none" / "x.json")]) == 2
    assert "no such folder" in capsys.readouterr().err
