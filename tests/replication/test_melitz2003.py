"""The replication of Melitz (2003): what each claim and number comes to, and that nothing is taken on trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.replicate.melitz2003.box import SHOCKS, draw_samples, family, scenario
from phistar.replicate.melitz2003.calibrated import BOUNDED, PARETO, POINT, calibrated_section
from phistar.replicate.melitz2003.responses import cutoff, moves
from phistar.replicate.melitz2003.signs import signs_section
from phistar.replicate.registry import replicate
from phistar.replicate.results import FAILS, HOLDS, HOLDS_WHERE, SILENT, Replication
from phistar.replicate.statements import Statement, whether
from phistar.replicate.worlds import Ledger, scenario_at
from phistar.verbs.solve import solve

from .whole import check_certified, check_claims, check_files, check_met_both_ways, strict_json

EXPECTED = {
    HOLDS: (
        "regions", "larger", "more_productive", "domestic_sales", "identical_firms", "weak_exit", "tau_participation",
        "f_x_participation", "new_exporters", "foreign_sales_tau", "squeezed", "composition", "fewer_firms_tau",
        "discrete_sample", "within", "exit_part", "third_source", "beyond_variety", "opening_gains",
        "gains_without_variety", "sigma_derivatives", "concentration", "closed_forms", "welfare_formula",
        "labour_share", "overhead_corner", "elasticity_k", "local_welfare", "revenue_per_worker_drops",
        "unilateral_wage", "unilateral_welfare", "unilateral_cutoffs", "unilateral_shares", "size_wage",
        "size_welfare", "size_selection", "deal_members", "hierarchy",
    ),
    HOLDS_WHERE: (
        "exit", "cutoffs_apart", "three_outcomes", "hurdle", "minority", "variety_pareto", "sigma_exit_cutoff",
        "sigma_export_cutoff", "sigma_share", "sigma_mass", "participation", "output_finite", "acr", "entry",
        "conventions", "gravity", "few_markets",
    ),
    FAILS: (
        "revenue_per_worker", "foreign_sales_f_x", "output_tau", "output_f_x", "fewer_firms_f_x",
        "foreign_competition", "reallocation", "between", "sigma_whole",
    ),
    SILENT: ("wages", "wage_gap", "multiproduct"),
}  # fmt: skip


@pytest.fixture(scope="module")
def done() -> Replication:
    return replicate("melitz2003")


@pytest.mark.parametrize("verdict", EXPECTED)
def test_each_claim_has_its_verdict(done: Replication, verdict: str) -> None:
    found = tuple(claim.key for claim in done.claims if claim.verdict == verdict)
    assert sorted(found) == sorted(EXPECTED[verdict])


def test_claims_have_names_of_their_own_and_evidence(done: Replication) -> None:
    check_claims(done)


def test_the_claim_on_sigma_holds_exactly_where_the_sheet_says(done: Replication) -> None:
    conditions = {key: done.claim(key).condition for key in ("sigma_share", "sigma_export_cutoff")}
    assert conditions == {"sigma_share": "f_x < f", "sigma_export_cutoff": "ln(f_x/f) < s(1+T)/(k-s)"}
    check_met_both_ways(done, ("sigma_share", "sigma_export_cutoff", "sigma_exit_cutoff", "sigma_mass"))


def test_every_cell_that_states_something_is_reproduced(done: Replication) -> None:
    for section in done.sections:
        for cell in section.cells:
            assert bool(cell.stated) == bool(cell.verdict), cell
            assert "not" not in cell.verdict, cell


def test_the_sheets_numbers_round_from_the_computed_ones(done: Replication) -> None:
    cells = [c for c in done.section("calibrated").cells if c.stated]
    assert len(cells) == 39
    twice = [c for c in cells if "twice" in c.note]
    assert [(c.row, c.stated) for c in twice] == [("tau 1.5", ".4218")]
    for cell in cells:
        if cell not in twice:
            places = len(cell.stated.partition(".")[2])
            assert f"{float(cell.computed):.{places}f}" == f"{float(cell.stated):.{places}f}", cell


def test_the_page_of_the_model_prints_what_is_computed(done: Replication) -> None:
    page = (Path(__file__).parents[2] / "docs" / "models" / "melitz.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
            for line in page.partition("## Pareto against truncated Pareto")[2].splitlines()
            if line.startswith("| ") and line[2].isdigit()}  # fmt: skip
    computed = {(c.row, c.column): float(c.computed) for c in done.section("calibrated").cells if c.row[:4] == "tau "}
    names = ("gain % Pareto", "lambda Pareto", "share exporting Pareto", "gain % bounded", "lambda bounded",
             "elasticity bounded")  # fmt: skip
    assert sorted(map(float, rows)) == [1.0, 1.5, 1.83, 2.0, 3.0]
    for tau, printed in rows.items():
        for name, text in zip(names, printed, strict=True):
            value = computed[f"tau {float(tau):g}", name]
            assert abs(value - float(text)) <= 0.5 * 10.0 ** -len(text.partition(".")[2]) * (1 + 1e-9), (tau, name)
    partial = [computed[f"tau {tau:g}", "partial elasticity bounded"] for tau in (3.0, 2.0, 1.83, 1.5)]
    assert f"is {partial[0]:.2f}, {', '.join(f'{x:.3f}' for x in partial[1:])} and 3" in page


def test_the_lognormal_beside_the_pareto_has_its_share_of_exporters(done: Replication) -> None:
    note = next(text for text in done.section("calibrated").notes if text.startswith("Lognormal"))
    deviation = float(note.split("standard deviation ")[1].split(",")[0])
    table = {"family": "lognormal", "mu": 0.0, "sd": deviation}
    shares = [_point(given)["exporter_share"][0] for given in (table, PARETO)]
    assert shares[0] == pytest.approx(shares[1], rel=1e-4)  # six decimals of the deviation are printed


def _point(table: dict[str, Any], **changes: Any) -> Any:
    return solve({"model": "melitz", "parameters": {**POINT, "productivity": table, **changes}})


def test_a_computed_cell_is_what_the_public_verb_gives(done: Replication) -> None:
    cell = next(c for c in done.section("calibrated").cells if (c.row, c.column) == ("tau 1.5", "lambda bounded"))
    assert cell.computed == pytest.approx(_point(BOUNDED, tau=1.5)["trade_share"][0, 0], rel=1e-12)


def test_the_signs_are_those_of_the_sheet_with_exceptions_counted(done: Replication) -> None:
    cells = {(c.row, c.column): c for c in done.section("signs").cells}
    assert len(cells) == 32
    assert cells["delta f_e down", "share exporting"].computed == "0 Pareto, - others"
    assert cells["f_x down", "output per worker"].computed == "either"
    assert "of" in cells["tau down", "output per worker"].note
    assert all(c.verdict.startswith("reproduced") for c in cells.values())


def test_a_counterexample_can_be_solved_again_and_is_one(done: Replication) -> None:
    world = {"model": "melitz", "parameters": dict(done.claim("reallocation").counterexample)}
    tau = world["parameters"]["tau"] * SHOCKS["tau"]["tau"]
    name = "revenue_weighted_log_productivity"
    before, after = (e[name][0] for e in (solve(world), solve(scenario_at(world, {"tau": tau}))))
    assert after < before
    assert world["parameters"]["f"]["export"] < world["parameters"]["f"]["domestic"]


def test_everything_was_certified(done: Replication) -> None:
    check_certified(done, more_than=10_000, residual=1e-12)


def test_the_plain_form_is_strict_json_of_the_stated_shape(done: Replication) -> None:
    told = strict_json(done)
    assert set(told) == {
        "phistar", "replication", "title", "source", "solved", "refused", "max_residual", "verdicts", "sections",
        "curves",
    }  # fmt: skip
    for section in told["sections"]:
        assert set(section) == {"name", "title", "notes", "claims", "cells"}
        for claim in section["claims"]:
            assert (claim["verdict"] == HOLDS_WHERE) == bool(claim["condition"])


def test_the_files_of_a_replication_are_all_written(done: Replication, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    check_files(done, folder, ("cutoffs", "gains", "elasticity"))
    assert json.loads((folder / "melitz2003.json").read_text())["replication"] == "melitz2003"
    assert len((folder / "melitz2003_claims.csv").read_text().splitlines()) == len(done.claims) + 1


# --- nothing is taken on trust: wrong claims about the same worlds fail


@pytest.fixture(scope="module")
def samples() -> Any:
    return draw_samples(Ledger())


def test_a_wrong_claim_fails(samples: Any) -> None:
    wrong = Statement("wrong", "lower trade costs keep the weak alive", "phi* falls", moves((cutoff, -1))).judged(
        [sample.shift("tau") for sample in samples]
    )
    assert wrong.verdict == FAILS
    assert wrong.share == 0.0
    assert wrong.counterexample


def test_a_true_claim_with_a_wrong_condition_fails(samples: Any) -> None:
    test = whether(
        lambda sample: sample.before["cutoff"][0, 1] > sample.before["cutoff"][0, 0],
        where=lambda sample: sample.column("f.export") > sample.column("f.domestic"),
    )
    wrong = Statement("wrong", "", "phi_x > phi*", test, "f_x > f").judged(samples)
    assert wrong.verdict == FAILS
    assert "misplaces" in wrong.evidence


def test_the_same_seed_gives_the_same_replication(samples: Any) -> None:
    again = draw_samples(Ledger())
    assert signs_section(again) == signs_section(samples)
    for one, other in zip(samples, again, strict=True):
        assert all(np.array_equal(one.before[n], other.before[n], equal_nan=True) for n in one.before.values)
    first, second = (calibrated_section(Ledger())[0] for _ in range(2))
    assert first == second


def test_a_world_of_the_box_is_what_the_public_verb_gives(samples: Any) -> None:
    for sample in samples[::4]:
        world = sample.before.scenario_at(3)
        # two routes to one root: residuals 1e-14, magnified by k/(k - s), at most 30 in the box
        assert sample.before["welfare"][0, 3] == pytest.approx(solve(world)["welfare"][0], rel=1e-11)


def test_the_box_starts_from_a_valid_world() -> None:
    kind = family("weibull")
    assert solve(scenario({"family": kind.name, **kind.table}, 2)).status == "certified"
