"""The command `phistar`: finds the command asked for; every failure is one line and an exit status.

Only the module of the command asked for is imported, and it imports what it needs when it runs: a cold
`phistar solve` spends its time on NumPy, not on commands that were not asked for.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from phistar.core.errors import PhistarError, unknown_key

#: Each command's module and function, in the order of the help.
COMMANDS = {
    "models": ("models", "models_command"),
    "show": ("show", "show_command"),
    "solve": ("solve", "solve_command"),
    "compare": ("compare", "compare_command"),
    "liberalize": ("liberalize", "liberalize_command"),
    "gravity": ("gravity", "gravity_command"),
    "sweep": ("sweep", "sweep_command"),
    "elasticities": ("elasticities", "elasticities_command"),
    "calibrate": ("calibrate", "calibrate_command"),
    "firms": ("firms", "firms_command"),
    "plot": ("plot", "plot_command"),
    "replicate": ("replicate", "replicate_command"),
    "hats": ("hats", "hats_command"),
    "trade": ("trade", "trade_command"),
}
INTERRUPTED = 130
BROKEN_PIPE = 141
#: What a full disk, a full quota and a file grown too large answer.
FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


class Commands(TyperGroup):
    """The commands, each imported when it is first asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command.

        Raises
        ------
        InputError
            When there is no such command; the nearest is named.
        """
        if cmd_name not in COMMANDS:
            raise unknown_key(cmd_name, COMMANDS, "command", "phistar --help")
        module, function = COMMANDS[cmd_name]
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(getattr(import_module(f".{module}", __package__), function))
        return typer.main.get_command(single)


app = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def phistar(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Solve, shock and compare models of heterogeneous firms in trade.

    Results are certified or refused. Exit status: 0 done, 2 the input is wrong, 3 no certified equilibrium.
    """
    if version:
        from phistar.core.version import VERSION

        typer.echo(f"phistar {VERSION}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; no traceback ever reaches a user.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; those of the process when absent.
    """
    # pydantic looks for plugins among all that is installed, which takes longer than a solve; none has a part here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Greek letters still gets its numbers
    try:
        status = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        return _close_pipe()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except PhistarError as error:
        return _fail(str(error), error.exit_code)
    except OSError as error:
        return _full(error) if error.errno in FULL else _unexpected(error)
    except Exception as error:
        return _unexpected(error)
    return _fail("interrupted", status) if status == INTERRUPTED else status


def _run(argv: Sequence[str] | None) -> int:
    command = typer.main.get_command(app)
    try:
        status = command.main(args=None if argv is None else list(argv), prog_name="phistar", standalone_mode=False)
    except SystemExit as leave:  # how typer answers a broken pipe
        raise BrokenPipeError from leave
    except typer.Abort:
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _close_pipe() -> int:
    """Leave quietly when the reader of a pipe has gone, as `phistar models | head -1` does."""
    _sink()
    return BROKEN_PIPE


def _sink() -> None:
    """Let what is still to be printed go nowhere, lest Python complain of it when it leaves."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)


def _full(error: OSError) -> int:
    """Say that what was printed could not be kept, as on a full disk."""
    _sink()
    told = (error.strerror or str(error)).lower()
    return _fail(f"standard output cannot be written ({told}): free some space, or write elsewhere", 1)


def _unexpected(error: Exception) -> int:
    if hasattr(error, "format_message"):  # a usage error of the parser's
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context is not None else ""
        message = error.format_message()
        return _fail(f"{message[:1].lower()}{message[1:].rstrip('.')}{hint}", int(getattr(error, "exit_code", 2)))
    if os.environ.get("PHISTAR_DEBUG"):
        import traceback

        traceback.print_exc()
    told = f"{type(error).__name__}: {error}".rstrip(": ")
    return _fail(f"unexpected {told} (a bug: please report it; PHISTAR_DEBUG=1 shows where)", 1)


def _fail(message: str, status: int) -> int:
    print("phistar: " + " ".join(message.split()), file=sys.stderr)
    return status
