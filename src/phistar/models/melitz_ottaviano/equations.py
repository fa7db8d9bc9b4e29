"""Melitz and Ottaviano (2008) with many countries: one function a displayed equation, in the paper's order.

Letters: i is the origin (axis 0), j the destination (axis 1); P_j the price threshold p_max of market j, which is
c_D where tau_jj = 1; x_ij = P_j / tau_ij the cost cutoff; N_i the firms of i that hold a cost draw. Of the
distribution G_i only m_p(x) = int ((x - c)^+)^p dG is needed: with u = P - tau c, a firm's price is P - u/2, its
markup u/2, its output L u / (2 gamma), its revenue L (2 P u - u^2) / (4 gamma), its profit L u^2 / (4 gamma).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.sources import equation
from phistar.models.melitz_ottaviano.draws import Draws, over_destinations, over_origins
from phistar.models.melitz_ottaviano.primitives import Primitives

PAPER = "melitz_ottaviano2005"
Array = Any  # a NumPy array or a Dual of the shape the docstring names


def draws(m: Primitives, threshold: Array, top: int = 2) -> Draws:
    """Compute what a draw can expect of every market, E[((P_j - tau_ij c)^+)^p] up to order `top` of at least 2.

    Notes
    -----
    Equations, outcomes and audit ask one after another at the same thresholds: the last draws are kept with the world.
    """
    kept: Draws | None = vars(m).get("_draws")
    if kept is None or len(kept.reach) <= top or not kept.at(threshold):
        x = cutoff(m, threshold)
        kept = vars(m)["_draws"] = Draws(threshold, x, tuple(m.cost.margins(x, m.finite_tau, top)))
    return kept


@equation(PAPER, "(4), (18)", r"P_j = \frac{\gamma\alpha + \eta N_j \bar p_j}{\gamma + \eta N_j}")
def price_threshold(m: Primitives, variety: Array, mean_price: Array) -> Array:
    """Compute the price at which demand is zero from the number of varieties and their mean price (destination)."""
    return (m.gamma * m.alpha + m.eta * variety * mean_price) / (m.gamma + m.eta * variety)


@equation(PAPER, "(5)", r"CS = \frac{(\alpha - \bar p)^2}{2(\eta + \gamma/N)} + \frac{N}{2\gamma}\sigma_p^2")
def consumer_surplus_of_prices(m: Primitives, variety: Array, mean_price: Array, variance: Array) -> Array:
    """Compute consumer surplus per head from the mean and variance of prices (destination)."""
    of_mean = 0.5 * variety * (m.alpha - mean_price) ** 2 / (m.eta * variety + m.gamma)
    return of_mean + 0.5 * variety * variance / m.gamma


@equation(PAPER, "(7), (20)", r"p_{ij}(c) = \tfrac12 (P_j + \tau_{ij} c)")
def price(m: Primitives, threshold: Array, cost: Array) -> Array:
    """Compute the delivered price of a firm of cost c (origin, destination, firm)."""
    return 0.5 * (threshold[None, :, None] + m.tau[:, :, None] * cost[:, None, :])


@equation(PAPER, "(8)", r"\mu_{ij}(c) = \tfrac12 (P_j - \tau_{ij} c)")
def markup(m: Primitives, threshold: Array, cost: Array) -> Array:
    """Compute the absolute markup over delivered cost, negative where the firm does not sell."""
    return 0.5 * (threshold[None, :, None] - m.tau[:, :, None] * cost[:, None, :])


@equation(PAPER, "(9), (20)", r"q_{ij}(c) = \frac{L_j}{2\gamma}(P_j - \tau_{ij} c)")
def quantity(m: Primitives, markups: Array) -> Array:
    """Compute what a firm sells, from its markup (origin, destination, firm)."""
    return m.L[None, :, None] / m.gamma * markups


@equation(PAPER, "(10)", r"r_{ij}(c) = p_{ij}(c)\, q_{ij}(c)")
def revenue(prices: Array, quantities: Array) -> Array:
    """Compute a firm's revenue in a market (origin, destination, firm)."""
    return prices * quantities


@equation(PAPER, "(11), (21)", r"\pi_{ij}(c) = \mu_{ij}(c)\, q_{ij}(c)")
def profit(markups: Array, quantities: Array) -> Array:
    """Compute a firm's profit in a market (origin, destination, firm)."""
    return markups * quantities


@equation(PAPER, "(12)", r"\sum_j \frac{L_j}{4\gamma} \tau_{ij}^2\, m_{2,i}(P_j/\tau_{ij})")
def expected_profit(m: Primitives, threshold: Array) -> Array:
    """Compute what a draw is expected to earn over all markets (origin)."""
    return over_destinations(m.L / (4.0 * m.gamma), draws(m, threshold).reach[2])


