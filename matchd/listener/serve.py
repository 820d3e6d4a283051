"""The accept loops.

Owns `serve` and the `Door` through which the daemon stops it, in this order: `close` (no more
connections; those that are open go on), the front's `drain`, `stop` (a deadline for the rest).
Rules: no connection can end an accept loop, and a machine out of file descriptors makes it wait,
not end (as `trio.serve_listeners` does). Used by `daemon.py` only.

A port that several processes share is left without a refused connection: the kernel has chosen us for
some that it has not finished, and would reset them. So a shared listener first drops new attempts
(clients repeat them after a second, and find another process), and is closed when those that had begun
have all come.
"""

import errno
import math
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import trio

from matchd.listener.front import Watch
from matchd.listener.sockets import ListenSocket

# accept(2) fails with these when the system is out of something; waiting is all that helps.
_CAPACITY_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
# With these the listening socket itself is unusable. Any other error is that of one connection.
_FATAL_ERRNOS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP})
_BACK_OFF = 0.1
# In a storm of connects, other tasks get their turn after so many.
_BATCH = 32
# A shared listener is left when nobody has come for so long: more than any handshake takes, less than
# the second after which an attempt is repeated.
_LAST_CALL = 0.5


class Handler(Protocol):
    """Serves one accepted, non-blocking socket to its end; see Front.handle."""

    async def __call__(self, sock: socket.socket, *, tls: bool) -> None:
        """Serve. Raises nothing but cancellation."""


class Door:
    """The handle on a running `serve`."""

    def __init__(self, accepting: trio.CancelScope, connections: trio.CancelScope) -> None:
        """Hold the scopes of the accept loops and of the connections."""
        self._accepting = accepting
        self._connections = connections
        self.open = 0
        self.closed = trio.Event()
        """Set once nobody can come in any more."""

    def close(self) -> None:
        """Stop accepting and close the listening sockets, a shared one after its last call. Open
        connections go on.
        """
        self._accepting.cancel()

    def stop(self, grace: float = math.inf) -> None:
        """Close, and abort every connection that is still open after `grace` seconds."""
        self.close()
        self._connections.deadline = trio.current_time() + grace


async def serve(
    listeners: Sequence[ListenSocket],
    handler: Handler,
    watch: Watch,
    *,
    task_status: trio.TaskStatus[Door] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept on all listeners until the door is closed, return when the last connection ended.

    Closes the listeners. Counted: "accept_capacity", "accept_error".
    """
    async with trio.open_nursery() as connections:
        try:
            # One of its own, so that the accept loops can end while connections go on.
            async with trio.open_nursery() as accepting:
                door = Door(accepting.cancel_scope, connections.cancel_scope)
                loop = _AcceptLoop(door, connections, handler, watch)
                for listener in listeners:
                    accepting.start_soon(loop.run, listener)
                task_status.started(door)
            await loop.leave(listeners)
        finally:
            for listener in listeners:
                listener.close()
        door.closed.set()


class _AcceptLoop:
    def __init__(
        self, door: Door, connections: trio.Nursery, handler: Handler, watch: Watch
    ) -> None:
        self._door = door
        self._connections = connections
        self._handler = handler
        self._watch = watch

    async def run(self, listener: ListenSocket) -> None:
        while True:
            await self._accept(listener)

    async def leave(self, listeners: Sequence[ListenSocket]) -> None:
        """Take in who is on the way to a shared listener; close the others at once."""
        # Each listener has a last call of its own.
        async with trio.open_nursery() as leaving:
            for listener in listeners:
                if listener.shared:
                    listener.turn_away()
                    leaving.start_soon(self._last_call, listener)
                else:
                    listener.close()

    async def _last_call(self, listener: ListenSocket) -> None:
        waiting = True
        while waiting:
            with trio.move_on_after(_LAST_CALL) as patience:
                await self._accept(listener)
            waiting = not patience.cancelled_caught

    async def _accept(self, listener: ListenSocket) -> None:
        """Wait until somebody comes, and accept who waits."""
        await trio.lowlevel.wait_readable(listener.socket)
        if not self._accept_waiting(listener):
            self._watch.on_event("accept_capacity")
            await trio.sleep(_BACK_OFF)

    def _accept_waiting(self, listener: ListenSocket) -> bool:
        """Accept what waits, up to a batch; False if the system has no room for more."""
        for _ in range(_BATCH):
            try:
                sock, _address = listener.socket.accept()
            except (BlockingIOError, InterruptedError):
                return True
            except OSError as exc:
                if exc.errno in _CAPACITY_ERRNOS:
                    return False
                if exc.errno in _FATAL_ERRNOS:
                    raise
                self._watch.on_event("accept_error")
                continue
            self._connections.start_soon(self._serve_one, sock, listener.tls)
        return True

    async def _serve_one(self, sock: socket.socket, tls: bool) -> None:
        self._door.open += 1
        try:
            _prepare(sock)
            await self._handler(sock, tls=tls)
        finally:
            self._door.open -= 1
            sock.close()


def _prepare(sock: socket.socket) -> None:
    """Make an accepted socket non-blocking and prompt."""
    sock.setblocking(False)
    if sock.family != socket.AF_UNIX:
        # The peer may be gone already; reading will tell.
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Keeps unsent bytes with us, where they are counted, as trio.SocketStream does.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 1 << 14)
