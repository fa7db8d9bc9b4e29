"""How friction follows what a linearisation misses."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.numerics import friction


def test_friction_falls_where_the_linearisation_holds_and_grows_where_it_fails():
    after = friction.adapted(np.ones(4), np.array([0.01, 0.4, 0.9, 7.0]), np.ones(4))
    assert np.all(np.diff(after) > 0.0)
    assert after[0] < after[1] < 1.0 < after[2] < after[3]


@pytest.mark.parametrize(("norm", "least"), [(1e-9, 1e-9), (10.0, 1e-3)])
def test_after_a_failed_step_no_friction_becomes_some_though_less_near_a_root(norm, least):
    assert friction.adapted(0.0, 2.0, norm) == least
    assert friction.adapted(0.0, 0.5, norm) == 0.0


def test_misses_count_in_full_again_where_nothing_is_gained():
    early, late = friction.tube(np.array([0, 20]))
    assert early > late == 0.0


def test_strides_grow_with_what_is_missing_up_to_a_last():
    near, far, farther, lost = friction.longest(np.array([1e-3, 100.0, 200.0, np.inf]))
    assert near < far < farther < lost < np.inf
