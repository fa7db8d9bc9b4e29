"""Slopes of the named equations where atoms mix, against dual numbers."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.models.melitz import equations as eq
from phistar.models.melitz import linearise
from phistar.models.melitz.model import Melitz
from phistar.numerics.duals import gradient_of, seed

NAMES = ("log_wage", "log_demand", "atom_share")
ATOMS = {"family": "empirical", "values": [0.8, 1.0, 1.7, 2.2], "weights": [4.0, 3.0, 2.0, 1.0]}
OTHERS = [{"family": "lognormal", "mu": 0.1, "sd": 0.6}, {"family": "weibull", "shape": 1.5, "scale": 1.2}]


@pytest.mark.parametrize("fixed_cost", ["market", "overhead"])
@pytest.mark.parametrize("entry", [{"entry": "free", "f_e": 0.3}, {"entry": "fixed", "J": [1.0, 2.0, 0.7]}])
def test_the_slopes_are_those_of_dual_numbers(fixed_cost, entry):
    rng = np.random.default_rng(5)
    given = {
        "sigma": 3.5, "L": [1.0, 2.0, 0.6], "tau": (1.0 + rng.uniform(0.1, 0.8, (3, 3)) * (1.0 - np.eye(3))).tolist(),
        "f": rng.uniform(0.2, 1.5, (3, 3)).tolist(), "productivity": [ATOMS, *OTHERS],
    }  # fmt: skip
    m = Melitz.build(given | entry | {"fixed_cost": fixed_cost})
    x = m.find()
    # Two lotteries of unlike shares in the first country, and a last share that moves nothing.
    log_at, group = np.full((3, 3), np.nan), np.full((3, 3), -1)
    log_at[0], group[0, 0], group[0, 2] = np.log([1.0, 1.7, 1.7]), 0, 1
    x = {"log_wage": x["log_wage"], "log_demand": x["log_demand"]}
    x |= {"atom_share": np.array([0.3, 0.8, 1.0]), "_log_at": log_at, "_group": group}
    duals = dict(zip(NAMES, seed([x[name] for name in NAMES]), strict=True))
    size = sum(x[name].size for name in NAMES)
    found = linearise.slopes(m, x, eq.selection(m, x))
    stated = m.equations({**x, **duals})
    assert list(found) == list(stated)
    for name, residual in stated.items():
        np.testing.assert_allclose(found[name].T, gradient_of(residual, size), rtol=1e-11, atol=1e-12, err_msg=name)


def test_however_few_of_the_last_atom_sell_they_keep_their_digits():
    m = Melitz.build({"sigma": 3.0, "L": [1.0], "tau": 1.0, "f": 1.0, "f_e": 1e-9, "productivity": ATOMS})
    log_at, share = np.log([[2.2]]), 1e-12
    x = {"log_wage": np.zeros(1), "log_demand": np.zeros(1), "atom_share": np.array([share, 1.0])}
    sellers = eq.selection(m, x | {"_log_at": log_at, "_group": np.zeros((1, 1), dtype=int)})
    assert sellers.survival[0, 0] == pytest.approx(0.1 * share, rel=1e-14)
    assert np.exp(sellers.log_moment[0, 0]) == pytest.approx(0.1 * share * 2.2**2, rel=1e-13)
    # off its atom a cutoff leaves the idle out of profit too: (atom/x)^s - 1 for each who sells
    worth = np.expm1(2.0 * (log_at - sellers.log_x)[0, 0])
    assert eq.expected_profit(m, sellers)[0] == pytest.approx(0.1 * share * worth, rel=1e-12)
