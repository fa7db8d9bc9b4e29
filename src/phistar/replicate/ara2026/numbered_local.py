"""The equations of section 3 and A.2: local responses against difference quotients, levels against sums over firms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.cases import Case
from phistar.replicate.ara2026.independent import Solution
from phistar.replicate.ara2026.numbered import (
    BOTH,
    EQUAL,
    SLOPE,
    Equation,
    F,
    alpha_M,
    alpha_X,
    fixed,
    gamma,
    gap,
    slope_gap,
    theta,
)

GOODS, INPUTS = ("goods",), ("inputs",)


def _omega(x: Solution) -> float:
    return x.omega


def _cutoff(case: Case) -> np.ndarray:
    """Return the cutoffs' elasticities to L (country, mode)."""
    return case.response(lambda x: x.cutoffs)


def _three(case: Case) -> np.ndarray:
    moved = _cutoff(case)
    return np.array([moved[0, 0], moved[1, 0], float(case.response(_omega))])


def _goods_only(case: Case) -> float:
    g = gamma(case.found)
    return slope_gap(local.final_goods_only(case.sigma, alpha_X(case.found), g[:, 0], g[:, 2]), _three(case))


def _inputs_only(case: Case) -> float:
    g = gamma(case.found)
    return slope_gap(local.inputs_only(case.sigma, alpha_M(case.found), g[:, 0], g[:, 1]), _three(case))


def _domestic(case: Case) -> float:
    found = local.domestic_cutoffs(case.sigma, alpha_M(case.found), theta(case.found))
    omega = float(case.response(_omega))
    return slope_gap(np.array(found[:2]) * omega, _three(case)[:2])


def _ratio(case: Case) -> float:
    return gap(theta(case.found) / local.rho_of(case.sigma), case.found.R_X / case.found.E_M)


def _chain(case: Case) -> float:
    """Hold all cutoffs' elasticities against (A.13) and (A.14), given those of the domestic ones and of omega."""
    return slope_gap(local.cutoffs(case.sigma, local.Responses(*_three(case))), _cutoff(case))


def _chain_printed(case: Case) -> float:
    _d1, d2, omega = _three(case)
    return slope_gap((1.0 + 1.0 / local.rho_of(case.sigma)) * omega + d2, _cutoff(case)[0, 3])


def _selection(case: Case, pairs: tuple[tuple[int, int], ...], right: Callable[[Solution, int], np.ndarray]) -> float:
    x, s = case.found, case.sigma - 1.0
    return max(gap((x.cutoffs[:, high] / x.cutoffs[:, low]) ** s, right(x, k)) for k, (low, high) in enumerate(pairs))


def _into_exporting(case: Case) -> float:
    s = case.sigma - 1.0

    def _right(x: Solution, k: int) -> np.ndarray:
        return np.asarray(x.B / x.B[::-1] * x.world.tau_X**s * fixed(x)[:, 2 + k] / fixed(x)[:, k])

    return _selection(case, ((0, 2), (1, 3)), _right)


def _into_importing(case: Case) -> float:
    s = case.sigma - 1.0

    def _right(x: Solution, k: int) -> np.ndarray:
        return np.asarray((x.w[::-1] / x.w * x.world.tau_M) ** s * fixed(x)[:, 2 * k + 1] / fixed(x)[:, 2 * k])

    return _selection(case, ((0, 1), (2, 3)), _right)


def _symmetric(case: Case) -> float:
    A = local.symmetric_response(case.sigma, float(alpha_X(case.found)[0]), float(theta(case.found)[0]))
    omega = float(case.response(_omega))
    return slope_gap(np.array([-A, A]) * omega, _three(case)[:2])


def _pareto(formula: Callable[..., float], left: Callable[[Solution], np.ndarray], *, sigma: bool = False
            ) -> Callable[[Case], float]:  # fmt: skip
    def _check(case: Case) -> float:
        x = case.found
        first = (case.sigma,) if sigma else ()
        right = [formula(*first, x.world.table["k"], fixed(x)[i], x.cutoffs[i]) for i in (0, 1)]
        return gap(left(x), right)

    return _check


def _knife_edge(case: Case) -> float:
    """With (15) an equality the bracket of (14) is one at every relative wage: take f_XM that makes it so."""
    x, s, k = case.found, case.sigma - 1.0, case.found.world.table["k"]
    f_D, f_X, f_DM = (getattr(x.world, name)[0] for name in ("f_D", "f_X", "f_DM"))
    f_XM = f_X * f_DM / f_D
    home, abroad = (((x.w[1] / x.w[0] * x.world.tau_M[0]) ** s * more / base) ** (1.0 / s)
                    for base, more in ((f_D, f_DM), (f_X, f_XM)))  # fmt: skip
    return gap((1.0 + f_D / f_DM * home**k) / (1.0 + f_X / f_XM * abroad**k), 1.0)


