"""Split a change between two Melitz-Ottaviano equilibria: welfare and trade flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.core.axes import COUNTRY, PAIR
from phistar.core.model import Decomposition
from phistar.models.melitz_ottaviano import equations as eq

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`."""
    with np.errstate(all="ignore"):
        return {"welfare": welfare(old, new), "trade": trade_margins(old, new)}


def welfare(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split the change of welfare into the price threshold, surplus within varieties, and profits.

    Notes
    -----
    CS = (alpha - P)^2/(2 eta) + (1/(8 gamma)) sum_i N_i tau_ij^2 m_2: the first part is what tougher competition is
    worth (fewer or cheaper rivals move P alone), the second the surplus under each variety's own demand.
    """

    def change(of: str) -> np.ndarray:
        """Compute the change of a variable (country)."""
        return new[of] - old[of]

    threshold = _threshold_part(new) - _threshold_part(old)
    columns = {
        "total": change("welfare"),
        "threshold": threshold,
        "within_varieties": change("consumer_surplus") - threshold,
        "profits": change("welfare") - change("welfare_wages"),
        "consumer_surplus": change("consumer_surplus"),
    }
    note = "change of utility per head, in the numeraire; profits are income in the short run"
    return Decomposition("total", ("threshold", "within_varieties", "profits"), columns, COUNTRY, note)


def _threshold_part(e: Equilibrium) -> np.ndarray:
    return np.asarray(eq.surplus_of_threshold(e.model, e["price_threshold"]))


def trade_margins(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln X_ij into entrants, the share of them that sell, and sales a seller.

    Notes
    -----
    Share and sales are those of a draw, told where nobody draws too: where entrants come or go, entry alone is
    infinite.
    """
    share, sales = (
        np.log(after) - np.log(before) for before, after in zip(_of_a_draw(old), _of_a_draw(new), strict=True)
    )
    entry = np.log(new["mass_entrants"]) - np.log(old["mass_entrants"])
    columns = {
        "total": np.log(new["trade_flow"]) - np.log(old["trade_flow"]),
        "entry": np.broadcast_to(entry[:, None], share.shape),
        "selection": share,
        "sales_a_seller": sales,
    }
    note = "d ln trade flow, in logs: entrants of the origin, the share of them that sell, sales a seller"
    return Decomposition("total", ("entry", "selection", "sales_a_seller"), columns, PAIR, note)


def _of_a_draw(e: Equilibrium) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability that a draw sells, and what it then sells for (origin, destination)."""
    threshold = e["price_threshold"]
    share = eq.draws(e.model, threshold).reach[0]
    return share, eq.trade_flow(e.model, threshold, np.ones_like(threshold)) / share
