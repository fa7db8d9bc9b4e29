"""A discrete distribution of productivity: a weighted sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from phistar.blocks.productivity.kernel import KEY, LocationScale
from phistar.core.errors import InputError, entries
from phistar.numerics.duals import value_of
from phistar.numerics.special import (
    log_abs_expm1,
    log_one_plus,
    quiet,
)

_EXPONENT_RANGE = 650.0  # of exp in double precision
_TABLES_KEPT = 8


class _Table(NamedTuple):
    """Of one order and from each knot up: log moment, mean and variance of ln phi, and log premium."""

    log_moment: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    premium: np.ndarray


@dataclass(frozen=True, eq=False)
class Empirical(LocationScale):
    """A finite set of productivities with weights.

    Parameters
    ----------
    values : array_like
        Productivities, positive; order does not matter, duplicates are merged.
    weights : array_like, optional
        Nonnegative, any total: shares are weights over their sum. Equal when absent.

    Notes
    -----
    Survival and moments count an atom that stands exactly at the cutoff. Between atoms they are flat, so
    the hazard is zero and derivatives in the cutoff are those of the surplus alone.
    """

    values: Any
    weights: Any = None

    family: ClassVar[str] = "empirical"
    parameter_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        values = _numbers(self.values, f"{KEY}.values")
        if self.weights is None:
            weights = np.ones(values.size)
        else:
            weights = _numbers(self.weights, f"{KEY}.weights")
        _check_sample(values, weights)
        kept = weights > 0.0
        atoms, inverse = np.unique(values[kept], return_inverse=True)
        shares = np.bincount(inverse, weights=weights[kept] / weights.sum())
        object.__setattr__(self, "values", atoms)
        object.__setattr__(self, "weights", shares)

    @classmethod
    def from_file(cls, path: str | Path) -> Empirical:
        """Read a text file of one column (values) or two (values, weights), with or without a header."""
        return cls(*_read_columns(path, f"{KEY}.file"))

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        return {"family": self.family, "values": self.values.tolist(), "weights": self.weights.tolist()}

    @property
    def log_lower(self) -> float:
        """Log of the lower end of the support."""
        return float(self.log_atoms[0])

    @property
    def log_upper(self) -> float:
        """Log of the upper end of the support."""
        return float(self.log_atoms[-1])

    @cached_property
    def log_atoms(self) -> np.ndarray:
        """Logs of the productivities, increasing."""
        return np.log(self.values)

    @cached_property
    def _tables(self) -> dict[float, _Table]:
        return {}

    def atom_weight(self, log_x: Any) -> Any:
        """Return the weight of the atom at `log_x`, zero where there is none."""
        index = self._index(np.asarray(log_x))
        met = np.minimum(index, self.weights.size - 1)
        return np.where(self.log_atoms[met] == log_x, self.weights[met], 0.0)[()]

    @quiet
    def log_moment_of_atom(self, log_x: Any, order: Any) -> Any:
        """Compute ln of x^order P(phi = x): -inf wherever there is no atom."""
        return np.log(self.atom_weight(value_of(log_x))) + order * log_x

    def _location_spread(self) -> tuple[Any, Any]:
        return 0.0, 1.0

    def _table(self, order: float) -> _Table:
        table = self._tables.get(order)
        if table is None:
            if len(self._tables) >= _TABLES_KEPT:
                self._tables.clear()
            table = self._tables[order] = self._tabulate(order)
        return table

    def _by_order(self, read: Callable[..., Any], u: Any, q: Any) -> Any:
        """Evaluate `read(table, u, q)` for each distinct order in `q`."""
        orders = np.unique(q)
        if orders.size == 1:
            return read(self._table(float(orders[0])), np.asarray(u, dtype=float), float(orders[0]))[()]
        u, q = np.broadcast_arrays(np.asarray(u, dtype=float), q)
        result = np.empty(u.shape)
        for order in orders:
            chosen = q == order
            result[chosen] = read(self._table(float(order)), u[chosen], float(order))
        return result

    @quiet
    def _tabulate(self, order: float) -> _Table:
        z = self.log_atoms
        log_terms = np.log(self.weights) + order * z
        log_moment = _suffix_log_sum(log_terms)
        mean, variance = _suffix_moments(log_terms, log_moment, z)
        log_survival = _suffix_log_sum(np.log(self.weights))
        # x^order times the surplus at an atom, summed by parts: every term has the sign of the order.
        rise = log_survival[1:-1] + order * z[:-1] + log_abs_expm1(order * np.diff(z))
        surplus = _suffix_log_sum(rise)
        ratio = np.append(surplus - order * z - log_survival[:-1], -np.inf)
        return _Table(log_moment, mean, variance, log_one_plus(np.sign(order), ratio))

    def _index(self, u: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.log_atoms, u, side="left")

    def _log_survival(self, u: Any) -> Any:
        return self._log_moment(u, 0.0)

    def _log_moment(self, u: Any, q: Any) -> Any:
        return self._by_order(lambda table, v, order: table.log_moment[self._index(v)], u, q)

    def _mean(self, u: Any, q: Any) -> Any:
        return self._by_order(lambda table, v, order: table.mean[self._index(v)], u, q)

    def _variance(self, u: Any, q: Any) -> Any:
        return self._by_order(lambda table, v, order: table.variance[self._index(v)], u, q)

    def _premium(self, u: Any, q: Any) -> Any:
        def read(table: _Table, v: np.ndarray, order: float) -> np.ndarray:
            """Read ln of the premium above ln cutoffs `v` off the table of atoms."""
            index = self._index(v)
            gap = self.log_atoms[np.minimum(index, self.log_atoms.size - 1)] - v
            return np.where(index < self.log_atoms.size, order * gap + table.premium[index], 0.0)

        return self._by_order(read, u, q)

    def _hazard(self, u: Any, q: Any) -> Any:
        beyond = np.where(np.asarray(u) > self.log_atoms[-1], np.inf, 0.0)
        return np.broadcast_to(beyond, np.broadcast_shapes(np.shape(u), np.shape(q)))[()]

    def _log_density(self, u: Any) -> Any:
        return np.full(np.shape(u), -np.inf)[()]

    def _slope(self, u: Any) -> Any:
        return np.zeros(np.shape(u))[()]

    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile: the least atom with at least `u` of the weight up to it."""
        reached = np.searchsorted(np.cumsum(self.weights), np.asarray(u) - 1e-15, side="left")
        return self.log_atoms[np.minimum(reached, self.log_atoms.size - 1)]

    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the largest atom with at least `q` of the weight from it up."""
        reached = np.searchsorted(np.cumsum(self.weights[::-1]), np.asarray(q) - 1e-15, side="left")
        return self.log_atoms[::-1][np.minimum(reached, self.log_atoms.size - 1)]

    def sample(self, n: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw `n` productivities with replacement."""
        return np.random.default_rng(seed).choice(self.values, size=n, p=self.weights)


