"""The sheet's public values beside what the library computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.replicate.results import Cell, Section, number_cell
from phistar.replicate.worlds import Ledger

#: The sheet's values were found to 40 digits and printed to 16; the library promises ten.
PROMISED = 1e-10
POINT: dict[str, Any] = {
    "alpha": 2.0, "gamma": 1.0, "eta": 1.0, "f_E": 0.1, "cost": {"family": "pareto", "c_M": 1.0, "k": 2.0},
}  # fmt: skip
_UNEQUAL = {"L": [10.5, 10.0], "tau": 1.5}
UNIFORM = {"family": "uniform", "lower": 0.2, "c_M": 1.0}

#: World, its settings, then (variable, entry, as printed).
VALUES: tuple[tuple[str, dict[str, Any], tuple[tuple[str, tuple[int, ...], str], ...]], ...] = (
    ("closed, L 10", {"L": [10.0]}, (
        ("price_threshold", (0,), "0.6999271023161167"), ("mass_entrants", (0,), "22.748906401889943"))),
    ("closed, 20 incumbents", {"L": [10.0], "horizon": "short", "incumbents": [20.0]}, (
        ("price_threshold", (0,), "0.7257569116088336"),)),
    ("L (10, 10), τ 1.5", {"L": [10.0, 10.0], "tau": 1.5}, (
        ("price_threshold", (0,), "0.6384510414213876"), ("mass_entrants", (0,), "21.73205876376802"))),
    ("L (10.5, 10), τ 1.5", _UNEQUAL, (
        ("price_threshold", (0,), "0.6307108104980266"), ("price_threshold", (1,), "0.6384510414213876"),
        ("mass_entrants", (0,), "23.420657604912677"), ("mass_entrants", (1,), "20.981570389925952"),
        ("mass_sellers", (0, 0), "9.316646874827011"), ("mass_sellers", (0, 1), "4.242987636897055"),
        ("mass_sellers", (1, 0), "3.7095055238047343"), ("mass_sellers", (1, 1), "8.552502105408514"),
        ("mean_markup", (0,), "0.10511846841633775"), ("mean_markup", (1,), "0.10640850690356461"),
        ("trade_flow", (0, 0), "4.864290425635709"), ("trade_flow", (0, 1), "2.1619068558380934"),
        ("trade_flow", (1, 0), "1.9367603436854726"), ("trade_flow", (1, 1), "4.357710773292314"),
        ("consumer_surplus", (0,), "1.0454296290581075"), ("consumer_surplus", (1,), "1.035568077122092"))),
    ("closed, uniform costs on [.2, 1]", {"L": [10.0], "cost": UNIFORM}, (
        ("price_threshold", (0,), "0.6578856970213327"), ("mass_entrants", (0,), "20.484498103389573"))),
    ("L (10, 30), τ 1.2, η 4", {"L": [10.0, 30.0], "tau": 1.2, "eta": 4.0}, (
        ("mass_entrants", (0,), "0"), ("mass_entrants", (1,), "18.904914903191557"),
        ("price_threshold", (0,), "0.54931"))),
)  # fmt: skip


def public_section(ledger: Ledger) -> Section:
    """Solve the sheet's points."""
    cells: list[Cell] = []
    for label, settings, values in VALUES:
        given = {**POINT, **settings}
        if given.get("horizon") == "short":
            del given["f_E"]
        found = ledger.solve({"model": "melitz_ottaviano", "parameters": given})
        cells += [_cell(label, name, at, stated, float(found[name][at])) for name, at, stated in values]
    worst = np.max([abs(c.difference or 0.0) / float(c.stated) for c in cells if len(c.stated) > 12])
    note = (f"Pareto with α 2, γ 1, η 1, f_E 0.1, c_M 1, k 2 but for what is named; the largest relative difference is "
            f"{worst:.0e}. The last threshold is printed to five digits.")  # fmt: skip
    return Section("public", "The sheet's public values", (note,), cells=tuple(cells))


def _cell(label: str, name: str, at: tuple[int, ...], stated: str, computed: float) -> Cell:
    entry = "".join(str(i + 1) for i in at)
    return number_cell(label, f"{name.replace('_', ' ')} {entry}", stated, computed, within=PROMISED)
