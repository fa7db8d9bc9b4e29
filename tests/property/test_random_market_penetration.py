"""Random admissible market penetration worlds: each is certified, or refused for a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve


def _family(rng: np.random.Generator) -> dict[str, Any]:
    scale = float(rng.uniform(0.7, 1.4))
    tables: list[dict[str, Any]] = [
        {"family": "lognormal", "mu": float(rng.normal(0, 0.3)), "sd": float(rng.uniform(0.2, 0.9))},
        {"family": "frechet", "shape": float(rng.uniform(5.5, 12)), "scale": scale},
        {"family": "weibull", "shape": float(rng.uniform(0.8, 2.5)), "scale": scale},
        {"family": "pareto", "k": float(rng.uniform(5.5, 12)), "scale": scale},
        {"family": "bounded_pareto", "k": float(rng.uniform(2, 9)), "lower": 0.7, "upper": float(rng.uniform(3, 8))},
        {"family": "lognormal_pareto", "mu": 0.0, "sd": float(rng.uniform(0.2, 0.6)), "k": float(rng.uniform(5.5, 9))},
    ]
    return tables[int(rng.integers(len(tables)))]


def _world(seed: int, pareto: bool) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9 if pareto else 5))
    tau = 1.0 + rng.uniform(0.0, [0.3, 1.0, 5.0][seed % 3], (n, n))
    np.fill_diagonal(tau, 1.0 + rng.uniform(0.0, 0.2, n))
    beta = [0.0, 1.0, float(rng.uniform(0, 4)), float(10 ** rng.uniform(-6, 4))][int(rng.integers(4))]
    world = {
        "beta": beta,
        "alpha": float(rng.uniform()),
        "gamma": [0.0, 1.0, float(rng.uniform())][int(rng.integers(3))],
        "psi": float(10 ** rng.uniform(-4, 1)),
        "L": (10 ** rng.uniform(-1, 1, n)).tolist(),
        "tau": tau.tolist(),
    }
    if rng.random() < 0.5:
        world |= {"entry": "free", "f_e": (10 ** rng.uniform(-2, 1, n)).tolist()}
    else:
        world |= {"J": (10 ** rng.uniform(-1, 1, n)).tolist()}
    if pareto:
        world |= {"theta": float(10 ** rng.uniform(0.4, 1.6)), "theta_tilde": float(1 + 10 ** rng.uniform(-1, 0.8))}
        return {**world, "b": (10 ** rng.uniform(-0.3, 0.3, n)).tolist()}
    same = _family(rng)
    families = [same if seed % 2 else _family(rng) for _ in range(n)]
    return {**world, "sigma": float(rng.uniform(1.6, 6.0)), "productivity": families}


def _check(seed: int, pareto: bool) -> bool:
    """Solve one world; say whether it was certified, and require the one known reason otherwise."""
    try:
        found = solve({"model": "market_penetration", "parameters": _world(seed, pareto)})
    except InputError as refusal:
        assert pareto, refusal
        assert "M > J" in str(refusal), refusal
        return False
    except NoEquilibrium as refusal:
        # A bounded tail that can sell abroad only at a far lower wage: trade of 1e-9 of income behind a kink.
        assert not pareto, refusal
        assert refusal.reason
        return False
    assert np.all(found["welfare"] > 0.0)
    assert np.all(found["mass_sellers"] <= found["mass_entrants"][:, None] * (1 + 1e-11))
    return True


def test_random_pareto_worlds_are_certified_unless_too_many_firms_would_sell() -> None:
    certified = sum(_check(seed, pareto=True) for seed in range(200))
    assert certified > 100


def test_random_worlds_of_any_distribution_are_certified() -> None:
    assert all(_check(seed, pareto=False) for seed in range(12))


@pytest.mark.slow
def test_nearly_all_of_many_random_worlds_are_certified_and_the_rest_refused() -> None:
    certified = [_check(seed, pareto=False) for seed in range(12, 90)]
    assert np.mean(certified) > 0.95
