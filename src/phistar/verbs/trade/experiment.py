"""What a tariff experiment asks: who taxes whose goods, at which rate, on which world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from phistar.blocks.hats import check_tariffs, elasticity_flaw
from phistar.core.errors import InputError
from phistar.data.countries import country_name, read_countries
from phistar.data.flows import FlowTable

INPUTS = ("none", "roundabout")

#: How a sentence names some of them.
_WITH_ARTICLE = {"GBR": "the United Kingdom", "ROW": "the rest of the world", "USA": "the United States"}


@dataclass(frozen=True)
class TariffExperiment:
    """What was asked: who taxes whose goods at which rate, on which world.

    Attributes
    ----------
    importers, exporters : tuple of str
        Codes.
    rate : float
        Ad valorem, added to the tariff before.
    sigma, shape : float
    inputs : str
        ``none`` or ``roundabout``.
    retaliate : bool
        Whether the exporters tax the importers' goods at the same rate.
    entry : str
        ``free`` or ``fixed``.
    table : FlowTable
    """

    name: ClassVar[str] = "melitz"

    importers: tuple[str, ...]
    exporters: tuple[str, ...]
    rate: float
    sigma: float
    shape: float
    inputs: str
    retaliate: bool
    entry: str
    table: FlowTable

    @property
    def countries(self) -> tuple[str, ...]:
        """Codes of the table's countries."""
        return self.table.countries

    def as_parameters(self) -> dict[str, Any]:
        """Return the parameters as understood."""
        return {
            "importer": list(self.importers),
            "exporter": list(self.exporters),
            "rate": self.rate,
            "sigma": self.sigma,
            "shape": self.shape,
            "inputs": self.inputs,
            "retaliate": self.retaliate,
            "entry": self.entry,
            "table": self.table.source,
        }

    @property
    def sentence(self) -> str:
        """Say the shock in words."""
        kind = "tariff" if self.rate >= 0 else "import subsidy"
        text = f"A {abs(self.rate) * 100:.6g}% {kind} by {_join(self.importers)}"
        text += f" on imports from {_join(self.exporters)}"
        return text + (", who retaliate" if self.retaliate else "")

    def tariffs(self, before: np.ndarray) -> np.ndarray:
        """Return tariffs afterwards, (origin, destination)."""
        at = {code: n for n, code in enumerate(self.countries)}
        after = before.copy()
        for importer in self.importers:
            for exporter in self.exporters:
                if importer != exporter:
                    after[at[exporter], at[importer]] = before[at[exporter], at[importer]] + self.rate
                    if self.retaliate:
                        after[at[importer], at[exporter]] = before[at[importer], at[exporter]] + self.rate
        return after


def _join(codes: Sequence[str]) -> str:
    if len(codes) > 4:
        return f"{len(codes)} partners"
    names = [_WITH_ARTICLE.get(code) or country_name(code) for code in codes]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def tariffs_before(tariffs: Any, n: int) -> np.ndarray:
    """Read the tariffs behind the observed flows, zero unless given (origin, destination)."""
    before = np.zeros((n, n)) if tariffs is None else np.array(tariffs, dtype=float)
    if before.shape != (n, n):
        raise InputError("tariffs", f"must be a {n} x {n} matrix [origin][destination]")
    check_tariffs("tariffs", before)
    return before


def read_experiment(
    table: FlowTable,
    importer: Any,
    exporter: Any,
    rate: Any,
    sigma: Any,
    shape: Any,
    inputs: str,
    retaliate: bool,
    entry: str,
) -> TariffExperiment:
    """Read what was asked.

    Raises
    ------
    InputError
        When a country, the rate, an elasticity or the choice of inputs is wrong.
    """
    rate, sigma, shape = _number("rate", rate), _number("sigma", sigma), _number("shape", shape)
    if not rate > -1:
        problem = "must be greater than -1 (a share: 0.25 is 25 per cent; below zero subsidises imports)"
        raise InputError("rate", problem, rate)
    if flaw := elasticity_flaw(sigma, shape):
        raise InputError(*flaw)
    if inputs not in INPUTS:
        raise InputError("inputs", 'must be one of "none", "roundabout"', inputs)
    if inputs == "roundabout" and table.input_share is None:
        raise InputError(
            "inputs",
            "needs a table that tells intermediate from final use",
            inputs,
            remedy="use the bundled table, or leave inputs out",
        )
    importers, exporters = _sides(table.countries, importer, exporter)
    return TariffExperiment(importers, exporters, rate, sigma, shape, inputs, bool(retaliate), entry, table)


def _number(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(key, "must be a number", value) from None
    if not np.isfinite(number):
        raise InputError(key, "must be a finite number", value)
    return number


def _sides(codes: tuple[str, ...], importer: Any, exporter: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    importers, exporters = (
        None if _is_all(value) else read_countries(value, codes, key)
        for value, key in ((importer, "importer"), (exporter, "exporter"))
    )
    if importers is None or exporters is None:
        return tuple(importers or _partners(codes, exporters)), tuple(exporters or _partners(codes, importers))
    for code in importers:
        if code in exporters:
            raise InputError(
                "exporter",
                "is also the importer: a country charges itself no tariff",
                code,
                remedy="name another country, or ask for retaliation to have tariffs both ways",
            )
    return tuple(importers), tuple(exporters)


def _partners(codes: tuple[str, ...], given: list[str] | None) -> tuple[str, ...]:
    """Return every partner: with several countries given, also one another."""
    return tuple(c for c in codes if given is None or len(given) > 1 or c not in given)


def _is_all(value: Any) -> bool:
    words = [value] if isinstance(value, str) else list(value)
    return [str(word).strip().casefold() for word in words] == ["all"]
