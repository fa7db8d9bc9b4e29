"""Each displayed equation on 2 origins and 3 destinations with asymmetric costs: a transpose cannot hide."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from phistar.blocks.cost import Costs, Pareto, Uniform
from phistar.models.melitz_ottaviano import equations as eq
from phistar.verbs.solve import solve

ALPHA, ETA, GAMMA = 2.0, 1.3, 0.8
TAU = np.array([[1.0, 1.4, 1.9], [1.3, 1.1, 2.2]])
L = np.array([5.0, 3.0, 4.0])
THRESHOLD = np.array([0.9, 0.7, 1.1])
ENTRANTS = np.array([3.0, 2.0])
FAMILIES = (Pareto(2.2, 0.8), Uniform(1.2, 0.1))


def world() -> Any:
    return SimpleNamespace(
        alpha=ALPHA, eta=ETA, gamma=GAMMA, L=L, tau=TAU, finite_tau=TAU, open=np.isfinite(TAU),
        f_E=np.array([0.2, 0.3]), cost=Costs(FAMILIES),
    )  # fmt: skip


def draws(n: int = 200_000) -> np.ndarray:
    """Costs at evenly spread ranks (origin, firm): a rule with an error of about 1/n."""
    ranks = (np.arange(n) + 0.5) / n
    return np.stack([family.quantile(ranks) for family in FAMILIES])


def followed() -> tuple[np.ndarray, ...]:
    """Price, quantity, revenue and profit of every draw in every market, nothing where it does not sell."""
    m, cost = world(), draws()
    margin = eq.markup(m, THRESHOLD, cost)
    price, quantity = eq.price(m, THRESHOLD, cost), eq.quantity(m, np.maximum(margin, 0.0))
    return margin, price, quantity, eq.revenue(price, quantity), eq.profit(margin, quantity)


def test_a_firm_charges_what_maximises_its_profit() -> None:
    m, cost = world(), np.array([[0.3], [0.5]])
    price = eq.price(m, THRESHOLD, cost)
    best = eq.profit(eq.markup(m, THRESHOLD, cost), eq.quantity(m, eq.markup(m, THRESHOLD, cost)))
    for step in (-1e-3, 1e-3):
        other = price + step
        sold = L[None, :, None] / GAMMA * (THRESHOLD[None, :, None] - other)
        sells = price > TAU[:, :, None] * cost[:, None, :]
        assert np.all(((other - TAU[:, :, None] * cost[:, None, :]) * sold <= best)[sells])


def test_the_cutoff_is_the_cost_at_which_the_markup_vanishes() -> None:
    cutoff = eq.cutoff(world(), THRESHOLD)
    for j in range(3):
        assert np.allclose(eq.markup(world(), THRESHOLD, cutoff[:, [j]])[:, j, 0], 0.0, atol=1e-15)


def test_expected_profit_integrates_profits_over_cost() -> None:
    *_, profit = followed()
    assert np.allclose(eq.expected_profit(world(), THRESHOLD), profit.mean(axis=2).sum(axis=1), rtol=1e-5)


def test_flows_integrate_revenue_over_cost() -> None:
    *_, revenue, _ = followed()
    assert np.allclose(eq.trade_flow(world(), THRESHOLD, ENTRANTS), ENTRANTS[:, None] * revenue.mean(axis=2), rtol=1e-5)


def test_the_market_equation_is_demand_at_the_threshold() -> None:
    _, _, quantity, *_ = followed()
    eaten = (ENTRANTS[:, None] * quantity.mean(axis=2)).sum(axis=0) / L
    # a variety whose price is P is not bought: alpha - eta Q = P
    want = (THRESHOLD - (ALPHA - ETA * eaten)) / ALPHA
    assert np.allclose(eq.market(world(), THRESHOLD, ENTRANTS), want, rtol=1e-5)


def test_the_threshold_and_surplus_of_prices_agree_with_those_of_cost() -> None:
    margin, price, *_ = followed()
    sells = margin > 0.0
    variety = (ENTRANTS[:, None] * sells.mean(axis=2)).sum(axis=0)
    mean = (ENTRANTS[:, None] * (price * sells).mean(axis=2)).sum(axis=0) / variety
    square = (ENTRANTS[:, None] * (price**2 * sells).mean(axis=2)).sum(axis=0) / variety
    # Adjust alpha market by market so that the thresholds are those of an equilibrium.
    m = world()
    m.alpha = THRESHOLD + ETA / GAMMA * variety * (THRESHOLD - mean)
    assert np.allclose(eq.price_threshold(m, variety, mean), THRESHOLD, rtol=1e-12)
    by_prices = eq.consumer_surplus_of_prices(m, variety, mean, square - mean**2)
    assert np.allclose(by_prices, eq.consumer_surplus(m, THRESHOLD, ENTRANTS), rtol=1e-4)


def test_the_trade_elasticity_is_k_under_pareto_and_a_difference_elsewhere() -> None:
    m, h = world(), 1e-6
    elasticity = eq.trade_elasticity(m, THRESHOLD)
    inside = eq.cutoff(m, THRESHOLD)[0] < 0.8
    assert np.allclose(elasticity[0][inside], 2.2, rtol=1e-13)
    flows = []
    for factor in (np.exp(h), np.exp(-h)):
        moved = world()
        moved.finite_tau = TAU * factor
        flows.append(eq.trade_flow(moved, THRESHOLD, ENTRANTS))
    assert np.allclose(elasticity, (np.log(flows[1]) - np.log(flows[0])) / (2 * h), rtol=1e-7)


def test_the_linear_systems_of_pareto_solve_free_entry_and_demand() -> None:
    k, c_M = 2.2, np.array([1.0, 1.1])
    tau, size = np.array([[1.0, 1.5], [1.6, 1.05]]), np.array([10.0, 9.0])
    m = SimpleNamespace(alpha=2.0, eta=1.0, gamma=0.8, L=size, tau=tau, finite_tau=tau, open=np.isfinite(tau),
                        f_E=np.array([0.1, 0.12]), cost=Costs([Pareto(k, c) for c in c_M]))  # fmt: skip
    P = eq.pareto_thresholds(tau**-k, size, 0.8, k, m.f_E * c_M**k)
    N = eq.pareto_entrants(m, tau**-k, k, c_M, P)
    assert eq.free_entry(m, P) == pytest.approx(np.zeros(2), abs=1e-14)
    assert eq.market(m, P, N) == pytest.approx(np.zeros(2), abs=1e-14)


def random_freeness(count: int) -> np.ndarray:
    rng = np.random.default_rng(count)
    tau = 1.0 + rng.uniform(1.2, 2.0, (count, count))
    np.fill_diagonal(tau, rng.uniform(1.0, 1.1, count))
    return np.asarray(tau**-2.2)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_cofactors_are_minors_with_their_sign(count: int) -> None:
    matrix = random_freeness(count)
    determinant, cofactor = eq.determinant_and_cofactors(matrix)
    assert determinant == pytest.approx(np.linalg.det(matrix), rel=1e-12)
    for i, j in np.ndindex(count, count):
        minor = np.delete(np.delete(matrix, i, axis=0), j, axis=1)
        assert cofactor[i, j] == pytest.approx((-1.0) ** (i + j) * np.linalg.det(minor), rel=1e-11, abs=1e-14)


def test_cofactors_of_a_singular_matrix_are_its_minors_too() -> None:
    matrix = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 5.0]])
    determinant, cofactor = eq.determinant_and_cofactors(matrix)
    assert determinant == pytest.approx(0.0, abs=1e-14)
    # by hand: the last row's cofactors vanish, the first two are as 2 to -1
    assert np.allclose(cofactor, [[14.0, -10.0, 2.0], [-7.0, 5.0, -1.0], [0.0, 0.0, 0.0]], atol=1e-13)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_printed_determinants_give_what_the_linear_systems_do(count: int) -> None:
    rng = np.random.default_rng(40 + count)
    k, freeness, c_M = 2.2, random_freeness(count), rng.uniform(0.9, 1.1, count)
    size, hurdle = rng.uniform(9.0, 11.0, count), rng.uniform(0.1, 0.12, count) * c_M**k
    P = eq.pareto_thresholds(freeness, size, 0.8, k, hurdle)
    assert np.allclose(eq.pareto_thresholds_by_cofactors(freeness, size, 0.8, k, hurdle), P, rtol=1e-13)
    m = SimpleNamespace(alpha=2.0, eta=1.3, gamma=0.8)
    entrants = eq.pareto_entrants(m, freeness, k, c_M, P)
    # entrants are differences of what markets want: rounding of the determinant is passed on some tenfold
    assert np.allclose(eq.pareto_entrants_by_cofactors(m, freeness, k, c_M, P), entrants, rtol=1e-12)


def test_a_batch_of_linear_systems_is_solved_world_by_world_and_singular_ones_have_no_answer() -> None:
    worlds = np.stack([random_freeness(3), np.ones((3, 3)), 0.5 * random_freeness(3)], axis=-1)
    right = np.arange(1.0, 10.0).reshape(3, 3)
    x = eq.solved(worlds, right)
    assert np.all(np.isnan(x[:, 1]))
    for b in (0, 2):
        assert np.allclose(worlds[..., b] @ x[:, b], right[:, b], rtol=1e-13)
        assert np.allclose(eq.solved(worlds[..., b], right[:, b]), x[:, b], rtol=1e-14)


class TestShortRunUnderPareto:
    """(27) and (28) hold for the market of l where c_D of l and c_X of h lie inside their supports."""

    tau = np.array([[1.0, 1.3], [1.5, 1.0]])
    k, alpha, entrants = 2.0, 2.0, np.array([5.0, 4.0])

    def solved(self, c_M: list[float]) -> tuple[SimpleNamespace, np.ndarray]:
        cost = [{"family": "pareto", "c_M": c, "k": self.k} for c in c_M]
        found = solve({"model": "melitz_ottaviano", "parameters": {
            "alpha": self.alpha, "eta": 1.2, "gamma": 0.9, "L": [10.0, 9.0], "tau": self.tau.tolist(), "cost": cost,
            "horizon": "short", "incumbents": self.entrants.tolist()}})  # fmt: skip
        m = SimpleNamespace(alpha=self.alpha, eta=1.2, gamma=0.9)
        P = found["price_threshold"]
        off = eq.pareto_short_run(m, self.tau**-self.k, self.k, np.array(c_M), P, self.entrants)
        sellers = eq.pareto_sellers(m, self.k, P) / found["variety"] - 1.0
        inside = P[None, :] / self.tau < np.array(c_M)[:, None]
        return SimpleNamespace(off=off, sellers=sellers), inside

    def test_they_hold_in_both_markets_where_no_support_binds(self) -> None:
        told, inside = self.solved([1.2, 1.3])
        assert inside.all()
        assert np.allclose(told.off, 0.0, atol=1e-14)
        assert np.allclose(told.sellers, 0.0, atol=1e-13)

    def test_the_printed_condition_does_not_suffice(self) -> None:
        # in the market of l = 0 its own firms and its exporters are inside, every firm of h sells there
        told, inside = self.solved([1.2, 0.45])
        assert inside[0].all()
        assert not inside[1, 0]
        assert abs(told.off[0]) > 1e-3
        assert abs(told.sellers[0]) > 1e-3

    def test_nor_does_it_add_anything(self) -> None:
        # c_X of l below c_M of l: no firm sells abroad and not at home, whatever footnote 19 allows for
        rng = np.random.default_rng(5)
        for _ in range(50):
            tau = np.array([[1.0, rng.uniform(1.0, 3.0)], [rng.uniform(1.0, 3.0), 1.0]])
            cost = [{"family": "pareto", "c_M": float(c), "k": float(k)} for c, k in rng.uniform(0.2, 3.0, (2, 2))]
            found = solve({"model": "melitz_ottaviano", "parameters": {
                "alpha": 2.0, "L": [1.0, 1.0], "tau": tau.tolist(), "cost": cost, "horizon": "short",
                "incumbents": rng.lognormal(1.0, 2.0, 2).tolist()}})  # fmt: skip
            home = np.diagonal(found["cutoff"])[:, None]
            assert np.all(found["cutoff"] <= home * (1.0 + 1e-14))
