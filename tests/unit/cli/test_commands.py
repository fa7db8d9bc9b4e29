"""The commands of the contract: what they print, write and end with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from phistar.cli import app, main
from phistar.core.errors import NoEquilibrium
from phistar.core.version import VERSION

SCENARIO = """
model = "melitz"
[parameters]
sigma = 4.0
L = [1.0, 2.0]
tau = 1.7
f = {domestic = 1.0, export = 1.2}
f_e = 2.0
productivity = {family = "pareto", k = 4.5, scale = 1.0}
[counterfactual.parameters]
tau = 1.3
[countries]
names = ["Home", "Foreign"]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "two.toml"
    path.write_text(SCENARIO)
    return str(path)


def many(count: int) -> str:
    return SCENARIO.replace("[1.0, 2.0]", str([1.0 + i / count for i in range(count)])).split("[countries]")[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    assert status == 0, err
    return out, err


def test_solve_prints_variables_and_the_certificate(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "solve", scenario)
    assert err == ""
    for words in ("Home", "Foreign", "welfare", "cutoff", "trade_share", "certified: largest residual"):
        assert words in out


def test_json_on_standard_output_stands_alone(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "solve", scenario, "--json", "-")
    result = json.loads(out)
    assert result["phistar"] == VERSION
    assert result["model"] == "melitz"
    assert result["status"] == "certified"
    assert result["certificate"]["max_residual"] <= 1e-10
    assert result["parameters"]["tau"] == [[1.0, 1.7], [1.7, 1.0]]
    assert result["variables"]["wage"]["dims"] == ["country"]
    assert "certified" in err


def test_json_in_a_file_is_what_standard_output_gets(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = run(capsys, "compare", scenario, "--json", "-")
    run(capsys, "compare", scenario, "--json", str(tmp_path / "x.json"))
    assert json.loads((tmp_path / "x.json").read_text()) == json.loads(out)
    assert set(json.loads(out)) == {"baseline", "counterfactual", "changes", "decompositions"}


def test_compare_prints_levels_changes_and_decompositions(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "compare", scenario)
    for words in (
        "baseline",
        "counterfactual",
        "change %",
        "Welfare",
        "Productivity",
        "Trade",
        "changed: tau",
    ):
        assert words in out


def test_settings_are_laid_over_the_scenario(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "tau[0][1]=2.5", "--set", "productivity.k=5"]
    out, _ = run(capsys, "solve", scenario, "--set", "tau=[[1, 1.7], [1.7, 1]]", *settings, "--json", "-")
    parameters = json.loads(out)["parameters"]
    assert parameters["tau"] == [[1.0, 2.5], [1.7, 1.0]]
    assert parameters["productivity"][0]["k"] == 5.0


def test_elasticities_print_one_column_a_key(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "elasticities", scenario, "--of", "welfare", "--to", "tau")
    assert "tau" in out
    assert "welfare" in out
    out, _ = run(capsys, "elasticities", scenario, "--of", "welfare", "--to", "tau", "--json", "-")
    assert json.loads(out)["elasticities"]["welfare"]["tau"]["kind"] == "elasticity"


def test_an_unknown_variable_is_refused_with_the_page_that_lists_them(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["elasticities", scenario, "--of", "zzz"],
                      ["calibrate", scenario, "--target", "zzz[0]=1", "--fit", "tau"]):  # fmt: skip
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert "the nearest are " in err and "phistar show melitz shows all" in err
        assert len(err) < 160


def test_models_and_show_tell_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "models")
    assert "melitz" in out
    out, _ = run(capsys, "show", "melitz")
    for words in ("sigma", "substitution", "required", "free_entry", "melitz2003", "erratum"):
        assert words in out
    page = json.loads(run(capsys, "show", "melitz", "--json", "-")[0])
    assert {p["key"] for p in page["parameters"]} >= {"sigma", "tau", "f", "f_e", "productivity"}
    assert page["equations"]


@pytest.mark.parametrize("arguments", [["solve"], ["compare"], ["elasticities", "--of", "welfare"]])
@pytest.mark.parametrize("count", [2, 5, 12])
def test_tables_fit_a_hundred_columns(
    arguments: list[str], count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "many.toml").write_text(many(count))
    out, _ = run(capsys, arguments[0], str(tmp_path / "many.toml"), *arguments[1:])
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out


def test_show_fits_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "show", "melitz")
    assert max(map(len, out.splitlines())) <= 100


def test_many_countries_hint_at_the_matrices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "many.toml").write_text(many(8))
    out, _ = run(capsys, "solve", str(tmp_path / "many.toml"))
    assert "--json" in out
    assert "trade_share" not in out


