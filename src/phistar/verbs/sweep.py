"""Sweep: one scenario over a grid of keys, thousands of worlds at a time, each certified or refused.

Points run in C order of the keys: the last key changes fastest. A model that can take a batch solves
thousands of points at once; any other is solved point by point, each from its neighbour. Finished chunks are
kept beside the output file until it is whole, so that a run killed and started again goes on.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.axes import COUNTRY_AXES, Variable
from phistar.core.certificate import TOLERANCE
from phistar.core.errors import InputError, PhistarError, unknown_key
from phistar.core.files import TABLE_SUFFIXES, check_suffix, check_writable
from phistar.core.model import Model, Unknowns
from phistar.core.parameters import Parameter
from phistar.core.scenario import Scenario, set_key
from phistar.core.version import VERSION
from phistar.models.registry import build_model, get_model, read_scenario
from phistar.verbs.chunks import Chunk, Store, join
from phistar.verbs.grid import Axis, check_points, parse_grid
from phistar.verbs.solve import solve

if TYPE_CHECKING:
    import pandas

#: Points solved together: large enough to hide Python's cost, small enough for a batch to stay in cache.
BATCH = 4096
#: Points between two savings when each point is solved by itself, at about a millisecond.
POINTWISE = 64
#: A batch refused as a whole is halved down to this many points, which are then solved one by one.
SMALLEST = 16

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sweep:
    """The answers over a grid, one entry a point in every column.

    Attributes
    ----------
    columns : mapping of str to ndarray
        The keys, ``status``, ``reason``, ``max_residual`` and each variable flattened, as
        ``trade_share[Home,Foreign]``; not a number where a point is refused.
    shape : tuple of int
        Points along each key.
    """

    columns: Mapping[str, np.ndarray]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return int(np.prod(self.shape))

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.columns[name]
        except KeyError:
            raise unknown_key(name, self.columns, "column", "list(sweep.columns)") from None

    @property
    def refused(self) -> int:
        """Number of points without a certified answer."""
        return int(np.count_nonzero(self.columns["status"] == "refused"))

    def to_frame(self) -> pandas.DataFrame:
        """Return a `pandas.DataFrame`, one row a point."""
        import pandas

        return pandas.DataFrame(dict(self.columns))


@dataclass(frozen=True)
class Plan:
    """What a sweep computes: the scenario, its model at the baseline, the grid and the columns."""

    scenario: Scenario
    model: Model
    axes: tuple[Axis, ...]
    batched: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each key."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        """Points in all."""
        return int(np.prod([float(n) for n in self.shape]))

    @property
    def chunk(self) -> int:
        """Points solved and saved together."""
        return BATCH if self.batched else POINTWISE

    def values_at(self, start: int, stop: int) -> list[np.ndarray]:
        """Return the values each key takes at the points from `start` to `stop`."""
        index = np.unravel_index(np.arange(start, stop), self.shape)
        return [axis.values[i] for axis, i in zip(self.axes, index, strict=True)]

    def fingerprint(self) -> str:
        """Return a hash of everything the answers depend on."""
        told = [VERSION, self.scenario.model_dump(), self.batched]
        grid = [[axis.key.text, axis.values.tolist()] for axis in self.axes]
        return hashlib.sha256(json.dumps([told, grid], default=str).encode()).hexdigest()[:24]


def sweep(
    scenario: Any,
    over: Sequence[str] | Mapping[str, Any],
    out: str | PathLike[str] | None = None,
    settings: Sequence[str] = (),
    *,
    progress: Progress | None = None,
) -> Sweep:
    """Solve a scenario at every point of a grid over its keys.

    Parameters
    ----------
    scenario : path, dict or Scenario
        What to solve; a counterfactual in it is left aside.
    over : sequence of str, or mapping
        ``KEY=START:STOP:COUNT`` (both ends included), ``KEY=START:STOP:COUNT:log`` or ``KEY=V1,V2,...``;
        or a mapping from key to its values.
    out : path, optional
        A ``.csv`` or ``.parquet`` file to write, whole or not at all. What is finished is kept beside it
        until then: the same call after a kill goes on, a changed one starts afresh.
    settings : sequence of str
        ``KEY=VALUE`` settings laid over the scenario first.
    progress : callable, optional
        Called with the points done and the points in all.

    Returns
    -------
    Sweep
        A point without a certified answer has the status ``refused`` and its reason.

    Raises
    ------
    InputError
        When the scenario, a key or the output is wrong. A value that is not allowed only refuses its points.
    """
    if out is not None:
        check_suffix(out, TABLE_SUFFIXES)
        check_writable(out)
    plan = make_plan(read_scenario(scenario, settings), parse_grid(over))
    store = None if out is None else Store(Path(out).resolve(), plan.fingerprint())
    try:
        result = Sweep(_columns(plan, join(list(_run(plan, store, progress)))), plan.shape)
        if store is not None:
            store.finish(result.columns)
    except BaseException:
        if store is not None:
            store.save()
        raise
    return result


def make_plan(scenario: Scenario, axes: tuple[Axis, ...]) -> Plan:
    """Check a grid against its scenario and lay out the work.

    Raises
    ------
    InputError
        When a key is not one of the model's, or the grid is too large.
    """
    kind = get_model(scenario.model)
    for axis in axes:
        if axis.key.name not in {p.name for p in kind.parameters}:
            raise unknown_key(
                axis.key.text, [p.name for p in kind.parameters], "parameter", f"phistar show {kind.name}"
            )
    check_points(prod(len(axis.values) for axis in axes))
    model = _model_at_start(scenario, axes)
    scenario = _written_out(scenario, model, axes)
    for axis in axes:
        _check_key(scenario, model, axis)
    return Plan(scenario, model, axes, _can_batch(model, axes))


def _model_at_start(scenario: Scenario, axes: tuple[Axis, ...]) -> Model:
    """Build the baseline; where it stands only with the keys set, build the first point instead."""
    try:
        return build_model(scenario)
    except InputError:
        try:
            return build_model(_scenario_at(scenario, axes, [axis.values[0] for axis in axes]))
        except InputError:
            pass
        raise


def _written_out(scenario: Scenario, model: Model, axes: tuple[Axis, ...]) -> Scenario:
    """Write out in full those parameters of which a key sets one entry."""
    full = model.as_parameters()
    indexed = {axis.key.name for axis in axes if any(isinstance(part, int) for part in axis.key.rest)}
    parameters = {**scenario.parameters, **{name: full[name] for name in indexed}}
    return scenario.model_copy(update={"parameters": parameters})


def _check_key(scenario: Scenario, model: Model, axis: Axis) -> None:
    try:
        if _varies(model, axis):
            model.lookup(axis.key)
            return
    except NotImplementedError:
        pass
    set_key(copy.deepcopy(scenario.parameters), axis.key.text, axis.values[0])


def _varies(model: Model, axis: Axis) -> bool:
    """Whether a key is a number of the model's own, rather than a choice or a count that shapes it."""
    kind = next(p.kind for p in model.parameters if p.name == axis.key.name)
    if kind == "firms":  # one firm, not the table that firms are drawn from
        return axis.numeric and bool(axis.key.rest) and all(isinstance(part, int) for part in axis.key.rest)
    return axis.numeric and kind in {"scalar", "country", "matrix", "productivity"}


