"""Exact hats, margins and decompositions of the market penetration model against whole equilibria."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.models.market_penetration.decompositions import growth_by_initial_size, least_traded
from phistar.models.market_penetration.hats import Observed, Shapes, Shock, observed_of, solve_hats
from phistar.models.market_penetration.margins import growth_by_size, least_traded_share, margins, pareto_market
from phistar.verbs.compare import compare_models
from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve

WORLD: dict[str, Any] = {
    "theta": 7.0,
    "theta_tilde": 1.6,
    "beta": 0.7,
    "psi": 0.01,
    "L": [3.0, 1.0, 2.0],
    "b": [1.0, 0.9, 1.1],
    "tau": [[1.02, 1.4, 1.6], [1.5, 1.0, 1.3], [1.45, 1.5, 1.01]],
}
ENTRY = {"fixed": {"J": [1.0, 0.6, 2.0]}, "free": {"entry": "free", "f_e": [0.1, 0.12, 0.08]}}
TAU = np.array([[1.0, 0.9, 1.1], [0.8, 1.02, 1.0], [1.3, 0.95, 1.0]])
SHOCKS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "tau": {"tau": TAU},
    "L": {"L": np.array([1.4, 0.7, 1.0])},
    "b": {"b": np.array([1.1, 0.9, 1.3])},
    "J": {"J": np.array([2.0, 0.5, 1.0])},
    "f_e": {"f_e": np.array([2.0, 0.5, 1.0])},
    "psi": {"psi": 0.6},
    "all": {"tau": TAU, "L": np.array([1.4, 0.7, 1.0]), "b": 1.1, "psi": 1.3},
}
EXACT = 1e-12  # two equilibria in levels and one in changes, each good to about 1e-14; theta magnifies cutoffs


@cache
def levels(entry: str, name: str) -> Any:
    parameters = {**WORLD, **ENTRY[entry]}
    for key, change in SHOCKS[name].items():
        parameters[key] = (np.asarray(parameters[key]) * change).tolist()
    return solve({"model": "market_penetration", "parameters": parameters})


@pytest.mark.parametrize("name", SHOCKS)
@pytest.mark.parametrize("entry", ENTRY)
def test_exact_hats_equal_levels(entry: str, name: str) -> None:
    if {"fixed": "f_e", "free": "J"}[entry] == name:
        pytest.skip("has no part with this entry")
    before, after = levels(entry, "nothing"), levels(entry, name)
    seen, shapes = observed_of(before)
    hats = solve_hats(seen, Shock(**SHOCKS[name]), shapes)
    alone = solve_hats(Observed(before["trade_share"]), Shock(**SHOCKS[name]), shapes)
    for hat, variable in {
        "wage": "wage",
        "expenditure": "expenditure",
        "welfare": "welfare",
        "welfare_by_price": "welfare",
        "price_index": "price_index",
        "entrants": "mass_entrants",
        "trade_share": "trade_share",
        "trade_flow": "trade_flow",
        "sellers": "mass_sellers",
        "cutoff": "cutoff",
        "mean_sales": "mean_sales",
    }.items():
        assert getattr(hats, hat) == pytest.approx(after[variable] / before[variable], rel=EXACT), variable
        assert getattr(alone, hat) == pytest.approx(getattr(hats, hat), rel=EXACT), variable


@pytest.mark.parametrize("name", SHOCKS)
@pytest.mark.parametrize("entry", ENTRY)
def test_every_decomposition_adds_up(entry: str, name: str) -> None:
    if {"fixed": "f_e", "free": "J"}[entry] == name:
        pytest.skip("has no part with this entry")
    splits = compare_models(levels(entry, "nothing"), levels(entry, name)).decompositions
    assert set(splits) == {"welfare", "welfare_by_cutoff", "trade", "trade_local", "trade_log"}
    for key, split in splits.items():
        assert split.gap < 1e-12, key  # sums of a few numbers of order one
    assert "holds here" in splits["welfare"].note


def test_without_a_pareto_margins_and_cutoffs_still_split_the_change() -> None:
    given = {k: v for k, v in {**WORLD, **ENTRY["fixed"]}.items() if k not in {"theta", "theta_tilde", "b"}}
    given |= {"sigma": 5.0, "psi": 0.1, "productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.35}}
    before = solve({"model": "market_penetration", "parameters": given})
    after = solve({"model": "market_penetration", "parameters": {**given, "tau": 1.2}})
    splits = compare_models(before, after).decompositions
    assert set(splits) == {"welfare_by_cutoff", "trade", "trade_local", "trade_log"}
    for key, split in splits.items():
        assert split.gap < 1e-12, key
    with pytest.raises(InputError, match="Pareto"):
        observed_of(before)


@pytest.mark.parametrize("log_g", [0.09, -0.09])
@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0, 3.0])
def test_margins_are_sums_over_firms_of_what_each_does(beta: float, log_g: float) -> None:
    market, S, theta = pareto_market(1.5, 1 + 16 / 3, beta), 16 / 3, 8.0
    nodes, weights = np.polynomial.legendre.leggauss(400)
    # Firms by ln phi in panels that meet at both cutoffs.
    total = np.zeros(4)
    low, high = min(0.0, -log_g), max(0.0, -log_g)
    for a, b in ((low, high), (high, high + 1.0), (high + 1.0, high + 16.0)):
        z, w = 0.5 * (a + b) + 0.5 * (b - a) * nodes, 0.5 * (b - a) * weights
        mass = w * theta * np.exp(-theta * z)
        old, new = (np.exp(S * (z - c)) * _reach(z - c, S, beta) for c in (0.0, -log_g))
        stays = (z > 0.0) & (z > -log_g)
        per_consumer = np.where(stays, old * np.expm1(S * log_g), 0.0)
        consumers = np.where(stays, new - old, 0.0) - per_consumer
        total += [mass @ old, mass @ per_consumer, mass @ consumers, mass @ np.where(stays, 0.0, new - old)]
    found = margins(market, log_g)
    # 1e-9: the quadrature where n begins like a power.
    assert found.intensive == pytest.approx(total[1] / total[0], rel=1e-9)
    assert found.new_consumers == pytest.approx(total[2] / total[0], rel=1e-9, abs=1e-12)
    assert found.new_firms == pytest.approx(total[3] / total[0], rel=1e-9)


def _reach(lead: np.ndarray, S: float, beta: float) -> np.ndarray:
    lead = np.maximum(lead, 0.0)
    return (lead > 0.0).astype(float) if beta == 0.0 else -np.expm1(-(S / beta) * lead)


def test_growth_and_least_traded_shares_of_an_equilibrium_are_those_of_its_market() -> None:
    before, after = levels("fixed", "nothing"), levels("fixed", "tau")
    i, j = 1, 0
    log_g = np.log(before["cutoff"][i, j] / after["cutoff"][i, j])
    scale = after["sales_scale"][i, j] / before["sales_scale"][i, j]
    market = pareto_market(1.6, 1 + 7.0 / 1.6, 0.7)
    growth = growth_by_initial_size(before, after, i, j, bins=[0.0, 0.1, 0.5, 1.0])
    assert growth == pytest.approx(growth_by_size(market, log_g, scale, [0.0, 0.1, 0.5, 1.0]), rel=1e-10)
    assert least_traded(before, after, i, j) == pytest.approx(least_traded_share(market, log_g, scale), rel=1e-10)
    # The same from firms: 4000 of them at the middle of as many equal bins of rank.
    rank = (np.arange(4000) + 0.5) / 4000
    phi = before["cutoff"][i, j] * (1 - 0.1 * rank) ** (-1 / 7.0)
    old, new = (schedule(e, phi)["revenue"][i, j].sum() for e in (before, after))
    assert growth[0] == pytest.approx(new / old, rel=1e-6)  # a midpoint rule of 4000 points


def test_a_bin_that_leaves_the_market_sells_nothing() -> None:
    growth = growth_by_size(pareto_market(1.5, 5.0, 1.0), -0.1)
    assert growth[0] == 0.0
    assert 0.0 < growth[-1] < 1.0
    assert (np.diff(growth) >= 0.0).all()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"tau": np.ones((2, 2))}, "tau"),
        ({"L": [1.0, 2.0]}, "L"),
        ({"psi": -1.0}, "psi"),
        ({"f_e": 2.0}, "f_e"),
    ],
)
def test_a_wrong_shock_is_refused_by_name(change: dict[str, Any], key: str) -> None:
    seen, shapes = observed_of(levels("fixed", "nothing"))
    with pytest.raises(InputError, match=key):
        solve_hats(seen, Shock(**change), shapes)


def test_unbalanced_trade_and_broken_shares_are_refused() -> None:
    shares = levels("fixed", "nothing")["trade_share"]
    with pytest.raises(InputError, match="unbalanced"):
        Observed(shares, np.ones(3))
    with pytest.raises(InputError, match="sum to one"):
        Observed(1.1 * shares)
    with pytest.raises(InputError, match="theta_tilde"):
        Shapes(8.0, 0.9, 0.4, 0.3)
