"""The stream that the WebSocket edge gets.

Owns `ReplayStream`: bytes that were read to look at the head come first, then the connection reads
on. Made by `front`; the WebSocket edge sees it as a `trio.abc.Stream` with three extras.
"""

import socket
from typing import NamedTuple

import trio

from matchd.listener.caps import Place
from matchd.listener.guard import GuardedStream


class Taken(NamedTuple):
    """A connection that was taken over: its socket, what came behind the request, and its place."""

    socket: socket.socket
    rest: bytes
    place: Place


class ReplayStream(trio.abc.Stream):
    """A connection from its upgrade request on.

    `stream` is the guard itself or the TLS stream on top of it; `head` and `rest` are the bytes read
    so far, the request's and those behind it.
    """

    def __init__(
        self,
        stream: trio.abc.Stream,
        guard: GuardedStream,
        place: Place,
        *,
        head: bytes,
        rest: bytes,
    ) -> None:
        """Start with what was read."""
        self.peer = place.peer
        self._stream = stream
        self._guard = guard
        self._place = place
        self._rest = rest
        self._replay = memoryview(head + rest)

    def __repr__(self) -> str:
        """Name the peer: trio-websocket shows this as the endpoint."""
        return f"<ReplayStream {self.peer}>"

    @property
    def last_read(self) -> float:
        """The `trio.current_time()` at which the peer last sent anything."""
        return self._guard.last_read

    @property
    def buffered(self) -> int:
        """Bytes that wait because the peer does not read."""
        return self._guard.buffered

    def abort(self) -> None:
        """End the connection at once; every pending call raises trio.BrokenResourceError."""
        self._guard.abort()

    def take(self) -> Taken:
        """Take over a plain connection, on which nothing was read or sent since the request.

        Raises trio.BrokenResourceError, trio.ClosedResourceError when it is not there any more.
        """
        socket = self._guard.give_away()
        self._place.taken = True
        return Taken(socket, self._rest, self._place)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Return what was read already, then what comes; `b""` at EOF."""
        if not self._replay:
            return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        data = bytes(self._replay[:max_bytes])
        self._replay = self._replay[len(data) :]
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of `data`; see GuardedStream."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Return once `send_all` would not wait."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Flush within the write deadline and close."""
        await self._stream.aclose()
