"""Samples of worlds with the responses to a country's size, by themselves and in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from phistar.replicate.ara2026.box import FAMILIES, HIGH, LOW, PARETO, POINT, SEED, Columns, Family, draw_columns
from phistar.replicate.ara2026.box import scenario as world_of
from phistar.replicate.worlds import Ledger, Worlds, latin_hypercube, solve_worlds

#: Step in ln L_1 to either side: central differences err by its square, relatively, and by 1e-14 over it from rounding.
STEP = 1e-4
#: A response smaller than what rounding may leave is none.
NOTHING = 1e-9
#: Both kinds of trade must matter: worlds in which less than this share of sales or inputs crosses the border are left
#: aside, and those where goods over inputs is one to this much: there the wage does not respond.
LEAST_TRADE, LEAST_GAP = 1e-4, 1e-3
#: Draws of a Pareto, and of each other distribution where countries are equal, and where they are not.
DRAWS, FEW, FEWER = 2000, 200, 40
#: Sizes drawn for unequal countries, and on the paper's horizontal axes.
SIZES = (0.25, 4.0)


@dataclass(frozen=True)
class Sample:
    """Worlds of one kind, and the same with country 1 a little larger and smaller.

    Attributes
    ----------
    label : str
        The distribution, for people.
    at, up, down : Worlds
    """

    label: str
    at: Worlds = field(repr=False)
    up: Worlds = field(repr=False)
    down: Worlds = field(repr=False)

    def response(self, name: str, country: int = 0) -> np.ndarray:
        """Return the elasticity of a variable to the size of country 1."""
        with np.errstate(all="ignore"):  # a country without firms has no responses
            up, down = (np.log(w[name][country]) for w in (self.up, self.down))
            return np.asarray((up - down) / (2.0 * STEP))

    def column(self, key: str) -> np.ndarray:
        """Return a parameter of every world."""
        if key in self.at.columns:
            return np.asarray(self.at.columns[key])
        value: Any = self.at.scenario["parameters"]
        for part in key.split("."):
            value = value[part]
        return np.full(len(self.at), float(value))

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium at all three sizes."""
        return np.asarray(self.at.certified & self.up.certified & self.down.certified)

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters."""
        return self.at.parameters()

    def middle(self, label: str) -> Sample:
        """Return the world in the middle, by itself and under a label of its own."""
        i = len(self.at) // 2
        return Sample(label, *(list(w.split(len(w)))[i] for w in (self.at, self.up, self.down)))

    @property
    def goods_lead(self) -> np.ndarray:
        """Whether Assumption 1 holds: in both countries exports of final goods exceed imports of inputs."""
        return np.asarray(np.all(self.at["final_to_input_ratio"] > 1.0, axis=0))

    @property
    def supposed(self) -> np.ndarray:
        """Mark the worlds the paper supposes: both countries make goods, trade both, and firms sort in its order."""
        return _supposed(self.at) & _supposed(self.up) & _supposed(self.down)


def _supposed(w: Worlds) -> np.ndarray:
    """Mark worlds with firms in both countries, both kinds of trade, and strict selection in the paper's order."""
    D, DM, X, XM = (w[f"cutoff_{mode}"] for mode in ("D", "DM", "X", "XM"))
    with np.errstate(all="ignore"):
        ordered = (np.minimum(DM, X) > D * _MORE) & (np.maximum(DM, X) * _MORE < XM)
        trades = (w["R_X"] > LEAST_TRADE * w["R"]) & (w["E_M"] > LEAST_TRADE * w["E"])
        apart = np.abs(np.log(w["final_to_input_ratio"])) > LEAST_GAP
    return np.asarray(w.certified & np.all(ordered & trades & apart, axis=0))


#: Equality up to rounding is not strict.
_MORE = 1.0 + 1e-12


def polar(w: Worlds, closed: str) -> np.ndarray:
    """Mark worlds with one kind of trade only whose firms sort into it: "M" or "X" says what is shut."""
    traded, cutoff = ("R_X", "cutoff_X") if closed == "M" else ("E_M", "cutoff_DM")
    total = "R" if closed == "M" else "E"
    with np.errstate(all="ignore"):
        sorted_ = (w[cutoff] > w["cutoff_D"] * _MORE) & (w[traded] > LEAST_TRADE * w[total])
    return np.asarray(w.certified & np.all(sorted_, axis=0))


