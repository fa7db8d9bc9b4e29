"""The command line: thin, and quick to start."""

from phistar.cli.app import main

__all__ = ["main"]
