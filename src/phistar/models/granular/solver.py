"""Find a granular world's equilibrium, or those of a batch: who is active in each market, and the price indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.blocks.oligopoly import UpperTier
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
    x, copies = everywhere(m)
    _require(m.game, x)
    return _unknowns(m, x, copies)


def find_batch(m: Primitives) -> tuple[Unknowns, np.ndarray]:
    """Find the same for a batch of worlds, its last axis; a reason stands where there is no answer, else ""."""
    positive = np.all(np.isfinite(m.phi) & (m.phi > 0.0), axis=0)
    allowed = np.broadcast_to(positive & (True if m.eta is None else m.eta < m.sigma), m.points)
    reasons = np.where(allowed, "", "productivities must be positive, and eta below sigma").astype(object)
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


def by_market(game: Game, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve every market on its own for its firms (firm, market): ln P (market) and who is active (firm, market).

    Markets of a batch of worlds, and the worlds, are so many sectors.
    """
    numbers = (game.sigma, game.upper.size, game.upper.eta, game.K_1, game.fixed)
    where = np.broadcast_shapes(phi.shape[1:], *(np.shape(value) for value in numbers))
    flat = np.broadcast_to(phi, (len(phi), *where)).reshape(len(phi), -1)
    order = np.argsort(-flat, axis=0, kind="stable")
    x, count = kernel.select_from_top(_of_each(game, where), np.take_along_axis(flat, order, axis=0))
    active = np.zeros(flat.shape, dtype=int)
    np.put_along_axis(active, order, (np.arange(len(phi))[:, None] < count).astype(int), axis=0)
    return x.reshape(where), active.reshape(len(phi), *where)


def _of_each(game: Game, where: tuple[int, ...]) -> Game:
    """Return the game with its numbers laid out over sectors; a number that all share stays one."""

    def laid(value: Any) -> Any:
        if value is None or np.size(value) == 1:
            return value if np.ndim(value) == 0 else np.asarray(value).reshape(())[()]
        return np.broadcast_to(value, where).ravel()

    upper = UpperTier(laid(game.upper.size), laid(game.upper.eta))
    return Game(laid(game.sigma), upper, laid(game.K_1), laid(game.fixed), game.conduct, game.scope)


def pooled(game: Game, phi: np.ndarray, entrants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve one market for its firms, of which there are so many copies (firm); equal firms enter one at a time."""
    most = np.max(entrants.reshape(len(entrants), -1), axis=1)
    most[0] = max(most[0], 1)  # a row, where nobody enters
    rows = np.repeat(np.arange(len(most)), most)
    number = np.concatenate([np.arange(k) for k in most]).reshape(-1, *(1,) * (entrants.ndim - 1))
    x, active = by_market(game, np.where(number < entrants[rows], phi[rows], 0.0)[:, None])
    copies = np.zeros(entrants.shape, dtype=int)
    np.add.at(copies, rows, active[:, 0])
    return x, copies[:, None]


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
