"""`phistar compare`: baseline against counterfactual."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json, Scenario, Settings

HorizonsFlag = Annotated[
    bool, typer.Option("--horizons", help="The long and the short run, where the baseline's entrants stay.")
]


def compare_command(
    scenario: Scenario, settings: Settings = None, json: Json = None, horizons: HorizonsFlag = False
) -> None:
    """Compare a scenario's baseline with its counterfactual: levels, changes, decompositions."""
    from phistar.cli.output import check_json, deliver
    from phistar.report.results import comparison_notes, comparison_tables, horizon_notes, horizon_tables
    from phistar.verbs.compare import compare, compare_horizons

    check_json(json)
    if horizons:
        both = compare_horizons(scenario, settings or ())
        deliver(both.to_dict, horizon_tables(both), horizon_notes(both), json)
        return
    comparison = compare(scenario, settings or ())
    deliver(comparison.to_dict, comparison_tables(comparison), comparison_notes(comparison), json)
