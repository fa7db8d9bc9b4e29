"""Options that commands share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

Scenario = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file, .toml or .json.", show_default=False)
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a parameter, as tau[0][1]=1.3; again for more.",
        show_default=False,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="PATH|-", help="Write the result as JSON; - is standard output.", show_default=False
    ),
]
Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over",
        metavar="KEY=START:STOP:COUNT",
        help="Values of a key: START:STOP:COUNT, START:STOP:COUNT:log or V1,V2,...; again for a grid.",
        show_default=False,
    ),
]


@contextmanager
def naming(options: Mapping[str, str]) -> Iterator[None]:
    """Let errors name what was typed: an option in place of the argument that the library takes it as."""
    from phistar.core.errors import InputError

    try:
        yield
    except InputError as error:
        if error.key not in options:
            raise
        raise error.renamed(options[error.key]) from None


def read_share(text: str, option: str) -> float:
    """Read a share of one, as 0.25 for 25 per cent.

    Raises
    ------
    InputError
        When it is a percentage, with the share to write in its place, or no number.
    """
    from phistar.core.errors import InputError

    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number)
    except ValueError:
        raise InputError(option, "must be a number, a share of one", text, "0.25 is 25 per cent") from None
    if number != text.strip():
        raise InputError(option, "must be a share of one, not a percentage", text, f"write {option} {value / 100:.12g}")
    return value
