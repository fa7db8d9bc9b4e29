"""The firm of the market penetration model: its own optimum, its distribution of sales, draws of many."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from phistar.models.market_penetration.firms import hierarchy, sales_cdf, sales_quantile
from phistar.models.market_penetration.sales import log_x_of_sales, sales_of_log_x
from phistar.verbs.simulate import schedule, simulate
from phistar.verbs.solve import solve

BETAS = [0.0, 1e-12, 0.3, 1.0, 1 + 1e-12, 2.5]
WORLD: dict[str, Any] = {
    "theta": 8.0,
    "theta_tilde": 1.5,
    "psi": 0.02,
    "L": [3.0, 1.0, 2.0],
    "b": [1.0, 0.9, 1.1],
    "tau": [[1.0, 1.4, 1.6], [1.5, 1.0, 1.3], [1.45, 1.5, 1.0]],
}


@cache
def world(beta: float) -> Any:
    return solve({"model": "market_penetration", "parameters": {**WORLD, "beta": beta}})


def marketing_cost(e: Any, n: float, beta: float, i: int, j: int) -> float:
    """Say eq. (5) at the wages of the bundle, from the parameters alone."""
    w, gamma, alpha = e["wage"], 0.31, 0.44
    bundle = w[j] ** gamma * w[i] ** (1 - gamma) * WORLD["L"][j] ** alpha / WORLD["psi"]
    return bundle * (-np.log1p(-n) if beta == 1.0 else (1 - (1 - n) ** (1 - beta)) / (1 - beta))


@pytest.mark.parametrize("beta", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("lead", [1.001, 1.1, 2.0])
def test_no_other_price_or_reach_earns_more(beta: float, lead: float) -> None:
    e, i, j = world(beta), 0, 1
    phi = lead * e["cutoff"][i, j]
    does = {name: values[i, j, 0] for name, values in schedule(e, [phi]).items()}
    sigma, tau, demand = (
        1 + 16 / 3,
        WORLD["tau"][i][j],
        WORLD["L"][j] * e["income"][j] * e["price_index"][j] ** (16 / 3),
    )

    def profit(p: float, n: float) -> float:
        gain = n * demand * p**-sigma * (p - tau * e["wage"][i] / phi)
        return gain - marketing_cost(e, n, beta, i, j)

    assert does["profit"] == pytest.approx(profit(does["price"], does["reach"]), rel=1e-7, abs=1e-12)
    price = minimize_scalar(lambda p: -profit(p, does["reach"]), bracket=(0.9 * does["price"], 1.1 * does["price"]))
    reach = minimize_scalar(lambda n: -profit(does["price"], n), bounds=(1e-12, 1 - 1e-12), method="bounded",
                            options={"xatol": 1e-12})  # fmt: skip
    # A search by values finds the place of a maximum to the root of rounding.
    assert does["price"] == pytest.approx(price.x, rel=1e-6)
    assert does["reach"] == pytest.approx(reach.x, abs=1e-6)
    assert does["profit"] >= -reach.fun * (1 - 1e-9)


@pytest.mark.parametrize("beta", BETAS)
def test_accounts_of_a_firm_add_up(beta: float) -> None:
    e = world(beta)
    does = schedule(e, np.geomspace(1.0, 30.0, 60))
    own = np.where(np.eye(3, dtype=bool)[:, :, None], 1.0, 1 - 0.31)
    wage = e["wage"][:, None, None]
    sigma = 1 + 16 / 3
    left = does["revenue"] / sigma - does["marketing"]
    scale = does["revenue"] + does["marketing"]
    assert np.abs(does["profit"] - left).max() <= 1e-14 * scale.max()
    assert does["employment"] * wage == pytest.approx((1 - 1 / sigma) * does["revenue"] + own * does["marketing"])
    assert does["quantity"] * does["price"] == pytest.approx(does["revenue"])
    assert (does["profit"] >= 0.0).all()
    assert ((does["reach"] > 0) == does["sells"]).all()


@pytest.mark.parametrize("beta", [0.3, 1.0, 1 + 1e-9, 2.5])
def test_profit_keeps_its_digits_at_the_cutoff(beta: float) -> None:
    import mpmath as mp

    e = world(beta)
    S = 16 / 3
    for lead in (1e-9, 1e-5, 1e-3, 8e-3, 0.1):
        phi = e["cutoff"][0, 1] * np.exp(lead)
        with mp.workdps(60):
            # The lead as the schedule sees it: rounding of phi itself is not the firm's doing.
            d = mp.mpf(float(np.log(phi) - np.log(e["cutoff"][0, 1])))
            t, b = S * d / mp.mpf(beta), mp.mpf(beta)
            effort = t if beta == 1.0 else mp.expm1((b - 1) * t) / (b - 1)
            wanted = e["sales_scale"][0, 1] / (S + 1) * float(mp.exp(S * d) * (1 - mp.exp(-t)) - effort)
        # Profit grows with the square of the lead, whose own rounding is 1e-16 over the lead.
        assert schedule(e, [phi])["profit"][0, 1, 0] == pytest.approx(wanted, rel=1e-12 + 1e-15 / lead)


@pytest.mark.parametrize("beta", [0.0, 1e-12, 1e-3, 0.3, 1 - 1e-12, 1.0, 2.5, 50.0])
def test_sales_and_productivity_are_inverses(beta: float) -> None:
    log_x = np.array([1e-12, 1e-6, 1e-3, 0.1, 1.0, 5.0])
    ratio = sales_of_log_x(log_x, S=16 / 3, beta=beta)
    rising = np.ones(len(log_x)) if beta > 1e-9 else log_x > 1e-3  # sales hardly depend on the lead of a tiny one
    back = log_x_of_sales(ratio, S=16 / 3, beta=beta)
    assert back[rising > 0] == pytest.approx(log_x[rising > 0], rel=1e-12)


def test_the_sales_distribution_is_the_papers_in_its_two_cases() -> None:
    for beta, shift in ((0.0, 0.0), (1.0, 1.0)):
        e = world(beta)
        r = e["sales_scale"][0, 1] * np.array([1.2, 3.0, 40.0])
        got = sales_cdf(e.model, dict(e.unknowns), r, 0, 1)
        paper = 1 - (r / e["sales_scale"][0, 1] + shift) ** -1.5  # (25) and (26), without the sigma of appendix C
        assert got == pytest.approx(paper, rel=1e-13)


@pytest.mark.parametrize("beta", BETAS)
def test_quantiles_invert_the_distribution(beta: float) -> None:
    e = world(beta)
    x, share = dict(e.unknowns), np.array([0.01, 0.2, 0.5, 0.9, 0.999])
    quantiles = sales_quantile(e.model, x, share, 1, 2)
    assert sales_cdf(e.model, x, quantiles, 1, 2) == pytest.approx(share, rel=1e-11)


@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0, 3.0])
def test_drawn_firms_follow_the_analytic_distribution(beta: float) -> None:
    e = solve({"model": "market_penetration",
               "parameters": {"theta": 4.0, "theta_tilde": 1.5, "beta": beta, "psi": 0.4, "L": 1.0}})  # fmt: skip
    firms = simulate(e, n_firms=1_000_000, seed=5)
    sales = firms["domestic_sales"][firms["active"]]
    count = len(sales)
    assert abs(count / 1e6 - e["mass_sellers"][0, 0]) < 4 * np.sqrt(e["mass_sellers"][0, 0] / 1e6)
    for share in (0.1, 0.5, 0.9, 0.99):
        cut = sales_quantile(e.model, dict(e.unknowns), share, 0, 0)
        # Four standard errors of a binomial share.
        assert abs(np.mean(sales <= cut) - share) < 4 * np.sqrt(share * (1 - share) / count)
    grid = (np.arange(200_000) + 0.5) / 200_000
    root = np.sqrt(sales_quantile(e.model, dict(e.unknowns), grid, 0, 0)).mean()
    spread = np.std(np.sqrt(sales)) / np.sqrt(count)
    # Sales to the power a half have a finite variance where theta~ is 1.5; the grid adds its own small error.
    assert abs(np.sqrt(sales).mean() - root) < 4 * spread + 1e-3 * root


def test_a_firm_that_sells_somewhere_sells_in_every_easier_market() -> None:
    e = world(1.0)
    firms = simulate(e, n_firms=20_000, seed=3)
    order = hierarchy(e.model, dict(e.unknowns))
    for i in range(3):
        mine = firms["country"] == i
        sells = np.array([firms[f"sales[{e.countries[j]}]"][mine] > 0 for j in order[i]])
        assert (sells[:-1] >= sells[1:]).all()
        assert (sells.sum(axis=0) == firms["markets"][mine]).all()
        assert 0 < sells[1].sum() < mine.sum()
