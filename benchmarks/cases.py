"""The cases: each prepares its work, and says afterwards what was certified."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phistar.core.certificate import TOLERANCE
from phistar.core.scenario import Scenario, load_scenario
from phistar.models.granular.draws import read_draw
from phistar.models.granular.sectors import Sectors, draw_sectors, solve_sectors
from phistar.models.registry import build_model
from phistar.verbs.grid import parse_grid
from phistar.verbs.solve import solve
from phistar.verbs.sweep import make_plan, sweep

Work = Callable[[], object]
Said = Callable[[], str]

TWO_COUNTRIES = {
    "model": "melitz",
    "parameters": {
        "sigma": 4.0,
        "L": [1.0, 2.0],
        "tau": [[1.0, 1.7], [1.7, 1.0]],
        "f": {"domestic": 1.0, "export": 1.2},
        "f_e": 2.0,
        "productivity": {"family": "pareto", "k": 4.5, "scale": 1.0},
    },
}
LINEAR = {
    "model": "melitz_ottaviano",
    "parameters": {
        "alpha": 2.0,
        "eta": 2.0,
        "L": [10.0, 12.0],
        "tau": 1.5,
        "f_E": 0.1,
        "cost": {"family": "pareto", "c_M": 1.0, "k": 2.0},
    },
}
LINEAR_GRID = ["tau=1.1:2.5:400", "L[0]=5.0:20.0:250"]
COSTS = {
    "Pareto": {"family": "pareto", "c_M": 1.0, "k": 2.0},
    "beta": {"family": "beta", "a": 1.6, "b": 2.2, "lower": 0.1, "c_M": 1.2},
    "lognormal": {"family": "lognormal", "mu": 0.5, "sd": 0.4},
}
GRID = ["tau=1.1:2.5:400", "f.export=0.6:2.0:250"]
VERTICAL = {
    "model": "vertical_specialization",
    "parameters": {
        "sigma": 4.0,
        "L": [1.0, 1.0],
        "tau_X": 1.3,
        "tau_M": 1.5,
        "f_D": 1.0,
        "f_X": 1.4,
        "f_DM": 1.4,
        "f_XM": 1.2,
        "f_E": 2.5,
        "productivity": {"family": "pareto", "k": 5.0, "support": "closed_form"},
    },
}
REGION = ["tau_M=1.06:1.6:101", "L[0]=0.5:2.0:101"]
FAMILIES = {
    "Pareto": {"family": "pareto", "k": 4.5, "scale": 1.0},
    "lognormal": {"family": "lognormal", "mu": 0.0, "sd": 0.8},
}


@dataclass(frozen=True)
class Case:
    """One thing to time: its name, its target in seconds, and how to prepare it in a scratch folder."""

    name: str
    target: float | None
    prepare: Callable[[Path], tuple[Work, Said]]


def world(family: str, count: int = 100, seed: int = 7) -> dict[str, Any]:
    """Draw an asymmetric world of `count` countries."""
    rng = np.random.default_rng(seed)
    tau = 1.0 + rng.uniform(0.3, 1.5, (count, count))
    np.fill_diagonal(tau, 1.0)
    f = rng.uniform(0.6, 2.5, (count, count))
    parameters = {
        "sigma": 4.0,
        "L": rng.lognormal(0.0, 1.0, count).tolist(),
        "tau": tau.tolist(),
        "f": f.tolist(),
        "f_e": rng.uniform(0.5, 2.0, count).tolist(),
        "productivity": FAMILIES[family],
    }
    return {"model": "melitz", "parameters": parameters}


def linear_world(count: int, corners: bool, family: str = "Pareto", seed: int = 3) -> dict[str, Any]:
    """Draw an asymmetric world of linear demand, in which every country has entrants or few have."""
    rng = np.random.default_rng(seed)
    near, far, apart = (1.3, 3.0, 0.5) if corners else (8.0, 9.0, 0.01)
    tau = rng.uniform(near, far, (count, count))
    np.fill_diagonal(tau, 1.0)
    parameters = {
        "alpha": 2.0,
        "eta": 4.0,
        "gamma": 1.0,
        "L": (10.0 * rng.lognormal(0.0, apart, count)).tolist(),
        "tau": tau.tolist(),
        "f_E": (0.1 * rng.lognormal(0.0, 0.3 * apart, count)).tolist(),
        "cost": COSTS[family],
    }
    return {"model": "melitz_ottaviano", "parameters": parameters}


def marketing_world(count: int = 200, seed: int = 7) -> dict[str, Any]:
    """Draw an asymmetric market penetration world at the paper's elasticities."""
    rng = np.random.default_rng(seed)
    tau = 1.0 + rng.uniform(0.3, 1.5, (count, count))
    np.fill_diagonal(tau, 1.0)
    parameters = {
        "theta": 8.0,
        "theta_tilde": 1.5,
        "beta": 1.0,
        "psi": 1e-3,
        "L": rng.lognormal(0.0, 1.0, count).tolist(),
        "b": rng.uniform(0.7, 1.4, count).tolist(),
        "J": rng.lognormal(0.0, 1.0, count).tolist(),
        "tau": tau.tolist(),
    }
    return {"model": "market_penetration", "parameters": parameters}


