"""The admin API as the verbs of the command line use it: which server, by whose token.

Rules: a token comes from a file or from $MATCHD_ADMIN_TOKEN, never from the command line, where others
would see it. Whoever may read the signing keys of the configuration needs none: a token for some
minutes is made of them. Imported by the verbs.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from matchd.cli.options import add_config, config_path, is_missing, load_config
from matchd.config import Loaded
from matchd.config.secrets import read_secret
from matchd.domain.callers import Role
from matchd.errors import ConfigError, InvalidRequest
from matchd.services.tokens import mint

if TYPE_CHECKING:
    from matchd.client import Client

TOKEN_VARIABLE = "MATCHD_ADMIN_TOKEN"  # noqa: S105  # the name of a variable
TTL = 900
"""Seconds that a token of our own is good."""

_HINT = (
    f"give --token-file, or ${TOKEN_VARIABLE} (`matchd token viewer NAME` on the server makes one)"
)
_T = TypeVar("_T")


class Desk:
    """A server's admin API. `url` is what it is called in messages."""

    def __init__(self, client: Client, url: str, renew: Callable[[], str]) -> None:
        self.url = url
        self._client = client
        self._renew = renew
        self._fresh_until = 0.0

    async def read(self, target: str) -> dict[str, Any]:
        """What is answered. OSError when nobody answers, ConfigError when we are not let in."""
        return await self._read(target, dict[str, Any])

    async def entries(self, target: str) -> list[dict[str, Any]]:
        """The same where a list is answered."""
        return await self._read(target, list[dict[str, Any]])

    async def _read(self, target: str, kind: type[_T]) -> _T:
        from matchd.client import Refused, Unreachable  # noqa: PLC0415  # the others need no client
        from matchd.client.http import Request  # noqa: PLC0415

        if time.monotonic() >= self._fresh_until:
            self._client.credential = self._renew()
            self._fresh_until = time.monotonic() + TTL / 2
        try:
            body = await self._client.ask(Request(method="GET", target=target))
            return msgspec.json.decode(body, type=kind)
        except Unreachable as error:
            why = str(error).partition(" (")[0]  # without how many ways were tried
            raise OSError(f"{self.url}: {why}; does it run? systemctl status matchd") from None
        except msgspec.DecodeError:
            raise OSError(f"{self.url}: whoever answers there is not matchd") from None
        except Refused as error:
            if error.status in (401, 403):
                raise ConfigError(f"{self.url}: {error} {_HINT}") from None
            raise

    async def ready(self) -> tuple[bool, list[str]]:
        """Whether it serves; why not, or what its administrator should change."""
        from matchd.client import Refused  # noqa: PLC0415

        try:
            answer = await self.read("/readyz")
        except Refused as error:
            return False, [str(error)]
        return True, [str(advice) for advice in answer.get("advice", [])]


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the options that lead to a server."""
    parser.add_argument(
        "--url", help="the server, such as https://play.example.net (default: the configuration's)"
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="its first line is a token of `matchd token viewer` or `admin` (default: "
        f"${TOKEN_VARIABLE}, else one is made with the keys of the configuration)",
    )
    add_config(parser)


def at_desk(arguments: argparse.Namespace, work: Callable[[Desk], Awaitable[_T]]) -> _T:
    """Do something with the admin API that the options name."""
    import trio  # noqa: PLC0415

    from matchd.client import Client  # noqa: PLC0415
    from matchd.client.http import dial  # noqa: PLC0415

    loaded = None if arguments.url and _given(arguments) else _configured(arguments)
    url, path = (arguments.url, None) if arguments.url else _server(loaded)

    async def dial_unix(*_: object) -> trio.abc.Stream:
        return await trio.open_unix_socket(path or "")

    try:
        client = Client(url, dial=dial if path is None else dial_unix)
        desk = Desk(client, path or url, lambda: _given(arguments) or _minted(arguments, loaded))
        return trio.run(work, desk)
    except InvalidRequest as error:
        raise ConfigError(str(error)) from None


def _configured(arguments: argparse.Namespace) -> Loaded:
    path = config_path(arguments)
    if is_missing(path):
        raise ConfigError(
            f"{path}: there is no such file, so name the server by --url, and a token by --token-file "
            f"or ${TOKEN_VARIABLE}: `matchd serve --dev` prints one, `matchd token viewer NAME` on the "
            "server makes one"
        )
    return load_config(arguments)


def _given(arguments: argparse.Namespace) -> str | None:
    if arguments.token_file is not None:
        return read_secret("--token-file", str(arguments.token_file), Path())
    return os.environ.get(TOKEN_VARIABLE) or None


def _minted(arguments: argparse.Namespace, loaded: Loaded | None) -> str:
    loaded = loaded or _configured(arguments)
    if not loaded.secrets.keys.keys:
        raise ConfigError(f"{config_path(arguments)}: it has no signing keys; {_HINT}")
    who = re.sub(r"[^A-Za-z0-9_-]", "_", os.environ.get("SUDO_USER") or getpass.getuser())[:48]
    return mint(
        loaded.secrets.keys,
        issuer=loaded.config.auth.token_issuer,
        role=Role.VIEWER,
        subject=f"cli-{who}",
        name=None,
        now=int(time.time()),
        ttl=TTL,
    )


def _server(loaded: Loaded | None) -> tuple[str, str | None]:
    """Where the daemon of a configuration is reached from here: a URL, and the socket behind it."""
    assert loaded is not None
    server = loaded.config.server
    for listen in server.listen:
        if listen.startswith("unix:"):
            return "http://localhost", listen.removeprefix("unix:")
        if not listen.startswith("fd:") and not server.tls_certificate:
            host, _, port = listen.rpartition(":")
            host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  # as listened
            return f"http://{host}:{port}", None
    if not server.public_url:
        raise ConfigError("server.public_url is empty: give --url")
    return server.public_url, None
