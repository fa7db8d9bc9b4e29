"""Find wages of the paper's gravity system w_i L_i = sum_j lambda_ij w_j L_j by Newton, one world or many.

lambda_ij is proportional to exp(log_affinity_ij - kappa ln w_i) over origins. The levels of the paper and its exact
hats are both of this form. What is driven to zero is the log of exports over imports: home sales cancel, so that
relative wages are as sharp between countries that hardly trade as between neighbours.
"""

from __future__ import annotations

import numpy as np

from phistar.numerics import batched

MAX_STEPS = 200
#: Largest |ln(exports/imports)| at which wages count as found: some ulps of a sum over hundreds of countries.
GOAL = 3e-14
#: Good enough to be judged by the certificate once Newton no longer improves.
ACCEPT = 1e-11
#: Longest step in ln w.
_CAP = 5.0
#: Drag below which a step is Newton's.
_LEAST = 1e-3


def find_wages(
    log_affinity: np.ndarray, kappa: np.ndarray, log_labour: np.ndarray, start: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Solve trade balance for ln wages.

    Parameters
    ----------
    log_affinity : ndarray (origin, destination, batch)
        ln of what an origin would supply at wages of one.
    kappa : ndarray (batch)
        Elasticity of supply to the origin's wage.
    log_labour : ndarray (country, batch)
        ln of L, or of any income at wages of one.
    start : ndarray (country, batch), optional
        ln wages to start from.

    Returns
    -------
    log_wage : ndarray (country, batch)
        Up to a common level.
    norm : ndarray (batch)
        Largest |ln(exports/imports)| reached.
    """
    n, points = log_affinity.shape[0], log_affinity.shape[-1]
    log_affinity = _centred(log_affinity)
    place = np.broadcast_to(_start(log_affinity, kappa, log_labour) if start is None else start, (n, points)).copy()
    gap, matrix = _balance(log_affinity, kappa, log_labour, place)
    norm, drag = np.max(np.abs(gap), axis=0), np.zeros(points)
    for _ in range(MAX_STEPS):
        going = (norm > GOAL) & ~((norm < ACCEPT) & (drag > 0.0))
        if not going.any():
            break
        step = np.where(going, _step(matrix, gap, drag), 0.0)
        trial = place + step
        trial_gap, trial_matrix = _balance(log_affinity, kappa, log_labour, trial)
        size = np.max(np.abs(trial_gap), axis=0)
        better = size < norm
        if not better.all():
            better |= _leads_on(matrix, trial_gap, drag, step) & (norm > ACCEPT)
        # At the floor of precision a step that does not help is the sign to stop: `drag` marks it.
        drag = np.where(better, np.where(drag < _LEAST, 0.0, 0.1 * drag), np.maximum(4.0 * drag, 0.1 * norm + _LEAST))
        place, gap = np.where(better, trial, place), np.where(better, trial_gap, gap)
        norm = np.where(better, size, norm)
        matrix = trial_matrix if better.all() else np.where(better, trial_matrix, matrix)
    return place, norm


def _start(log_affinity: np.ndarray, kappa: np.ndarray, log_labour: np.ndarray) -> np.ndarray:
    """Guess wages as if every market bought alike: then w^(1 + kappa) is supply over labour."""
    n = np.arange(len(log_labour))
    return np.asarray((log_affinity[n, n] - log_labour) / (1.0 + kappa))


def _step(matrix: np.ndarray, gap: np.ndarray, drag: np.ndarray) -> np.ndarray:
    """Take an implicit step of length 1/drag along d ln w = gap, Newton's where there is no drag.

    An excess demand of gross substitutes: its Jacobian has no negative entry off the diagonal and rows that sum to
    zero, so the largest gap falls along the flow from anywhere. The level of wages is free, which 1/N fixes.
    """
    n = np.arange(len(gap))
    matrix = matrix - 1.0 / n.size
    matrix[n, n] -= drag
    step = -batched.solve(matrix, gap)
    far = ~(np.max(np.abs(step), axis=0) <= _CAP)
    if far.any():
        step[:, far] = np.clip(-batched.solve_limited(matrix[..., far], gap[:, far], 4.0 * _CAP), -_CAP, _CAP)
    return step


def _leads_on(matrix: np.ndarray, gap: np.ndarray, drag: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Whether what is left after a step would, at the old slopes, take a shorter one.

    Blocs that hardly trade with one another move together: the move that balances them may unbalance a member by
    more, which its next small move will mend. The gaps alone do not tell that this is progress, the steps do.
    """
    left = _step(matrix, gap, drag)
    shorter: np.ndarray = np.max(np.abs(left), axis=0) < np.max(np.abs(step), axis=0)
    return shorter


def _balance(
    log_affinity: np.ndarray, kappa: np.ndarray, log_labour: np.ndarray, log_wage: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute ln(exports/imports) and its exact Jacobian in ln wages."""
    n = np.arange(len(log_wage))
    weights = np.exp(_centred(log_affinity - (kappa * log_wage)[:, None]))
    shares = weights / np.sum(weights, axis=0)[None]
    flows = shares * np.exp(log_wage + log_labour)[None]
    flows[n, n] = 0.0
    exports, imports = np.sum(flows, axis=1), np.sum(flows, axis=0)
    trades = (exports > 0.0) & (imports > 0.0)
    sent = flows / np.where(trades, exports, 1.0)[:, None]
    received = np.swapaxes(flows / np.where(trades, imports, 1.0)[None], 0, 1)
    seen = np.swapaxes(shares, 0, 1)
    matrix = sent + kappa * (batched.contract(np.swapaxes(sent, 0, 1), seen) + received - seen)
    matrix[n, n] -= 1.0 + kappa
    gap = np.where(trades, np.log(np.where(trades, exports, 1.0) / np.where(trades, imports, 1.0)), 0.0)
    return gap, np.where(trades[:, None], matrix, -np.eye(len(n))[..., None])


def _centred(logs: np.ndarray) -> np.ndarray:
    top: np.ndarray = np.max(logs, axis=0)
    return logs - top[None]
