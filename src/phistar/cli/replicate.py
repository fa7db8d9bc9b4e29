"""`phistar replicate`: printed numbers beside computed ones."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Json

Paper = Annotated[
    str | None, typer.Argument(metavar="[PAPER]", help="A paper's name; all when absent.", show_default=False)
]
Folder = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="A folder for tables and figures.", show_default=False),
]


def replicate_command(paper: Paper = None, json: Json = None, out: Folder = None) -> None:
    """Print every number of a paper beside the computed one, with a verdict."""
    from ..replicate import replicate
    from .output import check_json, deliver

    check_json(json)
    result = replicate(paper)
    if out is not None:
        result.write(out)
    deliver(result.to_dict, result.tables(), result.notes(), json)
