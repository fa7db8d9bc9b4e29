"""Split a change between two vertical-specialization equilibria: welfare, and trade in final goods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.core.axes import COUNTRY, PAIR
from phistar.core.model import Decomposition
from phistar.models.vertical_specialization.outcomes import state

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`."""
    with np.errstate(all="ignore"):
        splits = {"trade": trade_margins(old, new)}
        if float(old.model.sigma) == float(new.model.sigma):
            splits = {"welfare": welfare(old, new), **splits}
    return splits


def welfare(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln W into market size, selection and the fixed cost of selling at home, by (5).

    Notes
    -----
    W = rho (L/(sigma f_D))^(1/(sigma-1)) phi_D holds at every equilibrium with the fixed cost of the true choice, so
    the split is exact. Where strict selection holds the last part is zero unless f_D changes.
    """
    s = float(old.model.sigma) - 1.0

    def change(of: str) -> np.ndarray:
        """Compute the change of ln of a variable (country)."""
        return np.asarray(np.log(new[of]) - np.log(old[of]))

    columns = {
        "total": change("welfare"),
        "market_size": (np.log(new.model.L) - np.log(old.model.L)) / s,
        "selection": change("cutoff_D"),
        "fixed_cost": (_fixed(old) - _fixed(new)) / s,
    }
    note = "d ln welfare, in logs, by (5): market size, the domestic cutoff, the fixed cost of selling at home"
    return Decomposition("total", ("market_size", "selection", "fixed_cost"), columns, COUNTRY, note)


def _fixed(e: Equilibrium) -> np.ndarray:
    return np.asarray(np.log(state(e.model, dict(e.unknowns)).fixed[:, 0]))


def trade_margins(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln X_ij into entrants, the share of them that sell, and sales a seller."""

    def log_change(name: str) -> np.ndarray:
        """Compute the change of ln of a variable (country), or (origin, destination)."""
        return np.asarray(np.log(new[name]) - np.log(old[name]))

    total, sellers = log_change("trade_flow"), log_change("mass_sellers")
    entry = np.broadcast_to(log_change("mass_entrants")[:, None], total.shape)
    columns = {"total": total, "entry": entry, "selection": sellers - entry, "sales_a_seller": total - sellers}
    note = "d ln trade flow of final goods, in logs: entrants, the share of them that sell, sales a seller"
    return Decomposition("total", ("entry", "selection", "sales_a_seller"), columns, PAIR, note)
