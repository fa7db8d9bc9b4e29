"""Every statement of the model's design sheet, written out anew from the letters, at asymmetric worlds."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from phistar.models.market_penetration import margins as split
from phistar.verbs.compare import Comparison, compare
from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve

BETAS = (0.0, 0.4, 1.0, 1.7)
#: The sheet's algebra against the library's: a few powers of theta = 7 of numbers solved to 1e-14.
EXACT = 1e-11
GIVEN = {
    "theta": 7.0,
    "theta_tilde": 1.6,
    "alpha": 0.44,
    "gamma": 0.31,
    "psi": 0.05,
    "L": [1.0, 0.4, 2.5],
    "b": [1.0, 0.9, 1.15],
    "tau": [[1.0, 1.4, 1.7], [1.3, 1.0, 1.6], [1.8, 1.5, 1.0]],
}
SHOCK = {
    "tau": [[1.0, 1.3, 1.7], [1.25, 1.0, 1.4], [1.8, 1.6, 1.0]],
    "L": [1.1, 0.38, 2.5],
    "b": [1.02, 0.9, 1.1],
    "psi": 0.06,
}
ENTRY: dict[str, dict[str, Any]] = {
    "fixed": {"entry": "fixed", "J": [1.0, 0.7, 2.0]},
    "free": {"entry": "free", "f_e": [0.1, 0.13, 0.09]},
}
each_world = pytest.mark.parametrize(("beta", "entry"), [(beta, entry) for beta in BETAS for entry in ENTRY])
each_beta = pytest.mark.parametrize("beta", BETAS)


def letters(eq: Any) -> SimpleNamespace:
    """Return the sheet's letters at an equilibrium."""
    m = eq.model
    x = SimpleNamespace(eq=eq, tau=np.exp(np.asarray(m.log_tau)))
    for name in ("theta", "sigma", "beta", "alpha", "gamma", "psi", "L", "b"):
        setattr(x, name, np.asarray(getattr(m, name), dtype=float))
    x.S = x.sigma - 1
    x.tilde, x.markup, x.eta = x.theta / x.S, x.sigma / x.S, x.S / (x.theta * x.sigma)
    x.xi = 1 / (1 - x.eta) if m.entry == "fixed" else 1.0
    x.psi_tilde = x.psi * x.xi / x.sigma
    x.K = x.tilde / ((x.tilde - 1) * (1 + x.beta * (x.tilde - 1)))
    x.w, x.y, x.P, x.W, x.J = (eq[n] for n in ("wage", "income", "price_index", "welfare", "mass_entrants"))
    x.lam, x.M, x.phi, x.X, x.B = (
        eq[n] for n in ("trade_share", "mass_sellers", "cutoff", "trade_flow", "sales_scale")
    )
    return x


@cache
def world(beta: float, entry: str) -> SimpleNamespace:
    return letters(solve({"model": "market_penetration", "parameters": {**GIVEN, **ENTRY[entry], "beta": beta}}))


@cache
def shocked(beta: float, entry: str) -> Comparison:
    changed = {**SHOCK} | ({"J": [1.1, 0.7, 1.8]} if entry == "fixed" else {"f_e": [0.1, 0.12, 0.1]})
    parameters = {**GIVEN, **ENTRY[entry], "beta": beta}
    return compare({"model": "market_penetration", "parameters": parameters, "counterfactual": {"parameters": changed}})


def same(found: Any, wanted: Any, rtol: float = EXACT) -> None:
    assert np.allclose(found, wanted, rtol=rtol, atol=0), (found, wanted)


@each_world
def test_income_scale_and_means(beta: float, entry: str) -> None:
    x = world(beta, entry)
    same(x.y, x.xi * x.w)
    same(x.B, x.sigma * np.outer(x.w ** (1 - x.gamma), x.w**x.gamma * x.L**x.alpha) / x.psi)
    same(x.B, np.outer(x.y ** (1 - x.gamma), x.y**x.gamma * x.L**x.alpha) / x.psi_tilde)
    same(x.eq["mean_sales"], x.B * x.K)
    same(x.eq["mean_reach"], 1 / (1 + beta * x.tilde))
    same(x.eq["marketing_share"], 1 / x.sigma - x.eta)
    same(x.eq["profit_share"], x.eta)


