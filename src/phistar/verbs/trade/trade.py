"""Trade: a tariff on an observed world, with Melitz firms, by exact hats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from phistar.blocks.hats import Baseline, Shock, solve_hats
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import InputError
from phistar.data.flows import FlowTable, read_flows
from phistar.data.icio import load_bundled
from phistar.verbs.trade import outcomes
from phistar.verbs.trade.assumptions import SHAPE, SIGMA, assumptions
from phistar.verbs.trade.experiment import read_experiment, tariffs_before


@dataclass(frozen=True, repr=False)
class TradeResult(Equilibrium):
    """A certified tariff experiment: variables, assumptions with their sources, the data's credit."""

    assumptions: tuple[dict[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's result, with verb, assumptions, data and country names."""
        first = super().to_dict()
        table = self.model.table
        return {
            "phistar": first.pop("phistar"),
            "model": first.pop("model"),
            "verb": "trade",
            **{key: first.pop(key) for key in ("status", "certificate", "parameters")},
            "assumptions": [dict(a) for a in self.assumptions],
            "data": {"source": table.source, "credit": table.credit, "unit": table.unit},
            "countries": first.pop("countries"),
            "country_names": list(self.model.table.names),
            **first,
        }

    def columns(self) -> dict[str, list[Any]]:
        """Return one row a number: variable, origin, destination, value; a country stands under origin."""
        cells = [(v.name, *(*where, "")[:2], float(x)) for v in self.variables for where, x in self._cells(v)]
        names = ("variable", "origin", "destination", "value")
        return {name: [cell[n] for cell in cells] for n, name in enumerate(names)}


def trade(
    importer: str | Sequence[str],
    exporter: str | Sequence[str],
    rate: float,
    *,
    sigma: float = SIGMA,
    shape: float = SHAPE,
    table: FlowTable | str | PathLike[str] | None = None,
    inputs: str = "none",
    retaliate: bool = False,
    tariffs: Any = None,
    entry: str = "free",
) -> TradeResult:
    """Put a tariff on observed trade and solve for every country's firms, prices and welfare.

    Parameters
    ----------
    importer, exporter : str or sequence of str
        Codes or names, one, several or comma-separated; ``all`` means every partner of the other side.
    rate : float
        Ad valorem tariff in the importer on the exporter's goods, added to the tariff before; 0.25 is 25 per
        cent. Above -1; below zero it subsidises imports.
    sigma, shape : float
        Elasticity of substitution; shape of the Pareto law of productivity.
    table : FlowTable or path, optional
        Observed flows; by default the bundled OECD table for 2019.
    inputs : str
        ``none``: all output is income of labour; ``roundabout``: firms buy inputs too, in the table's share.
    retaliate : bool
        Whether exporters put the same rate on the importers' goods.
    tariffs : ndarray (origin, destination), optional
        Tariffs behind the observed flows; zero by default.
    entry : str
        ``free`` or ``fixed``.

    Returns
    -------
    TradeResult

    Raises
    ------
    InputError
        When a country, a rate, an elasticity or the table is wrong.
    NoEquilibrium
        When no certified equilibrium was found.
    """
    flows = _table(table)
    asked = read_experiment(flows, importer, exporter, rate, sigma, shape, inputs, retaliate, entry)
    before = tariffs_before(tariffs, len(flows.countries))
    after = asked.tariffs(before)
    if not (after > -1).all():
        raise InputError("rate", "must keep every tariff above -1", rate)
    shares = flows.input_share if inputs == "roundabout" else None
    baseline = Baseline(flows.flows, asked.sigma, asked.shape, before, shares, entry, flows.countries)
    hats = solve_hats(baseline, Shock(tariffs=after))
    values = outcomes.values(hats, flows, before, after, asked.shape)
    stated = assumptions(asked, bool(before.any()))
    return TradeResult(asked, {}, values, outcomes.variables(flows.money), hats.certificate, assumptions=stated)


def _table(table: FlowTable | str | PathLike[str] | None) -> FlowTable:
    if table is None:
        return load_bundled().flow_table()
    return table if isinstance(table, FlowTable) else read_flows(table)
