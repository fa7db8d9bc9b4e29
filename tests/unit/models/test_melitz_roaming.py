"""Worlds in which Newton has far to go, or runs into cliffs, are found all the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from phistar.models.melitz import roaming
from phistar.models.melitz.model import Melitz
from phistar.models.melitz.table import BELLS, Rows
from phistar.verbs.solve import solve

NARROW: dict[str, Any] = {"family": "bounded_pareto", "k": 16.0, "lower": 0.0216, "upper": 0.0223}
WIDE: dict[str, Any] = {"family": "bounded_pareto", "k": 0.616, "lower": 0.078, "upper": 0.248}

#: The second country's firms are nearly alike: all sell, or none.
CLIFFS: dict[str, Any] = {
    "sigma": 3.02, "L": [2.44, 3.82], "tau": [[1.0, 1.31], [1.25, 1.0]], "f": [[1.83, 1.37], [0.884, 0.787]],
    "productivity": [WIDE, NARROW], "f_e": [1.25, 1.75], "delta": [0.0632, 0.119],
}  # fmt: skip
#: Countries 2 and 4 trade next to nothing with 1 and 3: wages between the blocs have far to go.
BLOCS: dict[str, Any] = {
    "sigma": 19.0, "L": [0.18, 1.5, 2500.0, 0.078],
    "tau": [[1.0, 1.0, 3.0, 21.0], [1.2, 1.0, 24.0, 1.2], [3.4, 11.0, 1.0, 1.0], [3.0, 23.0, 1.5, 1.0]],
    "f": [[27.0, 3.2, 0.32, 16.0], [0.68, 200.0, 630.0, 8.9], [0.3, 0.28, 64.0, 0.0025], [0.014, 1.2, 430.0, 0.03]],
    "productivity": [
        {"family": "lognormal", "mu": mu, "sd": sd}
        for mu, sd in [(4.6, 0.91), (-2.9, 1.1), (-0.49, 0.45), (-0.96, 0.47)]
    ],
    "entry": "fixed", "J": [140.0, 0.17, 780.0, 770.0], "fixed_cost": "overhead",
}  # fmt: skip
FAR: dict[str, Any] = {
    "sigma": 1.6, "L": [6700.0, 5.9, 1.1, 0.14],
    "tau": [[1.0, 49.0, 1.1, 1.2], [math.inf, 1.1, 1.1, 1.0], [25.0, 1.0, 1.2, math.inf], [math.inf, 1.0, 1.0, 1.4]],
    "f": [[45.0, 740.0, 5e-3, 0.015], [0.052, 0.01, 2.3, 78.0], [0.2, 0.51, 17.0, 200.0], [350.0, 0.38, 2e-3, 240.0]],
    "productivity": [
        {"family": "weibull", "shape": shape, "scale": scale}
        for shape, scale in [(4.5, 0.015), (0.81, 24.0), (1.1, 0.025), (1.2, 0.091)]
    ],
    "f_e": [270.0, 0.015, 0.67, 3.7], "delta": [0.015, 0.022, 0.012, 0.022], "fixed_cost": "overhead",
}  # fmt: skip


@pytest.mark.parametrize("parameters", [CLIFFS, BLOCS, FAR], ids=["cliffs", "blocs", "far"])
def test_a_world_with_a_long_or_steep_way_to_its_equilibrium_is_certified(parameters):
    eq = solve({"model": "melitz", "parameters": parameters})
    assert eq.certificate.max_residual < 1e-10
    np.testing.assert_allclose(eq["trade_flow"].sum(axis=0), eq["trade_flow"].sum(axis=1), rtol=1e-9)


def test_a_short_support_is_smeared_in_wide_bells_and_is_itself_in_narrow_ones():
    m = Melitz.build({**CLIFFS, "productivity": [NARROW, NARROW]})
    rows, s = Rows(m), float(m.sigma) - 1.0
    bells = rows.bells()
    assert bells == list(BELLS[: len(bells)])
    assert 0 < len(bells) < len(BELLS)
    low, high = np.log(NARROW["lower"]), np.log(NARROW["upper"])
    for bell in bells:
        x = np.array([[low - 6.0 * bell / s, high + 6.0 * bell / s]] * 2)
        survival = rows.table(bell).tail(x, s).survival
        np.testing.assert_allclose(survival, [[1.0, 0.0]] * 2, atol=1e-6)
    inside = np.linspace(low, high, 9)[1:-1][None].repeat(2, axis=0)
    exact = m.productivity.tail(inside, s)
    np.testing.assert_allclose(rows.table(BELLS[len(bells)]).tail(inside, s).survival, exact.survival, rtol=1e-4)


def test_a_wide_support_is_never_smeared():
    assert Rows(Melitz.build({**CLIFFS, "sigma": 8.0, "productivity": {**WIDE, "upper": 8.0}})).bells() == []


def atoms(values: list[float], weights: list[float] | None = None) -> dict[str, Any]:
    return {"family": "empirical", "values": values} | ({"weights": weights} if weights else {})


#: Of the large country's last atom six firms in a million million export, and the small one buys a little of them.
SLICE: dict[str, Any] = {
    "sigma": 6.0, "L": [0.038, 5300.0], "tau": [[1.0, 1.1], [1.5, 1.0]], "f": [[250.0, 0.21], [78.0, 0.086]],
    "productivity": [
        atoms([0.1, 0.035, 0.011, 0.058, 0.02, 0.063, 0.061, 0.033, 0.033]),
        atoms([2.6, 2.8, 1.3, 1.9, 0.92, 10.0, 2.1, 3.0, 3.3, 0.92]),
    ],
    "entry": "fixed", "fixed_cost": "overhead", "J": [0.23, 6000.0],
}  # fmt: skip
#: An ordinary world in which next to nothing of the third country's last atom exports.
LITTLE: dict[str, Any] = {
    "sigma": 2.6, "L": [3.6, 3.0, 4.9], "tau": [[1.0, 1.3, 1.2], [1.1, 1.0, 1.2], [math.inf, 1.3, 1.0]],
    "f": [[0.52, 1.3, 0.84], [0.57, 1.2, 1.8], [0.67, 1.2, 0.76]],
    "productivity": [
        atoms([2.4, 9.4, 13.0, 5.7, 3.6, 7.9, 7.5, 21.0]),
        {"family": "lognormal", "mu": -0.19, "sd": 0.086},
        atoms([0.22, 0.13, 0.085], [0.92, 0.044, 0.04]),
    ],
    "f_e": [1.4, 1.1, 1.8], "delta": [0.026, 0.5, 0.022], "fixed_cost": "overhead",
}  # fmt: skip
#: Between two bells the way is too steep.
STEEP: dict[str, Any] = {
    "sigma": 4.0, "L": [6.4, 0.35, 0.34], "tau": [[1.1, 1.2, 1.2], [1.5, 1.3, 1.5], [1.0, 1.8, 1.0]],
    "f": [[4.4, 10.0, 2.9], [7.7, 0.33, 0.32], [0.22, 12.0, 10.0]],
    "productivity": [
        atoms([92.0, 100.0, 150.0], [0.03, 0.39, 0.58]),
        {"family": "lognormal_pareto", "mu": -4.2, "sd": 0.42, "k": 22.0},
        atoms([12.0, 23.0, 17.0, 31.0, 15.0, 2.2, 30.0, 11.0], [0.07, 0.039, 0.05, 0.27, 0.4, 0.014, 0.095, 0.058]),
    ],
    "f_e": [0.15, 0.98, 8.2], "delta": [0.016, 0.98, 0.074],
}  # fmt: skip


@pytest.mark.parametrize("parameters", [SLICE, LITTLE, STEEP], ids=["slice", "little", "steep"])
def test_a_world_whose_marginal_atoms_are_hard_to_tell_is_certified(parameters):
    eq = solve({"model": "melitz", "parameters": parameters})
    assert eq.certificate.max_residual < 1e-10
    np.testing.assert_allclose(eq["trade_flow"].sum(axis=0), eq["trade_flow"].sum(axis=1), rtol=1e-9)


def bells_met(lost: list[bool], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Go through bells of widths 0.5, 0.125 and 0.03125 where searches in turn are `lost` or not; list those tried."""
    tried, fate = [], iter(lost)

    def search(*_: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.zeros((2, 1)), np.zeros((2, 1)), np.array([1.0 if next(fate, False) else 0.0])

    m = Melitz.build(CLIFFS).batched()
    rows = Rows(m)
    monkeypatch.setattr(roaming, "find_smooth", search)
    monkeypatch.setattr(rows, "table", lambda bell: tried.append(bell) or m.productivity)
    list(roaming.through_bells(m, rows, [0.5, 0.125, 0.03125]))
    return tried


def test_a_bell_too_steep_is_led_up_to_by_one_between(monkeypatch):
    assert bells_met([False, True], monkeypatch) == [0.5, 0.125, 0.25, 0.125, 0.03125]


def test_a_first_bell_too_steep_is_led_up_to_by_a_wider_one(monkeypatch):
    assert bells_met([True], monkeypatch) == [0.5, 2.0, 0.5, 0.125, 0.03125]


def test_bells_end_where_too_many_are_missed(monkeypatch):
    assert len(bells_met([False] + 50 * [True], monkeypatch)) == 5
    assert bells_met(50 * [True], monkeypatch) == [0.5, 2.0, 8.0]
