"""Distributions of unit cost for brute force: densities as defined, integrated by double-exponential quadrature.

Nothing here comes from the library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any

import numpy as np

# x = tanh(pi/2 sinh t): the ends of an interval are approached doubly exponentially, so that a power of the distance
# to an end does no harm. A step of 1/24 over |t| <= 4.2 integrates every density used here to some 1e-15.
STEP = 1 / 24
_T = np.arange(-4.2, 4.2 + STEP / 2, STEP)
_U = 0.5 * np.pi * np.sinh(_T)
LEFT = 1 / (1 + np.exp(-2 * _U))  # distance from the lower end, as a share of the interval: no cancellation
RIGHT = 1 / (1 + np.exp(2 * _U))
WEIGHT = STEP * 0.5 * np.pi * np.cosh(_T) * 0.5 / np.cosh(_U) ** 2


@dataclass(frozen=True)
class Costs:
    """A density of unit cost on [lower, upper]; `kernel` takes a cost and its distances to both ends."""

    kernel: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    lower: float
    upper: float
    exact_mass: float | None = None

    @property
    def mass(self) -> float:
        if self.exact_mass is not None:
            return self.exact_mass
        _, w = self._raw(self.upper)
        return float(w.sum())

    def _raw(self, top: float) -> tuple[np.ndarray, np.ndarray]:
        width = top - self.lower
        c = self.lower + width * LEFT
        with np.errstate(under="ignore"):
            return c, width * WEIGHT * self.kernel(c, width * LEFT, self.upper - top + width * RIGHT)

    def nodes(self, top: float = inf) -> tuple[np.ndarray, np.ndarray]:
        """Return costs up to `top` and the probability each stands for (none, if no firm is so cheap)."""
        top = min(top, self.upper)
        if top <= self.lower:
            return np.empty(0), np.empty(0)
        c, w = self._raw(top)
        return c, w / self.mass


def pareto(c_M: float, k: float) -> Costs:
    return Costs(lambda c, d, e: k / c_M * (c / c_M) ** (k - 1), 0.0, c_M, 1.0)


def uniform(lower: float, c_M: float) -> Costs:
    return Costs(lambda c, d, e: np.full_like(c, 1 / (c_M - lower)), lower, c_M, 1.0)


def beta(a: float, b: float, lower: float, c_M: float) -> Costs:
    """Give (c - lower)/(c_M - lower) a beta law; the kernel is normalised by quadrature."""
    return Costs(lambda c, d, e: (d / (c_M - lower)) ** (a - 1) * (e / (c_M - lower)) ** (b - 1), lower, c_M)


def truncated_lognormal(mu: float, sd: float, lower: float, c_M: float) -> Costs:
    """Truncate ln c ~ N(mu, sd) to [lower, c_M]; the kernel is normalised by quadrature."""
    return Costs(lambda c, d, e: np.exp(-0.5 * ((np.log(np.maximum(c, 1e-300)) - mu) / sd) ** 2) / c, lower, c_M)


# --- families of productivity phi, seen as costs 1/phi


def bounded_pareto(k: float, lower: float, upper: float) -> Costs:
    mass = 1 - (lower / upper) ** k
    return Costs(lambda c, d, e: k * (c * lower) ** k / c / mass, 1 / upper, 1 / lower, 1.0)


def lognormal(mu: float, sd: float) -> Costs:
    def density(c: np.ndarray, d: np.ndarray, e: np.ndarray) -> np.ndarray:
        c = np.maximum(c, 1e-300)
        return np.exp(-0.5 * ((np.log(c) + mu) / sd) ** 2) / (c * sd * sqrt(2 * pi))

    return Costs(density, 0.0, inf, 1.0)


def frechet(shape: float, scale: float) -> Costs:
    return Costs(
        lambda c, d, e: shape * scale * (c * scale) ** (shape - 1) * np.exp(-((c * scale) ** shape)), 0.0, inf, 1.0
    )


FAMILIES: dict[str, Callable[..., Costs]] = {
    "pareto": pareto,
    "uniform": uniform,
    "beta": beta,
    "truncated_lognormal": truncated_lognormal,
    "bounded_pareto": bounded_pareto,
    "lognormal": lognormal,
    "frechet": frechet,
}


def make_costs(table: Mapping[str, Any]) -> Costs:
    """Make the distribution a scenario's cost table describes."""
    return FAMILIES[table["family"]](**{key: value for key, value in table.items() if key != "family"})
