"""Sections 3.1 to 3.4: what a country's size does, where trade in goods leads and where trade in inputs does."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.samples import (
    NOTHING,
    Answer,
    Pair,
    Sample,
    Samples,
    Statement,
    among,
    moves,
    pareto_F,
    polar,
)
from phistar.replicate.results import READING, Section

D, DM, X, XM = "cutoff_D", "cutoff_DM", "cutoff_X", "cutoff_XM"
OMEGA, WELFARE = "relative_wage", "relative_welfare"
#: (10) in country 1 and (11) in country 2: which elasticity is below which.
_ORDER = ((DM, 0), (D, 0), None, (XM, 0), (X, 0))
_MIRROR = ((X, 1), (XM, 1), None, (D, 1), (DM, 1))


def polar_section(samples: Samples) -> Section:
    """Judge section 3.1: one kind of trade only, countries of any sizes, any distribution."""
    goods = _polar("M", {(D, 0): -1, (X, 0): 1, (X, 1): -1, (D, 1): 1})
    inputs = _polar("X", {(D, 0): -1, (DM, 0): 1, (DM, 1): -1, (D, 1): 1})
    claims = (
        Statement("polar_goods_wage", "larger market size raises the equilibrium wage [final-good trade only]",
                  "τ_M = ∞: ω rises with L", _polar("M", {(OMEGA, 0): 1})).judged(samples.goods_only),
        Statement("polar_goods", "φ_D1 < 0 < φ_X1, φ_X2 < 0 < φ_D2", "τ_M = ∞: elasticities in L",
                  goods).judged(samples.goods_only),
        Statement("polar_goods_interior", "α_X1 α_X2 − 1 > 0", "τ_M = ∞", _alphas("M")).judged(samples.goods_only),
        Statement("polar_inputs_wage", "lowering country 1's relative wage [input trade only]",
                  "τ_X = ∞: ω falls with L", _polar("X", {(OMEGA, 0): -1})).judged(samples.inputs_only),
        Statement("polar_inputs", "φ_D1 < 0 < φ_DM1, φ_DM2 < 0 < φ_D2", "τ_X = ∞: elasticities in L",
                  inputs).judged(samples.inputs_only),
        Statement("polar_selection", "Market size consistently weakens domestic selection",
                  "φ_D1 falls with L in both polar cases", _weaker).judged([*samples.goods_only, *samples.inputs_only]),
    )  # fmt: skip
    note = (
        "Sizes from a quarter to four times the other country's; worlds in which firms sort into what trade there is."
    )
    return Section("polar", "3.1 Polar cases: final goods only, inputs only", (note,), claims)


def _polar(closed: str, signs: dict[tuple[str, int], int]) -> Callable[[Sample], Answer]:
    def test(sample: Sample) -> Answer:
        return moves(signs)(sample)[0], polar(sample.at, closed), None

    return test


def _alphas(closed: str) -> Callable[[Sample], Answer]:
    return lambda sample: (np.prod(sample.at["alpha_X"], axis=0) > 1.0, polar(sample.at, closed), None)


def _weaker(sample: Sample) -> Answer:
    closed = "M" if np.all(sample.at["E_M"] == 0.0) else "X"
    return sample.response(D) < -NOTHING, polar(sample.at, closed), None


def wages_section(samples: Samples) -> Section:
    """Judge section 3.2 up to Proposition 1: what decides the wage, and how cutoffs follow."""
    everyone = [*samples.equal, *samples.unequal]
    claims = (
        Statement("domestic_share", "the domestic share decreasing as foreign inputs become relatively cheaper",
                  "s_i lower where τ_M is", _share_falls).judged(samples.pairs),
        Statement("wage_sign", "when R_X > E_M the demand-expansion effect dominates and ω̂ > 0, whereas when R_X < E_M "
                  "the sourcing-reallocation effect dominates and ω̂ < 0", "sign ω̂ = sign(R_X/E_M − 1), equal countries",
                  _wage_sign).judged(samples.equal),
        Statement("wage_sign_sizes", "(8) and (9) hold for arbitrary market sizes; R_X/E_M decides the direction",
                  "the same where sizes differ", _wage_sign).judged(samples.unequal),
        Statement("same_side", "Assumption 1: R_Xi/E_Mi > 1", "R_X/E_M − 1 has one sign in both countries, any sizes",
                  _same_side, source=READING).judged(samples.unequal),
        Statement("selection", "larger market size relaxes domestic selection, so that again φ_D1 < 0 < φ_D2",
                  "both sides of Assumption 1, any sizes", moves({(D, 0): -1, (D, 1): 1})).judged(everyone),
        Statement("assumption_tau", "[Assumption 1] is likely to hold when input trade costs are relatively high",
                  "R_X/E_M rises with τ_M, equal countries", _ratio_rises).judged(samples.pairs),
        Statement("order_10", "φ_DM1 < φ_D1 < 0 < φ_XM1 < φ_X1", "(10), Assumption 1, equal countries",
                  _ordered(_ORDER, True)).judged(samples.equal),
        Statement("order_11", "φ_X2 < φ_XM2 < 0 < φ_D2 < φ_DM2", "(11), Assumption 1, equal countries",
                  _ordered(_MIRROR, True)).judged(samples.equal),
        Statement("order_10_sizes", "φ_DM1 < φ_D1 < 0 < φ_XM1 < φ_X1", "(10), Assumption 1, unequal countries",
                  _ordered(_ORDER, True), source=READING).judged(samples.unequal),
        Statement("order_without", "φ_DM1 < φ_D1 < 0 < φ_XM1 < φ_X1", "(10) where Assumption 1 fails",
                  _ordered(_ORDER, False), source=READING).judged(samples.equal),
        Statement("order_reversed", "[country 1's cutoffs where the sourcing-reallocation effect dominates]",
                  "φ_D1 < 0 < φ_DM1 and φ_X1 < 0 where Assumption 1 fails",
                  moves({(D, 0): -1, (DM, 0): 1, (X, 0): -1}, goods_lead=False), source=READING).judged(samples.equal),
        Statement("proposition_1", "the larger country exhibits weaker domestic selection, expanded importing "
                  "activity, and tighter export selection, while the smaller country exhibits the opposite",
                  "φ_D1 ↓, φ_DM1 ↓, φ_X1 ↑; φ_D2 ↑, φ_DM2 ↑, φ_X2 ↓",
                  moves({(D, 0): -1, (DM, 0): -1, (X, 0): 1, (D, 1): 1, (DM, 1): 1, (X, 1): -1}, goods_lead=True),
                  ).judged(samples.equal),
        Statement("importing_exports", "As a result, importing activity expands",
                  "for exports too: φ_XM1 ↓ (by (10) it rises)", moves({(XM, 0): -1}, goods_lead=True),
                  ).judged(samples.equal),
        Statement("imports_rise", "[they] expand input imports E_M1", "E_M1 rises with L, Assumption 1",
                  moves({("E_M", 0): 1}, goods_lead=True)).judged(samples.equal),
        Statement("exports_fall", "tighter export selection ... tends to lower final-good exports R_X1",
                  "R_X1 falls with L, Assumption 1", moves({("R_X", 0): -1}, goods_lead=True)).judged(
                      samples.equal, "entry outweighs selection"),
        Statement("entry", "[what raises R_X1 in spite of tighter selection]", "M_E1 rises with L, Assumption 1",
                  moves({("mass_entrants", 0): 1}, goods_lead=True), source=READING).judged(samples.equal),
        Statement("symmetric", "|φ_D1| = |φ_D2|", "(12): equal to 1e-6, the error of a difference quotient",
                  _symmetric).judged(samples.equal),
    )  # fmt: skip
    return Section("wages", "3.2 Wages and selection: Proposition 1", (), claims)


def _wage_sign(sample: Sample) -> Answer:
    return sample.response(OMEGA) * np.where(sample.goods_lead, 1.0, -1.0) > NOTHING, sample.supposed, None


def _same_side(sample: Sample) -> Answer:
    ratio = sample.at["final_to_input_ratio"]
    return (ratio[0] > 1.0) == (ratio[1] > 1.0), sample.supposed, None


def _share_falls(pair: Pair) -> Answer:
    high, low = (each.at["domestic_input_share"][0] for each in (pair.high, pair.low))
    return low < high, pair.supposed, None


def _ratio_rises(pair: Pair) -> Answer:
    high, low = (each.at["final_to_input_ratio"][0] for each in (pair.high, pair.low))
    return high > low, pair.supposed, None


def _ordered(order: tuple[tuple[str, int] | None, ...], goods_lead: bool) -> Callable[[Sample], Answer]:
    """Test an ascending chain of elasticities; None stands for zero."""

    def test(sample: Sample) -> Answer:
        chain = [np.zeros(len(sample.at)) if at is None else sample.response(*at) for at in order]
        rising = [b - a > NOTHING for a, b in itertools.pairwise(chain)]
        return np.all(rising, axis=0), among(sample, goods_lead), None

    return test


def _symmetric(sample: Sample) -> Answer:
    return np.abs(sample.response(D, 0) + sample.response(D, 1)) <= 1e-6, sample.supposed, None


def trade_section(samples: Samples) -> Section:
    """Judge section 3.3: Propositions 2 and 3, under the Pareto and beyond it."""
    pareto, others = samples.equal[:1], samples.equal[1:]
    downstream = {("relative_exports", 0): 1, ("relative_imports", 0): 1}
    ratio = {("final_to_input_ratio", 0): -1, ("final_to_input_ratio", 1): 1}
    sales, sourcing = {("alpha_X", 0): 1, ("alpha_X", 1): -1}, {("alpha_M", 0): -1, ("alpha_M", 1): 1}
    claims = (
        Statement("ratio", "the ratio [R_X/E_M] declines in country 1 and rises in country 2",
                  "Assumption 1, Pareto", moves(ratio, goods_lead=True)).judged(pareto),
        Statement("ratio_above", "although under Assumption 1 it remains above one",
                  "R_X/E_M > 1 in both at any size that leaves both with firms, if it is so at equal sizes",
                  _stays).judged([samples.unequal[0]]),
        Statement("relative_exports", "Country 1 exports more final goods and becomes relatively more specialized in "
                  "downstream production", "R_X1/R_X2 rises; Assumption 1, Pareto",
                  moves({("relative_exports", 0): 1}, goods_lead=True)).judged(pareto),
        Statement("relative_imports", "intermediate input imports grow faster in country 1 than in country 2",
                  "E_M1/E_M2 rises; Assumption 1, Pareto", moves({("relative_imports", 0): 1}, goods_lead=True),
                  ).judged(pareto),
        Statement("proposition_2", "the larger country becomes relatively more specialized in the downstream stage, "
                  "while the smaller country becomes relatively more specialized in upstream production",
                  "R_X1/R_X2 and E_M1/E_M2 rise; Assumption 1, Pareto", moves(downstream, goods_lead=True),
                  ).judged(pareto),
        Statement("proposition_2_beyond", "[Proposition 2]", "the same without a Pareto",
                  moves(downstream, goods_lead=True), source=READING).judged(others),
        Statement("net_exporter", "a net exporter of final goods must be a net importer of inputs",
                  "R_X1 > R_X2 exactly where E_M1 > E_M2; both have firms", _net).judged(samples.unequal),
        Statement("larger_net_exporter", "a larger country becomes a net exporter of final goods",
                  "R_X1 > R_X2 exactly where L_1 > L_2, both sides of Assumption 1", _larger_net,
                  ).judged(samples.unequal),
        Statement("proposition_3_i", "the larger country becomes more domestically oriented in its sales",
                  "α_X1 ↑, α_X2 ↓; Assumption 1, Pareto", moves(sales, goods_lead=True)).judged(pareto),
        Statement("proposition_3_ii", "the larger country relies more heavily on imported inputs",
                  "α_M1 ↓, α_M2 ↑; Assumption 1, Pareto", _sourcing(sourcing_condition),
                  "1 + (1/ρ + 2A)(p − q) > 0").judged(
                      pareto, "p = F_X/(F_D+F_X), q = F_XM/(F_DM+F_XM), A of (12)"),
        Statement("proposition_3_beyond", "[Proposition 3]", "the same without a Pareto",
                  moves({**sales, **sourcing}, goods_lead=True), source=READING).judged(others),
        Statement("condition_15_sales", "monotone in L if and only if f_XM/f_X < f_DM/f_D [α_X]",
                  "α_X1 rises exactly where (15)", _if_and_only_if(sales)).judged(
                      pareto, "it rises whether or not (15) holds"),
        Statement("condition_15_sourcing", "together with condition (15), (16) yields a monotonic response",
                  "α_M1 ↓, α_M2 ↑ wherever (15) holds", _given_15(True)).judged(pareto),
        Statement("condition_15_note_9", "When there is no fixed-cost complementarity in (15), the ratio in (16) does "
                  "not always satisfy the expenditure changes", "without (15), α_M1 rises in some world",
                  _breaks_without_15).judged(pareto, _searched(pareto[0])),
        Statement("condition_15_reversed", "[what (15) does to (16)]", "α_M1 ↓, α_M2 ↑ wherever (15) does not hold",
                  _given_15(False), source=READING).judged(pareto, "p ≥ q exactly there"),
        Statement("condition_15_exports", "If (15) does not hold ... market expansion need not increase a country's "
                  "relative exports", "without (15), R_X1/R_X2 falls in some world",
                  _falls_without_15).judged(pareto, _searched(pareto[0])),
        Statement("co_move", "the two cutoff ratios entering the bracketed term in (14) move in opposite directions",
                  "φ_DM1/φ_D1 and φ_XM1/φ_X1 (footnote 8: they co-move)", _opposite).judged(pareto),
    )  # fmt: skip
    note = (
        "p ≥ q exactly where (15) fails: then α_M1 falls always. It can rise only where (15) holds and firms that "
        "import for exports are many beside those that import for home sales. So (15) does the opposite of what "
        "footnote 9 says of it."
    )
    return Section("trade", "3.3 Trade patterns, sales and sourcing: Propositions 2 and 3", (note,), claims)


def _stays(sample: Sample) -> Answer:
    """Equal countries lead in goods exactly if theta/rho of the parameters is above one."""
    _F_D, F_DM, F_X, F_XM = pareto_F(sample)
    lead = (F_X + F_XM) / (F_DM + F_XM) / local.rho_of(sample.column("sigma")) > 1.0  # type: ignore[arg-type]
    return sample.goods_lead, sample.supposed & lead, None


def _net(sample: Sample) -> Answer:
    goods, inputs = ((w[0] > w[1]) for w in (sample.at["R_X"], sample.at["E_M"]))
    return goods == inputs, sample.supposed, None


def _larger_net(sample: Sample) -> Answer:
    larger = sample.column("L[0]") > 1.0
    return (sample.at["R_X"][0] > sample.at["R_X"][1]) == larger, sample.supposed, None


def complementary(sample: Sample) -> np.ndarray:
    """Say where (15) holds: f_XM/f_X < f_DM/f_D."""
    f_D, f_X, f_DM, f_XM = (sample.column(name) for name in ("f_D", "f_X", "f_DM", "f_XM"))
    return np.asarray(f_XM / f_X < f_DM / f_D)


def _sourcing(condition: Callable[[Sample], np.ndarray]) -> Callable[[Sample], Answer]:
    falls = moves({("alpha_M", 0): -1, ("alpha_M", 1): 1}, goods_lead=True)
    return lambda sample: (*falls(sample)[:2], condition(sample))


def sourcing_condition(sample: Sample) -> np.ndarray:
    """Say where alpha_M1 falls as omega rises, at symmetry under a Pareto, from parameters alone.

    With elasticities to omega of -A, -A - 1, 1/rho + A, 1/rho + A - 1 of the cutoffs D, DM, X, XM and F ~ phi^-k, that
    of alpha_M1 is -k [1 + (1/rho + 2A)(p - q)].
    """
    F_D, F_DM, F_X, F_XM = pareto_F(sample)
    rho = (sample.column("sigma") - 1.0) / sample.column("sigma")
    alpha_X, theta = (F_D + F_DM) / (F_X + F_XM), (F_X + F_XM) / (F_DM + F_XM)
    A = (theta / rho - 1.0) / (theta * (alpha_X - 1.0))
    return np.asarray(1.0 + (1.0 / rho + 2.0 * A) * (F_X / (F_D + F_X) - F_XM / (F_DM + F_XM)) > 0.0)


def _if_and_only_if(signs: dict[tuple[str, int], int]) -> Callable[[Sample], Answer]:
    def test(sample: Sample) -> Answer:
        held, premise, _ = moves(signs, goods_lead=True)(sample)
        return held == complementary(sample), premise, None

    return test


def _given_15(holds: bool) -> Callable[[Sample], Answer]:
    def test(sample: Sample) -> Answer:
        held, premise, _ = moves({("alpha_M", 0): -1, ("alpha_M", 1): 1}, goods_lead=True)(sample)
        return held, premise & (complementary(sample) == holds), None

    return test


def _searched(sample: Sample) -> str:
    """Tell in how many worlds an instance was looked for."""
    return f"none among {int(np.sum(among(sample, True) & ~complementary(sample))):,} worlds without (15)"


def _breaks_without_15(sample: Sample) -> Answer:
    return _somewhere(sample, ("alpha_M", 0), 1)


def _falls_without_15(sample: Sample) -> Answer:
    return _somewhere(sample, ("relative_exports", 0), -1)


def _somewhere(sample: Sample, of: tuple[str, int], sign: int) -> Answer:
    """Test that something happens in some world without (15): one answer for all those worlds."""
    without = among(sample, True) & ~complementary(sample)
    happens = np.any((sign * sample.response(*of) > NOTHING) & without)
    first = np.arange(len(sample.at)) == int(np.argmax(without))
    return np.full(len(sample.at), happens), first & without, None


def _opposite(sample: Sample) -> Answer:
    home, abroad = (sample.response(a) - sample.response(b) for a, b in ((DM, D), (XM, X)))
    return home * abroad < 0.0, among(sample, True), None
