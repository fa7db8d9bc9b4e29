"""Sweeps: grids, batches, refusals, files, and going on after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.errors import InputError, NoEquilibrium
from phistar.core.model import Model
from phistar.core.parameters import Parameter, check_keys, count_countries, read_parameters
from phistar.models import registry
from phistar.verbs import sweep as module
from phistar.verbs.grid import parse_grid
from phistar.verbs.sweep import sweep

SCENARIO = {"model": "toy", "parameters": {"sigma": 4.0, "L": [1.0, 2.0], "tau": 1.5}}


class Toy(Model):
    """Two outcomes in closed form: welfare = L^(1/sigma), and trade shares that fall with tau."""

    name, title, paper = "toy", "A toy", "toy"
    parameters = (
        Parameter("sigma", "scalar", "s", "elasticity", lower=1.0, strict=True),
        Parameter("L", "country", "L", "labour", lower=0.0, strict=True),
        Parameter("tau", "matrix", "t", "iceberg cost", default=1.0, lower=1.0, diagonal=1.0),
    )
    variables = (
        Variable("welfare", COUNTRY, "1", "W", "welfare"),
        Variable("trade_share", PAIR, "1", "l", "share"),
        Variable("world_labour", (), "1", "L", "labour in the world"),
    )
    built = 0

    def __init__(self, sigma: Any, L: Any, tau: Any, countries: Any) -> None:
        self.sigma, self.L, self.tau, self.countries = sigma, L, tau, tuple(countries)

    @classmethod
    def build(cls, raw: Any, names: Any = None) -> Toy:
        Toy.built += 1
        check_keys(cls.parameters, raw)
        n = count_countries(cls.parameters, raw, names)
        return cls(**read_parameters(cls.parameters, raw, n), countries=names or [f"C{i}" for i in range(n)])

    def as_parameters(self) -> dict[str, Any]:
        return {"sigma": float(self.sigma), "L": self.L.tolist(), "tau": self.tau.tolist()}

    @classmethod
    def equation_records(cls) -> tuple[Any, ...]:
        return ()

    def find(self, start: Any = None) -> dict[str, Any]:
        if self.sigma > 9:
            raise NoEquilibrium("the toy breaks beyond sigma = 9", "lower sigma")
        return {"W": self.L ** (1 / self.sigma)}

    def equations(self, x: Any) -> dict[str, Any]:
        off = np.where(np.asarray(self.sigma) == 7.0, 1e-3, 0.0)  # an answer the equations do not bear out
        return {"utility": x["W"] ** self.sigma / self.L - 1 + off}

    def outcomes(self, x: Any) -> dict[str, Any]:
        weight = self.tau ** (1 - self.sigma)
        return {
            "welfare": x["W"],
            "trade_share": weight / weight.sum(axis=0),
            "world_labour": self.L.sum(axis=0),
        }

    def audit(self, x: Any, values: Any) -> Any:
        return {"spending": values["trade_share"].sum(axis=0) - 1}, {}, []

    def lookup(self, path: Any) -> Any:
        return {"sigma": self.sigma, "L": self.L, "tau": self.tau}[path.name]


class BatchToy(Toy):
    """The same with a batch axis."""

    capabilities = frozenset({"batch"})

    def assign(self, path: Any, values: Any) -> BatchToy:
        values = np.asarray(values, dtype=float)
        fields = {"sigma": self.sigma, "L": self.L, "tau": self.tau}
        if path.rest:
            old = np.asarray(fields[path.name]).reshape(2, 2, -1)
            new = np.array(np.broadcast_to(old, (2, 2, values.size)))
            new[path.rest] = values
        elif path.name == "tau":
            new = np.where(np.eye(2, dtype=bool)[..., None], 1.0, values)
        else:
            new = values
        if path.name == "sigma" and np.any(values == 5.5):
            raise InputError("sigma", "must not be 5.5")
        ndim = {"sigma": 0, "L": 1, "tau": 2}
        rest = {k: v[..., None] if np.ndim(v) == ndim[k] > 0 else v for k, v in fields.items()}
        return BatchToy(**{**rest, path.name: new}, countries=self.countries)

    def find_batch(self) -> Any:
        count = np.broadcast(self.sigma, self.L[0], self.tau[0, 0]).shape[-1]
        reasons = np.full(count, "", dtype=object)
        reasons[np.broadcast_to(self.sigma, count) > 9] = "the toy breaks beyond sigma = 9: lower sigma"
        return {"W": self.L ** (1 / self.sigma)}, reasons


@pytest.fixture(params=[Toy, BatchToy])
def toy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Toy]:
    """Register the toy, once without and once with batches; small chunks, so that there are several."""
    monkeypatch.setitem(registry._MODELS, "toy", (__name__, request.param.__name__))
    monkeypatch.setattr(module, "BATCH", 8)
    monkeypatch.setattr(module, "POINTWISE", 8)
    return request.param  # type: ignore[no-any-return]


def test_points_run_in_c_order_of_the_keys(toy: type[Toy]) -> None:
    table = sweep(SCENARIO, ["sigma=2:4:3", "tau=1:2:2"])
    assert table["sigma"].tolist() == [2, 2, 3, 3, 4, 4]
    assert table["tau"].tolist() == [1, 2, 1, 2, 1, 2]
    assert table.shape == (3, 2)
    assert len(table) == 6


def test_every_variable_is_flattened_and_certified(toy: type[Toy]) -> None:
    table = sweep({**SCENARIO, "countries": {"names": ["Home", "Foreign"]}}, ["sigma=2:6:41"])
    assert set(table["status"]) <= {"certified", "refused"}
    good = table["status"] == "certified"
    np.testing.assert_allclose(table["welfare[Foreign]"][good], 2 ** (1 / table["sigma"][good]), rtol=1e-15)
    share = 1.5 ** (1 - table["sigma"]) / (1 + 1.5 ** (1 - table["sigma"]))
    np.testing.assert_allclose(table["trade_share[Home,Foreign]"][good], share[good], rtol=1e-14)
    assert np.all(table["world_labour"][good] == 3)
    assert np.all(table["max_residual"][good] < 1e-14)


def test_refused_points_say_why_and_hold_no_number(toy: type[Toy]) -> None:
    table = sweep(SCENARIO, ["sigma=0.5,4,7,12"])
    assert table["status"].tolist() == ["refused", "certified", "refused", "refused"]
    assert table["reason"][0].startswith("sigma = 0.5 must be")
    assert table["reason"][1] == ""
    assert "utility is off by 1.0e-03" in table["reason"][2]
    assert "breaks beyond sigma = 9" in table["reason"][3]
    assert np.isnan(table["welfare[C0]"][[0, 2, 3]]).all()
    assert table.refused == 3


def test_a_batch_refused_as_a_whole_still_solves_its_good_points(toy: type[Toy]) -> None:
    table = sweep(SCENARIO, {"sigma": np.linspace(5, 6, 101)})
    assert table.refused == 0  # built by itself, the toy takes 5.5 as well
    np.testing.assert_allclose(table["welfare[C1]"], 2 ** (1 / table["sigma"]), rtol=1e-14)


def test_one_entry_of_a_matrix_given_as_a_scalar_can_be_swept(toy: type[Toy]) -> None:
    table = sweep(SCENARIO, ["tau[0][1]=1:3:5"])
    weight = table["tau[0][1]"] ** -3.0
    np.testing.assert_allclose(table["trade_share[C0,C1]"], weight / (1 + weight), rtol=1e-14)
    assert np.ptp(table["trade_share[C1,C0]"]) == 0


def test_batched_and_single_answers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = []
    for kind in (Toy, BatchToy):
        monkeypatch.setitem(registry._MODELS, "toy", (__name__, kind.__name__))
        tables.append(sweep(SCENARIO, ["sigma=0.5:12:47", "tau=0.5:3:9"]))
    for name, column in tables[0].columns.items():
        if column.dtype.kind == "f" and name != "max_residual":
            np.testing.assert_allclose(column, tables[1][name], rtol=1e-13, err_msg=name)
    assert (tables[0]["status"] == tables[1]["status"]).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_hold_what_memory_holds_to_the_last_digit(toy: type[Toy], tmp_path: Path, suffix: str) -> None:
    import pandas

    out = tmp_path / f"grid{suffix}"
    table = sweep(SCENARIO, ["sigma=0.9:4:37"], out)
    read = (
        pandas.read_csv(out, keep_default_na=False, na_values=["nan"]) if suffix == ".csv" else pandas.read_parquet(out)
    )
    assert list(read.columns) == list(table.columns)
    for name, column in table.columns.items():
        kept = read[name].to_numpy()
        if column.dtype.kind == "f":
            np.testing.assert_array_equal(kept.astype(float), column, err_msg=name)
        else:
            assert kept.tolist() == column.tolist()
    assert os.listdir(tmp_path) == [out.name]


def test_a_run_broken_off_goes_on_where_it_stood(
    toy: type[Toy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "grid.csv"
    seen: list[int] = []

    def stop_midway(done: int, total: int) -> None:
        seen.append(done)
        if done >= 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(SCENARIO, ["sigma=2:6:50"], out, progress=stop_midway)
    assert not out.exists()
    solved: list[int] = []
    run = module._solve_batch if toy is BatchToy else module._solve_pointwise

    def count(plan: Any, points: Any) -> Any:
        solved.append(len(points[0]))
        return run(plan, points)

    monkeypatch.setattr(module, run.__name__, count)
    table = sweep(SCENARIO, ["sigma=2:6:50"], out)
    assert sum(solved) == 50 - 24
    monkeypatch.undo()
    monkeypatch.setitem(registry._MODELS, "toy", (__name__, toy.__name__))
    whole = sweep(SCENARIO, ["sigma=2:6:50"])
    assert all((table[n] == whole[n]).all() for n in whole.columns if n != "reason")
    assert os.listdir(tmp_path) == ["grid.csv"]


def test_a_changed_scenario_starts_afresh(toy: type[Toy], tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "grid.csv"
    with pytest.raises(KeyboardInterrupt):
        sweep(SCENARIO, ["sigma=2:6:50"], out, progress=stop)
    table = sweep(SCENARIO, ["sigma=2:6:50"], out, ["L=[3.0, 3.0]"])
    np.testing.assert_allclose(table["welfare[C0]"], 3 ** (1 / table["sigma"]), rtol=1e-14)
    assert os.listdir(tmp_path) == ["grid.csv"]


def test_what_a_kill_leaves_of_the_output_goes_with_the_next_run(
    toy: type[Toy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "grid.csv"
    with monkeypatch.context() as kill, pytest.raises(KeyboardInterrupt):
        kill.setattr(os, "replace", killed)
        kill.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process clears nothing away
        sweep(SCENARIO, ["sigma=2:6:50"], out)
    assert list(tmp_path.rglob("*.tmp"))
    sweep(SCENARIO, ["sigma=2:6:50"], out)
    assert os.listdir(tmp_path) == ["grid.csv"]


def test_a_killed_process_started_again_gives_the_file_of_an_unbroken_run(tmp_path: Path) -> None:
    out = tmp_path / "grid.csv"
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import time, test_sweep as t\n"
        "t.registry._MODELS['toy'] = ('test_sweep', 'Toy'); t.module.POINTWISE = 8\n"
        "slow = (lambda done, total: time.sleep(0.2)) if sys.argv[1] == 'slow' else None\n"
        f"t.sweep(t.SCENARIO, ['sigma=2:6:400'], {str(out)!r}, progress=slow)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", program, "slow"], env=environment)
    folder = tmp_path / ".grid.csv.partial"
    deadline = time.monotonic() + 60
    while not list(folder.glob("*/*.npz")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not out.exists()
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("*/*.npz")}
    assert kept
    subprocess.run([sys.executable, "-c", program, "fast"], env=environment, check=True)
    again = out.read_bytes()
    assert os.listdir(tmp_path) == ["grid.csv"]
    out.unlink()
    subprocess.run([sys.executable, "-c", program, "fast"], env=environment, check=True)
    assert out.read_bytes() == again


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tau=1:2:3", [1, 1.5, 2]),
        ("tau=2:1:2", [2, 1]),
        ("tau=1:100:3:log", [1, 10, 100]),
        ("tau=1.1,1.7", [1.1, 1.7]),
        ("tau=1:1:1", [1]),
        ("tau = 3", [3]),
    ],
)
def test_grids_are_read(text: str, values: list[float]) -> None:
    (axis,) = parse_grid([text])
    np.testing.assert_allclose(axis.values, values)


@pytest.mark.parametrize(
    "over",
    [
        [],
        ["tau"],
        ["tau="],
        ["=1:2:3"],
        ["tau=1:2"],
        ["tau=1:2:0"],
        ["tau=1:2:x"],
        ["tau=1:2:3:lin"],
        ["tau=nan:2:3"],
        ["tau=0:2:3:log"],
        ["tau=1,,2"],
        ["tau=1:2:3", "tau=1:2:3"],
        ["tau=1:2:200000000"],
        ["taus=1:2:3"],
        ["tau..x=1:2:3"],
    ],
)
def test_a_grid_that_makes_no_sense_is_refused_before_any_work(toy: type[Toy], over: list[str]) -> None:
    with pytest.raises(InputError):
        sweep(SCENARIO, over)


def test_a_grid_too_large_is_refused_before_its_values_are_laid_out() -> None:
    with pytest.raises(InputError, match="more than 100,000,000 points"):
        parse_grid("tau=1:2:1000000000000000")  # 8 petabytes of values


def test_an_unknown_key_is_refused_with_the_nearest_known_name(toy: type[Toy]) -> None:
    with pytest.raises(InputError, match="did you mean sigma"):
        sweep(SCENARIO, ["sigm=2:6:5"])


def test_an_output_that_cannot_be_written_is_refused_before_any_work(toy: type[Toy], tmp_path: Path) -> None:
    Toy.built = 0
    for out in (tmp_path / "none" / "grid.csv", tmp_path / "grid.txt", tmp_path):
        with pytest.raises(InputError, match="--out"):
            sweep(SCENARIO, ["sigma=2:6:5"], out)
    assert Toy.built == 0


def test_a_sweep_becomes_a_frame_with_one_row_a_point(toy: type[Toy]) -> None:
    frame = sweep(SCENARIO, {"sigma": [2.0, 3.0]}).to_frame()
    assert frame.shape[0] == 2
    assert frame["welfare[C1]"].iloc[1] == 2 ** (1 / 3)
