"""What the edge knows of a connection that the listener hands over: whose it is, and its place."""

from __future__ import annotations

from typing import Protocol


class Peer(Protocol):
    """Who is at the other end of the socket."""

    @property
    def host(self) -> str:
        """The network address."""

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""


class Place(Protocol):
    """What the connection counts for, until it is given back."""

    @property
    def peer(self) -> Peer:
        """Whose connection it is."""

    def leave(self) -> None:
        """Give it back."""
