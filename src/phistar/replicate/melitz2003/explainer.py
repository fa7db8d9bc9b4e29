"""The explainer's claims about countries that are alike: sorting, premia, falling trade costs, sources of gains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003.box import (
    LEAST_TRADE,
    NOTHING,
    PARTNERS,
    Sample,
    some_exit,
    some_export,
)
from phistar.replicate.results import READING, SHEET, Claim
from phistar.replicate.statements import Trial, judge, silent
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds
from phistar.verbs.compare import compare_models
from phistar.verbs.simulate import simulate

#: Firms drawn where a claim is about single firms; a hundred worlds would not show more than the sorting does.
FIRMS = 20_000
SEED = 7
#: Agreement of two exact routes: both good to 1e-14, magnified by derivatives of order k/(k - s).
EXACT = 1e-9

#: What the trials mark as special: exporting takes at least the fixed cost of being active.
DEAR = "f_x >= f"

Tested = Callable[[Sample], tuple[np.ndarray, np.ndarray, np.ndarray | None]]


def trials(samples: Sequence[Sample], test: Tested) -> list[Trial]:
    """Run a test on every sample: what held, the premise, the condition."""
    found = []
    for sample in samples:
        held, premise, condition = test(sample)
        known = premise & sample.before.certified
        dear = sample.column("f.export") >= sample.column("f.domestic")
        found.append(Trial(sample.label, held, known, condition, sample.before.parameters(), dear))
    return found


def of_family(samples: Sequence[Sample], name: str) -> list[Sample]:
    """Keep one distribution's samples."""
    return [sample for sample in samples if sample.family.name == name]


# --- who exits, who sells at home, who exports


def exits(samples: Sequence[Sample]) -> Claim:
    """Judge whether some draws cannot cover the domestic fixed cost."""

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, s = sample.column, sample.s
        k = c("productivity.k")
        sunk = c("delta") * c("f_e")
        apart = c("f.export") * c("tau") ** s > c("f.domestic")
        total = c("f.domestic") + sample.partners * c("f.export")
        profit = np.where(apart, c("f.domestic") * (1.0 + sample.trade_term()), total)
        return some_exit(sample.before), np.full(len(k), True), profit * s / (k - s) > sunk

    pareto = trials(of_family(samples, "pareto"), test)
    others = [s for s in samples if s.family.name != "pareto"]
    never = sum(int(np.sum(~some_exit(s.before))) for s in others)
    worlds = sum(len(s.before) for s in others)
    return judge(
        "exit",
        "Firms with productivity below this level ... exit the market immediately",
        "some draws exit: phi* lies above the least productivity (Pareto)",
        pareto,
        condition="f (1+T) s/(k-s) > delta f_e",
        evidence=f"other distributions: no draw exits in {never} of {worlds:,}",
    )


def cutoffs_apart(samples: Sequence[Sample]) -> Claim:
    """Judge whether the export cutoff lies above the exit cutoff."""

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w, c = sample.before, sample.column
        held = w["cutoff"][0, 1] > w["cutoff"][0, 0]
        return held, np.full(len(w), True), c("f.export") * c("tau") ** sample.s > c("f.domestic")

    return judge(
        "cutoffs_apart",
        "the export cutoff lies above the exit cutoff",
        "phi_x > phi*",
        trials(samples, test),
        condition="f_x tau^(sigma-1) > f",
    )


def three_outcomes(samples: Sequence[Sample]) -> Claim:
    """Judge whether exit, home sales alone and exporting occur together."""

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w, c = sample.before, sample.column
        share = w["exporter_share"][0]
        held = some_exit(w) & (share > 0.0) & (share < 1.0 - 1e-12)
        premise = some_exit(w) & some_export(w)
        return held, premise, c("f.export") * c("tau") ** sample.s > c("f.domestic")

    return judge(
        "three_outcomes",
        "three sorting outcomes that occur simultaneously inside every industry",
        "some draws exit, some firms sell at home alone, some export (where some exit and there is trade)",
        trials(samples, test),
        condition="f_x tau^(sigma-1) > f",
    )


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


def minority(samples: Sequence[Sample]) -> Claim:
    """Judge whether only a minority of firms exports."""

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c = sample.column
        k, relative = c("productivity.k"), c("f.export") / c("f.domestic")
        held = sample.before["exporter_share"][0] < 0.5
        return held, some_exit(sample.before), c("tau") * relative ** (1.0 / sample.s) > 2.0 ** (1.0 / k)

    said = []
    for name in dict.fromkeys(s.family.name for s in samples if s.family.name != "pareto"):
        group = of_family(samples, name)
        few = np.concatenate([s.before["exporter_share"][0] < 0.5 for s in group])
        said.append(f"{group[0].label} {100 * np.mean(few):.0f}%")
    return judge(
        "minority",
        "Only a minority of firms export. ... The model predicts this exactly",
        "exporters are less than half of active firms (Pareto)",
        trials(of_family(samples, "pareto"), test),
        condition="tau (f_x/f)^(1/(sigma-1)) > 2^(1/k)",
        evidence="true elsewhere in " + ", ".join(said),
    )


