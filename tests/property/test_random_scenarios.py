"""Whatever admissible world is asked for: a certified answer or a refusal with a reason, and soon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from .verdicts import COMMON, judge_many, verdict
from .worlds import scenarios


def check(eq: Any, parameters: dict[str, Any]) -> str:
    """Recheck from outcomes alone what cannot depend on how the answer was found."""
    flow, spending = eq["trade_flow"], eq["expenditure"]
    assert np.all(np.isfinite(flow))
    assert np.all(flow >= 0)
    assert np.all(eq["wage"] > 0)
    assert np.all(np.isfinite(eq["welfare"]))
    # a certificate of 1e-10 allows as much here, and the sums over ten countries a little more
    assert np.allclose(flow.sum(axis=0), spending, rtol=1e-9, atol=0)
    assert np.allclose(flow.sum(axis=1), spending, rtol=1e-9, atol=0)
    assert np.allclose(eq["trade_share"].sum(axis=0), 1, rtol=1e-9, atol=0)
    labour = eq["labour_production"] + eq["labour_fixed"] + eq["labour_export"]
    if parameters["entry"] == "free":
        labour = labour + eq["labour_entry"]
    assert np.allclose(labour, parameters["L"], rtol=1e-9, atol=0)
    assert np.all(eq["seller_share"] <= 1 + 1e-12)
    assert np.all(eq["mass_sellers"] <= eq["mass_entrants"][:, None] * (1 + 1e-12))
    # sellers are nested: whoever sells anywhere sells in the market that most sell in
    assert np.allclose(eq["mass_active"], eq["mass_sellers"].max(axis=1), rtol=1e-9, atol=0)
    closed = np.isinf(np.asarray(parameters["tau"]))
    assert np.all(flow[closed] == 0)
    return ""


@settings(max_examples=150, **COMMON)
@given(scenario=scenarios())
def test_a_random_world_is_certified_or_refused_with_a_reason(scenario: dict[str, Any]) -> None:
    verdict(scenario, check)


@pytest.mark.slow
def test_ten_thousand_random_worlds_are_certified_or_refused_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    tally = judge_many(scenarios(), check, capsys)
    assert tally.share > 0.9  # a library that refuses everything is no library
