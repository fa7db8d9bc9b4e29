"""Demand and entry at one relative wage after another, for a batch of worlds at once.

Newton's method looks for the demand at which entry just pays in both countries. Where that fails, or would need a
negative mass of entrants, `frontier` takes over; where one country enters alone and firms of an atom mix, it is first
tried whether they still do, or those that did before.
"""

from __future__ import annotations

import numpy as np

from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.frontier import frontier, search
from phistar.models.vertical_specialization.indifferent import stay
from phistar.models.vertical_specialization.jumps import EXACT
from phistar.models.vertical_specialization.market import Market
from phistar.models.vertical_specialization.place import Place
from phistar.models.vertical_specialization.primitives import Primitives
from phistar.numerics.monotone import CLOSE, LONGEST

#: Newton steps before the monotone root takes over.
_TRIED = 8


class Demand:
    """The worlds of a batch, asked for their demand at one relative wage after another: each answer starts the next.

    Attributes
    ----------
    demand : ndarray (country, batch)
        ln B/(sigma - 1) of the last answer; not a number where there is none.
    inside : ndarray of bool (batch)
        Whether both countries entered there.
    atoms : list of ndarray (country, mode, batch)
        ln productivity of the atom whose firms mixed there, and of the one before, not a number of other cutoffs.
    """

    def __init__(self, m: Primitives, demand: np.ndarray) -> None:
        self.m, self.demand = m, demand
        self.inside = np.ones(m.points, dtype=bool)
        self.atoms = [np.full((2, 4, m.points), np.nan)] * 2

    def at(self, log_omega: np.ndarray) -> Market:
        """Solve demand and entry at the relative wages `log_omega` (batch)."""
        place = Place.of(self.m, log_omega)
        unknown = np.isnan(self.demand).any(axis=0)
        if unknown.any():
            self.demand = np.where(unknown, frontier(place, np.zeros(self.m.points)).level, self.demand)
        market, found = self._both_enter(place)
        for atom in self.atoms:
            held = np.flatnonzero(~found & np.isfinite(atom).any(axis=(0, 1)))
            if len(held):
                mixed, found[held] = stay(place.take(held), self.demand[:, held], atom[..., held])
                market = market.replaced(held, mixed)
        rest = np.flatnonzero(~found)
        if len(rest):
            market = market.replaced(rest, search(place.take(rest), self.demand[:, rest]))
        self.inside = np.all(market.entering, axis=0)
        self._remember(np.where((market.atom_share < 1.0) & ~self.inside, market.log_cutoff, np.nan))
        self.demand = np.where(np.isfinite(market.demand), market.demand, self.demand)
        return market

    def _remember(self, atom: np.ndarray) -> None:
        """Keep the atoms of the last two answers that differ in them."""
        last, before = self.atoms
        news = np.any(np.isfinite(atom) & (atom != last), axis=(0, 1))
        self.atoms = [np.where(news, atom, last), np.where(news, last, before)]

    def _both_enter(self, place: Place) -> tuple[Market, np.ndarray]:
        """Look by Newton's method for demand at which entry just pays in both countries; say where that is found."""
        demand, arrived = self.demand, ~self.inside
        for _ in range(_TRIED):
            if np.all(arrived | np.isnan(demand).any(axis=0)):
                break
            value, home, abroad = place.entry(demand, eq.other(demand))
            determinant = home[0] * home[1] - abroad[0] * abroad[1]
            step = (abroad * eq.other(value) - eq.other(home) * value) / determinant
            step = np.where(arrived, 0.0, np.clip(step, -LONGEST, LONGEST))
            demand = demand + step
            arrived = arrived | np.all(np.abs(step) <= CLOSE * (1.0 + np.abs(demand)), axis=0)
        market = place.market(demand, np.ones(demand.shape, dtype=bool))
        # where firms of both countries serve both markets alike revenues are not determined
        cleared = np.abs(place.spent(market) / place.income - 1.0) <= EXACT
        return market, np.asarray(arrived & self.inside & np.all((market.R > 0.0) & cleared, axis=0))
