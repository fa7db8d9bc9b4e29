"""The numbered equations (18) to (33) and those of the appendices, each against another way to compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.melitz_ottaviano2005.cases import Case, gap
from phistar.replicate.melitz_ottaviano2005.numbered import (
    Numbered,
    firm,
    free_entry,
    pareto_varieties,
    threshold,
    utility,
)

Array = Any


def partner(x: Array) -> Array:
    """Exchange two countries."""
    return x[::-1]


def into(matrix: np.ndarray) -> np.ndarray:
    """Return what holds for imports into each of two countries: the paper's tau^l and rho^l."""
    return np.array([matrix[1, 0], matrix[0, 1]])


def abroad(matrix: np.ndarray) -> np.ndarray:
    """Return what holds for exports from each of two countries: the paper's c_X^l."""
    return np.array([matrix[0, 1], matrix[1, 0]])


def wants(c: Case, P: Array) -> Array:
    """Return (alpha - c_D)/c_D^(k+1), of which sellers are a multiple."""
    return (c.world.alpha - P) / P ** (c.k + 1.0)


def scale(c: Case) -> float:
    """Return 2(k+1) gamma/eta."""
    return 2.0 * (c.k + 1.0) * c.world.gamma / c.world.eta


def cutoffs(c: Case) -> float:
    """Compare (19) with the costs at which best sales fall to zero: p_max at home, p_max/tau abroad."""
    return gap(c.found.P[None, :] / c.world.tau, c.cutoff)


def entry_pareto(c: Case, gamma: float | None = None) -> float:
    """Compare the left side of (22), at cutoffs where best sales fall to zero, with gamma phi."""
    L, k, tau = c.world.L, c.k, into(c.world.tau)
    left = L * c.c_D ** (k + 2.0) + partner(L * tau**2) * abroad(c.cutoff) ** (k + 2.0)
    return gap(left, np.full(2, (c.world.gamma if gamma is None else gamma) * c.phi))


def two_cutoffs(c: Case, gamma: float | None = None) -> float:
    """Compare (23) with the cutoffs at which summed profits pay for entry."""
    rho = into(c.rho)
    technology = (c.world.gamma if gamma is None else gamma) * c.phi
    stated = technology / c.world.L * (1.0 - partner(rho)) / (1.0 - rho * partner(rho))
    return gap(stated ** (1.0 / (c.k + 2.0)), c.c_D)


def two_entrants(c: Case) -> float:
    """Compare both forms of (26) with the entrants whose sales meet demand."""
    rho, P, k = into(c.rho), c.c_D, c.k
    first = c.c_M**k / (1.0 - np.prod(rho)) * (c.variety / P**k - rho * partner(c.variety / P**k))
    second = scale(c) * c.c_M**k / (1.0 - np.prod(rho)) * (wants(c, P) - rho * partner(wants(c, P)))
    return max(gap(first, c.found.N), gap(second, c.found.N))


def short_sellers(c: Case) -> float:
    """Compare the first line of (27) for the first country with a count of its sellers."""
    return gap(scale(c) * (c.world.alpha - c.c_D[0]) / c.c_D[0], c.variety[0])


def short_sellers_abroad(c: Case) -> float:
    """Compare the second line of (27), from the first country's export cutoff, with a count in the second."""
    reached = c.world.tau[0, 1] * c.cutoff[0, 1]
    return gap(scale(c) * (c.world.alpha - reached) / reached, c.variety[1])


def short_two(c: Case) -> float:
    """Compare (28) for the first country with demand summed over incumbents."""
    P, k, firms = c.c_D[0], c.k, c.world.incumbents
    reached = firms[0] / c.c_M[0] ** k + c.rho[1, 0] * firms[1] / c.c_M[1] ** k
    return gap(reached / scale(c), (c.world.alpha - P) / P ** (k + 1.0))


def sellers_idle(c: Case) -> bool:
    """Tell whether some firms of both countries stay out of the first market."""
    return bool(c.cutoff[0, 0] < c.c_M[0] and c.cutoff[1, 0] < c.c_M[1])


