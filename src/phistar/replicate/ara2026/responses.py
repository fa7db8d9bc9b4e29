"""What the claims speak of: how variables respond to a country's size, and the worlds in which the paper says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.replicate.ara2026.samples import NOTHING, Pair, Sample
from phistar.replicate.comparisons import all_go, goes
from phistar.replicate.statements import Answer, Test, Truth, whether

D, DM, X, XM = "cutoff_D", "cutoff_DM", "cutoff_X", "cutoff_XM"
OMEGA, WELFARE = "relative_wage", "relative_welfare"
GOODS, INPUTS, RATIO = "relative_exports", "relative_imports", "final_to_input_ratio"
#: A variable, the country it is of, and the sign of its response to the size of country 1.
Signs = Mapping[tuple[str, int], int]
#: Two elasticities closer than the error of a difference quotient are equal.
CLOSE = 1e-7


# --- premises


def supposed(of: Any) -> np.ndarray:
    """Mark the worlds of a sample, or of a pair of them, that the paper supposes."""
    return np.asarray(of.supposed)


def assumption_1(sample: Sample) -> np.ndarray:
    """Mark the supposed worlds in which Assumption 1 holds: trade in goods leads."""
    return np.asarray(sample.supposed & sample.goods_lead)


def without_assumption_1(sample: Sample) -> np.ndarray:
    """Mark the supposed worlds in which Assumption 1 fails: trade in inputs leads."""
    return np.asarray(sample.supposed & ~sample.goods_lead)


def switching(pair: Pair) -> np.ndarray:
    """Mark the worlds in which Assumption 1 fails as inputs become cheaper."""
    return pair.switching


# --- tests


def moves(signs: Signs, among: Truth = supposed) -> Test:
    """Test signs of responses to the size of country 1."""

    def _test(sample: Sample) -> Answer:
        responses = ((sample.response(name, i), sign) for (name, i), sign in signs.items())
        return all_go(responses, NOTHING), among(sample), None

    return _test


def more(name: str, among: Truth = switching, where: Truth | None = None) -> Test:
    """Test that a variable responds more to size the cheaper inputs are."""
    return whether(lambda pair: goes(pair.rise(name), 1, CLOSE), among=among, where=where)


def less(name: str, among: Truth = switching) -> Test:
    """Test that a variable responds less to size the cheaper inputs are."""
    return whether(lambda pair: goes(pair.rise(name), -1, CLOSE), among=among)
