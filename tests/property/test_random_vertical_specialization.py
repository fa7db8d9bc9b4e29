"""Random admissible worlds of two countries that trade goods and inputs: certified, or refused with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phistar.core.paths import parse_path
from phistar.models.registry import get_model
from phistar.models.vertical_specialization import autarky, closed_form, equations, solver
from phistar.models.vertical_specialization.demand import Demand
from phistar.verbs.solve import solve

from .verdicts import COMMON, judge_many, verdict

FAMILIES = (
    *("pareto", "pareto", "closed_form", "closed_form", "lognormal", "bounded_pareto"),
    *("frechet", "weibull", "lognormal_pareto", "empirical"),
)
INF = float("inf")


def log_uniform(rng: np.random.Generator, low: float, high: float, shape: Any = None) -> Any:
    return np.exp(rng.uniform(np.log(low), np.log(high), shape))


def table(rng: np.random.Generator, family: str, sigma: float) -> dict[str, Any]:
    """Return a distribution with finite sales at this sigma."""
    scale, tail = float(log_uniform(rng, 0.5, 2.0)), float((sigma - 1) * (1 + log_uniform(rng, 0.02, 3.0)))
    match family:
        case "pareto" | "closed_form":
            support = "closed_form" if family == "closed_form" else "literal"
            return {"family": "pareto", "k": tail, "scale": scale, "support": support}
        case "lognormal":
            return {"family": family, "mu": float(np.log(scale)), "sd": float(log_uniform(rng, 0.1, 1.0))}
        case "bounded_pareto":
            upper = scale * float(1 + log_uniform(rng, 0.3, 50.0))
            return {"family": family, "k": float(log_uniform(rng, 0.5, 10.0)), "lower": scale, "upper": upper}
        case "frechet":
            return {"family": family, "shape": tail, "scale": scale}
        case "weibull":
            return {"family": family, "shape": float(log_uniform(rng, 0.6, 5.0)), "scale": scale}
        case "lognormal_pareto":
            return {"family": family, "mu": float(np.log(scale)), "sd": float(log_uniform(rng, 0.1, 0.6)), "k": tail}
    return {"family": family, "values": (scale * np.exp(rng.normal(0, 0.5, int(rng.integers(1, 9))))).tolist()}


def parameters(seed: int, families: list[str], spread: float, closed: tuple[bool, bool]) -> dict[str, Any]:
    """Return parameters; `spread` sets countries apart in logs, `closed` says which trade there is none of."""
    rng = np.random.default_rng(seed)
    sigma = float(1 + log_uniform(rng, 0.3, 9.0))

    def apart(low: float, high: float) -> list[float]:
        middle, own = log_uniform(rng, low, high), log_uniform(rng, low, high, 2)
        return (middle * (own / middle) ** spread).tolist()

    tau = {name: [1 + x for x in apart(1e-2, 3.0)] for name in ("tau_X", "tau_M")}
    for name, none in zip(tau, closed, strict=True):
        tau[name] = [INF, INF] if none else tau[name]
    fixed = {name: apart(0.05, 10.0) for name in ("f_D", "f_X", "f_DM", "f_XM", "f_E")}
    same = rng.random() < 0.5
    first = table(rng, families[0], sigma)
    tables = [first, first if same and families[0] == families[1] else table(rng, families[1], sigma)]
    return {"sigma": sigma, "L": apart(0.1, 50.0), **tau, **fixed, "productivity": tables}


def dearer(p: dict[str, Any]) -> dict[str, Any]:
    """Return the same world with three times the fixed costs of trade, and iceberg costs half as high again."""
    fixed = {name: [3.0 * x for x in p[name]] for name in ("f_X", "f_DM", "f_XM")}
    return {**p, **fixed, **{name: [1.5 * x for x in p[name]] for name in ("tau_X", "tau_M")}}


@st.composite
def scenarios(draw: Any, families: tuple[str, ...] = FAMILIES, dear: bool = False) -> dict[str, Any]:
    """Draw one admissible scenario; structure is drawn one by one, magnitudes from a seed."""
    family = draw(st.sampled_from(families))
    both = [family, draw(st.sampled_from(families)) if draw(st.booleans()) else family]
    closed = draw(st.sampled_from([(False, False)] * 4 + [(True, False), (False, True)]))
    spread = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    p = parameters(draw(st.integers(0, 2**32 - 1)), both, spread, closed)
    return {"model": "vertical_specialization", "parameters": dearer(p) if dear else p}


def closed_economy(p: dict[str, Any], i: int) -> Any:
    """Solve country i alone, which is Melitz's closed economy."""
    given = {"sigma": p["sigma"], "L": [p["L"][i]], "tau": [[1.0]], "f": [[p["f_D"][i]]], "f_e": [p["f_E"][i]]}
    return solve({"model": "melitz", "parameters": {**given, "productivity": [p["productivity"][i]]}})


