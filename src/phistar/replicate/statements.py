"""Judging claims: a paper's statement, its test over samples of solved worlds, and the verdict on what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from phistar.replicate.results import FAILS, HOLDS, HOLDS_WHERE, SILENT, TEXT, Claim

# --- the verdict


@dataclass(frozen=True)
class Trial:
    """A statement tested at many solved worlds of one kind.

    Attributes
    ----------
    kind : str
        What the worlds have in common, such as their distribution.
    held : ndarray of bool
        Whether the statement is true, one entry a world.
    premise : ndarray of bool
        Whether the world satisfies what the model supposes; the others are left aside.
    condition : ndarray of bool, optional
        Whether the condition under which the statement should hold is satisfied, from the parameters alone.
    parameters : sequence of dict
        The worlds themselves, so that a counterexample can be solved again.
    special : ndarray of bool, optional
        Worlds of a special kind, in which the statement may be true although it is not everywhere.
    """

    kind: str
    held: np.ndarray
    premise: np.ndarray
    condition: np.ndarray | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    special: np.ndarray | None = None

    @property
    def true(self) -> int:
        """In how many worlds of the premise it is true."""
        return int(np.sum(self.held & self.premise))

    @property
    def of(self) -> int:
        """How many worlds satisfy the premise."""
        return int(np.sum(self.premise))

    @property
    def misplaced(self) -> int:
        """In how many worlds of the premise the condition says otherwise."""
        return 0 if self.condition is None else int(np.sum((self.held != self.condition) & self.premise))

    @property
    def counterexample(self) -> Mapping[str, Any]:
        """Parameters of the first world in which it is false; empty where there is none."""
        where = np.flatnonzero(~self.held & self.premise)
        return dict(self.parameters[int(where[0])]) if where.size and len(self.parameters) else {}


def judge(
    key: str,
    quote: str,
    tested: str,
    trials: Sequence[Trial],
    *,
    condition: str = "",
    evidence: str = "",
    special: str = "",
    source: str = TEXT,
) -> Claim:
    """Pass the verdict on a claim from its trials.

    It holds if it is true in every world that satisfies the premise; it holds where the condition says if that
    condition separates the worlds in which it is true from the others without a single exception, and both kinds
    occur; otherwise it fails. A claim that no world could test fails too: nothing supports it. `special` names the
    worlds that the trials mark so, whose count is told where the claim fails.
    """
    counts = _counts(trials)
    true, of = (sum(c[i] for c in counts.values()) for i in (0, 1))
    verdict = _verdict(trials, true, of, condition)
    said = [f"{true:,} of {of:,} worlds" + (", exactly those" if verdict == HOLDS_WHERE else "")]
    if condition and verdict == FAILS:
        said.append(f"the condition '{condition}' misplaces {sum(trial.misplaced for trial in trials)}")
    if special and verdict == FAILS:
        said.append(_among_special(trials, special))
    if evidence:
        said.append(evidence)
    kept = condition if verdict == HOLDS_WHERE else ""
    counterexample = next((found for trial in trials if (found := trial.counterexample)), {})
    return Claim(key, quote, tested, verdict, kept, true / of if of else None, of, "; ".join(said), counts,
                 counterexample, source)  # fmt: skip


def silent(key: str, quote: str, tested: str, evidence: str) -> Claim:
    """Record a claim on which the model is silent."""
    return Claim(key, quote, tested, SILENT, evidence=evidence)


def _counts(trials: Sequence[Trial]) -> dict[str, tuple[int, int]]:
    """Count by kind in how many worlds it is true, and of how many."""
    counts: dict[str, tuple[int, int]] = {}
    for trial in trials:
        true, of = counts.get(trial.kind, (0, 0))
        counts[trial.kind] = (true + trial.true, of + trial.of)
    return counts


def _verdict(trials: Sequence[Trial], true: int, of: int, condition: str) -> str:
    if of and true == of:
        return HOLDS
    separated = all(trial.condition is not None and trial.misplaced == 0 for trial in trials)
    return HOLDS_WHERE if true and condition and separated else FAILS


def _among_special(trials: Sequence[Trial], words: str) -> str:
    marked = [(t.held & t.premise & t.special, t.premise & t.special) for t in trials if t.special is not None]
    true, of = (sum(int(np.sum(pair[i])) for pair in marked) for i in (0, 1))
    return f"{true:,} of {of:,} where {words}"


# --- statements over samples

#: Whether it is true, the premise, and the condition where there is one; world by world.
Answer = tuple[np.ndarray, np.ndarray, np.ndarray | None]
#: What a paper asks of its samples, each of the paper's own kind.
Truth = Callable[[Any], np.ndarray]
Test = Callable[[Any], Answer]


class Sampled(Protocol):
    """Solved worlds of one kind, as every paper's samples are."""

    @property
    def label(self) -> str:
        """What the worlds have in common, for people."""

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium: the others are no evidence."""

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters."""


