"""Closed forms, limits and the paper's facts, with their qualifications."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.compare import compare
from phistar.verbs.solve import solve

FM = [0.2792937, 0.2669171, 0.237274, 0.2349326, 0.2344921, 0.2239384, 0.2018728]
BASE: dict[str, Any] = {"sigma": 6.0, "K_1": 5.0, "R": 1000.0, "L": 2000.0, "productivities": FM}
EXACT = 1e-12


def world(**changes: Any) -> dict[str, Any]:
    return {"model": "granular", "parameters": {**BASE, **changes}}


def ces(**changes: Any) -> dict[str, Any]:
    parameters = {k: v for k, v in BASE.items() if k != "R"}
    return {"model": "granular", "parameters": {**parameters, "upper": "ces", "eta": 2.0, "I": 2000.0, **changes}}


@pytest.mark.parametrize("n", [2, 3, 10, 40])
@pytest.mark.parametrize("K_0", [0.0, 0.01])
def test_equal_firms_match_the_closed_form(n: int, K_0: float) -> None:
    eq = solve(world(productivities=[0.25] * n, K_0=K_0))
    assert eq["share"] == pytest.approx(1 / n, rel=EXACT)
    epsilon = 6.0 - 5.0 / n
    assert eq["markup"] == pytest.approx(epsilon / (epsilon - 1), rel=EXACT)
    assert eq["profit"] == pytest.approx(1000.0 / (n * (n * 6.0 - 5.0)) - K_0, rel=EXACT)


def test_many_small_firms_approach_constant_markups() -> None:
    gaps = []
    for n in (10, 100, 1000):
        spread = (0.25 * (1 + 1e-9 * np.arange(n))).tolist()
        eq = solve(world(productivities=spread))
        gaps.append(np.max(np.abs(eq["markup"] - 1.2)))
    # epsilon = sigma - (sigma-1)/n: markups miss sigma/(sigma-1) by 0.2/n, to first order
    assert gaps == pytest.approx([0.2 / 10, 0.2 / 100, 0.2 / 1000], rel=0.12)


def test_many_small_firms_of_one_variety_approach_constant_markups_too() -> None:
    eq = solve(world(productivities=np.linspace(0.2, 0.3, 400).tolist(), scope="single"))
    assert np.max(np.abs(eq["markup"] - 1.2)) < 0.2 * np.max(eq["share"]) * 1.1


@pytest.mark.parametrize("conduct", ["bertrand", "cournot"])
@pytest.mark.parametrize("make", [world, ces])
def test_one_scope_without_trade_costs_is_integration(conduct: str, make: Any) -> None:
    together = solve(make(market="integrated", W=2, conduct=conduct))
    apart = solve(make(market="segmented", W=2, tau=1.0, scope_choice="common", conduct=conduct))
    assert apart["price_index"] == pytest.approx(float(together["price_index"]), rel=EXACT)
    both = np.concatenate([together["share"]] * 2)
    assert (apart["active"][:, 0] > 0).tolist() == np.isfinite(both).tolist()
    on = np.isfinite(both)
    # a share near zero is a difference from sigma: its own relative error is a few digits larger
    assert apart["share"][on, 0] == pytest.approx(both[on], rel=EXACT, abs=EXACT)
    assert apart["varieties"][on, 0] == pytest.approx(np.concatenate([together["varieties"]] * 2)[on], rel=1e-11)


def test_a_scope_in_each_market_pays_for_varieties_twice() -> None:
    common = solve(world(market="segmented", W=2, tau=1.0, scope_choice="common"))
    each = solve(world(market="segmented", W=2, tau=1.0))
    alone = solve(world(market="feenstra_ma", W=2))
    assert np.all(common["price_index"] < each["price_index"])
    assert float(alone["price_index"]) < float(solve(world())["price_index"])


def test_asymmetric_markets_are_solved_one_by_one() -> None:
    lists, R, tau = [[0.30, 0.28, 0.25], [0.29, 0.27, 0.24]], [1000.0, 600.0], [[1.0, 1.08], [1.05, 1.0]]
    eq = solve(world(productivities=lists, R=R, L=[2000.0, 1200.0], tau=tau))
    for j in range(2):
        delivered = [phi / tau[i][j] for i in range(2) for phi in lists[i]]
        alone = solve(world(productivities=delivered, R=R[j]))
        assert eq["share"][:, j] == pytest.approx(alone["share"], rel=1e-11, nan_ok=True)
        assert eq["price_index"][j] == pytest.approx(float(alone["price_index"]), rel=EXACT)
    assert eq["trade_flow"].sum() == pytest.approx(sum(R), rel=EXACT)


def test_a_closed_border_is_autarky() -> None:
    lists = [[0.30, 0.28, 0.25], [0.29, 0.27, 0.24]]
    for choice in ("per_market", "common"):
        eq = solve(world(productivities=lists, R=[1000.0, 600.0], tau="inf", scope_choice=choice))
        for i, R in enumerate((1000.0, 600.0)):
            alone = solve(world(productivities=lists[i], R=R))
            rows = slice(3 * i, 3 * i + 3)
            assert eq["share"][rows, i] == pytest.approx(alone["share"], rel=1e-11, nan_ok=True)
            assert eq["price_index"][i] == pytest.approx(float(alone["price_index"]), rel=EXACT)


def test_feenstra_and_mas_larger_market_doubles_varieties_and_leaves_shares() -> None:
    small, large = solve(world()), solve(world(market="feenstra_ma", W=2))
    for name in ("share", "markup", "price", "elasticity"):
        assert large[name] == pytest.approx(small[name], rel=1e-11, nan_ok=True)
    for name in ("varieties", "profit"):
        assert large[name] == pytest.approx(2 * small[name], rel=1e-11, nan_ok=True)


def test_one_economy_integrates_to_itself() -> None:
    alone, same = solve(world(K_0=1.0)), solve(world(K_0=1.0, market="integrated", W=1))
    for name in ("share", "price_index", "profit", "welfare"):
        assert same[name] == pytest.approx(alone[name], rel=EXACT, nan_ok=True)


def test_varieties_peak_at_the_share_the_sheet_gives() -> None:
    # N = E S/((sigma-1) K_1 mu) with mu = epsilon/(epsilon-1): largest at sqrt(sigma)/(1 + sqrt(sigma))
    S = np.linspace(0.01, 0.99, 9801)
    epsilon = 6.0 - 5.0 * S
    N = S * (epsilon - 1) / epsilon
    assert S[np.argmax(N)] == pytest.approx(np.sqrt(6.0) / (1 + np.sqrt(6.0)), abs=1e-4)  # the grid's step
    assert (
        solve(world(productivities=[0.5, 0.2]))["varieties"][0]
        < solve(world(productivities=[0.3, 0.28]))["varieties"].max()
    )


@pytest.mark.parametrize("make", [world, ces])
def test_a_more_productive_firm_never_charges_more(make: Any) -> None:
    eq = solve(make())
    on = eq["active"] > 0
    price, phi = eq["price"][on], eq["productivity"][on]
    power = np.log(price[1:] / price[0]) / np.log(phi[1:] / phi[0])
    assert power == pytest.approx(-1 / 6, rel=1e-9)


@pytest.mark.parametrize("make", [world, ces])
def test_every_survivors_markup_falls_by_one_factor(make: Any) -> None:
    hat = compare({**make(), "counterfactual": {"parameters": {"market": "integrated"}}}).hat("markup")
    hat = hat[np.isfinite(hat)]
    assert hat == pytest.approx(np.full(len(hat), hat[0]), rel=1e-11)
    assert hat[0] < 1


def test_markups_can_rise_with_trade_where_the_sector_is_nearly_as_substitutable_as_varieties() -> None:
    # (sigma-1)/(sigma-eta) = 50 is far above W = 2, so nothing forces a fall: the sector grows from 1 to 36 per cent
    # of spending, and with it each firm's weight in its own demand.
    scenario = ces(eta=5.9, productivities=[0.514])
    c = compare({**scenario, "counterfactual": {"parameters": {"market": "integrated"}}})
    assert c.hat("markup")[0] > 1.03
    assert c.baseline["sector_share"] < 0.02
    assert c.counterfactual["sector_share"] > 0.3
    tame = ces(eta=2.0, productivities=[0.514])  # 5/4 < 2: a fall is guaranteed
    assert compare({**tame, "counterfactual": {"parameters": {"market": "integrated"}}}).hat("markup")[0] < 1.0


def test_the_parts_of_a_comparison_add_up_and_name_what_they_are() -> None:
    for make in (world, ces):
        c = compare({**make(), "counterfactual": {"parameters": {"market": "integrated"}}})
        assert set(c.decompositions) == {"price_index", "welfare", "total_varieties", "profit", "varieties"}
        for split in c.decompositions.values():
            assert split.gap < 1e-12
        fall = c.decompositions["price_index"].columns
        assert fall["pro_competitive"] > 0
        assert fall["variety"] > 0
        gained = c.counterfactual["welfare"] - c.baseline["welfare"]
        if make is world:
            assert float(c.decompositions["welfare"].columns["total"]) == pytest.approx(float(gained), rel=1e-12)


def test_misallocation_is_what_equal_markups_would_add() -> None:
    eq = solve(world())
    on = eq["active"] > 0
    N, phi, mu = eq["varieties"][on], eq["productivity"][on], eq["markup"][on]
    # the same labour, at one markup for all: quantities in proportion to phi^sigma
    labour = np.sum(N * eq["quantity"][on] / phi)
    y = phi**6.0
    y *= labour / np.sum(N * y / phi)
    output = np.sum(N * y ** (5 / 6)) ** (6 / 5)
    actual = np.sum(N * eq["quantity"][on] ** (5 / 6)) ** (6 / 5)
    assert float(eq["misallocation"]) == pytest.approx(1 - actual / output, rel=1e-9)
    assert float(eq["aggregate_markup"]) == pytest.approx(1000.0 / labour, rel=EXACT)
    assert solve(world(productivities=[0.25] * 5))["misallocation"] == 0.0
    assert mu.max() > mu.min()
