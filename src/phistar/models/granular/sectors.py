"""Many sectors at once: arrays of sectors by firms, solved and certified together, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from phistar.blocks.oligopoly import UpperTier
from phistar.core.certificate import TOLERANCE
from phistar.core.errors import InputError
from phistar.models.granular import aggregates, kernel, replies
from phistar.models.granular import equations as eq
from phistar.models.granular.draws import Draw
from phistar.models.granular.game import Game

#: Sectors solved together: large enough to hide Python's cost, small enough to stay in cache.
CHUNK = 4096


@dataclass(frozen=True)
class Sectors:
    """What each sector's equilibrium is, one entry a sector.

    Attributes
    ----------
    price_index, sector_share, survivors, cutoff, cutoff_share, total_varieties, total_profit, herfindahl,
    aggregate_markup, misallocation, mean_productivity : ndarray (sector)
        As `phistar.solve` reports them for one sector; nan where a sector has no equilibrium.
    residual : ndarray (sector)
        Largest scaled residual among sum of shares, pricing, scope and the price index recomputed from firms.
    static_entry : ndarray of bool (sector)
        Whether the best excluded firm would enter against rivals that stay as they are.
    productivity, share : ndarray (firm, sector), or None
        The survivors, best first, then zeros; kept when asked for.
    """

    price_index: np.ndarray
    sector_share: np.ndarray
    survivors: np.ndarray
    cutoff: np.ndarray
    cutoff_share: np.ndarray
    total_varieties: np.ndarray
    total_profit: np.ndarray
    herfindahl: np.ndarray
    aggregate_markup: np.ndarray
    misallocation: np.ndarray
    mean_productivity: np.ndarray
    residual: np.ndarray
    static_entry: np.ndarray
    productivity: np.ndarray | None = None
    share: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.price_index)

    @property
    def certified(self) -> np.ndarray:
        """Whether each sector's residuals are numbers below the tolerance of every certificate."""
        return np.asarray(self.residual <= TOLERANCE)

    @property
    def reasons(self) -> np.ndarray:
        """Why a sector is refused, "" where it is certified."""
        missing = "no equilibrium: the fixed cost leaves too few firms to share the sector at finite markups"
        inexact = "not certified: some equation is off by more than a certificate allows"
        refused = np.where(np.isnan(self.price_index), missing, inexact)
        return np.asarray(np.where(self.certified, "", refused), dtype=object)


def solve_sectors(
    productivities: Any,
    *,
    sigma: float,
    K_1: float = 1.0,
    K_0: Any = 0.0,
    R: Any = None,
    eta: float | None = None,
    I: Any = None,
    conduct: str = "bertrand",
    scope: str = "multi",
    f: Any = 0.0,
    keep_firms: bool = False,
    chunk: int = CHUNK,
) -> Sectors:
    """Solve many sectors at once.

    Parameters
    ----------
    productivities : array_like (sector, firm)
        In any order; zero where a sector has fewer firms than the widest.
    R : float or ndarray (sector)
        Spending on each sector; with `eta` give `I`, spending on everything, instead.
    K_0, f : float or ndarray (sector)
        Labour to be in the market: K_0 beside scope, f with one variety each.
    keep_firms : bool
        Whether to keep every survivor's productivity and share.

    Returns
    -------
    Sectors

    Raises
    ------
    InputError
        When a value is not allowed.
    """
    phi = np.asarray(productivities, dtype=float)
    game = _game(phi, sigma, K_1, K_0, R, eta, I, conduct, scope, f)
    parts = []
    for first in range(0, len(phi), chunk):
        keep = slice(first, first + chunk)
        parts.append(solve_block(kernel.of_sectors(game, keep), _descending(phi[keep]), keep_firms))
    return join(parts)