def one_solve(scenario: dict[str, Any]) -> Callable[[Path], tuple[Work, Said]]:
    """Solve and certify one world."""

    def prepare(folder: Path) -> tuple[Work, Said]:
        model = build_model(load_scenario(scenario))
        found: list[Any] = []

        def work() -> None:
            # a copy: nothing may be left from the run before
            found[:] = [solve(dataclasses.replace(model))]

        def said() -> str:
            entrants = found[0]["mass_entrants"]
            entering = f", {np.count_nonzero(entrants)} of {entrants.size} enter" if np.any(entrants == 0.0) else ""
            return f"residual {found[0].certificate.max_residual:.0e}{entering}"

        return work, said

    return prepare


def whole_sweep(
    suffix: str, scenario: dict[str, Any] = TWO_COUNTRIES, grid: Sequence[str] = GRID
) -> Callable[[Path], tuple[Work, Said]]:
    """Sweep the grid, certify each point, and lay the table out in memory or in a file."""

    def prepare(folder: Path) -> tuple[Work, Said]:
        found: list[Any] = []

        def work() -> None:
            found[:] = [sweep(scenario, grid, folder / f"grid{suffix}" if suffix else None)]

        def said() -> str:
            table = found[0]
            return f"{len(table) - table.refused:,} of {len(table):,}, residual {np.nanmax(table['max_residual']):.0e}"

        return work, said

    return prepare


def solving_of_the_sweep(folder: Path) -> tuple[Work, Said]:
    """Only find the unknowns of the same grid, batch by batch; certifying them is timed by the whole sweep."""
    scenario: Scenario = load_scenario(TWO_COUNTRIES)
    plan = make_plan(scenario, parse_grid(GRID))
    models = []
    for first in range(0, plan.size, plan.chunk):
        model: Any = plan.model
        for axis, values in zip(plan.axes, plan.values_at(first, min(first + plan.chunk, plan.size)), strict=True):
            model = model.assign(axis.key, values)
        models.append(model)
    found: list[Any] = []

    def work() -> None:
        found[:] = [model.find_batch() for model in models]

    def said() -> str:
        worst = max(
            float(np.max(np.abs(residual)))
            for model, (x, _) in zip(models, found, strict=True)
            for residual in model.equations(x).values()
        )
        assert worst <= TOLERANCE, worst
        return f"{plan.size:,} points, residual {worst:.0e}"

    return work, said


SECTORS: dict[str, dict[str, Any]] = {
    "fixed spending": {"R": 1000.0},
    "CES": {"eta": 2.0, "I": 2000.0},
    "fixed spending, K_0 > 0": {"R": 1000.0, "K_0": 1.0},
}


def many_sectors(kind: str, count: int = 10_000, firms: int = 100) -> Callable[[Path], tuple[Work, Said]]:
    """Solve and certify sectors of firms drawn from a Pareto distribution, in no order."""

    def prepare(folder: Path) -> tuple[Work, Said]:
        phi = 0.2 * np.random.default_rng(3).random((count, firms)) ** -0.2
        found: list[Any] = []

        def work() -> None:
            found[:] = [solve_sectors(phi, sigma=6.0, K_1=5.0, **SECTORS[kind])]

        return work, lambda: sectors_said(found[0])

    return prepare


