"""Iceberg trade costs in logs: what is shipped a unit sold, infinite where nothing can be."""

from __future__ import annotations

from typing import Any

import numpy as np

#: ln of an infinite cost: beyond every double, yet finite, so that 0 * ln tau stays 0.
LOG_INFINITE = 1e4


def log_iceberg(tau: Any) -> Any:
    """Take the log of iceberg costs; an infinite one becomes `LOG_INFINITE`."""
    with np.errstate(divide="ignore"):
        return np.minimum(np.log(tau), LOG_INFINITE)


def iceberg(log_tau: Any) -> Any:
    """Undo `log_iceberg`."""
    with np.errstate(over="ignore"):
        return np.exp(log_tau)
