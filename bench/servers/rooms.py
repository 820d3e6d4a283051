"""Bare matchbox rooms on trio-websocket: ids, announcements, signals; no limits, outboxes or checks.

What the library alone costs. A reader awaits the other side's send, which is what matchd must not do.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

import msgspec
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    WebSocketRequest,
)

from bench.servers.websocket import serve

_rooms: dict[str, dict[str, WebSocketConnection]] = {}


class Signal(msgspec.Struct, frozen=True):
    """Something for another peer."""

    receiver: str
    data: msgspec.Raw


class Request(msgspec.Struct, frozen=True):
    """What a peer says."""

    Signal: Signal


_read = msgspec.json.Decoder(Request).decode


async def handle(request: WebSocketRequest) -> None:
    """Tell those present of a peer, then relay what it says."""
    connection = await request.accept()
    name, room = str(uuid.uuid4()), _rooms.setdefault(request.path, {})
    await connection.send_message(f'{{"IdAssigned":"{name}"}}')
    for other in tuple(room.values()):
        await other.send_message(f'{{"NewPeer":"{name}"}}')
    room[name] = connection
    with suppress(ConnectionClosed):
        while True:
            said = _read(await connection.get_message()).Signal
            data = bytes(said.data).decode()
            text = f'{{"Signal":{{"sender":"{name}","data":{data}}}}}'
            await room[said.receiver].send_message(text)
    del room[name]
    if not room:
        del _rooms[request.path]


if __name__ == "__main__":
    serve(handle)
