"""Every kind of bad input gives one line on standard error, exit status 2, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from phistar.cli import main

GOOD = """
model = "melitz"
[parameters]
sigma = 4.0
L = [1.0, 2.0]
tau = [[1.0, 1.7], [1.7, 1.0]]
f = {domestic = 1.0, export = 1.2}
f_e = 2.0
productivity = {family = "pareto", k = 4.5, scale = 1.0}
[counterfactual.parameters]
tau = 1.3
[countries]
names = ["Home", "Foreign"]
"""

#: What is wrong, the setting laid over the good scenario, and words its one line must hold.
SETTINGS = {
    "tau below one": ("tau=0.9", ["tau", "at least 1"]),
    "one tau below one": ("tau[0][1]=0.5", ["tau[0][1]", "0.5"]),
    "k not above sigma - 1": ("productivity.k=2.5", ["k", "2.5", "sigma"]),
    "a matrix with a short row": ("tau=[[1.0, 1.7], [1.7]]", ["tau[1]"]),
    "a matrix with a missing row": ("tau=[[1.0, 1.7]]", ["tau"]),
    "a matrix that is a list of numbers": ("tau=[1.0, 1.7]", ["tau[0]"]),
    "lists of different lengths": ("L=[1.0, 2.0, 3.0]", ["L", "3"]),
    "an unknown parameter": ("sigm=4.0", ["sigm", "did you mean sigma"]),
    "an unknown key of a productivity family": ("productivity.kk=4.0", ["kk", "did you mean k"]),
    "an unknown key of f": ("f.exports=4.0", ["f.exports", "did you mean export"]),
    "half of f": ("f={domestic = 1.0}", ["f.export", "is missing"]),
    "a word for a number": ("sigma=four", ["sigma", "four"]),
    "a list for a number": ("sigma=[4.0]", ["sigma"]),
    "a truth value for a number": ("sigma=true", ["sigma = true"]),
    "not a number": ("sigma=nan", ["sigma", "nan"]),
    "an infinite elasticity": ("sigma=inf", ["sigma", "inf"]),
    "sigma of one": ("sigma=1.0", ["sigma", "greater than 1"]),
    "zero countries": ("L=[]", ["L", "empty"]),
    "negative labour": ("L=[1.0, -2.0]", ["L[1]", "-2"]),
    "a free fixed cost": ("f={domestic = 0.0, export = 1.0}", ["f.domestic", "greater than 0"]),
    "a death rate above one": ("delta=1.5", ["delta", "at most 1"]),
    "an index out of range": ("tau[0][7]=1.5", ["tau[0][7]", "out of range"]),
    "an index into a number": ("sigma[0]=4.0", ["sigma[0]"]),
    "an index into a scalar": ("sigma[0]=5", ["sigma[0]", "not a list"]),
    "entry fixed without J": ('entry="fixed"', ["J", "missing"]),
    "an unknown kind of entry": ('entry="closed"', ["entry", "free"]),
    "an unknown family": ("productivity.family=gamma", ["gamma"]),
    "a negative Pareto scale": ("productivity.scale=-1.0", ["scale", "-1"]),
    "a productivity that is a number": ("productivity=4.5", ["productivity"]),
    "an unknown numeraire": ("numeraire=Nowhere", ["Nowhere"]),
    "a numeraire out of range": ("numeraire=5", ["numeraire", "5"]),
    "a setting without a value": ("sigma", ["--set", "KEY=VALUE"]),
    "a setting of no key": ("a..b=1", ["a..b"]),
}

#: What is wrong, the text of the scenario file, and words its one line must hold.
FILES = {
    "sigma missing": (GOOD.replace("sigma = 4.0\n", ""), ["sigma", "missing"]),
    "productivity missing": ("\n".join(r for r in GOOD.splitlines() if "pareto" not in r), ["productivity"]),
    "broken TOML": (GOOD.replace("[1.0, 2.0]", "[1.0, 2.0"), ["TOML"]),
    "no model": (GOOD.replace('model = "melitz"', ""), ["model", "missing"]),
    "a model that is a number": (GOOD.replace('"melitz"', "3"), ["model = 3 must be a text", '"melitz"']),
    "an unknown model": (GOOD.replace('"melitz"', '"melits"'), ["melits", "did you mean melitz"]),
    "an unknown section": (GOOD.replace("[countries]", "[country]"), ["country", "did you mean countries"]),
    "an unknown key under countries": (GOOD.replace("names", "labels"), ["countries.labels", "names"]),
    "a key under countries with a typo": (GOOD.replace("names", "nmes"), ["countries.nmes", "did you mean names?"]),
    "a name that is a number": (GOOD.replace('"Foreign"', "2"), ["countries.names[1] = 2", "quotation marks"]),
    "too few names": (GOOD.replace('"Home", ', ""), ["names", "has 1 entry but L has 2"]),
    "a name twice": (GOOD.replace('"Foreign"', '"Home"'), ["names"]),
    "parameters that are a list": ('model = "melitz"\nparameters = [1.0]', ["parameters"]),
    "an empty file": ("", ["model"]),
}

TARIFF = ["trade", "--importer", "USA", "--exporter", "CHN"]
HATS = ["hats", "melitz_ottaviano", "--change", "tau=0.9"]
#: What is wrong, the arguments (SCENARIO and DIR stand for paths), and words its one line must hold.
COMMANDS = {
    "no scenario": (["solve"], ["SCENARIO"]),
    "a missing file": (["solve", "DIR/none.toml"], ["none.toml", "not a file"]),
    "a directory": (["solve", "DIR"], ["directory"]),
    "binary rubbish": (["solve", "DIR/rubbish.toml"], ["rubbish.toml", "not text"]),
    "an unknown command": (["slove", "SCENARIO"], ["slove", "did you mean solve"]),
    "an unknown option": (["solve", "SCENARIO", "--jason", "-"], ["--jason"]),
    "an option without its value": (["solve", "SCENARIO", "--set"], ["--set"]),
    "an unknown model to show": (["show", "melts"], ["melts", "melitz"]),
    "a JSON file in no folder": (["solve", "SCENARIO", "--json", "DIR/no/x.json"], ["--json"]),
    "a JSON file that is a folder": (["solve", "SCENARIO", "--json", "DIR"], ["--json"]),
    "a sweep without keys": (["sweep", "SCENARIO", "--out", "DIR/x.csv"], ["--over"]),
    "a sweep without output": (["sweep", "SCENARIO", "--over", "tau=1:2:3"], ["--out"]),
    "a sweep over an unknown key": (
        ["sweep", "SCENARIO", "--over", "taw=1:2:3", "--out", "DIR/x.csv"],
        ["taw", "did you mean tau"],
    ),
    "a sweep over an unknown inner key": (
        ["sweep", "SCENARIO", "--over", "productivity.kk=5:6:3", "--out", "DIR/x.csv"],
        ["productivity.kk"],
    ),
    "a sweep beyond the countries": (
        ["sweep", "SCENARIO", "--over", "tau[0][5]=1:2:3", "--out", "DIR/x.csv"],
        ["tau[0][5]"],
    ),
    "a grid without a count": (["sweep", "SCENARIO", "--over", "tau=1:2", "--out", "DIR/x.csv"], ["--over"]),
    "a grid of no points": (["sweep", "SCENARIO", "--over", "tau=1:2:0", "--out", "DIR/x.csv"], ["--over"]),
    "a table with an unknown suffix": (
        ["sweep", "SCENARIO", "--over", "tau=1:2:3", "--out", "DIR/x.xlsx"],
        [".csv", ".parquet"],
    ),
    "a sweep into no folder": (
        ["sweep", "SCENARIO", "--over", "tau=1:2:3", "--out", "DIR/no/x.csv"],
        ["--out"],
    ),
    "an elasticity of an unknown variable": (
        ["elasticities", "SCENARIO", "--of", "welfar"],
        ["did you mean welfare"],
    ),
    "an elasticity to an unknown key": (["elasticities", "SCENARIO", "--to", "tua"], ["tua", "did you mean tau"]),
    "no firms": (["firms", "SCENARIO", "--n", "0", "--out", "DIR/x.csv"], ["--n"]),
    "half a firm": (["firms", "SCENARIO", "--n", "0.5", "--out", "DIR/x.csv"], ["--n"]),
    "an unknown figure": (
        ["plot", "SCENARIO", "--figure", "cutoff", "--out", "DIR/x.svg"],
        ["did you mean cutoffs"],
    ),
    "a figure with an unknown suffix": (
        ["plot", "SCENARIO", "--figure", "cutoffs", "--out", "DIR/x.gif"],
        [".svg", ".html"],
    ),
    "a figure of an unknown country": (
        ["plot", "SCENARIO", "--figure", "cutoffs", "--country", "Homme", "--out", "DIR/x.svg"],
        ["did you mean Home"],
    ),
    "comparative statics of nothing": (
        ["plot", "SCENARIO", "--figure", "comparative_statics", "--out", "DIR/x.svg"],
        ["--over"],
    ),
    "a figure that takes no grid": (
        ["plot", "SCENARIO", "--figure", "cutoffs", "--over", "tau=1:2:3", "--out", "DIR/x.svg"],
        ["--over"],
    ),
    "a key set twice": (
        ["solve", "SCENARIO", "--set", "sigma=4", "--set", " sigma = 5"],
        ["sigma is set twice, to 4 and to 5", "set it once"],
    ),
    "an entry set twice": (
        ["solve", "SCENARIO", "--set", "tau[0][1]=1.5", "--set", "tau[0][1]=1.6"],
        ["tau[0][1] is set twice"],
    ),
    "a tariff in per cent": ([*TARIFF, "--rate", "25%"], ["--rate", "share", "write --rate 0.25"]),
    "a tariff that is no number": ([*TARIFF, "--rate", "much"], ["--rate", "share", "0.25 is 25 per cent"]),
    "a subsidy of more than all": ([*TARIFF, "--rate", "-1"], ["--rate = -1.0", "greater than -1"]),
    "a tariff by a country with a typo": ([*TARIFF, "--rate", "0.1", "--importer", "UAS"], ["--importer", "USA"]),
    "a tariff on a missing table": ([*TARIFF, "--rate", "0.1", "--table", "none.csv"], ["--table", "none.csv"]),
    "a tariff with unknown inputs": ([*TARIFF, "--rate", "0.1", "--inputs", "some"], ["--inputs", "roundabout"]),
    "a tariff with a heavy tail": ([*TARIFF, "--rate", "0.1", "--shape", "2"], ["--shape", "sigma - 1 = 3"]),
    "a cut in per cent": (["liberalize", "SCENARIO", "--kind", "bilateral", "--by", "50%"], ["write --by 0.5"]),
    "hats of a missing file": ([*HATS, "--flows", "none.csv", "--given", "k=2"], ["--flows", "none.csv"]),
    "hats without the shape": ([*HATS, "--flows", "DIR/flows.csv"], ["--given k is missing"]),
    "hats of a wrong threshold": (
        [*HATS, "--flows", "DIR/flows.csv", "--given", "k=2", "--given", "threshold=3"],
        ["--given threshold = 3", "between 0 and 1"],
    ),
    "hats of a change below zero": (
        [*HATS, "--flows", "DIR/flows.csv", "--given", "k=2", "--given", "threshold=0.3", "--change", "L=-1"],
        ["--change L = -1", "greater than 0"],
    ),
    "hats with a change that is unknown": (
        [*HATS, "--flows", "DIR/flows.csv", "--given", "k=2", "--change", "tua=1.1"],
        ["--change tua", "did you mean tau"],
    ),
    "gravity with unknown clusters": (["gravity", "SCENARIO", "--log", "tau", "--cluster", "x"], ["--cluster", "pair"]),
    "nothing to compare with": (["compare", "DIR/baseline.toml"], ["counterfactual"]),
    "a counterfactual that is wrong": (["compare", "DIR/wrong.toml"], ["tau"]),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of scenario files; paths are short, as a user types them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "baseline.toml").write_text(GOOD.replace("[counterfactual.parameters]\ntau = 1.3\n", ""))
    (tmp_path / "wrong.toml").write_text(GOOD.replace("tau = 1.3", "tau = 0.3"))
    (tmp_path / "flows.csv").write_text("origin,destination,value\nA,A,5\nA,B,2\nB,A,2\nB,B,4\n")
    (tmp_path / "rubbish.toml").write_bytes(bytes(range(128, 256)) * 20)
    return Path()


def refused(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command and require one line on standard error, no traceback, exit status 2."""
    status = main(arguments)
    out, err = capsys.readouterr()
    assert status == 2, err
    assert out == ""
    assert err.startswith("phistar: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


@pytest.mark.parametrize("wrong", SETTINGS)
def test_a_wrong_setting_is_named_in_one_line(wrong: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setting, words = SETTINGS[wrong]
    refused(["solve", str(folder / "good.toml"), "--set", setting], words, capsys)


@pytest.mark.parametrize("wrong", FILES)
def test_a_wrong_file_is_explained_in_one_line(wrong: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = FILES[wrong]
    (folder / "wrong.toml").write_text(text)
    refused(["solve", str(folder / "wrong.toml")], words, capsys)


@pytest.mark.parametrize("wrong", COMMANDS)
def test_a_wrong_command_is_explained_in_one_line(wrong: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = COMMANDS[wrong]
    places = {"SCENARIO": str(folder / "good.toml")}
    before = sorted(folder.iterdir())
    refused([places.get(a, a.replace("DIR", str(folder))) for a in arguments], words, capsys)
    assert sorted(folder.iterdir()) == before


def test_broken_json_is_called_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.json").write_text('{"model": "melitz", ')
    refused(["solve", str(folder / "x.json")], ["JSON"], capsys)


def test_json_that_is_no_table_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.json").write_text("[1, 2]")
    refused(["solve", str(folder / "x.json")], ["table"], capsys)


def test_json_nested_beyond_reason_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.json").write_text("[" * 100_000)
    refused(["solve", str(folder / "x.json")], ["x.json"], capsys)
