"""The paper's own parameters: what it prints, what the sheet states, and where along its axes a claim turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.replicate.ara2026.box import HIGH, LOW, POINT, scenario
from phistar.replicate.ara2026.equilibrium import slopes
from phistar.replicate.ara2026.responses import INPUTS, OMEGA, WELFARE
from phistar.replicate.ara2026.samples import Samples
from phistar.replicate.results import Cell, Section, number_cell
from phistar.replicate.worlds import Ledger
from phistar.verbs.elasticities import elasticities

#: Elasticities to L at L = 1: the variable, the country, what the sheet states at tau_M 1.5 and 1.1.
ELASTICITIES: tuple[tuple[str, str, int, str, str], ...] = (
    ("ω", OMEGA, 0, ".0427", "-.0363"),
    ("φ_D1", "cutoff_D", 0, "-.0096", "-.0051"),
    ("φ_DM1", "cutoff_DM", 0, "-.052", ".031"),
    ("φ_XM1", "cutoff_XM", 0, ".024", "-.007"),
    ("φ_X1", "cutoff_X", 0, ".066", "-.043"),
    ("R_X1/R_X2", "relative_exports", 0, ".681", "2.049"),
    ("E_M1/E_M2", INPUTS, 0, "1.639", "1.541"),
    ("R_X1/E_M1", "final_to_input_ratio", 0, "-.479", ".254"),
    ("α_X1", "alpha_X", 0, ".373", "-.177"),
    ("α_M1", "alpha_M", 0, "-.193", ".171"),
    ("W_1/W_2", WELFARE, 0, ".3142", ".3231"),
)
#: Slopes of the two curves at symmetry.
SLOPES = (("Φ_ω", 0, "-20.94", "-11.24"), ("Ψ_ω", 1, "15.96", "-56.50"))


def _world(ledger: Ledger, **changes: Any) -> Any:
    return ledger.solve(scenario(**changes))


def printed_section(ledger: Ledger) -> Section:
    """Hold the paper's two printed numbers against the library."""
    cells = []
    for tau, stated, precise in ((HIGH, "2.4", "2.406607"), (LOW, "0.75", "0.751891")):
        ratio = float(_world(ledger, tau_M=tau)["final_to_input_ratio"][0])
        cells.append(number_cell("R_X/E_M, the paper", f"{tau:g} τ_M", stated, ratio))
        cells.append(number_cell("R_X/E_M, the sheet", f"{tau:g} τ_M", precise, ratio))
    where = ", ".join(f"{key} {POINT[key]:g}" for key in ("sigma", "tau_X", "f_D", "f_X", "f_DM", "f_XM", "f_E"))
    return Section(
        "printed", "The paper's printed numbers", (f"Equal countries, {where}, Pareto k 5.",), cells=tuple(cells)
    )


@dataclass(frozen=True)
class Turns:
    """Where the paper's worlds turn: input trade costs, and relative sizes.

    Attributes
    ----------
    even : float
        tau_M at which equal countries trade goods and inputs one for one.
    attenuates : float
        tau_M below which relative welfare responds less to size than at 1.5.
    imports_higher, imports_turn : float
        L beyond which relative imports are higher at 1.1 than at 1.5, and beyond which they respond more.
    """

    even: float
    attenuates: float
    imports_higher: float
    imports_turn: float


def find_turns(ledger: Ledger) -> Turns:
    """Find all of them."""
    return Turns(even_trade(ledger), attenuates(ledger), imports_higher(ledger), imports_turn(ledger))


