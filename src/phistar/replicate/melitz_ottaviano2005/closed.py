"""Claims of section 2: the closed economy in the long run and the short, under any distribution or the Pareto."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phistar.replicate.melitz_ottaviano2005.box import PARETO, SEED, Layout, at, draw_columns, scenario
from phistar.replicate.melitz_ottaviano2005.independent import density, mass
from phistar.replicate.melitz_ottaviano2005.samples import DRAWS, LITTLE, Sample, Samples, selecting
from phistar.replicate.melitz_ottaviano2005.statements import Stored, beyond, judged, moves, over, own, survival
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import SHEET, Claim, Section
from phistar.replicate.statements import Statement, Test, Trial, judge, narrowed, together
from phistar.replicate.worlds import Ledger, solve_worlds

TOUGHER = ("f_E", "gamma", "L")
P = own("price_threshold")


def _each(shocks: tuple[str, ...], *directions: tuple[str, int]) -> Test:
    return together(*(moves(shock, *((own(name), sign) for name, sign in directions)) for shock in shocks))


def _lets_more_sell(sample: Sample) -> np.ndarray:
    """Whether the density of costs at the cutoff lets a slightly larger market have more sellers."""
    w, alpha = sample.before, sample.column("alpha")
    cutoff, mean = w["price_threshold"][0], w["mean_cost"][0]
    hazard = np.empty(len(w))
    for i, parameters in enumerate(w.parameters()):
        of, lower, upper = density(parameters["cost"][0])
        c = cutoff[i : i + 1]
        hazard[i] = of(c, c - lower, upper - c)[0] / mass(parameters["cost"][0]) / survival(w)[0, i]
    return np.asarray(hazard * (cutoff - mean) < (alpha - mean) / (alpha - cutoff))


#: Section 2.3, for any G.
ANY_G = (
    Statement("selection", "average productivity will be higher (lower c̄) when sunk costs are lower, when varieties "
              "are closer substitutes, and in bigger markets", "f_E down, γ down or L up: c_D and c̄ fall",
              _each(TOUGHER, ("price_threshold", -1), ("mean_cost", -1))),
    Statement("exit_rates", "In all these cases, firm exit rates are also higher",
              "f_E down, γ down or L up: G(c_D) falls",
              together(*(moves(shock, (lambda w: survival(w)[0], -1)) for shock in TOUGHER))),
    Statement("demand_shifters", "The demand parameters α and η ... do not affect the selection of firms and industry "
              "productivity", "α up or η down: c_D, c̄, p̄ and μ̄ stay",
              _each(("alpha", "eta"), ("price_threshold", 0), ("mean_cost", 0), ("mean_price", 0), ("mean_markup", 0))),
    Statement("demand_variety", "they only affect the equilibrium number of firms", "α up or η down: N and N_E rise",
              _each(("alpha", "eta"), ("variety", 1), ("mass_entrants", 1))),
    Statement("lower_prices", "Competition is 'tougher' in larger markets as ... average prices are lower",
              "L up: p̄ falls", _each(("L",), ("mean_price", -1))),
    Statement("firm_markup", "A firm with cost c responds to this tougher competition by setting a lower markup",
              "L up: c_D falls, and with it (c_D − c)/2", _each(("L",), ("price_threshold", -1))),
)  # fmt: skip
VARIETY = Statement("more_firms", "in larger markets ... more firms compete ... for any distribution of cost draws "
                    "G(c)", "L up a little: N rises, any G",
                    narrowed(moves("a little", (own("variety"), 1)), where=_lets_more_sell),
                    "g(c_D)(c_D−c̄)/G(c_D) < (α−c̄)/(α−c_D)")  # fmt: skip

#: Section 2.4, under the Pareto; each is tried without it too.
SIZE = (
    Statement("size_means", "bigger markets induced ... higher average productivity (lower c̄) and lower average prices",
              "L up: c̄ and p̄ fall", _each(("L",), ("mean_cost", -1), ("mean_price", -1))),
    Statement("size_firms", "average firm size (both in terms of output and sales) and profits are higher in larger "
              "markets", "L up: q̄, r̄ and π̄ rise",
              _each(("L",), ("mean_quantity", 1), ("mean_revenue", 1), ("mean_profit", 1))),
    Statement("size_markup", "average markups are lower", "L up: μ̄ falls", _each(("L",), ("mean_markup", -1))),
    Statement("profitability", "average industry profitability π̄/r̄ does not vary with market size",
              "L up: π̄/r̄ stays", moves("L", (over(own("mean_profit"), own("mean_revenue")), 0))),
    Statement("size_spread", "the variance of cost, prices, and markups are lower in bigger markets",
              "L up: σ_c², σ_p² and σ_μ² fall",
              _each(("L",), ("variance_cost", -1), ("variance_price", -1), ("variance_markup", -1))),
    Statement("size_spread_firms", "the variance of firm size (in terms of either output or revenue) is larger in "
              "bigger markets", "L up: σ_q² and σ_r² rise",
              _each(("L",), ("variance_quantity", 1), ("variance_revenue", 1))),
    Statement("size_variety", "Bigger markets exhibit higher levels of product variety", "L up: N rises",
              _each(("L",), ("variety", 1))),
    Statement("size_welfare", "Welfare increases with decreases in the cutoff c_D, as the latter induces increases in "
              "product variety N as well as decreases in the average price", "f_E down or L up: U and N rise, p̄ falls",
              _each(("f_E", "L"), ("welfare", 1), ("variety", 1), ("mean_price", -1))),
    Statement("size_price_spread", "these effects dominate the negative impact of the lower price variance",
              "f_E down or L up: σ_p² falls, U rises", _each(("f_E", "L"), ("variance_price", -1), ("welfare", 1))),
)  # fmt: skip
SHORT = (
    Statement("short_size", "changes in market size do not induce any changes in ... (c_D remains constant), nor "
              "in the distribution of prices and markups",
              "short run, L up: c_D, N, c̄, p̄, μ̄ and their variances stay, any G",
              moves("L", *((own(name), 0) for name in ("price_threshold", "variety", "mean_cost", "mean_price",
                    "mean_markup", "variance_price", "variance_markup")), short=True)),
    Statement("short_output", "All firms adjust their output levels in proportion to the market size change",
              "short run, L up: q̄, r̄ and π̄ over L stay, any G",
              moves("L", *((over(own(name), lambda w: w.columns["L[0]"]), 0)
                           for name in ("mean_quantity", "mean_revenue", "mean_profit")), short=True)),
)  # fmt: skip


def closed_section(samples: Samples, stored: Stored, ledger: Ledger) -> Section:
    """Judge section 2."""
    pareto = samples.closed[:1]
    note = (
        f"Claims for any G: {DRAWS} Pareto draws and {len(samples.closed[1].before)} each of "
        f"{', '.join(s.label for s in samples.closed[1:])}. Shocks of 1 to 15 per cent."
    )
    claims = (
        *judged((*ANY_G, VARIETY), samples.closed, stored),
        *judged(SIZE, pareto, stored),
        *_assumptions(ledger),
        _uniform(ledger),
        _gamma_variety(pareto[0], ledger),
        *judged(SHORT, samples.closed, stored),
    )
    return Section("closed", "Section 2: the closed economy", (note,), claims)


def _assumptions(ledger: Ledger) -> Iterator[Claim]:
    """Judge the conditions under (15) and in footnote 7 on worlds that may break them."""
    columns = draw_columns(PARETO, Layout(1), DRAWS, SEED + 1)
    rng = np.random.default_rng(SEED)
    columns["eta"] = columns["eta"] * rng.uniform(0.15, 1.0, DRAWS)
    columns["f_E[0]"] = columns["f_E[0]"] * rng.uniform(0.5, 8.0, DRAWS)
    w = solve_worlds(scenario(PARETO.table(0.5, 0.5), 1), columns, ledger)
    k = columns["cost[0].k"]
    least = np.sqrt(2.0 * (k + 1.0) * (k + 2.0) * columns["gamma"] * columns["f_E[0]"] / columns["L[0]"])
    inside, met = selecting(w), columns["cost[0].c_M"] > least
    yield judge(
        "support", "we assume that c_M > √([2(k+1)(k+2)γ f_E]/L) in order to ensure that c_D < c_M",
        "c_D < c_M just where the assumption says", [Trial("pareto", inside == met, w.certified, None, w.parameters())],
        evidence=f"met in {int(np.sum(met))}",
    )  # fmt: skip
    enough = columns["alpha"] < 2.0 * np.sqrt(columns["eta"] * (k + 2.0) / (k + 1.0))
    consumed = w["numeraire_consumption"][0] > 0.0
    yield judge(
        "footnote_7", "A sufficient condition for this to be less than 1 is α < 2√(η(k+2)/(k+1))",
        "the numeraire is consumed wherever the condition is met",
        [Trial("pareto", consumed, w.certified & inside & enough, None, w.parameters())],
        evidence=f"of the {int(np.sum(inside & ~enough))} that miss it {int(np.sum(inside & ~enough & consumed))} "
                 f"do so too",
    )  # fmt: skip


def _gamma_variety(pareto: Sample, ledger: Ledger) -> Claim:
    """Judge the sheet's sign of variety in gamma: N is gamma (alpha - c_D)/c_D, and c_D rises with gamma."""
    columns = pareto.before.columns
    more = solve_worlds(pareto.before.scenario, {**columns, "gamma": columns["gamma"] * (1.0 + LITTLE)}, ledger)
    held = np.log(more["variety"][0] / pareto.before["variety"][0]) > 0.0
    small = pareto.before["price_threshold"][0] / pareto.column("alpha") < (pareto.k + 1.0) / (pareto.k + 2.0)
    return judge(
        "gamma_variety", "long run, gamma up: N own +", "γ up a little: N rises (Pareto)",
        [Trial("pareto", held, pareto.premise() & more.certified, small, pareto.before.parameters())],
        condition="c_D/α < (k+1)/(k+2)", source=SHEET,
    )  # fmt: skip


def _uniform(ledger: Ledger) -> Claim:
    """Judge that k = 1 is the uniform distribution."""
    tables = ({"family": "pareto", "c_M": 1.0, "k": 1.0}, {"family": "uniform", "lower": 0.0, "c_M": 1.0})
    one, other = (ledger.solve(at(table, 2, {"L[0]": 11.0})) for table in tables)
    apart = max(
        float(np.max(np.abs(one[name] / other[name] - 1.0))) for name in ("price_threshold", "variety", "welfare")
    )
    world = at(tables[0], 2, {"L[0]": 11.0})["parameters"]
    return judge(
        "uniform", "When k = 1, the cost distribution is uniform on [0, c_M]", "both families have one equilibrium",
        [trial_of("pareto", [apart < 1e-12], [world])], evidence=f"gap {apart:.0e}",
    )  # fmt: skip


def beyond_claims(samples: Samples, stored: Stored) -> Iterator[Claim]:
    """Judge the claims of section 2.4 without a Pareto."""
    yield from beyond(SIZE, samples.closed[1:], stored)
