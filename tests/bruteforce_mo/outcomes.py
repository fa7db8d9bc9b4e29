"""What a solved world reports, summed over its firms."""

from __future__ import annotations

import numpy as np

from .worlds import Solution, sellers


def outcomes(solution: Solution) -> dict[str, np.ndarray]:
    """Return variables by the library's names, each a sum over firms or a consumer's own account."""
    world, N, n = solution.world, solution.N, solution.world.count
    L = np.asarray(world.L)
    found = [[sellers(world, i, j, solution.Q[j]) for j in range(n)] for i in range(n)]

    def total(value) -> np.ndarray:  # mass-weighted sum over the firms of each pair
        return np.array(
            [[N[i] * (found[i][j].weight * value(found[i][j], j)).sum() for j in range(n)] for i in range(n)]
        )

    seen = {
        "cost": lambda s, j: s.delivered,
        "price": lambda s, j: s.price,
        "markup": lambda s, j: s.price - s.delivered,
        "quantity": lambda s, j: L[j] * s.q,
        "revenue": lambda s, j: L[j] * s.price * s.q,
        "profit": lambda s, j: L[j] * (s.price - s.delivered) * s.q,
    }
    mass = total(lambda s, j: np.ones_like(s.q))
    variety = mass.sum(axis=0)
    flow, gain = total(seen["revenue"]), total(seen["profit"])
    produced = total(lambda s, j: L[j] * s.delivered * s.q).sum(axis=1)  # labour, melted on the way or not
    spending = flow.sum(axis=0) / L
    squares = total(lambda s, j: s.q**2).sum(axis=0)
    utility = world.alpha * solution.Q - 0.5 * world.gamma * squares - 0.5 * world.eta * solution.Q**2
    profits = gain.sum(axis=1) / L if world.incumbents is not None else np.zeros(n)
    entry = N * np.asarray(world.f_E) if world.incumbents is None else np.zeros(n)
    choke = world.alpha - world.eta * solution.Q
    tau = np.asarray(world.tau)
    out = {
        "price_threshold": choke,
        "cutoff": choke[None, :] / tau,
        "cutoff_effective": np.minimum(choke[None, :] / tau, np.array([c.upper for c in world.costs])[:, None]),
        "mass_entrants": N,
        "mass_sellers": mass,
        "variety": variety,
        "trade_flow": flow,
        "net_exports": flow.sum(axis=1) - flow.sum(axis=0),
        "consumer_surplus": utility - spending,
        "welfare": 1 + profits + utility - spending,
        "numeraire_consumption": 1 + profits - spending,
        "numeraire_labour": L - produced - entry,
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        out["trade_share"] = flow / flow.sum(axis=0)
        for name, value in seen.items():
            mean = total(value).sum(axis=0) / variety
            out[f"mean_{name}"] = mean
            out[f"variance_{name}"] = total(lambda s, j, v=value, m=mean: (v(s, j) - m[j]) ** 2).sum(axis=0) / variety
    return out
