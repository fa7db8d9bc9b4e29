"""The explainer's claims on falling trade costs: selection, sales, productivity, and where the gains come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from phistar.replicate.comparisons import goes
from phistar.replicate.melitz2003.box import NOTHING, PARTNERS, Sample, Shift
from phistar.replicate.melitz2003.responses import (
    DEAR,
    EXACT,
    cutoff,
    domestic_sales,
    export_cutoff,
    exporter_sales,
    foreign_sales,
    moves,
    shifts,
    variable,
)
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import SHEET, Claim
from phistar.replicate.statements import Answer, Statement, Trial, judge, judge_each, narrowed, trials, whether
from phistar.replicate.worlds import Ledger
from phistar.verbs.compare import compare_models

# --- one cost at a time


def _fall(found: Sequence[Shift]) -> str:
    """Say in how many worlds a continuing exporter's foreign and total sales fall when f_x falls."""
    fallen = trials(found, moves((foreign_sales, -1), (exporter_sales, -1)))
    return f"its foreign and its total sales fall in {sum(t.true for t in fallen):,} of {sum(t.of for t in fallen):,}"


def _finite_output(shift: Shift) -> Answer:
    read = variable("output_per_worker")
    finite = np.isfinite(read(shift.before)) & np.isfinite(read(shift.after))
    rises = goes(np.where(finite, shift.log_change(read), 0.0), 1, NOTHING)
    return rises, shift.interior & finite, None


_OUTPUT = "Aggregate industry productivity rises mechanically"
_GROW = "Already-exporting firms see their foreign sales grow"
_PARTICIPATION = ((export_cutoff, -1), (variable("exporter_share"), 1))
#: Who exits, and who begins to export.
SELECTION = (
    Statement("weak_exit", "When trade costs fall ... the least productive firms exit, the productivity cutoff rises",
              "phi* rises when tau or f_x falls", moves((cutoff, 1)), over="tau or f_x"),
    Statement("tau_participation", "Lowering τ ... lowers the export cutoff, expanding the share of firms that export",
              "tau down: phi_x falls, the share exporting rises", moves(*_PARTICIPATION), over="tau"),
    Statement("f_x_participation", "Lowering f_x (the fixed export cost) does the same",
              "f_x down: phi_x falls, the share exporting rises", moves(*_PARTICIPATION), over="f_x"),
    Statement("new_exporters", "Some firms previously just below the export cutoff cross it and begin exporting",
              "tau or f_x down: phi_x falls and exporters become more numerous",
              moves((export_cutoff, -1), (variable("mass_exporters"), 1)), over="tau or f_x"),
)  # fmt: skip
#: Whose sales and profits grow or shrink.
SALES = (
    Statement("foreign_sales_tau", _GROW, "tau down: a continuing exporter's foreign and total sales rise",
              moves((foreign_sales, 1), (exporter_sales, 1)), over="tau"),
    Statement("foreign_sales_f_x", _GROW, "f_x down: a continuing exporter's foreign sales rise",
              moves((foreign_sales, 1)), evidence=_fall, over="f_x"),
    Statement("squeezed", "Less productive firms see their profits squeezed",
              "tau or f_x down: a firm that sells at home alone sells and earns less", moves((domestic_sales, -1)),
              over="tau or f_x"),
)  # fmt: skip
#: What becomes of the industry's productivity and number of firms.
INDUSTRY = (
    Statement("composition", "the productivity cutoff rises, and industry productivity increases through composition",
              "tau or f_x down: phi~, Melitz's average over active firms, rises", moves((variable("phi_tilde"), 1)),
              over="tau or f_x"),
    *(Statement(f"output_{shock}", _OUTPUT, f"{shock} down: output per worker at the gate rises (where it is finite)",
                _finite_output, over=shock, special=DEAR) for shock in ("tau", "f_x")),
    *(Statement(f"fewer_firms_{shock}", f"{shock} down: M -", f"{shock} down: the mass of active firms falls",
                moves((variable("mass_active"), -1)), source=SHEET, over=shock, special=DEAR)
      for shock in ("tau", "f_x")),
)  # fmt: skip


def liberalisation(samples: Sequence[Sample]) -> tuple[Claim, ...]:
    """Judge what happens when trade costs fall, one cost at a time."""
    return judge_each((*SELECTION, *SALES, *INDUSTRY), shifts(samples))


# --- where the gains come from


def _revenue_moves_up(shift: Shift) -> np.ndarray:
    name = "revenue_weighted_log_productivity"
    return goes(shift.after[name][0] - shift.before[name][0], 1, NOTHING)


