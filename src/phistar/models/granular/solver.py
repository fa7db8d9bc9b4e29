"""Find a granular world's equilibrium, or those of a batch: who is active in each market, and the price indices."""

from __future__ import annotations

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns
from phistar.models.granular import kernel, survival
from phistar.models.granular.game import Game
from phistar.models.granular.markets import by_market, pooled
from phistar.models.granular.primitives import Primitives


def find(m: Primitives) -> Unknowns:
    """Find price indices, and how many copies of each firm are active in each market.

    Raises
    ------
    NoEquilibrium
        When no set of firms can share some market without a loss.
    """
    if m.common:
        return survival.find(m)
    x, copies = everywhere(m)
    _require(m.game, x)
    return _unknowns(m, x, copies)


def find_batch(m: Primitives) -> tuple[Unknowns, np.ndarray]:
    """Find the same for a batch of worlds, its last axis; a reason stands where there is no answer, else ""."""
    positive = np.all(np.isfinite(m.phi) & (m.phi > 0.0), axis=0)
    allowed = np.broadcast_to(positive & (True if m.eta is None else m.eta < m.sigma), m.points)
    reasons = np.where(allowed, "", "productivities must be positive, and eta below sigma").astype(object)
    if m.common:
        unknowns, found = survival.find_batch(m)
        reasons[allowed & ~found] = "no equilibrium found"
        return unknowns, reasons
    x, copies = everywhere(m)
    x, copies = (np.broadcast_to(found, (*found.shape[:-1], m.points)) for found in (x, copies))
    reasons[allowed & ~np.isfinite(x).all(axis=0)] = "no equilibrium found"
    return _unknowns(m, x, copies), reasons


def everywhere(m: Primitives) -> tuple[np.ndarray, np.ndarray]:
    """Solve every market of a world or a batch: ln P, nan where there is none (market), and copies (firm, market)."""
    if m.market == "integrated":
        return pooled(m.game, m.delivered[:, 0], m.W * autarky_copies(m))
    return by_market(m.game, m.delivered)


def autarky_copies(m: Primitives) -> np.ndarray:
    """Return which of one economy's firms are active on their own: they are who enters the integrated market (firm)."""
    copies: np.ndarray = by_market(m.game_of(1), m.delivered)[1][:, 0]
    return copies


def _require(game: Game, x: np.ndarray) -> None:
    if np.isfinite(x).all():
        return
    where = "" if len(x) == 1 else f" in market {int(np.flatnonzero(~np.isfinite(x))[0])}"
    if not np.any(np.asarray(game.fixed) > 0.0):
        raise NoEquilibrium(f"the firms are too few or too unequal to share the sector{where} at finite markups",
                            "add rivals, or raise eta")  # fmt: skip
    room = "fewer than two firms, and one alone has no finite markup" if kernel.fewest(game.upper) == 2 else "no firm"
    name = "K_0" if game.scope == "multi" else "f"
    raise NoEquilibrium(f"the fixed cost leaves room for {room}{where}", f"lower {name}, or raise spending")


def _unknowns(m: Primitives, x: np.ndarray, copies: np.ndarray) -> Unknowns:
    """Name the unknowns; those of active firms stand in a row, in the order of firm, market and world."""
    found: Unknowns = {"log_price_index": x, "_copies": copies}
    if m.scope == "single":
        with np.errstate(divide="ignore"):
            reach = (m.sigma - 1.0) * (np.log(np.where(copies > 0, m.delivered, 0.0)) + x)
        share, _ = kernel.shares_of_given_scope(m.game, reach, x)
        found["log_share"] = np.log(share[copies > 0])
    return found
