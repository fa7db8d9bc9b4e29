"""Claims of appendices B to E: who has the lower cutoff, who exports, and the results 1 to 8 on bilateral trade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from phistar.replicate.melitz_ottaviano2005.box import PARETO, SEED, Layout, draw_columns, scenario
from phistar.replicate.melitz_ottaviano2005.liberalization import CUTOFF_GAP, apart
from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, Sample, Samples, supposed
from phistar.replicate.melitz_ottaviano2005.statements import Stored, beyond, every, judged, producers, ranked
from phistar.replicate.results import Claim, Section
from phistar.replicate.statements import Answer, Statement, Trial, judge
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds

MANY, DRAWS = 5, 60


def _export_cutoffs(sample: Sample) -> Answer:
    """Test whether, where both countries enter, exporting takes a lower cost than selling at home, in both."""
    x = sample.before["cutoff"]
    return (x[0, 1] < x[0, 0]) & (x[1, 0] < x[1, 1]), sample.premise(), None


D = Statement("D", "a non-specialized equilibrium where both countries produce ... implies that only a subset of "
              "relatively more productive firms choose to export in either country (c_X^l < c_D^l)",
              "N_E > 0 in both: c_X < c_D in both", _export_cutoffs)  # fmt: skip
RESULTS = (
    Statement("E1", "The domestic cutoff is lower in the larger country", "τ equal: c_D^l < c_D^h",
              ranked((every("price_threshold"), -1))),
    Statement("E2", "There are more sellers in the larger country", "τ equal: N^l > N^h",
              ranked((every("variety"), 1))),
    Statement("E3", "There are more entrants in the larger country", "τ equal: N_E^l > N_E^h",
              ranked((every("mass_entrants"), 1))),
    Statement("E4", "There are more local producers in the larger country", "τ equal: N_D^l > N_D^h",
              ranked((producers, 1))),
    CUTOFF_GAP,
    Statement("E6", "Trade liberalization increases the cross-country difference in the number of sellers",
              "τ equal, τ down: N^l − N^h rises", apart(every("variety"))),
    Statement("E7", "Trade liberalization increases the cross-country difference in the number of entrants",
              "τ equal, τ down: N_E^l − N_E^h rises", apart(every("mass_entrants"))),
    Statement("E8", "Trade liberalization increases the cross-country difference in the number of producers",
              "τ equal, τ down: N_D^l − N_D^h rises", apart(producers)),
)  # fmt: skip


def appendix_section(samples: Samples, stored: Stored, ledger: Ledger) -> Section:
    """Judge appendices B to E under the Pareto."""
    claims = (
        *_many(ledger),
        *judged([D], [*samples.two[:1], *samples.equal[:1]], stored),
        specialised(samples),
        *judged(RESULTS, samples.equal[:1], stored),
    )
    note = f"Appendix B and C: {DRAWS} worlds of {MANY} countries that differ in size, f_E, c_M and all trade costs."
    return Section("appendix", "Appendices B to E", (note,), claims)


def specialised(samples: Samples) -> Claim:
    """Judge the contrapositive of appendix D where one country has no entrants."""
    found = []
    for sample in samples.corner:
        w = sample.before
        everyone = w["cutoff"][1, 0] * (1.0 + NOTHING) < w["price_threshold"][1]
        alone = w.certified & (w["mass_entrants"][1] == 0.0)
        found.append(Trial(sample.label, everyone, alone, None, w.parameters()))
    return judge("D_corner", "N_E^l > 0 ⟺ ... which is incompatible with c_X^h ≥ c_D^h",
                 "also where one country has no entrants, its export cutoff would lie below its domestic one",
                     found)  # fmt: skip


def _many(ledger: Ledger) -> Iterator[Claim]:
    columns = draw_columns(PARETO, Layout(MANY, "any", (0.0, 0.15), unlike=True), DRAWS, SEED + 5)
    world = scenario(PARETO.table(0.5, 0.5), MANY)
    before = solve_worlds(world, columns, ledger)
    step = 0.01
    shocks: Mapping[str, Mapping[str, float]] = {
        "size": {"L[0]": 1.0 + step},
        "draws": {"cost[0].c_M": 1.0 - step},
        "exports": {f"tau[0][{j}]": 1.0 - step for j in range(1, MANY)},
    }
    after: dict[str, Worlds] = {}
    for name, factors in shocks.items():
        after[name] = solve_worlds(world, {**columns, **{key: columns[key] * f for key, f in factors.items()}}, ledger)
    quote = ("Countries benefiting from a larger local market, a better distribution of productivity draws, and better "
             "market accessibility have lower cutoffs")  # fmt: skip
    for name, tested in (("size", "L^l up: c_D^l falls"), ("draws", "c_M^l down: c_D^l falls"),
                         ("exports", "all exports of l cheaper: c_D^l falls")):  # fmt: skip
        change = np.log(after[name]["price_threshold"][0] / before["price_threshold"][0])
        premise = supposed(before) & supposed(after[name])
        yield judge(
            f"B_{name}", quote, tested, [Trial("pareto", change < -NOTHING, premise, None, before.parameters())]
        )
    yield _gravity(before)


def _gravity(w: Worlds) -> Claim:
    """Judge that flows are an exporter term, an importer term and -k ln tau, each as (C.1) says."""
    held = []
    for p in range(len(w)):
        tau = np.array(
            [[w.columns.get(f"tau[{i}][{j}]", np.ones(len(w)))[p] for j in range(MANY)] for i in range(MANY)]
        )
        with np.errstate(all="ignore"):
            left = np.log(w["trade_flow"][..., p]) + w.columns["cost[0].k"][p] * np.log(tau)
            cross = left - left[:1] - left[:, :1] + left[0, 0]
        held.append(bool(np.max(np.abs(cross)) < 1e-9))
    return judge("C_gravity", "This gravity equation determines bilateral exports as a log-linear function of "
                 "bilateral trade barriers and country characteristics",
                 "ln X_ij + k ln τ_ij is an exporter term and an importer term",
                 [Trial("pareto", np.array(held), supposed(w), None, w.parameters())])  # fmt: skip


def beyond_claims(samples: Samples, stored: Stored) -> Iterator[Claim]:
    """Judge appendices D and E without a Pareto."""
    yield from beyond([D], [*samples.two[1:], *samples.equal[1:]], stored)
    yield from beyond(RESULTS, samples.equal[1:], stored)
