"""Chunks of a sweep: the answers at consecutive points, and where finished ones wait for the rest."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phistar.core.files import replacing, write_columns

#: Seconds of work a kill may lose; quick sweeps end before anything is written twice.
SAVE_EVERY = 1.0


@dataclass(frozen=True)
class Chunk:
    """The answers at consecutive points, which are the last axis of every array.

    Attributes
    ----------
    reasons : ndarray of str
        Why a point is refused; "" where it is certified.
    residuals : ndarray
        Largest scaled residual of each point.
    values : mapping of str to ndarray
        Every reported variable; not a number where a point is refused.
    """

    reasons: np.ndarray
    residuals: np.ndarray
    values: Mapping[str, np.ndarray]


def join(chunks: Sequence[Chunk]) -> Chunk:
    """Lay chunks end to end; a variable that a chunk lacks is not a number there."""
    total = sum(len(chunk.reasons) for chunk in chunks)
    shapes = {name: v.shape[:-1] for chunk in chunks for name, v in chunk.values.items()}
    values = {name: np.full((*shape, total), np.nan) for name, shape in shapes.items()}
    position = 0
    for chunk in chunks:
        stop = position + len(chunk.reasons)
        for name, value in chunk.values.items():
            values[name][..., position:stop] = value
        position = stop
    return Chunk(
        np.concatenate([chunk.reasons for chunk in chunks]),
        np.concatenate([chunk.residuals for chunk in chunks]),
        values,
    )


class Store:
    """The finished chunks of one sweep, kept beside its output until that is whole.

    They stand in ``.NAME.partial/HASH/``; the hash covers everything the answers depend on, so that those of
    another scenario, grid or version are dropped, never mixed in.
    """

    def __init__(self, out: Path, fingerprint: str) -> None:
        self.out = out
        self.waiting: dict[int, Chunk] = {}
        self.saved = time.monotonic()
        self.folder = out.with_name(f".{out.name}.partial")
        self.chunks = self.folder / fingerprint
        if self.folder.exists() and not self.chunks.exists():
            shutil.rmtree(self.folder)

    def load(self, first: int) -> Chunk | None:
        """Return the chunk that begins at point `first`, or None where it was not finished."""
        try:
            with np.load(self._path(first)) as kept:
                arrays = dict(kept)
        except (OSError, ValueError, zipfile.BadZipFile):
            return None
        reasons = arrays.pop(" reasons").astype(object)
        return Chunk(reasons, arrays.pop(" residuals"), arrays)

    def keep(self, first: int, chunk: Chunk) -> None:
        """Keep the finished chunk that begins at point `first`, on disk within `SAVE_EVERY` seconds of work."""
        self.waiting[first] = chunk
        if time.monotonic() - self.saved >= SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Put what waits on disk."""
        for first, chunk in self.waiting.items():
            self.chunks.mkdir(parents=True, exist_ok=True)
            with replacing(self._path(first)) as partial, partial.open("wb") as stream:
                # A space keeps the two names apart from any variable's.
                arrays: dict[str, Any] = {" residuals": chunk.residuals, **chunk.values}
                arrays[" reasons"] = chunk.reasons.astype(str)
                np.savez(stream, allow_pickle=False, **arrays)
        self.waiting = {}
        self.saved = time.monotonic()

    def finish(self, columns: Mapping[str, Any]) -> None:
        """Write the output, whole or not at all, and drop everything kept for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_columns(self.out, columns, within=self.folder)  # what a kill cuts short goes with the folder
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, first: int) -> Path:
        return self.chunks / f"{first:09d}.npz"
