"""Elasticities: exact, by the implicit function theorem on the named equations, without re-solving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.axes import Variable
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError, NoEquilibrium, unknown_key
from phistar.core.model import Model, Unknowns
from phistar.core.paths import Path, parse_path
from phistar.core.version import VERSION
from phistar.numerics.duals import Dual, gradient_of, seed
from phistar.verbs.solve import solve

#: A parameter that may be zero or negative has no logarithm: its column is d ln y / d parameter.
_SEMI = frozenset({"mu"})


@dataclass(frozen=True)
class Elasticities:
    """Exact derivatives of outcomes in parameters at an equilibrium.

    Attributes
    ----------
    equilibrium : Equilibrium
        Where they were taken.
    table : mapping of (str, str) to ndarray
        `table[of, to]` has the axes of `of`: d ln of / d ln to. For a key that means several entries (`tau`:
        every foreign pair) all of them move in proportion.
    kinds : mapping of str to str
        By key: ``elasticity``, or ``semi-elasticity`` (d ln of / d to) where the parameter may be negative.
    derivatives : mapping of (str, str) to ndarray
        Of outcomes that may be zero or negative, or are logs: d of / d ln to (d of / d to for a semi-elasticity).
    """

    equilibrium: Equilibrium
    table: Mapping[tuple[str, str], np.ndarray]
    kinds: Mapping[str, str]
    derivatives: Mapping[tuple[str, str], np.ndarray]

    def __getitem__(self, key: tuple[str, str]) -> np.ndarray:
        return self.table[key]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON form."""
        dims = {v.name: list(v.dims) for v in self.equilibrium.variables}
        nested: dict[str, dict[str, Any]] = {}
        for (of, to), values in self.table.items():
            cell = {"dims": dims[of], "values": values, "kind": self.kinds[to]}
            if (of, to) in self.derivatives:
                cell["derivative"] = self.derivatives[of, to]
            nested.setdefault(of, {})[to] = cell
        return {
            "phistar": VERSION,
            "model": self.equilibrium.model.name,
            "status": self.equilibrium.status,
            "certificate": self.equilibrium.certificate.to_dict(),
            "elasticities": nested,
        }


def elasticities(
    scenario: Any, settings: Sequence[str] = (), *, of: str | None = None, to: str | None = None
) -> Elasticities:
    """Compute the exact elasticity of outcomes to parameters.

    Parameters
    ----------
    scenario : path, dict, Scenario, Model or Equilibrium
        Where to take them.
    of : str, optional
        A variable; all of them by default.
    to : str, optional
        A key such as ``tau``, ``tau[0][1]`` or ``productivity.k``; by default every parameter of the model that
        can move, all entries in proportion.

    Raises
    ------
    InputError
        When `of` or `to` is unknown.
    NoEquilibrium
        When the equations do not pin the unknowns down (blocs that do not trade).
    """
    equilibrium = scenario if isinstance(scenario, Equilibrium) else solve(scenario, settings)
    model = equilibrium.model
    if "elasticities" not in model.capabilities:
        raise InputError("model", "has no elasticities", model.name)
    if of is not None and of not in equilibrium.values:
        raise unknown_key(of, equilibrium.values, "variable", f"phistar show {model.name}")
    paths = [parse_path(to)] if to is not None else model.movable()
    gradients = differentiate(model, dict(equilibrium.unknowns), paths)
    names = [of] if of is not None else list(equilibrium.values)
    variables = {v.name: v for v in equilibrium.variables}
    table, derivatives = {}, {}
    for name in names:
        for i, path in enumerate(paths):
            table[name, path.text] = _logarithmic(variables[name], equilibrium.values[name], gradients[name][i])
            if not variables[name].proportional:
                derivatives[name, path.text] = gradients[name][i]
    return Elasticities(equilibrium, table, {p.text: kind_of(p) for p in paths}, derivatives)


def kind_of(path: Path) -> str:
    """Say whether a key's column is an elasticity or a semi-elasticity."""
    return "semi-elasticity" if path.parts[-1] in _SEMI else "elasticity"


def _logarithmic(variable: Variable, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Turn derivatives in the parameter's log into those of the outcome's log; undefined where it has none.

    A level that may be of either sign has a log where it is positive, a log is one already.
    """
    if variable.signed:
        value = np.where(value > 0.0, value, 0.0)
    elif not variable.proportional:
        value = np.zeros(np.shape(value))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(value != 0.0, gradient / value, np.nan)


def differentiate(model: Model, x: Unknowns, paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """Compute d outcome / d ln parameter (d parameter for a semi-elasticity) along each path.

    With F(x, theta) = 0, dx/dtheta = -F_x^{-1} F_theta; outcomes then follow by the chain rule. Both Jacobians
    are exact: the model's own equations are evaluated on dual numbers.

    Returns
    -------
    dict of str to ndarray
        By variable: one row a path, then the variable's axes.
    """
    names = [n for n in x if not n.startswith("_")]
    with np.errstate(all="ignore"):
        moved = _perturbed(model, paths)
        by_parameter = _flat(moved.equations(x), len(paths))
        variables = seed([x[n] for n in names])
        size = sum(np.size(x[n]) for n in names)
        by_unknown = _flat(model.equations({**x, **dict(zip(names, variables, strict=True))}), size)
        dx = _implicit(by_unknown, by_parameter)
        response = {}
        start = 0
        for n in names:
            count = np.size(x[n])
            response[n] = Dual(x[n], dx[start : start + count].T.reshape(len(paths), *np.shape(x[n])))
            start += count
        values = moved.outcomes({**x, **response})
        return {n: gradient_of(v, len(paths)) for n, v in values.items()}


def _perturbed(model: Model, paths: Sequence[Path]) -> Model:
    """Move every path's parameter by a factor (or, for a semi-elasticity, a term) of its own direction."""
    for i, path in enumerate(paths):
        direction = np.zeros(len(paths))
        direction[i] = 1.0
        if kind_of(path) == "elasticity":
            model = model.scale(path, Dual(1.0, direction))
        else:
            model = model.shift(path, Dual(0.0, direction))
    return model


def _flat(residuals: Mapping[str, Any], directions: int) -> np.ndarray:
    """Stack the gradients of all residuals: (equations, directions)."""
    parts = [gradient_of(r, directions).reshape(directions, -1) for r in residuals.values()]
    return np.concatenate(parts, axis=1).T


def _implicit(by_unknown: np.ndarray, by_parameter: np.ndarray) -> np.ndarray:
    """Solve F_x dx = -F_theta. Walras' law makes one equation redundant and the system consistent."""
    answer, _, rank, _ = np.linalg.lstsq(by_unknown, -by_parameter, rcond=1e-13)
    if rank < by_unknown.shape[1]:
        raise NoEquilibrium(
            "elasticities are not defined here: the equations do not pin every unknown down",
            "see the certificate's checks (blocs that do not trade, or a marginal atom)",
        )
    return answer
