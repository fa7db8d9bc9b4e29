"""JSON as a strict reader takes it."""

from __future__ import annotations

import json
from typing import Any


def read_strict(text: str) -> Any:
    """Read JSON, refusing the words NaN and Infinity that Python's own reader takes."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not strict JSON")

    return json.loads(text, parse_constant=refuse)
