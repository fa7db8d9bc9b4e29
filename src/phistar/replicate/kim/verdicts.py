"""Verdicts over draws of the firms: how often a claim is true, and where kinds of draws differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.replicate.kim.samples import Sample
from phistar.replicate.results import Claim
from phistar.replicate.statements import Statement, Trial


def judged(statements: Sequence[Statement], samples: Sequence[Sample]) -> tuple[Claim, ...]:
    """Pass the verdict on statements over the same samples."""
    return tuple(statement.judged(samples, telling=_by_kind) for statement in statements)


def _by_kind(found: Sequence[Trial]) -> str:
    """Say in which share of draws it is true, from the least to the most, where kinds differ."""
    shares = {t.kind: np.mean(t.held[t.premise]) for t in found if np.any(t.premise)}
    low, high = min(shares, key=lambda k: shares[k]), max(shares, key=lambda k: shares[k])
    if shares[high] == shares[low]:
        return ""
    return f"{100 * shares[low]:.4g}% of {low} to {100 * shares[high]:.4g}% of {high}"
