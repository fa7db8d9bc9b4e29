"""The game firms play in a sector: demand, costs, conduct, scope; the same for one market or thousands of sectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phistar.blocks.oligopoly import UpperTier


@dataclass(frozen=True)
class Game:
    """What the equations need beside productivities: numbers, or arrays along the last axis (market, sector).

    Parameters
    ----------
    sigma : float
        Elasticity of substitution between varieties.
    upper : UpperTier
        What is spent on the sector.
    K_1 : float
        Labour a variety; no part where `scope` is single.
    fixed : float
        Labour to be in the market at all: K_0, or f where `scope` is single.
    conduct : str
        ``bertrand`` or ``cournot``.
    scope : str
        ``multi`` (a continuum of varieties, chosen) or ``single`` (one variety).
    """

    sigma: Any
    upper: UpperTier
    K_1: Any = 1.0
    fixed: Any = 0.0
    conduct: str = "bertrand"
    scope: str = "multi"