def trials(samples: Sequence[Sampled], test: Test, special: Truth | None = None) -> list[Trial]:
    """Run a test over samples, a trial each; mark worlds of a special kind."""
    found = []
    for sample in samples:
        with np.errstate(all="ignore"):  # worlds without a certificate hold no numbers
            held, premise, condition = test(sample)
        marked = special(sample) if special else None
        found.append(Trial(sample.label, held, premise & sample.certified, condition, sample.parameters(), marked))
    return found


@dataclass(frozen=True)
class Statement:
    """One claim and how it is tested.

    Attributes
    ----------
    key, quote, tested : str
        See `Claim`.
    test : callable
        Answers for a sample whether it is true, the premise and the condition, world by world.
    condition : str
        The condition in words, where the test has one.
    evidence : str or callable
        One line for a reader, or what tells it from the samples.
    source : str
        See `Claim`.
    over : str
        Name of the samples it is about, where a table of statements is about several.
    special : (str, callable), optional
        Worlds of a special kind, in words and as a test: their count is told where the claim fails.
    """

    key: str
    quote: str
    tested: str
    test: Test
    condition: str = ""
    evidence: str | Callable[[Sequence[Any]], str] = ""
    source: str = TEXT
    over: str = ""
    special: tuple[str, Truth] | None = None

    def judged(
        self, samples: Sequence[Sampled], *evidence: str, telling: Callable[[Sequence[Trial]], str] | None = None
    ) -> Claim:
        """Pass the verdict over samples; add what `telling` says of the trials, and further evidence."""
        found = trials(samples, self.test, self.special[1] if self.special else None)
        own = self.evidence if isinstance(self.evidence, str) else self.evidence(samples)
        told = "; ".join(filter(None, (own, telling(found) if telling else "", *evidence)))
        special = self.special[0] if self.special else ""
        return judge(self.key, self.quote, self.tested, found, condition=self.condition, evidence=told,
                     special=special, source=self.source)  # fmt: skip


def judge_each(statements: Sequence[Statement], samples: Mapping[str, Sequence[Sampled]]) -> tuple[Claim, ...]:
    """Pass the verdict on statements, each over the samples it names."""
    return tuple(statement.judged(samples[statement.over]) for statement in statements)


def whether(held: Truth, *, among: Truth | None = None, where: Truth | None = None) -> Test:
    """Make a test of a truth: among the worlds of a premise, and against a condition."""

    def _test(sample: Any) -> Answer:
        true = np.asarray(held(sample))
        premise = np.full(true.shape, True) if among is None else among(sample)
        return true, premise, None if where is None else where(sample)

    return _test


def together(*tests: Test) -> Test:
    """Make a test of several things at once: all must be true where all premises hold."""

    def _test(sample: Any) -> Answer:
        answers = [test(sample) for test in tests]
        return np.all([a[0] for a in answers], axis=0), np.all([a[1] for a in answers], axis=0), None

    return _test


def narrowed(test: Test, *, among: Truth | None = None, where: Truth | None = None) -> Test:
    """Make a test of the same truth in fewer worlds, or against a condition."""

    def _test(sample: Any) -> Answer:
        held, premise, condition = test(sample)
        narrower = premise if among is None else premise & among(sample)
        return held, narrower, condition if where is None else where(sample)

    return _test