def _suffix_log_sum(log_terms: np.ndarray) -> np.ndarray:
    """Return ln sum_{j >= i} e^(log_terms_j) for i = 0..n (-inf at n), in extended precision if any."""
    if log_terms.size == 0:
        return np.array([-np.inf])
    shift = log_terms.max()
    finite = log_terms[log_terms > -np.inf]
    if not finite.size or shift - finite.min() > _EXPONENT_RANGE:
        sums = np.logaddexp.accumulate(log_terms[::-1])[::-1]
    else:
        scaled = np.exp(log_terms - shift)[::-1]
        sums = shift + np.log(np.cumsum(scaled, dtype=np.longdouble)[::-1]).astype(float)
    return np.append(sums, -np.inf)


def _suffix_moments(log_terms: np.ndarray, log_moment: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means and variances of z from each knot up, from first and second moments about the lowest knot."""
    distance = z - z[0]
    mean = np.exp(_suffix_log_sum(log_terms + np.log(distance)) - log_moment)
    square = np.exp(_suffix_log_sum(log_terms + 2.0 * np.log(distance)) - log_moment)
    known = log_moment > -np.inf
    mean = np.where(known, mean, 0.0)
    variance = np.where(known, np.maximum(square - mean**2, 0.0), 0.0)
    return np.where(known, z[0] + mean, np.append(z, z[-1])), variance


def _numbers(items: Any, key: str) -> np.ndarray:
    try:
        array = np.asarray(items, dtype=float)
    except (TypeError, ValueError):
        raise InputError(key, "must be a list of numbers", items) from None
    if array.ndim != 1 or array.size == 0 or isinstance(items, (str, bytes)):
        raise InputError(key, "must be a list of at least one number", items)
    return array


def _check_sample(values: np.ndarray, weights: np.ndarray) -> None:
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
    if bad.size:
        raise InputError(f"{KEY}.values[{bad[0]}]", "must be a positive finite number", float(values[bad[0]]))
    if weights.size != values.size:
        raise InputError(f"{KEY}.weights", f"has {entries(weights.size)} where values has {values.size}")
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if bad.size:
        raise InputError(f"{KEY}.weights[{bad[0]}]", "must be a nonnegative finite number", float(weights[bad[0]]))
    if weights.sum() <= 0.0:
        raise InputError(f"{KEY}.weights", "must not all be zero")


def _read_columns(path: str | Path, key: str) -> list[np.ndarray]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        reason = "is not a text file" if isinstance(error, ValueError) else "cannot be read"
        raise InputError(key, reason, str(path)) from None
    rows = [line.replace(",", " ").replace(";", " ").split() for line in text.splitlines() if line.strip()]
    if rows and not _is_row_of_numbers(rows[0]):
        rows = rows[1:]
    if not rows:
        raise InputError(key, "holds no values", str(path))
    width = len(rows[0])
    if width not in (1, 2):
        raise InputError(key, f"must have one column or two, not {width}", str(path))
    for number, row in enumerate(rows, start=1):
        if len(row) != width or not _is_row_of_numbers(row):
            raise InputError(key, f"has a malformed data row {number}: {' '.join(row)[:40]}", str(path))
    return list(np.array(rows, dtype=float).T)


def _is_row_of_numbers(row: list[str]) -> bool:
    try:
        [float(item) for item in row]
    except ValueError:
        return False
    return True
