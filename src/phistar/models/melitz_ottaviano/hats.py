"""Exact hats of an interior Pareto world: from observed bilateral flows to a changed world, in two linear systems.

Of the baseline they need no trade cost, entry cost, market size or technology: flows hold them all. What flows do not
hold is the Pareto shape k, and how far each market's price threshold lies below the demand intercept, P_j/alpha; the
second follows from spending a head where alpha, eta and L are known. A hat is new over old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from phistar.core.axes import COUNTRY, PAIR, Variable
from phistar.core.certificate import Certificate
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError, NoEquilibrium, unknown_key

Array = np.ndarray

OBSERVED = ("k", "threshold", "alpha", "eta", "L", "side", "selling")
CHANGES = ("tau", "L", "f_E", "c_M")
REMEDY = "make the change smaller, or solve the world in levels, where corners are part of the model"

_HAT = "new over old"
VARIABLES = tuple(
    Variable(*row)
    for row in (
        ("price_threshold_hat", COUNTRY, _HAT, "p_max", "price threshold, and with it mean prices and markups"),
        ("mass_entrants_hat", COUNTRY, _HAT, "N_E", "entrants"),
        ("variety_hat", COUNTRY, _HAT, "N", "varieties on sale"),
        ("expenditure_hat", COUNTRY, _HAT, "", "spending on the differentiated good"),
        ("consumer_surplus_hat", COUNTRY, _HAT, "CS", "consumer surplus a head"),
        ("welfare_hat", COUNTRY, _HAT, "U", "utility a head: a wage of 1 and consumer surplus; needs L"),
        ("equivalent_variation", COUNTRY, "unit of flows", "", "change of surplus a head times the heads there were"),
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


@dataclass(frozen=True)
class Observed:
    """An interior Pareto world as seen from its trade.

    Attributes
    ----------
    flows : ndarray (origin, destination)
        Sales, home included, in the numeraire (labour).
    k : float
        Pareto shape of costs, which is the elasticity of flows to trade costs.
    threshold : ndarray (country,), optional
        Price threshold over alpha, between 0 and 1.
    alpha, eta : float, optional
        Demand, to find the threshold from spending a head where it is not given.
    L : ndarray (country,), optional
        Consumers, each with a unit of labour.
    side : str
        Which of the two thresholds with the same spending a head: ``below`` alpha/2 (tough competition) or ``above``.
    selling : ndarray (origin, destination), optional
        Share of draws that sell, to see whether cutoffs stay within the support.
    countries : tuple of str, optional
    """

    name: ClassVar[str] = "melitz_ottaviano"
    title: ClassVar[str] = "exact hats from observed flows"

    flows: Array
    k: float
    threshold: Any = None
    alpha: float | None = None
    eta: float | None = None
    L: Any = None
    side: str = "below"
    selling: Any = None
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        flows = np.asarray(self.flows, dtype=float)
        n = len(flows)
        if flows.shape != (n, n) or not np.isfinite(flows).all() or (flows < 0).any():
            raise InputError("flows", "must be a square matrix of finite numbers, at least 0")
        if not ((flows.sum(axis=0) > 0).all() and (flows.sum(axis=1) > 0).all()):
            raise InputError("flows", "must have sales from and to every country: without them nobody enters there")
        _positive("k", self.k)
        fitted: dict[str, Any] = {"flows": flows, "countries": self.countries or tuple(f"C{i + 1}" for i in range(n))}
        if self.L is not None:
            fitted["L"] = _numbers("L", self.L, (n,))
        if self.selling is not None:
            fitted["selling"] = _numbers("selling", self.selling, (n, n), zero=True)
        for name, value in fitted.items():
            object.__setattr__(self, name, value)
        share = self._threshold() if self.threshold is None else _numbers("threshold", self.threshold, (n,))
        if not (share < 1.0).all():
            raise InputError("threshold", "must lie between 0 and 1: the price threshold over alpha", self.threshold)
        object.__setattr__(self, "threshold", share)

    def _threshold(self) -> Array:
        """Find P/alpha from spending a head, E/L = (k+1)/((k+2) eta) P (alpha - P)."""
        if self.alpha is None or self.eta is None or self.L is None:
            raise InputError("threshold", "is missing: flows do not tell how far prices lie below what is worth paying",
                             remedy="give threshold (P/alpha a country), or alpha, eta and L")  # fmt: skip
        alpha, eta = _positive("alpha", self.alpha), _positive("eta", self.eta)
        if self.side not in ("below", "above"):
            raise InputError("side", 'must be one of "below", "above": of alpha/2', self.side)
        product = (self.k + 2.0) / (self.k + 1.0) * eta * self.spending / self.L / alpha**2
        if (product > 0.25).any():
            worst = self.countries[int(np.argmax(product))]
            raise InputError("flows", f"show more spending a head in {worst} than demand allows at any price",
                             remedy="raise alpha, lower eta, or check the units of L")  # fmt: skip
        root = np.sqrt(1.0 - 4.0 * product)
        # The small root without cancellation.
        return np.asarray(2.0 * product / (1.0 + root) if self.side == "below" else 0.5 * (1.0 + root))

    def as_parameters(self) -> dict[str, Any]:
        """Return what is known of the world."""
        known = {name: getattr(self, name) for name in OBSERVED if getattr(self, name) is not None}
        return {"flows": self.flows, **known}

    @cached_property
    def spending(self) -> Array:
        """Spending on the differentiated good (destination)."""
        return self.flows.sum(axis=0)

    @cached_property
    def sold(self) -> Array:
        """Where each origin's revenue comes from (origin, destination)."""
        return self.flows / self.flows.sum(axis=1)[:, None]

    @cached_property
    def bought(self) -> Array:
        """What each destination's spending goes to (origin, destination)."""
        return self.flows / self.spending[None, :]

    @cached_property
    def surplus(self) -> Array:
        """Consumer surplus of all heads, in the unit of flows (destination)."""
        k = self.k
        return self.spending * ((k + 2.0) / (2.0 * (k + 1.0)) / self.threshold - 0.5)


