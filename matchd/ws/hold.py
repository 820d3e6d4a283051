"""What the edge knows of a connection that the listener hands over: whose it is, and its place."""

from __future__ import annotations

import socket
from typing import Protocol

from matchd.ws.socket import Wire


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


class Connection(Wire, Protocol):
    """The connection itself, beside its stream."""

    def take(self) -> tuple[socket.socket, bytes, Place]:
        """Take the socket over, with what came behind the request, and what it counts for."""
