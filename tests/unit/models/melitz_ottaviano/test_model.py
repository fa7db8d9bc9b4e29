"""The Melitz-Ottaviano model at its corners, over both horizons, and by simulated firms."""

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.models.melitz_ottaviano import solver
from phistar.models.melitz_ottaviano.model import MelitzOttaviano
from phistar.verbs.compare import compare_horizons
from phistar.verbs.simulate import schedule, simulate
from phistar.verbs.solve import solve

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.0}
TWO: dict[str, Any] = {"alpha": 2.0, "L": [10.5, 10.0], "tau": 1.5, "f_E": 0.1, "cost": PARETO}


def scenario(**changes: Any) -> dict[str, Any]:
    return {"model": "melitz_ottaviano", "parameters": {**TWO, **changes}}


def test_the_concave_program_finds_what_the_linear_systems_give(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = solve(scenario())
    monkeypatch.setattr(solver, "interior_pareto", lambda m: None)
    program = solve(scenario())
    for name in linear:
        assert np.allclose(program[name], linear[name], rtol=1e-12, atol=1e-12), name


def test_a_small_country_beside_a_large_one_makes_the_numeraire_alone() -> None:
    corner = solve(scenario(eta=4.0, L=[10.0, 30.0], tau=1.2))
    assert corner["mass_entrants"] == pytest.approx([0.0, 18.904914903191557], rel=1e-12)
    assert not corner.certificate.checks["interior"]
    assert any("Home" in note for note in corner.certificate.notes)


def test_there_is_no_industry_where_entry_never_pays() -> None:
    empty = solve(scenario(f_E=1e4))
    assert np.all(empty["mass_entrants"] == 0.0)
    assert np.all(empty["price_threshold"] == 2.0)
    assert np.all(empty["welfare"] == 1.0)
    assert any("no industry" in note for note in empty.certificate.notes)


def test_every_incumbent_produces_where_the_threshold_lies_beyond_the_support() -> None:
    few = solve(scenario(horizon="short", incumbents=[0.5, 0.4]))
    assert np.allclose(np.diag(few["mass_sellers"]), [0.5, 0.4], rtol=1e-15)
    assert np.allclose(np.diag(few["cutoff_effective"]), 1.0)
    assert few.certificate.checks["support_binds"]


def test_a_world_that_spends_more_than_its_income_says_so() -> None:
    rich = solve(scenario(alpha=20.0))
    assert not rich.certificate.checks["numeraire_consumed"]
    assert any("exceeds income" in note for note in rich.certificate.notes)


def test_unilateral_liberalization_loses_in_the_long_run_and_gains_in_the_short() -> None:
    opened = {**scenario(), "counterfactual": {"parameters": {"tau": [[1.0, 1.5], [1.4, 1.0]]}}}
    both = compare_horizons(opened)
    assert both.long.hat("consumer_surplus")[0] < 1.0 < both.long.hat("consumer_surplus")[1]
    assert both.long.hat("mass_entrants")[0] < 1.0 < both.long.hat("mass_entrants")[1]
    assert both.short.hat("consumer_surplus")[0] > 1.0
    assert both.short.hat("consumer_surplus")[1] == pytest.approx(1.0, abs=1e-14)
    assert both.short.hat("profit_total")[1] > 1.0
    assert np.allclose(both.short.baseline["price_threshold"], both.long.baseline["price_threshold"], rtol=1e-13)
    for comparison in (both.long, both.short):
        assert all(split.gap < 1e-13 for split in comparison.decompositions.values())


def test_a_partners_size_does_not_matter_inside_and_does_at_a_corner() -> None:
    inside = [solve(scenario(L=[10.5, size]))["price_threshold"][0] for size in (10.0, 10.2)]
    assert inside[0] == pytest.approx(inside[1], rel=1e-14)
    corner = [solve(scenario(eta=4.0, L=[10.0, size], tau=1.2))["price_threshold"][0] for size in (30.0, 31.0)]
    assert corner[1] < corner[0]


def test_a_third_country_loses_from_a_deal_of_the_other_two() -> None:
    tau = np.where(np.eye(3, dtype=bool), 1.0, 1.6)
    deal = tau.copy()
    deal[0, 1] = deal[1, 0] = 1.5
    before, after = (solve(scenario(L=[10.0] * 3, tau=t.tolist()))["welfare"] for t in (tau, deal))
    assert np.all(after[:2] > before[:2])
    assert after[2] < before[2]


def test_horizons_start_from_the_long_run() -> None:
    short = {**scenario(horizon="short", incumbents=1.0), "counterfactual": {"parameters": {"tau": 1.4}}}
    with pytest.raises(InputError, match="horizon"):
        compare_horizons(short)


def test_the_short_run_needs_its_firms() -> None:
    with pytest.raises(InputError, match="incumbents"):
        MelitzOttaviano.build({**TWO, "horizon": "short"})


def test_drawn_firms_add_up_to_the_market() -> None:
    eq = solve(scenario())
    firms = simulate(eq, 400_000, seed=5)
    for j, name in enumerate(eq.countries):
        sales = firms[f"sales[{name}]"] * firms["weight"]
        assert sales.sum() == pytest.approx(eq["expenditure"][j], rel=5e-3)  # 1/sqrt(400,000), thrice
        sells = np.isfinite(firms[f"price[{name}]"])
        assert firms[f"price[{name}]"][sells].mean() == pytest.approx(eq["mean_price"][j], rel=2e-2)
    assert np.allclose(firms["revenue"] - firms["employment"], firms["profit"])


def test_better_firms_charge_less_earn_more_and_mark_up_more() -> None:
    followed = schedule(solve(scenario()), [1.2, 2.0, 4.0, 8.0])
    assert not followed["sells"][0, 0, 0]
    assert np.all(np.diff(followed["price"][0, 0, 1:]) < 0.0)
    for name in ("markup", "quantity", "revenue", "profit"):
        assert np.all(np.diff(followed[name][0, 0, 1:]) > 0.0), name
