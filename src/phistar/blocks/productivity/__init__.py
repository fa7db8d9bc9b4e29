"""Productivity distributions: survival, truncated moments, surplus, quantiles, sampling and fits."""

from phistar.blocks.productivity.empirical import Empirical
from phistar.blocks.productivity.exponential import Frechet, Weibull
from phistar.blocks.productivity.kernel import Productivity, Tail
from phistar.blocks.productivity.lognormal import Lognormal, LognormalPareto
from phistar.blocks.productivity.mixed import Mixed, stack
from phistar.blocks.productivity.power import BoundedPareto, Pareto
from phistar.blocks.productivity.spec import FAMILIES, from_spec

__all__ = [
    "FAMILIES",
    "BoundedPareto",
    "Empirical",
    "Frechet",
    "Lognormal",
    "LognormalPareto",
    "Mixed",
    "Pareto",
    "Productivity",
    "Tail",
    "Weibull",
    "from_spec",
    "stack",
]
