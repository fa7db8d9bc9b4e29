"""Labelled results: light by default, an xarray or pandas object when asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.axes import COUNTRY_AXES, Variable
from phistar.core.certificate import Certificate
from phistar.core.errors import unknown_key
from phistar.core.version import VERSION

if TYPE_CHECKING:
    import pandas
    import xarray


@dataclass(frozen=True)
class Equilibrium:
    """A certified equilibrium.

    Attributes
    ----------
    model : object
        The model solved (its parameters as understood).
    unknowns : mapping
        What the solver found, in the model's own unknowns.
    values : mapping of str to ndarray
        Every reported variable by name.
    variables : sequence of Variable
        Axes, unit, symbol and meaning of each.
    certificate : Certificate
        Residuals, checks, notes.
    """

    model: Any
    unknowns: Mapping[str, Any]
    values: Mapping[str, np.ndarray]
    variables: Sequence[Variable]
    certificate: Certificate
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    status = "certified"

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.values[name]
        except KeyError:
            shown = hasattr(self.model, "variables")  # what exact hats start from is no model, and has no page
            see = f"phistar show {self.model.name}" if shown else ""
            raise unknown_key(name, self.values, "variable", see) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __repr__(self) -> str:
        told = [f"{len(names)} {axis}s" for axis, names in self.labels.items()] or [f"{len(self.countries)} countries"]
        return (
            f"<Equilibrium of {self.model.name}: {', '.join(told)}, {len(self.values)} variables, "
            f"max residual {self.certificate.max_residual:.1e}>"
        )

    @property
    def countries(self) -> tuple[str, ...]:
        """Names of the countries, in order."""
        return tuple(self.model.countries)

    def labels_of(self, dim: str) -> tuple[str, ...]:
        """Return the labels along one axis."""
        return self.countries if dim in COUNTRY_AXES else self.labels[dim]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's result: plain lists and numbers, full double precision."""
        return {
            "phistar": VERSION,
            "model": self.model.name,
            "status": self.status,
            "certificate": self.certificate.to_dict(),
            "parameters": self.model.as_parameters(),
            "countries": list(self.countries),
            "variables": {
                v.name: {
                    "dims": list(v.dims),
                    "values": plain(self.values[v.name]),
                    "unit": v.unit,
                    "symbol": v.symbol,
                }
                for v in self.variables
                if v.name in self.values
            },
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())

    def to_xarray(self) -> xarray.Dataset:
        """Return an `xarray.Dataset` with named axes and country labels."""
        import xarray

        data = {v.name: (v.dims, self.values[v.name], {"unit": v.unit, "symbol": v.symbol, "long_name": v.meaning})
                for v in self.variables if v.name in self.values}  # fmt: skip
        dims = {d for v in self.variables if v.name in self.values for d in v.dims}
        return xarray.Dataset(data, coords={d: list(self.labels_of(d)) for d in sorted(dims)})

    def to_frame(self) -> pandas.DataFrame:
        """Return a tidy `pandas.DataFrame`: variable, origin, destination, value; one row a number.

        A country variable has its country under ``origin`` and nothing under ``destination``.
        """
        import pandas

        rows = [
            (v.name, *(*where, "", "")[:2], x)
            for v in self.variables
            if v.name in self.values
            for where, x in self._cells(v)
        ]
        return pandas.DataFrame(rows, columns=["variable", "origin", "destination", "value"])

    def _cells(self, variable: Variable) -> Iterator[tuple[tuple[str, ...], float]]:
        array = np.asarray(self.values[variable.name])
        names = [self.labels_of(d) for d in variable.dims]
        for index in np.ndindex(array.shape):
            yield tuple(n[i] for n, i in zip(names, index, strict=True)), float(array[index])


def plain(value: Any) -> Any:
    """Return arrays and NumPy scalars as lists and floats; infinities as "inf", undefined as None."""
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isfinite(value).all():
        return value.tolist()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return plain(value.item())
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return float(value) if np.isfinite(value) else ("inf" if value > 0 else "-inf")
    return value


def to_json(payload: Any) -> str:
    """Return strict JSON text of a payload (no NaN, no Infinity)."""
    return json.dumps(plain(payload), indent=1, allow_nan=False)
