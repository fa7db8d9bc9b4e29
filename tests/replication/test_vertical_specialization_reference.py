"""Every stored reference equilibrium of the vertical-specialization model, and every stored local response."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.verbs.elasticities import elasticities
from phistar.verbs.solve import solve
from tests.reference.vertical_specialization import CASES, LOCAL, scenario, symmetric_scenario

# The stored values are exact to the last bit; solving leaves residuals near 1e-15, and revenues a digit more.
RTOL = 1e-12

UNKNOWNS = {
    **{f"phi_{mode}": f"cutoff_{mode}" for mode in ("D", "DM", "X", "XM")},
    "B": "B",
    "R": "R",
    "w": "wage",
    "M_E": "mass_entrants",
    "M_D": "mass_active",
    "R_D": "R_D",
    "R_X": "R_X",
    "E": "E",
    "E_D": "E_D",
    "E_M": "E_M",
    "Y": "expenditure",
    "P": "price_index",
    "W": "welfare",
    "RX_over_EM": "final_to_input_ratio",
    "alpha_X": "alpha_X",
    "alpha_M": "alpha_M",
    "theta": "theta",
    "s": "domestic_input_share",
    "share_X": "exporter_share",
    "share_DM": "share_DM",
    "share_XM": "share_XM",
}
RATIOS = {
    "omega": "relative_wage",
    "W_ratio": "relative_welfare",
    "R_X_ratio": "relative_exports",
    "E_M_ratio": "relative_imports",
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_stored_number_of_a_reference_world_is_reproduced(case: dict[str, Any]) -> None:
    eq = solve(scenario(case))
    wrong: dict[str, Any] = {}
    compared = 0
    for name, stored in {**case["unknowns"], **case["other"]}.items():
        if name in RATIOS:
            got = float(eq[RATIOS[name]][0])
        else:
            got = float(eq[UNKNOWNS[name[:-1]]][int(name[-1]) - 1])
        compared += 1
        if not np.isclose(got, stored, rtol=RTOL, atol=0):
            wrong[name] = {"got": got, "stored": stored}
    assert not wrong, wrong
    assert compared == len(case["unknowns"]) + len(case["other"])


RESPONSES = {
    "omega_hat": "relative_wage",
    "W_hat": "relative_welfare",
    "RXratio_hat": "relative_exports",
    "EMratio_hat": "relative_imports",
    "RX1_over_EM1_hat": "final_to_input_ratio",
    "alphaX1_hat": "alpha_X",
    "alphaM1_hat": "alpha_M",
    "phiD1_hat": "cutoff_D",
    "phiDM1_hat": "cutoff_DM",
    "phiX1_hat": "cutoff_X",
    "phiXM1_hat": "cutoff_XM",
}
LEVELS = {"RX_over_EM": "final_to_input_ratio", "alpha_X": "alpha_X", "alpha_M": "alpha_M", "theta": "theta"}


@pytest.mark.parametrize("name", LOCAL)
def test_every_stored_elasticity_to_size_is_reproduced(name: str) -> None:
    eq = solve(symmetric_scenario(name))
    table, stored = elasticities(eq, to="L[0]"), LOCAL[name]
    for key, variable in LEVELS.items():
        assert np.isclose(eq[variable][0], stored[key], rtol=RTOL, atol=0), key
    for key, variable in RESPONSES.items():
        # linear algebra on 13 equations loses a digit or two
        assert np.isclose(table[variable, "L[0]"][0], stored[key], rtol=1e-10, atol=1e-12), key
