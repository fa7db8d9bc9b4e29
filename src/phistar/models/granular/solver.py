"""Find a granular world's equilibrium: who is active in each market, and the price indices."""

from __future__ import annotations

import numpy as np

from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns
from phistar.models.granular import common, kernel
from phistar.models.granular.game import Game
from phistar.models.granular.primitives import Primitives


def find(m: Primitives) -> Unknowns:
    """Find price indices, and how many copies of each firm are active in each market.

    Raises
    ------
    NoEquilibrium
        When no set of firms can share some market without a loss.
    """
    if m.common:
        return common.find(m)
    if m.market == "integrated":
        home = autarky_copies(m)
        return _unknowns(m, *pooled(m.game, m.delivered[:, 0], m.W * home))
    return _unknowns(m, *by_market(m.game, m.delivered))


def autarky_copies(m: Primitives) -> np.ndarray:
    """Return which of one economy's firms are active on their own: they are who enters the integrated market (firm)."""
    return by_market(m.game_of(1), m.delivered)[1][:, 0]


def by_market(game: Game, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve every market on its own for its firms (firm, market): ln P (market) and who is active (firm, market)."""
    order = np.argsort(-phi, axis=0, kind="stable")
    able = kernel.ability(game, np.take_along_axis(phi, order, axis=0))
    x, count = kernel.select(game, able)
    _require(game, x)
    active = np.zeros(phi.shape, dtype=int)
    np.put_along_axis(active, order, (np.arange(len(phi))[:, None] < count).astype(int), axis=0)
    return x, active


def pooled(game: Game, phi: np.ndarray, entrants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve one market for its firms, of which there are so many copies (firm); equal firms enter one at a time."""
    rows = np.repeat(np.arange(len(phi)), entrants)
    x, active = by_market(game, phi[rows][:, None])
    return x, np.bincount(rows, weights=active[:, 0], minlength=len(phi)).astype(int)[:, None]


def _require(game: Game, x: np.ndarray) -> None:
    if np.isfinite(x).all():
        return
    where = "" if len(x) == 1 else f" in market {int(np.flatnonzero(~np.isfinite(x))[0])}"
    if not np.any(np.asarray(game.fixed) > 0.0):
        raise NoEquilibrium(f"the firms are too few or too unequal to share the sector{where} at finite markups",
                            "add rivals, or raise eta")  # fmt: skip
    alone = kernel.lone_has_no_markup(game.upper)
    room = "fewer than two firms, and one alone has no finite markup" if alone else "no firm"
    name = "K_0" if game.scope == "multi" else "f"
    raise NoEquilibrium(f"the fixed cost leaves room for {room}{where}", f"lower {name}, or raise spending")


def _unknowns(m: Primitives, x: np.ndarray, copies: np.ndarray) -> Unknowns:
    found: Unknowns = {"log_price_index": x, "_copies": copies}
    if m.scope == "single":
        with np.errstate(divide="ignore"):
            reach = (m.sigma - 1.0) * (np.log(np.where(copies > 0, m.delivered, 0.0)) + x)
        share, _ = kernel.shares_of_given_scope(m.game, reach, x)
        found["log_share"] = np.log(share[copies > 0])
    return found
