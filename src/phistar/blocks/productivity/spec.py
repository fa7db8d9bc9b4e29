"""Read a productivity distribution from the table of a scenario file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from phistar.blocks.productivity.empirical import Empirical
from phistar.blocks.productivity.exponential import Frechet, Weibull
from phistar.blocks.productivity.kernel import KEY, Productivity
from phistar.blocks.productivity.lognormal import Lognormal, LognormalPareto
from phistar.blocks.productivity.power import BoundedPareto, Pareto
from phistar.core.errors import InputError, unknown_key

FAMILIES: dict[str, type[Productivity]] = {
    family.family: family for family in (Pareto, BoundedPareto, Lognormal, Frechet, Weibull, LognormalPareto, Empirical)
}


def from_spec(spec: Mapping[str, Any], key: str = KEY) -> Productivity:
    """Build a distribution from its table, such as ``{family = "pareto", k = 4.5, scale = 1.0}``.

    Parameters
    ----------
    spec : mapping
        The table: `family` and the parameters of that family.
    key : str
        Dotted path of the table, for error messages.

    Raises
    ------
    InputError
        If a name is unknown (the nearest is given), a key is missing, or a value is not admissible.
    """
    if not isinstance(spec, Mapping):
        raise InputError(key, 'must be a table such as {family = "pareto", k = 4.5, scale = 1.0}', spec)
    if "family" not in spec:
        raise InputError(f"{key}.family", "is missing", remedy="one of " + ", ".join(FAMILIES))
    name = spec["family"]
    if not isinstance(name, str):
        raise InputError(f"{key}.family", "must be the name of a family", name)
    if name not in FAMILIES:
        raise _unknown_family(name, key)
    family = FAMILIES[name]
    values = {entry: value for entry, value in spec.items() if entry != "family"}
    from_file = family is Empirical and "file" in values
    if not from_file:
        _check_keys(family, values, key)
        _check_scalars(family, values, key)
    try:
        return _from_file(values) if from_file else family(**values)
    except InputError as error:
        # A family speaks of itself as "productivity"; the caller knows the country.
        path = key + error.key.removeprefix(KEY)
        raise InputError(path, error.problem, error.value, error.remedy) from None


def _unknown_family(name: str, key: str) -> InputError:
    nearest = unknown_key(name, FAMILIES, "family")
    return InputError(f"{key}.family", "is not a known family", name, nearest.remedy)


def _from_file(values: Mapping[str, Any]) -> Productivity:
    others = [entry for entry in values if entry != "file"]
    if others:
        raise InputError(f"{KEY}.{others[0]}", "cannot stand beside file", remedy="give one or the other")
    path = values["file"]
    if not isinstance(path, (str, Path)):
        raise InputError(f"{KEY}.file", "must be a path", path)
    return Empirical.from_file(path)


def _check_scalars(family: type[Productivity], values: Mapping[str, Any], key: str) -> None:
    """Refuse lists in a table: a country's parameter is one number."""
    for name in family.parameter_names:
        if isinstance(values.get(name), (list, tuple, dict)):
            raise InputError(f"{key}.{name}", "must be a number", values[name])


def _check_keys(family: type[Productivity], values: Mapping[str, Any], key: str) -> None:
    known = {field.name: field for field in fields(family)}  # type: ignore[arg-type]
    for entry in values:
        if entry not in known:
            extra = ["file"] if family is Empirical else []
            raise unknown_key(f"{key}.{entry}", [*known, *extra], f"key of {family.family}")
    for field in known.values():
        if field.default is MISSING and field.name not in values:
            raise InputError(f"{key}.{field.name}", "is missing", remedy=f"{family.family} needs it")
