"""A world's trade in one matrix, and reading one from a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phistar.core.errors import InputError, entries
from phistar.data.countries import country_name

LONG_HEADER = ("origin", "destination", "value")
#: The largest file read, in bytes: a square table of a thousand countries is about a tenth of it.
MAX_BYTES = 200_000_000


@dataclass(frozen=True)
class FlowTable:
    """Sales from every origin to every destination, home included.

    Attributes
    ----------
    countries : tuple of str
        Codes.
    flows : ndarray (origin, destination)
        Value of sales at the seller's gate, before tariffs.
    input_share : ndarray (country,) or None
        Intermediate inputs in gross output; None when the table does not say.
    unit : str
        What the values of the table are counted in.
    money, money_scale : str, float
        Unit in which answers are told, and what one of the table's units is worth in it.
    source, credit : str
        Short name of the source; the acknowledgment that travels with it.
    """

    countries: tuple[str, ...]
    flows: np.ndarray
    input_share: np.ndarray | None = None
    unit: str = "units of the table"
    money: str = "units of the table"
    money_scale: float = 1.0
    source: str = "given by the user"
    credit: str = ""

    def __post_init__(self) -> None:
        flows = np.array(self.flows, dtype=float)
        object.__setattr__(self, "flows", flows)
        object.__setattr__(self, "countries", tuple(str(c) for c in self.countries))
        _check_flows(flows, self.countries)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the countries, or their codes where no name is known."""
        return tuple(country_name(code) for code in self.countries)


def _check_flows(flows: np.ndarray, countries: tuple[str, ...]) -> None:
    count = len(countries)
    if count < 2:
        raise InputError("table", f"has {entries(count, 'country', 'countries')}: trade needs at least two")
    if len(set(countries)) < count:
        twice = next(c for c in countries if countries.count(c) > 1)
        raise InputError("table", "names a country twice", twice)
    if flows.shape != (count, count):
        shape = " x ".join(str(n) for n in flows.shape)
        raise InputError("table", f"is not square: flows are {shape} for {count} countries")
    rules = ((np.isfinite(flows), "is not a finite number"), (flows >= 0, "is negative: a flow cannot be"))
    for allowed, problem in rules:
        if not allowed.all():
            i, j = (int(n) for n in np.argwhere(~allowed)[0])
            raise InputError(f"flow {countries[i]} to {countries[j]}", problem, float(flows[i, j]))
    for i, code in enumerate(countries):
        if flows[i, i] == 0:
            raise InputError(
                f"flow {code} to {code}",
                "is zero or missing: the model needs sales at home",
                remedy="add domestic sales (gross output less exports)",
            )
        if flows[i].sum() == flows[i, i] or flows[:, i].sum() == flows[i, i]:
            side = "exports" if flows[i].sum() == flows[i, i] else "imports"
            raise InputError("table", f"gives no {side} at all", code, remedy="leave the country out")


def read_flows(path: str | os.PathLike[str]) -> FlowTable:
    """Read a table of flows from a CSV file.

    Parameters
    ----------
    path : path
        Either long, with the header ``origin,destination,value`` (missing pairs are zero), or square: a
        header row of destinations after an empty corner, then one row an origin. Commas, semicolons or tabs;
        UTF-8.

    Returns
    -------
    FlowTable

    Raises
    ------
    InputError
        When the file is missing or unreadable, or a flow is missing, negative or not a number.
    """
    rows = _read_rows(path)
    header = tuple(cell.casefold() for cell in rows[0])
    if set(LONG_HEADER) <= set(header):
        countries, flows = _read_long(rows, header)
    else:
        countries, flows = _read_square(rows)
    return FlowTable(countries, flows, source=f"file {Path(path).name}")


def _read_rows(path: str | os.PathLike[str]) -> list[list[str]]:
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError("table", "is a directory, not a file", str(path))
        if file.stat().st_size > MAX_BYTES:
            raise InputError("table", f"is larger than {MAX_BYTES // 10**6} MB", str(path))
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("table", "is not a file", str(path), remedy="check the path") from None
    except UnicodeDecodeError:
        raise InputError("table", "is not text", str(path), remedy="give a CSV file in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError("table", f"cannot be read ({reason})", str(path)) from None
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise InputError("table", f"is not valid CSV ({error})", str(path)) from None
    rows = [row for row in rows if any(row)]
    if len(rows) < 2:
        raise InputError(
            "table",
            "has no rows of flows",
            str(path),
            remedy="give origin,destination,value or a square table",
        )
    return rows


def _read_long(rows: list[list[str]], header: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    at = [header.index(name) for name in LONG_HEADER]
    pairs: dict[tuple[str, str], float] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise InputError(
                f"table row {number}", f"has {entries(len(row), 'cell', 'cells')} where the header has {len(header)}"
            )
        origin, destination, value = (row[n] for n in at)
        if not origin or not destination:
            raise InputError(f"table row {number}", "lacks its origin or destination")
        if (origin, destination) in pairs:
            raise InputError(
                f"table row {number}",
                f"gives {origin} to {destination} a second time",
                remedy="sum over sectors or years first",
            )
        pairs[origin, destination] = _read_number(value, f"flow {origin} to {destination}")
    place = _places(code for pair in pairs for code in pair)
    flows = np.zeros((len(place), len(place)))
    for (origin, destination), flow in pairs.items():
        flows[place[origin], place[destination]] = flow
    return tuple(place), flows


def _places(codes: Iterable[str]) -> dict[str, int]:
    return {code: n for n, code in enumerate(dict.fromkeys(codes))}


def _read_square(rows: list[list[str]]) -> tuple[tuple[str, ...], np.ndarray]:
    destinations = rows[0][1:]
    origins = [row[0] for row in rows[1:]]
    if len(origins) != len(destinations):
        raise InputError(
            "table",
            f"is not square: {len(origins)} origins, {len(destinations)} destinations",
            remedy="or give three columns headed origin,destination,value",
        )
    odd = set(origins) ^ set(destinations)
    if odd:
        raise InputError("table", "names different origins and destinations", ", ".join(sorted(odd)))
    if len(set(origins)) < len(origins):
        raise InputError("table", "names a country twice", next(c for c in origins if origins.count(c) > 1))
    flows = np.zeros((len(origins), len(origins)))
    for i, row in enumerate(rows[1:]):
        if len(row) != len(rows[0]):
            raise InputError(
                f"table row {row[0]}",
                f"has {entries(len(row) - 1, 'flow', 'flows')} for {len(destinations)} destinations",
            )
        for j, cell in enumerate(row[1:]):
            flows[i, origins.index(destinations[j])] = _read_number(cell, f"flow {row[0]} to {destinations[j]}")
    return tuple(origins), flows


def _read_number(text: str, key: str) -> float:
    try:
        return float(text) if text else 0.0
    except ValueError:
        raise InputError(key, "is not a number", text, remedy="write it like 1234.5") from None
