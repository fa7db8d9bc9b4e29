"""What keys such as `tau[0][1]` or `productivity.k` mean to a model of countries, and copies that differ there.

A model's primitives are a frozen dataclass whose numeric fields carry the names of its parameters and whose arrays are
(country) or (origin, destination). A batch of worlds adds one last axis to every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks.layout import is_home
from phistar.core.errors import InputError, entries, unknown_key
from phistar.core.parameters import Parameter, is_list
from phistar.core.paths import Path, parse_path
from phistar.numerics.duals import value_of

Change = Callable[[Any], Any]

_AXES = {"scalar": 0, "country": 1, "matrix": 2}


def read_distributions(spec: Any, count: int, read: Callable[[Any, str], Any], key: str) -> tuple[Any, ...]:
    """Read one distribution for all countries or one a country; equal tables give one shared distribution.

    Parameters
    ----------
    spec : table, distribution, or list of tables
    count : int
        Number of countries.
    read : callable
        Makes a distribution of a table and its key; raises InputError.
    key : str
        The parameter's name.
    """
    if not is_list(spec):
        return (read(spec, key),) * count
    members: list[Any] = []
    for i, table in enumerate(spec):
        same = next((j for j in range(i) if spec[j] == table), None)
        members.append(read(table, f"{key}[{i}]") if same is None else members[same])
    return tuple(members)


class Keyed:
    """Primitives whose entries keys can look up and change; a frozen dataclass inherits it.

    Class attributes
    ----------------
    parameters : tuple of Parameter
        What the model takes.
    distribution : tuple of str
        The key of the distribution, and the field that holds one a country.
    stored_as : mapping of str to str
        Parameters held in another form, by the field that holds them; see `stored` and `value`.
    needs : mapping of str to str
        What must be set for a parameter to have a part.
    """

    parameters: ClassVar[tuple[Parameter, ...]]
    distribution: ClassVar[tuple[str, str]] = ("productivity", "families")
    stored_as: ClassVar[Mapping[str, str]] = {}
    needs: ClassVar[Mapping[str, str]] = {}

    countries: tuple[str, ...]

    # -- what is held ----------------------------------------------------------------------------------------

    @cached_property
    def numbers(self) -> dict[str, Parameter]:
        """The numeric parameters that the primitives hold, by name."""
        held = {f.name for f in fields(self)} | set(self.stored_as)  # type: ignore[arg-type]
        return {p.name: p for p in self.parameters if p.kind in _AXES and p.name in held}

    def value(self, name: str) -> Any:
        """Return a numeric parameter's value, None where it has no part."""
        return getattr(self, name)

    def stored(self, name: str, value: Any) -> dict[str, Any]:
        """Return the fields that hold a numeric parameter's new value."""
        return {name: value}

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that have a value but no part."""
        return frozenset()

    @property
    def members(self) -> tuple[Any, ...]:
        """The distributions, one a country."""
        held: tuple[Any, ...] = getattr(self, self.distribution[1])
        return held

    # -- batches ---------------------------------------------------------------------------------------------

    @property
    def is_batch(self) -> bool:
        """Whether arrays carry a batch axis."""
        return any(
            np.ndim(value_of(self.value(name))) > _AXES[p.kind]
            for name, p in self.numbers.items()
            if p.kind == "scalar"
        )

    @cached_property
    def points(self) -> int:
        """Number of worlds in the batch."""
        own = [value_of(a) for member in self.members for a in _parameters(member).values()]
        sizes = [np.shape(a)[-1] for a in own if np.ndim(a)]
        return max([*sizes, *(np.shape(value_of(a))[-1] for a in self._arrays().values())])

    def batched(self) -> Self:
        """Return the model with a batch axis on every array (of one point, if it had none)."""
        return self if self.is_batch else self._with({k: np.asarray(v)[..., None] for k, v in self._arrays().items()})

    def take(self, keep: Any) -> Self:
        """Return the worlds of a batch that `keep` selects."""
        return self._mapped(lambda a: a if a.shape[-1] == 1 else a[..., keep])

    def _arrays(self) -> dict[str, Any]:
        """Return the fields that hold numbers."""
        held = (self.stored_as.get(name, name) for name in self.numbers)
        return {name: array for name in held if (array := getattr(self, name)) is not None}

    def _mapped(self, change: Change) -> Self:
        """Apply `change` to every number of a batch; countries that share a distribution keep sharing."""
        changed = {id(member): _with_batched(member, change) for member in self.members}
        members = tuple(changed[id(member)] for member in self.members)
        return self._with({**{k: change(v) for k, v in self._arrays().items()}, self.distribution[1]: members})

    def _with(self, changed: Mapping[str, Any]) -> Self:
        return replace(self, **changed)  # type: ignore[type-var]

    # -- keys ------------------------------------------------------------------------------------------------

    def lookup(self, path: Path) -> Any:
        """Return the value behind a key: what its entries share, or an array of them where they differ."""
        if path.name == self.distribution[0]:
            values = np.array([value_of(self.members[i].parameter(name)) for i, name in self._targets(path)])
            return values[0] if values.ndim and (values == values[0]).all() else values
        current = np.asarray(self._number(path))
        return current[()] if current.ndim == 0 else current[self._mask(path)]

    def assign(self, path: Path, values: Any) -> Self:
        """Return a copy with what a key means replaced; see `Model.assign`."""
        model = self.batched() if np.ndim(value_of(values)) == 1 else self
        return model._changed(path, lambda _: values, moves_infinite=True)

    def scale(self, path: Path, factor: Any) -> Self:
        """Return a copy with every entry a key means multiplied by `factor`; see `Model.scale`."""
        return self._changed(path, lambda value: value * factor)

    def shift(self, path: Path, term: Any) -> Self:
        """Return a copy with `term` added to every entry a key means; see `Model.shift`."""
        return self._changed(path, lambda value: value + term)

    def movable(self) -> list[Path]:
        """List the keys that can be varied; see `Model.movable`."""
        several = len(self.countries) > 1
        keys: list[str] = []
        for name, p in self.numbers.items():
            if self.value(name) is None or name in self.idle:
                continue
            if p.kind != "matrix":
                keys.append(name)
            elif p.diagonal is None:
                keys += [f"{name}.domestic", *([f"{name}.export"] if several else [])]
            elif several:
                keys.append(name)
        return [parse_path(key) for key in keys + self._distribution_keys()]

    def _distribution_keys(self) -> list[str]:
        key, members = self.distribution[0], self.members
        if len({member.spec()["family"] for member in members}) == 1:
            return [f"{key}.{name}" for name in members[0].parameter_names]
        return [f"{key}[{i}].{name}" for i, member in enumerate(members) for name in member.parameter_names]

    def _changed(self, path: Path, change: Change, moves_infinite: bool = False) -> Self:
        if path.name == self.distribution[0]:
            return self._with_distributions(path, change)
        current = self._number(path)
        if self.numbers[path.name].kind == "scalar":
            if path.rest:
                raise InputError(path.text, "is one number for all countries: no index")
            return self._with(self.stored(path.name, change(current)))
        mask = self._mask(path)
        mask = mask[..., None] if self.is_batch else mask
        if not moves_infinite:
            mask = mask & np.isfinite(value_of(current))
        moved = np.where(mask, change(np.where(mask, current, 1.0)), current)
        return self._with(self.stored(path.name, moved))

    def _with_distributions(self, path: Path, change: Change) -> Self:
        # Countries that share one distribution keep sharing it: all change by the same rule.
        changed: dict[int, Any] = {}
        members = list(self.members)
        for i, name in self._targets(path):
            old = members[i]
            if id(old) not in changed:
                changed[id(old)] = old.with_parameters(**{name: change(old.parameter(name))})
            members[i] = changed[id(old)]
        return self._with({self.distribution[1]: tuple(members)})

    # -- which entries ---------------------------------------------------------------------------------------

    def _number(self, path: Path) -> Any:
        """Return the numeric parameter that a key names."""
        if path.name not in self.numbers:
            raise self._unknown(path)
        current = self.value(path.name)
        if current is None:
            needed = self.needs.get(path.name)
            raise InputError(path.text, "has no part here", remedy=f"set {needed}" if needed else "give it")
        return current

    def _unknown(self, path: Path) -> InputError:
        """Build the error for a key that names no number: a parameter of another kind, or none."""
        if path.name in {p.name for p in self.parameters}:
            varied = ", ".join([*self.numbers, f"{self.distribution[0]}.KEY"])
            return InputError(path.text, "is not a number that can be varied", remedy=f"those are {varied}")
        return unknown_key(path.text, [p.name for p in self.parameters], "parameter")

    def _mask(self, path: Path) -> np.ndarray:
        """Mark the entries a key means: a matrix with a given diagonal alone means every foreign pair."""
        n, rest, p = len(self.countries), path.rest, self.numbers[path.name]
        axes = _AXES[p.kind]
        if axes == 2 and (rest in {("domestic",), ("export",)} or (p.diagonal is not None and not rest)):
            return is_home(n) if rest == ("domestic",) else ~is_home(n)
        if len(rest) not in {0, axes} or not all(isinstance(i, int) for i in rest):
            ways = {1: ["", "[country]"], 2: [".domestic", ".export", "[origin][destination]"]}[axes]
            ways = ["", *ways] if axes == 2 and p.diagonal is not None else ways
            remedy = "write " + ", ".join(path.name + way for way in ways[:-1]) + f" or {path.name}{ways[-1]}"
            raise InputError(path.text, "does not point at an entry", remedy=remedy)
        for i in rest:
            self._check_index(path, int(i))
        mask = np.zeros((n,) * axes, dtype=bool)
        mask[tuple(int(i) for i in rest)] = True
        return mask

    def _targets(self, path: Path) -> list[tuple[int, str]]:
        """List the (country, parameter) pairs that a key of the distribution means."""
        rest: Sequence[str | int] = path.rest
        countries = range(len(self.countries))
        if rest and isinstance(rest[0], int):
            self._check_index(path, rest[0])
            countries, rest = range(rest[0], rest[0] + 1), rest[1:]
        if len(rest) != 1:
            example = f"{path.name}.{next(iter(self.members[0].parameter_names), 'k')}"
            raise InputError(path.text, "does not name a parameter of the distribution", remedy=f"write {example}")
        for i in countries:
            member = self.members[i]
            if rest[0] not in member.parameter_names:
                raise InputError(path.text, f"is not a parameter of {member.spec()['family']}",
                                 remedy="known: " + (", ".join(member.parameter_names) or "none"))  # fmt: skip
        return [(i, str(rest[0])) for i in countries]

    def _check_index(self, path: Path, i: int) -> None:
        n = len(self.countries)
        if i >= n:
            raise InputError(path.text, f"is out of range for {entries(n, 'country', 'countries')}, counted from 0")


def _parameters(member: Any) -> dict[str, Any]:
    return {name: member.parameter(name) for name in member.parameter_names}


def _with_batched(member: Any, change: Change) -> Any:
    """Change the parameters of a distribution that carry a batch axis, all at once: they are checked together."""
    changed = {name: change(value) for name, value in _parameters(member).items() if np.ndim(value_of(value))}
    return member.with_parameters(**changed) if changed else member
