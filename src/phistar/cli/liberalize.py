"""`phistar liberalize`: lower the trade costs of a deal, and see who gains in which horizon."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json, Scenario, Settings, read_share

Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="multilateral, bilateral, unilateral, preferential or hub_and_spoke.",
        show_default=False,
    ),
]


def _share(text: str) -> float:
    return read_share(text, "--by")


By = Annotated[
    float | None,
    typer.Option(
        "--by", parser=_share, metavar="SHARE", help="Share of tau - 1 that goes: 1 is free trade.", show_default=False
    ),
]
To = Annotated[
    float | None,
    typer.Option("--to", metavar="TAU", help="Or the level to which tau falls, as 1.1.", show_default=False),
]
Members = Annotated[
    list[str] | None,
    typer.Option(
        "--members",
        metavar="A,B",
        help="Countries of the deal, or the spokes of a hub: names or indices from 0, with commas or again.",
        show_default=False,
    ),
]
Hub = Annotated[
    str | None, typer.Option("--hub", metavar="A", help="Country at the centre of hub_and_spoke.", show_default=False)
]
Importer = Annotated[
    str | None,
    typer.Option(
        "--importer", metavar="A", help="Country that lowers its own barriers, of unilateral.", show_default=False
    ),
]


def liberalize_command(
    scenario: Scenario,
    kind: Kind,
    by: By = None,
    to: To = None,
    members: Members = None,
    hub: Hub = None,
    importer: Importer = None,
    settings: Settings = None,
    json: Json = None,
) -> None:
    """Lower the trade costs of a deal: who gains and loses, in the long and the short run, and where firms enter."""
    from phistar.cli.output import check_json, deliver
    from phistar.report.liberalization import liberalization_notes, liberalization_tables
    from phistar.verbs.liberalize import liberalize

    check_json(json)
    named = [name.strip() for text in members or () for name in text.split(",") if name.strip()]
    result = liberalize(scenario, settings or (), kind=kind, by=by, to=to, members=named, hub=hub, importer=importer)
    deliver(result.to_dict, liberalization_tables(result), liberalization_notes(result), json)
