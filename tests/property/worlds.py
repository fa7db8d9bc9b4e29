"""Random admissible scenarios of wild magnitude, for hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

FAMILIES = ("pareto", "bounded_pareto", "lognormal", "frechet", "weibull", "lognormal_pareto", "empirical")


def log_uniform(rng: np.random.Generator, low: float, high: float, shape: Any = None) -> Any:
    return np.exp(rng.uniform(np.log(low), np.log(high), shape))


def table(rng: np.random.Generator, family: str, sigma: float) -> dict[str, Any]:
    """Return one productivity table whose sales are finite, often only just."""
    s = sigma - 1
    tail = s * (1 + log_uniform(rng, 1e-3, 10.0))  # k from just above sigma - 1 to eleven times it
    scale = float(log_uniform(rng, 1e-2, 1e2))
    match family:
        case "pareto":
            return {"family": family, "k": float(tail), "scale": scale}
        case "bounded_pareto":
            k = float(log_uniform(rng, 0.3, 25.0))  # a bounded support needs no k > sigma - 1
            return {
                "family": family,
                "k": k,
                "lower": scale,
                "upper": scale * float(1 + log_uniform(rng, 1e-2, 1e3)),
            }
        case "lognormal":
            return {"family": family, "mu": float(np.log(scale)), "sd": float(log_uniform(rng, 0.05, 2.0))}
        case "frechet":
            return {"family": family, "shape": float(tail), "scale": scale}
        case "weibull":
            return {"family": family, "shape": float(log_uniform(rng, 0.4, 8.0)), "scale": scale}
        case "lognormal_pareto":
            sd = float(log_uniform(rng, 0.05, 0.8))
            return {"family": family, "mu": float(np.log(scale)), "sd": sd, "k": float(tail)}
    count = int(rng.integers(1, 13))
    values = scale * np.exp(rng.normal(0, 0.7, count))
    given: dict[str, Any] = {"family": family, "values": values.tolist()}
    if rng.random() < 0.5:
        given["weights"] = rng.dirichlet(np.ones(count)).tolist()
    return given


def parameters(
    seed: int, count: int, families: list[str], *, spread: float, entry: str, fixed_cost: str, closed: float
) -> dict[str, Any]:
    """Return parameters; `spread` scales every range in logs, `closed` is the chance of no trade."""
    rng = np.random.default_rng(seed)

    def wide(low: float, high: float, shape: Any = None) -> Any:
        middle = np.sqrt(low * high)
        return middle * np.exp(spread * np.log(log_uniform(rng, low, high, shape) / middle))

    sigma = float(1 + wide(0.2, 19.0))
    tau = 1 + wide(1e-3, 49.0, (count, count))
    tau[rng.random((count, count)) < closed] = np.inf
    home = 1 + (rng.random(count) < 0.2) * log_uniform(rng, 1e-2, 1.0, count)
    np.fill_diagonal(tau, home)
    given: dict[str, Any] = {
        "sigma": sigma,
        "L": wide(1e-3, 1e4, count).tolist(),
        "tau": tau.tolist(),
        "f": wide(1e-3, 1e3, (count, count)).tolist(),
        "productivity": [table(rng, family, sigma) for family in families],
        "entry": entry,
        "fixed_cost": fixed_cost,
        "numeraire": int(rng.integers(count)),
    }
    if entry == "free":
        given["f_e"] = wide(1e-3, 1e3, count).tolist()
        given["delta"] = log_uniform(rng, 1e-2, 1.0, count).tolist()
    else:
        given["J"] = wide(1e-3, 1e4, count).tolist()
    return given


@st.composite
def scenarios(draw: Any) -> dict[str, Any]:
    """Draw one admissible scenario; structure is drawn one by one (so it shrinks), magnitudes from a seed."""
    count = draw(st.integers(1, 10))
    mixed = draw(st.booleans())
    some = st.sampled_from(FAMILIES)
    families = [draw(some) for _ in range(count)] if mixed else [draw(some)] * count
    return {
        "model": "melitz",
        "parameters": parameters(
            draw(st.integers(0, 2**32 - 1)),
            count,
            families,
            spread=draw(st.sampled_from([0.1, 0.4, 1.0])),
            entry=draw(st.sampled_from(["free", "free", "fixed"])),
            fixed_cost=draw(st.sampled_from(["market", "overhead"])),
            closed=draw(st.sampled_from([0.0, 0.0, 0.3])),
        ),
    }
