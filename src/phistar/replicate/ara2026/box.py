"""The paper's own world, and the box: equal countries under four distributions, drawn so that firms sort as it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.replicate.worlds import latin_hypercube

MODEL = "vertical_specialization"
SEED = 2026
#: Figures 1 and 3: everything but tau_M.
POINT: dict[str, Any] = {
    "sigma": 4.0, "L": [1.0, 1.0], "tau_X": 1.3, "tau_M": 1.5, "f_D": 1.0, "f_X": 1.4, "f_DM": 1.4, "f_XM": 1.2,
    "f_E": 2.5, "productivity": {"family": "pareto", "k": 5.0, "scale": 1.0, "support": "closed_form"},
}  # fmt: skip
#: Input trade costs of figures 1 and 3.
HIGH, LOW = 1.5, 1.1

#: Ends of the box. A fixed cost is drawn as a multiple of the least that keeps the paper's order of cutoffs.
BOX: dict[str, tuple[float, float]] = {
    "sigma": (1.4, 8.0),
    "tau_X": (1.02, 2.5),
    "tau_M": (1.02, 2.5),
    "f_D": (0.5, 2.0),
    "f_X": (1.02, 12.0),
    "f_DM": (1.02, 12.0),
    "f_XM": (1.02, 12.0),
    "f_E": (0.2, 10.0),
}
#: A Pareto's k over sigma - 1.
TAIL = (1.05, 3.0)

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Family:
    """A distribution of the box: its table at the start, its parameters from sigma - 1 and the unit interval.

    Where sigma is near one firms' sales hardly differ, and cutoffs lie orders of magnitude apart, beyond a thin tail.
    """

    label: str
    table: Mapping[str, Any]
    draw: Callable[[np.ndarray, np.ndarray, np.ndarray], Columns]
    least_sigma: float = 2.5


def _between(ends: tuple[float, float], u: np.ndarray) -> np.ndarray:
    return np.asarray(ends[0] * (ends[1] / ends[0]) ** u)


PARETO = Family(
    "Pareto", POINT["productivity"], lambda s, u, v: {"k": s * _between(TAIL, u)}, least_sigma=BOX["sigma"][0]
)
OTHERS = (
    Family("Pareto, literal support", {**POINT["productivity"], "support": "literal"},
           lambda s, u, v: {"k": s * _between(TAIL, u)}),
    Family("lognormal", {"family": "lognormal", "mu": 0.0, "sd": 0.6}, lambda s, u, v: {"sd": _between((0.3, 1.0), u)}),
    Family("bounded Pareto", {"family": "bounded_pareto", "k": 4.0, "lower": 1.0, "upper": 500.0},
           lambda s, u, v: {"k": s * _between((0.5, 3.0), u), "upper": _between((200.0, 2000.0), v)}),
)  # fmt: skip
FAMILIES = (PARETO, *OTHERS)


def scenario(**changes: Any) -> dict[str, Any]:
    """Write down the paper's world, some of its parameters changed."""
    return {"model": MODEL, "parameters": {**POINT, **changes}}


def draw_columns(family: Family, draws: int, seed: int) -> Columns:
    """Draw equal countries whose firms sort as the paper supposes: D below DM and X, and both below XM.

    With equal wages (A.11) and (A.12) ask for f_X > f_D tau_X^(1-sigma), f_DM > f_D tau_M^(1-sigma), and f_XM above
    f_X tau_M^(1-sigma) and f_DM tau_X^(1-sigma).
    """
    u = latin_hypercube(draws, len(BOX) + 2, seed)
    drawn = {key: _between(ends, u[:, i]) for i, (key, ends) in enumerate(BOX.items())}
    drawn["sigma"] = _between((family.least_sigma, BOX["sigma"][1]), u[:, 0])
    s = drawn["sigma"] - 1.0
    abroad, bought = drawn["tau_X"] ** -s, drawn["tau_M"] ** -s
    drawn["f_X"] = drawn["f_X"] * drawn["f_D"] * abroad
    drawn["f_DM"] = drawn["f_DM"] * drawn["f_D"] * bought
    drawn["f_XM"] = drawn["f_XM"] * np.maximum(drawn["f_X"] * bought, drawn["f_DM"] * abroad)
    return {**drawn, **{f"productivity.{key}": c for key, c in family.draw(s, u[:, -2], u[:, -1]).items()}}
