"""Both ends of a WebSocket in memory: the listener's part, faked small, and a client of a real library.

`Wire` stands for `matchd.listener.replay.ReplayStream`; heads and peers are the listener's own.
`test_fakes.py` holds the fake against the real one.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from matchd.listener.heads import Limits, RequestHead, parse_head
from matchd.listener.peer import Peer
from tests.house import HOST_ADDRESS, SECRET, House

MemoryStream = trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]

KEY = base64.b64encode(b"0123456789abcdef").decode()


class Wire(trio.abc.Stream):
    """A connection from its upgrade request on, over one end of a pair of memory streams."""

    def __init__(self, stream: MemoryStream, replay: bytes) -> None:
        self._stream = stream
        self._replay = replay
        self.last_read = trio.current_time()
        self.buffered = 0
        self.aborted = False
        self.room = trio.Event()
        self.room.set()

    def stall(self) -> None:
        """The peer stops reading: the next write waits."""
        self.room = trio.Event()

    def abort(self) -> None:
        """End the connection at once."""
        self.aborted = True
        self._stream.send_stream.close()
        self._stream.receive_stream.close()
        self.room.set()

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


async def read_head(stream: trio.abc.ReceiveStream) -> tuple[RequestHead, bytes]:
    """The parsed head, and every byte read so far."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += await stream.receive_some()
    end = raw.index(b"\r\n\r\n") + 4
    return parse_head(raw[:end], Limits()), raw


@dataclass
class Line:
    """One connection to the edge: the client's end, the wire the edge holds, its end, and whether
    the edge cut it off."""

    client: MemoryStream
    wire: Wire | None = None
    cut: bool = False
    gone: trio.Event = field(default_factory=trio.Event)

    @property
    def held(self) -> Wire:
        """The edge's end, once the head was read."""
        assert self.wire is not None
        return self.wire


async def serve(house: House, line: Line, server: MemoryStream, peer: str) -> None:
    """What `Front` does with an upgrade: read the head, hand over, close."""
    head, raw = await read_head(server)
    line.wire = Wire(server, raw)
    who = Peer(peer, 50000, False, "192.0.2.254:443")
    try:
        await house.edge.serve(line.wire, line.wire, head, who)
    except trio.BrokenResourceError:
        pass
    finally:
        line.cut = line.held.aborted
        line.held.abort()
        line.gone.set()


def dial(house: House, nursery: trio.Nursery, peer: str = HOST_ADDRESS) -> Line:
    """Connect; the edge serves in `nursery`."""
    client, server = trio.testing.memory_stream_pair()
    line = Line(client)
    nursery.start_soon(serve, house, line, server, peer)
    return line


class Caller:
    """A client's WebSocket: JSON in, JSON out."""

    def __init__(self, connection: WebSocketConnection, line: Line) -> None:
        self.connection = connection
        self.line = line

    async def say(self, **message: object) -> None:
        """Send one message."""
        await self.connection.send_message(msgspec.json.encode(message).decode())

    async def hear(self) -> dict[str, Any]:
        """The next message, within 5 s; ICE pushes are skipped."""
        with trio.fail_after(5):
            while True:
                raw = await self.connection.get_message()
                message = cast("dict[str, Any]", msgspec.json.decode(raw))
                if message.get("action") != "ice":
                    return message

    async def hear_end(self, seconds: float = 60) -> int:
        """Read until the connection is closed; its close code (1006: aborted)."""
        with trio.fail_after(seconds):
            while True:
                try:
                    await self.connection.get_message()
                except ConnectionClosed as closed:
                    return 1006 if closed.reason is None else closed.reason.code


async def call(
    house: House,
    nursery: trio.Nursery,
    target: str,
    headers: dict[str, str] | None = None,
    peer: str = HOST_ADDRESS,
) -> Caller:
    """Open a WebSocket to the edge; `nursery` holds both ends."""
    line = dial(house, nursery, peer)
    extra = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    stream = cast("Any", line.client)  # the library wants no more than any stream has
    connection = await wrap_client_stream(
        nursery, stream, "play.example.net", target, extra_headers=extra
    )
    await connection._open_handshake.wait()
    return Caller(connection, line)


async def call_host(house: House, nursery: trio.Nursery) -> Caller:
    """The host h1 calls with the shared secret."""
    return await call(house, nursery, "/?roomId=r-h1", {"Authorization": f"Bearer {SECRET}"})


async def call_player(house: House, nursery: trio.Nursery, who: str = "u_ann") -> Caller:
    """A player finds h1 and calls with his grant."""
    found = await house.find(house.player(who))
    return await call(house, nursery, f"/signal/{found.grant}?roomId={found.room_id}")


@asynccontextmanager
async def switchboard() -> AsyncIterator[trio.Nursery]:
    """A nursery for both ends of some connections; what is still open in the end is cut off."""
    async with trio.open_nursery() as nursery:
        yield nursery
        nursery.cancel_scope.cancel()


def upgrade(target: str, **headers: str | None) -> bytes:
    """A raw upgrade request; a header of None is left out."""
    usual: dict[str, str | None] = {
        "Host": "play.example.net",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    lines = [f"GET {target} HTTP/1.1"]
    for name, value in (usual | headers).items():
        lines += [] if value is None else [f"{name}: {part}" for part in value.split("|")]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Refused:
    """An HTTP answer to an upgrade."""

    status: int
    headers: dict[str, str]
    json: dict[str, Any]


async def refused_upgrade(house: House, target: str, **headers: str | None) -> Refused:
    """Send an upgrade request that must be refused, and read the answer."""
    async with switchboard() as nursery:
        line = dial(house, nursery)
        await line.client.send_all(upgrade(target, **headers))
        raw = b""
        while chunk := await line.client.receive_some():
            raw += chunk
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    pairs = (row.split(": ", 1) for row in rest)
    fields = {name.lower(): value for name, value in pairs}
    assert int(fields["content-length"]) == len(body)
    return Refused(int(first.split(" ")[1]), fields, msgspec.json.decode(body))
