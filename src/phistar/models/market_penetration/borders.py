"""Which countries trade with which: whether any wages can balance trade, and whether those found are the only ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.iceberg import LOG_INFINITE
from phistar.blocks.layout import is_home

if TYPE_CHECKING:
    from phistar.models.market_penetration.primitives import Primitives

#: Trade below this share of spending is lost in what a certificate of 1e-10 allows.
TRACE = 1e-9
#: Blocs that trade less than a trace have found their relative wage where ln exports over imports is as small as this.
BALANCED = 1e-6


def no_way_back(m: Primitives) -> np.ndarray:
    """Mark where goods are sold at any wages though nothing comes back, be it by others (origin, destination).

    A productivity without an upper end sells wherever it may; then no wages balance trade.
    """
    may = np.asarray(m.log_tau < LOG_INFINITE)
    unbounded = [True] * len(may) if m.closed else [bool(np.isinf(np.max(family.log_upper))) for family in m.families]
    one_way = may & np.reshape(unbounded, (-1, *(1,) * (may.ndim - 1))) & ~np.swapaxes(may, 0, 1)
    if not one_way.any():
        return one_way
    back = np.swapaxes(np.stack([bloc(may, i) for i in range(len(may))]), 0, 1)
    return one_way & ~back


def bloc(linked: np.ndarray, i: int) -> np.ndarray:
    """Mark the countries that links lead to from country i (country)."""
    n = len(linked)
    reach = np.broadcast_to(is_home(n, linked.ndim), linked.shape)[i]
    for _ in range(n):
        further = reach | np.any(linked & reach[:, None], axis=0)
        if (further == reach).all():
            break
        reach = further
    return np.asarray(reach)


def relative_wages_determined(paid: np.ndarray) -> bool:
    """Whether trade pins all relative wages down, in every world of a batch.

    Parameters
    ----------
    paid : ndarray (origin, destination)
        What the destination pays to the origin, for goods less the labour it is hired for; at home its own sales.
    """
    spending = np.sum(paid, axis=0)
    trade = paid + np.swapaxes(paid, 0, 1)
    linked = trade > TRACE * np.minimum(spending[:, None], spending[None])
    if bloc(linked, 0).all():
        return True
    return all(_balanced(paid, bloc(linked, i)) for i in range(len(paid)))


def _balanced(paid: np.ndarray, members: np.ndarray) -> bool:
    """Whether a bloc's exports to all others are its imports, however small; a world of one bloc has neither."""
    out = np.sum(np.where(members[:, None] & ~members[None], paid, 0.0), axis=(0, 1))
    back = np.sum(np.where(~members[:, None] & members[None], paid, 0.0), axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return bool(np.all((np.abs(np.log(out / back)) < BALANCED) | members.all(axis=0)))
