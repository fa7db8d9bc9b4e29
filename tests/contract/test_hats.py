"""Exact hats from observed flows equal the ratio of two equilibria solved in levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.blocks.hats import Baseline, Shock, solve_hats
from phistar.verbs.solve import solve

EXACT = 1e-11  # two equilibria in levels and one in changes, each certified near 1e-14; k/(k-s) = 5 magnifies
K, SIGMA = 4.75, 4.0
WORLD: dict[str, Any] = {
    "sigma": SIGMA,
    "L": [10.0, 6.0, 3.0],
    "tau": [[1.0, 1.25, 1.6], [1.45, 1.0, 1.3], [1.5, 1.35, 1.0]],
    "f": [[1.0, 1.4, 1.6], [1.3, 0.9, 1.5], [1.2, 1.5, 0.8]],
}
SCALE = [1.0, 1.1, 0.9]
ENTRY = {"free": {"f_e": [2.0, 1.8, 2.2], "delta": 0.1}, "fixed": {"entry": "fixed", "J": [8.0, 3.0, 5.0]}}
CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "iceberg costs": {"iceberg": np.array([[1.0, 1.3, 0.9], [1.1, 1.0, 1.2], [0.95, 1.4, 1.0]])},
    "access costs": {"access": np.array([[1.1, 1.3, 0.9], [1.1, 0.9, 1.2], [1.2, 0.9, 1.0]])},
    "labour": {"labour": np.array([1.2, 0.9, 2.0])},
    "productivity": {"scale": np.array([1.0, 1.15, 0.95])},
    "entry costs": {"entry_cost": np.array([1.3, 0.8, 1.0])},
    "all of it": {
        "iceberg": np.array([[1.0, 1.3, 1.1], [1.1, 1.0, 1.2], [1.2, 1.4, 1.0]]),
        "access": 1.1,
        "labour": np.array([1.2, 0.9, 1.5]),
        "scale": np.array([1.05, 1.1, 0.95]),
    },
}


def levels(entry: str, change: dict[str, Any]) -> Any:
    parameters = {**WORLD, **ENTRY[entry]}
    parameters["tau"] = (np.array(WORLD["tau"]) * change.get("iceberg", 1.0)).tolist()
    parameters["f"] = (np.array(WORLD["f"]) * change.get("access", 1.0)).tolist()
    parameters["L"] = (np.array(WORLD["L"]) * change.get("labour", 1.0)).tolist()
    if "entry_cost" in change:
        parameters["f_e"] = (np.array(parameters["f_e"]) * change["entry_cost"]).tolist()
    scales = np.array(SCALE) * change.get("scale", 1.0)
    parameters["productivity"] = [{"family": "pareto", "k": K, "scale": float(b)} for b in scales]
    return solve({"model": "melitz", "parameters": parameters})


#: A fixed stock of draws has no entry cost.
CASES = [(entry, name) for entry in ENTRY for name in CHANGES if (entry, name) != ("fixed", "entry costs")]


@pytest.mark.parametrize(("entry", "name"), CASES)
def test_exact_hats_equal_levels(entry: str, name: str) -> None:
    change = CHANGES[name]
    before, after = levels(entry, {}), levels(entry, change)
    interior = after["cutoff_zero_profit"] > np.array(SCALE)[:, None] * 1.2
    assert interior.all(), "hats are exact only where no cutoff meets the lower end of productivity"
    hats = solve_hats(Baseline(before["trade_flow"], SIGMA, K, entry=entry), Shock(**change), numeraire=0)
    for hat, variable in {
        "wage": "wage",
        "price_index": "price_index",
        "entrants": "mass_entrants",
        "cutoff": "cutoff",
        "sellers": "mass_sellers",
    }.items():
        got, want = getattr(hats, hat), after[variable] / before[variable]
        assert got == pytest.approx(want, rel=EXACT), variable
    assert hats.flows_cf == pytest.approx(after["trade_flow"], rel=EXACT)
    assert hats.shares_cf == pytest.approx(after["trade_share"], rel=EXACT)
    assert hats.expenditure_cf == pytest.approx(after["expenditure"], rel=EXACT)
