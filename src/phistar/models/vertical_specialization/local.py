"""Ara (2026), section 3: local comparative statics, one function a displayed equation, in the paper's order.

They are the paper's own formulas, for tests and for readers: each takes what an equilibrium reports (alpha, theta, F by
mode, gamma = -d ln V/d ln phi, the `hazard` of order sigma - 1) and returns elasticities. The library's own come
from the 13 equations instead and agree with these where they apply: (6) to (8) anywhere, the rest at L = omega = 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from phistar.core.sources import equation

PAPER = "ara2026"


class Responses(NamedTuple):
    """Elasticities of the domestic cutoffs and of the relative wage."""

    phi_D1: float
    phi_D2: float
    omega: float


def rho_of(sigma: float) -> float:
    """Return rho = (sigma - 1)/sigma."""
    return (sigma - 1.0) / sigma


def _beta(sigma: float, alpha: np.ndarray, gamma_near: np.ndarray, gamma_far: np.ndarray) -> np.ndarray:
    """Compute beta of (A.7) and (A.10): how a country's share of home sales (or inputs) follows its domestic cutoff."""
    s = sigma - 1.0
    return np.asarray(alpha / (1.0 + alpha) * (s + gamma_near + (s + gamma_far) * alpha))


@equation(
    PAPER,
    "6",
    r"\hat\varphi_{D1} = -\frac{\rho(1+\alpha_{X2})}{\Xi_X}\hat L,"
    r"\ \hat\varphi_{D2} = \frac{\rho(1+\alpha_{X1})}{\Xi_X}\hat L,"
    r"\ \hat\omega = \frac{\rho^2(\alpha_{X1}\alpha_{X2} - 1)}{\Xi_X}\hat L",
)
def final_goods_only(sigma: float, alpha_X: np.ndarray, gamma_D: np.ndarray, gamma_X: np.ndarray) -> Responses:
    """Compute responses to L where inputs are not traded (tau_M infinite), from (country) arrays."""
    rho, (a1, a2) = rho_of(sigma), alpha_X
    b1, b2 = _beta(sigma, alpha_X, gamma_D, gamma_X)
    xi = (b1 + rho) * (b2 + rho) - (b1 - rho * a1) * (b2 - rho * a2)
    return Responses(-rho * (1.0 + a2) / xi, rho * (1.0 + a1) / xi, rho**2 * (a1 * a2 - 1.0) / xi)


@equation(
    PAPER,
    "7",
    r"\hat\varphi_{D1} = -\frac{1+\alpha_{M2}}{\Xi_M}\hat L,\ \hat\varphi_{D2} = \frac{1+\alpha_{M1}}{\Xi_M}\hat L,"
    r"\ \hat\omega = -\frac{(1+\alpha_{M1})(1+\alpha_{M2})}{\Xi_M}\hat L",
)
def inputs_only(sigma: float, alpha_M: np.ndarray, gamma_D: np.ndarray, gamma_DM: np.ndarray) -> Responses:
    """Compute responses to L where final goods are not traded (tau_X infinite), from (country) arrays."""
    a1, a2 = alpha_M
    b1, b2 = _beta(sigma, alpha_M, gamma_D, gamma_DM)
    xi = (a1 + b1 + 1.0) * (a2 + b2 + 1.0) - b1 * b2
    return Responses(-(1.0 + a2) / xi, (1.0 + a1) / xi, -(1.0 + a1) * (1.0 + a2) / xi)


@equation(
    PAPER,
    "8",
    r"\hat\varphi_{D1}"
    r" = -\frac{(\theta_1/\rho - 1)(1+\alpha_{M2}-\theta_2) + (\theta_2/\rho-1)\theta_1}{\Xi}\hat\omega,"
    r"\ \hat\varphi_{D2}"
    r" = \frac{(\theta_2/\rho - 1)(1+\alpha_{M1}-\theta_1) + (\theta_1/\rho-1)\theta_2}{\Xi}\hat\omega",
)
def domestic_cutoffs(sigma: float, alpha_M: np.ndarray, theta: np.ndarray) -> Responses:
    """Compute responses of the domestic cutoffs to the relative wage, from (country) arrays."""
    (own1, own2), (t1, t2) = 1.0 + alpha_M - theta, theta
    gain1, gain2 = theta / rho_of(sigma) - 1.0
    xi = own1 * own2 - t1 * t2
    return Responses(-(gain1 * own2 + gain2 * t1) / xi, (gain2 * own1 + gain1 * t2) / xi, 1.0)


