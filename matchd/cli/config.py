"""`matchd config`: the configuration in force, every key, and never a secret."""

from __future__ import annotations

import argparse
from pathlib import Path

from matchd import config
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import emit
from matchd.config import Loaded
from matchd.config.render import render
from matchd.config.secrets import is_there, locate, secret_files
from matchd.turn import SharedSecretServer


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "config",
        help="print the effective configuration",
        description="Print every key with the value in force. Secrets are not shown: a comment "
        "tells the file each was read from, and how many it holds.",
    )
    which = parser.add_mutually_exclusive_group()
    add_config(which)
    which.add_argument("--dev", action="store_true", help="the one of `matchd serve --dev`")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    loaded = config.dev() if arguments.dev else load_config(arguments)
    source = loaded.path or "matchd serve --dev"
    emit(f"# the configuration in force: {source}\n\n{render(loaded.config, notes(loaded))}")
    return 0


def notes(loaded: Loaded) -> dict[str, str]:
    """What to say about each key that names a secret file: where it is, what it holds."""
    secrets = loaded.secrets
    counts = {
        "auth.signing_keys_file": len(secrets.keys.keys),
        "hosts.secret_file": len(secrets.hosts),
        **{
            f"turn.server[{index}].secret_file": 1 + len(server.previous)
            for index, server in enumerate(secrets.turn)
            if isinstance(server, SharedSecretServer)
        },
    }
    found = {"hosts.secret_file": f'not read: hosts.auth = "{loaded.config.hosts.auth}"'}
    for key, name in secret_files(loaded.config).items():
        count = counts.get(key, 1)
        what = "key" if key == "auth.signing_keys_file" else "secret"
        found[key] = f"{_place(loaded, name)}: {count} {what}{'' if count == 1 else 's'}"
    return found


def _place(loaded: Loaded, name: str) -> str:
    base = loaded.path.parent if loaded.path else Path()
    if loaded.path is None or (loaded.dev and not is_there(name, base)):
        return "made for this run"
    return str(locate(name, base))
