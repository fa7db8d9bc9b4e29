"""The explainer's claim on sigma, against the exact derivatives under a Pareto."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from phistar.replicate.melitz2003.box import (
    BOX,
    Columns,
    Sample,
    family,
    scenario,
    some_exit,
    some_export,
    strict_selection,
)
from phistar.replicate.melitz2003.responses import EXACT, cutoff, export_cutoff, moves, variable
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import SHEET, Claim
from phistar.replicate.statements import Trial, judge, trials
from phistar.replicate.worlds import Ledger, Worlds, latin_hypercube, solve_worlds
from phistar.verbs.elasticities import elasticities

#: A wider box of Pareto worlds: in the others' the claim on phi* would hardly ever fail.
DRAWS = 256
PARTNERS = (1, 9)
SIGMA = (1.5, 6.0)
ABOVE = (0.25, 8.0)
SEED = 41
#: Step in ln sigma of the central differences that give signs: truncation 1e-8, rounding 1e-8.
STEP = 1e-5
#: Worlds at which `phistar.elasticities` gives the derivatives exactly.
EXACTLY = 8
NAMES = ("phi", "phi_x", "share", "M")
_READ = {"phi": cutoff, "phi_x": export_cutoff, "share": variable("exporter_share"), "M": variable("mass_active")}
_SIGN = {"phi": 1, "phi_x": 1, "share": -1, "M": -1}
_PLACE = {"phi": ("cutoff", 0), "phi_x": ("cutoff", 1), "share": ("exporter_share", 0), "M": ("mass_active", 0)}


@dataclass(frozen=True)
class Response:
    """Pareto worlds with the derivatives of their outcomes in sigma, by central differences and in closed form."""

    worlds: Worlds
    partners: int
    premise: np.ndarray
    slope: Mapping[str, np.ndarray]
    exact: Mapping[str, np.ndarray]
    region: Mapping[str, np.ndarray]


def sigma_claims(samples: Sequence[Sample], ledger: Ledger) -> Iterator[Claim]:
    """Judge the claim on sigma part by part."""
    responses = [_response(partners, ledger) for partners in PARTNERS]
    yield _derivatives(responses, ledger)
    shifts = [sample.shift("sigma") for sample in samples]
    others = [shift for shift in shifts if shift.family.name != "pareto"]
    for key, name, quote, tested, condition in (
        ("sigma_exit_cutoff", "phi", "Raising σ ... tightens both cutoffs", "phi* rises",
         "1/(s(k-s)) + [T/(1+T)] ln(f_x/f)/s^2 > 0"),
        ("sigma_export_cutoff", "phi_x", "Raising σ ... tightens both cutoffs", "phi_x rises",
         "ln(f_x/f) < s(1+T)/(k-s)"),
        ("sigma_mass", "M", "Raising σ ... pushing more firms out of the market", "the mass of active firms falls",
         "1/(k-s) + 1/sigma + k [T/(1+T)] ln(f_x/f)/s^2 > 0"),
        ("sigma_share", "share", "Raising σ ... reducing the share that exports", "the share exporting falls",
         "f_x < f"),
    ):  # fmt: skip
        found = [
            Trial("pareto", _SIGN[name] * r.slope[name] > 0.0, r.premise, r.region[name], r.worlds.parameters())
            for r in responses
        ]
        elsewhere = f"other distributions {_percent(trials(others, moves((_READ[name], _SIGN[name]))))}"
        yield judge(key, quote, f"sigma up: {tested} (Pareto)", found, condition=condition, evidence=elsewhere)
    yield judge(
        "sigma_whole",
        "Raising σ ... tightens both cutoffs, pushing more firms out of the market and reducing the share",
        "sigma up: phi* and phi_x rise, M and the share exporting fall (every distribution)",
        trials(shifts, moves(*((_READ[name], _SIGN[name]) for name in NAMES))),
    )  # fmt: skip


def _percent(found: Sequence[Trial]) -> str:
    return f"{100 * sum(t.true for t in found) / sum(t.of for t in found):.0f}%"


def _response(partners: int, ledger: Ledger) -> Response:
    u = latin_hypercube(DRAWS, len(BOX) + 1, SEED + partners)
    columns: Columns = {key: low * (high / low) ** u[:, i] for i, (key, (low, high)) in enumerate(BOX.items())}
    columns["sigma"] = SIGMA[0] + (SIGMA[1] - SIGMA[0]) * u[:, 0]
    s = columns["sigma"] - 1.0
    columns["productivity.k"] = s + ABOVE[0] * (ABOVE[1] / ABOVE[0]) ** u[:, -1]
    base = scenario({"family": "pareto", **family("pareto").table, "k": 20.0}, partners)
    steps = (1.0, np.exp(-STEP), np.exp(STEP))
    stacked = {key: np.concatenate([c * (q if key == "sigma" else 1.0) for q in steps]) for key, c in columns.items()}
    at, low, high = solve_worlds(base, stacked, ledger).split(3)
    premise = np.all([some_exit(w) & some_export(w) & strict_selection(w) for w in (at, low, high)], axis=0)
    with np.errstate(all="ignore"):
        slope = {n: np.log(read(high) / read(low)) / (2.0 * STEP * columns["sigma"]) for n, read in _READ.items()}
    exact, region = _closed_forms(columns, partners)
    return Response(at, partners, premise, slope, exact, region)


def _closed_forms(
    columns: Mapping[str, np.ndarray], partners: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Compute the sheet's derivatives in sigma, that of M beside them, and the regions in which the claim holds."""
    s, k = columns["sigma"] - 1.0, columns["productivity.k"]
    gap = np.log(columns["f.export"] / columns["f.domestic"])
    T = partners * columns["tau"] ** -k * np.exp(gap * (1.0 - k / s))
    weight = T / (1.0 + T)
    exact = {
        "phi": 1.0 / (s * (k - s)) + weight * gap / s**2,
        "phi_x": 1.0 / (s * (k - s)) - gap / (s**2 * (1.0 + T)),
        "share": k * gap / s**2,
        "M": -1.0 / (k - s) - 1.0 / columns["sigma"] - k * weight * gap / s**2,
    }
    region = {
        "phi": exact["phi"] > 0.0,
        "phi_x": gap < s * (1.0 + T) / (k - s),
        "share": gap < 0.0,
        "M": exact["M"] < 0.0,
    }
    return exact, region


def _derivatives(responses: Sequence[Response], ledger: Ledger) -> Claim:
    """Hold the closed forms against `phistar.elasticities`."""
    held, given, worst = [], [], 0.0
    for r in responses:
        for i in np.flatnonzero(r.premise)[:EXACTLY]:
            world = r.worlds.scenario_at(int(i))
            found = elasticities(ledger.solve(world), to="sigma")
            at = float(r.worlds.columns["sigma"][i])
            gaps = [float(np.ravel(found[(of, "sigma")])[j]) / at - r.exact[n][i] for n, (of, j) in _PLACE.items()]
            worst = max(worst, *map(abs, gaps))
            held.append(bool(np.max(np.abs(gaps)) < EXACT))
            given.append(world["parameters"])
    return judge(
        "sigma_derivatives", "exact derivatives in sigma, under a Pareto",
        "d ln phi*, d ln phi_x, d ln share (and d ln M) equal their closed forms",
        [trial_of("pareto", held, given)],
        evidence=f"phistar.elasticities against closed forms, largest gap {worst:.0e}", source=SHEET,
    )  # fmt: skip
