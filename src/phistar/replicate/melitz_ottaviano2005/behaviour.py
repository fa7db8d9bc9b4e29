"""Claims of sections 2.1 and 2.2, and of trade on producers' totals, seen in consumers and firms one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from phistar.replicate.melitz_ottaviano2005.cases import SAME, Case, Cases
from phistar.replicate.one_by_one import each, groups
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Statement

ANY = ("closed", "closed, other", "two", "two, other", "short two")
#: By how much prices and the number of varieties are moved.
_STEP = 0.02
#: A difference that stands out of rounding.
_RISE = 1e-12


# --- consumers


def _buys(c: Case, mass: np.ndarray, price: np.ndarray) -> tuple[float, float]:
    """Return the price threshold and utility at given varieties and prices: first-order conditions, then (1)."""
    w = c.world
    # sum_v m_v q_v = Q and gamma q_v = alpha - p_v - eta Q are one equation in Q.
    Q = np.sum(mass * (w.alpha - price)) / (w.gamma + w.eta * np.sum(mass))
    q = (w.alpha - price - w.eta * Q) / w.gamma
    total = np.sum(mass * q)
    rest = 1.0 - np.sum(mass * price * q)
    utility = rest + w.alpha * total - 0.5 * w.gamma * np.sum(mass * q * q) - 0.5 * w.eta * total**2
    return w.alpha - w.eta * Q, float(utility)


def _varieties(c: Case) -> tuple[np.ndarray, np.ndarray]:
    """Take the varieties of the first market that stay in demand when prices move a little."""
    mass, columns = c.found.market(0)
    kept = columns["price"] < (1.0 - 3.0 * _STEP) * c.found.P[0]
    return mass[kept], columns["price"][kept]


def _moved(c: Case, how: str) -> tuple[tuple[float, float], tuple[float, float]]:
    mass, price = _varieties(c)
    mean = np.sum(mass * price) / np.sum(mass)
    changed = {
        "cheaper": (mass, price - _STEP * np.min(price)),
        "more": (mass * (1.0 + _STEP), price),
        "spread": (mass, mean + (1.0 + _STEP) * (price - mean)),
    }[how]
    return _buys(c, mass, price), _buys(c, *changed)


def _tougher(c: Case) -> bool:
    """Test that lower prices or more varieties lower the threshold, and so raise the elasticity at a price."""
    return all(after[0] < before[0] for before, after in (_moved(c, "cheaper"), _moved(c, "more")))


def _better(how: str) -> Callable[[Case], bool]:
    def _check(c: Case) -> bool:
        before, after = _moved(c, how)
        return after[1] > before[1] + _RISE

    return _check


def _elasticity(c: Case) -> bool:
    """Compare 1/(p_max/p - 1) with demand's slope by difference, and test that it rises with the price."""
    P, w = c.found.P[0], c.world
    price = np.linspace(0.1, 0.9, 9) * P

    def _demand(p: np.ndarray) -> np.ndarray:
        # The sales at which a variety's price is p: inverse demand is linear, two of its values give it.
        ends = [w.inverse_demand(q, float(c.found.Q[0])) for q in (0.0, 1.0)]
        return np.asarray((p - ends[0]) / (ends[1] - ends[0]))

    h = 1e-3 * P
    slope = (_demand(price + h) - _demand(price - h)) / (2.0 * h)
    found = -slope * price / _demand(price)
    return bool(np.max(np.abs(found * (P / price - 1.0) - 1.0)) < SAME and np.all(np.diff(found) > 0.0))


def _bounded(c: Case) -> bool:
    return bool(np.all(c.world.alpha >= c.found.P))


CONSUMERS = (
    Statement("bounded", "Note that (2) implies p_max ≤ α", "p_max ≤ α in every market", each(_bounded)),
    Statement("elasticity", "the price elasticity of demand, ε = [(p_max/p) − 1]^(-1) ... monotonically increases "
              "with the price", "demand's slope by differences gives it; it rises with p", each(_elasticity)),
    Statement("toughness", "lower average prices p̄ or a larger number of competing varieties N induce a decrease in "
              "the price bound p_max and an increase in the price elasticity of demand",
              "both, at given prices of the others", each(_tougher)),
    Statement("welfare_prices", "Welfare naturally rises with decreases in average prices p̄",
              "all prices down by a constant: U rises", each(_better("cheaper"))),
    Statement("welfare_spread", "It also rises with increases in the variance of prices (holding the mean price "
              "constant)", "prices spread about their mean: U rises", each(_better("spread"))),
    Statement("love_of_variety", "holding the distribution of prices constant, welfare rises with increases in "
              "product variety N", "more varieties at the same prices: U rises", each(_better("more"))),
)  # fmt: skip


# --- firms


