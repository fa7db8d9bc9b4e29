"""Named columns of a CSV or Parquet file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phistar.core.errors import InputError, unknown_key
from phistar.core.files import TABLE_SUFFIXES, check_suffix


def read_columns(
    path: str | os.PathLike[str], texts: Sequence[str], numbers: Sequence[str], key: str = "--flows"
) -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
    """Read some columns of a ``.csv`` or ``.parquet`` file, as texts and as numbers.

    Parameters
    ----------
    path : path
    texts, numbers : sequence of str
        Columns wanted, found whatever their case.
    key : str
        The option an error names.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, or a cell is empty or not a number.
    """
    suffix = check_suffix(path, TABLE_SUFFIXES, key)
    table = _read(Path(path), suffix, key)
    place = {name.strip().casefold(): name for name in reversed(table.column_names)}
    for name in (*texts, *numbers):
        if name.casefold() not in place:
            raise unknown_key(name, [n.strip() for n in table.column_names], f"column of {Path(path).name}")
    words = {name: [_word(x, name, n) for n, x in enumerate(table.column(place[name.casefold()]).to_pylist())]
             for name in texts}  # fmt: skip
    values = {
        name: np.array([_number(x, name, n) for n, x in enumerate(table.column(place[name.casefold()]).to_pylist())])
        for name in numbers
    }
    if not table.num_rows:
        raise InputError(key, "has no rows", str(path))
    return words, values


def _read(path: Path, suffix: str, key: str):  # type: ignore[no-untyped-def]  # a pyarrow.Table, which ships no types
    import pyarrow

    if not path.is_file():
        raise InputError(key, "is not a file", str(path), remedy="check the path")
    try:
        if suffix == ".parquet":
            from pyarrow import parquet

            return parquet.read_table(path)
        from pyarrow import csv

        return csv.read_csv(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(key, f"cannot be read ({str(error).splitlines()[0][:80]})", str(path)) from None


def _word(cell: object, name: str, row: int) -> str:
    word = "" if cell is None else str(cell).strip()
    if not word:
        raise InputError(f"{name}, row {row + 1}", "is empty")
    return word


def _number(cell: object, name: str, row: int) -> float:
    try:
        return float(cell)  # type: ignore[arg-type]  # what is no number is caught
    except (TypeError, ValueError):
        problem = "is empty" if cell is None else "is not a number"
        raise InputError(
            f"{name}, row {row + 1}", problem, cell, remedy="rows count from 1, the header apart"
        ) from None
