"""Simulate: draw firms from a solved world and follow what each does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.verbs.solve import solve

if TYPE_CHECKING:
    import pandas

#: More rows than this would not fit in memory with their columns.
MAX_ROWS = 50_000_000


@dataclass(frozen=True)
class Firms:
    """Simulated firms, one row each: columns by name, all of one length."""

    equilibrium: Equilibrium
    columns: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def to_frame(self) -> pandas.DataFrame:
        """Return a `pandas.DataFrame`, countries by name."""
        import pandas

        names = np.array(self.equilibrium.countries)
        return pandas.DataFrame({**self.columns, "country": names[self.columns["country"]]})


def simulate(scenario: Any, n_firms: Any, seed: Any = 0) -> Firms:
    """Draw firms from an equilibrium (or a scenario to solve first).

    Parameters
    ----------
    scenario : Equilibrium, path, dict, Scenario or Model
    n_firms : int
        Draws a country, before selection.
    seed : int
        Of the random draws; the same seed gives the same firms.

    Raises
    ------
    InputError
        When `n_firms` or `seed` is not a whole number in range, or the model has no firms to draw.
    """
    if isinstance(n_firms, bool) or not isinstance(n_firms, (int, np.integer)) or n_firms < 1:
        raise InputError("n", "must be a whole number of at least 1", n_firms)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError("seed", "must be a whole number of at least 0", seed)
    equilibrium = scenario if isinstance(scenario, Equilibrium) else solve(scenario)
    model = equilibrium.model
    if "firms" not in model.capabilities:
        raise InputError("model", "has no firms to draw", model.name)
    if n_firms * len(model.countries) > MAX_ROWS:
        raise InputError("n", f"is too many: at most {MAX_ROWS} rows over all countries", n_firms)
    return Firms(equilibrium, model.draw_firms(dict(equilibrium.unknowns), int(n_firms), int(seed)))