def check(eq: Any, p: dict[str, Any]) -> str:
    """Recheck from outcomes alone what cannot depend on how the answer was found; say what kind it is."""
    L, flow, inputs, M = np.asarray(p["L"]), eq["trade_flow"], eq["input_flow"], eq["mass_entrants"]
    rho, income = (p["sigma"] - 1) / p["sigma"], eq["wage"] * np.asarray(p["L"])
    world = income.sum()
    for name in ("wage", "welfare", "price_index", "R", "trade_flow", "input_flow", "mass_entrants"):
        assert np.all(np.isfinite(eq[name])), name
        assert np.all(eq[name] >= 0), name
    assert np.any(M > 0)
    # a certificate of 1e-10 allows as much, its sums ten times more
    assert np.allclose(flow.sum(axis=0), income, rtol=1e-9, atol=0)
    assert np.allclose(inputs.sum(axis=0), rho * flow.sum(axis=1), rtol=1e-9, atol=1e-9 * world)
    assert abs(flow[0, 1] - flow[1, 0] + inputs[0, 1] - inputs[1, 0]) <= 1e-9 * world
    work = eq["labour_inputs"] + eq["labour_fixed"] + eq["labour_entry"]
    assert np.allclose(work, L, rtol=1e-9, atol=0)
    assert np.all(eq["cutoff_D"] <= eq["cutoff_DM"])
    assert np.all(eq["cutoff_X"] <= eq["cutoff_XM"])
    checks = eq.certificate.checks
    if not checks["relative_wages_determined"]:
        closed = [closed_economy(p, i) for i in (0, 1)]
        for name in ("welfare", "mass_entrants", "mass_active", "labour_fixed"):
            assert np.allclose(eq[name], [alone[name][0] for alone in closed], rtol=1e-9, atol=0), name
        return "nobody trades"
    where = "inside" if checks["interior"] else "corner"
    return f"{where}, {'strict' if checks['strict_selection'] else 'modes skipped'}"


@settings(max_examples=60, **COMMON)
@given(scenario=scenarios())
def test_a_random_world_is_certified_or_refused_with_a_reason(scenario: dict[str, Any]) -> None:
    answer, _ = verdict(scenario, check)
    # the one reason: trade is real, and too small for the certificate's digits
    assert answer.startswith("certified") or "next to nothing is traded" in answer, answer


@settings(max_examples=60, **COMMON)
@given(scenario=scenarios(families=("bounded_pareto", "empirical"), dear=True))
def test_worlds_of_bounded_productivity_are_certified_whether_they_trade_or_not(scenario: dict[str, Any]) -> None:
    assert verdict(scenario, check)[0].startswith("certified")


