"""How many connections are let in, in all and per address.

Owns `Caps`, the counting, `Admission`, the port through which `front` asks, and `Place`. Rules: an IPv6
address counts as its /64 (wire.md 1.4); an exempt address and every unix socket count only towards
the total, since a trusted proxy speaks for many. Changed only in sync functions.
"""

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Protocol

from matchd.listener.peer import UNIX_HOST, Peer
from matchd.listener.refusal import Refusal

_CODE = "too_many_connections"
_HOUSE_FULL = Refusal(503, _CODE, "The server is full. Please try again soon.", retry_after=5)
_ADDRESS_FULL = Refusal(429, _CODE, "Too many connections from this address.", retry_after=5)


class Admission(Protocol):
    """Whoever decides which connections come in."""

    def admit(self, peer: Peer) -> Refusal | None:
        """Let a connection in and count it, or say why not."""

    def release(self, peer: Peer) -> None:
        """Forget a connection that was let in."""


class Place:
    """What one connection that was let in counts for. Who takes the connection over takes it, too."""

    __slots__ = ("_admission", "peer", "taken")

    def __init__(self, admission: Admission, peer: Peer) -> None:
        """Stand for a connection that was admitted."""
        self._admission = admission
        self.peer = peer
        self.taken = False

    def leave(self) -> None:
        """Give it back."""
        self._admission.release(self.peer)


class Caps:
    """Counts open connections against two limits."""

    def __init__(
        self, total: int, per_address: int, *, exempt: Callable[[str], bool] = lambda _host: False
    ) -> None:
        """Take both limits; `exempt(host)` frees an address of the second."""
        self._total = total
        self._per_address = per_address
        self._exempt = exempt
        self._open = 0
        self._by_address: Counter[str] = Counter()

    def admit(self, peer: Peer) -> Refusal | None:
        """Let a connection in and count it, or say why not."""
        if self._open >= self._total:
            return _HOUSE_FULL
        key = self._key(peer)
        if key is not None:
            if self._by_address[key] >= self._per_address:
                return _ADDRESS_FULL
            self._by_address[key] += 1
        self._open += 1
        return None

    def release(self, peer: Peer) -> None:
        """Forget a connection that was let in."""
        self._open -= 1
        key = self._key(peer)
        if key is not None:
            self._by_address[key] -= 1
            if not self._by_address[key]:
                del self._by_address[key]

    def _key(self, peer: Peer) -> str | None:
        if peer.host == UNIX_HOST or self._exempt(peer.host):
            return None
        address = ip_address(peer.host)
        if isinstance(address, IPv6Address):
            return str(IPv6Network((int(address), 64), strict=False))
        return peer.host
