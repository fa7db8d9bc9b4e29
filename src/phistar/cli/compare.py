"""`phistar compare`: baseline against counterfactual."""

from __future__ import annotations

from phistar.cli.options import Json, Scenario, Settings


def compare_command(scenario: Scenario, settings: Settings = None, json: Json = None) -> None:
    """Compare a scenario's baseline with its counterfactual: levels, changes, decompositions."""
    from phistar.cli.output import check_json, deliver
    from phistar.report.results import comparison_notes, comparison_tables
    from phistar.verbs.compare import compare

    check_json(json)
    comparison = compare(scenario, settings or ())
    deliver(comparison.to_dict, comparison_tables(comparison), comparison_notes(comparison), json)
