"""Sections 3.6 and 4 of the paper, and its appendix: what head-to-head integration does, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.replicate.comparisons import falling
from phistar.replicate.kim.draw_facts import (
    any_dearer,
    best_on_the_rise,
    best_range_grows,
    best_take_over,
    by_productivities,
    everyone_gains,
    index_falls,
    larger_sector,
    markups_fall,
    markups_must_fall,
    more_varieties,
    only_best_stay,
    others_profits_fall,
    others_ranges_fall,
    profits_fall,
    ranges_short_of_market,
    resources_move_up,
    rivals,
    same_firms,
    several,
    shares_fall,
    some_exit,
    some_must_exit,
    weaker_cut_faster,
    weaker_lose_more,
)
from phistar.replicate.kim.samples import NOTHING, Sample, Samples
from phistar.replicate.kim.verdicts import judged
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Statement, whether

_EXIT = "W Σ S(τ_f) ≥ 1 over autarky's survivors, by (33) at S^ZCP = 0"
MARKUPS = "the survivors in the liberalized market set a lower markup and price of varieties"
RANGES = "an increase in the range of varieties is not proportional to an increase in the size of the integrated market"
GAINS = "each economy gains from trade"
EXPANDS = "the more productive firms (Firm 1s) expand their range of variety"
TOTAL = "international trade extends the aggregate range of variety"
ENVIRONMENT = "the markup is the same despite the market liberalization; profits and varieties are doubled"

TRADE = (
    Statement("markups", MARKUPS, "every survivor's markup and price fall", whether(markups_fall)),
    Statement("shares", "the updated ZCP productivity lowers the firm-level market share", "every firm's share falls",
              whether(shares_fall)),
    Statement("cutoff", "intensive competition raises the ZCP productivity; the number of domestic firms is reduced",
              "some of autarky's survivors leave", whether(some_exit, where=some_must_exit), condition=_EXIT),
    Statement("reallocation", "makes resources concentrated on the more productive firms",
              "the share of the m best firms of all economies, for no m less than in autarky, and for some more",
              whether(resources_move_up, among=rivals)),
    Statement("take_over", "the most productive firms take over the market share of the less productive firms",
              "the best firms of all economies sell more of the sector than one did in autarky",
              whether(best_take_over, among=rivals)),
    Statement("lose_share", "the loss of market share is higher for less productive survivors",
              "the share kept falls with productivity", whether(weaker_lose_more, among=several)),
    Statement("cut_faster", "the less productive firms struggle with a higher rate of decrease in the markups",
              "markups fall by more, the less productive the survivor", whether(weaker_cut_faster, among=several),
              evidence="all survivors' markups fall by one factor, z after over before; so too 'the rate of a falling "
              "markup is smaller for the most productive firms' of 4.4"),
    Statement("profits", "all survivors in the integrated market face a lower profit", "every survivor's profit falls",
              whether(profits_fall), evidence="said of one example"),
    Statement("profits_rest", "all survivors in the integrated market face a lower profit",
              "every survivor's but the best firm's falls", whether(others_profits_fall, among=several),
              source=READING),
    Statement("scope", RANGES, "every survivor's range grows by less than the market",
              whether(ranges_short_of_market, where=best_on_the_rise), condition="ε_1 before · ε_1 after > σ"),
    Statement("best_scope", EXPANDS, "the best firm's range grows", whether(best_range_grows),
              evidence="said of one example"),
    Statement("rest_scope", "while the less productive firms (Firm 2s) reduce the range",
              "every other survivor's range falls", whether(others_ranges_fall, among=several),
              evidence="said of one example"),
    Statement("scope_by_firm", "the dominating effect from two factors is different depending on the firm's "
              "productivity",
              "ranges grow by less, the less productive the survivor",
              whether(lambda s: falling(s.growth()), among=several)),
    Statement("total", TOTAL, "more varieties are on sale", whether(more_varieties)),
    Statement("gains", GAINS, "the price index falls: utility (1) of wages rises", whether(index_falls)),
    Statement("gains_profits", GAINS, "utility (1) rises with profits as income", whether(everyone_gains),
              source=READING),
    Statement("environment", ENVIRONMENT, "Feenstra and Ma's environment: same shares, varieties times W",
              whether(same_firms)),
)  # fmt: skip

_CES_MARKUPS = "(σ−η)+(η−1)Ψ grows by less than the factor W"
APPENDIX = (
    Statement("ces_markups", "In the liberalized market, the survivors reduce markup and price of a variety",
              "every survivor's markup and price fall, η 2", whether(markups_fall)),
    Statement("ces_sector", "The market liberalization results in a higher expenditure share in the heterogeneous "
              "sector",
              "Ψ rises", whether(larger_sector)),
    Statement("ces_index", "a lower sectoral price index", "P falls", whether(index_falls)),
    Statement("ces_only_best", "only the most productive firms survive in the liberalized market",
              "one firm of each economy is left", whether(only_best_stay),
              evidence="of the paper's examples, not in Example 2, once solved right"),
    Statement("ces_total", "the aggregate range of variety is expanded", "more varieties are on sale",
              whether(more_varieties)),
    Statement("ces_monopolist", "the pro-competitive market makes the former monopolists expand the range of variety",
              "a lone survivor's range grows", whether(best_range_grows, among=lambda s: ~rivals(s))),
    Statement("ces_higher_price", "a higher productive firm may set a 'higher' price",
              "some firm charges more than a less productive one, before or after",
              whether(any_dearer, among=rivals),
              evidence="prices are phi^(-1/sigma) times one number; the claim is (A.5)'s misprint"),
    Statement("ces_higher_markup", "a higher productive firm may set a 'higher' markup",
              "markups rise with productivity", whether(lambda s: falling(s.opening.old_markup), among=rivals)),
    Statement("ces_elasticity", "A higher sectoral share in the liberalized market lowers the firm-level demand "
              "elasticity. Therefore, productive firms set a higher markup and price", "the best firm's markup rises",
              whether(lambda s: s.markup_factor()[0] > 1.0 + NOTHING),
              evidence="Ψ rises, but shares fall by more"),
    Statement("ces_direct", "the sectoral share and the productivity [read: share] of the marginal firm are assumed "
              "to have less impact on the survivor's market share than the updated inverse of the relative "
              "productivity",
              "with S^ZCP and Ψ of autarky, τ_1 moves the best firm's share by more than they then do",
              whether(by_productivities), evidence="where nobody leaves, τ does not move at all"),
    Statement("ces_gains", "resulting in gains from trade", "wages over the aggregate price index rise",
              whether(index_falls), source=READING),
)  # fmt: skip
BEYOND = (
    Statement("wide_markups", MARKUPS, "every survivor's markup falls, any η below σ",
              whether(markups_fall, where=markups_must_fall), condition=_CES_MARKUPS, source=READING),
    Statement("wide_sector", "an increase in the share of the heterogeneous sector", "Ψ rises",
              whether(larger_sector, where=lambda s: np.full(len(s.firms), (s.eta or 1.0) > 1.0)),
              condition="η > 1", source=READING),
    Statement("wide_scope", RANGES, "every survivor's range grows by less than the market",
              whether(ranges_short_of_market), evidence="under CES the sector grows by more than the market",
              source=READING),
    Statement("wide_best_scope", EXPANDS, "the best firm's range grows", whether(best_range_grows), source=READING),
    Statement("wide_total", TOTAL, "more varieties are on sale", whether(more_varieties), source=READING),
    Statement("wide_gains", GAINS, "the price index falls", whether(index_falls), source=READING),
    Statement("wide_gains_profits", GAINS, "income with profits over the aggregate price index rises",
              whether(everyone_gains), source=READING),
    Statement("wide_reallocation", "makes resources concentrated on the more productive firms",
              "the share of the m best firms, for no m less than in autarky, and for some more",
              whether(resources_move_up, among=rivals), source=READING),
    Statement("wide_profits", "all survivors in the integrated market face a lower profit",
              "every survivor's profit falls", whether(profits_fall), source=READING),
    Statement("wide_shares", "the updated ZCP productivity lowers the firm-level market share",
              "every firm's share falls", whether(shares_fall), source=READING),
    Statement("wide_environment", ENVIRONMENT, "Feenstra and Ma's environment: same shares, varieties times W",
              whether(same_firms), evidence="a larger market is a cheaper sector, of another share Ψ", source=READING),
)  # fmt: skip


def trade_section(samples: Samples) -> Section:
    """Judge sections 3.6 and 4 where spending is fixed."""
    return _section("trade", "What integration does (sections 3.6 and 4; spending fixed)", TRADE, samples.fixed)


def appendix_section(samples: Samples) -> Section:
    """Judge the appendix in its own world, η 2."""
    return _section("appendix", "What integration does under CES (the appendix; η 2)", APPENDIX, samples.ces)


def beyond_section(samples: Samples) -> Section:
    """Judge the same claims at other upper elasticities."""
    every = (*samples.ces, *samples.wide)
    return _section("beyond", "The same claims under CES with any η below σ", BEYOND, every)


def _section(name: str, title: str, statements: Sequence[Statement], samples: Sequence[Sample]) -> Section:
    return Section(name, title, (f"Draws: {'; '.join(s.label for s in samples)}.",), judged(statements, samples))
