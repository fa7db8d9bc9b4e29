"""Exact hats against a world solved in levels by quadrature of firms' choices, and against what must hold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import root

from phistar.blocks import hats
from phistar.blocks.hats import Baseline, Shock, solve_hats
from phistar.core.errors import InputError, NoEquilibrium

SIGMA, SHAPE = 3.6, 3.9
N = 3
#: Quadrature and the root of the levels reach about 1e-12.
RTOL = 1e-9

OLD = {
    "L": np.array([1.0, 2.3, 0.7]),
    "tau": np.array([[1.0, 1.5, 1.7], [1.35, 1.0, 1.6], [1.8, 1.45, 1.0]]),
    "f": np.array([[1.0, 1.6, 2.1], [1.4, 0.9, 1.8], [1.5, 1.3, 1.1]]),
    "f_e": np.array([0.08, 0.11, 0.07]),
    "b": np.array([1.0, 1.2, 0.9]),
    "t": np.array([[0.0, 0.05, 0.1], [0.02, 0.0, 0.0], [0.15, 0.08, 0.0]]),
    "d": np.array([0.012, -0.02, 0.008]),
    "m": np.zeros(N),
}
NEW = OLD | {
    "L": np.array([1.1, 2.3, 0.75]),
    "tau": OLD["tau"] * np.array([[1.0, 1.1, 0.9], [1.05, 1.0, 1.2], [0.97, 1.0, 1.0]]),
    "f": OLD["f"] * np.array([[1.1, 0.8, 1.0], [1.3, 1.0, 1.0], [1.0, 0.9, 1.05]]),
    "f_e": OLD["f_e"] * np.array([1.0, 1.2, 0.9]),
    "b": OLD["b"] * np.array([1.02, 1.0, 0.95]),
    "t": np.array([[0.0, 0.3, 0.1], [0.02, 0.0, 0.25], [0.6, -0.1, 0.0]]),
}
TARIFF_ONLY = OLD | {"t": NEW["t"]}
ROUNDABOUT = {"m": np.array([0.35, 0.5, 0.42])}


def tail(power: float, x: float, b: float) -> float:
    """Integrate phi^power over the Pareto law above x, in logs."""
    value, _ = quad(lambda y: SHAPE * np.exp((power - SHAPE) * y), 0, np.inf, epsabs=0, epsrel=1e-13)
    return float(value * x**power * (x / b) ** -SHAPE)


def firms(p: dict[str, Any], w: np.ndarray, price: np.ndarray, spent: np.ndarray) -> SimpleNamespace:
    """What firms of each origin do in each destination, per entrant: choices first, integrals after."""
    s = SIGMA - 1
    cost = w ** (1 - p["m"]) * price ** p["m"]
    cutoff, sold, profit, buyers, sellers = (np.zeros((N, N)) for _ in range(5))
    for i in range(N):
        for j in range(N):
            gate = SIGMA / s * p["tau"][i, j] * cost[i]  # times 1/phi
            paid = gate * (1 + p["t"][i, j])
            # Quantity X P^s paid^-sigma phi^sigma at gate price gate/phi: revenue is a multiple of phi^s.
            per_phi = gate * paid**-SIGMA * spent[j] * price[j] ** s
            access = cost[i] * p["f"][i, j]
            cutoff[i, j] = (SIGMA * access / per_phi) ** (1 / s)
            moment, share = (tail(power, cutoff[i, j], p["b"][i]) for power in (s, 0.0))
            sold[i, j] = per_phi * moment
            sellers[i, j] = share
            profit[i, j] = sold[i, j] / SIGMA - access * share
            buyers[i, j] = paid**-s * moment
    return SimpleNamespace(cost=cost, cutoff=cutoff, sold=sold, profit=profit, buyers=buyers, sellers=sellers)


def levels(p: dict[str, Any]) -> SimpleNamespace:
    """Solve a world in levels; the first wage is one."""
    s = SIGMA - 1

    def unpack(z: np.ndarray) -> tuple[np.ndarray, ...]:
        wage, entrants, price, spent = np.exp(z.reshape(4, N))
        return wage, entrants, price, spent

    def gaps(z: np.ndarray) -> np.ndarray:
        wage, entrants, price, spent = unpack(z)
        f = firms(p, wage, price, spent)
        flows = entrants[:, None] * f.sold
        revenue, income = flows.sum(1), wage * p["L"]
        # Labour is paid its share of every cost: production, access, entry.
        costs = s / SIGMA * revenue + entrants * (f.cost * p["f_e"] + (f.sellers * p["f"] * f.cost[:, None]).sum(1))
        labour = (1 - p["m"]) * costs / income - 1
        labour[0] = np.log(wage[0])  # one market clears by the others
        return np.concatenate(
            [
                labour,
                f.profit.sum(1) / (f.cost * p["f_e"]) - 1,
                price**s * (entrants[:, None] * f.buyers).sum(0) - 1,
                (income / (1 - p["m"]) + (p["t"] * flows).sum(0) + p["d"] * income.sum()) / spent - 1,
            ]
        )

    start = np.log(np.concatenate([np.ones(N), p["L"], np.full(N, 1.5), p["L"] / (1 - p["m"])]))
    found = root(gaps, start, tol=1e-13)
    assert np.abs(gaps(found.x)).max() < 1e-10, found.message
    wage, entrants, price, spent = unpack(found.x)
    f = firms(p, wage, price, spent)
    assert (f.cutoff > p["b"][:, None]).all(), "the world must have interior cutoffs"
    flows = entrants[:, None] * f.sold
    final = spent - p["m"] * flows.sum(1)
    return SimpleNamespace(
        wage=wage, entrants=entrants, price_index=price, expenditure=spent, cutoff=f.cutoff, cost=f.cost,
        sellers=entrants[:, None] * f.sellers, flows=flows, welfare=final / price, real_wage=wage / price,
        tariff_revenue=(p["t"] * flows).sum(0),
    )  # fmt: skip


def shock_between(old: dict[str, Any], new: dict[str, Any]) -> Shock:
    return Shock(
        iceberg=new["tau"] / old["tau"], access=new["f"] / old["f"], labour=new["L"] / old["L"],
        scale=new["b"] / old["b"], entry_cost=new["f_e"] / old["f_e"], tariffs=new["t"],
    )  # fmt: skip


def world(n: int = 4, seed: int = 1) -> Baseline:
    draw = np.random.default_rng(seed)
    flows = np.exp(draw.normal(0, 1, (n, n))) + 6 * np.diag(np.exp(draw.normal(0, 0.5, n)))
    return Baseline(flows, 4.0, 4.25)


@pytest.fixture(scope="module", params=["everything", "tariffs", "roundabout"])
def pair(request: pytest.FixtureRequest) -> SimpleNamespace:
    old, new = OLD, TARIFF_ONLY if request.param == "tariffs" else NEW
    if request.param == "roundabout":
        old, new = OLD | ROUNDABOUT, NEW | ROUNDABOUT
    a, b = levels(old), levels(new)
    baseline = Baseline(a.flows, SIGMA, SHAPE, old["t"], old["m"])
    return SimpleNamespace(
        old=a, new=b, baseline=baseline, hats=solve_hats(baseline, shock_between(old, new), numeraire=0)
    )


@pytest.mark.parametrize(
    "name", ["wage", "cost", "entrants", "price_index", "welfare", "real_wage", "cutoff", "sellers"]
)
def test_hats_equal_levels_solved_by_quadrature(pair: SimpleNamespace, name: str) -> None:
    ratio = getattr(pair.new, name) / getattr(pair.old, name)
    np.testing.assert_allclose(getattr(pair.hats, name), ratio, rtol=RTOL)


@pytest.mark.parametrize("name", ["flows", "expenditure", "tariff_revenue"])
def test_money_after_equals_levels_solved_by_quadrature(pair: SimpleNamespace, name: str) -> None:
    np.testing.assert_allclose(getattr(pair.hats, name), getattr(pair.old, name), rtol=RTOL)
    np.testing.assert_allclose(getattr(pair.hats, f"{name}_cf"), getattr(pair.new, name), rtol=RTOL)


def test_transposed_costs_or_tariffs_give_other_answers(pair: SimpleNamespace) -> None:
    right = solve_hats(pair.baseline, Shock(tariffs=NEW["t"], iceberg=NEW["tau"] / OLD["tau"]))
    for wrong in (
        Shock(tariffs=NEW["t"].T, iceberg=NEW["tau"] / OLD["tau"]),
        Shock(tariffs=NEW["t"], iceberg=(NEW["tau"] / OLD["tau"]).T),
    ):
        assert np.abs(solve_hats(pair.baseline, wrong).welfare - right.welfare).max() > 1e-3


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("entry", ["free", "fixed"])
@pytest.mark.parametrize("tariffs", [0.0, 0.3])
def test_a_zero_shock_gives_hats_of_exactly_one(share: float, entry: str, tariffs: float) -> None:
    base = world()
    before = tariffs * (1 - np.eye(4)) * np.arange(1, 5)
    base = Baseline(base.flows, 4.0, 4.25, before, np.full(4, share), entry)
    answer = solve_hats(base, Shock())
    for name in ("wage", "cost", "price_index", "entrants", "cutoff", "sellers", "welfare", "real_wage"):
        assert (getattr(answer, name) == 1).all(), name
    np.testing.assert_allclose(answer.flows_cf, base.flows, rtol=1e-14)
    assert answer.certificate.max_residual < 1e-14


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_the_numeraire_does_not_matter(share: float) -> None:
    base = world()
    base = Baseline(base.flows, 4.0, 4.25, None, np.full(4, share))
    shock = Shock(tariffs=np.triu(np.full((4, 4), 0.4), 1))
    answers = [solve_hats(base, shock, numeraire) for numeraire in (None, 0, 3)]
    assert answers[2].wage[3] == 1
    for other in answers[1:]:
        for name in ("welfare", "real_wage", "cutoff", "sellers", "shares_cf", "entrants"):
            np.testing.assert_allclose(getattr(other, name), getattr(answers[0], name), rtol=1e-12)
        ratio = other.wage / answers[0].wage
        np.testing.assert_allclose(other.flows_cf / answers[0].flows_cf, ratio[0], rtol=1e-12)


def test_relabelling_countries_relabels_answers() -> None:
    base, order = world(), np.array([2, 0, 3, 1])
    tariffs = np.triu(np.full((4, 4), 0.4), 1)
    answer = solve_hats(base, Shock(tariffs=tariffs))
    turned = solve_hats(
        Baseline(base.flows[np.ix_(order, order)], 4.0, 4.25), Shock(tariffs=tariffs[np.ix_(order, order)])
    )
    np.testing.assert_allclose(turned.welfare, answer.welfare[order], rtol=1e-13)
    np.testing.assert_allclose(turned.cutoff, answer.cutoff[np.ix_(order, order)], rtol=1e-13)


def test_deficits_stay_fixed_shares_of_world_income() -> None:
    base = world()
    answer = solve_hats(base, Shock(iceberg=1 + 0.3 * (1 - np.eye(4))))
    shares = [d / y.sum() for d, y in ((answer.deficits, answer.output), (answer.deficits_cf, answer.output_cf))]
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-12)
    assert np.abs(shares[0]).max() > 0.01
    bought = answer.flows_cf.sum(0) - answer.flows_cf.sum(1)
    np.testing.assert_allclose(bought, answer.deficits_cf, atol=1e-12 * answer.output.sum())


def test_welfare_without_tariffs_follows_the_domestic_share_and_spending_per_wage() -> None:
    base = world()
    answer = solve_hats(base, Shock(iceberg=1 + 0.3 * (1 - np.eye(4))))
    domestic = np.diag(answer.shares_cf) / np.diag(answer.shares)
    spending = answer.expenditure_cf / answer.expenditure / answer.wage
    np.testing.assert_allclose(answer.welfare, domestic ** (-1 / 4.25) * spending ** (1 + 1 / 3 - 1 / 4.25), rtol=1e-12)


def test_tariffs_bite_on_net_flows_with_shape_times_sigma_over_sigma_less_one_and_icebergs_with_shape() -> None:
    one, rate = np.ones((2, 3)), 1.3
    demand, cost, scale = np.ones(3), np.ones(2), np.ones(2)
    for factors, exponent in (((one, one * rate), SHAPE * SIGMA / (SIGMA - 1)), ((one * rate, one), SHAPE)):
        x = hats.cutoff_hat(cost, factors[0], one, factors[1], demand, sigma=SIGMA)
        flow = hats.flow_hat(cost, one, hats.sellers_hat(np.ones(2), x, scale, shape=SHAPE))
        np.testing.assert_allclose(flow, rate**-exponent, rtol=1e-14)


def test_equations_are_rectangular_and_agree_on_spending_from_cutoffs_and_from_attraction() -> None:
    draw = np.random.default_rng(3)
    tau, f, t = (np.exp(draw.normal(0, 0.3, (2, 3))) for _ in range(3))
    c, e, b = (np.exp(draw.normal(0, 0.3, 2)) for _ in range(3))
    a = np.exp(draw.normal(0, 0.3, 3))
    x = hats.cutoff_hat(c, tau, f, t, a, sigma=SIGMA)
    flow = hats.flow_hat(c, f, hats.sellers_hat(e, x, b, shape=SHAPE))
    exponent = 1 - SHAPE * SIGMA / (SIGMA - 1)
    origin = np.log(e) + SHAPE * np.log(b) + exponent * np.log(c)
    attraction = np.exp(hats.log_attraction(origin, tau, f, t, sigma=SIGMA, shape=SHAPE))
    assert flow.shape == (2, 3)
    np.testing.assert_allclose(flow * t, attraction * a ** (SHAPE / (SIGMA - 1)), rtol=1e-13)
    shares, log_sum = hats.spending_shares(np.log(attraction))
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-14)
    np.testing.assert_allclose(np.exp(log_sum), attraction.sum(0), rtol=1e-13)


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("entry", ["free", "fixed"])
def test_the_jacobian_is_the_derivative_of_the_residuals(share: float, entry: str) -> None:
    base = world()
    base = Baseline(base.flows, 4.0, 4.25, None, np.linspace(share / 2, share, 4), entry)
    shock = Shock(tariffs=np.triu(np.full((4, 4), 0.4), 1)).fitted(base)
    old = hats.state_at(base, Shock().fitted(base), np.zeros(4), np.zeros(4))
    x = np.random.default_rng(5).normal(0, 0.1, 8)

    def gaps(z: np.ndarray) -> np.ndarray:
        return np.concatenate(hats.residuals(base, old, hats.state_at(base, shock, z[:4], z[4:])))

    step = 1e-5
    numeric = np.array([(gaps(x + step * e) - gaps(x - step * e)) / (2 * step) for e in np.eye(8)]).T
    exact = hats.jacobian(base, hats.state_at(base, shock, x[:4], x[4:]))
    np.testing.assert_allclose(exact, numeric, atol=1e-8)


def test_a_prohibitive_tariff_is_autarky_of_the_pair() -> None:
    base = world()
    tariffs = np.zeros((4, 4))
    tariffs[1, 0] = 1e12
    answer = solve_hats(base, Shock(tariffs=tariffs))
    iceberg = np.ones((4, 4))
    iceberg[1, 0] = 1e12
    assert answer.flows_cf[1, 0] < 1e-60 * base.flows[1, 0]
    np.testing.assert_allclose(answer.welfare, solve_hats(base, Shock(iceberg=iceberg)).welfare, rtol=1e-12)
    assert answer.tariff_revenue_cf[0] < 1e-40


def test_zero_flows_stay_zero_and_have_no_hats() -> None:
    flows = world().flows.copy()
    flows[2, 1] = 0
    answer = solve_hats(Baseline(flows, 4.0, 4.25), Shock(tariffs=np.triu(np.full((4, 4), 0.4), 1)))
    assert answer.flows_cf[2, 1] == 0
    assert np.isnan(answer.sellers[2, 1]) and np.isnan(answer.cutoff[2, 1])
    assert np.isfinite(answer.welfare).all()


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_tiny_tariff_helps_the_importer_and_hurts_the_exporter(share: float) -> None:
    flows = np.array([[8.0, 1.0], [1.0, 6.0]])
    base = Baseline(flows, 4.0, 4.25, None, np.full(2, share))
    tariffs = np.zeros((2, 2))
    tariffs[1, 0] = 1e-4
    answer = solve_hats(base, Shock(tariffs=tariffs))
    assert answer.welfare[0] > 1 + 1e-7
    assert answer.welfare[1] < 1 - 1e-7


def test_free_and_fixed_entry_agree_where_labour_does_not_change() -> None:
    base = world()
    shock = Shock(tariffs=np.triu(np.full((4, 4), 0.4), 1))
    share = np.array([0.3, 0.5, 0.4, 0.2])
    free, fixed = (solve_hats(Baseline(base.flows, 4.0, 4.25, None, share, e), shock) for e in ("free", "fixed"))
    np.testing.assert_allclose(free.welfare, fixed.welfare, rtol=1e-12)
    assert (fixed.entrants == 1).all() and not np.allclose(free.entrants, 1)


def test_more_labour_brings_entrants_under_free_entry_and_none_under_fixed() -> None:
    base = world()
    labour = np.array([1.5, 1.0, 1.0, 1.0])
    free, fixed = (
        solve_hats(Baseline(base.flows, 4.0, 4.25, entry=e), Shock(labour=labour)) for e in ("free", "fixed")
    )
    np.testing.assert_allclose(free.entrants, labour, rtol=1e-13)
    np.testing.assert_allclose(fixed.entrants, 1, rtol=1e-13)
    assert free.real_wage[0] > fixed.real_wage[0]


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0, 1e3, 1e9])
@pytest.mark.parametrize("seed", range(8))
def test_large_tariffs_everywhere_are_certified_in_balanced_worlds(rate: float, seed: int) -> None:
    flows = world(6, seed).flows
    flows = (flows + flows.T) / 2
    tariffs = rate * (1 - np.eye(6))
    answer = solve_hats(Baseline(flows, 4.0, 4.25), Shock(tariffs=tariffs))
    assert answer.certificate.certified
    assert answer.certificate.checks["relative_wages_determined"] == (rate <= 10)


def test_autarky_of_all_costs_the_gains_from_trade() -> None:
    flows = world().flows
    base = Baseline((flows + flows.T) / 2, 4.0, 4.25)
    answer = solve_hats(base, Shock(tariffs=1e9 * (1 - np.eye(4))))
    np.testing.assert_allclose(answer.welfare, np.diag(answer.shares) ** (1 / 4.25), rtol=1e-9)


def test_a_surplus_that_outgrows_income_is_refused_with_its_country() -> None:
    flows = np.array([[10.0, 0.1, 0.1], [4.0, 9.0, 3.0], [1.0, 2.0, 9.0]])
    base = Baseline(flows, 4.0, 4.25, countries=("A", "B", "C"))
    tariffs = np.zeros((3, 3))
    tariffs[1:, 0] = 1e4
    with pytest.raises(NoEquilibrium, match=r"surplus of (B|C).*balance trade"):
        solve_hats(base, Shock(tariffs=tariffs))


def test_inputs_that_feed_on_themselves_are_refused() -> None:
    with pytest.raises(NoEquilibrium, match=r"unstable.*raise sigma"):
        solve_hats(Baseline(world().flows, 2.0, 4.25, None, np.full(4, 0.7)), Shock())


def test_the_input_loop_of_a_nearly_closed_world_is_the_input_share_times_sigma_over_sigma_less_one() -> None:
    base = Baseline(np.eye(3) + 1e-9, 4.0, 4.25, None, np.full(3, 0.6))
    old = hats.state_at(base, Shock().fitted(base), np.zeros(3), np.zeros(3))
    assert hats.input_loop(base, old) == pytest.approx(0.6 * 4 / 3, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"sigma": 1.0}, "sigma"),
        ({"shape": 3.0}, "shape"),
        ({"tariffs": -np.ones((4, 4))}, "tariffs"),
        ({"tariffs": np.eye(4)}, "tariffs"),
        ({"tariffs": np.zeros((2, 2))}, "tariffs"),
        ({"entry": "open"}, "entry"),
        ({"input_share": np.full(4, 1.0)}, "input_share"),
        ({"flows": -np.ones((4, 4))}, "flows"),
        ({"flows": np.ones((4, 4)) - np.eye(4)}, "flows"),
    ],
)
def test_a_bad_baseline_names_its_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as caught:
        Baseline(**({"flows": world().flows, "sigma": 4.0, "shape": 4.25} | change))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"iceberg": 0.0}, "iceberg"),
        ({"labour": [1.0, 2.0]}, "labour"),
        ({"tariffs": np.full((4, 4), np.nan)}, "tariffs"),
    ],
)
def test_a_bad_shock_names_its_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as caught:
        solve_hats(world(), Shock(**change))
    assert caught.value.key == key
