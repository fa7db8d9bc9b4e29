"""The paper's equations of sections 2, 3 and A.1, each a check of both sides from independent sources.

A check returns how far the two sides lie apart, relatively. Cutoffs, sales, spending, wages and prices come from
`independent`; derivatives are its difference quotients. Section 3's right-hand sides are the library's functions
(`models.vertical_specialization.local`) fed with these, so that a wrong letter in one of them would be seen too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.cases import Case
from phistar.replicate.ara2026.independent import Solution, nodes

#: Two sides that agree to this are one: the search from primitives ends at 1e-13.
SAME = 1e-9
#: Difference quotients err by 1e-8 of the step's square and 1e-10 of rounding, times elasticities of up to ten.
SLOPE = 1e-5

BOTH, ANY, EQUAL = ("equal", "unequal"), ("equal", "unequal", "goods", "inputs"), ("equal",)


@dataclass(frozen=True)
class Equation:
    """A displayed equation: its number, as read, and how far its sides lie apart in a case.

    Attributes
    ----------
    kinds : tuple of str
        Cases to which it applies.
    within : float
        How close the sides must be.
    pareto : bool
        Whether it supposes a Pareto whose support does not bind.
    misprint : bool
        Whether this is what the paper prints although it is wrong.
    """

    number: str
    words: str
    check: Callable[[Case], float]
    kinds: tuple[str, ...] = BOTH
    within: float = SAME
    pareto: bool = False
    misprint: bool = False


def gap(one: object, other: object) -> float:
    """Return the largest relative distance, over what is not infinite on both sides."""
    a, b = np.broadcast_arrays(np.asarray(one, dtype=float), np.asarray(other, dtype=float))
    same = (a == b) | (np.isinf(a) & np.isinf(b))
    with np.errstate(all="ignore"):
        apart = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)
    return float(np.max(np.where(same, 0.0, apart)))


def slope_gap(one: object, other: object) -> float:
    """Return the largest distance of elasticities, relative to the largest of them."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    finite = np.isfinite(a) & np.isfinite(b)
    return float(np.max(np.abs(a - b)[finite]) / max(1e-3, float(np.max(np.abs(b[finite])))))


# --- what the equations speak of, from the solution by primitives


def fixed(x: Solution) -> np.ndarray:
    """Return fixed costs (country, mode)."""
    return np.stack([x.world.f_D, x.world.f_DM, x.world.f_X, x.world.f_XM], axis=1)


def F(x: Solution) -> np.ndarray:
    """Return F(phi_c) by integration above the cutoffs (country, mode)."""
    s = x.world.sigma - 1.0
    V = np.array([[x.V(float(a)) for a in row] for row in x.cutoffs])
    with np.errstate(all="ignore"):
        return np.where(V > 0.0, fixed(x) * x.cutoffs**-s * V, 0.0)


def gamma(x: Solution) -> np.ndarray:
    """Return -d ln V/d ln phi at the cutoffs: a^s times the density of ln phi, over V (country, mode)."""
    from phistar.replicate.ara2026.independent import density

    s = x.world.sigma - 1.0
    finite = np.where(np.isfinite(x.cutoffs), x.cutoffs, 1.0)
    V = np.array([[x.V(float(a)) for a in row] for row in finite])
    return np.asarray(density(x.world.table, np.log(finite)) * finite**s / V)


def alpha_X(x: Solution) -> np.ndarray:
    """Return R_D/R_X."""
    return np.asarray(x.R_D / x.R_X)


def alpha_M(x: Solution) -> np.ndarray:
    """Return E_D/E_M."""
    return np.asarray(x.E_D / x.E_M)


def theta(x: Solution) -> np.ndarray:
    """Return (1 + alpha_M)/(1 + alpha_X)."""
    return (1.0 + alpha_M(x)) / (1.0 + alpha_X(x))


def _rho(case: Case) -> float:
    return local.rho_of(case.sigma)


# --- section 2


