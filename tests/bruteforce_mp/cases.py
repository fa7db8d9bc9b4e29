"""Worlds for brute force: asymmetric countries, several families, diminishing returns from none to strong."""

from __future__ import annotations

from typing import Any

from .worlds import World, make_world

PARETO = [{"family": "pareto", "k": 8.0, "scale": b} for b in (1.0, 0.85, 1.1)]
UNLIKE_TAILS = [{"family": "pareto", "k": k, "scale": b} for k, b in ((8.0, 1.0), (7.3, 0.9), (9.0, 1.05))]
LOGNORMAL = {"family": "lognormal", "mu": 0.2, "sd": 0.35}
BOUNDED = {"family": "bounded_pareto", "k": 4.0, "lower": 0.8, "upper": 4.0}
FRECHET = {"family": "frechet", "shape": 8.5, "scale": 1.2}
WEIBULL = {"family": "weibull", "shape": 1.4, "scale": 1.0}
ATOMS = {
    "family": "empirical",
    "values": [0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 3.9],
    "weights": [0.24, 0.25, 0.2, 0.14, 0.09, 0.05, 0.02, 0.01],
}
#: At 0 a fixed cost; at 1 the log case; beside both, where careless formulas cancel.
BETAS = (0.0, 0.5, 1.0, 1.5, 1e-9, 1e-3, 1 - 1e-9, 1 + 1e-6)


def three(tables: Any, beta: float, *, free: bool = False, **changes: Any) -> World:
    given: dict[str, Any] = {
        "sigma": 19 / 3,
        "alpha": 0.44,
        "gamma": 0.31,
        "psi": 0.05,
        "L": [1.0, 0.35, 3.0],
        "tau": [[1.0, 1.45, 1.8], [1.35, 1.03, 1.6], [1.7, 1.55, 1.02]],
    }
    entry: dict[str, Any] = {"f_e": [0.1, 0.12, 0.08]} if free else {"J": [1.0, 0.5, 2.0]}
    return make_world(beta=beta, productivity=tables, **{**given, **entry, **changes})


def all_cases() -> dict[str, World]:
    cases: dict[str, World] = {}
    mixed = [LOGNORMAL, BOUNDED, FRECHET]
    for beta in BETAS:
        cases[f"pareto, beta {beta!r}"] = three(PARETO, beta)
        cases[f"mixed, beta {beta!r}"] = three(mixed, beta, sigma=5.0)
        cases[f"lognormal, free entry, beta {beta!r}"] = three(LOGNORMAL, beta, free=True, sigma=4.0)
    for beta in BETAS[:4]:
        cases[f"pareto, free entry, beta {beta!r}"] = three(PARETO, beta, free=True)
        cases[f"mixed, free entry, beta {beta!r}"] = three(mixed, beta, free=True, sigma=5.0)
        cases[f"lognormal, beta {beta!r}"] = three(LOGNORMAL, beta, sigma=4.0)
    for end in (0.0, 1.0):
        cases[f"pareto, alpha {end}, gamma {1 - end}"] = three(PARETO, 0.7, alpha=end, gamma=1 - end)
        cases[f"mixed, alpha {end}, gamma {end}"] = three(mixed, 0.7, alpha=end, gamma=end, sigma=5.0)
    cases["pareto of unlike tails"] = three(UNLIKE_TAILS, 0.8, free=True)
    cases["weibull and pareto"] = three([WEIBULL, PARETO[0], WEIBULL], 2.5, sigma=3.5)
    cases["firms one by one"] = three(ATOMS, 0.6, psi=2.0, sigma=4.0)
    cases["everyone sells at home"] = three(BOUNDED, 1.2, psi=4.0, sigma=3.0, J=[0.2, 0.1, 0.5])
    return cases
