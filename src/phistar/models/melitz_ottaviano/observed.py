"""What exact hats start from: an interior Pareto world as seen from its trade, and hats of what changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from phistar.core.errors import InputError

Array = np.ndarray

OBSERVED = ("k", "threshold", "alpha", "eta", "L", "side", "selling")
CHANGES = ("tau", "L", "f_E", "c_M")


@dataclass(frozen=True)
class Observed:
    """An interior Pareto world as seen from its trade.

    Attributes
    ----------
    flows : ndarray (origin, destination)
        Sales, home included, in the numeraire (labour).
    k : float
        Pareto shape of costs, which is the elasticity of flows to trade costs.
    threshold : ndarray (country,), optional
        Price threshold over alpha, between 0 and 1.
    alpha, eta : float, optional
        Demand, to find the threshold from spending per head where it is not given.
    L : ndarray (country,), optional
        Consumers, each with a unit of labour.
    side : str
        Which of the two thresholds with the same spending per head: ``below`` alpha/2 (tough competition) or ``above``.
    selling : ndarray (origin, destination), optional
        Share of draws that sell, to see whether cutoffs stay within the support.
    countries : tuple of str, optional
    """

    name: ClassVar[str] = "melitz_ottaviano"
    title: ClassVar[str] = "exact hats from observed flows"

    flows: Array
    k: float
    threshold: Any = None
    alpha: float | None = None
    eta: float | None = None
    L: Any = None
    side: str = "below"
    selling: Any = None
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        flows = np.asarray(self.flows, dtype=float)
        n = len(flows)
        if flows.shape != (n, n) or not np.isfinite(flows).all() or (flows < 0).any():
            raise InputError("flows", "must be a square matrix of finite numbers, at least 0")
        if not ((flows.sum(axis=0) > 0).all() and (flows.sum(axis=1) > 0).all()):
            raise InputError("flows", "must have sales from and to every country: without them nobody enters there")
        _positive("k", self.k)
        fitted: dict[str, Any] = {"flows": flows, "countries": self.countries or tuple(f"C{i + 1}" for i in range(n))}
        if self.L is not None:
            fitted["L"] = _numbers("L", self.L, (n,))
        if self.selling is not None:
            fitted["selling"] = _numbers("selling", self.selling, (n, n), zero=True)
        for name, value in fitted.items():
            object.__setattr__(self, name, value)
        share = self._threshold() if self.threshold is None else _numbers("threshold", self.threshold, (n,))
        if not (share < 1.0).all():
            raise InputError("threshold", "must lie between 0 and 1: the price threshold over alpha", self.threshold)
        object.__setattr__(self, "threshold", share)

    def _threshold(self) -> Array:
        """Find P/alpha from spending per head, E/L = (k+1)/((k+2) eta) P (alpha - P)."""
        if self.alpha is None or self.eta is None or self.L is None:
            raise InputError("threshold", "is missing: flows do not tell how far prices lie below what is worth paying",
                             remedy="give threshold (P/alpha a country), or alpha, eta and L")  # fmt: skip
        alpha, eta = _positive("alpha", self.alpha), _positive("eta", self.eta)
        if self.side not in ("below", "above"):
            raise InputError("side", 'must be one of "below", "above": of alpha/2', self.side)
        product = (self.k + 2.0) / (self.k + 1.0) * eta * self.spending / self.L / alpha**2
        if (product > 0.25).any():
            worst = self.countries[int(np.argmax(product))]
            raise InputError("flows", f"show more spending per head in {worst} than demand allows at any price",
                             remedy="raise alpha, lower eta, or check the units of L")  # fmt: skip
        root = np.sqrt(1.0 - 4.0 * product)
        # The small root without cancellation.
        return np.asarray(2.0 * product / (1.0 + root) if self.side == "below" else 0.5 * (1.0 + root))

    def as_parameters(self) -> dict[str, Any]:
        """Return what is known of the world."""
        known = {name: getattr(self, name) for name in OBSERVED if getattr(self, name) is not None}
        return {"flows": self.flows, **known}

    @cached_property
    def spending(self) -> Array:
        """Spending on the differentiated good (destination)."""
        return self.flows.sum(axis=0)

    @cached_property
    def sold(self) -> Array:
        """Where each origin's revenue comes from (origin, destination)."""
        return self.flows / self.flows.sum(axis=1)[:, None]

    @cached_property
    def bought(self) -> Array:
        """What each destination's spending goes to (origin, destination)."""
        return self.flows / self.spending[None, :]

    @cached_property
    def surplus(self) -> Array:
        """Consumer surplus of all heads, in the unit of flows (destination)."""
        k = self.k
        return self.spending * ((k + 2.0) / (2.0 * (k + 1.0)) / self.threshold - 0.5)


@dataclass(frozen=True)
class Change:
    """Hats of what changes; a number stands for every entry, of tau for every foreign pair."""

    tau: Any = 1.0
    L: Any = 1.0
    f_E: Any = 1.0
    c_M: Any = 1.0

    def fitted(self, n: int) -> Change:
        """Return the change with full arrays for n countries."""
        tau = _numbers("tau", self.tau, (n, n))
        if np.ndim(self.tau) == 0:
            np.fill_diagonal(tau, 1.0)
        return Change(tau, *(_numbers(name, getattr(self, name), (n,)) for name in ("L", "f_E", "c_M")))


def _positive(key: str, value: Any) -> float:
    return float(_numbers(key, value, ()))


def _numbers(key: str, value: Any, shape: tuple[int, ...], zero: bool = False) -> Array:
    """Read positive finite numbers of a shape; a single one stands for all."""
    try:
        given = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(key, "must be numbers", value) from None
    if given.ndim and given.shape != shape:
        want = " x ".join(map(str, shape)) or "one number"
        raise InputError(key, f"has shape {' x '.join(map(str, given.shape))} where {want} is needed")
    if not (np.isfinite(given) & ((given >= 0) if zero else (given > 0))).all():
        raise InputError(key, "must be finite and " + ("at least 0" if zero else "greater than 0"), value)
    return np.array(np.broadcast_to(given, shape))
