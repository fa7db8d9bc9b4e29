"""Sales of a firm against its lead over the cutoff, x^S n, and back: exact at every beta >= 0."""

from __future__ import annotations

from typing import Any

import numpy as np

MAX_STEPS = 80


def sales_of_log_x(log_x: Any, S: float, beta: float) -> np.ndarray:
    """Compute x^S (1 - x^(-S/beta)), sales in units of B, at ln x >= 0."""
    log_x = np.maximum(np.asarray(log_x, dtype=float), 0.0)
    with np.errstate(over="ignore"):
        if beta == 0.0:
            return np.exp(S * log_x)
        return np.exp(S * log_x) * -np.expm1(-(S / beta) * log_x)


def log_x_of_sales(ratio: Any, S: float, beta: float) -> np.ndarray:
    """Compute the ln x at which sales in units of B are `ratio`; zero where no seller sells so little.

    Notes
    -----
    With t = (S/beta) ln x, beta t + ln(1 - e^-t) = ln(ratio) is increasing and concave in t: Newton from the left
    climbs to the root without overshooting. A point on the left is what bounds 1 - e^-t by min(t, 1) allows.
    """
    ratio = np.asarray(ratio, dtype=float)
    with np.errstate(all="ignore"):
        if beta == 0.0:
            return np.where(ratio > 1.0, np.log(ratio) / S, 0.0)
        positive = ratio > 0.0
        r = np.where(positive, ratio, 1.0)
        goal = np.log(r)
        t = np.maximum(r * np.exp(-beta * r), np.maximum(goal, 0.0) / beta)
        t = np.maximum(t, np.finfo(float).tiny)
        for _ in range(MAX_STEPS):
            gap = goal - beta * t - np.log(-np.expm1(-t))
            step = gap / (beta + 1.0 / np.expm1(t))
            t = t + np.maximum(step, -0.5 * t)
            if np.all(np.abs(step) <= 4e-16 * t):
                break
        return np.where(positive, t * (beta / S), 0.0)
