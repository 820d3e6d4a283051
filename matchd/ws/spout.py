"""How bytes leave a socket of the lane: in order, as soon as the kernel has room.

Theory of operation. A text is held until the lane's turn is done, and leaves with what else is held for
this socket by then; so the texts of a turn leave one right after the other. A send that wakes up its
reader costs twice as much as one to a reader who is awake, and stays awake as long as more comes. What
the kernel has no room for waits.

A frame of which the kernel has taken a part is finished before anything else, and is never dropped, so
none is torn. What is to follow from all this is for the heir to say. Everything is sync.
"""

from __future__ import annotations

import socket as stdlib_socket
from collections import deque


class Spout:
    """The sending half of a socket. Until it has one, all waits."""

    __slots__ = ("_held", "_queued", "_sock", "_torn", "_waiting")

    _sock: stdlib_socket.socket

    def __init__(self) -> None:
        self._held: list[bytes] | None = None
        self._waiting: deque[bytes] | None = deque()
        self._queued = 0
        self._torn = False

    # For the heir.

    def _put(self, frame: bytes) -> None:
        """Say this, if it may be said."""
        raise NotImplementedError

    def _watch(self, *, room: bool) -> None:
        """Have `room` called when the kernel has room, or not any more."""
        raise NotImplementedError

    def _flushed(self) -> None:
        """Nothing waits any more."""
        raise NotImplementedError

    def _took(self) -> None:
        """The kernel has taken something of what waits, or something waits now."""
        raise NotImplementedError

    def _hang_up(self) -> None:
        """The connection is broken: nothing can be sent any more, and nothing waits."""
        raise NotImplementedError

    # The machine.

    def _plug(self, sock: stdlib_socket.socket, first: bytes) -> None:
        """Hold `first`, and all that has waited."""
        self._sock = sock
        waiting, self._waiting, self._queued = self._waiting or (), None, 0
        self._held = [b"".join((first, *waiting))]

    def flush(self) -> None:
        """Send what was held, in one piece; what the kernel does not take waits."""
        held, self._held = self._held, None
        if held is None:
            return
        data = b"".join(held)
        sent = 0 if self._waiting is not None else self._offer(data)
        if sent == len(data):
            return
        for frame in held:
            if sent >= len(frame):
                sent -= len(frame)
            elif self._waiting is None:
                self._wait(frame, sent)
                sent = 0
            else:
                self._put(frame)

    def _send(self, frame: bytes) -> None:
        """Send this at once, or after what waits."""
        if self._waiting is not None:
            self._waiting.append(frame)
            self._queued += len(frame)
            return
        sent = self._offer(frame)
        if sent < len(frame):
            self._wait(frame, sent)

    def _offer(self, data: bytes) -> int:
        """How much of it needs no more care: what the kernel took, or all if nobody is there."""
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._hang_up()
            return len(data)

    def _wait(self, frame: bytes, sent: int) -> None:
        """The kernel is full, and has taken so much of this."""
        self._torn = sent > 0
        self._waiting = deque((frame[sent:],))
        self._queued = len(frame) - sent
        self._watch(room=True)
        self._took()

    def room(self) -> None:
        """Go on: the kernel has room again."""
        waiting = self._waiting
        while waiting:
            sent = self._offer(waiting[0])
            if not sent or self._waiting is None:
                return
            self._queued -= sent
            if sent < len(waiting[0]):
                waiting[0], self._torn = waiting[0][sent:], True
                self._took()
                return
            waiting.popleft()
            self._torn = False
        if waiting is not None:
            self._waiting = None
            self._watch(room=False)
            self._flushed()

    def _drop(self) -> int:
        """Drop what waits, all but a frame that was begun; how many frames those were."""
        waiting = self._waiting or deque()
        begun = (waiting[0],) if self._torn else ()
        self._waiting = deque(begun)
        self._queued = sum(map(len, begun))
        return len(waiting) - len(begun)