def sellers_idle_abroad(c: Case) -> bool:
    """Tell whether some firms of both countries stay out of the second market."""
    return bool(c.cutoff[0, 1] < c.c_M[0] and c.cutoff[1, 1] < c.c_M[1])


def equal_cutoffs(c: Case) -> float:
    """Compare (29) with the cutoffs at which summed profits pay for entry."""
    stated = c.world.gamma * c.phi / (c.world.L * (1.0 + c.rho[0, 1]))
    return gap(stated ** (1.0 / (c.k + 2.0)), c.c_D)


def three_cutoffs(c: Case) -> float:
    """Compare (30) with the cutoffs at which summed profits pay for entry."""
    r = c.rho
    stated = []
    for i in range(3):
        h, t = (j for j in range(3) if j != i)
        below = 1.0 + 2.0 * r[i, h] * r[i, t] * r[h, t] - r[i, h] ** 2 - r[i, t] ** 2 - r[h, t] ** 2
        stated.append((1.0 - r[h, t]) * (1.0 + r[h, t] - r[i, h] - r[i, t]) / below)
    return gap((c.world.gamma * c.phi / c.world.L * np.array(stated)) ** (1.0 / (c.k + 2.0)), c.c_D)


def three_entrants(c: Case) -> float:
    """Compare sellers of page 22, summed from entrants by freeness, with a count of them."""
    return gap(c.rho.T @ c.found.N, c.variety * (c.c_M / c.c_D) ** c.k)


def deal_cutoffs(c: Case) -> float:
    """Compare (31) where all trade costs are equal, else (32) and (33), with the independent cutoffs."""
    inside, rho = c.rho[0, 1], c.rho[0, 2]
    below = 1.0 - 2.0 * rho**2 + inside
    members, third = (1.0 - rho) / below, ((1.0 - rho) + (inside - rho)) / below
    if inside == rho:
        members = third = 1.0 / (1.0 + 2.0 * rho)
    stated = c.world.gamma * c.phi / c.world.L * np.array([members, members, third])
    return gap(stated ** (1.0 / (c.k + 2.0)), c.c_D)


def deal_entrants(c: Case) -> float:
    """Compare page 23's entrants with those whose sales meet demand."""
    inside, rho, A = c.rho[0, 1], c.rho[0, 2], wants(c, c.c_D)
    members, third = A[0] - rho * A[2], (1.0 + inside) * A[2] - 2.0 * rho * A[0]
    common = scale(c) * c.c_M**c.k / (1.0 - 2.0 * rho**2 + inside)
    return gap(common * np.array([members, members, third]), c.found.N)


def short_three(c: Case) -> float:
    """Compare the short run of page 23 with demand summed over incumbents; all three countries."""
    firms = c.world.incumbents / c.c_M**c.k
    return gap(c.rho.T @ firms / scale(c), wants(c, c.c_D))


def three_idle(c: Case) -> bool:
    """Tell whether some firms of every country stay out of every market."""
    return bool(np.all(c.cutoff < c.c_M[:, None]))


# --- appendices


def spreads(c: Case) -> float:
    """Compare appendix A's variances, multiples of that of costs (any G), with sums over firms."""
    L, gamma, v = c.world.L[0], c.world.gamma, c.variances("cost")[0]
    mass, columns = c.found.market(0)
    squares = columns["cost"] ** 2
    spread = np.sum(mass * (squares - np.sum(mass * squares) / np.sum(mass)) ** 2) / np.sum(mass)
    stated = {"price": v / 4.0, "markup": v / 4.0, "quantity": (L / gamma) ** 2 * v / 4.0,
              "revenue": (L / gamma) ** 2 * spread / 16.0}  # fmt: skip
    return max(gap(value, c.variances(name)[0]) for name, value in stated.items())


def spread_pareto(c: Case) -> float:
    """Compare the variance of costs under a Pareto with the sum over firms."""
    return gap(c.k / ((c.k + 1.0) ** 2 * (c.k + 2.0)) * c.c_D[0] ** 2, c.variances("cost")[0])


