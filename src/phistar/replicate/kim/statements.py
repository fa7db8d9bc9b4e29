"""What a claim of the paper is here: its words, a test draw by draw, and the samples it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from phistar.replicate.kim.samples import NOTHING, Parts, Sample, Test, trials
from phistar.replicate.results import TEXT, Claim, Trial, judge


@dataclass(frozen=True)
class Statement:
    """One claim and how it is tested.

    Attributes
    ----------
    key, quote, tested : str
        See `Claim`.
    test : callable
        Whether it is true, the premise and the condition, draw by draw.
    condition, evidence, source : str
        See `judge`.
    """

    key: str
    quote: str
    tested: str
    test: Test
    condition: str = ""
    evidence: str = ""
    source: str = TEXT

    def judged(self, samples: Sequence[Sample]) -> Claim:
        """Pass the verdict over samples."""
        found = trials(samples, self.test)
        return judge(self.key, self.quote, self.tested, found, condition=self.condition,
                     evidence="; ".join(filter(None, (self.evidence, _by_kind(found)))),
                     source=self.source)  # fmt: skip


def _by_kind(found: Sequence[Trial]) -> str:
    """Say in which share of draws it is true, from the least to the most, where kinds differ."""
    shares = {t.kind: np.mean(t.held[t.premise]) for t in found if np.any(t.premise)}
    low, high = min(shares, key=lambda k: shares[k]), max(shares, key=lambda k: shares[k])
    if shares[high] == shares[low]:
        return ""
    return f"{100 * shares[low]:.4g}% of {low} to {100 * shares[high]:.4g}% of {high}"


Values = Callable[[Sample], np.ndarray]


def always(values: Values, premise: Values | None = None) -> Test:
    """Test a truth draw by draw."""

    def test(s: Sample) -> Parts:
        every = np.ones(len(s.firms), dtype=bool)
        return values(s), every if premise is None else premise(s), None

    return test


def where(values: Values, condition: Values, premise: Values | None = None) -> Test:
    """Test a truth draw by draw against a condition."""

    def test(s: Sample) -> Parts:
        every = np.ones(len(s.firms), dtype=bool)
        return values(s), every if premise is None else premise(s), condition(s)

    return test


def falling(values: np.ndarray) -> np.ndarray:
    """Whether values fall from every firm to the next less productive one; nan is out (draw)."""
    return _ordered(values, -1.0)


def rising(values: np.ndarray) -> np.ndarray:
    """Whether values rise from every firm to the next less productive one; nan is out (draw)."""
    return _ordered(values, 1.0)


def _ordered(values: np.ndarray, sign: float) -> np.ndarray:
    step = sign * np.diff(values, axis=0)
    return np.asarray(np.all(np.isnan(step) | (step > 0.0), axis=0))


def below(values: np.ndarray, bound: float) -> np.ndarray:
    """Whether all values are below a bound; nan is out (draw)."""
    return np.asarray(np.all(np.isnan(values) | (values < bound - NOTHING), axis=0))
