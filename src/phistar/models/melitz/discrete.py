"""Find a Melitz equilibrium where some distribution has atoms, so that a marginal atom may have to mix.

Sales jump when a cutoff crosses an atom, so market clearing may hold only with a fraction of the atom's firms
active. Each atom is first spread over a band, in which Newton works. From there an active-set Newton runs on
the exact equations: every cutoff either lies between two atoms or stands on one whose active share is then an
unknown; a cutoff that would cross an atom stops on it, a share that would leave [0, 1] lets the cutoff go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.productivity import Empirical, Productivity
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Residuals, Unknowns, largest
from phistar.models.melitz import equations as eq
from phistar.models.melitz import solver
from phistar.models.melitz.table import TabulatedProductivity
from phistar.numerics.duals import gradient_of, seed, value_of

if TYPE_CHECKING:
    from phistar.models.melitz.model import Melitz

#: Widths of the bands in ln phi, times s: wide ones only lead to narrow ones, from which the exact search starts.
BANDS = (1.0, 0.3, 0.1, 0.01, 0.001)
_SEARCH_FROM = 0.1
MAX_STEPS = 20
_GOAL = 1e-13
#: The set of mixing atoms is first revised at every step; when that has not ended soon (it can cycle), only after
#: Newton has settled within the set, and one atom at a time.
_HASTY = 8
_SETTLED = 1e-6
#: Longest stride in ln A within one set of active atoms.
_CAP = 0.5


def find(m: Melitz) -> Unknowns:
    """Find an equilibrium of a world in which some countries have discrete distributions.

    Raises
    ------
    NoEquilibrium
        When no band leads to a root of the exact equations with shares in [0, 1].
    """
    start = None
    for band in BANDS:
        width = band / float(m.sigma - 1.0)
        smooth = replace(m, families=_smoothed(m, width)).batched()
        kernel = TabulatedProductivity(smooth)
        log_demand, log_wage, _ = solver.find_smooth(smooth.with_kernel(kernel), start, steps=30)
        start = log_demand, log_wage
        if band > _SEARCH_FROM:
            continue
        x = _search(m, m.normalise({"log_wage": log_wage[:, 0], "log_demand": log_demand[:, 0]}), width)
        if x is not None:
            return x
    raise NoEquilibrium(
        "no equilibrium found for a discrete productivity distribution",
        "move a parameter slightly: the world may sit on a knife edge between two sets of active atoms",
    )


def _smoothed(m: Melitz, width: float) -> tuple[Productivity, ...]:
    spread = {id(f): f.smoothed(width) if isinstance(f, Empirical) else f for f in m.families}
    return tuple(spread[id(f)] for f in m.families)


@dataclass
class _Places:
    """Where every discrete pair's cutoff stands: the index of the lowest atom that counts, and whether it mixes.

    `atom[i, j]` in 0..n_i (n_i: none counts); `mixes[i, j]` says that the cutoff stands on that atom.
    """

    m: Melitz
    atom: np.ndarray
    mixes: np.ndarray

    @classmethod
    def of(cls, m: Melitz, log_e: np.ndarray, width: float) -> tuple[_Places, np.ndarray]:
        """Read the places off cutoffs found with bands: one inside a band mixes, by how far it is inside."""
        atom = np.zeros(log_e.shape, dtype=int)
        share = np.ones(log_e.shape)
        for i, family in enumerate(m.families):
            if isinstance(family, Empirical):
                atom[i] = np.searchsorted(family.log_atoms, log_e[i])
                above = np.append(family.log_atoms, np.inf)[atom[i]]
                share[i] = np.minimum((above - log_e[i]) / width, 1.0)
        return cls(m, atom, share < 1.0), share

    def mixing(self, tied: np.ndarray, share: np.ndarray | None = None) -> eq.Mixing:
        """Write the places as the equations read them; pairs `tied` to the overhead cutoff share its lottery."""
        log_at = np.full(self.atom.shape, np.nan)
        settled = np.ones(self.atom.shape)
        group = np.full(self.atom.shape, -1)
        lotteries: dict[tuple[int, int], int] = {}
        for i, family in enumerate(self.m.families):
            if not isinstance(family, Empirical):
                continue
            log_at[i] = family.log_atoms[np.minimum(self.atom[i], family.log_atoms.size - 1)]
            settled[i] = np.where(self.atom[i] < family.log_atoms.size, 1.0, 0.0)
            for j in np.flatnonzero(self.mixes[i]):
                key = (i, -1) if tied[i, j] else (i, int(j))
                group[i, j] = lotteries.setdefault(key, len(lotteries))
        return eq.Mixing(log_at, group, np.full(len(lotteries), 0.5) if share is None else share, settled)

    def follow(self, log_e: np.ndarray, mixing: eq.Mixing, tied: np.ndarray, one: bool) -> bool:
        """Move the places to where a Newton step leads (only the first that must, if `one`); say whether any moved."""
        old = self.atom.copy(), self.mixes.copy()
        for i, family in enumerate(self.m.families):
            if isinstance(family, Empirical) and not (one and self._differs(old)):
                self._follow_origin(family.log_atoms, i, log_e[i], mixing, tied[i], one)
        return self._differs(old)

    def _differs(self, old: tuple[np.ndarray, np.ndarray]) -> bool:
        return bool(np.any(old[0] != self.atom) or np.any(old[1] != self.mixes))

    def _follow_origin(
        self, atoms: np.ndarray, i: int, log_e: np.ndarray, mixing: eq.Mixing, tied: np.ndarray, one: bool
    ) -> None:
        for j in range(log_e.size):
            if tied[j] and j != i:
                continue
            place = self._next(atoms, i, j, log_e[j], mixing)
            moved = place != (self.atom[i, j], self.mixes[i, j])
            self.atom[i, j], self.mixes[i, j] = place
            if moved and one:
                break
        self.atom[i, tied], self.mixes[i, tied] = self.atom[i, i], self.mixes[i, i]

    def _next(self, atoms: np.ndarray, i: int, j: int, log_e: float, mixing: eq.Mixing) -> tuple[int, bool]:
        """Decide where one cutoff goes: a share outside [0, 1] lets it go, an atom in its way stops it."""
        k = int(self.atom[i, j])
        if self.mixes[i, j] and mixing.group[i, j] >= 0:
            share = float(mixing.share[mixing.group[i, j]])
            return (k, False) if share > 1.0 else (k + 1, False) if share < 0.0 else (k, True)
        if k < atoms.size and log_e > atoms[k]:
            return k, True
        if k > 0 and log_e < atoms[k - 1]:
            return k - 1, True
        return k, False


def _search(m: Melitz, x: Unknowns, width: float) -> Unknowns | None:
    """Run the active-set Newton from wages and demand levels found with bands; None where it does not end well."""
    log_wage, log_demand = x["log_wage"], x["log_demand"]
    sellers = eq.select(m, log_wage, log_demand)
    tied = _tied(m, sellers)
    places, share = _Places.of(m, sellers.log_e, width)
    mixing = places.mixing(tied)
    mixing.share[mixing.group[places.mixes]] = share[places.mixes]
    size, updates = len(m.countries), 0
    for _ in range(MAX_STEPS):
        with np.errstate(all="ignore"):
            residual, jacobian = _linearised(m, log_wage, log_demand, mixing)
            if not (np.isfinite(residual).all() and np.isfinite(jacobian).all()):
                return None
            step = np.linalg.lstsq(jacobian, -residual, rcond=1e-12)[0]
        stride = min(1.0, _CAP / np.max(np.abs(step[: 2 * size]), initial=1e-300))
        log_wage = log_wage + stride * step[:size]
        log_demand = log_demand + stride * step[size : 2 * size]
        if m.entry == "free":
            # Free entry is continuous in the wage even across atoms: solve it outright.
            log_wage = solver.wages_given_demand(m.batched(), log_demand[:, None], log_wage[:, None])[0][:, 0]
        sellers = eq.select(m, log_wage, log_demand)
        mixing = replace(mixing, share=mixing.share + step[2 * size :])
        tied = _tied(m, sellers)
        settled = np.max(np.abs(residual)) < _SETTLED
        hasty = updates < _HASTY
        if not (settled or hasty):
            continue
        moved = places.follow(sellers.log_e, mixing, tied, one=not hasty)
        if not moved and np.max(np.abs(residual)) < _GOAL:
            return _accepted(m, m.normalise({"log_wage": log_wage, "log_demand": log_demand}), mixing)
        updates += moved
        mixing = places.mixing(tied, _carried(mixing, places.mixing(tied)))
    return None


def _tied(m: Melitz, sellers: eq.Selection) -> np.ndarray:
    """Mark pairs whose cutoff is the origin's overhead cutoff (home always is)."""
    home = eq.is_home(len(m.countries))
    return home if m.fixed_cost == "market" else home | (sellers.log_x < sellers.log_e)


