"""Simulate: draw firms from a solved world, or take firms of given productivity, and follow what each does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.core.parameters import read_count
from phistar.verbs.solve import solve

if TYPE_CHECKING:
    import pandas

#: More numbers than this (3.2 GB, twice that while they are put together) would not fit in many a memory.
MAX_CELLS = 400_000_000


@dataclass(frozen=True)
class Firms:
    """Simulated firms, one row each: columns by name, all of one length."""

    equilibrium: Equilibrium
    columns: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def named(self) -> dict[str, np.ndarray]:
        """The columns with countries by name instead of index."""
        names = np.array(self.equilibrium.countries)
        return {**self.columns, "country": names[self.columns["country"]]}

    def to_frame(self) -> pandas.DataFrame:
        """Return a `pandas.DataFrame`, countries by name."""
        import pandas

        return pandas.DataFrame(self.named)


def schedule(scenario: Any, productivity: Any) -> dict[str, np.ndarray]:
    """Follow firms of given productivity in an equilibrium (or a scenario to solve first).

    Parameters
    ----------
    scenario : Equilibrium, path, dict, Scenario or Model
    productivity : array_like (firm) or (origin, firm)
        Productivities, positive; one row serves every origin.

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells``, ``price``, ``quantity``, ``revenue``, ``employment``, ``profit``: zero, but for the price, where the
        firm does not sell.

    Raises
    ------
    InputError
        When a productivity is not a positive number, or the model has no firms to follow.
    """
    phi = np.asarray(productivity, dtype=float)
    if phi.ndim > 2 or not (np.isfinite(phi) & (phi > 0.0)).all():
        raise InputError("productivity", "must be positive numbers, one a firm", productivity)
    equilibrium = _with_firms(scenario)
    schedules: dict[str, np.ndarray] = equilibrium.model.firm_schedule(dict(equilibrium.unknowns), np.log(phi))
    return schedules


def simulate(scenario: Any, n_firms: Any, seed: Any = 0, *, active: bool = False) -> Firms:
    """Draw firms from an equilibrium (or a scenario to solve first).

    Parameters
    ----------
    scenario : Equilibrium, path, dict, Scenario or Model
    n_firms : int
        Draws a country, before selection.
    seed : int
        Of the random draws; the same seed gives the same firms.
    active : bool
        Draw among the firms that sell somewhere, of a model in which most draws do not.

    Raises
    ------
    InputError
        When `n_firms` or `seed` is not a whole number in range, or the model has no firms to draw so.
    """
    n_firms, seed = read_count(n_firms, "n", 1), read_count(seed, "seed")
    equilibrium = _with_firms(scenario)
    _check_cells(equilibrium, n_firms)
    model = equilibrium.model
    if active and "active_firms" not in model.capabilities:
        raise InputError("active", f"is not a way to draw firms of {model.name}", remedy="draw all of them")
    draw = model.draw_active_firms if active else model.draw_firms
    return Firms(equilibrium, draw(dict(equilibrium.unknowns), n_firms, seed))


def _check_cells(equilibrium: Equilibrium, n_firms: int) -> None:
    """Refuse a table that would not fit in memory; its columns grow with the number of countries, as its rows do."""
    countries = len(equilibrium.countries)
    columns = len(equilibrium.model.draw_firms(dict(equilibrium.unknowns), 1, 0))
    most = MAX_CELLS // (countries * columns)
    if n_firms > most:
        raise InputError("n", f"is too many: {columns} columns of {countries} x {n_firms:,} rows make more than "
                         f"{MAX_CELLS:,} numbers", n_firms,
                         remedy=f"draw at most {most:,} a country, and the rest with other seeds")  # fmt: skip


#: Quantiles of size told when none are asked for.
SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


def market_quantiles(scenario: Any, shares: Sequence[float] = SHARES) -> dict[str, np.ndarray]:
    """Follow sellers at quantiles of size in every market of an equilibrium (or a scenario to solve first).

    Parameters
    ----------
    scenario : Equilibrium, path, dict, Scenario or Model
    shares : sequence of float
        Share of a market's sellers that are smaller, each from 0 to 1.

    Returns
    -------
    dict of ndarray (destination, share)
        ``price``, ``markup``, ``markup_ratio``, ``quantity``, ``revenue``, ``profit``, ``delivered_cost``, from the
        distribution itself.

    Raises
    ------
    InputError
        When a share is out of bounds, or all firms of the model have one markup.
    """
    wanted = np.asarray(shares, dtype=float)
    if wanted.ndim != 1 or not ((wanted >= 0.0) & (wanted <= 1.0)).all():
        raise InputError("shares", "must be numbers from 0 to 1", shares)
    equilibrium = scenario if isinstance(scenario, Equilibrium) else solve(scenario)
    if "markups" not in equilibrium.model.capabilities:
        raise InputError("model", "has one markup for all firms of a market: no distribution to show",
                         equilibrium.model.name)  # fmt: skip
    found: dict[str, np.ndarray] = equilibrium.model.market_quantiles(dict(equilibrium.unknowns), wanted)
    return found


def _with_firms(scenario: Any) -> Equilibrium:
    equilibrium = scenario if isinstance(scenario, Equilibrium) else solve(scenario)
    if "firms" not in equilibrium.model.capabilities:
        raise InputError("model", "has no firms to follow", equilibrium.model.name)
    return equilibrium
