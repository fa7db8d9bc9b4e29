"""Claims of section 3: trade against autarky, market size, the partner's size, dumping, the short run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.melitz_ottaviano2005.samples import NOTHING, Reader, Sample, Samples, entering, trading
from phistar.replicate.melitz_ottaviano2005.solved_anew import integrated, matching, size_limits
from phistar.replicate.melitz_ottaviano2005.statements import (
    FIRMS,
    MARKET,
    SPREADS,
    Stored,
    beyond,
    cell,
    every,
    judged,
    moves,
    own,
    producers,
    ranked,
    survival,
)
from phistar.replicate.results import READING, Claim, Section
from phistar.replicate.statements import Answer, Statement, Test
from phistar.replicate.worlds import Ledger, Worlds


def opened(*directions: tuple[Reader, int]) -> Test:
    """Test how quantities under trade compare with those in autarky: the shock, undone."""
    return moves("autarky", *((read, -sign) for read, sign in directions))


def a_producer(total: Reader) -> Reader:
    """Divide a country's total by its producers."""
    return lambda w: total(w) / w["mass_active"]


def revenue(w: Worlds) -> np.ndarray:
    """Return what a country's firms sell everywhere (country)."""
    return np.asarray(np.sum(w["trade_flow"], axis=1))


def profit(w: Worlds) -> np.ndarray:
    """Return what a country's firms earn everywhere, entry costs apart (country)."""
    return np.asarray(w["mass_entrants"] * w["profit_expected"])


IMPACT = (
    Statement("trade_selects", "the cost cutoff is lower in the open economy: trade increases aggregate productivity "
              "by forcing the least productive firms to exit",
              "c_D, c̄ and G(c_D) lie below autarky's in both countries",
              opened((every("price_threshold"), -1), (every("mean_cost_domestic"), -1), (survival, -1))),
    Statement("trade_prices", "the average markup is reduced. The distribution of prices shifts down",
              "μ̄ and p̄ lie below autarky's", opened((every("mean_markup"), -1), (every("mean_price"), -1))),
    Statement("trade_variety", "as does product variety", "N lies above autarky's", opened((every("variety"), 1))),
    Statement("trade_gains", "welfare gains from trade ... come from a combination of productivity gains, lower "
              "markups, and increased product variety", "U lies above autarky's", opened((every("welfare"), 1))),
    Statement("trade_firms", "average firm size and profits increase",
              "sales and profits of a producer, over all its markets, exceed autarky's",
              opened((a_producer(revenue), 1), (a_producer(profit), 1))),
)  # fmt: skip
IN_A_MARKET = (
    Statement("trade_firms_market", "average firm size and profits increase",
              "read as averages over the firms selling in a market, as (20) and (21): q̄, r̄ and π̄ exceed autarky's",
              opened(*((every(name), 1) for name in FIRMS)), source=READING),
    Statement("trade_spread", "changes in the variance of all performance measures are also identical to the case of "
              "increased market size", "σ_c², σ_p², σ_μ² lie below autarky's and, over the firms selling in a "
              "market, σ_q², σ_r² above",
              opened(*((every(name), -1) for name in SPREADS[:3]), *((every(name), 1) for name in SPREADS[3:]))),
)  # fmt: skip

LARGER = (
    Statement("larger_market", "the larger country will have a lower cutoff, and thus higher average productivity and "
              "product variety, along with lower markups and prices",
              "τ equal: c_D, c̄, μ̄ and p̄ lower, N higher in the larger",
              ranked(*((every(name), -1) for name in MARKET), (every("variety"), 1))),
    Statement("larger_welfare", "Welfare levels are thus higher in the larger country",
              "τ equal: U higher in the larger", ranked((every("welfare"), 1))),
    Statement("larger_entry", "the latter will attract relatively more entrants and local producers",
              "τ equal: N_E and N_D higher in the larger", ranked((every("mass_entrants"), 1), (producers, 1))),
    Statement("larger_firms", "all of the size-induced differences across countries in autarky persist",
              "τ equal: q̄, r̄ and π̄ higher, σ_c², σ_p², σ_μ² lower, σ_q², σ_r² higher in the larger",
              ranked(*((every(name), 1) for name in FIRMS), *((every(name), -1) for name in SPREADS[:3]),
                     *((every(name), 1) for name in SPREADS[3:]))),
)  # fmt: skip


def _entry_a_head(sample: Sample) -> Answer:
    """Test whether more firms enter for each consumer in the larger country."""
    a_head = sample.before["mass_entrants"] / np.array([sample.column("L[0]"), sample.column("L[1]")])
    return a_head[0] > a_head[1], sample.premise(), None


_PROPORTION = "differences in country size induce a larger proportion of entrants into the larger market"
LARGEST = (
    Statement("footnote_18", _PROPORTION, "τ equal: more than half of all entrants are in the larger",
              ranked((every("mass_entrants"), 1))),
    Statement("footnote_18_head", _PROPORTION, "read per head, τ equal: N_E over L is higher in the larger",
              _entry_a_head, source=READING),
)  # fmt: skip


def narrower(name: str) -> Test:
    """Test whether two countries differ less under trade than in autarky."""

    def _test(sample: Sample) -> Answer:
        gaps = [np.abs(w[name][0] - w[name][1]) for w in (sample.before, sample.after["autarky"])]
        return gaps[0] < gaps[1] * (1.0 - NOTHING), sample.premise("autarky"), None

    return _test


