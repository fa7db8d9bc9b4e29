"""The replication of Kim: every cell and claim has its verdict, and each verdict could have been another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phistar.models.granular.draws import SAMPLE
from phistar.replicate.comparisons import rising
from phistar.replicate.kim import formulas
from phistar.replicate.kim.appendix_tables import EQUILIBRIUM, STEPS, appendix_tables, data, follow_steps
from phistar.replicate.kim.cells import RECOVERED, ROUNDED
from phistar.replicate.kim.cutoff_tables import cutoff_tables
from phistar.replicate.kim.draw_facts import rivals
from phistar.replicate.kim.drawn_tables import FIRMS, LOWEST, SHAPE, likely, places
from phistar.replicate.kim.equation_claims import FIXED, SAME, markets
from phistar.replicate.kim.firm_tables import firm_tables, solve_all
from phistar.replicate.kim.printed import CES, ETA, EXAMPLE_2, SIGMA
from phistar.replicate.kim.samples import Samples, draw_samples
from phistar.replicate.registry import replicate
from phistar.replicate.results import (
    BY_READING,
    FAILS,
    HOLDS,
    HOLDS_WHERE,
    NOT_REPRODUCED,
    REPRODUCED,
    Replication,
)
from phistar.replicate.statements import Statement, whether
from phistar.replicate.worlds import Ledger
from phistar.verbs.compare import compare
from phistar.verbs.solve import solve

from .whole import check_certified, check_claims, check_files, check_met_both_ways, strict_json

WHERE = {
    "equation (1), (7), (9)", "scope_order_wide", "cutoff", "scope", "wide_markups", "wide_sector",
}  # fmt: skip
FALSE = {
    "equation (31)", "equation (A.5)", "equation Table A.1, sector", "equation Table A.1, firm",
    "set_spread", "entrant_loses", "unique_fixed_cost",
    "cut_faster", "profits", "profits_rest", "rest_scope", "ces_only_best", "ces_higher_price", "ces_elasticity",
    "ces_direct", "wide_scope", "wide_best_scope", "wide_gains_profits", "wide_reallocation", "wide_profits",
    "wide_shares", "wide_environment",
}  # fmt: skip


@pytest.fixture(scope="module")
def done() -> Replication:
    return replicate("kim")


@pytest.fixture(scope="module")
def samples() -> Samples:
    return draw_samples(Ledger())


# --- the tables


def test_223_of_225_cells_follow_from_the_recovered_digits() -> None:
    solved = solve_all(ledger := Ledger())
    tables = (*cutoff_tables(ledger), *firm_tables(solved), *appendix_tables(solved))
    cells = [cell for table in tables for cell in table.cells if cell.column in (RECOVERED, STEPS[RECOVERED])]
    assert len(cells) == 225
    missed = {(cell.row, cell.stated) for cell in cells if cell.verdict == NOT_REPRODUCED}
    assert missed == {("before, firm 1, varieties", "10.9"), ("before, firm 2, varieties", "3.4")}
    for cell in cells:  # the verdict is arithmetic on what is stated: half a unit of its last digit
        half = 0.5 * 10.0 ** -len(cell.stated.partition(".")[2]) * (1.0 + 1e-9)
        assert (abs(float(cell.computed) - float(cell.stated)) <= half) == (cell.verdict != NOT_REPRODUCED), cell
    rounded = [cell for table in tables for cell in table.cells if cell.column in (ROUNDED, STEPS[ROUNDED])]
    assert sum(cell.verdict != NOT_REPRODUCED for cell in rounded) == 109


def test_the_score_of_the_report_is_that_of_its_tables(done: Replication) -> None:
    scores = {(c.row, c.column): c.computed for c in done.section("score").cells}
    assert scores["all (225 cells)", RECOVERED] == 223.0
    assert scores["Table A.3 (17 cells)", RECOVERED] == 15.0
    assert "shares move by up to 0.7 points" in done.section("score").notes[0]


def test_shares_move_by_up_to_seven_tenths_of_a_point_with_the_printed_digits(done: Replication) -> None:
    cells = [c for name in ("table_2", "table_3") for c in done.section(name).cells if c.column in (RECOVERED, ROUNDED)]
    found = {(c.row, c.stated, c.column): float(c.computed) for c in cells if not c.row.startswith("sum")}
    moves = [abs(v - found[row, stated, RECOVERED]) for (row, stated, column), v in found.items() if column == ROUNDED]
    assert 0.65 < max(moves) < 0.75


def test_the_equilibria_of_tables_a3_and_a4_are_the_sheets(done: Replication) -> None:
    cells = done.section("equilibria").cells
    assert len(cells) == 13
    assert all(cell.verdict == REPRODUCED for cell in cells)


def test_tables_a3_and_a4_before_trade_come_from_the_misprint_alone() -> None:
    blocks = [block for block in CES if block.regime == "before" and block.table in ("A.3", "A.4")]
    assert len(blocks) == 2
    for block in blocks:
        phi, Psi = data(block)[RECOVERED], float(block.sector[0]) / 100.0
        told = follow_steps(block, phi)
        stated = [float(row[0]) for row in block.rows]
        assert told["share"] == pytest.approx(stated, abs=0.05)
        share, _ = formulas.survivors(phi, lambda t, S_z, Psi=Psi: formulas.share_A5(t, S_z, SIGMA, ETA, Psi))
        assert abs(100.0 * share[0] - stated[0]) > 5.0


def test_the_corrected_formula_at_its_own_sector_share_is_the_certified_equilibrium() -> None:
    world = {"sigma": 6.0, "K_1": 5.0, "upper": "ces", "eta": 2.0, "I": 2000.0}
    eq = solve({"model": "granular", "parameters": {**world, "productivities": list(EXAMPLE_2.recovered)}})
    Psi = float(eq["sector_share"])
    share, _ = formulas.survivors(
        np.array(EXAMPLE_2.recovered), lambda t, S_z: formulas.share_A5(t, S_z, SIGMA, ETA, Psi)
    )
    assert share == pytest.approx(eq["share"][: len(share)], rel=1e-10)  # the equilibrium's tolerance


def test_no_equilibrium_cell_is_called_reproduced(done: Replication) -> None:
    cells = done.section("no_equilibrium").cells
    assert [cell.verdict for cell in cells] == [NOT_REPRODUCED] * 4
    assert all(cell.note for cell in cells)
    alone = next(c for c in done.section("table_3").cells if c.row == "firm 1 alone")
    assert alone.verdict == NOT_REPRODUCED
    assert "no finite markup" in alone.note
    bent = [c for c in done.section("table_A.4").cells if c.row.startswith("before, firm") and c.column == EQUILIBRIUM]
    assert {cell.verdict for cell in bent} == {NOT_REPRODUCED}
    steps = [
        c for c in done.section("table_A.4").cells if c.row.startswith("before, firm") and c.column == STEPS[RECOVERED]
    ]
    assert {cell.verdict for cell in steps} == {BY_READING}


def test_misprinted_productivities_and_cutoffs_are_found_out(done: Replication) -> None:
    wrong = {c.row for c in done.section("table_4").cells if c.verdict == NOT_REPRODUCED}
    assert wrong == {"firm 3", "firm 5"}
    wrong = {c.column for c in done.section("prose").cells if c.verdict == NOT_REPRODUCED}
    assert wrong == {"φ^ZCP before", "markup of firm 1, after over before"}


def test_table_9_loses_its_third_survivor_at_the_printed_digits(done: Replication) -> None:
    found = {(c.row, c.column): c for c in done.section("table_9").cells}
    assert found["before, active firms", RECOVERED].computed == 3.0
    assert found["before, active firms", ROUNDED].computed == 2.0


def test_the_intervals_of_table_6_are_those_of_samples() -> None:
    rng, each = np.random.default_rng(3), SAMPLE // FIRMS
    drawn = [np.sort(LOWEST * rng.random(SAMPLE) ** (-1.0 / SHAPE))[::-1] for _ in range(12)]
    for which, offset in (("smallest", each - 1), ("median", each // 2)):
        for f, place in enumerate(places(which)[:-1]):
            middle, low, high = likely(float(place))
            spread = (high - low) / 1.96 / 2.0
            found = np.array([sample[f * each + offset] for sample in drawn])
            assert abs(np.mean(found) - middle) < 4.0 * spread / np.sqrt(12.0)  # four standard errors
            assert 0.3 < np.std(found) / spread < 2.0  # of twelve draws
    _, low, high = likely(0.0)
    assert low < np.median([sample[0] for sample in drawn]) < high


# --- the claims


def test_each_claim_has_its_verdict(done: Replication) -> None:
    assert {c.key for c in done.claims if c.verdict == HOLDS_WHERE} == WHERE
    assert {c.key for c in done.claims if c.verdict == FAILS} == FALSE
    assert len(done.claims) > 80
    check_claims(done)
    for claim in done.claims:
        assert claim.worlds > 0, claim.key
        assert bool(claim.counterexample) == (claim.verdict in (FAILS, HOLDS_WHERE)), claim.key


def test_where_a_claim_holds_only_somewhere_both_kinds_of_draws_were_met(done: Replication) -> None:
    check_met_both_ways(done, WHERE)


def test_a_counterexample_is_one_when_it_is_solved_again_by_the_public_verb(done: Replication) -> None:
    world = dict(done.claim("profits").counterexample)
    autarky = {"model": "granular", "parameters": {**world, "market": "autarky"}}
    both = compare(autarky | {"counterfactual": {"parameters": {"market": "integrated"}}})
    assert both.counterfactual["profit"][np.argmax(both.baseline["productivity"])] > np.nanmax(both.baseline["profit"])
    fixed = solve({"model": "granular", "parameters": dict(done.claim("unique_fixed_cost").counterexample)})
    assert not fixed.certificate.checks["no_other_equilibrium_found"]


def test_all_profits_fall_in_every_example_of_fixed_spending_but_the_second() -> None:
    solved = solve_all(Ledger())
    risen = {}
    for table in ("5", "7", "8", "9"):
        before, after = (solved[table, regime, RECOVERED]["profit"] for regime in ("before", "after"))
        stays = np.isfinite(after)
        risen[table] = bool(np.any(after[stays] > before[stays]))
    assert risen == {"5": False, "7": False, "8": True, "9": False}


def test_a_draw_of_the_samples_is_what_the_public_verb_gives(samples: Samples) -> None:
    for s in (samples.fixed[0], samples.ces[3], samples.wide[4]):
        world = dict(s.parameters()[7])
        before, after = (
            solve({"model": "granular", "parameters": {**world, "market": market}})
            for market in ("autarky", "integrated")
        )
        order = np.argsort(-before["productivity"])
        on = int(before["survivors"])
        assert before["share"][order][:on] == pytest.approx(s.opening.old[:on, 7], rel=1e-9)  # both certified to 1e-10
        stay = int(np.count_nonzero(s.stays[:, 7]))
        assert after["share"][order][:stay] == pytest.approx(s.opening.new[:stay, 7], rel=1e-9)
        old, new = s.opening.profits()
        assert np.nansum(old[:, 7]) == pytest.approx(float(before["total_profit"]), rel=1e-9)
        assert s.W * np.nansum(new[:, 7]) == pytest.approx(float(after["total_profit"]), rel=1e-9)
        assert s.varieties()[:on, 7] == pytest.approx(before["varieties"][order][:on], rel=1e-9)


def test_a_wrong_claim_fails_and_a_wrong_condition_misplaces(samples: Samples) -> None:
    wrong = Statement("wrong", "markups fall with productivity", "they do", whether(
        lambda s: rising(s.opening.old_markup), among=rivals)).judged(samples.fixed[:1])  # fmt: skip
    assert (wrong.verdict, wrong.share) == (FAILS, 0.0)
    assert wrong.counterexample
    bent = Statement("bent", "", "firms leave", whether(
        lambda s: s.opening.after.survivors < 2 * s.opening.before.survivors, where=lambda s: s.opening.old[0] > 0.5),
        condition="S_1 > 1/2").judged(samples.fixed[:1])  # fmt: skip
    assert bent.verdict == FAILS
    assert "misplaces" in bent.evidence


def test_an_equation_off_by_a_little_is_seen_to_be_wrong(samples: Samples) -> None:
    market = next(m for m in markets(samples.fixed) if len(m.S) > 2)
    gaps = {number: float(np.max(gap(market))) for number, _, gap in FIXED}
    assert gaps.pop("(31)") > 0.1
    assert max(gaps.values()) < SAME
    bent = type(market)(**{**market.__dict__, "S": market.S * 1.001})
    unmoved = {number for number, _, gap in FIXED if float(np.max(gap(bent))) < SAME}
    assert unmoved == {"(22)"}  # of demand alone, true at any share


# --- the whole


def test_everything_was_certified(done: Replication) -> None:
    check_certified(done, more_than=50_000)


def test_the_plain_form_is_strict_json_with_curves_of_one_length(done: Replication) -> None:
    told = strict_json(done)
    assert set(told["curves"]["figure"]) == {"firms", "sets", "misprint", "draws R", "draws CES"}


def test_the_files_of_a_replication_are_all_written(done: Replication, tmp_path: Path) -> None:
    check_files(done, tmp_path, ("figure3", "figure4", "figure5", "figure6", "figure7", "misprint", "draws"))
    assert "7.07 per cent" in (tmp_path / "kim_figure6.svg").read_text()


def test_the_bands_are_shares_of_draws_and_say_what_the_claims_say(done: Replication) -> None:
    cells = {(c.row, c.column): float(c.computed) for c in done.section("statements").cells}
    assert cells
    assert all(0.0 <= share <= 100.0 for share in cells.values())
    for column in {column for _, column in cells}:  # where some survivor's profit rises, the best firm's does
        assert cells["every survivor's profit falls", column] == cells["the best firm's profit falls", column]
    true, of = done.claim("profits").counts["Pareto (R)"]
    assert cells["every survivor's profit falls", "Pareto R"] == pytest.approx(100.0 * true / of)
    assert done.claim("markups").verdict == HOLDS
    assert cells["survivors' markups fall", "lognormal R"] == 100.0
