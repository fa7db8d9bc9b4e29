"""The paper's numbers as worlds: its parameters, a symmetric pair, a France with many destinations."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Section 3: theta from Eaton and Kortum (2002), theta~ and beta chosen from figure 6, alpha and gamma from (24).
THETA, THETA_TILDE, BETA, ALPHA, GAMMA = 8.0, 1.5, 1.0, 0.44, 0.31
#: Destinations of the made-up France, and the seed of their sizes.
DESTINATIONS, SEED = 24, 14214
#: Few enough firms of the pair sell abroad for every cutoff to lie in the support.
PSI, TAU = 0.2, 1.5


def pair(beta: float, **changes: Any) -> dict[str, Any]:
    """Return two equal countries at the paper's parameters, Proposition 2's setting."""
    parameters = {"theta": THETA, "theta_tilde": THETA_TILDE, "beta": beta, "alpha": ALPHA, "gamma": GAMMA,
                  "psi": PSI, "L": [1.0, 1.0], "tau": TAU}  # fmt: skip
    return {"model": "market_penetration", "parameters": {**parameters, **changes}}


def france(beta: float = BETA, **changes: Any) -> dict[str, Any]:
    """Return a France (country 0) and destinations of made-up sizes, technologies and distances.

    Notes
    -----
    The paper's data on 113 destinations are not in its text. Populations and incomes spread about as widely as the
    world's, so that a regression across destinations has something to hold on to.
    """
    rng = np.random.default_rng(SEED)
    n = DESTINATIONS + 1
    L = np.exp(1.4 * rng.standard_normal(n))
    b = np.exp(0.25 * rng.standard_normal(n))
    tau = np.exp(rng.uniform(0.3, 0.9, (n, n)))
    L[0], b[0] = 1.0, 1.0
    np.fill_diagonal(tau, 1.0)
    parameters = {"theta": THETA, "theta_tilde": THETA_TILDE, "beta": beta, "alpha": 0.5, "gamma": 0.5, "psi": 1.0,
                  "L": L.tolist(), "b": b.tolist(), "tau": tau.tolist(), "J": 50.0}  # fmt: skip
    names = ["France", *(f"D{k + 1}" for k in range(DESTINATIONS))]
    return {"model": "market_penetration", "parameters": {**parameters, **changes}, "countries": {"names": names}}
