"""The library against firms' own choices integrated by quadrature, by another algorithm."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.reference.melitz import CASES, expected

from .cases import TABLES, all_cases, three_countries
from .families import make_family, nodes
from .statistics import outcomes
from .worlds import (
    Solution,
    World,
    make_world,
    population,
    profit_of_sets,
    sales,
    solve_world,
    turning_points,
)

WORLDS = all_cases()
# Quadrature is good to a few 1e-14, Newton with differences to 1e-13; the least favourable statistic (the
# premia: ratios of tail means with k - s = 0.25) magnifies that by some hundreds. The promise is 1e-9.
RTOL = 1e-10


@functools.cache
def brute(name: str) -> Solution:
    return solve_world(WORLDS[name])


@pytest.mark.parametrize("name", WORLDS)
def test_brute_force_solves_its_own_definitions(name: str) -> None:
    # includes the labour market that the solver left out, by Walras' law
    assert brute(name).residual < 1e-12  # the search stops near 1e-13


@pytest.mark.parametrize("name", WORLDS)
def test_the_library_agrees_with_firms_own_choices(name: str) -> None:
    solution = brute(name)
    eq = solve(WORLDS[name].scenario())
    wrong: dict[str, Any] = {}
    for variable, want in outcomes(solution).items():
        got = eq["cutoff_effective" if variable == "lowest_seller" else variable]
        known = ~np.isnan(want)  # a group without firms has no statistic to compare
        # a divergent integral, cut where powers overflow, is a huge number (no true value here exceeds 1e6)
        want = np.where(want > 1e15, np.inf, want)
        # 1e-14: exact zeros (an export use of labour in a country that does not export)
        if not np.allclose(np.asarray(got)[known], want[known], rtol=RTOL, atol=1e-14):
            wrong[variable] = {"library": np.asarray(got).tolist(), "brute force": want.tolist()}
    assert not wrong, wrong


@pytest.mark.parametrize("name", ["three countries, lognormal", "own productivity, bounded_pareto", "families mixed"])
def test_the_local_trade_elasticity_is_the_fall_in_sales_of_all_firms_at_given_prices(name: str) -> None:
    solution, world = brute(name), WORLDS[name]
    demand = solution.income * solution.price_index ** (world.sigma - 1)
    eq = solve(world.scenario())

    def flow(i: int, j: int, change: float) -> float:
        tau = world.tau.copy()
        tau[i, j] *= np.exp(change)
        moved = make_world(**{**vars_of(world), "tau": tau})
        firm = population(moved, i, solution.wage, demand)
        return float(np.log(firm.revenue[j] @ firm.mass))

    for i in range(world.count):
        for j in range(world.count):
            if i == j:
                continue
            h = 2e-3
            coarse = (flow(i, j, h) - flow(i, j, -h)) / (2 * h)
            fine = (flow(i, j, h / 2) - flow(i, j, -h / 2)) / h
            slope = -(4 * fine - coarse) / 3
            # Richardson: error of order h^4 times fifth derivatives, about 1e-9 near a bounded support
            assert eq["trade_elasticity"][i, j] == pytest.approx(slope, rel=1e-7)


def vars_of(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in World.__dataclass_fields__}


# ---
# The brute force itself is tested too: against exact integrals, its own definition, and the stored worlds.


@pytest.mark.parametrize("family", TABLES)
def test_quadrature_counts_every_firm_once(family: str) -> None:
    made = make_family(TABLES[family])
    phi, mass, _ = nodes(made, np.array([max(made.lower, 0.9), 1.4, 2.2]))
    below = 0.0
    if made.lower < 0.9:  # the remaining mass, from the inverse transform
        q = np.linspace(0, 1, 200001)[1:-1]
        below = float(np.interp(0.9, made.draw(q), q))
    assert phi.min() >= max(made.lower, 0.9)
    assert mass.sum() + below == pytest.approx(1, abs=1e-9)  # linear interpolation on 200,000 quantiles


def test_quadrature_of_a_pareto_is_exact_near_the_divergence() -> None:
    phi, mass, _ = nodes(make_family({"family": "pareto", "k": 3.25, "scale": 1.0}), np.array([1.7, 2.0]))
    exact = 3.25 / 0.25 * 1.7**-0.25
    assert float(phi**3 @ mass) == pytest.approx(exact, rel=1e-13)  # cut at u = 130: exp(-130/4) = 8e-15


def test_firms_are_indifferent_where_their_best_set_of_markets_changes() -> None:
    world = three_countries(TABLES["pareto"], fixed_cost="overhead")
    wage, demand = np.array([1.0, 0.9, 1.1]), np.array([3.0, 2.0, 1.0])
    for origin in range(3):
        points, _ = turning_points(world, origin, wage, demand)
        assert len(points) >= 2
        for point in points:
            around = profit_of_sets(world, origin, wage, demand, point * np.array([1 - 1e-6, 1.0, 1 + 1e-6]))
            best = around.argmax(axis=0)
            assert best[0] != best[2]
            at_point = np.sort(around[:, 1])[-2:]
            assert at_point[1] - at_point[0] < 1e-12 * sales(world, origin, wage, demand, point).max()


SYMMETRIC = {
    name: case
    for name, case in CASES.items()
    if case["inputs"]["model"] == "symmetric"
    and case["inputs"]["n_partners"] <= 2
    and case["inputs"]["dist"]["type"] != "discrete"
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_brute_force_reproduces_the_stored_reference_worlds(name: str) -> None:
    from tests.reference.melitz import productivity

    given, want = SYMMETRIC[name]["inputs"], expected(SYMMETRIC[name])
    n = given["n_partners"] + 1
    tau, f = np.full((n, n), given["tau"] or 1.0), np.full((n, n), given["fx"] or 1.0)
    np.fill_diagonal(tau, 1.0)
    np.fill_diagonal(f, given["f"])
    world = make_world(
        sigma=given["sigma"],
        L=[given["L"]] * n,
        tau=tau,
        f=f,
        f_e=given["fe"],
        delta=given["delta"],
        productivity=productivity(given["dist"]),
        fixed_cost=given["convention"],
    )
    got = outcomes(solve_world(world))
    for variable, stored in {
        "welfare": "welfare",
        "mass_entrants": "E_draw_stock",
        "mass_active": "M_active",
        "phi_tilde": "phi_tilde_active",
        "labour_entry": "labour_entry",
        "output_per_worker": "gate_output_per_worker",
    }.items():
        assert got[variable] == pytest.approx(want[stored], rel=1e-11), variable  # differences in Newton: 1e-13
