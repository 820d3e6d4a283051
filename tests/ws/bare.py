"""The lane with nothing around it: sockets that were let in already, and conversations of the test."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from matchd.listener.peer import Peer
from matchd.metrics import Metrics
from matchd.protocol.frames import CLOSE, TEXT, frame, unmask
from matchd.services.settings import RelayLimits
from matchd.ws.doors import Visit
from matchd.ws.keeper import Keeper
from matchd.ws.lane import Lane
from matchd.ws.lane_socket import LaneSocket
from tests.ws.client import caller_at
from tests.ws.wires import Pipe, Plug

ANSWER = b"101"
MASK = b"\x11\x22\x33\x44"


class Call:
    """One socket of the lane: its conversation, its place, and its client's end."""

    def __init__(self, client: Pipe, outbox: LaneSocket, hear: Callable[[Call, str], None]) -> None:
        self.client = client
        self.outbox = outbox
        self.peer: Peer = caller_at("192.0.2.1")
        self.heard: list[str] = []
        self.refused = self.left = self.goodbyes = 0
        self.over = trio.Event()
        self._hear = hear

    def receive(self, text: str) -> None:
        """Take a text frame."""
        self.heard.append(text)
        self._hear(self, text)

    def refuse(self) -> None:
        """A frame that is no text."""
        self.refused += 1

    def goodbye(self) -> None:
        """The peer is done."""
        self.goodbyes += 1

    async def gone(self) -> None:
        """The service is told."""
        await trio.lowlevel.checkpoint()
        self.left += 1

    def leave(self) -> None:
        """The place is given back."""
        assert not self.over.is_set()
        self.over.set()

    async def send(self, *frames: bytes) -> None:
        """Send frames."""
        await self.client.send_all(b"".join(frames))

    async def read(self, size: int) -> bytes:
        """So many bytes."""
        data = b""
        with trio.fail_after(60):
            while len(data) < size and (chunk := await self.client.receive_some(size - len(data))):
                data += chunk
        return data

    async def rest(self) -> bytes:
        """All that comes until the end."""
        return await self.read(1 << 30)


def echo(call: Call, text: str) -> None:
    """Say it again."""
    call.outbox.put(text.encode())


class Switch:
    """A lane that runs, and its calls."""

    def __init__(self, lane: Lane, keeper: Keeper, faults: list[BaseException]) -> None:
        self.lane = lane
        self.keeper = keeper
        self.faults = faults
        self.calls: list[Call] = []

    async def call(
        self,
        hear: Callable[[Call, str], None] = echo,
        limits: RelayLimits | None = None,
        rest: bytes = b"",
    ) -> Call:
        """Connect; `rest` came with the request."""
        client, server = map(Pipe, socket.socketpair())
        outbox = self.lane.socket(limits or RelayLimits())
        call = Call(client, outbox, hear)
        visit = Visit(call, Call.gone, call.goodbye)
        self.calls.append(call)
        plug = Plug(server, client, call, (b"", rest))
        self.lane.take(outbox, plug, visit, dialect="test", answer=ANSWER)
        assert await call.read(len(ANSWER)) == ANSWER
        return call

    def fill(self, call: Call) -> None:
        """The peer does not read: the kernel takes no more."""
        sock = call.outbox._sock
        try:
            while True:
                sock.send(b"\x8a\x00")
        except BlockingIOError:
            pass


@asynccontextmanager
async def switch() -> AsyncIterator[Switch]:
    """A lane, and who keeps its deadlines; in the end nobody is forgotten."""
    keeper, faults, metrics = Keeper(), list[BaseException](), Metrics()
    lane = Lane(metrics, keeper, lambda error, _peer: faults.append(error))
    made = Switch(lane, keeper, faults)
    async with trio.open_nursery() as nursery:
        await nursery.start(lane.run)
        nursery.start_soon(keeper.run)
        yield made
        nursery.cancel_scope.cancel()
    for call in made.calls:
        call.client.close()
        assert (call.left, call.over.is_set()) == (1, True)
    assert (lane.open, lane._sockets, lane._more, keeper._sockets) == (0, {}, {}, {})
    assert b'matchd_sockets{dialect="test"} 0.0' in metrics.render() or not made.calls


def masked(first: int, payload: bytes) -> bytes:
    """A frame of a client."""
    whole = frame(first, payload)
    head = len(whole) - len(payload)
    return bytes((whole[0], whole[1] | 0x80)) + whole[2:head] + MASK + unmask(payload, MASK)


def said(text: str) -> bytes:
    """A text of a client."""
    return masked(TEXT, text.encode())


def closed(code: int) -> bytes:
    """A client's close."""
    return masked(CLOSE, code.to_bytes(2, "big"))
