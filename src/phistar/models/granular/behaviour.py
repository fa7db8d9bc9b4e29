"""What every firm does at given unknowns, for each of the three ways scope is set; arrays or duals (firm, market)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.core.model import Residuals, Unknowns
from phistar.models.granular import equations as eq
from phistar.models.granular.primitives import Primitives


@dataclass(frozen=True)
class Behaviour:
    """Firms in markets: one where a price or markup is not defined, zero shares and varieties (firm, market)."""

    x: Any
    copies: np.ndarray
    active: np.ndarray
    phi: Any
    share: Any
    markup: Any
    varieties: Any
    spending: Any

    @property
    def price(self) -> Any:
        """Price of each variety; meaningless where the firm is out."""
        return eq.price(self.markup, self.phi)

    @property
    def quantity(self) -> Any:
        """Output of each variety, from sales; zero where the firm is out."""
        there = np.where(self.active, self.varieties, 1.0)
        return self.spending * self.share / (there * self.price)


def behave(m: Primitives, x: Unknowns) -> Behaviour:
    """Follow every firm at the unknowns: scope in each market, one scope for all of them, or one variety."""
    price_index, copies = x["log_price_index"], x["_copies"]
    active = copies > 0
    phi = np.where(active, m.delivered, 1.0)
    spending = m.game.upper.spending(price_index)
    if "log_share" not in x:
        markup = np.exp(np.where(active, eq.log_markup(m.game, price_index, np.log(phi)), 0.0))
        share = np.where(active, eq.share(m.game, price_index, np.where(active, markup, 2.0)), 0.0)
        varieties = np.where(active, eq.varieties(m.game, spending, share, markup), 0.0)
    else:
        share = np.where(active, np.exp(placed(x["log_share"], active)), 0.0)
        markup = np.where(active, eq.markup_of_share(m.game, price_index, share), 1.0)
        varieties = active.astype(float)
        if "log_varieties" in x:
            anywhere = active.any(axis=1)
            number = np.where(anywhere, np.exp(placed(x["log_varieties"], anywhere)), 0.0)
            varieties = np.where(active, number[:, None], 0.0)
    return Behaviour(price_index, copies, active, phi, share, markup, varieties, spending)


def placed(values: Any, where: np.ndarray) -> Any:
    """Lay values out over the places marked, in order; the first of them elsewhere."""
    if not where.any():  # a batch without an answer
        return np.full(where.shape, np.nan)
    index = np.zeros(where.shape, dtype=int)
    index[where] = np.arange(np.count_nonzero(where))
    return values[index.ravel()].reshape(*where.shape)


def equations(m: Primitives, x: Unknowns) -> Residuals:
    """State the named equations that pin the unknowns down."""
    b = behave(m, x)
    stated: Residuals = {"market_clearing": eq.market_clearing(b.copies, b.share)}
    if "log_share" in x:
        log_share = np.where(b.active, placed(x["log_share"], b.active), 0.0)
        scope = np.log(np.where(b.active, b.varieties, 1.0))
        stated["given_scope"] = np.where(
            b.active, eq.given_scope(m.game, b.x, scope, np.log(b.phi), log_share, b.markup), 0.0
        )
    if "log_varieties" in x:
        anywhere: np.ndarray = np.asarray(b.active.any(axis=1))
        number = np.where(anywhere, np.exp(placed(x["log_varieties"], anywhere)), 1.0)
        paid = eq.common_scope(m.game, b.spending, b.share, b.markup, number)
        stated["common_scope"] = np.where(anywhere, paid, 0.0)
    return stated
