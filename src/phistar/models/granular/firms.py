"""The firms of a granular world as a table, and what one more firm would do."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.model import Unknowns
from phistar.models.granular import equations as eq
from phistar.models.granular import kernel, replies
from phistar.models.granular.behaviour import behave
from phistar.models.granular.outcomes import of_firms
from phistar.models.granular.primitives import Primitives


def table(m: Primitives, x: Unknowns, n: int) -> dict[str, np.ndarray]:
    """List the firms, one row each, at most `n` a country, as they come in the list.

    Returns
    -------
    dict of ndarray
        ``country`` (index), ``firm`` (number within it, from 1), ``productivity``, ``copies``, ``active``, and
        ``share``, ``price``, ``markup``, ``varieties``, ``quantity``, ``revenue``, ``employment`` (production,
        varieties and fixed costs) and ``profit``: by market, as ``share[NAME]``, where there are several.
    """
    with np.errstate(all="ignore"):
        b = behave(m, x)
        told = of_firms(m, b)
        told["revenue"] = np.where(b.active, b.spending * b.share, np.nan)
        told["employment"] = told["revenue"] - told["profit"]
    number = np.array([int(np.sum(m.home[:i] == c)) + 1 for i, c in enumerate(m.home)])
    keep = number <= n
    columns: dict[str, Any] = {"country": m.home, "firm": number, "productivity": m.phi}
    for name, values in told.items():
        if m.segmented:
            columns |= {f"{name}[{market}]": values[:, j] for j, market in enumerate(m.countries)}
        else:
            columns[name] = values[:, 0]
    return {name: values[keep] for name, values in columns.items()}


def schedule(m: Primitives, x: Unknowns, phi: np.ndarray) -> dict[str, np.ndarray]:
    """Follow one more firm of given productivity that replies best to the firms as they are (origin, firm).

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells``, ``price``, ``markup``, ``share``, ``varieties``, ``revenue``, ``profit`` (under a common scope before
        the firm's K_0, as reported for the firms that are in): undefined price and markup, and zero else, where it
        would rather stay out.
    """
    n = len(m.countries)
    phi = np.broadcast_to(phi, (n, phi.shape[-1]))
    tau = m.tau if m.segmented else np.ones((n, n))
    delivered = phi[:, None] / tau[..., None]
    with np.errstate(all="ignore"):
        follow = _in_all_markets if m.common else _market_by_market
        share, after, sells = follow(m, delivered, x["log_price_index"])
        return _told(m, delivered, np.where(sells, share, 0.0), sells, after)


def _market_by_market(m: Primitives, phi: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the firm's share, ln P after its own entry, and whether it comes, each market by itself."""
    share, after, sells = np.zeros(phi.shape), np.zeros(phi.shape), np.zeros(phi.shape, dtype=bool)
    for j in range(len(x)):
        game = kernel.of_sectors(m.game, [j])
        able = kernel.ability(game, phi[:, j].reshape(-1, 1))
        best, profit, moved = replies.best_reply(game, able, x[j : j + 1], np.zeros(able.shape))
        for kept, found in ((share, best), (after, moved), (sells, (best > 0.0) & (profit >= 0.0))):
            kept[:, j] = found.reshape(kept[:, j].shape)
    return share, after, sells


def _in_all_markets(m: Primitives, phi: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same where the firm has one scope for all markets, and comes to all or to none."""
    n, _, count = phi.shape
    one_each = np.moveaxis(phi, 1, 2).reshape(n * count, len(x), 1)
    entry = replies.one_scope(m.batched(), one_each, x[:, None])
    share, after = (np.moveaxis(a.reshape(n, count, len(x)), 1, 2) for a in (entry.share, entry.x))
    comes = (np.isfinite(entry.log_n) & (entry.profit >= 0.0)).reshape(n, 1, count)
    return share, after, comes & (share > 0.0)


def _told(m: Primitives, phi: np.ndarray, share: np.ndarray, sells: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    game = m.batched().game
    spending = game.upper.spending(after)
    markup = eq.markup_of_share(game, after, share)
    scope = eq.varieties(game, spending, share, markup) if game.scope == "multi" else sells.astype(float)
    if m.common:
        scope = np.where(sells, np.sum(scope, axis=1, keepdims=True), 0.0)  # each market bears its part of the cost
    profit = eq.profit(game, spending, share, eq.elasticity(game, after, share))
    return {
        "sells": sells,
        "price": np.where(sells, eq.price(markup, phi), np.nan),
        "markup": np.where(sells, markup, np.nan),
        "share": share,
        "varieties": scope,
        "revenue": spending * share,
        "profit": np.where(sells, profit, 0.0),
    }
