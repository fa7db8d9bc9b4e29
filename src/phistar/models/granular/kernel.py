"""Find the price index of many sectors at once: firms along the first axis, best first, sectors along the last.

At a price index P each firm's share follows in closed form (a choice of scope) or from one scalar root (one variety),
and rises in P. So every sector is one increasing equation in x = ln P, sum_f max(0, S_f(x)) = 1. With n active firms
of toughness t_f it reads sum_f t_f = D := (n - 1) t(sigma) + t(theta); Newton runs on 1/sum t - 1/D, which is concave
in the markup level and linear where firms are equal, inside a bracket that shrinks whatever happens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from phistar.blocks import oligopoly
from phistar.blocks.oligopoly import UpperTier
from phistar.models.granular import equations as eq
from phistar.models.granular.game import Game

MAX_STEPS = 200
#: A sector counts as solved where shares miss one by this much: rounding of a sum of some hundred terms.
GOAL = 4e-16
#: A step that leaves less than this is followed by one more, which ends at the floor of precision.
NEAR = 1e-9
#: Beyond this the firms that are there cannot make up the sector at any price.
FOUND = 1e-6
_INNER_STEPS = 100
#: Firms looked at first: few of a sector's firms can be active, and where they all are, more are looked at.
_TOP = 8


def ability(game: Game, phi: np.ndarray) -> np.ndarray:
    """Return what the search needs of productivity: phi^((sigma-1)/sigma), or (sigma-1) ln phi for one variety.

    A firm that is not there has productivity zero.
    """
    if game.scope == "multi":
        return np.asarray(phi ** ((game.sigma - 1.0) / game.sigma))
    with np.errstate(divide="ignore"):
        return np.asarray((game.sigma - 1.0) * np.log(phi))


def price_level(game: Game, able: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Find ln P in every sector; nan where the firms that are there cannot share it.

    Parameters
    ----------
    able : ndarray (firm, sector)
        `ability`, best first.
    start : ndarray (sector), optional
        Where to begin.
    """
    step = _scope_step if game.scope == "multi" else _variety_step
    x = _start(game, able) if start is None else start.copy()
    low, high = np.full_like(x, -np.inf), np.full_like(x, np.inf)
    ending = np.zeros(x.shape, dtype=bool)
    done = np.isnan(x)
    gap = np.full_like(x, np.nan)
    stride = 1.0 / np.minimum(1.0, game.sigma - 1.0)
    with np.errstate(all="ignore"):
        for _ in range(MAX_STEPS):
            gap, move = step(game, able, x)
            low, high = np.where(gap <= 0.0, x, low), np.where(gap >= 0.0, x, high)
            done |= np.abs(gap) <= GOAL
            if done.all():
                break
            x = np.where(done, x, _bracketed(x, move, gap, low, high, stride))
            done |= ending
            ending = np.abs(gap) <= NEAR
    return np.where(_shared(game, able) & (np.abs(gap) <= FOUND), x, np.nan)


def _shared(game: Game, able: np.ndarray) -> np.ndarray:
    """Whether a sector has the firms it needs: one, or two where nobody could hold it alone (sector)."""
    present = able > 0.0 if game.scope == "multi" else np.isfinite(able)
    return np.asarray(np.count_nonzero(present, axis=0) >= fewest(game.upper))


def fewest(upper: UpperTier) -> Any:
    """Return how many firms a sector needs: two where one alone would face an elasticity of at most one (sector)."""
    return 2 if upper.eta is None else np.where(np.asarray(upper.eta) <= 1.0, 2, 1)


def _bracketed(x: Any, move: Any, gap: Any, low: Any, high: Any, stride: Any) -> np.ndarray:
    """Take Newton's move where it stays in the bracket, else halve the bracket, or search on while it is open."""
    inside = np.isfinite(low) & np.isfinite(high)
    fallback = np.where(inside, 0.5 * (low + high), x - stride * np.sign(gap))
    wild = ~np.isfinite(move) | (np.abs(move) > 4.0 * stride)
    trial = x + np.where(wild, 0.0, move)
    return np.where(wild | (trial < low) | (trial > high), fallback, trial)


