"""Where nobody trades: each country as if it were closed, at any relative wage of a stretch that has a closed form.

Where supports are bounded, or borders closed, there may be wages at which not even the most productive firms export or
import. All real outcomes are then those of closed economies, and trade balances at each of these wages: 0 = 0. Above
the stretch country 1 only imports, below it only exports. Which wage is reported is a rule, see `chosen`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.jumps import EXACT
from phistar.models.vertical_specialization.market import Market
from phistar.models.vertical_specialization.place import Place
from phistar.models.vertical_specialization.primitives import Primitives
from phistar.numerics.monotone import increasing_root


def chosen(m: Primitives) -> np.ndarray:
    """Choose ln of the relative wage where nobody trades, not a number where somebody must (batch).

    Notes
    -----
    The midpoint of the stretch, in logs. Where the stretch has one end, one, or half or twice the end's wage where one
    is not that far inside; where it has none, one.
    """
    low, high = stretch(m)
    with np.errstate(invalid="ignore"):
        bounded = np.isfinite(high - low)
        inside = np.clip(0.0, low + np.log(2.0), high - np.log(2.0))
        return np.where(high - low > EXACT, np.where(bounded, 0.5 * (low + high), inside), np.nan)


def market(m: Primitives, log_omega: np.ndarray) -> Market:
    """Compute all that holds where nobody trades at the relative wages `log_omega` (batch)."""
    place = Place.of(m, log_omega)
    return place.market(place.unit[:, 0] - log_cutoff(m), np.ones((2, m.points), dtype=bool))


def stretch(m: Primitives) -> tuple[np.ndarray, np.ndarray]:
    """Find ln of the lowest and highest relative wage at which nobody trades; somebody must where they cross (batch).

    Notes
    -----
    A country's firms export below a wage of their own and import above another one, both over the other country's.
    """
    upper = np.broadcast_to(m.productivity.log_upper, (2, 1, m.points))[:, 0]
    # of an unbounded support some firms trade at any wage
    if not np.any(np.all(np.isfinite(upper) | ~(m.exports | m.imports), axis=0)):
        none = np.full(m.points, np.inf)
        return none, -none
    with np.errstate(all="ignore"):
        cutoff = log_cutoff(m)
        exporting = np.where(m.exports, exports_below(m, cutoff, upper), -np.inf)
        importing = np.where(m.imports, imports_above(m, cutoff, upper), np.inf)
    # country 2's wages are over country 1's
    return np.maximum(exporting[0], -importing[1]), np.minimum(importing[0], -exporting[1])


def log_cutoff(m: Primitives) -> np.ndarray:
    """Find ln phi_D where each country is alone: f_D J(phi_D) = f_E (country, batch)."""
    shut = np.full_like(np.asarray(m.tau_X, dtype=float), np.inf)
    place = Place.of(replace(m, tau_X=shut, tau_M=shut), np.zeros(m.points))
    start = place.level_at_median(np.zeros((2, m.points)))
    return place.unit[:, 0] - increasing_root(lambda demand: place.entry(demand, demand)[:2], start)


def imports_above(m: Primitives, cutoff: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Compute ln of the relative wage above which the best firms import for home sales, phi_DM in (1) (country, batch).

    Notes
    -----
    B_i is what makes phi_D that of a closed economy.
    """
    return np.asarray(cutoff - upper + np.log(m.finite_tau_M) + np.log(m.f_DM / m.f_D) / (m.sigma - 1.0))


def exports_below(m: Primitives, cutoff: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Find ln of the relative wage below which the best firms export, with imported inputs or not (country, batch)."""
    s = m.sigma - 1.0
    # what productivity there is beyond the other country's own sellers, net of the cost of the way
    spare = s * (upper - eq.other(cutoff) - np.log(m.finite_tau_X))
    plain = (spare - np.log(m.f_X / eq.other(m.f_D))) / m.sigma

    def joint(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute ln of costs over earnings of the best that import for exports, and its slope (country, batch)."""
        cheaper = s * (x - np.log(m.finite_tau_M))
        value = m.sigma * x - np.logaddexp(0.0, cheaper) + np.log((m.f_X + m.f_XM) / eq.other(m.f_D)) - spare
        return value, m.sigma - s / (1.0 + np.exp(-cheaper))

    return np.where(m.imports, np.fmax(plain, increasing_root(joint, plain)), plain)
