"""Best replies against rivals that stay where they are: in one market, or in all of them with one scope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.models.granular import common
from phistar.models.granular import equations as eq
from phistar.models.granular.game import Game
from phistar.models.granular.kernel import shares_at
from phistar.models.granular.primitives import Primitives
from phistar.numerics.monotone import increasing_root

#: Halvings of a bracket 60 wide in ln P: below rounding.
_HALVINGS = 64


def best_reply(
    game: Game, able: np.ndarray, x: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find each firm's best reply to rivals that stay where they are: its share, its profit, ln P (firm, sector).

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
    return share, profit, v


def _left_over(game: Game, rivals: np.ndarray | float, x: np.ndarray, v: np.ndarray) -> np.ndarray:
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


@dataclass(frozen=True)
class Entry:
    """What firms would do that enter all markets with one scope, rivals unmoved.

    Attributes
    ----------
    log_n, profit : ndarray (firm, world)
        ln N, -inf for one whose first variety does not pay; profit, K_0 paid.
    x, share : ndarray (firm, market, world)
        ln P after its own entry, and its share.
    """

    log_n: np.ndarray
    profit: np.ndarray
    x: np.ndarray
    share: np.ndarray


def one_scope(m: Primitives, phi: np.ndarray, x: np.ndarray) -> Entry:
    """Find the best reply of firms that are out and would have one scope for all markets.

    Parameters
    ----------
    m : Primitives
        With a batch axis.
    phi : ndarray (firm, market, world)
        Productivity as delivered; zero where a market is closed.
    x : ndarray (market, world)
        ln P as rivals leave it.

    Notes
    -----
    At a given N the firm's share in a market rises with the fall of ln P that its own entry causes, u = ln(x - v),
    and so does the N it takes: one root a market. What its last variety earns in all markets over N falls in N, since
    theta < sigma: one more root.
    """
    game, s = m.game, m.sigma - 1.0
    reached = phi > 0.0
    log_phi = np.log(np.where(reached, phi, 1.0))
    base = np.where(reached, s * (log_phi + x), -np.inf)
    log_n = common.scopes(m, base, x, game.upper.spending(x))  # to begin from: as if ln P stood still
    pays = np.isfinite(log_n)
    fall = np.where(pays[:, None] & reached, log_n[:, None] + base - s * np.log(m.sigma / s) - np.log(s), 0.0)

    def at(log_n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find ln P after entry with scope N, and the share there (firm, market, world)."""
        nonlocal fall

        def excess(u: np.ndarray) -> tuple[np.ndarray, None]:
            """Compute ln of the scope that a fall e^u of ln P allows, less ln N (firm, market, world)."""
            v = x - np.exp(u)
            share = _left_over(game, 0.0, x, v)
            log_markup = np.log(eq.markup_of_share(game, v, share))
            return np.log(share) + s * (log_markup - log_phi - v) - log_n[:, None], None

        fall = increasing_root(excess, fall)
        v = x - np.exp(fall)
        return v, np.where(reached & pays[:, None], _left_over(game, 0.0, x, v), 0.0)

    def unpaid(log_n: np.ndarray) -> tuple[np.ndarray, None]:
        """Compute ln N less ln of the scope that earnings pay for (firm, world)."""
        v, share = at(log_n)
        earned = np.sum(game.upper.spending(v) * share / eq.markup_of_share(game, v, share), axis=1)
        return np.where(pays, log_n - np.log(earned / (s * m.K_1)), 0.0), None

    log_n = increasing_root(unpaid, np.where(pays, log_n, 0.0))
    v, share = at(log_n)
    v = np.where(share > 0.0, v, x)
    kept = eq.profit(game, game.upper.spending(v), share, eq.elasticity(game, v, share))
    return Entry(np.where(pays, log_n, -np.inf), np.sum(kept, axis=1) - m.K_0, v, share)