@equation(PAPER, "(12), (22)", r"\sum_j \frac{L_j}{4\gamma}\tau_{ij}^2 m_{2,i}(P_j/\tau_{ij}) \le f_{E,i}")
def free_entry(m: Primitives, threshold: Array) -> Array:
    """State free entry: expected profit less the cost of a draw, over that cost; zero where firms enter (origin)."""
    return expected_profit(m, threshold) / m.f_E - 1.0


@equation(PAPER, "(13), (24)", r"\gamma(\alpha - P_j) = \frac{\eta}{2}\sum_i N_i\,\tau_{ij}\,m_{1,i}(P_j/\tau_{ij})")
def market(m: Primitives, threshold: Array, entrants: Array) -> Array:
    """State demand: what the threshold leaves to be wanted is what sellers supply, over gamma alpha (destination)."""
    supplied = over_origins(entrants, draws(m, threshold).reach[1])
    return (0.5 * m.eta * supplied / m.gamma - (m.alpha - threshold)) / m.alpha


@equation(
    PAPER, "(17), (25)", r"CS_j = \frac{(\alpha - P_j)^2}{2\eta} + \frac{1}{8\gamma}\sum_i N_i\tau_{ij}^2 m_{2,i}"
)
def consumer_surplus(m: Primitives, threshold: Array, entrants: Array) -> Array:
    """Compute consumer surplus per head, for any distribution (destination)."""
    return surplus_of_threshold(m, threshold) + surplus_within_varieties(m, threshold, entrants)


def surplus_of_threshold(m: Primitives, threshold: Array) -> Array:
    """Compute the part of consumer surplus that the price threshold alone tells (destination)."""
    return (m.alpha - threshold) ** 2 / (2.0 * m.eta)


def surplus_within_varieties(m: Primitives, threshold: Array, entrants: Array) -> Array:
    """Compute the part of consumer surplus below each variety's own demand (destination)."""
    return over_origins(entrants, draws(m, threshold).reach[2]) / (8.0 * m.gamma)


@equation(PAPER, "(19)", r"x_{ij} = P_j / \tau_{ij}")
def cutoff(m: Primitives, threshold: Array) -> Array:
    """Compute the cost up to which a firm of i sells in j: zero across a closed border (origin, destination)."""
    ratio = threshold[None, :] / m.finite_tau
    return ratio if m.open.all() else np.where(m.open, ratio, 0.0)


@equation(PAPER, "(27)", r"N_j = \frac{2(k+1)\gamma}{\eta}\frac{\alpha - P_j}{P_j}")
def pareto_sellers(m: Primitives, k: Array, P: Array) -> Array:
    """Compute the number of sellers in a market under one Pareto shape, no support binding (destination)."""
    return 2.0 * (k + 1.0) * m.gamma / m.eta * (m.alpha - P) / P


@equation(
    PAPER, "(28)", r"\frac{\alpha-P_j}{P_j^{k+1}} = \frac{\eta}{2(k+1)\gamma}\sum_i \tau_{ij}^{-k} N_i c_{M,i}^{-k}"
)
def pareto_short_run(m: Primitives, freeness: Array, k: Array, c_M: Array, P: Array, entrants: Array) -> Array:
    """State the short run's thresholds under one Pareto shape, over alpha (destination).

    Notes
    -----
    It holds where P_j < c_M of j and, for every origin i that sells there, P_j / tau_ij < c_M of i.
    """
    supplied = m.eta / (2.0 * (k + 1.0) * m.gamma) * np.sum(freeness * (entrants / c_M**k)[:, None], axis=0)
    return (supplied * P ** (k + 1.0) - (m.alpha - P)) / m.alpha


@equation(PAPER, "(B.1)", r"\sum_j \tau_{ij}^{-k} L_j P_j^{k+2} = 2(k+1)(k+2)\gamma f_{E,i} c_{M,i}^k")
def pareto_thresholds(freeness: np.ndarray, L: Array, gamma: Array, k: Array, hurdle: Array) -> np.ndarray:
    """Solve the linear system of free entry under one Pareto shape; nan where a market's solution is not positive.

    Parameters
    ----------
    freeness : ndarray (origin, destination) or (origin, destination, batch)
        tau^-k.
    hurdle : ndarray (origin) or (origin, batch)
        f_E c_M^k.
    """
    x = solved(freeness, 2.0 * (k + 1.0) * (k + 2.0) * gamma * hurdle)
    with np.errstate(invalid="ignore"):
        return np.asarray((x / L) ** (1.0 / (k + 2.0)))


