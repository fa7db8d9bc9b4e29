"""The command line: thin, and quick to start."""

from .app import main

__all__ = ["main"]
