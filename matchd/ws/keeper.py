"""Keeps an eye on all sockets: one task over last-seen times instead of a timer per socket."""

from __future__ import annotations

import trio

from matchd.ws.socket import Socket

TICK = 1.0
"""Seconds between two looks; the precision of pings and drops."""


class Keeper:
    """The open sockets of this node."""

    def __init__(self) -> None:
        self._sockets: dict[Socket, None] = {}

    def add(self, socket: Socket) -> None:
        """Watch a socket."""
        self._sockets[socket] = None

    def remove(self, socket: Socket) -> None:
        """Stop watching it."""
        del self._sockets[socket]

    async def run(self) -> None:
        """Ping and drop, until cancelled."""
        while True:
            await trio.sleep(TICK)
            now = trio.current_time()
            for socket in self._sockets:
                socket.tend(now)
