"""`matchd serve`: find the settings and hand them to the daemon."""

from __future__ import annotations

import argparse

from matchd import config
from matchd.cli.options import AddParser, add_config, load_config
from matchd.config.check import check_listen


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "serve",
        help="run the daemon",
        description="Run the daemon in the foreground; SIGTERM stops it, SIGHUP reloads.",
    )
    add_config(parser)
    parser.add_argument(
        "--listen",
        metavar="ADDR",
        action="append",
        default=[],
        help="listen here instead of server.listen: 127.0.0.1:8080, [::1]:8080, :8080, "
        "unix:/path, fd:// (may be repeated)",
    )
    parser.add_argument(
        "--dev",
        action="store_true",
        help="to try it out: without --config 127.0.0.1:8080, fresh secrets, hosts need none, "
        "nothing is kept; with --config the rules for a public server are off",
    )
    parser.add_argument(
        "--accept-loss",
        action="store_true",
        help="set a damaged database or snapshot aside and begin without what was in it; without this "
        "such a file stops the start",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until stopped."""
    check_listen("--listen", arguments.listen)
    if arguments.dev and arguments.config is None:
        loaded = config.dev()
    else:
        loaded = load_config(arguments, dev=arguments.dev)
    # Not above: it costs the other verbs half a second of imports.
    from matchd.daemon import main as run_daemon  # noqa: PLC0415

    return run_daemon(loaded, listen=tuple(arguments.listen), accept_loss=arguments.accept_loss)
