"""What a firm does at a given productivity, and draws of many."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.model import Unknowns
from phistar.models.vertical_specialization import equations as eq
from phistar.models.vertical_specialization.outcomes import pairs, state
from phistar.models.vertical_specialization.primitives import Primitives


def schedule(
    m: Primitives, x: Unknowns, log_phi: np.ndarray, lottery: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Follow firms of given ln productivity (origin, firm), or (1, firm) for the same in both countries.

    Where firms of an atom mix, those take a mode whose number in `lottery`, uniform on [0, 1) (origin, firm), is below
    the share that do; all of them without a lottery.

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells``, ``imports`` (whether inputs for that market are imported too), ``price``, ``quantity``, ``revenue``,
        ``inputs`` and ``inputs_imported`` (spending), ``employment`` (the fixed costs: inputs are made elsewhere),
        ``profit``: zero where the firm does not sell, but for the price, which is then undefined.
    """
    found, s = state(m, x), m.sigma - 1.0
    phi = np.broadcast_to(log_phi, (2, log_phi.shape[-1]))[:, None, :]
    reached = _reached(x, phi, lottery) & m.open[..., None]
    sells, imports = _markets(reached[:, 0], reached[:, 2]), _markets(reached[:, 1], reached[:, 3])
    cost = eq.log_costs(m, found.log_w)
    own, bought = (pairs(cost[:, c], cost[:, c + 2])[..., None] for c in (0, 1))
    # an importing firm's unit cost to the power 1 - sigma is the sum of its two inputs'
    saved = np.where(imports, np.exp(-s * (bought - own)), 0.0)
    log_price = np.log(m.sigma / s) + own - np.log1p(saved) / s - phi
    log_demand = found.log_B + m.sigma * np.log(m.sigma) - s * np.log(s)
    revenue = np.where(sells, np.exp(log_demand[None, :, None] - s * log_price), 0.0)
    price = np.where(sells, np.exp(log_price), np.nan)
    inputs = m.rho * revenue
    fixed = pairs(m.f_D, m.f_X)[..., None] * sells + pairs(m.f_DM, m.f_XM)[..., None] * imports
    return {
        "sells": sells,
        "imports": imports,
        "price": price,
        "quantity": np.where(sells, revenue / price, 0.0),
        "revenue": revenue,
        "inputs": inputs,
        "inputs_imported": inputs * saved / (1.0 + saved),
        "employment": fixed,
        "profit": revenue / m.sigma - np.exp(found.log_w)[:, None, None] * fixed,
    }


def _reached(x: Unknowns, phi: np.ndarray, lottery: np.ndarray | None) -> np.ndarray:
    """Say whether firms take each mode where it can be had (origin, mode, firm)."""
    reached = np.asarray(phi >= x["log_cutoff"][..., None])
    if "_atom" not in x:
        return reached
    # logs of an atom may differ in their last digits
    torn = np.abs(phi - x["_atom"][..., None]) < 1e-9
    return np.where(torn, True if lottery is None else lottery[:, None] < x["atom_share"][..., None], reached)


def _markets(home: np.ndarray, abroad: np.ndarray) -> np.ndarray:
    """Lay what firms do at home and abroad out by destination (origin, destination, firm)."""
    return np.stack([np.stack([home[0], abroad[0]]), np.stack([abroad[1], home[1]])])


def draw(m: Primitives, x: Unknowns, n: int, seed: int) -> dict[str, np.ndarray]:
    """Draw `n` entrants a country and follow what they do: one row a draw, countries one after another.

    Returns
    -------
    dict of ndarray
        ``country`` (index), ``productivity``, ``active``, ``exporter``, ``importer``, ``markets`` (number served),
        ``revenue``, ``domestic_sales``, ``sales[NAME]`` a destination, ``inputs``, ``inputs_imported``,
        ``employment`` (fixed costs), ``profit`` (its entry cost apart), ``weight`` (draws in the economy that one row
        stands for).
    """
    rng = np.random.default_rng(seed)
    found = state(m, x)
    entrants = eq.mass_entrants(m, found.log_w, found.R, found.f)
    phi = np.stack([family.sample(n, rng) for family in m.families])
    lottery = rng.random(phi.shape) if m.has_atoms else None
    every = schedule(m, x, np.log(phi), lottery)
    parts = [_columns(m, i, phi[i], every, entrants[i] / n) for i in (0, 1)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _columns(m: Primitives, i: int, phi: np.ndarray, every: dict[str, np.ndarray], weight: float) -> dict[str, Any]:
    """Lay out one country's draws."""
    one = {name: value[i] for name, value in every.items()}
    return {
        "country": np.full(len(phi), i),
        "productivity": phi,
        "active": one["sells"].any(axis=0),
        "exporter": one["sells"][1 - i],
        "importer": one["imports"].any(axis=0),
        "markets": one["sells"].sum(axis=0),
        "revenue": one["revenue"].sum(axis=0),
        "domestic_sales": one["revenue"][i],
        **{f"sales[{name}]": one["revenue"][j] for j, name in enumerate(m.countries)},
        "inputs": one["inputs"].sum(axis=0),
        "inputs_imported": one["inputs_imported"].sum(axis=0),
        "employment": one["employment"].sum(axis=0),
        "profit": one["profit"].sum(axis=0),
        "weight": np.full(len(phi), weight),
    }
