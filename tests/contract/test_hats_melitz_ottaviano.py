"""Exact hats of Melitz and Ottaviano from observed flows equal two equilibria in levels, or are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import phistar
from phistar.cli import main
from phistar.core.errors import InputError, NoEquilibrium
from phistar.models.melitz_ottaviano.hats import trade_cost
from phistar.models.melitz_ottaviano.observed import Observed
from phistar.verbs.hats import hats
from phistar.verbs.solve import solve

EXACT = 1e-11  # two equilibria certified near 1e-15; the entrants' system loses two or three digits
K = 2.3
WORLD: dict[str, Any] = {
    "alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 9.0, 11.0], "f_E": [0.1, 0.09, 0.11],
    "tau": [[1.04, 1.9, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]],
}  # fmt: skip
SCALE = np.array([1.0, 1.04, 0.98])
CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "trade costs": {"tau": np.array([[1.0, 0.95, 1.1], [0.9, 1.0, 1.0], [1.05, 0.97, 1.0]])},
    "internal trade costs": {"tau": np.array([[1.02, 1.0, 1.0], [1.0, 1.05, 1.0], [1.0, 1.0, 1.0]])},
    "all foreign trade costs": {"tau": 0.95},
    "size": {"L": np.array([1.1, 0.95, 1.0])},
    "entry costs": {"f_E": np.array([1.05, 0.97, 1.0])},
    "technology": {"c_M": np.array([1.0, 1.03, 0.97])},
    "all of it": {"tau": np.array([[1.0, 0.95, 1.1], [0.9, 1.0, 1.0], [1.05, 0.97, 1.0]]),
                  "L": np.array([1.1, 0.95, 1.0]), "f_E": 1.02, "c_M": np.array([1.01, 1.02, 0.99])},
}  # fmt: skip


def levels(change: dict[str, Any], **parameters: Any) -> Any:
    world = {**WORLD, **parameters}
    full = np.where(np.eye(3, dtype=bool), 1.0, change.get("tau", 1.0)) if np.ndim(change.get("tau", 1.0)) == 0 else (
        change["tau"])  # fmt: skip
    world["tau"] = (np.array(world["tau"]) * full).tolist()
    for name in ("L", "f_E"):
        world[name] = (np.array(world[name]) * change.get(name, 1.0)).tolist()
    scale = SCALE * change.get("c_M", 1.0)
    world["cost"] = [{"family": "pareto", "c_M": float(c), "k": K} for c in scale]
    return solve({"model": "melitz_ottaviano", "parameters": world})


def known(world: Any, **more: Any) -> dict[str, Any]:
    return {"k": K, "threshold": world["price_threshold"] / WORLD["alpha"], **more}


@pytest.mark.parametrize("name", CHANGES)
def test_exact_hats_equal_levels(name: str) -> None:
    before, after = levels({}), levels(CHANGES[name])
    assert before.certificate.checks["interior"] and after.certificate.checks["interior"]
    observed = known(before, L=WORLD["L"], selling=before["mass_sellers"] / before["mass_entrants"][:, None])
    found = hats("melitz_ottaviano", before["trade_flow"], observed, CHANGES[name])
    for variable in ("price_threshold", "mass_entrants", "variety", "expenditure", "consumer_surplus", "welfare",
                     "cutoff", "mass_sellers"):  # fmt: skip
        want = after[variable] / before[variable]
        assert found[f"{variable}_hat"] == pytest.approx(want, rel=EXACT), variable
    assert found["trade_flow_cf"] == pytest.approx(after["trade_flow"], rel=EXACT)
    assert found["trade_share_cf"] == pytest.approx(after["trade_share"], rel=EXACT)
    heads = np.array(WORLD["L"])
    gained = heads * (after["consumer_surplus"] - before["consumer_surplus"])
    assert found["equivalent_variation"] == pytest.approx(gained, rel=1e-9, abs=1e-12)  # a difference of near equals
    assert found["consumer_surplus_total"] == pytest.approx(heads * before["consumer_surplus"], rel=EXACT)
    for check in ("numeraire_produced", "numeraire_consumed"):
        assert found.certificate.checks[check] == after.certificate.checks[check]


@pytest.mark.parametrize("alpha", [1.8, 1.0])
def test_the_threshold_follows_from_spending_a_head(alpha: float) -> None:
    world = levels({}, alpha=alpha)
    share = world["price_threshold"] / alpha
    side = "below" if share[0] < 0.5 else "above"
    observed = {"k": K, "alpha": alpha, "eta": WORLD["eta"], "L": WORLD["L"], "side": side}
    found = hats("melitz_ottaviano", world["trade_flow"], observed, {})
    assert found["price_threshold_share"] == pytest.approx(share, rel=1e-9)  # roots are close to one another near 1/2


def test_both_sides_of_half_alpha_are_tried() -> None:
    sides = {bool(levels({}, alpha=alpha)["price_threshold"][0] < alpha / 2) for alpha in (1.8, 1.0)}
    assert sides == {True, False}


def test_a_change_that_leaves_the_interior_is_refused_by_name() -> None:
    world = levels({})
    flows, observed = world["trade_flow"], known(world)
    far = levels({"f_E": np.array([2.0, 1.0, 1.0])})
    assert far["mass_entrants"][0] == 0.0, "solved in levels the first country has no entrants"
    with pytest.raises(NoEquilibrium, match="nobody enters in C1"):
        hats("melitz_ottaviano", flows, observed, {"f_E": [2.0, 1.0, 1.0]})
    with pytest.raises(NoEquilibrium, match="price threshold of"):
        hats("melitz_ottaviano", flows, observed, {"f_E": [0.1, 1.0, 1.0]})
    with pytest.raises(NoEquilibrium, match="reaches alpha"):
        hats("melitz_ottaviano", flows, observed, {"L": 1e-3})
    selling = world["mass_sellers"] / world["mass_entrants"][:, None]
    with pytest.raises(NoEquilibrium, match="beyond the support"):
        hats("melitz_ottaviano", flows, {**observed, "selling": selling}, {"f_E": 8.0})


FLOWS = [[4.9, 2.1], [1.9, 4.4]]


@pytest.mark.parametrize(
    ("observed", "changes", "said"),
    [
        ({"threshold": 0.3}, {}, "^k "),
        ({"k": 2.0}, {}, "threshold"),
        ({"k": 2.0, "threshold": 1.2}, {}, "between 0 and 1"),
        ({"k": 2.0, "threshold": [0.3, 0.3, 0.3]}, {}, "threshold has shape"),
        ({"k": -2.0, "threshold": 0.3}, {}, "greater than 0"),
        ({"k": 2.0, "treshold": 0.3}, {}, "did you mean threshold"),
        ({"k": 2.0, "threshold": 0.3}, {"taus": 0.9}, "did you mean tau"),
        ({"k": 2.0, "threshold": 0.3}, {"tau": "low"}, "must be numbers"),
        ({"k": 2.0, "alpha": 2.0, "eta": 1.0, "L": [1.0, 1.0]}, {}, "more spending per head in C1"),
        ({"k": 2.0, "alpha": 2.0, "eta": 1.0, "L": 10.0, "side": "left"}, {}, "below"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(
    observed: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        hats("melitz_ottaviano", FLOWS, observed, changes)


def test_a_model_without_hats_points_to_the_one_that_runs_them() -> None:
    with pytest.raises(InputError, match="phistar trade"):
        phistar.hats("melitz", FLOWS, {}, {})


def test_the_command_reads_flows_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "flows.csv").write_text(",A,B\nA,4.9,2.1\nB,1.9,4.4\n")
    given = ["--flows", str(tmp_path / "flows.csv"), "--given", "k=2", "--given", "threshold=[0.31, 0.32]"]
    assert main(["hats", "melitz_ottaviano", *given, "--change", "tau=0.95"]) == 0
    out = capsys.readouterr().out
    for words in ("mass_entrants_hat", "trade_flow_cf", "certified", "give selling"):
        assert words in out
    assert main(["hats", "melitz_ottaviano", *given, "--change", "tau"]) == 2
    assert "--change" in capsys.readouterr().err
    assert main(["hats", "melitz_ottaviano", *given]) == 2
    assert capsys.readouterr().err == (
        "phistar: --change is missing: nothing would change: give what does, new over old, as --change tau=0.9\n"
    )


FREE_AT_HOME = [[1.0, 1.9, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.0]]


def test_the_trade_cost_that_flows_imply_is_the_mean_of_both_directions() -> None:
    world = levels({}, tau=FREE_AT_HOME)
    tau = np.array(FREE_AT_HOME)
    implied = trade_cost(Observed(world["trade_flow"], **known(world)))
    assert implied == pytest.approx(np.sqrt(tau * tau.T), rel=EXACT)


def alike(**changes: Any) -> dict[str, Any]:
    """Return three equal countries whose trade at home is free."""
    cost = {"family": "pareto", "c_M": 1.0, "k": K}
    parameters = {**WORLD, "L": [10.0] * 3, "f_E": 0.1, "tau": 1.5, "cost": cost, **changes}
    return {"model": "melitz_ottaviano", "parameters": parameters}


def with_hats(i: int, j: int, hat: float) -> np.ndarray:
    change = np.ones((3, 3))
    change[[i, j], [j, i]] = hat
    return change


@pytest.mark.parametrize(
    ("hat", "told"),
    [
        (with_hats(0, 2, 0.66), "mean tau between C1 and C3 falls from 1.5 to 0.99, if trade at home costs nothing"),
        (with_hats(2, 2, 0.97), "tau within C3 falls from 1 to 0.97, if"),
        (0.6, "mean tau between C1 and C2 falls from 1.5 to 0.9, and so for 2 other pairs, if"),
    ],
    ids=["a pair", "home trade", "every pair"],
)
def test_a_change_that_brings_a_trade_cost_below_one_is_noted_and_its_pair_named(hat: Any, told: str) -> None:
    world = solve(alike())
    found = hats("melitz_ottaviano", world["trade_flow"], known(world), {"tau": hat})
    assert not found.certificate.checks["tau_at_least_one"]
    assert found.certificate.notes[0].startswith(told)
    foreign = np.where(np.eye(3, dtype=bool), 1.0, 1.5)
    tau = foreign * np.where(np.eye(3, dtype=bool), 1.0, hat) if np.ndim(hat) == 0 else foreign * hat
    with pytest.raises(InputError, match=r"tau\[.* at least 1"):
        solve(alike(tau=tau.tolist()))


def test_a_change_that_leaves_every_trade_cost_above_one_is_not_noted() -> None:
    world = solve(alike())
    found = hats("melitz_ottaviano", world["trade_flow"], known(world), {"tau": 0.68})
    assert found.certificate.checks["tau_at_least_one"]
    assert not any("below 1" in note for note in found.certificate.notes)