@each_world
def test_shares_wages_and_the_price_index(beta: float, entry: str) -> None:
    x = world(beta, entry)
    power = x.theta + (1 - x.gamma) * (x.tilde - 1)
    weight = (x.J * x.b**x.theta * x.w**-power)[:, None] * x.tau**-x.theta
    same(x.lam, weight / weight.sum(axis=0))
    same(x.w * x.L, x.lam @ (x.w * x.L))
    supply = (x.J * x.b**x.theta * x.y ** ((1 - x.gamma) * (1 - x.tilde)))[:, None] * (x.tau * x.w[:, None]) ** -x.theta
    market = (x.L ** (1 - x.alpha) * x.y ** (1 - x.gamma) * x.psi_tilde) ** (x.tilde - 1)
    same(x.P, (x.K * x.markup**-x.theta * market * supply.sum(axis=0)) ** (-1 / x.theta))


@each_world
def test_cutoffs_sellers_and_welfare(beta: float, entry: str) -> None:
    x = world(beta, entry)
    bundle = np.outer(x.w ** (1 - x.gamma), x.w**x.gamma * x.L ** (x.alpha - 1) / x.y * x.P ** (1 - x.sigma))
    same(x.phi**x.S, x.sigma * bundle * (x.markup * x.tau * x.w[:, None]) ** x.S / x.psi)
    same(x.M, x.J[:, None] * (x.b[:, None] / x.phi) ** x.theta)
    size = x.L ** (1 - x.alpha) * x.y ** (1 - x.gamma) * x.psi_tilde
    same(x.M, x.lam * size / (x.y[:, None] ** (1 - x.gamma) * x.K))
    openness = np.diagonal(x.lam) ** (-1 / x.theta)
    reach = (x.L ** (1 - x.alpha) * x.psi_tilde) ** ((x.tilde - 1) / x.theta)
    same(x.W, x.y / x.P)
    same(x.W, x.xi / x.markup * x.b * (x.K * x.J) ** (1 / x.theta) * reach * openness)


@each_beta
def test_reach_and_sales_of_a_firm(beta: float) -> None:
    x = world(beta, "fixed")
    lead = np.array([1.001, 1.05, 1.5, 4.0])
    for i in range(3):
        for j in range(3):
            firm = {k: v[i, j] for k, v in schedule(x.eq, lead * x.phi[i, j]).items()}
            n = 1 - lead ** (-x.S / beta) if beta else np.ones(4)
            same(firm["reach"], n)
            same(firm["revenue"], x.B[i, j] * lead**x.S * n)
            # the marketing cost of (5), in the bundle's price
            effort = -np.log1p(-n) if beta == 1 else (1 - (1 - n) ** (1 - beta)) / (1 - beta)
            same(firm["marketing"], x.B[i, j] / x.sigma * effort, rtol=1e-9)  # 1 - n cancels near the cutoff
            same(firm["profit"], firm["revenue"] / x.sigma - firm["marketing"], rtol=1e-8)  # so does the difference


@each_beta
def test_free_entry_has_the_wages_of_fixed_entry_at_the_same_firms(beta: float) -> None:
    free = world(beta, "free")
    f_e = np.array(ENTRY["free"]["f_e"])
    same(free.J, free.eta * free.L / f_e)
    given = {**GIVEN, "beta": beta, "entry": "fixed", "J": free.J.tolist()}
    fixed = solve({"model": "market_penetration", "parameters": given})
    same(fixed["wage"], free.w)
    same(fixed["trade_share"], free.lam)


