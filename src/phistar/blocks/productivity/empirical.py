"""A discrete distribution of productivity: a weighted sample, and a smoothed copy of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from phistar.blocks.productivity.kernel import KEY, LocationScale
from phistar.core.errors import InputError
from phistar.numerics.duals import value_of
from phistar.numerics.special import (
    log_abs_expm1,
    log_one_plus,
    quiet,
    tilted_log,
    tilted_log_ratio,
    tilted_mean,
    tilted_variance,
)

_EXPONENT_RANGE = 650.0  # of exp in double precision
_TABLES_KEPT = 8


class _Table(NamedTuple):
    """Of one order and from each knot up: log moment, mean and variance of ln phi, and log premium."""

    log_moment: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    premium: np.ndarray


class _Tabulated(LocationScale):
    """A distribution whose moments are sums over sorted knots, tabulated once for each order."""

    _knots: np.ndarray  # logs, increasing
    _tables: dict[float, _Table]

    def _location_spread(self) -> tuple[Any, Any]:
        return 0.0, 1.0

    def _tabulate(self, order: float) -> _Table:
        raise NotImplementedError

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

    @property
    def log_lower(self) -> float:
        """Log of the lower end of the support."""
        return float(self._knots[0])

    @property
    def log_upper(self) -> float:
        """Log of the upper end of the support."""
        return float(self._knots[-1])


@dataclass(frozen=True, eq=False)
class Empirical(_Tabulated):
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
        for name, item in {
            "values": atoms,
            "weights": shares,
            "_knots": np.log(atoms),
            "_tables": {},
        }.items():
            object.__setattr__(self, name, item)

    @classmethod
    def from_file(cls, path: str | Path) -> Empirical:
        """Read a text file of one column (values) or two (values, weights), with or without a header."""
        return cls(*_read_columns(path, f"{KEY}.file"))

    def spec(self) -> dict[str, Any]:
        """Return the table of a scenario file that `from_spec` reads back."""
        return {"family": self.family, "values": self.values.tolist(), "weights": self.weights.tolist()}

    def smoothed(self, width: float) -> Smoothed:
        """Return a copy with each atom v spread log-uniformly over [v e^-width, v], for Newton's method."""
        if not 0.0 < width < np.inf:
            raise InputError("width", "must be a positive finite number", width)
        starts, count = self._knots - width, self._knots.size
        edges, inverse = np.unique(np.concatenate([starts, self._knots]), return_inverse=True)
        # Each atom has constant height from its start to itself; heights add where they overlap.
        steps = np.zeros(edges.size, dtype=np.longdouble)
        np.add.at(steps, inverse[:count], self.weights)
        np.add.at(steps, inverse[count:], -self.weights)
        active = np.cumsum(
            np.bincount(inverse[:count], minlength=edges.size) - np.bincount(inverse[count:], minlength=edges.size)
        )
        heights = np.where(active > 0, np.maximum(np.cumsum(steps), 0.0), 0.0)[:-1] / width
        return Smoothed(edges, heights.astype(float))

    @property
    def log_atoms(self) -> np.ndarray:
        """Logs of the productivities, increasing."""
        return self._knots

    def atom_weight(self, log_x: Any, tol: float = 0.0) -> Any:
        """Return the weight of the atoms within `tol` of `log_x`, in logs."""
        low = np.searchsorted(self._knots, np.asarray(log_x) - tol, side="left")
        high = np.searchsorted(self._knots, np.asarray(log_x) + tol, side="right")
        total = np.concatenate([[0.0], np.cumsum(self.weights)])
        one = self.weights[np.minimum(low, self.weights.size - 1)]
        return np.where(high - low == 1, one, total[high] - total[low])[()]

    @quiet
    def log_moment_of_atom(self, log_x: Any, order: Any) -> Any:
        """Compute ln of x^order P(phi = x): -inf wherever there is no atom."""
        return np.log(self.atom_weight(value_of(log_x))) + order * log_x

    def log_moment_strict(self, log_x: Any, order: Any) -> Any:
        """Compute ln of the moment over the atoms strictly above x."""
        return self._by_order(lambda t, u, q: t.log_moment[np.searchsorted(self._knots, u, side="right")], log_x, order)

    @quiet
    def _tabulate(self, order: float) -> _Table:
        z, top = self._knots, self._knots[-1:]
        log_terms = np.log(self.weights) + order * z
        log_moment = _suffix_log_sum(log_terms)
        mean, variance = _suffix_moments(log_terms, log_moment, z, 0.0, np.append(z, top))
        log_survival = _suffix_log_sum(np.log(self.weights))
        # x^order times the surplus at an atom, summed by parts: every term has the sign of the order.
        rise = log_survival[1:-1] + order * z[:-1] + log_abs_expm1(order * np.diff(z))
        surplus = _suffix_log_sum(rise)
        ratio = np.append(surplus - order * z - log_survival[:-1], -np.inf)
        return _Table(log_moment, mean, variance, log_one_plus(np.sign(order), ratio))

    def _index(self, u: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._knots, u, side="left")

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
            index = self._index(v)
            gap = self._knots[np.minimum(index, self._knots.size - 1)] - v
            return np.where(index < self._knots.size, order * gap + table.premium[index], 0.0)

        return self._by_order(read, u, q)

    def _hazard(self, u: Any, q: Any) -> Any:
        beyond = np.where(np.asarray(u) > self._knots[-1], np.inf, 0.0)
        return np.broadcast_to(beyond, np.broadcast_shapes(np.shape(u), np.shape(q)))[()]

    def _log_density(self, u: Any) -> Any:
        return np.full(np.shape(u), -np.inf)[()]

    def _slope(self, u: Any) -> Any:
        return np.zeros(np.shape(u))[()]

    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile: the least atom with at least `u` of the weight up to it."""
        reached = np.searchsorted(np.cumsum(self.weights), np.asarray(u) - 1e-15, side="left")
        return self._knots[np.minimum(reached, self._knots.size - 1)]

    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the largest atom with at least `q` of the weight from it up."""
        reached = np.searchsorted(np.cumsum(self.weights[::-1]), np.asarray(q) - 1e-15, side="left")
        return self._knots[::-1][np.minimum(reached, self._knots.size - 1)]

    def sample(self, n: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw `n` productivities with replacement."""
        return np.random.default_rng(seed).choice(self.values, size=n, p=self.weights)


@dataclass(frozen=True, eq=False)
class Smoothed(_Tabulated):
    """A density of ln phi that is constant between edges.

    Parameters
    ----------
    edges : numpy.ndarray
        Logs of productivity, increasing.
    heights : numpy.ndarray
        Density of ln phi between neighbouring edges.
    """

    edges: Any
    heights: Any

    family: ClassVar[str] = "smoothed"
    parameter_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_knots", self.edges)
        object.__setattr__(self, "_tables", {})

    def spec(self) -> dict[str, Any]:
        """Return the edges and heights."""
        return {"family": self.family, "edges": self.edges.tolist(), "heights": self.heights.tolist()}

    @quiet
    def _tabulate(self, order: float) -> _Table:
        z, width = self.edges, np.diff(self.edges)
        log_mass = np.log(self.heights * width)
        log_terms = log_mass + order * z[:-1] + tilted_log(order * width)
        log_moment = _suffix_log_sum(log_terms)
        center = z[:-1] + width * tilted_mean(order * width)
        within = width**2 * tilted_variance(order * width)
        mean, variance = _suffix_moments(log_terms, log_moment, center, within, np.append(center, z[-1:]))
        log_survival = _suffix_log_sum(log_mass)
        own = log_mass + log_abs_expm1(tilted_log_ratio(np.zeros_like(width), order * width))
        above = log_survival[1:] + log_abs_expm1(order * width)
        surplus = _suffix_log_sum(np.logaddexp(own, above) + order * z[:-1])
        ratio = np.append((surplus - order * z - log_survival)[:-1], -np.inf)
        return _Table(log_moment, mean, variance, log_one_plus(np.sign(order), ratio))

    def _interval(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the index of the next edge, the cutoff in the support, its distance to it, the height."""
        a = np.clip(u, self.edges[0], self.edges[-1])
        following = np.clip(np.searchsorted(self.edges, a, side="right"), 1, self.edges.size - 1)
        return following, a, self.edges[following] - a, self.heights[following - 1]

    def _partial(self, u: np.ndarray, order: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        following, a, rest, height = self._interval(u)
        return following, rest, np.log(height * rest) + order * a + tilted_log(order * rest)

    def _log_survival(self, u: Any) -> Any:
        return self._log_moment(u, 0.0)

    def _log_moment(self, u: Any, q: Any) -> Any:
        def read(table: _Table, v: np.ndarray, order: float) -> np.ndarray:
            following, _, log_own = self._partial(v, order)
            return np.logaddexp(log_own, table.log_moment[following])

        return self._by_order(read, u, q)

    def _share(self, table: _Table, v: np.ndarray, order: float) -> tuple[np.ndarray, ...]:
        """Return the next edge, the share of the moment up to it, the mean there, and the distance to it."""
        following, rest, log_own = self._partial(v, order)
        share = np.exp(log_own - np.logaddexp(log_own, table.log_moment[following]))
        share = np.where(np.isnan(share), 1.0, share)
        center = self.edges[following] - rest + rest * tilted_mean(order * rest)
        return following, share, center, rest

    def _mean(self, u: Any, q: Any) -> Any:
        def read(table: _Table, v: np.ndarray, order: float) -> np.ndarray:
            following, share, center, _ = self._share(table, v, order)
            return share * center + (1.0 - share) * table.mean[following]

        return self._by_order(read, u, q)

    def _variance(self, u: Any, q: Any) -> Any:
        def read(table: _Table, v: np.ndarray, order: float) -> np.ndarray:
            following, share, center, rest = self._share(table, v, order)
            own = rest**2 * tilted_variance(order * rest)
            gap = center - table.mean[following]
            return share * own + (1.0 - share) * table.variance[following] + share * (1.0 - share) * gap**2

        return self._by_order(read, u, q)

    def _premium(self, u: Any, q: Any) -> Any:
        def read(table: _Table, v: np.ndarray, order: float) -> np.ndarray:
            following, a, rest, height = self._interval(v)
            survival = self._table(0.0).log_moment[following]
            own = np.log(height * rest)
            total = np.logaddexp(own, survival)
            spread = tilted_log_ratio(np.zeros_like(rest), order * rest)
            above = log_abs_expm1(order * rest + table.premium[following])
            ratio = np.logaddexp(own + log_abs_expm1(spread), survival + above) - total
            premium = np.where(total == -np.inf, 0.0, log_one_plus(np.sign(order), ratio))
            return order * (a - v) + premium

        return self._by_order(read, u, q)

    def _log_density(self, u: Any) -> Any:
        u = np.asarray(u, dtype=float)
        inside = (u >= self.edges[0]) & (u <= self.edges[-1])
        return np.where(inside, np.log(self._interval(u)[3]), -np.inf)[()]

    def _hazard(self, u: Any, q: Any) -> Any:
        inside = np.exp(self._log_density(u) + q * u - self._log_moment(u, q))
        return np.where(np.asarray(u) >= self.edges[-1], np.inf, inside)[()]

    def _slope(self, u: Any) -> Any:
        return np.zeros(np.shape(u))[()]

    @quiet
    def log_quantile_upper(self, q: Any) -> Any:
        """Compute ln of the productivity exceeded with probability `q`."""
        survival = np.exp(self._table(0.0).log_moment)
        following = np.clip(survival.size - np.searchsorted(survival[::-1], q, side="right"), 1, survival.size - 1)
        gap = (np.asarray(q) - survival[following]) / self.heights[following - 1]
        return (self.edges[following] - np.where(np.isnan(gap), 0.0, gap))[()]

    def log_quantile(self, u: Any) -> Any:
        """Compute ln of the quantile."""
        return self.log_quantile_upper(1.0 - np.asarray(u))


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


def _suffix_moments(
    log_terms: np.ndarray, log_moment: np.ndarray, center: np.ndarray, within: Any, edge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return means and variances from each knot up, from first and second moments about the lowest knot."""
    distance = center - center[0]
    mean = np.exp(_suffix_log_sum(log_terms + np.log(distance)) - log_moment)
    square = np.exp(_suffix_log_sum(log_terms + np.log(distance**2 + within)) - log_moment)
    known = log_moment > -np.inf
    mean = np.where(known, mean, 0.0)
    variance = np.where(known, np.maximum(square - mean**2, 0.0), 0.0)
    return np.where(known, center[0] + mean, edge), variance


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
        raise InputError(f"{KEY}.weights", f"has {weights.size} entries where values has {values.size}")
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
