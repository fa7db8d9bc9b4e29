"""Cost distributions against quadrature, differences and draws."""

import itertools
import math
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad

from phistar.blocks.cost import Cost, Costs, Pareto, Uniform, from_spec
from phistar.core.errors import InputError
from phistar.numerics.duals import seed

TABLES: dict[str, dict[str, Any]] = {
    "pareto": {"family": "pareto", "c_M": 1.3, "k": 2.4},
    "uniform": {"family": "uniform", "lower": 0.2, "c_M": 1.1},
    "beta": {"family": "beta", "a": 0.7, "b": 2.6, "lower": 0.1, "c_M": 1.4},
    "peaked beta": {"family": "beta", "a": 30.0, "b": 12.0},
    "truncated lognormal": {"family": "truncated_lognormal", "mu": -0.4, "sd": 0.5, "lower": 0.25, "c_M": 1.5},
    "narrow lognormal": {"family": "truncated_lognormal", "mu": -0.4, "sd": 0.02, "c_M": 1.5},
    "frechet": {"family": "frechet", "shape": 3.0, "scale": 1.4},
    "bounded pareto": {"family": "bounded_pareto", "k": 2.0, "lower": 0.8, "upper": 6.0},
}
CUTOFFS = (0.3, 0.9, 1.8)
each = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def density(table: dict[str, Any]) -> tuple[Any, float, float]:
    """Return the density of c up to a constant, and its support."""
    t = {"lower": 0.0, "c_M": 1.0, **table}
    low, high = t["lower"], t["c_M"]
    match t["family"]:
        case "pareto":
            return lambda c: t["k"] * c ** (t["k"] - 1), 0.0, high
        case "uniform":
            return lambda _: 1.0, low, high
        case "beta":
            return lambda c: (c - low) ** (t["a"] - 1) * (high - c) ** (t["b"] - 1), low, high
        case "truncated_lognormal":
            return lambda c: math.exp(-0.5 * ((math.log(c) - t["mu"]) / t["sd"]) ** 2) / c, low, high
        case "frechet":
            return lambda c: c ** (t["shape"] - 1) * math.exp(-((c * t["scale"]) ** t["shape"])), 0.0, 8.0
        case _:
            return lambda c: c ** (t["k"] - 1), 1 / t["upper"], 1 / t["lower"]


