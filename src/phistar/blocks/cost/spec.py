"""Read a cost distribution from its table in a scenario."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from phistar.blocks import productivity
from phistar.blocks.cost.inverse import FromProductivity
from phistar.blocks.cost.kernel import KEY, Cost
from phistar.blocks.cost.power import Pareto, Uniform
from phistar.blocks.cost.quadrature import Beta, TruncatedLognormal
from phistar.core.errors import InputError, unknown_key

FAMILIES: dict[str, type[Cost]] = {family.family: family for family in (Pareto, Uniform, Beta, TruncatedLognormal)}


def from_spec(spec: Mapping[str, Any], key: str = KEY) -> Cost:
    """Build a cost distribution from its table, such as ``{family = "pareto", c_M = 1.0, k = 2.0}``.

    Parameters
    ----------
    spec : mapping
        The table: `family` and the parameters of that family; the families of productivity other than
        ``pareto`` are read as distributions of 1/c.
    key : str
        Dotted path of the table, for error messages.

    Raises
    ------
    InputError
        If a name is unknown (the nearest is given), a key is missing, or a value is not admissible.
    """
    if not isinstance(spec, Mapping):
        raise InputError(key, 'must be a table such as {family = "pareto", c_M = 1.0, k = 2.0}', spec)
    name = spec.get("family")
    known = [*FAMILIES, *(f for f in productivity.FAMILIES if f not in FAMILIES)]
    if name is None:
        raise InputError(f"{key}.family", "is missing", remedy="one of " + ", ".join(known))
    if not isinstance(name, str) or name not in known:
        remedy = unknown_key(str(name), known, "family").remedy
        raise InputError(f"{key}.family", "is not a known family", name, remedy)
    if name not in FAMILIES:
        return FromProductivity(productivity.from_spec(spec, key))
    values = {entry: value for entry, value in spec.items() if entry != "family"}
    _check_keys(FAMILIES[name], values, key)
    try:
        return FAMILIES[name](**values)
    except InputError as error:
        raise InputError(key + error.key.removeprefix(KEY), error.problem, error.value, error.remedy) from None


def _check_keys(family: type[Cost], values: Mapping[str, Any], key: str) -> None:
    known = {field.name: field for field in dataclasses.fields(family)}  # type: ignore[arg-type]
    for entry in values:
        if entry not in known:
            raise unknown_key(f"{key}.{entry}", known, f"key of {family.family}")
        if isinstance(values[entry], (list, tuple, dict)):
            raise InputError(f"{key}.{entry}", "must be a number", values[entry])
    for field in known.values():
        if field.default is dataclasses.MISSING and field.name not in values:
            raise InputError(f"{key}.{field.name}", "is missing", remedy=f"{family.family} needs it")
