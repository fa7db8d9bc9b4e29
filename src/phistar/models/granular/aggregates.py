"""What firms add up to in a market: concentration, the aggregate markup, varieties, what unequal markups cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.models.granular.game import Game
from phistar.numerics.duals import value_of

Array = Any


def totals(
    m: Game, x: Array, copies: Array, share: Array, markup: Array, varieties: Array, phi: Array
) -> dict[str, Array]:
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
    number = np.sum(copies * varieties, axis=0)
    average = 1.0 / np.sum(copies * share / markup, axis=0)
    efficient = best * np.sum(copies * varieties * (phi / best) ** s, axis=0) ** (1.0 / s)
    return {
        "total_varieties": number,
        "herfindahl": np.sum(copies * share**2, axis=0),
        "aggregate_markup": average,
        "misallocation": 1.0 - average * np.exp(-x) / efficient,
        "mean_productivity": efficient / number ** (1.0 / s),
    }
