"""Claims of section 4.3: a preferential deal between two of three countries, in the long run and the short."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.comparisons import goes
from phistar.replicate.melitz_ottaviano2005.samples import LITTLE, NOTHING, Sample, entering, selecting
from phistar.replicate.melitz_ottaviano2005.statements import AVERAGES, CUTOFFS, all_of, last, members, moves, producers
from phistar.replicate.results import SHEET, Claim
from phistar.replicate.statements import Answer, Statement, Trial, judge, narrowed
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds


def _hub(sample: Sample) -> Answer:
    """Test whether the country with the highest sum of freeness has the lowest cutoff."""
    w, k = sample.before, sample.k
    rho = {(i, j): sample.column(f"tau[{i}][{j}]") ** -k for i in range(3) for j in range(3) if i != j}
    reached = np.array([sum(rho[i, j] for j in range(3) if j != i) for i in range(3)])
    best = np.argmax(reached, axis=0)
    return np.argmin(w["price_threshold"], axis=0) == best, sample.premise(), None


HUB = Statement("hub", "the cutoff is lowest in a country l with the lowest sum of bilateral barriers (highest "
                "ρ^lh + ρ^lt)", "three equal countries, τ by pair: it is", _hub)  # fmt: skip
PREFERENTIAL = (
    Statement("deal_members", "preferential liberalization leads to lower cutoffs in the liberalizing countries ... "
              "average costs ... also decrease", "deal from equal τ: c_D and c̄ fall in both members",
              all_of("deal", members, *CUTOFFS)),
    Statement("deal_members_prices", "prices, and markups also decrease in the liberalizing countries",
              "deal from equal τ: p̄ and μ̄ fall in both members", all_of("deal", members, *AVERAGES)),
    Statement("deal_members_welfare", "preferential liberalization leads to long run welfare gains for the "
              "liberalizing countries", "deal from equal τ: U rises in both members",
              all_of("deal", members, "welfare")),
    Statement("deal_third", "... and a higher cutoff in the third country ... while they rise in the third country",
              "deal from equal τ: c_D, c̄, p̄ and μ̄ rise in the third", all_of("deal", last, *CUTOFFS, *AVERAGES,
                  sign=-1)),
    Statement("deal_third_welfare", "along with a welfare loss for the excluded country",
              "deal from equal τ: U falls in the third", all_of("deal", last, "welfare", sign=-1)),
    Statement("deal_third_entry", "preferential trade liberalization induces important shifts in the pattern of entry",
              "deal from equal τ: N_E falls in the third", moves("deal", (last("mass_entrants"), -1))),
)  # fmt: skip


def _local(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rho, k + 2 and minus the elasticity of (alpha - c)/c^(k+1) to c at the symmetric start."""
    k, P = sample.k, sample.before["price_threshold"][0]
    return sample.column("tau[0][1]") ** -k, k + 2.0, k + 1.0 + P / (sample.column("alpha") - P)


def _draws_entry(sample: Sample) -> np.ndarray:
    """Whether more firms enter in both members, from the parameters."""
    rho, root, bend = _local(sample)
    return np.asarray(bend * (1.0 + 2.0 * rho**2) > root * (1.0 - rho))


def _reinforced(sample: Sample) -> Answer:
    """Test whether the members' cutoff falls by more in the long run than in the short."""
    long, short = (sample.change("a little", members("price_threshold"), short) for short in (False, True))
    rho, root, bend = _local(sample)
    premise = sample.premise("a little") & sample.premise("a little", short=True)
    return goes(short - long, 1, NOTHING * LITTLE), premise, bend > root * (1.0 - rho)


