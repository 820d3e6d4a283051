"""`matchd init`: a configuration that works, fresh secrets, and coturn's side of it.

Everything is made and checked in memory first; then it is written as a whole or not at all, and
never over anything that exists.
"""

from __future__ import annotations

import argparse
import os
import socket
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from matchd.cli.files import NewFile, group_id, write_all
from matchd.cli.hints import reach
from matchd.cli.options import DEFAULT_CONFIG, AddParser
from matchd.cli.output import say, warn
from matchd.cli.steps import next_steps
from matchd.cli.template import filled, template
from matchd.config import Config
from matchd.config.check import check
from matchd.config.load import parse
from matchd.config.secrets import new_secret
from matchd.errors import ConfigError
from matchd.keys import generate_keyring
from matchd.turn import coturn_config

TLS_PORT = 5349
_GROUP, _COTURN_GROUP = "matchd", "turnserver"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the options say, with everything left open filled in."""

    public_url: str
    turn_host: str
    realm: str
    external_ip: str | None
    certificate: str | None
    key: str | None


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "init",
        help="write a working configuration with fresh secrets, and coturn's",
        description="Write matchd.toml, secrets/ and a hardened turnserver.conf that shares a "
        "secret with it. Nothing that exists is overwritten.",
    )
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=Path,
        default=DEFAULT_CONFIG.parent,
        help=f"where to (default: {DEFAULT_CONFIG.parent})",
    )
    _add_places(parser)
    parser.set_defaults(run=run)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--public-url",
        metavar="URL",
        help="where players reach matchd (default: https:// and this machine's full name)",
    )
    parser.add_argument(
        "--turn-host",
        metavar="HOST",
        help="name or address where players reach coturn (default: the host of --public-url)",
    )
    parser.add_argument("--realm", help="coturn's realm (default: the TURN host)")
    parser.add_argument(
        "--external-ip",
        metavar="IP",
        help="for a coturn behind NAT: its public address, or PUBLIC/PRIVATE",
    )
    parser.add_argument(
        "--tls-cert", metavar="FILE", help=f"coturn's certificate: TURN over TLS on port {TLS_PORT}"
    )
    parser.add_argument("--tls-key", metavar="FILE", help="and its key")


def run(arguments: argparse.Namespace) -> int:
    """Write everything, and say what to do next."""
    directory = Path(os.path.abspath(arguments.directory))  # noqa: PTH100 (absolute() keeps ..)
    answers = _answers(arguments)
    files, config = _contents(directory, answers)
    _refuse_existing(files)
    group = group_id(_GROUP)
    write_all(
        files,
        [NewFile(directory, "", group), NewFile(directory / "secrets", "", group)],
    )
    say(
        f"wrote {directory}/: " + ", ".join(str(file.path.relative_to(directory)) for file in files)
    )
    for text in reach(config):
        warn(f"{text}; change it in {directory / 'matchd.toml'}")
    if os.geteuid() == 0 and group is None:
        warn(
            f"there is no group {_GROUP} yet, so the service can't read these files; make it "
            f"(systemd-sysusers), then: chgrp -R {_GROUP} {directory}"
        )
    say(next_steps(directory, config))
    return 0


def _answers(arguments: argparse.Namespace) -> Answers:
    public_url = arguments.public_url or f"https://{_full_name()}"
    try:
        turn_host = arguments.turn_host or urlsplit(public_url).hostname or ""
    except ValueError:
        turn_host = ""  # the check of public_url comes first, and says it better
    # A realm has no colons, so an IPv6 address can't be one.
    realm = arguments.realm or ("matchd" if ":" in turn_host else turn_host)
    return Answers(
        public_url=public_url,
        turn_host=turn_host,
        realm=realm,
        external_ip=arguments.external_ip,
        certificate=arguments.tls_cert,
        key=arguments.tls_key,
    )


def _full_name() -> str:
    name = socket.getfqdn()
    # What /etc/hosts of many systems makes of any name; the plain one says more.
    return socket.gethostname() if name.startswith("localhost") else name


def _contents(directory: Path, answers: Answers) -> tuple[list[NewFile], Config]:
    values: dict[str, object] = {
        "server.public_url": answers.public_url,
        # The next step is a proxy on this machine: without this, all players count as one address.
        "server.trusted_proxies": ("unix:", "127.0.0.1", "::1"),
        "turn.server.name": "turn-1",
        "turn.server.host": answers.turn_host,
        "turn.server.realm": answers.realm,
        "turn.server.tls_port": TLS_PORT if answers.certificate else 0,
        "turn.server.secret_file": "turn_secret",
    }
    text = filled(template(), values)
    config = parse(tomllib.loads(text))
    check(config, dev=False)
    turn_secret = new_secret()
    group, secrets = group_id(_GROUP), directory / "secrets"
    # matchd.toml is last: where it is, the rest is too.
    files = [
        NewFile(secrets / "host_secret", new_secret() + "\n", group),
        NewFile(secrets / "turn_secret", turn_secret + "\n", group),
        NewFile(secrets / "pepper", new_secret() + "\n", group),
        NewFile(secrets / "signing_keys.json", generate_keyring().to_json(), group),
        NewFile(
            directory / "turnserver.conf", _coturn(answers, turn_secret), group_id(_COTURN_GROUP)
        ),
        NewFile(directory / "matchd.toml", text, group),
    ]
    return files, config


def _coturn(answers: Answers, secret: str) -> str:
    try:
        return coturn_config(
            realm=answers.realm,
            secret=secret,
            external_ip=answers.external_ip,
            tls_port=TLS_PORT,
            cert=answers.certificate,
            key=answers.key,
        )
    except ValueError as error:
        raise ConfigError(f"turnserver.conf: {error}") from None


def _refuse_existing(files: list[NewFile]) -> None:
    existing = [str(file.path) for file in files if os.path.lexists(file.path)]
    if existing:
        raise ConfigError(
            f"nothing was written, because there is already: {', '.join(existing)}; move it away, "
            "or name another directory"
        )