def premia(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge the claims that exporters are larger and more productive."""
    for key, quote, tested, names in (
        ("larger", "Exporters are larger", "exporters' mean revenue and employment exceed the rest's",
         ("premium_revenue", "premium_employment")),
        ("more_productive", "exporters by definition have higher productivity than non-exporters",
         "exporters' mean productivity exceeds the rest's", ("premium_productivity", "premium_phi_tilde")),
        ("domestic_sales", "exporters should have larger domestic sales than non-exporters",
         "exporters' mean domestic sales exceed the rest's", ("premium_domestic_sales",)),
    ):  # fmt: skip

        def test(sample: Sample, names: tuple[str, ...] = names) -> tuple[np.ndarray, np.ndarray, None]:
            held = np.all([sample.before[name][0] > 1.0 for name in names], axis=0)
            return held, sample.interior(), None

        yield judge(key, quote, tested, trials(samples, test))

    def measured(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        return sample.before["premium_revenue_per_worker"][0] > 1.0, sample.interior(), None

    yield judge(
        "revenue_per_worker", "exporters are more productive as data measure it, by revenue a worker",
        "exporters' revenue a worker, fixed labour included, exceeds the rest's", trials(samples, measured),
        source=READING,
    )  # fmt: skip


def sorted_firms(equilibria: Sequence[tuple[str, Equilibrium]]) -> Claim:
    """Judge, firm by firm, whether productivity alone sorts firms into the three regions of the diagram."""
    found = []
    for label, eq in equilibria:
        firms = simulate(eq, FIRMS, SEED)
        order = np.argsort(firms["productivity"], kind="stable")
        rank = firms["active"].astype(int) + firms["exporter"]
        held = bool(np.all(np.diff(rank[order]) >= 0)) and bool(np.all(firms["profit"] >= -NOTHING))
        found.append(Trial(label, np.array([held]), np.array([True]), None, [eq.model.as_parameters()]))
    return judge(
        "regions",
        "Reading the diagram from left to right traces a firm's possible fates by productivity",
        "no firm exits, or stays at home, that is more productive than one which does not; none makes a loss",
        found,
        evidence=f"{FIRMS:,} simulated firms a country and world",
    )


# --- falling trade costs


def cutoff(w: Worlds) -> np.ndarray:
    """Return the exit cutoff."""
    return w["cutoff"][0, 0]


def export_cutoff(w: Worlds) -> np.ndarray:
    """Return the export cutoff."""
    return w["cutoff"][0, 1]


def variable(name: str) -> Callable[[Worlds], np.ndarray]:
    """Return the reader of a country variable."""
    return lambda w: w[name][0]


def domestic_sales(w: Worlds) -> np.ndarray:
    """Return a firm's sales at home over phi^(sigma-1): the same for every firm."""
    return _sales(w, 0, "f.domestic")


def foreign_sales(w: Worlds) -> np.ndarray:
    """Return an exporter's sales in one market abroad over phi^(sigma-1): the same for every exporter."""
    return _sales(w, 1, "f.export")


def _sales(w: Worlds, market: int, cost: str) -> np.ndarray:
    s = w.columns["sigma"] - 1.0
    fixed = w.columns["sigma"] * w.columns[cost] * w["wage"][0]
    return np.asarray(fixed * w["cutoff_zero_profit"][0, market] ** -s)


def exporter_sales(partners: int) -> Callable[[Worlds], np.ndarray]:
    """Return the reader of an exporter's total sales over phi^(sigma-1)."""
    return lambda w: domestic_sales(w) + partners * foreign_sales(w)


def moves(
    samples: Sequence[Sample], shock: str, directions: Sequence[tuple[Callable[[Worlds], np.ndarray], int]]
) -> list[Trial]:
    """Test whether each quantity moves the way it should under a shock."""

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        held = [sign * sample.log_change(shock, of) > NOTHING for of, sign in directions]
        return np.all(held, axis=0), sample.interior(shock), None

    return trials(samples, test)


def liberalisation(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge what happens when trade costs fall, one cost at a time."""
    yield from selection_effects(samples)
    yield from sales_effects(samples)
    yield from industry_effects(samples)


def selection_effects(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge who exits and who begins to export when trade costs fall."""
    share = variable("exporter_share")
    yield judge(
        "weak_exit", "When trade costs fall ... the least productive firms exit, the productivity cutoff rises",
        "phi* rises when tau or f_x falls",
        [*moves(samples, "tau", [(cutoff, 1)]), *moves(samples, "f_x", [(cutoff, 1)])],
    )  # fmt: skip
    yield judge(
        "tau_participation",
        "Lowering τ ... lowers the export cutoff, expanding the share of firms that export",
        "tau down: phi_x falls, the share exporting rises",
        moves(samples, "tau", [(export_cutoff, -1), (share, 1)]),
    )
    yield judge(
        "f_x_participation", "Lowering f_x (the fixed export cost) does the same",
        "f_x down: phi_x falls, the share exporting rises",
        moves(samples, "f_x", [(export_cutoff, -1), (share, 1)]),
    )  # fmt: skip
    yield judge(
        "new_exporters", "Some firms previously just below the export cutoff cross it and begin exporting",
        "tau or f_x down: phi_x falls and exporters become more numerous",
        [*moves(samples, "tau", [(export_cutoff, -1), (variable("mass_exporters"), 1)]),
         *moves(samples, "f_x", [(export_cutoff, -1), (variable("mass_exporters"), 1)])],
    )  # fmt: skip


def sales_effects(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge whose sales and profits grow or shrink when trade costs fall."""
    yield judge(
        "foreign_sales_tau", "Already-exporting firms see their foreign sales grow",
        "tau down: a continuing exporter's foreign and total sales rise",
        _pairwise(samples, "tau", 1),
    )  # fmt: skip
    yield judge(
        "foreign_sales_f_x", "Already-exporting firms see their foreign sales grow",
        "f_x down: a continuing exporter's foreign sales rise",
        moves(samples, "f_x", [(foreign_sales, 1)]),
        evidence=_fall(samples),
    )  # fmt: skip
    yield judge(
        "squeezed", "Less productive firms see their profits squeezed",
        "tau or f_x down: a firm that sells at home alone sells and earns less",
        [*moves(samples, "tau", [(domestic_sales, -1)]), *moves(samples, "f_x", [(domestic_sales, -1)])],
    )  # fmt: skip


def industry_effects(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge what falling trade costs do to the industry's productivity and number of firms."""
    average = variable("phi_tilde")
    yield judge(
        "composition", "the productivity cutoff rises, and industry productivity increases through composition",
        "tau or f_x down: phi~, Melitz's average over active firms, rises",
        [*moves(samples, "tau", [(average, 1)]), *moves(samples, "f_x", [(average, 1)])],
    )  # fmt: skip
    for shock, name in (("tau", "tau"), ("f_x", "f_x")):
        yield judge(
            f"output_{name}", "Aggregate industry productivity rises mechanically",
            f"{name} down: output a worker at the gate rises (where it is finite)",
            _finite_output(samples, shock),
            special=DEAR,
        )  # fmt: skip
    for shock in ("tau", "f_x"):
        yield judge(
            f"fewer_firms_{shock}", f"{shock} down: M -",
            f"{shock} down: the mass of active firms falls", moves(samples, shock, [(variable("mass_active"), -1)]),
            special=DEAR, source=SHEET,
        )  # fmt: skip


def _pairwise(samples: Sequence[Sample], shock: str, sign: int) -> list[Trial]:
    found = []
    for sample in samples:
        directions = [(foreign_sales, sign), (exporter_sales(sample.partners), sign)]
        found += moves([sample], shock, directions)
    return found


def _fall(samples: Sequence[Sample]) -> str:
    """Say in how many worlds a continuing exporter's foreign and total sales fall when f_x falls."""
    fallen = sum(int(np.sum(t.held & t.premise)) for t in _pairwise(samples, "f_x", -1))
    of = sum(int(np.sum(t.premise)) for t in _pairwise(samples, "f_x", -1))
    return f"its foreign and its total sales fall in {fallen:,} of {of:,}"


def _finite_output(samples: Sequence[Sample], shock: str) -> list[Trial]:
    read = variable("output_per_worker")

    def test(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        finite = np.isfinite(read(sample.before)) & np.isfinite(read(sample.after[shock]))
        change = np.where(finite, sample.log_change(shock, read), 0.0)
        return change > NOTHING, sample.interior(shock) & finite, None

    return trials(samples, test)


def reallocation(samples: Sequence[Sample], ledger: Ledger, each: int = 2) -> Iterator[Claim]:
    """Judge, with the decompositions of Melitz and Polanec and of welfare, where the gains come from."""

    def total(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        name = "revenue_weighted_log_productivity"
        change = sample.after["tau"][name][0] - sample.before[name][0]
        return change > NOTHING, sample.interior("tau"), None

    rows = [row for sample in samples if sample.partners != PARTNERS[-1] for row in _splits(sample, ledger, each)]

    def small(held: Callable[[dict[str, float]], bool]) -> list[Trial]:
        every = np.array([True])
        return [Trial(label, np.array([held(split)]), every, None, [world]) for label, split, world in rows]

    yield judge("reallocation", "Industry output reallocates from less productive to more productive firms",
                "tau down: revenue-weighted ln phi rises", trials(samples, total), special=DEAR)  # fmt: skip
    yield judge("within", "without any individual firm becoming more productive",
                "tau down: the part within firms is zero, the others add up to the total",
                small(lambda d: abs(d["within"]) < NOTHING and abs(_parts(d) - d["total"]) < EXACT))  # fmt: skip
    yield judge("exit_part",
                "the least productive firms in an industry exit ... raising aggregate industry productivity",
                "tau down: the part of exit is positive", small(lambda d: d["exit"] > NOTHING))  # fmt: skip
    yield judge("between", "driven mostly by market share shifting between firms",
                "tau down: the part between survivors (their covariance of share and ln phi) is positive",
                small(lambda d: d["between"] > NOTHING),
                evidence="new exporters, middling in productivity, can dilute it")  # fmt: skip
    yield judge("third_source", "a third source of gains appears: within-industry reallocation",
                "tau down: average productivity at home adds to welfare",
                small(lambda d: d["productivity_home"] > NOTHING))  # fmt: skip
    yield judge("beyond_variety", "a new source of welfare gains from trade, distinct from ... variety expansion",
                "tau down: welfare rises although home varieties become fewer",
                small(lambda d: d["variety_home"] < 0.0 < d["welfare"]))  # fmt: skip


def _splits(sample: Sample, ledger: Ledger, each: int) -> Iterator[tuple[str, dict[str, float], Mapping[str, Any]]]:
    """Yield, for a few worlds, the parts of productivity and of welfare when tau falls."""
    for i in np.flatnonzero(sample.interior("tau"))[:each]:
        low, high = sample.before.scenario_at(int(i)), sample.after["tau"].scenario_at(int(i))
        splits = compare_models(ledger.solve(low), ledger.solve(high)).decompositions
        parts = {name: float(column[0]) for name, column in splits["welfare"].columns.items()}
        parts["welfare"] = parts["total"]
        parts |= {name: float(column[0]) for name, column in splits["productivity"].columns.items()}
        if np.isfinite(parts["total"]):
            yield sample.label, parts, low["parameters"]


def _parts(split: Mapping[str, float]) -> float:
    return sum(split[name] for name in ("within", "between", "exit", "entry"))


def gains(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge that opening to trade raises welfare, also where there is less variety to buy."""

    def opened(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        return sample.before["welfare"][0] > sample.closed["welfare"][0], sample.interior(), None

    def fewer(sample: Sample) -> tuple[np.ndarray, np.ndarray, None]:
        less = sample.before["variety"][0] < sample.closed["variety"][0] * (1.0 - NOTHING)
        return sample.before["welfare"][0] > sample.closed["welfare"][0], sample.interior() & less, None

    yield judge(
        "opening_gains",
        "opening to trade generates gains",
        "welfare is above its autarky level",
        trials(samples, opened),
    )
    yield judge(
        "gains_without_variety", "welfare gains ..., distinct from ... variety expansion",
        "welfare is above autarky where fewer varieties are on sale than in autarky", trials(samples, fewer),
    )  # fmt: skip

    def more(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c = sample.column
        change = sample.log_change("tau", variable("variety"))
        return change > NOTHING, sample.interior("tau"), c("f.export") < c("f.domestic")

    yield judge(
        "variety_pareto", "the gains come from access to more varieties of differentiated goods",
        "tau down: more varieties are on sale (Pareto)", trials(of_family(samples, "pareto"), more),
        condition="f_x < f",
    )  # fmt: skip


# --- what the model does not say


def not_in_the_model(equilibrium: Equilibrium) -> Iterator[Claim]:
    """Record the claims on which the model is silent."""
    wages = next(v for v in equilibrium.variables if v.name == "wage")
    columns = ", ".join(name for name in simulate(equilibrium, 10, SEED).columns if "wage" in name) or "none"
    evidence = (
        f"one wage clears a country's labour market: axes of wage ({', '.join(wages.dims)}), wages of firms {columns}"
    )
    yield silent("wages", "Exporters ... pay higher wages", "wages differ across firms", evidence)
    yield silent(
        "wage_gap", "opening to trade widens the wage gap between workers at exporting firms and ... non-exporting",
        "the gap rises when tau falls", evidence,
    )  # fmt: skip
    yield silent(
        "multiproduct", "Multi-product firms ... Quality differentiation ... Trade in services",
        "extensions", "a firm has one product of one quality here; extensions are other models",
    )  # fmt: skip


def least_trade() -> str:
    """Say which worlds a comparative static is tested in."""
    least = f"more than {1e6 * LEAST_TRADE:.0f} in a million of revenue is exported"
    return f"some draws exit, some firms sell at home alone, {least}"
