"""Axes and labelled variables: always in the order origin, destination, sector, firm."""

from __future__ import annotations

from dataclasses import dataclass

COUNTRY = ("country",)
PAIR = ("origin", "destination")
FIRM = ("firm",)
COUNTRY_AXES = frozenset({"country", "origin", "destination"})


@dataclass(frozen=True)
class Variable:
    """What a model reports under one name.

    Parameters
    ----------
    name : str
        The word used at the shared boundary (``wage``, ``trade_share``).
    dims : tuple of str
        Axes, in the order of the house.
    unit : str
        Unit of the values.
    symbol : str
        The paper's letter.
    meaning : str
        One line for people.
    signed : bool
        Whether levels may be zero or negative by their nature, so that a ratio of two says nothing.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    symbol: str
    meaning: str
    signed: bool = False

    @property
    def proportional(self) -> bool:
        """Whether its changes are told in proportion; those of logs and signed levels are differences."""
        return not (self.signed or self.unit.startswith("log"))
