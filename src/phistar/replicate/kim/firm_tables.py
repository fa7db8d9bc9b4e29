"""Tables 4, 5 and 7 to 9: what firms do before and after trade, spending on the sector fixed; certified equilibria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.kim.cells import DIGITS, RECOVERED, Scored, beside, scored
from phistar.replicate.kim.printed import (
    CES,
    ETA,
    FEENSTRA_MA,
    FIXED,
    K_1,
    QUANTITIES,
    SIGMA,
    Block,
    Firms,
    I,
    L,
    R,
    W,
)
from phistar.replicate.results import Cell, Section, number_cell
from phistar.replicate.worlds import Ledger

TITLES = {
    "5": "Table 5: the Feenstra-Ma firms",
    "7": "Table 7: Example 1",
    "8": "Table 8: Example 2",
    "9": "Table 9: Example 3",
}
NOTES = {
    "5": ("The printed 0.235 and 0.202 of firms 3 and 5 are 0.237 and 0.2345, as in Table 1.",),
    "7": (),
    "8": (),
    "9": ("At the printed productivities firm 3 is out; a firm that is out counts with the price of footnote 8, "
          "sigma/(sigma-1) over its productivity, and with nothing else.",),
}  # fmt: skip
Solved = Mapping[tuple[str, str, str], Equilibrium]


def solve_all(ledger: Ledger) -> Solved:
    """Solve every half table at both sets of digits: by table, regime and digits."""
    found = {}
    for block in (*FIXED, *CES):
        for digits, phi in zip(DIGITS, (block.firms.recovered, block.firms.rounded), strict=True):
            found[block.table, block.regime, digits] = ledger.solve(world(phi, block.regime, block in CES))
    return found


def world(phi: Sequence[float], regime: str, ces: bool = False) -> dict[str, Any]:
    """Write down the paper's world for some firms, before or after trade."""
    upper = {"upper": "ces", "eta": ETA, "I": I} if ces else {"R": R}
    market = {"market": "autarky"} if regime == "before" else {"market": "integrated", "W": W}
    firms = {"sigma": SIGMA, "K_1": K_1, "L": L, "productivities": list(phi)}
    return {"model": "granular", "parameters": {**firms, **upper, **market}}


def firm_tables(solved: Solved) -> tuple[Scored, ...]:
    """Compute Tables 5 and 7 to 9."""
    return tuple(_table(name, solved) for name in TITLES)


def _table(name: str, solved: Solved) -> Scored:
    cells, others = [], []
    for block in (block for block in FIXED if block.table == name):
        found = {digits: solved[name, block.regime, digits] for digits in DIGITS}
        cells += list(block_cells(block, {digits: firms_of(eq) for digits, eq in found.items()}))
        others += _active(block, found)
    return scored(f"table_{name}", TITLES[name], NOTES[name], cells, others)


def firms_of(eq: Equilibrium) -> dict[str, np.ndarray]:
    """Read what each firm does, shares in per cent; one that is out keeps the price of footnote 8."""
    out = eq["active"] == 0.0
    found = {name: np.where(out, 0.0, eq[name]) for name in QUANTITIES}
    sigma = float(eq.model.sigma)
    found["markup"] = np.where(out, sigma / (sigma - 1.0), eq["markup"])
    found["price"] = found["markup"] / eq["productivity"]
    return {**found, "share": 100.0 * found["share"]}


def block_cells(block: Block, found: Mapping[str, Mapping[str, np.ndarray]], reading: str = "") -> Iterator[Cell]:
    """Hold the rows of half a table against what each column computes."""
    for f, words in enumerate(block.rows):
        for quantity, stated in zip(QUANTITIES, words, strict=True):
            row = f"{block.regime}, firm {f + 1}, {quantity}"
            yield from beside(row, stated, {c: values[quantity][f] for c, values in found.items()}, reading=reading)


def _active(block: Block, found: Mapping[str, Equilibrium]) -> list[Cell]:
    count = {digits: float(np.count_nonzero(eq["active"])) for digits, eq in found.items()}
    return beside(f"{block.regime}, active firms", str(len(block.rows)), count)


def environments(solved: Solved, ledger: Ledger) -> Section:
    """Compute Table 4: shares in the paper's environment and in Feenstra and Ma's."""
    after, before = (solved["5", regime, RECOVERED] for regime in ("after", "before"))
    theirs = world(FEENSTRA_MA.recovered, "after")
    theirs["parameters"]["market"] = "feenstra_ma"
    same = ledger.solve(theirs)
    printed = {
        "autarky share": ("48.9", "41.1", "6.7", "2.1", "1.2"),
        "head to head share": ("31.7", "18.3", "0.0", "0.0", "0.0"),
        "Feenstra-Ma share": ("48.9", "41.1", "6.7", "2.1", "1.2"),
    }
    cells = []
    for column, eq in zip(printed, (before, after, same), strict=True):
        share = firms_of(eq)["share"]
        cells += [number_cell(f"firm {f + 1}", column, word, float(share[f]))
                  for f, word in enumerate(printed[column])]  # fmt: skip
    cells += misprinted(FEENSTRA_MA)
    doubled = same["varieties"][:5] / before["varieties"][:5]
    notes = (
        "Per cent, at the recovered digits. With the same firms in a market of twice the size shares and markups "
        f"stay; profits and varieties are {np.min(doubled):.6g} times what they were.",
    )
    return Section("table_4", "Table 4: two environments of trade", notes, cells=tuple(cells))


def misprinted(firms: Firms) -> list[Cell]:
    """Hold the productivities that Tables 4 and 5 print against those of Table 1."""
    note = "Tables 4 and 5; Table 1 has it right"
    return [
        number_cell(f"firm {f}", "productivity", stated, firms.recovered[f - 1], note)
        for f, stated in enumerate(("0.279", "0.267", "0.235", "0.235", "0.202"), start=1)
    ]  # fmt: skip
