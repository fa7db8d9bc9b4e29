"""Samples of worlds before and after shocks, in the long run and in the short, under seven distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from phistar.core.paths import parse_path
from phistar.replicate.melitz_ottaviano2005.box import (
    OTHERS,
    PARETO,
    SEED,
    Columns,
    Family,
    Layout,
    draw_columns,
    scenario,
    shift,
    short_scenario,
)
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds

#: A response below this is none: answers are good to 1e-14, and lose two or three digits where taus are near one.
NOTHING = 1e-10

#: Trade must matter: worlds in which some pair trades less than this share of spending are left aside.
LEAST_TRADE = 1e-4

#: Label of counterexamples kept in round numbers.
STORED = "stored"

Reader = Callable[[Worlds], np.ndarray]


@dataclass(frozen=True)
class Sample:
    """Worlds of one kind: before, after each shock, and in the short run with the entrants of before.

    Attributes
    ----------
    label : str
        The distribution, for people.
    n : int
        Countries.
    before : Worlds
    after, short : mapping of str to Worlds
        By shock; `short` holds "before" too.
    note : str
        What one world shows, where the sample is just that.
    """

    label: str
    n: int
    before: Worlds = field(repr=False)
    after: Mapping[str, Worlds] = field(repr=False)
    short: Mapping[str, Worlds] = field(default_factory=dict, repr=False)
    note: str = ""

    def column(self, key: str) -> np.ndarray:
        """Return a parameter of every world; one that does not vary is the scenario's own."""
        if key in self.before.columns:
            return np.asarray(self.before.columns[key])
        return np.full(len(self.before), entry(self.before.scenario, key))

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium before the shock."""
        return self.before.certified

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters before the shock."""
        return self.before.parameters()

    @property
    def k(self) -> np.ndarray:
        """The Pareto shape."""
        return self.column("cost[0].k")

    def pair(self, shock: str, short: bool = False) -> tuple[Worlds, Worlds]:
        """Return the worlds before and after a shock in one of the horizons."""
        return (self.short["before"], self.short[shock]) if short else (self.before, self.after[shock])

    def change(self, shock: str, read: Reader, short: bool = False) -> np.ndarray:
        """Return the log change of a quantity under a shock."""
        before, after = self.pair(shock, short)
        with np.errstate(all="ignore"):
            return np.asarray(np.log(read(after)) - np.log(read(before)))

    def premise(self, shock: str | None = None, short: bool = False) -> np.ndarray:
        """Mark the worlds that the paper supposes, before and after; in the short run the long run before too."""
        worlds = [self.before] if shock is None or short else [self.before, self.after[shock]]
        held = [supposed(w) for w in worlds]
        if short:
            held += [supposed(w) for w in (self.pair(shock, short=True) if shock else (self.short["before"],))]
        return np.asarray(np.all(held, axis=0))


def entry(world: Mapping[str, Any], key: str) -> float:
    """Return the number at a key of a scenario."""
    value: Any = world["parameters"]
    for part in parse_path(key).parts:
        value = value[part]
    return float(value)


def supposed(w: Worlds) -> np.ndarray:
    """Mark worlds where all countries enter and trade, some draws stay out, the numeraire is made and consumed."""
    return np.asarray(entering(w) & trading(w) & selecting(w) & numeraire(w))


def trading(w: Worlds) -> np.ndarray:
    """Mark the worlds in which every open border is crossed by a share of spending that matters."""
    return np.asarray(np.all((w["trade_share"] > LEAST_TRADE) | (w["cutoff"] == 0.0), axis=(0, 1)))


def entering(w: Worlds) -> np.ndarray:
    """Mark the worlds in which all countries have firms."""
    return np.asarray(w.certified & np.all(w["mass_entrants"] > 0.0, axis=0))


def selecting(w: Worlds) -> np.ndarray:
    """Mark the worlds in which no cutoff lies beyond the support."""
    return np.asarray(np.all(w["cutoff"] <= w["cutoff_effective"] * (1.0 + 1e-12), axis=(0, 1)))


def numeraire(w: Worlds) -> np.ndarray:
    """Mark the worlds in which the numeraire is made and consumed everywhere."""
    return np.asarray(np.all((w["numeraire_labour"] > 0.0) & (w["numeraire_consumption"] > 0.0), axis=0))


# --- drawing

