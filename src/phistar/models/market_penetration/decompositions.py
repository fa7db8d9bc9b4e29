"""Split a change between two market penetration equilibria: welfare and the margins of trade.

Public beside `decompose`: `growth_by_initial_size` and `least_traded`, of one origin's firms in one destination.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from phistar.core.axes import COUNTRY, PAIR
from phistar.core.errors import InputError
from phistar.core.model import Decomposition
from phistar.models.market_penetration import margins as split
from phistar.models.market_penetration.economy import economy
from phistar.models.market_penetration.primitives import Primitives

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`; margins where firms and their elasticities are the same in both."""
    with np.errstate(all="ignore"):
        found = {"trade_log": trade_in_logs(old, new)}
        if old.model.sigma == new.model.sigma:
            found = {"welfare_by_cutoff": welfare_by_cutoff(old, new), **found}
        if _same_firms(old.model, new.model):
            found |= {"trade": trade_margins(old, new), "trade_local": trade_local(old)}
            if old.model.closed:
                found = {"welfare": welfare(old, new), **found}
    return found


def _same_firms(old: Primitives, new: Primitives) -> bool:
    """Whether firms keep their productivity (up to a country's technology) and elasticities stay."""
    shapes = ("sigma", "beta", "theta")
    return all(getattr(old, s) == getattr(new, s) for s in shapes) and old.families == new.families


def _log_change(old: Equilibrium, new: Equilibrium, name: str) -> np.ndarray:
    return np.asarray(np.log(new[name]) - np.log(old[name]))


# -- welfare -------------------------------------------------------------------------------------------------


