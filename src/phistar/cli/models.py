"""`phistar models`: every registered model."""

from __future__ import annotations

from phistar.cli.options import Json


def models_command(json: Json = None) -> None:
    """List the models: name, what it is, paper."""
    from phistar.cli.output import check_json, deliver
    from phistar.models.registry import all_models
    from phistar.report.results import models_table

    check_json(json)
    models = list(all_models())
    rows = [{"model": m.name, "title": m.title, "paper": m.paper} for m in models]
    deliver(lambda: {"models": rows}, [models_table(models)], [], json)