def _start(game: Game, able: np.ndarray) -> np.ndarray:
    """Begin where the second firm would hold half the sector: no less than all of it is shared out there."""
    second = able[min(1, len(able) - 1)]
    usable = second > 0.0 if game.scope == "multi" else np.isfinite(second)
    second = np.where(usable, second, able[0])
    theta = game.upper.elasticity(np.zeros(able.shape[1]))
    half = oligopoly.toughness_of_share(game.conduct, game.sigma, theta, 0.5)
    # Where the sector is less elastic than one, half of it may be more than anyone can hold.
    half = np.maximum(half, 0.2 * oligopoly.toughness(game.conduct, game.sigma))
    log_markup = np.log(oligopoly.markup_of_toughness(game.conduct, half))
    with np.errstate(divide="ignore", invalid="ignore"):
        if game.scope == "multi":
            return _price_at_level(game, log_markup - np.log(second))
        return np.asarray(log_markup + (np.log(0.5) - second) / (game.sigma - 1.0))


def _price_at_level(game: Game, level: np.ndarray) -> np.ndarray:
    """Invert (29): the ln P at which ln z has a given level. The left side is concave in x with slope above zero."""
    s = game.sigma - 1.0
    x = (game.sigma * level + np.log(s * game.K_1) - np.log(game.upper.size)) / s
    if game.upper.eta is None:
        return np.asarray(x)
    for _ in range(50):
        miss = eq.log_markup_level(game, x) - level
        move = game.sigma * miss / (s + game.upper.spending_slope(x))
        x = x - move
        if np.all(np.abs(move) <= 1e-6 * (1.0 + np.abs(x))):  # a place to begin, no answer
            break
    return np.asarray(x)


