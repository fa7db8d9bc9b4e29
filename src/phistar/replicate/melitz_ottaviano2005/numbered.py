"""The numbered equations (1) to (17), each against another way to compute the same thing: the closed economy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phistar.replicate.melitz_ottaviano2005.cases import Case, gap
from phistar.replicate.melitz_ottaviano2005.independent import draws

#: Bundles tried against the one bought.
_TRIED = 40


@dataclass(frozen=True)
class Numbered:
    """A displayed equation and how it is tested.

    Attributes
    ----------
    number : str
        As printed, or where it stands.
    formula : str
    against : str
        What it is held against.
    samples : tuple of str
        Cases it is tested on.
    check : callable
        The gap between both, of one case; not a number where the case says nothing.
    condition : callable, optional
        Whether a case satisfies the condition `where`, from its parameters and cutoffs.
    where : str
    """

    number: str
    formula: str
    against: str
    samples: tuple[str, ...]
    check: Callable[[Case], float]
    condition: Callable[[Case], bool] | None = None
    where: str = ""


ANY = ("closed", "closed, other", "two", "two, other", "short two")
FEW = ("closed", "closed, other", "two")
CLOSED = ("closed", "closed, other")
PARETO = ("closed",)


def bundles(c: Case) -> float:
    """Compare utility with that of other bundles: random ones around the one bought, which spend what is left."""
    rng, worst = np.random.default_rng(1), 0.0
    for j in range(len(c.world.L)):
        bought = c.found.market(j)[1]["quantity"] / c.world.L[j]
        tried = bought * rng.lognormal(0.0, 0.3, (_TRIED, len(bought)))
        best = float(c.found.utility(j, 1.0))
        worst = max(worst, float(np.max(c.found.utility(j, 1.0, tried))) / best - 1.0)
    return max(worst, 0.0)


def marginal_utility(c: Case) -> float:
    """Compare prices with marginal utilities, by central differences of (1): it is quadratic, so they are exact."""
    worst = 0.0
    for j in range(len(c.world.L)):
        mass, columns = c.found.market(j)
        bought = columns["quantity"] / c.world.L[j]
        seen = np.argsort(mass)[-12:]  # a variety for which hardly any firm stands has no difference to take
        step = np.zeros((len(seen), len(bought)))
        step[np.arange(len(seen)), seen] = np.max(bought)
        slope = (c.found.utility(j, 1.0, bought + step) - c.found.utility(j, 1.0, bought - step)) / (2 * np.max(bought))
        worst = max(worst, gap(slope / mass[seen] + columns["price"][seen], columns["price"][seen]))
    return worst


def demand(c: Case) -> float:
    """Compare (3) with the consumer's first-order conditions, solved as a linear system at given prices."""
    w, worst = c.world, 0.0
    for j in range(len(w.L)):
        mass, columns = c.found.market(j)
        p, N, mean = columns["price"], c.found.variety(j), c.found.mean(j, "price")
        solved = np.linalg.solve(w.gamma * np.eye(len(p)) + w.eta * mass[None, :], w.alpha - p)
        crowd = w.eta * N + w.gamma
        stated = w.alpha * w.L[j] / crowd - w.L[j] / w.gamma * p + w.eta * N / crowd * w.L[j] / w.gamma * mean
        worst = max(worst, gap(stated, w.L[j] * solved))
    return worst


def threshold(c: Case) -> float:
    """Compare (4) and (18) with the marginal utility of a variety that nobody buys."""
    w, N, p = c.world, c.variety, c.means("price")
    return gap((w.gamma * w.alpha + w.eta * N * p) / (w.eta * N + w.gamma), c.found.P)


def indirect_utility(c: Case) -> float:
    """Compare (5) with (1) at what is bought."""
    w, N, p, spread = c.world, c.variety, c.means("price"), c.variances("price")
    stated = 1.0 + 0.5 * (w.alpha - p) ** 2 / (w.eta + w.gamma / N) + 0.5 * N / w.gamma * spread
    return gap(stated, c.utilities())


def firm(name: str) -> Callable[[Case], float]:
    """Compare what (6) to (11), (20) and (21) say of each firm with what earns it most."""

    def _check(c: Case) -> float:
        w, worst = c.world, 0.0
        for i, row in enumerate(c.found.sellers):
            for j, s in enumerate(row):
                if len(s.cost) and np.any(s.weight > 0.0):
                    worst = max(worst, _firm_gap(c, name, i, j, float(w.tau[i, j])))
        return worst

    return _check


