"""`phistar calibrate`: the parameters at which an equilibrium has given statistics."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json, Scenario, Settings, naming

Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="STATISTIC=VALUE",
        help="What the equilibrium should have, as trade_share[0][1]=0.2, or 0.2+-0.01 with its standard error.",
        show_default=False,
    ),
]
Fit = Annotated[
    list[str] | None,
    typer.Option("--fit", metavar="KEY", help="A parameter to find; again for more.", show_default=False),
]
Out = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE", help="A .json scenario with the parameters found.", show_default=False),
]


def calibrate_command(
    scenario: Scenario,
    target: Targets = None,
    fit: Fit = None,
    settings: Settings = None,
    out: Out = None,
    json: Json = None,
) -> None:
    """Find the parameters at which an equilibrium has given statistics."""
    from phistar.cli.output import check_json, deliver
    from phistar.core.equilibrium import to_json
    from phistar.core.errors import InputError
    from phistar.core.files import check_writable, write_text
    from phistar.report.calibration import calibration_notes, calibration_tables
    from phistar.verbs.calibrate import calibrate

    check_json(json)
    if out is not None:
        check_writable(out)
        if not out.lower().endswith(".json"):
            raise InputError("--out", "must end in .json", out)
    with naming({"target": "--target"}):
        found = calibrate(scenario, [_target(text) for text in target or ()], fit or (), settings or ())
    notes = calibration_notes(told := found.to_dict())
    if out is not None:
        write_text(out, to_json(found.scenario()) + "\n")
        notes.append(f"the scenario is in {out}")
    deliver(lambda: told, calibration_tables(told), notes, json)


def _target(text: str) -> tuple[str, ...]:
    """Take ``STATISTIC=VALUE`` or ``STATISTIC=VALUE+-ERROR`` apart."""
    from phistar.core.errors import InputError

    statistic, equals, value = text.rpartition("=")
    if not equals or not statistic.strip() or not value.strip():
        raise InputError("--target", "must be STATISTIC=VALUE", text)
    number, between, error = value.replace("±", "+-").partition("+-")
    return (statistic, number, error) if between else (statistic, number)
