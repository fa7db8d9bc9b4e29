"""`phistar sweep`: a scenario over a grid of keys."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Over, Scenario, Settings

Out = Annotated[str, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file.", show_default=False)]


def sweep_command(scenario: Scenario, out: Out, over: Over = None, settings: Settings = None) -> None:
    """Solve a scenario at every point of a grid; killed and started again, it goes on."""
    from phistar.cli.output import progress, say
    from phistar.core.errors import entries
    from phistar.verbs.sweep import sweep

    with progress("sweeping") as watch:
        table = sweep(scenario, over or [], out, settings or (), progress=watch)
    good = len(table) - table.refused
    notes = [f"{entries(len(table), 'point', 'points')}: {good:,} certified, {table.refused:,} refused; in {out}"]
    if table.refused:
        first = table["reason"][table["status"] == "refused"][0]
        notes.append(f"first refusal: {first}")
    say([], notes)
