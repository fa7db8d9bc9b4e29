"""What can be true of one draw of the firms before and after trade: the tests behind the claims (draw)."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.models.granular.sectors import solve_sectors
from phistar.replicate.comparisons import below, falling
from phistar.replicate.kim import formulas
from phistar.replicate.kim.printed import K_1, I, R
from phistar.replicate.kim.samples import NOTHING, Sample


def rivals(s: Sample) -> np.ndarray:
    """Whether at least two firms are in, in autarky."""
    return np.asarray(np.count_nonzero(s.active, axis=0) >= 2)


def several(s: Sample) -> np.ndarray:
    """Whether at least two of an economy's firms stay."""
    return np.asarray(np.count_nonzero(s.stays, axis=0) >= 2)


def larger_sector(s: Sample) -> np.ndarray:
    """Whether the sector's share of spending rises."""
    return np.asarray(s.opening.after.sector_share > s.opening.before.sector_share)


def markups_fall(s: Sample) -> np.ndarray:
    """Whether every survivor's markup, and so its price, falls."""
    return below(s.markup_factor(), 1.0, NOTHING)


def markups_must_fall(s: Sample) -> np.ndarray:
    """Whether sigma less the sector's elasticity grows by less than the number of economies."""
    old, new = s.toughness_range()
    return np.asarray(new < s.W * old)


def shares_fall(s: Sample) -> np.ndarray:
    """Whether every firm's share falls."""
    return below(np.where(s.stays, s.opening.new / s.opening.old, np.nan), 1.0, NOTHING)


def some_exit(s: Sample) -> np.ndarray:
    """Whether the cutoff rises and fewer firms of each economy are in."""
    o = s.opening
    return np.asarray((o.after.cutoff > o.before.cutoff) & (o.after.survivors < s.W * o.before.survivors))


def some_must_exit(s: Sample) -> np.ndarray:
    """Whether W copies of each survivor's share, where the marginal one has none, exceed the sector; spending fixed."""
    o = s.opening
    ratios = np.where(s.active, o.before.cutoff / o.phi, np.nan)
    return np.asarray(s.W * np.nansum(formulas.share_33(ratios, 0.0, s.sigma), axis=0) >= 1.0)


def resources_move_up(s: Sample) -> np.ndarray:
    """Whether the best m firms' shares, of all economies together, never fall, for any m, and rise for some."""
    gain = np.cumsum(s.W * s.opening.new - s.opening.old, axis=0)
    return np.asarray(np.all(gain > -NOTHING, axis=0) & (np.max(gain, axis=0) > NOTHING))


def best_take_over(s: Sample) -> np.ndarray:
    """Whether the best firms of all economies have a larger share together than one had in autarky."""
    return np.asarray(s.W * s.opening.new[0] > s.opening.old[0] + NOTHING)


def weaker_lose_more(s: Sample) -> np.ndarray:
    """Whether the share kept falls with productivity."""
    return falling(np.where(s.stays, s.opening.new / s.opening.old, np.nan))


def weaker_cut_faster(s: Sample) -> np.ndarray:
    """Whether the markup kept falls with productivity, by more than rounding."""
    factor = s.markup_factor()
    return np.asarray(np.all(np.isnan(factor[1:]) | (np.diff(factor, axis=0) < -NOTHING), axis=0))


def profits_fall(s: Sample) -> np.ndarray:
    """Whether every survivor's profit falls."""
    old, new = s.opening.profits()
    return below(np.where(s.stays, new / old, np.nan), 1.0, NOTHING)


def others_profits_fall(s: Sample) -> np.ndarray:
    """Whether every survivor's profit falls but the best firm's."""
    old, new = s.opening.profits()
    return below(np.where(s.stays, new / old, np.nan)[1:], 1.0, NOTHING)


def ranges_short_of_market(s: Sample) -> np.ndarray:
    """Whether every survivor's range grows by less than the market."""
    return below(s.growth(), float(np.log(s.W)), NOTHING)


def best_on_the_rise(s: Sample) -> np.ndarray:
    """Whether the best firm's range, a unit of spending, was larger at its share in autarky than it is now."""
    before, after = (m[0] / (m[0] - 1.0) for m in (s.opening.old_markup, s.opening.new_markup))
    return np.asarray(before * after > s.sigma)


def by_productivities(s: Sample) -> np.ndarray:
    """Whether tau_1 alone, S^ZCP and Psi as in autarky, moves the best firm's share by more than both of these do."""
    o = s.opening
    old, new = o.old[0], o.new[0]
    tau = o.after.cutoff / o.phi[0]
    if s.eta is None:
        alone = formulas.share_33(tau, o.before.cutoff_share, s.sigma)
    else:
        alone = formulas.share_A5(tau, o.before.cutoff_share, s.sigma, s.eta, o.before.sector_share)
    return np.asarray(np.abs(alone - old) > np.abs(new - alone))


def best_range_grows(s: Sample) -> np.ndarray:
    """Whether the best firm's range grows."""
    return np.asarray(s.growth()[0] > NOTHING)


def others_ranges_fall(s: Sample) -> np.ndarray:
    """Whether every other survivor's range falls."""
    return below(s.growth()[1:], 0.0, NOTHING)


def more_varieties(s: Sample) -> np.ndarray:
    """Whether more varieties are on sale."""
    return np.asarray(s.opening.after.total_varieties > s.opening.before.total_varieties * (1.0 + NOTHING))


def index_falls(s: Sample) -> np.ndarray:
    """Whether the price index falls: wage earners gain."""
    return np.asarray(s.opening.after.price_index < s.opening.before.price_index * (1.0 - NOTHING))


def everyone_gains(s: Sample) -> np.ndarray:
    """Whether utility per head rises with profits as income, under (1) or under CES."""
    o = s.opening
    old, new = s.income()
    if s.eta is None:
        return np.asarray(R * np.log(o.before.price_index / o.after.price_index) + new - old > NOTHING)
    one_less = 1.0 - s.eta
    before, after = (np.logaddexp(0.0, one_less * np.log(x.price_index)) / one_less for x in (o.before, o.after))
    return np.asarray(np.log((I + new) / (I + old)) - (after - before) > NOTHING)


def only_best_stay(s: Sample) -> np.ndarray:
    """Whether one firm of each economy is left."""
    return np.asarray(np.count_nonzero(s.stays, axis=0) == 1)


def same_firms(s: Sample) -> np.ndarray:
    """Whether shares and markups stay and ranges grow with the market, in Feenstra and Ma's environment."""
    size: dict[str, Any] = {"R": s.W * R} if s.eta is None else {"I": s.W * I, "eta": s.eta}
    larger = solve_sectors(s.firms, sigma=s.sigma, K_1=K_1, keep_firms=True, **size)
    old = s.opening
    if larger.share is None or larger.share.shape != old.old.shape:
        return np.zeros(len(s.firms), dtype=bool)
    shares = np.max(np.abs(larger.share - old.old), axis=0) < NOTHING
    return shares & (np.abs(larger.total_varieties / old.before.total_varieties / s.W - 1.0) < NOTHING)


def any_dearer(s: Sample) -> np.ndarray:
    """Whether some firm charges more than a less productive one, before or after."""
    dearer = [np.any(np.diff(s.price(new), axis=0) < -NOTHING, axis=0) for new in (False, True)]
    return np.asarray(dearer[0] | dearer[1])
