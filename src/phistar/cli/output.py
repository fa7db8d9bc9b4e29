"""What commands print: tables and notes for people, JSON for programs, progress for whoever watches."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from phistar.core.equilibrium import to_json
from phistar.core.files import check_writable, write_text
from phistar.report.tables import WIDTH, Table, colours, render


def deliver(payload: Callable[[], Any], tables: Sequence[Table], notes: Sequence[str], json: str | None) -> None:
    """Print tables and notes, and write the payload as JSON where it was asked for.

    With ``-`` the JSON stands alone on standard output, and everything for people goes to standard error.
    """
    if json is not None and json != "-":
        write_text(json, to_json(payload()) + "\n", "--json")
    say(tables, notes, sys.stderr if json == "-" else sys.stdout)
    if json == "-":
        print(to_json(payload()))


def check_json(json: str | None) -> None:
    """Refuse a JSON path that cannot be written, before any work is done for it."""
    if json is not None and json != "-":
        check_writable(json, "--json")


def say(tables: Sequence[Table], notes: Sequence[str] = (), stream: TextIO | None = None) -> None:
    """Print tables, then notes, for people."""
    import textwrap

    stream = stream or sys.stdout
    terminal = is_terminal(stream)
    width = max(60, min(shutil.get_terminal_size((WIDTH, 40)).columns, 160)) if terminal else WIDTH
    paint = colours if terminal and not os.environ.get("NO_COLOR") else None
    for i, table in enumerate(tables):
        print(("\n" if i else "") + render(table, width, paint), file=stream)
    if tables and notes:
        print(file=stream)
    for note in notes:
        print(textwrap.fill(note, width, subsequent_indent="  ", break_long_words=False), file=stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person is watching a stream."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a callback that draws a bar on a terminal, or None in a pipe."""
    if not is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
