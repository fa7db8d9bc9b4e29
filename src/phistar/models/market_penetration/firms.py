"""What a firm does at a given productivity, draws of many, and the distribution of sales in a destination."""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.errors import InputError
from phistar.core.model import Unknowns
from phistar.models.market_penetration import equations as eq
from phistar.models.market_penetration.economy import economy
from phistar.models.market_penetration.primitives import Primitives
from phistar.models.market_penetration.sales import log_x_of_sales, sales_of_log_x

ALL = slice(None)


def schedule(m: Primitives, x: Unknowns, log_phi: np.ndarray, origins: slice = ALL) -> dict[str, np.ndarray]:
    """Compute what firms of every origin (or of those in `origins`) do in every market.

    Parameters
    ----------
    m : Primitives
    x : dict
        Unknowns of an equilibrium.
    log_phi : ndarray (origin, firm)
        ln productivity; one row may serve all origins.

    Returns
    -------
    dict of ndarray (origin, destination, firm)
        ``sells``, ``price``, ``reach`` (share of consumers), ``quantity``, ``revenue``, ``marketing`` (its cost),
        ``employment`` (labour of the firm's own country: production and its part of marketing), ``profit``; zero
        where a firm does not sell, but for the price.
    """
    with np.errstate(all="ignore"):
        e = economy(m, x)
        rows = len(m.countries[origins])
        log_phi = np.broadcast_to(log_phi, (rows, log_phi.shape[-1]))[:, None, :]
        log_x = log_phi - e.log_cutoff[origins, :, None]
        sells = log_x > 0.0 if m.beta > 0.0 else log_x >= 0.0
        above = np.where(sells, log_x, 0.0)
        scale = np.exp(e.log_scale)[origins, :, None]
        t = (m.S / m.beta) * above if m.beta > 0.0 else np.where(sells, np.inf, 0.0)
        reach = eq.reach(t)
        revenue = np.where(sells, scale * np.exp(m.S * above) * reach, 0.0)
        effort = eq.marketing_effort(t, m.beta) if m.beta > 0.0 else np.where(sells, 1.0, 0.0)
        spent = np.where(sells, scale * effort / m.sigma, 0.0)
        price = np.exp(eq.log_unit_price(m, e.log_wage)[origins, :, None] - log_phi)
        wage = np.exp(e.log_wage)[origins, None, None]
        own = np.where(np.eye(len(m.countries), dtype=bool)[origins, :, None], 1.0, 1.0 - m.gamma)
        return {
            "sells": sells,
            "price": price,
            "reach": np.where(sells, reach, 0.0),
            "quantity": np.where(sells, revenue / price, 0.0),
            "revenue": revenue,
            "marketing": spent,
            "employment": (m.S / m.sigma * revenue + own * spent) / wage,
            "profit": np.where(sells, scale / m.sigma * profit_of(m, above, t), 0.0),
        }