def _interior(of: Shift) -> np.ndarray:
    return of.interior


REALLOCATION = Statement(
    "reallocation", "Industry output reallocates from less productive to more productive firms",
    "tau down: revenue-weighted ln phi rises", whether(_revenue_moves_up, among=_interior), over="tau", special=DEAR,
)  # fmt: skip
#: Parts of one world's gains, by name.
Split = Mapping[str, float]
#: Key, quote, what is tested and how, evidence.
PARTS: tuple[tuple[str, str, str, Callable[[Split], bool], str], ...] = (
    ("within", "without any individual firm becoming more productive",
     "tau down: the part within firms is zero, the others add up to the total",
     lambda d: abs(d["within"]) < NOTHING and abs(_sum(d) - d["total"]) < EXACT, ""),
    ("exit_part", "the least productive firms in an industry exit ... raising aggregate industry productivity",
     "tau down: the part of exit is positive", lambda d: d["exit"] > NOTHING, ""),
    ("between", "driven mostly by market share shifting between firms",
     "tau down: the part between survivors (their covariance of share and ln phi) is positive",
     lambda d: d["between"] > NOTHING, "new exporters, middling in productivity, can dilute it"),
    ("third_source", "a third source of gains appears: within-industry reallocation",
     "tau down: average productivity at home adds to welfare", lambda d: d["productivity_home"] > NOTHING, ""),
    ("beyond_variety", "a new source of welfare gains from trade, distinct from ... variety expansion",
     "tau down: welfare rises although home varieties become fewer",
     lambda d: d["variety_home"] < 0.0 < d["welfare"], ""),
)  # fmt: skip


def reallocation(samples: Sequence[Sample], ledger: Ledger, each: int = 2) -> Iterator[Claim]:
    """Judge, with the decompositions of Melitz and Polanec and of welfare, where the gains come from."""
    rows = [row for sample in samples if sample.partners != PARTNERS[-1] for row in _splits(sample, ledger, each)]
    yield REALLOCATION.judged(shifts(samples)["tau"])
    for key, quote, tested, held, evidence in PARTS:
        found: list[Trial] = [trial_of(label, [held(split)], [world]) for label, split, world in rows]
        yield judge(key, quote, tested, found, evidence=evidence)


def _splits(sample: Sample, ledger: Ledger, each: int) -> Iterator[tuple[str, Split, Mapping[str, Any]]]:
    """Yield, for a few worlds, the parts of productivity and of welfare when tau falls."""
    for i in np.flatnonzero(sample.interior("tau"))[:each]:
        low, high = sample.before.scenario_at(int(i)), sample.after["tau"].scenario_at(int(i))
        splits = compare_models(ledger.solve(low), ledger.solve(high)).decompositions
        parts = {name: float(column[0]) for name, column in splits["welfare"].columns.items()}
        parts["welfare"] = parts["total"]
        parts |= {name: float(column[0]) for name, column in splits["productivity"].columns.items()}
        if np.isfinite(parts["total"]):
            yield sample.label, parts, low["parameters"]


def _sum(split: Split) -> float:
    return sum(split[name] for name in ("within", "between", "exit", "entry"))


def _gains(sample: Sample) -> np.ndarray:
    """Whether welfare is above its level in autarky."""
    return np.asarray(sample.before["welfare"][0] > sample.closed["welfare"][0])


def _less_to_buy(sample: Sample) -> np.ndarray:
    less = sample.before["variety"][0] < sample.closed["variety"][0] * (1.0 - NOTHING)
    return np.asarray(sample.interior() & less)


GAINS = (
    Statement("opening_gains", "opening to trade generates gains", "welfare is above its autarky level",
              whether(_gains, among=Sample.interior)),
    Statement("gains_without_variety", "welfare gains ..., distinct from ... variety expansion",
              "welfare is above autarky where fewer varieties are on sale than in autarky",
              whether(_gains, among=_less_to_buy)),
)  # fmt: skip
VARIETY = Statement(
    "variety_pareto", "the gains come from access to more varieties of differentiated goods",
    "tau down: more varieties are on sale (Pareto)",
    narrowed(moves((variable("variety"), 1)), where=lambda shift: ~DEAR[1](shift)), "f_x < f",
)  # fmt: skip


def gains(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge that opening to trade raises welfare, also where there is less variety to buy."""
    for statement in GAINS:
        yield statement.judged(samples)
    yield VARIETY.judged(shifts(samples)["tau, Pareto"])
