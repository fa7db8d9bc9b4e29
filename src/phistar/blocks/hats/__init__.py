"""Exact-hat gravity with Melitz firms: from observed flows to a changed world."""

from phistar.blocks.hats.answer import Hats, input_loop, solve_hats
from phistar.blocks.hats.economy import Baseline, Shock, check_tariffs, elasticity_flaw
from phistar.blocks.hats.equations import cutoff_hat, flow_hat, log_attraction, sellers_hat, spending_shares
from phistar.blocks.hats.solver import State, jacobian, residuals, state_at

__all__ = [
    "Baseline",
    "Hats",
    "Shock",
    "State",
    "check_tariffs",
    "cutoff_hat",
    "elasticity_flaw",
    "flow_hat",
    "input_loop",
    "jacobian",
    "log_attraction",
    "residuals",
    "sellers_hat",
    "solve_hats",
    "spending_shares",
    "state_at",
]
