"""Every stored reference equilibrium, every stored output that the library reports."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from phistar.verbs.solve import solve
from tests.reference.melitz import CASES, TAU_PATH, expected, scenario

# The stored values are exact to the last bit. Solving leaves residuals near 1e-15; the worst-conditioned
# output is a moment of a Pareto with k - (sigma-1) = 0.25 (condition 17 in k, 4 in the cutoff), and special
# functions of the tails cost another digit: 1e-12 leaves a factor of about 10 above what rounding can do.
RTOL = 1e-12

BY_COUNTRY = {
    "active_cutoff": lambda eq: np.array([eq["cutoff_effective"][i].min() for i in range(len(eq.countries))]),
    "prob_active": lambda eq: eq["mass_active"] / eq["mass_entrants"],
    "M_active": "mass_active",
    "phi_tilde_active": "phi_tilde",
    "mean_phi_active": "mean_productivity",
    "mean_lnphi_active": "mean_log_productivity",
    "revenue_weighted_lnphi": "revenue_weighted_log_productivity",
    "revenue_weighted_phi": "revenue_weighted_productivity",
    "gate_output_per_worker": "output_per_worker",
    "gate_output_per_production_worker": lambda eq: (
        eq["output_per_worker"] * np.asarray(eq.model.as_parameters()["L"]) / eq["labour_production"]
    ),
    "avg_revenue_active": "revenue_average",
    "avg_profit_active": "profit_average",
    "labour_variable": "labour_production",
    "labour_fixed_domestic": "labour_fixed",
    "labour_fixed_export": "labour_export",
    "labour_entry": "labour_entry",
    "export_cutoff_any": lambda eq: _lowest_export_cutoff(eq),
    "M_exporters": "mass_exporters",
    "share_exporting": "exporter_share",
    "share_domestic_only": lambda eq: 1 - eq["exporter_share"],
    "export_revenue_share": "export_revenue_share",
    "premium_domestic_sales": "premium_domestic_sales",
    "premium_revenue": "premium_revenue",
    "premium_employment": "premium_employment",
    "premium_lnphi": "premium_log_productivity",
    "premium_phi_tilde": "premium_phi_tilde",
    "premium_mean_phi": "premium_productivity",
    "premium_revenue_per_worker": "premium_revenue_per_worker",
    "E_draw_stock": "mass_entrants",
    "entrant_flow": "entry_flow",
    "welfare": "welfare",
    "price_index": "price_index",
    "M_variety_total": "variety",
    "phi_tilde_total": "phi_tilde_total",
    "w": "wage",
    "P": "price_index",
    "real_wage": "real_wage",
    "A": lambda eq: eq["price_index"] ** (float(eq.model.as_parameters()["sigma"]) - 1) * eq["expenditure"],
    # diagonal and off-diagonal entries of matrices, for the symmetric worlds
    "phi_star_zero_profit_domestic": lambda eq: np.diag(eq["cutoff_zero_profit"]),
    "phi_star_effective": lambda eq: np.diag(eq["cutoff_effective"]),
    "phi_x_zero_profit": lambda eq: _off(eq["cutoff_zero_profit"]),
    "phi_x_effective": lambda eq: _off(eq["cutoff_effective"]),
    "domestic_share": lambda eq: np.diag(eq["trade_share"]),
    "trade_elasticity_partial": lambda eq: eq["trade_elasticity"] if eq["wage"].std() else _off(eq["trade_elasticity"]),
    "M_serving": lambda eq: _serving(eq),
    "phi_tilde_by_dest": lambda eq: _by_destination(eq),
    # matrices
    "cutoff_zero_profit": "cutoff_zero_profit",
    "cutoff_effective": "cutoff_effective",
    "X": "trade_flow",
    "trade_share": "trade_share",
}
# How the reference describes or checks itself, and two things the library reports in another form:
# the hazards (trade_elasticity less sigma - 1) and the elasticity with cutoffs adjusting (test_melitz_sheet).
NOT_VARIABLES = {
    "check_welfare_M_phi",
    "check_labour",
    "scale_binding",
    "all_export_corner",
    "gamma_dom",
    "gamma_exp",
    "trade_elasticity_full",
}


def _off(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.eye(len(matrix), dtype=bool)]


def _lowest_export_cutoff(eq: Any) -> np.ndarray:
    cutoff = np.array(eq["cutoff_effective"])
    np.fill_diagonal(cutoff, np.inf)
    return cutoff.min(axis=1)


def _symmetric(eq: Any) -> bool:
    return bool(np.ptp(eq["mass_entrants"]) < 1e-9 * eq["mass_entrants"].max())


def _first_row(eq: Any, name: str) -> np.ndarray:
    return eq[name][0, :2] if _symmetric(eq) else eq[name]


def _serving(eq: Any) -> np.ndarray:
    return _first_row(eq, "mass_sellers")


def _by_destination(eq: Any) -> np.ndarray:
    return _first_row(eq, "phi_tilde_market")


def reported(eq: Any, name: str) -> np.ndarray:
    how = BY_COUNTRY[name]
    return np.asarray(eq[how] if isinstance(how, str) else how(eq), dtype=float)


def assert_equals_stored(eq: Any, stored: dict[str, Any]) -> int:
    """Compare every stored number; return how many outputs were compared."""
    wrong, count = {}, 0
    for name, value in stored.items():
        if name in NOT_VARIABLES:
            continue
        got = reported(eq, name)
        want = np.broadcast_to(np.asarray(value, dtype=float), got.shape)
        count += 1
        # an absolute floor only where the stored value is exactly zero
        if not np.allclose(got, want, rtol=RTOL, atol=1e-15):
            wrong[name] = {"got": got.tolist(), "stored": value}
    assert not wrong, wrong
    return count


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_stored_output_of_a_reference_world_is_reproduced(case: dict[str, Any]) -> None:
    eq = solve(scenario(case))
    assert assert_equals_stored(eq, expected(case)) >= 20  # nothing was skipped by accident


FLAGGED = {name: case for name, case in CASES.items() if "scale_binding" in expected(case)}


@pytest.mark.parametrize("case", FLAGGED.values(), ids=list(FLAGGED))
def test_flags_of_the_reference_worlds_are_reproduced(case: dict[str, Any]) -> None:
    eq = solve(scenario(case))
    assert expected(case)["scale_binding"] is False
    assert not eq.certificate.checks["nobody_screened_out"]
    overruled = bool(np.any(eq["cutoff_zero_profit"].diagonal() > eq["cutoff_effective"].diagonal()))
    # in one of them selection is on total profit, the domestic cutoff overruled, and everybody exports
    assert overruled == (case["id"] == "pub07_all_export_overhead")
    if overruled:
        assert np.allclose(eq["exporter_share"], 1, rtol=0, atol=1e-15)


@pytest.mark.parametrize("point", TAU_PATH, ids=[f"tau={p['tau']}" for p in TAU_PATH])
def test_the_path_of_iceberg_costs_is_reproduced(point: dict[str, float]) -> None:
    given = copy.deepcopy(scenario(CASES["pub02_sym2_pareto"]))
    given["parameters"]["tau"] = point["tau"]
    assert_equals_stored(solve(given), {k: v for k, v in point.items() if k != "tau"})
