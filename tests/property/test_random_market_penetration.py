"""Random admissible market penetration worlds: each is certified, or refused for a reason."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve

LIMIT = 2.0  # seconds of processor time above which the long run names a world as slow


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


def verdict(world: dict[str, Any]) -> tuple[str, float]:
    """Solve; return "certified" or the reason of a refusal, and the processor time taken."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = solve({"model": "market_penetration", "parameters": world})
    except (InputError, NoEquilibrium) as refusal:
        assert "\n" not in str(refusal)
        return re.sub(r"[-+]?[0-9][-+.e0-9]*", "#", str(refusal)), time.process_time() - start
    took = time.process_time() - start
    assert found.certificate.max_residual <= 1e-10  # what a certificate promises
    assert np.all(np.isfinite(found["welfare"]))
    assert np.all(found["welfare"] > 0.0)
    assert np.all(found["mass_sellers"] <= found["mass_entrants"][:, None] * (1 + 1e-11))
    # a certificate of 1e-10 allows as much here, and the sums over countries a little more
    assert np.allclose(found["trade_flow"].sum(axis=0), found["expenditure"], rtol=1e-9, atol=0)
    return "certified", took


def run(seeds: range, pareto: bool) -> tuple[Counter[str], list[float]]:
    """Solve many worlds; count what became of them."""
    answers = [verdict(_world(seed, pareto)) for seed in seeds]
    return Counter(answer for answer, _ in answers), [took for _, took in answers]


def test_random_pareto_worlds_are_certified_unless_too_many_firms_would_sell() -> None:
    tally, _ = run(range(200), pareto=True)
    assert all("M > J" in answer for answer in tally if answer != "certified"), tally
    assert tally["certified"] > 100


def test_random_worlds_of_any_distribution_are_certified() -> None:
    # The last three trade at the end of a support alone: a country sells abroad only at a far lower wage.
    tally, _ = run(range(12), pareto=False)
    for seed in (32, 53, 92):
        tally[verdict(_world(seed, pareto=False))[0]] += 1
    assert set(tally) == {"certified"}, tally


def _bounded(k: float, lower: float, upper: float) -> dict[str, Any]:
    return {"family": "bounded_pareto", "k": k, "lower": lower, "upper": upper}


def _firms(values: list[float], weights: list[float] | None = None) -> dict[str, Any]:
    return {"family": "empirical", "values": values} | ({"weights": weights} if weights else {})


#: Drawn from far wider ranges. Where marketing is paid at destinations' wages, one country's sales are another's
#: labour demand, and either may stop at the end of a support.
WILD: dict[str, dict[str, Any]] = {
    "a market that nearly closes": {
        "sigma": 3.69, "beta": 0.0, "alpha": 0.22, "gamma": 1.0, "psi": 0.17, "L": [0.852, 64.9],
        "tau": [[1.0, 2.85], [2.0, 1.0]], "J": [24.9, 5.31],
        "productivity": [_bounded(1.72, 0.588, 0.924), {"family": "weibull", "shape": 0.662, "scale": 0.535}],
    },
    "wages that move each other": {
        "sigma": 1.68, "beta": 1.0, "alpha": 0.586, "gamma": 1.0, "psi": 2.24, "L": [0.148, 0.00237],
        "tau": [[1.0, 20.0], [2.41, 1.4]], "J": [0.00467, 317.0],
        "productivity": [
            _firms([0.468, 5.43, 2.37, 2.14, 10.4, 2.14, 9.56, 4.38, 1.27, 1.33, 1.78, 2.42],
                   [0.162, 0.0292, 0.00922, 0.00163, 0.272, 0.0226, 0.0309, 0.195, 0.0398, 0.0918, 0.0196, 0.126]),
            _firms([12.2, 6.04]),
        ],
    },
    "labour that others hire nearly all of": {
        "sigma": 1.29, "beta": 1.64, "alpha": 0.46, "gamma": 1.0, "psi": 0.00168, "L": [9520.0, 0.217, 4280.0, 1650.0],
        "tau": [[1.0, 35.1, 1.0, 2.5], [1.0, 1.0, 3.17, 29.3], [29.4, 1.83, 1.0, 4.5], [1.03, 1.67, 23.0, 1.0]],
        "entry": "free", "f_e": [2.94, 136.0, 220.0, 549.0],
        "productivity": [
            _firms([0.138, 0.279, 0.431, 0.425, 0.334, 0.188, 1.19, 0.337, 0.461, 0.354, 0.509],
                   [0.108, 0.0841, 0.0376, 0.0192, 0.119, 0.0208, 0.204, 0.117, 0.142, 0.142, 0.00577]),
            _firms([3.74, 13.1, 6.83, 5.23]),
            _firms([124.0, 15.7]),
            _firms([0.00352, 0.00418, 0.0254, 0.0183, 0.0211, 0.0376, 0.0322, 0.00667, 0.00794, 0.0087, 0.00766]),
        ],
    },
    "closed economies at the end of their supports": {
        "sigma": 1.23, "beta": 0.0, "alpha": 0.49, "gamma": 0.0, "psi": 0.138,
        "L": [68.5, 2440.0, 0.0859, 15.9, 0.0414],
        "tau": [[1.0, 2.14, 2.51, 1.3, 1.0], [1.05, 1.0, 1.01, 1.0, 3.65], [1.1, 1.5, 1.0, 29.6, 1.5],
                [1.0, 1.15, 1.09, 1.0, 1.58], [1.67, 1.0, 6.58, 1.94, 1.0]],
        "entry": "free", "f_e": [0.00213, 3.0, 0.025, 301.0, 17.9],
        "productivity": [_bounded(0.382, 0.754, 2.34), _bounded(0.727, 0.0635, 1.46), _bounded(9.11, 1.64, 1.66),
                         _bounded(1.16, 0.713, 70.0), _bounded(3.93, 49.6, 59.1)],
    },
}  # fmt: skip


@pytest.mark.parametrize("world", WILD.values(), ids=WILD.keys())
def test_wild_worlds_with_ends_of_supports_are_certified(world: dict[str, Any]) -> None:
    assert verdict(world)[0] == "certified"


@pytest.mark.slow
@pytest.mark.parametrize(("pareto", "seeds"), [(True, range(1500)), (False, range(500))], ids=["pareto", "any"])
def test_every_one_of_many_random_worlds_is_certified_or_has_too_few_firms(
    pareto: bool, seeds: range, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, times = run(seeds, pareto)
    with capsys.disabled():
        slow = sum(took >= LIMIT for took in times)
        print(
            f"\n{len(seeds)} random worlds; median {1e3 * np.median(times):.0f} ms, slowest {max(times):.2f} s,",
            end=" ",
        )
        print(f"{slow} above {LIMIT:g} s", *tally.most_common(), sep="\n")
    assert all(pareto and "M > J" in answer for answer in tally if answer != "certified"), tally


def test_prices_beyond_what_numbers_hold_are_refused_by_name() -> None:
    world = {"theta": 0.8, "theta_tilde": 30.0, "psi": 1e-30, "L": [1.0, 2.0], "tau": 1.5}
    with pytest.raises(InputError, match=r"sigma = 1\.026.* leaves the price index of \w+ at e\^"):
        solve({"model": "market_penetration", "parameters": world})
