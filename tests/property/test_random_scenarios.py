"""Whatever admissible world is asked for: a certified answer or a refusal with a reason, and soon."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve

from .worlds import scenarios

LIMIT = 2.0  # seconds of processor time above which the long run names a world as slow
COMMON = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    # no shrinking: magnitudes come from a seed, so a smaller draw is another world, and each costs a solve
    "phases": (Phase.generate,),
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def clock() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def elapsed(start: tuple[float, float]) -> float:
    """Return the lesser of processor and wall time: a busy machine stretches one, idle threads the other."""
    return min(now - then for now, then in zip(clock(), start, strict=True))


def verdict(scenario: dict[str, Any]) -> tuple[str, float]:
    """Solve; return "certified" or the reason of a refusal, and the time taken."""
    start = clock()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            eq = solve(scenario)
    except (NoEquilibrium, InputError) as refusal:
        took = elapsed(start)
        reason = str(refusal)
        assert len(reason) > 20, "a refusal gives a reason"
        assert "\n" not in reason
        return f"{type(refusal).__name__}: {re.sub(r'[-+]?[0-9][-+.e0-9]*', '#', reason)[:110]}", took
    took = elapsed(start)
    assert eq.certificate.max_residual <= 1e-10  # what a certificate promises
    check(eq, scenario["parameters"])
    return "certified", took


def check(eq: Any, parameters: dict[str, Any]) -> None:
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


@settings(max_examples=250, **COMMON)
@given(scenario=scenarios())
def test_a_random_world_is_certified_or_refused_with_a_reason(scenario: dict[str, Any]) -> None:
    verdict(scenario)


@pytest.mark.slow
def test_ten_thousand_random_worlds_are_certified_or_refused_with_a_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tally: Counter[str] = Counter()
    times: list[float] = []
    failures: list[str] = []

    @settings(max_examples=10_000, **COMMON)
    @given(scenario=scenarios())
    def run(scenario: dict[str, Any]) -> None:
        try:
            answer, took = verdict(scenario)
        except Exception as error:  # collected, so that one run tells everything
            failures.append(f"{type(error).__name__}: {str(error)[:200]} in {scenario}")
            return
        tally[answer] += 1
        times.append(took)

    run()
    with capsys.disabled():
        total = sum(tally.values()) + len(failures)
        slow = sum(took >= LIMIT for took in times)
        print(f"\n{total} random worlds; median {1e3 * np.median(times):.0f} ms, slowest {max(times):.2f} s,", end=" ")
        print(f"{slow} above {LIMIT:g} s")
        for answer, count in tally.most_common():
            print(f"{count:7d}  {answer}")
        for failure in failures[:5]:
            print(failure)
    assert not failures, f"{len(failures)} failures; first: {failures[0][:2000]}"
    assert tally["certified"] > 0.9 * sum(tally.values())  # a library that refuses everything is no library
