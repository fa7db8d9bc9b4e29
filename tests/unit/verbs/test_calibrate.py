"""Calibration: statistics lead back to the parameters they came from; what cannot be met or found is said in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.cli import main
from phistar.core.equilibrium import to_json
from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.calibrate import calibrate
from phistar.verbs.simulate import simulate
from phistar.verbs.solve import solve
from phistar.verbs.statistics import read_statistic
from phistar.verbs.targets import reads

MELITZ = {
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
OTTAVIANO = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 2.0, "L": [10.0, 10.0], "tau": 1.5, "f_E": 0.1,
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.3}},
}  # fmt: skip
PENETRATION = {
    "model": "market_penetration",
    "parameters": {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.01, "L": [1.0, 0.4, 3.0, 2.0, 0.7],
                   "b": [1.0, 0.9, 1.1, 1.2, 0.95], "tau": 1.5},
}  # fmt: skip
ENTRY = "ols(log(mass_sellers[0] / trade_share[0]), log(L), log(income))"


def changed(scenario: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {**scenario, "parameters": {**scenario["parameters"], **parameters}}


def evaluate(text: str, scenario: dict[str, Any]) -> float:
    equilibrium = solve(scenario)
    return float(read_statistic(text, equilibrium.countries)(reads(equilibrium)))


def round_trip(scenario: dict[str, Any], truth: dict[str, Any], statistics: list[str]) -> dict[str, float]:
    """Make targets at the truth, then look for it from elsewhere."""
    targets = {text: evaluate(text, changed(scenario, **truth)) for text in statistics}
    found = calibrate(scenario, targets, list(truth))
    assert found.status == "met"
    return found.parameters


@pytest.mark.parametrize(
    ("scenario", "truth", "statistics"),
    [
        (MELITZ, {"tau": 1.3, "sigma": 4.6}, ["trade_share[0][1]", "log(mean_productivity[0])"]),
        (OTTAVIANO, {"tau": 1.25, "f_E": 0.15}, ["trade_share[0][1]", "price_threshold[0]"]),
        (PENETRATION, {"alpha": 0.7, "gamma": 0.1, "psi": 0.03}, [f"{ENTRY}[{i}]" for i in range(3)]),
        (PENETRATION, {"beta": 0.4, "theta_tilde": 1.8}, ["mean_reach[0][1]", "mean(marketing_share)"]),
    ],
    ids=["melitz", "melitz_ottaviano", "entry of market penetration", "firms of market penetration"],
)
def test_statistics_lead_back_to_their_parameters(scenario: Any, truth: Any, statistics: list[str]) -> None:
    found = round_trip(scenario, truth, statistics)
    # targets met to 1e-10, where the search stops; a parameter moves by its sensitivity times that
    assert found == pytest.approx(truth, rel=1e-8)


def test_the_sensitivity_is_how_parameters_answer_to_targets() -> None:
    targets = {"exporter_share[0]": 0.2, "trade_share[0][1]": 0.12}
    fit = ["f.export", "tau"]
    at = calibrate(MELITZ, targets, fit)
    for column, text in enumerate(targets):
        step = 1e-4 * targets[text]
        ends = [calibrate(MELITZ, {**targets, text: targets[text] + side * step}, fit).values for side in (-1, 1)]
        slope = (ends[1] - ends[0]) / (2 * step)
        assert at.sensitivity[:, column] == pytest.approx(slope, rel=1e-5)  # differences of width 1e-4


def test_more_targets_than_parameters_are_met_as_least_squares_would() -> None:
    targets = [("trade_share[0][1]", 0.10, 0.01), ("trade_share[1][0]", 0.30, 0.03)]
    found = calibrate(MELITZ, targets, ["tau"])
    assert found.status == "closest"

    def loss(tau: float) -> float:
        shares = solve(changed(MELITZ, tau=tau))["trade_share"]
        return float(((shares[0, 1] - 0.10) / 0.01) ** 2 + ((shares[1, 0] - 0.30) / 0.03) ** 2)

    tau = found.parameters["tau"]
    assert loss(tau) < min(loss(tau * 0.999), loss(tau * 1.001))
    # minimum distance: 1/sum (slope/error)^2 is the variance
    expected = 1 / np.sqrt(np.sum((found.slopes[:, 0] / np.array([0.01, 0.03])) ** 2))
    assert found.errors == pytest.approx([expected], rel=1e-10)  # one formula, two ways


def test_simulated_firms_lead_back_to_the_parameters_within_their_error() -> None:
    truth = {"tau": 1.35, "f.export": 1.6}
    world = changed(MELITZ, tau=1.35, f={"domestic": 1.0, "export": 1.6})
    firms = simulate(solve(world), n_firms=400_000, seed=5)
    active = (firms["country"] == 0) & firms["active"].astype(bool)
    exports = firms["exporter"][active].astype(float)
    sold = np.log(firms["sales[Foreign]"][active][exports > 0.0])
    log_sales = float(sold.mean())
    share, error = exports.mean(), exports.std() / np.sqrt(active.sum())
    # exporters' sales are Pareto of shape k/(sigma - 1) = 1.5: the mean is 3 exp(mean log)/exp(2/3), the least 1/3
    targets = [
        ("exporter_share[Home]", share, error),
        ("log(trade_flow[Home][Foreign] / mass_exporters[Home])", log_sales - 2 / 3 + np.log(3),
         sold.std() / np.sqrt(len(sold))),
    ]  # fmt: skip
    found = calibrate(MELITZ, targets, ["tau", "f.export"])
    assert found.errors is not None
    for value, error, key in zip(found.values, found.errors, truth, strict=True):
        assert abs(value - truth[key]) <= 4 * error, key
        assert error < 0.02


def spread_of_sales(value: Any) -> Any:
    """Return ln of the ninth decile of sales over their median, Arkolakis (2008) appendix C."""
    tilde, beta = value("theta_tilde"), value("beta")
    high, middle = (u ** (-1 / tilde) - u ** (-(1 - 1 / beta) / tilde) for u in (0.1, 0.5))
    return np.log(high / middle)


def exports_to_C2(world: Any, n: int, seed: int) -> np.ndarray:
    """Draw firms; return what exporters of C1 sell in C2 and the share of consumers they reach there."""
    firms = simulate(world, n, seed)
    abroad = (firms["country"] == 0) & (firms["sales[C2]"] > 0.0)
    return np.array([firms["sales[C2]"][abroad], firms["reach[C2]"][abroad]])


def test_simulated_exporters_lead_back_to_theta_tilde_and_beta() -> None:
    truth = {"theta_tilde": 1.8, "beta": 0.6}
    world = solve(changed(PENETRATION, **truth, psi=3.0))
    sales, reach = np.concatenate([exports_to_C2(world, 100_000, seed) for seed in range(10)], axis=1)
    blocks = 40  # statistics of parts of the sample tell how far their mean may be off
    size = len(sales) // blocks
    assert size > 200
    parts = [slice(k * size, (k + 1) * size) for k in range(blocks)]
    spreads = [np.diff(np.log(np.quantile(sales[part], [0.5, 0.9])))[0] for part in parts]
    targets = [
        ("mean_reach[0][1]", reach.mean(), reach.std() / np.sqrt(len(reach))),
        (spread_of_sales, float(np.diff(np.log(np.quantile(sales, [0.5, 0.9])))[0]), np.std(spreads) / np.sqrt(blocks)),
    ]
    found = calibrate(changed(PENETRATION, psi=3.0), targets, list(truth))
    assert found.status == "met"
    assert found.errors is not None
    for value, error, key in zip(found.values, found.errors, truth, strict=True):
        assert abs(value - truth[key]) <= 4 * error, key
        assert error < 0.2


def test_a_key_of_several_entries_moves_them_by_one_factor() -> None:
    L = [1.0, 2.0, 4.0]
    base = changed(MELITZ, L=L, productivity=[MELITZ["parameters"]["productivity"]] * 3)
    del base["countries"]
    target = evaluate("welfare[0]", changed(base, L=[1.5 * x for x in L]))
    found = calibrate(base, {"welfare[0]": target}, ["L"])
    assert found.parameters["L"] == pytest.approx(1.5, rel=1e-8)  # met to 1e-10
    assert found.scenario()["parameters"]["L"] == pytest.approx([1.5 * x for x in L], rel=1e-8)


def test_the_scenario_found_solves_to_the_same_equilibrium() -> None:
    found = calibrate(MELITZ, {"trade_share[Home][Foreign]": 0.12}, ["tau"])
    again = solve(json.loads(to_json(found.scenario())))
    assert again["trade_share"][0, 1] == pytest.approx(0.12, rel=1e-9)  # solved anew from a rounded tau


def test_a_function_of_ones_own_is_a_statistic() -> None:
    def gap(value: Any) -> Any:
        return np.log(value("welfare")[1] / value("welfare")[0])

    found = calibrate(PENETRATION, [(gap, 0.05)], ["b[1]"])
    assert float(np.log(np.divide(*found.equilibrium["welfare"][[1, 0]]))) == pytest.approx(0.05, abs=1e-10)
    assert found.to_dict()["targets"][0]["statistic"] == "gap"


def test_regressions_of_an_expression_are_least_squares() -> None:
    equilibrium = solve(PENETRATION)
    y = np.log(equilibrium["mass_sellers"][0] / equilibrium["trade_share"][0])
    X = np.column_stack([np.ones(5), np.log(PENETRATION["parameters"]["L"]), np.log(equilibrium["income"])])
    wanted = np.linalg.lstsq(X, y, rcond=None)[0]
    found = [evaluate(f"{ENTRY}[{i}]", PENETRATION) for i in range(3)]
    assert found == pytest.approx(wanted, rel=1e-9)  # normal equations of five countries
    part = evaluate("ols(log(mass_sellers[0, 1:]), log(L[1:]))[1]", PENETRATION)
    slope = np.polyfit(X[1:, 1], np.log(equilibrium["mass_sellers"][0, 1:]), 1)[0]
    assert part == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize(
    "text",
    ["2 * trade_share[0][1]", "2 ** welfare[0] / 3", "-log(trade_share[1, 0]) + 1", "sqrt(exp(mean(wage)))",
     "sum(home(trade_flow)) / sum(expenditure)", "mean(trade_flow[:, 1]) ** sigma", "welfare[-1] - 1e-3"],
)  # fmt: skip
def test_expressions_have_the_slopes_of_differences(text: str) -> None:
    found = calibrate(MELITZ, {text: evaluate(text, MELITZ)}, ["tau"])
    step = 1e-4
    ends = [evaluate(text, changed(MELITZ, tau=1.7 + side * step)) for side in (-1, 1)]
    # differences of width 1e-4: their square times a third derivative
    assert found.slopes[0, 0] == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-5, abs=1e-9)


REFUSED = [
    ({"targets": {}}, "nothing to meet"),
    ({"targets": {"wage": 1.0}}, "is 2 numbers"),
    ({"targets": {"wage[7]": 1.0}}, "out of range"),
    ({"targets": {"wage[Nowhere]": 1.0}}, "country"),
    ({"targets": {"wages[0]": 1.0}}, "did you mean wage"),
    ({"targets": {"lob(wage[0])": 1.0}}, "did you mean log"),
    ({"targets": {"wage[0] if 1 else 2": 1.0}}, "has no part in an expression"),
    ({"targets": {"(lambda: 0)()": 1.0}}, "has no part in an expression"),
    ({"targets": {"wage[0].real": 1.0}}, "has no part in an expression"),
    ({"targets": {"wage[": 1.0}}, "is not an expression"),
    ({"targets": {"1" + "+1" * 20_000: 1.0}}, "is not an expression"),
    ({"targets": {"9 ** 9 ** 9 ** 9": 1.0}}, "not a finite number"),
    ({"targets": {"wage[0]": float("nan")}}, "finite number"),
    ({"targets": [("wage[0]", 1.0, 0.0)]}, "positive standard error"),
    ({"targets": {"log(wage[0] - 1)": 1.0}}, "not a finite number"),
    ({"fit": []}, "nothing to find"),
    ({"fit": ["tua"]}, "did you mean tau"),
    ({"fit": ["tau", "tau"]}, "twice"),
    ({"fit": ["tau", "sigma"]}, "^target is given once for 2 parameters: "),
    (
        {"targets": {"wage[0]": 1.0, "wage[1]": 1.0}, "fit": ["tau", "sigma", "delta"]},
        "^target is given 2 times for 3 ",
    ),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=[words + str(i) for i, (_, words) in enumerate(REFUSED)])
def test_what_cannot_be_read_is_said_in_one_line(given: dict[str, Any], words: str) -> None:
    arguments = {"targets": {"trade_share[0][1]": 0.1}, "fit": ["tau"], **given}
    with pytest.raises(InputError, match=words) as refusal:
        calibrate(MELITZ, **arguments)
    assert "\n" not in str(refusal.value)


def test_targets_that_no_parameter_moves_are_refused() -> None:
    met = evaluate("trade_share[0][0]", PENETRATION)
    with pytest.raises(NoEquilibrium, match="the targets do not pin down alpha: give a target"):
        calibrate(PENETRATION, {"trade_share[0][0]": met}, ["alpha"])
    with pytest.raises(
        NoEquilibrium, match=rf"came to {met:.6g} at the nearest, not 0\.9; alpha does not move it there"
    ):
        calibrate(PENETRATION, {"trade_share[0][0]": 0.9}, ["alpha"])


@pytest.mark.parametrize(
    ("scenario", "targets", "fit", "words"),
    [
        # trade dies out, and with it what tau does
        (MELITZ, {"trade_share[0][0]": 1.01}, ["tau"], "to 1 at the nearest, not 1.01; tau does not move it there"),
        # the first country's wage is one
        (MELITZ, {"wage[0]": 1.2, "trade_share[0][1]": 0.1}, ["tau", "f.export"],
         "to 1 at the nearest, not 1.2; tau and f.export do not move it there"),
    ],
)  # fmt: skip
def test_a_search_that_ends_on_a_flat_stretch_tells_the_nearest_value_and_what_does_not_move_it(
    scenario: dict[str, Any], targets: dict[str, float], fit: list[str], words: str
) -> None:
    with pytest.raises(NoEquilibrium, match=words) as refusal:
        calibrate(scenario, targets, fit)
    assert "pin down" not in str(refusal.value)


def test_targets_out_of_reach_are_refused_and_the_nearest_is_told() -> None:
    with pytest.raises(NoEquilibrium, match=r"trade_share\[0\]\[1\] came to"):
        calibrate(MELITZ, {"trade_share[0][1]": 0.9}, ["tau"])


def test_a_parameter_may_end_at_its_limit() -> None:
    # entry rises with population less steeply than any alpha of at least zero allows
    found = calibrate(PENETRATION, [(f"{ENTRY}[1]", 1.3), (f"{ENTRY}[2]", 0.5)], ["alpha"])
    assert found.parameters["alpha"] == pytest.approx(0.0, abs=1e-8)
    assert found.to_dict()["parameters"]["alpha"]["at_limit"]


def test_the_command_prints_tables_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "world.json").write_text(json.dumps(MELITZ))
    out = tmp_path / "found.json"
    options = ["--target", "trade_share[Home][Foreign]=0.12+-0.01", "--fit", "tau", "--out", str(out), "--json", "-"]
    assert main(["calibrate", str(tmp_path / "world.json"), *options]) == 0
    printed, said = capsys.readouterr()
    told = json.loads(printed)
    assert told["status"] == "met"
    assert told["parameters"]["tau"]["standard_error"] > 0
    assert "every target is met" in said
    assert max(map(len, said.splitlines())) <= 100
    assert solve(out)["trade_share"][0, 1] == pytest.approx(0.12, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--target", "wage", "--fit", "tau"], 2),
        (["--target", "trade_share[0][1]=x", "--fit", "tau"], 2),
        (["--target", "trade_share[0][1]=0.1"], 2),
        (["--fit", "tau"], 2),
        (["--target", "trade_share[0][1]=0.1", "--fit", "tau", "--out", "found.toml"], 2),
        (["--target", "trade_share[0][1]=0.9", "--fit", "tau"], 3),
    ],
)
def test_the_command_ends_with_the_contracts_status(
    options: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "world.json").write_text(json.dumps(MELITZ))
    assert main(["calibrate", str(tmp_path / "world.json"), *options]) == status
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