DEAL_ENTRY = (
    Statement("deal_members_entry", "the beneficial impact of increased entry",
              "a small deal from equal τ: N_E rises in both members",
              narrowed(moves("a little", (members("mass_entrants"), 1)), where=_draws_entry),
              "[k+1+c_D/(α−c_D)](1+2ρ²) > (k+2)(1−ρ)"),
    Statement("deal_reinforced", "... and the long run, when the pro-competitive effect is reinforced by the "
              "beneficial impact of increased entry", "a small deal from equal τ: members' c_D falls by more in the "
              "long run than in the short", _reinforced, "k+1+c_D/(α−c_D) > (k+2)(1−ρ)"),
)  # fmt: skip
PREFERENTIAL_SHORT = (
    Statement("deal_short_third", "the cutoff in the latter is unaffected by the preferential liberalization in the "
              "short run", "short run: c_D, N and U of wages alone stay in the third",
              moves("deal", (last("price_threshold"), 0), (last("variety"), 0), (last("welfare_wages"), 0),
                  short=True)),
    Statement("deal_short_members", "the liberalizing countries gain in both the short run (via the direct "
              "pro-competitive effect) ...", "short run: U of wages alone rises in both members",
              moves("deal", (members("welfare_wages"), 1), short=True)),
)  # fmt: skip


DEAL_SHEET = (
    Statement("deal_unlike", "Preferential deal: members gain, the third country loses in the long run",
              "sizes and all τ differ: U rises in both members, falls in the third",
              moves("deal", (members("welfare"), 1), (last("welfare"), -1)), source=SHEET),
    Statement("deal_profits", "in the short run its CS is unchanged and its profits fall",
              "short run: the third's consumer surplus stays, its welfare with profits falls",
              moves("deal", (last("consumer_surplus"), 0), (last("welfare"), -1), short=True), source=SHEET),
)  # fmt: skip


def hubs(deal: Sample, ledger: Ledger) -> Sample:
    """Draw trade costs by pair for three equal countries."""
    columns = dict(deal.before.columns)
    rng = np.random.default_rng(3)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        columns[f"tau[{i}][{j}]"] = 1.0 + (columns[f"tau[{i}][{j}]"] - 1.0) * rng.uniform(0.75, 1.35, len(deal.before))
        columns[f"tau[{j}][{i}]"] = columns[f"tau[{i}][{j}]"]
    return Sample(deal.label, 3, solve_worlds(deal.before.scenario, columns, ledger), {})


def hub_short(deal: Sample, ledger: Ledger) -> Iterator[Claim]:
    """Judge the short run of page 23: who has the best access has the lowest cutoff, the fewest producers at home."""
    drawn = hubs(deal, ledger)
    stuck = {key: c for key, c in drawn.before.columns.items() if not key.startswith("f_E")}
    firms = np.mean(drawn.before["mass_entrants"], axis=0)
    stuck |= {f"incumbents[{i}]": firms for i in range(3)}
    w: Worlds = solve_worlds(deal.short["before"].scenario, stuck, ledger)
    rho = [[w.columns[f"tau[{i}][{j}]"] ** -drawn.k if i != j else 0.0 * drawn.k for j in range(3)] for i in range(3)]
    best = np.argmax(np.sum(rho, axis=1), axis=0)
    premise = w.certified & selecting(w) & entering(w)

    def _claim(key: str, quote: str, tested: str, held: np.ndarray) -> Claim:
        return judge(key, quote, tested, [Trial("pareto", held, premise, None, w.parameters())])

    lowest = np.argmin(w["price_threshold"], axis=0) == best
    yield _claim("access_short", "the country with the best accessibility (highest ρ^hl + ρ^tl) will have the lowest "
                 "cutoff", "short run, equal firms, τ by pair: it has", lowest)  # fmt: skip
    fewest = (np.argmin(producers(w), axis=0) == best) & (np.argmax(w["variety"], axis=0) == best)
    yield _claim("access_sellers", "This country will have the lowest number of operating firms N_D^l = N̄^l "
                 "G(c_D^l), but the highest number of sellers N^l", "short run, equal firms, τ by pair: it has",
                 fewest)  # fmt: skip
