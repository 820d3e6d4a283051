"""How many connections are let in, in all and per address.

Owns `Caps`, the counting, and `Place`, what is counted. Rules: an IPv6
address counts as its /64 (wire.md 1.4); an exempt address and every unix socket count only towards
the total, since a trusted proxy speaks for many. Changed only in sync functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from matchd.domain.addresses import address_key
from matchd.listener.peer import UNIX_HOST, Peer
from matchd.listener.refusal import Refusal

_CODE = "too_many_connections"
_HOUSE_FULL = Refusal(503, _CODE, "The server is full. Please try again soon.", retry_after=5)
_ADDRESS_FULL = Refusal(429, _CODE, "Too many connections from this address.", retry_after=5)


class Place:
    """What one connection that was let in counts for. Who takes the connection over takes it, too."""

    __slots__ = ("_caps", "_key", "peer", "taken")

    def __init__(self, caps: Caps, peer: Peer, key: str | None) -> None:
        """Stand for a connection that is counted, under this key if its address is."""
        self._caps = caps
        self._key = key
        self.peer = peer
        self.taken = False

    def leave(self) -> None:
        """Give it back."""
        self._caps.forget(self._key)


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

    def admit(self, peer: Peer) -> Place | Refusal:
        """Let a connection in and count it, or say why not."""
        if self._open >= self._total:
            return _HOUSE_FULL
        key = None
        if peer.host != UNIX_HOST and not self._exempt(peer.host):
            key = address_key(peer.host)
            if self._by_address[key] >= self._per_address:
                return _ADDRESS_FULL
            self._by_address[key] += 1
        self._open += 1
        return Place(self, peer, key)

    def forget(self, key: str | None) -> None:
        """A connection is over that was counted under this key, whoever is exempt by now."""
        self._open -= 1
        if key is not None:
            self._by_address[key] -= 1
            if not self._by_address[key]:
                del self._by_address[key]