def many_entry(c: Case) -> float:
    """Compare appendix B's free entry with its right side."""
    k, P = c.k, c.found.P
    right = 2.0 * (k + 1.0) * (k + 2.0) * c.world.gamma * c.world.f_E * c.c_M**k
    return gap((c.rho @ (c.world.L * P ** (k + 2.0))) / right, np.ones(len(P)))


def cofactors(matrix: np.ndarray) -> np.ndarray:
    """Compute the matrix of cofactors, by striking out a row and a column."""
    n = len(matrix)
    return np.array([
        [(-1.0) ** (i + j) * np.linalg.det(np.delete(np.delete(matrix, i, 0), j, 1)) for j in range(n)]
        for i in range(n)
    ])  # fmt: skip


def many_cutoffs(c: Case, gamma: float | None = None) -> float:
    """Compare (B.1), by determinant and cofactors, with the thresholds at which summed profits pay for entry."""
    k, gamma = c.k, c.world.gamma if gamma is None else gamma
    hurdle = 2.0 * (k + 1.0) * (k + 2.0) * gamma * c.world.f_E * c.c_M**k
    stated = cofactors(c.rho).T @ hurdle / np.linalg.det(c.rho) / c.world.L
    return gap(stated ** (1.0 / (k + 2.0)), c.found.P)


def many_entrants(c: Case, gamma: float | None = None) -> float:
    """Compare (B.2), by determinant and cofactors, with the entrants whose sales meet demand."""
    factor = scale(c) * (1.0 if gamma is None else gamma / c.world.gamma) * c.c_M**c.k
    stated = factor * (cofactors(c.rho) @ wants(c, c.found.P)) / np.linalg.det(c.rho)
    return gap(stated, c.found.N)


def home_producers(c: Case) -> float:
    """Compare 'N_E G(c_D) survive and produce for the local market' with a count, c_D being the threshold of (B.1)."""
    home = np.array([c.found.N[i] * c.found.share_selling(i, i) for i in range(len(c.world.L))])
    return gap(c.found.N * (c.found.P / c.c_M) ** c.k, home)


def gravity(c: Case, gamma: float | None = None) -> float:
    """Compare (C.1) with exporters' sales, summed."""
    w, k, gamma = c.world, c.k, c.world.gamma if gamma is None else gamma
    n = len(w.L)
    stated = (c.found.N * c.c_M**-k)[:, None] * (w.L * c.found.P ** (k + 2.0))[None, :] * c.rho
    summed = np.array([[c.found.flow(i, j) for j in range(n)] for i in range(n)])
    return gap(stated / (2.0 * gamma * (k + 2.0)) / summed, np.ones((n, n)))


def equal_entrants(c: Case) -> float:
    """Compare (E.1) with the entrants whose sales meet demand."""
    rho, sold = c.rho[0, 1], c.variety / c.c_D**c.k
    return gap(c.c_M**c.k / (1.0 - rho**2) * (sold - rho * partner(sold)), c.found.N)


def _producers(c: Case) -> np.ndarray:
    return np.array([c.found.N[i] * c.found.share_selling(i, i) for i in range(2)])


def producers(c: Case) -> float:
    """Compare (E.2) with a count of firms that sell at home."""
    return gap((c.c_D / c.c_M) ** c.k * c.found.N, _producers(c))


def producers_by_sellers(c: Case) -> float:
    """Compare (E.3) with a count of firms that sell at home."""
    rho, N = c.rho[0, 1], c.variety
    return gap((N - rho * partner(N) * (c.c_D / partner(c.c_D)) ** c.k) / (1.0 - rho**2), _producers(c))


