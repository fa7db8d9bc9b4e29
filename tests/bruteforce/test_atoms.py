"""Discrete productivity: the definition of equilibrium atom by atom, mixing at the margin included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.contract.samples.families import ATOMS
from tests.contract.samples.melitz import MELITZ

from .families import make_family
from .worlds import World, make_world, sales

FEW = {"family": "empirical", "values": [0.7, 1.0, 1.5]}
TWO: dict[str, Any] = {
    "L": [1.0, 2.5],
    "tau": [[1.0, 1.1], [1.15, 1.0]],
    "f_e": [2.0, 1.5],
    "delta": 0.3,
    "f": [[1.0, 1.2], [1.1, 1.1]],
    "sigma": 3.5,
}
WORLDS: dict[str, World] = {
    # known to exist: found by smearing every atom and narrowing the smear to 1e-4 (one origin mixes at 2.2)
    "seven atoms, three countries": make_world(**MELITZ["atoms"].parameters),
    "three atoms": make_world(**TWO, productivity=FEW),
    "one atom": make_world(**TWO, productivity={"family": "empirical", "values": [1.0]}),
    "one atom, symmetric": make_world(
        **{
            **TWO,
            "L": [1.0, 1.0],
            "f": [[1.0, 1.3], [1.3, 1.0]],
            "tau": [[1.0, 1.3], [1.3, 1.0]],
            "f_e": 2.0,
        },
        productivity={"family": "empirical", "values": [1.0]},
    ),
    "unlike atoms": make_world(**TWO, productivity=[ATOMS, FEW]),
    "atoms beside a density": make_world(**TWO, productivity=[FEW, {"family": "lognormal", "mu": 0.0, "sd": 0.5}]),
    "fixed entry": make_world(**{**TWO, "entry": "fixed", "J": [0.8, 1.5]}, productivity=ATOMS),
    "a closed economy": make_world(sigma=3.5, L=[2.0], tau=[[1.0]], f=[[1.0]], f_e=2.0, delta=0.3, productivity=FEW),
}


def shares_allowed(profit: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest share of each atom that may sell: any if it earns nothing."""
    # a certificate of 1e-10 leaves sales, hence profit, uncertain by as much
    just = np.abs(profit) <= 1e-9 * scale
    return np.where(just, 0.0, profit > 0), np.where(just, 1.0, profit > 0)


@pytest.mark.parametrize("name", WORLDS)
def test_atoms_sell_where_it_pays_and_mix_only_where_indifferent(name: str) -> None:
    world = WORLDS[name]
    eq = solve(world.scenario())
    wage, P, E = eq["wage"], eq["price_index"], eq["mass_entrants"]
    demand = eq["expenditure"] * P ** (world.sigma - 1)
    for i in range(world.count):
        family = make_family(world.productivity[i])
        if family.atoms is None:
            continue
        phi, weight = family.atoms
        revenue = sales(world, i, wage, demand, phi)
        expected_profit = 0.0
        for j in range(world.count):
            fixed = wage[i] * world.f[i, j]
            profit = revenue[j] / world.sigma - fixed
            least, most = shares_allowed(profit, fixed)
            sellers = eq["mass_sellers"][i, j] / E[i]
            assert weight @ least - 1e-9 <= sellers <= weight @ most + 1e-9, (i, j)
            # the sales of those who certainly sell, and of the share of the marginal atom that does
            marginal = (least < most) & (weight > 0)
            share = (sellers - weight @ least) / weight[marginal].sum() if marginal.any() else 0.0
            sold = (weight * (least + np.where(marginal, share, 0.0))) @ revenue[j]
            assert E[i] * sold == pytest.approx(eq["trade_flow"][i, j], rel=1e-8, abs=1e-14)
            expected_profit += float(weight @ np.maximum(profit, 0.0))
        if world.entry == "free":
            assert expected_profit == pytest.approx(wage[i] * world.delta[i] * world.f_e[i], rel=1e-9)
    # sellers are nested: whoever sells anywhere sells in the market that most sell in
    assert eq["mass_active"] == pytest.approx(eq["mass_sellers"].max(axis=1), rel=1e-9)
    assert eq["trade_flow"].sum(axis=0) == pytest.approx(eq["expenditure"], rel=1e-9)
    assert eq["trade_flow"].sum(axis=1) == pytest.approx(eq["expenditure"], rel=1e-9)


def test_the_mixing_equilibrium_found_by_smearing_atoms_is_found() -> None:
    eq = solve(WORLDS["seven atoms, three countries"].scenario())
    # the smear of width 1e-4 moves wages by 5e-5, welfare and the mixing share by about 1e-4
    assert eq["wage"] == pytest.approx([1.0, 0.92615, 0.93350], abs=2e-4)
    assert eq["welfare"] == pytest.approx([1.5960, 1.3624, 1.0402], abs=1e-3)
    assert eq["mass_sellers"][1, 0] / eq["mass_entrants"][1] == pytest.approx(0.0315, abs=1e-3)
