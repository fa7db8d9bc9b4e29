"""Productivity distributions for brute force: densities and inverse transforms as defined.

Nothing here comes from the library. A family is a density on its support; integrals are taken by quadrature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log, pi, sqrt
from typing import Any

import numpy as np
from scipy import special

PANEL = 0.35  # longest panel in ln phi: 20 Gauss points then integrate every density used to rounding
GAUSS_X, GAUSS_W = np.polynomial.legendre.leggauss(20)


@dataclass(frozen=True)
class Family:
    """A density of phi on (lower, upper), or atoms; `draw` is the inverse of the distribution function.

    `kinks` are points inside the support at which the density is not smooth.
    """

    density: Callable[[np.ndarray], np.ndarray] | None
    draw: Callable[[np.ndarray], np.ndarray]
    lower: float = 0.0
    upper: float = inf
    kinks: tuple[float, ...] = ()
    atoms: tuple[np.ndarray, np.ndarray] | None = None


def make_family(table: Mapping[str, Any]) -> Family:
    """Make the family a scenario's productivity table describes."""
    return FAMILIES[table["family"]](**{k: v for k, v in table.items() if k not in {"family", "support"}})


def pareto(k: float, scale: float = 1.0) -> Family:
    return Family(lambda x: k * scale**k * x ** (-k - 1), lambda q: scale * (1 - q) ** (-1 / k), scale)


def bounded_pareto(k: float, lower: float, upper: float) -> Family:
    mass = 1 - (lower / upper) ** k
    return Family(
        lambda x: k * lower**k * x ** (-k - 1) / mass,
        lambda q: lower * (1 - q * mass) ** (-1 / k),
        lower,
        upper,
    )


def lognormal(mu: float, sd: float) -> Family:
    return Family(
        lambda x: np.exp(-0.5 * ((np.log(x) - mu) / sd) ** 2) / (x * sd * sqrt(2 * pi)),
        lambda q: np.exp(mu + sd * special.ndtri(q)),
    )


def frechet(shape: float, scale: float) -> Family:
    return Family(
        lambda x: shape / scale * (x / scale) ** (-shape - 1) * np.exp(-((x / scale) ** -shape)),
        lambda q: scale * (-np.log(q)) ** (-1 / shape),
    )


def weibull(shape: float, scale: float) -> Family:
    return Family(
        lambda x: shape / scale * (x / scale) ** (shape - 1) * np.exp(-((x / scale) ** shape)),
        lambda q: scale * (-np.log1p(-q)) ** (1 / shape),
    )


def lognormal_pareto(mu: float, sd: float, k: float) -> Family:
    """Lognormal body up to the point where its density falls like x^-(k+1), Pareto beyond: smooth there."""
    joint = exp(mu + k * sd**2)
    body = lognormal(mu, sd).density
    below = special.ndtr((log(joint) - mu) / sd)
    beyond = float(body(np.array(joint))) * joint / k
    total = below + beyond

    def density(x: np.ndarray) -> np.ndarray:
        tail = float(body(np.array(joint))) * (x / joint) ** (-k - 1)
        return np.where(x < joint, body(x), tail) / total

    def draw(q: np.ndarray) -> np.ndarray:
        mass = q * total
        inner = np.exp(mu + sd * special.ndtri(np.minimum(mass, below)))
        return np.where(mass < below, inner, joint * (np.maximum(total - mass, 1e-300) / beyond) ** (-1 / k))

    return Family(density, draw, kinks=(joint,))


def empirical(values: list[float], weights: list[float] | None = None) -> Family:
    x = np.asarray(values, dtype=float)
    p = np.full(len(x), 1 / len(x)) if weights is None else np.asarray(weights, dtype=float) / np.sum(weights)
    order = np.argsort(x)
    x, p = x[order], p[order]
    return Family(None, lambda q: x[np.minimum(np.searchsorted(np.cumsum(p), q), len(x) - 1)], atoms=(x, p))


FAMILIES: dict[str, Callable[..., Family]] = {
    "pareto": pareto,
    "bounded_pareto": bounded_pareto,
    "lognormal": lognormal,
    "frechet": frechet,
    "weibull": weibull,
    "lognormal_pareto": lognormal_pareto,
    "empirical": empirical,
}

# Nodes for an endless interval: u = a + exp(t - exp(-t)), the double exponential rule for integrands that
# decay exponentially in u (a power law in phi = exp(u)).
_T = np.arange(-4.5, 8.0, 1 / 40)
TAIL_U = np.exp(_T - np.exp(-_T))
TAIL_W = TAIL_U * (1 + np.exp(-_T)) / 40


def nodes(family: Family, breakpoints: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return productivities, their probability mass, and the interval each lies in.

    Interval m runs from breakpoint m to m+1 (the last to the end of the support); a node weighs its density
    times its quadrature weight, so that sums over nodes are integrals over firms.
    """
    if family.atoms is not None:
        x, p = family.atoms
        where = np.searchsorted(breakpoints, x, side="right") - 1
        keep = where >= 0
        return x[keep], p[keep], where[keep]
    phis, masses, places = [], [], []
    edges = [max(b, family.lower) for b in breakpoints] + [family.upper]
    for m, (start, stop) in enumerate(pairwise(edges)):
        if not start < min(stop, family.upper):
            continue
        pieces = [start, *(x for x in family.kinks if start < x < stop), stop]
        for a, b in pairwise(pieces):
            u, w = _finite(log(a), log(b)) if b < inf else (log(a) + TAIL_U, TAIL_W)
            inside = u < 130  # powers overflow later; exp(-130 (k - s)) is below 1e-14 from k - s = 0.25 on
            phi = np.exp(u[inside])
            phis.append(phi)
            masses.append(family.density(phi) * phi * w[inside])
            places.append(np.full(phi.shape, m))
    if not phis:
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=int)
    return np.concatenate(phis), np.concatenate(masses), np.concatenate(places)


def _finite(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    count = max(1, int(np.ceil((b - a) / PANEL)))
    edges = np.linspace(a, b, count + 1)
    half = (edges[1:] - edges[:-1])[:, None] / 2
    u = edges[:-1, None] + half * (1 + GAUSS_X)
    return u.ravel(), (half * GAUSS_W).ravel()
