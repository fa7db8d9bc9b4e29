"""The primitives of a market penetration world, alone or as a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.iceberg import iceberg, log_iceberg
from phistar.blocks.keys import Keyed
from phistar.blocks.productivity import Empirical, Pareto, Productivity, stack
from phistar.core.errors import InputError
from phistar.core.parameters import Parameter
from phistar.core.paths import Path
from phistar.models.market_penetration.parameters import PARAMETERS


@dataclass(frozen=True)
class Primitives(Keyed):
    """What a market penetration world is made of.

    Arrays are (country) or (origin, destination); a batch of worlds adds one last axis to every one of them.
    Any number may be a dual, so that the equations give their derivatives in it. Productivity is a Pareto of shape
    theta and scale b_i, for which the paper's closed forms hold, or whatever `families` say.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    stored_as: ClassVar = {"tau": "log_tau", "theta_tilde": "sigma"}
    needs: ClassVar = {
        "J": 'entry = "fixed"',
        "f_e": 'entry = "free"',
        "theta": "theta and b in place of productivity",
        "theta_tilde": "theta and b in place of productivity",
        "b": "theta and b in place of productivity",
    }

    countries: tuple[str, ...]
    sigma: Any
    beta: Any
    alpha: Any
    gamma: Any
    psi: Any
    L: Any
    log_tau: Any
    theta: Any = None
    b: Any = None
    families: tuple[Productivity, ...] = ()
    entry: str = "fixed"
    J: Any = None
    f_e: Any = None
    tilde_moves: str = "sigma"
    numeraire: int = 0
    unused: tuple[str, ...] = ()

    # -- what keys mean --------------------------------------------------------------------------------------

    def stored(self, name: str, value: Any) -> dict[str, Any]:
        """Return the fields that hold a parameter: iceberg costs in logs, theta_tilde as sigma (or theta)."""
        if name == "tau":
            return {"log_tau": log_iceberg(value)}
        if name == "theta_tilde":
            return {"theta": value * self.S} if self.tilde_moves == "theta" else {"sigma": 1.0 + self.theta / value}
        return {name: value}

    def _targets(self, path: Path) -> list[tuple[int, str]]:
        if not self.families:
            raise InputError(path.text, "has no part here", remedy="give productivity, or vary theta and b")
        return super()._targets(path)

    # -- letters of the paper --------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether productivity is the paper's Pareto, so that its closed forms hold."""
        return not self.families

    @property
    def S(self) -> Any:
        """Elasticity of sales a consumer to productivity, sigma - 1."""
        return self.sigma - 1.0

    @property
    def tau(self) -> Any:
        """Iceberg costs (origin, destination)."""
        return iceberg(self.log_tau)

    @property
    def theta_tilde(self) -> Any:
        """Shape of the Pareto tail of sales, theta/(sigma - 1); None without a Pareto."""
        return None if self.theta is None else self.theta / self.S

    @property
    def eta(self) -> Any:
        """Share of profits in sales under the Pareto."""
        return self.S / (self.theta * self.sigma)

    @property
    def xi(self) -> Any:
        """Income over wages under the Pareto: profits add to it where entry is fixed."""
        return 1.0 / (1.0 - self.eta) if self.entry == "fixed" else 1.0 + 0.0 * self.eta

    @property
    def K(self) -> Any:
        """Mean of x^S n over sellers under the Pareto."""
        above = self.theta_tilde - 1.0
        return self.theta_tilde / (above * (1.0 + self.beta * above))

    @cached_property
    def productivity(self) -> Productivity:
        """The countries' distributions as one, laid along origins; the paper's algebra where it is its Pareto."""
        if self.closed:
            return Pareto(self.theta, self.b[:, None], support="closed_form")
        return stack(self.families, batch_axes=1 if self.is_batch else 0)

    @cached_property
    def parts(self) -> list[tuple[Productivity, np.ndarray]]:
        """Distributions and the origins they are of: each list of firms by itself, all others as one."""
        keys = [id(family) if isinstance(family, Empirical) else 0 for family in self.families]
        if len(set(keys)) < 2:
            return [(self.productivity, np.arange(len(self.countries)))]
        groups = [np.flatnonzero([key == one for key in keys]) for one in dict.fromkeys(keys)]
        return [(stack([self.families[i] for i in origins]), origins) for origins in groups]

    @property
    def batchable(self) -> bool:
        """Whether worlds can be solved many at once: other distributions have no batched route."""
        return self.closed