def profit_of(m: Primitives, log_x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Compute profit in units of B/sigma, x^S n less the marketing effort, without cancellation at the cutoff."""
    if m.beta == 0.0:
        return np.expm1(m.S * log_x)
    # With u = beta t = S ln x: e^u - 1 - beta t at beta = 1, else e^u - 1 - beta/(beta-1) (e^((beta-1)t) - 1).
    u = m.S * log_x
    far = np.expm1(u) - m.beta * eq.marketing_effort(t, m.beta)
    return np.where(u * max(1.0, 1.0 / float(m.beta)) < 0.05, _near(u, t, float(m.beta)), far)


def _near(u: np.ndarray, t: np.ndarray, beta: float) -> np.ndarray:
    """Sum the series of the profit at the cutoff: beta sum_k (beta^(k-1) - (beta-1)^(k-1)) t^k / k!, from k = 2."""
    total, term, factor = np.zeros_like(t), beta * t, 1.0
    for k in range(2, 14):
        term = term * t / k
        total = total + term * factor
        factor = beta * factor + (beta - 1.0) ** (k - 1)
    return np.where(np.isfinite(total), total, 0.0)


def draw(m: Primitives, x: Unknowns, n: int, seed: int, active: bool = False) -> dict[str, np.ndarray]:
    """Draw `n` potential firms a country and follow what they do: one row a draw, countries one after another.

    With `active` they are drawn among those that sell somewhere, of which a plain draw may have next to none.

    Returns
    -------
    dict of ndarray
        ``country`` (index), ``productivity``, ``active``, ``exporter``, ``markets`` (number served; a firm that serves
        k of them serves the k easiest, see `hierarchy`), ``revenue``, ``domestic_sales``, ``sales[NAME]`` and
        ``reach[NAME]`` a destination, ``marketing``, ``employment``, ``profit``, ``weight`` (potential firms in the
        economy that one row stands for).
    """
    rng = np.random.default_rng(seed)
    entrants = np.broadcast_to(economy(m, x).entrants, (len(m.countries),))
    share = _active_share(m, x) if active else np.ones(len(m.countries))
    parts = [_draw_one(m, x, i, n, rng, float(entrants[i]), float(share[i])) for i in range(len(m.countries))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _active_share(m: Primitives, x: Unknowns) -> np.ndarray:
    """Compute the share of potential firms that sell somewhere (origin)."""
    easiest = economy(m, x).log_cutoff.min(axis=1)
    log_share = [float(_alone(m, i).log_survival(at)) for i, at in enumerate(easiest)]
    return np.exp(np.minimum(log_share, 0.0))


def _draw_one(
    m: Primitives, x: Unknowns, i: int, n: int, rng: np.random.Generator, entrants: float, share: float
) -> dict[str, Any]:
    """Draw one country's potential firms, the most productive `share`; countries go one at a time to bound memory."""
    phi = draw_productivity(m, i, n, rng, share)
    one = {name: values[0] for name, values in schedule(m, x, np.log(phi)[None], slice(i, i + 1)).items()}
    names = list(enumerate(m.countries))
    return {
        "country": np.full(n, i),
        "productivity": phi,
        "active": one["sells"].any(axis=0),
        "exporter": np.delete(one["sells"], i, axis=0).any(axis=0),
        "markets": one["sells"].sum(axis=0),
        "revenue": one["revenue"].sum(axis=0),
        "domestic_sales": one["revenue"][i],
        **{f"sales[{name}]": one["revenue"][j] for j, name in names},
        **{f"reach[{name}]": one["reach"][j] for j, name in names},
        "marketing": one["marketing"].sum(axis=0),
        "employment": one["employment"].sum(axis=0),
        "profit": one["profit"].sum(axis=0),
        "weight": np.full(n, entrants * share / n),
    }


def draw_productivity(m: Primitives, i: int, n: int, rng: np.random.Generator, share: float = 1.0) -> np.ndarray:
    """Draw the productivity of a country's potential firms, or of the most productive `share` of them."""
    if share < 1.0:
        return np.exp(np.asarray(_alone(m, i).log_quantile_upper(share * (1.0 - rng.random(n)))))
    if not m.closed:
        return m.families[i].sample(n, rng)
    # 1 - random() is in (0, 1]: the upper tail never reaches probability zero.
    return np.asarray(m.b[i] * (1.0 - rng.random(n)) ** (-1.0 / m.theta))


def hierarchy(m: Primitives, x: Unknowns) -> np.ndarray:
    """Rank destinations by how many firms of the origin they let in, the easiest first (origin, place).

    A firm that sells in one destination sells in all that stand before it.
    """
    order: np.ndarray = np.argsort(economy(m, x).log_cutoff, axis=1, kind="stable")
    return order


def sales_quantile(m: Primitives, x: Unknowns, share: Any, origin: int, destination: int) -> np.ndarray:
    """Compute the sales below which the share `share` of the origin's sellers in the destination stays (appendix C).

    Parameters
    ----------
    share : array_like
        In [0, 1].
    """
    below = np.asarray(share, dtype=float)
    if not np.all((below >= 0.0) & (below <= 1.0)):
        raise InputError("share", "must be from 0 to 1", share)
    e, g = economy(m, x), _alone(m, origin)
    log_x = e.log_cutoff[origin, destination]
    with np.errstate(divide="ignore"):
        log_phi = g.log_quantile_upper((1.0 - below) * np.exp(g.log_survival(log_x)))
    return np.exp(e.log_scale[origin, destination]) * sales_of_log_x(log_phi - log_x, m.S, m.beta)


def sales_cdf(m: Primitives, x: Unknowns, sales: Any, origin: int, destination: int) -> np.ndarray:
    """Compute the share of the origin's sellers in the destination that sell at most `sales`, eqs. (25), (26)."""
    e, g = economy(m, x), _alone(m, origin)
    log_x = e.log_cutoff[origin, destination]
    ratio = np.asarray(sales, dtype=float) / np.exp(e.log_scale[origin, destination])
    log_phi = log_x + log_x_of_sales(ratio, m.S, m.beta)
    with np.errstate(all="ignore"):
        return -np.expm1(np.minimum(g.log_survival(log_phi) - g.log_survival(log_x), 0.0))


def _alone(m: Primitives, origin: int) -> Any:
    """Return one country's distribution."""
    from phistar.blocks.productivity import Pareto

    return Pareto(float(m.theta), float(m.b[origin]), support="closed_form") if m.closed else m.families[origin]
