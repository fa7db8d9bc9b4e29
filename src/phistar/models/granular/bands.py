"""What liberalization does over many draws of the firms: one draw proves nothing, so every statement gets its share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.blocks import oligopoly
from phistar.blocks.oligopoly import UpperTier
from phistar.core.errors import InputError
from phistar.models.granular.draws import read_draw
from phistar.models.granular.sectors import Sectors, drawn, solve_sectors

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Changes within rounding of zero are no changes.
_SAME = 1e-9


@dataclass(frozen=True)
class Bands:
    """Statements and changes over draws.

    Attributes
    ----------
    statements : mapping of str to float
        The share of draws in which each holds.
    changes : mapping of str to ndarray
        By name, its value at each of `quantiles` over draws; ratios of trade to autarky, or plain numbers.
    quantiles : tuple of float
    draws : int
        Draws with a certified equilibrium in autarky and in trade.
    refused : int
        Draws without one.
    """

    statements: Mapping[str, float]
    changes: Mapping[str, np.ndarray]
    quantiles: tuple[float, ...]
    draws: int
    refused: int


def bands(
    productivities: Mapping[str, Any],
    draws: int = 1000,
    *,
    W: int = 2,
    quantiles: Sequence[float] = QUANTILES,
    **world: Any,
) -> Bands:
    """Integrate W economies, draw after draw, and say how often each statement of the paper holds.

    Parameters
    ----------
    productivities : mapping
        The table to draw from, as a scenario has it: ``{family = "pareto", k = 5, scale = 0.2, firms = 10, seed = 1}``.
    draws : int
    W : int
        Symmetric economies that integrate, head to head: the survivors of autarky, W of each, in a W-fold market.
    **world
        As `solve_sectors` takes it: ``sigma``, ``K_1``, ``R`` or ``eta`` and ``I``, ``K_0``, ``conduct``, ...

    Raises
    ------
    InputError
        When a value is not allowed, or no draw has a certified equilibrium.
    """
    if isinstance(draws, bool) or draws < 1 or draws != int(draws):
        raise InputError("draws", "must be a whole number of at least 1", draws)
    draw, seed = read_draw(productivities)
    held: dict[str, list[np.ndarray]] = {}
    sizes: dict[str, list[np.ndarray]] = {}
    for before, after in liberalized(drawn(draw, int(draws), seed), W, world):
        both = before.certified & after.certified
        told = Opening(before, after, W, world)
        for store, found in ((held, told.statements()), (sizes, told.changes())):
            for name, values in found.items():
                store.setdefault(name, []).append(values[both])
    count = sum(len(v) for v in next(iter(held.values())))
    if count == 0:
        raise InputError("draws", "have no certified equilibrium", draws, remedy="lower the fixed cost")
    return Bands(
        {name: float(np.mean(np.concatenate(v))) for name, v in held.items()},
        {name: np.quantile(np.concatenate(v), quantiles) for name, v in sizes.items()},
        tuple(quantiles), count, int(draws) - count,
    )  # fmt: skip


def liberalized(chunks: Iterator[np.ndarray], W: int, world: Mapping[str, Any]) -> Iterator[tuple[Sectors, Sectors]]:
    """Solve chunks of sectors (sector, firm) in autarky and integrated."""
    size = "R" if world.get("eta") is None else "I"
    larger = {**world, size: W * np.asarray(world.get(size), dtype=float)} if world.get(size) is not None else world
    for phi in chunks:
        before = solve_sectors(phi, keep_firms=True, **world)
        survivors = before.productivity
        assert survivors is not None
        yield before, solve_sectors(np.repeat(survivors, W, axis=0).T, keep_firms=True, **larger)


class Opening:
    """Autarky and trade of many draws side by side; firms along the first axis, best first, one copy each.

    Attributes
    ----------
    before, after : Sectors
    W : int
    world : mapping
    phi, old, new : ndarray (firm, draw)
        Productivity, share in autarky, share of one copy in trade; zero where a firm is out.
    stays : ndarray of bool (firm, draw)
    old_markup, new_markup : ndarray (firm, draw)
        nan where a firm is out.
    """

    def __init__(self, before: Sectors, after: Sectors, W: int, world: Mapping[str, Any]) -> None:
        self.before, self.after, self.W, self.world = before, after, W, world
        assert before.share is not None
        assert after.share is not None
        assert before.productivity is not None
        rows = len(before.share)
        self.phi = before.productivity
        self.old = before.share
        padded = np.zeros((rows * W, len(before)))
        padded[: len(after.share)] = after.share[: rows * W]
        self.new = padded[::W]
        self.stays = self.new > 0.0
        with np.errstate(all="ignore"):
            self.old_markup, self.new_markup = self._markups(before, self.old), self._markups(after, self.new)

    def _markups(self, sectors: Sectors, share: np.ndarray) -> np.ndarray:
        conduct, sigma = self.world.get("conduct", "bertrand"), self.world["sigma"]
        upper = UpperTier(1.0, self.world.get("eta"))
        theta = upper.elasticity(np.log(sectors.price_index))
        tough = oligopoly.toughness_of_share(conduct, sigma, theta, share)
        return np.asarray(np.where(share > 0.0, oligopoly.markup_of_toughness(conduct, tough), np.nan))

    def growth(self, name: str) -> np.ndarray:
        """Return ln of trade over autarky of what each survivor makes of one: its sales, or its varieties (firm)."""
        size = self.after.sector_share / self.before.sector_share if self.world.get("eta") is not None else 1.0
        sales = self.W * size * self.new / self.old
        return np.asarray(np.log(sales / (self.new_markup / self.old_markup) if name == "varieties" else sales))

    def _profit(self, share: np.ndarray, markup: np.ndarray, spending: np.ndarray | float) -> np.ndarray:
        sigma, epsilon = self.world["sigma"], markup / (markup - 1.0)
        if self.world.get("scope", "multi") == "multi":
            return np.asarray(oligopoly.profit_of_scope(sigma, epsilon, share * spending))
        return np.asarray(oligopoly.profit_of_variety(epsilon, share * spending))

    def spending(self) -> tuple[Any, Any]:
        """Return spending on the sector in each market, before and after (draw)."""
        if self.world.get("eta") is None:
            return self.world["R"], self.W * self.world["R"]
        return self.world["I"] * self.before.sector_share, self.W * self.world["I"] * self.after.sector_share

    def profits(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what each firm earns before and after, before any fixed cost; nan where it is out (firm, draw)."""
        old, new = self.spending()
        return self._profit(self.old, self.old_markup, old), self._profit(self.new, self.new_markup, new)

    def statements(self) -> dict[str, np.ndarray]:
        """Judge every statement of the paper, draw by draw (draw)."""
        with np.errstate(all="ignore"):
            b, a, stays = self.before, self.after, self.stays
            ratio = self.new_markup / self.old_markup
            growth, (old, new) = self.growth("varieties"), self.profits()
            falls = new < old
            price = np.where(stays, self.new_markup / self.phi, np.nan)
            dearer = np.diff(price, axis=0) < -_SAME * price[1:]
            spread = np.nanmax(np.where(stays, ratio, -np.inf), axis=0) - np.min(np.where(stays, ratio, np.inf), axis=0)
            return {
                "the price index falls": a.price_index < b.price_index,
                "more varieties are on sale": a.total_varieties > b.total_varieties,
                "some firms exit": np.count_nonzero(stays, axis=0) < b.survivors,
                "only each economy's best firm stays": np.count_nonzero(stays, axis=0) == 1,
                "survivors' markups fall": np.all(~stays | (ratio < 1.0), axis=0),
                "less productive firms cut markups faster": spread > _SAME,
                "a more productive firm charges more": np.any(dearer, axis=0),
                "every survivor's profit falls": np.all(~stays | falls, axis=0),
                "the best firm's profit falls": falls[0],
                "the best firm's range grows": growth[0] > 0.0,
                "every survivor's range grows": np.all(~stays | (growth > 0.0), axis=0),
                "concentration falls": a.herfindahl < b.herfindahl,
                "the aggregate markup falls": a.aggregate_markup < b.aggregate_markup,
            }

    def changes(self) -> dict[str, np.ndarray]:
        """Measure what changes, trade over autarky, draw by draw (draw)."""
        with np.errstate(all="ignore"):
            b, a = self.before, self.after
            return {
                "survivors": b.survivors.astype(float),
                "share of them that stay": np.count_nonzero(self.stays, axis=0) / b.survivors,
                "price index": a.price_index / b.price_index,
                "varieties on sale": a.total_varieties / b.total_varieties,
                "markup of the best firm": self.new_markup[0] / self.old_markup[0],
                "aggregate markup": a.aggregate_markup / b.aggregate_markup,
                "herfindahl": a.herfindahl / b.herfindahl,
                "range of the best firm": np.exp(self.growth("varieties")[0]),
                "sales of the best firm": np.exp(self.growth("sales")[0]),
            }