@equation(
    PAPER,
    "(B.1)",
    r"P_j^{k+2} = \frac{2(k+1)(k+2)\gamma}{|\mathcal P|}\,\frac{\sum_i |C_{ij}|\, f_{E,i}\, c_{M,i}^k}{L_j}",
)
def pareto_thresholds_by_cofactors(freeness: Array, L: Array, gamma: Array, k: Array, hurdle: Array) -> np.ndarray:
    """Compute thresholds by Cramer's rule, as printed: from the freeness matrix's determinant and cofactors."""
    determinant, cofactor = determinant_and_cofactors(freeness)
    access = np.sum(cofactor * hurdle[:, None], axis=0) / determinant
    with np.errstate(invalid="ignore"):
        return np.asarray((2.0 * (k + 1.0) * (k + 2.0) * gamma * access / L) ** (1.0 / (k + 2.0)))


@equation(
    PAPER, "(B.2)", r"\sum_i \tau_{ij}^{-k} c_{M,i}^{-k} N_i = \frac{2(k+1)\gamma}{\eta}\frac{\alpha-P_j}{P_j^{k+1}}"
)
def pareto_entrants(m: Primitives, freeness: np.ndarray, k: Array, c_M: Array, P: Array) -> np.ndarray:
    """Solve the linear system of sellers under one Pareto shape for the mass of entrants (origin)."""
    wanted = pareto_sellers(m, k, P) / P**k
    return np.asarray(c_M**k * solved(np.swapaxes(freeness, 0, 1), wanted))


@equation(
    PAPER,
    "(B.2)",
    r"N_i = \frac{2(k+1)\gamma\, c_{M,i}^k}{\eta\,|\mathcal P|} \sum_j |C_{ij}|\,\frac{\alpha-P_j}{P_j^{k+1}}",
)
def pareto_entrants_by_cofactors(m: Primitives, freeness: Array, k: Array, c_M: Array, P: Array) -> np.ndarray:
    """Compute the mass of entrants by Cramer's rule, as printed (origin)."""
    determinant, cofactor = determinant_and_cofactors(freeness)
    return np.asarray(c_M**k * np.sum(cofactor * (pareto_sellers(m, k, P) / P**k), axis=1) / determinant)


def determinant_and_cofactors(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute a square matrix's determinant and the cofactor of each of its elements, singular or not.

    Notes
    -----
    With U diag(s) V' the matrix, the cofactors are |U| |V| U diag(prod_(b != a) s_b) V': no division.
    """
    left, size, right = np.linalg.svd(matrix)
    sign = np.linalg.det(left) * np.linalg.det(right)
    others = np.array([np.prod(np.delete(size, a)) for a in range(len(size))])
    return float(sign * np.prod(size)), sign * (left * others) @ right


def solved(matrix: np.ndarray, right: Array) -> np.ndarray:
    """Solve a linear system, or one a world of a batch; nan where it is singular."""
    stacked, sides = matrix[None], np.asarray(right)[None, :, None]
    if matrix.ndim == 3:
        stacked, sides = np.moveaxis(matrix, -1, 0), np.moveaxis(np.asarray(right), -1, 0)[..., None]
    try:
        x = np.linalg.solve(stacked, sides)
    except np.linalg.LinAlgError:
        singular = np.linalg.slogdet(stacked)[0] == 0.0
        whole = np.where(singular[:, None, None], np.eye(stacked.shape[-1]), stacked)
        x = np.where(singular[:, None, None], np.nan, np.linalg.solve(whole, sides))
    return np.asarray(x[0, :, 0] if matrix.ndim == 2 else np.moveaxis(x[..., 0], 0, -1))


@equation(PAPER, "(C.1)", r"X_{ij} = N_i \frac{L_j}{4\gamma}\big(2 P_j\,\tau_{ij} m_{1,i} - \tau_{ij}^2 m_{2,i}\big)")
def trade_flow(m: Primitives, threshold: Array, entrants: Array) -> Array:
    """Compute the value of what i sells in j (origin, destination)."""
    return entrants[:, None] * ((m.L / (4.0 * m.gamma))[None, :] * draws(m, threshold).sales)


@equation(PAPER, "(C.1)", r"\varepsilon_{ij} = \frac{2 x^2 G_i(x)}{2 x\,m_{1,i}(x) - m_{2,i}(x)} - 2")
def trade_elasticity(m: Primitives, threshold: Array) -> Array:
    """Compute minus the elasticity of a flow to its own trade cost at given thresholds: k under Pareto."""
    at = draws(m, threshold)
    return (2.0 * threshold * threshold)[None, :] * at.reach[0] / at.sales - 2.0