def drawn_sectors(count: int) -> Callable[[Path], tuple[Work, Said]]:
    """Draw, solve and certify sectors chunk by chunk."""

    def prepare(folder: Path) -> tuple[Work, Said]:
        draw, seed = read_draw({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 100, "seed": 3})
        found: list[Any] = []

        def work() -> None:
            found[:] = [draw_sectors(draw, count, seed, sigma=6.0, K_1=5.0, R=1000.0)]

        return work, lambda: sectors_said(found[0])

    return prepare


def sectors_said(sectors: Sectors) -> str:
    """Say how many sectors are certified; the others have no equilibrium, and are not numbers."""
    assert all(reason.startswith("no equilibrium") for reason in sectors.reasons[~sectors.certified])
    without = f", {(~sectors.certified).sum()} have no equilibrium" if not sectors.certified.all() else ""
    return f"{sectors.certified.sum():,} of {len(sectors):,}{without}, residual {np.nanmax(sectors.residual):.0e}"


def command(folder: Path, *arguments: str) -> Work:
    """Start Python afresh, with compiled modules kept in the scratch folder as an installation keeps them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    environment |= {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    return lambda: subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)


def cold_solve(folder: Path) -> tuple[Work, Said]:
    path, result = folder / "two.json", folder / "result.json"
    path.write_text(json.dumps(TWO_COUNTRIES))
    work = command(folder, "-m", "phistar", "solve", str(path))

    def said() -> str:
        command(folder, "-m", "phistar", "solve", str(path), "--json", str(result))()
        return f"residual {json.loads(result.read_text())['certificate']['max_residual']:.0e}"

    return work, said


def importing(module: str) -> Callable[[Path], tuple[Work, Said]]:
    return lambda folder: (command(folder, "-c", f"import {module}"), lambda: "-")


COLD_SOLVE, COLD_NUMPY = "cold phistar solve, two countries", "cold import numpy"
CASES = (
    Case("solve, 100 countries, Pareto", 0.1, one_solve(world("Pareto"))),
    Case("solve, 100 countries, lognormal", 0.1, one_solve(world("lognormal"))),
    Case("market penetration, 200 countries", 0.05, one_solve(marketing_world())),
    Case("sweep of 100,000 worlds, in memory", 1.5, whole_sweep("")),
    Case("sweep of 100,000 worlds, to parquet", 1.5, whole_sweep(".parquet")),
    Case("sweep of 100,000 worlds, solving alone", 0.5, solving_of_the_sweep),
    Case("linear demand, 200 countries, all enter", 0.01, one_solve(linear_world(200, corners=False))),
    Case("linear demand, 100 countries, corners", 0.4, one_solve(linear_world(100, corners=True))),
    Case("linear demand, 100 countries, corners, beta", 0.4, one_solve(linear_world(100, corners=True, family="beta"))),
    Case(
        "linear demand, 100 countries, corners, lognormal",
        0.4,
        one_solve(linear_world(100, corners=True, family="lognormal")),
    ),
    Case("linear demand, sweep of 100,000 worlds", 2.0, whole_sweep("", LINEAR, LINEAR_GRID)),
    Case("vertical specialization, 101 x 101 region map", 0.5, whole_sweep("", VERTICAL, REGION)),
    Case("10,000 sectors of 100 firms, fixed spending", 0.15, many_sectors("fixed spending")),
    Case("10,000 sectors of 100 firms, CES", 0.25, many_sectors("CES")),
    Case("10,000 sectors of 100 firms, K_0 > 0", 0.2, many_sectors("fixed spending, K_0 > 0")),
    Case("100,000 sectors of 100 firms, drawn", None, drawn_sectors(100_000)),
    Case(COLD_SOLVE, 0.4, cold_solve),
    Case(COLD_NUMPY, None, importing("numpy")),
)
