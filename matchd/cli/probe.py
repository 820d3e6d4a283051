"""`matchd probe`: the light doctor, for a timer or for the daemon's own child process."""

from __future__ import annotations

import argparse
from pathlib import Path

from matchd.cli.files import write_private
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import emit


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "probe",
        help="try each TURN server once, and say as JSON which are well",
        description="Ask each [[turn.server]] for a relay, and print or write "
        '{"at", "servers": [{"name", "ok", "rtt", "cause"}]}. The daemon leaves servers out that are '
        "not well twice in a row. `matchd doctor` says more.",
    )
    add_config(parser)
    parser.add_argument(
        "--write", metavar="FILE", type=Path, help="put it there, whole, readable by its owner only"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Probe; the exit status says that it was done, not what came of it."""
    # Not above: the other verbs need no network.
    import trio  # noqa: PLC0415

    from matchd.doctor.probe import probe  # noqa: PLC0415

    loaded = load_config(arguments)
    text = trio.run(probe, loaded.secrets.turn, loaded.config.turn.ttl).encode().decode()
    if arguments.write is None:
        emit(text)
    else:
        write_private(arguments.write, text)
    return 0
