"""What holds at given relative wages."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from phistar.models.vertical_specialization import equations as eq


@dataclass(frozen=True)
class Market:
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

    def take(self, keep: np.ndarray) -> Market:
        """Return the worlds that `keep` selects."""
        return Market(*(getattr(self, field.name)[..., keep] for field in fields(self)))

    def replaced(self, where: np.ndarray, by: Market) -> Market:
        """Return a copy in which the worlds at `where` are those of `by`."""
        columns = {field.name: np.array(getattr(self, field.name)) for field in fields(self)}
        for name, column in columns.items():
            column[..., where] = getattr(by, name)
        return Market(**columns)


def goods_markets(f: np.ndarray, income: np.ndarray) -> np.ndarray:
    """Solve (3) for revenues given F by mode and labour incomes (country, batch)."""
    home, abroad = eq.home_share(f), eq.export_share(f)
    # home_1 home_2 - abroad_1 abroad_2
    determinant = home[0] - abroad[1]
    return np.asarray((eq.other(home) * income - eq.other(abroad * income)) / determinant)
