"""Gravity on the flows of models and of files: what theory says the elasticity is comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from phistar.cli import main
from phistar.core.errors import InputError
from phistar.verbs.gravity import gravity
from phistar.verbs.solve import solve

#: The bar of the sheet; what is found is near 1e-14.
RECOVERED = 1e-8
TAU = [[1.0, 1.9, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]]
OTTAVIANO: dict[str, Any] = {"alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 9.0, 11.0], "tau": TAU,
                             "f_E": [0.1, 0.09, 0.11]}  # fmt: skip
MELITZ: dict[str, Any] = {
    "sigma": 3.8, "L": [10.0, 6.0, 3.0], "tau": TAU, "f": [[1.0, 1.4, 1.6], [1.3, 0.9, 1.5], [1.2, 1.6, 0.8]],
    "f_e": 0.5, "productivity": {"family": "pareto", "k": 4.25, "scale": 1.0},
}  # fmt: skip


def ottaviano(cost: Any, **changes: Any) -> dict[str, Any]:
    return {"model": "melitz_ottaviano", "parameters": {**OTTAVIANO, "cost": cost, **changes}}


def pareto(k: float, c_M: float = 1.0) -> dict[str, Any]:
    return {"family": "pareto", "c_M": c_M, "k": k}


@pytest.mark.parametrize("k", [1.5, 2.3, 5.0])
def test_pareto_flows_give_back_minus_k(k: float) -> None:
    found = gravity(ottaviano([pareto(k), pareto(k, 1.04), pareto(k, 0.98)]))
    assert found["tau"] == pytest.approx(-k, rel=RECOVERED)
    assert found.exact


def test_pareto_flows_give_back_minus_k_in_the_short_run_too() -> None:
    short = ottaviano(pareto(2.3), horizon="short", incumbents=[12.0, 14.0, 9.0])
    del short["parameters"]["f_E"]
    assert gravity(short)["tau"] == pytest.approx(-2.3, rel=RECOVERED)


def test_melitz_pareto_flows_give_back_its_two_elasticities() -> None:
    found = gravity({"model": "melitz", "parameters": MELITZ})
    assert found["tau"] == pytest.approx(-4.25, rel=RECOVERED)
    assert found["f"] == pytest.approx(1.0 - 4.25 / 2.8, rel=RECOVERED)
    alone = gravity({"model": "melitz", "parameters": MELITZ}, logs=["tau"])
    assert not alone.exact and abs(alone["tau"] + 4.25) > 0.1, "fixed costs left out go into the estimate"


def test_fixed_costs_that_do_not_differ_between_pairs_are_taken_up() -> None:
    found = gravity({"model": "melitz", "parameters": {**MELITZ, "f": 1.0}})
    assert found.absorbed == ("ln f",)
    assert found["tau"] == pytest.approx(-4.25, rel=RECOVERED)


def test_other_distributions_give_a_value_among_the_models_own_elasticities() -> None:
    found = gravity(ottaviano({"family": "uniform", "lower": 0.1, "c_M": 1.1}))
    assert not found.exact
    least, most = found.elasticities or (np.nan, np.nan)
    assert least < -found["tau"] < most


def test_two_countries_leave_nothing_to_test() -> None:
    found = gravity("examples/two_countries.toml", logs=["tau"])
    assert found.fit.freedom == 0 and not found.exact
    with pytest.raises(InputError, match=r"ln tau and ln f cannot all be .* identify 1 regressor .* name one"):
        gravity("examples/two_countries.toml")


def test_a_closed_border_and_a_country_that_sells_nothing_are_told() -> None:
    tau = [[1.04, "inf", 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]]
    closed = gravity(ottaviano(pareto(2.3), tau=tau))
    assert closed.closed == 1 and len(closed.fit.sample.flow) == 8
    assert closed["tau"] == pytest.approx(-2.3, rel=RECOVERED)
    far = [[1.0, 1.2, 1.3, 1.3], [1.25, 1.0, 1.35, 1.4], [1.3, 1.4, 1.0, 1.35], [1.4, 1.45, 1.4, 1.0]]
    corner = ottaviano(pareto(2.3), L=[3.0, 9.0, 12.0, 10.0], f_E=0.1, tau=far)
    idle = gravity(corner)
    assert solve(corner)["mass_entrants"][0] == 0.0
    assert idle.fit.separated == tuple(f"C1 to C{j}" for j in range(1, 5))
    assert idle["tau"] == pytest.approx(-2.3, rel=RECOVERED)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_of_flows_gives_what_the_model_gives(suffix: str, tmp_path: Path) -> None:
    world = solve(ottaviano({"family": "uniform", "lower": 0.1, "c_M": 1.1}))
    n = range(3)
    rows = [(world.countries[i], world.countries[j], world["trade_flow"][i, j], TAU[i][j]) for i in n for j in n]
    frame = pandas.DataFrame(rows, columns=["Origin", "destination", "value", "tau"])
    path = tmp_path / f"flows{suffix}"
    (frame.to_csv if suffix == ".csv" else frame.to_parquet)(path, index=False)
    for home in (True, False):
        read, made = gravity(flows=path, logs=["tau"], home=home), gravity(world, home=home)
        assert read["tau"] == pytest.approx(made["tau"], rel=1e-12)
        assert read.fit.freedom == made.fit.freedom


def test_the_command_says_what_the_estimate_means(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.json").write_text(json.dumps(ottaviano(pareto(2.3))))
    assert main(["gravity", str(tmp_path / "w.json"), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["estimates"]["ln tau"]["estimate"] == pytest.approx(-2.3, rel=RECOVERED)
    assert found["certificate"]["max_residual"] <= 1e-10
    assert "the estimate is the model's elasticity" in err and "-2.300000" in err


FLOWS = "origin,destination,value,distance,border\nA,A,5,1,0\nA,B,1,3,1\nB,A,0,4,1\nB,B,4,1,0\n"


@pytest.mark.parametrize(
    ("change", "given", "said"),
    [
        (("", ""), {}, "--log"),
        (("", ""), {"logs": ["border"]}, "--level"),
        (("", ""), {"logs": ["distnce"]}, "did you mean distance"),
        (("value", "amount"), {"logs": ["distance"]}, "value"),
        (("A,B,1", "A,B,x"), {"logs": ["distance"]}, "value, row 2"),
        (("A,B,1", "A,B,"), {"logs": ["distance"]}, "value, row 2 .*empty"),
        (("A,B,1", "A,A,1"), {"logs": ["distance"]}, "A to A more than once"),
        (("A,B,1", "A,B,-1"), {"logs": ["distance"]}, "A to B .*negative"),
        (("", ""), {"logs": ["distance"], "cluster": "year"}, "cluster"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line(
    change: tuple[str, str], given: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "flows.csv").write_text(FLOWS.replace(*change))
    with pytest.raises(InputError, match=said):
        gravity(flows=tmp_path / "flows.csv", **given)


def test_one_source_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gravity"]) == 2
    assert main(["gravity", "examples/two_countries.toml", "--flows", "x.csv"]) == 2
    assert main(["gravity", "--flows", "none.csv", "--log", "distance"]) == 2
    assert "check the path" in capsys.readouterr().err
    with pytest.raises(InputError, match="did you mean tau"):
        gravity(ottaviano(pareto(2.0)), logs=["taus"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"logs": ["distance"], "levels": ["border"]}, "4 flows between 2 countries: they identify 1 regressor"),
        ({"logs": ["distance"], "home": False}, "identify none beside .*: keep sales at home, or use more countries"),
    ],
)
def test_two_countries_are_told_how_much_they_identify(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_text(FLOWS.replace("B,A,0", "B,A,2"))
    with pytest.raises(InputError, match=said):
        gravity(flows=tmp_path / "flows.csv", **given)


def test_a_file_of_two_countries_is_told_that_nothing_is_left_to_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flows.csv").write_text(FLOWS.replace("B,A,0", "B,A,2"))
    assert main(["gravity", "--flows", str(tmp_path / "flows.csv"), "--log", "distance"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no degree of freedom is left" in said and "use more countries" in said
