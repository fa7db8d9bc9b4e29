"""Forward-mode dual numbers over NumPy arrays: exact derivatives of code written for plain arrays.

A `Dual` carries a value and its gradient along `m` directions (the leading axis of `gradient`). NumPy's and
SciPy's ufuncs dispatch to the rules below, so equations are written once, with plain NumPy names, and are
evaluated on floats by the solver and on duals where a derivative is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Rule = Callable[..., tuple[Any, ...]]


class Dual(np.lib.mixins.NDArrayOperatorsMixin):
    """A value with its gradient; `gradient.shape == (directions, *value.shape)`."""

    __slots__ = ("gradient", "value")
    __array_priority__ = 100

    def __init__(self, value: Any, gradient: Any) -> None:
        self.value = np.asarray(value, dtype=float)
        self.gradient = np.asarray(gradient, dtype=float)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes of the value."""
        return self.value.ndim

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, directions={self.gradient.shape[0]})"

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Dual:
        inner = key if isinstance(key, tuple) else (key,)
        return Dual(self.value[inner], self.gradient[(slice(None), *inner)])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__
        if method != "__call__" or kwargs.get("out") is not None:
            return NotImplemented
        values = [x.value if isinstance(x, Dual) else x for x in inputs]
        result = ufunc(*values)
        if name in _LOCALLY_CONSTANT:
            return result
        if name not in _RULES:
            raise NotImplementedError(f"no derivative rule for {name}")
        return chain(result, inputs, _RULES[name](result, *values))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        handler = _FUNCTIONS.get(func.__name__)
        if handler is None:
            return NotImplemented
        return handler(*args, **kwargs)

    def sum(self, axis: int | None = None) -> Dual:
        """Sum over `axis` of the value (all axes when None)."""
        if axis is None:
            return Dual(self.value.sum(), self.gradient.reshape(len(self.gradient), -1).sum(axis=1))
        return Dual(self.value.sum(axis=axis), self.gradient.sum(axis=axis if axis < 0 else axis + 1))

    def reshape(self, *shape: int) -> Dual:
        """Return the same numbers under another shape."""
        value = self.value.reshape(*shape)
        return Dual(value, self.gradient.reshape(len(self.gradient), *value.shape))


def value_of(x: Any) -> np.ndarray:
    """Return the plain array behind `x`, dual or not."""
    return x.value if isinstance(x, Dual) else np.asarray(x)


def gradient_of(x: Any, directions: int) -> np.ndarray:
    """Return the gradient of `x` along `directions` directions: zeros for a plain array."""
    if isinstance(x, Dual):
        return x.gradient
    return np.zeros((directions, *np.shape(x)))


def seed(values: Sequence[Any]) -> list[Dual]:
    """Make independent variables of `values`: one direction for each of their elements, in order."""
    arrays = [np.asarray(v, dtype=float) for v in values]
    directions = sum(a.size for a in arrays)
    duals, start = [], 0
    for a in arrays:
        gradient = np.zeros((directions, a.size))
        gradient[start + np.arange(a.size), np.arange(a.size)] = 1.0
        duals.append(Dual(a, gradient.reshape(directions, *a.shape)))
        start += a.size
    return duals


def chain(result: Any, inputs: Sequence[Any], partials: Sequence[Any]) -> Dual:
    """Apply the chain rule: `partials[i]` is the derivative of `result` in `inputs[i]` (None where it is zero)."""
    result = np.asarray(result, dtype=float)
    gradient: Any = 0.0
    for x, partial in zip(inputs, partials, strict=True):
        if isinstance(x, Dual) and partial is not None:
            g = x.gradient
            g = g.reshape(g.shape[0], *(1,) * (result.ndim - x.ndim), *x.shape)
            # Zero times an infinite slope is zero: nobody is at the edge of an empty market.
            with np.errstate(invalid="ignore"):
                gradient = gradient + np.where((g == 0.0) | (np.asarray(partial) == 0.0), 0.0, g * partial)
    directions = next(x.gradient.shape[0] for x in inputs if isinstance(x, Dual))
    return Dual(result, np.broadcast_to(gradient, (directions, *result.shape)))


