"""Parameters a model takes: meaning, unit, default, what is allowed; and reading them from plain input.

A scalar means the same in every country. A matrix is `[origin][destination]`; for one with a `diagonal`
(iceberg costs) a scalar stands off the diagonal. `{domestic = .., export = ..}` fills diagonal and the rest.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.errors import InputError, entries, unknown_key

REQUIRED = object()
#: The short form of a world of identical countries: how many there are besides the one described.
PARTNERS = "partners"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model.

    Parameters
    ----------
    name, symbol, meaning, unit : str
        Key in scenario files, the paper's letter, one line, unit.
    kind : str
        ``scalar``, ``country``, ``matrix``, ``integer``, ``choice``, ``index``, ``productivity`` or ``firms``.
    default : object
        `REQUIRED`, or what is used when the key is absent.
    lower, upper : float, optional
        Bounds; `strict` says whether the lower one is excluded.
    diagonal : float, optional
        Of a matrix: what stands on the diagonal when a scalar is given.
    choices : tuple of str
        Of a choice: the words allowed.
    infinite : bool
        Whether "inf" is allowed.
    words : str
        What is allowed, where bounds and choices do not say it.
    """

    name: str
    kind: str
    symbol: str
    meaning: str
    unit: str = "1"
    default: Any = REQUIRED
    lower: float | None = None
    upper: float | None = None
    strict: bool = False
    diagonal: float | None = None
    choices: tuple[str, ...] = ()
    infinite: bool = False
    words: str = ""

    @property
    def allowed(self) -> str:
        """Say in words what is allowed."""
        if self.words:
            return self.words
        if self.kind == "index":
            return "a country's index from 0, or its name"
        if self.choices:
            return "one of " + ", ".join(f'"{c}"' for c in self.choices)
        noun = "a whole number" if self.kind == "integer" else "a number" if self.infinite else "a finite number"
        limits = []
        if self.lower is not None:
            limits.append(f"greater than {self.lower:g}" if self.strict else f"of at least {self.lower:g}")
        if self.upper is not None:
            limits.append(f"at most {self.upper:g}" if limits else f"of at most {self.upper:g}")
        return " ".join([noun, *([" and ".join(limits)] if limits else [])]) + (", or inf" if self.infinite else "")


def check_keys(parameters: Sequence[Parameter], raw: Mapping[str, Any], prefix: str = "parameters") -> None:
    """Refuse unknown keys with the nearest known name, and missing required ones."""
    if not isinstance(raw, Mapping):
        raise InputError(prefix, "must be a table of keys and values", raw)
    known = {p.name for p in parameters}
    for key in raw:
        if key not in known:
            raise unknown_key(str(key), known, "parameter", "phistar show MODEL")
    for p in parameters:
        if p.default is REQUIRED and raw.get(p.name) is None:
            raise InputError(p.name, f"is missing: {p.meaning}", remedy=f"give {p.name} under [parameters]")


def read_number(p: Parameter, value: Any, key: str) -> float:
    """Read one number within the parameter's bounds; the words "inf" and "-inf" are numbers."""
    if isinstance(value, str) and value.strip().lower() in {"inf", "+inf", "-inf"}:
        value = float(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise InputError(key, f"must be {p.allowed}", value)
    x = float(value)
    if np.isnan(x) or (np.isinf(x) and not (p.infinite and x > 0)):
        raise InputError(key, f"must be {p.allowed}", value)
    low = p.lower is not None and (x <= p.lower if p.strict else x < p.lower)
    if low or (p.upper is not None and x > p.upper) or (p.kind == "integer" and x != int(x)):
        raise InputError(key, f"must be {p.allowed}", value, remedy=f'{p.name} means "{p.meaning}"')
    return x


def read_count(value: Any, key: str, least: int = 0) -> int:
    """Read a whole number of at least `least`, given as a number or as text; 1e6 is one.

    Raises
    ------
    InputError
        When it is not whole, or smaller.
    """
    whole = _whole(value)
    if whole is None or whole < least:
        raise InputError(key, f"must be a whole number of at least {least}", value)
    return whole


def _whole(value: Any) -> int | None:
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (int, np.integer, str)):
        with suppress(ValueError):  # a text that is not digits may still be a whole number, as 1e6
            return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def count_countries(parameters: Sequence[Parameter], raw: Mapping[str, Any], names: Sequence[str] | None = None) -> int:
    """Infer the number of countries from the lengths of lists; all must agree."""
    seen: dict[str, int] = {}
    for p in parameters:
        value = raw.get(p.name)
        if p.kind in {"country", "matrix", "productivity"} and is_list(value):
            seen[p.name] = len(value)  # type: ignore[arg-type]
    if names is not None:
        seen["countries.names"] = len(names)
    if not seen:
        return 1
    for key, n in seen.items():
        if n == 0:
            raise InputError(key, "is empty: a world needs at least one country", remedy="give one entry a country")
    first, count = next(iter(seen.items()))
    for key, n in seen.items():
        if n != count:
            raise InputError(
                key, f"has {entries(n)} but {first} has {count}", remedy="give one entry a country in both"
            )
    return count


