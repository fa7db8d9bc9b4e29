"""What is known of the vertical-specialization model: printed numbers, the paper's local formulas, and symmetries."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from phistar.models.registry import get_model
from phistar.models.vertical_specialization import local, outcomes
from phistar.verbs.elasticities import elasticities
from phistar.verbs.solve import solve
from tests.reference.vertical_specialization import HEADLINE, LOCAL, PAPER, symmetric_scenario

CLOSED = {"family": "pareto", "k": 5.0, "support": "closed_form"}
LITERAL = {"family": "pareto", "k": 5.0}
LOGNORMAL = {"family": "lognormal", "mu": 0.0, "sd": 0.5}
BOUNDED = {"family": "bounded_pareto", "k": 3.5, "lower": 1.0, "upper": 6.0}
EXACT = 1e-12  # two certified answers of well-scaled worlds
INF = float("inf")


def world(L: Any = (1.0, 1.0), productivity: Any = CLOSED, **changes: Any) -> dict[str, Any]:
    parameters = {**PAPER, "tau_M": 1.5, "L": list(L), "productivity": copy.deepcopy(productivity), **changes}
    return {"model": "vertical_specialization", "parameters": parameters}


# --- printed numbers


@pytest.mark.parametrize(("tau_M", "printed", "ratio"), [(1.5, 2.4, 2.406607), (1.1, 0.75, 0.751891)])
def test_exports_over_imports_are_those_printed(tau_M: float, printed: float, ratio: float) -> None:
    found = solve(world(tau_M=tau_M))["final_to_input_ratio"]
    assert np.allclose(found, ratio, rtol=0, atol=5e-7)  # the sheet gives six decimals
    assert np.allclose(found, printed, rtol=0, atol=0.0067)  # the paper cuts off after two digits


#: elasticities to L at L = 1, tau_M 1.5 and 1.1
TABLE = {
    "relative_wage": (0.0427, -0.0363),
    "cutoff_D": (-0.0096, -0.0051),
    "cutoff_DM": (-0.052, 0.031),
    "cutoff_XM": (0.024, -0.007),
    "cutoff_X": (0.066, -0.043),
    "relative_exports": (0.681, 2.049),
    "relative_imports": (1.639, 1.541),
    "final_to_input_ratio": (-0.479, 0.254),
    "alpha_X": (0.373, -0.177),
    "alpha_M": (-0.193, 0.171),
    "relative_welfare": (0.3142, 0.3231),
}


@pytest.mark.parametrize("name", TABLE)
def test_elasticities_to_size_are_those_of_the_table(name: str) -> None:
    for tau_M, want in zip((1.5, 1.1), TABLE[name], strict=True):
        digits = len(str(want).split(".")[1])
        got = elasticities(world(tau_M=tau_M), of=name, to="L[0]")[name, "L[0]"][0]
        assert abs(got - want) <= 0.5000001 * 10.0**-digits, (tau_M, got)  # the last digit given, rounded


def test_the_two_readings_of_the_support_are_told_apart() -> None:
    closed, literal = solve(world()), solve(world(productivity=LITERAL))
    assert closed["cutoff_D"][0] == pytest.approx(HEADLINE["tau_M=1.5"]["phi_D"], rel=EXACT)
    assert literal["cutoff_D"][0] == pytest.approx(HEADLINE["tau_M=1.5"]["phi_D_literal"], rel=EXACT)
    assert any("1.233 active firms an entrant" in note for note in closed.certificate.notes)
    assert any("every draw is active" in note for note in literal.certificate.notes)
    limit = HEADLINE["f_E_max_for_phi_D_ge_1_at_tau_M_1.5"]
    assert solve(world(f_E=limit * (1 - 1e-9))).certificate.checks["within_support"]
    assert not solve(world(f_E=limit * (1 + 1e-9))).certificate.checks["within_support"]


# --- the paper's local formulas, against exact elasticities


def hazards(eq: Any) -> np.ndarray:
    """Return gamma = -d ln V/d ln phi by mode (country, mode)."""
    m = eq.model
    return np.broadcast_to(m.productivity.hazard(dict(eq.unknowns)["log_cutoff"], float(m.sigma) - 1), (2, 4))


def domestic(eq: Any, to: str = "L[0]") -> tuple[np.ndarray, float]:
    table = elasticities(eq, to=to)
    return table["cutoff_D", to], float(table["relative_wage", to][0])


SIZES = [(1.0, 1.0), (1.4, 1.0)]
DRAWS = [CLOSED, LITERAL, LOGNORMAL, BOUNDED]


@pytest.mark.parametrize("L", SIZES)
@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_formula_6_holds_where_inputs_are_not_traded(L: tuple[float, float], draws: dict[str, Any]) -> None:
    eq = solve(world(L, draws, tau_M=INF, f_E=0.6))
    gamma, (phi, omega) = hazards(eq), domestic(eq)
    formula = local.final_goods_only(4.0, eq["alpha_X"], gamma[:, 0], gamma[:, 2])
    assert np.allclose(formula, (*phi, omega), rtol=1e-10, atol=0)  # 13 equations solved in doubles
    assert formula.phi_D1 < 0 < formula.phi_D2
    assert formula.omega > 0


@pytest.mark.parametrize("L", SIZES)
@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_formula_7_holds_where_final_goods_are_not_traded(L: tuple[float, float], draws: dict[str, Any]) -> None:
    eq = solve(world(L, draws, tau_X=INF, f_E=0.6))
    gamma, (phi, omega) = hazards(eq), domestic(eq)
    formula = local.inputs_only(4.0, eq["alpha_M"], gamma[:, 0], gamma[:, 1])
    assert np.allclose(formula, (*phi, omega), rtol=1e-10, atol=0)
    assert formula.omega < 0


@pytest.mark.parametrize("L", SIZES)
@pytest.mark.parametrize("tau_M", [1.5, 1.2])
@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_formula_8_and_the_other_cutoffs_follow_the_wage(
    L: tuple[float, float], tau_M: float, draws: dict[str, Any]
) -> None:
    eq = solve(world(L, draws, tau_M=tau_M, f_E=0.8))
    phi, omega = domestic(eq)
    formula = local.domestic_cutoffs(4.0, eq["alpha_M"], eq["theta"])
    assert np.allclose((formula.phi_D1 * omega, formula.phi_D2 * omega), phi, rtol=1e-9, atol=1e-13)
    table = elasticities(eq, to="L[0]")
    found = np.array([table[f"cutoff_{mode}", "L[0]"] for mode in ("D", "DM", "X", "XM")]).T
    assert np.allclose(local.cutoffs(4.0, formula) * omega, found, rtol=1e-9, atol=1e-13)  # (A.13), (A.14) corrected


@pytest.mark.parametrize("name", LOCAL)
def test_formulas_12_21_and_22_and_the_slopes_of_both_curves_hold_at_symmetry(name: str) -> None:
    eq, stored = solve(symmetric_scenario(name)), LOCAL[name]
    sigma, alpha_X, theta = 4.0, float(eq["alpha_X"][0]), float(eq["theta"][0])
    f = outcomes.state(eq.model, dict(eq.unknowns)).f[0]
    slopes = local.alpha_slopes(sigma, f, hazards(eq)[0])
    A = local.symmetric_response(sigma, alpha_X, theta)
    steep, rise = local.Phi_omega(alpha_X, slopes[0]), local.Psi_omega(sigma, alpha_X, theta, *slopes)
    omega = local.wage_response(local.Phi_L(eq["alpha_X"]), steep, rise)
    welfare = local.welfare_response(sigma, A, omega)
    found = {"A": A, "dalphaX_domega": slopes[0], "dalphaM_domega": slopes[1], "Phi_omega": steep, "Psi_omega": rise}
    found |= {"Phi_L": local.Phi_L(eq["alpha_X"]), "omega_hat": omega, "W_hat": welfare}
    for key, got in found.items():
        assert got == pytest.approx(stored[key], rel=1e-11), key  # differences of F's lose a digit or two
    table = elasticities(eq, to="L[0]")
    assert omega == pytest.approx(table["relative_wage", "L[0]"][0], rel=1e-9)
    assert welfare == pytest.approx(table["relative_welfare", "L[0]"][0], rel=1e-9)
    assert -A * omega == pytest.approx(table["cutoff_D", "L[0]"][0], rel=1e-9)


@pytest.mark.parametrize("tau_M", [1.5, 1.1])
def test_formulas_13_14_and_16_hold_under_pareto_in_both_countries(tau_M: float) -> None:
    eq = solve(world((1.3, 1.0), tau_M=tau_M))
    fixed = np.array([1.0, 1.4, 1.4, 1.2])
    for i in (0, 1):
        phi = np.array([eq[f"cutoff_{mode}"][i] for mode in ("D", "DM", "X", "XM")])
        assert local.pareto_final_to_input_ratio(4.0, 5.0, fixed, phi) == pytest.approx(
            eq["final_to_input_ratio"][i], rel=EXACT
        )
        assert local.pareto_alpha_X(5.0, fixed, phi) == pytest.approx(eq["alpha_X"][i], rel=EXACT)
        assert local.pareto_alpha_M(5.0, fixed, phi) == pytest.approx(eq["alpha_M"][i], rel=EXACT)


@pytest.mark.parametrize("tau_M", [1.5, 1.1])
def test_both_curves_and_the_size_formula_pass_through_the_equilibrium(tau_M: float) -> None:
    eq = solve(world((1.3, 1.0), tau_M=tau_M))
    omega = eq["relative_wage"][0]
    assert local.Phi(eq["alpha_X"], omega, 1.3) == pytest.approx(eq["relative_exports"][0], rel=1e-11)
    assert local.Psi(4.0, eq["theta"]) == pytest.approx(eq["relative_exports"][0], rel=1e-10)  # nearly 0/0 at 1.1
    assert local.relative_size(4.0, eq["alpha_X"], eq["theta"], omega) == pytest.approx(1.3, rel=1e-10)


# --- symmetries and shifts


@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_swapping_countries_inverts_the_relative_wage(draws: dict[str, Any]) -> None:
    one, other = (solve(world(L, draws))["relative_wage"] for L in ((1.3, 0.9), (0.9, 1.3)))
    assert np.allclose(one, other[::-1], rtol=EXACT, atol=0)
    assert one[0] * other[0] == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_scaling_both_sizes_leaves_the_relative_wage(draws: dict[str, Any]) -> None:
    small, large = solve(world((1.3, 0.9), draws)), solve(world((13.0, 9.0), draws))
    assert np.allclose(small["relative_wage"], large["relative_wage"], rtol=EXACT, atol=0)
    assert np.allclose(10 * small["mass_entrants"], large["mass_entrants"], rtol=EXACT, atol=0)


def test_the_closed_forms_relative_wage_does_not_depend_on_the_entry_cost() -> None:
    wages = [solve(world((1.4, 1.0), f_E=f_E))["relative_wage"][0] for f_E in (0.1, 1.0, 2.5, 40.0)]
    assert np.allclose(wages, wages[0], rtol=EXACT, atol=0)
    literal = solve(world((1.4, 1.0), LITERAL, f_E=40.0))["relative_wage"][0]
    assert abs(literal / wages[0] - 1) > 1e-6  # so that the test above could fail


@pytest.mark.parametrize("tau_M", [1.5, 1.1])
def test_pareto_entrants_are_revenue_over_the_wage_and_entry_cost(tau_M: float) -> None:
    eq = solve(world((1.3, 1.0), tau_M=tau_M))
    assert np.allclose(eq["mass_entrants"], eq["R"] * 3 / (4 * 5 * 2.5 * eq["wage"]), rtol=EXACT, atol=0)


@pytest.mark.parametrize("tau_M", [1.5, 1.3, 1.21, 1.19, 1.1])
@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_a_larger_countrys_wage_rises_where_goods_trade_exceeds_input_trade(
    tau_M: float, draws: dict[str, Any]
) -> None:
    eq = solve(world(productivity=draws, tau_M=tau_M, f_E=0.8))
    response = elasticities(eq, of="relative_wage", to="L[0]")["relative_wage", "L[0]"][0]
    assert np.sign(response) == np.sign(eq["final_to_input_ratio"][0] - 1) != 0


@pytest.mark.parametrize("draws", DRAWS, ids=lambda t: t["family"] + t.get("support", ""))
def test_countries_of_one_size_are_alike(draws: dict[str, Any]) -> None:
    eq = solve(world((1.0, 1.0), draws))
    for name in ("relative_wage", "relative_exports", "relative_imports", "relative_welfare"):
        assert np.allclose(eq[name], 1.0, rtol=EXACT, atol=0), name


# --- where goods and inputs are traded one for one


def test_the_wage_is_one_at_every_size_where_goods_and_inputs_trade_one_for_one() -> None:
    star = HEADLINE["knife_edge"]["tau_M_star"]
    low, high = HEADLINE["knife_edge"]["interior_L_range"]
    for L in (1.01 * low, 0.7, 1.0, 2.5, 0.99 * high):
        eq = solve(world((L, 1.0), tau_M=star))
        # tau_M* is given to a double: omega is one to about its rounding
        assert eq["relative_wage"][0] == pytest.approx(1.0, abs=1e-13)
        assert eq["relative_welfare"][0] == pytest.approx(L ** (1 / 3), rel=1e-11)
        assert eq["relative_exports"][0] == pytest.approx(
            float(local.Phi(eq["alpha_X"], 1.0, L)), rel=1e-9
        )  # a quotient of differences


def test_the_welfare_elasticity_is_highest_where_goods_and_inputs_trade_one_for_one() -> None:
    star = HEADLINE["knife_edge"]["tau_M_star"]

    def response(tau_M: float) -> float:
        name = "relative_welfare"
        return float(elasticities(world(tau_M=tau_M), of=name, to="L[0]")[name, "L[0]"][0])

    peak = response(star)
    assert peak == pytest.approx(1 / 3, rel=1e-12)
    assert all(response(tau_M) < peak for tau_M in (1.05, 1.15, 1.19, 1.22, 1.3, 1.5))
    same = HEADLINE["tau_M_low_side_with_same_W_elasticity_as_1.5"]
    assert response(same) == pytest.approx(response(1.5), rel=1e-10)


# --- corners


@pytest.mark.parametrize("tau_M", [1.5, 1.1])
def test_the_interior_range_of_sizes_ends_where_one_country_only_supplies_inputs(tau_M: float) -> None:
    low, high = HEADLINE[f"tau_M={tau_M}"]["interior"]["L_range"]
    for edge, idle in ((low, 0), (high, 1)):
        inward = 1 + 1e-6 if idle == 0 else 1 - 1e-6
        inside, outside = (
            solve(world((edge * inward, 1.0), tau_M=tau_M)),
            solve(world((edge / inward, 1.0), tau_M=tau_M)),
        )
        assert inside.certificate.checks["interior"]
        assert not outside.certificate.checks["interior"]
        assert outside["mass_entrants"][idle] == 0.0 < inside["mass_entrants"][idle]
        # no gap and no jump between the two
        for name in ("wage", "welfare", "cutoff_D", "R_X", "E_M", "mass_entrants"):
            assert np.allclose(inside[name], outside[name], rtol=1e-4, atol=1e-4), name
        named = outside.model.countries[idle]
        assert any(note.startswith(f"{named} specialises upstream") for note in outside.certificate.notes)


def test_the_edge_of_the_interior_is_found_from_the_size_formula() -> None:
    # where the smaller country's revenue runs out, by root-finding on reported revenue
    low = brentq(lambda L: solve(world((L, 1.0)))["R"][0] - 1e-9, 0.12, 0.2, xtol=1e-13)
    assert low == pytest.approx(HEADLINE["tau_M=1.5"]["interior"]["L_range"][0], rel=1e-7)  # R of 1e-9 is not yet 0


def test_a_country_without_firms_reports_no_ratios_of_its_own() -> None:
    eq = solve(world((0.05, 1.0)))
    for name in ("alpha_X", "alpha_M", "theta", "final_to_input_ratio", "share_both"):
        assert np.isnan(eq[name][0]), name
        assert np.isfinite(eq[name][1]), name
    assert eq["R"][0] == eq["E"][0] == eq["relative_exports"][0] == 0.0
    assert eq["E_M"][1] == pytest.approx(eq["R_X"][1], rel=EXACT)  # inputs pay for all the goods it buys


# --- a world without an equilibrium, and one whose cutoffs are not the paper's


def test_strict_selection_fails_below_the_input_cost_where_exporters_all_import() -> None:
    edge = HEADLINE["tau_M_below_which_phi_XM<phi_X at symmetry"]
    above, below = (solve(world(tau_M=edge * (1 + step))) for step in (1e-6, -1e-6))
    assert above.certificate.checks["strict_selection"]
    assert not below.certificate.checks["strict_selection"]
    assert sum("the paper's do not apply" in note for note in below.certificate.notes) == 2
    assert np.array_equal(below["cutoff_X"], below["cutoff_XM"])
    for name in ("wage", "welfare", "R_X", "E_M"):
        assert np.allclose(above[name], below[name], rtol=1e-4), name


def test_the_order_of_importing_and_exporting_switches_where_their_costs_do() -> None:
    # f_DM = f_X: the cutoffs cross where tau_M = tau_X
    far, near = solve(world(tau_M=1.31)), solve(world(tau_M=1.29))
    assert np.all(far["cutoff_X"] < far["cutoff_DM"])
    assert np.all(near["cutoff_X"] > near["cutoff_DM"])


def test_the_second_countrys_labour_is_the_numeraire_unless_said_otherwise() -> None:
    assert get_model("vertical_specialization").build(world()["parameters"]).numeraire == 1
    assert solve(world((1.5, 1.0)))["wage"][1] == 1.0
