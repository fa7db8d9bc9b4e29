"""Counterexamples in round numbers, solved again in every run: worlds in which a claim is false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.replicate.melitz_ottaviano2005.box import scenario, short_scenario
from phistar.replicate.melitz_ottaviano2005.samples import STORED, Sample, entry
from phistar.replicate.worlds import Ledger, solve_worlds

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.0}
UNIFORM = {"family": "uniform", "lower": 0.2, "c_M": 1.0}
#: Costs are never below 0.4: no firm is good enough to bear a high trade cost with ease.
DEAR = {"family": "uniform", "lower": 0.4, "c_M": 1.0}
#: Costs crowd at 0.1 and at 1.
HUMPS = {"family": "beta", "a": 0.5, "b": 0.3, "c_M": 1.0, "lower": 0.1}
INF = float("inf")


@dataclass(frozen=True)
class Counterexample:
    """One world, a shock, and the claims that are false in it.

    Attributes
    ----------
    claims : tuple of str
        Keys.
    table : mapping
        The cost distribution.
    settings : mapping
        What differs from alpha 2, gamma 1, eta 1, L 10, f_E 0.1, tau 1.5.
    shock : str
        Name of the shock as the test has it.
    shocked : mapping
        What it sets.
    shown : tuple of (str, int)
        A variable and a country that tell it.
    words : str
        The world in words.
    n : int
    short : bool
        Whether the claim is about the short run.
    """

    claims: tuple[str, ...]
    table: Mapping[str, Any]
    settings: Mapping[str, float]
    shock: str
    shocked: Mapping[str, float]
    shown: tuple[str, int]
    words: str
    n: int = 2
    short: bool = False


_TWO = {"L[0]": 10.5}
_WALLS = {"tau[0][1]": INF, "tau[1][0]": INF}
_FAR = {f"tau[{i}][{j}]": 3.0 for i in range(3) for j in range(3) if i != j}
_NEAR_WALL = {"alpha": 1.3, "eta": 2.0, "tau[0][1]": 1.8, "tau[1][0]": 1.8}
_SLIPS = ("unilateral_prices_beyond", "unilateral_variety_beyond")
COUNTEREXAMPLES = (
    Counterexample(("more_firms",), HUMPS, {"L[0]": 1.9}, "a little", {"L[0]": 1.91}, ("variety", 0),
                   "beta costs (.5, .3) on [.1, 1], L 1.9 to 1.91", 1),
    Counterexample(("size_markup_beyond",), HUMPS, {"L[0]": 1.9}, "L", {"L[0]": 2.0}, ("mean_markup", 0),
                   "beta costs (.5, .3) on [.1, 1], L 1.9 to 2", 1),
    Counterexample(("size_variety_beyond",), HUMPS, {"L[0]": 1.9}, "L", {"L[0]": 2.0}, ("variety", 0),
                   "beta costs (.5, .3) on [.1, 1], L 1.9 to 2", 1),
    Counterexample(("trade_firms_market",), PARETO, _TWO, "autarky", _WALLS, ("mean_revenue", 0),
                   "L (10.5, 10), from τ 1.5 to autarky"),
    Counterexample(("trade_spread",), PARETO, _TWO, "autarky", _WALLS, ("variance_revenue", 0),
                   "L (10.5, 10), from τ 1.5 to autarky"),
    Counterexample(("narrower_variety",), PARETO, _TWO, "autarky", _WALLS, ("variety", 0),
                   "L (10.5, 10), from τ 1.5 to autarky"),
    Counterexample(("narrower_entry",), PARETO, _TWO, "autarky", _WALLS, ("mass_entrants", 0),
                   "L (10.5, 10), from τ 1.5 to autarky"),
    Counterexample(("partner_size_beyond",), UNIFORM, _TWO, "L partner", {"L[1]": 11.0}, ("price_threshold", 0),
                   "uniform on [.2, 1], L^h 10 to 11"),
    Counterexample(("trade_gains_beyond",), DEAR, _NEAR_WALL, "autarky", _WALLS, ("welfare", 0),
                   "uniform on [.4, 1], two equal countries, α 1.3, η 2, from τ 1.8 to autarky"),
    Counterexample(("bilateral_welfare_beyond",), DEAR, {**_NEAR_WALL, "tau[0][1]": 1.95, "tau[1][0]": 1.95}, "both",
                   {"tau[0][1]": 1.9, "tau[1][0]": 1.9}, ("welfare", 0),
                   "uniform on [.4, 1], α 1.3, η 2, τ 1.95 to 1.9"),
    Counterexample(_SLIPS, UNIFORM, {"eta": 4.0, "tau[0][1]": 1.8, "tau[1][0]": 1.8}, "import", {"tau[1][0]": 1.75},
                   ("variety", 0), "uniform on [.2, 1], η 4, τ 1.8, imports' to 1.75"),
    Counterexample(("short_partner_profits",), PARETO, _TWO, "import", {"tau[1][0]": 1.45}, ("welfare", 1),
                   "L (10.5, 10), imports' τ 1.5 to 1.45", short=True),
    Counterexample(("deal_members_entry",), PARETO, {"alpha": 4.0, "eta": 4.0, **_FAR}, "a little",
                   {"tau[0][1]": 2.99, "tau[1][0]": 2.99}, ("mass_entrants", 0),
                   "α 4, η 4, τ 3, members' to 2.99", 3, True),
    Counterexample(("deal_reinforced",), PARETO, {"alpha": 4.0, "eta": 4.0, **_FAR}, "a little",
                   {"tau[0][1]": 2.99, "tau[1][0]": 2.99}, ("price_threshold", 0),
                   "α 4, η 4, τ 3, members' to 2.99", 3, True),
)  # fmt: skip


def stored_samples(ledger: Ledger) -> dict[str, list[Sample]]:
    """Solve them all; by claim."""
    found: dict[str, list[Sample]] = {}
    for one in COUNTEREXAMPLES:
        sample = _solved(one, ledger)
        for key in one.claims:
            found.setdefault(key, []).append(sample)
    return found


def _solved(one: Counterexample, ledger: Ledger) -> Sample:
    world = scenario(one.table, one.n)
    settings = {**one.settings, **{key: entry(world, key) for key in one.shocked if key not in one.settings}}
    columns = {key: np.array([value]) for key, value in settings.items()}
    moved = {**columns, **{key: np.array([value]) for key, value in one.shocked.items()}}
    before, after = (solve_worlds(world, c, ledger) for c in (columns, moved))
    short = {}
    if one.short:
        firms = {f"incumbents[{i}]": N for i, N in enumerate(before["mass_entrants"])}
        short = {name: solve_worlds(short_scenario(world), {**c, **firms}, ledger)
                 for name, c in (("before", columns), (one.shock, moved))}  # fmt: skip
    after_it = {one.shock: after}
    sample = Sample(STORED, one.n, before, after_it, short)
    pair = sample.pair(one.shock, one.short)
    name, i = one.shown
    old, new = (float(w[name][i, 0]) for w in pair)
    note = f"{one.words}: {name.replace('_', ' ')} {old:.7g} to {new:.7g}"
    return Sample(STORED, one.n, before, after_it, short, note)