def _firm_gap(c: Case, name: str, i: int, j: int, tau: float) -> float:
    s, L, gamma = c.found.sellers[i][j], c.world.L[j], c.world.gamma
    x, cost = c.cutoff[i, j], s.cost
    stated = {
        "optimum": L / gamma * (s.price - s.delivered),
        "price": tau / 2.0 * (x + cost),
        "markup": tau / 2.0 * (x - cost),
        "quantity": L / (2.0 * gamma) * tau * (x - cost),
        "revenue": L / (4.0 * gamma) * tau**2 * (x**2 - cost**2),
        "profit": L / (4.0 * gamma) * tau**2 * (x - cost) ** 2,
    }
    return gap(stated[name], s.columns["quantity" if name == "optimum" else name])


def free_entry(c: Case) -> float:
    """Compare the integral of (12), of profits by its formula up to the cutoff, with f_E."""
    w, expected = c.world, np.zeros(len(c.world.L))
    for i, j in np.ndindex(*w.tau.shape):
        cost, weight = draws(w.tables[i], float(c.cutoff[i, j]))
        profit = w.L[j] / (4.0 * w.gamma) * w.tau[i, j] ** 2 * (c.cutoff[i, j] - cost) ** 2
        expected[i] += np.sum(weight * profit)
    return gap(expected, w.f_E)


def varieties(c: Case) -> float:
    """Compare (13) with a count of the firms that sell."""
    w, cost = c.world, c.means("cost")
    return gap(2.0 * w.gamma / w.eta * (w.alpha - c.c_D) / (c.c_D - cost), c.variety)


def pareto_shares(c: Case) -> float:
    """Compare (14), truncated or not, with the density summed up to a cost."""
    table, top = c.world.tables[0], float(c.c_D[0])
    places = np.array([0.1, 0.4, 0.8])
    summed = np.array([np.sum(draws(table, x * top)[1]) for x in places])
    whole = np.sum(draws(table, top)[1])
    stated = np.concatenate([(places * top / c.c_M[0]) ** c.k, places**c.k])
    return gap(stated, np.concatenate([summed, summed / whole]))


def pareto_cutoff(c: Case) -> float:
    """Compare (15) with the cutoff at which summed profits pay for entry."""
    w, k = c.world, c.k
    stated = (2.0 * (k + 1.0) * (k + 2.0) * w.gamma * c.c_M[0] ** k * w.f_E[0] / w.L[0]) ** (1.0 / (k + 2.0))
    return gap(stated, c.c_D[0])


def pareto_varieties(c: Case) -> float:
    """Compare (16) and (24) with a count of the firms that sell."""
    w = c.world
    return gap(2.0 * (c.k + 1.0) * w.gamma / w.eta * (w.alpha - c.c_D) / c.c_D, c.variety)


def averages(c: Case) -> float:
    """Compare the six averages of page 9 with sums over firms."""
    w, k, P, f_E = c.world, c.k, float(c.c_D[0]), c.world.f_E[0]
    ratio = c.c_M[0] ** k / P**k
    L, gamma = w.L[0], w.gamma
    both = {
        "cost": (k / (k + 1.0) * P, k / (k + 1.0) * P),
        "price": ((2.0 * k + 1.0) / (2.0 * k + 2.0) * P,) * 2,
        "markup": (0.5 / (k + 1.0) * P,) * 2,
        "quantity": (0.5 * L / gamma / (k + 1.0) * P, (k + 2.0) * ratio / P * f_E),
        "revenue": (0.5 * L / gamma / (k + 2.0) * P**2, (k + 1.0) * ratio * f_E),
        "profit": (f_E * ratio,) * 2,
    }
    return max(gap(stated, c.means(name)[0]) for name, forms in both.items() for stated in forms)


def mean_productivity(c: Case) -> float:
    """Compare averages of 1/c, plain and weighted by output and by revenue, with multiples of 1/c_D."""
    (s,), k = c.found.sellers[0], c.k
    if k <= 1.0:
        return np.inf  # int c^(k-2) dc diverges at zero
    weights = (s.weight, s.weight * s.quantity, s.weight * s.columns["revenue"])
    summed = [np.sum(weight / s.cost) / np.sum(weight) for weight in weights]
    stated = np.array([k, k + 1.0, k * (k + 2.0) / (k + 1.0)]) / (k - 1.0) / c.c_D[0]
    return gap(stated, summed)


