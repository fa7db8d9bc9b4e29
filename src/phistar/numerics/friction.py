"""Newton with friction: how friction follows what the linearisation misses, how far a step may go, when to give up.

Every step is an implicit one of length 1/friction. The friction shrinks while the linearisation holds, so that the end
is Newton's, and grows where it does not. All work on one point or on a batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Friction at which any step is taken, and the least to grow from.
STIFF, _FLOOR = 1e6, 1e-3
#: Resistance of demand (sigma times its logs' moves) beside that of incomes.
STIFFNESS = 5.0
#: Steps without a gain after which a search is given up.
HOPELESS = 30
#: Misses that count for little on the way: where blocs hardly trade, wages have far to go while markets nearly clear.
#: After so many steps without a gain they count in full again.
_TUBE, _LATE = 0.3, 8
#: Longest stride in logs: this, or far away this share of what is missing, up to the last.
_CAP, _SPAN, _LEAP = 5.0, 0.1, 40.0
#: What friction is multiplied by where the linearisation missed by less than these shares, or by more.
_MISFITS = np.array([0.1, 0.3, 0.5, 0.8, 1.0])
_FACTORS = np.array([0.03, 0.3, 0.7, 1.0, 1.5, 4.0])


def scaled(friction: Any, miss: Any) -> Any:
    """Scale friction by how far, as a share, the last step missed what it promised."""
    return friction * _FACTORS[np.searchsorted(_MISFITS, miss)]


def adapted(friction: Any, miss: Any, norm: Any) -> Any:
    """Scale friction; where the step failed it grows from some least level, lower near a root."""
    after = scaled(friction, miss)
    return np.where(miss < 1.0, after, np.maximum(after, np.minimum(_FLOOR, norm)))


def tube(misses: Any) -> Any:
    """Return what may be missed at little cost after so many steps without a gain."""
    return np.where(misses < _LATE, _TUBE, 0.0)


def longest(norm: Any) -> Any:
    """Return the longest stride in logs where so much is missing."""
    return np.clip(_SPAN * norm, _CAP, _LEAP)
