"""Claims of section 4: bilateral, unilateral and preferential liberalization, in the long run and the short."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.melitz_ottaviano2005.preferential import (
    DEAL_ENTRY,
    DEAL_SHEET,
    HUB,
    PREFERENTIAL,
    PREFERENTIAL_SHORT,
    hub_short,
    hubs,
)
from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, Reader, Sample, Samples, numeraire, selecting
from phistar.replicate.melitz_ottaviano2005.statements import (
    AVERAGES,
    CUTOFFS,
    TOUGH,
    Stored,
    all_of,
    beyond,
    cell,
    every,
    judged,
    moves,
    own,
    partner,
    producers,
    tougher,
)
from phistar.replicate.results import READING, SHEET, Claim, Section
from phistar.replicate.statements import Answer, Statement, Test, Trial, judge, narrowed
from phistar.replicate.worlds import Ledger, solve_worlds


def apart(read: Reader) -> Test:
    """Test whether the difference between the larger country and the smaller one widens when taus fall."""

    def _test(sample: Sample) -> Answer:
        gaps = [read(w)[0] - read(w)[1] for w in sample.pair("both")]
        return gaps[1] > gaps[0] * (1.0 + NOTHING), sample.premise("both") & (gaps[0] > 0.0), None

    return _test


def _in_proportion(sample: Sample) -> Answer:
    change = sample.change("both", every("price_threshold"))
    return np.abs(change[0] - change[1]) < NOTHING, sample.premise("both"), None


def _cutoff_gap(sample: Sample) -> Answer:
    gaps = [w["price_threshold"][1] - w["price_threshold"][0] for w in sample.pair("both")]
    return gaps[1] < gaps[0], sample.premise("both"), None


BILATERAL = (
    Statement("bilateral", "Bilateral liberalization thus increases competition in both markets",
              "τ equal, τ down: c_D and c̄ fall in both", all_of("both", every, *CUTOFFS)),
    Statement("in_proportion", "leading to proportional changes in the cutoffs in both countries",
              "τ equal, τ down: both cutoffs fall by one factor", _in_proportion),
    Statement("bilateral_variety", "Product variety increases as a result of the increased competition",
              "τ equal, τ down: N rises in both", all_of("both", every, "variety")),
    Statement("bilateral_prices", "which also induces a decrease in markups and prices",
              "τ equal, τ down: p̄ and μ̄ fall in both", all_of("both", every, *AVERAGES)),
    Statement("bilateral_welfare", "Again, welfare rises", "τ equal, τ down: U rises in both", all_of("both",
        every, "welfare")),
    Statement("bilateral_short", "Symmetric trade liberalization induces all of the same qualitative results in the "
              "short run", "short run, τ equal, τ down: c_D, c̄, p̄, μ̄ fall, N and U of wages alone rise in both",
              moves("both", *tougher(every), short=True)),
    Statement("entry_widens", "the positive entry differential N_E^l − N_E^h widens with liberalization",
              "τ equal, τ down: it does", apart(every("mass_entrants"))),
    Statement("producers_widen", "This also induces a growing differential in the number of domestic producers",
              "τ equal, τ down: N_D^l − N_D^h grows", apart(producers)),
)  # fmt: skip


def _both_gain(sample: Sample) -> np.ndarray:
    """Whether by (23) both gain from a small cut of both taus in proportion."""
    rho = [sample.column(key) ** -sample.k for key in ("tau[1][0]", "tau[0][1]")]
    return np.asarray((rho[0] * (2.0 - rho[1]) < 1.0) & (rho[1] * (2.0 - rho[0]) < 1.0))


ASYMMETRIC = Statement("bilateral_unequal", "From asymmetric tau a proportional bilateral cut can hurt one country",
                       "τ^l ≠ τ^h, both down by one small factor: U rises in both",
                       narrowed(moves("a little", (every("welfare"), 1)), where=_both_gain),
                       "ρ^l(2−ρ^h) < 1 and ρ^h(2−ρ^l) < 1", source=SHEET)  # fmt: skip


def _both_sides(*names: str) -> Test:
    """Test that competition gets softer in the first country and tougher in the second when the first opens."""
    way = dict(TOUGH)
    return moves("import", *((own(n), -way[n]) for n in names), *((partner(n), way[n]) for n in names))


UNILATERAL = (
    Statement("unilateral_long", "this leads to an increase in the cost cutoff c_D^l ... whereas the cutoff c_D^h in "
              "the country's trading partner decreases", "imports of l cheaper: c_D^l rises, c_D^h falls",
              moves("import", (own("price_threshold"), 1), (partner("price_threshold"), -1))),
    Statement("unilateral_welfare", "The liberalizing country thus experiences a welfare loss while its trading "
              "partner experiences a welfare gain", "imports of l cheaper: U^l falls, U^h rises",
              moves("import", (own("welfare"), -1), (partner("welfare"), 1))),
    Statement("unilateral_prices", "the response of the cutoffs determines the response in all the other country level "
              "variables", "imports of l cheaper: c̄, p̄ and μ̄ rise in l and fall in h",
              _both_sides("mean_cost_domestic", *AVERAGES)),
    Statement("unilateral_variety", "the response of the cutoffs determines the response in all the other country "
              "level variables", "imports of l cheaper: N falls in l and rises in h", _both_sides("variety")),
    Statement("unilateral_entry", "the number of entrants N_E^l in the liberalizing country decreases, while the "
              "number of entrants in the other country, N_E^h, increases",
              "imports of l cheaper: N_E^l falls, N_E^h rises",
              moves("import", (own("mass_entrants"), -1), (partner("mass_entrants"), 1))),
)  # fmt: skip
UNILATERAL_SHORT = (
    Statement("unilateral_short", "the cost cutoff c_D^l decreases in response to this liberalization – while the cost "
              "cutoff in h, c_D^h, remains unchanged", "short run, imports of l cheaper: c_D^l falls, c_D^h stays",
              moves("import", (own("price_threshold"), -1), (partner("price_threshold"), 0), short=True)),
    Statement("short_exit", "the increase in import competition in l forces some of the least productive firms there "
              "to exit", "short run: N_D^l falls", moves("import", (cell("mass_sellers", 0, 0), -1), short=True)),
    Statement("short_variety", "product variety N^l nevertheless increases as the increased number of exporters to l "
              "dominates the decrease in domestic producers", "short run: exporters to l and N^l rise",
              moves("import", (cell("mass_sellers", 1, 0), 1), (own("variety"), 1), short=True)),
    Statement("short_prices", "... higher productivity, lower markups, and increased product variety",
              "short run: c̄, μ̄ and p̄ fall in l", all_of("import", own, "mean_cost_domestic", *AVERAGES, short=True)),
    Statement("short_welfare", "Welfare in the liberalizing country (in the short run) therefore rises",
              "short run: U^l of wages alone rises", moves("import", (own("welfare_wages"), 1), short=True)),
    Statement("short_partner", "welfare in the trading partner remains unchanged in the short run",
              "short run: U^h of wages alone stays", moves("import", (partner("welfare_wages"), 0), short=True)),
)  # fmt: skip
PROFITS = (
    Statement("short_welfare_profits", "Welfare in the liberalizing country (in the short run) therefore rises",
              "short run, profits counted as income: U^l rises", moves("import", (own("welfare"), 1), short=True),
              source=READING, evidence="elsewhere its firms lose more than its consumers gain"),
    Statement("short_partner_profits", "welfare in the trading partner remains unchanged in the short run",
              "short run, profits counted as income: U^h stays", moves("import", (partner("welfare"), 0), short=True),
              source=READING, evidence="it rises: its exporters earn more"),
)  # fmt: skip


def _without_entrants(shock: str, sign: int) -> Test:
    """Test how welfare moves in a country that has no entrants before or after (the second is the smaller)."""

    def _test(sample: Sample) -> Answer:
        two = sample.pair(shock)
        alone = np.all([(w["mass_entrants"][1] == 0.0) & (w["mass_entrants"][0] > 0.0) for w in two], axis=0)
        known = np.all([w.certified & selecting(w) & numeraire(w) for w in two], axis=0)
        return sign * sample.change(shock, partner("welfare")) > NOTHING, alone & known, None

    return _test


CORNERS = (
    Statement("corner_unilateral", "At the corner N_E = 0 the long-run unilateral sign flips (the liberaliser gains)",
              "imports of a country without entrants cheaper: its U rises", _without_entrants("import small", 1),
                  source=SHEET),
    Statement("corner_partner", "the partner's size matters at a corner",
              "L^l up: U of the country without entrants rises", _without_entrants("L", 1), source=READING),
)  # fmt: skip


def liberalization_section(samples: Samples, stored: Stored, ledger: Ledger) -> Section:
    """Judge section 4 under the Pareto."""
    two, equal, deal, unlike = samples.two[:1], samples.equal[:1], samples.deal[:1], samples.deal_unlike
    with_small = [_with_small_imports(samples.corner[0], ledger)]
    claims = (
        *judged(BILATERAL, equal, stored),
        threshold_tau(equal[0], ledger),
        *judged([ASYMMETRIC], (*two, *samples.skewed), stored),
        *judged((*UNILATERAL, *UNILATERAL_SHORT, *PROFITS), two, stored),
        *judged(CORNERS, with_small, stored),
        *judged([HUB], [hubs(deal[0], ledger)], stored),
        *judged((*PREFERENTIAL, *PREFERENTIAL_SHORT, *DEAL_ENTRY), deal, stored),
        *hub_short(deal[0], ledger),
        *judged(DEAL_SHEET, unlike, stored),
    )
    note = "The short run takes the entrants of before as its firms; its printed welfare leaves their profits out."
    return Section("liberalization", "Section 4: trade liberalization", (note,), claims)


def _with_small_imports(corner: Sample, ledger: Ledger) -> Sample:
    """Add the shock that imports of the second, smaller country become cheaper."""
    cheaper = {**corner.before.columns}
    cheaper["tau[0][1]"] = 1.0 + 0.95 * (cheaper["tau[0][1]"] - 1.0)
    after = {**corner.after, "import small": solve_worlds(corner.before.scenario, cheaper, ledger)}
    return Sample(corner.label, 2, corner.before, after)


def threshold_tau(equal: Sample, ledger: Ledger) -> Claim:
    """Judge that below some trade cost the smaller country has no entrants."""
    columns, k = equal.before.columns, equal.k
    low, high = np.ones(len(equal.before)), columns["tau[0][1]"]
    for _ in range(60):
        middle = 0.5 * (low + high)
        enters = _small_enters(equal, middle, k)
        low, high = np.where(enters, low, middle), np.where(enters, middle, high)
    held = []
    for factor, sign in ((0.98, 0), (1.02, 1)):
        tau = 1.0 + factor * (high - 1.0)
        w = solve_worlds(equal.before.scenario, {**columns, "tau[0][1]": tau, "tau[1][0]": tau}, ledger)
        held.append((w["mass_entrants"][1] > 0.0) == bool(sign))
    premise = equal.premise() & (low > 1.0)
    return judge(
        "footnote_21", "the number of entrants in the smaller economy is driven to zero when trade costs drop below a "
        "threshold level", "τ equal: N_E^h is 0 two per cent below the τ − 1 where (26) turns zero, positive two above",
        [Trial("pareto", np.all(held, axis=0), premise, None, equal.before.parameters())],
    )  # fmt: skip


def _small_enters(sample: Sample, tau: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Tell by (26) and (29) whether the smaller country has entrants at a common tau."""
    c = sample.column
    rho = tau**-k
    right = 2.0 * (k + 1.0) * (k + 2.0) * c("gamma") * c("cost[0].c_M") ** k * c("f_E[0]") / (1.0 + rho)
    P = np.array([(right / c(f"L[{i}]")) ** (1.0 / (k + 2.0)) for i in range(2)])
    wants = (c("alpha") - P) / P ** (k + 1.0)
    return np.asarray(wants[1] > rho * wants[0])


def beyond_claims(samples: Samples, stored: Stored) -> Iterator[Claim]:
    """Judge the claims of section 4 without a Pareto."""
    yield from beyond(BILATERAL, samples.equal[1:], stored)
    yield from beyond((*UNILATERAL, *UNILATERAL_SHORT), samples.two[1:], stored)
    yield from beyond((*PREFERENTIAL, *PREFERENTIAL_SHORT), samples.deal[1:], stored)


CUTOFF_GAP = Statement("E5", "Trade liberalization reduces the domestic cutoff differential",
                       "τ equal, τ down: c_D^h − c_D^l falls", _cutoff_gap)  # fmt: skip
