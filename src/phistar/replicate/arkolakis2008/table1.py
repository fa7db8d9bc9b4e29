"""Table 1 of the paper: shares of United States imports from Mexico, and what can be worked out from them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np

CREDIT = (
    "Table 1 is printed in the paper (computed there from the OECD International Trade by Commodity database, "
    "6-digit Harmonized System); it ships beside this replication with its source."
)
#: The table prints two decimals of a per cent.
ROUNDING = 0.005
PREVIOUSLY, DROPPED = "previously traded", "newly nontraded"


@dataclass(frozen=True)
class Table1:
    """The rows of Table 1, in per cent of all trade (category).

    Attributes
    ----------
    group : ndarray of str
    before, after, new : ndarray
        Shares of trade in 1990-92 and 1997-99, and of new trade; not a number where the paper prints a dash.
    """

    group: np.ndarray
    before: np.ndarray
    after: np.ndarray
    new: np.ndarray

    @cached_property
    def growth_bounds(self) -> tuple[float, float]:
        """Bounds on total trade after over before, that every row's three rounded shares allow.

        Notes
        -----
        A category's share of new trade among goods traded at the end is (G s' - s)/(G - S), S the share before of all
        goods but those no longer traded; each of the three shares may lie anywhere in its rounding interval.
        """
        traded = self.group != DROPPED
        s, s_after, n = self.before[traded], self.after[traded], self.new[traded]
        kept = 1.0 - float(self.before[~traded][0]) / 100.0
        corners = [
            (s + a - (n + c) * kept) / (s_after + b - (n + c))
            for a in (-ROUNDING, ROUNDING)
            for b in (-ROUNDING, ROUNDING)
            for c in (-ROUNDING, ROUNDING)
        ]
        return float(np.max(np.min(corners, axis=0))), float(np.min(np.max(corners, axis=0)))

    @property
    def growth(self) -> float:
        """Total trade after over before, in the middle of what the table allows."""
        return float(np.mean(self.growth_bounds))

    @property
    def previously(self) -> np.ndarray:
        """Which rows are the ten categories of previously traded goods."""
        return np.asarray(self.group == PREVIOUSLY)

    @property
    def growth_previously(self) -> float:
        """Trade in previously traded goods after over before."""
        rows = self.previously
        return self.growth * float(self.after[rows].sum() / self.before[rows].sum())

    @property
    def growth_by_category(self) -> np.ndarray:
        """Trade after over before of each category of previously traded goods (category)."""
        return self.growth * self.after[self.previously] / self.before[self.previously]

    @property
    def growth_by_category_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest growth by category that rounding allows."""
        after, before = self.after[self.previously], self.before[self.previously]
        low = self.growth_bounds[0] * (after - ROUNDING) / (before + ROUNDING)
        return low, self.growth_bounds[1] * (after + ROUNDING) / (before - ROUNDING)

    @property
    def nine(self) -> float:
        """Share before, in per cent of previously traded goods, of all categories but the most traded."""
        before = self.before[self.previously]
        return 100.0 * float(before[:-1].sum() / before.sum())

    def least_traded_bounds(self, share: float) -> tuple[float, float]:
        """Bound the share after of the least traded goods that made up `share` of previously traded trade before.

        Categories one to nine fall a little short of the share; the rest is a slice of category ten, which grows at
        least not at all and at most as category nine does.
        """
        before, after = self.before[self.previously], self.after[self.previously]
        missing = share * before.sum() - before[:-1].sum()
        low = after[:-1].sum()
        return float(low / after.sum()), float((low + missing * after[-2] / before[-2]) / after.sum())


def table1() -> Table1:
    """Read Table 1 as printed."""
    text = resources.files(__package__).joinpath("table1.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    columns = {key: np.array([float(row[key] or "nan") for row in rows]) for key in rows[0] if key.startswith("share")}
    return Table1(np.array([row["group"] for row in rows]), columns["share_1990_92"], columns["share_1997_99"],
                  columns["share_of_new_trade"])  # fmt: skip
