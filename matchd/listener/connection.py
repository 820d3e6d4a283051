"""What the listener and the HTTP edge share about one connection, and its deadlines.

Owns `Connection`, the only object that both sides touch, and `Deadlines`. Rules: the HTTP edge
calls `answered()` once per response, after its last byte was handed to the stream; `ended` tells
the edge that it has seen the last request. Everything here is sync and happens in one Trio loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from matchd.listener.peer import Peer


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a peer gets, each for one thing.

    handshake: TLS, from the connect. head: a request's head, from its first byte, for the first
    request from the connect. body: a request's body, from its head. keep_alive: between two
    requests. last_call: for a first request that may be on its way when the house begins to drain.
    write: without the kernel taking a byte. linger: to read a refusal. half_closed: for answers to
    a peer who says no more, and may still listen. hang_up: for the HTTP edge to return once the
    connection broke or has no more for it, before it is cancelled.
    """

    handshake: float = 5.0
    head: float = 5.0
    body: float = 10.0
    keep_alive: float = 75.0
    last_call: float = 0.5
    write: float = 10.0
    linger: float = 2.0
    half_closed: float = 0.25
    hang_up: float = 5.0


class Rest(Protocol):
    """A connection as the express lane leaves it."""

    @property
    def unread(self) -> bytes:
        """Bytes that have come and are nobody's yet."""

    @property
    def answered(self) -> bool:
        """Whether a request has been answered on it."""

    @property
    def due(self) -> float:
        """Until when the peer may be silent; if nothing was answered, when his first head is due."""

    @property
    def body_due(self) -> float:
        """When the body of the request in `unread` is due, if that began long ago."""


def ignore_answers() -> None:
    """Nobody watches."""


class Connection:
    """One connection, as the HTTP edge may know it."""

    def __init__(self, peer: Peer) -> None:
        """Start with no request in flight."""
        # fixed after construction
        self.peer = peer
        # changed only in sync functions
        self.ended = trio.Event()
        self.draining = False
        self._forwarded = 0
        self._answered = 0
        self._on_change: Callable[[], None] = ignore_answers

    @property
    def in_flight(self) -> int:
        """Requests handed to the HTTP edge and not answered yet."""
        return self._forwarded - self._answered

    def answered(self) -> None:
        """Say that one response has been sent completely. Called by the HTTP edge."""
        self._answered += 1
        self._on_change()

    def forwarded(self) -> None:
        """Say that one whole request lies ready for the HTTP edge. Called by the stream."""
        self._forwarded += 1

    def watch(self, on_change: Callable[[], None]) -> None:
        """Name who is told of every answer: the stream of this connection."""
        self._on_change = on_change
