"""Compare: baseline against counterfactual; levels, changes, decompositions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.equilibrium import Equilibrium, to_json
from phistar.core.errors import InputError
from phistar.core.model import Decomposition
from phistar.models.registry import build_counterfactual, build_model, read_scenario
from phistar.verbs.solve import solve

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Comparison:
    """Two certified equilibria and what changed between them.

    Attributes
    ----------
    baseline, counterfactual : Equilibrium
    changes : mapping of str to dict
        By variable: ``dims``, ``hat`` (new over old; nan where the old is zero) and ``percent``. A variable in
        logs, or whose level may be zero or negative, has ``difference`` (new less old) too: the ``percent`` of a
        log, and of a level that is not positive, is nan, as it would say nothing of gain or loss.
    decompositions : mapping of str to Decomposition
        What the model can split up: welfare, productivity (reallocation), trade margins.
    """

    baseline: Equilibrium
    counterfactual: Equilibrium
    changes: Mapping[str, Mapping[str, Any]]
    decompositions: Mapping[str, Decomposition]

    def hat(self, name: str) -> np.ndarray:
        """Return the proportional change of a variable, new over old."""
        self.baseline[name]
        return np.asarray(self.changes[name]["hat"])

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON form."""
        return {
            "baseline": self.baseline.to_dict(),
            "counterfactual": self.counterfactual.to_dict(),
            "changes": {name: dict(change) for name, change in self.changes.items()},
            "decompositions": {name: d.to_dict() for name, d in self.decompositions.items()},
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())

    def to_frame(self) -> pandas.DataFrame:
        """Return a tidy `pandas.DataFrame`: variable, origin, destination, baseline, counterfactual, hat."""
        frame = self.baseline.to_frame().rename(columns={"value": "baseline"})
        frame["counterfactual"] = self.counterfactual.to_frame()["value"]
        frame["hat"] = frame["counterfactual"] / frame["baseline"]
        return frame


def compare(scenario: Any, settings: Sequence[str] = ()) -> Comparison:
    """Solve a scenario's baseline and counterfactual and say what changed.

    Raises
    ------
    InputError
        When the scenario is wrong or has no counterfactual.
    NoEquilibrium
        When one of the two has no certified equilibrium.
    """
    loaded = read_scenario(scenario, settings)
    return compare_models(build_model(loaded), build_counterfactual(loaded))


def compare_models(baseline: Any, counterfactual: Any) -> Comparison:
    """Compare two models (or equilibria already solved) of the same kind and countries."""
    old, new = (x if isinstance(x, Equilibrium) else solve(x) for x in (baseline, counterfactual))
    if old.countries != new.countries:
        raise InputError("counterfactual", f"has countries {', '.join(new.countries)} where the baseline has "
                         f"{', '.join(old.countries)}", remedy="keep the number and names of countries")  # fmt: skip
    for v in old.variables:
        if v.name in old.values and (v.name not in new.values or new[v.name].shape != old[v.name].shape):
            axes = " and ".join(v.dims) or "kind of world"
            raise InputError("counterfactual", f"has another {axes} in {v.name} than the baseline",
                             remedy="keep the same firms and markets in both")  # fmt: skip
    changes = {v.name: _change(v, old[v.name], new[v.name]) for v in old.variables if v.name in old.values}
    splits = old.model.decompose(old, new) if "decompose" in old.model.capabilities else {}
    return Comparison(old, new, changes, splits)


@dataclass(frozen=True)
class Horizons:
    """A comparison in the long and in the short run, in which the baseline's entrants are the firms.

    Attributes
    ----------
    long, short : Comparison
        Both start from the same baseline equilibrium.
    """

    long: Comparison
    short: Comparison

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON form of both."""
        return {"long": self.long.to_dict(), "short": self.short.to_dict()}

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return to_json(self.to_dict())


def compare_horizons(scenario: Any, settings: Sequence[str] = ()) -> Horizons:
    """Compare in the long run, where firms enter, and in the short run, where the baseline's entrants stay.

    Raises
    ------
    InputError
        When the scenario is wrong, has no counterfactual, or its model has no two horizons.
    NoEquilibrium
        When one of the equilibria has no certified answer.
    """
    loaded = read_scenario(scenario, settings)
    before, after = build_model(loaded), build_counterfactual(loaded)
    if "horizons" not in before.capabilities:
        raise InputError("model", "has no short run beside its long run", before.name, remedy="compare it as it is")
    return compare_horizons_of(before, after)


def compare_horizons_of(baseline: Any, counterfactual: Any) -> Horizons:
    """Compare two models that have two horizons in both."""
    long = compare_models(baseline, counterfactual)
    entrants = long.baseline
    return Horizons(long, compare_models(baseline.short_run(entrants), counterfactual.short_run(entrants)))


def _change(variable: Any, old: np.ndarray, new: np.ndarray) -> dict[str, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        hat = np.where(old == 0.0, np.nan, new / old)
    change, percent = {"dims": list(variable.dims), "hat": hat}, 100.0 * (hat - 1.0)
    if variable.proportional:
        return {**change, "percent": percent}
    telling = (old > 0.0) & variable.signed
    return {**change, "percent": np.where(telling, percent, np.nan), "difference": new - old}
