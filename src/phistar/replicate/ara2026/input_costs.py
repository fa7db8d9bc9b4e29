"""Sections 3.5 and 3.6: what cheap inputs reverse and what they only change, and what they do to welfare."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from phistar.replicate.ara2026.equilibrium import slopes
from phistar.replicate.ara2026.responses import (
    CLOSE,
    GOODS,
    INPUTS,
    OMEGA,
    RATIO,
    WELFARE,
    less,
    more,
    moves,
    supposed,
    switching,
)
from phistar.replicate.ara2026.responses import without_assumption_1 as without
from phistar.replicate.ara2026.samples import Pair, Sample, Samples
from phistar.replicate.results import Section
from phistar.replicate.statements import Statement, judge_each, whether

# --- 3.5


def _numbers(name: str) -> Callable[[Sequence[Pair]], str]:
    """Tell the elasticities at the paper's parameters."""

    def _told(pairs: Sequence[Pair]) -> str:
        high, low = (float(r[0]) for r in pairs[0].responses(name))
        return f"{low:.4f} at τ_M 1.1, {high:.4f} at 1.5"

    return _told


def _nearer(pair: Pair) -> np.ndarray:
    """Whether the wage responds less, either way."""
    high, low = pair.responses(OMEGA)
    return np.asarray(np.abs(low) < np.abs(high) - CLOSE)


_POINT, _BOX = "the paper's parameters, τ_M 1.1 against 1.5", "the box, τ_M lowered until Assumption 1 fails"
REVERSED = (
    Statement("reversal_wage", "an increase in L reduces ω ... even though R_X rises", "where Assumption 1 fails",
              moves({(OMEGA, 0): -1, (GOODS, 0): 1}, without), over="equal"),
    Statement("reversal_trade", "both the relative export ratio and the relative import ratio remain increasing "
              "in L", "where Assumption 1 fails", moves({(GOODS, 0): 1, (INPUTS, 0): 1}, without), over="equal"),
    Statement("reversal_ratio", "R_X1/E_M1 increases with L, while R_X2/E_M2 decreases", "where Assumption 1 fails",
              moves({(RATIO, 0): 1, (RATIO, 1): -1}, without), over="equal"),
    Statement("reversal_sales", "reverses the sales and sourcing patterns observed in the benchmark",
              "where Assumption 1 fails: α_X1 ↓, α_M1 ↑", moves({("alpha_X", 0): -1, ("alpha_M", 0): 1}, without),
              over="equal"),
)  # fmt: skip
RESPONSIVE = (
    Statement("responsive_exports_point", "R_X [becomes] more responsive to L than in the benchmark",
              f"{_POINT}: elasticities at L = 1", more(GOODS), over="own"),
    Statement("responsive_imports_point", "E_M [becomes] more responsive to L than in the benchmark",
              f"{_POINT}: elasticities at L = 1", more(INPUTS), evidence=_numbers(INPUTS), over="own"),
    Statement("responsive_exports", "both R_X and E_M become more responsive: R_X", _BOX, more(GOODS), over="pairs"),
    Statement("responsive_imports", "both R_X and E_M become more responsive: E_M", _BOX, more(INPUTS), over="pairs"),
    Statement("downstream_weaker", "Absent [Assumption 1] ... reducing the tendency for a larger country to "
              "specialize more strongly in downstream activities", "R_X1/R_X2 responds less", less(GOODS),
              evidence="3.5 says the opposite, rightly", over="pairs"),
    Statement("wage_weaker", "lower input trade costs weaken—may even reverse—the effect of market size on "
              "relative wages", "the elasticity of ω falls with τ_M", less(OMEGA, supposed), over="pairs"),
    Statement("wage_reversed", "weakening—and even reversing", "of worlds where τ_M falls until Assumption 1 fails",
              less(OMEGA), over="pairs"),
    Statement("convergence", "globalization may contribute to cross-country convergence in wages",
              "|elasticity of ω| falls with τ_M", whether(_nearer, among=supposed), over="pairs"),
)  # fmt: skip


def reversal_section(samples: Samples) -> Section:
    """Judge section 3.5: what cheap inputs reverse, and what they only change."""
    claims = judge_each((*REVERSED, *RESPONSIVE), samples.named)
    return Section("reversal", "3.5 Cheap inputs: what is reversed", (), claims)


# --- 3.6


def _below_scale(sample: Sample) -> np.ndarray:
    """Whether welfare responds less than cutoffs that stay would let it."""
    return np.asarray(sample.response(WELFARE) < 1.0 / (sample.column("sigma") - 1.0))


def _denominator(pair: Pair) -> np.ndarray:
    """Whether Psi_omega - Phi_omega is smaller, in absolute value, where inputs are cheaper."""
    high, low = (np.abs(np.subtract(*slopes(each))) for each in (pair.high, pair.low))
    return np.asarray(low < high)


_SMALLER = "when the HME fails, the denominator Ψ_ω − Φ_ω becomes smaller in absolute value"
RISES = (
    Statement("welfare_rises", "relative welfare is increasing in relative market size", "everywhere in the box",
              moves({(WELFARE, 0): 1}), over="any sizes"),
    Statement("welfare_own", "welfare increases with market size L_i", "W_1 rises with L_1, all else adjusting",
              moves({("welfare", 0): 1}), over="any sizes"),
    Statement("welfare_selection", "[weaker selection] indirectly lowers relative welfare",
              "elasticity of W_1/W_2 below 1/(σ−1)", whether(_below_scale, among=supposed), over="equal"),
)  # fmt: skip
ATTENUATED = (
    Statement("denominator_point", _SMALLER, _POINT, whether(_denominator, among=switching), over="own"),
    Statement("denominator", _SMALLER, _BOX, whether(_denominator, among=switching), over="pairs"),
    Statement("attenuated_point", "the welfare gains from larger markets become attenuated when input trade costs "
              "are sufficiently low", f"{_POINT}: elasticity of W_1/W_2 at L = 1", less(WELFARE),
              evidence=_numbers(WELFARE), over="own"),
    Statement("attenuated", "the welfare gains from larger markets become attenuated", _BOX, less(WELFARE),
              over="pairs"),
    Statement("attenuated_any", "deeper integration in input markets dampens the welfare advantage of market size",
              "the box, any fall of τ_M", less(WELFARE, supposed), over="pairs"),
    Statement("decoupled", "a country can expand its production and exports while experiencing a relative decline "
              "in wages", "R_1 and R_X1 rise, ω falls, where Assumption 1 fails",
              moves({("R", 0): 1, ("R_X", 0): 1, (OMEGA, 0): -1}, without), over="equal"),
)  # fmt: skip


def welfare_section(samples: Samples) -> Section:
    """Judge section 3.6: relative welfare rises with size; whether cheap inputs attenuate it."""
    note = (
        "By (22) the elasticity of W_1/W_2 is 1/(σ−1) less 2Aω̂, and Aω̂ is positive on both sides of Assumption 1: "
        "it is largest, 1/(σ−1), where R_X = E_M, and falls off to both sides."
    )
    return Section("welfare", "3.6 Welfare", (note,), judge_each((*RISES, *ATTENUATED), samples.named))
