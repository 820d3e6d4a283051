"""The command line: one module per verb, and `main`, which runs the verb that was asked for.

A verb's module has `register(add)`, which adds its parser and names its function; that function
takes the parsed options and returns the exit status. What fails raises: ConfigError is one line on
standard error and exit status 2 (as are mistakes in the options), OSError one line and 1; nobody
below `main` prints an error. No secret is ever printed unless the verb is for that.

`options`, `output` and `files` are shared by the verbs. Nothing heavy is imported before its verb
runs: `serve` alone loads the daemon. The daemon's ring is below; nothing imports this package.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from matchd import __version__
from matchd.cli import (
    check,
    config,
    database,
    doctor,
    host,
    init,
    probe,
    report,
    serve,
    status,
    token,
    top,
    trace,
    turn,
    user,
    version,
)
from matchd.cli.output import complain
from matchd.errors import ConfigError

__all__ = ["main"]

_VERBS = (
    *(serve, check, doctor, probe, config, init, token, turn, user, report, database),
    *(host, status, top, trace, version),
)
_INTERRUPTED = 130  # what a shell reports for SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 failed, 2 configuration or usage.

    `argv` is the command line without the program's name. Wrong options end in SystemExit(2), and
    `--help` and `--version` in SystemExit(0), as argparse does it.
    """
    arguments = build_parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except ConfigError as error:
        complain(str(error))
        return 2
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter's own flush must not meet that again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="matchd",
        description="Matchmaking, signaling and TURN credentials for self-hosted games.",
        epilog="`matchd VERB --help` tells more. First time: `matchd serve --dev` to look at it, "
        "`matchd init` to install it.",
    )
    parser.add_argument("--version", action="version", version=f"matchd {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for verb in _VERBS:
        verb.register(verbs.add_parser)
    return parser