def _labour_17(case: Case) -> float:
    x = case.found
    return gap(x.w * x.world.L, alpha_X(x) * x.R_X + x.R_X[::-1])


def _balance_18(case: Case) -> float:
    x = case.found
    side = (1.0 - local.rho_of(case.sigma) / theta(x)) * x.R_X
    return float(abs(side[0] - side[1]) / np.max(x.R_X + x.E_M))


def _exports(case: Case) -> float:
    x = case.found
    a, income = alpha_X(x), x.w * x.world.L
    return gap(x.R_X, (a[::-1] * income - income[::-1]) / (a[0] * a[1] - 1.0))


def _relative_size(x: Solution) -> float:
    return float(x.world.L[0] / x.world.L[1])


def _phi(case: Case) -> float:
    x = case.found
    return gap(x.R_X[0] / x.R_X[1], local.Phi(alpha_X(x), np.array(x.omega), _relative_size(x)))


def _psi(case: Case) -> float:
    return gap(case.found.R_X[0] / case.found.R_X[1], local.Psi(case.sigma, theta(case.found)))


def _size(case: Case) -> float:
    x = case.found
    right = local.relative_size(case.sigma, alpha_X(x), theta(x), np.array(x.omega))
    return gap(_relative_size(x), right)


def _phi_L(case: Case) -> float:
    """Hold Phi_L against a difference quotient of (19) in L at given alpha_X and omega."""
    x, L, h = case.found, _relative_size(case.found), 1e-6
    a, omega = alpha_X(x), np.array(x.omega)
    quotient = (local.Phi(a, omega, L + h) - local.Phi(a, omega, L - h)) / (2.0 * h)
    return gap(quotient, local.Phi_L(a, x.omega, L))


def formula_slopes(case: Case) -> tuple[float, float]:
    """Return Phi_omega and Psi_omega by A.2.4, from F and gamma by mode."""
    x = case.found
    slope_X, slope_M = local.alpha_slopes(case.sigma, F(x)[0], gamma(x)[0])
    a, t = float(alpha_X(x)[0]), float(theta(x)[0])
    return local.Phi_omega(a, slope_X), local.Psi_omega(case.sigma, a, t, slope_X, slope_M)


def _slopes(case: Case) -> float:
    """Hold both against quotients of (19) and (20) along solved equilibria; Phi's own L is held at one."""
    d_omega = float(np.log(case.up.omega) - np.log(case.down.omega))
    Phi = [float(local.Phi(alpha_X(x), np.array(x.omega), 1.0)) for x in (case.up, case.down)]
    Psi = [float(local.Psi(case.sigma, theta(x))) for x in (case.up, case.down)]
    quotients = [(up - down) / d_omega for up, down in (Phi, Psi)]
    return slope_gap(formula_slopes(case), quotients)


def _wage(case: Case) -> float:
    Phi, Psi = formula_slopes(case)
    return slope_gap([local.wage_response(local.Phi_L(alpha_X(case.found)), Phi, Psi)], [float(case.response(_omega))])


def _welfare(case: Case) -> float:
    x = case.found
    A = local.symmetric_response(case.sigma, float(alpha_X(x)[0]), float(theta(x)[0]))
    Phi, Psi = formula_slopes(case)
    formula = local.welfare_response(case.sigma, A, local.wage_response(local.Phi_L(alpha_X(x)), Phi, Psi))
    return slope_gap([formula], [float(case.response(lambda y: y.welfare[0] / y.welfare[1]))])


def _welfare_levels(case: Case) -> float:
    """Relative welfare: the line above (22), at any sizes."""
    moved = _three(case)
    formula = 1.0 / (case.sigma - 1.0) + moved[0] - moved[1]
    return slope_gap([formula], [float(case.response(lambda y: y.welfare[0] / y.welfare[1]))])


def _entry(case: Case, high: int, alpha: Callable[[Solution], np.ndarray]) -> float:
    """Differentiated free entry of the polar cases: (A.6) and (A.9)."""
    moved = _cutoff(case)
    return slope_gap(-alpha(case.found) * moved[:, 0], moved[:, high])


def _exports_pair(case: Case) -> float:
    """alpha_X1 alpha_X2 = tau_X^(2(sigma-1)) V(phi_D1) V(phi_D2) / (V(phi_X1) V(phi_X2))."""
    x, s = case.found, case.sigma - 1.0
    V = np.array([[x.V(float(row[0])), x.V(float(row[2]))] for row in x.cutoffs])
    return gap(np.prod(alpha_X(x)), x.world.tau_X[0] ** (2.0 * s) * np.prod(V[:, 0] / V[:, 1]))


