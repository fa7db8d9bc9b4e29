"""What a firm does at a given productivity: price, quantity, revenue, employment, profit, by destination."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.model import Unknowns
from phistar.models.melitz import equations as eq
from phistar.models.melitz.primitives import Primitives

ALL = slice(None)


def log_price(m: Primitives, x: Unknowns, log_phi: np.ndarray, origins: slice = ALL) -> np.ndarray:
    """Compute ln of the consumer price, a constant markup over delivered cost (origin, destination, firm)."""
    log_cost = (m.log_tau + x["log_wage"][:, None])[origins, :, None] - log_phi[:, None, :]
    return np.log(m.sigma / (m.sigma - 1.0)) + log_cost


def sells(
    m: Primitives, x: Unknowns, log_phi: np.ndarray, lottery: np.ndarray | None = None, origins: slice = ALL
) -> np.ndarray:
    """Say which firms sell where (origin, destination, firm).

    A firm on a mixing atom sells where its number in `lottery`, uniform on [0, 1) (origin, firm), is below the
    atom's active share; without a lottery all of them do.
    """
    sellers = eq.selection(m, x)
    chosen = log_phi[:, None, :] >= sellers.log_e[origins, :, None]
    if sellers.mixing is None:
        return chosen
    mix = sellers.mixing
    # The atom's place in logs and the cutoff found by Newton agree to some ulps only.
    with np.errstate(invalid="ignore"):
        on_atom = np.abs(log_phi[:, None, :] - mix.log_at[origins, :, None]) < 1e-9
    drawn = True if lottery is None else lottery[:, None, :] < mix.active_share[origins, :, None]
    return np.where(on_atom, drawn, chosen)


def schedule(
    m: Primitives, x: Unknowns, log_phi: np.ndarray, lottery: np.ndarray | None = None, origins: slice = ALL
) -> dict[str, np.ndarray]:
    """Compute what firms of every origin (or of those in `origins`) do in every market.

    Parameters
    ----------
    m : Primitives
    x : dict
        Unknowns of an equilibrium.
    log_phi : ndarray (origin, firm)
        ln productivity; one row may serve all origins.
    lottery : ndarray (origin, firm), optional
        See `sells`.

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells`` (whether it chooses to), ``price``, ``quantity``, ``revenue``, ``employment`` (production and the
        market's fixed cost), ``profit``; all zero but the price where a firm does not sell.
    """
    rows = len(m.countries[origins])
    log_phi = np.broadcast_to(log_phi, (rows, log_phi.shape[-1]))
    chosen = sells(m, x, log_phi, lottery, origins)
    log_p = log_price(m, x, log_phi, origins)
    # Demand: A_j p^(1 - sigma).
    revenue = np.where(chosen, np.exp(x["log_demand"][None, :, None] - (m.sigma - 1.0) * log_p), 0.0)
    fixed = np.where(chosen, m.f[origins, :, None], 0.0)
    wage = np.exp(x["log_wage"])[origins, None, None]
    with np.errstate(over="ignore"):
        price = np.exp(log_p)
    return {
        "sells": chosen,
        "price": price,
        "quantity": revenue / price,
        "revenue": revenue,
        "employment": (m.sigma - 1.0) / m.sigma * revenue / wage + fixed,
        "profit": revenue / m.sigma - wage * fixed,
    }


def draw(m: Primitives, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
    """Draw `n` entrants a country and follow what they do: one row a draw, countries one after another.

    Returns
    -------
    dict of ndarray
        ``country`` (index), ``productivity``, ``active``, ``exporter``, ``markets`` (number served), ``revenue``,
        ``domestic_sales``, ``sales[NAME]`` a destination, ``employment``, ``profit``, ``weight`` (draws in the economy
        that one row stands for).
    """
    rng = np.random.default_rng(seed)
    entrants = np.broadcast_to(eq.mass_entrants(m, eq.selection(m, x)), (len(m.countries),))
    parts = [_draw_one(m, x, i, n, rng, entrants[i] / n) for i in range(len(m.countries))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _draw_one(m: Primitives, x: Unknowns, i: int, n: int, rng: np.random.Generator, weight: float) -> dict[str, Any]:
    """Draw one country's entrants; countries go one at a time to bound memory."""
    phi = m.families[i].sample(n, rng)
    lottery = rng.random(n)[None]
    one = {
        name: values[0] for name, values in schedule(m, x, np.log(phi)[None], lottery, origins=slice(i, i + 1)).items()
    }
    revenue = one["revenue"]
    served = one["sells"]
    abroad = np.delete(served, i, axis=0)
    return {
        "country": np.full(n, i),
        "productivity": phi,
        "active": served.any(axis=0),
        "exporter": abroad.any(axis=0),
        "markets": served.sum(axis=0),
        "revenue": revenue.sum(axis=0),
        "domestic_sales": revenue[i],
        **{f"sales[{name}]": revenue[j] for j, name in enumerate(m.countries)},
        "employment": one["employment"].sum(axis=0),
        "profit": one["profit"].sum(axis=0),
        "weight": np.full(n, weight),
    }