def _scope_step(game: Game, able: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far shares exceed one, and Newton's move in ln P, where firms choose their scope."""
    conduct, sigma = game.conduct, game.sigma
    theta = game.upper.elasticity(x)
    small, alone = oligopoly.toughness(conduct, sigma), oligopoly.toughness(conduct, theta)
    markup = np.exp(eq.log_markup_level(game, x)) * able
    on = markup > sigma / (sigma - 1.0)
    t = np.where(on, oligopoly.toughness_of_markup(conduct, np.where(on, markup, 2.0)), 0.0)
    total = t.sum(axis=0)
    wanted = (np.count_nonzero(on, axis=0) - 1) * small + alone
    gap = (wanted - total) / (small - alone)
    level_slope = (sigma - 1.0 + game.upper.spending_slope(x)) / sigma
    falls = np.sum(t * (1.0 + t), axis=0) if conduct == "bertrand" else total
    theta_slope = game.upper.elasticity_slope(x)
    wanted_slope = theta_slope if conduct == "bertrand" else theta_slope / theta**2
    # Newton on 1/total - 1/wanted, then read as a move of the markup level, whose log moves with x.
    slope = falls * level_slope / total**2 + wanted_slope / wanted**2
    rise = -(1.0 / total - 1.0 / wanted) / slope * level_slope
    move = np.where(rise > -0.9, np.log1p(rise) / level_slope, np.nan)
    return gap, np.where(wanted > 0.0, move, np.nan)


def _variety_step(game: Game, able: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far shares exceed one, and Newton's move in ln P, where firms have one variety each."""
    share, slope = shares_of_given_scope(game, able + (game.sigma - 1.0) * x, x)
    total = share.sum(axis=0)
    return total - 1.0, -np.log(total) * total / slope.sum(axis=0)


def shares_of_given_scope(game: Game, reach: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve ln S + (sigma-1) ln mu(S) = reach for the share; return it and its derivative in ln P.

    Parameters
    ----------
    reach : ndarray (firm, market)
        ln N + (sigma-1)(ln phi + x): what the share would be at a markup of one, in logs; -inf for nobody.
    """
    s, conduct = game.sigma - 1.0, game.conduct
    theta = game.upper.elasticity(x)
    small, alone = oligopoly.toughness(conduct, game.sigma), oligopoly.toughness(conduct, theta)
    room, there = small - alone, np.isfinite(reach)
    most = small / room  # where the markup would be infinite
    least_markup = s * np.log(game.sigma / s)
    share = np.minimum(np.exp(np.where(there, reach, 0.0) - least_markup), 0.75 * most)
    last = False
    with np.errstate(all="ignore"):
        for _ in range(_INNER_STEPS):
            t = small - share * room
            miss = np.log(share) + s * np.log(oligopoly.markup_of_toughness(conduct, t)) - reach
            steep = 1.0 - s * oligopoly.log_markup_slope(conduct, t) * share * room
            new = share * np.exp(-miss / steep)
            new = np.where(new < most, new, 0.5 * (share + most))
            moved = np.abs(new - share) > 1e-9 * share  # steps then double digits: one more ends at rounding
            share = np.where(there, new, 0.0)
            if last:
                break
            last = not np.any(moved & there)
        t = small - share * room
        steep = 1.0 - s * oligopoly.log_markup_slope(conduct, t) * share * room
        theta_slope = game.upper.elasticity_slope(x)
        alone_slope = theta_slope if conduct == "bertrand" else theta_slope / theta**2
        of_theta = s * oligopoly.log_markup_slope(conduct, t) * share * alone_slope
        slope = share * (s - of_theta) / steep
    return share, np.where(there, slope, 0.0)


def shares_at(game: Game, able: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every firm's share and markup at ln P: no share, and no markup (nan), where it is out."""
    with np.errstate(all="ignore"):
        if game.scope == "multi":
            markup = np.exp(eq.log_markup_level(game, x)) * able
            share = eq.share(game, x, markup)
            on = markup > game.sigma / (game.sigma - 1.0)
        else:
            share, _ = shares_of_given_scope(game, able + (game.sigma - 1.0) * x, x)
            markup = eq.markup_of_share(game, x, share)
            on = share > 0.0
    return np.where(on, share, 0.0), np.where(on, markup, np.nan)


def profits_at(game: Game, able: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return every firm's profit at ln P; -fixed for one that would sell nothing."""
    share, _ = shares_at(game, able, x)
    return np.asarray(eq.profit(game, game.upper.spending(x), share, eq.elasticity(game, x, share)))


def keep_first(able: np.ndarray, count: np.ndarray, game: Game) -> np.ndarray:
    """Return abilities with only the first `count` firms of each sector there."""
    nobody = 0.0 if game.scope == "multi" else -np.inf
    return np.where(np.arange(len(able))[:, None] < count, able, nobody)


def select_from_top(game: Game, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find who is active as `select` does, from productivities best first (firm, sector), the top ones first."""
    x, count = np.full(phi.shape[1], np.nan), np.zeros(phi.shape[1], dtype=int)
    wide, todo = min(_TOP, len(phi)), np.arange(phi.shape[1])
    while len(todo):
        sub = of_sectors(game, todo)
        x[todo], count[todo] = select(sub, ability(sub, np.ascontiguousarray(phi[:wide, todo])))
        if wide == len(phi):
            break
        # All that were looked at are in, or too few to share the sector: there may be more.
        todo = todo[(count[todo] == wide) | np.isnan(x[todo])]
        wide = min(4 * wide, len(phi))
    return x, count


def select(game: Game, able: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the largest set of the best firms in which nobody loses: ln P and its number of firms (sector).

    Notes
    -----
    One more firm lowers P and everybody's profit, and the last firm earns least. So the sets in which nobody loses
    are those up to one size, which bisection finds. Without a fixed cost that is everyone with a positive share.

    Returns
    -------
    x : ndarray (sector)
        nan where no set will do.
    count : ndarray of int (sector)
    """
    x = price_level(game, able)
    share, _ = shares_at(game, able, x)
    count = np.count_nonzero(share > 0.0, axis=0)
    if not np.any(np.asarray(game.fixed) > 0.0):
        return x, count
    good, bad = np.broadcast_to(fewest(game.upper) - 1, x.shape).copy(), count + 1
    best = np.full(len(x), np.nan)
    trial = count.copy()  # most often few are crowded out: look there first
    while True:
        open_ = np.flatnonzero(bad - good > 1)
        if not len(open_):
            return best, np.where(np.isnan(best), 0, good)
        sub = of_sectors(game, open_)
        k = trial[open_]
        few = able[: int(k.max())][:, open_]
        y = price_level(sub, keep_first(few, k, sub), np.where(np.isnan(best[open_]), x[open_], best[open_]))
        ok = np.take_along_axis(profits_at(sub, few, y), k[None] - 1, axis=0)[0] >= -tolerance(sub, y)
        good[open_], bad[open_] = np.where(ok, k, good[open_]), np.where(ok, bad[open_], k)
        best[open_] = np.where(ok, y, best[open_])
        trial = (good + bad) // 2


def tolerance(game: Game, x: np.ndarray) -> Any:
    """Return the loss that rounding may show in a profit of zero: firms at a knife edge stay in."""
    return 1e-12 * game.upper.spending(x)


def of_sectors(game: Game, keep: Any) -> Game:
    """Return the game of some sectors."""

    def taken(value: Any) -> Any:
        """Return the numbers of the sectors that stay; one that all share stays as it is."""
        return value if np.ndim(value) == 0 else value[keep]

    upper = replace(game.upper, size=taken(game.upper.size), eta=taken(game.upper.eta))
    return replace(game, sigma=taken(game.sigma), upper=upper, K_1=taken(game.K_1), fixed=taken(game.fixed))
