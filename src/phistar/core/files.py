"""Writing files whole or not at all: what is cut short never stands where a finished file should."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from phistar.core.errors import InputError

#: Suffixes that `write_columns` knows.
TABLE_SUFFIXES = (".csv", ".parquet")


@contextmanager
def replacing(
    path: str | os.PathLike[str], key: str = "--out", within: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place, else it is removed.

    A link is kept: the file it leads to is replaced. A device or a pipe, as /dev/stdout, is written to as it stands:
    a file put in its place would take it from everyone else.

    Parameters
    ----------
    path : path
        The file to make.
    key : str
        The option an error names.
    within : path, optional
        Where the temporary file stands instead, on the same disk: a folder that the caller clears after a kill.

    Raises
    ------
    InputError
        When the file cannot be written there.
    """
    target = Path(path)
    if _is_special(target):
        try:
            yield target
        except OSError as error:
            raise _unwritable(path, key, error) from None
        return
    target = Path(os.path.realpath(target))
    partial = Path(within or target.parent) / f".{target.name}.{os.getpid()}.tmp"
    try:
        if target.is_dir():
            raise InputError(key, "is a directory, not a file", str(path), remedy="name a file in it")
        yield partial
        os.replace(partial, target)
    except OSError as error:
        raise _unwritable(path, key, error) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    """Whether a path is there and neither a file nor a folder: a device, a pipe, a socket."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _unwritable(path: str | os.PathLike[str], key: str, error: OSError) -> InputError:
    problem = f"cannot be written ({(error.strerror or str(error)).lower()})"
    return InputError(key, problem, str(path), remedy="name a file in a folder you may write to")


def write_bytes(path: str | os.PathLike[str], content: bytes, key: str = "--out") -> None:
    """Write bytes to a file, whole or not at all."""
    with replacing(path, key) as partial:
        partial.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str, key: str = "--out") -> None:
    """Write text to a file in UTF-8, whole or not at all."""
    write_bytes(path, text.encode("utf-8"), key)


def check_suffix(path: str | os.PathLike[str], allowed: tuple[str, ...], key: str = "--out") -> str:
    """Return a path's suffix, in lower case, or refuse it naming those allowed."""
    suffix = Path(path).suffix.lower()
    if suffix not in allowed:
        raise InputError(key, f"must end in {', '.join(allowed[:-1])} or {allowed[-1]}", str(path))
    return suffix


def check_writable(path: str | os.PathLike[str], key: str = "--out") -> None:
    """Refuse a path that cannot be written, before any work is done for it."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise InputError(key, "cannot be written (no such folder)", str(path), remedy="make the folder first")
    if Path(path).is_dir():
        raise InputError(key, "is a directory, not a file", str(path), remedy="name a file in it")
    if not os.access(path if _is_special(Path(path)) else folder, os.W_OK):
        raise InputError(key, "cannot be written (permission denied)", str(path), remedy="choose another folder")


def write_columns(
    path: str | os.PathLike[str],
    columns: Mapping[str, Any],
    key: str = "--out",
    within: str | os.PathLike[str] | None = None,
) -> None:
    """Write named columns of equal length to a ``.csv`` or ``.parquet`` file, whole or not at all.

    Numbers keep full double precision in both. `within` is that of `replacing`.
    """
    suffix = check_suffix(path, TABLE_SUFFIXES, key)
    import pyarrow

    table = pyarrow.table({name: pyarrow.array(values) for name, values in columns.items()})
    with replacing(path, key, within) as partial:
        if suffix == ".csv":
            from pyarrow import csv

            csv.write_csv(table, partial)
        else:
            from pyarrow import parquet

            texts = [field.name for field in table.schema if field.type == pyarrow.string()]
            # Dictionaries pay for repeated words; doubles are written several times faster without.
            parquet.write_table(table, partial, use_dictionary=texts, compression="lz4", write_statistics=False)