def is_list(value: Any) -> bool:
    """Whether a value is a list of entries (an array counts, a text does not)."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def read_scalar(p: Parameter, value: Any) -> np.float64:
    """Read one number that holds everywhere."""
    return np.float64(read_number(p, value, p.name))


def read_country(p: Parameter, value: Any, count: int) -> np.ndarray:
    """Read one number a country; a scalar means the same in each."""
    if is_list(value):
        if len(value) != count:
            raise InputError(
                p.name,
                f"has {entries(len(value))} for {entries(count, 'country', 'countries')}",
                remedy="give one entry a country",
            )
        return np.array([read_number(p, v, f"{p.name}[{i}]") for i, v in enumerate(value)])
    return np.full(count, read_number(p, value, p.name))


def read_matrix(p: Parameter, value: Any, count: int) -> np.ndarray:
    """Read a matrix `[origin][destination]` from a full matrix, a scalar, or `{domestic, export}`."""
    if isinstance(value, Mapping):
        return _domestic_export(p, value, count)
    if not is_list(value):
        x = read_number(p, value, p.name)
        matrix = np.full((count, count), x)
        if p.diagonal is not None:
            np.fill_diagonal(matrix, p.diagonal)
        return matrix
    if len(value) != count:
        raise InputError(
            p.name,
            f"has {entries(len(value), 'row', 'rows')} for {entries(count, 'country', 'countries')}",
            remedy="give one row an origin",
        )
    rows = []
    for i, row in enumerate(value):
        if not is_list(row) or len(row) != count:
            has = f"has {entries(len(row))}" if is_list(row) else "is not a list"
            raise InputError(f"{p.name}[{i}]", f"{has} where {count} are needed", row,
                             remedy=f"{p.name}[origin][destination] is a full {count} x {count} matrix")  # fmt: skip
        rows.append([read_number(p, v, f"{p.name}[{i}][{j}]") for j, v in enumerate(row)])
    return np.array(rows)


def _domestic_export(p: Parameter, value: Mapping[str, Any], count: int) -> np.ndarray:
    for key in value:
        if key not in {"domestic", "export"}:
            raise unknown_key(f"{p.name}.{key}", {"domestic", "export"})
    parts = {}
    for key in ("domestic", "export"):
        if key not in value:
            raise InputError(f"{p.name}.{key}", "is missing", remedy=f"write {p.name} = {{domestic = .., export = ..}}")
        parts[key] = read_number(p, value[key], f"{p.name}.{key}")
    matrix = np.full((count, count), parts["export"])
    np.fill_diagonal(matrix, parts["domestic"])
    return matrix


def read_choice(p: Parameter, value: Any) -> str:
    """Read one of a few words."""
    if value not in p.choices:
        raise InputError(p.name, f"must be {p.allowed}", value)
    return str(value)


def read_parameters(parameters: Sequence[Parameter], raw: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Read every scalar, country, matrix, integer and choice parameter; productivity is left as given."""
    read: dict[str, Any] = {}
    for p in parameters:
        value = raw.get(p.name)
        if value is None:
            value = p.default
        if value is None:
            read[p.name] = None
        elif p.kind == "productivity":
            read[p.name] = value
        elif p.kind == "choice":
            read[p.name] = read_choice(p, value)
        elif p.kind == "integer":
            read[p.name] = int(read_number(p, value, p.name))
        elif p.kind == "scalar":
            read[p.name] = read_scalar(p, value)
        elif p.kind == "country":
            read[p.name] = read_country(p, value, count)
        else:
            read[p.name] = read_matrix(p, value, count)
    return read


def read_index(value: Any, names: Sequence[str], key: str = "numeraire") -> int:
    """Read a country given by index from 0 or by name."""
    if isinstance(value, str):
        if value not in names:
            raise unknown_key(value, names, f"country ({key})")
        return list(names).index(value)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputError(key, "must be the index of a country from 0, or its name", value)
    if not 0 <= value < len(names):
        raise InputError(key, f"must be from 0 to {len(names) - 1}, or a country's name", value)
    return int(value)


def read_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Return the countries' names: those given, which must differ, or Home and Foreign, or C1, C2, ..."""
    if names is None:
        return ("Home", "Foreign")[:count] if count <= 2 else tuple(f"C{i + 1}" for i in range(count))
    if len(set(names)) != len(names):
        raise InputError("countries.names", "must differ from one another", list(names))
    return tuple(names)


def require_home_market(key: str, tau: np.ndarray) -> None:
    """Require that every country can sell at home: a finite diagonal of the iceberg costs."""
    for i in range(len(tau)):
        if not np.isfinite(tau[i, i]):
            raise InputError(f"{key}[{i}][{i}]", "must be finite: every country can sell at home", "inf")


def read_place(value: Any, names: Sequence[str], key: str) -> int:
    """Read a country as a command gives it: a name, or an index from 0 in digits."""
    digits = isinstance(value, str) and value.isdigit() and value not in names
    return read_index(int(value) if digits else value, names, key)
