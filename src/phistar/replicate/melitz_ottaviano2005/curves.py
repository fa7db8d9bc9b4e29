"""The paper's scenarios as curves: size, trade costs, unilateral and preferential liberalization, other costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phistar.replicate.melitz_ottaviano2005.box import scenario, short_scenario
from phistar.replicate.melitz_ottaviano2005.stored import DEAR, HUMPS, PARETO
from phistar.replicate.worlds import Ledger, Worlds, solve_worlds

POINTS = 61
LONG, SHORT = "long run", "short run"
#: Columns of the curves that are variables of the model, by country.
VARIABLES = {
    "cutoff": "price_threshold", "variety": "variety", "entrants": "mass_entrants", "markup": "mean_markup",
    "welfare": "welfare_wages", "welfare_profits": "welfare",
}  # fmt: skip
#: With eta 4 every country keeps labour for the numeraire along the curves.
ETA = {"eta": 4.0}

Rows = list[dict[str, Any]]


def all_curves(ledger: Ledger) -> dict[str, list[Any]]:
    """Solve every curve; columns of equal length."""
    rows = [
        *size(ledger), *trade_cost(ledger), *unilateral(ledger), *preferential(ledger), *distributions(ledger),
        *humps(ledger),
    ]  # fmt: skip
    names = ("figure", "series", "horizon", "x", "freeness", *VARIABLES, "import_share", "surplus", "surplus_close")
    return {name: [row.get(name) for row in rows] for name in names}


def _rows(
    figure: str, w: Worlds, x: np.ndarray, series: Mapping[str, int], horizon: str = LONG, freeness: Any = None
) -> Rows:
    """Lay out the curves of the countries named; nothing where a world is refused."""
    found = []
    for name, i in series.items():
        imports = 1.0 - w["trade_share"][i, i]
        for p in np.flatnonzero(w.certified):
            row = {"figure": figure, "series": name, "horizon": horizon, "x": float(x[p])}
            row |= {column: float(w[variable][i, p]) for column, variable in VARIABLES.items()}
            row |= {"import_share": float(imports[p]), "freeness": None if freeness is None else float(freeness[p])}
            found.append(row)
    return found


def _columns(points: int, **given: Any) -> dict[str, np.ndarray]:
    return {key: np.broadcast_to(np.asarray(value, dtype=float), (points,)).copy() for key, value in given.items()}


def _tau(pairs: Sequence[tuple[int, int]], value: Any) -> dict[str, Any]:
    return {f"tau[{i}][{j}]": value for i, j in pairs}


BOTH = ((0, 1), (1, 0))


def size(ledger: Ledger) -> Rows:
    """Let one country grow beside a partner of size 10, at tau 1.5."""
    ratio = np.geomspace(0.25, 4.0, POINTS)
    w = solve_worlds(scenario(PARETO, 2, **ETA), _columns(POINTS, **{"L[0]": 10.0 * ratio}), ledger)
    return _rows("size", w, ratio, {"growing country": 0, "partner": 1})


def trade_cost(ledger: Ledger) -> Rows:
    """Lower one tau between a country of 12 and one of 10; a short run from the entrants at tau 2."""
    tau = np.linspace(0.16, 0.92, POINTS) ** -0.5  # even in freeness
    given = _columns(POINTS, **{"L[0]": 12.0}, **_tau(BOTH, tau))
    world, series = scenario(PARETO, 2, **ETA), {"larger country": 0, "smaller country": 1}
    return _horizons("tau", world, given, {**given, **_columns(POINTS, **_tau(BOTH, 2.0))}, tau, series, ledger, 2.0)


def unilateral(ledger: Ledger) -> Rows:
    """Lower the import cost of one of two equal countries from 1.6."""
    tau = np.linspace(1.3, 1.6, POINTS)
    given = _columns(POINTS, **_tau(BOTH, 1.6)) | {"tau[1][0]": tau}
    world, series = scenario(PARETO, 2, **ETA), {"liberalizing country": 0, "partner": 1}
    return _horizons("unilateral", world, given, _columns(POINTS, **_tau(BOTH, 1.6)), tau, series, ledger)


def preferential(ledger: Ledger) -> Rows:
    """Lower the trade cost between two of three equal countries from 1.6."""
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    tau = np.linspace(1.3, 1.6, POINTS)
    start = _columns(POINTS, **_tau(pairs, 1.6))
    world, series = scenario(PARETO, 3, **ETA), {"member": 0, "third country": 2}
    return _horizons(
        "preferential", world, {**start, **_columns(POINTS, **_tau(BOTH, tau))}, start, tau, series, ledger
    )


def _horizons(
    figure: str, world: Mapping[str, Any], given: Mapping[str, np.ndarray], start: Mapping[str, np.ndarray],
        x: np.ndarray,
    series: Mapping[str, int], ledger: Ledger, k: float | None = None,
) -> Rows:  # fmt: skip
    """Solve the long run, and the short run with the entrants of the start."""
    long, before = (solve_worlds(world, columns, ledger) for columns in (given, start))
    firms = {f"incumbents[{i}]": N for i, N in enumerate(before["mass_entrants"])}
    short = solve_worlds(short_scenario(world), {**given, **firms}, ledger)
    freeness = None if k is None else x**-k
    return [*_rows(figure, long, x, series, LONG, freeness), *_rows(figure, short, x, series, SHORT, freeness)]


#: Where the closer look at the uniform begins.
CLOSE = 1.5


def distributions(ledger: Ledger) -> Rows:
    """Tell what trade between two equal countries changes from autarky, in per cent, for a Pareto and a uniform."""
    tau, rows = np.linspace(1.05, 2.6, 2 * POINTS), []
    for name, table in (("Pareto, k = 2", PARETO), ("uniform on [0.4, 1]", DEAR)):
        world = scenario(table, 2, alpha=1.3, eta=2.0)
        w = solve_worlds(world, _columns(len(tau), **_tau(BOTH, tau)), ledger)
        alone = solve_worlds(world, _columns(1, **_tau(BOTH, np.inf)), ledger)
        changes = {
            column: 100.0 * (w[variable][0] / alone[variable][0, 0] - 1.0)
            for column, variable in (("cutoff", "price_threshold"), ("surplus", "consumer_surplus"))
        }
        for p in np.flatnonzero(w.certified & np.all(w["mass_sellers"] > 0.0, axis=(0, 1))):
            row = {"figure": "gains", "series": name, "horizon": LONG, "x": float(tau[p])}
            row |= {column: float(change[p]) for column, change in changes.items()}
            if table is DEAR and tau[p] > CLOSE:
                row["surplus_close"] = row["surplus"]
            rows.append(row)
    return rows


def humps(ledger: Ledger) -> Rows:
    """Let a closed economy grow whose costs crowd at both ends."""
    L = np.linspace(1.2, 4.0, 4 * POINTS)
    w = solve_worlds(scenario(HUMPS, 1), _columns(len(L), **{"L[0]": L}), ledger)
    return _rows("humps", w, L, {"costs that crowd at 0.1 and 1": 0})