def _can_batch(model: Model, axes: tuple[Axis, ...]) -> bool:
    return model.batchable and all(_varies(model, axis) for axis in axes)


def _scenario_at(scenario: Scenario, axes: Sequence[Axis], values: Sequence[Any]) -> Scenario:
    parameters = copy.deepcopy(scenario.parameters)
    for axis, value in zip(axes, values, strict=True):
        set_key(parameters, axis.key.text, float(value) if axis.numeric else value)
    return scenario.model_copy(update={"parameters": parameters})


def _run(plan: Plan, store: Store | None, progress: Progress | None) -> Iterator[Chunk]:
    """Yield every chunk in order, from the store where it was finished before."""
    for first in range(0, plan.size, plan.chunk):
        stop = min(first + plan.chunk, plan.size)
        chunk = None if store is None else store.load(first)
        if chunk is None:
            points = plan.values_at(first, stop)
            chunk = _solve_batch(plan, points) if plan.batched else _solve_pointwise(plan, points)
            if store is not None:
                store.keep(first, chunk)
        yield chunk
        if progress is not None:
            progress(stop, plan.size)


def _solve_pointwise(plan: Plan, points: Sequence[np.ndarray]) -> Chunk:
    """Solve point by point, each started from the last that was certified."""
    count = len(points[0])
    reasons = np.full(count, "", dtype=object)
    residuals = np.full(count, np.nan)
    values: dict[str, np.ndarray] = {}
    start: Unknowns | None = None
    for i in range(count):
        try:
            model = build_model(_scenario_at(plan.scenario, plan.axes, [p[i] for p in points]))
            equilibrium = solve(model, start=start)
        except PhistarError as error:
            reasons[i] = str(error)
            continue
        start = dict(equilibrium.unknowns)
        residuals[i] = equilibrium.certificate.max_residual
        for name, value in equilibrium.values.items():
            values.setdefault(name, np.full((*value.shape, count), np.nan))[..., i] = value
    return Chunk(reasons, residuals, values)


def _solve_batch(plan: Plan, points: Sequence[np.ndarray]) -> Chunk:
    """Solve many points at once; those outside a parameter's bounds are refused beforehand."""
    bounds = {p.name: p for p in plan.model.parameters}
    reasons = np.full(len(points[0]), "", dtype=object)
    for axis, values in zip(plan.axes, points, strict=True):
        parameter = bounds[axis.key.name]
        if not axis.key.rest or isinstance(axis.key.rest[0], int):
            outside = np.flatnonzero(_outside(parameter, values))
            for i in outside:
                reasons[i] = str(InputError(axis.key.text, f"must be {parameter.allowed}", float(values[i])))
    return _spread(reasons, _solve_allowed(plan, [values[reasons == ""] for values in points]))


