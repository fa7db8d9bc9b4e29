"""Liberalize: whose costs fall, how deep, and the paper's results that surprise."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.cli import main
from phistar.core.errors import InputError
from phistar.report.liberalization import liberalization_tables
from phistar.verbs.compare import compare
from phistar.verbs.liberalize import KINDS, liberalize, lowered, make_deal

TWO: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 2.0, "L": [11.0, 10.0], "tau": [[1.0, 1.5], [1.6, 1.0]], "f_E": 0.1,
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.0}},
    "countries": {"names": ["Home", "Foreign"]},
}  # fmt: skip
THREE: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {**TWO["parameters"], "L": [10.0, 11.0, 9.5],
                   "tau": [[1.0, 1.5, 1.6], [1.55, 1.0, 1.5], [1.6, 1.6, 1.0]]},
    "countries": {"names": ["Home", "Foreign", "Third"]},
}  # fmt: skip
#: Changes smaller than this are rounding of two answers near 1e-15.
ROUNDING = 1e-12


def changed(base: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    world = copy.deepcopy(base)
    world["parameters"] |= parameters
    return world


def welfare_change(comparison: Any) -> np.ndarray:
    return np.asarray(comparison.counterfactual["welfare"] - comparison.baseline["welfare"])


# What the paper finds


def test_unilateral_liberalization_loses_in_the_long_run_and_gains_in_the_short() -> None:
    found = liberalize(TWO, kind="unilateral", importer="Home", by=0.1)
    assert found.short is not None
    home, foreign = welfare_change(found.long)
    assert home < -ROUNDING and foreign > ROUNDING
    assert welfare_change(found.short)[0] > ROUNDING
    relocation = found.relocation()
    assert relocation is not None
    assert relocation["change"][0] < 0.0 < relocation["change"][1], "firms leave the liberalizer for its partner"


def test_the_liberalizer_gains_even_in_the_long_run_where_nobody_enters_in_it() -> None:
    corner = changed(TWO, L=[10.0, 30.0], tau=1.2, eta=4.0)
    found = liberalize(corner, kind="unilateral", importer=0, by=0.1)
    assert found.long.baseline["mass_entrants"][0] == 0.0
    assert welfare_change(found.long)[0] > ROUNDING


def test_preferences_hurt_the_country_left_out_in_the_long_run() -> None:
    found = liberalize(THREE, kind="preferential", members=("Home", "Foreign"), by=0.1)
    assert found.short is not None
    change = welfare_change(found.long)
    assert change[0] > ROUNDING and change[1] > ROUNDING and change[2] < -ROUNDING
    surplus = found.short.counterfactual["consumer_surplus"] - found.short.baseline["consumer_surplus"]
    assert abs(surplus[2]) < ROUNDING, "in the short run its consumers are untouched"
    profits = found.short.counterfactual["profit_total"] - found.short.baseline["profit_total"]
    assert profits[2] < -ROUNDING, "but its firms lose"


def test_a_hub_gains_more_than_its_spokes() -> None:
    alike = changed(THREE, L=[10.0] * 3, tau=1.5)
    change = welfare_change(liberalize(alike, kind="hub_and_spoke", hub="Home", by=0.1).long)
    assert change[0] > change[1] > ROUNDING
    assert change[1] == pytest.approx(change[2], rel=1e-9)  # differences of answers good to 1e-15


def test_the_partners_size_matters_only_where_a_country_has_no_entrants() -> None:
    def effect(**world: Any) -> float:
        partner = {"parameters": {"L": [world["L"][0], 1.05 * world["L"][1]]}}
        found = compare({**changed(TWO, **world), "counterfactual": partner})
        return float(welfare_change(found)[0])

    assert abs(effect(L=[11.0, 10.0])) < ROUNDING
    assert effect(L=[10.0, 30.0], tau=1.2, eta=4.0) > 1e-6


def test_everybody_gains_when_all_trade_costs_fall_from_alike() -> None:
    found = liberalize(changed(THREE, tau=1.5), kind="multilateral", to=1.4)
    assert (welfare_change(found.long) > ROUNDING).all()


# Whose costs, and how deep

LOWERED = {
    ("multilateral", ()): [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)],
    ("bilateral", (("members", ("Home", "2")),)): [(0, 2), (2, 0)],
    ("unilateral", (("importer", "Foreign"),)): [(0, 1), (2, 1)],
    ("preferential", (("members", (0, 1)),)): [(0, 1), (1, 0)],
    ("hub_and_spoke", (("hub", "Third"),)): [(0, 2), (1, 2), (2, 0), (2, 1)],
}


@pytest.mark.parametrize(("kind", "given"), LOWERED)
def test_a_deal_lowers_its_own_trade_costs_and_no_others(kind: str, given: Any) -> None:
    deal = make_deal(kind, ("Home", "Foreign", "Third"), dict(given))
    assert [tuple(pair) for pair in np.argwhere(deal.lowered).tolist()] == LOWERED[kind, given]


def test_every_kind_has_a_test() -> None:
    assert {kind for kind, _ in LOWERED} == set(KINDS)


def test_a_cut_takes_a_share_of_what_exceeds_one_or_ends_at_a_level() -> None:
    tau = np.array([[1.1, 1.5], [1.2, 1.0]])
    abroad = ~np.eye(2, dtype=bool)
    assert lowered(tau, abroad, 0.2, None) == pytest.approx(np.array([[1.1, 1.4], [1.16, 1.0]]), rel=1e-15)
    assert lowered(tau, abroad, None, 1.3).tolist() == [[1.1, 1.3], [1.2, 1.0]], "what is lower already stays"


def test_an_infinite_trade_cost_falls_to_a_level_but_not_by_a_share() -> None:
    closed = changed(TWO, tau=[[1.0, "inf"], [1.6, 1.0]])
    assert liberalize(closed, kind="bilateral", to=1.5).tau_cf[0, 1] == 1.5
    with pytest.raises(InputError, match="use --to"):
        liberalize(closed, kind="bilateral", by=0.5)


def test_liberalize_is_compare_with_the_lower_matrix() -> None:
    tau = [[1.0, 1.5, 1.6], [1.55, 1.0, 1.5], [1.6, 1.6, 1.0]]
    tau[0][1], tau[1][0] = 1.2, 1.2
    scenario = {**THREE, "counterfactual": {"parameters": {"tau": tau}}}
    direct = compare(scenario).to_dict()
    found = liberalize(THREE, kind="preferential", members=(0, 1), to=1.2).to_dict()
    assert found["long"]["counterfactual"]["variables"] == direct["counterfactual"]["variables"]
    assert set(found["long"]) == set(found["short"]) == set(direct)


def test_freeness_is_told_where_the_trade_elasticity_is_one_number() -> None:
    assert liberalize(TWO, kind="bilateral", by=0.1).shape == pytest.approx(2.0, rel=1e-9)
    uniform = changed(TWO, cost={"family": "uniform", "lower": 0.1, "c_M": 1.1}, L=10.0, tau=[[1, 1.5], [1.5, 1]])
    assert liberalize(uniform, kind="bilateral", by=0.1).shape is None


def test_a_world_given_in_the_short_run_stays_in_it() -> None:
    short = changed(TWO, horizon="short", incumbents=[20.0, 18.0])
    del short["parameters"]["f_E"]
    found = liberalize(short, kind="unilateral", importer=0, by=0.1)
    assert found.short is None
    assert welfare_change(found.long)[0] > ROUNDING


MELITZ = "examples/two_countries.toml"


def test_a_model_of_one_horizon_gives_the_form_of_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["liberalize", MELITZ, "--kind", "unilateral", "--importer", "0", "--by", "0.5", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert set(found) == {"baseline", "counterfactual", "changes", "decompositions", "liberalization"}
    assert found["liberalization"]["tau_cf"][1][0] == pytest.approx(1.15, rel=1e-15)
    assert "Where firms enter" in err


def test_entry_that_moves_by_rounding_alone_is_printed_as_unmoved() -> None:
    result = liberalize(MELITZ, kind="bilateral", by=1.0)
    entry = liberalization_tables(result)[-1]
    assert entry.title == "Where firms enter"
    assert [row[-2] for row in entry.rows] == ["0", "0", "0"]  # under Pareto entry never moves


def test_the_command_prints_both_horizons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.json").write_text(json.dumps(THREE))
    scenario = str(tmp_path / "w.json")
    assert main(["liberalize", scenario, "--kind", "preferential", "--members", "Home,Foreign", "--to", "1.4"]) == 0
    out = capsys.readouterr().out
    for words in ("long run %", "short run %", "third", "freeness before", "Where firms enter", "lose Third"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "bilaterl", "by": 0.1}, "did you mean bilateral"),
        ({"kind": "bilateral", "by": 0.1}, "--members"),
        ({"kind": "bilateral", "by": 0.1, "members": (0, 1), "hub": 2}, "--hub has no part"),
        ({"kind": "unilateral", "by": 0.1}, "--importer"),
        ({"kind": "unilateral", "by": 0.1, "importer": "Hom"}, "did you mean Home"),
        ({"kind": "unilateral", "by": 0.1, "importer": 3}, "from 0 to 2"),
        ({"kind": "preferential", "by": 0.1, "members": (0, 1, 2)}, "--kind multilateral"),
        ({"kind": "preferential", "by": 0.1, "members": (0, 0)}, "twice"),
        ({"kind": "hub_and_spoke", "by": 0.1}, "--hub"),
        ({"kind": "hub_and_spoke", "by": 0.1, "hub": 0, "members": (0, 1)}, "the hub among its spokes"),
        ({"kind": "hub_and_spoke", "by": 0.1, "hub": 0, "members": (1,)}, "--kind bilateral"),
        ({"kind": "multilateral"}, "--to"),
        ({"kind": "multilateral", "by": 0.1, "to": 1.1}, "one of them"),
        ({"kind": "multilateral", "by": 1.1}, "--by"),
        ({"kind": "multilateral", "by": -0.1}, "--by"),
        ({"kind": "multilateral", "to": 0.9}, "at least 1"),
        ({"kind": "multilateral", "to": float("nan")}, "at least 1"),
        ({"kind": "multilateral", "to": 2.0}, "lowers no trade cost"),
    ],
)
def test_a_deal_that_is_not_understood_is_refused_in_one_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        liberalize(THREE, **given)
