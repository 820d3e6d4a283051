"""`matchd token`: tokens for hosts, players, admins and viewers, and a new key to sign them with.

A token goes to standard output alone, so that `$(matchd token ...)` works; what it allows is said on
standard error, to a terminal only.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from datetime import UTC, datetime

from matchd.cli import audit
from matchd.cli.files import replace
from matchd.cli.options import AddParser, add_config, config_path, duration, load_config
from matchd.cli.output import emit, note, say
from matchd.config.secrets import locate
from matchd.domain import ids
from matchd.domain.callers import Role
from matchd.errors import InvalidRequest
from matchd.keys import rotated
from matchd.services.tokens import mint

_ACCOUNT = re.compile(r"[A-Za-z0-9_:-]{1,64}", re.ASCII)
_RIGHTS = {
    Role.HOST: "beats, reports and signals as this host, and as no other",
    Role.PLAYER: "finds matches and enters rooms as this account",
    Role.ADMIN: "reads and changes everything under /api/admin",
    Role.VIEWER: "reads everything under /api/admin, and changes nothing",
}


def register(add: AddParser) -> None:
    """Add the verb and its five nouns."""
    parser = add("token", help="mint a token, or rotate the key they are signed with")
    nouns = parser.add_subparsers(metavar="WHAT", required=True)
    _add_minting(nouns.add_parser)
    rotate = nouns.add_parser(
        "rotate-keys",
        help="sign with a new key from now on",
        description="Put a new key in front of the key file. Tokens that are out stay good: the "
        "two keys before it still verify.",
    )
    add_config(rotate)
    rotate.set_defaults(run=run_rotate)


def _add_minting(add: AddParser) -> None:
    host = add("host", help="a token that is good for one host")
    host.add_argument("subject", metavar="HOST_ID", type=_host_id, help="the hostId it beats with")
    player = add("player", help="a token of a player's account")
    player.add_argument("subject", metavar="ACCOUNT", type=_account, help="the account's id")
    player.add_argument("--name", type=_name, help="the name others see")
    admin = add("admin", help="a token for the admin API")
    admin.add_argument("subject", metavar="NAME", type=_account, help="who will hold it")
    viewer = add("viewer", help="a token that reads the admin API and changes nothing")
    viewer.add_argument("subject", metavar="NAME", type=_account, help="who will hold it")
    roles = {Role.HOST: host, Role.PLAYER: player, Role.ADMIN: admin, Role.VIEWER: viewer}
    for role, noun in roles.items():
        noun.add_argument(
            "--ttl",
            type=duration,
            help="how long it is good: 3600, 12h, 30d (default: auth.token_ttl)",
        )
        noun.set_defaults(run=run, role=role, name=None)
        add_config(noun)


def run(arguments: argparse.Namespace) -> int:
    """Mint one token."""
    loaded = load_config(arguments)
    now, ttl = int(time.time()), arguments.ttl or loaded.config.auth.token_ttl
    token = mint(
        loaded.secrets.keys,
        issuer=loaded.config.auth.token_issuer,
        role=arguments.role,
        subject=arguments.subject,
        name=arguments.name,
        now=now,
        ttl=ttl,
    )
    why = f"{arguments.role} {arguments.subject}, for {ttl} s"
    audit.note(now, "audit.token", f"token {arguments.role}", why=why)
    emit(f"{token}\n")
    if sys.stderr.isatty():
        until = datetime.fromtimestamp(now + ttl, UTC)
        note(
            f"{arguments.role} {arguments.subject}: {_RIGHTS[arguments.role]}; "
            f"until {until:%Y-%m-%d %H:%M} UTC (--ttl)",
            "dim",
        )
    return 0


def run_rotate(arguments: argparse.Namespace) -> int:
    """Put a new key in front."""
    loaded = load_config(arguments)
    path = locate(loaded.config.auth.signing_keys_file, config_path(arguments).parent)
    keyring = rotated(loaded.secrets.keys)
    replace(path, keyring.to_json())
    why = f"signs with {keyring.keys[0].kid}"
    audit.note(time.time(), "audit.rotate_keys", "token rotate-keys", why=why)
    count = len(keyring.keys)
    say(f"{path}: a new key {keyring.keys[0].kid} in front; {count} keys verify")
    say("now: systemctl reload matchd (until then tokens of the new key are refused)")
    return 0


def _host_id(text: str) -> str:
    try:
        return ids.host_id(text, "HOST_ID")
    except InvalidRequest as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _account(text: str) -> str:
    # `host:` and the like begin the identities of callers without an account (domain/callers.py).
    if not _ACCOUNT.fullmatch(text) or text.startswith(tuple(f"{role}:" for role in Role)):
        raise argparse.ArgumentTypeError(
            f"{text!r}: 1 to 64 of A-Z a-z 0-9 _ : -, and no role such as host: in front"
        )
    return text


def _name(text: str) -> str:
    if not 1 <= len(text) <= 64 or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 64 printable characters")
    return text
