import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.core.parameters import (
    Parameter,
    count_countries,
    read_country,
    read_index,
    read_matrix,
    read_number,
    read_parameters,
)

TAU = Parameter("tau", "matrix", "tau", "iceberg cost", default=1.0, lower=1.0, diagonal=1.0, infinite=True)
F = Parameter("f", "matrix", "f", "fixed cost", default=1.0, lower=0.0, strict=True)
L = Parameter("L", "country", "L", "labour", default=1.0, lower=0.0, strict=True)


def test_a_scalar_iceberg_cost_stands_off_the_diagonal():
    np.testing.assert_array_equal(read_matrix(TAU, 1.3, 2), [[1.0, 1.3], [1.3, 1.0]])


def test_a_matrix_is_read_origin_by_destination_and_not_transposed():
    np.testing.assert_array_equal(read_matrix(TAU, [[1, 1.2], [1.7, 1]], 2), [[1.0, 1.2], [1.7, 1.0]])


def test_domestic_and_export_fill_the_diagonal_and_the_rest():
    np.testing.assert_array_equal(read_matrix(F, {"domestic": 1.0, "export": 2.0}, 2), [[1.0, 2.0], [2.0, 1.0]])


def test_the_word_inf_is_a_number_where_allowed():
    assert read_number(TAU, "inf", "tau") == np.inf
    with pytest.raises(InputError, match="must be a finite number"):
        read_number(L, "inf", "L")


@pytest.mark.parametrize("value", [True, "two", None, [1], float("nan"), {}])
def test_what_is_not_a_number_is_refused(value):
    with pytest.raises(InputError, match=r"^L = "):
        read_number(L, value, "L")


def test_lists_that_disagree_in_length_are_refused_by_name():
    with pytest.raises(InputError, match=r"L has 3 entries but tau has 2"):
        count_countries((TAU, L), {"tau": [[1, 1], [1, 1]], "L": [1, 2, 3]})


def test_a_world_without_countries_is_refused():
    with pytest.raises(InputError, match="at least one country"):
        count_countries((L,), {"L": []})


def test_a_ragged_matrix_is_refused_with_its_row():
    with pytest.raises(InputError, match=r"^tau\[1\]"):
        read_matrix(TAU, [[1, 1.2], [1.7]], 2)


def test_a_scalar_means_the_same_in_every_country():
    np.testing.assert_array_equal(read_country(L, 2, 3), [2.0, 2.0, 2.0])


def test_absent_parameters_take_their_defaults():
    read = read_parameters((TAU, L), {}, 2)
    np.testing.assert_array_equal(read["tau"], np.ones((2, 2)))
    np.testing.assert_array_equal(read["L"], np.ones(2))


@pytest.mark.parametrize(("value", "index"), [(1, 1), ("B", 1), (0, 0)])
def test_a_country_is_read_by_index_or_name(value, index):
    assert read_index(value, ("A", "B")) == index


@pytest.mark.parametrize("value", [2, -1, 0.5, "C", True])
def test_a_country_that_is_not_there_is_refused(value):
    with pytest.raises(InputError):
        read_index(value, ("A", "B"))