def _bundle(case: Case) -> float:
    """Hold c_i against the least cost of a unit of the bundle, over a fine search of the two inputs."""
    from scipy.optimize import minimize_scalar

    x, rho = case.found, _rho(case)
    apart = []
    for i in (0, 1):
        own, bought = x.w[i], x.world.tau_M[i] * x.w[1 - i]

        def _cost(share: float, own: float = own, bought: float = bought) -> float:
            return float(own * share ** (1.0 / rho) + bought * (1.0 - share) ** (1.0 / rho))

        least = minimize_scalar(_cost, bounds=(1e-9, 1.0 - 1e-9), method="bounded", options={"xatol": 1e-10}).fun
        s = case.sigma - 1.0
        apart.append(gap(least, (own**-s + bought**-s) ** (-1.0 / s)))
    return max(apart)


def _share(case: Case) -> float:
    """Hold s_i against spending of firms that import: what a small rise of w_i adds to unit cost."""
    x, s = case.found, case.sigma - 1.0
    apart = []
    for i in (0, 1):
        own, bought, h = x.w[i], x.world.tau_M[i] * x.w[1 - i], 1e-5
        up, down = ((np.exp(d) * own) ** -s + bought**-s for d in (h, -h))
        apart.append(gap(-np.log(up / down) / s / (2.0 * h), 1.0 / (1.0 + (own / bought) ** s)))
    return max(apart)


def _profits(case: Case, *, inverse: bool) -> float:
    """Hold profits of an importing firm in 2.2 against price less cost at the best price, found by search."""
    from scipy.optimize import minimize_scalar

    x, s = case.found, case.sigma - 1.0
    i, phi = 0, 2.0 * float(case.found.cutoffs[0, 1])
    bought = x.world.tau_M[i] * x.w[1 - i]
    share = 1.0 / (1.0 + (x.w[i] / bought) ** s)
    cost = (x.w[i] ** -s + bought**-s) ** (-1.0 / s) / phi
    earned = minimize_scalar(lambda p: -(np.exp(p) * cost - cost) * x.demand[i] * (np.exp(p) * cost) ** -case.sigma,
                             bounds=(1e-6, 5.0), method="bounded", options={"xatol": 1e-10}).fun  # fmt: skip
    return gap(-earned, x.B[i] * (1.0 / share if inverse else share) * x.w[i] ** -s * phi**s)


def _cutoffs(case: Case, columns: tuple[int, ...], *, importer_wage: bool = False) -> float:
    x, s = case.found, case.sigma - 1.0
    w, B = x.w, x.B
    shipped = w[::-1] if importer_wage else w
    right = np.stack([
        fixed(x)[:, 0] * w**case.sigma / B,
        fixed(x)[:, 1] * w * (x.world.tau_M * w[::-1]) ** s / B,
        fixed(x)[:, 2] * w * (x.world.tau_X * shipped) ** s / B[::-1],
        fixed(x)[:, 3] * w * (x.world.tau_X * x.world.tau_M * w[::-1]) ** s / B[::-1],
    ], axis=1) ** (1.0 / s)  # fmt: skip
    return max(gap(x.cutoffs[:, c], right[:, c]) for c in columns)


def _J(x: Solution) -> np.ndarray:
    s = x.world.sigma - 1.0
    return np.array([[x.V(float(a)) * a**-s - x.V(float(a), 0.0) if np.isfinite(a) else 0.0 for a in row]
                     for row in x.cutoffs])  # fmt: skip


def _free_entry(case: Case) -> float:
    return gap(np.sum(fixed(case.found) * _J(case.found), axis=1), case.found.world.f_E)


def _labour_uses(case: Case) -> float:
    x = case.found
    return gap(x.world.L, (x.R - x.E_D - x.E_M) / x.w + (x.E_D + x.E_M[::-1]) / x.w)


def _balance(case: Case) -> float:
    x = case.found
    return float(abs((x.R_X - x.E_M)[0] - (x.R_X - x.E_M)[1]) / np.max(x.R_X + x.E_M))


def _income(case: Case) -> float:
    x = case.found
    return gap(x.w * x.world.L, x.R_D + x.R_X[::-1])


