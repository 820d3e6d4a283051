"""One socket of the lane: its peer's frames in, ours out, and how it ends. Everything is sync.

Theory of operation. Nobody waits for a peer: what is put is sent at once, or waits in order (`spout`),
and who lets more wait than his outbox holds is closed with 4431.

A socket is `OPEN` until one side closes. `CLOSING`: we did, and wait for the answer. `CLOSED`: both
did, and it ends with the last byte. `FAILED`: the peer does not speak WebSocket; he is told so, and
what he still sends is dropped until he hangs up, since closing a socket with unread bytes destroys
our last word on its way. `OVER`: there is no connection any more. `tend` keeps the deadlines of all
this.

Made by `lane`, and known to services as their `Outbox`.
"""

from __future__ import annotations

import socket as stdlib_socket
import struct
from contextlib import suppress
from math import inf
from typing import Protocol

import trio

from matchd.metrics import Metrics
from matchd.protocol import frames
from matchd.protocol.bodies import MAX_BODY
from matchd.protocol.frames import Closing, FrameReader, Ping, Pong, Violation
from matchd.protocol.news import Close
from matchd.services.settings import RelayLimits
from matchd.ws.doors import Visit
from matchd.ws.hold import Place
from matchd.ws.socket import FAREWELL, FAREWELLS, FLUSH
from matchd.ws.spout import Spout

OPEN, CLOSING, CLOSED, FAILED, OVER = range(5)
"""How far a socket is; plain numbers, since every frame asks."""

RECEIVE_SIZE = 16_384
"""Bytes taken from a socket in one turn."""

FRAMES = 16
"""Frames taken from a socket in one turn."""

MOST_HELD = 16
"""Frames of one turn that leave together at most."""

_OUR_PING = b"ping"
_PING = frames.frame(frames.PING, _OUR_PING)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Keeping(Protocol):
    """What a socket asks of its lane."""

    metrics: Metrics
    write_deadline: float

    def framed(self, text: bytes) -> bytes:
        """A text as a frame."""

    def hold(self, socket: LaneSocket) -> None:
        """Have it flushed when everything else of this turn is done."""

    def watch(self, sock: stdlib_socket.socket, *, room: bool) -> None:
        """Say when the kernel has room, or not any more."""

    def part(self, socket: LaneSocket) -> None:
        """It says no more."""

    def over(self, socket: LaneSocket, sock: stdlib_socket.socket) -> None:
        """It says no more, and its connection is to be closed."""


