"""Tables A.2 to A.4: the CES upper tier, by the paper's own steps, misprint included, and as the equilibria are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from phistar.replicate.kim import formulas
from phistar.replicate.kim.cells import DIGITS, RECOVERED, ROUNDED, Scored, beside, scored
from phistar.replicate.kim.firm_tables import Solved, block_cells, firms_of
from phistar.replicate.kim.printed import CES, ETA, K_1, SIGMA, Block, I, W
from phistar.replicate.results import NOT_REPRODUCED, Cell, Section, number_cell

#: Columns: the paper's steps at both sets of digits, then the equilibrium.
STEPS = {RECOVERED: "steps, recovered digits", ROUNDED: "steps, printed digits"}
EQUILIBRIUM = "equilibrium, recovered digits"
ROUNDED_PSI = "from the sector's share as rounded in the table"
MISPRINT = "from (A.5) as printed: no equilibrium"
TITLES = {"A.2": "Table A.2: Example 1 under CES", "A.3": "Table A.3: Example 2 under CES",
          "A.4": "Table A.4: Example 3 under CES"}  # fmt: skip
NOTES = {
    "A.2": (),
    "A.3": ("Before: the paper's steps with (A.5) as printed give all of it but the varieties, 10.9 and 3.4, which "
            "are those of Table A.4. The equilibrium has three survivors before and two after.",),
    "A.4": ("Before: the paper's steps with (A.5) as printed give all of it. The 'after' is an equilibrium.",),
}  # fmt: skip


def appendix_tables(solved: Solved) -> tuple[Scored, ...]:
    """Compute Tables A.2 to A.4."""
    return tuple(_table(name, solved) for name in TITLES)


def _table(name: str, solved: Solved) -> Scored:
    cells: list[Cell] = []
    others: list[Cell] = []
    for block in (block for block in CES if block.table == name):
        bent = block.regime == "before" and name != "A.2"
        by_steps = {STEPS[digits]: follow_steps(block, phi) for digits, phi in data(block).items()}
        eq = solved[name, block.regime, RECOVERED]
        true = {EQUILIBRIUM: firms_of(eq)}
        cells += block_cells(block, by_steps, MISPRINT if bent else "")
        others += block_cells(block, true)
        price = {column: float(values["price_index"]) for column, values in by_steps.items()}
        cells += beside(f"{block.regime}, price index", block.sector[1], price)
        others += beside(f"{block.regime}, price index", block.sector[1], {EQUILIBRIUM: float(eq["price_index"])})
        others += _sector_share(block, by_steps, 100.0 * float(eq["sector_share"]))
    notes = (f"Steps: the paper's, {ROUNDED_PSI}, found by (A.5) as printed where firms differ.", *NOTES[name])
    return scored(f"table_{name}", TITLES[name], notes, cells, others)


def data(block: Block) -> dict[str, np.ndarray]:
    """Return the firms of half a table by digits, as many copies as there are economies after trade."""
    copies = 1 if block.regime == "before" else W
    return {
        digits: np.repeat(np.array(phi), copies)
        for digits, phi in zip(DIGITS, (block.firms.recovered, block.firms.rounded), strict=True)
    }


def follow_steps(block: Block, phi: np.ndarray, Psi: float | None = None) -> dict[str, np.ndarray]:
    """Follow the paper's steps: shares by the printed (A.5), then elasticities, varieties, prices, profits (firm).

    Parameters
    ----------
    Psi : float, optional
        The sector's share; as the table prints it where not given.
    """
    size = I if block.regime == "before" else W * I
    Psi = float(block.sector[0]) / 100.0 if Psi is None else Psi
    entrants = phi if block.regime == "before" else phi[: W * _survivors_before(block, phi)]
    share, _ = formulas.survivors(entrants, lambda t, S_z: formulas.share_A5_printed(t, S_z, SIGMA, ETA, Psi))
    epsilon = formulas.elasticity_A1(share, SIGMA, ETA, Psi)
    told = {
        "share": 100.0 * share,
        "profit": formulas.profit_A6(share, SIGMA, ETA, size, Psi),
        "varieties": formulas.varieties(size * Psi, K_1, SIGMA, share, epsilon),
        "price": formulas.price(entrants[: len(share)], epsilon),
        "markup": formulas.markup(epsilon),
    }
    implied = formulas.price_index(told["varieties"], told["price"], SIGMA)
    one = slice(None, None, 1 if block.regime == "before" else W)
    kept = {name: np.asarray(values)[one] for name, values in told.items()}
    return {**kept, "price_index": np.asarray(formulas.price_index_of(Psi, ETA)), "implied": np.asarray(implied)}


def _survivors_before(block: Block, phi: np.ndarray) -> int:
    """Count the firms that the paper's table has in autarky: they are who enters."""
    return next(len(b.rows) for b in CES if b.table == block.table and b.regime == "before")


