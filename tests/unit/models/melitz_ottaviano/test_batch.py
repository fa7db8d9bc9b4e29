"""A batch of Melitz-Ottaviano worlds against the same worlds solved one by one."""

from typing import Any

import numpy as np
import pytest

from phistar.core.paths import parse_path
from phistar.models.melitz_ottaviano import solver
from phistar.models.melitz_ottaviano.model import MelitzOttaviano
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.0}
BETA = {"family": "beta", "a": 1.6, "b": 2.2, "lower": 0.1, "c_M": 1.2}
LOGNORMAL = {"family": "truncated_lognormal", "mu": -0.6, "sd": 0.5, "lower": 0.15, "c_M": 1.1}
ATOMS = {"family": "empirical", "values": [0.8, 1.1, 1.7, 2.6, 5.0]}
TWO: dict[str, Any] = {"alpha": 2.0, "eta": 2.0, "L": [12.0, 20.0], "tau": [[1.0, 1.4], [1.5, 1.05]], "f_E": 0.1}
SHORT: dict[str, Any] = {"alpha": 2.0, "L": [12.0, 20.0], "tau": 1.4, "horizon": "short", "incumbents": [9.0, 12.0]}
FOUR: dict[str, Any] = {
    "alpha": 2.0,
    "eta": 2.0,
    "L": [12.0, 20.0, 9.0, 14.0],
    "tau": [[1.0, 1.4, 1.7, 2.0], [1.5, 1.05, 1.9, 1.6], [1.6, 2.1, 1.0, 1.8], [1.9, 1.7, 1.8, 1.0]],
    "f_E": [0.1, 0.09, 0.12, 0.1],
}
INF = float("inf")

#: name: parameters, key, values; corners are reached along most of them
CASES: dict[str, tuple[dict[str, Any], str, list[float]]] = {
    "pareto, trade cost": ({**TWO, "cost": PARETO}, "tau", [1.1, 1.3, 1.6, 2.5, INF]),
    "pareto, one entry of it": ({**TWO, "cost": PARETO}, "tau[0][1]", [1.0, 1.3, 2.0, INF]),
    "pareto, size": ({**FOUR, "cost": PARETO}, "L[0]", [0.5, 4.0, 10.0, 40.0]),
    "pareto, shape": ({**TWO, "cost": PARETO}, "cost.k", [0.7, 2.0, 5.0]),
    "pareto of one country": ({**TWO, "cost": [PARETO, BETA]}, "cost[0].c_M", [0.4, 0.8, 1.3]),
    "pareto, entry cost": ({**TWO, "cost": PARETO}, "f_E", [1e-4, 0.01, 0.3, 50.0]),
    "beta, demand": ({**FOUR, "cost": BETA}, "alpha", [0.2, 1.0, 2.0, 5.0]),
    "beta, shape": ({**TWO, "cost": BETA}, "cost.a", [0.8, 1.6, 3.0]),
    "lognormal, mean": ({**TWO, "cost": LOGNORMAL}, "cost.mu", [-1.0, -0.6, -0.2]),
    "lognormal, love of variety": ({**TWO, "cost": [BETA, LOGNORMAL]}, "gamma", [0.2, 1.0, 4.0]),
    "atoms, trade cost": ({**TWO, "cost": ATOMS}, "tau", [1.2, 1.5, 2.4]),
    "short run, incumbents": ({**SHORT, "cost": PARETO}, "incumbents[1]", [0.0, 1.0, 30.0]),
    "short run, trade cost": ({**SHORT, "cost": BETA}, "tau", [1.0, 1.5, INF]),
}


@pytest.mark.parametrize(("parameters", "key", "values"), CASES.values(), ids=list(CASES))
def test_each_world_of_a_batch_is_the_one_solved_alone(
    parameters: dict[str, Any], key: str, values: list[float]
) -> None:
    batch = MelitzOttaviano.build(parameters).assign(parse_path(key), np.array(values))
    assert batch.batchable
    x, reasons = batch.find_batch()
    assert set(reasons) == {""}
    together = batch.outcomes(x)
    for i, value in enumerate(values):
        alone = solve(MelitzOttaviano.build(parameters).assign(parse_path(key), value))
        for name, want in alone.values.items():
            got = np.broadcast_to(together[name], (*want.shape, len(values)))[..., i]
            # rounding of either search, as a system of a few countries passes it on
            assert np.allclose(got, want, rtol=1e-12, atol=1e-12, equal_nan=True), (name, value)


def test_every_world_of_a_batch_is_judged_by_its_own_residuals() -> None:
    batch = MelitzOttaviano.build({**FOUR, "cost": PARETO}).assign(parse_path("L[0]"), np.linspace(0.5, 30.0, 40))
    x, _ = batch.find_batch()
    residuals = {**batch.equations(x), **batch.audit(x, batch.outcomes(x))[0]}
    assert {"market", "free_entry", "complementarity", "consumer_surplus"} <= set(residuals)
    for name, residual in residuals.items():
        assert np.shape(residual)[-1] == 40, name
        assert np.max(np.abs(residual)) < 1e-13, name  # some ulps of sums over four countries
    wrong = {**x, "price_threshold": x["price_threshold"] * (1.0 + 1e-6 * (np.arange(40) == 7))}
    market = np.max(np.abs(batch.equations(wrong)["market"]), axis=0)
    assert np.array_equal(np.flatnonzero(market > 1e-10), [7])


def test_a_sweep_crosses_corners_and_refuses_only_what_is_not_admissible() -> None:
    scenario = {"model": "melitz_ottaviano", "parameters": {**TWO, "cost": PARETO}}
    table = sweep(scenario, {"L[0]": [0.3, 6.0, 20.0], "cost.k": [-1.0, 1.5, 2.5]})
    refused = table["cost.k"] < 0.0
    assert np.array_equal(table["status"] == "refused", refused)
    assert all("cost.k" in reason for reason in table["reason"][refused])
    assert np.all(table["max_residual"][~refused] <= 1e-10)
    assert np.any(table["mass_entrants[Home]"][~refused] == 0.0)
    assert np.any(table["mass_entrants[Home]"][~refused] > 0.0)


@pytest.mark.parametrize("cost", [PARETO, BETA], ids=["pareto", "beta"])
def test_what_neighbours_tell_changes_nothing_of_a_long_batch(monkeypatch: pytest.MonkeyPatch, cost: Any) -> None:
    batch = MelitzOttaviano.build({**FOUR, "cost": cost}).assign(parse_path("L[0]"), np.linspace(0.5, 40.0, 60))
    alone, _ = batch.find_batch()
    assert np.any(alone["mass_entrants"] == 0.0)
    monkeypatch.setattr(solver, "_LONG", 16)
    told, reasons = batch.find_batch()
    assert set(reasons) == {""}
    for name, want in alone.items():
        # rounding of either search, as a system of four countries passes it on
        assert np.allclose(told[name], want, rtol=1e-12, atol=1e-12), name
