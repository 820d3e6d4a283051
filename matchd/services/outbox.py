"""The way out to one socket, as services see it. The WebSocket edge has the real one."""

from __future__ import annotations

from typing import Protocol

from matchd.protocol.news import Close


class Outbox(Protocol):
    """The way out to one socket; both are sync, bounded, and never raise."""

    def put(self, text: bytes) -> None:
        """Write a text frame, or end the socket when it reads too slowly."""

    def close(self, code: Close, reason: str) -> None:
        """Close after what was put before."""