def _power(r: Any, x: Any, y: Any) -> tuple[Any, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return y * np.power(x, y - 1.0), np.where(r == 0.0, 0.0, r * np.log(x))


_LOCALLY_CONSTANT = {
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "isfinite", "isnan", "isinf", "sign", "floor",
}  # fmt: skip
_RULES: dict[str, Rule] = {
    "add": lambda r, x, y: (1.0, 1.0),
    "subtract": lambda r, x, y: (1.0, -1.0),
    "multiply": lambda r, x, y: (y, x),
    "divide": lambda r, x, y: (1.0 / np.asarray(y), -r / y),
    "power": _power,
    "negative": lambda r, x: (-1.0,),
    "positive": lambda r, x: (1.0,),
    "absolute": lambda r, x: (np.sign(x),),
    "exp": lambda r, x: (r,),
    "expm1": lambda r, x: (r + 1.0,),
    "log": lambda r, x: (1.0 / np.asarray(x),),
    "log1p": lambda r, x: (1.0 / (1.0 + x),),
    "sqrt": lambda r, x: (0.5 / r,),
    "square": lambda r, x: (2.0 * x,),
    "maximum": lambda r, x, y: (np.where(x >= y, 1.0, 0.0), np.where(x >= y, 0.0, 1.0)),
    "minimum": lambda r, x, y: (np.where(x <= y, 1.0, 0.0), np.where(x <= y, 0.0, 1.0)),
    "logaddexp": lambda r, x, y: (np.exp(x - r), np.exp(y - r)),
}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Register the derivative rule of the ufunc called `name` (special functions register theirs so)."""

    def register(function: Rule) -> Rule:
        """Keep the rule under the name."""
        _RULES[name] = function
        return function

    return register


def _directions(*items: Any) -> int:
    return next(x.gradient.shape[0] for x in items if isinstance(x, Dual))


def _expanded(x: Any, shape: tuple[int, ...], directions: int) -> tuple[np.ndarray, np.ndarray]:
    value = np.broadcast_to(value_of(x), shape)
    g = gradient_of(x, directions)
    g = g.reshape(directions, *(1,) * (len(shape) - np.ndim(value_of(x))), *np.shape(value_of(x)))
    return value, np.broadcast_to(g, (directions, *shape))


def _where(condition: Any, x: Any, y: Any) -> Dual:
    m = _directions(x, y)
    shape = np.broadcast_shapes(np.shape(condition), np.shape(value_of(x)), np.shape(value_of(y)))
    (xv, xg), (yv, yg) = _expanded(x, shape, m), _expanded(y, shape, m)
    return Dual(np.where(condition, xv, yv), np.where(condition, xg, yg))


def _joined(join: Callable[..., Any]) -> Callable[..., Dual]:
    def joined(items: Sequence[Any], axis: int = 0) -> Dual:
        """Join values and gradients alike, the axis of directions left in front."""
        m = _directions(*items)
        shift = axis if axis < 0 else axis + 1
        return Dual(
            join([value_of(x) for x in items], axis=axis),
            join([gradient_of(x, m) for x in items], axis=shift),
        )

    return joined


def _diagonal(x: Dual, *args: Any, **kwargs: Any) -> Dual:
    n = min(x.shape[:2])
    return x[np.arange(n), np.arange(n)]


def _broadcast_to(x: Dual, shape: tuple[int, ...]) -> Dual:
    return Dual(*_expanded(x, shape, x.gradient.shape[0]))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda x, axis=None: x.sum(axis=axis),
    "where": _where,
    "concatenate": _joined(np.concatenate),
    "stack": _joined(np.stack),
    "diagonal": _diagonal,
    "broadcast_to": _broadcast_to,
    "ravel": lambda x: x.reshape(-1),
    "reshape": lambda x, shape: x.reshape(*shape) if isinstance(shape, tuple) else x.reshape(shape),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "prod": lambda x, axis=None: np.exp(np.log(x).sum(axis=axis)),
}
