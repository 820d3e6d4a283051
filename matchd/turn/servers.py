"""TURN servers as the configuration names them, their URLs, and what hosts and secrets may be.

URLs are built from host and ports, never taken as text: one URL that a browser refuses makes
`new RTCPeerConnection` throw and the whole client fails. The grammar is RFC 7064 and RFC 7065,
narrowed to what Chromium accepts.

Every check raises ValueError with one sentence for the admin, and never quotes a secret.
`matchd.turn` and the configuration import this module.
"""

import ipaddress
import re
from functools import lru_cache
from typing import ClassVar, Literal

from matchd.turn.hidden import Hidden

MIN_SECRET, MAX_SECRET = 16, 255  # coturn keeps 256 bytes of a secret, its end mark included
MAX_USERNAME = 508  # Chromium's constructor throws from 510 bytes on
SERVERS = 64
"""Servers whose URLs are not written anew."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_STUN = re.compile(r"stuns?:(?:\[([^\[\]]*:[^\[\]]*)\]|([^\[\]:/?@]*))(?::([0-9]{1,5}))?")
_VISIBLE = re.compile(r"[!-~]+")


def check_host(host: str) -> None:
    """Refuse what is not a bare DNS name, IPv4 or IPv6 address (IPv6 without brackets)."""
    if not host.isascii():
        raise ValueError(f"The host {host!r} is not ASCII: write an international name as xn--.")
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        _check_address(host)
    elif len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            f"The host {host!r} is no host name: give it without scheme, port, path or brackets."
        )


def _check_address(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"The host {host!r} is neither an IPv4 nor an IPv6 address.") from None
    if address.is_unspecified or address.is_multicast or "%" in host:
        raise ValueError(f"The host {host!r} is an address that no client can connect to.")


def check_secret(secret: str) -> None:
    """Refuse a secret that coturn's configuration or its database would read differently.

    16 to 255 visible ASCII characters, none of them a quote, `\\`, `#` or `;`, and no `=` in
    front: coturn's parser eats those, and its SQL drivers paste the value between quotes.
    """
    if not MIN_SECRET <= len(secret) <= MAX_SECRET:
        raise ValueError(
            f"The secret has {len(secret)} characters: use {MIN_SECRET} to {MAX_SECRET}."
        )
    if not _VISIBLE.fullmatch(secret):
        raise ValueError("The secret has a space, a control or a non-ASCII character in it.")
    if secret.startswith("=") or set(secret) & set("\"'\\#;"):
        raise ValueError("The secret begins with = or has a quote, backslash, # or ; in it.")


def check_stun_url(url: str) -> None:
    """Refuse what is not `stun:host`, `stuns:host`, each with an optional `:port` (RFC 7064)."""
    match = _STUN.fullmatch(url)
    if match is None:
        raise ValueError(f"{url!r} is no STUN URL: write stun:host:port, without // and query.")
    bracketed, name, port = match.groups()
    check_host(bracketed or name)
    if port is not None and not 1 <= int(port) <= 65535:
        raise ValueError(f"{url!r} has a port outside 1 to 65535.")


@lru_cache(SERVERS)
def _urls(host: str, udp_port: int, tcp_port: int, tls_port: int) -> tuple[str, ...]:
    host = f"[{host}]" if ":" in host else host
    ways = ((udp_port, "turn", "udp"), (tcp_port, "turn", "tcp"), (tls_port, "turns", "tcp"))
    return tuple(f"{scheme}:{host}:{port}?transport={way}" for port, scheme, way in ways if port)


class _Server(Hidden, frozen=True, kw_only=True):
    """What every TURN server has. A port of 0 turns that transport off."""

    name: str
    host: str
    udp_port: int = 3478
    tcp_port: int = 3478
    tls_port: int = 0
    regions: tuple[str, ...] = ()  # empty: serves every region
    weight: int = 1  # share of the players; 0: told to nobody, its relays run out

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"The server name {self.name!r} is not 1 to 64 of A-Z a-z 0-9 _ . -.")
        check_host(self.host)
        ports = (self.udp_port, self.tcp_port, self.tls_port)
        if not all(0 <= port <= 65535 for port in ports):
            raise ValueError(f"A port of {self.name} is outside 0 to 65535.")
        if not any(ports):
            raise ValueError(f"The server {self.name} has every port turned off.")
        if not 0 <= self.weight <= 1000:
            raise ValueError(f"The weight of {self.name} is outside 0 to 1000.")

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of this server, best first: UDP, TCP, TLS (at least one, at most three).

        Some clients (aiortc) use the first URL only, so the order decides for them.
        """
        return _urls(self.host, self.udp_port, self.tcp_port, self.tls_port)


class SharedSecretServer(_Server, frozen=True, kw_only=True):
    """A server that checks credentials we mint from a secret both sides know (TURN REST).

    `previous` are secrets it may still accept during a rotation: nothing is minted with them.
    `realm` serves the doctor and the rotation only; clients learn it from the server. `kind`
    says how the server treats an expired credential: pion also refuses its refreshes.
    """

    _hidden: ClassVar[frozenset[str]] = frozenset({"secret", "previous"})

    secret: str
    previous: tuple[str, ...] = ()
    realm: str = ""
    kind: Literal["coturn", "eturnal", "pion"] = "coturn"

    def __post_init__(self) -> None:
        super().__post_init__()
        for secret in (self.secret, *self.previous):
            check_secret(secret)


class StaticServer(_Server, frozen=True, kw_only=True):
    """A server with one fixed username and credential, such as a bought service."""

    _hidden: ClassVar[frozenset[str]] = frozenset({"credential"})

    username: str
    credential: str
    kind: Literal["static"] = "static"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.username.encode()) <= MAX_USERNAME:
            raise ValueError(f"The username of {self.name} is not 1 to {MAX_USERNAME} bytes long.")
        if not self.credential:
            raise ValueError(f"The credential of {self.name} is empty.")


TurnServer = SharedSecretServer | StaticServer
