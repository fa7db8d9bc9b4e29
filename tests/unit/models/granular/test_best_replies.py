"""Firms' best replies by numerical search in price and varieties, from demand and costs alone, against the solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from phistar.verbs.solve import solve

INSTANCES = range(50)
#: Those of them in which some firm is excluded.
EXCLUDING = (1, 2, 3, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 23, 27, 29, 30, 33, 35, 36, 37, 38, 39, 40, 41, 42, 46, 47)
# Profits are compared over spending: sums of a few terms near one, each good to 1e-16.
NO_GAIN = 1e-10


def instance(seed: int) -> dict[str, Any]:
    """Draw a world: sigma, costs, spending, two to nine firms, either upper tier."""
    rng = np.random.default_rng([17, seed])
    sigma = rng.uniform(2.5, 9.0)
    parameters: dict[str, Any] = {
        "sigma": sigma,
        "K_1": rng.uniform(0.5, 8.0),
        "productivities": (0.2 * rng.random(rng.integers(2, 10)) ** (-1 / rng.uniform(3.0, 20.0))).tolist(),
    }
    if seed % 2:
        return {**parameters, "upper": "ces", "eta": rng.uniform(1.2, 0.6 * sigma + 0.4), "I": rng.uniform(500, 3000)}
    return {**parameters, "R": rng.uniform(300, 2000)}


class Rivals:
    """Profit of one Bertrand firm in (ln p, ln N) with every rival's price and varieties fixed."""

    def __init__(self, p: dict[str, Any], eq: Any, firm: int) -> None:
        self.p, self.phi = p, float(eq["productivity"][firm])
        index = np.nan_to_num(eq["varieties"]) * np.where(eq["active"] > 0, eq["price"], 1.0) ** (1 - p["sigma"])
        index = eq["copies"] * np.where(eq["active"] > 0, index, 0.0)
        own = index[firm] / eq["copies"][firm] if eq["active"][firm] else 0.0
        self.others = float(index.sum() - own)

    def profit(self, log_choice: np.ndarray) -> float:
        price, varieties = np.exp(log_choice)
        sigma = self.p["sigma"]
        own = varieties * price ** (1 - sigma)
        P = (self.others + own) ** (1 / (1 - sigma))
        spending = self.p.get("R")
        if spending is None:
            spending = self.p["I"] * P ** (1 - self.p["eta"]) / (1 + P ** (1 - self.p["eta"]))
        sales = spending * own / (self.others + own)
        return float(sales * (1 - 1 / (self.phi * price)) - self.p["K_1"] * varieties)

    def best(self, starts: list[np.ndarray]) -> tuple[float, np.ndarray]:
        found = []
        for start in starts:
            rough = minimize(lambda c: -self.profit(c), start, method="Nelder-Mead",
                             options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000})  # fmt: skip
            found.append((-rough.fun, rough.x))
        return max(found, key=lambda pair: pair[0])


def survivors(eq: Any) -> list[int]:
    return np.flatnonzero(eq["active"] > 0).tolist()


@pytest.mark.parametrize("seed", INSTANCES)
def test_no_survivor_gains_by_another_price_or_range(seed: int) -> None:
    p = instance(seed)
    eq = solve({"model": "granular", "parameters": p})
    for firm in survivors(eq):
        rivals = Rivals(p, eq, firm)
        here = np.log([eq["price"][firm], eq["varieties"][firm]])
        at_home = rivals.profit(here)
        # the search's own profit function is the model's
        assert at_home == pytest.approx(eq["profit"][firm], rel=1e-9, abs=1e-12 * float(eq["expenditure"]))
        best, _ = rivals.best([here, here + np.array([0.1, -0.5])])
        assert best - at_home <= NO_GAIN * float(eq["expenditure"])


@pytest.mark.parametrize("seed", range(0, 50, 5))
def test_search_from_afar_comes_back_to_the_equilibrium(seed: int) -> None:
    p = instance(seed)
    eq = solve({"model": "granular", "parameters": p})
    firm = survivors(eq)[0]
    here = np.log([eq["price"][firm], eq["varieties"][firm]])
    best, where = Rivals(p, eq, firm).best([here + np.array([0.3, -1.0]), here + np.array([-0.02, 1.0])])
    assert best == pytest.approx(eq["profit"][firm], rel=1e-9)
    assert where == pytest.approx(here, abs=1e-4)  # a flat top: profit to 1e-10 pins the choice to its root


@pytest.mark.parametrize("seed", EXCLUDING)
def test_nobody_excluded_gains_by_entering_with_a_small_range(seed: int) -> None:
    p = instance(seed)
    eq = solve({"model": "granular", "parameters": p})
    excluded = np.flatnonzero(eq["active"] == 0).tolist()
    assert excluded
    for firm in excluded:
        rivals = Rivals(p, eq, firm)
        price = p["sigma"] / (p["sigma"] - 1) / eq["productivity"][firm]
        for varieties in (1e-6, 1e-3, 0.1, 1.0, 10.0):
            for markup in (0.9, 1.0, 1.05, 1.2):
                assert rivals.profit(np.log([markup * price, varieties])) < 0.0