def test_sweep_and_firms_write_tables(scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas

    out, err = run(capsys, "sweep", scenario, "--over", "tau=0.9:2:12", "--out", str(tmp_path / "t.csv"))
    assert "12 points: 11 certified, 1 refused" in out
    assert err == ""
    assert len(pandas.read_csv(tmp_path / "t.csv")) == 12
    run(capsys, "firms", scenario, "--n", "500", "--seed", "3", "--out", str(tmp_path / "f.parquet"))
    firms = pandas.read_parquet(tmp_path / "f.parquet")
    assert len(firms) == 1000
    run(capsys, "firms", scenario, "--n", "500", "--seed", "3", "--out", str(tmp_path / "g.parquet"))
    pandas.testing.assert_frame_equal(firms, pandas.read_parquet(tmp_path / "g.parquet"))


def test_counts_are_whole_numbers_however_they_are_written(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = run(capsys, "firms", scenario, "--n", "1e2", "--seed", "3e0", "--out", str(tmp_path / "f.csv"))
    assert "100 firms (seed 3)" in out
    out, _ = run(capsys, "sweep", scenario, "--over", "tau=1:2:1e1", "--out", str(tmp_path / "t.csv"))
    assert "10 points" in out
    for option, wrong in (("--n", "1.5"), ("--n", "0"), ("--n", "many"), ("--n", "1e400"), ("--seed", "-1")):
        assert main(["firms", scenario, option, wrong, "--out", str(tmp_path / "f.csv")]) == 2
        assert capsys.readouterr().err.startswith(f'phistar: {option} = "{wrong}" must be a whole number of at least ')


def test_a_world_without_equilibrium_ends_with_status_three(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from phistar.models.melitz.model import Melitz

    def find(self: Melitz, start: object = None) -> None:
        raise NoEquilibrium("there is none", "try another world")

    monkeypatch.setattr(Melitz, "find", find)
    assert main(["solve", scenario]) == 3
    assert capsys.readouterr().err == "phistar: there is none: try another world\n"


@pytest.mark.filterwarnings("error")
def test_cutoffs_below_every_number_are_refused_in_one_line(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", scenario, "--set", "sigma=1.0000001"]) == 3
    assert capsys.readouterr().err.startswith("phistar: no certified equilibrium: ")


def test_a_bug_is_one_line_that_asks_for_a_report(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from phistar.models.melitz.model import Melitz

    def find(self: Melitz, start: object = None) -> None:
        raise ZeroDivisionError("float division\nby zero")

    monkeypatch.setattr(Melitz, "find", find)
    monkeypatch.delenv("PHISTAR_DEBUG", raising=False)
    assert main(["solve", scenario]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "report" in err
    monkeypatch.setenv("PHISTAR_DEBUG", "1")
    assert main(["solve", scenario]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_one_line_and_status_130(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from phistar.models.melitz.model import Melitz

    def find(self: Melitz, start: object = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Melitz, "find", find)
    assert main(["solve", scenario]) == 130
    assert capsys.readouterr().err == "phistar: interrupted\n"


def test_version_and_help_end_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version")[0] == f"phistar {VERSION}\n"
    for arguments in ([], ["--help"], *([name, "--help"] for name in app.COMMANDS)):
        out, err = run(capsys, *arguments)
        assert "Usage" in out
        assert err == ""


def started(*arguments: str, code: str = "") -> subprocess.Popen[str]:
    command = ["-c", code] if code else ["-m", "phistar", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, *command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_reader_that_leaves_is_no_error() -> None:
    process = started("show", "melitz")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=60) in {0, app.BROKEN_PIPE}
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs the device that is always full")
@pytest.mark.parametrize("arguments", [["models"], ["models", "--help"]])
def test_a_full_disk_is_one_line_and_no_bug(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-m", "phistar", *arguments], env=environment, text=True, check=False,
                               stdout=full, stderr=subprocess.PIPE)  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == (
        "phistar: standard output cannot be written (no space left on device): free some space, or write elsewhere\n"
    )


def test_solving_imports_nothing_heavy(scenario: str) -> None:
    heavy = "{'pandas', 'xarray', 'altair', 'pyarrow', 'rich', 'numba', 'vl_convert', 'scipy.optimize'}"
    code = (
        "import sys; from phistar.cli import main\n"
        f"assert main(['solve', {scenario!r}]) == 0\n"
        f"sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)\n"
    )
    _, err = (process := started(code=code)).communicate(timeout=60)
    assert process.returncode == 0, err
