"""`phistar show`: a model's own page."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json

Name = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, as `phistar models` lists them.")]


def show_command(model: Name, json: Json = None) -> None:
    """Show a model: parameters, variables, named equations with their source, errata."""
    from phistar.cli.output import check_json, deliver
    from phistar.models.registry import get_model
    from phistar.report.results import model_page, model_tables

    check_json(json)
    found = get_model(model)
    notes = [f"{found.name}: {found.title} ({found.paper})", *(f"erratum: {text}" for text in found.errata)]
    deliver(lambda: model_page(found), model_tables(found), notes, json)
