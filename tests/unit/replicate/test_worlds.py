"""Batches of worlds, each judged by its own residuals."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.replicate.worlds import Ledger, solve_worlds
from phistar.verbs.solve import solve

BASE = {
    "model": "melitz",
    "parameters": {
        "sigma": 4.0, "L": [2.0, 1.0], "tau": [[1.0, 1.4], [1.5, 1.0]], "f": {"domestic": 1.0, "export": 1.5},
        "productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.5},
    },
}  # fmt: skip


def test_a_batch_gives_what_each_world_gives_alone() -> None:
    ledger = Ledger()
    columns = {"tau[0][1]": np.array([1.2, 1.6]), "f.export": np.array([1.1, 2.0]), "sigma": np.array([3.5, 4.5])}
    worlds = solve_worlds(BASE, columns, ledger)
    assert (ledger.solved, ledger.refused) == (2, 0)
    for i in range(2):
        alone = solve(worlds.scenario_at(i))
        for name in ("wage", "welfare", "cutoff"):
            assert worlds[name][..., i] == pytest.approx(alone[name], rel=1e-11)  # residuals of 1e-14, magnified


def test_parts_of_a_batch_keep_their_own_parameters() -> None:
    tau = np.array([1.2, 1.3, 1.4, 1.5])
    worlds = solve_worlds(BASE, {"tau[0][1]": tau}, Ledger())
    first, second = worlds.split(2)
    assert second.columns["tau[0][1]"].tolist() == [1.4, 1.5]
    assert second.parameters()[1]["tau"][0][1] == 1.5
    assert np.array_equal(first["wage"], worlds["wage"][:, :2])


def test_a_refused_world_is_counted_and_has_no_numbers() -> None:
    ledger = Ledger()
    pareto = {**BASE["parameters"], "productivity": {"family": "pareto", "k": 4.0, "scale": 1.0}}
    # a tail too thick for finite sales: k = 2.5 below sigma - 1 = 3
    worlds = solve_worlds({"model": "melitz", "parameters": pareto}, {"productivity.k": np.array([4.0, 2.5])}, ledger)
    assert worlds.certified.tolist() == [True, False]
    assert np.isnan(worlds["welfare"][:, 1]).all()
    assert (ledger.solved, ledger.refused) == (1, 1)
