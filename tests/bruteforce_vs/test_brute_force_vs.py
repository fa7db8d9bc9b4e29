"""The library against firms' own choices of modes, integrated over productivity and solved apart."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve

from .cases import all_cases
from .worlds import Prices, every, residuals, solve_world

WORLDS = all_cases()
# a second or so each: the default run keeps one of a kind
KEPT = {"lognormal, strict selection", "lognormal, one supplies inputs alone", "bounded pareto, exporters all import"}
KEPT |= {name for name in WORLDS if name.startswith("pareto")} | {"lognormal, final goods not traded"}
EACH = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in KEPT else pytest.mark.slow) for name in WORLDS]
)
# Quadrature leaves 1e-14, and Newton with differences as much; a small mass of entrants loses a digit or two.
RTOL = 1e-9


@functools.cache
def library(name: str) -> Any:
    return solve(WORLDS[name].scenario())


@functools.cache
def brute(name: str) -> tuple[Prices, np.ndarray]:
    """Solve apart, from the library's answer knocked off by up to a tenth."""
    eq, rng = library(name), np.random.default_rng(7)
    knock = lambda x: x * np.exp(rng.uniform(-0.1, 0.1, 2))  # noqa: E731
    M = np.where(eq["mass_entrants"] > 0, knock(eq["mass_entrants"]), 0.0)
    return solve_world(WORLDS[name], Prices(knock(eq["wage"]), knock(eq["price_index"]), M))


def aggregates(name: str) -> dict[str, np.ndarray]:
    """Return the library's variables as sums over firms."""
    at, _ = brute(name)
    sales = every(WORLDS[name], at)

    def country(of: Any) -> np.ndarray:
        return np.array([at.M[i] * of(sales[i][i], sales[i][1 - i]) for i in (0, 1)])

    level = {"w": at.w, "P": at.P}
    out = {
        "wage": level["w"],
        "price_index": level["P"],
        "welfare": at.w / at.P,
        "mass_entrants": at.M,
        "R": country(lambda home, abroad: home.revenue + abroad.revenue),
        "R_D": country(lambda home, abroad: home.revenue),
        "R_X": country(lambda home, abroad: abroad.revenue),
        "E_D": country(lambda home, abroad: home.inputs_own + abroad.inputs_own),
        "E_M": country(lambda home, abroad: home.inputs_bought + abroad.inputs_bought),
        "labour_fixed": country(lambda home, abroad: home.fixed + abroad.fixed),
    }
    out["mass_sellers"] = np.array([[at.M[i] * sales[i][j].sellers for j in (0, 1)] for i in (0, 1)])
    out["trade_flow"] = np.array([[at.M[i] * sales[i][j].revenue for j in (0, 1)] for i in (0, 1)])
    return out


@EACH
def test_brute_force_solves_its_own_definitions(name: str) -> None:
    # the last entry is the labour market left out: Walras' law, met although nothing asks for it
    assert np.abs(brute(name)[1]).max() < 1e-11


@EACH
def test_the_library_agrees_with_firms_own_choices(name: str) -> None:
    eq = library(name)
    assert eq.certificate.max_residual <= 1e-10  # what a certificate promises
    wrong = {}
    for variable, value in aggregates(name).items():
        if not np.allclose(eq[variable], value, rtol=RTOL, atol=1e-13):
            wrong[variable] = {"library": eq[variable].tolist(), "brute force": value.tolist()}
    assert not wrong, wrong


@EACH
def test_the_librarys_own_prices_clear_all_markets_of_firms_choices(name: str) -> None:
    eq = library(name)
    at = Prices(eq["wage"], eq["price_index"], eq["mass_entrants"])
    idle = next((i for i in (0, 1) if at.M[i] == 0), None)
    assert np.abs(residuals(WORLDS[name], at, idle)).max() < RTOL


@EACH
def test_cutoffs_are_where_firms_change_their_minds(name: str) -> None:
    eq, world = library(name), WORLDS[name]
    sales = every(world, Prices(eq["wage"], eq["price_index"], eq["mass_entrants"]))
    for i in (0, 1):
        for j, (sell, buy) in ((i, ("cutoff_D", "cutoff_DM")), (1 - i, ("cutoff_X", "cutoff_XM"))):
            lower = world.tables[i].get("scale", world.tables[i].get("lower", 0.0))
            for variable, found in ((sell, sales[i][j].lowest_seller), (buy, sales[i][j].lowest_importer)):
                want = max(eq[variable][i], lower)
                upper = world.tables[i].get("upper", np.inf)
                if want < upper:
                    assert np.isclose(found, want, rtol=1e-8), (variable, i)  # probed a billionth above


def test_the_cases_hold_strict_selection_its_failure_and_corners() -> None:
    checks = {name: library(name).certificate.checks for name in WORLDS if name in KEPT}
    for name, found in checks.items():
        assert found["strict_selection"] == ("all import" not in name and "everyone imports" not in name
                                             and "alone to all" not in name), name  # fmt: skip
        assert found["interior"] == ("alone" not in name), name
    assert not checks["pareto, everyone sells at home"]["within_support"]


def test_no_entry_would_pay_where_a_country_supplies_inputs_alone() -> None:
    for name in (n for n in KEPT if "alone" in n):
        at, _ = brute(name)
        world = WORLDS[name]
        idle = int(np.flatnonzero(at.M == 0)[0])
        profit = sum(s.profit for s in every(world, at)[idle])
        assert profit < at.w[idle] * world.f_E[idle]
