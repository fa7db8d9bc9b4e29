"""What the sign claims speak of: quantities, how they move under a shock, and verdicts with a Pareto and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from phistar.replicate.comparisons import all_go
from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, STORED, Reader, Sample
from phistar.replicate.results import READING, Claim
from phistar.replicate.statements import Answer, Statement, Test, Trial
from phistar.replicate.worlds import Worlds

#: A quantity and the way it moves: +1, -1, or 0 for not at all.
Direction = tuple[Reader, int]
#: Counterexamples in round numbers, by the claims they break.
Stored = Mapping[str, Sequence[Sample]]


# --- verdicts


def judged(statements: Sequence[Statement], samples: Sequence[Sample], stored: Stored) -> Iterator[Claim]:
    """Pass the verdict on statements over samples; worlds stored come first and lend the counterexample."""
    for statement in statements:
        known = stored.get(statement.key, ())
        yield statement.judged((*known, *samples), *(s.note for s in known))


def beyond(statements: Sequence[Statement], samples: Sequence[Sample], stored: Stored) -> Iterator[Claim]:
    """Pass the verdict over other distributions than the paper's Pareto, and say by which each statement breaks."""
    for statement in statements:
        again = replace(statement, key=f"{statement.key}_beyond", tested=f"{statement.tested}, without Pareto",
                        condition="", evidence="", source=READING)  # fmt: skip
        known = stored.get(again.key, ())
        yield again.judged((*known, *samples), *(s.note for s in known), telling=_broken)


def _broken(trials: Sequence[Trial]) -> str:
    """Tell in how many worlds of each distribution a statement is false."""
    wrong = [f"{t.kind} {t.of - t.true} of {t.of}" for t in trials if t.kind != STORED and t.true < t.of]
    return "false in " + ", ".join(wrong) if wrong else ""


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

    def _test(sample: Sample) -> Answer:
        held = all_go(((sample.change(shock, read, short), sign) for read, sign in directions), NOTHING)
        return held, sample.premise(shock, short), None

    return _test


def ranked(*directions: Direction) -> Test:
    """Test whether the first, larger country has more (+1) or less (-1) of each quantity than the second."""

    def _test(sample: Sample) -> Answer:
        w = sample.before
        leads = ((np.log(read(w)[0] / read(w)[1]), sign) for read, sign in directions)
        return all_go(leads, NOTHING), sample.premise(), None

    return _test


# --- what moves together

CUTOFFS, AVERAGES = ("price_threshold", "mean_cost_domestic"), ("mean_price", "mean_markup")
#: Means over the sellers in a market, over what its firms sell there, and the spreads of both.
MARKET = ("price_threshold", "mean_cost", "mean_price", "mean_markup")
FIRMS = ("mean_quantity", "mean_revenue", "mean_profit")
SPREADS = ("variance_cost", "variance_price", "variance_markup", "variance_quantity", "variance_revenue")
#: What tougher competition moves, and which way; c̄ is the mean cost of a country's own sellers at home.
TOUGH = (("price_threshold", -1), ("mean_cost_domestic", -1), ("mean_price", -1), ("mean_markup", -1), ("variety", 1))


def tougher(who: Callable[[str], Reader], sign: int = 1) -> tuple[Direction, ...]:
    """Return the directions of tougher (+1) or softer (-1) competition: cutoff, averages, variety, welfare."""
    return tuple((who(name), sign * way) for name, way in (*TOUGH, ("welfare_wages", 1)))


def all_of(shock: str, who: Callable[[str], Reader], *names: str, sign: int = 1, short: bool = False) -> Test:
    """Test that competition gets tougher (+1) or softer (-1), as far as the named quantities tell."""
    way = dict(TOUGH) | {"welfare": 1, "welfare_wages": 1}
    return moves(shock, *((who(name), sign * way[name]) for name in names), short=short)
