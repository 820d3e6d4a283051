"""`matchd version`."""

from __future__ import annotations

import argparse

from matchd import __version__
from matchd.cli.options import AddParser
from matchd.cli.output import emit


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add("version", help="print the version")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Print it."""
    emit(f"matchd {__version__}\n")
    return 0
