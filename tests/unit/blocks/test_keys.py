"""What keys mean: which entries they name, and copies with those entries changed."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.core.paths import parse_path
from phistar.models.melitz.model import Melitz

PARETO = {"family": "pareto", "k": 4.5, "scale": 1.0}
WORLD = {"sigma": 3.0, "L": [1.0, 2.0, 4.0], "tau": [[1.0, 1.2, "inf"], [1.3, 1.0, 1.4], [1.5, 1.6, 1.0]],
         "f": {"domestic": 1.0, "export": 2.0}, "productivity": PARETO}  # fmt: skip


@pytest.fixture
def world() -> Melitz:
    return Melitz.build(WORLD)


def test_a_word_means_all_its_entries_and_an_index_one(world: Melitz) -> None:
    assert world.scale(parse_path("L"), 2.0).L.tolist() == [2.0, 4.0, 8.0]
    assert world.scale(parse_path("L[1]"), 2.0).L.tolist() == [1.0, 4.0, 4.0]
    assert world.lookup(parse_path("L[2]")).tolist() == [4.0]


def test_iceberg_costs_alone_mean_every_foreign_pair(world: Melitz) -> None:
    assert world.assign(parse_path("tau"), 1.1).tau == pytest.approx(np.where(np.eye(3), 1.0, 1.1))
    assert world.assign(parse_path("tau.domestic"), 1.1).tau.diagonal() == pytest.approx([1.1] * 3)
    assert world.lookup(parse_path("f.export")).tolist() == [2.0] * 6


def test_a_closed_border_stays_closed_unless_it_is_given_a_cost(world: Melitz) -> None:
    assert world.scale(parse_path("tau"), 0.9).tau[0, 2] == np.inf
    assert world.shift(parse_path("tau"), 0.1).tau[0] == pytest.approx([1.0, 1.3, np.inf])
    assert world.assign(parse_path("tau[0][2]"), 1.7).tau[0, 2] == pytest.approx(1.7)


def test_countries_that_share_a_distribution_keep_sharing_it(world: Melitz) -> None:
    together = world.assign(parse_path("productivity.k"), 5.0)
    assert together.families[0] is together.families[2]
    apart = world.assign(parse_path("productivity[1].k"), 5.0)
    assert [family.k for family in apart.families] == [4.5, 5.0, 4.5]


def test_equal_tables_give_one_shared_distribution() -> None:
    world = Melitz.build({**WORLD, "productivity": [PARETO, {**PARETO, "k": 5.0}, dict(PARETO)]})
    assert world.families[0] is world.families[2]


def test_an_array_of_values_makes_a_batch_and_take_selects_of_it(world: Melitz) -> None:
    batch = world.assign(parse_path("sigma"), np.array([2.5, 3.0, 3.5])).assign(parse_path("L[0]"), np.ones(3))
    assert batch.is_batch
    assert batch.points == 3
    assert batch.take(np.array([0, 2])).sigma.tolist() == [2.5, 3.5]
    assert batch.take(np.array([0, 2])).f.shape == (3, 3, 1)


def test_two_bounds_of_a_distribution_are_taken_together() -> None:
    bounded = {"family": "bounded_pareto", "k": 4.5, "lower": 1.0, "upper": 9.0}
    batch = Melitz.build({**WORLD, "productivity": bounded}).assign(
        parse_path("productivity.upper"), np.arange(3) + 8.0
    )
    both = batch.assign(parse_path("productivity.lower"), np.array([1.0, 2.0, 7.0])).take(np.array([1, 2]))
    assert both.families[0].lower.tolist() == [2.0, 7.0]
    assert both.families[0].upper.tolist() == [9.0, 10.0]


def test_what_can_be_varied_is_listed_without_what_has_no_part() -> None:
    free, fixed = Melitz.build(WORLD), Melitz.build({**WORLD, "entry": "fixed", "J": 1.0})
    assert {path.text for path in free.movable()} == {
        "sigma", "L", "tau", "f.domestic", "f.export", "f_e", "delta", "productivity.k", "productivity.scale",
    }  # fmt: skip
    assert {path.text for path in fixed.movable()} >= {"J"}
    assert not {path.text for path in fixed.movable()} & {"f_e", "delta"}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("sigma[0]", "is one number for all countries"),
        ("tau[0]", "does not point at an entry: write tau, tau.domestic, tau.export or tau[origin][destination]"),
        ("f.exprt", "does not point at an entry: write f.domestic, f.export or f[origin][destination]"),
        ("L.Home", "does not point at an entry: write L or L[country]"),
        ("tua", "is not a known parameter: did you mean tau?"),
        ("tau[0][7]", "is out of range for 3 countries"),
        ("entry", "is not a number that can be varied: those are sigma, L, tau, f, f_e, delta, J, productivity.KEY"),
        ("J", 'has no part here: set entry = "fixed"'),
        ("productivity", "does not name a parameter of the distribution"),
        ("productivity.shape", "is not a parameter of pareto"),
        ("productivity[4].k", "is out of range"),
    ],
)
def test_a_key_that_means_nothing_is_refused_with_the_reason(world: Melitz, key: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        world.assign(parse_path(key), 2.0)
    assert key in str(caught.value)
    assert says in str(caught.value)
