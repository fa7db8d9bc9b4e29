"""What the market penetration model takes and refuses, its limits, and how it finds its equilibrium."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.models.market_penetration.wages import find_wages
from phistar.report.figures import draw
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

WORLD: dict[str, Any] = {
    "theta": 8.0,
    "theta_tilde": 1.5,
    "psi": 0.02,
    "L": [3.0, 1.0, 2.0],
    "b": [1.0, 0.9, 1.1],
    "J": [1.0, 0.7, 1.5],
    "tau": [[1.0, 1.4, 1.6], [1.5, 1.0, 1.3], [1.45, 1.5, 1.0]],
}


def penetration(drop: tuple[str, ...] = (), **changes: Any) -> Any:
    parameters = {k: v for k, v in {**WORLD, **changes}.items() if k not in drop}
    return solve({"model": "market_penetration", "parameters": parameters})


# --- what it takes


def test_any_two_of_sigma_theta_and_theta_tilde_mean_the_same_world() -> None:
    given = [
        penetration(),
        penetration(drop=("theta_tilde",), sigma=1 + 16 / 3),
        penetration(("theta",), sigma=1 + 16 / 3),
    ]
    for other in given[1:]:
        for name in given[0]:
            assert other[name] == pytest.approx(given[0][name], rel=1e-12), name


@pytest.mark.parametrize(
    ("drop", "changes", "says"),
    [
        ((), {"sigma": 4.0}, "theta_tilde = 1.5 cannot stand beside both"),
        (("theta_tilde",), {"sigma": 9.5}, "theta = 8.0 must exceed sigma - 1 = 8.5"),
        ((), {"theta_tilde": 1.0}, "theta_tilde = 1.0 must be"),
        (("theta_tilde",), {}, "sigma is missing"),
        (("theta",), {}, "theta is missing"),
        ((), {"productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.4}}, "productivity cannot stand beside theta"),
        (("theta", "theta_tilde", "b"), {"productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.4}}, "sigma is"),
        (
            ("theta", "theta_tilde", "b"),
            {"productivity": {"family": "pareto", "k": 3.0}, "sigma": 4.5},
            "productivity.k = 3.0 must exceed sigma - 1 = 3.5",
        ),
        (("psi",), {}, "psi is missing"),
        ((), {"gamma": 1.2}, "gamma = 1.2 must be"),
        ((), {"psi": 50.0}, r"M > J"),
        ((), {"tau": [[float("inf"), 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]}, r"tau\[0\]\[0\]"),
        (
            ("theta", "theta_tilde", "b"),
            {"productivity": {"family": "empirical", "values": [1.0, 2.0]}, "sigma": 4.5, "beta": 0.0},
            "beta = 0.0 must be positive",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(drop: tuple[str, ...], changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        penetration(drop, **changes)


def test_the_bound_named_for_psi_is_where_every_firm_sells() -> None:
    with pytest.raises(InputError) as caught:
        penetration(psi=50.0)
    bound = float(str(caught.value).split("at most ")[1].split(":")[0])
    found = penetration(psi=bound * (1 - 1e-5))  # the message rounds to six digits
    assert (found["mass_sellers"] / found["mass_entrants"][:, None]).max() == pytest.approx(1.0, rel=1e-4)


# --- limits


@pytest.mark.parametrize("near", [0.0, 1.0])
def test_beta_near_its_special_values_is_as_accurate_as_at_them(near: float) -> None:
    at, beside = penetration(beta=near), penetration(beta=near + 1e-12)
    general = {"drop": ("theta", "theta_tilde", "b"), "sigma": 1 + 16 / 3}
    families = [{"family": "pareto", "k": 8.0, "scale": b} for b in WORLD["b"]]
    kernel = penetration(**general, productivity=families, beta=near + 1e-12)
    for name in at:
        # 1e-10 of what changes with beta by at most a few times 1e-12.
        assert beside[name] == pytest.approx(at[name], rel=1e-10, abs=1e-13), name
        assert kernel[name] == pytest.approx(beside[name], rel=1e-10, abs=1e-13), name


def test_without_reach_and_foreign_wages_it_is_the_melitz_model() -> None:
    mine = penetration(beta=0.0, alpha=0.0, gamma=0.0)
    melitz = solve(
        {
            "model": "melitz",
            "parameters": {
                "sigma": 1 + 16 / 3,
                "entry": "fixed",
                "J": WORLD["J"],
                "L": WORLD["L"],
                "tau": WORLD["tau"],
                "f": 1 / WORLD["psi"],
                "productivity": [{"family": "pareto", "k": 8.0, "scale": b} for b in WORLD["b"]],
            },
        }
    )
    for name in (
        "wage",
        "expenditure",
        "price_index",
        "welfare",
        "cutoff",
        "mass_sellers",
        "trade_flow",
        "mass_active",
    ):
        assert mine[name] == pytest.approx(melitz[name], rel=1e-11), name


@pytest.mark.parametrize(
    "family", [{"family": "lognormal", "mu": 0.0, "sd": 0.4}, {"family": "frechet", "shape": 7.0, "scale": 1.0}]
)
@pytest.mark.parametrize("entry", ["fixed", "free"])
def test_any_distribution_without_reach_is_the_melitz_model_too(family: dict[str, Any], entry: str) -> None:
    shared = {"sigma": 5.0, "L": WORLD["L"], "tau": WORLD["tau"], "productivity": family, "entry": entry}
    shared |= {"J": WORLD["J"]} if entry == "fixed" else {"f_e": [0.5, 0.4, 0.6]}
    mine = solve(
        {"model": "market_penetration", "parameters": {**shared, "psi": 0.1, "beta": 0, "alpha": 0, "gamma": 0}}
    )
    melitz = solve({"model": "melitz", "parameters": {**shared, "f": 10.0}})
    for name in (
        "wage",
        "expenditure",
        "price_index",
        "welfare",
        "cutoff",
        "mass_sellers",
        "trade_flow",
        "mass_active",
    ):
        assert mine[name] == pytest.approx(melitz[name], rel=1e-10), name


def test_at_equal_potential_firms_free_entry_changes_no_wage_and_no_share() -> None:
    free = penetration(drop=("J",), entry="free", f_e=[0.1, 0.12, 0.08])
    fixed = penetration(J=free["mass_entrants"].tolist())
    for name in ("wage", "trade_share"):
        assert fixed[name] == pytest.approx(free[name], rel=1e-12), name


def test_trade_costs_alone_change_welfare_by_the_domestic_share_whatever_beta_and_gamma() -> None:
    for beta, gamma in ((0.0, 0.0), (1.0, 0.31), (2.0, 1.0)):
        before, after = penetration(beta=beta, gamma=gamma), penetration(beta=beta, gamma=gamma, tau=1.2)
        share = np.diagonal(after["trade_share"] / before["trade_share"])
        assert after["welfare"] / before["welfare"] == pytest.approx(share ** (-1 / 8.0), rel=1e-12)


def test_in_symmetric_countries_the_cutoff_follows_a_common_trade_cost_by_the_domestic_share() -> None:
    world = {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.05, "L": [1.0, 1.0], "tau": 1.3}
    found = solve({"model": "market_penetration", "parameters": world})
    table = elasticities(found, to="tau")
    home = found["trade_share"][0, 0]
    assert table["cutoff", "tau"][0, 1] == pytest.approx(home, rel=1e-12)  # footnote 26 says one
    assert table["trade_flow", "tau"][0, 1] == pytest.approx(-8.0 * home, rel=1e-12)


# --- the search


def test_wages_are_found_where_countries_hardly_trade() -> None:
    theta, kappa = 8.0, 8.3
    log_tau = np.log(np.array([[1.0, 1e5], [3e5, 1.0]]))
    log_wage, norm = find_wages((-theta * log_tau)[..., None], np.array([kappa]), np.zeros((2, 1)))
    assert norm[0] < 1e-11
    # Foreign shares of 1e-40 are tau^-theta (w_i/w_j)^-kappa there, and balance pins r = w_0/w_1 down all the same.
    expected = theta * np.log(3.0) / (1.0 + 2.0 * kappa)
    assert log_wage[0, 0] - log_wage[1, 0] == pytest.approx(expected, rel=1e-12)


NOTHING = float("inf")


def test_borders_that_let_goods_out_and_none_back_are_refused_by_name() -> None:
    one_way = [[1.0, NOTHING, 1.6], [1.5, 1.0, 1.3], [1.4, NOTHING, 1.0]]
    with pytest.raises(NoEquilibrium, match=r"no wages balance trade: C2 sells to C1 .*tau\[1\]\[0\]"):
        penetration(tau=one_way)
    general = {"sigma": 1 + 16 / 3, "productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.3}}
    with pytest.raises(NoEquilibrium, match="no wages balance trade"):
        penetration(("theta", "theta_tilde", "b"), **general, tau=one_way)
    # a way back by a third country is enough
    round_trip = [[1.0, NOTHING, 1.6], [1.5, 1.0, NOTHING], [NOTHING, 1.3, 1.0]]
    assert penetration(tau=round_trip).certificate.checks["relative_wages_determined"]


@pytest.mark.parametrize(("apart", "determined"), [(30.0, True), (1e3, False), (NOTHING, False)])
def test_blocs_that_hardly_trade_are_told_where_trade_does_not_pin_their_wages_down(
    apart: float, determined: bool
) -> None:
    tau = np.full((4, 4), apart)
    tau[:2, :2], tau[2:, 2:] = 1.3, 1.2
    np.fill_diagonal(tau, 1.0)
    found = penetration(L=[3.0, 1.0, 2.0, 1.0], J=1.0, b=1.0, tau=tau.tolist())
    assert found.certificate.checks["relative_wages_determined"] == determined
    assert any("one of many" in note for note in found.certificate.notes) != determined


def test_two_countries_that_hardly_trade_have_their_relative_wage_all_the_same() -> None:
    found = penetration(L=[3.0, 1.0], J=1.0, b=1.0, tau=1e5)
    assert found["trade_share"][0, 1] < 1e-30
    assert found.certificate.checks["relative_wages_determined"]
    assert found.certificate.notes == ()


WILD: dict[str, Any] = {"sigma": 6.0, "beta": 0.7, "psi": 1.0, "L": [5.0, 0.2, 30.0], "tau": 2.0}


@pytest.mark.parametrize("entry", ["fixed", "free"])
@pytest.mark.parametrize("gamma", [0.0, 0.6])
def test_supports_hundreds_of_times_apart_are_searched(entry: str, gamma: float) -> None:
    families = [
        {"family": "bounded_pareto", "k": 3.0, "lower": 0.02, "upper": 0.1},
        {"family": "weibull", "shape": 3.0, "scale": 1.0},
        {"family": "lognormal", "mu": 3.0, "sd": 0.2},
    ]
    found = solve({
        "model": "market_penetration",
        "parameters": {**WILD, "entry": entry, "gamma": gamma, "productivity": families},
    })  # fmt: skip
    assert found.certificate.certified
    assert found["trade_flow"].sum(axis=0) == pytest.approx(found["expenditure"], rel=1e-9)


def test_a_batch_of_worlds_is_what_each_is_alone() -> None:
    table = sweep({"model": "market_penetration", "parameters": WORLD}, ["theta_tilde=1.2:3.0:5", "beta=0.0:2.0:3"])
    assert table.refused == 0
    for k in range(len(table)):
        alone = penetration(theta_tilde=float(table["theta_tilde"][k]), beta=float(table["beta"][k]))
        for name in ("wage", "welfare"):
            assert [table[f"{name}[{c}]"][k] for c in alone.countries] == pytest.approx(list(alone[name]), rel=1e-12)


def test_every_key_has_an_elasticity_that_theta_tilde_shares_with_sigma() -> None:
    found = penetration()
    by_tilde, by_sigma = elasticities(found, to="theta_tilde"), elasticities(found, to="sigma")
    # sigma = 1 + theta/theta_tilde: d ln sigma / d ln theta_tilde = -(sigma - 1)/sigma.
    factor = -(16 / 3) / (19 / 3)
    for name in ("welfare", "cutoff", "mean_sales"):
        expected = factor * by_sigma[name, "sigma"]
        assert by_tilde[name, "theta_tilde"] == pytest.approx(expected, rel=1e-9, abs=1e-12)


# --- figures


def data_rows(definition: Any) -> list[dict[str, Any]]:
    if isinstance(definition, dict):
        own = [row for row in definition.get("values") or [] if isinstance(row, dict)]
        return own + [row for part in definition.values() for row in data_rows(part)]
    return [row for part in definition for row in data_rows(part)] if isinstance(definition, list) else []


def test_the_cutoff_diagram_draws_what_firms_earn() -> None:
    found = penetration()
    drawn = [row for row in data_rows(draw("cutoffs", {"model": "market_penetration", "parameters": WORLD}).to_dict())]
    home = [row for row in drawn if "profit" in row and row["phi"] > found["cutoff"][0, 0]][:5]
    for row in home:
        assert row["profit"] == pytest.approx(schedule(found, [row["phi"]])["profit"][0, 0, 0], rel=1e-12)
    assert all(row["profit"] == 0.0 for row in drawn if "profit" in row and row["phi"] < found["cutoff"][0].min())


@pytest.mark.parametrize(("beta", "jumps"), [(0.0, True), (1.0, False)])
def test_sales_jump_at_the_export_cutoff_only_with_a_fixed_cost(beta: float, jumps: bool) -> None:
    world = {"theta": 8.0, "theta_tilde": 1.5, "beta": beta, "psi": 0.2, "L": [1.0, 1.0], "tau": 1.2}
    chart = draw("firm_sizes", {"model": "market_penetration", "parameters": world})
    assert any("jump" in str(row.get("text")) for row in data_rows(chart.to_dict())) is jumps
