"""Find a Melitz equilibrium where some distribution has atoms, so that a marginal atom may have to mix.

Sales jump when a cutoff crosses an atom, so market clearing may hold only with a fraction of the atom's firms
active. Each atom is first smeared into a narrow bell, in which Newton works, and the bells shrink step by step.
Cutoffs that end inside a bell mark the atoms that mix; Newton on the exact equations, with their active shares
as unknowns, finishes. Any root with shares in [0, 1] is an equilibrium.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.productivity import Empirical, Productivity
from phistar.blocks.productivity.empirical import Smoothed
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Residuals, Unknowns, largest
from phistar.models.melitz import equations as eq
from phistar.models.melitz import solver
from phistar.models.melitz.table import TabulatedProductivity
from phistar.numerics.duals import gradient_of, seed, value_of

if TYPE_CHECKING:
    from phistar.models.melitz.model import Melitz

#: Widths of the bells in ln phi, times s: from where Newton roams freely to where a bell is a point.
BELLS = tuple(0.5 * 3.0**-i for i in range(14))
#: A bell is a staircase of this many steps over this many widths to either side.
_STEPS = 24
_REACH = 4.0
#: From here on the exact equations are tried.
_TRY_FROM = 0.1
#: Shares may leave [0, 1] by rounding alone.
_ROUNDING = 1e-9
_GOAL = 1e-13


def find(m: Melitz) -> Unknowns:
    """Find an equilibrium of a world in which some countries have discrete distributions.

    Raises
    ------
    NoEquilibrium
        When no bell leads to a root of the exact equations with shares in [0, 1].
    """
    start = None
    for bell in BELLS:
        width = bell / float(m.sigma - 1.0)
        smooth = replace(m, families=_smeared(m, width)).batched()
        kernel = TabulatedProductivity(smooth)
        log_demand, log_wage, norm = solver.find_smooth(smooth.with_kernel(kernel), start, steps=30)
        start = log_demand, log_wage
        if bell < _TRY_FROM and norm[0] < 1e-2:
            x = _polish(m, m.normalise({"log_wage": log_wage[:, 0], "log_demand": log_demand[:, 0]}), width)
            if x is not None:
                return x
    raise NoEquilibrium(
        "no equilibrium found for a discrete productivity distribution",
        "move a parameter slightly: the world may sit on a knife edge between two sets of active atoms",
    )


def _smeared(m: Melitz, width: float) -> tuple[Productivity, ...]:
    smeared = {id(f): _bells(f, width) if isinstance(f, Empirical) else f for f in m.families}
    return tuple(smeared[id(f)] for f in m.families)


def _bells(family: Empirical, width: float) -> Smoothed:
    """Smear every atom into a staircase close to a normal density of ln phi."""
    # Many atoms overlap anyway: few steps each keep the table short.
    steps = int(np.clip(4000 // family.log_atoms.size, 2, _STEPS))
    offsets = width * np.linspace(-_REACH, _REACH, steps + 1)
    middle = 0.5 * (offsets[1:] + offsets[:-1]) / width
    shape = np.exp(-0.5 * middle**2)
    shape /= np.sum(shape * np.diff(offsets))
    change = np.diff(np.concatenate([[0.0], shape, [0.0]]))
    edges = (family.log_atoms[:, None] + offsets).ravel()
    order = np.argsort(edges, kind="stable")
    heights = np.cumsum((family.weights[:, None] * change).ravel()[order])[:-1]
    edges = edges[order]
    distinct = np.diff(edges) > 0.0
    return Smoothed(np.append(edges[:-1][distinct], edges[-1]), np.maximum(heights[distinct], 0.0))


def _polish(m: Melitz, x: Unknowns, width: float) -> Unknowns | None:
    """Run Newton on the exact equations with the marginal atoms' shares; None where it does not end well."""
    x |= marginal_atoms(m, x, width)
    names = [n for n in x if not n.startswith("_")]
    for _ in range(12):
        with np.errstate(all="ignore"):
            residual, jacobian = _linearised(m, x, names)
        if not (np.isfinite(residual).all() and np.isfinite(jacobian).all()):
            return None
        if np.max(np.abs(residual)) < _GOAL:
            break
        step = np.linalg.lstsq(jacobian, -residual, rcond=1e-12)[0]
        if np.max(np.abs(step)) > 2.0:
            return None
        x = _moved(x, names, step)
    shares = x.get("atom_share", np.zeros(0))
    if np.any(shares < -_ROUNDING) or np.any(shares > 1.0 + _ROUNDING):
        return None
    if shares.size:
        x["atom_share"] = np.clip(shares, 0.0, 1.0)
    with np.errstate(all="ignore"):
        worst = max(largest(m.equations(x)).values())
    return x if worst < solver.ACCEPT else None


def _linearised(m: Melitz, x: Unknowns, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return all residuals and their exact Jacobian (equations, unknowns)."""
    duals = seed([x[n] for n in names])
    stated: Residuals = m.equations({**x, **dict(zip(names, duals, strict=True))})
    size = sum(np.size(x[n]) for n in names)
    residual = np.concatenate([value_of(r).ravel() for r in stated.values()])
    return residual, np.concatenate([gradient_of(r, size).reshape(size, -1) for r in stated.values()], axis=1).T


def _moved(x: Unknowns, names: list[str], step: np.ndarray) -> Unknowns:
    moved, start = dict(x), 0
    for n in names:
        count = np.size(x[n])
        moved[n] = x[n] + step[start : start + count].reshape(np.shape(x[n]))
        start += count
    return moved


def marginal_atoms(m: Melitz, x: Unknowns, width: float) -> Unknowns:
    """Mark the pairs whose cutoff lies in an atom's bell, with the share of the bell above it.

    Pairs of one origin whose cutoff is the overhead cutoff share the atom's lottery.
    """
    sellers = eq.select(m, x["log_wage"], x["log_demand"])
    home = eq.is_home(len(m.countries))
    tied = home if m.fixed_cost == "market" else home | (sellers.log_x < sellers.log_e)
    group, log_at = np.full(home.shape, -1), np.full(home.shape, np.nan)
    shares: list[float] = []
    lotteries: dict[tuple[int, int], int] = {}
    for i, family in enumerate(m.families):
        if not isinstance(family, Empirical):
            continue
        nearest = family.log_atoms[np.argmin(np.abs(family.log_atoms - sellers.log_e[i][:, None]), axis=1)]
        place = (nearest - sellers.log_e[i]) / width
        for j in np.flatnonzero(np.abs(place) < _REACH):
            key = (i, -1) if tied[i, j] else (i, int(j))
            if key not in lotteries:
                lotteries[key] = len(shares)
                shares.append(1.0 / (1.0 + np.exp(-1.7 * place[j])))  # close to the normal distribution function
            group[i, j], log_at[i, j] = lotteries[key], nearest[j]
    return {"atom_share": np.array(shares), "_group": group, "_log_at": log_at} if shares else {}
