"""Worlds in which nobody trades: closed economies, at a relative wage that is one of a stretch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from tests.bruteforce_vs.worlds import Prices, World, market_profit

from phistar.core.errors import NoEquilibrium
from phistar.models.registry import get_model
from phistar.models.vertical_specialization import autarky, solver
from phistar.models.vertical_specialization.demand import Demand
from phistar.verbs.elasticities import elasticities
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

NARROW = {"family": "bounded_pareto", "k": 4.0, "lower": 1.0, "upper": 2.0}
ATOMS = {"family": "empirical", "values": [1.0, 1.5, 2.2]}
ONE_ATOM = {"family": "empirical", "values": [1.3]}
THIN = {"family": "weibull", "shape": 5.0, "scale": 1.0}
INF = float("inf")
BASE: dict[str, Any] = {
    "sigma": 4.0,
    "L": [1.2, 1.0],
    "tau_X": [3.0, 4.0],
    "tau_M": [2.5, 3.5],
    "f_D": [1.0, 0.7],
    "f_X": [1.4, 1.1],
    "f_DM": [1.4, 1.7],
    "f_XM": [1.2, 0.6],
    "f_E": [0.5, 0.8],
    "productivity": [NARROW, ATOMS],
}
# no exporter would do without imports: the ends of the stretch are where it pays to do both
CHEAP_INPUTS = {"f_DM": [19.0, 18.0], "f_XM": [0.01, 0.02], "tau_X": [4.0, 4.0], "tau_M": [1.3, 1.4]}
WORLDS: dict[str, dict[str, Any]] = {
    "bounded and atoms": {},
    "bounded": {"productivity": [NARROW, NARROW]},
    "one atom each": {"productivity": [ONE_ATOM, ONE_ATOM]},
    "exporters would import": CHEAP_INPUTS,
    "goods are not traded": {"tau_X": [INF, INF]},
    "inputs are not traded": {"tau_M": [INF, INF]},
}
EACH = pytest.mark.parametrize("name", WORLDS)


def world(**changes: Any) -> dict[str, Any]:
    return {"model": "vertical_specialization", "parameters": {**BASE, **changes}}


def ends(**changes: Any) -> np.ndarray:
    m = get_model("vertical_specialization").build({**BASE, **changes})
    return np.array(autarky.stretch(m.batched()))[:, 0]


def closed(i: int, **changes: Any) -> Any:
    """Solve country i alone, which is Melitz's closed economy."""
    p = {**BASE, **changes}
    given = {"L": [p["L"][i]], "tau": [[1.0]], "f": [[p["f_D"][i]]], "f_e": [p["f_E"][i]]}
    given |= {"sigma": p["sigma"], "productivity": [p["productivity"][i]]}
    return solve({"model": "melitz", "parameters": given})


@EACH
def test_where_nobody_trades_countries_are_closed_economies(name: str) -> None:
    eq = solve(world(**WORLDS[name]))
    assert not eq.certificate.checks["relative_wages_determined"]
    assert any("do not trade with each other: their relative wage is one of many" in n for n in eq.certificate.notes)
    assert np.array_equal(eq["trade_share"], np.eye(2))
    for i in (0, 1):
        alone = closed(i, **WORLDS[name])
        for variable in ("welfare", "mass_entrants", "mass_active", "labour_fixed", "labour_entry"):
            assert eq[variable][i] == pytest.approx(alone[variable][0], rel=1e-12), variable


@EACH
def test_at_the_ends_of_the_stretch_the_best_firms_just_break_even_by_trade(name: str) -> None:
    given = {**BASE, **WORLDS[name]}
    eq, (low, high) = solve(world(**WORLDS[name])), ends(**WORLDS[name])
    apart = World(given["sigma"], *(tuple(given[n]) for n in ("L", "tau_X", "tau_M", "f_D", "f_X", "f_DM", "f_XM",
                                                             "f_E")), tables=tuple(given["productivity"]))  # fmt: skip
    best = [np.array([max(table.get("values", [table.get("upper")]))]) for table in given["productivity"]]

    def gain(log_omega: float) -> float:
        """Return the most that a firm of either country gains by trade at a relative wage."""
        w = np.array([np.exp(log_omega), 1.0])
        at, gains = Prices(w, w / eq["welfare"], eq["mass_entrants"]), []
        for i in (0, 1):
            modes = 3 if np.isfinite(given["tau_M"][i]) else 2
            home = market_profit(apart, at, i, i, best[i])[:modes, 0] / w[i]
            gains += list(home[2:] - home[1])
            if np.isfinite(given["tau_X"][i]):
                gains += list(market_profit(apart, at, i, 1 - i, best[i])[1:modes, 0] / w[i])
        return float(max(gains))

    assert np.log(eq["relative_wage"][0]) == pytest.approx(0.5 * (low + high), abs=1e-13)
    for end in (low, high):
        assert abs(gain(end)) < 1e-12  # rounding of profits near one
    assert gain(low - 1e-3) > 0.0
    assert gain(high + 1e-3) > 0.0
    assert all(gain(x) < 0.0 for x in np.linspace(low, high, 9)[1:-1])


@EACH
def test_below_the_stretch_exports_exceed_imports_and_above_it_imports_exports(name: str) -> None:
    low, high = ends(**WORLDS[name])
    away = np.concatenate([[1e-6, 1e-3], np.linspace(0.02, 5.0, 60)])
    one = get_model("vertical_specialization").build({**BASE, **WORLDS[name]}).batched()
    many = one.take(np.zeros(away.size, dtype=int))._with({"sigma": np.full(away.size, BASE["sigma"])})
    with np.errstate(all="ignore"):
        for wages, sign in ((low - away, 1.0), (high + away, -1.0)):
            found = Demand(many, np.full((2, away.size), np.nan)).at(wages)
            assert np.all(sign * solver.log_trade_balance(many, found) > 0.0)


