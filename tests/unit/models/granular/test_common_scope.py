"""One scope for all markets: best replies by numerical search, and every set of firms that could stand."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from phistar.core.errors import NoEquilibrium
from phistar.verbs.simulate import schedule
from phistar.verbs.solve import solve

PHI = [[0.30, 0.285], [0.295, 0.28]]
WORLD: dict[str, Any] = {
    "sigma": 5.0, "K_1": 4.0, "R": [900.0, 600.0], "L": 2000.0, "tau": [[1.0, 1.06], [1.09, 1.0]],
    "scope_choice": "common", "productivities": PHI,
}  # fmt: skip
CES = {"upper": "ces", "eta": 1.8, "I": [1700.0, 1300.0]}
#: So unproductive that its first variety does not pay: a firm that is not there.
NOBODY = 1e-6
FIXED_COSTS = [1.0, 20.0, 35.0, 60.0, 80.0]


def world(**changes: Any) -> dict[str, Any]:
    given = {**WORLD, **changes}
    return {"model": "granular", "parameters": {k: v for k, v in given.items() if not (k == "R" and "I" in given)}}


class Outsider:
    """Profit of one firm that enters every market with one range, all others' prices (or quantities) as they are."""

    def __init__(self, eq: Any, phi: np.ndarray, conduct: str) -> None:
        self.p, self.phi, self.conduct = eq.model.as_parameters(), phi, conduct
        s = self.p["sigma"] - 1.0
        on = eq["active"] > 0
        per_variety = (
            np.where(on, eq["price"], 1.0) ** -s
            if conduct == "bertrand"
            else np.where(on, eq["quantity"], 1.0) ** (s / (s + 1.0))
        )
        self.others = np.sum(np.where(on, eq["varieties"] * per_variety, 0.0), axis=0)

    def log_spending(self, j: int, x: float) -> float:
        if self.p["upper"] == "fixed":
            return float(np.log(self.p["R"][j]))
        return float(np.log(self.p["I"][j]) - np.logaddexp(0.0, (self.p["eta"] - 1.0) * x))

    def profit(self, log_choice: np.ndarray) -> float:
        """Return the profit of ln N and, market by market, ln price (or ln quantity), before K_0."""
        varieties, sigma = np.exp(log_choice[0]), self.p["sigma"]
        s, kept = sigma - 1.0, 0.0
        for j, choice in enumerate(np.exp(log_choice[1:])):
            if self.conduct == "bertrand":
                own = varieties * choice**-s
                x = np.log(self.others[j] + own) / -s
                sales = np.exp(self.log_spending(j, x)) * own / (self.others[j] + own)
                kept += sales * (1.0 - 1.0 / (self.phi[j] * choice))
            else:
                own = varieties * choice ** (s / sigma)
                log_q = np.log(self.others[j] + own) * sigma / s
                x = brentq(lambda x, j=j, q=log_q: self.log_spending(j, x) - x - q, -60.0, 60.0, xtol=1e-14)
                sales = np.exp(self.log_spending(j, x)) * own / (self.others[j] + own)
                kept += sales - varieties * choice / self.phi[j]
        return float(kept - self.p["K_1"] * varieties)


@pytest.mark.parametrize("conduct", ["bertrand", "cournot"])
@pytest.mark.parametrize("upper", [{}, CES], ids=["fixed", "ces"])
@pytest.mark.parametrize("phi", [0.285, 0.33])
def test_one_more_firm_finds_its_best_range_and_prices(conduct: str, upper: dict[str, Any], phi: float) -> None:
    eq = solve(world(conduct=conduct, **upper))
    told = schedule(eq, [phi])
    delivered = phi / np.asarray(eq.model.as_parameters()["tau"])[0]
    firm = Outsider(eq, delivered, conduct)
    N, price, revenue = told["varieties"][0, 0, 0], told["price"][0, :, 0], told["revenue"][0, :, 0]
    assert told["varieties"][0, 1, 0] == pytest.approx(N, rel=1e-12)
    here = np.log([N, *(price if conduct == "bertrand" else revenue / (price * N))])
    # the search's own demand and costs give the profit that the schedule tells
    assert firm.profit(here) == pytest.approx(told["profit"][0, :, 0].sum(), rel=1e-9)
    for away in (np.zeros(3), np.array([0.4, 0.05, -0.05])):
        best = minimize(lambda c: -firm.profit(c), here + away, method="Nelder-Mead",
                        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000})  # fmt: skip
        assert -best.fun <= firm.profit(here) + 1e-9
        assert best.x == pytest.approx(here, abs=1e-4)  # a flat top: profit to 1e-10 pins the choice to its root


