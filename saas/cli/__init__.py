"""The command line: everything the console does, from a shell. Rooms are wired here and in ``saas.app`` alone."""

from saas.cli.main import main

__all__ = ["main"]
