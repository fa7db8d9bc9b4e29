"""Find a Melitz equilibrium where some distribution has atoms, so that a marginal atom may have to mix.

Sales jump when a cutoff crosses an atom, so market clearing may hold only with a fraction of the atom's firms
active. Each atom is first spread over a narrow band, in which Newton works; the band shrinks. Cutoffs that stay
inside a band mark the atoms that mix, and Newton on the exact equations, with their active shares as unknowns,
finishes. Any root with shares in [0, 1] is an equilibrium.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phistar.blocks.productivity import Empirical
from phistar.core.errors import NoEquilibrium
from phistar.core.model import Unknowns, largest
from phistar.models.melitz import equations as eq
from phistar.models.melitz import solver
from phistar.numerics.duals import gradient_of, seed, value_of

if TYPE_CHECKING:
    from phistar.models.melitz.model import Melitz

#: Bands, as shares of an atom's productivity, from where Newton roams freely to where one atom is one point.
WIDTHS = (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6, 1e-7)
#: Shares may leave [0, 1] by rounding alone.
_ROUNDING = 1e-9
_GOAL = 1e-13


def find(m: Melitz) -> Unknowns:
    """Find an equilibrium of a world in which some countries have discrete distributions.

    Raises
    ------
    NoEquilibrium
        When no band leads to a root of the exact equations with shares in [0, 1].
    """
    start = None
    for width in WIDTHS:
        smooth = replace(m, families=_smoothed(m, width)).batched()
        log_demand, log_wage, norm = solver.find_smooth(smooth, start)
        if not norm[0] < 1e-3:
            continue
        start = log_demand, log_wage
        x = _polish(m, {"log_wage": log_wage[:, 0], "log_demand": log_demand[:, 0]}, width)
        if x is not None:
            return x
    raise NoEquilibrium(
        "no equilibrium found for a discrete productivity distribution",
        "move a parameter slightly: the world may sit on a knife edge between two sets of active atoms",
    )


def _smoothed(m: Melitz, width: float) -> tuple:
    spread = {id(f): f.smoothed(width) if isinstance(f, Empirical) else f for f in m.families}
    return tuple(spread[id(f)] for f in m.families)


def _polish(m: Melitz, x: Unknowns, width: float) -> Unknowns | None:
    """Run Newton on the exact equations with the marginal atoms' shares; None where that does not end well."""
    x = m.normalise(x)
    x |= marginal_atoms(m, x, width)
    names = [n for n in x if not n.startswith("_")]
    for _ in range(30):
        with np.errstate(all="ignore"):
            residual, jacobian = _linearised(m, x, names)
        if not (np.isfinite(residual).all() and np.isfinite(jacobian).all()):
            return None
        if np.max(np.abs(residual)) < _GOAL:
            break
        step = np.linalg.lstsq(jacobian, -residual, rcond=1e-12)[0]
        step *= min(1.0, 1.0 / np.max(np.abs(step), initial=1e-300))
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
    stated = m.equations({**x, **dict(zip(names, duals, strict=True))}).values()
    size = sum(np.size(x[n]) for n in names)
    residual = np.concatenate([value_of(r).ravel() for r in stated])
    return residual, np.concatenate([gradient_of(r, size).reshape(size, -1) for r in stated], axis=1).T


def _moved(x: Unknowns, names: list[str], step: np.ndarray) -> Unknowns:
    moved, start = dict(x), 0
    for n in names:
        count = np.size(x[n])
        moved[n] = x[n] + step[start : start + count].reshape(np.shape(x[n]))
        start += count
    return moved


def marginal_atoms(m: Melitz, x: Unknowns, width: float) -> Unknowns:
    """Mark the pairs whose cutoff lies in an atom's band, with the share of the band above it.

    Pairs of one origin that share the overhead cutoff share the atom's lottery.
    """
    log_e = eq.select(replace(m, families=_smoothed(m, width)), x["log_wage"], x["log_demand"]).log_e
    group = np.full(log_e.shape, -1)
    atoms: list[float] = []
    shares: list[float] = []
    for i, family in enumerate(m.families):
        if not isinstance(family, Empirical):
            continue
        seen: dict[float, int] = {}
        for j, cutoff in enumerate(log_e[i]):
            above = np.searchsorted(family.log_atoms, cutoff)
            if above == family.log_atoms.size or family.log_atoms[above] - cutoff >= width:
                continue
            key = float(cutoff) if m.fixed_cost == "overhead" else float(j)
            if key not in seen:
                seen[key] = len(atoms)
                atoms.append(float(family.log_atoms[above]))
                shares.append((atoms[-1] - float(cutoff)) / width)
            group[i, j] = seen[key]
    if not atoms:
        return {}
    return {"atom_share": np.array(shares), "_group": group, "_log_atom": np.array(atoms)}
