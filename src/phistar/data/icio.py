"""Inter-country input-output tables: labelled arrays, sums and checks; the bundled OECD table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from phistar.data.flows import FlowTable

#: Rows and columns of the table agree to rounding, 1e-15 of the largest output: six digits of slack.
BALANCE_RTOL = 1e-9

CREDIT = (
    "Source: OECD (2023), OECD Inter-Country Input-Output Tables, 2023 edition, http://oe.cd/icio, year "
    "2019, aggregated to the G20 members and the rest of the world. This is an adaptation of an "
    "original work by the OECD and not an official OECD product: the opinions expressed and arguments "
    "employed in it should not be reported as representing the official views of the OECD or of its "
    "Member countries."
)


@dataclass(frozen=True)
class InputOutputTable:
    """An inter-country input-output table.

    Attributes
    ----------
    countries, sectors, final_uses : tuple of str
        Labels of the axes.
    intermediate : ndarray (origin, sector, destination, using sector)
        Intermediate use.
    final : ndarray (origin, sector, destination, final use)
        Final use.
    net_taxes : ndarray (country, sector)
        Taxes less subsidies on the products an industry uses.
    value_added_by_sector : ndarray (country, sector)
        Labour and capital together: their split in the table is a convention.
    year : int
    unit, source, credit : str
        Unit of the values; short name of the source; the acknowledgment that travels with the table.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    final_uses: tuple[str, ...]
    intermediate: np.ndarray
    final: np.ndarray
    net_taxes: np.ndarray
    value_added_by_sector: np.ndarray
    year: int
    unit: str
    source: str
    credit: str

    def flows_by_sector(self) -> np.ndarray:
        """Sum final and intermediate use: sales (origin, sector, destination)."""
        return np.asarray(self.intermediate.sum(3) + self.final.sum(3))

    def flows(self) -> np.ndarray:
        """Sum sales over sectors: (origin, destination)."""
        return np.asarray(self.flows_by_sector().sum(1))

    def gross_output(self) -> np.ndarray:
        """Sum what each country's industries sell: (country,)."""
        return np.asarray(self.flows().sum(1))

    def value_added(self) -> np.ndarray:
        """Sum labour and capital income: (country,)."""
        return np.asarray(self.value_added_by_sector.sum(1))

    def intermediate_inputs(self) -> np.ndarray:
        """Sum what each country's industries buy, at basic prices: (country,)."""
        return np.asarray(self.intermediate.sum((0, 1, 3)))

    def final_spending(self) -> np.ndarray:
        """Sum each country's final use, at basic prices: (country,)."""
        return np.asarray(self.final.sum((0, 1, 3)))

    def imbalance(self) -> float:
        """Return the largest gap between an industry's sales and costs, as a share of the largest sales."""
        sales = self.intermediate.sum((2, 3)) + self.final.sum((2, 3))
        costs = self.intermediate.sum((0, 1)) + self.net_taxes + self.value_added_by_sector
        return float(np.abs(sales - costs).max() / sales.max())

    def flow_table(self) -> FlowTable:
        """Return the one-sector table of flows, with the share of intermediate inputs in gross output."""
        return FlowTable(
            self.countries,
            self.flows(),
            self.intermediate_inputs() / self.gross_output(),
            unit=self.unit,
            money="billion USD",
            money_scale=1e-3,
            source=self.source,
            credit=self.credit,
        )


@cache
def load_bundled() -> InputOutputTable:
    """Load the bundled table: OECD ICIO, 2023 edition, year 2019, G20 and rest of the world, million USD.

    Raises
    ------
    ValueError
        When the file's row and column sums disagree: it is not the file that was shipped.
    """
    with resources.files(__package__).joinpath("bundled", "icio_2019_g20.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        data = arrays["data"]
        countries, sectors, uses = (
            tuple(str(code) for code in arrays[key]) for key in ("country_codes", "sector_codes", "fd_codes")
        )
    n, s, f = len(countries), len(sectors), len(uses)
    industries = n * s
    table = InputOutputTable(
        countries=countries,
        sectors=sectors,
        final_uses=uses,
        intermediate=data[:industries, :industries].reshape(n, s, n, s),
        final=data[:industries, industries:].reshape(n, s, n, f),
        net_taxes=data[industries, :industries].reshape(n, s),
        value_added_by_sector=data[industries + 1 :, :industries].sum(0).reshape(n, s),
        year=2019,
        unit="million USD",
        source="OECD ICIO, 2023 edition, year 2019",
        credit=CREDIT,
    )
    if not table.imbalance() <= BALANCE_RTOL:
        raise ValueError("the bundled input-output table is not balanced: reinstall the package")
    return table
