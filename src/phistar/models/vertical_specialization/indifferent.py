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


def blend(m: Primitives, low: Market, high: Market, gap_low: np.ndarray, gap_high: np.ndarray) -> Market:
    """Let some entrants do as in `low`, the rest as in `high`, so that a gap linear in sales closes (batch)."""
    # each side's weight by itself: one less the other would lose what is small
    all_ = np.abs(gap_low) + np.abs(gap_high)
    weights = np.abs(gap_high) / all_, np.abs(gap_low) / all_

    def mean(of_low: np.ndarray, of_high: np.ndarray) -> np.ndarray:
        """Weigh what holds on both sides."""
        return weights[0] * of_low + weights[1] * of_high

    mass = mean(*(side.R / eq.total(side.f) for side in (low, high)))
    sales = mean(*((side.R / eq.total(side.f))[:, None] * side.f for side in (low, high)))
    entering = mass > 0.0
    f = np.where(entering[:, None], sales / np.where(entering, mass, 1.0)[:, None], high.f)
    log_omega, demand = mean(low.log_omega, high.log_omega), mean(low.demand, high.demand)
    place = Place.of(m, log_omega)
    atom = np.where(entering[:, None], _crossed(m, low.log_cutoff, high.log_cutoff), np.nan)
    cutoff = np.where(np.isnan(atom), place.log_cutoff(demand, eq.other(demand)), atom)
    none, all_ = (eq.F(m, place.fixed, cutoff, np.full(f.shape, share)) for share in (0.0, 1.0))
    share = np.clip(np.where(np.isnan(atom), 1.0, (f - none) / (all_ - none)), 0.0, 1.0)
    f, R = eq.F(m, place.fixed, cutoff, share), np.sum(sales, axis=1)
    return Market(log_omega, demand, place.fixed, cutoff, f, R, entering, share)


def _crossed(m: Primitives, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Find ln productivity of the atoms between cutoffs, not a number where there is none (country, mode)."""
    least, most = np.minimum(low, high), np.maximum(low, high)
    atom = np.stack(
        [np.append(known, np.nan)[np.searchsorted(known, x)] for known, x in zip(m.atoms, least, strict=True)]
    )
    return np.where(m.open & (atom <= most), atom, np.nan)


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
    at = np.argmax(np.isfinite(atom).reshape(8, -1), axis=0)
    country, mode = at // 4, at % 4
    unit, value = (array[country, mode, each] for array in (place.unit, atom))
    market = np.where(mode < 2, country, 1 - country)  # the one where the atom is indifferent: its demand is known
    here, alone = np.arange(2)[:, None] == market, np.arange(2)[:, None] == country

    def entry(other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute ln of expected profit over the entry cost where `other` is demand away from the atom (batch)."""
        values = np.where(here, unit - value, other)
        profit, home, abroad = (part[country, each] for part in place.entry(values, eq.other(values)))
        slope = np.where(mode < 2, abroad, home)
        # where the atom's market alone pays for entry, no demand elsewhere is low enough
        return np.where((profit > 0.0) & (slope == 0.0), np.nan, profit), slope

    values = np.where(here, unit - value, increasing_root(entry, demand[1 - market, each]))
    outside = place.entry(values, eq.other(values))[0][1 - country, each]
    found = place.market(values, alone)
    # where a mode and the one with imports have one cutoff, firms mix between both and neither
    same_market = np.arange(4)[:, None] // 2 == mode // 2
    held = alone[:, None] & same_market & m.open & (place.unit == unit)
    cutoff = np.where(held, value, found.log_cutoff)
    share = _share(place, cutoff, held, alone, market)
    shares = np.where(held, share, 1.0)
    mixed = replace(found, log_cutoff=cutoff, f=eq.F(m, place.fixed, cutoff, shares), atom_share=shares)
    return mixed, np.asarray((outside <= 0.0) & (share >= 0.0) & (share <= 1.0))


def _share(place: Place, cutoff: np.ndarray, held: np.ndarray, alone: np.ndarray, market: np.ndarray) -> np.ndarray:
    """Find the share of an atom's firms that take its mode, so that each market buys what it spends (batch)."""
    each = np.arange(place.m.points)

    def sales(share: float) -> np.ndarray:
        """Compute what a draw of the one that is alone sells in each market, over sigma (market)."""
        f = eq.F(place.m, place.fixed, cutoff, np.where(held, share, 1.0)) * alone[:, None]
        return np.stack([f[0, :2].sum(axis=0) + f[1, 2:].sum(axis=0), f[1, :2].sum(axis=0) + f[0, 2:].sum(axis=0)])

    none, all_ = sales(0.0), sales(1.0)
    wanted = none[1 - market, each] * place.income[market, each] / place.income[1 - market, each]
    return np.asarray((wanted - none[market, each]) / (all_ - none)[market, each])
