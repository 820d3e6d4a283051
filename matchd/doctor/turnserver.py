"""L1: what a coturn configuration says that its author did not mean. Pure.

coturn's parser is read as it is (4.6.1 and later): `key=value` or `key value`, a comment only on a line
of its own, quotes around a value dropped, nothing else. A secret of the file is compared, never shown.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from matchd.doctor.findings import Finding, Severity
from matchd.turn import SharedSecretServer

_LINE = re.compile(r"\s*([A-Za-z0-9-]+)(?:[\s=]+(.*?))?\s*")
_DYNAMIC = ("no-dynamic-ip-list", "no-dynamic-realms", "no-auth-pings")
_DATABASES = ("userdb", "redis-userdb", "psql-userdb", "mysql-userdb", "mongo-userdb", "db")


class File(msgspec.Struct, frozen=True):
    """A configuration as coturn reads it: keys with their values, in order."""

    path: str
    lines: tuple[tuple[str, str], ...]

    def values(self, key: str) -> list[str]:
        """All values of a key."""
        return [value for name, value in self.lines if name == key]

    def has(self, *keys: str) -> bool:
        """Whether one of these keys is there."""
        return any(name in keys for name, _ in self.lines)

    def found(self, severity: Severity, cause: str, change: str = "") -> Finding:
        """A finding about this file."""
        return Finding("L1", severity, self.path, cause, change)


def read(path: str, text: str) -> File:
    """Take a file apart; what coturn would skip is skipped."""
    found = []
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if match is not None:
            found.append((match[1], _unquoted(match[2] or "")))
    return File(path, tuple(found))


def check_file(file: File, servers: list[SharedSecretServer], store_url: str) -> list[Finding]:
    """Everything wrong with it; one OK when nothing is."""
    found = [
        *_check_auth(file),
        *_check_secrets(file, servers),
        *_check_peers(file),
        *_check_redis(file, store_url),
    ]
    return found or [file.found(Severity.OK, "says what it should, as far as one can read")]


def is_anonymous(file: File) -> bool:
    """Whether a coturn of this file asks nobody for a credential."""
    keys = ("use-auth-secret", "static-auth-secret", "lt-cred-mech", "oauth")
    return file.has("no-auth") or not file.has(*keys)


def _unquoted(value: str) -> str:
    return value[1:].removesuffix('"') if value.startswith('"') else value


def _check_auth(file: File) -> Iterator[Finding]:
    secret = file.has("use-auth-secret", "static-auth-secret")
    if is_anonymous(file):
        yield file.found(
            Severity.FAIL,
            "no authentication: it relays for anybody",
            "use-auth-secret, realm=… and static-auth-secret=…; `matchd turn config` prints the file",
        )
        return
    if file.has("lt-cred-mech") and secret:
        yield file.found(
            Severity.WARN,
            "lt-cred-mech beside use-auth-secret: the secret wins, every user= is ignored",
            "remove lt-cred-mech",
        )
    elif not secret:
        yield file.found(
            Severity.FAIL, "no use-auth-secret: what we mint is refused", "use-auth-secret"
        )
    if file.has("oauth"):
        yield file.found(Severity.WARN, "oauth breaks shared secrets", "remove oauth")
    if not any(file.values("realm")):
        yield file.found(Severity.FAIL, "no realm=: browsers time out", "realm=your.domain")


def _check_secrets(file: File, servers: list[SharedSecretServer]) -> Iterator[Finding]:
    secrets = file.values("static-auth-secret")
    ours = {server.secret for server in servers}
    for secret in secrets:
        if secret.endswith(";") or "#" in secret:
            yield file.found(
                Severity.FAIL,
                "a ; or # stands behind static-auth-secret, and is part of the secret",
                "static-auth-secret=SECRET, with nothing behind it",
            )
    if secrets and ours and not ours & set(secrets) and not file.has(*_DATABASES):
        yield file.found(
            Severity.FAIL,
            "no static-auth-secret= is the first line of our secret_file",
            "static-auth-secret=, that line, then restart coturn",
        )


def _check_peers(file: File) -> Iterator[Finding]:
    if file.has("allow-loopback-peers"):
        yield file.found(
            Severity.FAIL,
            "allow-loopback-peers opens the services of that machine to players",
            "remove allow-loopback-peers",
        )
    for key in ("denied-peer-ip", "allowed-peer-ip"):
        for value in file.values(key):
            if "/" in value:
                yield file.found(
                    Severity.FAIL,
                    f"{key}={value}: coturn knows no CIDR; old ones skip the line, new ones stop",
                    f"{key}={_range(value)}",
                )
    for value in file.values("denied-peer-ip"):
        if value.startswith(("::-", "0::-", "0:0:0:0:0:0:0:0-")):
            yield file.found(
                Severity.FAIL,
                f"denied-peer-ip={value}: a range from :: refuses every IPv4 peer",
                f"denied-peer-ip=::1-{value.partition('-')[2]}",
            )


def _range(network: str) -> str:
    try:
        read = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return "FIRST-LAST"
    return f"{read[0]}-{read[-1]}"


def _check_redis(file: File, store_url: str) -> Iterator[Finding]:
    """coturn's Redis: KEYS over a store of ours every five seconds is dear."""
    for value in file.values("redis-userdb"):
        given = dict(re.findall(r"(\w+)=(\S+)", value))
        ours = urlsplit(store_url)
        same = bool(store_url) and (
            given.get("ip", given.get("host", "127.0.0.1")),
            given.get("port", "6379"),
            given.get("dbname", "0"),
        ) == (ours.hostname, str(ours.port or 6379), ours.path.lstrip("/") or "0")
        missing = [key for key in _DYNAMIC if not file.has(key)]
        if same and missing:
            yield file.found(
                Severity.WARN,
                "redis-userdb is our own Redis database, and coturn walks all its keys every 5 s",
                f"another dbname=, or: {', '.join(missing)}",
            )