def _labour_3(case: Case) -> float:
    x = case.found
    a = alpha_X(x)
    home = np.where(np.isinf(a), 1.0, a / (1.0 + a))
    return gap(x.w * x.world.L, home * x.R + x.R[::-1] / (1.0 + a[::-1]))


def _balance_4(case: Case) -> float:
    x = case.found
    side = (1.0 / (1.0 + alpha_X(x)) - _rho(case) / (1.0 + alpha_M(x))) * x.R
    return float(abs(side[0] - side[1]) / np.max(x.R_X + x.E_M))


def _welfare(case: Case) -> float:
    x = case.found
    right = _rho(case) * (x.world.L / (case.sigma * x.world.f_D)) ** (1.0 / (case.sigma - 1.0)) * x.cutoffs[:, 0]
    return gap(x.welfare, right)


def _revenues(case: Case) -> float:
    x, f = case.found, F(case.found)
    scale = case.sigma * x.entrants * x.w
    return max(gap(x.R_D, scale * (f[:, 0] + f[:, 1])), gap(x.R_X, scale * (f[:, 2] + f[:, 3])))


def _spending(case: Case) -> float:
    x, f = case.found, F(case.found)
    scale = (case.sigma - 1.0) * x.entrants * x.w
    return max(gap(x.E_D, scale * (f[:, 0] + f[:, 2])), gap(x.E_M, scale * (f[:, 1] + f[:, 3])))


def _printed_spending(case: Case) -> float:
    """Integrate E_D and E_M of A.1.2 as printed: tau_X on all that exporters sell, no shares s_i."""
    x, s = case.found, case.sigma - 1.0
    apart = []
    for i in (0, 1):
        D, DM, X, XM = (float(c) for c in x.cutoffs[i])
        both = (x.w[i] ** -s + (x.world.tau_M[i] * x.w[1 - i]) ** -s) ** (-1.0 / s)

        def _spent(start: float, end: float, cost: float, exports: bool, i: int = i) -> float:
            if not start < end:
                return 0.0
            tail = x.V(start) - (x.V(end) if np.isfinite(end) else 0.0)
            sold = x.demand[i] * (case.sigma / s * cost) ** -case.sigma
            if exports:
                tau = x.world.tau_X[i]
                sold = tau * (sold + x.demand[1 - i] * (case.sigma / s * tau * cost) ** -case.sigma)
            return float(cost * sold * tail)

        own = _spent(D, X, x.w[i], False) + _spent(X, np.inf, x.w[i], True)
        bought = _spent(DM, XM, both, False) + _spent(XM, np.inf, both, True)
        apart += [gap(x.E_D[i], x.entrants[i] * own), gap(x.E_M[i], x.entrants[i] * bought)]
    return max(apart)


def _markup(case: Case) -> float:
    x = case.found
    return gap(x.R / (x.E_D + x.E_M), 1.0 / _rho(case))


def _alphas(case: Case) -> float:
    x, f = case.found, F(case.found)
    with np.errstate(all="ignore"):
        right = (f[:, 0] + f[:, 1]) / (f[:, 2] + f[:, 3]), (f[:, 0] + f[:, 2]) / (f[:, 1] + f[:, 3])
        return max(gap(alpha_X(x), right[0]), gap(alpha_M(x), right[1]))


def _entrants_from_entry(case: Case) -> float:
    """Free entry holds at any mass of entrants: double it and nothing in (2) moves; revenue pins it."""
    x = case.found
    return gap(x.entrants, x.R / (case.sigma * x.w * F(x).sum(axis=1)))


def _sorted(case: Case) -> float:
    """Return the share of steps up in productivity at which the best mode falls from importing, or from selling."""
    x, phi = case.found, np.geomspace(0.2, 50.0, 2001)
    falls = []
    for i in (0, 1):
        for home in (True, False):
            if home or np.isfinite(x.world.tau_X[i]):
                best = x.world.best_modes(i, home, x.w, float(x.demand[i if home else 1 - i]), phi)
                falls.append(np.mean(np.diff(best) < 0))
    return float(max(falls))


