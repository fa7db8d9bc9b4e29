"""`phistar plot`: a figure of an equilibrium."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Over, Scenario, Settings

Figure = Annotated[str, typer.Option("--figure", metavar="NAME", help="Which figure.", show_default=False)]
Out = Annotated[
    str, typer.Option("--out", metavar="FILE", help="A .svg, .png, .pdf or .html file.", show_default=False)
]
Country = Annotated[
    str | None,
    typer.Option("--country", metavar="NAME", help="Country shown, by name or index from 0; the first when absent."),
]


def plot_command(
    scenario: Scenario,
    figure: Figure,
    out: Out,
    over: Over = None,
    country: Country = None,
    settings: Settings = None,
) -> None:
    """Draw a figure: cutoffs, comparative_statics (with --over), firm_sizes, markups or schedules."""
    from phistar.cli.output import say
    from phistar.core.files import check_suffix, check_writable
    from phistar.report.figures import draw, find_figure
    from phistar.report.save import SUFFIXES, save_chart

    find_figure(figure)
    check_suffix(out, SUFFIXES)
    check_writable(out)
    save_chart(draw(figure, scenario, settings or (), over=over or (), country=country), out)
    say([], [f"{figure} in {out}"])
