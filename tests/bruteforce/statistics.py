"""Every reported variable, computed from a weighted cloud of firms as from a firm-level data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from .worlds import Solution


def outcomes(solution: Solution) -> dict[str, np.ndarray]:
    """Return the library's variables by name, from brute force."""
    world, n = solution.world, solution.world.count
    s = world.sigma - 1
    rows = [_country(solution, i) for i in range(n)]
    out = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    out["wage"] = solution.wage
    out["expenditure"] = solution.income
    out["price_index"] = solution.price_index
    out["welfare"] = solution.income / (world.L * solution.price_index)
    out["real_wage"] = solution.wage / solution.price_index
    out["mass_entrants"] = solution.mass
    out["entry_flow"] = solution.mass * world.delta
    out["trade_share"] = out["trade_flow"] / solution.income
    out["variety"] = out["mass_sellers"].sum(axis=0)
    # Melitz's average over every variety on sale: the productivity at which all of them, made at home and
    # delivered free, would give the same price index
    out["phi_tilde_total"] = world.sigma / s * solution.wage / solution.price_index * out["variety"] ** (-1 / s)
    if world.entry == "fixed":
        del out["labour_entry"], out["entry_flow"]
    return out


def _mean(x: np.ndarray, mass: np.ndarray) -> float:
    return float(x @ mass / mass.sum()) if mass.sum() > 0 else np.nan


def _country(solution: Solution, i: int) -> dict[str, Any]:
    world, firm, E = solution.world, solution.firms[i], solution.mass[i]
    s, w, n = world.sigma - 1, solution.wage[i], world.count
    mass = E * firm.mass
    foreign = np.arange(n) != i
    revenue = firm.revenue.sum(axis=0)
    production = revenue * (s / world.sigma) / w
    # what the firm makes at its gate: more leaves than arrives
    with np.errstate(invalid="ignore"):
        made = np.where(firm.serves, firm.revenue / firm.price * world.tau[i][:, None], 0.0).sum(axis=0)
    employment = production + firm.fixed
    exports = firm.serves[foreign].any(axis=0) if n > 1 else np.zeros(revenue.shape, dtype=bool)
    home = ~exports
    fixed_home = world.f[i, i] * (firm.serves[i] if world.fixed_cost == "market" else np.ones(revenue.shape))
    profit = revenue / world.sigma - w * firm.fixed
    sellers = np.array([(mass * firm.serves[j]).sum() for j in range(n)])
    power = firm.phi**s

    def ratio(x: np.ndarray, over: np.ndarray | None = None) -> float:
        if not exports.any() or not home.any():
            return np.nan
        return _mean(x[exports], mass[exports]) / _mean(x[home], mass[home])

    def pooled(part: np.ndarray) -> float:
        return float((revenue[part] @ mass[part]) / (employment[part] @ mass[part])) if part.any() else np.nan

    phi_tilde_market = [
        _mean(power[firm.serves[j]], mass[firm.serves[j]]) ** (1 / s) if sellers[j] > 0 else np.nan for j in range(n)
    ]
    total = float(revenue @ mass)
    row: dict[str, Any] = {
        "trade_flow": firm.revenue @ mass,
        "mass_sellers": sellers,
        "mass_active": mass.sum(),
        "mass_exporters": mass[exports].sum(),
        "seller_share": sellers / mass.sum(),
        "exporter_share": mass[exports].sum() / mass.sum(),
        "export_revenue_share": float((firm.revenue[foreign] @ mass).sum()) / total,
        "phi_tilde": _mean(power, mass) ** (1 / s),
        "phi_tilde_market": phi_tilde_market,
        "productivity_average": _mean(power, mass) ** (1 / s),
        "mean_productivity": _mean(firm.phi, mass),
        "mean_log_productivity": _mean(np.log(firm.phi), mass),
        "revenue_weighted_productivity": float(firm.phi @ (revenue * mass)) / total,
        "revenue_weighted_log_productivity": float(np.log(firm.phi) @ (revenue * mass)) / total,
        "output_per_worker": float(made @ mass) / world.L[i],
        "labour_production": float(production @ mass),
        "labour_fixed": float(fixed_home @ mass),
        "labour_export": float((firm.fixed - fixed_home) @ mass),
        "labour_entry": E * world.delta[i] * world.f_e[i],
        "revenue_average": total / mass.sum(),
        "profit_average": float(profit @ mass) / mass.sum(),
        "profit_total": float(profit @ mass),
        "premium_domestic_sales": ratio(firm.revenue[i]),
        "premium_revenue": ratio(revenue),
        "premium_employment": ratio(employment),
        "premium_productivity": ratio(firm.phi),
        "premium_phi_tilde": ratio(power) ** (1 / s),
        "premium_log_productivity": _mean(np.log(firm.phi[exports]), mass[exports])
        - _mean(np.log(firm.phi[home]), mass[home]),
        "premium_revenue_per_worker": pooled(exports) / pooled(home),
    }
    served = [firm.phi[firm.serves[j]] for j in range(n)]
    row["lowest_seller"] = np.array([_lowest(solution, i, j) if len(served[j]) else np.inf for j in range(n)])
    return row


def _lowest(solution: Solution, i: int, j: int) -> float:
    """Return the lowest productivity of country i that serves market j."""
    from .worlds import turning_points

    world = solution.world
    demand = solution.income * solution.price_index ** (world.sigma - 1)
    points, best = turning_points(world, i, solution.wage, demand)
    from .worlds import market_sets

    sets = market_sets(world.count)
    serving = [x for x, b in zip(points, best, strict=True) if j in sets[b]]
    return max(min(serving), world.families[i].lower)
