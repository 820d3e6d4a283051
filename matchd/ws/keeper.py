"""Keeps an eye on all sockets: one task over last-seen times instead of a timer per socket."""

from __future__ import annotations

from typing import Protocol

import trio

TICK = 1.0
"""Seconds between two looks; the precision of pings, drops, and the lane's deadlines."""

BATCH = 256
"""Sockets that are looked at before other tasks have their turn."""


class Tended(Protocol):
    """A socket."""

    def tend(self, now: float) -> None:
        """Ping a quiet peer, drop a silent one; `now` is `trio.current_time()`."""


class Keeper:
    """The open sockets of this node."""

    def __init__(self) -> None:
        self._sockets: dict[Tended, None] = {}

    def add(self, socket: Tended) -> None:
        """Watch a socket."""
        self._sockets[socket] = None

    def remove(self, socket: Tended) -> None:
        """Stop watching it."""
        del self._sockets[socket]

    async def run(self) -> None:
        """Ping and drop, until cancelled."""
        while True:
            await trio.sleep(TICK)
            await self._look()

    async def _look(self) -> None:
        now = trio.current_time()
        for number, socket in enumerate(tuple(self._sockets), 1):
            if socket in self._sockets:
                socket.tend(now)
            if number % BATCH == 0:
                await trio.lowlevel.checkpoint()