def _sector_share(block: Block, by_steps: Mapping[str, Mapping[str, np.ndarray]], true: float) -> Iterator[Cell]:
    """Hold the sector's share against the one that is its own answer under the paper's steps, and the equilibrium's."""
    row = f"{block.regime}, sector's share"
    own = {STEPS[digits]: 100.0 * own_share(block, phi) for digits, phi in data(block).items()}
    yield from beside(row, block.sector[0], {**own, EQUILIBRIUM: true})


def own_share(block: Block, phi: np.ndarray) -> float:
    """Find the sector's share at which the paper's steps return it: P from (5) and from Psi agree."""
    from scipy.optimize import brentq

    def _gap(Psi: float) -> float:
        told = follow_steps(block, phi, Psi)
        return float(np.log(told["implied"]) - np.log(told["price_index"]))

    return float(brentq(_gap, 0.05, 0.95, xtol=1e-13))


# --- the equilibria, and why the printed ones are none

#: What the design sheet says of the equilibria at the printed productivities.
SHEET: tuple[tuple[str, str, str, int | None, str], ...] = (
    ("A.3", "before", "share", 0, "64.3"), ("A.3", "before", "share", 1, "35.4"), ("A.3", "before", "share", 2, "0.35"),
    ("A.3", "before", "sector_share", None, ".2745"), ("A.3", "before", "price_index", None, "2.643"),
    ("A.3", "after", "share", 1, "0.80"), ("A.3", "after", "price_index", None, "2.0445"),
    ("A.4", "before", "share", 0, "71.3"), ("A.4", "before", "share", 1, "28.7"),
    ("A.4", "before", "profit", 0, "87.3"), ("A.4", "before", "profit", 1, "8.69"),
    ("A.4", "before", "sector_share", None, ".2934"), ("A.4", "before", "price_index", None, "2.408"),
)  # fmt: skip


def true_equilibria(solved: Solved) -> Section:
    """Hold the certified equilibria of Tables A.3 and A.4 against those of the design sheet."""
    cells = []
    for table, regime, name, f, stated in SHEET:
        eq = solved[table, regime, ROUNDED]
        found = float(eq[name]) if f is None else float(firms_of(eq)[name][f])
        row = f"Table {table}"
        cells.append(
            number_cell(
                row, f"{table} {regime}, {name.replace('_', ' ')}{'' if f is None else f' {f + 1}'}", stated, found
            )
        )
    # one a line: no two rows share their columns
    return Section("equilibria", "What Tables A.3 and A.4 should say (the design sheet's equilibria)",
                   ("At the printed productivities; shares in per cent.",), cells=tuple(cells))  # fmt: skip


def no_equilibrium(solved: Solved) -> Section:
    """Show that no equilibrium at all prices as Tables A.3 and A.4 do before trade."""
    cells = []
    for block in (b for b in CES if b.regime == "before" and b.table != "A.2"):
        eq = solved[block.table, "before", RECOVERED]
        phi = eq["productivity"]
        for name, power in (("price", -1.0 / SIGMA), ("markup", (SIGMA - 1.0) / SIGMA)):
            at = QUANTITY_AT[name]
            stated = float(block.rows[0][at]) / float(block.rows[1][at])
            ratio = float((phi[0] / phi[1]) ** power)
            slack = _rounding(block, at)
            near = abs(ratio - stated) <= slack
            note = (f"{name} 1 over {name} 2 is (phi_1/phi_2)^({power:+.3g}) in every equilibrium, at any spending, "
                    f"K_1, eta and number of firms; rounding moves the printed one by {slack:.4f}")  # fmt: skip
            solved_ratio = float(eq[name][0] / eq[name][1])
            verdict = "" if near else NOT_REPRODUCED
            cells.append(Cell("before", f"{block.table}, {name} 1 / 2", f"{stated:.4f}", solved_ratio,
                              verdict, solved_ratio - stated, note=note))  # fmt: skip
    notes = (
        "All firms' markups are one number times phi^((sigma-1)/sigma), whatever the upper tier, so prices fall with "
        "productivity as phi^(-1/sigma). Tables A.3 and A.4 print higher prices for firm 1.",
        "Of the 10.9 and 3.4 varieties of Table A.3 not even the paper's steps know: they are Table A.4's.",
    )
    return Section("no_equilibrium", "Cells that no equilibrium can have", notes, cells=tuple(cells))


QUANTITY_AT = {"price": 3, "markup": 4}


def _rounding(block: Block, at: int) -> float:
    """Return by how much rounding to the printed digits can move the ratio of two cells."""
    one, two = float(block.rows[0][at]), float(block.rows[1][at])
    half = 0.5 * 10.0 ** -len(block.rows[0][at].partition(".")[2])
    return (one + half) / (two - half) - one / two
