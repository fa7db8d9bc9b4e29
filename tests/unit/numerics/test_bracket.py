"""Roots of falling gaps: next to a wall, between walls, beyond the last, and where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from phistar.numerics.bracket import Bracket

Gap = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def root(
    gap: Gap, start: float, walls: list[float] | None = None, beyond: float = -np.inf, looks: int = 60
) -> tuple[float, int]:
    """Follow the bracket to the root; return it with the number of looks."""
    w = np.array([start])
    bracket = Bracket.around(w, None if walls is None else np.array([walls]), np.array([beyond]))
    for look in range(looks):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value, slope = gap(w)
            step = -value / slope
        bracket = bracket.seen(w, value)
        if np.abs(value[0]) < 1e-12 or bracket.closed_up(w)[0]:
            return float(w[0]), look + 1
        w = bracket.next(w, value, step)
    raise AssertionError(f"not found in {looks} looks: {w}")


def of_parts(parts: list[tuple[float, float, float]], log_target: float) -> Gap:
    """Return the log gap of a level made of parts that end at walls, each a power of the distance to its own."""

    def gap(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        level = slope = np.zeros_like(w)
        for wall, scale, power in parts:
            t = np.maximum(wall - w, 0.0)
            level = level + scale * t**power
            slope = slope - scale * power * np.where(t > 0.0, t, np.inf) ** (power - 1.0)
        return np.log(level) - log_target, slope / level

    return gap


@pytest.mark.parametrize("start", [-30.0, 0.0, 0.999999, 1.0, 40.0])
@pytest.mark.parametrize("log_distance", [1.0, -3.0, -12.0, -25.0])
def test_a_power_of_the_distance_to_a_wall_is_solved_in_few_looks(start, log_distance):
    found, looks = root(of_parts([(1.0, 1.0, 2.5)], 2.5 * log_distance), start, [1.0])
    assert found == pytest.approx(1.0 - np.exp(log_distance), abs=1e-11 * np.exp(log_distance) + 3e-15)
    assert looks <= 15


@pytest.mark.parametrize("target", [1e-9, 1e-3, 0.5, 0.999, 1.001, 30.0, 1e6])
def test_a_root_is_found_on_either_side_of_a_wall_between(target):
    # Far from its end the first part is nearly flat: it is the second that makes the level fall.
    gap = of_parts([(4.0, 0.25, 1.0), (0.0, 1e4, 2.0)], np.log(target))
    found, _ = root(gap, -20.0, [4.0, 0.0])
    # Next to a wall neighbouring floats differ by as much in the log.
    assert gap(np.array([found]))[0][0] == pytest.approx(0.0, abs=1e-6)


def test_a_root_beyond_the_last_wall_is_found():
    def gap(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        level = np.maximum(1.0 - w, 0.0) + 5.0
        return np.log(level) - w, -np.where(w < 1.0, 1.0, 0.0) / level - 1.0

    found, _ = root(gap, -3.0, [1.0], beyond=np.log(5.0) - 1.0)
    assert found == pytest.approx(np.log(5.0), abs=1e-11)


@pytest.mark.parametrize("start", [-20.0, 0.0, 12.0])
def test_without_walls_thin_tails_are_no_obstacle(start):
    def gap(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 3.0 - np.exp(w), -np.exp(w)

    assert root(gap, start)[0] == pytest.approx(np.log(3.0), abs=1e-11)


def test_a_jump_is_closed_in_on():
    def gap(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.where(w < 0.25, 2.0 - 1e-3 * w, -1.0 - 1e-3 * w), np.full_like(w, -1e-3)

    found, _ = root(gap, -5.0, looks=120)
    assert found == pytest.approx(0.25, abs=1e-14)
