"""Worlds in which firms are indifferent: atoms of productivity, and countries whose firms serve both markets alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import simulate
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

ATOMS = {"family": "empirical", "values": [1.0, 1.5, 2.2]}
CLOSED = {"family": "pareto", "k": 5.0, "support": "closed_form"}
LOGNORMAL = {"family": "lognormal", "mu": 0.0, "sd": 0.5}
BASE: dict[str, Any] = {
    "sigma": 4.0,
    "L": [1.2, 1.0],
    "tau_X": 1.3,
    "tau_M": 1.5,
    "f_D": 1.0,
    "f_X": 1.4,
    "f_DM": 1.4,
    "f_XM": 1.2,
    "f_E": 2.0,
    "productivity": ATOMS,
}
ALIKE: dict[str, Any] = {"tau_X": 1.0, "f_X": 1.0, "f_XM": 1.4, "productivity": CLOSED}
#: L[0]; at some of them an atom divides
SIZES = [0.7, 0.85, 1.0, 1.15, 1.3, 1.45, 1.6]


def world(**changes: Any) -> dict[str, Any]:
    return {"model": "vertical_specialization", "parameters": {**BASE, **changes}}


def divides(eq: Any) -> bool:
    return any("indifferent" in note for note in eq.certificate.notes)


def test_worlds_of_atoms_are_solved_at_any_size() -> None:
    solved = [solve(world(L=[L, 1.0])) for L in SIZES]
    assert 0 < sum(divides(eq) for eq in solved) < len(SIZES)
    # welfare has no jumps where an atom begins to divide: it rises with size all along
    assert np.all(np.diff([eq["welfare"][0] for eq in solved]) > 0)


def test_a_batch_of_atoms_gives_the_numbers_of_single_worlds() -> None:
    table = sweep(world(), {"L[0]": SIZES})
    assert table.refused == 0
    for point, L in enumerate(SIZES):
        eq = solve(world(L=[L, 1.0]))
        for name in ("wage", "welfare", "R", "E_M", "cutoff_XM", "mass_entrants", "exporter_share", "share_DM"):
            for i, country in enumerate(("Home", "Foreign")):
                # two routes to a place of which 1e-12 is known
                assert np.isclose(table[f"{name}[{country}]"][point], eq[name][i], rtol=1e-10, equal_nan=True), name


def test_elasticities_where_an_atom_divides_are_those_of_differences() -> None:
    L = next(L for L in SIZES if divides(solve(world(L=[L, 1.0]))))
    exact = elasticities(world(L=[L, 1.0]), to="L[0]").table
    step = 1e-5
    up, down = (solve(world(L=[L * np.exp(h), 1.0])) for h in (step, -step))
    for name in ("wage", "welfare", "R", "mass_entrants", "cutoff_X", "exporter_share"):
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (np.log(up[name]) - np.log(down[name])) / (2 * step)
        # differences of answers known to 1e-12 over 1e-5, and their curvature
        assert np.allclose(exact[name, "L[0]"], found, atol=1e-6, equal_nan=True), name


@pytest.mark.parametrize("L", [0.24, 0.306, 0.338, 0.382, 0.402])
def test_where_an_atom_starts_to_divide_just_as_the_other_country_enters_both_are_told(L: float) -> None:
    # below its wage Home is alone and some of its atom export; above it Foreign enters and none do: in between, both
    tables = [
        {"family": "empirical", "values": [1.0, 2.36]},
        {"family": "bounded_pareto", "k": 8.4, "lower": 0.82, "upper": 10.9},
    ]
    apart = {"f_D": [0.52, 0.37], "f_X": [0.075, 3.0], "f_E": [0.24, 0.09], "tau_X": [1.85, 1.07]}
    eq = solve(world(sigma=6.1, L=[16.0, L], tau_M="inf", f_DM=7.0, f_XM=0.1, productivity=tables, **apart))
    assert eq.certificate.checks["interior"]
    assert divides(eq)
    # inputs are not traded: goods balance, and each market buys what labour there earns
    assert eq["trade_flow"][0, 1] == pytest.approx(eq["trade_flow"][1, 0], rel=1e-9)
    assert np.allclose(eq["trade_flow"].sum(axis=0), eq["wage"] * np.array([16.0, L]), rtol=1e-9)
    assert 0.0 < eq["exporter_share"][0] < 1.0


def thrice(L: float = 7.8, **changes: Any) -> dict[str, Any]:
    """Of Home's best atom some firms stay at home, some export with their own inputs, and some import for it."""
    tables = [
        {"family": "empirical", "values": [1.14, 1.62, 2.07, 4.45]},
        {"family": "bounded_pareto", "k": 5.06, "lower": 0.869, "upper": 1.36},
    ]
    costs = {"tau_X": 1.28, "tau_M": 1.1, "f_D": 0.06, "f_X": 0.2, "f_DM": 0.055, "f_XM": 0.3, "f_E": 0.095}
    return world(sigma=4.86, L=[L, 7.8], productivity=tables, **{**costs, **changes})


