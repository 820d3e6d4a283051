"""A bare relay on trio-websocket: rooms of two, no limits, no outboxes, no checks.

What the library alone costs, with matchd's collector policy or, as `as-it-comes`, with Python's own. A
reader awaits the other side's send, which is what matchd must not do.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    WebSocketRequest,
)

from bench.servers.websocket import serve

_rooms: dict[str, list[WebSocketConnection]] = {}


async def handle(request: WebSocketRequest) -> None:
    """Relay whatever comes to whoever else is in the room."""
    name = parse_qs(urlsplit(request.path).query)["roomId"][0]
    connection = await request.accept()
    room = _rooms.setdefault(name, [])
    room.append(connection)
    with suppress(ConnectionClosed):
        while True:
            message = await connection.get_message()
            for other in room:
                if other is not connection:
                    await other.send_message(message)
    room.remove(connection)
    if not room:
        del _rooms[name]


if __name__ == "__main__":
    serve(handle, settled="as-it-comes" not in sys.argv)