def test_where_nobody_trades_at_some_wages_exports_and_imports_balance_at_no_others() -> None:
    away = np.concatenate([[1e-6, 1e-3], np.linspace(0.05, 5.0, 60)])
    found = 0
    for seed in range(40):
        families = [("bounded_pareto", "empirical")[k] for k in np.random.default_rng(seed).integers(0, 2, 2)]
        given = dearer(parameters(seed, families, float(seed % 3) / 2, (False, False)))
        one = get_model("vertical_specialization").build(given)
        low, high = (float(end[0]) for end in autarky.stretch(one.batched()))
        found += low < high
        many = one.assign(parse_path("sigma"), np.full(away.size, given["sigma"]))
        for wages, sign in ((low - away, 1.0), (high + away, -1.0)) if low < high else ():
            with np.errstate(all="ignore"):
                at = Demand(many, np.full((2, away.size), np.nan)).at(wages)
                assert np.all(sign * solver.log_trade_balance(many, at) > 0.0), seed
    assert found > 10


def test_demand_meets_the_conditions_of_its_program_at_any_wage() -> None:
    # it is convex, so that these conditions make an answer, corners and atoms that divide included
    rng = np.random.default_rng(5)
    kinds = set()
    for seed in range(60):
        families = [str(rng.choice(FAMILIES)), str(rng.choice(FAMILIES))]
        given = parameters(seed, families, float(rng.choice([0.0, 0.5, 1.0])), (bool(rng.random() < 0.1), False))
        m = get_model("vertical_specialization").build(given).batched()
        with np.errstate(all="ignore"):
            asked = Demand(m, np.full((2, 1), np.nan))
            for log_omega in (0.0, *rng.uniform(-2, 2, 2)):
                found = asked.at(np.array([log_omega]))
                log_w = np.array([[log_omega], [0.0]])
                entry = equations.free_entry(m, found.fixed, found.log_cutoff)
                goods = equations.labour_market(m, log_w, found.R, found.f)
                cutoff = equations.log_cutoffs(m, log_w, (m.sigma - 1) * found.demand, found.fixed)
                f = equations.F(m, found.fixed, found.log_cutoff, found.atom_share)
                # rounding, times how sharply profits and sales follow demand
                assert np.all(np.abs(entry[found.entering]) <= 1e-10), seed
                assert np.all(entry <= 1e-10), seed
                assert np.all(np.abs(goods) <= 1e-9), seed
                assert np.allclose(found.log_cutoff, cutoff, rtol=0, atol=1e-11), seed
                assert np.allclose(found.f, f, rtol=1e-12), seed
                assert np.all((found.R > 0) == found.entering), seed
                assert np.all((found.atom_share >= 0) & (found.atom_share <= 1)), seed
                kinds.add((bool(found.entering.all()), bool(np.any(found.atom_share < 1))))
    # an atom divides only where one country enters alone
    assert kinds == {(True, False), (False, False), (False, True)}


def test_exports_and_imports_cross_at_one_wage_alone() -> None:
    # closed-form Pareto, where all follows from the wage: a fine grid of wages shows every crossing
    grid = np.linspace(-3, 3, 1201)
    for seed in range(60):
        given = parameters(seed, ["closed_form"] * 2, float(seed % 3) / 2, (False, False))
        given["productivity"] = given["productivity"][0]
        one = get_model("vertical_specialization").build(given)
        many = one.assign(parse_path("f_E"), np.full(grid.size, given["f_E"][0]))
        k = closed_form.shape(many)
        assert k is not None
        with np.errstate(all="ignore"):
            found = np.sign(closed_form._at(many, k, grid)[0])
        signs = found[np.isfinite(found) & (found != 0)]
        assert np.sum(signs[1:] != signs[:-1]) == 1, seed


@pytest.mark.slow
def test_ten_thousand_random_worlds_are_certified_or_refused_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    tally = judge_many(scenarios(), check, capsys)
    assert tally.share > 0.99  # refused are worlds in which next to nothing is traded
    # and the worlds drawn are of every kind
    kinds = {f"certified, {a}, {b}" for a in ("inside", "corner") for b in ("strict", "modes skipped")}
    assert set(tally.certified) == kinds | {"certified, nobody trades"}
