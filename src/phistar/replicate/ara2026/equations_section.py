"""Every displayed equation, held against firms' best choices integrated over productivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.replicate.ara2026.cases import Case, of_kind
from phistar.replicate.ara2026.numbered import SAME, SECTION_2, Equation, gap
from phistar.replicate.ara2026.numbered_local import SECTION_3
from phistar.replicate.results import EQUATION, SHEET, Claim, Section, Trial, judge


def equation_sections(cases: Sequence[Case]) -> tuple[Section, Section]:
    """Judge the equations of sections 2 and 3, and the library's whole answer."""
    counts = {kind: len(of_kind(cases, kind)) for kind in ("equal", "unequal", "goods", "inputs")}
    note = (
        f"{len(cases)} worlds ({counts['equal']} of equal countries, {counts['unequal']} of unequal ones, "
        f"{counts['goods']} with trade in final goods only, {counts['inputs']} with trade in inputs only), each also "
        "solved without the model's code: the best of each firm's modes, integrated over productivity, free entry, "
        "spending in each market, labour in its uses. Derivatives are difference quotients of these."
    )
    wrong = "What the paper prints wrongly fails; the line below it is what is right."
    return (
        Section("equations_2", "Equations of section 2 and A.1", (note, wrong),
                (_whole(cases), *(_judged(e, cases) for e in SECTION_2))),
        Section("equations_3", "Equations of section 3 and A.2", (), tuple(_judged(e, cases) for e in SECTION_3)),
    )  # fmt: skip


def distances(equation: Equation, cases: Sequence[Case]) -> dict[str, list[float]]:
    """Return how far an equation's sides lie apart, by distribution."""
    found: dict[str, list[float]] = {}
    for case in of_kind(cases, *equation.kinds):
        if case.pareto or not equation.pareto:
            with np.errstate(all="ignore"):
                found.setdefault(case.label, []).append(equation.check(case))
    return found


def _judged(equation: Equation, cases: Sequence[Case]) -> Claim:
    apart = distances(equation, cases)
    worlds = [c for c in of_kind(cases, *equation.kinds) if c.pareto or not equation.pareto]
    trials = [
        Trial(label, np.array(gaps) <= equation.within, np.full(len(gaps), True),
              parameters=[c.parameters for c in worlds if c.label == label])
        for label, gaps in apart.items()
    ]  # fmt: skip
    every = [g for gaps in apart.values() for g in gaps]
    evidence = (
        f"sides at least {min(every):.1g} apart" if equation.misprint else f"sides at most {max(every):.0e} apart"
    )
    return judge(f"equation {equation.number}", f"{equation.number}: {equation.words}",
                 "as printed" if equation.misprint else "both sides from independent sources", trials,
                 evidence=evidence, source=EQUATION)  # fmt: skip


def _whole(cases: Sequence[Case]) -> Claim:
    gaps = np.array([whole_answer(case) for case in cases])
    trial = Trial("all", gaps <= SAME, np.full(len(cases), True), parameters=[c.parameters for c in cases])
    return judge("whole_answer", "the library's equilibrium is the one from primitives",
                 "ω, cutoffs, R_D, R_X, E_D, E_M, M_E, P and welfare", [trial],
                 evidence=f"at most {gaps.max():.0e} apart", source=SHEET)  # fmt: skip


def whole_answer(case: Case) -> float:
    """Return how far the library's answer lies from the one by primitives."""
    x, e = case.found, case.library
    cutoffs = np.stack([e[f"cutoff_{mode}"] for mode in ("D", "DM", "X", "XM")], axis=1)
    pairs = (
        (x.omega, e["relative_wage"][0]), (x.cutoffs, cutoffs), (x.R_D, e["R_D"]), (x.R_X, e["R_X"]),
        (x.E_D, e["E_D"]), (x.E_M, e["E_M"]), (x.entrants, e["mass_entrants"]), (x.price_index, e["price_index"]),
        (x.welfare, e["welfare"]),
    )  # fmt: skip
    return max(gap(one, other) for one, other in pairs)