def differences(c: Case) -> float:
    """Compare the differences between both countries that appendix E.5 to E.8 writes out with counts."""
    w, k, rho, L, P, N = c.world, c.k, c.rho[0, 1], c.world.L, c.c_D, c.variety
    root, factor = 1.0 / (k + 2.0), 2.0 * (k + 1.0) * w.gamma / w.eta
    gap_D = (w.gamma * c.phi / (1.0 + rho)) ** root * (L[1] ** -root - L[0] ** -root)
    gap_N = factor * w.alpha * ((1.0 + rho) / (w.gamma * c.phi)) ** root * (L[0] ** root - L[1] ** root)
    gap_E = factor * c.c_M[0] ** k / (1.0 - rho) * (wants(c, P)[0] - wants(c, P)[1])
    ratio = (L[0] / L[1]) ** (k * root)
    gap_P = (N[0] * (1.0 + rho * ratio) - N[1] * (1.0 + rho / ratio)) / (1.0 - rho**2)
    counted = (P[1] - P[0], N[0] - N[1], c.found.N[0] - c.found.N[1], _producers(c)[0] - _producers(c)[1])
    return max(gap(a, b) for a, b in zip((gap_D, gap_N, gap_E, gap_P), counted, strict=True))


def _free_home(c: Case) -> bool:
    return bool(np.all(np.diagonal(c.world.tau) == 1.0))


