"""Both ends of a WebSocket in memory: the listener's part, faked small, and a client of a real library.

`Wire` stands for `matchd.listener.replay.ReplayStream`; heads and peers are the listener's own.
`test_fakes.py` holds the fake against the real one.
"""

from __future__ import annotations

import base64
import socket
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
from tests.ws.wires import Pipe, Plug, Wire

MemoryStream = trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]

KEY = base64.b64encode(b"0123456789abcdef").decode()


async def read_head(stream: trio.abc.ReceiveStream) -> tuple[RequestHead, bytes]:
    """The parsed head, and every byte read so far."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += await stream.receive_some()
    end = raw.index(b"\r\n\r\n") + 4
    return parse_head(raw[:end], Limits()), raw


def caller_at(host: str) -> Peer:
    """Somebody who calls from this address."""
    return Peer(host, 50000, tls=False, local="192.0.2.254:443")


@dataclass
class Line:
    """One connection to the edge: the client's end, the wire the edge holds, its end, and whether
    the edge cut it off."""

    client: MemoryStream | Pipe
    wire: Wire | None = None
    cut: bool = False
    gone: trio.Event = field(default_factory=trio.Event)
    peer: Peer = field(default_factory=lambda: caller_at(HOST_ADDRESS))

    @property
    def held(self) -> Wire:
        """The edge's end, once the head was read."""
        assert self.wire is not None
        return self.wire

    def leave(self) -> None:
        """The edge is done with it."""
        self.cut = self.held.taken or self.held.aborted
        self.held.abort()
        self.gone.set()


async def serve(house: House, line: Line, server: MemoryStream | Pipe) -> None:
    """What `Front` does with an upgrade: read the head, hand over, close if it was not taken over."""
    head, raw = await read_head(server)
    if isinstance(server, Pipe):
        assert isinstance(line.client, Pipe)
        line.wire = Plug(server, line.client, line, (head.raw, raw[len(head.raw) :]))
    else:
        line.wire = Wire(server, raw)
    try:
        await house.edge.serve(line.wire, line.wire, head, line.peer)
    except trio.BrokenResourceError:
        pass
    finally:
        if not line.held.taken:
            line.leave()


def dial(house: House, nursery: trio.Nursery, peer: str = HOST_ADDRESS) -> Line:
    """Connect; the edge serves in `nursery`."""
    who = caller_at(peer)
    if not house.laned:
        client, server = trio.testing.memory_stream_pair()
        line = Line(client, peer=who)
        nursery.start_soon(serve, house, line, server)
        return line
    if house not in _laned:
        _laned[house] = []
        nursery.start_soon(_run_lane, house)
    ours, theirs = map(Pipe, socket.socketpair())
    _laned[house].append(ours)
    line = Line(ours, peer=who)
    nursery.start_soon(serve, house, line, theirs)
    return line


_laned: dict[House, list[Pipe]] = {}
"""Houses whose lane runs, and its clients."""


async def _run_lane(house: House) -> None:
    try:
        await house.lane.run()
    finally:
        for client in _laned.pop(house):
            client.close()


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
