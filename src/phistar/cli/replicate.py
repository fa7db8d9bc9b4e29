"""`phistar replicate`: a paper's claims and printed numbers beside computed ones, each with a verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from phistar.cli.options import Json

Paper = Annotated[
    str | None,
    typer.Argument(metavar="[PAPER]", help="A paper's name; all of them when absent.", show_default=False),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out", metavar="DIR", help="A folder for the JSON, two .csv tables and the figures.", show_default=False
    ),
]


def replicate_command(paper: Paper = None, json: Json = None, out: Out = None) -> None:
    """Hold a paper's claims and numbers against the library; what fails is told, not an error."""
    from phistar.cli.output import check_json, say
    from phistar.core.equilibrium import to_json
    from phistar.core.files import write_text
    from phistar.replicate.output import prepare_folder, write_replication
    from phistar.replicate.registry import check_paper, paper_line, paper_names, replicate
    from phistar.report.replication import print_replication, replication_console
    from phistar.report.tables import Table, label, words

    check_json(json)
    if paper is not None:
        check_paper(paper)
    if out is not None:
        prepare_folder(out)
    console = replication_console(stderr=json == "-")
    names = paper_names() if paper is None else (paper,)
    if paper is None:
        papers = Table("", [label("paper"), words("what is held against it")], [(n, paper_line(n)) for n in names])
        say([papers], stream=sys.stderr if json == "-" else sys.stdout)
    told = []
    for i, name in enumerate(names, start=1):
        with _watched(f"replicating {name}" + (f", {i} of {len(names)}" if paper is None else "")):
            done = replicate(name)
        told.append(done.to_dict())
        print_replication(told[-1], console)
        for path in write_replication(done, out) if out is not None else ():
            console.print(f" in {path}", markup=False, soft_wrap=True)
    payload = told[0] if paper is not None else {"replications": told}
    if json is not None and json != "-":
        write_text(json, to_json(payload) + "\n", "--json")
        console.print(f" in {json}", markup=False, soft_wrap=True)
    if json == "-":
        sys.stdout.write(to_json(payload) + "\n")


@contextmanager
def _watched(what: str) -> Iterator[None]:
    """Say on a terminal what is being done, for as long as it is."""
    from phistar.cli.output import is_terminal

    if not is_terminal(sys.stderr):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
