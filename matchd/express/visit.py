"""One connection in the lane.

Theory of operation. One task reads, answers and writes: it takes request after request from the
inbox, and when none is left the answers leave in one piece. A few requests are patient: their handler
waits for something to happen. Only then a second task reads on, so that a caller who hangs up ends it.

The cancel scope is around the whole visit. The lane alone cancels it, and only while `reading`: no
handler and no write is ever cut by a deadline. Made by `lane`.
"""

from __future__ import annotations

from math import inf
from typing import Protocol

import trio

from matchd.express.clerk import Clerk
from matchd.express.inbox import Need, Request
from matchd.express.rest import Patience, Rest

_RECEIVE_SIZE = 1 << 16
_READ_AHEAD = 1 << 16
_TURN = 16
"""Requests of one connection that are answered before others have their turn."""


class Guarded(Protocol):
    """What the listener's stream can do besides, on a connection without TLS."""

    @property
    def buffered(self) -> int:
        """Bytes that the kernel has not taken yet."""

    def put(self, data: bytes) -> None:
        """Send at once what the kernel takes, the rest later."""

    async def wait_send_all_might_not_block(self) -> None:
        """Return once there is room."""


class Visit:
    """A connection from when the lane gets it to when the lane is done with it."""

    __slots__ = (
        *("_answered", "_awaits_body", "_clerk", "_guard", "_inbox", "_patience", "_stream"),
        *("due", "reading", "scope"),
    )

    def __init__(
        self,
        clerk: Clerk,
        patience: Patience,
        stream: trio.abc.Stream,
        guard: Guarded | None,
        peer: str,
    ) -> None:
        """Begin with nothing read. `guard` is the stream itself if it may be written to at once."""
        # fixed after construction
        self.scope = trio.CancelScope()
        self._clerk = clerk
        self._patience = patience
        self._stream = stream
        self._guard = guard
        # owned by the task that serves
        self._inbox = clerk.inbox(peer)
        self._answered = False
        self._awaits_body = False
        self.reading = False
        self.due = trio.current_time() + patience.head

    @property
    def idles(self) -> bool:
        """Whether it waits for a request to begin."""
        return self.reading and not self._awaits_body

    async def serve(self) -> Rest | None:
        """Answer until the connection is over (None), or to be served by someone else.

        Raises trio.BrokenResourceError or trio.ClosedResourceError when the peer is gone.
        """
        with self.scope:
            return await self._serve()
        return self.left()

    def left(self) -> Rest:
        """What is left of it."""
        body_due = self.due if self._awaits_body else inf
        return Rest(self._inbox.unread, self._answered, self.due, body_due)

    async def _serve(self) -> Rest | None:
        said: list[bytes] = []
        while True:
            found = self._inbox.take()
            if isinstance(found, Request):
                if not await self._answer(found, said):
                    return None
                continue
            if said:
                await self._send(said)
            if found is Need.OTHER or (found is Need.BYTES and self._clerk.drains):
                await trio.lowlevel.checkpoint()
                return self.left()
            if found is Need.BODY and not self._awaits_body:
                self._awaits_body = True
                self.due = trio.current_time() + self._patience.body
            self.reading = True
            try:
                data = await self._stream.receive_some(_RECEIVE_SIZE)
            finally:
                self.reading = False
            if not data:
                return None
            self._inbox.feed(data)
            if self.scope.cancel_called:
                return self.left()

    async def _answer(self, request: Request, said: list[bytes]) -> bool:
        """Answer a request; False when the connection is over with it."""
        self._awaits_body = False
        if request.route.patient(request.ask):
            if said:
                await self._send(said)
            reply = await self._wait(request)
            if reply is None:
                return False
        else:
            reply = await self._clerk.reply(request)
        said.append(reply)
        over = self._clerk.ends(request)
        if over or len(said) == _TURN:
            await self._send(said)
            await trio.lowlevel.checkpoint()
        return not over

    async def _wait(self, request: Request) -> bytes | None:
        """The answer to a patient request; None when its caller hung up meanwhile."""
        reply: bytes | None = None
        # The handler, and the only other task a visit ever has.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read_on, nursery.cancel_scope)
            reply = await self._clerk.reply(request)
            nursery.cancel_scope.cancel()
        return reply

    async def _read_on(self, waiting: trio.CancelScope) -> None:
        """Read what comes while a handler waits, and end that when the caller hangs up."""
        try:
            while len(self._inbox) < _READ_AHEAD:
                data = await self._stream.receive_some(_RECEIVE_SIZE)
                if not data:
                    break
                self._inbox.feed(data)
            else:
                return
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the writer of the answer will hear of it, if there is one
        waiting.cancel()

    async def _send(self, said: list[bytes]) -> None:
        data = said[0] if len(said) == 1 else b"".join(said)
        said.clear()
        self._answered = True
        self.due = trio.current_time() + self._patience.keep_alive
        if self._guard is None:
            await self._stream.send_all(data)
            return
        self._guard.put(data)
        if self._guard.buffered:
            await self._guard.wait_send_all_might_not_block()
