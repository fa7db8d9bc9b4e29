"""Sections 3.1 and 3.2: one kind of trade only; then what decides the wage, and how cutoffs follow."""

from __future__ import annotations

import numpy as np

from phistar.replicate.ara2026.responses import DM, OMEGA, RATIO, XM, D, X, assumption_1, moves, supposed
from phistar.replicate.ara2026.responses import without_assumption_1 as without
from phistar.replicate.ara2026.samples import NOTHING, Sample, Samples, polar
from phistar.replicate.comparisons import ascends, goes
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Answer, Statement, Test, Truth, judge_each, whether

# --- 3.1


def goods_only(sample: Sample) -> np.ndarray:
    """Mark the worlds that trade final goods alone and whose firms sort into it."""
    return polar(sample.at, "M")


def inputs_only(sample: Sample) -> np.ndarray:
    """Mark the worlds that trade inputs alone and whose firms sort into it."""
    return polar(sample.at, "X")


def _either(sample: Sample) -> np.ndarray:
    return inputs_only(sample) if np.any(sample.at["E_M"] > 0.0) else goods_only(sample)


POLAR = (
    Statement("polar_goods_wage", "larger market size raises the equilibrium wage [final-good trade only]",
              "τ_M = ∞: ω rises with L", moves({(OMEGA, 0): 1}, goods_only), over="goods only"),
    Statement("polar_goods", "φ_D1 < 0 < φ_X1, φ_X2 < 0 < φ_D2", "τ_M = ∞: elasticities in L",
              moves({(D, 0): -1, (X, 0): 1, (X, 1): -1, (D, 1): 1}, goods_only), over="goods only"),
    Statement("polar_goods_interior", "α_X1 α_X2 − 1 > 0", "τ_M = ∞",
              whether(lambda s: np.prod(s.at["alpha_X"], axis=0) > 1.0, among=goods_only), over="goods only"),
    Statement("polar_inputs_wage", "lowering country 1's relative wage [input trade only]", "τ_X = ∞: ω falls with L",
              moves({(OMEGA, 0): -1}, inputs_only), over="inputs only"),
    Statement("polar_inputs", "φ_D1 < 0 < φ_DM1, φ_DM2 < 0 < φ_D2", "τ_X = ∞: elasticities in L",
              moves({(D, 0): -1, (DM, 0): 1, (DM, 1): -1, (D, 1): 1}, inputs_only), over="inputs only"),
    Statement("polar_selection", "Market size consistently weakens domestic selection",
              "φ_D1 falls with L in both polar cases", moves({(D, 0): -1}, _either), over="polar"),
)  # fmt: skip


def polar_section(samples: Samples) -> Section:
    """Judge section 3.1: one kind of trade only, countries of any sizes, any distribution."""
    note = (
        "Sizes from a quarter to four times the other country's; worlds in which firms sort into what trade there is."
    )
    claims = judge_each(POLAR, samples.named)
    return Section("polar", "3.1 Polar cases: final goods only, inputs only", (note,), claims)


# --- 3.2

#: (10) in country 1 and (11) in country 2: which elasticity is below which; None stands for zero.
_ORDER = ((DM, 0), (D, 0), None, (XM, 0), (X, 0))
_MIRROR = ((X, 1), (XM, 1), None, (D, 1), (DM, 1))
#: (10) in the paper's letters.
_TEN = "φ_DM1 < φ_D1 < 0 < φ_XM1 < φ_X1"
_LARGER = {(D, 0): -1, (DM, 0): -1, (X, 0): 1}
_SMALLER = {(D, 1): 1, (DM, 1): 1, (X, 1): -1}


def _ordered(order: tuple[tuple[str, int] | None, ...], among: Truth) -> Test:
    """Test an ascending chain of elasticities."""

    def _test(sample: Sample) -> Answer:
        chain = [np.zeros(len(sample.at)) if at is None else sample.response(*at) for at in order]
        return ascends(chain, NOTHING), among(sample), None

    return _test


def _lower_with_tau(name: str) -> Test:
    """Test that a variable of country 1 is lower where inputs are cheaper."""
    return whether(lambda pair: pair.low.at[name][0] < pair.high.at[name][0], among=supposed)


def _wage_follows(sample: Sample) -> np.ndarray:
    """Whether the wage rises with size where goods lead, and falls where inputs do."""
    return goes(sample.response(OMEGA) * np.where(sample.goods_lead, 1.0, -1.0), 1, NOTHING)


def _same_side(sample: Sample) -> np.ndarray:
    """Whether goods lead in both countries or in none."""
    first, second = sample.at[RATIO] > 1.0
    return np.asarray(first == second)


