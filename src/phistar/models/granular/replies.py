"""Best replies: what a firm would do against rivals that stay where they are, in one market or with one scope for all."""

from __future__ import annotations

import numpy as np

from phistar.models.granular import equations as eq
from phistar.models.granular.game import Game
from phistar.models.granular.kernel import shares_at

#: Halvings of a bracket 60 wide in ln P: below rounding.
_HALVINGS = 64


def best_reply(game: Game, able: np.ndarray, x: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find each firm's best reply to rivals that stay where they are: its share and its profit (firm, sector).

    Parameters
    ----------
    own : ndarray (firm, sector)
        The share the firm has at `x`; zero for one that is out.

    Notes
    -----
    Rivals' prices (Bertrand) or quantities (Cournot) stay. The firm's reply moves P from e^x to e^v, and its share is
    then what rivals leave; the best one is where that is also the share its first-order conditions ask for at v,
    which rises in v while what is left falls.
    """
    rivals = np.log1p(-own)
    low, high = np.broadcast_to(x, own.shape) - 60.0, np.broadcast_to(x, own.shape) - rivals / (game.sigma - 1.0)
    high = high if game.conduct == "bertrand" else high + 60.0
    for _ in range(_HALVINGS):
        v = 0.5 * (low + high)
        wanted, _ = _elementwise(game, able, v)
        too_high = wanted > _left_over(game, rivals, x, v)
        low, high = np.where(too_high, low, v), np.where(too_high, v, high)
    v = 0.5 * (low + high)
    share, epsilon = _elementwise(game, able, v)
    profit = np.where(share > 0.0, eq.profit(game, game.upper.spending(v), share, epsilon), 0.0)
    return share, profit


def _left_over(game: Game, rivals: np.ndarray, x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the share that unmoved rivals leave to a firm whose reply takes ln P from x to v."""
    s = game.sigma - 1.0
    if game.conduct == "bertrand":
        return np.asarray(-np.expm1(rivals + s * (v - x)))
    output = (game.upper.log_spending(v) - v) - (game.upper.log_spending(x) - x)
    return np.asarray(-np.expm1(rivals - s / game.sigma * output))


def _elementwise(game: Game, able: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return share and elasticity with every firm at a price index of its own (firm, sector)."""
    share, _ = shares_at(game, able, v)
    return share, np.asarray(eq.elasticity(game, v, share))
