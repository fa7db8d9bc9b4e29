"""The vertical-specialization model as users meet it: input, refusals, batches, firms, names in the certificate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.report.figures import draw
from phistar.verbs.compare import compare
from phistar.verbs.simulate import schedule, simulate
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

PAPER: dict[str, Any] = {
    "sigma": 4.0,
    "L": [1.2, 1.0],
    "tau_X": 1.3,
    "tau_M": 1.5,
    "f_X": 1.4,
    "f_DM": 1.4,
    "f_XM": 1.2,
    "f_E": 2.0,
    "productivity": {"family": "pareto", "k": 5.0},
}
THIN = {"family": "weibull", "shape": 5.0, "scale": 1.0}


def world(**changes: Any) -> dict[str, Any]:
    return {"model": "vertical_specialization", "parameters": {**PAPER, **changes}}


def test_the_certificate_names_the_thirteen_equations() -> None:
    eq = solve(world())
    thirteen = set(eq.model.equations(dict(eq.unknowns)))
    assert len(thirteen) == 13
    assert thirteen <= set(eq.certificate.residuals)
    assert {"zero_profit_DM[Home]", "free_entry[Foreign]", "labour_market[Home]", "trade_balance"} <= thirteen
    assert sum(np.size(value) for name, value in eq.unknowns.items() if not name.startswith("_")) == 13


def test_any_number_of_countries_but_two_is_refused() -> None:
    for changes in ({"L": [1.0, 1.0, 1.0]}, {"L": [1.0]}, {"L": 1.0, "tau_M": [1.1, 1.2, 1.3]}):
        with pytest.raises(InputError, match="two countries"):
            solve(world(**changes))
    with pytest.raises(InputError, match="two countries"):
        solve({**world(L=1.0), "countries": {"names": ["A", "B", "C"]}})


def test_a_scalar_means_two_countries_alike() -> None:
    assert np.allclose(solve(world(L=1.0))["relative_wage"], 1.0, rtol=1e-14)


def test_too_thick_a_tail_is_refused_by_its_inequality() -> None:
    with pytest.raises(InputError, match="must exceed sigma - 1"):
        solve(world(productivity={"family": "pareto", "k": 2.5}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tau_X": ["inf", 1.3], "tau_M": [1.5, "inf"]}, r"Home can sell nothing abroad: lower tau_X\[0\]"),
        ({"tau_X": 60.0, "tau_M": 60.0, "productivity": THIN}, "next to nothing is traded"),
    ],
)  # fmt: skip
def test_a_world_without_an_equilibrium_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NoEquilibrium, match=reason):
        solve(world(**changes))


def test_a_batch_gives_the_numbers_of_single_worlds_corners_and_refusals_included() -> None:
    grid = {"tau_M": [1.02, 1.1, 1.5, float("inf")], "L[0]": [0.05, 0.9, 1.3, 9.0]}
    table = sweep(world(), grid)
    assert table.refused == 0
    for point in range(len(table)):
        L, tau_M = float(table["L[0]"][point]), float(table["tau_M"][point])
        eq = solve(world(L=[L, 1.0], tau_M=tau_M))
        for name in ("wage", "welfare", "R", "E_M", "cutoff_XM", "mass_entrants", "share_both", "alpha_X"):
            for i, country in enumerate(("Home", "Foreign")):
                got = table[f"{name}[{country}]"][point]
                # two routes to a root of a well-scaled world
                assert np.isclose(got, eq[name][i], rtol=1e-11, atol=1e-13, equal_nan=True), (name, L, tau_M)


def test_a_sweep_into_one_way_borders_refuses_those_points_alone() -> None:
    table = sweep(world(tau_X=["inf", 1.3]), {"tau_M[1]": [1.2, float("inf")]})
    assert list(table["status"]) == ["certified", "refused"]
    assert "Home can sell nothing abroad" in table["reason"][1]


def test_simulated_firms_add_up_to_the_aggregates() -> None:
    eq = solve(world(tau_M=1.1, productivity={"family": "lognormal", "mu": 0.0, "sd": 0.4}, f_E=0.5))
    firms = simulate(eq, 400_000, seed=3)
    for i in (0, 1):
        mine = firms["country"] == i
        weight = firms["weight"][mine]
        for column, variable in {"revenue": "R", "inputs": "E", "inputs_imported": "E_M"}.items():
            total = (firms[column][mine] * weight).sum()
            assert total == pytest.approx(eq[variable][i], rel=0.03), column  # 400,000 draws of a skewed law
        for column, variable in {"active": "mass_active"}.items():
            assert (firms[column][mine] * weight).sum() == pytest.approx(eq[variable][i], rel=0.02), column
        both = (firms["exporter"] & firms["importer"])[mine]
        assert both.sum() / firms["active"][mine].sum() == pytest.approx(eq["share_both"][i], abs=0.01)


def test_a_firm_at_a_cutoff_earns_nothing_from_what_it_just_takes_up() -> None:
    eq = solve(world())
    phi = eq["cutoff_D"][0]
    at = schedule(eq, [phi * (1 - 1e-9), phi, phi * (1 + 1e-6)])
    assert not at["sells"][0, 0, 0]
    assert at["sells"][0, 0, 2]
    assert abs(at["profit"][0, 0, 2]) < 1e-4  # a millionth above the cutoff
    assert np.all(
        schedule(eq, np.exp(np.linspace(-0.5, 2.5, 400)))["profit"] >= -1e-15
    )  # rounding of a profit near one


def test_welfare_and_trade_split_into_parts_that_add_up() -> None:
    scenario = {**world(), "counterfactual": {"parameters": {"tau_M": 1.02, "L": [1.5, 1.0], "f_D": 1.1}}}
    splits = compare(scenario).decompositions
    assert set(splits) == {"welfare", "trade"}
    for split in splits.values():
        assert split.gap < 1e-12  # logs of certified numbers


def test_the_figure_of_cutoffs_draws_what_the_best_mode_earns() -> None:
    eq = solve(world())
    definition = str(draw("cutoffs", world()).to_dict())
    for cutoff in eq["cutoff"][0]:
        assert repr(float(cutoff)) in definition
    beyond = float(eq["cutoff"][0].max()) * 1.1
    assert (schedule(eq, [beyond])["profit"][0] > 0.0).all()
