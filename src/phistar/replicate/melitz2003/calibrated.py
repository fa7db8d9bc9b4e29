"""The Melitz-Redding (2015) point: gains from trade under a Pareto, a bounded Pareto and a lognormal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.results import Cell, Section, number_cell
from phistar.replicate.worlds import Ledger, scenario_at, solve_worlds
from phistar.verbs.elasticities import elasticities

#: Two identical countries; f_ii buys being active, as in Melitz (2003).
POINT: dict[str, Any] = {
    "sigma": 4.0, "L": 1.0, "f_e": 1.0, "delta": 1.0, "fixed_cost": "overhead", "partners": 1, "tau": 1.83,
    "f": {"domestic": 1.0, "export": 0.545},
}  # fmt: skip
K = 4.25
PARETO = {"family": "pareto", "k": K, "scale": 1.0}
BOUNDED = {"family": "bounded_pareto", "k": K, "lower": 1.0, "upper": 2.85}
TARGET_TAU = 1.83

#: The sheet's table: tau, then gain, lambda and share exporting (Pareto), gain, lambda and elasticity (bounded).
TABLE = (
    (3.0, "0.2829", ".98806", ".0222", "0.0045", ".99857", "18.08"),
    (2.0, "1.5528", ".93661", ".1242", "0.6045", ".95882", "5.777"),
    (1.83, "2.2400", ".91015", ".1811", "1.0775", ".93398", "5.458"),
    (1.5, "4.9885", ".81311", ".4218", "3.3172", ".83349", "5.044"),
    (1.0, "20.7316", ".5", "1", "18.5271", ".5", "3.0"),
)
FULL = "read as the full response of X_12/X_22 to tau, cutoffs moving (the partial one, s + gamma, stands beside it)"
#: Where the curves of the figures are drawn.
CURVE = np.linspace(1.0, 3.0, 81)
#: On either side of the corner, where the elasticity jumps.
JUST = 1e-9


def _scenario(table: Mapping[str, Any], partners: int = 1) -> dict[str, Any]:
    parameters = {**POINT, "productivity": dict(table), "partners": partners}
    if partners == 0:
        parameters = {**{k: v for k, v in parameters.items() if k != "tau"}, "f": POINT["f"]["domestic"]}
    return {"model": "melitz", "parameters": parameters}


class Calibration:
    """The point under one distribution: equilibria by tau, and autarky."""

    def __init__(self, name: str, table: Mapping[str, Any], ledger: Ledger) -> None:
        self.name, self.table, self.ledger = name, table, ledger
        self.closed = ledger.solve(_scenario(table, 0))

    def at(self, tau: float, **changes: Any) -> Equilibrium:
        """Solve at one iceberg cost."""
        return self.ledger.solve(scenario_at(_scenario(self.table), {"tau": tau, **changes}))

    def gain(self, eq: Equilibrium) -> float:
        """Return the gain over autarky in per cent."""
        return float(100.0 * (eq["welfare"][0] / self.closed["welfare"][0] - 1.0))

    def corner(self) -> float:
        """Find the iceberg cost below which everyone exports: where both zero-profit cutoffs meet."""

        def _gap(tau: float) -> float:
            zero = self.at(tau)["cutoff_zero_profit"][0]
            return float(np.log(zero[1] / zero[0]))

        return float(brentq(_gap, 1.01, 1.8, xtol=1e-12))

    def curves(self) -> dict[str, list[Any]]:
        """Return gain, elasticity and share exporting along `CURVE` and at the corner."""
        corner = self.corner()
        tau = np.sort([*CURVE, corner * (1.0 - JUST), corner * (1.0 + JUST)])
        w = solve_worlds(_scenario(self.table), {"tau": tau}, self.ledger)
        return {
            "tau": tau.tolist(),
            "distribution": [self.name] * tau.size,
            "gain_percent": (100.0 * (w["welfare"][0] / self.closed["welfare"][0] - 1.0)).tolist(),
            "trade_elasticity": w["trade_elasticity"][0, 1].tolist(),
            "exporter_share": w["exporter_share"][0].tolist(),
        }


def lognormal_like(pareto: Calibration, ledger: Ledger) -> dict[str, Any]:
    """Find the lognormal whose share of exporters at tau 1.83 is the Pareto's (mu only sets the unit of phi)."""
    target = float(pareto.at(TARGET_TAU)["exporter_share"][0])

    def _gap(sd: float) -> float:
        table = {"family": "lognormal", "mu": 0.0, "sd": sd}
        return float(np.log(ledger.solve(_scenario(table))["exporter_share"][0] / target))

    return {"family": "lognormal", "mu": 0.0, "sd": float(brentq(_gap, 0.15, 1.2, xtol=1e-13))}


