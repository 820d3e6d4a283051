"""One WebSocket's way out: a bounded outbox with a writer that exists only while there is work.

Rules (wire.md 1.3, style 18 and 20): `put` and `close` are sync and never wait; a full outbox ends
this socket with 4431 and no other; a write that is cancelled or overdue is followed by an abort,
because half a frame would swallow the next one. One Socket belongs to one connection's nursery.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from matchd.metrics import Metrics
from matchd.protocol.news import Close
from matchd.services.settings import RelayLimits

FLUSH = 5.0
"""Seconds a peer has, once we close, to take what was put before."""

FAREWELL = 2.0
"""Seconds a peer has to answer our close frame."""

FAREWELLS = frozenset((1000, 1001))
"""Close codes by which a peer says that it is done."""


class Wire(Protocol):
    """What the listener hands over, beside the stream itself."""

    @property
    def last_read(self) -> float:
        """When the peer last sent anything, by `trio.current_time()`."""

    @property
    def buffered(self) -> int:
        """Bytes that wait because the peer does not read."""

    def abort(self) -> None:
        """End the connection at once."""


class Socket:
    """The outbox of one accepted WebSocket."""

    def __init__(self, wire: Wire, limits: RelayLimits, metrics: Metrics) -> None:
        # Fixed after construction; the connection is known once the upgrade is answered.
        self._wire = wire
        self._limits = limits
        self._metrics = metrics
        self._connection: WebSocketConnection | None = None
        self._nursery: trio.Nursery | None = None
        # Changed only in sync functions.
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._ending: tuple[Close, str] | None = None
        self._writing = False
        self._patience = trio.CancelScope()
        self._pinging = False
        self._binary = False
        self._written = self._proved = 0
        self._on_pong: Callable[[int], None] | None = None
        self._idle = trio.Event()
        self._pinged_at = trio.current_time()

    @property
    def ending(self) -> bool:
        """Whether it is closed from this side."""
        return self._ending is not None

    def attach(self, connection: WebSocketConnection, nursery: trio.Nursery) -> None:
        """Start writing: the upgrade was accepted."""
        self._connection = connection
        self._nursery = nursery
        self._wake()

    def detach(self) -> None:
        """Stop writing: the connection's nursery is about to close to new tasks.

        News for this socket may still be posted until its session is taken out of the hub.
        """
        self._nursery = None

    def put(self, text: bytes) -> None:
        """Write a text frame after those before it; ends a socket that reads too slowly."""
        if self._ending is not None:
            self._metrics.dropped.labels("closing").inc()
            return
        waiting = self._queued + self._wire.buffered + len(text)
        if len(self._queue) >= self._limits.outbox_messages or waiting > self._limits.outbox_bytes:
            self._metrics.dropped.labels("outbox_full").inc(len(self._queue) + 1)
            self._queue.clear()
            self._queued = 0
            self.close(Close.TOO_SLOW, "reads too slowly")
            return
        self._queue.append(text)
        self._queued += len(text)
        self._wake()

    def close(self, code: Close, reason: str) -> None:
        """Close after what was put before; the first close counts."""
        if self._ending is None:
            self._ending = code, reason
            self._metrics.closes.labels(str(int(code))).inc()
            self._patience.deadline = trio.current_time() + FLUSH
            self._wake()

    @property
    def roomy(self) -> bool:
        """Whether less than half of what may wait does."""
        waiting = self._queued + self._wire.buffered
        limits = self._limits
        return 2 * len(self._queue) < limits.outbox_messages and 2 * waiting < limits.outbox_bytes

    def speak_binary(self) -> None:
        """Send frames as binary ones from now on."""
        self._binary = True

    def on_pong(self, proved: Callable[[int], None]) -> None:
        """Ping after frames were written, and say how many of them the peer must have received."""
        self._on_pong = proved

    async def written(self) -> None:
        """Return when the writer, if there is one, has finished or given up."""
        if self._writing:
            await self._idle.wait()

    def tend(self, now: float) -> None:
        """Ping a quiet peer, drop a silent one; `now` is `trio.current_time()`."""
        heard = self._wire.last_read
        if now - heard >= self._limits.silence:
            self.close(Close.TIMEOUT, "no sign of life")
        elif now - max(heard, self._pinged_at) >= self._limits.ping_interval or self._owes_proof:
            self._pinged_at = now
            # One at a time: a peer that talks but never pongs would gather tasks.
            if self._nursery is not None and self._connection is not None and not self._pinging:
                self._pinging = True
                self._nursery.start_soon(self._ping, self._connection)

    @property
    def _owes_proof(self) -> bool:
        return self._on_pong is not None and self._written > self._proved

    def _wake(self) -> None:
        if self._nursery is not None and self._connection is not None and not self._writing:
            self._writing = True
            self._patience = trio.CancelScope()
            if self._ending is not None:
                self._patience.deadline = trio.current_time() + FLUSH
            self._idle = trio.Event()
            self._nursery.start_soon(self._write, self._connection)

    async def _write(self, connection: WebSocketConnection) -> None:
        """Write until there is nothing left, then end; the only task that writes messages."""
        try:
            with self._patience:
                while self._queue:
                    text = self._queue.popleft()
                    self._queued -= len(text)
                    frame = text if self._binary else text.decode("utf-8")
                    await connection.send_message(frame)
                    self._written += 1
            if self._ending is not None:
                if not self._patience.cancelled_caught:
                    code, reason = self._ending
                    with trio.move_on_after(FAREWELL):
                        await connection.aclose(code, reason)
                self._wire.abort()
        except ConnectionClosed:
            pass
        except trio.Cancelled:
            self._wire.abort()
            raise
        finally:
            self._writing = False
            self._idle.set()

    async def _ping(self, connection: WebSocketConnection) -> None:
        """Send a ping; whatever the peer sends counts as its answer."""
        written = self._written
        with suppress(ConnectionClosed):
            await connection.ping()
            self._pinging = False
            self._proved = written
            if self._on_pong is not None:
                self._on_pong(written)
