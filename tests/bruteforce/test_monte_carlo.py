"""A million simulated firms, the library's and our own, against exact masses, trade and premia."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from phistar.verbs.simulate import simulate
from phistar.verbs.solve import solve

from .cases import three_countries
from .families import make_family
from .worlds import World, market_sets, profit_of_sets, sales

N = 1_000_000
SIGMAS = 4.0  # standard errors allowed; with some 150 numbers compared at a fixed seed, a false alarm is 1 in 100
# Tails thin enough for sales to have four moments (k > 4 (sigma - 1)), so standard errors mean something.
THIN: dict[str, World] = {
    "pareto": three_countries({"family": "pareto", "k": 9.0, "scale": 1.0}, sigma=3.0),
    "lognormal, overhead": three_countries(
        {"family": "lognormal", "mu": 0.1, "sd": 0.35}, sigma=3.0, fixed_cost="overhead"
    ),
    "families mixed, fixed entry": three_countries(
        [
            {"family": "weibull", "shape": 2.0, "scale": 1.0},
            {"family": "frechet", "shape": 9.5, "scale": 1.2},
            {"family": "bounded_pareto", "k": 3.0, "lower": 0.8, "upper": 4.0},
        ],
        sigma=3.0,
        entry="fixed",
    ),
}
FAT = three_countries({"family": "pareto", "k": 3.2, "scale": 1.0})  # k - s = 0.4: sales have no variance


@dataclass(frozen=True)
class Sample:
    """Simulated draws of one country; sales are [destination][draw]."""

    phi: np.ndarray
    sales: np.ndarray
    employment: np.ndarray
    profit: np.ndarray
    weight: float

    @property
    def active(self) -> np.ndarray:
        return (self.sales > 0).any(axis=0)


def library_sample(world: World, n: int, seed: int) -> tuple[Any, list[Sample]]:
    eq = solve(world.scenario())
    columns = simulate(eq, n, seed).columns
    out = []
    for i in range(world.count):
        mine = columns["country"] == i
        assert mine.sum() == n
        sold = np.array([columns[f"sales[{name}]"][mine] for name in eq.countries])
        out.append(
            Sample(
                columns["productivity"][mine],
                sold,
                columns["employment"][mine],
                columns["profit"][mine],
                float(columns["weight"][mine][0]),
            )
        )
    return eq, out


def own_sample(world: World, n: int, seed: int) -> tuple[Any, list[Sample]]:
    """Draw by our own inverse transforms and let every firm compare all sets of markets."""
    eq = solve(world.scenario())
    rng = np.random.default_rng(seed)
    demand = eq["expenditure"] * eq["price_index"] ** (world.sigma - 1)
    out = []
    for i in range(world.count):
        phi = make_family(world.productivity[i]).draw(rng.random(n))
        sold, employment, profit = firm_choices(world, i, eq["wage"], demand, phi)
        out.append(Sample(phi, sold, employment, profit, float(eq["mass_entrants"][i]) / n))
    return eq, out


def firm_choices(world: World, i: int, wage: np.ndarray, demand: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return sales, employment and profit of firms that take the best set of markets."""
    by_set = profit_of_sets(world, i, wage, demand, phi)
    best = by_set.argmax(axis=0)
    member = np.array([[j in m for m in market_sets(world.count)] for j in range(world.count)])
    sold = np.where(member[:, best], sales(world, i, wage, demand, phi), 0.0)
    profit = by_set[best, np.arange(len(phi))]
    employment = (sold.sum(axis=0) - profit) / wage[i]  # what is sold and not earned is paid to labour
    return sold, employment, profit


@dataclass(frozen=True)
class Million:
    """A world, its equilibrium and a million draws a country."""

    world: World
    eq: Any
    samples: list[Sample]


# Tests are grouped by the fixture's parameter and its value is let go before the next: one sample is held at a time.
@pytest.fixture(scope="module", params=[(how, name) for how in ("library", "own") for name in THIN], ids=": ".join)
def million(request: pytest.FixtureRequest) -> Million:
    how, name = request.param
    return Million(THIN[name], *(library_sample if how == "library" else own_sample)(THIN[name], N, 20))


def near(label: str, estimate: float, error: float, exact: float) -> None:
    assert error > 0, label
    assert abs(estimate - exact) <= SIGMAS * error, (label, estimate, exact, (estimate - exact) / error)


def mean(x: np.ndarray) -> tuple[float, float]:
    return float(x.mean()), float(x.std() / np.sqrt(len(x)))


