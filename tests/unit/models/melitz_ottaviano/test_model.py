"""The Melitz-Ottaviano model at its corners, over both horizons, and by simulated firms."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.blocks.cost import TabulatedCosts
from phistar.cli import main
from phistar.core.equilibrium import to_json
from phistar.core.errors import InputError
from phistar.models.melitz_ottaviano import outcomes, solver
from phistar.models.melitz_ottaviano.model import MelitzOttaviano
from phistar.verbs.compare import compare, compare_horizons
from phistar.verbs.simulate import schedule, simulate
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.0}
TWO: dict[str, Any] = {"alpha": 2.0, "L": [10.5, 10.0], "tau": 1.5, "f_E": 0.1, "cost": PARETO}


def scenario(**changes: Any) -> dict[str, Any]:
    return {"model": "melitz_ottaviano", "parameters": {**TWO, **changes}}


def without_linear_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every world to the concave program."""
    found = solver.interior_pareto
    monkeypatch.setattr(
        solver, "interior_pareto", lambda m: (*(0.0 * x for x in found(m)[:2]), np.zeros(m.points, bool))
    )


@pytest.mark.parametrize("count", [2, 5])
def test_the_concave_program_finds_what_the_linear_systems_give(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    size = (10.0 + 0.2 * np.arange(count)).tolist()
    world = scenario(L=size, tau=1.6, f_E=(0.1 + 0.001 * np.arange(count)).tolist())
    linear = solve(world)
    assert linear.certificate.checks["interior"]
    without_linear_systems(monkeypatch)
    program = solve(world)
    for name in linear:
        assert np.allclose(program[name], linear[name], rtol=1e-12, atol=1e-12), name


@pytest.mark.parametrize("family", ["beta", "truncated_lognormal", "lognormal", "lognormal_pareto"])
def test_tabulated_moments_change_nothing_of_the_answer(monkeypatch: pytest.MonkeyPatch, family: str) -> None:
    tables: dict[str, dict[str, Any]] = {
        "beta": {"a": 1.6, "b": 2.2, "lower": 0.1, "c_M": 1.2},
        "truncated_lognormal": {"mu": -0.6, "sd": 0.5, "lower": 0.15, "c_M": 1.1},
        "lognormal": {"mu": 0.5, "sd": 0.4},
        "lognormal_pareto": {"mu": 0.5, "sd": 0.4, "k": 3.0},
    }
    rng = np.random.default_rng(4)
    tau = rng.uniform(1.1, 2.0, (20, 20))
    np.fill_diagonal(tau, 1.0)
    world = scenario(
        L=rng.lognormal(2.3, 0.5, 20).tolist(), tau=tau.tolist(), cost={"family": family, **tables[family]}
    )
    read = []
    table = solver.stand_in
    monkeypatch.setattr(solver, "stand_in", lambda *given: read.append(table(*given)) or read[-1])
    tabulated = solve(world)
    assert isinstance(read[0], TabulatedCosts)
    assert len(read) == 1  # and the search was not repeated without it
    monkeypatch.setattr(solver, "stand_in", lambda costs, *_: costs)
    exact = solve(world)
    assert 0 < np.count_nonzero(exact["mass_entrants"]) < 20
    for name in ("price_threshold", "mass_entrants", "welfare", "trade_flow"):
        # entrants of near substitutes: rounding of the moments is passed on a thousandfold
        assert np.allclose(tabulated[name], exact[name], rtol=1e-11, atol=1e-12), name


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


@pytest.mark.parametrize("horizon", ["long", "short"])
def test_parts_of_a_change_add_up_and_mean_what_they_say(horizon: str) -> None:
    changed = {"tau": [[1.0, 1.5], [1.3, 1.0]], "L": [11.0, 10.0], "gamma": 1.1}
    both = compare_horizons({**scenario(), "counterfactual": {"parameters": changed}})
    comparison = both.long if horizon == "long" else both.short
    old, new = comparison.baseline, comparison.counterfactual
    welfare, trade = comparison.decompositions["welfare"], comparison.decompositions["trade"]
    assert welfare.gap < 1e-14
    assert trade.gap < 1e-13
    assert np.allclose(welfare.columns["total"], new["welfare"] - old["welfare"], atol=1e-15)
    # the surplus under each variety's own demand is half the profit its buyers leave to sellers
    within = [e["variety"] * e["mean_profit"] / (2.0 * e.model.L) for e in (old, new)]
    assert np.allclose(welfare.columns["within_varieties"], within[1] - within[0], atol=1e-14)
    a_head = [e["profit_total"] / e.model.L for e in (old, new)]
    assert np.allclose(welfare.columns["profits"], a_head[1] - a_head[0], atol=1e-14)
    assert np.all((welfare.columns["profits"] == 0.0) == (horizon == "long"))
    assert np.all((trade.columns["entry"] == 0.0) == (horizon == "short"))
    share = [e["mass_sellers"] / e["mass_entrants"][:, None] for e in (old, new)]
    assert np.allclose(trade.columns["selection"], np.log(share[1] / share[0]), atol=1e-13)


def test_margins_of_trade_are_told_where_entrants_vanish() -> None:
    before = scenario(eta=4.0, L=[10.0, 12.0], tau=1.6)
    split = compare({**before, "counterfactual": {"parameters": {"tau": 1.2, "L": [10.0, 30.0]}}}).decompositions[
        "trade"
    ]
    assert np.all(split.columns["entry"][0] == -np.inf)
    assert np.all(split.columns["total"][0] == -np.inf)
    assert np.all(np.isfinite(split.columns["selection"]))
    assert np.all(np.isfinite(split.columns["sales_a_seller"]))


def test_nobody_enters_at_a_loss_and_the_certificate_says_so_where_nobody_enters() -> None:
    corner = solve(scenario(eta=4.0, L=[10.0, 30.0], tau=1.2))
    assert corner.certificate.residuals["complementarity"] <= 1e-14
    assert corner["profit_expected"][0] < 0.1
    # one more entrant at the corner, or entry that pays, is off by as much
    for name, value in (("mass_entrants", [2.0, 18.9]), ("profit_expected", [0.11, 0.1])):
        values = {**corner.values, name: np.array(value)}
        assert np.max(outcomes.complementarity(corner.model, values)) > 0.05


def test_a_country_without_labour_for_the_numeraire_is_named() -> None:
    # the sheet's example: labour of the larger country does not suffice
    tight = solve(scenario(L=[12.0, 10.0], tau=[[1.0, 1.6], [1.3, 1.0]]))
    short_of = tight["numeraire_labour"] <= 0.0
    assert short_of.any()
    assert not tight.certificate.checks["numeraire_produced"]
    names = [name for name, yes in zip(tight.countries, short_of, strict=True) if yes]
    assert any("no labour is left" in note and all(name in note for name in names) for note in tight.certificate.notes)


@pytest.mark.parametrize("tau", [1.0, [[1.0, 1.0, 1.5], [1.0, 1.0, 1.5], [1.5, 1.5, 1.0]]])
def test_entrants_that_can_take_each_others_place_are_told_to_be_one_answer_of_many(tau: Any) -> None:
    free = solve(scenario(L=[10.0] * 3, tau=tau))
    assert not free.certificate.checks["entrants_determined"]
    assert any("perfect substitutes" in note for note in free.certificate.notes)
    dear = solve(scenario(L=[10.0] * 3, tau=1.5))
    assert dear.certificate.checks["entrants_determined"]
    assert not any("perfect substitutes" in note for note in dear.certificate.notes)
    # what their sum is does not depend on how they share it: one market of all who trade freely
    joined = 3 if tau == 1.0 else 2
    one = solve(scenario(L=[10.0 * joined] + [10.0] * (3 - joined), tau=1.0 if tau == 1.0 else 1.5))
    assert free["mass_entrants"][:joined].sum() == pytest.approx(one["mass_entrants"][0], rel=1e-11)


def test_a_country_without_industry_has_no_shares_alone_in_a_batch_or_in_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = [0.1, 50.0]
    parameters = {"alpha": 2.0, "eta": 2.0, "L": [12.0, 20.0], "tau": 1.4, "f_E": [0.1, 0.1],
                  "cost": {"family": "pareto", "c_M": 1.0, "k": 2.0}}  # fmt: skip
    swept = sweep({"model": "melitz_ottaviano", "parameters": parameters}, {"f_E[0]": values})
    assert set(swept["status"]) == {"certified"}
    for i, value in enumerate(values):
        scenario = {"model": "melitz_ottaviano", "parameters": {**parameters, "f_E": [value, 0.1]}}
        alone = solve(scenario)
        defined = alone["mass_entrants"] > 0.0
        assert list(defined) == [value < 1.0, True]
        for name in ("exporter_share", "seller_share"):
            by_country = np.isfinite(alone[name]).reshape(2, -1)
            assert (by_country == defined[:, None]).all(), name
        assert np.isnan(swept["exporter_share[Home]"][i]) == np.isnan(swept["seller_share[Home,Foreign]"][i])
        assert np.isnan(swept["exporter_share[Home]"][i]) == (not defined[0])
    assert alone.to_dict()["variables"]["exporter_share"]["values"][0] is None
    (tmp_path / "alone.json").write_text(to_json(scenario))
    assert main(["solve", str(tmp_path / "alone.json")]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("exporter_share"))
    assert row.split()[1] == "-"
