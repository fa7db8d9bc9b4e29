"""What exact hats start from: the observed economy, and the shock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phistar.core.errors import InputError

Array = np.ndarray


@dataclass(frozen=True)
class Baseline:
    """An observed world.

    Attributes
    ----------
    flows : ndarray (origin, destination)
        Sales net of tariff, home included.
    sigma, shape : float
        Elasticity of substitution; Pareto shape, above sigma - 1.
    tariffs : ndarray (origin, destination), optional
        Ad valorem tariffs behind the flows; zero by default.
    input_share : ndarray (country,), optional
        Intermediate inputs in revenue; zero by default (labour alone).
    entry : str
        ``free`` or ``fixed``.
    countries : tuple of str, optional
        Names for messages.
    """

    flows: Array
    sigma: float
    shape: float
    tariffs: Any = None
    input_share: Any = None
    entry: str = "free"
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        flows = np.asarray(self.flows, dtype=float)
        n = len(flows)
        object.__setattr__(self, "flows", flows)
        object.__setattr__(self, "tariffs", _matrix("tariffs", 0.0 if self.tariffs is None else self.tariffs, n))
        shares = 0.0 if self.input_share is None else self.input_share
        object.__setattr__(self, "input_share", _vector("input_share", shares, n))
        object.__setattr__(self, "countries", self.countries or tuple(str(i) for i in range(n)))
        self._check(n)

    def _check(self, n: int) -> None:
        if flaw := elasticity_flaw(self.sigma, self.shape):
            raise InputError(*flaw)
        if self.flows.shape != (n, n) or not np.isfinite(self.flows).all() or (self.flows < 0).any():
            raise InputError("flows", "must be a square matrix of finite numbers, at least 0")
        if (np.diag(self.flows) <= 0).any():
            raise InputError("flows", "must have positive sales at home on the diagonal")
        check_tariffs("tariffs", self.tariffs)
        if self.entry not in {"free", "fixed"}:
            raise InputError("entry", 'must be one of "free", "fixed"', self.entry)
        if not ((self.input_share >= 0).all() and (self.cost_input_share < 1).all()):
            raise InputError("input_share", "must leave a part of each country's costs to labour")

    @property
    def profit_share(self) -> float:
        """Profits net of access costs in revenue, s/(k sigma): what entry costs under free entry."""
        return (self.sigma - 1) / (self.shape * self.sigma)

    @cached_property
    def cost_input_share(self) -> Array:
        """Intermediate inputs in costs: in revenue under free entry, where costs exhaust it."""
        return self.input_share if self.entry == "free" else self.input_share / (1 - self.profit_share)

    @cached_property
    def output(self) -> Array:
        """Revenue of each origin's firms."""
        return self.flows.sum(axis=1)

    @cached_property
    def value_added(self) -> Array:
        """Revenue less intermediate inputs."""
        return (1 - self.input_share) * self.output

    @cached_property
    def deficit_shares(self) -> Array:
        """Trade deficits as shares of world value added."""
        return (self.flows.sum(axis=0) - self.output) / self.value_added.sum()

    @cached_property
    def log_shares(self) -> Array:
        """Logs of the shares of spending at buyers' prices; a zero flow is minus infinity."""
        bought = self.flows * (1 + self.tariffs)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(bought / bought.sum(axis=0)))


@dataclass(frozen=True)
class Shock:
    """What changes: hats of primitives, and tariffs as they become. Scalars stand for every entry.

    Attributes
    ----------
    iceberg, access : ndarray (origin, destination)
        Hats of tau and f.
    labour, scale, entry_cost : ndarray (country,)
        Hats of L, of the Pareto scale b, and of f_e.
    tariffs : ndarray (origin, destination), optional
        Tariffs afterwards; as before by default.
    """

    iceberg: Any = 1.0
    access: Any = 1.0
    labour: Any = 1.0
    scale: Any = 1.0
    entry_cost: Any = 1.0
    tariffs: Any = None

    def fitted(self, baseline: Baseline) -> Shock:
        """Return the shock with full arrays for a baseline.

        Raises
        ------
        InputError
            When a hat is not positive and finite, or a tariff not above -1.
        """
        n = len(baseline.flows)
        tariffs = baseline.tariffs if self.tariffs is None else _matrix("tariffs", self.tariffs, n)
        check_tariffs("tariffs", tariffs)
        hats = {key: _matrix(key, getattr(self, key), n) for key in ("iceberg", "access")}
        hats |= {key: _vector(key, getattr(self, key), n) for key in ("labour", "scale", "entry_cost")}
        for key, hat in hats.items():
            if not (np.isfinite(hat).all() and (hat > 0).all()):
                raise InputError(key, "must be a positive and finite change, new over old")
        return Shock(**hats, tariffs=tariffs)

    def part(self, baseline: Baseline, fraction: float) -> Shock:
        """Return a fitted shock gone part of its way, geometrically."""
        hats = {key: getattr(self, key) ** fraction for key in ("iceberg", "access", "labour", "scale", "entry_cost")}
        factors = (1 + baseline.tariffs) ** (1 - fraction) * (1 + self.tariffs) ** fraction
        return Shock(**hats, tariffs=self.tariffs if fraction == 1 else factors - 1)


def elasticity_flaw(sigma: float, shape: float) -> tuple[str, str, float, str] | None:
    """Return what is wrong with the elasticities, as the parts of an `InputError`, or None."""
    if not (np.isfinite(sigma) and sigma > 1):
        return "sigma", "must be a finite number greater than 1", sigma, ""
    if not (np.isfinite(shape) and shape > sigma - 1):
        problem = f"must be finite and exceed sigma - 1 = {sigma - 1:g} for finite sales"
        return "shape", problem, shape, "raise shape or lower sigma"
    return None


def check_tariffs(key: str, tariffs: Array) -> None:
    """Refuse tariffs that are not finite and above -1, or that a country would charge itself."""
    if not (np.isfinite(tariffs).all() and (tariffs > -1).all()):
        raise InputError(key, "must be finite and greater than -1 everywhere")
    if np.diag(tariffs).any():
        raise InputError(key, "must be zero at home, on the diagonal")


def _matrix(key: str, value: Any, n: int) -> Array:
    array = np.asarray(value, dtype=float)
    if array.shape not in {(), (n, n)}:
        raise InputError(key, f"must be a number or a {n} x {n} matrix [origin][destination]")
    return np.array(np.broadcast_to(array, (n, n)))


def _vector(key: str, value: Any, n: int) -> Array:
    array = np.asarray(value, dtype=float)
    if array.shape not in {(), (n,)}:
        raise InputError(key, f"must be a number or one number for each of {n} countries")
    return np.array(np.broadcast_to(array, (n,)))
