"""Entry: who would gain by coming in, before and after rivals adjust, and which other sets of firms could stand."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from phistar.models.granular import common, common_sets, kernel, replies, solver, survival
from phistar.models.granular.behaviour import Behaviour
from phistar.models.granular.game import Game
from phistar.models.granular.primitives import Primitives

#: Sets of active firms looked at for other equilibria in one market.
MOST_SETS = 512
#: Excluded firms tested one by one; those less productive gain less.
_MOST_TESTED = 16


@dataclass
class Tests:
    """What entry tests found; firms by name.

    Attributes
    ----------
    losses : ndarray
        Profits of active firms over spending.
    after_adjustment, against_fixed_rivals, would_return : list of str
        Firms that would gain by entering: once all have adjusted (two stages), against rivals that stay as they are
        (one stage); and firms that left in autarky yet would gain in the integrated market, against fixed rivals.
    others : list of str
        Other sets of active firms in which nobody gains by leaving or by entering against fixed rivals.
    searched, free : int
        Sets looked at; in how many firms of a market they differ, where not in all.
    starts : int
        Other price indices that a search for the same firms was started from.
    nearest : float
        Distance from zero, over spending, of the profit closest to it that decides over entry.
    """

    losses: np.ndarray
    after_adjustment: list[str] = field(default_factory=list)
    against_fixed_rivals: list[str] = field(default_factory=list)
    would_return: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    searched: int = 0
    free: int = 0
    starts: int = 0
    nearest: float = np.inf


def tests(m: Primitives, b: Behaviour) -> Tests:
    """Test every market of an equilibrium for entry, and for other equilibria where there is a fixed cost."""
    if m.common:
        return _common(m, b)
    entrants = np.full(len(m.home), m.economies if m.market == "integrated" else 1)
    if m.market == "integrated":
        entrants = entrants * solver.autarky_copies(m)
    found = Tests(_losses(m, b))
    if float(m.fixed) > 0.0:
        found.nearest = float(np.min(found.losses))
    for j in range(b.copies.shape[1]):
        game = kernel.of_sectors(m.game, [j])
        phi, copies, x = m.delivered[:, j], b.copies[:, j], b.x[j : j + 1]
        where = "" if b.copies.shape[1] == 1 else f" in {m.countries[j]}"
        outside = np.flatnonzero((copies < entrants) & (phi > 0.0))
        found.against_fixed_rivals += _named(m, _gain_at_once(game, phi, x, outside), where)
        _two_stage(m, game, phi, copies, outside, found, where)
        if m.market == "integrated":
            gone = np.flatnonzero(entrants == 0)
            found.would_return += _named(m, _gain_at_once(game, phi, x, gone), where)
        if float(game.fixed) > 0.0:
            _other_sets(m, game, phi, entrants * (phi > 0.0), copies, found, where)
    return found


def _losses(m: Primitives, b: Behaviour) -> np.ndarray:
    from phistar.models.granular.outcomes import of_firms

    profit = of_firms(m, b)["profit"] / b.spending
    return np.asarray(profit[b.active])


def _named(m: Primitives, rows: np.ndarray, where: str) -> list[str]:
    return [m.firm_names[i] + where for i in rows]


def _gain_at_once(game: Game, phi: np.ndarray, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the firms, of those listed, that would gain by entering against rivals that stay as they are."""
    able = kernel.ability(game, phi[rows])[:, None]
    share, _ = kernel.shares_at(game, able, x)
    maybe = share[:, 0] > 0.0  # without a share at the present P there is none after its own entry either
    if not maybe.any():
        return rows[:0]
    _, profit, _ = replies.best_reply(game, able[maybe], x, np.zeros((int(maybe.sum()), 1)))
    return np.asarray(rows[maybe][profit[:, 0] > kernel.tolerance(game, x)])


def _two_stage(
    m: Primitives, game: Game, phi: np.ndarray, copies: np.ndarray, outside: np.ndarray, found: Tests, where: str
) -> None:
    """Let each excluded firm in, one at a time, and let all adjust: nobody should gain."""
    best = outside[np.argsort(-phi[outside], kind="stable")][:_MOST_TESTED]
    if not len(best):
        return
    sets = np.repeat(copies[:, None], len(best), axis=1)
    sets[best, np.arange(len(best))] += 1
    x, profit = _profits_of_sets(game, phi, sets)
    own = profit[best, np.arange(len(best))] / game.upper.spending(x)
    found.after_adjustment += _named(m, best[own > 1e-12], where)
    if float(game.fixed) > 0.0:
        found.nearest = min(found.nearest, float(np.min(np.abs(own))))


