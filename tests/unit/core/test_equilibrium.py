import json

import numpy as np
import pytest

import phistar
from phistar.core.certificate import Certificate
from phistar.core.equilibrium import plain, to_json
from phistar.core.errors import InputError
from phistar.core.version import VERSION

SCENARIO = {
    "model": "melitz",
    "parameters": {
        "sigma": 4.0, "L": [2.0, 1.0], "tau": [[1.0, 1.3], [1.6, 1.0]], "f": {"domestic": 1.0, "export": 1.5},
        "productivity": {"family": "pareto", "k": 4.25, "scale": 1.0},
    },
    "countries": {"names": ["Home", "Foreign"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def equilibrium():
    return phistar.solve(SCENARIO)


def test_json_keeps_full_double_precision(equilibrium):
    read = json.loads(equilibrium.to_json())
    assert read["phistar"] == VERSION == phistar.__version__
    assert read["variables"]["trade_flow"]["values"] == equilibrium["trade_flow"].tolist()


def test_the_parameters_of_a_result_solve_to_the_same_result(equilibrium):
    again = phistar.solve({"model": "melitz", "parameters": equilibrium.to_dict()["parameters"]})
    np.testing.assert_array_equal(again["welfare"], equilibrium["welfare"])


def test_frames_and_datasets_label_origin_before_destination(equilibrium):
    frame = equilibrium.to_frame()
    row = frame[(frame.variable == "trade_flow") & (frame.origin == "Home") & (frame.destination == "Foreign")]
    assert row.value.item() == equilibrium["trade_flow"][0, 1]
    data = equilibrium.to_xarray()
    assert data.trade_flow.dims == ("origin", "destination")
    assert data.trade_flow.sel(origin="Foreign", destination="Home") == equilibrium["trade_flow"][1, 0]


def test_an_unknown_variable_is_refused_with_the_nearest(equilibrium):
    with pytest.raises(InputError, match="did you mean welfare"):
        equilibrium["wellfare"]


def test_infinities_are_words_and_undefined_numbers_null():
    text = to_json({"a": np.array([1.0, np.inf, -np.inf, np.nan])})
    assert json.loads(text) == {"a": [1.0, "inf", "-inf", None]}
    assert plain(np.float64(2.0)) == 2.0 and plain(np.bool_(True)) is True and plain(np.int64(3)) == 3


def test_a_residual_that_is_not_a_number_is_never_certified():
    assert not Certificate({"free_entry": float("nan"), "labour": 0.0}).certified
    assert Certificate({"free_entry": float("nan"), "labour": 1.0}).worst == "free_entry"
    assert not Certificate({"labour": 1e-9}).certified
    assert Certificate({"labour": 1e-11}).certified
