"""Worlds solved one by one: gathered, and tested each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phistar.replicate.one_by_one import each, groups, trial_of, trials_by_label
from phistar.replicate.statements import trials

T, F = True, False


@dataclass
class World:
    label: str
    parameters: dict[str, Any]


WORLDS = [World(label, {"i": i}) for i, label in enumerate("abab")]


def test_a_statement_tested_world_by_world_counts_every_world_unless_a_premise_says_which() -> None:
    assert (trial_of("kind", [T, F, T], []).true, trial_of("kind", [T, F, T], []).of) == (2, 3)
    told = trial_of("kind", [T, F, T], [{"i": i} for i in range(3)], premise=[T, T, F], condition=[T, T, T])
    assert (told.true, told.of, told.misplaced, told.counterexample) == (1, 2, 1, {"i": 1})


def test_worlds_tested_one_by_one_are_gathered_by_label() -> None:
    first, second = trials_by_label(WORLDS, [T, T, F, T], [T, F, T, F])
    assert (first.kind, first.true, first.of, first.misplaced) == ("a", 1, 2, 1)
    assert (second.kind, second.true, second.of, second.misplaced) == ("b", 2, 2, 2)
    assert first.counterexample == {"i": 2}


def test_what_is_true_of_one_world_is_tested_in_every_world_of_a_group() -> None:
    first, second = trials(groups(WORLDS), each(lambda world: world.parameters["i"] < 2))
    assert (first.kind, first.held.tolist(), first.counterexample) == ("a", [T, F], {"i": 2})
    assert (second.kind, second.held.tolist(), second.counterexample) == ("b", [T, F], {"i": 3})
