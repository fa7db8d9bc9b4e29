"""Every stored reference equilibrium of the granular model, every stored output that the library reports."""

from __future__ import annotations

import json

import numpy as np
import pytest

from phistar.verbs.compare import compare
from phistar.verbs.solve import solve
from tests.reference.granular import CASES, WORLDS, scenario

# The stored values are exact to the last bit. A share is a small difference between sigma and an elasticity near it:
# the smallest, 3e-3, loses three digits of the sixteen.
RTOL = 1e-11

OF_FIRMS = {
    "share": "share",
    "elasticity": "elasticity",
    "markup": "markup",
    "price": "price",
    "varieties": "varieties",
    "quantity_per_variety": "quantity",
    "profit": "profit",
}
OF_MARKETS = {
    "price_index": "price_index",
    "sector_expenditure": "expenditure",
    "n_survivors_total": "survivors",
    "phi_zcp": "cutoff",
    "share_zcp": "cutoff_share",
    "total_varieties": "total_varieties",
    "total_profit": "total_profit",
    "herfindahl": "herfindahl",
}
WELFARE = {
    "quasilinear_no_profit": "welfare_wages",
    "quasilinear_with_profit": "welfare",
    "ces_wage_income": "welfare_wages",
    "ces_income_plus_profit_same_prices": "welfare",
}
each = pytest.mark.parametrize(("name", "regime"), WORLDS)


@each
def test_firms_do_what_the_reference_says(name: str, regime: str) -> None:
    stored, eq = CASES[name][regime], solve(scenario(name, regime))
    rows = [list(eq["productivity"]).index(phi) for phi in stored["phi"]]
    active = np.asarray(stored["counts"]) > 0
    assert eq["copies"][rows].tolist() == stored["counts"]
    assert eq["copies"].sum() == sum(stored["counts"])
    for theirs, ours in OF_FIRMS.items():
        want = np.array([np.nan if v is None else v for v in stored[theirs]])
        assert eq[ours][rows][active] == pytest.approx(want[active], rel=RTOL), ours
        assert np.isnan(eq[ours][rows][~active]).all(), ours


@each
def test_the_market_is_what_the_reference_says(name: str, regime: str) -> None:
    stored, eq = CASES[name][regime], solve(scenario(name, regime))
    for theirs, ours in OF_MARKETS.items():
        assert float(eq[ours]) == pytest.approx(stored[theirs], rel=RTOL), ours
    if stored["Psi"] is not None:
        assert float(eq["sector_share"]) == pytest.approx(stored["Psi"], rel=RTOL)
    for theirs, ours in WELFARE.items():
        if theirs in stored["welfare_per_capita"]:
            assert float(eq[ours]) == pytest.approx(stored["welfare_per_capita"][theirs], rel=RTOL), theirs


@each
def test_entry_is_judged_as_the_reference_does(name: str, regime: str) -> None:
    stored, checks = CASES[name][regime], solve(scenario(name, regime)).certificate.checks
    assert checks["static_no_entry"] == stored["static_no_entry_ok"]
    assert checks["two_stage_no_entry"] == stored["two_stage_no_entry_ok"]
    if "reentry_profitable" in stored:
        assert checks["autarky_exits_stay_out"] == (not stored["reentry_profitable"])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "trade" in case])
def test_markups_of_survivors_fall_by_the_stored_common_factor(name: str) -> None:
    # markup_ratio is stored by surviving productivity
    both = scenario(name, "autarky") | {"counterfactual": {"parameters": {"market": "integrated"}}}
    hat = compare(both).hat("markup")
    want = CASES[name]["trade"]["markup_ratio_trade_over_autarky"]
    assert hat[np.isfinite(hat)] == pytest.approx(np.full(np.isfinite(hat).sum(), want[0]), rel=RTOL)


def test_the_result_holds_the_contract_with_null_where_a_firm_is_out() -> None:
    result = json.loads(solve(scenario("FM_backed_out", "autarky")).to_json())
    variables = result["variables"]
    assert result["model"] == "granular"
    assert variables["share"]["dims"] == ["firm"]
    assert variables["share"]["values"][5:] == [None, None]
    assert variables["price"]["values"][5:] == [None, None]
    assert variables["active"]["values"] == [1, 1, 1, 1, 1, 0, 0]
    assert variables["price_index"]["dims"] == []
    assert variables["sector_share"]["values"] is None


def test_the_correct_tables_a3_and_a4_are_found() -> None:
    # The paper's 'before' columns come from a misprinted formula; these are the sheet's equilibria.
    before, after = (solve(scenario("E2_ces_printed", regime)) for regime in ("autarky", "trade"))
    assert before["share"][:3] == pytest.approx([0.643, 0.354, 0.0035], abs=5e-4)  # printed to a tenth of a per cent
    assert float(before["sector_share"]) == pytest.approx(0.2745, abs=5e-5)
    assert float(before["price_index"]) == pytest.approx(2.643, abs=5e-4)
    assert after["share"][1] == pytest.approx(0.0080, abs=5e-5)
    assert float(after["price_index"]) == pytest.approx(2.0445, abs=5e-5)
    a4 = solve(scenario("E3_ces_printed", "autarky"))
    assert a4["share"][:2] == pytest.approx([0.713, 0.287], abs=5e-4)
    assert a4["profit"][:2] == pytest.approx([87.3, 8.69], abs=0.05)
    assert float(a4["sector_share"]) == pytest.approx(0.2934, abs=5e-5)
    assert float(a4["price_index"]) == pytest.approx(2.408, abs=5e-4)
