"""Many sectors at once against one sector at a time; draws; statements over draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.models.granular.bands import bands
from phistar.models.granular.draws import read_draw
from phistar.models.granular.sectors import draw_sectors, solve_sectors
from phistar.verbs.solve import solve

WORLDS: dict[str, dict[str, Any]] = {
    "fixed": {"R": 1000.0},
    "fixed cost": {"R": 1000.0, "K_0": 3.0},
    "ces": {"eta": 2.0, "I": 2000.0},
    "ces, fixed cost": {"eta": 2.0, "I": 2000.0, "K_0": 3.0},
    "cournot": {"R": 1000.0, "conduct": "cournot"},
    "one variety": {"R": 1000.0, "scope": "single", "f": 4.0},
}
NAMES = (
    "price_index", "survivors", "cutoff", "cutoff_share", "total_varieties", "total_profit", "herfindahl",
    "aggregate_markup", "misallocation", "mean_productivity",
)  # fmt: skip
TABLE = {"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 10, "seed": 1}


def firms(shape: float, sectors: int = 6, count: int = 30) -> np.ndarray:
    return 0.2 * np.random.default_rng(int(shape)).random((sectors, count)) ** (-1 / shape)


@pytest.mark.parametrize("shape", [4.0, 12.0, 60.0])
@pytest.mark.parametrize("name", WORLDS)
def test_many_sectors_are_what_each_is_alone(name: str, shape: float) -> None:
    phi, given = firms(shape), WORLDS[name]
    many = solve_sectors(phi, sigma=6.0, K_1=5.0, **given)
    assert many.certified.all()
    upper = {"upper": "ces"} if "eta" in given else {}
    for i in range(len(phi)):
        parameters = {"sigma": 6.0, "K_1": 5.0, "productivities": phi[i].tolist(), **given, **upper}
        alone = solve({"model": "granular", "parameters": parameters})
        for variable in NAMES:
            # cutoff shares near zero and losses from small dispersion are differences: an absolute floor
            want = float(alone[variable])
            assert getattr(many, variable)[i] == pytest.approx(want, rel=1e-10, abs=1e-13), variable
        assert many.static_entry[i] == (not alone.certificate.checks["static_no_entry"])


def test_chunks_and_missing_firms_do_not_matter() -> None:
    phi = firms(12.0, sectors=11)
    whole, parts = (solve_sectors(phi, sigma=6.0, K_1=5.0, R=1000.0, chunk=c, keep_firms=True) for c in (100, 3))
    assert np.array_equal(whole.price_index, parts.price_index)
    assert np.array_equal(whole.share, parts.share)
    padded = np.concatenate([phi, np.zeros((11, 4))], axis=1)
    assert np.array_equal(solve_sectors(padded, sigma=6.0, K_1=5.0, R=1000.0).price_index, whole.price_index)


def test_spending_may_differ_between_sectors() -> None:
    phi, R = firms(5.0), np.linspace(100.0, 2000.0, 6)
    many = solve_sectors(phi, sigma=6.0, K_1=5.0, R=R, K_0=2.0)
    one = solve_sectors(phi[3:4], sigma=6.0, K_1=5.0, R=R[3], K_0=2.0)
    assert many.total_varieties[3] == pytest.approx(one.total_varieties[0], rel=1e-12)


def test_a_sector_without_an_equilibrium_is_not_certified_and_leaves_the_others_alone() -> None:
    phi = np.array([[0.3, 0.28, 0.27], [0.9, 0.2, 0.1], [0.3, 0.0, 0.0]])
    many = solve_sectors(phi, sigma=6.0, K_1=5.0, R=1000.0, K_0=10.0)
    assert many.certified.tolist() == [True, False, False]
    assert many.reasons[0] == ""
    assert all("too few firms" in reason for reason in many.reasons[1:])
    assert np.isnan(many.price_index[1:]).all()
    assert many.survivors[1:].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("phi", "changes", "key"),
    [
        ([[0.3, -1.0]], {}, "productivities[0][1]"),
        ([0.3, 0.2], {}, "productivities"),
        ([[0.3, 0.2]], {"R": None}, "R"),
        ([[0.3, 0.2]], {"R": -1.0}, "R"),
        ([[0.3, 0.2]], {"R": [1.0, 2.0]}, "R"),
        ([[0.3, 0.2]], {"sigma": 1.0}, "sigma"),
        ([[0.3, 0.2]], {"K_0": -1.0}, "K_0"),
        ([[0.3, 0.2]], {"eta": 7.0, "I": 10.0}, "eta"),
    ],
)
def test_bad_sectors_are_refused_by_name(phi: Any, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as caught:
        solve_sectors(phi, **{"sigma": 6.0, "K_1": 5.0, "R": 1000.0, **changes})
    assert caught.value.key == key


def test_draws_repeat_with_their_seed_and_a_longer_run_begins_alike() -> None:
    draw, _ = read_draw(TABLE)
    short, long = (draw_sectors(draw, n, seed=4, sigma=6.0, K_1=5.0, R=1000.0) for n in (50, 4200))
    assert np.array_equal(long.price_index[:50], short.price_index)
    assert len(long) == 4200
    other = draw_sectors(draw, 50, seed=5, sigma=6.0, K_1=5.0, R=1000.0)
    assert not np.array_equal(other.price_index, short.price_index)


def test_a_scenario_may_draw_its_firms() -> None:
    scenario = {"model": "granular", "parameters": {"sigma": 6.0, "K_1": 5.0, "R": 1000.0, "productivities": TABLE}}
    eq = solve(scenario)
    assert len(eq["share"]) == 10
    assert np.array_equal(solve(scenario)["productivity"], eq["productivity"])
    assert np.all(np.diff(eq["productivity"]) <= 0)


@pytest.mark.parametrize("sampling", ["cluster_highest", "cluster_smallest", "cluster_median"])
def test_the_papers_clusters_are_near_the_quantiles_they_stand_for(sampling: str) -> None:
    draw, _ = read_draw({**TABLE, "sampling": sampling, "sample": 200_000})
    phi = draw(1, np.random.default_rng(0))[0]
    below = {"cluster_highest": 0.0, "cluster_smallest": 1.0, "cluster_median": 0.5}[sampling]
    upper = (np.arange(10) + below) / 10  # share of draws that are better
    want = 0.2 * np.maximum(upper, 1e-9) ** (-1 / 5)
    rows = slice(1 if sampling == "cluster_highest" else 0, None)  # the very best draw is an outlier
    # 200,000 draws put a quantile within about 0.3 per cent
    assert phi[rows] == pytest.approx(want[rows], rel=0.01)


def test_a_poisson_number_of_firms_is_never_below_two() -> None:
    draw, _ = read_draw({**TABLE, "sampling": "poisson", "firms": 3})
    phi = draw(2000, np.random.default_rng(2))
    number = np.count_nonzero(phi, axis=1)
    assert number.min() == 2
    # mean of a Poisson of 3 given at least 2: 3 (1 - e^-3)/(1 - 4 e^-3) = 3.56; 2000 draws: s.e. 0.035
    assert number.mean() == pytest.approx(3.0 * (1 - np.exp(-3)) / (1 - 4 * np.exp(-3)), abs=0.15)


def test_statements_hold_in_every_draw_or_not_as_theory_says() -> None:
    found = bands(TABLE, 400, sigma=6.0, K_1=5.0, R=1000.0)
    assert found.draws == 400
    assert found.statements["the price index falls"] == 1.0
    assert found.statements["survivors' markups fall"] == 1.0
    assert found.statements["a more productive firm charges more"] == 0.0
    assert found.statements["less productive firms cut markups faster"] == 0.0
    assert 0.0 < found.statements["every survivor's profit falls"] < 1.0
    assert np.all(np.diff(found.changes["price index"]) >= 0)


def test_statements_over_draws_are_those_of_single_worlds() -> None:
    from phistar.verbs.compare import compare

    found = bands({**TABLE, "firms": 4}, 1, sigma=6.0, K_1=5.0, R=1000.0, quantiles=(0.5,))
    draw, seed = read_draw({**TABLE, "firms": 4})
    phi = draw(4096, np.random.default_rng([seed, 0]))[0]
    c = compare({"model": "granular",
                 "parameters": {"sigma": 6.0, "K_1": 5.0, "R": 1000.0, "productivities": phi.tolist()},
                 "counterfactual": {"parameters": {"market": "integrated"}}})  # fmt: skip
    assert found.changes["price index"][0] == pytest.approx(float(c.hat("price_index")), rel=1e-11)
    assert found.changes["varieties on sale"][0] == pytest.approx(float(c.hat("total_varieties")), rel=1e-11)
    assert found.changes["markup of the best firm"][0] == pytest.approx(c.hat("markup")[0], rel=1e-11)
    assert found.changes["range of the best firm"][0] == pytest.approx(c.hat("varieties")[0], rel=1e-11)
    fell = np.all(c.hat("profit")[np.isfinite(c.hat("profit"))] < 1)
    assert found.statements["every survivor's profit falls"] == float(fell)


@pytest.mark.parametrize("seed", range(60))
def test_random_sectors_of_every_kind_are_certified(seed: int) -> None:
    rng = np.random.default_rng([23, seed])
    sigma = 1.2 + 10 ** rng.uniform(-0.5, 1.2)
    phi = 10 ** rng.uniform(-1, 1) * np.exp(10 ** rng.uniform(-4, 0) * rng.standard_normal((4, rng.integers(2, 40))))
    spending = 10 ** rng.uniform(0, 4)
    upper = {"R": spending} if seed % 2 else {"eta": rng.uniform(1.05, min(0.95 * sigma, 8.0)), "I": spending}
    kind = {"conduct": ("bertrand", "cournot")[seed // 2 % 2], "scope": ("multi", "single")[seed // 4 % 2]}
    many = solve_sectors(phi, sigma=sigma, K_1=10 ** rng.uniform(-3, 2), **upper, **kind)
    assert many.certified.all(), many.residual
    assert not many.static_entry.any()
