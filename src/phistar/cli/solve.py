"""`phistar solve`: a certified equilibrium."""

from __future__ import annotations

from phistar.cli.options import Json, Scenario, Settings


def solve_command(scenario: Scenario, settings: Settings = None, json: Json = None) -> None:
    """Solve a scenario and print its certified equilibrium."""
    from phistar.cli.output import check_json, deliver
    from phistar.report.results import equilibrium_notes, equilibrium_tables
    from phistar.verbs.solve import solve

    check_json(json)
    equilibrium = solve(scenario, settings or ())
    deliver(equilibrium.to_dict, equilibrium_tables(equilibrium), equilibrium_notes(equilibrium), json)
