"""`phistar models`: every registered model."""

from __future__ import annotations

from .options import Json


def models_command(json: Json = None) -> None:
    """List the models: name, what it is, paper."""
    from ..models.registry import all_models
    from ..report.results import models_table
    from .output import check_json, deliver

    check_json(json)
    models = list(all_models())
    rows = [{"model": m.name, "title": m.title, "paper": m.paper} for m in models]
    deliver(lambda: {"models": rows}, [models_table(models)], [], json)
