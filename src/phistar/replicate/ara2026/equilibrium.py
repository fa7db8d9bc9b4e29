"""Section 3.4: the slopes of the two curves of general equilibrium, and what keeps both countries downstream."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.conditions import SOURCING, sourcing_condition
from phistar.replicate.ara2026.responses import GOODS, OMEGA, assumption_1, moves, supposed
from phistar.replicate.ara2026.responses import without_assumption_1 as without
from phistar.replicate.ara2026.samples import Sample, Samples
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Statement, Test, Truth, judge_each, narrowed, whether


def slopes(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return Phi_omega and Psi_omega at symmetry, by A.2.4 from how solved equilibria respond."""
    with np.errstate(all="ignore"):
        alpha, theta = sample.at["alpha_X"][0], sample.at["theta"][0]
        slope_X, slope_M = (
            sample.response(name) / sample.response(OMEGA) * sample.at[name][0] for name in ("alpha_X", "alpha_M")
        )
        Phi = local.Phi_omega(alpha, slope_X)
        Psi = local.Psi_omega(sample.column("sigma"), alpha, theta, slope_X, slope_M)  # type: ignore[arg-type]
    return np.asarray(Phi), np.asarray(Psi)


def _of_slopes(true: Callable[[np.ndarray, np.ndarray], np.ndarray], among: Truth = supposed) -> Test:
    return whether(lambda sample: true(*slopes(sample)), among=among)


def _follows_trade(sample: Sample) -> np.ndarray:
    """Whether Psi_omega is positive exactly where goods lead."""
    return np.asarray((slopes(sample)[1] > 0.0) == sample.goods_lead)


def _slope(name: str, sign: int) -> Test:
    """Test the sign of a variable's slope in omega, both moved by size."""
    return whether(lambda s: sign * s.response(name) * np.sign(s.response(OMEGA)) > 0.0, among=supposed)


def _interior(sample: Sample) -> np.ndarray:
    """Whether relative incomes lie where both countries export goods."""
    relative, alpha = sample.at[OMEGA][0] * sample.column("L[0]"), sample.at["alpha_X"]
    return np.asarray((1.0 / alpha[1] < relative) & (relative < alpha[0]))


EQUILIBRIUM = (
    Statement("phi_slope", "the LMC condition is downward sloping", "Φ_ω < 0, equal countries, Assumption 1 or not",
              _of_slopes(lambda Phi, _: Phi < 0.0), over="equal"),
    Statement("psi_slope", "Ψ_ω > 0 under Assumption 1; when it is violated, Ψ_ω < 0",
              "sign Ψ_ω = sign(R_X/E_M − 1), equal countries", whether(_follows_trade, among=supposed), over="equal"),
    Statement("steeper", "Ψ_ω < 0 [and Φ_ω < 0] ... ω is decreasing in L",
              "what (21) needs besides: |Ψ_ω| > |Φ_ω| where Assumption 1 fails",
              _of_slopes(lambda Phi, Psi: np.abs(Psi) > np.abs(Phi), without), over="equal"),
    Statement("alpha_X_slope", "α'_X1(1) > 0", "equal countries", _slope("alpha_X", 1), over="equal"),
    Statement("alpha_M_slope", "α'_M1(1) < 0", "equal countries, Pareto",
              narrowed(_slope("alpha_M", -1), where=sourcing_condition), SOURCING,
              evidence="as in Proposition 3(ii)", over="Pareto"),
    Statement("alpha_M_slope_beyond", "α'_M1(1) < 0", "the same without a Pareto", _slope("alpha_M", -1),
              source=READING, over="others"),
    Statement("theta_slope", "Taken together, we obtain θ'_1(1) < 0", "equal countries", _slope("theta", -1),
              over="equal"),
    Statement("interior", "1/α_X2 < ωL < α_X1", "footnote 10: wherever both countries export goods, any sizes",
              whether(_interior, among=supposed), over="unequal"),
    Statement("phi_L", "Φ_L > 0: not merely local at symmetry", "footnote 12: α_X1 α_X2 > 1, any sizes",
              whether(lambda s: np.prod(s.at["alpha_X"], axis=0) > 1.0, among=supposed), over="unequal"),
    Statement("higher_L", "a higher relative export ratio R_X and a higher relative wage ω",
              "as L rises, Assumption 1, any sizes", moves({(GOODS, 0): 1, (OMEGA, 0): 1}, assumption_1),
              over="any sizes"),
)  # fmt: skip


def equilibrium_section(samples: Samples) -> Section:
    """Judge section 3.4."""
    return Section("equilibrium", "3.4 General equilibrium", (), judge_each(EQUILIBRIUM, samples.named))
