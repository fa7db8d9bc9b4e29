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
        ``sells``, ``price``, ``markup``, ``share``, ``varieties``, ``revenue``, ``profit``: undefined price and
        markup, and zero else, where it would rather stay out.
    """
    n = len(m.countries)
    phi = np.broadcast_to(phi, (n, phi.shape[-1]))
    parts: dict[str, list[np.ndarray]] = {}
    for j in range(n):
        game = kernel.of_sectors(m.game, [j])
        tau = m.tau[:, j] if m.segmented else np.ones(n)
        delivered = (phi / tau[:, None]).reshape(-1, 1)
        able = kernel.ability(game, delivered)
        share, profit = replies.best_reply(game, able, x["log_price_index"][j : j + 1], np.zeros(able.shape))
        sells = (share > 0.0) & (profit >= 0.0)
        told = _told(game, delivered, np.where(sells, share, 0.0), sells, x["log_price_index"][j : j + 1])
        told["profit"] = np.where(sells, profit, 0.0)
        for name, values in told.items():
            parts.setdefault(name, []).append(values.reshape(n, -1))
    return {name: np.stack(values, axis=1) for name, values in parts.items()}


def _told(game: Any, phi: np.ndarray, share: np.ndarray, sells: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    # The firm's own entry moves the price index, as its share of the sector says.
    after = x + np.log1p(-share) / (game.sigma - 1.0)
    spending = game.upper.spending(after)
    markup = eq.markup_of_share(game, after, share)
    scope = eq.varieties(game, spending, share, markup) if game.scope == "multi" else sells.astype(float)
    return {
        "sells": sells,
        "price": np.where(sells, eq.price(markup, phi), np.nan),
        "markup": np.where(sells, markup, np.nan),
        "share": share,
        "varieties": scope,
        "revenue": spending * share,
    }
