"""What the listener hands over, faked small: over a memory stream, or a socket for the lane to take."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import trio

from matchd.ws.hold import Place


class Pipe(trio.abc.Stream):
    """One end of a pair of sockets; while the gate is shut what has come is not read."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.gate = trio.Event()
        self.gate.set()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """What has come, once the gate is open."""
        with _translated():
            self._check_open()
            await trio.lowlevel.wait_readable(self.sock)
            await self.gate.wait()
            return self.sock.recv(max_bytes or 65_536)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it."""
        with _translated():
            await trio.lowlevel.checkpoint()
            self._check_open()
            while data:
                try:
                    data = data[self.sock.send(data) :]
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self.sock)

    async def wait_send_all_might_not_block(self) -> None:
        """Not called by the library."""
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Close it."""
        self.close()
        await trio.lowlevel.checkpoint()

    def _check_open(self) -> None:
        if self.sock.fileno() == -1:
            raise trio.ClosedResourceError

    def close(self) -> None:
        """Close it at once."""
        if self.sock.fileno() != -1:
            trio.lowlevel.notify_closing(self.sock)
            self.sock.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise trio.BrokenResourceError from error


class Wire(trio.abc.Stream):
    """A connection from its upgrade request on, over one end of a pair of memory streams."""

    def __init__(self, stream: trio.abc.Stream, replay: bytes) -> None:
        self._stream = stream
        self._replay = replay
        self.last_read = trio.current_time()
        self.buffered = 0
        self.aborted = self.taken = False
        self.room = trio.Event()
        self.room.set()

    def stall(self) -> None:
        """The peer stops reading: the next write waits."""
        self.room = trio.Event()

    def resume(self) -> None:
        """The peer reads on."""
        self.room.set()

    def abort(self) -> None:
        """End the connection at once."""
        self.aborted = True
        self._close()
        self.room.set()

    def take(self) -> tuple[socket.socket, bytes, Place]:
        """Only a connection with a socket can be taken over."""
        raise AssertionError

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """What was read with the head, then what comes."""
        if self._replay:
            first, self._replay = self._replay, b""
            await trio.lowlevel.checkpoint()
            return first
        data = await self._stream.receive_some(max_bytes)
        if data:
            self.last_read = trio.current_time()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, unless the peer does not read: then wait, as the guard does."""
        await self.room.wait()
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Not called by the library."""
        await self.room.wait()

    async def aclose(self) -> None:
        """Close both halves."""
        await self._stream.aclose()

    def _close(self) -> None:
        assert isinstance(self._stream, trio.StapledStream)
        self._stream.send_stream.close()
        self._stream.receive_stream.close()


class Plug(Wire):
    """A connection whose socket the lane may take over; its peer is at the end of `client`."""

    def __init__(self, server: Pipe, client: Pipe, place: Place, read: tuple[bytes, bytes]) -> None:
        super().__init__(server, b"".join(read))
        self._server = server
        self._client = client
        self._place = place
        self._rest = read[1]

    def take(self) -> tuple[socket.socket, bytes, Place]:
        """The socket, what came behind the head, and who is told of the end."""
        self.taken = True
        return self._server.sock, self._rest, self._place

    def stall(self) -> None:
        """The peer stops reading. The kernel is filled with pongs, which mean nothing to him."""
        super().stall()
        if self.taken:
            self._client.gate = self.room
            with suppress(BlockingIOError):
                while True:
                    self._server.sock.send(b"\x8a\x00")

    def _close(self) -> None:
        self._server.close()
