"""The certificate of a granular equilibrium: firms' first-order conditions, accounts, entry, other equilibria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from phistar.core.model import Residuals, Unknowns
from phistar.models.granular import entry
from phistar.models.granular import equations as eq
from phistar.models.granular.behaviour import Behaviour, behave
from phistar.models.granular.primitives import Primitives
from phistar.numerics.duals import Dual

#: A survivor's share, or an excluded firm's profit over spending, this close to zero is a knife edge.
_EDGE = 1e-5
_MOST_NAMED = 6


def audit(m: Primitives, x: Unknowns, values: Mapping[str, Any]) -> tuple[Residuals, dict[str, Any], list[str]]:
    """Check the answer by other routes than the solver's; see `Model.audit`."""
    with np.errstate(all="ignore"):
        b = behave(m, x)
        if m.is_batch:  # checks and notes speak of one world
            return residuals(m, b), {}, []
        tests = entry.tests(m, b)
        return residuals(m, b), _checks(m, b, tests), _notes(m, b, tests)


def residuals(m: Primitives, b: Behaviour) -> Residuals:
    """State the conditions of the paper that the search does not use, each over its own scale (firm, market)."""
    game, on = m.game, b.active
    epsilon = eq.elasticity(game, b.x, b.share)
    earned = eq.profit(game, b.spending, b.share, epsilon)
    accounts = eq.profit_of_accounts(game, b.price, b.phi, b.quantity, b.varieties)
    by_price, by_scope = first_order(m, b)
    stated = {
        "price_index": eq.log_price_index(game, b.copies, b.varieties, b.price) - b.x,
        "share_of_sales": np.where(on, eq.share_of_sales(game, b.x, b.varieties, b.price) - b.share, 0.0),
        "markup": np.where(on, b.markup * (epsilon - 1.0) / epsilon - 1.0, 0.0),
        "first_order_price": np.where(on, by_price, 0.0),
    }
    if m.scope == "multi":
        stated["first_order_scope"] = by_scope
    if m.scope == "multi" and not m.common:
        stated["scope_condition"] = np.where(on, eq.scope_condition(game, b.price, b.phi, b.quantity, b.markup), 0.0)
        stated["quantity"] = np.where(on, b.quantity / eq.quantity(game, b.phi) - 1.0, 0.0)
        stated["profit"] = np.where(on, (earned - accounts) / b.spending, 0.0)
        stated["no_survivor_loses"] = np.where(on, np.minimum(earned, 0.0) / b.spending, 0.0)
    return stated


def first_order(m: Primitives, b: Behaviour) -> tuple[np.ndarray, np.ndarray]:
    """Differentiate each firm's profit in its own price (or output) and scope, rivals fixed, over its revenue.

    Notes
    -----
    Exactly, on dual numbers, from demand and costs alone: no elasticity or first-order condition is used. With
    q = dln p (Bertrand) or dln y (Cournot) and n = dln N the firm's weight in the index moves by n + (1-sigma) q, or
    n + (sigma-1)/sigma q. Under a common scope its varieties move in all markets and cost K_1 once.
    """
    shape = b.share.shape
    q, n = (Dual(np.zeros(shape), np.stack([one * np.ones(shape), (1 - one) * np.ones(shape)])) for one in (1, 0))
    s, sigma = m.sigma - 1.0, m.sigma
    own = (n - s * q) if m.conduct == "bertrand" else (n + s / sigma * q)
    weight = (1.0 - b.share) + b.share * np.exp(own)
    if m.conduct == "bertrand":
        x = b.x - np.log(weight) / s
        revenue = m.game.upper.spending(x) * b.share * np.exp(own) / weight
        production = revenue / (b.price * b.phi * np.exp(q))
    else:
        # To first order P answers output along the sector's demand, of elasticity theta.
        x = b.x - np.log(weight) * (sigma / s) / m.game.upper.elasticity(b.x)
        revenue = m.game.upper.spending(x) * b.share * np.exp(own) / weight
        production = b.spending * b.share / (b.price * b.phi) * np.exp(n + q)
    scale = b.spending * b.share
    operating = (revenue - production).gradient / np.where(b.active, scale, 1.0)
    if m.scope == "single":
        return operating[0], operating[1]
    if not m.common:
        cost = m.K_1 * b.varieties / np.where(b.active, scale, 1.0)
        return operating[0], np.where(b.active, operating[1] - cost, 0.0)
    gain = np.sum(np.where(b.active, (revenue - production).gradient[1], 0.0), axis=1)
    number, sales = np.max(b.varieties, axis=1), np.sum(scale, axis=1)
    return operating[0], np.where(b.active.any(axis=1), (gain - m.K_1 * number) / np.where(sales > 0, sales, 1.0), 0.0)


def _checks(m: Primitives, b: Behaviour, tests: entry.Tests) -> dict[str, Any]:
    checks = {
        "no_survivor_loses": bool(np.all(tests.losses >= -1e-12)),
        "two_stage_no_entry": not tests.after_adjustment,
    }
    checks["static_no_entry"] = not tests.against_fixed_rivals
    checks["no_other_equilibrium_found"] = not tests.others
    checks["knife_edge"] = _on_edge(b, tests)
    if m.market == "integrated":
        checks["autarky_exits_stay_out"] = not tests.would_return
    return checks


def _on_edge(b: Behaviour, tests: entry.Tests) -> bool:
    smallest = np.min(np.where(b.active, b.share, 1.0))
    return bool(smallest < _EDGE or tests.nearest < _EDGE)


def _notes(m: Primitives, b: Behaviour, tests: entry.Tests) -> list[str]:
    notes = list(m.unused)
    for firms, said in (
        (tests.after_adjustment, "would gain by entering even after all have adjusted"),
        (
            tests.against_fixed_rivals,
            "would gain by entering if rivals stayed as they are, not once they have adjusted",
        ),
        (tests.would_return, "left in autarky but would gain by entering the integrated market"),
    ):
        if firms:
            notes.append(f"firm{'s' * (len(firms) > 1)} {_listed(firms)} {said}")
    for set_ in tests.others[:_MOST_NAMED]:
        notes.append(f"another set in which nobody gains by leaving or by entering against fixed rivals: {set_}")
    if len(tests.others) > _MOST_NAMED:
        notes.append(f"and {len(tests.others) - _MOST_NAMED} more such sets")
    notes += _looked_at(m, tests)
    if _on_edge(b, tests):
        notes.append("a firm is at a knife edge: the last digits of the data decide whether it is active")
    if m.market == "integrated" and float(m.fixed) == 0.0 and np.any((b.copies > 0) & (b.copies < m.W)):
        notes.append("of equal firms some are active and some are not")
    if m.upper == "fixed" and np.any(m.R > m.L):
        notes.append("spending on the sector exceeds wages: the numeraire is bought out of profits, or lower R")
    return notes


def _looked_at(m: Primitives, tests: entry.Tests) -> list[str]:
    """Say how far other equilibria were looked for."""
    told = []
    if tests.searched:
        near = "nearest to zero profit" if m.common else "next to the marginal one of a market"
        some = 0 < tests.free < len(m.home)
        left = f", all that differ in none but the {tests.free} firms {near}; no others" if some else ""
        told.append(f"other equilibria: {tests.searched} sets of active firms looked at{left}")
    if tests.starts:
        once = "; of each other set, from one start" if tests.searched else ""
        told.append(f"other equilibria of the same firms: looked for from {tests.starts} other price indices{once}")
    return told


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
