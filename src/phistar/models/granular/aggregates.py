"""What firms add up to in a market: concentration, the aggregate markup, varieties, what unequal markups cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.models.granular.game import Game
from phistar.numerics.duals import value_of

Array = Any


def totals(m: Game, copies: Array, share: Array, markup: Array, varieties: Array, phi: Array) -> dict[str, Array]:
    """Compute a market's totals from its firms (firm, market); `copies` is zero for a firm that is out.

    Notes
    -----
    With the aggregate markup M = 1/sum(S/mu), sales over the labour that makes them, P = M/TFP. At equal markups the
    same labour would make the same varieties at TFP* = (sum N phi^(sigma-1))^(1/(sigma-1)); `misallocation` is
    1 - TFP/TFP*, and `mean_productivity` is TFP*/N^(1/(sigma-1)), so that

        ln P = ln M - ln N/(sigma-1) - ln mean_productivity - ln(1 - misallocation).
    """
    s = m.sigma - 1.0
    best = np.max(np.where(copies > 0, value_of(phi), 0.0), axis=0)  # a scale, so that powers stay tame
    weight = copies * varieties * (phi / best) ** s
    total, number = np.sum(weight, axis=0), np.sum(copies * varieties, axis=0)
    return {
        "total_varieties": number,
        "herfindahl": np.sum(copies * share**2, axis=0),
        "aggregate_markup": 1.0 / np.sum(copies * share / markup, axis=0),
        "misallocation": misallocation(m, weight / total, np.where(copies > 0, markup, 1.0)),
        "mean_productivity": best * (total / number) ** (1.0 / s),
    }


def misallocation(m: Game, weight: Array, markup: Array) -> Array:
    """Compute 1 - TFP/TFP* = 1 - (sum w mu^(1-sigma))^(sigma/(sigma-1)) / sum w mu^-sigma, zero at equal markups.

    Parameters
    ----------
    weight : array (firm, market)
        Shares of N phi^(sigma-1).
    """
    s = m.sigma - 1.0
    highest = np.max(np.where(value_of(weight) > 0.0, value_of(markup), 0.0), axis=0)
    log_ratio = np.where(value_of(weight) > 0.0, np.log(markup / highest), 0.0)
    # Differences from one: equal markups leave exactly nothing.
    power = np.log1p(np.sum(weight * np.expm1(-s * log_ratio), axis=0)) * (m.sigma / s)
    return -np.expm1(power - np.log1p(np.sum(weight * np.expm1(-m.sigma * log_ratio), axis=0)))