@equation(PAPER, "A.13, A.14", r"\hat\varphi_{XM1} = (1/\rho - 1)\hat\omega + \hat\varphi_{D2},\ \ldots")
def cutoffs(sigma: float, response: Responses) -> np.ndarray:
    """Compute the elasticities of all cutoffs from those of the domestic ones and omega (country, mode D DM X XM)."""
    d1, d2, w = response
    up = w / rho_of(sigma)
    return np.array([[d1, d1 - w, d2 + up, d2 + up - w], [d2, d2 + w, d1 - up, d1 - up + w]])


@equation(PAPER, "12", r"\hat\varphi_{D1} = -A\,\hat\omega,\quad A = \frac{\theta/\rho - 1}{\theta(\alpha_X - 1)}")
def symmetric_response(sigma: float, alpha_X: float, theta: float) -> float:
    """Compute A, minus the elasticity of phi_D1 to omega at symmetry."""
    return (theta / rho_of(sigma) - 1.0) / (theta * (alpha_X - 1.0))


@equation(
    PAPER,
    "13",
    r"\frac{R_{X}}{E_{M}} = \frac{1}{\rho}\,\frac{1 + \frac{f_X}{f_{XM}}(\varphi_{XM}/\varphi_X)^k}"
    r"{1 + \frac{f_{DM}}{f_{XM}}(\varphi_{XM}/\varphi_{DM})^k}",
)
def pareto_final_to_input_ratio(sigma: float, k: float, fixed: np.ndarray, phi: np.ndarray) -> float:
    """Compute R_X/E_M under closed-form Pareto, from fixed costs and cutoffs (mode D DM X XM)."""
    (_, f_DM, f_X, f_XM), (_, DM, X, XM) = fixed, phi
    return float((1.0 + f_X / f_XM * (XM / X) ** k) / (1.0 + f_DM / f_XM * (XM / DM) ** k) / rho_of(sigma))


@equation(
    PAPER,
    "14",
    r"\alpha_X = \frac{f_{DM}}{f_{XM}}\Big(\frac{\varphi_{XM}}{\varphi_{DM}}\Big)^k"
    r"\frac{1 + \frac{f_D}{f_{DM}}(\varphi_{DM}/\varphi_D)^k}{1 + \frac{f_X}{f_{XM}}(\varphi_{XM}/\varphi_X)^k}",
)
def pareto_alpha_X(k: float, fixed: np.ndarray, phi: np.ndarray) -> float:
    """Compute alpha_X under closed-form Pareto, from fixed costs and cutoffs (mode D DM X XM)."""
    (f_D, f_DM, f_X, f_XM), (D, DM, X, XM) = fixed, phi
    inner = (1.0 + f_D / f_DM * (DM / D) ** k) / (1.0 + f_X / f_XM * (XM / X) ** k)
    return float(f_DM / f_XM * (XM / DM) ** k * inner)


@equation(
    PAPER,
    "16",
    r"\alpha_M = \frac{f_X}{f_{XM}}\Big(\frac{\varphi_{XM}}{\varphi_X}\Big)^k"
    r"\frac{1 + \frac{f_D}{f_X}(\varphi_X/\varphi_D)^k}{1 + \frac{f_{DM}}{f_{XM}}(\varphi_{XM}/\varphi_{DM})^k}",
)
def pareto_alpha_M(k: float, fixed: np.ndarray, phi: np.ndarray) -> float:
    """Compute alpha_M under closed-form Pareto, from fixed costs and cutoffs (mode D DM X XM)."""
    (f_D, f_DM, f_X, f_XM), (D, DM, X, XM) = fixed, phi
    inner = (1.0 + f_D / f_X * (X / D) ** k) / (1.0 + f_DM / f_XM * (XM / DM) ** k)
    return float(f_X / f_XM * (XM / X) ** k * inner)


@equation(PAPER, "19", r"R_X = \frac{\alpha_{X2}\omega L - 1}{\alpha_{X1} - \omega L} \equiv \Phi(\omega, L)")
def Phi(alpha_X: np.ndarray, omega: np.ndarray, L: float) -> np.ndarray:
    """Compute relative exports from labour market clearing, from alpha_X (country, ...)."""
    return np.asarray((alpha_X[1] * omega * L - 1.0) / (alpha_X[0] - omega * L))


