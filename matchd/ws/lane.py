"""The lane: one task that serves all plain sockets whose frames are only relayed.

Theory of operation. A nested epoll holds the sockets, and Trio waits for that alone. In a turn each
socket that is ready is read once, and its frames go to its conversation, which puts what they lead to
into the sockets of others at once: all of it is sync, so order needs no lock. All of it is sent when
the turn is done (`spout` says why only then); what is said outside of a turn is sent by a task of its
own, as soon as that is next. A turn is bounded in sockets, and each of them in bytes and frames; who
has more waits for the next turn, and between two turns every other task of the daemon has its own.
There is no task and no cancel scope per socket: `keeper` tends them.

A socket comes here after its upgrade was granted, with its place among the connections; the task that
accepted it ends. What an exception ends is the one socket whose frame it came from. When a socket is
over its service is told by a task of the lane's nursery, and then the place is given back.
"""

from __future__ import annotations

import select
import socket as stdlib_socket
from collections.abc import Callable
from functools import cache
from typing import Any

import trio

from matchd.metrics import Metrics
from matchd.protocol import frames
from matchd.services.settings import RelayLimits
from matchd.ws.doors import Visit
from matchd.ws.hold import Connection
from matchd.ws.keeper import Keeper
from matchd.ws.lane_socket import LaneSocket

CLEAN_UP = 5.0
"""Seconds leaving may take while everything is being cancelled."""

SOCKETS = 64
"""Sockets served in one turn."""

_READ = select.EPOLLIN
_READ_AND_WRITE = select.EPOLLIN | select.EPOLLOUT


