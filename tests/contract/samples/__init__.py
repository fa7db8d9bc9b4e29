"""Admissible sample scenarios of every registered model, and what its accounts are.

A new model adds a module here, with its `MODEL`, and one entry to `SAMPLES`. The contract tests then apply to it
unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import granular, market_penetration, melitz, melitz_ottaviano, vertical_specialization
from .base import ModelSamples

SAMPLES: dict[str, ModelSamples] = {
    "melitz": melitz.MODEL,
    "melitz_ottaviano": melitz_ottaviano.MODEL,
    "market_penetration": market_penetration.MODEL,
    "vertical_specialization": vertical_specialization.MODEL,
    "granular": granular.MODEL,
}


def each_sample() -> Iterator[tuple[str, str]]:
    """Yield model and sample names."""
    for model, entry in SAMPLES.items():
        for name in entry.samples:
            yield model, name