def draw_sectors(draw: Draw, sectors: int, seed: int = 0, **world: Any) -> Sectors:
    """Draw many sectors and solve them, chunk by chunk, so that memory does not grow with firms.

    Parameters
    ----------
    draw : Draw
        How each sector's firms are drawn; see `draws.read_draw`.
    sectors : int
    seed : int
        The same seed gives the same sectors, however many follow.
    **world
        As `solve_sectors` takes it.
    """
    return join([solve_sectors(phi, **world) for phi in drawn(draw, sectors, seed)])


def drawn(draw: Draw, sectors: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the productivities (sector, firm) of many sectors, a chunk at a time, each with a stream of its own."""
    for i, first in enumerate(range(0, sectors, CHUNK)):
        rng = np.random.default_rng([seed, i])
        yield draw(CHUNK, rng)[: sectors - first] if draw.cheap else draw(min(CHUNK, sectors - first), rng)


def _game(
    phi: np.ndarray, sigma: float, K_1: float, K_0: Any, R: Any, eta: Any, I: Any, conduct: str, scope: str, f: Any
) -> Game:
    if phi.ndim != 2 or 0 in phi.shape:
        raise InputError("productivities", "must be an array of sectors by firms", phi.shape)
    if not (np.isfinite(phi).all() and phi.min() >= 0.0):
        where = np.argwhere(~(np.isfinite(phi) & (phi >= 0.0)))[0]
        raise InputError(f"productivities[{where[0]}][{where[1]}]", "must be a positive number, or 0 for no firm",
                         float(phi[tuple(where)]))  # fmt: skip
    key, size = ("R", R) if eta is None else ("I", I)
    fixed_key, fixed = ("K_0", K_0) if scope == "multi" else ("f", f)
    for name, value, low in ((key, size, 0.0), ("K_1", K_1, 0.0), (fixed_key, fixed, -1.0), ("sigma", sigma, 1.0)):
        if value is None or not np.all(np.asarray(value, dtype=float) > low) or not np.all(np.isfinite(value)):
            raise InputError(name, f"must be a finite number above {max(low, 0.0):g}", value)
    if np.any(np.asarray(fixed) < 0.0):
        raise InputError(fixed_key, "must be at least 0", fixed)
    if eta is not None and not 0.0 < eta < sigma:
        raise InputError("eta", f"must be above 0 and below sigma = {sigma:g}", eta)
    sizes = [np.asarray(v, dtype=float) for v in (size, fixed)]
    for name, value in zip((key, fixed_key), sizes, strict=True):
        if value.ndim and value.shape != (len(phi),):
            raise InputError(name, f"must be one number, or one for each of the {len(phi)} sectors", value.shape)
    return Game(sigma, UpperTier(sizes[0], eta), K_1, sizes[1], conduct, scope)


def _descending(phi: np.ndarray) -> np.ndarray:
    """Return productivities (firm, sector), best first."""
    if np.all(phi[:, :-1] >= phi[:, 1:]):
        return phi.T
    return np.sort(phi, axis=1)[:, ::-1].T


def solve_block(game: Game, phi: np.ndarray, keep_firms: bool = False) -> Sectors:
    """Solve and certify sectors whose firms are laid out best first (firm, sector)."""
    x, survivors = kernel.select_from_top(game, phi)
    return _certified(game, phi, x, survivors, keep_firms)


def _certified(game: Game, phi: np.ndarray, x: np.ndarray, survivors: np.ndarray, keep_firms: bool) -> Sectors:
    """Compute what is reported and judge it, sectors of like width together."""
    count = len(x)
    width = int(survivors.max(initial=1))
    columns = {f.name: np.full(count, np.nan) for f in fields(Sectors)[:12]}
    static = np.zeros(count, dtype=bool)
    share_kept = np.zeros((width, count)) if keep_firms else None
    lower = 0
    for upper in (4, 8, 16, 32, 64, 128, 256, 512, 1024, max(width, 1025)):
        group = np.flatnonzero((survivors > lower) & (survivors <= upper) & np.isfinite(x))
        lower = upper
        if not len(group):
            continue
        rows = min(upper, width)
        sub = kernel.of_sectors(game, group) if len(group) < count else game
        firms = np.where(np.arange(rows)[:, None] < survivors[group], phi[:rows, group], 0.0)
        able = kernel.ability(sub, firms)
        values, share = _outcomes(sub, firms, able, x[group], survivors[group])
        for name, value in values.items():
            columns[name][group] = value
        if share_kept is not None:
            share_kept[:rows, group] = share
        if np.any(np.asarray(game.fixed) > 0.0):
            static[group] = _static_entry(sub, phi[:, group], x[group], survivors[group])
    kept = None
    if keep_firms:
        kept = np.where(np.arange(width)[:, None] < survivors, phi[:width], 0.0)
    columns["survivors"] = survivors
    return Sectors(**columns, static_entry=static, productivity=kept, share=share_kept)


def _outcomes(
    game: Game, phi: np.ndarray, able: np.ndarray, x: np.ndarray, survivors: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    share, markup = kernel.shares_at(game, able, x)
    on = share > 0.0
    mu, ability = np.where(on, markup, 1.0), np.where(on, phi, 1.0)
    spending = game.upper.spending(x)
    price = eq.price(mu, ability)
    varieties = eq.varieties(game, spending, share, mu) if game.scope == "multi" else on.astype(float)
    epsilon = eq.elasticity(game, x, share)
    profit = np.where(on, eq.profit(game, spending, share, epsilon), 0.0)
    totals = aggregates.totals(game, on.astype(float), share, mu, varieties, ability)
    last = np.maximum(survivors - 1, 0)[None]
    misses = np.stack([
        np.abs(share.sum(axis=0) - 1.0),
        np.max(np.where(on, np.abs(eq.markup_of_share(game, x, share) / mu - 1.0), 0.0), axis=0),
        np.abs(eq.log_price_index(game, on, varieties, price) - x),
        np.maximum(0.0, -np.min(profit / spending, axis=0)),
    ])  # fmt: skip
    values = {
        "price_index": np.exp(x),
        "sector_share": game.upper.share(x) if game.upper.eta is not None else np.full(len(x), np.nan),
        "cutoff": np.take_along_axis(phi, last, axis=0)[0],
        "cutoff_share": np.take_along_axis(share, last, axis=0)[0],
        "total_profit": profit.sum(axis=0),
        "residual": misses.max(axis=0),
        **totals,
    }
    return values, share


def _static_entry(game: Game, phi: np.ndarray, x: np.ndarray, survivors: np.ndarray) -> np.ndarray:
    """Whether the best excluded firm would gain by entering against rivals that stay where they are (sector)."""
    nxt = np.where(survivors < len(phi), survivors, 0)
    best = np.where(survivors < len(phi), np.take_along_axis(phi, nxt[None], axis=0)[0], 0.0)[None]
    able = kernel.ability(game, best)
    share, _ = kernel.shares_at(game, able, x)
    # A firm that would have no share at the present P has none after its own entry either.
    maybe = np.flatnonzero(share[0] > 0.0)
    gains = np.zeros(len(x), dtype=bool)
    if len(maybe):
        sub = kernel.of_sectors(game, maybe)
        _, profit, _ = replies.best_reply(sub, able[:, maybe], x[maybe], np.zeros((1, len(maybe))))
        gains[maybe] = profit[0] > kernel.tolerance(sub, x[maybe])
    return gains


def join(parts: list[Sectors]) -> Sectors:
    """Lay sectors solved in parts end to end."""
    joined: dict[str, Any] = {}
    for field in fields(Sectors):
        arrays = [getattr(part, field.name) for part in parts]
        if arrays[0] is None:
            joined[field.name] = None
            continue
        if arrays[0].ndim == 2:
            rows = max(len(a) for a in arrays)
            arrays = [np.pad(a, ((0, rows - len(a)), (0, 0))) for a in arrays]
        joined[field.name] = np.concatenate(arrays, axis=-1)
    return Sectors(**joined)
