"""Without diminishing returns to marketing the model is the library's Melitz, at the same primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve

PARETO = [{"family": "pareto", "k": 6.5, "scale": b} for b in (1.0, 0.9, 1.1)]
MIXED = [
    {"family": "lognormal", "mu": 0.1, "sd": 0.4},
    {"family": "bounded_pareto", "k": 3.0, "lower": 0.7, "upper": 6.0},
    {"family": "weibull", "shape": 1.5, "scale": 1.0},
]
SIGMA, PSI = 4.2, 0.6
L = np.array([1.0, 0.4, 2.5])
TAU = [[1.02, 1.3, 1.5], [1.25, 1.0, 1.4], [1.45, 1.35, 1.0]]
FIXED = {"entry": "fixed", "J": [1.0, 0.6, 2.2]}
FREE = {"entry": "free", "f_e": [0.2, 0.25, 0.18]}
#: What both models report under the same name and mean alike.
SHARED = (
    "wage", "expenditure", "price_index", "welfare", "cutoff", "mass_entrants", "mass_active", "mass_exporters",
    "mass_sellers", "seller_share", "exporter_share", "trade_flow", "trade_share", "trade_elasticity", "variety",
    "productivity_average", "export_revenue_share", "labour_production", "profit_total",
)  # fmt: skip


def penetration(tables: Any, entry: dict[str, Any], alpha: float, gamma: float, beta: float) -> Any:
    parameters = {"sigma": SIGMA, "beta": beta, "alpha": alpha, "gamma": gamma, "psi": PSI, "L": L.tolist(),
                  "tau": TAU, "productivity": tables, **entry}  # fmt: skip
    return solve({"model": "market_penetration", "parameters": parameters})


def melitz(tables: Any, entry: dict[str, Any], alpha: float) -> Any:
    """Solve with what marketing costs when it is a fixed cost in the exporter's labour, L_j^alpha/psi."""
    f = np.broadcast_to(L**alpha / PSI, (3, 3))
    parameters = {"sigma": SIGMA, "L": L.tolist(), "tau": TAU, "f": f.tolist(), "productivity": tables, **entry}
    return solve({"model": "melitz", "parameters": parameters})


def shared(one: Any, other: Any) -> list[str]:
    return [name for name in SHARED if name in one.values and name in other.values]


@pytest.mark.parametrize("alpha", [0.0, 0.44, 1.0])
@pytest.mark.parametrize("entry", [FIXED, FREE], ids=["fixed entry", "free entry"])
@pytest.mark.parametrize("tables", [PARETO, MIXED], ids=["pareto", "mixed"])
def test_with_constant_returns_to_marketing_it_is_melitz(tables: Any, entry: dict[str, Any], alpha: float) -> None:
    found, known = penetration(tables, entry, alpha, 0.0, 0.0), melitz(tables, entry, alpha)
    names = shared(found, known)
    assert len(names) >= 16
    for name in names:
        # two searches, each to some 1e-13, of a system that theta = 6.5 conditions
        assert np.allclose(found[name], known[name], rtol=1e-10, atol=1e-13), name


def test_gamma_does_not_matter_between_identical_countries() -> None:
    worlds = []
    for gamma in (0.0, 0.31, 1.0):
        parameters = {"sigma": SIGMA, "theta": 6.5, "beta": 0.0, "alpha": 0.0, "gamma": gamma, "psi": 0.2,
                      "L": [1.0, 1.0], "tau": 1.4}  # fmt: skip
        worlds.append(solve({"model": "market_penetration", "parameters": parameters}))
    f = [[5.0, 5.0], [5.0, 5.0]]
    known = solve({"model": "melitz", "parameters": {
        "sigma": SIGMA, "L": [1.0, 1.0], "tau": 1.4, "f": f, "entry": "fixed", "J": 1.0,
        "productivity": {"family": "pareto", "k": 6.5, "scale": 1.0}}})  # fmt: skip
    for found in worlds:
        for name in shared(found, known):
            assert np.allclose(found[name], known[name], rtol=1e-10, atol=1e-13), name  # two searches


@pytest.mark.parametrize("tables", [PARETO, MIXED[:1] * 3], ids=["pareto", "lognormal"])
def test_the_limit_is_approached_in_proportion_to_beta(tables: Any) -> None:
    names = ("wage", "price_index", "trade_flow", "cutoff", "mass_sellers", "mean_sales", "mean_reach")
    limit = penetration(tables, FIXED, 0.3, 0.0, 0.0)
    gaps = []
    for beta in (1e-4, 1e-6, 1e-8):
        near = penetration(tables, FIXED, 0.3, 0.0, beta)
        gaps.append(max(float(np.max(np.abs(near[name] / limit[name] - 1))) for name in names))
    # first order in beta, so a hundredth of beta is a hundredth of the gap but for the next order, 1e-4 here
    assert gaps[1] / gaps[0] == pytest.approx(1e-2, rel=2e-3)
    assert gaps[2] / gaps[1] == pytest.approx(1e-2, rel=2e-3)


@pytest.mark.parametrize(
    "tables", [PARETO, pytest.param(MIXED[:1] * 3, marks=pytest.mark.slow)], ids=["pareto", "lognormal"]
)
def test_nothing_happens_at_beta_one(tables: Any) -> None:
    at = penetration(tables, FIXED, 0.3, 0.4, 1.0)
    for gap in (1e-12, 1e-9, 1e-6):
        sides = [penetration(tables, FIXED, 0.3, 0.4, 1.0 + side * gap) for side in (-1, 1)]
        for name, value in at.values.items():
            below, above = (side[name] for side in sides)
            # the middle of both sides is the value at one, up to the square of the gap and what solving leaves
            assert np.allclose(0.5 * (below + above), value, rtol=1e-11, atol=1e-13), name
            assert np.allclose(below, value, rtol=20 * gap + 1e-11, atol=1e-13), name
