"""Markets as sectors: those of one world, or of a batch of worlds, laid out for the kernel and read back."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.blocks.oligopoly import UpperTier
from phistar.models.granular import kernel
from phistar.models.granular.game import Game


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
        """Lay a number out over sectors."""
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
