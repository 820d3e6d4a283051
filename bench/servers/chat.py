"""A bare chat on trio-websocket: each message to everybody, and an acknowledgement; nothing is kept.

What the library alone costs. There are no accounts, no numbers, no outboxes and no limits, and a reader
awaits everybody's send, which is what matchd must not do.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    WebSocketRequest,
)

from bench.servers.websocket import serve

_everybody: set[WebSocketConnection] = set()


class Said(msgspec.Struct, frozen=True):
    """What a member says."""

    room: str
    content: str
    id: str


class Request(msgspec.Struct, frozen=True):
    """One frame of a client."""

    action: str
    data: Said


_read = msgspec.json.Decoder(Request).decode
_write = msgspec.json.Encoder().encode


async def handle(request: WebSocketRequest) -> None:
    """Tell everybody what one says, then him that it was done."""
    connection = await request.accept()
    _everybody.add(connection)
    with suppress(ConnectionClosed):
        while True:
            said = _read(await connection.get_message()).data
            text = _write({"action": "Message", "data": said}).decode()
            for other in tuple(_everybody):
                with suppress(ConnectionClosed):
                    await other.send_message(text)
            await connection.send_message(f'{{"action":"Ack","data":{{"id":"{said.id}"}}}}')
    _everybody.discard(connection)


if __name__ == "__main__":
    serve(handle)
