"""Roots of increasing functions that jump where a cutoff crosses an atom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from phistar.models.vertical_specialization.jumps import root_or_sides
from phistar.models.vertical_specialization.market import Worlds

ATOMS = (np.sort(np.random.default_rng(1).normal(0.0, 1.0, 40)), np.empty(0))


@dataclass(frozen=True)
class At(Worlds):
    x: np.ndarray
    log_cutoff: np.ndarray


class Stairs:
    """At x the cutoff is sinh(x); the function rises by `rise` at each atom, and by `slope` times x in between."""

    def __init__(self, slope: float, rise: float, zero: np.ndarray) -> None:
        self.slope, self.rise, self.zero, self.calls = slope, rise, zero, 0

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, At]:
        self.calls += 1
        cutoff = np.full((2, 4, x.size), np.nan)
        cutoff[0, 1] = np.sinh(x)
        cutoff[1] = 0.0
        below = np.searchsorted(ATOMS[0], cutoff[0, 1])
        return self.slope * x + self.rise * below - self.zero, np.full(x.shape, self.slope), At(x, cutoff)


@pytest.mark.parametrize("slope", [1e-3, 1.0, 30.0])
def test_a_function_is_zero_or_jumps_over_zero_where_it_is_said_to(slope: float) -> None:
    zero = np.linspace(-5.0 * slope, 40.0 + 5.0 * slope, 161)
    function = Stairs(slope, 1.0, zero)
    low, high, jumps = root_or_sides(function, np.zeros(zero.size), ATOMS)
    for side, sign in ((low, -1.0), (high, 1.0)):
        value = function(side.x)[0]
        assert np.all(np.where(jumps, sign * value >= 0.0, np.abs(value) <= 1e-12))
    # the sides of a jump are neighbours, and stand on both sides of an atom
    assert np.all(np.abs(high.x - low.x)[jumps] <= 1e-13 * (1.0 + np.abs(low.x[jumps])))
    atom = np.searchsorted(ATOMS[0], high.log_cutoff[0, 1]) - np.searchsorted(ATOMS[0], low.log_cutoff[0, 1])
    assert np.array_equal(atom == 1, jumps)
    assert jumps.any()


def test_a_jump_is_found_in_fewer_steps_than_halving_takes() -> None:
    for zero in (0.5, 10.5, 25.5):
        function = Stairs(1e-3, 1.0, np.array([zero]))
        _, _, jumps = root_or_sides(function, np.zeros(1), ATOMS)
        assert jumps.all()
        assert function.calls < 40  # halving a bracket of one down to rounding takes fifty


def test_a_jump_that_no_atom_explains_is_found_all_the_same() -> None:
    def step(x: np.ndarray) -> tuple[np.ndarray, None, At]:
        return np.where(x < 0.3, -1.0, 2.0) + 0.1 * x, None, At(x, np.zeros((2, 4, x.size)))

    low, high, jumps = root_or_sides(step, np.zeros(1), (np.empty(0), np.empty(0)))
    assert jumps.all()
    assert low.x[0] < 0.3 <= high.x[0]
    assert high.x[0] - low.x[0] < 1e-13


def test_a_side_of_a_jump_that_meets_zero_is_the_root() -> None:
    atom = ATOMS[0][20]

    def to_zero(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, At]:
        cutoff = np.full((2, 4, x.size), np.nan)
        cutoff[0, 1], cutoff[1] = x, 0.0
        # rounding, above the atom: of either sign
        return np.where(x > atom, 1e-14 * np.array([1.0, -1.0]), -2.0), np.full(2, 1e-3), At(x, cutoff)

    low, high, jumps = root_or_sides(to_zero, np.full(2, atom - 0.1), ATOMS)
    assert not jumps.any()
    assert np.array_equal(low.x, high.x)
    assert np.all(low.x > atom)


def test_what_held_where_the_function_is_no_number_is_told() -> None:
    def partly(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, At]:
        return np.where(np.abs(x - 2.0) < 0.5, np.nan, x - 2.0), np.ones(x.shape), At(x, np.zeros((2, 4, x.size)))

    low, _, jumps = root_or_sides(partly, np.zeros(1), (np.empty(0), np.empty(0)))
    assert not jumps.any()
    assert abs(low.x[0] - 2.0) < 0.5
