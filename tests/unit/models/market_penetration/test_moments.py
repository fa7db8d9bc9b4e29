"""Means over sellers against quadrature of a firm's own functions, for every family and beta."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from phistar.blocks.productivity import Empirical, from_spec
from phistar.models.market_penetration import moments
from phistar.models.market_penetration.moments import kernel_moments
from phistar.numerics.duals import Dual
from phistar.verbs.elasticities import elasticities
from phistar.verbs.solve import solve

S = 4.5
FAMILIES: dict[str, dict[str, Any]] = {
    "pareto": {"family": "pareto", "k": 7.2, "scale": 0.9},
    "lognormal": {"family": "lognormal", "mu": 0.1, "sd": 0.4},
    "bounded_pareto": {"family": "bounded_pareto", "k": 7.0, "lower": 0.8, "upper": 4.0},
    "frechet": {"family": "frechet", "shape": 7.0, "scale": 0.9},
    "weibull": {"family": "weibull", "shape": 1.4, "scale": 0.9},
    "lognormal_pareto": {"family": "lognormal_pareto", "mu": 0.0, "sd": 0.3, "k": 7.0},
}
LAST = {"pareto": 20.0, "frechet": 20.0, "lognormal_pareto": 20.0}
BETAS = [0.0, 1e-12, 1e-3, 0.3, 1 - 1e-12, 1.0, 1 + 1e-12, 1.7, 40.0, 1e5]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def quadrature(spec: dict[str, Any], log_x: float, beta: float) -> np.ndarray:
    """Integrate reach, sales and marketing over sellers, in panels that shrink towards the cutoff."""
    g = from_spec(spec)
    start, last = max(log_x, float(g.log_lower)), min(float(g.log_upper), LAST.get(spec["family"], 4.0))
    total = np.zeros(3)
    # At a tiny beta firms go from nobody to everybody within beta of the cutoff.
    panels = np.concatenate([[0.0], np.geomspace(min(1e-6, max(beta, 1e-14) * 1e-3), 1.0, 120)]) * (last - start)
    # A spliced density bends where its pieces meet.
    edges = np.unique(np.clip([*(start + panels), getattr(g, "log_join", start)], start, last))
    for a, b in itertools.pairwise(edges):
        z = 0.5 * (a + b) + 0.5 * (b - a) * NODES
        lead = np.maximum(z - log_x, 0.0)
        weight = 0.5 * (b - a) * WEIGHTS * np.exp(g.log_density(z))
        t = (S / beta) * lead if beta > 0.0 else np.full_like(lead, np.inf)
        reach = -np.expm1(-t)
        if beta == 0.0:
            cost = np.ones_like(lead)
        else:
            cost = t if beta == 1.0 else np.expm1((beta - 1.0) * t) / (beta - 1.0)
        total += [weight @ reach, weight @ (np.exp(S * lead) * reach), weight @ cost]
    return total


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("log_x", [-0.6, 0.3, 1.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_means_over_sellers_are_integrals_of_what_firms_do(family: str, log_x: float, beta: float) -> None:
    g = from_spec(FAMILIES[family])
    found = kernel_moments(g, np.array([[log_x]]), np.float64(S), np.float64(beta))
    got = [found.reach.item(), found.sales.item(), found.cost.item()]
    # 1e-11: the quadrature's own rounding where ln phi - ln phi* is tiny; 1e5 costs the subtraction no more.
    assert got == pytest.approx(quadrature(FAMILIES[family], log_x, beta), rel=1e-11)


@pytest.mark.parametrize("beta", BETAS[1:])
@pytest.mark.parametrize("lead", [1e-12, 1e-6, 0.05, 0.5, 3.0])
def test_means_over_few_firms_keep_their_digits_next_to_the_best_of_them(lead: float, beta: float) -> None:
    g = Empirical([0.5, 1.3, 4.0], [0.2, 0.5, 0.3])
    log_x = g.log_upper - lead
    found = kernel_moments(g, np.array([[log_x]]), np.float64(S), np.float64(beta))
    exact = dict.fromkeys(("survival", "sales", "reach", "cost", "margin"), mp.mpf(0))
    with mp.workdps(40):
        for log_phi, weight in zip(g.log_atoms, g.weights, strict=True):
            if log_phi >= log_x:
                above, b = mp.mpf(float(log_phi)) - mp.mpf(float(log_x)), mp.mpf(beta)
                t = S / b * above
                cost = t if b == 1 else mp.expm1((b - 1) * t) / (b - 1)
                parts = (1, mp.exp(S * above) * -mp.expm1(-t), -mp.expm1(-t), cost, S / b * mp.exp((b - 1) * t))
                for name, part in zip(exact, parts, strict=True):
                    exact[name] += mp.mpf(float(weight)) * part
    for name, value in exact.items():
        # some ulps of exponents up to S/beta times a distance of 3, whose terms are then nothing
        assert getattr(found, name).item() == pytest.approx(float(value), rel=1e-13), name


@pytest.mark.parametrize("beta", [1e-3, 1.0, 1.7])
def test_many_firms_looked_up_are_what_few_summed_one_by_one_are(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    g, log_x = Empirical(np.exp(np.random.default_rng(0).normal(0.0, 0.5, 30))), np.array([[-1.0, 0.0, 0.7]])
    summed = kernel_moments(g, log_x, np.float64(S), np.float64(beta))
    monkeypatch.setattr(moments, "_FEW", 0)
    looked_up = kernel_moments(g, log_x, np.float64(S), np.float64(beta))
    for name in vars(summed):
        # differences of partial moments, which cost a digit or two
        assert getattr(looked_up, name) == pytest.approx(getattr(summed, name), rel=1e-12), name


@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_margin_is_the_fall_of_cost_and_of_what_sales_fall_beyond_s(family: str, beta: float) -> None:
    g, log_x = from_spec(FAMILIES[family]), np.array([[0.35]])
    slope = kernel_moments(g, Dual(log_x, np.ones((1, 1, 1))), np.float64(S), np.float64(beta))
    found = kernel_moments(g, log_x, np.float64(S), np.float64(beta))
    assert slope.cost.gradient.item() == pytest.approx(-found.margin.item(), rel=1e-12)
    fall = S * found.sales.item() + found.margin.item()
    assert slope.sales.gradient.item() == pytest.approx(-fall, rel=1e-12)


@pytest.mark.parametrize("beta", [1e-10, 0.7, 1.0, 1.3, 200.0])
def test_derivatives_in_beta_are_limits_of_differences(beta: float) -> None:
    g, log_x, h = from_spec(FAMILIES["lognormal"]), np.array([[0.35]]), 1e-4
    moved = kernel_moments(g, log_x, np.float64(S), Dual(beta, [beta]))
    for name in ("reach", "sales", "cost", "margin"):
        up, down = (
            np.log(getattr(kernel_moments(g, log_x, np.float64(S), np.float64(beta * np.exp(e))), name).item())
            for e in (h, -h)
        )
        value = getattr(moved, name)
        # Second order in h: 1e-8 times a third derivative of order one.
        assert value.gradient.item() / value.value.item() == pytest.approx((up - down) / (2 * h), abs=1e-7)


@pytest.mark.parametrize("family", [{"family": "frechet", "shape": 7.0, "scale": 0.9},
                                    {"family": "weibull", "shape": 1.4, "scale": 0.9}])  # fmt: skip
def test_elasticities_keep_their_digits_as_beta_approaches_the_fixed_cost(family: dict[str, object]) -> None:
    world = {"sigma": 5.5, "psi": 0.04, "L": [3.0, 1.2], "tau": 1.5, "productivity": family}

    def elasticity(beta: float) -> np.ndarray:
        found = solve({"model": "market_penetration", "parameters": {**world, "beta": beta}})
        return elasticities(found, of="welfare", to="sigma")["welfare", "sigma"]

    slopes = [(elasticity(beta) - elasticity(0.0)) / beta for beta in (1e-5, 1e-8)]
    # the slope in beta leaves 1e-4 of itself at 1e-5, and rounding of 1e-14 over 1e-8 elsewhere
    assert slopes[1] == pytest.approx(slopes[0], rel=3e-4)
