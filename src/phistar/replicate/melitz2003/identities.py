"""What the sheet states as exact: closed forms, welfare, labour, gains from trade, entry, the two conventions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003.box import PARTNERS, Sample, some_exit, some_export
from phistar.replicate.melitz2003.explainer import EXACT, FIRMS, SEED, of_family, trials
from phistar.replicate.results import SHEET, Cell, Claim, Section, range_cell
from phistar.replicate.statements import Trial, judge
from phistar.replicate.worlds import Ledger, scenario_at, solve_worlds
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import simulate

#: Both conventions are one equation apart: where they agree, they do so to rounding, and the gap opens quadratically.
SAME = 1e-12

Parts = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def _close(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(a / b - 1.0) < EXACT)


def closed_forms(samples: Sequence[Sample]) -> Claim:
    """Judge the closed forms under a Pareto."""

    def test(sample: Sample) -> Parts:
        w, c, s, T = sample.before, sample.column, sample.s, sample.trade_term()
        k, sunk = c("productivity.k"), c("delta") * c("f_e")
        relative = c("f.export") / c("f.domestic")
        held = [
            _close(w["cutoff"][0, 0] ** k, s / (k - s) * c("f.domestic") * (1.0 + T) / sunk),
            _close(w["exporter_share"][0], (c("tau") * relative ** (1.0 / s)) ** -k),
            _close(w["trade_share"][0, 0], 1.0 / (1.0 + T)),
            _close(w["mass_entrants"][0], c("L") * s / (k * c("sigma") * sunk)),
        ]
        return np.all(held, axis=0), sample.interior(), None

    return judge(
        "closed_forms", "n+1 symmetric countries, Pareto: phi*, share exporting, lambda, E",
        "all four equal their closed forms", trials(of_family(samples, "pareto"), test),
        source=SHEET,
    )  # fmt: skip


def accounting(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge the welfare formula, the labour share and the overhead cutoff."""

    def welfare(sample: Sample) -> Parts:
        w, c, s = sample.before, sample.column, sample.s
        size = (c("L") / (c("sigma") * c("f.domestic"))) ** (1.0 / s)
        return _close(w["welfare"][0], s / c("sigma") * w["cutoff_zero_profit"][0, 0] * size), w.certified, None

    def labour(sample: Sample) -> Parts:
        w, c = sample.before, sample.column
        return _close(w["labour_production"][0], c("L") * sample.s / c("sigma")), w.certified, None

    def overhead(sample: Sample) -> Parts:
        w, c, s, n = sample.before, sample.column, sample.s, sample.partners
        x, f, f_x = w["cutoff_zero_profit"][0], c("f.domestic"), c("f.export")
        power = (f + n * f_x) / (f * x[0] ** -s + n * f_x * x[1] ** -s)
        return (
            _close(w["cutoff"][0, 0] ** s, power) & (w["exporter_share"][0] > 1.0 - 1e-12),
            f_x * c("tau") ** s < f,
            None,
        )

    yield judge("welfare_formula", "Welfare, any distribution: (s/sigma) x_jj (L/(sigma f))^(1/s)",
                "welfare follows from the domestic cutoff alone", trials(samples, welfare), source=SHEET)  # fmt: skip
    yield judge("labour_share", "Labour: the variable share is s/sigma always",
                "production employs (sigma-1)/sigma of the labour force",
                trials(samples, labour), source=SHEET)  # fmt: skip
    yield judge("overhead_corner", "f_x tau^s < f: every active firm exports and phi*^s = sum f / sum f x^-s",
                "both, where f_x tau^s < f", trials(samples, overhead), source=SHEET)  # fmt: skip


def output_finite(samples: Sequence[Sample]) -> Claim:
    """Judge where output per worker at the gate is finite."""
    power = {"pareto": "productivity.k", "frechet": "productivity.shape", "lognormal_pareto": "productivity.k"}

    def test(sample: Sample) -> Parts:
        held = np.isfinite(sample.before["output_per_worker"][0])
        tail = sample.column(power[sample.family.name])
        return held, sample.before.certified, tail > sample.column("sigma")

    chosen = [s for s in samples if s.family.name in power]
    return judge(
        "output_finite", "Output per worker at the gate: finite only if k > sigma",
        "it is finite (power-law tails)", trials(chosen, test), condition="k > sigma",
        source=SHEET,
    )  # fmt: skip


def acr(samples: Sequence[Sample]) -> Iterator[Claim]:
    """Judge the formula of Arkolakis, Costinot and Rodriguez-Clare, and the trade elasticity."""

    def gains(sample: Sample) -> Parts:
        open_, closed = sample.before, sample.closed
        formula = open_["trade_share"][0, 0] ** (-1.0 / open_["trade_elasticity"][0, 1])
        tail = sample.in_power_tail() & (np.log(closed["cutoff"][0, 0]) >= _begins(sample))
        return _close(open_["welfare"][0] / closed["welfare"][0], formula), sample.interior() & some_exit(closed), tail

    def elasticity(sample: Sample) -> Parts:
        k = sample.column("productivity.k")
        return _close(sample.before["trade_elasticity"][0, 1], k), sample.interior(), None

    yield judge(
        "acr", "ACR holds exactly under Pareto at interior cutoffs", "W/W_autarky = lambda^(-1/elasticity)",
        trials(samples, gains), condition="all firms, in autarky too, lie in a power-law tail (Pareto)",
        source=SHEET,
    )  # fmt: skip
    yield judge(
        "elasticity_k", "Local partial trade elasticity: s + gamma (Pareto: k)", "it is k (Pareto)",
        trials(of_family(samples, "pareto"), elasticity),
        source=SHEET,
    )  # fmt: skip


