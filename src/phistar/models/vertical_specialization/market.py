"""What holds at given relative wages, world by world."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from phistar.models.vertical_specialization import equations as eq


class Worlds:
    """Arrays of a batch of worlds, the last axis of each; a dataclass of nothing else inherits it."""

    def take(self, keep: np.ndarray) -> Self:
        """Return the worlds that `keep` selects."""
        return type(self)(*(getattr(self, field.name)[..., keep] for field in fields(self)))  # type: ignore[arg-type]

    def replaced(self, where: np.ndarray, by: Self) -> Self:
        """Return a copy in which the worlds at `where` are those of `by`."""
        columns = {field.name: np.array(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]
        for name, column in columns.items():
            column[..., where] = getattr(by, name)
        return type(self)(**columns)


@dataclass(frozen=True)
class Market(Worlds):
    """What holds at given relative wages (batch is the last axis).

    Attributes
    ----------
    log_omega : ndarray (batch)
    demand : ndarray (country, batch)
        ln B/(sigma - 1) of each market.
    fixed, log_cutoff, f : ndarray (country, mode, batch)
        Fixed costs of the true choice, ln cutoffs, F.
    R : ndarray (country, batch)
        Revenue that clears both goods markets.
    entering : ndarray of bool (country, batch)
        Which country has entrants.
    atom_share : ndarray (country, mode, batch)
        Share of the firms of an atom at the cutoff that take the mode: one where they need not mix.
    """

    log_omega: np.ndarray
    demand: np.ndarray
    fixed: np.ndarray
    log_cutoff: np.ndarray
    f: np.ndarray
    R: np.ndarray
    entering: np.ndarray
    atom_share: np.ndarray


def goods_markets(f: np.ndarray, income: np.ndarray) -> np.ndarray:
    """Solve (3) for revenues given F by mode and labour incomes (country, batch)."""
    home, abroad = eq.home_share(f), eq.export_share(f)

    def revenue(spent: np.ndarray) -> np.ndarray:
        """Solve (3) where so much is spent in each market (country, batch)."""
        # home_1 home_2 - abroad_1 abroad_2 is home_1 - abroad_2, as shares add up to one
        return np.asarray((eq.other(home) * spent - eq.other(abroad * spent)) / (home[0] - abroad[1]))

    R = revenue(income)
    # Where firms sell nearly alike in both markets digits are lost; what is left unspent restores them.
    for _ in range(2):
        R = R + revenue(income - (home * R + eq.other(abroad * R)))
    return R
