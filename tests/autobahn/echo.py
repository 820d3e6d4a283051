"""Both WebSocket edges behind a front door of theirs, and a service there that says all of it again.

Our services hear texts and refuse what is binary, and messages have a bound. Autobahn asks for both,
so here the bound is higher, and a binary message goes on its way as `Blob`; all else is as in the
daemon.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import pytest
import trio
from trio_websocket import WebSocketConnection

from matchd.listener.caps import Caps
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from matchd.listener.serve import serve
from matchd.listener.sockets import open_listeners
from matchd.protocol import frames
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits
from matchd.ws import edge as library_edge
from matchd.ws.doors import Doors
from matchd.ws.edge import WebSocketEdge
from matchd.ws.lane import Lane
from matchd.ws.lane_socket import LaneSocket
from tests.house import House
from tests.ws.open_door import OpenDoor

MOST = 16 << 20
"""The largest message that Autobahn sends."""

LIMITS = RelayLimits(outbox_messages=1000, outbox_bytes=2 * MOST)


class Blob(bytes):
    """A binary message in an outbox, which holds texts otherwise."""

    def decode(self, *_: object) -> Blob:  # type: ignore[override]  # what the library sends as it is
        """It is not a text."""
        return self


class Heard:
    """The last message that an edge has taken, for a service that is told of texts alone."""

    message: str | bytes = b""


class Reader(frames.FrameReader):
    """A reader that remembers."""

    def __init__(self, heard: Heard) -> None:
        super().__init__(MOST)
        self._heard = heard

    def next(self) -> frames.Event | None:
        """As ever."""
        event = super().next()
        if isinstance(event, bytes):
            self._heard.message = event
        return event


class BlobLane(Lane):
    """The lane, for binary messages too."""

    heard: Heard

    def socket(self, limits: RelayLimits) -> LaneSocket:
        """One that remembers."""
        made = super().socket(limits)
        made._reader = Reader(self.heard)
        return made

    def framed(self, text: bytes) -> bytes:
        """A message as a frame."""
        return frames.frame(frames.BINARY, text) if type(text) is Blob else super().framed(text)


class Echo:
    """Says again what it hears."""

    def __init__(self, heard: Heard, outbox: Outbox) -> None:
        self._heard = heard
        self._outbox = outbox

    def receive(self, text: str) -> None:
        """Say it again."""
        self._outbox.put(text.encode())

    def refuse(self) -> None:
        """Say it again."""
        assert isinstance(self._heard.message, bytes)
        self._outbox.put(Blob(self._heard.message))


class Service(NamedTuple):
    """Where it listens, and what went wrong there."""

    url: str
    faults: list[BaseException]


@asynccontextmanager
async def echo(patch: pytest.MonkeyPatch, *, laned: bool) -> AsyncIterator[Service]:
    """Serve through the lane, or through the library alone, on a port of its own."""
    heard = Heard()
    _raise_bound(patch, heard)
    house = House()
    faults = house.faults

    def on_fault(error: BaseException, _peer: Peer) -> None:
        faults.append(error)

    lane = BlobLane(house.metrics, house.keeper, on_fault)
    lane.heard = heard
    doors = Doors((OpenDoor(partial(Echo, heard), LIMITS),), ())
    made = partial(WebSocketEdge, doors, house.current, house.limits, house.keeper, house.metrics)
    edge = made(lane=lane if laned else None)

    async def serve_websocket(stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        await edge.serve(stream, stream, head, peer)

    edges = Edges(serve_http=house.http.serve, serve_websocket=serve_websocket)
    watch = Watch(on_fault=on_fault, on_event=lambda _name: None)
    front = Front(edges, Caps(100, 100), watch, Rules())
    listeners = open_listeners(["127.0.0.1:0"])
    async with trio.open_nursery() as nursery:
        await nursery.start(lane.run)
        nursery.start_soon(house.keeper.run)
        await nursery.start(serve, listeners, front.handle, watch)
        yield Service(f"ws://{listeners[0].name}", faults)
        nursery.cancel_scope.cancel()


def _raise_bound(patch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Have the library's edge take what Autobahn sends, and say what it was."""
    read = WebSocketConnection.get_message

    async def get_message(connection: WebSocketConnection) -> str | bytes:
        heard.message = await read(connection)
        return heard.message

    patch.setattr(WebSocketConnection, "get_message", get_message)
    patch.setattr(library_edge, "MAX_BODY", MOST)