def test_closed_economies_of_one_productivity_are_found_from_where_their_firms_earn_nothing() -> None:
    # there a profit is rounding, of whatever sign and slope
    for value in np.random.default_rng(2).uniform(0.5, 3.0, 40):
        one = {"family": "empirical", "values": [float(value)]}
        m = get_model("vertical_specialization").build({**BASE, "productivity": one}).batched()
        with np.errstate(all="ignore"):
            cutoff = autarky.log_cutoff(m)
        # f_D ((phi/phi_D)^(sigma-1) - 1) = f_E, by hand
        assert np.allclose(np.log(value) - cutoff, np.log(1.0 + m.f_E / m.f_D) / 3.0, rtol=1e-13)


def test_the_wage_is_one_where_borders_are_closed() -> None:
    for productivity in (NARROW, THIN, {"family": "pareto", "k": 5.0}):
        eq = solve(world(tau_X=INF, tau_M=INF, productivity=productivity))
        assert np.array_equal(eq["relative_wage"], [1.0, 1.0])
        assert "one of many, from 0 to inf" in " ".join(eq.certificate.notes)


def test_where_a_country_can_sell_nothing_its_wage_is_too_low_to_buy() -> None:
    one_way: dict[str, Any] = {"tau_X": [INF, 4.0], "tau_M": [2.5, INF], "productivity": NARROW}
    low, high = ends(**{**one_way, "productivity": [NARROW, NARROW]})
    assert low == -INF
    eq = solve(world(**one_way))
    assert np.log(eq["relative_wage"][0]) == pytest.approx(min(0.0, high - np.log(2.0)), abs=1e-14)
    # one where it would buy nothing even then, else half of the highest
    dear = solve(world(**{**one_way, "tau_X": [INF, 90.0], "tau_M": [90.0, INF]}))
    near = solve(world(**{**one_way, "tau_X": [INF, 1.1], "tau_M": [1.1, INF]}))
    assert dear["relative_wage"][0] == 1.0
    assert near["relative_wage"][0] < 0.5
    with pytest.raises(NoEquilibrium, match=r"Home can sell nothing abroad: lower tau_X\[0\]"):
        solve(world(**{**one_way, "productivity": THIN}))


def test_shares_of_what_is_not_traded_are_undefined() -> None:
    variables = json.loads(solve(world()).to_json())["variables"]
    for name in ("theta", "final_to_input_ratio", "relative_exports", "relative_imports"):
        assert variables[name]["values"] == [None, None], name
    assert variables["alpha_X"]["values"] == variables["alpha_M"]["values"] == ["inf", "inf"]
    elasticity = variables["trade_elasticity"]["values"]
    assert elasticity[0][1] is elasticity[1][0] is None
    assert elasticity[0][0] > 3.0  # sigma - 1, and the hazard of a density
    assert elasticity[1][1] == pytest.approx(3.0)


def test_a_batch_gives_the_numbers_of_single_worlds_on_both_sides_of_trade() -> None:
    grid = {"tau_X": [1.1, 1.5, 2.5, 5.0, INF], "tau_M": [1.1, 1.6, 2.5, INF]}
    table = sweep(world(productivity=NARROW), grid)
    assert table.refused == 0
    trades = []
    for point in range(len(table)):
        eq = solve(world(productivity=NARROW, **{name: float(table[name][point]) for name in grid}))
        trades.append(eq.certificate.checks["relative_wages_determined"])
        for name in ("wage", "welfare", "R", "E_M", "cutoff_XM", "mass_entrants", "share_both", "theta"):
            for i, country in enumerate(("Home", "Foreign")):
                got = table[f"{name}[{country}]"][point]
                # two routes to a root of a well-scaled world
                assert np.isclose(got, eq[name][i], rtol=1e-11, atol=1e-13, equal_nan=True), (name, point)
    assert 3 < sum(trades) < len(trades) - 3


def test_the_wage_and_welfare_do_not_jump_where_trade_begins() -> None:
    both = {"productivity": [NARROW, {**NARROW, "upper": 2.4}]}

    def at(cost: float) -> dict[str, Any]:
        return {**both, "tau_X": [cost, 1.2 * cost], "tau_M": [1.1 * cost, cost]}

    low, high = 1.0, 3.0
    for _ in range(60):
        cost = 0.5 * (low + high)
        width = np.subtract(*ends(**at(cost))[::-1])
        low, high = (low, cost) if width > 0.0 else (cost, high)
    without, with_ = solve(world(**at(cost * 1.0001))), solve(world(**at(cost * 0.999)))
    assert not without.certificate.checks["relative_wages_determined"]
    assert with_.certificate.checks["relative_wages_determined"]
    # costs differ by a thousandth
    assert np.allclose(without["relative_wage"], with_["relative_wage"], rtol=5e-3)
    assert np.allclose(without["welfare"], with_["welfare"], rtol=1e-3)


def test_elasticities_are_refused_where_nobody_trades() -> None:
    with pytest.raises(NoEquilibrium, match="do not pin every unknown down"):
        elasticities(world())


def test_trade_too_small_for_double_precision_is_not_certified_as_none() -> None:
    m = get_model("vertical_specialization").build({**BASE, "tau_X": 60.0, "tau_M": 60.0, "productivity": THIN})
    with np.errstate(all="ignore"):
        found = autarky.market(m.batched(), np.zeros(1))
        x = {name: value[..., 0] for name, value in m._unknowns(found).items()}
        residuals = m.audit(x, m.outcomes(x))[0]
    assert np.all(found.f[:, 1:] == 0.0)
    assert np.all(np.isinf(residuals["trade_slack"]))
