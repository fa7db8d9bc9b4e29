"""Check a vertical-specialization equilibrium by other routes than the solver's, and say what a reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.core.model import Residuals, Unknowns
from phistar.models.vertical_specialization import autarky
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.jumps import EXACT
from phistar.models.vertical_specialization.outcomes import State, state
from phistar.models.vertical_specialization.primitives import Primitives


def audit(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
    """Recompute labour uses, profits, prices and welfare: see `Model.audit`."""
    with np.errstate(all="ignore"):
        found = state(m, x)
        entering = x["_entering"]
        work = values["labour_inputs"] + values["labour_fixed"] + values["labour_entry"]
        profit = values["R"] / m.sigma - values["wage"] * (values["labour_fixed"] + values["labour_entry"])
        residuals: Residuals = {
            "labour_uses": work / m.L - 1.0,
            "profit": np.where(entering, profit / np.where(entering, values["R"], 1.0), 0.0),
            "price_index": price_index_of_prices(m, found, values["mass_entrants"]) / values["price_index"] - 1.0,
            "welfare": eq.welfare(m, found.fixed, found.log_cutoff) / values["welfare"] - 1.0,
            # where nobody enters, nobody would earn more than entry costs
            "entry_slack": np.where(entering, 0.0, np.maximum(eq.free_entry(m, found.fixed, found.log_cutoff), 0.0)),
            # where nobody trades, even the most productive would lose by it
            "trade_slack": np.where(_trades(values), 0.0, _trade_slack(m, found)),
        }
        if m.is_batch:
            return residuals, {}, []
        checks = _checks(m, found, values, entering)
        return residuals, checks, _notes(m, found, values, checks) + _atom_notes(m, x)


def price_index_of_prices(m: Primitives, found: State, entrants: np.ndarray) -> np.ndarray:
    """Compute P from the prices of all varieties on sale, sigma/(sigma-1) times delivered unit cost (country).

    Notes
    -----
    An importing firm's unit cost to the power 1 - sigma is the sum of those of its two inputs, so that the varieties'
    prices add up over modes.
    """
    s = m.sigma - 1.0
    at_cutoff = found.taking * np.exp(s * found.log_cutoff)
    moment = np.where(m.open, np.exp(m.productivity.log_moment(found.above, s)) + at_cutoff, 0.0)
    by_mode = entrants[:, None] * np.exp(-s * eq.log_costs(m, found.log_w)) * moment
    prices = by_mode[:, 0] + by_mode[:, 1] + eq.other(by_mode[:, 2] + by_mode[:, 3])
    return np.asarray(m.sigma / s * prices ** (-1.0 / s))


def _trades(values: Mapping[str, Any]) -> np.ndarray:
    """Say whether anything crosses the border (world)."""
    return np.asarray(np.sum(values["R_X"] + values["E_M"], axis=0) > 0.0)


def _trade_slack(m: Primitives, found: State) -> np.ndarray:
    """Compute by how much the highest productivity exceeds the lowest cutoff of trade, in logs (country)."""
    highest = np.broadcast_to(m.productivity.log_upper, found.log_cutoff[:, :1].shape)
    over = np.where(m.open, highest - found.log_cutoff, 0.0)[:, 1:]
    return np.asarray(np.max(np.maximum(over, 0.0), axis=1))


def _checks(m: Primitives, found: State, values: Mapping[str, Any], entering: np.ndarray) -> dict[str, Any]:
    D, DM, X, XM = (values[f"cutoff_{mode}"] for mode in ("D", "DM", "X", "XM"))
    strict = _strict(m, found)
    closed = ~m.open[:, 3]
    ordered = (np.minimum(DM, X) > D) & (closed | (np.maximum(DM, X) < XM))
    return {
        # D below DM and X below XM: the printed cutoffs are firms' choice
        "strict_selection": np.all(strict[entering]),
        # and the whole order the paper assumes
        "paper_order": np.all((strict.all(axis=1) & ordered)[entering]),
        "within_support": np.all(_lowest(found, m) >= _log_lower(m) * (1.0 - 1e-15) - 1e-15),
        "interior": np.all(entering),
        "assumption_1": np.all((values["R_X"] > values["E_M"])[entering]),
        "relative_wages_determined": _trades(values),
    }


def _strict(m: Primitives, found: State) -> np.ndarray:
    """Say where not all firms that sell import; true where none sells (country, market home or abroad)."""
    idle = np.stack([found.f[:, 0] + found.f[:, 1], found.f[:, 2] + found.f[:, 3]], axis=1) == 0.0
    # at the wages at which imports are worth what they cost, rounding says either: some of an atom's firms do without
    taking = np.broadcast_to(found.taking, found.f.shape)
    without = taking[:, ::2] - taking[:, 1::2] > EXACT
    return np.asarray(eq.strict_selection(m, found.log_w) | without | idle)


def _lowest(found: State, m: Primitives) -> np.ndarray:
    return np.asarray(np.min(np.where(m.open, found.log_cutoff, np.inf), axis=1))


def _log_lower(m: Primitives) -> np.ndarray:
    """Return ln of the lower end of each support; a closed-form Pareto's is its scale (country)."""
    ends = [f.parameter("scale") if f.family == "pareto" else np.exp(f.log_lower) for f in m.families]
    with np.errstate(divide="ignore"):
        return np.log(np.array(ends, dtype=float))


def _notes(m: Primitives, found: State, values: Mapping[str, Any], checks: Mapping[str, Any]) -> list[str]:
    notes = []
    if not checks["relative_wages_determined"]:
        low, high = (float(np.exp(end[0])) for end in autarky.stretch(m.batched()))
        notes.append("the countries do not trade with each other: their relative wage is one of many, "
                     f"from {low:.6g} to {high:.6g}")  # fmt: skip
    strict = _strict(m, found)
    for i, name in enumerate(m.countries):
        if values["R"][i] == 0.0:
            notes.append(f"{name} specialises upstream: it makes no final goods and only supplies inputs")
            continue
        for market, where in enumerate(("sell at home", "export")):
            if not strict[i, market]:
                notes.append(f"strict selection fails in {name}: all its firms that {where} import; the cutoffs are "
                             "those of each firm's best mode, the paper's do not apply")  # fmt: skip
    if not checks["within_support"]:
        notes += _support_notes(m, found, values)
    return notes


def _support_notes(m: Primitives, found: State, values: Mapping[str, Any]) -> list[str]:
    notes = []
    below = _lowest(found, m) < _log_lower(m)
    for i in np.flatnonzero(below & (values["R"] > 0.0)):
        name = m.countries[i]
        if getattr(m.families[i], "support", "") == "closed_form":
            ratio = values["mass_active"][i] / values["mass_entrants"][i]
            notes.append(f"a cutoff of {name} lies below the scale: the closed form counts {ratio:.4g} active firms "
                         "an entrant")  # fmt: skip
        else:
            notes.append(f"a cutoff of {name} lies below the support: every draw is active")
    return notes


def _atom_notes(m: Primitives, x: Unknowns) -> list[str]:
    deeds = ("sell at home", "import for home sales", "export", "import for exports")
    held = np.isfinite(x["_atom"]) & x["_entering"][:, None] if "_atom" in x else np.zeros((0, 0), dtype=bool)
    return [f"of the firms of {m.countries[i]} at productivity {np.exp(x['_atom'][i, c]):.6g} a share of "
            f"{x['atom_share'][i, c]:.4g} {deeds[c]}: they are indifferent" for i, c in np.argwhere(held)]  # fmt: skip
