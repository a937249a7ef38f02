"""The command line: `freeseat NOUN VERB`, over the same use cases as everything else (R10.1)."""

from freeseat.cli.root import app, main

__all__ = ["app", "main"]
