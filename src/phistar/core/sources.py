"""Where an equation comes from: one record that docs, `phistar show`, the explorer and tests read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class EquationRecord:
    """A displayed equation: the paper, its number there, its code name, and what it says."""

    paper: str
    number: str
    name: str
    summary: str
    latex: str = ""


def equation(paper: str, number: str, latex: str = "") -> Callable[[Function], Function]:
    """Record on a function which displayed equation it is; the function itself is unchanged."""

    def record(function: Function) -> Function:
        """Put the record on the function, its summary the first line of the docstring."""
        summary = (function.__doc__ or "").strip().splitlines()[0]
        function.__equation__ = EquationRecord(paper, number, function.__name__, summary, latex)  # type: ignore[attr-defined]
        return function

    return record


def equations_of(namespace: Any) -> tuple[EquationRecord, ...]:
    """Return the equation records of a module, in the order its functions stand."""
    return tuple(f.__equation__ for f in vars(namespace).values() if hasattr(f, "__equation__"))
