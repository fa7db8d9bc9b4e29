"""What can go wrong, said in one line a user can act on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class PhistarError(Exception):
    """Base of every error phistar raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(PhistarError):
    """The input is wrong: which key, its value, what is allowed, and what to do.

    Parameters
    ----------
    key : str
        Dotted path of the offending entry, such as ``tau[0][1]``.
    problem : str
        What is wrong and what is allowed, e.g. ``must be at least 1``.
    value : object, optional
        The value met; shown shortened.
    remedy : str, optional
        What to do about it.
    """

    exit_code = 2
    _UNSET: Any = object()

    def __init__(self, key: str, problem: str, value: Any = _UNSET, remedy: str = "") -> None:
        self.key, self.problem, self.value, self.remedy = key, problem, value, remedy
        shown = "" if value is self._UNSET else f" = {shorten(value)}"
        tail = f": {remedy}" if remedy else ""
        super().__init__(f"{key}{shown} {problem}{tail}")

    def renamed(self, key: str) -> InputError:
        """Return the same error under another key, such as the option that a command takes it from."""
        return InputError(key, self.problem, self.value, self.remedy)


class NoEquilibrium(PhistarError):
    """No certified equilibrium: why, and what to try next."""

    exit_code = 3

    def __init__(self, reason: str, remedy: str = "") -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(f"{reason}: {remedy}" if remedy else reason)


def shorten(value: Any, width: int = 60) -> str:
    """Return `value` as one short line for an error message: both ends, since a path tells most at its end."""
    said = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(said.split())
    return text if len(text) <= width else text[: width // 2 - 2] + "..." + text[1 - width // 2 :]


def entries(count: int, one: str = "entry", many: str = "entries") -> str:
    """Say how many there are: ``1 entry``, ``2 entries``."""
    return f"{count:,} {one if count == 1 else many}"


#: Known names that an error lists in full; of more it tells the nearest few.
MOST_LISTED = 12


def unknown_key(key: str, known: Iterable[str], what: str = "key", see: str = "") -> InputError:
    """Build the error for a key nobody knows, naming the nearest known one.

    Parameters
    ----------
    key : str
        What was given.
    known : iterable of str
        What is allowed.
    what : str
        What the key should have been.
    see : str, optional
        What shows every known name, as ``phistar show melitz``: told where there are too many to list.
    """
    import difflib

    known = sorted(known)
    leaf = key.rsplit(".", 1)[-1]
    near = difflib.get_close_matches(leaf, known, n=3, cutoff=0.0)
    if near and difflib.get_close_matches(leaf, near, n=1, cutoff=0.5):
        remedy = f"did you mean {near[0]}?"
    elif len(known) <= MOST_LISTED:
        remedy = "known: " + ", ".join(known)
    else:
        remedy = f"the nearest are {', '.join(near)}" + (f"; {see} shows all {len(known)}" if see else "")
    return InputError(key, f"is not a known {what}", remedy=remedy)