@equation(PAPER, "20", r"R_X = \frac{1 - \rho/\theta_2}{1 - \rho/\theta_1} \equiv \Psi(\omega)")
def Psi(sigma: float, theta: np.ndarray) -> np.ndarray:
    """Compute relative exports from balanced trade, from theta (country, ...)."""
    return np.asarray((1.0 - rho_of(sigma) / theta[1]) / (1.0 - rho_of(sigma) / theta[0]))


@equation(
    PAPER,
    "section 3.4",
    r"L(\omega) = \frac{t_1 + \alpha_{X1} t_2}{\omega(\alpha_{X2} t_1 + t_2)},\ t_i = 1 - \rho/\theta_i",
)
def relative_size(sigma: float, alpha_X: np.ndarray, theta: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """Compute the relative size at which omega is the equilibrium, Phi = Psi solved for L; valid where t_1 t_2 > 0."""
    t = 1.0 - rho_of(sigma) / theta
    return np.asarray((t[0] + alpha_X[0] * t[1]) / (omega * (alpha_X[1] * t[0] + t[1])))


@equation(PAPER, "A.2.4", r"\alpha_X'(1),\ \alpha_M'(1)")
def alpha_slopes(sigma: float, f: np.ndarray, gamma: np.ndarray) -> tuple[float, float]:
    """Compute the slopes of alpha_X1 and alpha_M1 in omega at symmetry, from F and gamma (mode D DM X XM).

    Notes
    -----
    d ln F/d ln phi = -(sigma - 1 + gamma); the cutoffs follow omega by (12), (A.13) and (A.14).
    """
    alpha_X, theta = (f[0] + f[1]) / (f[2] + f[3]), (f[2] + f[3]) / (f[1] + f[3])
    alpha_M = (f[0] + f[2]) / (f[1] + f[3])
    A = symmetric_response(sigma, alpha_X, theta)
    df = -(sigma - 1.0 + gamma) * cutoffs(sigma, Responses(-A, A, 1.0))[0] * f
    slope_X = (df[0] + df[1]) / (f[0] + f[1]) - (df[2] + df[3]) / (f[2] + f[3])
    slope_M = (df[0] + df[2]) / (f[0] + f[2]) - (df[1] + df[3]) / (f[1] + f[3])
    return float(alpha_X * slope_X), float(alpha_M * slope_M)


@equation(PAPER, "A.2.4", r"\Phi_\omega = \frac{\alpha_X + 1 - 2\alpha_X'}{\alpha_X - 1}")
def Phi_omega(alpha_X: float, slope_X: float) -> float:
    """Compute the slope of (19) in omega at symmetry."""
    return (alpha_X + 1.0 - 2.0 * slope_X) / (alpha_X - 1.0)


@equation(PAPER, "footnote 12", r"\Phi_L = \frac{\omega(\alpha_{X1}\alpha_{X2} - 1)}{(\alpha_{X1} - \omega L)^2}")
def Phi_L(alpha_X: np.ndarray, omega: float = 1.0, L: float = 1.0) -> float:
    """Compute the slope of (19) in L, from alpha_X (country)."""
    return float(omega * (alpha_X[0] * alpha_X[1] - 1.0) / (alpha_X[0] - omega * L) ** 2)


@equation(
    PAPER,
    "A.2.4",
    r"\Psi_\omega = -\frac{2\rho}{\theta^2}\frac{\theta'}{1 - \rho/\theta},"
    r"\ \theta' = \frac{\alpha_M' - \theta\alpha_X'}{1+\alpha_X}",
)
def Psi_omega(sigma: float, alpha_X: float, theta: float, slope_X: float, slope_M: float) -> float:
    """Compute the slope of (20) in omega at symmetry."""
    rho = rho_of(sigma)
    slope = (slope_M - theta * slope_X) / (1.0 + alpha_X)
    return -2.0 * rho / theta**2 * slope / (1.0 - rho / theta)


@equation(PAPER, "21", r"\hat\omega = \frac{\Phi_L}{\Psi_\omega - \Phi_\omega}\hat L")
def wage_response(phi_L: float, phi_omega: float, psi_omega: float) -> float:
    """Compute the elasticity of omega to L at symmetry."""
    return phi_L / (psi_omega - phi_omega)


@equation(PAPER, "22", r"\hat W = \Big[\frac{1}{\sigma-1} - 2A\frac{\Phi_L}{\Psi_\omega - \Phi_\omega}\Big]\hat L")
def welfare_response(sigma: float, A: float, omega_response: float) -> float:
    """Compute the elasticity of W_1/W_2 to L at symmetry."""
    return 1.0 / (sigma - 1.0) - 2.0 * A * omega_response
