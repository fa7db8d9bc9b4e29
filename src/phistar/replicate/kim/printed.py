"""What the paper prints: its productivities and the cells of its tables, with the digits that the tables imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SIGMA, K_1, R, ETA, I, L, W = 6.0, 5.0, 1000.0, 2.0, 2000.0, 2000.0, 2

Words = tuple[str, ...]


@dataclass(frozen=True)
class Firms:
    """A data set of the paper, best firm first.

    Attributes
    ----------
    printed : tuple of str
        Productivities as the tables print them.
    recovered : tuple of float
        Productivities that round to those and from which the tables follow; fewer digits move no printed cell.
    """

    printed: Words
    recovered: tuple[float, ...]

    @property
    def rounded(self) -> tuple[float, ...]:
        """The printed productivities as numbers."""
        return tuple(float(phi) for phi in self.printed)


def _firms(leading: Sequence[float], *printed: str) -> Firms:
    rest = tuple(float(phi) for phi in printed[len(leading) :])
    return Firms(printed, (*leading, *rest))


#: Table 1 prints firm 5 as 0.235 and heads its column 0.2345.
FEENSTRA_MA = _firms(
    (0.2792937, 0.2669171, 0.237274, 0.2349326, 0.2344921, 0.2239384, 0.2018728),
    "0.279", "0.267", "0.237", "0.235", "0.2345", "0.224", "0.202",
)  # fmt: skip
EXAMPLE_1 = _firms(
    (2.406, 0.317), "2.406", "0.317", "0.276", "0.254", "0.240", "0.230", "0.221", "0.215", "0.209", "0.204",
)  # fmt: skip
EXAMPLE_2 = _firms(
    (0.3170495, 0.2760551, 0.2544864),
    "0.317", "0.276", "0.254", "0.240", "0.230", "0.221", "0.215", "0.209", "0.204", "0.200",
)  # fmt: skip
EXAMPLE_3 = _firms(
    (0.3644678, 0.2925544, 0.2639834),
    "0.364", "0.293", "0.264", "0.247", "0.235", "0.225", "0.218", "0.212", "0.207", "0.202",
)  # fmt: skip
EXAMPLES = {"Example 1": EXAMPLE_1, "Example 2": EXAMPLE_2, "Example 3": EXAMPLE_3}

#: Table 1: a row a firm, a column a candidate for the cutoff, the least productive first.
TABLE_1: tuple[Words, ...] = (
    ("0.723", "0.802", "0.840", "0.841", "0.850", "0.956", "1"),
    ("0.756", "0.839", "0.879", "0.880", "0.889", "1", "1.046"),
    ("0.851", "0.944", "0.988", "0.990", "1", "1.125", "1.177"),
    ("0.859", "0.953", "0.998", "1", "1.010", "1.136", "1.189"),
    ("0.861", "0.955", "1", "1.002", "1.012", "1.138", "1.191"),
    ("0.901", "1", "1.047", "1.049", "1.060", "1.192", "1.247"),
    ("1", "1.109", "1.162", "1.164", "1.175", "1.322", "1.384"),
)
#: Table 2, per cent, at a share of half a per cent of the candidate itself: a row a candidate, the least first; the
#: firms above it, then the sum.
TABLE_2: tuple[tuple[Words, str], ...] = (
    (("65.2", "61.2", "46.5", "44.9", "44.5", "35.4"), "298.2"),
    (("54.9", "48.7", "23.2", "20.0", "19.4"), "166.7"),
    (("48.6", "40.8", "6.0", "1.4"), "97.4"),
    (("48.3", "40.4", "5.2"), "94.5"),
    (("46.8", "38.4"), "85.7"),
    (("19.1",), "19.6"),
    ((), "0.5"),
)
#: Table 3, per cent: a row a candidate, the best first; "" where no share is found.
TABLE_3: tuple[Words, ...] = (
    ("100.0",),
    ("53.3", "46.7"),
    ("49.5", "41.9", "8.6"),
    ("49.0", "41.3", "7.1", "2.6"),
    ("48.9", "41.1", "6.7", "2.1", "1.2"),
)

#: What Tables 5 to A.4 print of a firm, shares in per cent.
QUANTITIES = ("share", "profit", "varieties", "price", "markup")


@dataclass(frozen=True)
class Block:
    """One half of a table: the survivors of autarky ("before") or of trade ("after"), in the order of `QUANTITIES`.

    Attributes
    ----------
    table, regime : str
    firms : Firms
    rows : tuple of tuple of str
        A row a survivor.
    sector : tuple of str
        The sector's share of spending, per cent, and its price index, in Tables A.2 to A.4.
    """

    table: str
    regime: str
    firms: Firms
    rows: tuple[Words, ...]
    sector: Words = ()


FIXED = (
    Block("5", "before", FEENSTRA_MA, (
        ("48.9", "67.12", "14.05", "4.98", "1.39"), ("41.1", "42.80", "12.27", "5.02", "1.34"),
        ("6.7", "0.79", "2.21", "5.12", "1.21"), ("2.1", "0.08", "0.71", "5.13", "1.20"),
        ("1.2", "0.03", "0.41", "5.13", "1.20"))),
    Block("5", "after", FEENSTRA_MA, (
        ("31.7", "45.47", "19.61", "4.63", "1.29"), ("18.3", "13.20", "11.77", "4.66", "1.24"))),
    Block("7", "before", EXAMPLE_1, (
        ("96.4", "787.0", "5.9", "2.72", "6.54"), ("3.6", "0.2", "1.2", "3.81", "1.21"))),
    Block("7", "after", EXAMPLE_1, (("50.0", "142.9", "28.6", "0.58", "1.40"),)),
    Block("8", "before", EXAMPLE_2, (
        ("56.9", "102.7", "15.5", "4.62", "1.46"), ("34.4", "27.6", "10.5", "4.73", "1.30"),
        ("8.7", "1.4", "2.9", "4.79", "1.22"))),
    Block("8", "after", EXAMPLE_2, (
        ("44.4", "104.6", "26.14", "4.29", "1.36"), ("5.6", "1.1", "3.67", "4.39", "1.21"))),
    Block("9", "before", EXAMPLE_3, (
        ("64.9", "153.1", "16.54", "4.31", "1.57"), ("35.0", "28.8", "10.70", "4.47", "1.31"),
        ("0.1", "0.0", "0.03", "4.55", "1.20"))),
    Block("9", "after", EXAMPLE_3, (("50.0", "142.86", "28.57", "3.84", "1.40"),)),
)  # fmt: skip
CES = (
    Block("A.2", "before", EXAMPLE_1, (("100.0", "699.8", "13.7", "1.35", "3.25"),), ("55.5", "0.80")),
    Block("A.2", "after", EXAMPLE_1, (("50.0", "217.1", "46.8", "0.58", "1.39"),), ("81.1", "0.23")),
    Block("A.3", "before", EXAMPLE_2, (
        ("70.3", "75.8", "10.9", "4.73", "1.50"), ("29.7", "8.5", "3.4", "4.59", "1.27")), ("26.9", "2.72")),
    Block("A.3", "after", EXAMPLE_2, (("50.0", "74.0", "19.40", "4.27", "1.35"),), ("32.8", "2.05")),
    Block("A.4", "before", EXAMPLE_3, (
        ("80.9", "122.2", "10.87", "4.53", "1.65"), ("19.1", "3.3", "3.41", "4.24", "1.24")), ("27.7", "2.61")),
    Block("A.4", "after", EXAMPLE_3, (("50.0", "82.95", "21.43", "3.72", "1.35"),), ("36.3", "1.75")),
)  # fmt: skip
