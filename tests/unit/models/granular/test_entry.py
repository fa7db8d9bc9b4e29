"""Who is in: the selection rule, ties, knife edges, fixed costs, entry tests and other equilibria."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve

FM = [0.2792937, 0.2669171, 0.237274, 0.2349326, 0.2344921, 0.2239384, 0.2018728]
BASE: dict[str, Any] = {"sigma": 6.0, "K_1": 5.0, "L": 2000.0, "productivities": FM}


def world(**changes: Any) -> dict[str, Any]:
    return {"model": "granular", "parameters": {**BASE, "R": 1000.0, **changes}}


def ces(**changes: Any) -> dict[str, Any]:
    return {"model": "granular", "parameters": {**BASE, "upper": "ces", "eta": 2.0, "I": 2000.0, **changes}}


def test_the_order_of_the_list_is_the_order_of_the_answer() -> None:
    order = [3, 0, 6, 1, 5, 2, 4]
    sorted_, mixed = solve(world()), solve(world(productivities=[FM[i] for i in order]))
    for name in ("share", "price", "varieties", "profit"):
        assert mixed[name] == pytest.approx(sorted_[name][order], rel=1e-12, nan_ok=True)


def test_ties_share_alike_without_a_fixed_cost() -> None:
    eq = solve(world(productivities=[0.28, 0.27, 0.27, 0.27, 0.2]))
    assert eq["share"][1] == eq["share"][2] == eq["share"][3]
    integrated = solve(world(productivities=[0.28, 0.27, 0.27], market="integrated"))
    assert integrated["copies"].tolist() in ([2, 2, 2], [2, 0, 0])


def test_of_tied_firms_a_fixed_cost_may_keep_some() -> None:
    # Alone n equal firms earn E/(n(n sigma - sigma + 1)): 1000/(3 * 13) = 25.6 and 1000/(4 * 19) = 13.2.
    eq = solve(world(productivities=[0.25] * 6, K_0=20.0))
    assert eq["copies"].tolist() == [1, 1, 1, 0, 0, 0]
    integrated = solve(world(productivities=[0.25] * 6, K_0=20.0, market="integrated"))
    # 2000/(4 * 19) = 26.3 and 2000/(5 * 25) = 16: four of the six survivors' twelve minus... of six entrants stay
    assert integrated["survivors"] == 4
    assert integrated["copies"].tolist() == [2, 2, 0, 0, 0, 0]


def test_a_survivor_of_one_in_a_million_is_found_and_named_a_knife_edge() -> None:
    two = solve(world(productivities=[0.28, 0.27]))
    level = two["markup"][0] / 0.28 ** (5 / 6)
    marginal = (1.2 / level) ** 1.2  # the productivity whose markup is just sigma/(sigma-1)
    inside = solve(world(productivities=[0.28, 0.27, marginal * (1 + 1e-7)]))
    outside = solve(world(productivities=[0.28, 0.27, marginal * (1 - 1e-7)]))
    assert 0 < inside["share"][2] < 2e-6
    assert inside.certificate.checks["knife_edge"]
    assert np.isnan(outside["share"][2])
    assert inside["share"][0] == pytest.approx(outside["share"][0], abs=2e-6)


def test_a_fixed_cost_at_the_edge_keeps_the_firm_that_breaks_even() -> None:
    free = solve(world(productivities=[0.25] * 4))
    eq = solve(world(productivities=[0.25] * 4, K_0=float(free["profit"][0])))
    assert eq["survivors"] == 4
    assert eq["profit"] == pytest.approx(0.0, abs=1e-12 * 1000)
    assert eq.certificate.checks["knife_edge"]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("make", [world, ces])
def test_the_largest_set_in_which_nobody_loses_is_found(seed: int, make: Any) -> None:
    rng = np.random.default_rng([5, seed])
    phi = np.sort(0.2 * rng.random(7) ** (-1 / 8))[::-1]
    K_0 = float(rng.uniform(0.5, 12.0))
    try:
        found = int(solve(make(productivities=phi.tolist(), K_0=K_0))["survivors"])
    except NoEquilibrium:
        found = 0
    # one size after another, each solved without the fixed cost, which does not move prices
    sizes = [0]
    for n in range(1 if make is ces else 2, 8):
        eq = solve(make(productivities=phi[:n].tolist()))
        if int(eq["survivors"]) == n and np.min(eq["profit"]) >= K_0:
            sizes.append(n)
    assert found == max(sizes)


def test_a_fixed_cost_that_leaves_one_firm_is_refused_where_it_has_no_markup() -> None:
    with pytest.raises(NoEquilibrium, match="one alone has no finite markup"):
        solve(world(K_0=100.0))
    assert solve(ces(K_0=100.0))["survivors"] >= 1
    with pytest.raises(NoEquilibrium, match="lower K_0"):
        solve(ces(K_0=1e5))


def test_a_firm_that_would_enter_against_fixed_rivals_is_named() -> None:
    # Two firms cut prices once a third comes; against rivals that do not move it would gain.
    eq = solve(world(productivities=[0.276, 0.257, 0.243, 0.219, 0.218], K_0=8.0))
    checks = eq.certificate.checks
    assert eq["survivors"] == 2
    assert not checks["static_no_entry"]
    assert checks["two_stage_no_entry"]
    assert checks["no_survivor_loses"]
    named = [note for note in eq.certificate.notes if "if rivals stayed as they are" in note]
    assert len(named) == 1
    assert named[0].startswith("firm 3 ")


def test_other_sets_of_firms_that_could_stand_are_listed() -> None:
    # Six equal firms, room for some: any of the equal ones may be the ones that are in.
    eq = solve(world(productivities=[0.25] * 4, K_0=15.0))
    others = [note for note in eq.certificate.notes if note.startswith("another set")]
    assert eq["survivors"] == 3
    assert eq.certificate.checks["static_no_entry"]
    assert len(others) == 3
    assert not eq.certificate.checks["no_other_equilibrium_found"]
    assert any(note.endswith("sets of active firms looked at") for note in eq.certificate.notes)


def test_a_search_over_some_of_the_sets_says_which() -> None:
    firms = np.linspace(0.30, 0.24, 12).tolist()
    notes = solve(world(productivities=firms, K_0=1.0)).certificate.notes
    assert any("differ in none but the 9 firms next to the marginal one of a market; no others" in n for n in notes)


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ({"productivities": [0.3, -0.1]}, "productivities[1]", "positive"),
        ({"productivities": [0.3, 0.0]}, "productivities[1]", "positive"),
        ({"productivities": [0.3]}, "productivities", "one firm"),
        ({"productivities": [0.3], "upper": "ces", "eta": 0.8, "I": 10.0}, "productivities", "one firm"),
        ({"upper": "ces", "eta": 6.0, "I": 10.0}, "eta", "below sigma"),
        ({"upper": "ces", "I": 10.0}, "eta", "missing"),
        ({"upper": "ces", "eta": 2.0}, "I", "missing"),
        ({"R": None}, "R", "missing"),
        ({"E": 5.0}, "E", "another name of R"),
        ({"W": 0}, "W", "at least 1"),
        ({"W": 1.5}, "W", "whole number"),
        ({"sigma": 1.0}, "sigma", "greater than 1"),
        ({"market": "world"}, "market", "one of"),
        ({"market": "autarky", "R": [1.0, 2.0]}, "R", "the market is one"),
        ({"productivities": [[0.3, 0.2], [0.25, 0.2]], "market": "integrated"}, "productivities", "the market is one"),
        ({"productivities": [[0.3], [0.25]], "tau": "inf"}, "productivities", "one firm"),
        ({"productivities": [[0.3, 0.2], [0.25, 0.2]], "R": [1.0, 2.0, 3.0]}, "productivities", "entries"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        solve(world(**changes))
    assert caught.value.key == key
    assert says in str(caught.value)


def test_e_is_another_name_of_r() -> None:
    parameters = {k: v for k, v in world()["parameters"].items() if k != "R"}
    eq = solve({"model": "granular", "parameters": {**parameters, "E": 1000.0}})
    assert eq["price_index"] == solve(world())["price_index"]


def test_productivities_are_read_from_a_file(tmp_path: Any) -> None:
    plain, table = tmp_path / "firms.txt", tmp_path / "firms.csv"
    plain.write_text("\n".join(map(str, FM)))
    table.write_text("productivity,name\n" + "\n".join(f"{phi},firm" for phi in FM))
    want = solve(world())
    for given in (str(plain), {"file": str(table)}):
        assert np.array_equal(solve(world(productivities=given))["share"], want["share"], equal_nan=True)
    plain.write_text("0.3\nlots\n")
    with pytest.raises(InputError, match=r"productivities\[1\]"):
        solve(world(productivities=str(plain)))