TWO, OPEN, EQUAL = ("two",), ("two", "two, other"), ("equal",)
OPEN_ECONOMY = (
    Numbered("(18)", "p_max^l = (γα + ηN^l p̄^l)/(ηN^l+γ)", "marginal utility of a variety nobody buys",
             OPEN, threshold),
    Numbered("(19)", "c_D^l = p_max^l, c_X^l = p_max^h/τ^h", "the costs at which best sales fall to zero, by halving",
             OPEN, cutoffs),
    Numbered("(20)", "p_X = τ/2 (c_X + c), also p_D", "the prices at the sales that earn most", OPEN, firm("price")),
    Numbered("(20)", "q_X = L/(2γ) τ (c_X − c), also q_D", "the sales that earn most", OPEN, firm("quantity")),
    Numbered("(21)", "π_X = L/(4γ) τ² (c_X − c)², also π_D", "the greatest profits", OPEN, firm("profit")),
    Numbered("§3.1", "∫π_D dG + ∫π_X dG = f_E", "f_E where summed greatest profits pay for it", OPEN, free_entry),
    Numbered("(22)", "L^l c_D^(k+2) + L^h (τ^h)² c_X^(k+2) = γφ", "left: cutoffs where best sales fall to zero",
             TWO, entry_pareto),
    Numbered("(23)", "c_D^l = [γφ/L^l (1−ρ^h)/(1−ρ^lρ^h)]^(1/(k+2))", "cutoffs where summed profits pay for entry",
             TWO, two_cutoffs),
    Numbered("(24)", "N^l = 2(k+1)γ/η (α − c_D^l)/c_D^l", "a count of the firms that sell", TWO, pareto_varieties),
    Numbered("(25)", "U^l = 1 + (α−c_D)(α − (k+1)/(k+2) c_D)/(2η)", "(1) at what is bought", TWO, utility),
    Numbered("(26)", "N_E^l, both forms", "the entrants whose sales meet demand", TWO, two_entrants),
    Numbered("(27)", "N^l = 2(k+1)γ/η (α − c_D^l)/c_D^l", "a count of the firms that sell, given incumbents",
             ("short two",), short_sellers, sellers_idle, "c_D^l < c_M^l and c_X^h < c_M^h (printed: the first alone)"),
    Numbered("(27)", "N^h = 2(k+1)γ/η (α − τ^h c_X^l)/(τ^h c_X^l)", "a count of the firms that sell, given incumbents",
             ("short two",), short_sellers_abroad, sellers_idle_abroad,
             "c_X^l < c_M^l and c_D^h < c_M^h (printed: the first alone)"),
    Numbered("(28)", "(α−c_D)/c_D^(k+1) = η/(2(k+1)γ) [N̄^l/c_M^l^k + ρ^l N̄^h/c_M^h^k]",
             "demand summed over incumbents", ("short two",), short_two, sellers_idle,
             "c_D^l < c_M^l and c_X^h < c_M^h (printed: c_X^l < c_M^l)"),
    Numbered("(29)", "c_D^l = [γφ/(L^l(1+ρ))]^(1/(k+2))", "cutoffs where summed profits pay for entry",
             EQUAL, equal_cutoffs),
    Numbered("(30)", "c_D^l of three countries", "cutoffs where summed profits pay for entry", ("pairs",),
        three_cutoffs),
    Numbered("p. 22", "N_E^l + ρ^lh N_E^h + ρ^lt N_E^t = N^l (c_M/c_D^l)^k", "a count of the firms that sell",
             ("pairs",), three_entrants),
    Numbered("(31)", "c_D = [γφ/(L(1+2ρ))]^(1/(k+2))", "cutoffs where summed profits pay for entry", ("alike",),
             deal_cutoffs),
    Numbered("(32), (33)", "c_D of members and of the third country", "cutoffs where summed profits pay for entry",
             ("deal",), deal_cutoffs),
    Numbered("p. 23", "N_E of members and of the third country", "the entrants whose sales meet demand", ("deal",),
             deal_entrants),
    Numbered("p. 23", "the short run of three countries", "demand summed over incumbents",
             ("short three",), short_three, three_idle, "every cutoff < its c_M"),
)  # fmt: skip
APPENDICES = (
    Numbered("A", "σ_p² = σ_μ² = σ_c²/4, σ_q² = L²σ_c²/(4γ²), σ_r² = L²σ²_{c²}/(16γ²)", "sums over firms, any G",
             ("closed", "closed, other"), spreads),
    Numbered("A", "σ_c² = k/((k+1)²(k+2)) c_D²", "the sum over firms", ("closed",), spread_pareto),
    Numbered("B", "Σ_h ρ^lh L^h (c_D^h)^(k+2) = 2(k+1)(k+2)γ f_E/ψ^l", "thresholds where summed profits pay",
             ("many",), many_entry),
    Numbered("(B.1)", "c_D^l by determinant and cofactors", "thresholds where summed profits pay for entry", ("many",),
             many_cutoffs),
    Numbered("(B.2)", "N_E^l by determinant and cofactors", "the entrants whose sales meet demand", ("many",),
             many_entrants),
    Numbered("B", "N_E^l G(c_D^l) produce for the local market", "a count of home sellers", ("many",), home_producers,
             _free_home, "ρ^ll = 1 in every country"),
    Numbered("(C.1)", "EXP^lh = N_E^l ψ^l L^h (c_D^h)^(k+2) ρ^lh/(2γ(k+2))", "exporters' sales, summed",
             ("two", "many"), gravity),
    Numbered("(E.1)", "N_E^l = c_M^k/(1−ρ²) [N^l/c_D^l^k − ρ N^h/c_D^h^k]", "the entrants whose sales meet demand",
             EQUAL, equal_entrants),
    Numbered("(E.2)", "N_D^l = (c_D^l/c_M)^k N_E^l", "a count of home sellers", EQUAL, producers),
    Numbered("(E.3)", "N_D^l = [N^l − ρN^h (c_D^l/c_D^h)^k]/(1−ρ²)", "a count of home sellers", EQUAL,
             producers_by_sellers),
    Numbered("E.5-E.8", "the differences c_D^h − c_D^l, N^l − N^h, N_E^l − N_E^h, N_D^l − N_D^h written out",
             "differences of counts", EQUAL, differences),
)  # fmt: skip
#: By what the sheet reads as printed: without gamma.
WITHOUT_GAMMA = {
    "(22)": (TWO, lambda c: entry_pareto(c, 1.0)),
    "(23)": (TWO, lambda c: two_cutoffs(c, 1.0)),
    "(B.1)": (("many",), lambda c: many_cutoffs(c, 1.0)),
    "(B.2)": (("many",), lambda c: many_entrants(c, 1.0)),
    "(C.1)": (("many",), lambda c: gravity(c, 1.0)),
}
