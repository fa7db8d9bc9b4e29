"""`phistar gravity`: the elasticity of trade flows, from a model's flows or a file's."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Json, Settings, naming

MaybeScenario = Annotated[
    str | None, typer.Argument(metavar="SCENARIO", help="A scenario file, .toml or .json.", show_default=False)
]
Flows = Annotated[
    str | None,
    typer.Option(
        "--flows",
        metavar="FILE",
        help="Or a .csv or .parquet with columns origin, destination, value and regressors.",
        show_default=False,
    ),
]
Log = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="NAME",
        help="Regressor in logs; again for more. Of a model: its bilateral costs when absent.",
        show_default=False,
    ),
]
Level = Annotated[
    list[str] | None,
    typer.Option("--level", metavar="NAME", help="Regressor as it is; again for more.", show_default=False),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="none|origin|destination|pair|both",
        help="What residuals may be correlated within.",
    ),
]
Home = Annotated[bool, typer.Option("--home/--no-home", help="Whether sales at home are observations too.")]


def gravity_command(
    scenario: MaybeScenario = None,
    flows: Flows = None,
    log: Log = None,
    level: Level = None,
    cluster: Cluster = "none",
    home: Home = True,
    settings: Settings = None,
    json: Json = None,
) -> None:
    """Estimate how trade flows answer trade costs: Poisson, with origin and destination fixed effects."""
    from phistar.cli.output import check_json, deliver
    from phistar.report.gravity import gravity_notes, gravity_tables
    from phistar.verbs.gravity import gravity

    check_json(json)
    with naming({"cluster": "--cluster"}):
        result = gravity(
            scenario, settings or (), flows=flows, logs=log or (), levels=level or (), cluster=cluster, home=home
        )
    deliver(result.to_dict, gravity_tables(result), gravity_notes(result), json)