def utility(c: Case) -> float:
    """Compare (17) and (25) with (1) at what is bought."""
    w, P = c.world, c.c_D
    stated = 1.0 + (w.alpha - P) / (2.0 * w.eta) * (w.alpha - (c.k + 1.0) / (c.k + 2.0) * P)
    return gap(stated, c.utilities())


def spending(c: Case) -> float:
    """Compare footnote 7's spending per head with the sum of prices times quantities."""
    w, P, k = c.world, c.c_D, c.k
    bought = c.variety * c.means("revenue") / w.L
    return gap((w.alpha - P) * P * (k + 1.0) / (w.eta * (k + 2.0)), bought)


def short_cutoff(c: Case) -> float:
    """Compare the short run's closed form with demand summed over incumbents."""
    w, k, P = c.world, c.k, c.c_D[0]
    return gap(2.0 * (k + 1.0) * w.gamma / w.eta * c.c_M[0] ** k / w.incumbents[0], P ** (k + 1.0) / (w.alpha - P))


def _some_idle(c: Case) -> bool:
    return bool(c.c_D[0] < c.c_M[0])


CLOSED_ECONOMY = (
    Numbered("(1)", "U = q_0 + α∫q − γ/2 ∫q² − η/2 (∫q)²", f"{_TRIED} random bundles of the same cost: none is "
             "better than the one bought", ANY, bundles),
    Numbered("(2)", "p = α − γq − ηQ", "marginal utility, by differences of (1)", ANY, marginal_utility),
    Numbered("(3)", "q = αL/(ηN+γ) − L/γ p + ηN/(ηN+γ) L/γ p̄", "first-order conditions of all varieties, solved as "
             "a linear system", FEW, demand),
    Numbered("(4)", "p_max = (γα + ηN p̄)/(ηN+γ)", "marginal utility of a variety nobody buys", ANY, threshold),
    Numbered("(5)", "U = I + (α−p̄)²/(2(η+γ/N)) + N σ_p²/(2γ)", "(1) at what is bought", ANY, indirect_utility),
    Numbered("(6)", "q(c) = L/γ [p(c) − c]", "the sales that earn most: top of the parabola of profits", ANY,
             firm("optimum")),
    Numbered("(7)", "p(c) = ½(c_D + c)", "the price at the sales that earn most", CLOSED, firm("price")),
    Numbered("(8)", "μ(c) = ½(c_D − c)", "that price less cost", CLOSED, firm("markup")),
    Numbered("(9)", "q(c) = L/(2γ) (c_D − c)", "the sales that earn most", CLOSED, firm("quantity")),
    Numbered("(10)", "r(c) = L/(4γ) (c_D² − c²)", "price times the sales that earn most", CLOSED, firm("revenue")),
    Numbered("(11)", "π(c) = L/(4γ) (c_D − c)²", "the greatest profit", CLOSED, firm("profit")),
    Numbered("(12)", "L/(4γ) ∫(c_D − c)² dG = f_E", "f_E where summed greatest profits pay for it", CLOSED, free_entry),
    Numbered("(13)", "N = 2γ/η (α − c_D)/(c_D − c̄)", "a count of the firms that sell, any G", CLOSED, varieties),
    Numbered("(14)", "G(c) = (c/c_M)^k, and (c/c_D)^k when truncated", "the density summed", PARETO, pareto_shares),
    Numbered("(15)", "c_D = [2(k+1)(k+2)γ c_M^k f_E/L]^(1/(k+2))", "the cutoff where summed profits pay for entry",
             PARETO, pareto_cutoff),
    Numbered("(16)", "N = 2(k+1)γ/η (α − c_D)/c_D", "a count of the firms that sell", PARETO, pareto_varieties),
    Numbered("p. 9", "c̄, p̄, μ̄, q̄, r̄, π̄: all ten forms", "sums over firms", PARETO, averages),
    Numbered("p. 9", "the average of 1/c, plain or weighted, is proportional to 1/c_D",
             "sums over firms", PARETO, mean_productivity,
             lambda c: c.k > 1.0, "k > 1 (at k = 1 it is infinite)"),
    Numbered("(17)", "U = 1 + (α−c_D)(α − (k+1)/(k+2) c_D)/(2η)", "(1) at what is bought", PARETO, utility),
    Numbered("n. 7", "spending per head: (α−c_D) c_D (k+1)/(η(k+2))", "prices times quantities, summed",
             PARETO, spending),
    Numbered("§2.5", "c_D^(k+1)/(α−c_D) = 2(k+1)γ c_M^k/(η N̄)", "demand summed over incumbents",
             ("short",), short_cutoff, _some_idle, "c_D < c_M"),
)  # fmt: skip