def _carried(old: eq.Mixing, new: eq.Mixing) -> np.ndarray:
    """Keep the shares of lotteries that go on; new ones start from the middle."""
    share = new.share.copy()
    both = (old.group >= 0) & (new.group >= 0) & (old.log_at == new.log_at)
    share[new.group[both]] = old.share[old.group[both]]
    return np.clip(share, 0.0, 1.0)


def _linearised(
    m: Melitz, log_wage: np.ndarray, log_demand: np.ndarray, mixing: eq.Mixing
) -> tuple[np.ndarray, np.ndarray]:
    """Return all residuals and their exact Jacobian (equations, unknowns)."""
    duals = seed([log_wage, log_demand, mixing.share])
    sellers = eq.select(m, duals[0], duals[1], replace(mixing, share=duals[2]))
    stated: Residuals = m.state(duals[0], sellers)
    size = 2 * len(log_wage) + mixing.share.size
    residual = np.concatenate([value_of(r).ravel() for r in stated.values()])
    return residual, np.concatenate([gradient_of(r, size).reshape(size, -1) for r in stated.values()], axis=1).T


def _accepted(m: Melitz, base: Unknowns, mixing: eq.Mixing) -> Unknowns | None:
    """Keep of the places only the lotteries, let the cutoffs decide the rest, and judge by the equations."""
    x = dict(base)
    if mixing.share.size:
        log_at = np.where(mixing.group >= 0, mixing.log_at, np.nan)
        x |= {"atom_share": np.clip(mixing.share, 0.0, 1.0), "_group": mixing.group, "_log_at": log_at}
    with np.errstate(all="ignore"):
        worst = max(largest(m.equations(x)).values())
    return x if worst < solver.ACCEPT else None