class Lane:
    """The sockets that one task serves."""

    def __init__(
        self,
        metrics: Metrics,
        keeper: Keeper,
        on_fault: Callable[[BaseException, Any], None],
        *,
        write_deadline: float = 10.0,
    ) -> None:
        # Fixed after construction, or by `run`. `on_fault` takes the listener's own kind of peer.
        self.metrics = metrics
        self.write_deadline = write_deadline
        self._open_of = cache(metrics.sockets.labels)
        self._keeper = keeper
        self._on_fault = on_fault
        self._epoll: select.epoll
        self._nursery: trio.Nursery | None = None
        self._life: trio.CancelScope
        # Changed only in sync functions.
        self.open = 0
        self._sockets: dict[int, LaneSocket] = {}
        self._more: dict[LaneSocket, None] = {}
        self._emptied = trio.Event()
        self._holding: list[LaneSocket] = []
        self._turning = False
        self._called = trio.Event()
        self._text, self._frame = b"", frames.frame(frames.TEXT, b"")

    @property
    def serving(self) -> bool:
        """Whether sockets may come."""
        return self._nursery is not None

    def socket(self, limits: RelayLimits) -> LaneSocket:
        """A socket that is not here yet: what is put into it waits."""
        return LaneSocket(self, limits)

    def take(
        self,
        socket: LaneSocket,
        connection: Connection,
        visit: Visit,
        *,
        dialect: str,
        answer: bytes,
    ) -> None:
        """Take a connection over and serve it, after the answer to its upgrade; when it is over its
        place is given back, and `visit.leave` is called.

        Raises trio.BrokenResourceError, trio.ClosedResourceError when there is none, or the lane ends;
        OSError, and the connection is over, when the kernel watches no more sockets.
        """
        if not self.serving:
            raise trio.ClosedResourceError("the lane was stopped meanwhile")
        sock, rest, place = connection.take()
        try:
            self._epoll.register(sock.fileno(), _READ)
        except OSError:
            sock.close()
            place.leave()
            raise
        socket.visit, socket.place, socket.dialect = visit, place, dialect
        self.open += 1
        self._sockets[sock.fileno()] = socket
        self._keeper.add(socket)
        self._open_of(dialect).inc()
        try:
            if socket.start(sock, answer, rest):
                self._more[socket] = None
        except Exception as error:
            self._fault(error, socket)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled, or until the grace of `stop` is over; then cut off who is left."""
        with select.epoll() as self._epoll:
            # The home of what is to be done when a socket is over.
            async with trio.open_nursery() as nursery:
                self._nursery, self._life = nursery, trio.CancelScope()
                task_status.started()
                try:
                    with self._life:
                        nursery.start_soon(self._answer_calls)
                        await self._serve()
                finally:
                    for socket in tuple(self._sockets.values()):
                        socket.abort()
                    self._nursery = None
                    self._called.set()
            trio.lowlevel.notify_closing(self._epoll.fileno())

    def stop(self, grace: float) -> None:
        """Cut off every socket that is still open after so many seconds."""
        self._life.deadline = trio.current_time() + grace

    async def emptied(self) -> None:
        """Return when there is no socket any more, and all services know."""
        while self.open:
            await self._emptied.wait()

    # What its sockets ask of it.

    def framed(self, text: bytes) -> bytes:
        """A text as a frame, made once where the same goes to many."""
        if text is not self._text:
            self._text, self._frame = text, frames.frame(frames.TEXT, text)
        return self._frame

    def hold(self, socket: LaneSocket) -> None:
        """Have it flushed when this turn is done, or else when our other task has its turn."""
        self._holding.append(socket)
        if not self._turning:
            self._called.set()

    def watch(self, sock: stdlib_socket.socket, *, room: bool) -> None:
        """Say when the kernel has room, or not any more."""
        self._epoll.modify(sock.fileno(), _READ_AND_WRITE if room else _READ)

    def part(self, socket: LaneSocket) -> None:
        """Have its service told that it says no more; the first call counts."""
        if socket.parting:
            return
        assert self._nursery is not None
        socket.parting = True
        self._open_of(socket.dialect).dec()
        self._nursery.start_soon(self._part, socket, socket.visit)
        del socket.visit  # the session holds its outbox: no cycle is left for the collector

    def over(self, socket: LaneSocket, sock: stdlib_socket.socket) -> None:
        """Close its descriptor, which takes it out of the set."""
        del self._sockets[sock.fileno()]
        sock.close()
        self._more.pop(socket, None)
        self._keeper.remove(socket)
        self.part(socket)
        self._settle(socket)

    async def _part(self, socket: LaneSocket, visit: Visit) -> None:
        try:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                await visit.leave()
        except* Exception as faults:
            self._on_fault(faults, socket.place.peer)
        finally:
            socket.parted = True
            self._settle(socket)

    def _settle(self, socket: LaneSocket) -> None:
        """Give its place back, once it is over and its service knows."""
        if socket.is_over and socket.parted:
            socket.place.leave()
            self.open -= 1
            if not self.open:
                self._emptied.set()
                self._emptied = trio.Event()

    # The task.

    async def _serve(self) -> None:
        waiting = self._epoll.fileno()
        while True:
            if self._more:
                await trio.lowlevel.checkpoint()
            else:
                await trio.lowlevel.wait_readable(waiting)
            self._turn(trio.current_time())

    async def _answer_calls(self) -> None:
        """Flush what was said outside of a turn, as long as sockets may come."""
        while self.serving:
            await self._called.wait()
            self._called = trio.Event()
            self._flush()

    def _flush(self) -> None:
        holding, self._holding = self._holding, []
        for socket in holding:
            try:
                socket.flush()
            except Exception as error:
                self._fault(error, socket)

    def _turn(self, now: float) -> None:
        self._turning = True
        late, self._more = self._more, {}
        for socket in late:
            try:
                if socket.digest():
                    self._more[socket] = None
            except Exception as error:
                self._fault(error, socket)
        for descriptor, what in self._epoll.poll(0, SOCKETS):
            found = self._sockets.get(descriptor)
            if found is None:
                continue  # it has ended in this very turn
            try:
                if what & select.EPOLLOUT:
                    found.room()
                if what & ~select.EPOLLOUT and found not in late and found.read(now):
                    self._more[found] = None
            except Exception as error:
                self._fault(error, found)
        self._turning = False
        self._flush()

    def _fault(self, error: Exception, socket: LaneSocket) -> None:
        self._on_fault(error, socket.place.peer)
        socket.abort()
