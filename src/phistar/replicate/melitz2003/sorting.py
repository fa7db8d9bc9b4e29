"""The explainer's claims on sorting: who exits, who sells at home, who exports, and how exporters differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003.box import (
    NOTHING,
    PARTNERS,
    Sample,
    dear_to_export,
    of_family,
    some_exit,
    some_export,
)
from phistar.replicate.melitz2003.responses import FIRMS, SEED
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import READING, Claim
from phistar.replicate.statements import Statement, Test, Trial, judge, whether
from phistar.replicate.worlds import Ledger, solve_worlds
from phistar.verbs.simulate import simulate

# --- three outcomes


def _exits(sample: Sample) -> np.ndarray:
    return some_exit(sample.before)


def _worth_waiting(sample: Sample) -> np.ndarray:
    """Whether under a Pareto the expected profit of the least productive firm exceeds the cost of entry."""
    c, s = sample.column, sample.s
    k = c("productivity.k")
    total = c("f.domestic") + sample.partners * c("f.export")
    profit = np.where(dear_to_export(sample), c("f.domestic") * (1.0 + sample.trade_term()), total)
    return np.asarray(profit * s / (k - s) > c("delta") * c("f_e"))


def _all_outcomes(sample: Sample) -> np.ndarray:
    share = sample.before["exporter_share"][0]
    return np.asarray(some_exit(sample.before) & (share > 0.0) & (share < 1.0 - 1e-12))


def _exit_and_trade(sample: Sample) -> np.ndarray:
    return np.asarray(some_exit(sample.before) & some_export(sample.before))


_EXPORTING_IS_DEAR = "f_x tau^(sigma-1) > f"
EXIT = Statement(
    "exit", "Firms with productivity below this level ... exit the market immediately",
    "some draws exit: phi* lies above the least productivity (Pareto)", whether(_exits, where=_worth_waiting),
    "f (1+T) s/(k-s) > delta f_e",
)  # fmt: skip
OUTCOMES = (
    Statement("cutoffs_apart", "the export cutoff lies above the exit cutoff", "phi_x > phi*",
              whether(lambda sample: sample.before["cutoff"][0, 1] > sample.before["cutoff"][0, 0],
                      where=dear_to_export), _EXPORTING_IS_DEAR),
    Statement("three_outcomes", "three sorting outcomes that occur simultaneously inside every industry",
              "some draws exit, some firms sell at home alone, some export (where some exit and there is trade)",
              whether(_all_outcomes, among=_exit_and_trade, where=dear_to_export), _EXPORTING_IS_DEAR),
)  # fmt: skip


def outcomes(samples: Sequence[Sample]) -> tuple[Claim, ...]:
    """Judge whether some draws exit, and whether firms sort into three outcomes."""
    others = [s for s in samples if s.family.name != "pareto"]
    never = sum(int(np.sum(~some_exit(s.before))) for s in others)
    elsewhere = f"other distributions: no draw exits in {never} of {sum(len(s.before) for s in others):,}"
    return (EXIT.judged(of_family(samples, "pareto"), elsewhere), *(s.judged(samples) for s in OUTCOMES))


def sorted_firms(equilibria: Sequence[tuple[str, Equilibrium]]) -> Claim:
    """Judge, firm by firm, whether productivity alone sorts firms into the three regions of the diagram."""
    found = []
    for label, eq in equilibria:
        firms = simulate(eq, FIRMS, SEED)
        order = np.argsort(firms["productivity"], kind="stable")
        rank = firms["active"].astype(int) + firms["exporter"]
        held = bool(np.all(np.diff(rank[order]) >= 0)) and bool(np.all(firms["profit"] >= -NOTHING))
        found.append(trial_of(label, [held], [eq.model.as_parameters()]))
    return judge(
        "regions",
        "Reading the diagram from left to right traces a firm's possible fates by productivity",
        "no firm exits, or stays at home, that is more productive than one which does not; none makes a loss",
        found,
        evidence=f"{FIRMS:,} simulated firms a country and world",
    )


# --- who exports


def hurdle(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge whether a fixed export cost keeps some firms at home when shipping is free."""
    found = []
    for sample in samples:
        if sample.partners != PARTNERS[0]:
            continue
        columns = {**sample.before.columns, "tau": np.ones(len(sample.before))}
        w = solve_worlds(sample.before.scenario, columns, ledger)
        held = w["exporter_share"][0] < 1.0 - 1e-12
        condition = columns["f.export"] > columns["f.domestic"]
        found.append(Trial(sample.label, held, w.certified & some_exit(w), condition, w.parameters()))
    return judge(
        "hurdle",
        "Even with low variable trade costs, a firm that exports must clear a hurdle",
        "at tau = 1 some active firms do not export",
        found,
        condition="f_x > f",
    )


def _few_export(sample: Sample) -> np.ndarray:
    return np.asarray(sample.before["exporter_share"][0] < 0.5)


def _half_are_too_weak(sample: Sample) -> np.ndarray:
    """Whether under a Pareto the median firm is below the export cutoff."""
    c = sample.column
    relative = c("f.export") / c("f.domestic")
    return np.asarray(c("tau") * relative ** (1.0 / sample.s) > 2.0 ** (1.0 / c("productivity.k")))


MINORITY = Statement(
    "minority", "Only a minority of firms export. ... The model predicts this exactly",
    "exporters are less than half of active firms (Pareto)",
    whether(_few_export, among=_exits, where=_half_are_too_weak), "tau (f_x/f)^(1/(sigma-1)) > 2^(1/k)",
)  # fmt: skip


def minority(samples: Sequence[Sample]) -> Claim:
    """Judge whether only a minority of firms exports."""
    said = []
    for name in dict.fromkeys(s.family.name for s in samples if s.family.name != "pareto"):
        group = of_family(samples, name)
        few = np.concatenate([_few_export(s) for s in group])
        said.append(f"{group[0].label} {100 * np.mean(few):.0f}%")
    return MINORITY.judged(of_family(samples, "pareto"), "true elsewhere in " + ", ".join(said))


# --- premia


def _exceed(*names: str) -> Test:
    """Test whether exporters' means exceed the other firms'."""
    return whether(
        lambda sample: np.all([sample.before[name][0] > 1.0 for name in names], axis=0), among=Sample.interior
    )


PREMIA = (
    Statement("larger", "Exporters are larger", "exporters' mean revenue and employment exceed the rest's",
              _exceed("premium_revenue", "premium_employment")),
    Statement("more_productive", "exporters by definition have higher productivity than non-exporters",
              "exporters' mean productivity exceeds the rest's", _exceed("premium_productivity", "premium_phi_tilde")),
    Statement("domestic_sales", "exporters should have larger domestic sales than non-exporters",
              "exporters' mean domestic sales exceed the rest's", _exceed("premium_domestic_sales")),
    Statement("revenue_per_worker", "exporters are more productive as data measure it, by revenue per worker",
              "exporters' revenue per worker, fixed labour included, exceeds the rest's",
              _exceed("premium_revenue_per_worker"), source=READING),
)  # fmt: skip


def premia(samples: Sequence[Sample]) -> tuple[Claim, ...]:
    """Judge the claims that exporters are larger and more productive."""
    return tuple(statement.judged(samples) for statement in PREMIA)
