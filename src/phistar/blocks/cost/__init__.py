"""Cost distributions: what a draw of marginal cost can earn in a market, by family, by origin, and tabulated."""

from phistar.blocks.cost.inverse import FromProductivity
from phistar.blocks.cost.kernel import Cost, column
from phistar.blocks.cost.origins import Costs
from phistar.blocks.cost.power import Pareto, Uniform
from phistar.blocks.cost.quadrature import Beta, TruncatedLognormal
from phistar.blocks.cost.spec import FAMILIES, from_spec
from phistar.blocks.cost.table import TabulatedCosts, stand_in

__all__ = [
    "FAMILIES",
    "Beta",
    "Cost",
    "Costs",
    "FromProductivity",
    "Pareto",
    "TabulatedCosts",
    "TruncatedLognormal",
    "Uniform",
    "column",
    "from_spec",
    "stand_in",
]
