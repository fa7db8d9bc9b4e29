"""Comparisons that claims come down to: signs, orders, bounds and equality, world by world."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.replicate.comparisons import all_go, ascends, below, falling, goes, rising, same

#: (world)
CHANGE = np.array([1e-3, -1e-3, 1e-12, np.nan])


@pytest.mark.parametrize(
    ("sign", "told"),
    [(1, [True, False, False, False]), (-1, [False, True, False, False]), (0, [False, False, True, False])],
)
def test_a_change_within_rounding_is_none_and_what_is_not_a_number_has_no_sign(sign: int, told: list[bool]) -> None:
    assert goes(CHANGE, sign, 1e-9).tolist() == told


def test_a_change_of_several_entries_has_a_sign_only_if_all_have_it() -> None:
    two = np.array([[1.0, 1.0, -1.0], [1.0, -1.0, -1.0]])
    assert goes(two, 1, 0.0).tolist() == [True, False, False]
    assert goes(two[:, None, :], -1, 0.0).tolist() == [False, False, True]
    assert all_go([(two[0], 1), (two[1], -1)], 0.0).tolist() == [False, True, False]


def test_a_chain_ascends_if_each_link_exceeds_the_one_before() -> None:
    chain = [np.array([0.0, 0.0]), np.array([1.0, 2.0]), np.array([2.0, 2.0])]
    assert ascends(chain, 1e-9).tolist() == [True, False]


def test_values_rise_or_fall_along_the_first_axis_as_far_as_there_are_any() -> None:
    values = np.array([[1.0, 3.0, 1.0], [2.0, 2.0, 1.0], [3.0, np.nan, 2.0]])
    assert rising(values).tolist() == [True, False, False]
    assert falling(values).tolist() == [False, True, False]


def test_values_are_below_a_bound_by_more_than_rounding() -> None:
    values = np.array([[0.5, 0.5, np.nan], [0.9, 1.0 - 1e-12, 0.2]])
    assert below(values, 1.0, 1e-9).tolist() == [True, False, True]


def test_numbers_are_the_same_up_to_rounding_relative_to_the_second() -> None:
    assert same(np.array([1e6 + 1e-4, 1e6 + 1.0, np.nan]), 1e6, 1e-9).tolist() == [True, False, False]
