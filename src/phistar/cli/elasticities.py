"""`phistar elasticities`: exact local responses of outcomes to parameters."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json, Scenario, Settings

Of = Annotated[
    str | None,
    typer.Option("--of", metavar="NAME", help="One variable; all when absent.", show_default=False),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="KEY", help="One key, as tau[0][1]; all when absent.", show_default=False),
]


def elasticities_command(
    scenario: Scenario, of: Of = None, to: To = None, settings: Settings = None, json: Json = None
) -> None:
    """Print the exact elasticities of outcomes to parameters, without solving again."""
    from phistar.cli.output import check_json, deliver
    from phistar.models.registry import build_model, read_scenario
    from phistar.report.results import axis_labels, elasticity_tables
    from phistar.verbs.elasticities import elasticities

    check_json(json)
    loaded = read_scenario(scenario, settings or ())
    result = elasticities(loaded, of=of, to=to).to_dict()
    certificate = result["certificate"]
    notes = [f"certified: largest residual {certificate['max_residual']:.1e}"]
    deliver(lambda: result, elasticity_tables(result, axis_labels(build_model(loaded))), notes, json)
