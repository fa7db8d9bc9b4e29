"""What contract tests need to know of a model beside its declared parameters and variables."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

INF = float("inf")


@dataclass(frozen=True)
class Sample:
    """One admissible scenario.

    `smooth` says whether every outcome has derivatives there. `trades_at_any_cost` says whether some
    firms trade at any finite cost: a bounded support stops at some cost.
    """

    parameters: dict[str, Any]
    smooth: bool = True
    trades_at_any_cost: bool = True
    names: list[str] | None = None

    def scenario(self, model: str, **changes: Any) -> dict[str, Any]:
        """Return the scenario, with some parameters replaced."""
        scenario: dict[str, Any] = {
            "model": model,
            "parameters": {**copy.deepcopy(self.parameters), **changes},
        }
        if self.names is not None:
            scenario["countries"] = {"names": list(self.names)}
        return scenario


@dataclass(frozen=True)
class ModelSamples:
    """A model's samples, and its accounting identities recomputed from reported outcomes and parameters alone."""

    samples: dict[str, Sample]
    #: name -> relative gap of an accounting identity, from outcomes and parameters as understood
    accounts: Callable[[Any, dict[str, Any]], dict[str, np.ndarray]]
    #: scalar parameters that make every country alike, per country count
    symmetric: Callable[[int], dict[str, Any]]
    #: the trade cost that, raised without bound, closes the economy
    trade_cost: str = "tau"
    #: what else must be raised with it
    further_trade_costs: tuple[str, ...] = ()
    #: the cost that comparisons raise, where it is not the trade cost
    shocked: str | None = None
    #: whether its worlds are countries alone, so that they can be relabelled, closed and made alike
    of_countries: bool = True
    #: variables of the closed economy that the limit of large trade costs must reach
    autarky_variables: tuple[str, ...] = ()
    #: numbers of countries to make alike
    counts: tuple[int, ...] = (2, 3, 7)
    #: the scenario of one country closed, from parameters and its index; its own parameters alone by default
    alone: Callable[[dict[str, Any], int], dict[str, Any]] | None = None
    #: country-size parameters by which nothing may be labelled (numeraire is an index, not a list)
    unlabelled: frozenset[str] = field(default_factory=lambda: frozenset({"numeraire", "partners"}))
