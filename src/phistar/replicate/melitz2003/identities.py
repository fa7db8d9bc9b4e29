"""What the sheet states as exact: closed forms, welfare, labour, gains from trade, entry, the two conventions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.comparisons import same
from phistar.replicate.melitz2003.box import PARTNERS, Sample, dear_to_export, of_family, some_exit, some_export
from phistar.replicate.melitz2003.responses import EXACT, FIRMS, SEED
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import SHEET, Cell, Claim, Section, range_cell
from phistar.replicate.statements import Statement, Trial, judge, judge_each, whether
from phistar.replicate.worlds import Ledger, scenario_at, solve_worlds
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import simulate

#: Both conventions are one equation apart: where they agree, they do so to rounding, and the gap opens quadratically.
SAME = 1e-12


def _equal(a: np.ndarray, b: np.ndarray | float) -> np.ndarray:
    return same(a, b, EXACT)


# --- closed forms


def _closed_forms(sample: Sample) -> np.ndarray:
    w, c, s, T = sample.before, sample.column, sample.s, sample.trade_term()
    k, sunk = c("productivity.k"), c("delta") * c("f_e")
    relative = c("f.export") / c("f.domestic")
    held = [
        _equal(w["cutoff"][0, 0] ** k, s / (k - s) * c("f.domestic") * (1.0 + T) / sunk),
        _equal(w["exporter_share"][0], (c("tau") * relative ** (1.0 / s)) ** -k),
        _equal(w["trade_share"][0, 0], 1.0 / (1.0 + T)),
        _equal(w["mass_entrants"][0], c("L") * s / (k * c("sigma") * sunk)),
    ]
    return np.all(held, axis=0)


def _welfare(sample: Sample) -> np.ndarray:
    w, c, s = sample.before, sample.column, sample.s
    size = (c("L") / (c("sigma") * c("f.domestic"))) ** (1.0 / s)
    return _equal(w["welfare"][0], s / c("sigma") * w["cutoff_zero_profit"][0, 0] * size)


def _labour(sample: Sample) -> np.ndarray:
    return _equal(sample.before["labour_production"][0], sample.column("L") * sample.s / sample.column("sigma"))


def _overhead(sample: Sample) -> np.ndarray:
    w, c, s, n = sample.before, sample.column, sample.s, sample.partners
    x, f, f_x = w["cutoff_zero_profit"][0], c("f.domestic"), c("f.export")
    power = (f + n * f_x) / (f * x[0] ** -s + n * f_x * x[1] ** -s)
    return np.asarray(_equal(w["cutoff"][0, 0] ** s, power) & (w["exporter_share"][0] > 1.0 - 1e-12))


def _cheap_to_export(sample: Sample) -> np.ndarray:
    c = sample.column
    return np.asarray(c("f.export") * c("tau") ** sample.s < c("f.domestic"))


#: Where the tail of a distribution has its exponent.
POWER = {"pareto": "productivity.k", "frechet": "productivity.shape", "lognormal_pareto": "productivity.k"}
FORMS = (
    Statement("closed_forms", "n+1 symmetric countries, Pareto: phi*, share exporting, lambda, E",
              "all four equal their closed forms", whether(_closed_forms, among=Sample.interior), source=SHEET,
              over="Pareto"),
    Statement("welfare_formula", "Welfare, any distribution: (s/sigma) x_jj (L/(sigma f))^(1/s)",
              "welfare follows from the domestic cutoff alone", whether(_welfare), source=SHEET, over="every"),
    Statement("labour_share", "Labour: the variable share is s/sigma always",
              "production employs (sigma-1)/sigma of the labour force", whether(_labour), source=SHEET, over="every"),
    Statement("overhead_corner", "f_x tau^s < f: every active firm exports and phi*^s = sum f / sum f x^-s",
              "both, where f_x tau^s < f", whether(_overhead, among=_cheap_to_export), source=SHEET, over="every"),
    Statement("output_finite", "Output per worker at the gate: finite only if k > sigma",
              "it is finite (power-law tails)",
              whether(lambda sample: np.isfinite(sample.before["output_per_worker"][0]),
                      where=lambda sample: sample.column(POWER[sample.family.name]) > sample.column("sigma")),
              "k > sigma", source=SHEET, over="power laws"),
)  # fmt: skip


# --- gains from trade


def _in_tail(sample: Sample) -> np.ndarray:
    """Whether all firms, in autarky too, lie in a power-law tail."""
    begins = np.full(len(sample.before), -np.inf)
    if sample.family.name == "lognormal_pareto":
        begins = sample.column("productivity.k") * sample.column("productivity.sd") ** 2
    return np.asarray(sample.in_power_tail() & (np.log(sample.closed["cutoff"][0, 0]) >= begins))


def _with_exit(sample: Sample) -> np.ndarray:
    """Mark the worlds the model supposes, in which some draws exit in autarky too."""
    return np.asarray(sample.interior() & some_exit(sample.closed))


def _acr(sample: Sample) -> np.ndarray:
    formula = sample.before["trade_share"][0, 0] ** (-1.0 / sample.before["trade_elasticity"][0, 1])
    return _equal(sample.before["welfare"][0] / sample.closed["welfare"][0], formula)


def _entry_ratio(sample: Sample) -> np.ndarray:
    return np.asarray(sample.before["mass_entrants"][0] / sample.closed["mass_entrants"][0])


_TAIL = "all firms, in autarky too, lie in a power-law tail (Pareto)"
GAINS = (
    Statement("acr", "ACR holds exactly under Pareto at interior cutoffs", "W/W_autarky = lambda^(-1/elasticity)",
              whether(_acr, among=_with_exit, where=_in_tail), _TAIL, source=SHEET, over="every"),
    Statement("elasticity_k", "Local partial trade elasticity: s + gamma (Pareto: k)", "it is k (Pareto)",
              whether(lambda sample: _equal(sample.before["trade_elasticity"][0, 1], sample.column("productivity.k")),
                      among=Sample.interior), source=SHEET, over="Pareto"),
)  # fmt: skip
ENTRY = Statement(
    "entry", "Autarky to trade: E unchanged under Pareto, so the jump is immediate",
    "the stock of draws is what it was in autarky",
    whether(lambda sample: _equal(_entry_ratio(sample), 1.0), among=_with_exit, where=_in_tail), _TAIL, source=SHEET,
)  # fmt: skip


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
            found.append(trial_of(sample.label, [gap < EXACT], [world["parameters"]]))
    return judge(
        "local_welfare", "any distribution: d ln W = (d ln E - d ln lambda_jj)/(s + gamma_jj)",
        "exact elasticities in tau satisfy it", found, evidence=f"largest gap {worst:.0e}",
        source=SHEET,
    )  # fmt: skip


def entry_ratios(samples: Sequence[Sample]) -> Cell:
    """Hold the stock of draws over autarky's, outside the Pareto tail, against the sheet's range."""
    others = [s for s in samples if s.family.name != "pareto"]
    ratios = np.concatenate([_entry_ratio(s)[_with_exit(s) & ~_in_tail(s)] for s in others])
    below = int(np.sum(ratios < 1.0))
    note = f"other draws than the sheet's, from a wider box; below 1 in {below} of {len(ratios)}"
    return range_cell("autarky to trade", "E new / E old, not Pareto", ".93 to .996", ratios.tolist(), note)


def conventions(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge where the two conventions on fixed costs agree."""
    found = []
    for sample in samples:
        if sample.partners != PARTNERS[0]:
            continue
        base = scenario_at(sample.before.scenario, {"fixed_cost": "market"})
        w = solve_worlds(base, sample.before.columns, ledger)
        gap = np.abs(np.log(w["welfare"][0] / sample.before["welfare"][0]))
        premise = w.certified & some_exit(sample.before) & some_exit(w) & some_export(w)
        found.append(Trial(sample.label, gap < SAME, premise, dear_to_export(sample), w.parameters()))
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
        found.append(trial_of(label, [drop], [eq.model.as_parameters()], premise=[known]))
    return judge(
        "revenue_per_worker_drops", "Revenue per worker falls discontinuously at the export cutoff",
        "the least productive exporter has less revenue per worker than the most productive other firm", found,
        evidence=f"{FIRMS:,} simulated firms a country and world",
        source=SHEET,
    )  # fmt: skip


def identities_section(
    samples: Sequence[Sample], equilibria: Sequence[tuple[str, Equilibrium]], ledger: Ledger
) -> Section:
    """Judge what the sheet states as exact."""
    over = {
        "every": samples,
        "Pareto": of_family(samples, "pareto"),
        "power laws": [s for s in samples if s.family.name in POWER],
    }
    claims = (
        *judge_each((*FORMS, *GAINS), over),
        local_welfare(samples, ledger),
        ENTRY.judged(samples),
        conventions(samples, ledger),
        revenue_per_worker_drops(equilibria),
    )
    ratio = entry_ratios(samples)
    return Section(
        "identities", "Exact statements behind the claims", ("equal means to 1e-9, relative",), claims, (ratio,)
    )