@dataclass(frozen=True)
class Change:
    """Hats of what changes; a number stands for every entry, of tau for every foreign pair."""

    tau: Any = 1.0
    L: Any = 1.0
    f_E: Any = 1.0
    c_M: Any = 1.0

    def fitted(self, n: int) -> Change:
        """Return the change with full arrays for n countries."""
        tau = _numbers("tau", self.tau, (n, n))
        if np.ndim(self.tau) == 0:
            np.fill_diagonal(tau, 1.0)
        return Change(tau, *(_numbers(name, getattr(self, name), (n,)) for name in ("L", "f_E", "c_M")))


def _positive(key: str, value: Any) -> float:
    return float(_numbers(key, value, ()))


def _numbers(key: str, value: Any, shape: tuple[int, ...], zero: bool = False) -> Array:
    """Read positive finite numbers of a shape; a single one stands for all."""
    try:
        given = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(key, "must be numbers", value) from None
    if given.ndim and given.shape != shape:
        want = " x ".join(map(str, shape)) or "one number"
        raise InputError(key, f"has shape {' x '.join(map(str, given.shape))} where {want} is needed")
    if not (np.isfinite(given) & ((given >= 0) if zero else (given > 0))).all():
        raise InputError(key, "must be finite and " + ("at least 0" if zero else "greater than 0"), value)
    return np.array(np.broadcast_to(given, shape))


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
    """Compute the hats of consumer surplus a head, (17) and (25) in changes (destination)."""
    k, P = world.k, world.threshold
    return np.asarray(room * (1.0 - (k + 1.0) / (k + 2.0) * P * threshold) / (1.0 - (k + 1.0) / (k + 2.0) * P))


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
        # Spending a head is proportional to P (alpha - P).
        "market": values["expenditure_hat"] / (change.L * P * room) - 1.0,
    }
    return {name: float(np.max(np.abs(gap))) for name, gap in found.items()}


def _checks(world: Observed, change: Change, values: Mapping[str, Array]) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Check what the interior asks beyond positive entry, as far as it is known."""
    checks, notes = {}, []
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
