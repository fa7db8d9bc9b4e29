"""`phistar firms`: simulated firms of an equilibrium."""

from __future__ import annotations

from typing import Annotated

import typer

from phistar.cli.options import Scenario, Settings, naming


def _count(text: str) -> int:
    from phistar.core.parameters import read_count

    return read_count(text, "--n", 1)


def _seed(text: str) -> int:
    from phistar.core.parameters import read_count

    return read_count(text, "--seed")


Count = Annotated[
    int,
    typer.Option(
        "--n",
        parser=_count,
        metavar="COUNT",
        help="How many firms to draw in each country, as 1000000 or 1e6.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        parser=_seed,
        metavar="SEED",
        help="The same seed gives the same firms.",
    ),
]
Out = Annotated[str, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file.", show_default=False)]


def firms_command(scenario: Scenario, out: Out, n: Count = 100_000, seed: Seed = 1, settings: Settings = None) -> None:
    """Draw the firms of an equilibrium: productivity, sales, employment, where they sell."""
    from phistar.cli.output import say
    from phistar.core.errors import entries
    from phistar.core.files import TABLE_SUFFIXES, check_suffix, check_writable, write_columns
    from phistar.report.results import equilibrium_notes, market_table
    from phistar.verbs.simulate import SHARES, market_quantiles, simulate
    from phistar.verbs.solve import solve

    check_suffix(out, TABLE_SUFFIXES)
    check_writable(out)
    equilibrium = solve(scenario, settings or ())
    with naming({"n": "--n"}):
        firms = simulate(equilibrium, n_firms=n, seed=seed)
    write_columns(out, firms.named)
    varied = "markups" in equilibrium.model.capabilities
    say(
        [market_table(market_quantiles(equilibrium), SHARES, equilibrium.countries)] if varied else [],
        [
            f"{entries(n, 'firm', 'firms')} (seed {seed}), columns {', '.join(firms.columns)}; in {out}",
            *equilibrium_notes(equilibrium)[:1],
        ],
    )
