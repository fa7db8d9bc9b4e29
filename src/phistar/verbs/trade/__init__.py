"""A tariff on an observed world, with Melitz firms, by exact hats."""

from phistar.verbs.trade.trade import TradeResult, trade

__all__ = ["TradeResult", "trade"]