def ratio_of_means(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return the ratio of the means of two disjoint groups and its standard error, by the delta method."""
    (u, du), (v, dv) = mean(a), mean(b)
    return u / v, abs(u / v) * float(np.hypot(du / u, dv / v))


thin = pytest.mark.parametrize("name", THIN)


def test_masses_and_trade_of_a_million_firms_match_the_equilibrium(million: Million) -> None:
    eq, samples = million.eq, million.samples
    for i, sample in enumerate(samples):
        assert sample.weight * N == pytest.approx(eq["mass_entrants"][i], rel=1e-12)  # a division and a product
        scale = sample.weight * N

        def compare(label: str, values: np.ndarray, exact: float, scale: float = scale, i: int = i) -> None:
            estimate, error = mean(values)
            near(f"{label} of {i}", scale * estimate, scale * error, exact)

        compare("active", sample.active.astype(float), eq["mass_active"][i])
        exporter = np.delete(sample.sales, i, axis=0).max(axis=0) > 0
        compare("exporters", exporter.astype(float), eq["mass_exporters"][i])
        compare(
            "employment",
            sample.employment,
            eq["labour_production"][i] + eq["labour_fixed"][i] + eq["labour_export"][i],
        )
        compare("profit", sample.profit, eq["profit_total"][i])
        for j in range(len(samples)):
            compare(f"sellers in {j}", (sample.sales[j] > 0).astype(float), eq["mass_sellers"][i, j])
            compare(f"sales in {j}", sample.sales[j], eq["trade_flow"][i, j])


def test_premia_and_averages_of_a_million_firms_match_the_equilibrium(million: Million) -> None:
    eq, samples = million.eq, million.samples
    s = million.world.sigma - 1
    for i, sample in enumerate(samples):
        abroad = np.delete(sample.sales, i, axis=0).max(axis=0) > 0
        home = sample.active & ~abroad
        revenue, power = sample.sales.sum(axis=0), sample.phi**s
        for label, values in {
            "domestic_sales": sample.sales[i],
            "revenue": revenue,
            "employment": sample.employment,
            "productivity": sample.phi,
        }.items():
            near(f"{label} {i}", *ratio_of_means(values[abroad], values[home]), eq[f"premium_{label}"][i])
        r, e = ratio_of_means(power[abroad], power[home])
        near(f"phi_tilde {i}", r ** (1 / s), e / s * r ** (1 / s - 1), eq["premium_phi_tilde"][i])
        (u, du), (v, dv) = mean(np.log(sample.phi[abroad])), mean(np.log(sample.phi[home]))
        near(f"log productivity {i}", u - v, float(np.hypot(du, dv)), eq["premium_log_productivity"][i])
        m, dm = mean(power[sample.active])
        near(f"phi_tilde {i}", m ** (1 / s), dm / s * m ** (1 / s - 1), eq["phi_tilde"][i])
        near(f"mean {i}", *mean(sample.phi[sample.active]), eq["mean_productivity"][i])
        near(f"mean log {i}", *mean(np.log(sample.phi[sample.active])), eq["mean_log_productivity"][i])
        near(f"profit {i}", *mean(sample.profit[sample.active]), eq["profit_average"][i])
        near(f"revenue {i}", *mean(revenue[sample.active]), eq["revenue_average"][i])


def test_a_fat_tailed_sample_matches_in_counts_logs_and_quantiles() -> None:
    # sales have no variance here, so only statistics that have one are compared
    eq, samples = library_sample(FAT, N // 4, 3)
    for i, sample in enumerate(samples):
        scale = sample.weight * len(sample.phi)
        for j in range(3):
            share, error = mean((sample.sales[j] > 0).astype(float))
            near(f"sellers {i}{j}", scale * share, scale * error, eq["mass_sellers"][i, j])
        near(f"mean log {i}", *mean(np.log(sample.phi[sample.active])), eq["mean_log_productivity"][i])
        # ln of domestic sales over the least seller's is exponential with mean s/k = 2.8/3.2
        domestic = np.log(sample.sales[i][sample.sales[i] > 0])
        least = np.log(FAT.sigma * eq["wage"][i] * FAT.f[i, i])
        near(f"log sales {i}", *mean(domestic - least), (FAT.sigma - 1) / 3.2)
        above = domestic - least > 2.0
        near(f"tail {i}", *mean(above.astype(float)), np.exp(-2.0 * 3.2 / (FAT.sigma - 1)))


@thin
def test_every_simulated_firm_does_what_is_best_for_it(name: str) -> None:
    world = THIN[name]
    eq, samples = library_sample(world, 20_000, 11)
    demand = eq["expenditure"] * eq["price_index"] ** (world.sigma - 1)
    for i, sample in enumerate(samples):
        sold, employment, profit = firm_choices(world, i, eq["wage"], demand, sample.phi)
        # closed forms of one firm in double precision
        assert np.allclose(sample.sales, sold, rtol=1e-11, atol=0)
        assert np.allclose(sample.profit, profit, rtol=1e-9, atol=1e-12)  # a difference of sales and costs
        on = sample.active
        assert np.allclose(sample.employment[on], employment[on], rtol=1e-11, atol=0)


def test_a_seed_gives_the_same_firms_and_another_seed_others() -> None:
    eq = solve(THIN["pareto"].scenario())
    first, again, other = (simulate(eq, 1000, seed).columns for seed in (1, 1, 2))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not np.array_equal(first["productivity"], other["productivity"])


def test_simulated_columns_are_consistent() -> None:
    eq = solve(THIN["pareto"].scenario())
    c = simulate(eq, 5000, 4).columns
    sold = np.array([c[f"sales[{name}]"] for name in eq.countries])
    assert c["revenue"] == pytest.approx(sold.sum(axis=0), rel=1e-14)  # a sum of three
    assert np.array_equal(c["active"], (sold > 0).any(axis=0))
    own = sold[c["country"], np.arange(sold.shape[1])]
    assert np.array_equal(c["domestic_sales"], own)
    abroad = np.where(np.arange(3)[:, None] == c["country"], 0, sold).max(axis=0) > 0
    assert np.array_equal(c["exporter"], abroad)
    idle = ~c["active"].astype(bool)
    for key in ("revenue", "employment", "profit"):
        assert np.all(c[key][idle] == 0)


def test_revenue_per_worker_falls_at_the_export_cutoff() -> None:
    eq = solve(THIN["pareto"].scenario())
    c = simulate(eq, 200_000, 5).columns
    mine = (c["country"] == 0) & c["active"].astype(bool)
    first = np.sort(np.delete(eq["cutoff_effective"][0], 0)).min()
    per_worker = c["revenue"][mine] / c["employment"][mine]
    phi = c["productivity"][mine]
    below = per_worker[(phi < first) & (phi > first * 0.99)]
    above = per_worker[(phi >= first) & (phi < first * 1.01)]
    assert len(below) > 20
    assert len(above) > 20
    assert above.max() < below.min()