def welfare(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln W by the paper's formula: technology, potential firms, reach of marketing, openness (country).

    Notes
    -----
    W^ = b^ J^^(1/theta) (L^^(1-alpha) psi^)^((theta~-1)/theta) lambda_jj^^(-1/theta) / tau_jj^, exactly, whatever beta
    and gamma; `total` is taken from the levels of the two equilibria.
    """
    before, after = old.model, new.model
    theta, power = float(before.theta), float(before.theta_tilde) - 1.0
    scale = (1.0 - after.alpha) * np.log(after.L) - (1.0 - before.alpha) * np.log(before.L)
    scale = scale + np.log(after.psi / before.psi)
    columns = {
        "total": _log_change(old, new, "welfare"),
        "technology": np.log(after.b / before.b),
        "potential_firms": _log_change(old, new, "mass_entrants") / theta,
        "marketing": power / theta * scale,
        "openness": 0.0 - np.diagonal(_log_change(old, new, "trade_share")) / theta,
        "internal_trade_cost": np.diagonal(before.log_tau - after.log_tau),
    }
    income = np.log(after.xi / before.xi) * (1.0 + power / theta)
    columns["income_beyond_wages"] = income + np.zeros(len(before.countries))
    gap = float(np.max(np.abs(sum(v for k, v in columns.items() if k != "total") - columns["total"])))
    verdict = "holds" if gap <= 1e-10 else f"does not hold (off by up to {gap:.1e} log points)"
    note = f"d ln welfare, in logs, by the formula from domestic shares alone; it {verdict} here"
    return Decomposition("total", tuple(k for k in columns if k != "total"), columns, COUNTRY, note)


def welfare_by_cutoff(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln W through the domestic cutoff, whatever the distribution (country).

    Notes
    -----
    W_j = (phi*_jj/(sigma~ tau_jj)) (y/w) (psi L_j^(1-alpha) (y/w)/sigma)^(1/S) at every equilibrium.
    """
    before, after = old.model, new.model
    S = float(before.S)
    beyond = _log_change(old, new, "income") - _log_change(old, new, "wage")
    scale = (1.0 - after.alpha) * np.log(after.L) - (1.0 - before.alpha) * np.log(before.L)
    columns = {
        "total": _log_change(old, new, "welfare"),
        "selection_home": np.diagonal(_log_change(old, new, "cutoff")),
        "marketing": (scale + np.log(after.psi / before.psi)) / S,
        "income_beyond_wages": (1.0 + 1.0 / S) * beyond,
        "internal_trade_cost": np.diagonal(before.log_tau - after.log_tau),
    }
    note = "d ln welfare, in logs, through who sells at home"
    return Decomposition("total", tuple(k for k in columns if k != "total"), columns, COUNTRY, note)


# -- trade ---------------------------------------------------------------------------------------------------


def trade_margins(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split T'/T - 1 into sales a consumer, new consumers, new firms and entrants (origin, destination).

    Notes
    -----
    The first three are section 5's, of the potential firms of the baseline; `entrants` is what a change of their number
    adds. Where a cutoff rises, firms that leave count as (negative) new firms at their old sales.
    """
    market, log_g, scale = _move(old, new)
    found = split.margins(market, log_g, scale)
    entry = (new["mass_entrants"] / old["mass_entrants"])[:, None] - 1.0
    columns = {
        "total": new["trade_flow"] / old["trade_flow"] - 1.0,
        "intensive": found.intensive,
        "new_consumers": found.new_consumers,
        "new_firms": found.new_firms,
        "entrants": entry * (found.total + 1.0),
    }
    note = ("growth of trade flows: sales a consumer (intensive), consumers of firms that sell before and after, "
            "firms that begin or cease to sell, and change in the number of potential firms")  # fmt: skip
    return Decomposition("total", ("intensive", "new_consumers", "new_firms", "entrants"), columns, PAIR, note)


def trade_local(old: Equilibrium) -> Decomposition:
    """Split the baseline's elasticity of trade to a small fall of the cutoff, eq. (27) (origin, destination)."""
    found = split.local_margins(_market(old))
    columns = {name: np.broadcast_to(value, old["trade_flow"].shape) for name, value in vars(found).items()}
    note = "elasticity of trade flows to a small fall of the cutoff, at the baseline"
    return Decomposition("total", ("intensive", "new_consumers", "new_firms"), columns, PAIR, note)


def trade_in_logs(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln X_ij into sellers and sales a seller (origin, destination)."""
    columns = {
        "total": _log_change(old, new, "trade_flow"),
        "sellers": _log_change(old, new, "mass_sellers"),
        "sales_a_seller": _log_change(old, new, "mean_sales"),
    }
    note = "d ln trade flow, in logs: number of sellers and sales a seller"
    return Decomposition("total", ("sellers", "sales_a_seller"), columns, PAIR, note)


# -- one market ----------------------------------------------------------------------------------------------


def growth_by_initial_size(
    old: Equilibrium, new: Equilibrium, origin: int, destination: int, bins: int | Sequence[float] = 10
) -> np.ndarray:
    """Compute sales after over sales before by bins of initial size, smallest first; see `margins.growth_by_size`."""
    return split.growth_by_size(*_one(old, new, origin, destination), bins)


def least_traded(old: Equilibrium, new: Equilibrium, origin: int, destination: int, share: float = 0.15) -> float:
    """Compute what the least traded `share` of sales grows to; see `margins.least_traded_share`."""
    return split.least_traded_share(*_one(old, new, origin, destination), share)


def _one(old: Equilibrium, new: Equilibrium, i: int, j: int) -> tuple[split.Market, float, float]:
    if not _same_firms(old.model, new.model):
        raise InputError("counterfactual", "changes who firms are or their elasticities",
                         remedy="change tau, L, b, J, f_e, psi, alpha or gamma only")  # fmt: skip
    m = old.model
    market, log_g, scale = _move(old, new)
    family = market.productivity if m.closed else m.families[i]
    one = split.Market(family, market.S, market.beta, np.asarray(market.log_cutoff[i, j]))
    return one, float(log_g[i, j]), float(scale[i, j])


def _market(e: Equilibrium) -> split.Market:
    """Return the markets of an equilibrium (origin, destination); the paper's Pareto relative to its technology."""
    m: Primitives = e.model
    log_x = economy(m, dict(e.unknowns)).log_cutoff
    if not m.closed:
        return split.Market(m.productivity, float(m.S), float(m.beta), log_x)
    relative = log_x - np.log(m.b)[:, None]
    market = split.pareto_market(float(m.theta_tilde), float(m.sigma), float(m.beta))
    return split.Market(market.productivity, market.S, market.beta, relative)


def _move(old: Equilibrium, new: Equilibrium) -> tuple[split.Market, np.ndarray, np.ndarray]:
    """Return the baseline's markets, the fall of their cutoffs in logs and the growth of B (origin, destination)."""
    market = _market(old)
    return market, market.log_cutoff - _market(new).log_cutoff, new["sales_scale"] / old["sales_scale"]
