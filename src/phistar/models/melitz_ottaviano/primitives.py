"""The primitives of a Melitz-Ottaviano world, and how a key varies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from phistar.blocks.cost import Cost, Costs
from phistar.core.errors import InputError
from phistar.core.paths import Path, parse_path
from phistar.numerics.duals import value_of

_NUMBERS = ("alpha", "eta", "gamma", "L", "tau", "f_E", "incumbents")


@dataclass(frozen=True)
class Primitives:
    """What a Melitz-Ottaviano world is made of: arrays are (country) or (origin, destination).

    Any number may be a dual, so that the equations give their derivatives in it.
    """

    countries: tuple[str, ...]
    alpha: Any
    eta: Any
    gamma: Any
    L: Any
    tau: Any
    f_E: Any
    costs: tuple[Cost, ...]
    horizon: str = "long"
    incumbents: Any = None
    unused: tuple[str, ...] = ()

    @cached_property
    def cost(self) -> Costs:
        """The countries' cost distributions as one, laid along origins."""
        return Costs(self.costs)

    @cached_property
    def open(self) -> np.ndarray:
        """Whether anything can be shipped at all (origin, destination)."""
        return np.isfinite(value_of(self.tau))

    @cached_property
    def finite_tau(self) -> Any:
        """Iceberg costs, one where the border is closed (origin, destination)."""
        return self.tau if self.open.all() else np.where(self.open, self.tau, 1.0)

    def lookup(self, path: Path) -> Any:
        """Return the value behind a key: what its entries share, or an array of them where they differ."""
        if path.name == "cost":
            values = np.array([value_of(self.costs[i].parameter(name)) for i, name in self._cost_targets(path)])
            return values[0] if (values == values[0]).all() else values
        if path.name not in _NUMBERS or getattr(self, path.name) is None:
            raise InputError(path.text, "is not a number here")
        current = np.asarray(getattr(self, path.name))
        return current[()] if current.ndim == 0 else current[self._mask(path, current.ndim)]

    def scale(self, path: Path, factor: Any) -> Self:
        """Return a copy with every entry a key means multiplied by `factor`; see `Model.scale`."""
        return self._changed(path, lambda value: value * factor)

    def shift(self, path: Path, term: Any) -> Self:
        """Return a copy with `term` added to every entry a key means; see `Model.shift`."""
        return self._changed(path, lambda value: value + term)

    def _changed(self, path: Path, change: Callable[[Any], Any]) -> Self:
        if path.name == "cost":
            return self._with_costs(path, change)
        self.lookup(path)
        current = getattr(self, path.name)
        if np.ndim(value_of(current)) == 0:
            if path.rest:
                raise InputError(path.text, "is one number for all countries: no index")
            return replace(self, **{path.name: change(current)})
        mask = self._mask(path, np.ndim(value_of(current)))
        if path.name == "tau":
            mask = mask & self.open  # what is infinite stays so
        moved = change(np.where(mask, current, 1.0))
        return replace(self, **{path.name: np.where(mask, moved, current)})

    def _with_costs(self, path: Path, change: Callable[[Any], Any]) -> Self:
        # Countries that share one distribution keep sharing it: all change by the same rule.
        changed: dict[int, Cost] = {}
        costs = list(self.costs)
        for i, name in self._cost_targets(path):
            old = costs[i]
            if id(old) not in changed:
                changed[id(old)] = old.with_parameter(name, change(old.parameter(name)))
            costs[i] = changed[id(old)]
        return replace(self, costs=tuple(costs))

    def _cost_targets(self, path: Path) -> list[tuple[int, str]]:
        """List the (country, parameter) pairs a cost key means."""
        rest = list(path.rest)
        countries = range(len(self.countries))
        if rest and isinstance(rest[0], int):
            self._check_index(path, rest[0])
            countries, rest = range(rest[0], rest[0] + 1), rest[1:]
        if len(rest) != 1:
            raise InputError(path.text, "does not name a parameter of the distribution", remedy="write cost.c_M")
        for i in countries:
            if rest[0] not in self.costs[i].parameter_names:
                raise InputError(path.text, f"is not a parameter of {self.costs[i].spec()['family']}",
                                 remedy="known: " + ", ".join(self.costs[i].parameter_names))  # fmt: skip
        return [(i, str(rest[0])) for i in countries]

    def _check_index(self, path: Path, i: int) -> None:
        n = len(self.countries)
        if i >= n:
            raise InputError(path.text, f"is out of range: there are {n} countries, counted from 0")

    def _mask(self, path: Path, ndim: int) -> np.ndarray:
        """Mark the entries a key means: `tau` alone means every foreign pair."""
        n, rest = len(self.countries), path.rest
        if path.name == "tau" and not rest:
            return ~np.eye(n, dtype=bool)
        if len(rest) not in {0, ndim} or not all(isinstance(i, int) for i in rest):
            shape = "[origin][destination]" if ndim == 2 else "[country]"
            raise InputError(path.text, "does not point at an entry", remedy=f"write {path.name} or {path.name}{shape}")
        for i in rest:
            self._check_index(path, int(i))
        mask = np.zeros((n,) * ndim, dtype=bool)
        mask[tuple(int(i) for i in rest)] = True
        return mask

    def movable(self) -> list[Path]:
        """List the keys that can be varied; see `Model.movable`."""
        keys = ["alpha", "eta", "gamma", "L", *(["tau"] if len(self.countries) > 1 else [])]
        keys.append("f_E" if self.horizon == "long" else "incumbents")
        tables = [cost.spec()["family"] for cost in self.costs]
        if len(set(tables)) == 1:
            keys += [f"cost.{name}" for name in self.costs[0].parameter_names]
        else:
            keys += [f"cost[{i}].{name}" for i, cost in enumerate(self.costs) for name in cost.parameter_names]
        return [parse_path(key) for key in keys]
