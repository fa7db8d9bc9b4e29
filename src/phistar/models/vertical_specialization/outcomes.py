"""What a vertical-specialization equilibrium reports, computed from its unknowns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.model import Unknowns
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.primitives import Primitives, laid
from phistar.numerics.duals import value_of

VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("wage", COUNTRY, "numeraire", "w", "wage, and price of the country's inputs at the gate"),
        ("relative_wage", COUNTRY, "1", "omega", "wage over the other country's"),
        ("expenditure", COUNTRY, "numeraire", "Y", "labour income, all spent on final goods"),
        ("welfare", COUNTRY, "real income per head", "W", "real wage"),
        ("relative_welfare", COUNTRY, "1", "W_1/W_2", "real wage over the other country's"),
        ("price_index", COUNTRY, "numeraire", "P", "CES price index of final goods"),
        ("B", COUNTRY, "numeraire^sigma", "B", "demand level of the market"),
        ("cutoff_D", COUNTRY, "productivity", "phi_D", "productivity from which firms sell at home"),
        ("cutoff_DM", COUNTRY, "productivity", "phi_DM", "productivity from which they import inputs for home sales"),
        ("cutoff_X", COUNTRY, "productivity", "phi_X", "productivity from which firms export"),
        ("cutoff_XM", COUNTRY, "productivity", "phi_XM", "productivity from which they import inputs for exports"),
        ("cutoff", PAIR, "productivity", "phi_D, phi_X", "productivity from which firms of the origin sell there"),
        ("R", COUNTRY, "numeraire", "R", "revenue of the country's firms"),
        ("R_D", COUNTRY, "numeraire", "R_D", "revenue at home"),
        ("R_X", COUNTRY, "numeraire", "R_X", "revenue from exports of final goods"),
        ("E", COUNTRY, "numeraire", "E", "the country's firms' spending on inputs"),
        ("E_D", COUNTRY, "numeraire", "E_D", "spending on domestic inputs"),
        ("E_M", COUNTRY, "numeraire", "E_M", "spending on imported inputs"),
        ("trade_flow", PAIR, "numeraire", "R_D, R_X", "value of final goods sold"),
        ("trade_share", PAIR, "1", "", "share of the destination's spending on final goods"),
        ("input_flow", PAIR, "numeraire", "E_D, E_M", "value of the origin's inputs used in the destination"),
        ("trade_elasticity", PAIR, "1", "", "local partial elasticity of X_ij/X_jj to tau_X, a positive number"),
        ("mass_entrants", COUNTRY, "firms", "M_E", "productivity draws"),
        ("mass_active", COUNTRY, "firms", "M", "firms that sell anywhere"),
        ("mass_sellers", PAIR, "firms", "", "firms of the origin that sell in the destination"),
        ("seller_share", PAIR, "1", "", "sellers over active firms of the origin"),
        ("alpha_X", COUNTRY, "1", "alpha_X", "domestic over export revenue"),
        ("alpha_M", COUNTRY, "1", "alpha_M", "spending on domestic over imported inputs"),
        ("theta", COUNTRY, "1", "theta", "(1 + alpha_M)/(1 + alpha_X)"),
        ("final_to_input_ratio", COUNTRY, "1", "R_X/E_M", "exports of final goods over imports of inputs"),
        ("relative_exports", COUNTRY, "1", "R_X1/R_X2", "exports of final goods over the other country's"),
        ("relative_imports", COUNTRY, "1", "E_M1/E_M2", "imports of inputs over the other country's"),
        ("domestic_input_share", COUNTRY, "1", "s", "domestic inputs in an importing firm's spending on inputs"),
        ("exporter_share", COUNTRY, "1", "", "active firms that export"),
        ("importer_share", COUNTRY, "1", "", "active firms that import inputs for either market"),
        ("share_DM", COUNTRY, "1", "", "active firms that import inputs for home sales"),
        ("share_XM", COUNTRY, "1", "", "active firms that import inputs for exports"),
        ("share_neither", COUNTRY, "1", "", "active firms that neither export nor import"),
        ("share_export_only", COUNTRY, "1", "", "active firms that export and do not import"),
        ("share_import_only", COUNTRY, "1", "", "active firms that import and do not export"),
        ("share_both", COUNTRY, "1", "", "active firms that export and import"),
        ("labour_inputs", COUNTRY, "people", "", "labour making inputs, used at home and abroad"),
        ("labour_fixed", COUNTRY, "people", "", "labour in fixed costs"),
        ("labour_entry", COUNTRY, "people", "", "labour in productivity draws"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """The unknowns as the equations read them.

    Attributes
    ----------
    log_w, log_B, R : array (country)
    fixed, log_cutoff, f : array (country, mode)
        Fixed costs of the true choice, ln cutoffs (zero of closed modes), F.
    above, taking : array (country, mode)
        ln productivity just past an atom that stands at the cutoff, and the share of draws there that take the mode.
    """

    log_w: Any
    log_B: Any
    R: Any
    fixed: Any
    log_cutoff: Any
    f: Any
    above: Any
    taking: Any


def state(m: Primitives, x: Unknowns) -> State:
    """Read the unknowns."""
    log_w = eq.log_wages(m, x["log_omega"])
    fixed = eq.fixed_costs(m, log_w)
    R = x["revenue_share"] * np.exp(log_w) * m.L
    cutoff, share = x["log_cutoff"], x.get("atom_share")
    return State(log_w, x["log_B"], R, fixed, cutoff, eq.F(m, fixed, cutoff, share), *eq.past_atom(m, cutoff, share))


def outcomes(m: Primitives, x: Unknowns) -> dict[str, Any]:
    """Compute every variable of `VARIABLES` at the unknowns; duals give their derivatives."""
    # A country without firms has no ratios of its own: not a number on purpose, reported as undefined.
    with np.errstate(all="ignore"):
        found = state(m, x)
        values = _prices(m, found) | _accounts(m, found) | _firms(m, found)
        return {v.name: values[v.name] for v in VARIABLES}


def _prices(m: Primitives, found: State) -> dict[str, Any]:
    wage = np.exp(found.log_w)
    log_P = eq.log_price_index(m, found.log_w, found.log_B)
    real = np.exp(found.log_w - log_P)
    cutoff = np.where(m.open, np.exp(found.log_cutoff), np.inf)
    return {
        "wage": wage,
        "relative_wage": np.exp(found.log_w - eq.other(found.log_w)),
        "expenditure": wage * m.L,
        "welfare": real,
        "relative_welfare": real / eq.other(real),
        "price_index": np.exp(log_P),
        "B": np.exp(found.log_B),
        "cutoff_D": cutoff[:, 0],
        "cutoff_DM": cutoff[:, 1],
        "cutoff_X": cutoff[:, 2],
        "cutoff_XM": cutoff[:, 3],
        "cutoff": pairs(cutoff[:, 0], cutoff[:, 2]),
        "domestic_input_share": eq.domestic_input_share(m, found.log_w),
    }


def _accounts(m: Primitives, found: State) -> dict[str, Any]:
    f, R = found.f, found.R
    exports, imports = eq.export_share(f), eq.import_share(f)
    R_D, R_X = eq.home_share(f) * R, exports * R
    E_D, E_M = m.rho * eq.domestic_share(f) * R, m.rho * imports * R
    flow = pairs(R_D, R_X)
    some = value_of(R) > 0.0
    return {
        "R": R,
        "R_D": R_D,
        "R_X": R_X,
        "E": m.rho * R,
        "E_D": E_D,
        "E_M": E_M,
        "trade_flow": flow,
        "trade_share": flow / np.sum(flow, axis=0)[None],
        "input_flow": pairs(E_D, eq.other(E_M)),
        "trade_elasticity": _trade_elasticity(m, found),
        "alpha_X": np.where(some, eq.alpha_X(f), np.nan),
        "alpha_M": np.where(some, eq.alpha_M(f), np.nan),
        "theta": np.where(some, eq.theta(f), np.nan),
        "final_to_input_ratio": np.where(some, eq.final_to_input_ratio(m, f), np.nan),
        "relative_exports": R_X / eq.other(R_X),
        "relative_imports": E_M / eq.other(E_M),
        "labour_inputs": (E_D + eq.other(E_M)) / np.exp(found.log_w),
    }


def _firms(m: Primitives, found: State) -> dict[str, Any]:
    """Count firms by what they do; sets are nested in productivity, so unions and meets are larger and smaller ones."""
    entrants = eq.mass_entrants(m, found.log_w, found.R, found.f)
    survival = np.where(m.open, np.exp(m.productivity.log_survival(found.above)) + found.taking, 0.0)
    D, DM, X, XM = (survival[:, c] for c in range(4))
    active, importers = np.maximum(D, X), np.maximum(DM, XM)
    both, either = np.minimum(X, importers), np.maximum(X, importers)
    some = value_of(found.R) > 0.0

    def share(of: Any) -> Any:
        """Compute a share of active firms, not a number where nobody enters (country)."""
        return np.where(some, of / active, np.nan)

    given = np.where(m.open, laid(m.f_D, m.f_DM, m.f_X, m.f_XM), 0.0)
    return {
        "mass_entrants": entrants,
        "mass_active": entrants * active,
        "mass_sellers": pairs(entrants * D, entrants * X),
        "seller_share": pairs(share(D), share(X)),
        "exporter_share": share(X),
        "importer_share": share(importers),
        "share_DM": share(DM),
        "share_XM": share(XM),
        "share_neither": share(active - either),
        "share_export_only": share(X - both),
        "share_import_only": share(importers - both),
        "share_both": share(both),
        "labour_fixed": entrants * np.sum(given * survival, axis=1),
        "labour_entry": entrants * m.f_E,
    }


def _trade_elasticity(m: Primitives, found: State) -> Any:
    """Compute the F-weighted mean over modes of sigma - 1 + gamma(phi) (origin, destination)."""
    order = m.sigma - 1.0
    each = found.f * (order + m.productivity.hazard(found.log_cutoff, order))
    # the hazard beyond a support is infinite
    taken = m.open & (value_of(found.f) > 0.0)
    total = [np.where(taken[:, c], each[:, c], 0.0) for c in range(4)]
    home = (total[0] + total[1]) / (found.f[:, 0] + found.f[:, 1])
    abroad = (total[2] + total[3]) / (found.f[:, 2] + found.f[:, 3])
    return pairs(home, abroad)


def pairs(home: Any, abroad: Any) -> Any:
    """Lay out what a country has at home and abroad as (origin, destination)."""
    return np.stack([np.stack([home[0], abroad[0]]), np.stack([abroad[1], home[1]])])
