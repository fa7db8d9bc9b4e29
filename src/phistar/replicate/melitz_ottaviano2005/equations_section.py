"""The sections on numbered equations: a verdict each, and the library's whole answer against the independent one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from phistar.replicate.melitz_ottaviano2005.cases import SAME, Case, Cases, gap
from phistar.replicate.melitz_ottaviano2005.numbered import CLOSED_ECONOMY, Numbered
from phistar.replicate.melitz_ottaviano2005.numbered_open import APPENDICES, OPEN_ECONOMY, WITHOUT_GAMMA
from phistar.replicate.one_by_one import trials_by_label
from phistar.replicate.results import EQUATION, READING, SHEET, Claim, Section
from phistar.replicate.statements import Trial, judge


def equation_sections(cases: Cases) -> tuple[Section, ...]:
    """Judge every displayed equation."""
    count = sum(len(found) for found in cases.values())
    note = (
        f"{count} worlds solved a second time without the model: best sales by trial, sums by quadrature of the "
        "density, entry and demand by root finding. An equation holds where both sides agree to "
        f"{SAME:.0e} of their size."
    )
    letters = (
        "The Greek letters of the text at hand are lost; they are those of the design sheet, and whether gamma is "
        "printed in (22), (23), (B.1), (B.2), (C.1) is the sheet's word."
    )
    return (
        Section("closed_equations", "Equations (1) to (17): the closed economy", (note,),
                (*_judged(CLOSED_ECONOMY, cases), _whole(cases))),
        Section("open_equations", "Equations (18) to (33): trade", (letters,),
                (*_judged(OPEN_ECONOMY, cases), *_without_gamma(cases))),
        Section("appendix_equations", "Equations of appendices A, B, C and E", (), tuple(_judged(APPENDICES, cases))),
    )  # fmt: skip


def _judged(equations: Sequence[Numbered], cases: Cases) -> Iterator[Claim]:
    for n, equation in enumerate(equations):
        trials, worst = _trials(equation.samples, equation.check, cases, equation.condition)
        yield judge(
            f"equation {equation.number}" + _again(equations[:n], equation),
            f"{equation.number}  {equation.formula}",
            f"against {equation.against}",
            trials,
            condition=equation.where,
            evidence=f"largest gap {worst:.0e}",
            source=EQUATION,
        )


def _again(before: Sequence[Numbered], equation: Numbered) -> str:
    """Tell the second, third ... statement under one number apart."""
    count = sum(other.number == equation.number for other in before)
    return f" ({'abc'[count]})" if count else ""


def _trials(
    samples: Sequence[str],
    check: Callable[[Case], float],
    cases: Cases,
    condition: Callable[[Case], bool] | None = None,
) -> tuple[list[Trial], float]:
    """Check an equation on its cases, a trial a distribution; tell the largest gap where it should hold."""
    chosen = [case for name in samples for case in cases[name]]
    gaps = np.array([check(case) for case in chosen])
    if condition is None:
        return trials_by_label(chosen, gaps < SAME), float(np.max(gaps))
    fits = np.array([condition(case) for case in chosen])
    return trials_by_label(chosen, gaps < SAME, fits), float(np.max(gaps[fits]))


def _without_gamma(cases: Cases) -> Iterator[Claim]:
    trials = [
        trial for samples, check in WITHOUT_GAMMA.values()
        for trial in _trials(samples, check, cases, lambda c: c.world.gamma == 1.0)[0]
    ]  # fmt: skip
    yield judge(
        "without_gamma", "(22), (23), (B.1), (B.2), (C.1) are printed without gamma",
        "they hold without gamma, each against what it says above", trials, condition="gamma = 1", source=SHEET,
    )  # fmt: skip


def _whole(cases: Cases) -> Claim:
    """Hold everything a certified equilibrium reports that a sum over firms gives against that sum."""
    trials, worst = _trials(tuple(cases), whole_answer, cases)
    return judge(
        "library", "every equilibrium the library certifies is that of its consumers and firms",
        "thresholds, entrants, sellers, flows, surplus and all means and variances equal sums over firms", trials,
        evidence=f"largest gap {worst:.0e}", source=READING,
    )  # fmt: skip


def whole_answer(c: Case) -> float:
    """Compare the library's equilibrium with the independent one, variable by variable."""
    e, n = c.computed, len(c.world.L)
    pairs = [(c.found.P, e["price_threshold"]), (c.found.N, e["mass_entrants"]), (c.variety, e["variety"]),
             (c.utilities() - 1.0, e["consumer_surplus"]),
             (np.array([[c.found.flow(i, j) for j in range(n)] for i in range(n)]), e["trade_flow"])]  # fmt: skip
    for name in ("cost", "price", "markup", "quantity", "revenue", "profit"):
        pairs += [(c.means(name), e[f"mean_{name}"]), (c.variances(name), e[f"variance_{name}"])]
    return max(gap(a, b) for a, b in pairs)