@each_world
def test_exact_hats(beta: float, entry: str) -> None:
    done = shocked(beta, entry)
    x, z = letters(done.baseline), letters(done.counterfactual)
    names = ("w", "lam", "M", "phi", "W", "J", "b", "L", "psi", "tau")
    hat = {name: np.asarray(getattr(z, name) / getattr(x, name)) for name in names}
    power = x.theta + (1 - x.gamma) * (x.tilde - 1)
    weight = x.lam * (hat["J"] * hat["b"] ** x.theta * hat["w"] ** -power)[:, None] * hat["tau"] ** -x.theta
    same(hat["lam"], weight / weight.sum(axis=0) / x.lam)
    market = hat["L"] ** (1 - x.alpha) * hat["w"] ** (1 - x.gamma) * hat["psi"]
    same(hat["M"], hat["lam"] * market / hat["w"][:, None] ** (1 - x.gamma))
    same(hat["phi"], hat["b"][:, None] * (hat["J"][:, None] / hat["M"]) ** (1 / x.theta))
    reach = (hat["L"] ** (1 - x.alpha) * hat["psi"]) ** ((x.tilde - 1) / x.theta)
    same(hat["W"], hat["b"] * hat["J"] ** (1 / x.theta) * reach * np.diagonal(hat["lam"]) ** (-1 / x.theta))


@each_beta
@pytest.mark.parametrize("gamma", [0.0, 0.31, 1.0])
def test_trade_costs_move_welfare_by_the_domestic_share_alone(beta: float, gamma: float) -> None:
    parameters = {**GIVEN, **ENTRY["fixed"], "beta": beta, "gamma": gamma}
    scenario = {"model": "market_penetration", "parameters": parameters}
    done = compare({**scenario, "counterfactual": {"parameters": {"tau": SHOCK["tau"]}}})
    same(done.hat("welfare"), np.diagonal(done.hat("trade_share")) ** (-1 / 7.0))


@each_world
def test_margins_of_a_discrete_change(beta: float, entry: str) -> None:
    parameters = {**GIVEN, **ENTRY[entry], "beta": beta}
    done = compare({"model": "market_penetration", "parameters": parameters,
                    "counterfactual": {"parameters": {"tau": SHOCK["tau"]}}})  # fmt: skip
    x, z = letters(done.baseline), letters(done.counterfactual)
    columns = done.decompositions["trade"].columns
    g, s = x.phi / z.phi, z.B / x.B
    falls = g >= 1
    assert falls.any()
    assert not falls.all()
    if beta:
        q = 1 - 1 / beta
        old = s * (g**x.S * x.tilde / (x.tilde - 1) - g ** (x.S * q) / (1 - q / x.tilde)) / x.K
    else:
        old = s * g**x.S
    wanted = {"intensive": s * g**x.S - 1, "new_consumers": old - s * g**x.S, "new_firms": s * g**x.theta - old}
    for name, value in wanted.items():
        # differences of numbers near one
        assert np.allclose(columns[name][falls], value[falls], rtol=0, atol=1e-12), name
    assert np.allclose(columns["total"], z.X / x.X - 1, rtol=0, atol=1e-12)
    assert np.allclose(sum(columns[n] for n in (*wanted, "entrants")), columns["total"], rtol=0, atol=1e-12)


@each_beta
def test_margins_of_a_small_change(beta: float) -> None:
    x = world(beta, "fixed")
    local = split.local_margins(split.pareto_market(float(x.tilde), float(x.sigma), beta))
    rest = x.theta - x.S
    same(local.intensive, x.S)
    assert (float(local.new_consumers), float(local.new_firms)) == pytest.approx((rest, 0) if beta else (0, rest))


def test_numbers_of_the_paper_s_parameters() -> None:
    m = solve({"model": "market_penetration", "parameters": {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.1}}).model
    assert float(m.sigma) == pytest.approx(19 / 3, rel=1e-15)
    assert float(m.sigma / (m.sigma - 1)) == pytest.approx(1.1875, rel=1e-14)
    assert float(m.eta) == pytest.approx(2 / 19, rel=1e-14)