def _begins(sample: Sample) -> np.ndarray:
    if sample.family.name != "lognormal_pareto":
        return np.full(len(sample.before), -np.inf)
    return sample.column("productivity.k") * sample.column("productivity.sd") ** 2


def local_welfare(samples: Sequence[Sample], ledger: Ledger, each: int = 2) -> Claim:
    """Judge the local welfare formula with exact elasticities."""
    found, worst = [], 0.0
    for sample in samples:
        if sample.partners != PARTNERS[0]:
            continue
        for i in np.flatnonzero(sample.interior())[:each]:
            world = sample.before.scenario_at(int(i))
            eq = ledger.solve(world)
            d = elasticities(eq, to="tau")
            share = d[("trade_share", "tau")][0, 0]
            formula = (d[("mass_entrants", "tau")][0] - share) / eq["trade_elasticity"][0, 0]
            gap = abs(float(d[("welfare", "tau")][0] - formula))
            worst = max(worst, gap)
            found.append(Trial(sample.label, np.array([gap < EXACT]), np.array([True]), None, [world["parameters"]]))
    return judge(
        "local_welfare", "any distribution: d ln W = (d ln E - d ln lambda_jj)/(s + gamma_jj)",
        "exact elasticities in tau satisfy it", found, evidence=f"largest gap {worst:.0e}",
        source=SHEET,
    )  # fmt: skip


def entry(samples: Sequence[Sample]) -> tuple[Claim, Cell]:
    """Judge whether opening to trade leaves the stock of draws unchanged."""
    ratios: list[float] = []

    def test(sample: Sample) -> Parts:
        ratio = sample.before["mass_entrants"][0] / sample.closed["mass_entrants"][0]
        premise = sample.interior() & some_exit(sample.closed)
        tail = sample.in_power_tail() & (np.log(sample.closed["cutoff"][0, 0]) >= _begins(sample))
        if sample.family.name != "pareto":
            ratios.extend(ratio[premise & ~tail])
        return np.abs(ratio - 1.0) < EXACT, premise, tail

    claim = judge(
        "entry", "Autarky to trade: E unchanged under Pareto, so the jump is immediate",
        "the stock of draws is what it was in autarky", trials(samples, test),
        condition="all firms, in autarky too, lie in a power-law tail (Pareto)",
        source=SHEET,
    )  # fmt: skip
    below = int(np.sum(np.array(ratios) < 1.0))
    note = f"other draws than the sheet's, from a wider box; below 1 in {below} of {len(ratios)}"
    return claim, range_cell("autarky to trade", "E new / E old, not Pareto", ".93 to .996", ratios, note)


def conventions(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge where the two conventions on fixed costs agree."""
    found = []
    for sample in samples:
        if sample.partners != PARTNERS[0]:
            continue
        base = scenario_at(sample.before.scenario, {"fixed_cost": "market"})
        w = solve_worlds(base, sample.before.columns, ledger)
        gap = np.abs(np.log(w["welfare"][0] / sample.before["welfare"][0]))
        apart = sample.column("f.export") * sample.column("tau") ** sample.s > sample.column("f.domestic")
        premise = w.certified & some_exit(sample.before) & some_exit(w) & some_export(w)
        found.append(Trial(sample.label, gap < SAME, premise, apart, w.parameters()))
    return judge(
        "conventions", "The two [overhead, market] agree iff x_ij >= x_ii",
        "welfare is the same under both readings of f", found, condition="f_x tau^(sigma-1) > f",
        source=SHEET,
    )  # fmt: skip


def revenue_per_worker_drops(equilibria: Sequence[tuple[str, Equilibrium]]) -> Claim:
    """Judge whether revenue per worker falls at the export cutoff, from simulated firms on either side."""
    found = []
    for label, eq in equilibria:
        firms = simulate(eq, FIRMS, SEED)
        mine = (firms["country"] == 0) & firms["active"]
        with np.errstate(all="ignore"):
            per_worker = firms["revenue"] / firms["employment"]
        phi, exporter = firms["productivity"], firms["exporter"]
        below, above = np.flatnonzero(mine & ~exporter), np.flatnonzero(mine & exporter)
        known = below.size > 0 and above.size > 0
        drop = known and per_worker[below[np.argmax(phi[below])]] > per_worker[above[np.argmin(phi[above])]]
        found.append(Trial(label, np.array([bool(drop)]), np.array([known]), None, [eq.model.as_parameters()]))
    return judge(
        "revenue_per_worker_drops", "Revenue per worker falls discontinuously at the export cutoff",
        "the least productive exporter has less revenue a worker than the most productive other firm", found,
        evidence=f"{FIRMS:,} simulated firms a country and world",
        source=SHEET,
    )  # fmt: skip


def identities_section(
    samples: Sequence[Sample], equilibria: Sequence[tuple[str, Equilibrium]], ledger: Ledger
) -> Section:
    """Judge what the sheet states as exact."""
    unchanged, ratio = entry(samples)
    claims = (
        closed_forms(samples),
        *accounting(samples),
        output_finite(samples),
        *acr(samples),
        local_welfare(samples, ledger),
        unchanged,
        conventions(samples, ledger),
        revenue_per_worker_drops(equilibria),
    )
    return Section(
        "identities", "Exact statements behind the claims", ("equal means to 1e-9, relative",), claims, (ratio,)
    )
