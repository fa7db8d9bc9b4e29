"""What is shared between equations, outcomes and audit, and whether entrants are determined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.models.melitz_ottaviano import equations as eq
from phistar.models.melitz_ottaviano.determinacy import apart, clearly_apart, unique_entrants
from phistar.models.melitz_ottaviano.draws import over_destinations, over_origins
from phistar.models.melitz_ottaviano.model import MelitzOttaviano
from phistar.numerics.duals import seed, value_of

P = np.array([0.9, 0.7])


def world() -> Any:
    cost = {"family": "pareto", "c_M": 0.8, "k": 2.2}
    return MelitzOttaviano.build({"alpha": 2.0, "L": [5.0, 3.0], "tau": [[1.0, 1.4], [1.6, 1.1]], "cost": cost})


def test_draws_at_the_same_thresholds_are_taken_once() -> None:
    m = world()
    first = eq.draws(m, P)
    assert eq.draws(m, P.copy()) is first
    more = eq.draws(m, P, 4)
    assert len(more.reach) == 5
    assert eq.draws(m, P) is more


def test_draws_at_other_thresholds_are_taken_anew() -> None:
    m = world()
    low, high = eq.draws(m, P), eq.draws(m, 1.1 * P)
    assert np.all(high.reach[2] > low.reach[2])
    assert np.array_equal(high.cutoff, 1.1 * P / m.tau)


def test_draws_at_duals_do_not_stand_for_those_at_their_values() -> None:
    m = world()
    plain = eq.draws(m, P)
    (moving,) = seed([P])
    moved = eq.draws(m, moving)
    assert moved is not plain
    assert np.allclose(value_of(moved.reach[1]), plain.reach[1], rtol=1e-15, atol=0)
    assert isinstance(eq.draws(m, P).reach[1], np.ndarray)


def test_sums_over_a_pair_are_the_same_for_one_world_a_batch_and_duals() -> None:
    rng = np.random.default_rng(5)
    of_a_draw = rng.random((3, 4))
    by_origin, by_destination = rng.random(3), rng.random(4)
    for total, weight, subscripts in (
        (over_origins, by_origin, "i,ij->j"),
        (over_destinations, by_destination, "j,ij->i"),
    ):
        want = np.einsum(subscripts, weight, of_a_draw)
        # orders of summation differ by some ulps
        assert np.allclose(total(weight, of_a_draw), want, rtol=1e-15, atol=0)
        batch = total(np.stack([weight, 2.0 * weight], -1), np.stack([of_a_draw, of_a_draw], -1))
        assert np.allclose(batch, np.stack([want, 2.0 * want], -1), rtol=1e-15, atol=0)
        moving_weight, moving_draw = seed([weight, of_a_draw])
        one = total(moving_weight, of_a_draw)
        assert np.allclose(value_of(one), want, rtol=1e-15, atol=0)
        assert np.allclose(value_of(total(weight, moving_draw)), want, rtol=1e-15, atol=0)
        # a sum's slopes in its weights are what it weighs
        slopes = of_a_draw if total is over_origins else of_a_draw.T
        assert np.array_equal(one.gradient[: weight.size], slopes)


def near_dependence(distance: float, count: int = 6, seed_: int = 2) -> np.ndarray:
    """Outputs of origins of which the last is the mean of the others, but for a share `distance`."""
    rng = np.random.default_rng(seed_)
    rows = rng.uniform(0.1, 1.0, (count, count)) + 2.0 * np.eye(count)
    rows[-1] = (1.0 - distance) * rows[:-1].mean(axis=0) + distance * rows[-1]
    return np.asarray(rows)


@pytest.mark.parametrize("distance", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
def test_what_the_products_show_the_triangle_shows_too(distance: float) -> None:
    for seed_ in range(20):
        rows = near_dependence(distance, seed_=seed_)
        largest = rows.max(axis=1)
        assert apart(rows, largest) or not clearly_apart(rows, largest)


def test_entrants_are_determined_down_to_rounding_and_no_further() -> None:
    everybody = np.ones(6)
    assert clearly_apart(near_dependence(1.0), near_dependence(1.0).max(axis=1))
    assert not clearly_apart(near_dependence(1e-9), near_dependence(1e-9).max(axis=1))
    assert unique_entrants(near_dependence(1.0), everybody)
    assert unique_entrants(near_dependence(1e-9), everybody)
    assert not unique_entrants(near_dependence(0.0), everybody)


def test_only_those_who_enter_can_take_the_place_of_others() -> None:
    outputs = near_dependence(0.0)
    assert unique_entrants(outputs, np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0]))
    assert unique_entrants(outputs, np.zeros(6))
    assert not unique_entrants(outputs[:, :5], np.ones(6))


def test_scales_of_origins_play_no_part() -> None:
    scale = np.array([1e-140, 1e-60, 1e-9, 1.0, 1e40, 1e120])[:, None]
    assert unique_entrants(scale * near_dependence(1.0), np.ones(6))
    assert not unique_entrants(scale * near_dependence(0.0), np.ones(6))