def _polar_balance(case: Case, alpha: Callable[[Solution], np.ndarray]) -> float:
    side = case.found.w * case.found.world.L / (1.0 + alpha(case.found))
    return gap(side[0], side[1])


SECTION_3 = (
    Equation("(6)", "responses of φ_D1, φ_D2, ω to L, τ_M = ∞", _goods_only, GOODS, SLOPE),
    Equation("A.2.1", "w_i L_i/(1+α_Xi) equal in i and j, τ_M = ∞", lambda c: _polar_balance(c, alpha_X), GOODS),
    Equation("(A.6)", "φ̂_Xi = −α_Xi φ̂_Di, τ_M = ∞", lambda c: _entry(c, 2, alpha_X), GOODS, SLOPE),
    Equation("A.2.1 product", "α_X1 α_X2 = τ_X^(2(σ−1)) V(φ_D1)V(φ_D2)/(V(φ_X1)V(φ_X2))", _exports_pair, GOODS),
    Equation("(7)", "responses of φ_D1, φ_D2, ω to L, τ_X = ∞", _inputs_only, INPUTS, SLOPE),
    Equation("A.2.2", "w_i L_i/(1+α_Mi) equal in i and j, τ_X = ∞", lambda c: _polar_balance(c, alpha_M), INPUTS),
    Equation("(A.9)", "φ̂_DMi = −α_Mi φ̂_Di, τ_X = ∞", lambda c: _entry(c, 1, alpha_M), INPUTS, SLOPE),
    Equation("(8)", "responses of φ_D1, φ_D2 to ω", _domestic, BOTH, SLOPE),
    Equation("(9)", "θ_i/ρ = R_Xi/E_Mi", _ratio),
    Equation("(A.11)", "(φ_X/φ_D)^(σ−1) = (B_i/B_j) τ_X^(σ−1) f_X/f_D; DM, XM alike", _into_exporting),
    Equation("(A.12)", "(φ_DM/φ_D)^(σ−1) = (w_j/w_i)^(σ−1) τ_M^(σ−1) f_DM/f_D; X, XM alike: also footnote 8",
             _into_importing),
    Equation("(A.14) φ_XM1", "φ̂_XM1 = (1 + 1/ρ) ω̂ + φ̂_D2", _chain_printed, BOTH, SLOPE, misprint=True),
    Equation("(A.13), (A.14) corrected", "φ̂_XM1 = (1/ρ − 1) ω̂ + φ̂_D2, the others as printed", _chain, BOTH, SLOPE),
    Equation("(12)", "φ̂_D1 = −A ω̂, A = (θ/ρ − 1)/(θ(α_X − 1))", _symmetric, EQUAL, SLOPE),
    Equation("(13)", "R_X/E_M under Pareto", _pareto(local.pareto_final_to_input_ratio, lambda x: x.R_X / x.E_M,
             sigma=True), pareto=True),
    Equation("(14)", "α_X under Pareto", _pareto(local.pareto_alpha_X, alpha_X), pareto=True),
    Equation("(15)", "with equality the bracket of (14) does not move with L", _knife_edge, pareto=True),
    Equation("(16)", "α_M under Pareto", _pareto(local.pareto_alpha_M, alpha_M), pareto=True),
    Equation("(17)", "w_i L_i = α_Xi R_Xi + R_Xj", _labour_17),
    Equation("(17) solved", "R_X1 = (α_X2 w_1 L_1 − w_2 L_2)/(α_X1 α_X2 − 1), R_X2 alike", _exports),
    Equation("(18)", "(1 − ρ/θ_1) R_X1 = (1 − ρ/θ_2) R_X2", _balance_18),
    Equation("(19)", "R_X1/R_X2 = Φ(ω, L)", _phi),
    Equation("(20)", "R_X1/R_X2 = Ψ(ω)", _psi, within=1e-7),
    Equation("Φ = Ψ", "solved for L: L(ω) = (t_1 + α_X1 t_2)/[ω(α_X2 t_1 + t_2)], t = 1 − ρ/θ", _size, within=1e-7),
    Equation("footnote 12", "Φ_L = ω(α_X1 α_X2 − 1)/(α_X1 − ωL)²", _phi_L, within=SLOPE),
    Equation("A.2.4", "Φ_ω and Ψ_ω at L = 1", _slopes, EQUAL, SLOPE),
    Equation("(21)", "ω̂ = Φ_L/(Ψ_ω − Φ_ω) L̂", _wage, EQUAL, SLOPE),
    Equation("above (22)", "Ŵ = L̂/(σ−1) + φ̂_D1 − φ̂_D2", _welfare_levels, BOTH, SLOPE),
    Equation("(22)", "Ŵ = [1/(σ−1) − 2AΦ_L/(Ψ_ω − Φ_ω)] L̂", _welfare, EQUAL, SLOPE),
)  # fmt: skip
