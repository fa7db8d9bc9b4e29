"""The primitives of a Melitz world, alone or as a batch, and how a key varies them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from phistar.blocks.productivity import Productivity, stack
from phistar.core.errors import InputError
from phistar.core.paths import Path, parse_path
from phistar.models.melitz.parameters import LOG_INFINITE
from phistar.numerics.duals import value_of

_NUMBERS = ("sigma", "L", "tau", "f", "f_e", "delta", "J")


def is_home(n: int, ndim: int = 2) -> np.ndarray:
    """Mark the diagonal, with trailing axes for a batch (origin, destination)."""
    return np.eye(n, dtype=bool).reshape(n, n, *(1,) * (ndim - 2))


@dataclass(frozen=True)
class Primitives:
    """What a Melitz world is made of.

    Arrays are (country) or (origin, destination); a batch of worlds adds one last axis to every one of them.
    Any number may be a dual, so that the equations give their derivatives in it.
    """

    countries: tuple[str, ...]
    sigma: Any
    L: Any
    log_tau: Any
    f: Any
    f_e: Any
    delta: Any
    families: tuple[Productivity, ...]
    entry: str = "free"
    J: Any = None
    fixed_cost: str = "market"
    numeraire: int = 0
    unused: tuple[str, ...] = ()

    @property
    def tau(self) -> Any:
        """Iceberg costs (origin, destination)."""
        with np.errstate(over="ignore"):
            return np.exp(self.log_tau)

    @cached_property
    def productivity(self) -> Productivity:
        """The countries' distributions as one, laid along origins."""
        return stack(self.families, batch_axes=1 if self.is_batch else 0)

    def with_kernel(self, kernel: Productivity) -> Self:
        """Return a copy that reads its productivity from a stand-in for the distributions."""
        copy = replace(self)
        vars(copy)["productivity"] = kernel
        return copy

    @property
    def batchable(self) -> bool:
        """Whether worlds can be solved many at once: atoms have no batched route."""
        return all(family.family != "empirical" for family in self.families)

    @property
    def is_batch(self) -> bool:
        """Whether arrays carry a batch axis."""
        return np.ndim(value_of(self.sigma)) == 1

    @cached_property
    def points(self) -> int:
        """Number of worlds in the batch."""
        sizes = [np.shape(value_of(a))[-1] for a in self._arrays().values()]
        sizes += [
            np.shape(value_of(p))[-1]
            for family in self.families
            for p in _parameters(family).values()
            if np.ndim(value_of(p))
        ]
        return max(sizes)

    def _arrays(self) -> dict[str, Any]:
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: named[k] for k in ("sigma", "L", "log_tau", "f", "f_e", "delta", "J") if named[k] is not None}

    def _mapped(self, change: Callable[[Any], Any]) -> Self:
        """Apply `change` to every numeric primitive of a batch; countries that share a distribution keep sharing."""
        changed = {id(f): _with_parameters(f, change) for f in self.families}
        families = tuple(changed[id(f)] for f in self.families)
        return replace(self._with({k: change(v) for k, v in self._arrays().items()}), families=families)

    def batched(self) -> Self:
        """Return the model with a batch axis on every array (of one point, if it had none)."""
        return self if self.is_batch else self._with({k: np.asarray(v)[..., None] for k, v in self._arrays().items()})

    def _with(self, arrays: Mapping[str, Any]) -> Self:
        changed: dict[str, Any] = dict(arrays)
        return replace(self, **changed)

    def take(self, keep: Any) -> Self:
        """Return the worlds of a batch that `keep` selects."""
        return self._mapped(lambda a: a if a.shape[-1] == 1 else a[..., keep])

    def in_autarky(self) -> Self:
        """Return the model in which nothing crosses a border."""
        home = is_home(len(self.countries), np.ndim(self.log_tau))
        return replace(self, log_tau=np.where(home, self.log_tau, LOG_INFINITE), fixed_cost="market")

    def assign(self, path: Path, values: Any) -> Self:
        """Return a copy with what a key means replaced; see `Model.assign`."""
        if path.name == "productivity":
            return self._assign_productivity(path, values)
        if path.name not in _NUMBERS:
            raise InputError(path.text, "is not a number that can be varied")
        if path.name == "J" and self.J is None:
            raise InputError(path.text, 'has no part in entry = "free"', remedy='set entry = "fixed"')
        model = self.batched() if np.ndim(value_of(values)) == 1 and not self.is_batch else self
        if path.name == "sigma":
            if path.rest:
                raise InputError(path.text, "is one number for all countries: no index")
            return replace(model, sigma=values)
        with np.errstate(divide="ignore"):
            inner = np.minimum(np.log(values), LOG_INFINITE) if path.name == "tau" else values
        field = "log_tau" if path.name == "tau" else path.name
        current = getattr(model, field)
        mask = self._mask(path, np.ndim(value_of(current)) - (1 if model.is_batch else 0))
        return replace(model, **{field: np.where(mask[..., None] if model.is_batch else mask, inner, current)})

    def lookup(self, path: Path) -> Any:
        """Return the value behind a key: what its entries share, or an array of them where they differ."""
        if path.name == "productivity":
            return self._lookup_productivity(path)
        if path.name not in _NUMBERS or getattr(self, path.name) is None:
            raise InputError(path.text, "is not a number here")
        current = np.asarray(getattr(self, path.name))
        return current if current.ndim == 0 else current[self._mask(path, current.ndim)]

    def scale(self, path: Path, factor: Any) -> Self:
        """Return a copy with every entry a key means multiplied by `factor`; see `Model.scale`."""
        return self._changed(path, lambda value: value * factor)

    def shift(self, path: Path, term: Any) -> Self:
        """Return a copy with `term` added to every entry a key means; see `Model.shift`."""
        return self._changed(path, lambda value: value + term)

    def _changed(self, path: Path, change: Callable[[Any], Any]) -> Self:
        if path.name == "productivity":
            # Countries that share one distribution keep sharing it: all change by the same rule.
            targets = self._productivity_targets(path)
            changed = {id(self.families[i]): self._changed_family(i, name, change) for i, name in targets}
            where = {i for i, _ in targets}
            return replace(
                self, families=tuple(changed[id(f)] if i in where else f for i, f in enumerate(self.families))
            )
        self.lookup(path)
        if path.name == "sigma":
            return replace(self, sigma=change(self.sigma))
        if path.name == "tau":
            # What is infinite stays so.
            moved = self._mask(path, 2) & (value_of(self.log_tau) < LOG_INFINITE)
            finite = np.where(moved, self.log_tau, 0.0)
            return replace(self, log_tau=np.where(moved, np.log(change(np.exp(finite))), self.log_tau))
        current = getattr(self, path.name)
        return replace(self, **{path.name: np.where(self._mask(path, np.ndim(current)), change(current), current)})

    def _changed_family(self, i: int, name: str, change: Callable[[Any], Any]) -> Productivity:
        return self.families[i].with_parameter(name, change(getattr(self.families[i], name)))

    def movable(self) -> list[Path]:
        """List the keys that can be varied; see `Model.movable`."""
        several = len(self.countries) > 1
        keys = ["sigma", "L", *(["tau"] if several else []), "f.domestic", *(["f.export"] if several else [])]
        keys += ["f_e", "delta"] if self.entry == "free" else ["J"]
        shared = {f.family for f in self.families}
        if len(shared) == 1:
            keys += [f"productivity.{name}" for name in self.families[0].parameter_names]
        else:
            keys += [f"productivity[{i}].{name}" for i, f in enumerate(self.families) for name in f.parameter_names]
        return [parse_path(key) for key in keys]

    def _mask(self, path: Path, ndim: int) -> np.ndarray:
        """Mark the entries a key means: `tau` alone means every foreign pair."""
        n = len(self.countries)
        rest = path.rest
        home = is_home(n)
        if path.name == "tau" and not rest:
            return ~home
        if path.name == "f" and rest in {("domestic",), ("export",)}:
            return home if rest == ("domestic",) else ~home
        if len(rest) not in {0, ndim} or not all(isinstance(i, int) for i in rest):
            shape = "[origin][destination]" if ndim == 2 else "[country]"
            raise InputError(path.text, "does not point at an entry", remedy=f"write {path.name} or {path.name}{shape}")
        if any(isinstance(i, int) and i >= n for i in rest):
            raise InputError(path.text, f"is out of range: there are {n} countries, counted from 0")
        mask = np.zeros((n,) * ndim, dtype=bool)
        mask[tuple(i for i in rest if isinstance(i, int))] = True
        return mask

    def _productivity_targets(self, path: Path) -> list[tuple[int, str]]:
        """List the (country, parameter) pairs a productivity key means."""
        rest = list(path.rest)
        countries = range(len(self.countries))
        if rest and isinstance(rest[0], int):
            if rest[0] >= len(self.countries):
                raise InputError(
                    path.text, f"is out of range: there are {len(self.countries)} countries, counted from 0"
                )
            countries = range(rest[0], rest[0] + 1)
            rest = rest[1:]
        if len(rest) != 1:
            raise InputError(path.text, "does not name a parameter of the distribution", remedy="write productivity.k")
        for i in countries:
            if rest[0] not in self.families[i].parameter_names:
                raise InputError(path.text, f"is not a parameter of {self.families[i].family}",
                                 remedy="known: " + ", ".join(self.families[i].parameter_names))  # fmt: skip
        return [(i, str(rest[0])) for i in countries]

    def _lookup_productivity(self, path: Path) -> Any:
        values = np.array([value_of(getattr(self.families[i], name)) for i, name in self._productivity_targets(path)])
        return values[0] if values.ndim and (values == values[0]).all() else values

    def _assign_productivity(self, path: Path, values: Any) -> Self:
        model = self.batched() if np.ndim(value_of(values)) == 1 else self
        return model._changed(path, lambda _: values)


def _parameters(family: Productivity) -> dict[str, Any]:
    return {name: getattr(family, name) for name in family.parameter_names}


def _with_parameters(family: Productivity, change: Callable[[Any], Any]) -> Productivity:
    """Change the parameters that carry a batch axis."""
    for name, value in _parameters(family).items():
        if np.ndim(value_of(value)):
            family = family.with_parameter(name, change(value))
    return family
