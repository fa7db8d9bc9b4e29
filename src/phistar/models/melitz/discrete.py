"""Find a Melitz equilibrium where some distribution has atoms, so that a marginal atom may have to mix.

Sales jump when a cutoff crosses an atom, so market clearing may hold only with a fraction of the atom's firms
active. Each atom is first smeared into a narrow bell, in which Newton works, and the bells shrink step by step.
From there Newton on the exact equations takes over: it holds fixed which atoms sell where, with the active shares
of those at the margin as unknowns, and revises the sets after every step. Any root whose sets agree with its
cutoffs and whose shares lie in [0, 1] is an equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.layout import at_home, is_home
from phistar.blocks.productivity import Empirical
from phistar.core.certificate import TOLERANCE
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns, largest
from phistar.models.melitz import equations as eq
from phistar.models.melitz import linearise
from phistar.models.melitz.roaming import through_bells
from phistar.models.melitz.table import BELLS, Rows

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

#: Atoms this many widths from a cutoff are at its margin; so many where the little that sells counts.
_REACH, _FAR = 4.0, 37.0
#: Share of the smaller country's wages from which sales count.
_THIN = 1e-10
#: A share may grow by this factor in a step.
_ROOM = 100.0
#: From this bell on the exact equations are tried, with so many steps a time and in all.
_TRY_FROM = 0.2
_POLISH = 15
_POLISH_IN_ALL = 100
#: So many more where the residual is as small as this and falls: trade may be next to nothing, and wages nearly free.
_PATIENT, _CLOSE = 30, 1e-5
#: Share with which an atom just crossed begins to mix, or idle: at none of the last atom nothing would sell.
_EDGE = 1e-3
#: Shares may leave [0, 1] by rounding alone, and cutoffs stand off their atom by as much.
_ROUNDING = 1e-9
_GOAL = 1e-13
#: A residual that leaves room for the certificate's own, and one that lack of digits leaves: the certificate judges.
_ENOUGH, _FLOOR = 0.5 * TOLERANCE, 1e-6
#: What they may leave it by on the way, at most.
_SLACK = 0.3
#: By this step the residual is to be a tenth of the first, or falling fast.
_HALFWAY = 8
#: A residual from which the exact equations do not come back.
_LOST = 1000.0
#: Longest Newton step in logs and shares.
_CAP = 1.0


def find(m: Primitives) -> Unknowns:
    """Find an equilibrium of a world in which some countries have discrete distributions.

    Raises
    ------
    NoEquilibrium
        When no bell leads to a root of the exact equations with shares in [0, 1].
    """
    rows, left = Rows(m), _POLISH_IN_ALL
    best: tuple[Unknowns | None, float] = None, np.inf
    for bell, log_demand, log_wage in through_bells(m.batched(), rows, BELLS):
        if bell < _TRY_FROM and left > 0:
            x = eq.in_numeraire(m, {"log_wage": log_wage[:, 0], "log_demand": log_demand[:, 0]})
            answer, missed, used = _polish(m, x, bell / rows.s, min(left, _POLISH))
            if answer is not None and missed < _ENOUGH:
                return answer
            best, left = min(best, (answer, missed), key=lambda found: found[1]), left - used
    if best[0] is not None and best[1] < _FLOOR:
        return best[0]
    raise NoEquilibrium(
        "no equilibrium found: the search for the atoms that mix ended without one",
        "move a parameter slightly, or replace the discrete distribution by a smooth one",
    )


@dataclass(frozen=True)
class _Sets:
    """Which atoms of each origin sell where (origin, destination).

    Attributes
    ----------
    level : ndarray of int
        Number of the least atom that sells.
    drawn : ndarray of bool
        Whether only a share of that atom sells; all of it does elsewhere.
    share : ndarray
        That share.
    """

    level: np.ndarray
    drawn: np.ndarray
    share: np.ndarray

    def tied(self, tied: np.ndarray) -> _Sets:
        """Let the pairs whose cutoff is the overhead cutoff do what home does."""
        return _Sets(*(np.where(tied, at_home(a)[:, None], a) for a in (self.level, self.drawn, self.share)))

    def apart(self) -> np.ndarray:
        """Mark the pairs whose lottery is for fewer firms of the atom at the margin of home: both cutoffs stand on it.

        Which of the two is the greater is then a matter of rounding.
        """
        level, drawn, share = (at_home(a)[:, None] for a in (self.level, self.drawn, self.share))
        return self.drawn & drawn & (self.level == level) & (self.share < share)


def _polish(m: Primitives, x: Unknowns, width: float, steps: int) -> tuple[Unknowns | None, float, int]:
    """Run Newton on the exact equations, revising the sets.

    Returns
    -------
    answer : Unknowns or None
        The best point met; None where its shares do not lie in [0, 1].
    missed : float
        Its largest residual.
    used : int
        Steps taken.
    """
    sellers = eq.select(m, x["log_wage"], x["log_demand"])
    tied = _tied(m, sellers)
    sets = _sets_in_bells(m, x, sellers, tied, width)
    first = worst = least = floor = np.inf
    answer = x
    found: tuple[Unknowns | None, float] = None, np.inf
    for used in range(1, steps + _PATIENT + 1):
        x, previous = _with_sets(m, x, sets.tied(tied), tied), x
        residual, jacobian = _linearised(m, x)
        worst, before = np.max(np.abs(residual)), worst
        first = worst if used == 1 else first
        limit = max(0.1 * first, 0.3 * before) if used == _HALFWAY else _LOST
        if not (worst < limit and np.isfinite(jacobian).all()):
            return *found, used
        if used > steps and not worst < min(before, _CLOSE):
            break
        stuck = worst > 0.7 * before and _same_sets(x, previous)
        # At the floor of precision the residual wanders: the least counts.
        if worst < least:
            answer, least = x, worst
        if worst < min(floor, 0.1 * TOLERANCE) and (checked := _checked(m, x))[1] < _ENOUGH:
            found, floor = checked, worst
        if found[0] is not None and (worst < _GOAL or worst > floor or stuck):
            return *found, used
        if least < _GOAL or (stuck and least < TOLERANCE):
            break
        if stuck:
            # More atoms are held at the margin than wages and demand can meet.
            sets = _with_one_let_go(sets, sellers.log_e - x["_log_at"])
            continue
        x = _moved(x, _limited_step(jacobian, residual, _scales(x)))
        sellers = eq.select(m, x["log_wage"], x["log_demand"])
        sets = sets.tied(tied)
        sets = _revised(m, sellers.log_e, _read_shares(x, sets), sets.share, worst)
        tied = _tied(m, sellers) & ~sets.apart()
    return *(found if found[0] is not None else _checked(m, answer)), used


def _scales(x: Unknowns) -> np.ndarray:
    """Scale the unknowns: a tiny share moves by tiny steps, and still counts in full where nobody else sells."""
    share = np.clip(_ROOM * x["atom_share"], np.finfo(float).tiny, 1.0)
    return np.concatenate([np.ones(x["log_wage"].size + x["log_demand"].size), share])


def _limited_step(jacobian: np.ndarray, residual: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Solve J dx = -r with a limited stride along each singular direction: a free one must not drown the others.

    Rows are scaled, as the countries' sizes and entry costs differ wildly.
    """
    jacobian = jacobian * scales
    rows = np.max(np.abs(jacobian), axis=1)
    rows = np.where(rows > 0.0, rows, 1.0)
    left, size, direction = np.linalg.svd(jacobian / rows[:, None], full_matrices=False)
    load = left.T @ (-residual / rows)
    stride = np.divide(load, size, out=np.zeros_like(load), where=size > 1e-14 * size[0])
    step = np.clip(stride, -_CAP, _CAP) @ direction
    return scales * step * min(1.0, _CAP / np.max(np.abs(step)))