@pytest.mark.parametrize(("L", "f_XM"), [(7.4, 0.3), (8.0, 0.3), (7.8, 0.29), (7.6, 0.31)])
def test_an_atom_may_divide_in_three_at_the_wage_at_which_imports_are_worth_their_cost(L: float, f_XM: float) -> None:
    eq = solve(thrice(L, f_XM=f_XM))
    exports, imports = eq.unknowns["atom_share"][0, 2:]
    assert 0.01 < imports < exports - 0.01 < 0.98
    # by hand, from (A.12): (tau_M w_2/w_1)^(sigma-1) f_XM = f_X
    assert np.isclose(eq["relative_wage"][0], 1.1 * (f_XM / 0.2) ** (1.0 / 3.86), rtol=1e-12)
    assert eq["cutoff_X"][0] == eq["cutoff_XM"][0]
    assert not any("firms that export import" in note for note in eq.certificate.notes)
    assert np.isclose(sweep(thrice(L), {"f_XM": [f_XM]})["share_XM[Home]"][0], eq["share_XM"][0], rtol=1e-9)


def test_elasticities_where_an_atom_divides_in_three_are_those_of_differences() -> None:
    exact = elasticities(thrice(), to="L[0]").table
    up, down = (solve(thrice(7.8 * np.exp(h))) for h in (1e-5, -1e-5))
    for name in ("wage", "welfare", "R", "exporter_share", "share_XM"):
        found = (np.log(up[name][0]) - np.log(down[name][0])) / 2e-5
        # differences of answers known to 1e-12 over 2e-5, and their curvature
        assert np.isclose(exact[name, "L[0]"][0], found, atol=1e-6), name


def test_simulated_firms_of_an_atom_draw_lots() -> None:
    L = next(L for L in SIZES if divides(solve(world(L=[L, 1.0]))))
    eq = solve(world(L=[L, 1.0]))
    firms = simulate(eq, 200_000, seed=3)
    i, mode = np.argwhere(eq.unknowns["atom_share"] < 1.0)[0]
    name = ("active", "importer", "exporter", "importer")[mode]
    here = firms["country"] == i
    atom = here & np.isclose(firms["productivity"], np.exp(eq.unknowns["log_cutoff"][i, mode]))
    share = float(eq.unknowns["atom_share"][i, mode])
    # four standard errors
    error = 4 * np.sqrt(share * (1 - share) / atom.sum())
    assert firms[name][atom].mean() == pytest.approx(share, abs=error)


@pytest.mark.parametrize("family", [CLOSED, LOGNORMAL])
def test_where_firms_serve_both_markets_alike_the_limits_from_both_sides_agree(family: dict[str, Any]) -> None:
    at = solve(world(**{**ALIKE, "productivity": family}))
    low, high = (solve(world(**{**ALIKE, "f_X": 1.0 + h, "productivity": family})) for h in (-1e-7, 1e-7))
    assert at.certificate.checks["interior"]
    for name in ("wage", "welfare", "R", "mass_entrants", "E_M", "cutoff_XM"):
        assert np.allclose(at[name], 0.5 * (low[name] + high[name]), rtol=1e-9), name
        assert np.allclose(at[name], low[name], rtol=1e-5), name


@pytest.mark.parametrize("off", [1e-9, 1e-11, 1e-12, -1e-10, 0.0])
def test_where_firms_serve_both_markets_nearly_alike_the_answer_is_certified(off: float) -> None:
    at, near = solve(world(**ALIKE)), solve(world(**{**ALIKE, "f_X": 1.0 + off}))
    for name in ("wage", "welfare", "R", "mass_entrants"):
        assert np.allclose(at[name], near[name], rtol=1e-7), name  # elasticities to f_X of a few, at most


def test_firms_that_serve_both_markets_alike_are_split_by_balanced_trade() -> None:
    # by hand: with one technology and one wage each country's firms sell a share of w_i L_i in market i; (4) gives R
    eq = solve(world(**ALIKE))
    L, rho = np.array(BASE["L"]), 0.75
    home = L[0] / L.sum()
    imports = eq["E_M"] / (rho * eq["R"])
    assert np.allclose(eq["wage"], 1.0, rtol=1e-12)
    assert np.allclose(imports[0], imports[1], rtol=1e-12)
    ratio = (home - rho * imports[0]) / (1.0 - home - rho * imports[0])
    assert np.allclose(eq["R"], L.sum() * np.array([ratio, 1.0]) / (1.0 + ratio), rtol=1e-11)


def test_elasticities_where_firms_serve_both_markets_alike_are_those_of_differences() -> None:
    exact = elasticities(world(**ALIKE), to="f_X").table
    up, down = (solve(world(**{**ALIKE, "f_X": np.exp(h)})) for h in (1e-4, -1e-4))
    for name in ("wage", "welfare", "R", "mass_entrants"):
        found = (np.log(up[name]) - np.log(down[name])) / 2e-4
        # differences of answers known to 1e-12 over 2e-4, and their curvature
        assert np.allclose(exact[name, "f_X"], found, atol=1e-6), name
