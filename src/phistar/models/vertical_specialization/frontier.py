"""Find demand and entry by one monotone root, in the gap between the markets: g = d_1 - d_2.

Demand levels solve a convex program: maximise sum_i w_i L_i ln B_i subject to expected profits of at most the entry
cost in each country; masses of entrants are its multipliers. So demand is unique, and a country without entrants (a
corner) is a constraint that does not bind. Given g,

* the *level* of a country is how high demand must be, (d_1 + d_2)/2, for entry to pay there;
* its *pull* is how much more its firms then sell in market 1 than in market 2, less what is spent (in logs).

Where one country's firms serve both markets alone, their pull is zero, and the other's level is no lower; where both
enter, levels agree, and pulls have opposite signs. Either is to say that the median of the two pulls and the difference
of levels is zero. That median rises with g, and jumps only where a cutoff of the one that is alone crosses an atom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.models.vertical_specialization.indifferent import blend
from phistar.models.vertical_specialization.jumps import EXACT, root_or_sides
from phistar.models.vertical_specialization.market import Market, Worlds
from phistar.models.vertical_specialization.place import Place
from phistar.numerics.monotone import increasing_root


@dataclass(frozen=True)
class Frontier(Worlds):
    """Where entry just pays in each country, given the gap between markets.

    Attributes
    ----------
    gap : ndarray (batch)
    level, pull, slope : ndarray (country, batch)
        Levels, pulls, and the slopes of pulls in the gap.
    share : ndarray (country, batch)
        Share of market 1 in sales.
    log_cutoff : ndarray (country, mode, batch)
        ln cutoffs, each country's at its own level.
    """

    gap: np.ndarray
    level: np.ndarray
    pull: np.ndarray
    slope: np.ndarray
    share: np.ndarray
    log_cutoff: np.ndarray

    @property
    def ahead(self) -> np.ndarray:
        """How much lower demand may be for entry to country 1 than for entry to country 2 (batch)."""
        return np.asarray(self.level[1] - self.level[0])

    @property
    def first(self) -> np.ndarray:
        """Whether entry to country 1, then to country 2, pays first (country, batch)."""
        return np.stack([self.ahead >= 0.0, self.ahead < 0.0])

    def of_first(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the country to which entry pays first (batch)."""
        return np.where(self.first[0], *values)

    def median(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what is zero at the answer, and the slope that leads there (batch)."""
        # pulls change places where levels come apart the other way
        toward = np.where(self.pull[0] >= self.pull[1], 1.0, -1.0)
        value = np.stack([*self.pull, toward * self.ahead])
        slope = np.stack([*self.slope, np.abs(self.share[0] - self.share[1])])
        middle = np.sort(value, axis=0)[1]
        # the median of three rising functions is zero at the median of their roots
        steps = np.where(np.isinf(value) | (value == 0.0), -value, -value / slope)
        return middle, -middle / np.sort(steps, axis=0)[1]


def frontier(place: Place, gap: np.ndarray, level: np.ndarray | None = None) -> Frontier:
    """Find the levels at which entry just pays, from a guess of them."""
    half = 0.5 * np.stack([gap, -gap])  # each country sees the markets from its own level
    level = place.level_at_median(half) if level is None else level

    def entry(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute ln of expected profit over the entry cost at levels `x`, and its slope (country, batch)."""
        value, home, abroad = place.entry(x + half, x - half)
        return value, home + abroad

    level = increasing_root(entry, level)
    home, abroad, by_home, by_abroad = place.sales(level + half, level - half)
    toward = np.array([[1.0], [-1.0]])  # whether home is market 1
    at_home, there = home / (home + abroad), abroad / (home + abroad)
    pull = toward * np.log(home / abroad) - np.log(place.income[0] / place.income[1])
    # as the gap widens the level moves so that entry still just pays
    slope = np.where(at_home > 0.0, by_home * there, 0.0) + np.where(there > 0.0, by_abroad * at_home, 0.0)
    share = np.stack([at_home[0], there[1]])
    return Frontier(gap, level, pull, slope, share, place.log_cutoff(level + half, level - half))


def search(place: Place, demand: np.ndarray) -> Market:
    """Solve wherever entry pays, to both countries or to one alone, from a guess of demand."""
    mean = 0.5 * np.sum(demand, axis=0)
    last = frontier(place, demand[0] - demand[1], np.stack([mean, mean]))

    def median(gap: np.ndarray) -> tuple[np.ndarray, np.ndarray, Frontier]:
        """Find the frontier at a gap: what is zero at the answer, its slope, and all that holds there (batch)."""
        nonlocal last
        follows = last.level - (last.share - 0.5) * (gap - last.gap)
        last = frontier(place, gap, np.where(np.isfinite(follows), follows, last.level))
        return *last.median(), last

    low, high, jumps = root_or_sides(median, last.gap, place.m.atoms)
    # at a jump it is the pull of the one that is alone that jumps; where either will do one alone is better defined
    alone = (np.abs(low.of_first(low.pull)) <= np.maximum(np.abs(low.ahead), EXACT)) | jumps
    market = _market(place, low, low.first | ~alone)
    if not jumps.any():
        return market
    spent = place.income[0] / np.sum(place.income, axis=0)
    gaps = (spent - low.of_first(side.share) for side in (low, high))
    mixed = blend(place.m, market, _market(place, high, low.first), *gaps)
    return market.replaced(jumps, mixed.take(jumps))


def _market(place: Place, at: Frontier, entering: np.ndarray) -> Market:
    """Compute all that holds where entry pays in the countries `entering`."""
    level = np.sum(np.where(entering, at.level, 0.0), axis=0) / np.sum(entering, axis=0)
    half = 0.5 * np.stack([at.gap, -at.gap])
    return place.market(level + half, entering)