def _same_sets(x: Unknowns, previous: Unknowns) -> bool:
    return "_group" in previous and all(
        np.array_equal(x[n], previous[n], equal_nan=True) for n in ("_group", "_log_at")
    )


def _with_one_let_go(sets: _Sets, off: np.ndarray) -> _Sets:
    """End the lottery whose cutoff is farthest off its atom, all in where the cutoff is below it, else all out."""
    distance = np.where(sets.drawn, np.abs(off), -1.0)
    farthest = sets.drawn & (distance == np.max(distance))
    return _Sets(sets.level + (farthest & (off > 0.0)), sets.drawn & ~farthest, np.where(farthest, 1.0, sets.share))


def _checked(m: Primitives, x: Unknowns) -> tuple[Unknowns | None, float]:
    """Return the unknowns without what only the search needed, and what they miss with free selection."""
    drawn = x["_group"] >= 0
    answer = {name: x[name] for name in ("log_wage", "log_demand")}
    if drawn.any():
        shares = x["atom_share"][:-1]
        if np.any(shares < -_ROUNDING) or np.any(shares > 1.0 + _ROUNDING) or _disordered(m, x):
            return None, np.inf
        answer |= {"atom_share": np.clip(shares, 0.0, 1.0), "_group": x["_group"]}
        answer["_log_at"] = np.where(drawn, x["_log_at"], np.nan)
    return answer, max(largest(eq.stated(m, answer, eq.selection(m, answer))).values())


def _disordered(m: Primitives, x: Unknowns) -> bool:
    """Tell whether more firms of an atom would sell abroad than pay to be active."""
    if m.fixed_cost == "market":
        return False
    share, home = x["atom_share"][x["_group"]], at_home(x["_log_at"])[:, None]
    both = (x["_group"] >= 0) & (at_home(x["_group"])[:, None] >= 0) & (x["_log_at"] == home)
    return bool(np.any(both & (share > at_home(share)[:, None] + _ROUNDING)))


def _tied(m: Primitives, sellers: eq.Selection) -> np.ndarray:
    """Mark the pairs whose cutoff is the overhead cutoff: they share the lottery of home."""
    home = is_home(len(m.countries))
    return home if m.fixed_cost == "market" else home | (sellers.log_x < sellers.log_e)


