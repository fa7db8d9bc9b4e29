"""Options that commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Scenario = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file, .toml or .json.", show_default=False)
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a parameter, as tau[0][1]=1.3; again for more.",
        show_default=False,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="PATH|-", help="Write the result as JSON; - is standard output.", show_default=False
    ),
]
Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over",
        metavar="KEY=START:STOP:COUNT",
        help="Values of a key: START:STOP:COUNT, START:STOP:COUNT:log or V1,V2,...; again for a grid.",
        show_default=False,
    ),
]
