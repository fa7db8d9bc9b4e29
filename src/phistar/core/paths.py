"""Dotted paths with indices: `sigma`, `tau`, `tau[0][1]`, `f.export`, `productivity.k`, `productivity[1].k`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from phistar.core.errors import InputError

_TOKEN = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)((?:\[\d+\])*)")


@dataclass(frozen=True)
class Path:
    """A key taken apart: words and indices in order, e.g. ``("tau", 0, 1)``."""

    text: str
    parts: tuple[str | int, ...]

    @property
    def name(self) -> str:
        """The parameter's name."""
        return str(self.parts[0])

    @property
    def rest(self) -> tuple[str | int, ...]:
        """What follows the name."""
        return self.parts[1:]


def parse_path(text: str) -> Path:
    """Take a dotted key apart.

    Raises
    ------
    InputError
        When the text is not words joined by dots, each with optional ``[index]``.
    """
    parts: list[str | int] = []
    for piece in text.strip().split("."):
        match = _TOKEN.fullmatch(piece)
        if match is None:
            raise InputError(text or "key", "is not a key", remedy="write it like sigma, tau[0][1] or productivity.k")
        parts.append(match.group(1))
        parts.extend(int(i) for i in re.findall(r"\d+", match.group(2)))
    return Path(text.strip(), tuple(parts))