def _sets_in_bells(m: Primitives, x: Unknowns, sellers: eq.Selection, tied: np.ndarray, width: float) -> _Sets:
    """Read the sets off the solution with bells: a cutoff inside a bell marks an atom that mixes.

    However thin the slice of a bell that sells, it counts where its sales or its fixed costs do.
    """
    from scipy.special import log_ndtr, ndtr

    log_e, s = sellers.log_e, m.sigma - 1.0
    log_income = x["log_wage"] + np.log(m.L)
    log_draw = x["log_wage"] + np.log(m.sigma * eq.mass_entrants(m, sellers))
    least = np.minimum(log_income[:, None], log_income) + np.log(_THIN)
    sets = _Sets(np.zeros(log_e.shape, dtype=int), np.zeros(log_e.shape, dtype=bool), np.ones(log_e.shape))
    for i, family in _discrete(m):
        distance = (family.log_atoms - log_e[i][:, None]) / width
        nearest = np.argmin(np.abs(distance), axis=1)
        place = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
        sales = np.maximum(s * (family.log_atoms[nearest] - sellers.log_x[i]), 0.0)
        slice_ = np.log(family.weights[nearest]) + log_ndtr(place) + np.log(m.f[i]) + sales
        counts = (place < 0.0) & (log_draw[i] + slice_ > least[i])
        counts[i] |= np.any(counts & tied[i])
        drawn = np.abs(place) < np.where(counts, _FAR, _REACH)
        sets.level[i] = np.where(drawn, nearest, np.searchsorted(family.log_atoms, log_e[i]))
        sets.drawn[i], sets.share[i] = drawn, np.where(drawn, ndtr(place), 1.0)
    return sets


def _revised(m: Primitives, log_e: np.ndarray, sets: _Sets, before: np.ndarray, off: float) -> _Sets:
    """Bring the sets in line with cutoffs and shares: an atom just crossed mixes, a share outside [0, 1] ends.

    A share may leave [0, 1] by as much as the equations are still off: a step too far says little. It stays positive,
    as perhaps nobody else sells there.
    """
    slack = max(_ROUNDING, min(off, _SLACK))
    sets = _Sets(sets.level.copy(), sets.drawn.copy(), sets.share.copy())
    for i, family in _discrete(m):
        level, drawn, share = sets.level[i], sets.drawn[i], sets.share[i]
        place = np.searchsorted(family.log_atoms, log_e[i])
        idle, full = drawn & (share < -slack), drawn & (share > 1.0 + slack)
        falls, rises = ~drawn & (place == level + 1), ~drawn & (place == level - 1)
        far = ~drawn & (np.abs(place - level) > 1)
        sets.level[i] = np.where(far, place, level + idle - rises)
        sets.drawn[i] = (drawn & ~idle & ~full) | falls | rises
        kept = np.where(drawn & ~idle & ~full, np.maximum(share, 0.1 * before[i]), 1.0)
        sets.share[i] = np.where(rises, _EDGE, np.where(falls, 1.0 - _EDGE, kept))
    return sets


def _discrete(m: Primitives) -> list[tuple[int, Empirical]]:
    return [(i, family) for i, family in enumerate(m.families) if isinstance(family, Empirical)]


def _with_sets(m: Primitives, x: Unknowns, sets: _Sets, tied: np.ndarray) -> Unknowns:
    """Add the sets to the unknowns: where each pair's moments start, and one share a lottery."""
    n = len(m.countries)
    log_at, group = np.full((n, n), np.nan), np.full((n, n), -1)
    shares: list[float] = []
    for i, family in _discrete(m):
        # Nobody sells from beyond the last atom.
        log_at[i] = np.append(family.log_atoms, family.log_upper + 1.0)[sets.level[i]]
        for j in np.flatnonzero(sets.drawn[i] & (~tied[i] | (np.arange(n) == i))):
            group[i, tied[i] if j == i else j] = len(shares)
            shares.append(float(sets.share[i, j]))
    # The last share moves nothing: it stands for the pairs without a lottery.
    return {**x, "atom_share": np.array([*shares, 1.0]), "_group": group, "_log_at": log_at}


def _read_shares(x: Unknowns, sets: _Sets) -> _Sets:
    return replace(sets, share=x["atom_share"][x["_group"]])


_NAMES = ("log_wage", "log_demand", "atom_share")


def _linearised(m: Primitives, x: Unknowns) -> tuple[np.ndarray, np.ndarray]:
    """Return all residuals and their exact Jacobian (equations, unknowns)."""
    sellers = eq.selection(m, x)
    # A lottery that home does not share stands on its own cutoff, though rounding may put that below home's.
    own = (x["_group"] >= 0) & (x["_group"] != at_home(x["_group"])[:, None])
    sellers = replace(sellers, log_e=np.where(own, sellers.log_x, sellers.log_e))
    stated, slopes = eq.stated(m, x, sellers), linearise.slopes(m, x, sellers)
    return np.concatenate(list(stated.values())), np.concatenate([slopes[name] for name in stated])


def _moved(x: Unknowns, step: np.ndarray) -> Unknowns:
    ends = np.cumsum([x[n].size for n in _NAMES])[:-1]
    return {**x, **{n: x[n] + part for n, part in zip(_NAMES, np.split(step, ends), strict=True)}}
