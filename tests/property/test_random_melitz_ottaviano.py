"""Whatever admissible world of linear demand is asked for: certified or refused with a reason, and soon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bruteforce_mo.costs import make_costs

from .verdicts import COMMON, judge_many, verdict

BOUNDED = ("pareto", "uniform", "beta", "truncated_lognormal")
PRODUCTIVITY = ("bounded_pareto", "lognormal", "frechet", "weibull", "lognormal_pareto", "empirical")


def log_uniform(rng: np.random.Generator, low: float, high: float, shape: Any = None) -> Any:
    return np.exp(rng.uniform(np.log(low), np.log(high), shape))


def table(rng: np.random.Generator, family: str, scale: float) -> dict[str, Any]:
    """Return one cost table; `scale` is a typical cost."""
    lower = scale * float(rng.choice([0.0, rng.uniform(0.01, 0.9)]))
    match family:
        case "pareto":
            return {"family": family, "c_M": scale, "k": float(log_uniform(rng, 0.3, 20.0))}
        case "uniform":
            return {"family": family, "lower": lower, "c_M": scale}
        case "beta":
            a, b = log_uniform(rng, 0.5, 6.0, 2).tolist()
            return {"family": family, "a": a, "b": b, "lower": lower, "c_M": scale}
        case "truncated_lognormal":
            mu, sd = float(np.log(scale) + rng.normal(-0.3, 0.4)), float(log_uniform(rng, 0.1, 1.5))
            return {"family": family, "mu": mu, "sd": sd, "lower": lower, "c_M": scale}
        # productivity phi, cost 1/phi
        case "bounded_pareto":
            upper = float(1 + log_uniform(rng, 1e-1, 1e2)) / scale
            return {"family": family, "k": float(log_uniform(rng, 0.3, 20.0)), "lower": 1 / scale, "upper": upper}
        case "lognormal":
            return {"family": family, "mu": -float(np.log(scale)), "sd": float(log_uniform(rng, 0.1, 1.2))}
        case "frechet" | "weibull":
            return {"family": family, "shape": float(log_uniform(rng, 1.2, 12.0)), "scale": 1 / scale}
        case "lognormal_pareto":
            sd, k = float(log_uniform(rng, 0.1, 0.8)), float(log_uniform(rng, 1.5, 12.0))
            return {"family": family, "mu": -float(np.log(scale)), "sd": sd, "k": k}
    count = int(rng.integers(1, 9))
    given: dict[str, Any] = {"family": family, "values": (np.exp(rng.normal(0, 0.5, count)) / scale).tolist()}
    if rng.random() < 0.5:
        given["weights"] = rng.dirichlet(np.ones(count)).tolist()
    return given


def parameters(seed: int, families: list[str], *, horizon: str, spread: float, dear: float) -> dict[str, Any]:
    """Return parameters; `spread` sets countries apart in logs, `dear` is how much of a market entry may cost."""
    rng = np.random.default_rng(seed)
    count = len(families)

    def apart(low: float, high: float, shape: Any) -> Any:
        middle = np.sqrt(low * high)
        return middle * np.exp(spread * np.log(log_uniform(rng, low, high, shape) / middle))

    alpha, gamma = float(log_uniform(rng, 1e-2, 1e2)), float(log_uniform(rng, 1e-2, 1e2))
    eta = float(alpha**2 * log_uniform(rng, 0.1, 50.0))  # spending a head is near alpha^2/eta: below income, mostly
    L = log_uniform(rng, 1e-1, 1e3) * apart(0.1, 10.0, count)
    tau = 1 + apart(1e-2, 4.0, (count, count))
    np.fill_diagonal(tau, 1 + (rng.random(count) < 0.2) * log_uniform(rng, 1e-2, 0.5, count))
    scale = alpha * log_uniform(rng, 0.2, 2.0) * apart(0.5, 2.0, count)
    given: dict[str, Any] = {
        "alpha": alpha,
        "eta": eta,
        "gamma": gamma,
        "L": L.tolist(),
        "tau": tau.tolist(),
        "cost": [table(rng, family, float(c)) for family, c in zip(families, scale, strict=True)],
        "horizon": horizon,
    }
    if horizon == "long":
        most = L.mean() * alpha**2 / (4 * gamma)  # what a firm without costs earns where it is alone
        given["f_E"] = (most * log_uniform(rng, 1e-4, dear) * apart(0.3, 3.0, count)).tolist()
    else:
        # from few to many firms, against the number at which the varieties press on one another
        masses = gamma / eta * log_uniform(rng, 1e-2, 1e3) * apart(0.1, 10.0, count)
        given["incumbents"] = (masses * (rng.random(count) < 0.9)).tolist()
    return given


@st.composite
def scenarios(draw: Any) -> dict[str, Any]:
    """Draw one admissible scenario; structure is drawn one by one, magnitudes from a seed."""
    count = draw(st.integers(1, 8))
    some = st.sampled_from(draw(st.sampled_from([("pareto",), BOUNDED, BOUNDED, BOUNDED, BOUNDED + PRODUCTIVITY])))
    families = [draw(some) for _ in range(count)] if draw(st.booleans()) else [draw(some)] * count
    return {
        "model": "melitz_ottaviano",
        "parameters": parameters(
            draw(st.integers(0, 2**32 - 1)),
            families,
            horizon=draw(st.sampled_from(["long", "long", "short"])),
            spread=draw(st.sampled_from([0.0, 0.1, 0.3, 1.0])),
            dear=draw(st.sampled_from([1e-2, 1e-1, 3.0])),
        ),
    }


def close(got: Any, want: Any, scale: Any) -> bool:
    """Compare by the size of what is added up: a certificate of 1e-10 allows as much, its sums ten times more."""
    return bool(np.all(np.abs(np.asarray(got) - want) <= 1e-9 * np.asarray(scale)))


def check_accounts(eq: Any, p: dict[str, Any]) -> None:
    """Recheck from outcomes alone what cannot depend on how the answer was found."""
    L, tau, flow, P = np.asarray(p["L"]), np.asarray(p["tau"]), eq["trade_flow"], eq["price_threshold"]
    N, spending, sales = eq["mass_entrants"], flow.sum(axis=0), flow.sum(axis=1)
    served = eq["variety"] > 0
    for name in ("trade_flow", "welfare", "mass_sellers", "consumer_surplus", "price_threshold"):
        assert np.all(np.isfinite(eq[name])), name
    assert np.all(flow >= 0)
    assert np.all(N >= 0)
    assert np.all((P > 0) & (p["alpha"] >= P))
    assert np.allclose(eq["cutoff"], P / tau, rtol=1e-12, atol=0)  # one division
    assert np.all(eq["mass_sellers"] <= N[:, None] * (1 + 1e-12))  # rounding of a share at one
    assert np.allclose(eq["variety"], eq["mass_sellers"].sum(axis=0), rtol=1e-12, atol=0)
    assert close(eq["trade_share"][:, served].sum(axis=0), 1, 1)
    assert close(eq["net_exports"], sales - spending, sales + spending)
    assert abs(eq["net_exports"].sum()) <= 1e-9 * sales.sum()  # rounding of sums
    # means over sellers and totals: revenue, price and markup, surplus and profit
    assert close((eq["variety"] * eq["mean_revenue"])[served], spending[served], spending[served])
    assert np.allclose(eq["mean_price"][served], (eq["mean_cost"] + eq["mean_markup"])[served], rtol=1e-9, atol=0)
    profit = np.where(served, eq["variety"] * np.where(served, eq["mean_profit"], 0.0), 0.0)
    surplus = (p["alpha"] - P) ** 2 / (2 * p["eta"]) + profit / (2 * L)
    # alpha - P is a difference: its rounding is that of alpha
    assert close(eq["consumer_surplus"], surplus, surplus + 1e-3 * p["alpha"] ** 2 / p["eta"])
    income = eq["numeraire_consumption"] + spending / L
    assert close(eq["welfare"], income + eq["consumer_surplus"], eq["welfare"])
    assert close((L * eq["numeraire_consumption"]).sum(), eq["numeraire_labour"].sum(), (L + sales).sum())
    if p["horizon"] == "long":
        assert close(income, 1, 1 + spending / L)
        assert close(eq["numeraire_labour"], L - sales, L + sales)  # wages, entry included, are all the sales
    else:
        assert np.array_equal(N, p["incumbents"])
        assert close((L * income).sum(), L.sum() + profit.sum(), L.sum() + profit.sum())


def check_equilibrium(eq: Any, p: dict[str, Any]) -> None:
    """Recheck demand and entry by quadrature over costs, for families whose density is easy at any magnitude."""
    if any(cost["family"] not in {"pareto", "uniform", "beta"} for cost in p["cost"]):
        return
    P, N, tau, L = eq["price_threshold"], eq["mass_entrants"], np.asarray(p["tau"]), np.asarray(p["L"])
    bought, profit = np.zeros((len(L),) * 2), np.zeros((len(L),) * 2)
    for i, cost in enumerate(p["cost"]):
        costs = make_costs(cost)
        for j, threshold in enumerate(P):
            c, w = costs.nodes(threshold / tau[i, j])
            markup = 0.5 * np.maximum(threshold - tau[i, j] * c, 0.0)  # what is left at the choke price, halved
            bought[i, j] = (w * markup).sum() / p["gamma"]
            profit[i, j] = L[j] * (w * markup**2).sum() / p["gamma"]
    # quantities of a consumer: (alpha - P)/eta, known to the rounding of alpha
    assert close(N @ bought, (p["alpha"] - P) / p["eta"], p["alpha"] / p["eta"])
    if p["horizon"] == "long":
        gain = profit.sum(axis=1) / np.asarray(p["f_E"]) - 1
        assert np.all(gain <= 1e-9)  # ten times what a certificate allows
        assert np.all(gain[N > 0] >= -1e-9)


def check(eq: Any, p: dict[str, Any]) -> str:
    """Recheck accounts and equilibrium; say which horizon and what is at a corner."""
    check_accounts(eq, p)
    check_equilibrium(eq, p)
    none = int(np.sum(eq["mass_entrants"] == 0))
    where = "inside" if none == 0 else "no industry" if none == len(eq["mass_entrants"]) else "corner"
    return f"{p['horizon']} run, {where}"


@settings(max_examples=150, **COMMON)
@given(scenario=scenarios())
def test_a_random_world_is_certified_or_refused_with_a_reason(scenario: dict[str, Any]) -> None:
    verdict(scenario, check)


@pytest.mark.slow
def test_ten_thousand_random_worlds_are_certified_or_refused_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    tally = judge_many(scenarios(), check, capsys)
    assert tally.share > 0.5  # a library that refuses everything is no library
    # and the worlds drawn are of every kind
    assert {"certified, long run, inside", "certified, long run, corner", "certified, short run, inside"} <= set(
        tally.certified
    )