def test_one_more_firm_stays_out_where_it_would_not_earn_the_fixed_cost() -> None:
    eq = solve(world(K_0=10.0))
    earned = schedule(solve(world()), [0.285])["profit"]
    assert earned.sum() > 0.0
    told = schedule(eq, [NOBODY, 0.27, 0.40])
    assert told["sells"][0, 0].tolist() == told["sells"][0, 1].tolist()
    assert not told["sells"][0, 0, 0]
    assert told["sells"][0, 0, 2]


@functools.cache
def without_fixed_cost(inside: tuple[int, ...], conduct: str) -> tuple[float, float]:
    """Return what the worst of a set of firms earns, and the best of the others by entering; K_0 moves no price."""
    phi = np.where(inside, np.ravel(PHI), NOBODY).reshape(2, 2)
    eq = solve(world(productivities=phi.tolist(), conduct=conduct))
    entering = schedule(eq, PHI)["profit"].sum(axis=1).ravel()
    worst = np.min(eq["profit_firm"][np.flatnonzero(inside)])  # nan where one of them does not sell
    return float(worst), float(np.max(entering, where=~np.array(inside, dtype=bool), initial=-np.inf))


def standing(K_0: float, conduct: str) -> list[tuple[int, ...]]:
    """List the sets of firms in which nobody gains by leaving or by entering, each world solved without K_0."""
    found = []
    for inside in itertools.product((0, 1), repeat=4):
        if sum(inside) < 2:
            continue  # spending is fixed: one firm alone has no finite markup
        worst, best = without_fixed_cost(inside, conduct)
        if worst >= K_0 >= best:
            found.append(tuple(np.flatnonzero(inside).tolist()))
    return found


def test_a_fixed_cost_lets_several_sets_stand_or_none() -> None:
    counts = {len(standing(K_0, conduct)) for K_0 in FIXED_COSTS for conduct in ("bertrand", "cournot")}
    assert {0, 1} < counts
    assert max(counts) > 1


@pytest.mark.parametrize("conduct", ["bertrand", "cournot"])
@pytest.mark.parametrize("K_0", FIXED_COSTS)
def test_every_set_of_firms_that_could_stand_is_listed(K_0: float, conduct: str) -> None:
    eq = solve(world(K_0=K_0, conduct=conduct))
    mine = tuple(np.flatnonzero(eq["active"].any(axis=1)).tolist())
    want = standing(K_0, conduct)
    checks, notes = eq.certificate.checks, eq.certificate.notes
    assert checks["static_no_entry"] == (mine in want)
    told = [note.partition("rivals: firms ")[2] for note in notes if note.startswith("another set")]
    names = eq.labels["firm"]
    others = [", ".join(names[i] for i in set_) for set_ in want if set_ != mine]
    more = [int(note.split()[1]) for note in notes if note.endswith("more such sets")]
    assert set(told) <= set(others)
    assert len(told) + sum(more) == len(others)
    assert checks["no_other_equilibrium_found"] == (not others)
    assert any("14 sets of active firms looked at" in note for note in notes)


def test_a_fixed_cost_that_leaves_one_firm_is_refused() -> None:
    with pytest.raises(NoEquilibrium, match="too few firms to share the markets: lower K_0"):
        solve(world(K_0=150.0))


def test_the_search_over_sets_says_where_it_stops() -> None:
    many = [[0.30, 0.29, 0.28, 0.27, 0.26], [0.295, 0.285, 0.275, 0.265, 0.255]]
    notes = solve(world(productivities=many, K_0=5.0)).certificate.notes
    said = [note for note in notes if "sets of active firms" in note]
    assert len(said) == 1
    assert "all that differ in none but the 8 firms nearest to zero profit; no others" in said[0]
    assert any("other price indices" in note for note in notes)
