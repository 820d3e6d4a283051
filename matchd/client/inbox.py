"""Events on their way from a line to whoever reads them: a bounded queue that makes the line wait."""

from __future__ import annotations

import trio

from matchd.client.events import Event

ROOM = 256
"""Events that may wait; the next one waits outside, and with it the socket."""


class Inbox:
    """Read by `async for`, in one task; ends after `end`."""

    def __init__(self) -> None:
        self._in, self._out = trio.open_memory_channel[Event](ROOM)

    async def put(self, event: Event) -> None:
        """Add an event, once there is room."""
        await self._in.send(event)

    def end(self) -> None:
        """There will be no more."""
        self._in.close()

    async def next(self) -> Event:
        """The next event; StopAsyncIteration after the last one."""
        try:
            return await self._out.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None
