"""`phistar trade`: a tariff on real trade tables."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from phistar.cli.options import Json, naming, read_share

#: Options by the name of the argument they set; a flag stands for itself.
OPTIONS = {name: f"--{name}" for name in ("importer", "exporter", "rate", "sigma", "shape", "table", "inputs")}
#: A tariff from here on is more often a percentage given as a share than meant.
LARGE_RATE = 2.0

Importer = Annotated[
    list[str],
    typer.Option(
        "--importer",
        metavar="A",
        help="Country that charges; again or with commas for more; all.",
        show_default=False,
    ),
]
Exporter = Annotated[
    list[str],
    typer.Option(
        "--exporter",
        metavar="B",
        help="Country whose goods it charges; again or with commas for more; all.",
        show_default=False,
    ),
]


def _rate(text: str) -> float:
    return read_share(text, "--rate")


Rate = Annotated[
    float,
    typer.Option(
        "--rate",
        parser=_rate,
        metavar="R",
        help="Ad valorem rate as a share: 0.25 is 25 per cent; below 0 subsidises imports.",
        show_default=False,
    ),
]
Sigma = Annotated[float, typer.Option("--sigma", help="Elasticity of substitution.")]
Shape = Annotated[float, typer.Option("--shape", help="Pareto shape of productivity, above sigma - 1.")]
Table = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="CSV of flows: origin,destination,value or square; absent, the bundled OECD table for 2019.",
        show_default=False,
    ),
]
Inputs = Annotated[str, typer.Option("--inputs", metavar="none|roundabout", help="Whether firms also buy inputs.")]
Retaliate = Annotated[bool, typer.Option("--retaliate", help="The exporters charge the same rate in return.")]
Figure = Annotated[
    str | None,
    typer.Option("--figure", metavar="FILE", help="A .svg, .png, .pdf or .html figure.", show_default=False),
]
Out = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE", help="Every number as .csv or .parquet.", show_default=False),
]


def trade_command(
    importer: Importer,
    exporter: Exporter,
    rate: Rate,
    sigma: Sigma = 4.0,
    shape: Shape = 4.25,
    table: Table = None,
    inputs: Inputs = "none",
    retaliate: Retaliate = False,
    json: Json = None,
    figure: Figure = None,
    out: Out = None,
) -> None:
    """Put a tariff on observed trade: welfare, prices, firms and exporters of every country."""
    from phistar.core.equilibrium import to_json
    from phistar.core.files import write_columns, write_text
    from phistar.report.trade import print_trade, trade_console
    from phistar.verbs.trade import trade

    _check_files(json, figure, out)
    with naming(OPTIONS):
        result = trade(
            importer, exporter, rate, sigma=sigma, shape=shape, table=table, inputs=inputs, retaliate=retaliate
        )
    console = trade_console(stderr=json == "-")
    print_trade(result, console)
    if rate >= LARGE_RATE:
        note = f"note: --rate {rate:g} is a share, so the tariff is {100 * rate:,.10g} per cent"
        console.print(f"{note}; {rate:g} per cent is --rate {rate / 100:g}", markup=False, soft_wrap=True)
    if figure is not None:
        from phistar.report.save import save_chart
        from phistar.report.trade import trade_figure

        save_chart(trade_figure(result), figure, "--figure")
    if out is not None:
        write_columns(out, result.columns())
    if json is not None and json != "-":
        write_text(json, result.to_json() + "\n", "--json")
    for path in (figure, out, json):
        if path is not None and path != "-":
            console.print(f"in {path}", markup=False, soft_wrap=True)
    if json == "-":
        sys.stdout.write(to_json(result.to_dict()) + "\n")


def _check_files(json: str | None, figure: str | None, out: str | None) -> None:
    """Refuse paths that cannot be written, before any work is done for them."""
    from phistar.cli.output import check_json
    from phistar.core.files import TABLE_SUFFIXES, check_suffix, check_writable

    check_json(json)
    if figure is not None:
        from phistar.report.save import SUFFIXES

        check_suffix(figure, SUFFIXES, "--figure")
        check_writable(figure, "--figure")
    if out is not None:
        check_suffix(out, TABLE_SUFFIXES)
        check_writable(out)
