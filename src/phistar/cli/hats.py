"""`phistar hats`: from observed trade flows alone to a changed world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from phistar.cli.options import Json, naming

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="A model with exact hats.", show_default=False)]
Flows = Annotated[
    str,
    typer.Option(
        "--flows", metavar="FILE", help="CSV of flows: origin,destination,value or square.", show_default=False
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given", metavar="KEY=VALUE", help="What else is known, as k=2 or threshold=0.35.", show_default=False
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--change", metavar="KEY=HAT", help="New over old, as tau=0.9 or L=[1.1, 1].", show_default=False),
]


def hats_command(
    model: ModelName, flows: Flows, given: Given = None, change: Changes = None, json: Json = None
) -> None:
    """Change an observed world, of which only trade flows are known, by exact hats."""
    from phistar.cli.output import check_json, deliver
    from phistar.core.errors import InputError
    from phistar.core.scenario import parse_settings
    from phistar.report.results import equilibrium_notes, equilibrium_tables
    from phistar.verbs.hats import hats

    check_json(json)
    if not change:
        raise InputError("--change", "is missing: nothing would change",
                         remedy="give what does, new over old, as --change tau=0.9")  # fmt: skip
    known, changed = parse_settings(given or (), "--given"), parse_settings(change or (), "--change")
    with naming(_options(known, changed)):
        world = hats(model, flows, known, changed)
    deliver(world.to_dict, equilibrium_tables(world), equilibrium_notes(world), json)


def _options(known: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, str]:
    """Name the option that each key was given by, or should have been; one that both give keeps its own name."""
    given = {key: f"--given {key}" for key in ("k", "threshold", *known) if key not in changed}
    moved = {key: f"--change {key}" for key in changed if key not in known}
    return {"table": "--flows", "flows": "--flows", **given, **moved}
