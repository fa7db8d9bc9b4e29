"""The solver's parts: slopes that are those of what it solves, and worlds that are hard to enter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.paths import parse_path
from phistar.models.melitz import solver
from phistar.models.melitz.equations import in_numeraire
from phistar.models.melitz.excess import excess_demand
from phistar.models.melitz.model import Melitz
from phistar.models.melitz.table import Rows
from phistar.verbs.solve import solve

FAMILIES: list[dict[str, Any]] = [
    {"family": "pareto", "k": 4.5, "scale": 1.0},
    {"family": "bounded_pareto", "k": 2.0, "lower": 0.8, "upper": 4.0},
    {"family": "lognormal", "mu": 0.1, "sd": 0.6},
]
ATOMS: dict[str, Any] = {"family": "empirical", "values": [0.8, 1.0, 1.7, 2.2], "weights": [4.0, 3.0, 2.0, 1.0]}


def world(families: list[dict[str, Any]], **changes: Any) -> Melitz:
    n = len(families)
    rng = np.random.default_rng(3)
    tau = 1.0 + rng.uniform(0.1, 0.8, (n, n)) * (1.0 - np.eye(n))
    given = {
        "sigma": 3.5, "L": rng.uniform(0.5, 2.0, n).tolist(), "tau": tau.tolist(),
        "f": rng.uniform(0.5, 1.5, (n, n)).tolist(), "f_e": 0.3, "productivity": families,
    }  # fmt: skip
    return Melitz.build(given | changes)


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
@pytest.mark.parametrize("entry", [{"entry": "free"}, {"entry": "fixed", "J": [1.0, 2.0, 0.7]}])
@pytest.mark.parametrize("kernel", ["exact", "table"])
def test_the_jacobian_is_that_of_the_excess_demand(fixed_cost, entry, kernel):
    m = world(FAMILIES, fixed_cost=fixed_cost, **entry).batched()
    m = m.with_kernel(Rows(m).table()) if kernel == "table" else m
    a, w = solver.autarky_start(m)
    a = a + np.array([[0.1], [0.4], [-0.2]])
    state = excess_demand(m, a, w)
    for k in range(3):
        h = 1e-6 * (np.arange(3) == k)[:, None]
        up, down = excess_demand(m, a + h, w), excess_demand(m, a - h, w)
        for name, slopes in (("excess", "jacobian"), ("log_wage", "response"), ("log_income", "pull")):
            difference = (getattr(up, name) - getattr(down, name)) / 2e-6
            np.testing.assert_allclose(getattr(state, slopes)[:, k], difference, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", FAMILIES)
def test_the_table_is_close_to_the_distribution_it_stands_for(spec):
    m = world([spec])
    s, exact, table = m.sigma - 1.0, m.productivity, Rows(m).table()
    x = np.linspace(-1.0, 1.3, 400)[None]
    read, true = table.tail(x, s), exact.tail(x, s)
    np.testing.assert_allclose(read.surplus, true.surplus, rtol=1e-4)
    np.testing.assert_allclose(read.log_value, true.log_value, atol=1e-4)
    np.testing.assert_allclose(read.survival, true.survival, atol=1e-4)


def test_narrow_bells_leave_the_moments_of_atoms_as_they_are_between_the_atoms():
    m = world([ATOMS])
    s, table = m.sigma - 1.0, Rows(m).table(1e-4)
    x = np.log([[0.5, 0.9, 1.3, 2.0]])
    read, true = table.tail(x, s), m.productivity.tail(x, s)
    np.testing.assert_allclose(read.surplus, true.surplus, rtol=1e-2)
    np.testing.assert_allclose(read.survival, true.survival, atol=1e-2)


def test_a_batch_finds_what_its_worlds_find_one_by_one():
    labour = np.array([0.5, 1.0, 30.0])
    m = world(FAMILIES)
    log_demand, log_wage, norm = solver.find_smooth(m.assign(parse_path("L[0]"), labour))
    assert np.all(norm < solver.ACCEPT)
    for p, size in enumerate(labour):
        one = m.assign(parse_path("L[0]"), size).find()
        found = in_numeraire(m, {"log_wage": log_wage[:, p], "log_demand": log_demand[:, p]})
        np.testing.assert_allclose(found["log_wage"], one["log_wage"], atol=1e-11)


def test_a_world_of_thin_tails_and_large_sigma_is_found():
    thin = [{"family": "lognormal", "mu": mu, "sd": 0.08} for mu in (0.0, 0.3, -0.2, 0.1)]
    m = world(thin, sigma=15.0, L=[100.0, 1.0, 0.01, 10.0])
    assert max(np.max(np.abs(r)) for r in m.equations(m.find()).values()) < 1e-10


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
def test_marginal_atoms_mix_with_shares_between_none_and_all(fixed_cost):
    m = world([ATOMS, FAMILIES[0], ATOMS], fixed_cost=fixed_cost)
    x = m.find()
    assert max(np.max(np.abs(r)) for r in m.equations(x).values()) < 1e-10
    assert np.all((x.get("atom_share", np.zeros(1)) >= 0.0) & (x.get("atom_share", np.zeros(1)) <= 1.0))


def test_a_long_batch_equals_its_points_solved_alone() -> None:
    scenario = {
        "sigma": 4.0, "L": [2.0, 1.0], "tau": 1.3, "f": {"domestic": 1.0, "export": 1.5},
        "productivity": {"family": "bounded_pareto", "k": 4.0, "lower": 1.0, "upper": 4.0},
    }  # fmt: skip
    model = Melitz.build(scenario)
    # Trade stops within this range of tau, so that some points cannot be told from their neighbours.
    taus = np.linspace(1.0, 4.0, 400)
    x, reasons = model.assign(parse_path("tau"), taus).find_batch()
    assert (reasons == "").all()
    welfare = model.assign(parse_path("tau"), taus).outcomes(x)["welfare"]
    for i in (0, 7, 150, 399):
        alone = solve({"model": "melitz", "parameters": {**scenario, "tau": float(taus[i])}})
        np.testing.assert_allclose(welfare[:, i], alone["welfare"], rtol=1e-11)  # two certified roots
