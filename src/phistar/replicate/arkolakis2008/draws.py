"""The worlds on which the propositions are tested, each solved before and after trade costs fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.worlds import Ledger

#: Box of the worlds: ends of theta, theta~ - 1 (in logs), beta, alpha, gamma, tau.
BOX = {"theta": (3.0, 12.0), "above": (0.15, 2.0), "beta": (0.2, 3.0), "alpha": (0.0, 1.0), "gamma": (0.0, 1.0),
       "tau": (1.2, 2.5)}  # fmt: skip
WORLDS, SEED = 12, 2008
#: Worlds of either kind that are solved by sums over firms as well.
SUMMED = 3
#: Fall of trade costs of a liberalization.
CUT = 0.9
LOGNORMAL = {"family": "lognormal", "mu": 0.0, "sd": 0.3}


@dataclass(frozen=True)
class Draw:
    """One world: its parameters, solved before and after trade costs fall."""

    parameters: dict[str, Any]
    before: Equilibrium
    after: Equilibrium

    @property
    def model(self) -> Any:
        """The model before."""
        return self.before.model


def solve_draw(u: np.ndarray, ledger: Ledger, *, alike: bool, beta: float | None = None) -> Draw:
    """Solve a point of the unit cube: two equal countries or three unlike ones."""
    at = {key: float(low + (high - low) * x) for (key, (low, high)), x in zip(BOX.items(), u, strict=True)}
    n = 2 if alike else 3
    spread = np.ones(n) if alike else np.array([0.5, 1.0, 2.0])
    given: dict[str, Any] = {
        "theta": at["theta"],
        "theta_tilde": 1.0 + float(BOX["above"][0] * (BOX["above"][1] / BOX["above"][0]) ** u[1]),
        "beta": at["beta"] if beta is None else beta,
        "alpha": at["alpha"],
        "gamma": at["gamma"],
        "psi": 0.05,
        "L": spread.tolist(),
        "b": (spread[::-1] ** 0.2).tolist(),
        "tau": at["tau"],
    }
    before, after = (ledger.solve({"model": "market_penetration", "parameters": {**given, "tau": tau}})
                     for tau in (at["tau"], 1.0 + CUT * (at["tau"] - 1.0)))  # fmt: skip
    return Draw(given, before, after)


def by_sums(draw: Draw, ledger: Ledger) -> Draw:
    """Solve a world by sums over firms: the Pareto as a table, for which the library uses no closed form."""
    m = draw.model
    tables = [{"family": "pareto", "k": float(m.theta), "scale": float(b)} for b in m.b]
    given = {k: v for k, v in draw.parameters.items() if k not in {"theta", "theta_tilde", "b"}}
    parameters = {**given, "sigma": float(m.sigma), "productivity": tables}
    eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
    return Draw({**parameters, "theta": draw.parameters["theta"]}, eq, eq)
