"""`matchd serve`: find the settings and hand them to the daemon."""

from __future__ import annotations

import argparse
import sys
import time

from matchd import config
from matchd.cli.desk import TOKEN_VARIABLE
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import note
from matchd.config import Loaded
from matchd.config.check import check_listen
from matchd.domain.callers import Role
from matchd.errors import ConfigError
from matchd.services.tokens import mint

TRIAL = 30 * 86_400
"""Seconds that the token of a trial is good; its key is gone before, with the process."""


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
        "--admin-token",
        action="store_true",
        help="with --dev alone: print a token for the admin page and `matchd status`, as is done on a "
        "terminal without this",
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
    trial = arguments.dev and arguments.config is None
    if arguments.admin_token and not trial:
        raise ConfigError("--admin-token: only with --dev alone; else `matchd token admin NAME`")
    loaded = config.dev() if trial else load_config(arguments, dev=arguments.dev)
    # Not above: it costs the other verbs half a second of imports.
    from matchd.daemon import main as run_daemon  # noqa: PLC0415

    def greet(url: str) -> None:
        if trial and (arguments.admin_token or sys.stderr.isatty()):
            _show_the_desk(loaded, url)

    listen = tuple(arguments.listen)
    return run_daemon(loaded, listen=listen, accept_loss=arguments.accept_loss, greet=greet)


def _show_the_desk(loaded: Loaded, url: str) -> None:
    """How whoever tries it out becomes its administrator: no other command knows its keys."""
    token = mint(
        loaded.secrets.keys,
        issuer=loaded.config.auth.token_issuer,
        role=Role.ADMIN,
        subject="trial",
        name=None,
        now=int(time.time()),
        ttl=TRIAL,
    )
    note("\nTo look after it, in another shell, until it stops:")
    note(f"  export {TOKEN_VARIABLE}={token}")
    note(f"  matchd status --url {url}")
    note(f"In a browser: {url}/admin, with the same token.\n")