def exporters_export_share(eq: Equilibrium) -> float:
    """Return exports over exporters' total sales, from revenue, premium and numbers of both groups."""
    exporters, rest = eq["mass_exporters"][0], eq["mass_active"][0] - eq["mass_exporters"][0]
    weight = eq["premium_revenue"][0] * exporters
    revenue = float(np.sum(eq["trade_flow"][0]))
    return float(eq["trade_flow"][0, 1] / (revenue * weight / (weight + rest)))


def calibrated_section(ledger: Ledger) -> tuple[Section, dict[str, list[Any]]]:
    """Recompute the sheet's table, with a lognormal beside it; return the curves of the figures too."""
    pareto = Calibration("Pareto", PARETO, ledger)
    bounded = Calibration("bounded Pareto", BOUNDED, ledger)
    lognormal = Calibration("lognormal", lognormal_like(pareto, ledger), ledger)
    cells = (
        *(cell for row in TABLE for cell in _row(row, pareto, bounded, lognormal)),
        *_points(pareto, bounded, lognormal),
    )
    curves: dict[str, list[Any]] = {}
    for calibration in (pareto, bounded, lognormal):
        for name, column in calibration.curves().items():
            curves[name] = curves.get(name, []) + column
    notes = (
        "sigma 4, k 4.25, f = f_e = scale = delta = 1, f_x 0.545, two identical countries, overhead fixed cost; gains "
        "over autarky. The stated numbers are the sheet's own, computed there to the digits shown, not the paper's.",
        f"Lognormal: ln phi has the standard deviation {lognormal.table['sd']:.6f}, so that at tau 1.83 as many firms "
        "export as under the Pareto; its mean only sets the unit of productivity.",
    )
    return Section("calibrated", "Melitz and Redding (2015): gains from trade", notes, (), cells), curves


def _row(row: Any, pareto: Calibration, bounded: Calibration, lognormal: Calibration) -> Iterator[Cell]:
    tau, *stated = row
    p, b, g = pareto.at(tau), bounded.at(tau), lognormal.at(tau)
    name = f"tau {tau:g}"
    for column, text, value in (
        ("gain % Pareto", stated[0], pareto.gain(p)),
        ("lambda Pareto", stated[1], p["trade_share"][0, 0]),
        ("share exporting Pareto", stated[2], p["exporter_share"][0]),
        ("elasticity Pareto", "", p["trade_elasticity"][0, 1]),
        ("gain % bounded", stated[3], bounded.gain(b)),
        ("lambda bounded", stated[4], b["trade_share"][0, 0]),
        ("elasticity bounded", stated[5], full_elasticity(b)),
        ("partial elasticity bounded", "", b["trade_elasticity"][0, 1]),
        ("gain % lognormal", "", lognormal.gain(g)),
        ("lambda lognormal", "", g["trade_share"][0, 0]),
        ("elasticity lognormal", "", g["trade_elasticity"][0, 1]),
    ):
        yield number_cell(name, column, text, float(value), reading=FULL if column == "elasticity bounded" else "")


def full_elasticity(eq: Equilibrium) -> float:
    """Compute -d ln (X_12/X_22) / d ln tau when tau falls both ways and every cutoff and wage responds."""
    flows = elasticities(eq, of="trade_flow", to="tau")[("trade_flow", "tau")]
    return float(flows[1, 1] - flows[0, 1])


def _points(pareto: Calibration, bounded: Calibration, lognormal: Calibration) -> Iterator[Cell]:
    free, target = pareto.at(1.0), pareto.at(TARGET_TAU)
    formula = float(100.0 * (free["trade_share"][0, 0] ** (-1.0 / K) - 1.0))
    yield number_cell("autarky", "cutoff Pareto", "1.228744", float(pareto.closed["cutoff"][0, 0]))
    yield number_cell("autarky", "cutoff bounded", "1.085280", float(bounded.closed["cutoff"][0, 0]))
    yield number_cell("autarky", "cutoff lognormal", "", float(lognormal.closed["cutoff"][0, 0]))
    for calibration in (pareto, bounded, lognormal):
        yield number_cell(
            "corner", f"tau, {calibration.name}", "1.2242", calibration.corner(), "all firms export below it"
        )
    yield number_cell("corner", "elasticity just below", "3", float(pareto.at(1.22)["trade_elasticity"][0, 1]))
    yield number_cell("tau 1", "lambda^(-1/k) - 1, %", "17.71", formula, "wrong there: the gain is in the table")
    yield number_cell(
        "tau 1.83", "exporters' export share", "0.140", exporters_export_share(target), "the paper's target"
    )
    share = float(target["exporter_share"][0])
    yield number_cell("tau 1.83", "share exporting", "0.181", share, "the paper's target")
    market = pareto.at(1.0, fixed_cost="market")
    closed = pareto.closed["welfare"][0]
    gain = float(100.0 * (market["welfare"][0] / closed - 1.0))
    yield number_cell(
        "tau 1", "gain %, market convention", "", gain, "each market its own access cost: not the table's"
    )
