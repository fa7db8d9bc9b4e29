"""Find the equilibrium: three monotone roots, one inside another, for a batch of worlds at once.

Given the relative wage, demand levels solve a convex program: maximise sum_i w_i L_i ln B_i subject to expected profits
of at most the entry cost in each country; masses of entrants are its multipliers. So demand is unique, and a country
without entrants (a corner) is a constraint that does not bind. With g = ln(B_1/B_2)/(sigma - 1):

* `levels` finds for each country how high demand must be for entry to pay, at given g (decreasing in demand);
* `_demand` finds the g at which both countries' levels agree, or, where one would need a negative mass of entrants, the
  g at which the other serves both markets alone;
* `relative_wage` finds the wage at which exports pay for imports, on both sides sums of goods and inputs.

Under closed-form Pareto the first is solved by one step of Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.models.vertical_specialization import closed_form
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.primitives import Primitives
from phistar.numerics.monotone import increasing_root

#: Whether a mode sells in country 1's market (+) or country 2's (-): (country, mode, batch).
_SIDE = np.array([[1.0, 1.0, -1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])[:, :, None]
#: A larger gap of demand between the markets than any root has, as a bound where a market cannot be served.
_FAR = 80.0
#: Newton steps towards agreement of the levels before the bracket between the countries alone is computed.
_TRIED = 12
#: Trade off balance by more, in logs, is no answer; the certificate asks for more.
ACCEPT = 1e-8
#: Countries whose firms sell so nearly the same shares in each market cannot be told apart.
ALIKE = 1e-12
#: How closely levels agree, in logs, where Newton's method has found their crossing.
_AGREED = 1e-12


@dataclass
class Market:
    """What holds at a given relative wage (batch is the last axis).

    Attributes
    ----------
    log_omega : ndarray (batch)
    gap, level : ndarray (batch), (country, batch)
        ln(B_1/B_2)/(sigma - 1), and the mean of ln B/(sigma - 1) at which entry just pays in each country.
    fixed, log_cutoff, f : ndarray (country, mode, batch)
        Fixed costs of the true choice, ln cutoffs, F.
    R : ndarray (country, batch)
        Revenue that clears both goods markets.
    entering : ndarray of bool (country, batch)
        Which country has entrants.
    """

    log_omega: np.ndarray
    gap: np.ndarray
    level: np.ndarray
    fixed: np.ndarray
    log_cutoff: np.ndarray
    f: np.ndarray
    R: np.ndarray
    entering: np.ndarray


class Wage:
    """The worlds of a batch at given relative wages; remembers its last answer as the next start."""

    def __init__(self, m: Primitives, gap: np.ndarray | None = None, level: np.ndarray | None = None) -> None:
        self.m = m
        self.gap = np.zeros(m.points) if gap is None else gap
        self.level = np.zeros((2, m.points)) if level is None else level

    def at(self, log_omega: np.ndarray) -> Market:
        """Solve demand and entry at the relative wages `log_omega` (batch)."""
        m = self.m
        log_w = np.stack([log_omega, np.zeros_like(log_omega)])
        self.log_w, self.fixed = log_w, eq.fixed_costs(m, log_w)
        self.base = eq.log_cutoffs_at_unit_demand(m, log_w, self.fixed)
        income = np.exp(log_w) * m.L
        gap = increasing_root(self._disagreement, self.gap, -_FAR, _FAR, steps=_TRIED)
        entering = np.ones((2, m.points), dtype=bool)
        f = self._at_gap(gap)[1]
        R = goods_markets(f, income)
        agreed = np.abs(self.level[1] - self.level[0]) <= _AGREED * (1.0 + np.abs(self.level[0]))
        short = np.flatnonzero(~(np.all(R > 0.0, axis=0) & agreed))
        if len(short):
            gap[short], entering[:, short] = self._corner(short)
            f = self._at_gap(gap)[1]
            R = np.where(entering.all(axis=0), goods_markets(f, income), np.sum(income, axis=0) * entering)
        self.gap = gap
        level = np.where(entering.all(axis=0), 0.5 * np.sum(self.level, axis=0), np.sum(self.level * entering, axis=0))
        log_cutoff = self._log_cutoff(gap, np.broadcast_to(level, (2, m.points)))
        return Market(log_omega, gap, level, self.fixed, log_cutoff, eq.F(m, self.fixed, log_cutoff), R, entering)

    def _log_cutoff(self, gap: np.ndarray, level: np.ndarray) -> np.ndarray:
        return np.where(self.m.open, self.base - 0.5 * _SIDE * gap - level[:, None], 0.0)

    def _at_gap(self, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the levels at which entry just pays in each country, and F there."""
        m, order = self.m, self.m.sigma - 1.0

        def entry(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            cutoff = self._log_cutoff(gap, level)
            profit = eq.expected_profit(m, self.fixed, cutoff)
            return np.log(profit / m.f_E), order * np.sum(eq.F(m, self.fixed, cutoff), axis=1) / profit

        self.level = increasing_root(entry, self.level)
        return self.level, eq.F(m, self.fixed, self._log_cutoff(gap, self.level))

    def _disagreement(self, gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute country 2's level less country 1's, and its slope: home sales' shares less one."""
        level, f = self._at_gap(gap)
        return level[1] - level[0], np.sum(eq.home_share(f), axis=0) - 1.0

    def _corner(self, short: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve the points at which both cannot have entrants: the gaps, and who enters."""
        part = Wage(self.m.take(short), self.gap[short], self.level[:, short])
        part.log_w, part.fixed, part.base = self.log_w[:, short], self.fixed[..., short], self.base[..., short]
        alone = [part._alone(country) for country in (0, 1)]
        apart = np.array([part._disagreement(gap)[0] for gap in alone])
        # Where only country 1 enters, country 2 needs a higher level than it; and the other way round.
        one, two = apart[0] >= 0.0, apart[1] <= 0.0
        low, high = np.minimum(*alone), np.maximum(*alone)
        rising = np.where(apart[0] > apart[1], np.sign(alone[0] - alone[1]), np.sign(alone[1] - alone[0]))
        middle = np.clip(part.gap, low, high)
        both = increasing_root(lambda g: part._signed(g, rising), middle, low, high)
        gap = np.where(one, alone[0], np.where(two, alone[1], both))
        return gap, np.stack([one | ~two, two & ~one | ~one & ~two])

    def _signed(self, gap: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = self._disagreement(gap)
        return sign * value, sign * slope

    def _alone(self, country: int) -> np.ndarray:
        """Find the gap at which the firms of one country sell in each market what is spent there."""
        m = self.m
        income = np.exp(self.log_w) * m.L
        wanted = np.log(income[0] / income[1])

        def sales(gap: np.ndarray) -> tuple[np.ndarray, None]:
            f = self._at_gap(gap)[1][country]
            home, abroad = np.log(f[0] + f[1]), np.log(f[2] + f[3])
            return (home - abroad if country == 0 else abroad - home) - wanted, None

        away = np.full(m.points, -_FAR if country == 0 else _FAR)
        return np.where(m.exports[country], increasing_root(sales, self.gap), away)


def goods_markets(f: np.ndarray, income: np.ndarray) -> np.ndarray:
    """Solve (3) for revenues given shares of sales and labour incomes (country, batch)."""
    home, abroad = eq.home_share(f), eq.export_share(f)
    # home_1 home_2 - abroad_1 abroad_2, without cancellation where little is exported
    determinant = home[0] - abroad[1]
    return (eq.other(home) * income - eq.other(abroad * income)) / determinant


def log_trade_balance(m: Primitives, market: Market) -> np.ndarray:
    """Compute ln of country 1's exports over its imports, goods and inputs (batch)."""
    goods = eq.export_share(market.f) * market.R
    inputs = m.rho * eq.import_share(market.f) * market.R
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(goods[0] + inputs[1]) - np.log(goods[1] + inputs[0])


def solve(m: Primitives, start: np.ndarray | None = None) -> Market:
    """Find the relative wage at which trade balances, and all that holds there, for a batch."""
    found = closed_form.guess(m) if start is None else None
    wage = Wage(m)
    if found is not None:
        known = np.isfinite(found.log_omega + found.gap + found.level)
        start = np.where(known, found.log_omega, 0.0)
        wage.gap, wage.level = np.where(known, found.gap, 0.0), np.where(known, found.level, np.zeros((2, m.points)))

    def deficit(log_omega: np.ndarray) -> tuple[np.ndarray, None]:
        return -log_trade_balance(m, wage.at(log_omega)), None

    return wage.at(increasing_root(deficit, np.zeros(m.points) if start is None else start))


def blocked(m: Primitives) -> np.ndarray:
    """Say of each world of a batch why it can have no equilibrium, "" where it can."""
    sells = m.exports | eq.other(m.imports)  # goods, or inputs that the other country's firms buy
    finite = [family.moment_gap(m.sigma - 1.0) > 0.0 for family in m.families]
    reasons = np.full(m.points, "", dtype=object)
    reasons[np.broadcast_to(~np.any(sells, axis=0), m.points)] = CLOSED
    for i in (0, 1):
        lonely = np.broadcast_to(~sells[i] & sells[1 - i], m.points)
        reasons[lonely] = f"trade cannot balance, since {m.countries[i]} can sell nothing abroad: lower {_ways(m, i)}"
    reasons[~np.broadcast_to(np.all(finite, axis=0), m.points)] = INFINITE
    return reasons


CLOSED = "nothing crosses the border, so that the relative wage is not determined: make some tau_X or tau_M finite"
INFINITE = "sales are infinite, since a productivity tail is too thick: k must exceed sigma - 1"
NO_TRADE = "nobody trades at any relative wage: lower tau_X, tau_M or the fixed costs of trade"
ATOM = (
    "no equilibrium without mixing, since all firms of one productivity switch modes at once: "
    "take a distribution without atoms"
)
LOST = "no equilibrium found, since the search ended with trade off balance: move the parameters from their extremes"
SUBSTITUTES = (
    "masses of entrants are not determined, since firms of both countries serve markets alike: raise tau_X or f_X"
)


def _ways(m: Primitives, i: int) -> str:
    return f"tau_X[{i}] or tau_M[{1 - i}]"


def judge(m: Primitives, found: Market) -> np.ndarray:
    """Say of each answer of a batch why it is none, "" where it is one."""
    balance = log_trade_balance(m, found)
    reasons = np.full(m.points, "", dtype=object)
    atoms = any(family.family == "empirical" for family in m.families)
    reasons[~(np.abs(balance) <= ACCEPT)] = ATOM if atoms else LOST
    untraded = np.sum(eq.export_share(found.f) + eq.import_share(found.f), axis=0) == 0.0
    reasons[np.isnan(balance) & (untraded | np.isnan(found.log_omega))] = NO_TRADE
    alike = np.abs(np.sum(eq.home_share(found.f), axis=0) - 1.0) <= ALIKE
    reasons[alike & found.entering.all(axis=0)] = SUBSTITUTES
    return reasons
