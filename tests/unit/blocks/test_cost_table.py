"""Tabulated excess moments against the moments they stand for."""

from typing import Any

import numpy as np
import pytest

from phistar.blocks.cost import Costs, TabulatedCosts, from_spec, stand_in

TABLES: dict[str, dict[str, Any]] = {
    "beta": {"family": "beta", "a": 1.6, "b": 2.2, "lower": 0.1, "c_M": 1.2},
    "beta with poles": {"family": "beta", "a": 0.6, "b": 0.55, "lower": 0.1},
    "peaked beta": {"family": "beta", "a": 30.0, "b": 12.0},
    "truncated lognormal": {"family": "truncated_lognormal", "mu": -0.4, "sd": 0.5, "lower": 0.25, "c_M": 1.5},
    "narrow lognormal": {"family": "truncated_lognormal", "mu": -0.4, "sd": 0.02, "c_M": 1.5},
    "lognormal": {"family": "lognormal", "mu": 0.5, "sd": 0.4},
    "spliced": {"family": "lognormal_pareto", "mu": 0.5, "sd": 0.4, "k": 3.0},
    "weibull": {"family": "weibull", "shape": 1.5, "scale": 2.0},
    "bounded pareto": {"family": "bounded_pareto", "k": 2.0, "lower": 0.8, "upper": 6.0},
    "uniform": {"family": "uniform", "lower": 0.2, "c_M": 1.0},
}
HIGHEST = 2.0


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_table_reads_moments_far_into_the_tail_and_beyond_the_support(table: dict[str, Any]) -> None:
    cost = from_spec(table)
    x = np.exp(np.random.default_rng(2).uniform(-2.5, np.log(HIGHEST), (30, 20)))
    read = TabulatedCosts([cost], HIGHEST).moments(x, 2)
    # what the table is made to, and what each derivative may lose of it near the least cost
    for order, (got, want) in enumerate(zip(read, cost.moments(x, 2), strict=True)):
        assert np.allclose(got, want, rtol=(2e-4, 1e-6, 3e-9)[order], atol=1e-13), order


def test_origins_keep_their_own_row() -> None:
    members = [from_spec(TABLES[name]) for name in ("beta", "uniform", "weibull", "beta")]
    x = np.linspace(0.3, 1.9, 12).reshape(4, 3)
    for got, want in zip(TabulatedCosts(members, HIGHEST).moments(x, 2), Costs(members).moments(x, 2), strict=True):
        assert np.allclose(got, want, rtol=1e-6)


def test_slopes_read_are_those_of_the_moments_read() -> None:
    table = TabulatedCosts([from_spec(TABLES["lognormal"])], HIGHEST)
    x, h = np.linspace(0.3, 1.9, 50)[None], 1e-6
    up, down, here = (table.moments(x + step, 2) for step in (h, -h, 0.0))
    for order in (1, 2):
        # central differences of step 1e-6: rounding over the step
        assert np.allclose((up[order] - down[order]) / (2 * h), order * here[order - 1], rtol=1e-6, atol=1e-9)


def test_a_table_stands_in_only_where_it_pays_and_can() -> None:
    slow, quick = Costs([from_spec(TABLES["beta"])] * 30), Costs([from_spec(TABLES["uniform"])] * 30)
    atoms = Costs([from_spec({"family": "empirical", "values": [1.0, 2.0]})] * 30)
    assert isinstance(stand_in(slow, HIGHEST, 900), TabulatedCosts)
    assert stand_in(slow, HIGHEST, 9) is slow
    assert stand_in(quick, HIGHEST, 900) is quick
    assert stand_in(atoms, HIGHEST, 900) is atoms
    varied = Costs([from_spec(TABLES["beta"]).with_parameters(a=np.array([1.0, 2.0]))] * 30, batch_axes=1)
    assert stand_in(varied, HIGHEST, 1800) is varied
