"""The displayed equations, each against numbers worked by hand from its letters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.models.registry import get_model
from phistar.models.vertical_specialization import equations as eq

PARETO = {"family": "pareto", "k": 5.0}
GIVEN: dict[str, Any] = {
    "sigma": 3.0,
    "L": [2.0, 1.5],
    "tau_X": [1.2, 1.3],
    "tau_M": [1.4, 1.6],
    "f_D": [1.0, 1.1],
    "f_X": [1.5, 1.6],
    "f_DM": [1.7, 1.8],
    "f_XM": [1.9, 2.1],
    "f_E": [2.0, 2.2],
    "productivity": PARETO,
}
W, B = np.array([1.1, 0.9]), np.array([1.3, 1.7])
EXACT = 1e-14  # a handful of operations


def model(**changes: Any) -> Any:
    return get_model("vertical_specialization").build({**GIVEN, **changes})


def test_the_cutoffs_are_those_of_equation_1_with_the_exporters_own_wage() -> None:
    m = model()
    got = np.exp(2.0 * eq.log_cutoffs(m, np.log(W), np.log(B), eq.fixed_costs(m, np.log(W))))
    for i, j in ((0, 1), (1, 0)):
        f_D, f_X, f_DM, f_XM = (GIVEN[f][i] for f in ("f_D", "f_X", "f_DM", "f_XM"))
        tau_X, tau_M = GIVEN["tau_X"][i], GIVEN["tau_M"][i]
        want = [
            f_D * W[i] ** 3 / B[i],
            f_DM * W[i] * (tau_M * W[j]) ** 2 / B[i],
            f_X * W[i] * (tau_X * W[i]) ** 2 / B[j],
            f_XM * W[i] * (tau_X * tau_M * W[j]) ** 2 / B[j],
        ]
        assert np.allclose(got[i], want, rtol=EXACT, atol=0)


def test_where_importing_is_cheap_both_cutoffs_are_that_of_firms_that_import() -> None:
    m = model(f_DM=[0.1, 0.1])
    fixed = eq.fixed_costs(m, np.log(W))
    got = np.exp(2.0 * eq.log_cutoffs(m, np.log(W), np.log(B), fixed))
    assert not eq.strict_selection(m, np.log(W))[:, 0].any()
    assert eq.strict_selection(m, np.log(W))[:, 1].all()
    for i, j in ((0, 1), (1, 0)):
        f, tau_M = GIVEN["f_D"][i] + 0.1, GIVEN["tau_M"][i]
        # B phi^(s-1) (w_i^(1-s) + (tau_M w_j)^(1-s)) = w_i (f_D + f_DM)
        want = f * W[i] / (B[i] * (W[i] ** -2 + (tau_M * W[j]) ** -2))
        assert np.allclose(got[i, :2], want, rtol=EXACT, atol=0)
    assert np.allclose(fixed[:, :2].sum(axis=1), [1.1, 1.2], rtol=EXACT)


def test_fixed_costs_are_continuous_where_selection_ceases_to_be_strict() -> None:
    m = model()
    price = (1.4 * W[1] / W[0]) ** 2  # f_DM tau^2 w_j^2 = f_D w_i^2 there
    above, below = (eq.fixed_costs(model(f_DM=[(1 + step) / price, 1.8]), np.log(W))[0] for step in (1e-9, -1e-9))
    assert np.allclose(above, below, rtol=1e-8)  # on both sides of the edge by 1e-9
    assert eq.strict_selection(m, np.log(W)).all()


def test_the_share_of_domestic_inputs_falls_with_the_own_wage() -> None:
    m = model()
    got = eq.domestic_input_share(m, np.log(W))
    want = [1 / (1 + (W[0] / (1.4 * W[1])) ** 2), 1 / (1 + (W[1] / (1.6 * W[0])) ** 2)]
    assert np.allclose(got, want, rtol=EXACT, atol=0)
    assert np.array_equal(eq.domestic_input_share(model(tau_M="inf"), np.log(W)), [1.0, 1.0])


def test_ratios_of_sales_and_inputs_are_sums_of_F() -> None:
    f = np.array([[4.0, 1.0, 2.0, 0.5], [3.0, 0.7, 1.5, 0.2]])
    assert np.allclose(eq.alpha_X(f), [5.0 / 2.5, 3.7 / 1.7])
    assert np.allclose(eq.alpha_M(f), [6.0 / 1.5, 4.5 / 0.9])
    assert np.allclose(eq.theta(f), (1 + eq.alpha_M(f)) / (1 + eq.alpha_X(f)), rtol=EXACT)
    assert np.allclose(eq.export_share(f), 1 / (1 + eq.alpha_X(f)), rtol=EXACT)
    assert np.allclose(eq.import_share(f), 1 / (1 + eq.alpha_M(f)), rtol=EXACT)


def test_F_and_J_are_those_of_pareto_draws() -> None:
    m = model()
    log_cutoff = np.log(np.array([[1.1, 1.5, 1.3, 2.0], [1.2, 1.6, 1.4, 2.2]]))
    fixed = eq.fixed_costs(m, np.log(W))
    phi = np.exp(log_cutoff)
    assert np.allclose(eq.F(m, fixed, log_cutoff), fixed * phi**-5 * 5 / 3, rtol=1e-13)
    J = phi**-5 * (5 / 3 - 1)
    want = (fixed * J).sum(axis=1) / np.array(GIVEN["f_E"]) - 1
    assert np.allclose(eq.free_entry(m, fixed, log_cutoff), want, rtol=1e-13)


def test_labour_and_trade_residuals_are_the_printed_differences() -> None:
    m, R = model(), np.array([2.0, 1.2])
    f = np.array([[4.0, 1.0, 2.0, 0.5], [3.0, 0.7, 1.5, 0.2]])
    a, n, rho = eq.alpha_X(f), eq.alpha_M(f), 2 / 3
    spent = a / (1 + a) * R + (1 / (1 + a) * R)[::-1]
    assert np.allclose(eq.labour_market(m, np.log(W), R, f), spent / (W * GIVEN["L"]) - 1, rtol=1e-13, atol=1e-15)
    sides = (1 / (1 + a) - rho / (1 + n)) * R
    gross = ((1 / (1 + a) + rho / (1 + n)) * R).sum()
    assert eq.trade_balance(m, R, f) == pytest.approx((sides[0] - sides[1]) / gross, rel=1e-13)


def test_the_numeraires_wage_is_one() -> None:
    assert np.array_equal(eq.log_wages(model(), np.float64(0.3)), [0.3, 0.0])
    assert np.array_equal(eq.log_wages(model(numeraire=0), np.float64(0.3)), [0.0, -0.3])