def sheet_section(samples: Samples, turns: Turns, ledger: Ledger) -> Section:
    """Hold the sheet's elasticities, thresholds and ranges against the library."""
    cells: list[Cell] = []
    for tau, which in ((HIGH, 3), (LOW, 4)):
        equilibrium = _world(ledger, tau_M=tau)
        table = elasticities(equilibrium, to="L[0]")
        for row in ELASTICITIES:
            computed = float(table[row[1], "L[0]"][row[2]])
            cells.append(number_cell(row[0], f"{tau:g} τ_M", str(row[which]), computed))
        # the middle of the axis is L = 1
        both = [float(slope[len(samples.point[tau].at) // 2]) for slope in slopes(samples.point[tau])]
        cells += [number_cell(name, f"{tau:g} τ_M", (high, low)[which - 3], both[i]) for name, i, high, low in SLOPES]
    notes = (
        "Elasticities to L at L = 1, exact by the implicit function theorem; slopes by A.2.4 from solved equilibria.",
        "The closed form counts draws below φ = 1 at f_E = 2.5; ratios, ω and the figures do not depend on f_E. With "
        "the support taken literally ω responds a little more.",
    )
    return Section("sheet", "The sheet's numbers at the paper's parameters", notes,
                   cells=(*cells, *_thresholds(turns, ledger)))  # fmt: skip


def _thresholds(turns: Turns, ledger: Ledger) -> list[Cell]:
    equilibrium = _world(ledger)
    literal = {**POINT["productivity"], "support": "literal"}
    response = elasticities(_world(ledger, productivity=literal), of=OMEGA, to="L[0]")[OMEGA, "L[0]"][0]
    active = float(equilibrium["mass_active"][0] / equilibrium["mass_entrants"][0])
    found = [
        number_cell("equal countries", "τ_M at which R_X = E_M", "1.2018575865545", turns.even),
        number_cell("equal countries", "τ_M below which W_1/W_2 responds less than at 1.5", "1.0710", turns.attenuates),
        number_cell("unequal countries", "L beyond which E_M1/E_M2 is higher at 1.1 than at 1.5", "1.7117",
                    turns.imports_higher),
        number_cell("unequal countries", "L beyond which its elasticity to L is higher", "", turns.imports_turn),
        number_cell("τ_M 1.5", "φ_D", "0.958993", float(equilibrium["cutoff_D"][0])),
        number_cell("τ_M 1.5", "active firms an entrant, closed form", "1.233", active),
        number_cell("τ_M 1.5", "f_E at which φ_D = 1", "2.02777", _entry_cost(ledger)),
        number_cell("τ_M 1.5", "elasticity of ω, literal support", ".04399", float(response)),
    ]  # fmt: skip
    for tau, low, high in ((HIGH, "0.12351", "8.09649"), (LOW, "0.28433", "3.51703")):
        ends = interior_ends(ledger, tau)
        found += [number_cell(f"τ_M {tau:g}", f"{word} L with firms in both ({tau:g})", stated, end)
                  for word, stated, end in zip(("smallest", "largest"), (low, high), ends, strict=True)]  # fmt: skip
    return found


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(gap, low, high, xtol=1e-13, rtol=1e-13))


def even_trade(ledger: Ledger) -> float:
    """Find the input trade cost at which equal countries trade goods and inputs one for one."""
    return _root(lambda tau: float(_world(ledger, tau_M=tau)["final_to_input_ratio"][0]) - 1.0, LOW, HIGH)


def _response(ledger: Ledger, name: str, **changes: Any) -> float:
    return float(elasticities(_world(ledger, **changes), of=name, to="L[0]")[name, "L[0]"][0])


def attenuates(ledger: Ledger) -> float:
    """Find the input trade cost below which relative welfare responds less to size than at 1.5."""
    at_high = _response(ledger, WELFARE)
    return _root(lambda tau: _response(ledger, WELFARE, tau_M=tau) - at_high, 1.055, LOW)


def imports_higher(ledger: Ledger) -> float:
    """Find the relative size beyond which relative imports are higher at 1.1 than at 1.5: the curves' crossing."""

    def _gap(L: float) -> float:
        low, high = (float(_world(ledger, tau_M=tau, L=[L, 1.0])[INPUTS][0]) for tau in (LOW, HIGH))
        return low - high

    return _root(_gap, 1.1, 2.5)


def imports_turn(ledger: Ledger) -> float:
    """Find the relative size beyond which relative imports respond more to size at 1.1 than at 1.5."""

    def _gap(L: float) -> float:
        low, high = (_response(ledger, INPUTS, tau_M=tau, L=[L, 1.0]) for tau in (LOW, HIGH))
        return low - high

    return _root(_gap, 1.1, 2.5)


def _entry_cost(ledger: Ledger) -> float:
    return _root(lambda f_E: float(_world(ledger, f_E=f_E)["cutoff_D"][0]) - 1.0, 1.5, 2.5)


def interior_ends(ledger: Ledger, tau: float) -> tuple[float, float]:
    """Find the smallest and the largest relative size at which both countries have firms, by bisection in logs."""

    def _edge(inside: float, outside: float) -> float:
        while abs(outside - inside) > 1e-7:
            middle = 0.5 * (inside + outside)
            both = np.all(_world(ledger, tau_M=tau, L=[float(np.exp(middle)), 1.0])["R"] > 0.0)
            inside, outside = (middle, outside) if both else (inside, middle)
        return float(np.exp(inside))

    return _edge(0.0, -3.0), _edge(0.0, 3.0)