class LaneSocket(Spout):
    """The outbox of one socket, and the reader of its frames."""

    __slots__ = (
        *("_due", "_heard", "_lane", "_limits", "_pinged", "_pinged_at", "_reader", "_stage"),
        *("dialect", "parted", "parting", "place", "visit"),
    )

    visit: Visit
    place: Place
    dialect: str

    def __init__(self, lane: Keeping, limits: RelayLimits) -> None:
        # Owned by the lane.
        self.parting = self.parted = False
        # Fixed after construction, or by `start`.
        self._lane = lane
        self._limits = limits
        self._reader = FrameReader(MAX_BODY)
        # Changed only in sync functions, as everything is.
        super().__init__()
        self._stage = OPEN
        self._pinged = False
        self._heard = self._pinged_at = trio.current_time()
        self._due = inf

    @property
    def is_over(self) -> bool:
        """Whether there is no connection any more."""
        return self._stage == OVER

    def start(self, sock: stdlib_socket.socket, answer: bytes, rest: bytes) -> bool:
        """Answer the upgrade, say what was put meanwhile, and read `rest`, which came behind the
        request; whether there is more of that for the next turn.
        """
        self._plug(sock, answer)
        if self._stage == OPEN and not rest:
            self._lane.hold(self)
            return False
        self.flush()
        if self._waiting is None:
            self._flushed()
        self._reader.feed(rest)
        return bool(rest) and self.digest()

    # What services say.

    def put(self, text: bytes) -> None:
        """Write a text frame after those before it; ends a socket that reads too slowly."""
        self._put(self._lane.framed(text))

    def close(self, code: Close, reason: str) -> None:
        """Close after what was put before; the first close counts."""
        self.flush()
        if self._stage == OPEN:
            self._end(CLOSING, int(code), reason)

    # What the peer says.

    def read(self, now: float) -> bool:
        """Take what has come; whether there are frames for the next turn."""
        try:
            data = self._sock.recv(RECEIVE_SIZE)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if not data:
            self.flush()
            self._hang_up()
            return False
        self._heard = now
        if self._stage >= CLOSED:
            return False  # it is dropped: who has been told the end could fill our memory
        self._reader.feed(data)
        return self.digest()

    def digest(self) -> bool:
        """Act on the frames that are here; whether there are more for the next turn."""
        reader = self._reader
        try:
            for _ in range(FRAMES):
                if not reader.unread or self._stage >= CLOSED:
                    return False
                event = reader.next()
                if type(event) is str:
                    self.visit.conversation.receive(event)
                elif event is not None:
                    self._obey(event)
                else:
                    return False
        except Violation as violation:
            self._fail(violation)
            return False
        return bool(reader.unread)

    def _obey(self, event: frames.Event) -> None:
        self.flush()
        match event:
            case Ping(data):
                if self._stage == OPEN and (self._waiting is None or self._has_room(len(data))):
                    self._send(frames.frame(frames.PONG, data))
            case Pong(data):
                self._pinged = self._pinged and data != _OUR_PING
            case Closing(code, reason):
                self._peer_closes(code, reason)
            case _:
                self.visit.conversation.refuse()

    # How it ends.

    def tend(self, now: float) -> None:
        """Ping a quiet peer, drop a silent one, and keep the deadlines."""
        if now >= self._due:
            if self._stage == OPEN:
                self._lane.metrics.refused.labels("write_deadline").inc()
            self.abort()
        elif self._stage == OPEN:
            if now - self._heard >= self._limits.silence:
                self.close(Close.TIMEOUT, "no sign of life")
            elif now - max(self._heard, self._pinged_at) >= self._limits.ping_interval:
                self._pinged_at = now
                if not self._pinged:
                    self._pinged = True
                    self._send(_PING)

    def abort(self) -> None:
        """End the connection now, dropping what waits; the peer of a TCP socket sees a reset."""
        if self._stage != OVER:
            with suppress(OSError):
                self._sock.setsockopt(
                    stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, _RESET_ON_CLOSE
                )
            self._hang_up()

    def _end(self, stage: int, code: int | None, reason: str) -> None:
        """Say the last word."""
        if stage != CLOSED:
            self._lane.metrics.closes.labels(str(code)).inc()
        self._stage = stage
        self._due = trio.current_time() + FLUSH
        self._send(frames.close_frame(code, reason))
        if self._waiting is None:
            self._flushed()

    def _peer_closes(self, code: int | None, reason: str) -> None:
        if self._stage == OPEN:
            if code in FAREWELLS:
                self.visit.goodbye()
            self._end(CLOSED, code, reason)
        else:
            self._stage = CLOSED
            if self._waiting is None:
                self._hang_up()

    def _fail(self, violation: Violation) -> None:
        self.flush()
        if self._stage == OPEN:
            self._end(FAILED, violation.code, violation.reason)
            self._lane.part(self)
        else:
            self._hang_up()

    # What its way out asks.

    def _put(self, frame: bytes) -> None:
        if self._stage != OPEN:
            self._lane.metrics.dropped.labels("closing").inc()
        elif self._held is not None:
            self._held.append(frame)
            if len(self._held) == MOST_HELD:
                self.flush()
        elif self._waiting is None:
            self._held = [frame]
            self._lane.hold(self)
        elif self._has_room(len(frame)):
            self._send(frame)

    def _watch(self, *, room: bool) -> None:
        self._lane.watch(self._sock, room=room)

    def _took(self) -> None:
        """While it is open, the peer has time as long as he takes something."""
        if self._stage == OPEN:
            self._due = trio.current_time() + self._lane.write_deadline

    def _flushed(self) -> None:
        """Everything that was said is out."""
        match self._stage:
            case 0:  # OPEN
                self._due = inf
            case 2:  # CLOSED
                self._hang_up()
            case 1 | 3:  # CLOSING, FAILED
                self._due = trio.current_time() + FAREWELL
                if self._stage == FAILED:
                    with suppress(OSError):
                        self._sock.shutdown(stdlib_socket.SHUT_WR)

    def _hang_up(self) -> None:
        if self._stage != OVER:
            self._stage = OVER
            self._waiting = self._held = None
            self._lane.over(self, self._sock)

    def _has_room(self, size: int) -> bool:
        """Whether more may wait; if not, the peer reads too slowly, and what waits is dropped."""
        limits, number = self._limits, len(self._waiting or ())
        if number < limits.outbox_messages and self._queued + size <= limits.outbox_bytes:
            return True
        self._lane.metrics.dropped.labels("outbox_full").inc(self._drop() + 1)
        self.close(Close.TOO_SLOW, "reads too slowly")
        return False
