"""Verdicts on cells."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.replicate.results import (
    BY_READING,
    NOT_REPRODUCED,
    REPRODUCED,
    count_cell,
    digits_agreed,
    number_cell,
    range_cell,
)
from phistar.replicate.worlds import latin_hypercube


@pytest.mark.parametrize(
    ("stated", "computed", "verdict"),
    [
        ("0.2829", 0.28293, REPRODUCED),
        ("0.2829", 0.28296, NOT_REPRODUCED),
        (".4218", 0.4217455, BY_READING),
        (".4217", 0.4217455, REPRODUCED),
        (".4219", 0.4217455, NOT_REPRODUCED),
        ("1", 1.0, REPRODUCED),
        ("1", 1.6, NOT_REPRODUCED),
        ("0.5", float("nan"), NOT_REPRODUCED),
    ],
)
def test_a_number_is_reproduced_if_it_rounds_to_what_is_printed(stated: str, computed: float, verdict: str) -> None:
    assert number_cell("row", "column", stated, computed).verdict == verdict


def test_a_number_under_a_reading_is_reproduced_so_and_never_by_the_reading_alone() -> None:
    assert number_cell("r", "c", "5.458", 5.4584975, reading="full response").verdict == BY_READING
    assert number_cell("r", "c", "5.458", 5.5054768, reading="full response").verdict == NOT_REPRODUCED


def test_a_number_of_many_digits_may_be_promised_to_fewer() -> None:
    assert number_cell("r", "c", "0.6999271023161167", 0.6999271023161999).verdict == NOT_REPRODUCED
    assert number_cell("r", "c", "0.6999271023161167", 0.6999271023161999, within=1e-10).verdict == REPRODUCED
    assert number_cell("r", "c", "0.6999271023161167", 0.69992711, within=1e-10).verdict == NOT_REPRODUCED


def test_a_cell_without_a_stated_number_has_no_verdict() -> None:
    cell = number_cell("row", "column", "", 3.5)
    assert (cell.verdict, cell.computed, cell.difference) == ("", 3.5, None)


@pytest.mark.parametrize(
    ("stated", "computed", "digits"), [("20.7316", 20.73159, 6), ("5.458", 5.505, 2), (".5", 0.5, 1), ("3", 7.0, 0)]
)
def test_digits_agreed_are_leading_significant_ones(stated: str, computed: float, digits: int) -> None:
    assert digits_agreed(stated, computed) == digits


def test_a_range_is_reproduced_if_the_median_lies_in_it() -> None:
    assert range_cell("r", "c", ".93 to .996", [0.9, 0.95, 0.999], "").verdict == BY_READING
    assert range_cell("r", "c", ".93 to .996", [0.5, 0.6, 0.95], "").verdict == NOT_REPRODUCED


def test_a_count_is_reproduced_within_two_standard_errors() -> None:
    assert count_cell("r", "c", "27 of 30", 203, 240, "").verdict == BY_READING
    assert count_cell("r", "c", "27 of 30", 120, 240, "").verdict == NOT_REPRODUCED


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    u = latin_hypercube(50, 3, seed=4)
    for column in u.T:
        assert sorted((column * 50).astype(int)) == list(range(50))
    assert np.array_equal(u, latin_hypercube(50, 3, seed=4))
    assert not np.array_equal(u, latin_hypercube(50, 3, seed=5))
