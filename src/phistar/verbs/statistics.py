"""Statistics of an equilibrium: small expressions in its variables and parameters, such as a calibration targets.

``trade_share[0][1]``, ``exporter_share[France]``, ``log(mean_sales[0][1] / mean_sales[0][0])``, ``mean(profit_share)``
or ``ols(log(mass_sellers[0] / trade_share[0]), log(L), log(income))[1]``: names are reported variables, or parameters
that are one number or one a country. An expression reads duals as it reads numbers, so that its slopes are exact.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.errors import InputError, unknown_key
from phistar.numerics.duals import Dual, value_of

#: What an expression or a function of one's own reads values from: a number, array or dual by name.
Lookup = Callable[[str], Any]

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.Pow: lambda x, y: x**y,
    ast.USub: lambda x: -x,
    ast.UAdd: lambda x: x,
}


@dataclass(frozen=True)
class Statistic:
    """A number that an equilibrium has, from its variables.

    Attributes
    ----------
    text : str
        The expression, or the name of the function.
    function : callable
        Takes a `Lookup`; written with NumPy's functions it gives duals where it reads duals.
    """

    text: str
    function: Callable[[Lookup], Any]

    def __call__(self, lookup: Lookup) -> Any:
        """Evaluate the statistic; one number, or one dual.

        Raises
        ------
        InputError
            When it is not one finite number there.
        """
        with np.errstate(all="ignore"):
            found = self.function(lookup)
        value = value_of(found)
        if value.size != 1:
            raise InputError("target", f"is {value.size} numbers, not one: add an index or sum(), mean()", self.text)
        if not np.isfinite(value).all():
            raise InputError("target", "is not a finite number at this equilibrium", self.text)
        return found.sum() if isinstance(found, Dual) else float(value.reshape(()))


def read_statistic(given: Any, countries: Sequence[str] = ()) -> Statistic:
    """Read a statistic from an expression, or take a function of a `Lookup` as it is.

    Parameters
    ----------
    given : str, callable or Statistic
    countries : sequence of str
        Names that may stand as an index.

    Raises
    ------
    InputError
        When the expression cannot be read.
    """
    if isinstance(given, Statistic):
        return given
    if callable(given):
        return Statistic(getattr(given, "__name__", "statistic"), given)
    if not isinstance(given, str) or not given.strip():
        raise InputError("target", "must be an expression such as trade_share[0][1]", given)
    text = given.strip()
    reader = _Reader(text, tuple(countries))
    try:
        tree = ast.parse(text, mode="eval").body
        reader.check(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("target", "is not an expression", text, "write it like log(welfare[0] / welfare[1])") from None
    return Statistic(text, lambda lookup: reader.value(tree, lookup))


def ols(y: Any, *regressors: Any) -> list[Any]:
    """Regress y on a constant and the regressors by least squares; the constant first, then a slope each.

    Everything may be a dual: the slopes then carry their derivatives.
    """
    centre, centres = y.sum() / len(y), [x.sum() / len(x) for x in regressors]
    moved = [x - c for x, c in zip(regressors, centres, strict=True)]
    matrix = [[(a * b).sum() for b in moved] for a in moved]
    slopes = _eliminate(matrix, [(a * (y - centre)).sum() for a in moved])
    return [centre - sum(b * c for b, c in zip(slopes, centres, strict=True)), *slopes]


def _eliminate(matrix: list[list[Any]], right: list[Any]) -> list[Any]:
    """Solve a small positive definite system of numbers or duals by elimination."""
    n = len(right)
    for k in range(n):
        for row in range(k + 1, n):
            factor = matrix[row][k] / matrix[k][k]
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[k], strict=True)]
            right[row] = right[row] - factor * right[k]
    solved: list[Any] = [0.0] * n
    for k in reversed(range(n)):
        solved[k] = (right[k] - sum(matrix[k][m] * solved[m] for m in range(k + 1, n))) / matrix[k][k]
    return solved


def _mean(x: Any) -> Any:
    return np.sum(x) / math.prod(np.shape(x))


def _home(x: Any) -> Any:
    """Take what each country has at home from a matrix."""
    return np.diagonal(x) if not isinstance(x, Dual) else x[np.arange(len(x)), np.arange(len(x))]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "sum": np.sum,
    "mean": _mean,
    "home": _home,
    "ols": ols,
}


@dataclass(frozen=True)
class _Reader:
    """Reads one expression: arithmetic, indices and the functions of `FUNCTIONS`, nothing else."""

    text: str
    countries: tuple[str, ...]

    def check(self, node: ast.AST) -> None:
        """Refuse what an expression may not hold, before anything is solved."""
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                self.check(left)
                self.check(right)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                self.check(operand)
            case ast.Subscript(value=value, slice=index):
                self.check(value)
                self.index(index)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args:
                if name not in FUNCTIONS:
                    raise unknown_key(name, FUNCTIONS, "function of a target")
                for argument in args:
                    self.check(argument)
            case ast.Constant(value=int() | float()) | ast.Name():
                return
            case _:
                raise self.refusal(node)

    def value(self, node: Any, lookup: Lookup) -> Any:
        """Evaluate a checked expression."""
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](self.value(left, lookup), self.value(right, lookup))
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATORS[type(op)](self.value(operand, lookup))
            case ast.Subscript(value=value, slice=index):
                return self.pick(self.value(value, lookup), self.index(index))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, [self.value(a, lookup) for a in args])
            case ast.Constant(value=int() | float() as constant):
                return np.float64(constant)
            case ast.Name(id=name):
                return lookup(name)
        raise self.refusal(node)

    def call(self, name: str, values: list[Any]) -> Any:
        """Call a function of the expression's own list."""
        try:
            return FUNCTIONS[name](*values)
        except (TypeError, ValueError, AttributeError, ZeroDivisionError, IndexError):
            raise InputError("target", f"gives {name} what it cannot read", self.text) from None

    def pick(self, values: Any, index: Any) -> Any:
        """Take an entry of an array."""
        try:
            return values[index]
        except (IndexError, TypeError):
            raise InputError("target", "has an index out of range", self.text) from None

    def index(self, node: ast.AST) -> Any:
        """Read an index: a whole number, a country's name, a range, or several of them."""
        match node:
            case ast.Constant(value=int(number)):
                return number
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return -number
            case ast.Constant(value=str(name)) | ast.Name(id=name):
                if name not in self.countries:
                    raise unknown_key(name, self.countries, "country")
                return self.countries.index(name)
            case ast.Slice(lower=lower, upper=upper, step=None):
                return slice(*(None if end is None else self.index(end) for end in (lower, upper)))
            case ast.Tuple(elts=parts):
                return tuple(self.index(part) for part in parts)
        raise self.refusal(node)

    def refusal(self, node: Any) -> InputError:
        """Build the error for a part that no expression may hold."""
        part = ast.get_source_segment(self.text, node) or self.text
        known = ", ".join(FUNCTIONS)
        return InputError("target", f"holds {part!r}, which has no part in an expression", self.text,
                          f"use names, indices, + - * / ** and the functions {known}")  # fmt: skip
