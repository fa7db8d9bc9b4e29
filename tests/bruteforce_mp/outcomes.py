"""What a solved world of firms' choices comes to, under the library's names, summed over firms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .firms import best_price
from .worlds import State, sellers


def outcomes(state: State) -> dict[str, np.ndarray]:
    """Return every variable the library reports, but for the trade elasticity, from sums over firms."""
    world, n = state.world, state.world.count
    flows, marketing, profit = (state.total(of) for of in ("sales", "marketing", "profit"))
    masses, home = state.entrants[:, None] * np.array([[s.mass.sum() for s in r] for r in state.firms]), np.eye(n) > 0
    reached = state.total("reach")
    cutoff = np.exp([[s.threshold for s in row] for row in state.firms])
    spent = flows.sum(axis=0)
    gamma = world.gamma
    active = masses.max(axis=1)  # sellers are nested: whoever sells anywhere sells where most do
    exporters = np.where(home, 0.0, masses).max(axis=1)
    wide = [row[int(np.argmax(masses[i]))] for i, row in enumerate(state.firms)]
    power = [float(s.mass @ s.phi ** (world.sigma - 1)) / s.mass.sum() for s in wide]
    return {
        "wage": state.wage,
        "income": state.income,
        "expenditure": spent,
        "price_index": state.price_index,
        "welfare": state.income / state.price_index,
        "real_wage": state.wage / state.price_index,
        "cutoff": cutoff,
        "cutoff_effective": np.maximum(cutoff, [[f.lower] for f in world.families]),
        "mass_entrants": state.entrants,
        "mass_active": active,
        "mass_exporters": exporters,
        "exporter_share": exporters / active,
        "mass_sellers": masses,
        "seller_share": masses / active[:, None],
        "variety": masses.sum(axis=0),
        "variety_consumer": reached.sum(axis=0),
        "trade_flow": flows,
        "trade_share": flows / spent,
        "mean_sales": flows / masses,
        "mean_reach": reached / masses,
        "sales_scale": _scale(state),
        "marketing": marketing,
        "marketing_share": marketing / flows,
        "profit_total": profit.sum(axis=1),
        "profit_share": profit.sum(axis=1) / flows.sum(axis=1),
        "productivity_average": np.array(power) ** (1 / (world.sigma - 1)),
        "export_revenue_share": np.where(home, 0.0, flows).sum(axis=1) / flows.sum(axis=1),
        "net_exports": flows.sum(axis=1) - spent,
        "labour_production": state.total("production").sum(axis=1) / state.wage,
        "labour_marketing": ((1 - gamma) * marketing.sum(axis=1) + gamma * marketing.sum(axis=0)) / state.wage,
        "labour_entry": state.entrants * world.f_e if world.free else np.zeros(n),
    }


def _scale(state: State) -> np.ndarray:
    """Return what each market would buy, were all its consumers reached, from a firm at the threshold."""
    n = state.world.count
    scale = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            market = state.market(i, j)
            phi = np.exp([state.firms[i][j].threshold])
            price = best_price(market, phi)
            scale[i, j] = (market.L * market.consumption(price) * price)[0]
    return scale


def trade_elasticity(state: State, step: float = 3e-4) -> np.ndarray:
    """Return -d ln(sales of i in j)/d ln tau_ij with all prices and incomes given, by differences."""
    n = state.world.count

    def log_sales(i: int, j: int, change: float) -> float:
        market = state.market(i, j)
        s = sellers(replace(market, tau=market.tau * np.exp(change)), state.world.families[i])
        return float(np.log(s.mass @ s.sales))

    def difference(i: int, j: int, width: float) -> float:
        return (log_sales(i, j, -width) - log_sales(i, j, width)) / (2 * width)

    # Richardson: of two widths, so that the error in their square goes
    return np.array(
        [[(4 * difference(i, j, step) - difference(i, j, 2 * step)) / 3 for j in range(n)] for i in range(n)]
    )