def _profits_of_sets(game: Game, phi: np.ndarray, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve for many sets of active firms (firm, set) of one market: ln P (set) and profits (firm, set)."""
    many = _widened(game, sets.shape[1])
    rows = np.repeat(np.arange(len(phi)), np.max(sets, axis=1))
    number = np.concatenate([np.arange(k) for k in np.max(sets, axis=1)])
    there = np.where(number[:, None] < sets[rows], phi[rows][:, None], 0.0)
    x = kernel.price_level(many, kernel.ability(many, -np.sort(-there, axis=0)))
    able = kernel.ability(many, np.repeat(phi[:, None], sets.shape[1], axis=1))
    return x, kernel.profits_at(many, able, x)


def _widened(game: Game, count: int) -> Game:
    return kernel.of_sectors(game, np.zeros(count, dtype=int))


def _other_sets(
    m: Primitives, game: Game, phi: np.ndarray, entrants: np.ndarray, copies: np.ndarray, found: Tests, where: str
) -> None:
    """Look for other sets of active firms that stand against deviations by one firm, rivals fixed."""
    sets, window = _candidates(phi, entrants, copies)
    found.searched += sets.shape[1]
    if window < np.count_nonzero(entrants):
        found.free = window
    x, profit = _profits_of_sets(game, phi, sets)
    inside = sets > 0
    tolerance = kernel.tolerance(_widened(game, sets.shape[1]), x)
    stands = np.isfinite(x) & np.all(np.where(inside, profit, 0.0) >= -tolerance, axis=0)
    stands &= ~np.all(sets == copies[:, None], axis=0)
    stands &= ~_best_outsider_gains(game, phi, entrants, sets, x)
    found.others += [_described(m, sets[:, k]) + where for k in np.flatnonzero(stands)]


def _best_outsider_gains(
    game: Game, phi: np.ndarray, entrants: np.ndarray, sets: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Whether the best firm outside each set would gain by entering against the set as it is (set)."""
    best = np.max(np.where(sets < entrants[:, None], phi[:, None], 0.0), axis=0)
    many = _widened(game, sets.shape[1])
    able = kernel.ability(many, best[None])
    share, _ = kernel.shares_at(many, able, x)
    maybe = np.flatnonzero((share[0] > 0.0) & np.isfinite(x))
    gains = np.zeros(len(x), dtype=bool)
    if len(maybe):
        few = kernel.of_sectors(many, maybe)
        _, profit, _ = replies.best_reply(few, able[:, maybe], x[maybe], np.zeros((1, len(maybe))))
        gains[maybe] = profit[0] > kernel.tolerance(few, x[maybe])
    return gains


def _candidates(phi: np.ndarray, entrants: np.ndarray, copies: np.ndarray) -> tuple[np.ndarray, int]:
    """Lay out sets of active firms (firm, set): all, or all that differ in so many firms next to the marginal one."""
    order = np.argsort(-phi, kind="stable")
    order = order[entrants[order] > 0]
    marginal = int(np.flatnonzero(copies[order] > 0)[-1])
    window = [marginal]
    low, high, size = marginal, marginal, int(entrants[order[marginal]] + 1)
    while True:
        grown = [i for i in (low - 1, high + 1) if 0 <= i < len(order)]
        fits = [i for i in grown if size * (entrants[order[i]] + 1) <= MOST_SETS]
        if not fits:
            break
        for i in fits:
            if size * (entrants[order[i]] + 1) <= MOST_SETS:
                size *= int(entrants[order[i]] + 1)
                window.append(i)
        low, high = min(window), max(window)
    window = sorted(window)
    base = np.where(np.isin(np.arange(len(phi)), order[: window[0]]), entrants, 0)
    counts = np.array(list(itertools.product(*(range(int(entrants[order[i]]) + 1) for i in window)))).T
    sets = np.repeat(base[:, None], counts.shape[1], axis=1)
    sets[order[window]] = counts
    return sets[:, np.any(sets > 0, axis=0)], len(window)


def _described(m: Primitives, copies: np.ndarray) -> str:
    told = [m.firm_names[i] + (f" (x{copies[i]})" if m.market == "integrated" else "") for i in np.flatnonzero(copies)]
    return "firms " + ", ".join(told[:8]) + (f" and {len(told) - 8} more" if len(told) > 8 else "")


def _common(m: Primitives, b: Behaviour) -> Tests:
    """Test entry under a common scope, and look for other equilibria: other sets of firms, or other prices."""
    world, there = m.batched(), np.asarray(b.active.any(axis=1))
    log_n = np.where(there, np.log(np.max(b.varieties, axis=1)), -np.inf)
    point = common.Point(b.x[:, None], log_n[:, None], b.share[..., None], b.share[..., None])
    profit, total = common.profits(world, point)[:, 0], float(np.sum(b.spending))
    found = Tests(profit[there] / total)
    out = np.flatnonzero(~there)
    profit[out] = -np.inf  # farthest from zero, unless told otherwise
    out = out[np.argsort(-np.max(m.delivered[out], axis=1), kind="stable")][:_MOST_TESTED]
    if len(out):
        gains = survival.entering(world, *common_sets.repeated(there, point, len(out)), out)[1]
        found.after_adjustment = _named(m, out[gains > 1e-12 * total], "")
        found.against_fixed_rivals = _named(m, out[common_sets.gain_at_once(world, point, out)], "")
        profit[out] = gains
    if float(m.K_0) > 0.0:
        found.nearest = float(np.min(np.abs(profit))) / total
        tried = common_sets.near(there, profit)
        found.searched, found.free = tried.shape[1], common_sets.free(len(there))
        found.others = [_described(m, set_) for set_ in tried[:, common_sets.standing(world, tried)].T]
    found.starts, elsewhere = common_sets.from_elsewhere(world, there, point)
    found.others += ["the same firms at other price indices"] * elsewhere
    return found
