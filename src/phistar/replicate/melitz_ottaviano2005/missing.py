"""Conditions the paper leaves out or words too widely, and what its model does not speak of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.melitz_ottaviano2005.box import PARETO, SEED, Layout, at, draw_columns, scenario
from phistar.replicate.melitz_ottaviano2005.cases import SAME, Cases
from phistar.replicate.melitz_ottaviano2005.numbered_open import sellers_idle, short_sellers, short_two
from phistar.replicate.melitz_ottaviano2005.samples import STORED, Samples, entering, selecting
from phistar.replicate.melitz_ottaviano2005.stored import PARETO as POINT
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import Claim, Section
from phistar.replicate.statements import Trial, judge, silent
from phistar.replicate.worlds import Ledger, solve_worlds

DRAWS = 120


def missing_section(cases: Cases, samples: Samples, ledger: Ledger) -> Section:
    """Judge conditions as printed; record what lies outside the model."""
    claims = (
        *_numeraire(ledger),
        *_printed_conditions(cases),
        _exports_alone(cases, samples),
        *_silent(ledger),
    )
    return Section("missing", "Conditions as printed, and what the model does not say", (), claims)


def _numeraire(ledger: Ledger) -> Iterator[Claim]:
    """Judge that wages are one: the numeraire must be consumed, and made, in every country."""
    columns = draw_columns(PARETO, Layout(2, "any", (-0.4, 0.4)), DRAWS, SEED + 3)
    columns["eta"] = columns["eta"] * np.random.default_rng(SEED).uniform(0.3, 1.0, DRAWS)
    w = solve_worlds(scenario(PARETO.table(0.5, 0.5), 2), columns, ledger)
    k, known = columns["cost[0].k"], entering(w) & selecting(w)
    enough = columns["alpha"] < 2.0 * np.sqrt(columns["eta"] * (k + 2.0) / (k + 1.0))
    consumed, made = (np.all(w[name] > 0.0, axis=0) for name in ("numeraire_consumption", "numeraire_labour"))
    yield judge("footnote_14", "The previously derived condition for the demand parameters α and η, and k again "
                "ensure that q_0 > 0", "α < 2√(η(k+2)/(k+1)): the numeraire is consumed in both countries",
                [Trial("pareto", consumed, known & enough, None, w.parameters())])  # fmt: skip
    stored = at(POINT, 2, {"L[0]": 12.0, "tau[0][1]": 1.6, "tau[1][0]": 1.3})
    e = ledger.solve(stored)
    one = trial_of(STORED, [np.all(e["numeraire_labour"] > 0.0)], [stored["parameters"]])
    left = ", ".join(f"{x:.2f}" for x in e["numeraire_labour"])
    yield judge("unit_wage", "The numeraire good is produced under constant returns to scale at unit cost ... These "
                "assumptions imply a unit wage", "the numeraire is made in both countries, so that the wage is one",
                [one, Trial("pareto", made, known, None, w.parameters())],
                evidence=f"L (12, 10), τ (1.6, 1.3): labour left for it is {left}: labour in the differentiated "
                         "sector must stay below L everywhere, a condition the paper leaves out")  # fmt: skip


def _printed_conditions(cases: Cases) -> Iterator[Claim]:
    """Judge (27) and (28) wherever their printed conditions are met."""
    chosen = cases["short two"]
    printed = {
        "(27)": (lambda c: c.cutoff[0, 0] < c.c_M[0], short_sellers, "c_D^l < c_M^l"),
        "(28)": (
            lambda c: c.cutoff[0, 0] < c.c_M[0] and c.cutoff[0, 1] < c.c_M[0],
            short_two,
            "c_D^l < c_M^l and c_X^l < c_M^l",
        ),
    }
    for number, (met, check, words) in printed.items():
        trial = trial_of("pareto", [check(c) < SAME for c in chosen], [c.parameters for c in chosen],
                         premise=[met(c) for c in chosen], condition=[sellers_idle(c) for c in chosen])  # fmt: skip
        yield judge(f"printed {number}", f"{number} ... whenever {words}",
                    "it holds wherever the printed condition is met", [trial],
                    condition="c_X^h < c_M^h too")  # fmt: skip


def _exports_alone(cases: Cases, samples: Samples) -> Claim:
    """Judge footnote 19: whether any firm exports in the short run that does not sell at home."""
    few = cases["short two"]
    alone = [_exporters_only(c.cutoff, c.c_M[:, None]) for c in few]
    found = [trial_of("pareto", alone, [c.parameters for c in few])]
    for sample in (*samples.two, *samples.equal):
        for w in sample.short.values():
            held = _exporters_only(w["cutoff"], w["cutoff_effective"])
            found.append(Trial(sample.label, held, w.certified, None, w.parameters()))
    return judge(
        "footnote_19", "In the short-run, it is possible for c_X^l > c_D^l, in which case firms with cost c in "
        "between produce and export, but do not sell on their domestic market",
        "some firm of either country does, any G", found,
        evidence="never: at p^h = τ p^l firms would supply more in h than in l, where more is wanted, whatever G "
                 "and N̄ are",
    )  # fmt: skip


def _exporters_only(cutoff: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Tell whether costs exist at which a firm sells abroad and not at home (world)."""
    reached = np.minimum(cutoff, upper)
    return np.any([reached[0, 1] > cutoff[0, 0], reached[1, 0] > cutoff[1, 1]], axis=0)


def _silent(ledger: Ledger) -> Iterator[Claim]:
    """Record what the model has nothing to say of."""
    e = ledger.solve(at(POINT, 2, {}))
    wages = ", ".join(f"{wage:g}" for wage in e["wage"])
    yield judge(
        "labour_market",
        "Increased factor market competition plays no role in the current model",
        "wages are one with and without trade",
        [trial_of("pareto", [np.all(e["wage"] == 1.0)], [at(POINT, 2, {})["parameters"]])],
        evidence=f"wages {wages}, the numeraire's",
    )
    keys = ", ".join(p.name for p in e.model.parameters)
    yield silent("fixed_costs", "we do not model any overhead production costs ... any fixed export costs. This would "
                 "significantly degrade the tractability of our model without adding any new insights",
                 "what fixed costs would add", f"the model has no such cost: its parameters are {keys}")  # fmt: skip
    yield silent("perfect_substitutes", "In the limit when γ = 0 ... The varieties are then perfect substitutes",
                 "the world at γ = 0", "γ must be positive: (3) divides by it")  # fmt: skip
    yield silent("evidence", "These comparative statics ... accord well with the empirical evidence for U.S. "
                             "establishments",
                 "what data show", "the model has no data; the signs they are held against are judged in section "
                                   "2.4")  # fmt: skip
