"""Every displayed equation, held against firms' best choices integrated over productivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.replicate.ara2026.cases import Case, of_kind
from phistar.replicate.ara2026.numbered import SAME, SECTION_2, Equation, gap
from phistar.replicate.ara2026.numbered_local import SECTION_3
from phistar.replicate.one_by_one import trial_of, trials_by_label
from phistar.replicate.results import EQUATION, SHEET, Claim, Section
from phistar.replicate.statements import judge


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


def _judged(equation: Equation, cases: Sequence[Case]) -> Claim:
    worlds = [case for case in of_kind(cases, *equation.kinds) if case.pareto or not equation.pareto]
    with np.errstate(all="ignore"):
        gaps = np.array([equation.check(case) for case in worlds])
    evidence = (
        f"sides at least {gaps.min():.1g} apart" if equation.misprint else f"sides at most {gaps.max():.0e} apart"
    )
    return judge(f"equation {equation.number}", f"{equation.number}: {equation.words}",
                 "as printed" if equation.misprint else "both sides from independent sources",
                 trials_by_label(worlds, gaps <= equation.within), evidence=evidence, source=EQUATION)  # fmt: skip


def _whole(cases: Sequence[Case]) -> Claim:
    gaps = np.array([whole_answer(case) for case in cases])
    trial = trial_of("all", gaps <= SAME, [c.parameters for c in cases])
    return judge("whole_answer", "the library's equilibrium is the one from primitives",
                 "ω, cutoffs, R_D, R_X, E_D, E_M, M_E, P and welfare", [trial],
                 evidence=f"at most {gaps.max():.0e} apart", source=SHEET)  # fmt: skip


def whole_answer(case: Case) -> float:
    """Return how far the library's answer lies from the one by primitives."""
    x, e = case.found, case.computed
    cutoffs = np.stack([e[f"cutoff_{mode}"] for mode in ("D", "DM", "X", "XM")], axis=1)
    pairs = (
        (x.omega, e["relative_wage"][0]), (x.cutoffs, cutoffs), (x.R_D, e["R_D"]), (x.R_X, e["R_X"]),
        (x.E_D, e["E_D"]), (x.E_M, e["E_M"]), (x.entrants, e["mass_entrants"]), (x.price_index, e["price_index"]),
        (x.welfare, e["welfare"]),
    )  # fmt: skip
    return max(gap(one, other) for one, other in pairs)
