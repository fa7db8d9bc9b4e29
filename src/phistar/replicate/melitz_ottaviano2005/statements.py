"""What a sign claim is here: the paper's words, a test over a sample, and where it is also tried without a Pareto."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, Parts, Reader, Sample
from phistar.replicate.results import READING, TEXT, Claim, Trial, judge
from phistar.replicate.worlds import Worlds

Test = Callable[[Sample], Parts]
#: A quantity and the way it moves: +1, -1, or 0 for not at all.
Direction = tuple[Reader, int]


@dataclass(frozen=True)
class Statement:
    """One claim and how it is tested.

    Attributes
    ----------
    key, quote, tested : str
        See `Claim`.
    test : callable
        Whether it is true, the premise and the condition, world by world.
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

    def judged(self, samples: Sequence[Sample], stored: Sequence[Sample] = ()) -> Claim:
        """Pass the verdict over samples; those stored come first and lend the counterexample."""
        said = "; ".join(words for words in (self.evidence, *(s.note for s in stored)) if words)
        return judge(
            self.key, self.quote, self.tested, trials((*stored, *samples), self.test), condition=self.condition,
            evidence=said, source=self.source,
        )  # fmt: skip

    def beyond(self, samples: Sequence[Sample], stored: Sequence[Sample] = ()) -> Claim:
        """Pass the verdict over other distributions than the paper's Pareto, and say by which it breaks."""
        found = trials((*stored, *samples), self.test)
        broken = [
            f"{t.kind} {int(np.sum(~t.held & t.premise))} of {int(np.sum(t.premise))}"
            for t in found[len(stored) :]
            if np.any(~t.held & t.premise)
        ]
        told = ["false in " + ", ".join(broken)] if broken else []
        said = "; ".join([*told, *(s.note for s in stored)])
        return judge(f"{self.key}_beyond", self.quote, f"{self.tested}, without Pareto", found, evidence=said,
                     source=READING)  # fmt: skip


def trials(samples: Sequence[Sample], test: Test) -> list[Trial]:
    """Run one test over samples."""
    found = []
    for sample in samples:
        held, premise, condition = test(sample)
        found.append(Trial(sample.label, held, premise, condition, sample.before.parameters()))
    return found


# --- quantities


def own(name: str) -> Reader:
    """Read a country variable of the first country."""
    return lambda w: w[name][0]


def partner(name: str) -> Reader:
    """Read a country variable of the second country."""
    return lambda w: w[name][1]


def last(name: str) -> Reader:
    """Read a country variable of the last country."""
    return lambda w: w[name][-1]


def members(name: str) -> Reader:
    """Read a country variable of the first two countries."""
    return lambda w: w[name][:2]


def every(name: str) -> Reader:
    """Read a country variable of all countries."""
    return lambda w: w[name]


def cell(name: str, i: int, j: int) -> Reader:
    """Read one entry of a variable by pair."""
    return lambda w: w[name][i, j]


def over(one: Reader, other: Reader) -> Reader:
    """Read a ratio."""
    return lambda w: one(w) / other(w)


def survival(w: Worlds) -> np.ndarray:
    """Return the share of draws that sell at home, G(c_D) (country)."""
    return np.asarray(np.einsum("iip->ip", w["mass_sellers"]) / w["mass_entrants"])


def producers(w: Worlds) -> np.ndarray:
    """Return firms that sell at home, N_D (country)."""
    return np.einsum("iip->ip", w["mass_sellers"])


# --- tests


def moves(shock: str, *directions: Direction, short: bool = False) -> Test:
    """Test whether each quantity moves the way it should under a shock."""

    def test(sample: Sample) -> Parts:
        held = [_goes(sample.change(shock, read, short), sign) for read, sign in directions]
        return np.all(held, axis=0), sample.premise(shock, short), None

    return test


def _goes(change: np.ndarray, sign: int) -> np.ndarray:
    right = np.abs(change) < NOTHING if sign == 0 else sign * change > NOTHING
    return np.all(np.atleast_2d(right), axis=0)


def ranked(*directions: Direction) -> Test:
    """Test whether the first, larger country has more (+1) or less (-1) of each quantity than the second."""

    def test(sample: Sample) -> Parts:
        w = sample.before
        with np.errstate(all="ignore"):
            apart = [sign * np.log(read(w)[0] / read(w)[1]) > NOTHING for read, sign in directions]
        return np.all(apart, axis=0), sample.premise(), None

    return test


def together(*tests: Test) -> Test:
    """Test several things at once: all must be true where all premises hold."""

    def test(sample: Sample) -> Parts:
        found = [one(sample) for one in tests]
        return np.all([f[0] for f in found], axis=0), np.all([f[1] for f in found], axis=0), None

    return test


# --- what moves together

CUTOFFS, AVERAGES = ("price_threshold", "mean_cost_domestic"), ("mean_price", "mean_markup")
#: What tougher competition moves, and which way; c̄ is the mean cost of a country's own sellers at home.
TOUGH = (("price_threshold", -1), ("mean_cost_domestic", -1), ("mean_price", -1), ("mean_markup", -1), ("variety", 1))


def tougher(who: Callable[[str], Reader], sign: int = 1) -> tuple[Direction, ...]:
    """Return the directions of tougher (+1) or softer (-1) competition: cutoff, averages, variety, welfare."""
    return tuple((who(name), sign * way) for name, way in (*TOUGH, ("welfare_wages", 1)))


def all_of(shock: str, who: Callable[[str], Reader], *names: str, sign: int = 1, short: bool = False) -> Test:
    """Test that competition gets tougher (+1) or softer (-1), as far as the named quantities tell."""
    way = dict(TOUGH) | {"welfare": 1, "welfare_wages": 1}
    return moves(shock, *((who(name), sign * way[name]) for name in names), short=short)
