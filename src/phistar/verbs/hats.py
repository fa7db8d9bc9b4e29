"""Hats: from observed trade flows alone to a changed world, by a model's exact hats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError, entries
from phistar.data.flows import read_flows
from phistar.models.registry import get_model


def hats(
    model: str,
    flows: Any,
    observed: Mapping[str, Any],
    changes: Mapping[str, Any],
    countries: Sequence[str] = (),
) -> Equilibrium:
    """Solve for the world after a change, from observed flows: trade costs and technology stay unknown.

    Parameters
    ----------
    model : str
        Name of a model with exact hats.
    flows : path or array_like (origin, destination)
        A CSV file (long with the header ``origin,destination,value``, or square), or a matrix, home sales included.
    observed : mapping
        What the model's theory needs beside flows; of `melitz_ottaviano`: `k`, and `threshold` or `alpha`, `eta`
        and `L`.
    changes : mapping
        New over old, by parameter: `tau`, `L`, `f_E`, `c_M`. One number stands for all, of tau for foreign pairs.
    countries : sequence of str, optional
        Names, of a matrix.

    Returns
    -------
    Equilibrium
        Hats, and flows before and after, certified.

    Raises
    ------
    InputError
        When the model has no exact hats of its own, or something is unknown, missing or out of bounds.
    NoEquilibrium
        When the changed world is not one the hats describe.
    """
    found = get_model(model)
    if "hats" not in found.capabilities:
        raise InputError("model", "has no exact hats of its own here", model,
                         remedy="melitz_ottaviano has; phistar trade runs those of melitz")  # fmt: skip
    if isinstance(flows, (str, PathLike)):
        table = read_flows(flows)
        flows, countries = table.flows, table.countries
    matrix = np.asarray(flows, dtype=float)
    if countries and len(countries) != len(matrix):
        raise InputError("countries", f"has {entries(len(countries), 'name', 'names')} for {len(matrix)} countries")
    return found.hats(matrix, observed, changes, countries)