#: Keys each shock moves, up or down.
CLOSED = {"L": {"L[0]": 1}, "f_E": {"f_E[0]": -1}, "gamma": {"gamma": -1}, "alpha": {"alpha": 1}, "eta": {"eta": -1}}
TWO: dict[str, dict[str, int]] = {
    "import": {"tau[1][0]": -1}, "both": {"tau[0][1]": -1, "tau[1][0]": -1}, "L": {"L[0]": 1}, "L partner": {"L[1]": 1},
    "gamma": {"gamma": 1}, "alpha": {"alpha": 1}, "f_E": {"f_E[0]": 1, "f_E[1]": 1}, "f_E own": {"f_E[0]": 1},
}  # fmt: skip
FEW_SHOCKS = {name: TWO[name] for name in ("import", "both", "L", "L partner")}
DEAL = {"deal": {"tau[0][1]": -1, "tau[1][0]": -1}}
TAU = {"both": TWO["both"]}
#: A change that shows a derivative's sign: a thousand times the last digits of an answer and more.
LITTLE = 1e-5
#: Draws of a Pareto and of each other distribution.
DRAWS, FEW = 100, 24
SKEWED = Layout(2, "skewed", (-0.4, 0.4))
UNLIKE, EQUAL, CORNER = Layout(2, "any", (-0.3, 0.3)), Layout(2, "equal", (0.05, 0.8)), Layout(2, "equal", (1.1, 1.9))


@dataclass(frozen=True)
class Samples:
    """All samples by kind, a list over distributions each; the first is the Pareto's."""

    closed: list[Sample]
    two: list[Sample]
    equal: list[Sample]
    skewed: list[Sample]
    corner: list[Sample]
    deal: list[Sample]
    deal_unlike: list[Sample]


def draw_samples(ledger: Ledger) -> Samples:
    """Solve every sample."""
    everyone = (PARETO, *OTHERS)
    return Samples(
        closed=[_sample(f, Layout(1), CLOSED, ledger, ("L",), little=("L[0]",)) for f in everyone],
        two=[two_countries(f, ledger) for f in everyone],
        equal=[_sample(f, EQUAL, TAU, ledger, ("both",), closed=True) for f in everyone],
        skewed=[_sample(PARETO, SKEWED, {}, ledger, little=("tau[0][1]", "tau[1][0]"), draws=2 * DRAWS)],
        corner=[_sample(PARETO, CORNER, FEW_SHOCKS, ledger, draws=24)],
        deal=[_sample(f, Layout(3), DEAL, ledger, ("deal", "a little"), little=("tau[0][1]", "tau[1][0]"))
              for f in everyone],
        deal_unlike=[_sample(PARETO, Layout(3, "any", (0.0, 0.2)), DEAL, ledger, ("deal",), draws=40)],
    )  # fmt: skip


def two_countries(family: Family, ledger: Ledger) -> Sample:
    """Solve a distribution's sample of two unlike countries, before and after every shock; the Pareto has the most."""
    shocks = TWO if family is PARETO else FEW_SHOCKS
    return _sample(family, UNLIKE, shocks, ledger, ("import", "both"), closed=True, little=("tau[0][1]", "tau[1][0]"))


def _sample(
    family: Family, layout: Layout, shocks: Mapping[str, Mapping[str, int]], ledger: Ledger,
    short: tuple[str, ...] = (), *, closed: bool = False, little: tuple[str, ...] = (), draws: int | None = None,
) -> Sample:  # fmt: skip
    draws = draws or (DRAWS if family is PARETO else FEW)
    seed = SEED + 13 * layout.n
    columns = draw_columns(family, layout, draws, seed)
    world = scenario(family.table(0.5, 0.5), layout.n)
    before = solve_worlds(world, columns, ledger)
    moved = {name: shift(columns, keys, seed + i) for i, (name, keys) in enumerate(shocks.items())}
    if little:
        # Down for trade costs, up for sizes.
        moved["a little"] = {**columns, **{key: columns[key] * (1.0 + (LITTLE if key[0] == "L" else -LITTLE))
                                           for key in little}}  # fmt: skip
    if closed:
        walls = {key: np.full(draws, np.inf) for key in columns if key.startswith("tau")}
        moved["autarky"] = {**columns, **walls}
    after = {name: solve_worlds(world, settings, ledger) for name, settings in moved.items()}
    stuck = {"before": columns, **{name: moved[name] for name in short}} if short else {}
    return Sample(family.label, layout.n, before, after, _stuck(world, stuck, before, ledger))


def _stuck(
    world: Mapping[str, Any], settings: Mapping[str, Columns], before: Worlds, ledger: Ledger
) -> dict[str, Worlds]:
    """Solve the short run, the entrants of before being the firms; and with a twentieth more firms abroad."""
    if not settings:
        return {}
    firms = {f"incumbents[{i}]": N for i, N in enumerate(before["mass_entrants"])}
    every = {
        name: {**{key: c for key, c in columns.items() if not key.startswith("f_E")}, **firms}
        for name, columns in settings.items()
    }
    if len(firms) == 2:
        every["firms abroad"] = {**every["before"], "incumbents[1]": 1.05 * firms["incumbents[1]"]}
    return {name: solve_worlds(short_scenario(world), columns, ledger) for name, columns in every.items()}