PERSIST = (
    Statement("narrower_cutoffs", "(although not to the same extent)", "τ equal: cutoffs differ less than in autarky",
              narrower("price_threshold"), evidence="their ratio is autarky's, (29)"),
    Statement("narrower_variety", "(although not to the same extent)", "τ equal: varieties differ less than in autarky",
              narrower("variety"), evidence="appendix E.6 says the opposite"),
    Statement("narrower_entry", "(although not to the same extent)", "τ equal: entrants differ less than in autarky",
              narrower("mass_entrants"), evidence="appendix E.7 says the opposite"),
)  # fmt: skip


def _partner_size(sample: Sample) -> Answer:
    """Test whether the partner's size leaves a country alone, and whether that is so just where all enter."""
    names = ("price_threshold", *FIRMS, *MARKET[1:], "variety", "welfare")
    held, _, _ = moves("L partner", *((own(name), 0) for name in names))(sample)
    two = sample.pair("L partner")
    # Who has no firms sells nothing; where all have, trade must matter.
    known = np.all([w.certified & (trading(w) | ~entering(w)) for w in two], axis=0)
    return held, known & (entering(two[0]) == entering(two[1])), entering(two[0]) & entering(two[1])


PARTNER = Statement("partner_size", "the size of a country's trading partner does not affect the cost cutoff (and "
                    "hence all firm performance measures and welfare)", "L^h up: c_D, N, U and all averages of l stay",
                    _partner_size, "both countries have entrants")  # fmt: skip
OFFSET = (
    Statement("partner_entry", "this is offset by a smaller proportion of entrants", "L^h up: N_E^l falls",
              moves("L partner", (own("mass_entrants"), -1))),
    Statement("more_competitive", "a greater number of more productive firms are competing in that market",
              "L^h up: N^h rises, c_D^h falls",
              moves("L partner", (lambda w: w["variety"][1], 1), (lambda w: w["price_threshold"][1], -1))),
)  # fmt: skip


def _exporters(sample: Sample) -> Answer:
    w = sample.before
    held = (w["cutoff"][0, 1] < w["cutoff"][0, 0]) & (w["cutoff"][1, 0] < w["cutoff"][1, 1])
    return held, sample.premise(), None


SUBSET = Statement("exporters", "only a subset of relatively more productive firms export",
                   "c_X^l < c_D^l in both countries", _exporters)  # fmt: skip
SHORT = (
    Statement("import_competition", "An increase in the number of incumbents in country h increases import "
              "competition in country l and generates a decrease in the cost cutoff c_D^l",
              "short run, N̄^h up: c_D^l falls", moves("firms abroad", (own("price_threshold"), -1), short=True)),
    Statement("shut_down", "forcing some of the less productive firms in country l to shut down",
              "short run, N̄^h up: N_D^l falls", moves("firms abroad", (cell("mass_sellers", 0, 0), -1), short=True)),
    Statement("sellers_rise", "the increase in exporters from h dominates the decrease in domestic producers in l",
              "short run, N̄^h up: N^l rises",
              moves("firms abroad", (own("variety"), 1), (cell("mass_sellers", 1, 0), 1), short=True)),
)  # fmt: skip


def dumping(sample: Sample) -> Answer:
    """Test f.o.b. export prices against home prices, and resale either way, for the least and the greatest cost."""
    P, w = sample.before["price_threshold"], sample.before
    tau = np.array([sample.column("tau[0][1]"), sample.column("tau[1][0]")])
    held = np.full(len(w), True)
    for l, h in ((0, 1), (1, 0)):
        for share in (0.0, 0.999):
            c = share * P[h] / tau[l]
            here, there = 0.5 * (P[l] + c), 0.5 * (P[h] + tau[l] * c)
            back = 0.5 * (P[h] + tau[l] * c) * tau[h]
            held &= (there / tau[l] < here) & (there < tau[l] * here) & (here < back)
    return held, sample.premise(), None


DUMPING = Statement("dumping", "all exporters set F.O.B. export prices strictly below their prices in the domestic "
                    "market ... equivalent to a no-arbitrage condition",
                    "p_X/τ < p_D for every exporter; no resale abroad or back home pays", dumping)  # fmt: skip


def trade_section(samples: Samples, stored: Stored, ledger: Ledger) -> Section:
    """Judge section 3 under the Pareto."""
    two, equal = samples.two[:1], samples.equal[:1]
    claims = (
        integrated(samples, ledger),
        matching(two, ledger),
        *judged((SUBSET, DUMPING, *IMPACT, *IN_A_MARKET), two, stored),
        *judged((*LARGER, *PERSIST), equal, stored),
        *judged([PARTNER], (*two, *samples.corner), stored),
        *judged(OFFSET, two, stored),
        *judged(LARGEST, equal, stored),
        *size_limits(equal[0], ledger),
        *judged(SHORT, two, stored),
    )
    note = "Two countries, Pareto; taus and sizes differ unless said. Premise: both countries have entrants."
    return Section("trade", "Section 3: the open economy", (note,), claims)


def beyond_claims(samples: Samples, stored: Stored, ledger: Ledger) -> Iterator[Claim]:
    """Judge the claims of section 3 without a Pareto."""
    two, equal = samples.two[1:], samples.equal[1:]
    yield matching(two, ledger)
    yield from beyond((SUBSET, DUMPING, *IMPACT), two, stored)
    yield from beyond(LARGER, equal, stored)
    yield from beyond((PARTNER, *OFFSET, *SHORT), two, stored)
