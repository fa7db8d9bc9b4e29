"""Exact hats of an interior Pareto world: from observed bilateral flows to a changed world, in two linear systems.

Of the baseline they need no trade cost, entry cost, market size or technology: flows hold them all. What flows do not
hold is the Pareto shape k, and how far each market's price threshold lies below the demand intercept, P_j/alpha; the
second follows from spending per head where alpha, eta and L are known. A hat is new over old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.certificate import Certificate
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError, NoEquilibrium, unknown_key
from phistar.models.melitz_ottaviano.observed import CHANGES, OBSERVED, Array, Change, Observed

REMEDY = "make the change smaller, or solve the world in levels, where corners are part of the model"

_HAT = "new over old"
VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("price_threshold_hat", COUNTRY, _HAT, "p_max", "price threshold, and with it mean prices and markups"),
        ("mass_entrants_hat", COUNTRY, _HAT, "N_E", "entrants"),
        ("variety_hat", COUNTRY, _HAT, "N", "varieties on sale"),
        ("expenditure_hat", COUNTRY, _HAT, "", "spending on the differentiated good"),
        ("consumer_surplus_hat", COUNTRY, _HAT, "CS", "consumer surplus per head"),
        ("welfare_hat", COUNTRY, _HAT, "U", "utility per head: a wage of 1 and consumer surplus; needs L"),
        ("equivalent_variation", COUNTRY, "unit of flows", "", "change of surplus per head times the heads there were"),
        ("price_threshold_share", COUNTRY, "1", "p_max/alpha", "price threshold over the demand intercept, before"),
        ("consumer_surplus_total", COUNTRY, "unit of flows", "", "consumer surplus of all heads, before"),
        ("cutoff_hat", PAIR, _HAT, "c_D, c_X", "cost cutoff"),
        ("mass_sellers_hat", PAIR, _HAT, "N_ij", "firms of the origin that sell in the destination"),
        ("trade_flow", PAIR, "unit of flows", "X", "value of sales, before"),
        ("trade_flow_cf", PAIR, "unit of flows", "X", "value of sales, after"),
        ("trade_share", PAIR, "1", "lambda", "share of the destination's spending, before"),
        ("trade_share_cf", PAIR, "1", "lambda", "share of the destination's spending, after"),
    )
)


# The equations in hats, in the paper's order


def threshold_hat(world: Observed, change: Change) -> Array:
    """Solve free entry for the hats of price thresholds, (B.1) in changes (destination).

    Notes
    -----
    sum_j sold_ij tau^_ij^-k x^_j = f_E^_i c_M^_i^k with x^ = L^ P^^(k+2).
    """
    k = world.k
    try:
        x = np.linalg.solve(world.sold * change.tau**-k, change.f_E * change.c_M**k)
    except np.linalg.LinAlgError:
        raise NoEquilibrium("countries are perfect substitutes as places of entry: thresholds are not determined",
                            "raise trade costs") from None  # fmt: skip
    if not (x > 0.0).all():
        where = world.countries[int(np.argmin(x))]
        raise NoEquilibrium(f"the change leaves the interior: no price threshold of {where} lets everyone break even, "
                            "so some country stops entering", REMEDY)  # fmt: skip
    return np.asarray((x / change.L) ** (1.0 / (k + 2.0)))


def room_hat(world: Observed, threshold: Array) -> Array:
    """Compute the hat of alpha - P, what the threshold leaves to be wanted (destination)."""
    room = (1.0 - world.threshold * threshold) / (1.0 - world.threshold)
    if not (room > 0.0).all():
        where = world.countries[int(np.argmin(room))]
        raise NoEquilibrium(f"the change leaves the interior: the price threshold of {where} reaches alpha, and "
                            "nothing is bought there", REMEDY)  # fmt: skip
    return np.asarray(room)


def entrants_hat(world: Observed, change: Change, threshold: Array, room: Array) -> Array:
    """Solve demand for the hats of entrants, (B.2) in changes (origin).

    Notes
    -----
    sum_i bought_ij tau^_ij^-k c_M^_i^-k N^_i = (alpha - P)^_j / P^_j^(k+1).
    """
    k = world.k
    weight = world.bought * (change.tau * change.c_M[:, None]) ** -k
    entrants = np.linalg.solve(weight.T, room / threshold ** (k + 1.0))
    if not (entrants > 0.0).all():
        where = world.countries[int(np.argmin(entrants))]
        raise NoEquilibrium(f"the change leaves the interior: nobody enters in {where} any more", REMEDY)
    return np.asarray(entrants)


def flow_hat(world: Observed, change: Change, threshold: Array, entrants: Array) -> Array:
    """Compute the hats of trade flows, (C.1) in changes (origin, destination)."""
    market = change.L * threshold ** (world.k + 2.0)
    return np.asarray((entrants * change.c_M**-world.k)[:, None] * market * change.tau**-world.k)


def surplus_hat(world: Observed, threshold: Array, room: Array) -> Array:
    """Compute the hats of consumer surplus per head, (17) and (25) in changes (destination)."""
    k, P = world.k, world.threshold
    return np.asarray(room * (1.0 - (k + 1.0) / (k + 2.0) * P * threshold) / (1.0 - (k + 1.0) / (k + 2.0) * P))


def trade_cost(world: Observed) -> Array:
    """Compute the mean trade cost between two countries as their flows imply it, from (C.1) (origin, destination).

    Notes
    -----
    sqrt(tau_ij tau_ji / (tau_ii tau_jj)) = (X_ij X_ji / (X_ii X_jj))^(-1/(2k)): over what trade at home costs.
    """
    flows, own = world.flows, np.diagonal(world.flows)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((flows * flows.T / (own[:, None] * own)) ** (-0.5 / world.k))


def solve_hats(
    flows: Any, observed: Mapping[str, Any], changes: Mapping[str, Any], countries: Sequence[str] = ()
) -> Equilibrium:
    """Solve for the changed world and certify it.

    Parameters
    ----------
    flows : array_like (origin, destination)
        Sales, home included, in the numeraire.
    observed : mapping
        What else is known: see `Observed`.
    changes : mapping
        Hats of tau, L, f_E, c_M: see `Change`.
    countries : sequence of str, optional

    Returns
    -------
    Equilibrium
        Of the variables `VARIABLES`, hats and levels.

    Raises
    ------
    InputError
        When something is unknown, missing or out of bounds.
    NoEquilibrium
        When the changed world is not interior, naming where.
    """
    for given, known, what in ((observed, OBSERVED, "observation"), (changes, CHANGES, "change")):
        for key in given:
            if key not in known:
                raise unknown_key(str(key), known, what)
    if "k" not in observed:
        raise InputError("k", "is missing: the Pareto shape, as gravity estimates it")
    world = Observed(flows, countries=tuple(countries), **observed)
    change = Change(**changes).fitted(len(world.flows))
    P = threshold_hat(world, change)
    room = room_hat(world, P)
    N = entrants_hat(world, change, P, room)
    values = _values(world, change, P, room, N)
    certificate = Certificate(_audit(world, change, values), *_checks(world, change, values))
    if not certificate.certified:
        raise NoEquilibrium(
            f"no certified answer: {certificate.worst} is off by {certificate.max_residual:.1e}", REMEDY
        )
    reported = tuple(v for v in VARIABLES if v.name in values)
    return Equilibrium(world, {"price_threshold_hat": P, "mass_entrants_hat": N}, values, reported, certificate)


def _values(world: Observed, change: Change, P: Array, room: Array, N: Array) -> dict[str, Array]:
    flows = world.flows * flow_hat(world, change, P, N)
    cutoff = P[None, :] / change.tau
    surplus = surplus_hat(world, P, room)
    values = {
        "price_threshold_hat": P,
        "mass_entrants_hat": N,
        "variety_hat": room / P,
        "expenditure_hat": flows.sum(axis=0) / world.spending,
        "consumer_surplus_hat": surplus,
        "equivalent_variation": world.surplus * (surplus - 1.0),
        "price_threshold_share": world.threshold,
        "consumer_surplus_total": world.surplus,
        "cutoff_hat": cutoff,
        "mass_sellers_hat": N[:, None] * (cutoff / change.c_M[:, None]) ** world.k,
        "trade_flow": world.flows,
        "trade_flow_cf": flows,
        "trade_share": world.bought,
        "trade_share_cf": flows / flows.sum(axis=0),
    }
    if world.L is not None:
        head = world.surplus / world.L
        values["welfare_hat"] = (1.0 + head * surplus) / (1.0 + head)
    return values


def _audit(world: Observed, change: Change, values: Mapping[str, Array]) -> dict[str, float]:
    """State what flows after the change must satisfy, apart from the two systems solved."""
    P, N, flows = values["price_threshold_hat"], values["mass_entrants_hat"], values["trade_flow_cf"]
    room = (1.0 - world.threshold * P) / (1.0 - world.threshold)
    revenue = flows.sum(axis=1) / world.flows.sum(axis=1)
    found = {
        # An entrant's expected revenue is k + 1 times its entry cost.
        "free_entry": revenue / (N * change.f_E) - 1.0,
        # Spending per head is proportional to P (alpha - P).
        "market": values["expenditure_hat"] / (change.L * P * room) - 1.0,
    }
    return {name: float(np.max(np.abs(gap))) for name, gap in found.items()}


def _checks(world: Observed, change: Change, values: Mapping[str, Array]) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Check what the interior asks beyond positive entry, as far as it is known."""
    notes = _costs_below_one(world, change)
    checks = {"tau_at_least_one": not notes}
    if world.selling is None:
        notes.append("whether every cutoff stays within the support is not checked: give selling, the share of draws")
    else:
        share = world.selling * (values["cutoff_hat"] / change.c_M[:, None]) ** world.k
        if (share > 1.0).any():
            i, j = (int(n) for n in np.unravel_index(np.argmax(share), share.shape))
            raise NoEquilibrium(f"the change leaves the interior: every draw of {world.countries[i]} would sell in "
                                f"{world.countries[j]}, its cutoff beyond the support", REMEDY)  # fmt: skip
        checks["support_binds"] = False
    if world.L is None:
        notes.append("whether the numeraire is made and consumed everywhere is not checked: give L")
    else:
        labour, flows = world.L * change.L, values["trade_flow_cf"]
        checks["numeraire_produced"] = bool((flows.sum(axis=1) < labour).all())
        checks["numeraire_consumed"] = bool((flows.sum(axis=0) < labour).all())
        if not all(checks[name] for name in ("numeraire_produced", "numeraire_consumed")):
            notes.append("the numeraire is not made or not consumed somewhere: wage 1 is not an equilibrium there")
    return checks, tuple(notes)


def _costs_below_one(world: Observed, change: Change) -> list[str]:
    """Name the pair whose trade cost the change brings below 1 by most, home trade being free before."""
    before = trade_cost(world)
    after = before * np.sqrt(change.tau * change.tau.T)
    # Flows that already cost less than those at home say that these are not free; they stay unjudged.
    rounding = 1e-12  # of roots
    low = after < np.minimum(before, 1.0) * (1.0 - rounding)
    if not low.any():
        return []
    # Of pairs that fall as far the first, whatever rounding says.
    i, j = (int(n) for n in np.argwhere(low & (after <= np.min(after[low]) * (1.0 + rounding)))[0])
    a, b = world.countries[i], world.countries[j]
    told = f"tau within {a} falls" if i == j else f"mean tau between {a} and {b} falls"
    others = int(np.triu(low).sum()) - 1
    more = f", and so for {others} other pair{'s' if others > 1 else ''}" if others else ""
    return [f"{told} from {before[i, j]:.4g} to {after[i, j]:.4g}{more}, if trade at home costs nothing: below 1, "
            "which no world in levels allows"]  # fmt: skip
