"""The way out to one socket, as services see it. The WebSocket edge has the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from matchd.protocol.news import Close


class Outbox(Protocol):
    """The way out to one socket; both are sync, bounded, and never raise."""

    def put(self, text: bytes) -> None:
        """Write a text frame, or end the socket when it reads too slowly."""

    def close(self, code: Close, reason: str) -> None:
        """Close after what was put before."""


class PacedOutbox(Outbox, Protocol):
    """The same, to a socket that is sent more than an outbox holds, at the pace it reads."""

    @property
    def roomy(self) -> bool:
        """Whether less than half of what may wait does."""

    async def written(self) -> None:
        """Return when nothing waits any more, or the socket is over."""

    def speak_binary(self) -> None:
        """Send frames as binary ones from now on."""

    def on_pong(self, proved: Callable[[int], None]) -> None:
        """Ping after frames were written, and say how many of them the peer must have received."""