def integral(function: Any, low: float, high: float) -> float:
    if high <= low:
        return 0.0
    cuts = np.linspace(low, high, 14)
    return sum(quad(function, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in itertools.pairwise(cuts))


@each
def test_excess_moments_are_the_integrals_they_stand_for(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    pdf, low, high = density(table)
    mass = integral(pdf, low, high)
    for x in CUTOFFS:
        for order in range(5):
            want = integral(lambda c, x=x, order=order: (x - c) ** order * pdf(c), low, min(x, high)) / mass
            got = float(np.ravel(cost.excess(np.array([x]), order))[0])
            # where a thin tail sells, the terms of a productivity family agree in their leading digits
            assert got == pytest.approx(want, rel=3e-9, abs=1e-18)
            raw = integral(lambda c, order=order: c**order * pdf(c), low, min(x, high)) / mass
            assert float(np.ravel(cost.partial_moment(np.array([x]), order))[0]) == pytest.approx(raw, abs=1e-8)


@pytest.mark.parametrize(
    ("a", "b"), [(0.05, 0.05), (0.05, 200.0), (0.2, 0.15), (3.0, 0.05), (30.0, 0.5), (200.0, 200.0)]
)
def test_a_beta_keeps_twelve_digits_whatever_the_powers_at_its_ends(a: float, b: float) -> None:
    x = np.array([1e-12, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-6, 1 - 1e-12, 1.0])
    moments = from_spec({"family": "beta", "a": a, "b": b}).moments(x, 4)
    # m_p = B(a, p+1)/B(a, b) x^(a+p) 2F1(1-b, a; a+p+1; x); a hundred digits, as its terms alternate
    with mpmath.workdps(100):
        for order, got in enumerate(moments):
            for z, value in zip(map(mpmath.mpf, x), got, strict=True):
                ratio = mpmath.beta(a, order + 1) / mpmath.beta(a, b)
                want = ratio * z ** (a + order) * mpmath.hyp2f1(1 - b, a, a + order + 1, z)
                if z == 1:
                    want = mpmath.beta(a, b + order) / mpmath.beta(a, b)
                # below e^-700 the moment itself underflows on the way
                assert value == pytest.approx(float(want), rel=1e-12, abs=1e-300)


@each
def test_derivatives_in_the_cutoff_and_every_parameter_match_differences(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    names = [name for name in cost.parameter_names if cost.parameter(name) > 0.0 or name == "mu"]
    x0 = np.array([0.65, 0.9])
    h = 1e-6
    for order in range(3):
        duals = seed([x0, *(cost.parameter(name) for name in names)])
        moved: Cost = cost
        for name, dual in zip(names, duals[1:], strict=True):
            moved = moved.with_parameters(**{name: dual})
        gradient = moved.excess(duals[0], order).gradient
        slope = (cost.excess(x0 + h, order) - cost.excess(x0 - h, order)) / (2 * h)
        assert np.allclose(gradient[0] + gradient[1], slope, rtol=1e-5, atol=1e-9)
        for i, name in enumerate(names):
            value = cost.parameter(name)
            up, down = (cost.with_parameters(**{name: value + step}).excess(x0, order) for step in (h, -h))
            # one step of 1e-6: truncation and rounding both stay near 1e-8 of the moment's own scale
            assert np.allclose(gradient[2 + i], (up - down) / (2 * h), rtol=1e-5, atol=1e-8), (order, name)


@each
def test_the_excess_moment_falls_by_its_order_times_the_one_below(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    (x,) = seed([np.array([0.9])])
    for order in (1, 2, 3, 4):
        assert np.allclose(cost.excess(x, order).gradient, order * cost.excess(np.array([0.9]), order - 1), rtol=1e-7)


@each
def test_draws_follow_the_distribution(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    draws = cost.sample(40_000, np.random.default_rng(3))
    for x in CUTOFFS:
        share = float(np.ravel(cost.share_below(np.array([x])))[0])
        # five standard errors of a share
        assert np.mean(draws < x) == pytest.approx(share, abs=5 * 0.5 / 200)


def test_origins_keep_their_own_distribution() -> None:
    members = [from_spec(TABLES[name]) for name in ("pareto", "frechet", "uniform", "pareto", "beta")]
    x = np.linspace(0.3, 1.6, 10).reshape(5, 2)
    for order in (0, 1, 2):
        together = Costs(members).excess(x, order)
        for i, member in enumerate(members):
            assert np.allclose(together[i], np.ravel(member.excess(x[i], order)), rtol=1e-14, atol=0)


@each
def test_margins_are_moments_times_powers_of_the_trade_cost(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    tau = np.array([[1.0, 1.3], [2.0, 1.1]])
    for x in (np.array([[0.3, 0.5], [0.7, 0.4]]), np.array([[0.3, 9.0], [0.7, 1.2]])):
        moments = cost.moments(x, 4)
        for origins in (cost, Costs([cost, cost]), Costs([cost, from_spec(TABLES["frechet"])])):
            for order, got in enumerate(origins.margins(x, tau, 4)):
                # rows of the other family aside; one rounding a factor
                assert np.allclose(got[0], (tau**order * moments[order])[0], rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", ["pareto", "uniform"])
def test_many_cutoffs_at_once_have_the_moments_of_each(name: str) -> None:
    cost = from_spec(TABLES[name])
    for highest in (1.0, 2.0):  # within the support, and beyond it
        x = np.linspace(0.0, highest, 20_000)
        tau = np.linspace(1.0, 3.0, 20_000)
        parts = [cost.margins(x[i : i + 100], tau[i : i + 100], 4) for i in range(0, x.size, 100)]
        for order, got in enumerate(cost.margins(x, tau, 4)):
            # one product of powers of tau, or of tau x, a side
            assert np.allclose(got, np.concatenate([part[order] for part in parts]), rtol=1e-14, atol=0)


def test_origins_of_one_family_are_told_as_one_with_their_upper_ends() -> None:
    pareto = [from_spec({"family": "pareto", "c_M": c_M, "k": 2.4}) for c_M in (1.0, 1.3)]
    alike = Costs(pareto)
    assert np.array_equal(alike.alike(Pareto).c_M, [[1.0], [1.3]])
    assert np.array_equal(alike.upper, [[1.0], [1.3]])
    mixed = Costs([pareto[0], from_spec(TABLES["uniform"])])
    assert mixed.alike(Pareto) is None
    assert alike.alike(Uniform) is None
    assert np.array_equal(mixed.upper, [[1.0], [1.1]])


@each
def test_a_table_is_read_back_as_written(table: dict[str, Any]) -> None:
    again = from_spec(from_spec(table).spec())
    x = np.array([0.7])
    assert np.array_equal(again.excess(x, 2), from_spec(table).excess(x, 2))


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"family": "zipf"}, "cost.family"),
        ({"family": "pareto", "scale": 1.0}, "cost.scale"),
        ({"family": "pareto"}, "cost.k"),
        ({"family": "uniform", "lower": 2.0, "c_M": 1.0}, "cost.lower"),
        ({"family": "beta", "a": -1.0, "b": 1.0}, "cost.a"),
        ({"family": "truncated_lognormal", "mu": 0.0, "sd": 0.0, "c_M": 1.0}, "cost.sd"),
        ({"family": "lognormal", "mu": 0.0, "sd": 0.0}, "cost.sd"),
        ({"family": "uniform", "c_M": [1.0]}, "cost.c_M"),
        ("pareto", "cost"),
    ],
)
def test_a_wrong_table_is_refused_by_its_key(table: Any, key: str) -> None:
    with pytest.raises(InputError) as caught:
        from_spec(table)
    assert caught.value.key == key