def _J_prime(case: Case) -> float:
    """Hold J'(a) a = -(sigma - 1) a^(1-sigma) V(a) against a difference quotient of the integral that defines J."""
    x, s = case.found, case.sigma - 1.0

    def _J(a: float) -> float:
        from phistar.replicate.ara2026.independent import density, ends

        low, high = ends(x.world.table, s, float(np.log(a)))
        place, weight = nodes(low, high)
        return float(np.sum(weight * density(x.world.table, place) * ((np.exp(place) / a) ** s - 1.0)))

    a, h = 1.5 * float(x.cutoffs[0, 0]), 1e-5
    return gap((_J(a * np.exp(h)) - _J(a * np.exp(-h))) / (2.0 * h), -s * a**-s * x.V(a))


SECTION_2 = (
    Equation("2.1", "c_i = [w_i^(1−σ) + (τ_M w_j)^(1−σ)]^(1/(1−σ))", _bundle),
    Equation("2.1 (s)", "s_i = 1/(1 + (w_i/(τ_M w_j))^(σ−1))", _share, within=1e-8),
    Equation("2.2", "π_Di = B_i s_i w_i^(1−σ) φ^(σ−1) − ...", lambda c: _profits(c, inverse=False), misprint=True),
    Equation("2.2 corrected", "π_Di = (B_i/s_i) w_i^(1−σ) φ^(σ−1) − ...", lambda c: _profits(c, inverse=True)),
    Equation("2.2 selection", "more productive firms are more likely to import", _sorted, ANY),
    Equation("(1)", "φ_D, φ_DM and φ_XM", lambda c: _cutoffs(c, (0, 1, 3))),
    Equation("(1) φ_X", "φ_Xi = (f_X/B_j w_i (τ_X w_j)^(σ−1))^(1/(σ−1))",
             lambda c: _cutoffs(c, (2,), importer_wage=True), ("unequal",), misprint=True),
    Equation("(1) φ_X corrected", "φ_Xi = (f_X/B_j w_i (τ_X w_i)^(σ−1))^(1/(σ−1))", lambda c: _cutoffs(c, (2,))),
    Equation("(2)", "f_D J(φ_D) + f_DM J(φ_DM) + f_X J(φ_X) + f_XM J(φ_XM) = f_E", _free_entry, ANY),
    Equation("2.3 labour", "L_i = (R_i − E_i)/w_i + (E_Di + E_Mj)/w_i", _labour_uses, ANY),
    Equation("2.3 trade", "R_Xi − R_Xj = E_Mi − E_Mj", _balance, ANY),
    Equation("2.3 income", "Y_i = R_Di + R_Xj = w_i L_i", _income, ANY),
    Equation("(3)", "w_i L_i = α_Xi/(1+α_Xi) R_i + 1/(1+α_Xj) R_j", _labour_3),
    Equation("(4)", "[1/(1+α_Xi) − ρ/(1+α_Mi)] R_i equal in i and j", _balance_4),
    Equation("(5)", "W_i = ρ (L_i/(σ f_D))^(1/(σ−1)) φ_Di", _welfare, ANY),
    Equation("(A.1)", "R_D = M_E σ w [F(φ_D) + F(φ_DM)], R_X alike", _revenues, ANY),
    Equation("A.1.2 integrals", "E_D, E_M: τ_X (y_D + y_X) in the integrals, no s_i", _printed_spending,
             misprint=True),
    Equation("(A.2)", "E_D = M_E (σ−1) w [F(φ_D) + F(φ_X)], E_M alike", _spending, ANY),
    Equation("(A.3)", "R_i/E_i = 1/ρ", _markup, ANY),
    Equation("(A.4)", "α_X = (F_D+F_DM)/(F_X+F_XM), α_M = (F_D+F_X)/(F_DM+F_XM)", _alphas, ANY),
    Equation("A.1.2 entrants", "(printed: free entry pins the mass of entrants) M_E = R/(σ w Σ F)",
             _entrants_from_entry, ANY),
    Equation("A.2.1 J'", "J'(a) a = −(σ−1) a^(1−σ) V(a)", _J_prime, within=1e-7),
)  # fmt: skip
