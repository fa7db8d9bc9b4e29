"""Claims of section 3 on worlds solved anew: free trade, a matching closed economy, sizes and tastes without bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from phistar.blocks.cost import from_spec
from phistar.replicate.comparisons import same
from phistar.replicate.melitz_ottaviano2005.box import Columns, scenario
from phistar.replicate.melitz_ottaviano2005.cases import SAME
from phistar.replicate.melitz_ottaviano2005.samples import Sample, Samples
from phistar.replicate.melitz_ottaviano2005.statements import FIRMS, MARKET, SPREADS
from phistar.replicate.results import Claim
from phistar.replicate.statements import Trial, judge
from phistar.replicate.worlds import Ledger, solve_worlds


def _alone(columns: Columns) -> Columns:
    """Keep what concerns the first country alone."""
    keep = ("alpha", "gamma", "eta")
    return {key: c for key, c in columns.items() if key in keep or key.endswith("[0]") or "[0]." in key}


def integrated(samples: Samples, ledger: Ledger) -> Claim:
    """Judge that free trade is one market of the summed size."""
    found = []
    for sample in samples.two:
        columns = {key: np.ones_like(c) if key.startswith("tau") else c for key, c in sample.before.columns.items()}
        free = solve_worlds(sample.before.scenario, columns, ledger)
        whole = {**_alone(columns), "L[0]": columns["L[0]"] + columns["L[1]"]}
        whole.pop("tau[1][0]", None)
        one = solve_worlds(_scenario_of_one(sample), whole, ledger)
        names = ("price_threshold", "variety", "welfare", "mean_markup")
        held = np.all([same(free[name], one[name], SAME) for name in names], axis=(0, 1))
        found.append(Trial(sample.label, held, free.certified & one.certified, None, free.parameters()))
    return judge("integrated", "the transition from autarky to free trade is equivalent to an increase in market size",
                 "τ = 1: both markets are those of a closed economy of size L^l + L^h, any G", found)  # fmt: skip


def _scenario_of_one(sample: Sample) -> Mapping[str, object]:
    table = sample.before.scenario["parameters"]["cost"][0]
    return scenario(table, 1)


def matching(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge that a market under trade looks like a closed economy whose cutoff is its own."""
    found = []
    for sample in samples:
        w = sample.before
        columns = {key: c.copy() for key, c in _alone(dict(w.columns)).items() if not key.startswith("tau")}
        for i, parameters in enumerate(w.parameters()):
            cost = from_spec(parameters["cost"][0])
            second = float(cost.excess(w["price_threshold"][:1, i], 2)[0])
            columns["f_E[0]"][i] = parameters["L"][0] / (4.0 * parameters["gamma"]) * second
        alone = solve_worlds(_scenario_of_one(sample), columns, ledger)
        names = (*MARKET, *FIRMS, *SPREADS, "variety", "welfare")
        held = np.all([same(w[name][0], alone[name][0], SAME) for name in names], axis=0)
        found.append(Trial(sample.label, held, sample.premise() & alone.certified, None, w.parameters()))
    return judge("matching" if samples[0].label == "pareto" else "matching_beyond",
                 "the distribution of all these firm performance measures in the open economy equilibrium are "
                 "identical to those in a closed economy case with a matching cost cutoff",
                 "all means and variances, N and U of a market equal those of a closed economy whose f_E gives the "
                 "same c_D", found)  # fmt: skip


def size_limits(equal: Sample, ledger: Ledger) -> Iterator[Claim]:
    """Judge footnotes 13 and 18: size differences without bound, and a large alpha."""
    columns = dict(equal.before.columns)
    far = solve_worlds(equal.before.scenario, {**columns, "L[0]": columns["L[0]"] * 1e4}, ledger)
    none = far["mass_entrants"][1] == 0.0
    yield judge(
        "one_sided", "As country size differences become arbitrarily large, the number of entrants in the smaller "
        "country is driven to zero", "τ equal, L^l 10,000 times larger: N_E^h = 0",
        [Trial("pareto", none, far.certified, None, far.parameters())],
    )  # fmt: skip
    yield footnote_13((equal, _corner(equal, ledger)), ledger)


def _corner(equal: Sample, ledger: Ledger) -> Sample:
    """Make the larger country larger still, by up to the cube of its size relative to the smaller one."""
    columns = dict(equal.before.columns)
    columns["L[0]"] = columns["L[0]"] * (columns["L[0]"] / columns["L[1]"]) ** 2.0
    return Sample("pareto", 2, solve_worlds(equal.before.scenario, columns, ledger), {})


def footnote_13(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge that a large alpha keeps both countries in the sector."""
    found = []
    for sample in samples:
        keen = {**sample.before.columns, "alpha": 1e5 * sample.column("alpha")}
        w = solve_worlds(sample.before.scenario, keen, ledger)
        L, rho = sample.column("L[0]") / sample.column("L[1]"), sample.column("tau[0][1]") ** -sample.k
        below = rho * L ** ((sample.k + 1.0) / (sample.k + 2.0)) < 1.0
        reach = selecting_at(sample)
        found.append(
            Trial(sample.label, np.all(w["mass_entrants"] > 0.0, axis=0), w.certified & reach, below, w.parameters())
        )
    return judge(
        "footnote_13",
        "we rule out this case [N_E^l = 0] by assuming that α is large enough",
        "τ equal, α 100,000 times larger: both countries have entrants",
        found,
        condition="ρ (c_D^h/c_D^l)^(k+1) < 1 for the smaller country h",
    )


def selecting_at(sample: Sample) -> np.ndarray:
    """Mark worlds in which the smaller country's cutoff (29) lies in the support, which alpha does not move."""
    k, c_M = sample.k, sample.column("cost[0].c_M")
    rho = sample.column("tau[0][1]") ** -k
    right = 2.0 * (k + 1.0) * (k + 2.0) * sample.column("gamma") * c_M**k * sample.column("f_E[0]")
    return np.asarray((right / (sample.column("L[1]") * (1.0 + rho))) ** (1.0 / (k + 2.0)) < c_M)
