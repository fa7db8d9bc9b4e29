"""Verdicts on claims: what trials make of them, and how statements become trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import FAILS, HOLDS, HOLDS_WHERE
from phistar.replicate.statements import Statement, Trial, judge, judge_each, narrowed, together, trials, whether

T, F = True, False


def trial(held: list[bool], premise: list[bool] | None = None, condition: list[bool] | None = None) -> Trial:
    return trial_of("kind", held, [{"world": i} for i in range(len(held))], premise=premise, condition=condition)


def test_a_claim_holds_only_if_true_in_every_world_of_the_premise() -> None:
    assert judge("k", "q", "t", [trial([T, T, F], [T, T, F])]).verdict == HOLDS
    assert judge("k", "q", "t", [trial([T, T, F])]).verdict == FAILS


def test_a_condition_must_separate_the_worlds_without_exception() -> None:
    exact = judge("k", "q", "t", [trial([T, F, T], None, [T, F, T])], condition="x > 0")
    assert (exact.verdict, exact.condition, exact.share) == (HOLDS_WHERE, "x > 0", pytest.approx(2 / 3))
    loose = judge("k", "q", "t", [trial([T, F, T], None, [T, F, F])], condition="x > 0")
    assert (loose.verdict, loose.condition) == (FAILS, "")
    assert "misplaces 1" in loose.evidence


def test_a_condition_left_untested_in_some_trials_does_not_count() -> None:
    mixed = [trial([T, F], None, [T, F]), trial([T, F])]
    assert judge("k", "q", "t", mixed, condition="x > 0").verdict == FAILS


def test_a_claim_that_no_world_could_test_fails() -> None:
    assert judge("k", "q", "t", [trial([T], [F])]).verdict == FAILS
    assert judge("k", "q", "t", []).verdict == FAILS


def test_a_claim_true_nowhere_fails_even_if_the_condition_says_so() -> None:
    assert judge("k", "q", "t", [trial([F, F], None, [F, F])], condition="never").verdict == FAILS


def test_a_failing_claim_names_its_first_counterexample() -> None:
    assert judge("k", "q", "t", [trial([T, F, F], [T, F, T])]).counterexample == {"world": 2}


def test_worlds_of_a_special_kind_are_counted_where_a_claim_fails() -> None:
    marked = Trial("kind", np.array([T, T, F]), np.full(3, T), special=np.array([T, F, F]))
    assert "1 of 1 where dear" in judge("k", "q", "t", [marked], special="dear").evidence


# --- statements over samples


@dataclass
class Sample:
    label: str
    x: np.ndarray
    y: np.ndarray
    certified: np.ndarray

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        return [{"x": float(x)} for x in self.x]


def sample(label: str = "a kind", certified: bool = True) -> Sample:
    return Sample(label, np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0]), np.full(4, certified))


def is_odd(s: Sample) -> np.ndarray:
    return s.y == 0.0


def is_large(s: Sample) -> np.ndarray:
    return s.x > 2.5


def test_a_truth_is_tested_in_every_world_unless_a_premise_says_where() -> None:
    assert [(t.true, t.of) for t in trials([sample()], whether(is_odd))] == [(2, 4)]
    assert [(t.true, t.of) for t in trials([sample()], whether(is_odd, among=is_large))] == [(1, 2)]


def test_a_world_without_a_certificate_is_no_evidence() -> None:
    (found,) = trials([sample(certified=False)], whether(is_odd))
    assert (found.true, found.of) == (0, 0)
    assert Statement("k", "q", "t", whether(is_odd)).judged([sample(certified=False)]).verdict == FAILS


def test_a_condition_is_held_against_the_truth_world_by_world() -> None:
    exact = Statement("k", "q", "t", whether(is_odd, where=lambda s: s.y < 0.5), "y < 1/2").judged([sample()])
    assert (exact.verdict, exact.counterexample) == (HOLDS_WHERE, {"x": 2.0})
    loose = Statement("k", "q", "t", whether(is_odd, where=is_large), "x > 5/2").judged([sample()])
    assert loose.verdict == FAILS
    assert "misplaces 2" in loose.evidence


def test_several_tests_together_are_true_where_all_are_and_supposed_where_all_are() -> None:
    (found,) = trials([sample()], together(whether(is_odd, among=is_large), whether(is_large)))
    assert found.held.tolist() == [F, F, T, F]
    assert found.premise.tolist() == [F, F, T, T]


def test_a_narrowed_test_keeps_the_truth_and_its_condition() -> None:
    (found,) = trials([sample()], narrowed(whether(is_odd, where=is_odd), among=is_large))
    assert found.held.tolist() == [T, F, T, F]
    assert found.premise.tolist() == [F, F, T, T]
    assert found.condition is not None and found.condition.tolist() == [T, F, T, F]
    (told,) = trials([sample()], narrowed(whether(is_odd), where=is_large))
    assert told.condition is not None and told.condition.tolist() == [F, F, T, T]


def test_evidence_is_the_statements_own_then_of_the_trials_then_further() -> None:
    statement = Statement("k", "q", "t", whether(is_odd), evidence=lambda samples: f"{len(samples)} samples")
    claim = statement.judged([sample(), sample("another")], "more", telling=lambda found: found[1].kind)
    assert claim.evidence == "4 of 8 worlds; 2 samples; another; more"
    assert claim.counts == {"a kind": (2, 4), "another": (2, 4)}


def test_each_statement_of_a_table_is_judged_over_the_samples_it_names() -> None:
    table = (Statement("one", "q", "t", whether(is_odd), over="first"),
             Statement("all", "q", "t", whether(lambda s: s.x > 0.0), over="both"))  # fmt: skip
    one, every = judge_each(table, {"first": [sample()], "both": [sample(), sample()]})
    assert (one.key, one.verdict, one.worlds) == ("one", FAILS, 4)
    assert (every.key, every.verdict, every.worlds) == ("all", HOLDS, 8)
