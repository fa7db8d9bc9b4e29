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


def verdict(seed: int, pareto: bool) -> tuple[str, float]:
    """Solve; return "certified" or the reason of a refusal, and the processor time taken."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = solve({"model": "market_penetration", "parameters": _world(seed, pareto)})
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
    answers = [verdict(seed, pareto) for seed in seeds]
    return Counter(answer for answer, _ in answers), [took for _, took in answers]


def test_random_pareto_worlds_are_certified_unless_too_many_firms_would_sell() -> None:
    tally, _ = run(range(200), pareto=True)
    assert all("M > J" in answer for answer in tally if answer != "certified"), tally
    assert tally["certified"] > 100


def test_random_worlds_of_any_distribution_are_certified() -> None:
    # The last three trade at the end of a support alone: a country sells abroad only at a far lower wage.
    tally, _ = run(range(12), pareto=False)
    for seed in (32, 53, 92):
        tally[verdict(seed, pareto=False)[0]] += 1
    assert set(tally) == {"certified"}, tally


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
