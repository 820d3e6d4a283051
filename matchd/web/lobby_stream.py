"""The stream of lobbies over HTTP: server-sent events (wire.md 5).

Each event has an id, by which a browser goes on where it was (`Last-Event-ID`), at any node. A comment
is sent when there was nothing else for a while, so that proxies keep the connection; and after `life`
seconds the stream ends in good order, so that whoever listens proves again who he is.
"""

from __future__ import annotations

from types import TracebackType

import trio
from quart.wrappers.response import ResponseBody

from matchd.errors import StoreUnavailable
from matchd.protocol.bodies import encode
from matchd.protocol.lobbies import LobbyEvent, Snapshot
from matchd.services.lobby_listening import Listener

QUIET = 15.0
"""Seconds without an event after which a comment is sent."""

BEGINNING = b"retry: 2000\n\n"
"""How long a browser waits before it comes back, in milliseconds."""


class LobbyStream(ResponseBody):
    """The body of a response: it listens while it is open."""

    def __init__(self, listener: Listener, life: float) -> None:
        self._listener = listener
        self._until = trio.current_time() + life
        self._begun = False

    async def __aenter__(self) -> LobbyStream:
        self._listener.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._listener.close()

    def __aiter__(self) -> LobbyStream:
        return self

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return BEGINNING
        left = self._until - trio.current_time()
        if left <= 0:
            raise StopAsyncIteration
        told: tuple[Snapshot | LobbyEvent, ...] | None = None
        with trio.move_on_after(min(QUIET, left)):
            try:
                told = await self._listener.next()
            except StoreUnavailable:
                raise StopAsyncIteration from None  # he comes back, and goes on where he was
        if told is None:
            return b":\n\n"
        if not told:
            raise StopAsyncIteration
        return b"".join(map(_event, told))


def _event(told: Snapshot | LobbyEvent) -> bytes:
    head = f"id: {told.id}\nevent: {told.type}\ndata: ".encode()
    return head + encode(told) + b"\n\n"