def _sorted(c: Case) -> list[dict[str, np.ndarray]]:
    """Return sellers of every pair in order of cost, those with a cost of note."""
    found = []
    for i, row in enumerate(c.found.sellers):
        for s in row:
            # Revenue falls with the square of cost: among the very cheapest its differences are rounding.
            kept = np.flatnonzero((s.weight > 1e-12) & (s.cost > 1e-4 * np.max(s.cost, initial=0.0)))
            if len(kept) > 1 and c.found.N[i] > 0.0:
                apart = kept[np.concatenate([[True], np.diff(s.cost[kept]) > 1e-9 * s.cost[kept][1:]])]
                found.append({"delivered": s.delivered[apart], **{n: v[apart] for n, v in s.columns.items()}})
    return found


def _advantage(c: Case) -> bool:
    """Test that of two firms the one of lower cost has the lower price and the greater sales, revenue and profit."""
    return all(
        bool(np.all(np.diff(s["price"]) > 0.0))
        and all(bool(np.all(np.diff(s[name]) < 0.0)) for name in ("quantity", "revenue", "profit"))
        for s in _sorted(c)
    )


def _incomplete(c: Case) -> bool:
    """Test that prices differ by less than costs, and that absolute and relative markups fall with cost."""
    return all(
        bool(np.all(np.diff(s["price"]) < np.diff(s["delivered"])))
        and bool(np.all(np.diff(s["markup"]) < 0.0))
        and bool(np.all(np.diff(s["markup"] / s["price"]) < 0.0))
        for s in _sorted(c)
    )


FIRMS = (
    Statement("advantage", "lower cost firms set lower prices and earn higher revenues and profits than firms with "
              "higher costs", "firm by firm, in every market", each(_advantage)),
    Statement("pass_through", "lower cost firms do not pass on all of the cost differential ...: they also set higher "
              "markups (in both absolute and relative terms)", "firm by firm, in every market", each(_incomplete)),
)  # fmt: skip


# --- what trade does to producers' totals


def _totals(c: Case, i: int) -> dict[str, np.ndarray]:
    """Add up each producer's output and sales over both markets, on the domestic sellers' costs."""
    s, w = c.found.sellers[i][i], c.world
    j = 1 - i
    abroad = w.best_quantity(j, w.tau[i, j] * s.cost, float(c.found.Q[j]))
    price = w.inverse_demand(abroad / w.L[j], float(c.found.Q[j]))
    return {"weight": s.weight / np.sum(s.weight), "output": s.quantity + abroad,
            "revenue": s.columns["revenue"] + price * abroad}  # fmt: skip


def _alone(c: Case, i: int) -> dict[str, np.ndarray]:
    """Solve the country in autarky by quadrature and return its producers."""
    w = c.world
    closed = type(w)(
        w.alpha, w.gamma, w.eta, w.L[i : i + 1], np.ones((1, 1)), (w.tables[i],), w.f_E[i : i + 1], np.zeros(1)
    )
    (s,) = closed.long_run(c.found.P[i : i + 1] * 1.02).sellers[0]
    return {"weight": s.weight / np.sum(s.weight), "output": s.quantity, "revenue": s.columns["revenue"]}


def _rises(name: str, moment: str) -> Callable[[Case], bool]:
    def _of(s: dict[str, np.ndarray]) -> float:
        mean = float(np.sum(s["weight"] * s[name]))
        return mean if moment == "mean" else float(np.sum(s["weight"] * (s[name] - mean) ** 2))

    return lambda c: all(_of(_totals(c, i)) > _of(_alone(c, i)) for i in range(2))


_SPREAD = "changes in the variance of all performance measures are also identical to the case of increased market size"
#: Footnote 17 and section 3.5, on what each producer makes and sells in all its markets.
TOTALS = (
    Statement("trade_output", "average firm size ... increase",
              "a producer's output, over all its markets, exceeds autarky's", each(_rises("output", "mean")),
              source=READING),
    Statement("trade_spread_output", _SPREAD,
              "the variance of producers' output, over all markets, exceeds autarky's",
              each(_rises("output", "variance")), source=READING),
    Statement("trade_spread_revenue", _SPREAD,
              "the variance of producers' sales, over all markets, exceeds autarky's",
              each(_rises("revenue", "variance")), source=READING),
)  # fmt: skip


def behaviour_section(cases: Cases) -> Section:
    """Judge what consumers and firms do."""
    anyone = groups([case for name in ANY for case in cases[name]])
    traders = groups([*cases["two"], *cases["equal"]])
    claims = (*(s.judged(anyone) for s in (*CONSUMERS, *FIRMS)), *(s.judged(traders) for s in TOTALS))
    note = ("Each world's consumers and firms are those of the quadrature: demand at given prices is a linear system, "
            "firms' sales are the tops of parabolas. Any G, one country or two, long run or short.")  # fmt: skip
    return Section("behaviour", "Sections 2.1 and 2.2: demand, prices, markups", (note,), claims)
