"""The replication of Ara (2026): what each claim, equation and number comes to, and that nothing is taken on trust."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.replicate.ara2026 import independent
from phistar.replicate.ara2026.box import FAMILIES, HIGH, LOW, PARETO, scenario
from phistar.replicate.ara2026.cases import Case, random_cases
from phistar.replicate.ara2026.equations_section import whole_answer
from phistar.replicate.ara2026.numbered import SAME, SECTION_2
from phistar.replicate.ara2026.numbered_local import SECTION_3
from phistar.replicate.ara2026.responses import moves
from phistar.replicate.ara2026.samples import Sample, sample
from phistar.replicate.registry import replicate
from phistar.replicate.results import FAILS, HOLDS, HOLDS_WHERE, NOT_REPRODUCED, SILENT, Replication
from phistar.replicate.statements import Statement
from phistar.replicate.worlds import Ledger
from phistar.verbs.elasticities import elasticities
from phistar.verbs.solve import solve

from .whole import check_certified, check_claims, check_files, check_shares_no_code, strict_json

#: Everything else holds.
WHERE = {
    "proposition_3_ii": "1 + (1/ρ + 2A)(p − q) > 0",
    "alpha_M_slope": "1 + (1/ρ + 2A)(p − q) > 0",
    "figure_A1_imports": "L > 1.3754 or L < 0.7271",
    "figure_A1_imports_level": "L > 1.7117 or L < 0.5842",
    "attenuated_tau": "τ_M < 1.0710",
}
FALSE = {
    # the two that fail at the paper's own parameters, with what they rest on
    "responsive_imports_point", "attenuated_point", "denominator_point", "figure_4b_slopes",
    # over the box
    "responsive_imports", "attenuated", "attenuated_any", "denominator", "downstream_weaker", "wage_weaker",
    "convergence", "exports_fall", "importing_exports", "order_without", "condition_15_sales", "condition_15_sourcing",
    "condition_15_note_9", "condition_15_exports", "co_move", "joint_participation", "joint_mass",
    "exporting",
}  # fmt: skip
MISPRINTS = {"2.2", "(1) φ_X", "A.1.2 integrals", "(A.14) φ_XM1"}


@pytest.fixture(scope="module")
def done() -> Replication:
    return replicate("ara2026")


# --- the verdicts


def test_each_claim_has_its_verdict(done: Replication) -> None:
    assert {c.key: c.condition for c in done.claims if c.verdict == HOLDS_WHERE} == WHERE
    failed = {c.key for c in done.claims if c.verdict == FAILS}
    assert {key for key in failed if not key.startswith("equation")} == FALSE
    assert {c.key for c in done.claims if c.verdict == SILENT} == {"competitive", "homogeneous", "data"}


def test_equations_hold_but_for_the_misprints_whose_corrections_hold(done: Replication) -> None:
    judged = {c.key.removeprefix("equation "): c for c in done.claims if c.key.startswith("equation")}
    assert {number for number, claim in judged.items() if claim.verdict == FAILS} == MISPRINTS
    for number in MISPRINTS:
        assert judged[number].share == 0.0
    for number in ("2.2 corrected", "(1) φ_X corrected", "(A.2)", "(A.13), (A.14) corrected"):
        assert judged[number].verdict == HOLDS


def test_every_numbered_equation_is_judged(done: Replication) -> None:
    said = " ".join(claim.quote + claim.tested for claim in done.claims)
    numbers = [f"({n})" for n in range(1, 23)] + ["(A.1)", "(A.2)", "(A.3)", "(A.4)", "(A.6)", "(A.9)", "(A.11)"]
    for number in [*numbers, "(A.12)", "(A.13)", "(A.14)"]:
        assert number in said, number


def test_claims_have_names_of_their_own_evidence_and_counterexamples(done: Replication) -> None:
    check_claims(done)
    for claim in done.claims:
        if claim.verdict in (FAILS, HOLDS_WHERE):
            assert claim.counterexample, claim.key
            assert claim.share is not None and claim.share < 1.0


def test_propositions_one_and_two_hold_in_every_world_of_every_distribution(done: Replication) -> None:
    for key, kinds in (("proposition_1", 4), ("proposition_2", 1), ("proposition_2_beyond", 3), ("wage_sign", 4)):
        claim = done.claim(key)
        assert claim.verdict == HOLDS
        assert len(claim.counts) == kinds
        assert all(true == of > 50 for true, of in claim.counts.values()), key


def test_numbers_printed_and_stated_are_reproduced(done: Replication) -> None:
    stated = [cell for section in done.sections for cell in section.cells if cell.stated]
    assert len(stated) == 4 + 2 * 13 + 11
    assert not [cell for cell in stated if cell.verdict == NOT_REPRODUCED]
    ratios = [cell.computed for cell in done.section("printed").cells if cell.stated in ("2.4", "0.75")]
    assert ratios == pytest.approx([2.406607, 0.751891], abs=5e-7)  # as many digits as are stated


def test_everything_was_certified(done: Replication) -> None:
    check_certified(done, more_than=10_000)


def test_the_plain_form_is_strict_json_with_curves_of_one_length(done: Replication) -> None:
    told = strict_json(done)
    assert set(told["curves"]["figure"]) == {f"figure_{n}" for n in ("1", "2", "3", "4", "A1")} | {"regions"}


def test_the_files_of_a_replication_are_all_written(done: Replication, tmp_path: Path) -> None:
    check_files(done, tmp_path, ("figure_1", "figure_2", "figure_3", "figure_4", "figure_A1", "regions"))


# --- the figures


def _rows(done: Replication, figure: str) -> list[dict[str, Any]]:
    rows = [dict(zip(done.curves, row, strict=True)) for row in zip(*done.curves.values(), strict=True)]
    return [row for row in rows if row["figure"] == figure]


@pytest.mark.parametrize(("figure", "tau"), [("figure_1", HIGH), ("figure_3", LOW)])
def test_curves_cross_where_the_library_solves(done: Replication, figure: str, tau: float) -> None:
    lines = {}
    for series in {row["series"] for row in _rows(done, figure)}:
        points = [(row["x"], row["y"]) for row in _rows(done, figure) if row["series"] == series]
        lines[series] = np.array(sorted(points)).T
    for L, series in ((1.0, "LMC: Φ(ω, 1)"), (1.2, "LMC: Φ(ω, 1.2)")):
        equilibrium = solve(scenario(tau_M=tau, L=[L, 1.0]))
        for name in (series, "TB: Ψ(ω)"):
            at = np.interp(equilibrium["relative_wage"][0], *lines[name])
            assert at == pytest.approx(equilibrium["relative_exports"][0], rel=1e-4)  # points lie 1e-4 in omega apart


def test_the_map_says_what_elasticities_say(done: Replication) -> None:
    rows = _rows(done, "regions")
    sizes = sorted({row["y"] for row in rows})
    L = min(sizes, key=lambda size: abs(size - 1.2))
    spans = sorted((row["x"], row["series"]) for row in rows if row["y"] == L)

    def response(tau: float, of: str) -> float:
        return float(elasticities(scenario(tau_M=tau, L=[L, 1.0]), of=of, to="L[0]")[of, "L[0]"][0])

    seen = set()
    for tau in (1.068, 1.12, 1.19, 1.25, 1.4, 1.58):
        region = [series for start, series in spans if start <= tau][-1]
        rises = response(tau, "relative_wage") > 0.0
        more = response(tau, "relative_welfare") > response(HIGH, "relative_welfare")
        told = (
            f"ω {'rises' if rises else 'falls'} with L; W1/W2 responds {'more' if more else 'less'} than at τ_M = 1.5"
        )
        assert region == told, tau
        seen.add(region)
    assert len(seen) == 4


# --- counterexamples, by the public verbs


def _respond(name: str, **changes: Any) -> float:
    return float(elasticities(scenario(**changes), of=name, to="L[0]")[name, "L[0]"][0])


def test_at_the_papers_own_parameters_imports_respond_less_and_welfare_more_where_inputs_are_cheap() -> None:
    assert _respond("relative_imports", tau_M=LOW) < _respond("relative_imports", tau_M=HIGH) - 0.09
    assert _respond("relative_welfare", tau_M=LOW) > _respond("relative_welfare", tau_M=HIGH) + 0.008


@pytest.mark.parametrize(
    ("key", "name", "sign"),
    [("joint_participation", "share_XM", -1), ("exports_fall", "R_X", 1), ("proposition_3_ii", "alpha_M", 1)],
)
def test_a_claims_own_counterexample_can_be_solved_again_and_is_one(
    done: Replication, key: str, name: str, sign: int
) -> None:
    world = {"model": "vertical_specialization", "parameters": dict(done.claim(key).counterexample)}
    assert sign * float(elasticities(world, of=name, to="L[0]")[name, "L[0]"][0]) > 1e-6


# --- nothing is taken on trust


@pytest.fixture(scope="module")
def case() -> Case:
    return random_cases(FAMILIES[2], "unequal", Ledger(), 1)[0]


def test_equations_are_seen_not_to_hold_off_the_equilibrium(case: Case) -> None:
    checks = [e for e in (*SECTION_2, *SECTION_3) if case.kind in e.kinds and not e.pareto and not e.misprint]
    assert len(checks) > 25
    assert all(e.check(case) <= e.within for e in checks)
    dearer = replace(case.found.world, f_D=1.1 * case.found.world.f_D)
    wrong = replace(case, found=replace(case.found, world=dearer))
    off = {e.number for e in checks if e.check(wrong) > e.within}
    # what holds only in equilibrium, not as an identity of firms' choices
    assert {"(2)", "2.3 labour", "2.3 trade", "(4)", "(8)", "(18)", "(20)"} <= off
    assert whole_answer(case) < SAME < whole_answer(wrong)


def test_the_independent_route_shares_no_code_with_the_model() -> None:
    check_shares_no_code(independent)


def test_a_wrong_claim_fails_and_names_a_world() -> None:
    worlds = sample(PARETO, {"tau_M": np.array([1.3, 1.4])}, Ledger())
    claim = Statement("wrong", "", "wages fall with size", moves({("relative_wage", 0): -1})).judged([worlds])
    assert (claim.verdict, claim.share) == (FAILS, 0.0)
    assert claim.counterexample["tau_M"] == 1.3


def test_difference_quotients_are_the_exact_elasticities() -> None:
    worlds: Sample = sample(PARETO, {"L[0]": np.array([0.8, 1.0, 1.7])}, Ledger())
    for i, L in enumerate((0.8, 1.0, 1.7)):
        for name in ("relative_wage", "relative_imports", "alpha_M"):
            exact = _respond(name, L=[L, 1.0])
            assert worlds.response(name)[i] == pytest.approx(exact, rel=1e-6)  # the step's square times curvature


def test_the_paper_point_is_outside_the_support_only_in_the_closed_form() -> None:
    equilibrium = solve(scenario())
    assert not equilibrium.certificate.checks["within_support"]
    assert solve(scenario(f_E=2.02)).certificate.checks["within_support"]
