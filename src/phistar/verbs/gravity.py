"""Gravity: estimate how trade flows answer trade costs, on the flows of any model or of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from phistar.blocks.gravity import Fit, Sample, demean, estimate
from phistar.core.equilibrium import Equilibrium, to_json
from phistar.core.errors import InputError, unknown_key
from phistar.core.version import VERSION
from phistar.data.columns import read_columns
from phistar.verbs.solve import solve

#: Positive flows this close to fitted ones, in logs, follow the equation exactly: digits that solving and fitting lose.
EXACT = 1e-8
#: What a file of flows must have beside its regressors.
FLOW_COLUMNS = ("origin", "destination", "value")
#: Two-sided 95 per cent of the normal distribution.
_NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Gravity:
    """An estimated gravity equation and where its flows come from.

    Attributes
    ----------
    fit : Fit
        Estimates, their robust covariance, what was left out, the certificate.
    source : str
        The model's or the file's name.
    closed : int
        Pairs without a finite trade cost, left out: nothing can be learned from them.
    absorbed : tuple of str
        Regressors of the model that the fixed effects take up.
    equilibrium : Equilibrium or None
        The model's world.
    """

    fit: Fit
    source: str
    closed: int = 0
    absorbed: tuple[str, ...] = ()
    equilibrium: Equilibrium | None = None

    def __getitem__(self, name: str) -> float:
        """Return the estimate of one regressor, by its name, as in ``ln tau`` or ``tau``."""
        for candidate in (name, f"ln {name}"):
            if candidate in self.fit.names:
                return float(self.fit.estimate[self.fit.names.index(candidate)])
        raise unknown_key(name, self.fit.names, "regressor")

    @property
    def exact(self) -> bool:
        """Whether flows follow the equation exactly with observations to spare, so that it is the model's own."""
        return self.fit.freedom > 0 and self.fit.misfit < EXACT

    @property
    def elasticities(self) -> tuple[float, float] | None:
        """The least and the largest of the model's local elasticities of a flow to its own trade cost."""
        if self.equilibrium is None or "trade_elasticity" not in self.equilibrium.values:
            return None
        found = self.equilibrium["trade_elasticity"]
        sold = np.isfinite(found) & (self.equilibrium["trade_flow"] > 0.0)
        return (float(found[sold].min()), float(found[sold].max())) if sold.any() else None

    def intervals(self) -> np.ndarray:
        """Return 95 per cent confidence intervals (regressor, bound)."""
        half = _NORMAL * self.fit.standard_error
        return np.stack([self.fit.estimate - half, self.fit.estimate + half], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON form."""
        fit, intervals = self.fit, self.intervals()
        return {
            "phistar": VERSION,
            "source": self.source,
            "status": "certified",
            "certificate": fit.certificate.to_dict(),
            "estimator": "ppml",
            "estimates": {
                name: {"estimate": fit.estimate[k], "standard_error": fit.standard_error[k], "interval": intervals[k]}
                for k, name in enumerate(fit.names)
            },
            "covariance": fit.covariance,
            "cluster": fit.cluster,
            "observations": len(fit.sample.flow),
            "zeros": int((fit.sample.flow == 0.0).sum()),
            "separated": list(fit.separated),
            "closed": self.closed,
            "absorbed": list(self.absorbed),
            "degrees_of_freedom": fit.freedom,
            "deviance": fit.deviance,
            "largest_log_residual": fit.misfit,
            "exact": self.exact,
            "model_elasticities": self.elasticities,
            "steps": fit.steps,
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())


def gravity(
    scenario: Any = None,
    settings: Sequence[str] = (),
    *,
    flows: str | PathLike[str] | None = None,
    logs: Sequence[str] = (),
    levels: Sequence[str] = (),
    cluster: str = "none",
    home: bool = True,
) -> Gravity:
    """Estimate the gravity equation by Poisson pseudo-maximum likelihood with origin and destination fixed effects.

    Parameters
    ----------
    scenario : path, dict, Scenario, Model or Equilibrium, optional
        A world to make the flows: its `trade_flow` is explained by its matrices of bilateral costs.
    settings : sequence of str
        ``KEY=VALUE`` settings laid over a scenario.
    flows : path, optional
        Or a ``.csv`` or ``.parquet`` file with columns origin, destination, value and the regressors.
    logs, levels : sequence of str
        Regressors that enter in logs, and as they are. Of a model by default the logs of `tau` and of its other
        bilateral costs that fixed effects do not take up.
    cluster : str
        What residuals may be correlated within: ``none``, ``origin``, ``destination``, ``pair`` or ``both``.
    home : bool
        Whether sales at home are observations too.

    Returns
    -------
    Gravity

    Raises
    ------
    InputError
        When there is not just one source, or a regressor is unknown, has no logs, or is not identified.
    NoEquilibrium
        When the scenario has no certified equilibrium, or the estimate does not converge.
    """
    if (scenario is None) == (flows is None):
        raise InputError("SCENARIO", "or --flows FILE must be given, one of them")
    if flows is not None:
        sample = _observed(flows, logs, levels)
        return Gravity(estimate(sample if home else _abroad(sample), cluster), Path(flows).name)
    equilibrium = scenario if isinstance(scenario, Equilibrium) else solve(scenario, settings)
    if "trade_flow" not in equilibrium.values:
        raise InputError("model", "reports no trade flows", equilibrium.model.name)
    sample, closed, absorbed = _of_model(equilibrium, logs, levels, home)
    return Gravity(estimate(sample, cluster), equilibrium.model.name, closed, absorbed, equilibrium)


def _observed(path: str | PathLike[str], logs: Sequence[str], levels: Sequence[str]) -> Sample:
    """Read flows and regressors from a file."""
    if not logs and not levels:
        raise InputError(
            "--log", "or --level must name the columns that explain flows", remedy="such as --log distance"
        )
    words, values = read_columns(path, FLOW_COLUMNS[:2], (FLOW_COLUMNS[2], *logs, *levels))
    origins, destinations = words["origin"], words["destination"]
    labels = tuple(f"{a} to {b}" for a, b in zip(origins, destinations, strict=True))
    if len(set(labels)) < len(labels):
        twice = next(name for name in labels if labels.count(name) > 1)
        raise InputError("--flows", f"gives {twice} more than once", remedy="sum over sectors or years first")
    place = {name: code for code, name in enumerate(dict.fromkeys([*origins, *destinations]))}
    columns = [_log(values[name], name, labels) for name in logs] + [values[name] for name in levels]
    return Sample(
        values["value"],
        np.array([place[name] for name in origins]),
        np.array([place[name] for name in destinations]),
        np.stack(columns, axis=1),
        (*(f"ln {name}" for name in logs), *levels),
        labels,
    )


def _log(values: np.ndarray, name: str, labels: Sequence[str]) -> np.ndarray:
    if not (values > 0.0).all():
        at = int(np.flatnonzero(~(values > 0.0))[0])
        raise InputError(name, f"has no log for {labels[at]}", float(values[at]), remedy="take it as it is: --level")
    return np.asarray(np.log(values))


def _abroad(sample: Sample) -> Sample:
    return sample.take(sample.origin != sample.destination)


def _of_model(
    equilibrium: Equilibrium, logs: Sequence[str], levels: Sequence[str], home: bool
) -> tuple[Sample, int, tuple[str, ...]]:
    """Take flows and bilateral costs from a solved world; pairs that cannot trade are left out."""
    model = equilibrium.model
    matrices = [p.name for p in model.parameters if p.kind == "matrix"]
    names = [*(logs or ([] if levels else matrices)), *levels]
    for name in names:
        if name not in matrices:
            raise unknown_key(name, matrices, f"bilateral cost of {model.name}")
    if not names or len(equilibrium.countries) < 2:
        raise InputError("model", "has no pairs of countries with bilateral costs", model.name)
    given = model.as_parameters()
    costs = [np.array(given[name], dtype=float) for name in names]
    n = len(equilibrium.countries)
    open_ = np.all([np.isfinite(cost) for cost in costs], axis=0) & (home | ~np.eye(n, dtype=bool))
    closed = int((~open_ & (home | ~np.eye(n, dtype=bool))).sum())
    i, j = np.nonzero(open_)
    labels = tuple(f"{equilibrium.countries[a]} to {equilibrium.countries[b]}" for a, b in zip(i, j, strict=True))
    in_logs = len(names) - len(levels)
    columns = [_log(cost[i, j], name, labels) if k < in_logs else cost[i, j]
               for k, (name, cost) in enumerate(zip(names, costs, strict=True))]  # fmt: skip
    titles = [f"ln {name}" if k < in_logs else name for k, name in enumerate(names)]
    sample = Sample(equilibrium["trade_flow"][i, j], i, j, np.stack(columns, axis=1), tuple(titles), labels)
    return (sample, closed, ()) if logs or levels else (*_informative(sample, closed),)


def _informative(sample: Sample, closed: int) -> tuple[Sample, int, tuple[str, ...]]:
    """Leave out bilateral costs that the fixed effects take up; the first, the trade cost, is always kept."""
    left, _ = demean(sample.regressors, np.ones(len(sample.flow)), sample.origin, sample.destination)
    size = np.maximum(np.max(np.abs(sample.regressors), axis=0), 1e-300)
    keep = np.max(np.abs(left), axis=0) > 1e-9 * size
    keep[0] = True
    absorbed = tuple(name for name, kept in zip(sample.names, keep, strict=True) if not kept)
    names = tuple(name for name, kept in zip(sample.names, keep, strict=True) if kept)
    kept = Sample(sample.flow, sample.origin, sample.destination, sample.regressors[:, keep], names, sample.labels)
    return kept, closed, absorbed
