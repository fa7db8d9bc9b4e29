"""Section 3.3: trade patterns, sales and sourcing; Propositions 2 and 3 under the Pareto and beyond it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phistar.replicate.ara2026.conditions import SOURCING, complementary, equal_countries_lead, sourcing_condition
from phistar.replicate.ara2026.responses import DM, GOODS, INPUTS, RATIO, XM, D, X, assumption_1, moves, supposed
from phistar.replicate.ara2026.samples import NOTHING, Sample, Samples
from phistar.replicate.comparisons import goes
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Answer, Statement, Test, judge_each, narrowed, whether

DOWNSTREAM = {(GOODS, 0): 1, (INPUTS, 0): 1}
SALES, SOURCES = {("alpha_X", 0): 1, ("alpha_X", 1): -1}, {("alpha_M", 0): -1, ("alpha_M", 1): 1}


def _goods_lead(sample: Sample) -> np.ndarray:
    return sample.goods_lead


def _would_lead(sample: Sample) -> np.ndarray:
    return np.asarray(sample.supposed & equal_countries_lead(sample))


def _net(sample: Sample) -> np.ndarray:
    """Whether who is a net exporter of goods is a net importer of inputs."""
    goods, inputs = ((w[0] > w[1]) for w in (sample.at["R_X"], sample.at["E_M"]))
    return np.asarray(goods == inputs)


def _larger_net(sample: Sample) -> np.ndarray:
    """Whether the larger country is the net exporter of goods."""
    return np.asarray((sample.at["R_X"][0] > sample.at["R_X"][1]) == (sample.column("L[0]") > 1.0))


PROPOSITION_2 = (
    Statement("ratio", "the ratio [R_X/E_M] declines in country 1 and rises in country 2", "Assumption 1, Pareto",
              moves({(RATIO, 0): -1, (RATIO, 1): 1}, assumption_1), over="Pareto"),
    Statement("ratio_above", "although under Assumption 1 it remains above one",
              "R_X/E_M > 1 in both at any size that leaves both with firms, if it is so at equal sizes",
              whether(_goods_lead, among=_would_lead), over="unequal Pareto"),
    Statement("relative_exports", "Country 1 exports more final goods and becomes relatively more specialized in "
              "downstream production", "R_X1/R_X2 rises; Assumption 1, Pareto", moves({(GOODS, 0): 1}, assumption_1),
              over="Pareto"),
    Statement("relative_imports", "intermediate input imports grow faster in country 1 than in country 2",
              "E_M1/E_M2 rises; Assumption 1, Pareto", moves({(INPUTS, 0): 1}, assumption_1), over="Pareto"),
    Statement("proposition_2", "the larger country becomes relatively more specialized in the downstream stage, "
              "while the smaller country becomes relatively more specialized in upstream production",
              "R_X1/R_X2 and E_M1/E_M2 rise; Assumption 1, Pareto", moves(DOWNSTREAM, assumption_1), over="Pareto"),
    Statement("proposition_2_beyond", "[Proposition 2]", "the same without a Pareto", moves(DOWNSTREAM, assumption_1),
              source=READING, over="others"),
    Statement("net_exporter", "a net exporter of final goods must be a net importer of inputs",
              "R_X1 > R_X2 exactly where E_M1 > E_M2; both have firms", whether(_net, among=supposed), over="unequal"),
    Statement("larger_net_exporter", "a larger country becomes a net exporter of final goods",
              "R_X1 > R_X2 exactly where L_1 > L_2, both sides of Assumption 1", whether(_larger_net, among=supposed),
              over="unequal"),
)  # fmt: skip
PROPOSITION_3 = (
    Statement("proposition_3_i", "the larger country becomes more domestically oriented in its sales",
              "α_X1 ↑, α_X2 ↓; Assumption 1, Pareto", moves(SALES, assumption_1), over="Pareto"),
    Statement("proposition_3_ii", "the larger country relies more heavily on imported inputs",
              "α_M1 ↓, α_M2 ↑; Assumption 1, Pareto",
              narrowed(moves(SOURCES, assumption_1), where=sourcing_condition), SOURCING,
              evidence="p = F_X/(F_D+F_X), q = F_XM/(F_DM+F_XM), A of (12)", over="Pareto"),
    Statement("proposition_3_beyond", "[Proposition 3]", "the same without a Pareto",
              moves({**SALES, **SOURCES}, assumption_1), source=READING, over="others"),
)  # fmt: skip


# --- (15)


def incomplementary(sample: Sample) -> np.ndarray:
    """Say where (15) does not hold."""
    return ~complementary(sample)


def _sales_follow_15(sample: Sample) -> Answer:
    held, premise, _ = moves(SALES, assumption_1)(sample)
    return held == complementary(sample), premise, None


def _somewhere_without_15(of: str, sign: int) -> Test:
    """Test that something happens in some world without (15): one answer for all those worlds."""

    def _test(sample: Sample) -> Answer:
        without = assumption_1(sample) & incomplementary(sample)
        happens = np.any(goes(sample.response(of)[None], sign, NOTHING) & without)
        first = np.arange(len(sample.at)) == int(np.argmax(without))
        return np.full(len(sample.at), happens), first & without, None

    return _test


def _searched(samples: Sequence[Sample]) -> str:
    """Tell in how many worlds an instance was looked for."""
    count = sum(int(np.sum(assumption_1(sample) & incomplementary(sample))) for sample in samples)
    return f"none among {count:,} worlds without (15)"


def _opposite(sample: Sample) -> np.ndarray:
    """Whether importers' cutoffs over the others' move in opposite directions at home and abroad."""
    home, abroad = (sample.response(a) - sample.response(b) for a, b in ((DM, D), (XM, X)))
    return np.asarray(home * abroad < 0.0)


CONDITION_15 = (
    Statement("condition_15_sales", "monotone in L if and only if f_XM/f_X < f_DM/f_D [α_X]",
              "α_X1 rises exactly where (15)", _sales_follow_15, evidence="it rises whether or not (15) holds",
              over="Pareto"),
    Statement("condition_15_sourcing", "together with condition (15), (16) yields a monotonic response",
              "α_M1 ↓, α_M2 ↑ wherever (15) holds", narrowed(moves(SOURCES, assumption_1), among=complementary),
              over="Pareto"),
    Statement("condition_15_note_9", "When there is no fixed-cost complementarity in (15), the ratio in (16) does "
              "not always satisfy the expenditure changes", "without (15), α_M1 rises in some world",
              _somewhere_without_15("alpha_M", 1), evidence=_searched, over="Pareto"),
    Statement("condition_15_reversed", "[what (15) does to (16)]", "α_M1 ↓, α_M2 ↑ wherever (15) does not hold",
              narrowed(moves(SOURCES, assumption_1), among=incomplementary), source=READING,
              evidence="p ≥ q exactly there", over="Pareto"),
    Statement("condition_15_exports", "If (15) does not hold ... market expansion need not increase a country's "
              "relative exports", "without (15), R_X1/R_X2 falls in some world", _somewhere_without_15(GOODS, -1),
              evidence=_searched, over="Pareto"),
    Statement("co_move", "the two cutoff ratios entering the bracketed term in (14) move in opposite directions",
              "φ_DM1/φ_D1 and φ_XM1/φ_X1 (footnote 8: they co-move)", whether(_opposite, among=assumption_1),
              over="Pareto"),
)  # fmt: skip


def trade_section(samples: Samples) -> Section:
    """Judge section 3.3."""
    claims = judge_each((*PROPOSITION_2, *PROPOSITION_3, *CONDITION_15), samples.named)
    note = (
        "p ≥ q exactly where (15) fails: then α_M1 falls always. It can rise only where (15) holds and firms that "
        "import for exports are many beside those that import for home sales. So (15) does the opposite of what "
        "footnote 9 says of it."
    )
    return Section("trade", "3.3 Trade patterns, sales and sourcing: Propositions 2 and 3", (note,), claims)
