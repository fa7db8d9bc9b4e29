"""What the figures draw, all from certified equilibria: figures 1 to 4 and A.1, and the map of regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.box import HIGH, LOW, PARETO, POINT, scenario
from phistar.replicate.ara2026.responses import INPUTS, OMEGA, WELFARE
from phistar.replicate.ara2026.samples import Sample, sample
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds

#: Horizontal axes of figures 2, 4 and A.1.
SIZE = np.linspace(0.5, 2.0, 91)
#: Relative size to which figures 1 and 3 shift the LMC curve.
LARGER = 1.2
#: Relative exports drawn in figures 1 and 3, and sizes that bring them about.
EXPORTS = (0.4, 2.5)
#: The map: input trade costs and relative sizes.
TAUS, SIZES = np.round(np.linspace(1.02, 1.62, 180), 6), np.round(np.geomspace(0.25, 4.0, 81), 6)
#: What the map tells, by colour: the sign of the wage response, and of the welfare response against tau_M 1.5's.
REGIONS = (
    "ω falls with L; W1/W2 responds less than at τ_M = 1.5",
    "ω falls with L; W1/W2 responds more than at τ_M = 1.5",
    "ω rises with L; W1/W2 responds more than at τ_M = 1.5",
    "ω rises with L; W1/W2 responds less than at τ_M = 1.5",
    "one country makes no final goods",
    "strict selection fails: firms skip a mode",
)
Row = tuple[str, str, str, float, float]


def all_curves(ledger: Ledger) -> dict[str, list[Any]]:
    """Lay every figure's points out as columns: figure, panel, series, x, y."""
    rows: list[Row] = []
    for name, tau in (("figure_1", HIGH), ("figure_3", LOW)):
        rows += _determination(name, tau, ledger)
    along = {tau: solve_worlds(scenario(tau_M=tau), {"L[0]": SIZE}, ledger) for tau in (HIGH, LOW)}
    for name, tau in (("figure_2", HIGH), ("figure_A1", LOW)):
        rows += _ratios(name, along[tau])
    rows += _wages_and_welfare(along)
    rows += _regions(ledger)
    columns = list(zip(*rows, strict=True))
    return {name: list(column) for name, column in zip(("figure", "panel", "series", "x", "y"), columns, strict=True)}


def _determination(name: str, tau: float, ledger: Ledger) -> Iterator[Row]:
    """Trace LMC and TB over omega: each omega is the equilibrium at some relative size, solved and certified.

    The cutoffs depend on omega alone, so that alpha and theta there are those of (19) at any other relative size, and
    relative exports there are (20), which sizes do not enter.
    """
    w = solve_worlds(scenario(tau_M=tau), {"L[0]": np.geomspace(0.15, 1 / 0.15, 601)}, ledger)
    both = w.certified & np.all(w["R"] > 0.0, axis=0)
    omega = w[OMEGA][0]
    curves = {
        "LMC: Φ(ω, 1)": local.Phi(w["alpha_X"], omega, 1.0),
        f"LMC: Φ(ω, {LARGER:g})": local.Phi(w["alpha_X"], omega, LARGER),
        "TB: Ψ(ω)": local.Psi(POINT["sigma"], w["theta"]),
    }
    order = np.argsort(np.where(both, omega, np.inf))[: int(np.sum(both))]
    for series, y in curves.items():
        for i in order:
            if EXPORTS[0] <= y[i] <= EXPORTS[1]:
                yield name, "", series, float(omega[i]), float(y[i])


def _line(figure: str, panel: str, series: str, y: np.ndarray) -> Iterator[Row]:
    return ((figure, panel, series, float(a), float(b)) for a, b in zip(SIZE, y, strict=True))


def _ratios(name: str, w: Worlds) -> Iterator[Row]:
    yield from _line(name, "a", "final goods: R_X1/R_X2", w["relative_exports"][0])
    yield from _line(name, "a", "inputs: E_M1/E_M2", w[INPUTS][0])
    for i in (0, 1):
        yield from _line(name, "b", f"country {i + 1}: R_X{i + 1}/E_M{i + 1}", w["final_to_input_ratio"][i])


def _wages_and_welfare(along: dict[float, Worlds]) -> Iterator[Row]:
    for panel, variable in (("a", OMEGA), ("b", WELFARE)):
        for tau, w in along.items():
            yield from _line("figure_4", panel, f"τ_M = {tau:g}", w[variable][0])
    # by how much relative welfare at 1.1 exceeds that at 1.5: the two curves of (b) nearly coincide
    yield from _line("figure_4", "c", "", 100.0 * (along[LOW][WELFARE][0] / along[HIGH][WELFARE][0] - 1.0))


def _regions(ledger: Ledger) -> Iterator[Row]:
    """Walk each row of the map and note the input trade costs at which another region begins."""
    tau, L = (grid.ravel() for grid in np.meshgrid(TAUS, SIZES, indexing="ij"))
    here = sample(PARETO, {"tau_M": tau, "L[0]": L}, ledger)
    there = sample(PARETO, {"tau_M": np.full(len(SIZES), HIGH), "L[0]": SIZES}, ledger)
    told = regions(here, np.tile(there.response(WELFARE), len(TAUS))).reshape(len(TAUS), len(SIZES))
    for j, y in enumerate(SIZES):
        for i, x in enumerate(TAUS):
            if i == 0 or told[i, j] != told[i - 1, j]:
                yield "regions", "", REGIONS[told[i, j]], float(x), float(y)


def regions(here: Sample, benchmark: np.ndarray) -> np.ndarray:
    """Say of each world in which of `REGIONS` it lies."""
    rises, more = here.response(OMEGA) > 0.0, here.response(WELFARE) > benchmark
    region = np.where(rises, np.where(more, 2, 3), np.where(more, 1, 0))
    region = np.where(strictly_sorted(here.at), region, 5)
    corner = ~np.all((here.up["R"] > 0.0) & (here.down["R"] > 0.0), axis=0)
    return np.where(corner, 4, region)


def strictly_sorted(w: Worlds) -> np.ndarray:
    """Mark worlds in which some firms sell at home, and some export, without importing inputs for it."""
    return np.asarray(np.all((w["cutoff_DM"] > w["cutoff_D"]) & (w["cutoff_XM"] > w["cutoff_X"]), axis=0))
