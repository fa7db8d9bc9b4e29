"""Whether an equilibrium's entrants are the only ones: no country's can take the place of others'."""

from __future__ import annotations

import numpy as np

#: Least share of its length that a row may have off the span of the others; rounding leaves some 1e-16.
_SPAN = 1e-13
#: A ridge on products of rows, as a share of their sum of squares; rounding of the products is far below it.
_RIDGE = 1e-8


def unique_entrants(output: np.ndarray, entrants: np.ndarray) -> bool:
    """Whether no country's entrants can take the place of others' (they can where shipping is free).

    Parameters
    ----------
    output : ndarray (origin, destination)
        What a draw is expected to supply, tau m_1.
    entrants : ndarray (origin)
    """
    entering = entrants > 0.0
    supply = output if entering.all() else output[entering]
    if not len(supply):
        return True
    if len(supply) > supply.shape[1]:
        return False
    largest = np.max(supply, axis=1)
    return clearly_apart(supply, largest) or apart(supply, largest)


def clearly_apart(supply: np.ndarray, largest: np.ndarray) -> bool:
    """Whether rows, each over its largest entry, are so far from dependent that their products show it.

    Notes
    -----
    Where the products less the ridge still have a Cholesky factor, no singular value lies below the root of the ridge,
    1e-4 of the root sum of squares: `apart` would say yes, at twice the cost. That there is none tells nothing.
    """
    products = supply @ supply.T
    products /= largest[:, None]
    products /= largest
    own = np.arange(len(products))
    products[own, own] -= _RIDGE * np.sum(products[own, own])
    try:
        np.linalg.cholesky(products)
    except np.linalg.LinAlgError:
        return False
    return True


def apart(supply: np.ndarray, largest: np.ndarray) -> bool:
    """Whether no row lies in the span of those before it, which leaves nothing on the triangle's diagonal."""
    left = np.abs(np.diagonal(np.linalg.qr((supply / largest[:, None]).T, mode="r")))
    return bool(np.all(left > _SPAN * np.max(left)))
