"""The look that all figures share: colours that the colour-blind tell apart, quiet axes, direct labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Okabe and Ito's colours, the dark ones first.
BLUE, ORANGE, GREEN, PINK, SKY, GOLD = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, GOLD)
INK, GREY, PALE = "#222222", "#6b6b6b", "#e6e6e6"
FONT = "Liberation Sans, Helvetica, Arial, sans-serif"

_AXIS = {
    "labelColor": GREY,
    "titleColor": INK,
    "domainColor": "#9a9a9a",
    "tickColor": "#9a9a9a",
    "tickSize": 4,
    "labelFontSize": 11,
    "labelFlush": False,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "titlePadding": 8,
    "gridColor": "#ececec",
    "grid": False,
}


def subscripted(name: str) -> tuple[str, str]:
    """Take a symbol's name apart into its letter and its subscript: ``φ_DM`` is φ with DM below the line."""
    letter, _, below = name.partition("_")
    return letter, below


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round numbers between two ends, none so close to the upper one that it needs room above."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(
        f for f, least in ((10, 50**0.5), (5, 10**0.5), (2, 2**0.5), (1, 0.0)) if rough / power >= least
    )
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor((high - 0.05 * (high - low)) / step + 1e-9))
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Move places along a line as little as keeps neighbours `gap` apart, in their order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places = [float(wanted[i]) for i in order]
    for _ in range(100):
        tight = [k for k in range(1, len(places)) if places[k] - places[k - 1] < gap - 1e-6]
        for k in tight:
            short = (gap - places[k] + places[k - 1]) / 2
            places[k - 1], places[k] = places[k - 1] - short, places[k] + short
        if not tight:
            break
    found = [0.0] * len(wanted)
    for k, i in enumerate(order):
        found[i] = places[k]
    return found


def themed(chart: Any) -> Any:
    """Give a finished chart the common look."""
    return (
        chart.configure(font=FONT, background="white", padding=14)
        .configure_view(stroke=None)
        .configure_axis(**_AXIS)
        .configure_title(
            fontSize=15,
            fontWeight="bold",
            color=INK,
            anchor="start",
            frame="group",
            offset=14,
            subtitleFontSize=12,
            subtitleColor=GREY,
            subtitlePadding=5,
        )
        .configure_legend(titleFontWeight="normal", labelFontSize=12, titleFontSize=12, symbolStrokeWidth=2.5)
    )
