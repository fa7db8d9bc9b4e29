"""Sizes and markups by market, where markups differ between firms: from the distribution itself and as drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.cli import main
from phistar.core.errors import InputError
from phistar.verbs.simulate import market_quantiles, simulate
from phistar.verbs.solve import solve

VARIED: dict[str, Any] = {
    "model": "melitz_ottaviano",
    "parameters": {"alpha": 1.8, "eta": 1.4, "gamma": 1.1, "L": [10.0, 9.0, 11.0], "f_E": [0.1, 0.09, 0.11],
                   "tau": [[1.04, 1.9, 2.1], [2.0, 1.0, 1.8], [2.2, 1.95, 1.02]],
                   "cost": {"family": "pareto", "c_M": 1.0, "k": 2.3}},
    "countries": {"names": ["Home", "Near", "Far"]},
}  # fmt: skip
MIXED = [{"family": "uniform", "lower": 0.1, "c_M": 1.1}, {"family": "beta", "a": 1.6, "b": 2.2, "c_M": 1.4},
         {"family": "truncated_lognormal", "mu": -0.3, "sd": 0.5, "lower": 0.1, "c_M": 1.6}]  # fmt: skip
SHARES = np.array([0.0, 0.1, 0.5, 0.9, 0.999, 1.0])


def varied(**changes: Any) -> Any:
    return solve({**VARIED, "parameters": {**VARIED["parameters"], **changes}})


def test_pareto_quantiles_have_their_closed_form() -> None:
    equilibrium = varied()
    found = market_quantiles(equilibrium, SHARES)
    P = equilibrium["price_threshold"][:, None]
    z = P * (1.0 - SHARES) ** (1 / 2.3)
    L = np.array([[10.0], [9.0], [11.0]])
    # Bisection ends at the resolution of doubles below P.
    assert found["delivered_cost"] == pytest.approx(z, rel=1e-14, abs=1e-15)
    assert found["markup"] == pytest.approx((P - z) / 2, abs=1e-15)
    assert found["price"] == pytest.approx((P + z) / 2, rel=1e-14)
    assert found["quantity"] == pytest.approx(L / 2.2 * (P - z), abs=1e-13)
    assert found["revenue"] == pytest.approx(L / 4.4 * (P**2 - z**2), abs=1e-13)
    assert found["profit"] == pytest.approx(L / 4.4 * (P - z) ** 2, abs=1e-13)


def test_averages_over_quantiles_are_the_reported_means() -> None:
    equilibrium = varied(cost=MIXED)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    found = market_quantiles(equilibrium, (nodes + 1) / 2)
    for name in ("markup", "price", "quantity", "revenue", "profit"):
        mean = found[name] @ weights / 2
        # The quantile function has kinks where an origin's support ends: Gauss converges slowly there.
        assert mean == pytest.approx(equilibrium[f"mean_{name}"], rel=1e-5), name


def test_drawn_firms_have_the_distributions_of_their_markets() -> None:
    equilibrium = varied(cost=MIXED)
    firms = simulate(equilibrium, 100_000, seed=5)
    exact = market_quantiles(equilibrium, [0.5, 0.9])
    for j, name in enumerate(equilibrium.countries):
        columns = {key: firms[f"{key}[{name}]"] for key in ("sales", "markup", "price", "quantity", "profit")}
        sells = columns["sales"] > 0
        order = np.argsort(columns["sales"][sells])
        below = np.cumsum(firms["weight"][sells][order])
        at = order[np.searchsorted(below / below[-1], [0.5, 0.9])]
        for key, drawn in columns.items():
            want = exact["revenue" if key == "sales" else key][j]
            # Some 2 x 10^4 sellers a market: the median of profit has a standard error of about one per cent.
            assert drawn[sells][at] == pytest.approx(want, rel=0.05), key


def test_every_drawn_firm_obeys_the_accounts_of_its_markets() -> None:
    firms = simulate(varied(), 500, seed=2)
    for name in ("Home", "Near", "Far"):
        sells = firms[f"sales[{name}]"] > 0
        price, markup, quantity = (firms[f"{key}[{name}]"][sells] for key in ("price", "markup", "quantity"))
        assert firms[f"sales[{name}]"][sells] == pytest.approx(price * quantity, rel=1e-14)
        assert firms[f"profit[{name}]"][sells] == pytest.approx(markup * quantity, rel=1e-14)
        assert (firms[f"quantity[{name}]"][~sells] == 0).all()
    total = sum(firms[f"profit[{name}]"] for name in ("Home", "Near", "Far"))
    assert firms["profit"] == pytest.approx(total, rel=1e-14)


def test_one_markup_for_all_has_no_distribution() -> None:
    with pytest.raises(InputError, match="one markup"):
        market_quantiles("examples/two_countries.toml")
    with pytest.raises(InputError, match="from 0 to 1"):
        market_quantiles(VARIED, [1.1])


def test_firms_prints_sizes_and_markups_by_market(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.json").write_text(json.dumps(VARIED))
    assert main(["firms", str(tmp_path / "w.json"), "--n", "100", "--out", str(tmp_path / "f.csv")]) == 0
    out = capsys.readouterr().out
    for words in ("Size and markups", "markup ratio", "profit[Far]", "quantity[Home]", "99%"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 100
