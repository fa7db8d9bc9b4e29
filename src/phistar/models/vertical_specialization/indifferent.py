"""What indifferent firms do: some one thing, some another, in the proportion that clears all markets.

Sales jump where a cutoff crosses an atom of productivity, since all its firms switch at once, and where firms of both
countries serve both markets alike, since all entry moves. On both sides of a jump goods markets clear, and what firms
sell and buy is linear in how many do either: so any weighted mean of the two sides clears them too, and its weight is
what meets the condition that jumps.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.market import Market
from phistar.models.vertical_specialization.place import Place
from phistar.models.vertical_specialization.primitives import Primitives
from phistar.numerics.monotone import increasing_root


def blend(m: Primitives, low: Market, high: Market, weight: np.ndarray) -> Market:
    """Let a share `weight` (batch) of entrants and sales be as in `high`, the rest as in `low`, two sides of a jump."""

    def mean(of_low: np.ndarray, of_high: np.ndarray) -> np.ndarray:
        return (1.0 - weight) * of_low + weight * of_high

    mass = mean(*(side.R / eq.total(side.f) for side in (low, high)))
    sales = mean(*((side.R / eq.total(side.f))[:, None] * side.f for side in (low, high)))
    entering = mass > 0.0
    f = np.where(entering[:, None], sales / np.where(entering, mass, 1.0)[:, None], high.f)
    log_omega, demand = mean(low.log_omega, high.log_omega), mean(low.demand, high.demand)
    place = Place.of(m, log_omega)
    cutoff, share = _mixing(place, low, high, place.log_cutoff(demand, eq.other(demand)), f)
    f, R = eq.F(m, place.fixed, cutoff, share), np.sum(sales, axis=1)
    return Market(log_omega, demand, place.fixed, cutoff, f, R, entering, share)


def _mixing(
    place: Place, low: Market, high: Market, cutoff: np.ndarray, f: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put cutoffs that cross an atom on it, and find the share of its firms that gives F (country, mode)."""
    m = place.m
    least, most = (bound(low.log_cutoff, high.log_cutoff) for bound in (np.minimum, np.maximum))
    atom = np.full(f.shape, np.nan)
    for i, known in enumerate(m.atoms):
        atom[i] = np.append(known, np.nan)[np.searchsorted(known, least[i])]
    crossed = m.open & (atom <= most)
    cutoff = np.where(crossed, atom, cutoff)
    idle = eq.F(m, place.fixed, cutoff) - f
    weight = place.fixed * np.exp(m.productivity.log_moment_of_atom(cutoff, 0.0))
    return cutoff, np.where(crossed, np.clip(1.0 - idle / np.where(crossed, weight, 1.0), 0.0, 1.0), 1.0)


def stay(place: Place, demand: np.ndarray, atom: np.ndarray) -> tuple[Market, np.ndarray]:
    """Try whether one country still serves both markets alone while firms of one `atom` mix.

    Parameters
    ----------
    place : Place
    demand : ndarray (country, batch)
        A guess.
    atom : ndarray (country, mode, batch)
        ln productivity of the atom at the cutoff, not a number of all other cutoffs.

    Returns
    -------
    Market
    ndarray of bool (batch)
        Whether that is an answer.
    """
    m, each = place.m, np.arange(place.m.points)
    held = np.isfinite(atom)
    at = np.argmax(held.reshape(8, -1), axis=0)
    country, mode = at // 4, at % 4
    market = np.where(mode < 2, country, 1 - country)  # the one where the atom is indifferent: its demand is known
    here, alone = np.arange(2)[:, None] == market, np.arange(2)[:, None] == country
    known = place.unit[country, mode, each] - atom[country, mode, each]

    def entry(other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = np.where(here, known, other)
        profit, home, abroad = (part[country, each] for part in place.entry(values, eq.other(values)))
        slope = np.where(mode < 2, abroad, home)
        # where the atom's market alone pays for entry, no demand elsewhere is low enough
        return np.where((profit > 0.0) & (slope == 0.0), np.nan, profit), slope

    other = increasing_root(entry, demand[1 - market, each])
    values = np.where(here, known, other)
    outside = place.entry(values, eq.other(values))[0][1 - country, each]
    found = place.market(values, alone)
    share = _share(place, found, held, atom, market)
    mixed = replace(found, log_cutoff=np.where(held, atom, found.log_cutoff), atom_share=np.where(held, share, 1.0))
    mixed = replace(mixed, f=eq.F(m, place.fixed, mixed.log_cutoff, mixed.atom_share))
    return mixed, np.asarray((outside <= 0.0) & (share >= 0.0) & (share <= 1.0))


def _share(place: Place, found: Market, held: np.ndarray, atom: np.ndarray, market: np.ndarray) -> np.ndarray:
    """Find the share of an atom's firms that take its mode, so that each market buys what it spends (batch)."""
    m, each = place.m, np.arange(place.m.points)
    cutoff = np.where(held, atom, found.log_cutoff)
    f = np.where(found.entering[:, None], eq.F(m, place.fixed, cutoff), 0.0)
    weight = np.where(held, place.fixed * np.exp(m.productivity.log_moment_of_atom(cutoff, 0.0)), 0.0)
    sales = np.stack([f[0, :2].sum(axis=0) + f[1, 2:].sum(axis=0), f[1, :2].sum(axis=0) + f[0, 2:].sum(axis=0)])
    spent = place.income[market, each] / place.income[1 - market, each]
    idle = sales[market, each] - sales[1 - market, each] * spent
    return np.asarray(1.0 - idle / weight.sum(axis=(0, 1)))