@dataclass(frozen=True)
class Samples:
    """All samples.

    Attributes
    ----------
    equal, unequal, goods_only, inputs_only : list of Sample
        One a distribution, the Pareto first: countries alike, of unlike size, and the polar cases.
    high, low : list of Sample
        The equal countries where inputs are dearer, and where they are cheaper.
    point : dict of float to Sample
        The paper's own worlds along its horizontal axis, by tau_M.
    """

    equal: list[Sample]
    unequal: list[Sample]
    goods_only: list[Sample]
    inputs_only: list[Sample]
    high: list[Sample]
    low: list[Sample]
    point: dict[float, Sample]

    @cached_property
    def named(self) -> Mapping[str, Sequence[Any]]:
        """All that statements are about, by name; pairs are worlds where inputs are dearer beside cheaper ones."""
        own = Pair(*(self.point[tau].middle("the paper's parameters") for tau in (HIGH, LOW)))
        return {
            "equal": self.equal,
            "Pareto": self.equal[:1],
            "others": self.equal[1:],
            "unequal": self.unequal,
            "unequal Pareto": self.unequal[:1],
            "any sizes": [*self.equal, *self.unequal],
            "goods only": self.goods_only,
            "inputs only": self.inputs_only,
            "polar": [*self.goods_only, *self.inputs_only],
            "pairs": [Pair(*each) for each in zip(self.high, self.low, strict=True)],
            "own": [own],
        }


@dataclass(frozen=True)
class Pair:
    """The same worlds under a higher and under a lower input trade cost."""

    high: Sample
    low: Sample

    @property
    def label(self) -> str:
        """The distribution, for people."""
        return self.high.label

    @property
    def certified(self) -> np.ndarray:
        """Which worlds have a certified equilibrium under both costs."""
        return np.asarray(self.high.certified & self.low.certified)

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters under the lower cost."""
        return self.low.parameters()

    def responses(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the elasticities of country 1's variable to its size, under the higher cost and the lower."""
        return self.high.response(name), self.low.response(name)

    def rise(self, name: str) -> np.ndarray:
        """Return by how much the elasticity of country 1's variable is larger under the lower cost."""
        high, low = self.responses(name)
        return np.asarray(low - high)

    @property
    def supposed(self) -> np.ndarray:
        """Mark what the paper supposes under both costs."""
        return np.asarray(self.high.supposed & self.low.supposed)

    @property
    def switching(self) -> np.ndarray:
        """Mark worlds in which Assumption 1 holds under the higher cost and fails under the lower."""
        return np.asarray(self.supposed & self.high.goods_lead & ~self.low.goods_lead)


def draw_samples(ledger: Ledger, draws: int = DRAWS, few: int = FEW, fewer: int = FEWER) -> Samples:
    """Solve every sample."""
    counts = [draws if family is PARETO else few for family in FAMILIES]
    columns = [draw_columns(f, n, SEED + i) for i, (f, n) in enumerate(zip(FAMILIES, counts, strict=True))]
    kept = [c if i == 0 else {key: x[:fewer] for key, x in c.items()} for i, c in enumerate(columns)]
    sized = [{**c, "L[0]": _sizes(c, SEED + 50 + i)} for i, c in enumerate(kept)]
    cheaper = [{**c, "tau_M": _cheaper(c, SEED + 90 + i)} for i, c in enumerate(columns)]

    def _all_of(given: Sequence[Columns], **changes: Any) -> list[Sample]:
        return [sample(f, c, ledger, **changes) for f, c in zip(FAMILIES, given, strict=True)]

    equal = _all_of(columns)
    return Samples(
        equal=equal,
        unequal=_all_of(sized),
        goods_only=_all_of([_without(c, "tau_M") for c in sized], tau_M="inf"),
        inputs_only=_all_of([_without(c, "tau_X") for c in sized], tau_X="inf"),
        high=equal,
        low=_all_of(cheaper),
        point={tau: sample(PARETO, {"L[0]": np.geomspace(0.4, 2.5, 41)}, ledger, tau_M=tau) for tau in (HIGH, LOW)},
    )


def sample(family: Family, columns: Columns, ledger: Ledger, **changes: Any) -> Sample:
    """Solve worlds with country 1 as it is, a little larger and a little smaller."""
    scenario = world_of(productivity=dict(family.table), **changes)
    size = columns.get("L[0]", np.full(len(next(iter(columns.values()))), POINT["L"][0]))
    moved = [{**columns, "L[0]": size * np.exp(step)} for step in (0.0, STEP, -STEP)]
    return Sample(family.label, *(solve_worlds(scenario, c, ledger) for c in moved))


def _without(columns: Columns, key: str) -> Columns:
    return {name: column for name, column in columns.items() if name != key}


def _sizes(columns: Columns, seed: int) -> np.ndarray:
    u = latin_hypercube(len(columns["sigma"]), 1, seed)[:, 0]
    return np.asarray(SIZES[0] * (SIZES[1] / SIZES[0]) ** u)


def _cheaper(columns: Columns, seed: int) -> np.ndarray:
    """Draw a lower input trade cost: between a tenth and nine tenths of the excess over one is left."""
    u = latin_hypercube(len(columns["sigma"]), 1, seed)[:, 0]
    return np.asarray(1.0 + (columns["tau_M"] - 1.0) * (0.1 + 0.8 * u))
