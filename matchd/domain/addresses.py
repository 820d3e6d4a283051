"""Network addresses as callers are counted by them, and who may say for whom he calls. Pure.

`X-Forwarded-For` is believed only from trusted proxies, and read from the right: the first address
that is not a trusted proxy is the caller (wire.md 1.4). A unix-domain peer is written `unix:`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from matchd.domain.ids import AddressKey

UNIX = "unix:"
UNKNOWN = "unknown"
"""The caller behind a trusted proxy whose header can't be read: in no range, recognised by nobody."""

REMEMBERED = 10_000
"""Addresses whose reading is remembered: it takes long."""


class Networks:
    """A set of addresses: single ones, CIDR ranges, and `unix:` for unix-domain peers."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Parse the entries; ValueError names the one that is no address or range."""
        entries = tuple(entries)
        self._unix = UNIX in entries
        self._ranges = tuple(
            ipaddress.ip_network(entry, strict=False) for entry in entries if entry != UNIX
        )

        self._holds = lru_cache(REMEMBERED)(self._look_up)

    def __contains__(self, host: str) -> bool:
        return self._holds(host)

    def _look_up(self, host: str) -> bool:
        if host == UNIX:
            return self._unix
        address = _parse(host)
        return address is not None and any(address in network for network in self._ranges)


def caller(peer: str, forwarded_for: str | None, trusted: Networks) -> str:
    """The address a request comes from, given its socket's peer and its X-Forwarded-For header."""
    if forwarded_for is None or peer not in trusted:
        return peer
    hops = [hop.strip() for hop in forwarded_for.split(",")]
    last = peer
    for hop in reversed(hops):
        address = _parse(hop) or _parse(_without_port(hop))
        if address is None:
            return UNKNOWN
        last = str(address)
        if last not in trusted:
            return last
    return last


def _without_port(hop: str) -> str:
    """Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    return hop.rpartition(":")[0]


@lru_cache(REMEMBERED)
def address_key(host: str) -> AddressKey:
    """The key limits count by: an IPv4 address whole, an IPv6 address by its /64."""
    address = _parse(host)
    if isinstance(address, ipaddress.IPv6Address):
        return AddressKey(str(ipaddress.ip_network((address, 64), strict=False)))
    return AddressKey(host if address is None else str(address))


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = text.strip("[]") if text.startswith("[") else text
    try:
        address = ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