def _outside(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    low = -np.inf if parameter.lower is None else parameter.lower
    high = np.inf if parameter.upper is None else parameter.upper
    return (values <= low if parameter.strict else values < low) | (values > high)


def _solve_allowed(plan: Plan, points: Sequence[np.ndarray]) -> Chunk:
    """Solve a batch; where the model refuses it as a whole, halve it until few points are left to blame."""
    count = len(points[0])
    if count == 0:
        return Chunk(np.full(0, "", dtype=object), np.zeros(0), {})
    try:
        model = plan.model
        for axis, values in zip(plan.axes, points, strict=True):
            model = model.assign(axis.key, values)
        chunk = _certify_batch(model, count)
    except PhistarError:
        if count <= SMALLEST:
            return _solve_pointwise(plan, points)
        halves = slice(None, count // 2), slice(count // 2, None)
        return join([_solve_allowed(plan, [values[half] for values in points]) for half in halves])
    return _try_again(plan, points, chunk)


def _try_again(plan: Plan, points: Sequence[np.ndarray], chunk: Chunk) -> Chunk:
    """Solve the points that the batch refused one by one: some are found, the others say why in economics."""
    refused = np.flatnonzero(chunk.reasons != "")
    if len(refused):
        again = _solve_pointwise(plan, [values[refused] for values in points])
        chunk.reasons[refused], chunk.residuals[refused] = again.reasons, again.residuals
        for name, value in again.values.items():
            chunk.values[name][..., refused] = value
    return chunk


def _certify_batch(model: Any, count: int) -> Chunk:
    """Solve a batch and judge each of its points by its own residuals."""
    with np.errstate(all="ignore"):  # refused points may hold anything
        x, reasons = model.find_batch()
        dims = {v.name: len(v.dims) for v in model.reported}
        values = {name: _along(v, dims[name], count) for name, v in model.outcomes(x).items() if name in dims}
        residuals, _, _ = model.audit(x, values)
        sizes = {n: _largest(r, count) for n, r in {**model.equations(x), **residuals}.items()}
    reasons = np.array(reasons, dtype=object)
    worst = np.max(list(sizes.values()), axis=0)
    for i in np.flatnonzero((reasons == "") & ~(worst <= TOLERANCE)):
        name = max(sizes, key=lambda n: (np.isnan(sizes[n][i]), sizes[n][i]))
        reasons[i] = f"no certified equilibrium: {name} is off by {worst[i]:.1e}, more than {TOLERANCE:.0e}"
    refused = reasons != ""
    worst[refused] = np.nan
    for value in values.values():
        value[..., refused] = np.nan
    return Chunk(reasons, worst, values)


def _along(value: Any, ndim: int, count: int) -> np.ndarray:
    """Return a variable as a writable array with the points along its last axis."""
    array = np.asarray(value, dtype=float)
    if array.ndim == ndim:
        array = array[..., None]
    return np.array(np.broadcast_to(array, (*array.shape[:-1], count)))


def _largest(residual: Any, count: int) -> np.ndarray:
    """Return each point's largest absolute residual; not a number stays so."""
    size = np.abs(np.asarray(residual, dtype=float))
    return np.broadcast_to(np.max(size.reshape(-1, size.shape[-1] if size.ndim else 1), axis=0), (count,))


def _spread(reasons: np.ndarray, solved: Chunk) -> Chunk:
    """Put a solved part back among the points that were refused beforehand."""
    allowed = reasons == ""
    if allowed.all():
        return solved
    residuals = np.full(len(reasons), np.nan)
    residuals[allowed] = solved.residuals
    reasons[allowed] = solved.reasons
    values = {name: np.full((*v.shape[:-1], len(reasons)), np.nan) for name, v in solved.values.items()}
    for name, value in solved.values.items():
        values[name][..., allowed] = value
    return Chunk(reasons, residuals, values)


def _columns(plan: Plan, answers: Chunk) -> dict[str, np.ndarray]:
    """Lay the answers out as named columns, one entry a point."""
    columns = {axis.key.text: v for axis, v in zip(plan.axes, plan.values_at(0, plan.size), strict=True)}
    columns["status"] = np.where(answers.reasons == "", "certified", "refused").astype(object)
    columns["reason"] = answers.reasons
    columns["max_residual"] = answers.residuals
    for variable in plan.model.reported:
        if variable.name in answers.values:
            value = answers.values[variable.name]
            names = _cell_names(variable, value.shape[:-1], plan.model)
            columns.update(zip(names, value.reshape(-1, value.shape[-1]), strict=True))
    return columns


def _cell_names(variable: Variable, shape: tuple[int, ...], model: Model) -> list[str]:
    """Name each entry of a variable, as ``wage[Home]`` or ``trade_share[Home,Foreign]``."""
    known = {**dict.fromkeys(COUNTRY_AXES, model.countries), **model.labels}
    labels = [
        known[dim] if len(known.get(dim, ())) == n else [str(i) for i in range(n)]
        for dim, n in zip(variable.dims, shape, strict=True)
    ]
    if not labels:
        return [variable.name]
    return [f"{variable.name}[{','.join(where)}]" for where in itertools.product(*labels)]
