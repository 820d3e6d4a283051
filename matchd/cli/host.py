"""`matchd host`: from options and a file to one agent's settings and its secret."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import socket
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from matchd.cli.options import AddParser
from matchd.config.secrets import read_secret
from matchd.errors import ConfigError, InvalidRequest

if TYPE_CHECKING:
    from matchd.agent import HostSettings

_KEYS = (
    "url",
    "host_id",
    "room_id",
    "region",
    "game",
    "capacity",
    "secret_file",
    "ca_file",
    "exec",
)
_AT = re.compile(r" - at `\$\.?([^`]*)`$")


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "host",
        help="offer this machine to players",
        description="Register this machine with a matchd server, and run a command for each match. "
        "Options win over the file, whose keys have the same names. The host secret (or a token of "
        "`matchd token host`) comes from a file, or from $MATCHD_HOST_SECRET. SIGTERM says goodbye.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="a TOML file of these options")
    parser.add_argument("--url", help="the server, such as https://play.example.net")
    parser.add_argument("--host-id", help="default: this machine's name")
    parser.add_argument("--room-id", help="default: the host id")
    parser.add_argument("--region", help="default: that of the server")
    parser.add_argument("--game", help="the only game that it serves (default: any)")
    parser.add_argument("--capacity", type=int, metavar="N", help="matches at a time (default: 1)")
    parser.add_argument("--secret-file", metavar="FILE", help="its first line is the host secret")
    parser.add_argument("--ca-file", metavar="FILE", help="certificates to trust, for a private CA")
    parser.add_argument(
        "--exec",
        metavar="COMMAND",
        help="run for each match and ended with it; finds $MATCHD_ROOM_ID, $MATCHD_BOOKING_ID, "
        "$MATCHD_PEER, $MATCHD_HOST_ID, $MATCHD_REGION, $MATCHD_GAME, $MATCHD_URL",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Be a host until stopped."""
    # Not above: the other verbs need no client.
    from matchd.agent import main as run_agent  # noqa: PLC0415

    settings = read_settings(arguments)
    secret = read_host_secret(settings, arguments)
    try:
        return run_agent(settings, secret)
    except InvalidRequest as error:
        raise ConfigError(str(error)) from None


def read_settings(arguments: argparse.Namespace) -> HostSettings:
    """The file's keys with the options over them; ConfigError says which is wrong."""
    from matchd.agent import HostSettings  # noqa: PLC0415

    raw = _file(arguments.config) if arguments.config else {}
    given = {key: getattr(arguments, key) for key in _KEYS}
    raw |= {key: value for key, value in given.items() if value is not None}
    raw.setdefault("host_id", socket.gethostname())
    raw.setdefault("room_id", raw["host_id"])
    if "url" not in raw:
        raise ConfigError("url is missing: --url https://play.example.net")
    try:
        settings = msgspec.convert(raw, HostSettings)
        settings.details()
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), arguments.config)) from None
    except InvalidRequest as error:
        raise ConfigError(str(error)) from None
    _check_command(settings.command)
    return settings


def read_host_secret(settings: HostSettings, arguments: argparse.Namespace) -> str | None:
    """The secret from its file, or from the environment; None for a server that asks for none."""
    from matchd.agent import SECRET_VARIABLE  # noqa: PLC0415

    if settings.secret_file is None:
        return os.environ.get(SECRET_VARIABLE) or None
    by_option = arguments.secret_file is not None or arguments.config is None
    base = Path() if by_option else arguments.config.parent
    return read_secret("secret_file", settings.secret_file, base)


def _file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _check_command(command: str | None) -> None:
    if command is None:
        return
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"exec = {command!r}: {str(error).lower()}") from None
    if not words or shutil.which(words[0]) is None:
        raise ConfigError(f"exec = {command!r}: there is no such program")


def _explain(text: str, path: Path | None) -> str:
    found = _AT.search(text)
    reason = _AT.sub("", text)
    where = f"{path}: " if path else ""
    return f"{where}{found[1] if found else 'the file'}: {reason[0].lower()}{reason[1:]}"
