"""Judge random worlds: each is certified and rechecked, or refused with a reason; and tell how thousands ended."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve

LIMIT = 2.0  # seconds above which the long run names a world as slow
COMMON: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    # no shrinking: magnitudes come from a seed, so a smaller draw is another world, and each costs a solve
    "phases": (Phase.generate,),
    "suppress_health_check": list(HealthCheck),
}
MANY = 10_000

#: Recheck an equilibrium from outcomes and parameters alone; say what kind it is.
Check = Callable[[Any, dict[str, Any]], str]


def verdict(scenario: dict[str, Any], check: Check) -> tuple[str, float]:
    """Solve; return "certified" with the kind of answer, or the reason of a refusal, and the time taken."""
    start = _clock()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            eq = solve(scenario)
    except (NoEquilibrium, InputError) as refusal:
        took = _elapsed(start)
        reason = str(refusal)
        assert len(reason) > 20, "a refusal gives a reason"
        assert "\n" not in reason
        return f"{type(refusal).__name__}: {re.sub(r'[-+]?[0-9][-+.e0-9]*', '#', reason)[:110]}", took
    took = _elapsed(start)
    assert eq.certificate.max_residual <= 1e-10  # what a certificate promises
    kind = check(eq, scenario["parameters"])
    return f"certified, {kind}" if kind else "certified", took


def _clock() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def _elapsed(start: tuple[float, float]) -> float:
    """Return the lesser of processor and wall time: a busy machine stretches one, idle threads the other."""
    return min(now - then for now, then in zip(_clock(), start, strict=True))


@dataclass
class Tally:
    """How random worlds ended: answers and their counts, times, failures."""

    answers: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def certified(self) -> dict[str, int]:
        """Kinds of certified answers and their counts."""
        return {answer: count for answer, count in self.answers.items() if answer.startswith("certified")}

    @property
    def share(self) -> float:
        """Share of the worlds that are certified."""
        return sum(self.certified.values()) / max(1, sum(self.answers.values()) + len(self.failures))

    def tell(self) -> str:
        """Say how the worlds ended, one line an answer."""
        total, slow = sum(self.answers.values()) + len(self.failures), sum(took >= LIMIT for took in self.times)
        head = f"{total} random worlds; median {1e3 * np.median(self.times):.0f} ms, slowest {max(self.times):.2f} s, "
        lines = [head + f"{slow} above {LIMIT:g} s"]
        lines += [f"{count:7d}  {answer}" for answer, count in self.answers.most_common()]
        return "\n".join(["", *lines, *self.failures[:5]])


def judge_many(scenarios: Any, check: Check, capsys: pytest.CaptureFixture[str], draws: int = MANY) -> Tally:
    """Judge many draws, tell how they ended, and require that none failed its checks."""
    tally = Tally()

    @settings(max_examples=draws, **COMMON)
    @given(scenario=scenarios)
    def run(scenario: dict[str, Any]) -> None:
        try:
            answer, took = verdict(scenario, check)
        except Exception as error:  # collected, so that one run tells everything
            tally.failures.append(f"{type(error).__name__}: {str(error)[:200]} in {scenario}")
            return
        tally.answers[answer] += 1
        tally.times.append(took)

    run()
    with capsys.disabled():
        print(tally.tell())
    assert not tally.failures, f"{len(tally.failures)} failures; first: {tally.failures[0][:2000]}"
    return tally
