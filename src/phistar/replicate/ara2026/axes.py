"""Claims along the paper's own axes: what figures 2, 4 and A.1 are said to show, and the claims that turn on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.ara2026.box import HIGH, LOW, PARETO
from phistar.replicate.ara2026.point import Turns
from phistar.replicate.ara2026.responses import GOODS, INPUTS, OMEGA, RATIO, WELFARE, less, more, moves, supposed
from phistar.replicate.ara2026.samples import Pair, Sample, Samples, sample
from phistar.replicate.results import READING, Claim, Section
from phistar.replicate.statements import Statement, Truth, judge_each, whether
from phistar.replicate.worlds import Ledger

#: What each curve is said to do.
CURVES = (
    Statement("figure_2a", "an increase in L raises both ratios [R_X, E_M]", "figure 2(a), τ_M 1.5",
              moves({(GOODS, 0): 1, (INPUTS, 0): 1}), over="high"),
    Statement("figure_2b", "The ratio [R_X/E_M] declines for country 1 and rises for country 2",
              "figure 2(b), τ_M 1.5", moves({(RATIO, 0): -1, (RATIO, 1): 1}), over="high"),
    Statement("figure_A1a", "R_X and E_M remain increasing in L", "figure A.1(a), τ_M 1.1",
              moves({(GOODS, 0): 1, (INPUTS, 0): 1}), over="low"),
    Statement("figure_A1b", "R_X1/E_M1 increases with L, while R_X2/E_M2 decreases", "figure A.1(b), τ_M 1.1",
              moves({(RATIO, 0): 1, (RATIO, 1): -1}), over="low"),
    Statement("figure_4a_high", "the curve in Figure 4(a) is upward sloping", "τ_M 1.5", moves({(OMEGA, 0): 1}),
              over="high"),
    Statement("figure_4a_low", "the curve becomes downward sloping", "τ_M 1.1", moves({(OMEGA, 0): -1}), over="low"),
    Statement("figure_4b", "For both τ_M, relative welfare is increasing in relative market size", "figure 4(b)",
              moves({(WELFARE, 0): 1}), over="both"),
)  # fmt: skip


def _compared(turns: Turns) -> tuple[Statement, ...]:
    """State how the curves at the lower input trade cost compare with those at the higher."""
    turn, above = turns.imports_turn, turns.imports_higher
    return (
        Statement("figure_A1_exports", "R_X [becomes] more responsive to L than in the benchmark case",
                  "elasticity higher at 1.1 than at 1.5, along the axis", more(GOODS, supposed), over="pair"),
        Statement("figure_A1_imports", "E_M [becomes] more responsive to L than in the benchmark case",
                  "elasticity higher at 1.1 than at 1.5, along the axis",
                  more(INPUTS, supposed, where=_beyond(turn)), f"L > {turn:.4f} or L < {1.0 / turn:.4f}", over="pair"),
        Statement("figure_A1_imports_level", "market size has a stronger effect on trade patterns",
                  "E_M1/E_M2 further from one at 1.1 than at 1.5, along the axis",
                  whether(_further, among=_unequal, where=_beyond(above)),
                  f"L > {above:.4f} or L < {1.0 / above:.4f}", source=READING, over="pair"),
        Statement("figure_4b_slopes", "When input trade costs are high, the welfare gain from market size is larger",
                  "slope of ln W_1/W_2 in ln L higher at 1.5 than at 1.1, along the axis", less(WELFARE, supposed),
                  over="pair"),
    )  # fmt: skip


def axis_section(samples: Samples, turns: Turns, ledger: Ledger) -> Section:
    """Judge what the figures are said to show along their axis, and the two claims that turn on it."""
    high, low = samples.point[HIGH], samples.point[LOW]
    over: dict[str, list[Any]] = {
        "high": [_named(high)],
        "low": [_named(low)],
        "both": [_named(low), _named(high)],
        "pair": [Pair(high, low)],
    }
    claims = (*judge_each((*CURVES, *_compared(turns)), over), _attenuated(turns.attenuates, ledger))
    note = "L from 0.4 to 2.5, 41 points evenly spaced in logs; for the last, 200 values of τ_M at L = 1."
    return Section("axes", "Along the axes of figures 2, 4 and A.1", (note,), claims)


def _named(sample: Sample) -> Sample:
    return Sample(f"τ_M {sample.at.scenario['parameters']['tau_M']:g}", sample.at, sample.up, sample.down)


def _distance(pair: Pair) -> np.ndarray:
    """Return relative size, the larger country's over the smaller's: responses are alike at L and 1/L."""
    return np.asarray(np.exp(np.abs(np.log(pair.high.column("L[0]")))))


def _beyond(size: float) -> Truth:
    return lambda pair: _distance(pair) > size


def _unequal(pair: Pair) -> np.ndarray:
    """Mark supposed worlds of unequal countries: at L = 1 both ratios are one."""
    return np.asarray(pair.supposed & (_distance(pair) > 1.0 + 1e-9))


def _further(pair: Pair) -> np.ndarray:
    """Whether relative imports are further from one where inputs are cheaper."""
    high, low = (np.abs(np.log(each.at[INPUTS][0])) for each in (pair.high, pair.low))
    return np.asarray(low > high)


def _attenuated(start: float, ledger: Ledger) -> Claim:
    """Judge, over input trade costs below 1.5, where relative welfare responds less than at 1.5."""
    cheaper = sample(PARETO, {"tau_M": np.linspace(1.053, 1.499, 200)}, ledger)
    at_high = sample(PARETO, {"tau_M": np.full(1, HIGH)}, ledger).response(WELFARE)[0]
    test = whether(lambda s: s.response(WELFARE) < at_high, among=supposed, where=lambda s: s.column("tau_M") < start)
    statement = Statement(
        "attenuated_tau", "the welfare gains from larger markets become attenuated when input trade costs are "
        "sufficiently low", "elasticity of W_1/W_2 at L = 1 below that at τ_M 1.5", test, f"τ_M < {start:.4f}",
        evidence="below 1.0527 firms skip a mode",
    )  # fmt: skip
    return statement.judged([cheaper])
