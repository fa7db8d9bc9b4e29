"""Discrete productivity: the definition of equilibrium atom by atom, indifferent firms that divide included."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.bruteforce.families import make_family

from .cases import two
from .worlds import MODES, Prices, World, follow, market_profit, unit_cost

EIGHT = {"family": "empirical", "values": [1.33, 0.821, 0.783, 0.562, 0.536, 0.572, 0.32, 0.897]}
OTHER = {"family": "empirical", "values": [1.91, 4.23, 2.75, 1.78, 1.31, 1.48, 4.23, 0.968]}
THIRD = {"family": "empirical", "values": [0.403, 0.551, 1.03, 0.292, 0.679, 1.09, 0.414, 0.776]}
SIX = {"family": "empirical", "values": [2.31, 1.3, 2.59, 1.07, 3.65, 2.55]}
FIVE = {"family": "empirical", "values": [0.902, 0.841, 1.12, 2.56, 0.644]}
UNEVEN = {"family": "empirical", "values": [1.0, 1.5, 2.2], "weights": [5.0, 3.0, 1.0]}
#: Worlds by what the firms of an atom are indifferent between.
WORLDS: dict[str, World] = {
    "nobody is": two(UNEVEN, UNEVEN),
    "selling at home, importing for it, and not": World(
        2.32, (3.27, 3.02), (1.17, 1.12), (1.12, 1.03), (1.19, 4.64), (0.176, 0.0837), (0.503, 1.69), (2.65, 1.73),
        (0.913, 0.908), (EIGHT, EIGHT)),
    "selling at home, where inputs are not traded": World(
        1.65, (0.249, 1.63), (1.13, 1.7), (inf, inf), (0.286, 2.86), (0.0543, 1.56), (0.0737, 0.0614), (2.02, 0.253),
        (0.185, 2.46), (THIRD, THIRD)),
    "exporting": World(
        6.58, (20.6, 4.27), (1.1, 1.01), (1.5, 1.93), (0.441, 0.0645), (2.04, 0.745), (0.085, 0.1), (0.558, 3.04),
        (0.22, 0.629), (OTHER, OTHER)),
    "selling at home, in the only country with firms": World(
        4.99, (0.813, 0.942), (1.09, 1.06), (1.02, 1.04), (0.641, 0.502), (2.87, 4.3), (4.32, 4.01), (0.888, 0.319),
        (0.965, 0.476), (SIX, FIVE)),
    "importing and exporting, beside a density": World(
        9.38, (11.8, 39.4), (1.33, 1.11), (1.15, 1.45), (0.287, 0.488), (0.0941, 0.357), (1.1, 0.714), (0.202, 0.601),
        (0.133, 0.248), ({"family": "bounded_pareto", "k": 3.0, "lower": 0.3, "upper": 0.8},
                         {"family": "empirical", "values": [0.233, 1.09]})),
    "exporting with imports and not, beside a density": World(
        1.68, (44.0, 44.0), (2.85, 2.85), (1.02, 1.02), (0.18, 0.18), (0.213, 0.213), (0.214, 0.214), (0.171, 0.171),
        (0.466, 0.466), ({"family": "empirical", "values": [2.3, 1.99]},
                         {"family": "weibull", "shape": 1.19, "scale": 1.12})),
}  # fmt: skip


def deeds(world: World, at: Prices, i: int, j: int, phi: np.ndarray) -> np.ndarray:
    """Return what a firm in each mode of market j earns, sells, spends, fixes and adds (mode, column, atom)."""
    sigma, demand = world.sigma, at.P[j] ** (world.sigma - 1) * at.w[j] * world.L[j]
    base, more = (world.f_D[i], world.f_DM[i]) if i == j else (world.f_X[i], world.f_XM[i])
    profit = market_profit(world, at, i, j, phi)
    rows = np.zeros((3, 7, phi.size))
    for mode, (sells, imports) in enumerate(MODES):
        if sells:
            bundle, own = unit_cost(world, at.w, i, imports)
            cost = bundle * (1.0 if i == j else world.tau_X[i]) / phi
            price = sigma / (sigma - 1) * cost
            spent, one = cost * demand * price**-sigma, np.ones_like(phi)
            fixed = base + (more if imports else 0.0)
            rows[mode] = [profit[mode], demand * price ** (1 - sigma), spent * own, spent * (1 - own), fixed * one,
                          price ** (1 - sigma), one]  # fmt: skip
    return rows


def sums(world: World, at: Prices, i: int, j: int, revenue: float) -> tuple[np.ndarray, int]:
    """Sum over the draws of i what they do in market j, so that they sell `revenue` a draw; count indifferent atoms."""
    if i != j and not np.isfinite(world.tau_X[i]):
        return np.zeros(7), 0
    family = make_family(world.tables[i])
    if family.atoms is None:
        found = follow(world, at, i, j)
        return np.array([found.profit, found.revenue, found.inputs_own, found.inputs_bought, found.fixed,
                         found.price_power, found.sellers]), 0  # fmt: skip
    phi, which = np.unique(family.atoms[0], return_inverse=True)
    weight = np.bincount(which, family.atoms[1])
    each = weight * deeds(world, at, i, j, phi)
    profit = market_profit(world, at, i, j, phi)
    if not np.isfinite(world.tau_M[i]):
        profit[2] = -inf
    # a certificate of 1e-10 leaves profits uncertain by as much
    may = profit >= profit.max(axis=0) - 1e-9 * at.w[i] * world.f_D[i]
    torn = may.sum(axis=0) > 1
    total = each[:, :, ~torn][np.argmax(may, axis=0)[~torn], :, np.arange((~torn).sum())].sum(axis=0)
    assert torn.sum() <= 1, "one atom a market at most"
    for k in np.flatnonzero(torn):
        one, two = each[np.flatnonzero(may[:, k])][:, :, k]
        share = (revenue - total[1] - one[1]) / (two[1] - one[1])
        assert -1e-8 <= share <= 1 + 1e-8
        total = total + one + share * (two - one)
    return np.asarray(total), int(torn.sum())


@pytest.mark.parametrize("name", WORLDS)
def test_firms_do_what_pays_best_and_divide_only_where_indifferent(name: str) -> None:
    world = WORLDS[name]
    eq = solve(world.scenario())
    at = Prices(eq["wage"], eq["price_index"], eq["mass_entrants"])
    flow, M, w = eq["trade_flow"], eq["mass_entrants"], eq["wage"]
    some = np.where(M > 0, M, 1.0)
    found = [[sums(world, at, i, j, flow[i, j] / some[i]) for j in (0, 1)] for i in (0, 1)]
    total = np.array([[found[i][j][0] for j in (0, 1)] for i in (0, 1)])
    profit, revenue, own, bought, fixed, worth, sellers = np.moveaxis(total, -1, 0)
    rel = 1e-8  # profits that differ by 1e-9 count as one
    for i in (0, 1):
        if M[i] > 0:
            assert profit[i].sum() == pytest.approx(w[i] * world.f_E[i], rel=rel)
        else:
            assert profit[i].sum() <= w[i] * world.f_E[i] * (1 + rel)
    assert M[:, None] * revenue == pytest.approx(flow, rel=rel, abs=1e-12)
    assert M[:, None] * sellers == pytest.approx(eq["mass_sellers"], rel=rel, abs=1e-12)
    assert M * own.sum(axis=1) == pytest.approx(eq["E_D"], rel=rel, abs=1e-12)
    assert M * bought.sum(axis=1) == pytest.approx(eq["E_M"], rel=rel, abs=1e-12)
    assert M * fixed.sum(axis=1) == pytest.approx(eq["labour_fixed"], rel=rel, abs=1e-12)
    assert (M[:, None] * worth).sum(axis=0) ** (1 / (1 - world.sigma)) == pytest.approx(eq["price_index"], rel=rel)
    made = M * own.sum(axis=1) + (M * bought.sum(axis=1))[::-1]
    used = M * (np.array(world.f_E) + fixed.sum(axis=1)) + made / w
    assert used == pytest.approx(world.L, rel=rel)
    # the world is what its name says
    told = sum("they are indifferent" in note for note in eq.certificate.notes)
    assert (told > 0) == (name != "nobody is")
    assert sum(found[i][j][1] for i in (0, 1) if M[i] > 0 for j in (0, 1)) == (told > 0) + (
        name.startswith("importing")
    )