def _mirrored(sample: Sample) -> np.ndarray:
    """Whether the domestic cutoffs respond alike, to the error of a difference quotient."""
    return goes(sample.response(D, 0) + sample.response(D, 1), 0, 1e-6)


#: What decides the wage.
WAGES = (
    Statement("domestic_share", "the domestic share decreasing as foreign inputs become relatively cheaper",
              "s_i lower where τ_M is", _lower_with_tau("domestic_input_share"), over="pairs"),
    Statement("wage_sign", "when R_X > E_M the demand-expansion effect dominates and ω̂ > 0, whereas when R_X < E_M "
              "the sourcing-reallocation effect dominates and ω̂ < 0", "sign ω̂ = sign(R_X/E_M − 1), equal countries",
              whether(_wage_follows, among=supposed), over="equal"),
    Statement("wage_sign_sizes", "(8) and (9) hold for arbitrary market sizes; R_X/E_M decides the direction",
              "the same where sizes differ", whether(_wage_follows, among=supposed), over="unequal"),
    Statement("same_side", "Assumption 1: R_Xi/E_Mi > 1", "R_X/E_M − 1 has one sign in both countries, any sizes",
              whether(_same_side, among=supposed), source=READING, over="unequal"),
    Statement("selection", "larger market size relaxes domestic selection, so that again φ_D1 < 0 < φ_D2",
              "both sides of Assumption 1, any sizes", moves({(D, 0): -1, (D, 1): 1}), over="any sizes"),
    Statement("assumption_tau", "[Assumption 1] is likely to hold when input trade costs are relatively high",
              "R_X/E_M rises with τ_M, equal countries", _lower_with_tau(RATIO), over="pairs"),
)  # fmt: skip
#: (10) and (11): the order in which cutoffs respond.
ORDER = (
    Statement("order_10", _TEN, "(10), Assumption 1, equal countries", _ordered(_ORDER, assumption_1), over="equal"),
    Statement("order_11", "φ_X2 < φ_XM2 < 0 < φ_D2 < φ_DM2", "(11), Assumption 1, equal countries",
              _ordered(_MIRROR, assumption_1), over="equal"),
    Statement("order_10_sizes", _TEN, "(10), Assumption 1, unequal countries", _ordered(_ORDER, assumption_1),
              source=READING, over="unequal"),
    Statement("order_without", _TEN, "(10) where Assumption 1 fails", _ordered(_ORDER, without), source=READING,
              over="equal"),
    Statement("order_reversed", "[country 1's cutoffs where the sourcing-reallocation effect dominates]",
              "φ_D1 < 0 < φ_DM1 and φ_X1 < 0 where Assumption 1 fails",
              moves({(D, 0): -1, (DM, 0): 1, (X, 0): -1}, without), source=READING, over="equal"),
)  # fmt: skip
PROPOSITION_1 = (
    Statement("proposition_1", "the larger country exhibits weaker domestic selection, expanded importing "
              "activity, and tighter export selection, while the smaller country exhibits the opposite",
              "φ_D1 ↓, φ_DM1 ↓, φ_X1 ↑; φ_D2 ↑, φ_DM2 ↑, φ_X2 ↓", moves({**_LARGER, **_SMALLER}, assumption_1),
              over="equal"),
    Statement("importing_exports", "As a result, importing activity expands",
              "for exports too: φ_XM1 ↓ (by (10) it rises)", moves({(XM, 0): -1}, assumption_1), over="equal"),
    Statement("imports_rise", "[they] expand input imports E_M1", "E_M1 rises with L, Assumption 1",
              moves({("E_M", 0): 1}, assumption_1), over="equal"),
    Statement("exports_fall", "tighter export selection ... tends to lower final-good exports R_X1",
              "R_X1 falls with L, Assumption 1", moves({("R_X", 0): -1}, assumption_1),
              evidence="entry outweighs selection", over="equal"),
    Statement("entry", "[what raises R_X1 in spite of tighter selection]", "M_E1 rises with L, Assumption 1",
              moves({("mass_entrants", 0): 1}, assumption_1), source=READING, over="equal"),
    Statement("symmetric", "|φ_D1| = |φ_D2|", "(12): equal to 1e-6, the error of a difference quotient",
              whether(_mirrored, among=supposed), over="equal"),
)  # fmt: skip


def wages_section(samples: Samples) -> Section:
    """Judge section 3.2 up to Proposition 1."""
    claims = judge_each((*WAGES, *ORDER, *PROPOSITION_1), samples.named)
    return Section("wages", "3.2 Wages and selection: Proposition 1", (), claims)
