"""A byte stream over a socket that no peer can hold up: the bottom of every connection.

Theory of operation. `send_all` offers the bytes to the kernel at once; what the kernel does not
take waits in a buffer that a flusher task empties. The flusher exists only while the kernel is
full. While the buffer is over its limit, `send_all` waits for room *before* it takes anything, so a
cancelled `send_all` has sent nothing and never leaves half a frame behind. When the kernel has
taken nothing for `write_deadline` seconds, or the nursery of the flusher is cancelled with bytes
still unsent, the connection is aborted: that wakes every waiting sender with BrokenResourceError,
which also works for a caller inside a shielded scope (hypercorn shields its sends).

Rules: one sender and one receiver at a time (as for every Trio stream); everything that ends the
stream is a sync function. Made by `front`; imported by the listener only.
"""

import errno
import socket as stdlib_socket
import struct
from collections.abc import Callable

import trio

DEFAULT_LIMIT = 1 << 20
DEFAULT_WRITE_DEADLINE = 10.0
_RECEIVE_SIZE = 1 << 16
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def ignore(_event: str) -> None:
    """Count nothing: the default for `on_event`."""


class GuardedStream(trio.abc.HalfCloseableStream):
    """A half-closeable stream over a connected, non-blocking socket.

    `limit` is the number of buffered bytes from which on senders wait; one `send_all` may overshoot
    it by its own size. `write_deadline` is in seconds. `on_event("write_deadline")` is called when
    a peer that does not read is dropped.
    """

    def __init__(
        self,
        socket: stdlib_socket.socket,
        nursery: trio.Nursery,
        *,
        limit: int = DEFAULT_LIMIT,
        write_deadline: float = DEFAULT_WRITE_DEADLINE,
        on_event: Callable[[str], None] = ignore,
    ) -> None:
        # fixed after construction
        self.socket = socket
        self._nursery = nursery
        self._limit = limit
        self._write_deadline = write_deadline
        self._on_event = on_event
        # owned by the receiving task
        self.last_read = trio.current_time()
        # owned by the sending task
        self._sending = False
        self._eof_sent = False
        # changed only in sync functions
        self._buffer = bytearray()
        self._flushing = False
        self._closing = False
        self._broken = False
        self._change = trio.Event()
        self._on_abort: Callable[[], None] = lambda: None

    @property
    def buffered(self) -> int:
        """Bytes taken from senders that the kernel has not taken yet."""
        return len(self._buffer)

    def watch(self, on_abort: Callable[[], None]) -> None:
        """Name who is told, synchronously, when the connection breaks or is aborted."""
        self._on_abort = on_abort

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Take all of `data`, or none of it if cancelled; waits only while the buffer is full.

        Raises trio.BrokenResourceError when the connection broke or was aborted,
        trio.ClosedResourceError after `aclose` or `send_eof`, trio.BusyResourceError for a second
        sender.
        """
        self._check_sendable()
        self._enter_send()
        try:
            await trio.lowlevel.checkpoint_if_cancelled()
            while len(self._buffer) >= self._limit:
                await self._change.wait()
            self._check_sendable()
            if data:  # hypercorn ends every response with an empty send
                self._take(data)
            await trio.lowlevel.cancel_shielded_checkpoint()
        finally:
            self._sending = False

    def put(self, data: bytes) -> None:
        """Take all of `data` at once; the sender looks at `buffered`, and waits for room itself.

        Raises what `send_all` raises.
        """
        self._check_sendable()
        if self._sending:
            raise trio.BusyResourceError("another task is already sending on this stream")
        self._take(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Return once `send_all` would not wait."""
        self._check_sendable()
        self._enter_send()
        try:
            await trio.lowlevel.checkpoint()
            while len(self._buffer) >= self._limit:
                await self._change.wait()
            self._check_sendable()
        finally:
            self._sending = False

    async def send_eof(self) -> None:
        """Flush, then close the sending half. May be called again without effect."""
        self._check_open()
        self._enter_send()
        try:
            await trio.lowlevel.checkpoint()
            while self._buffer:
                await self._change.wait()
            self._check_open()
            self._shutdown()
        finally:
            self._sending = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return up to `max_bytes` (64 KiB by default), `b""` at EOF.

        Waits before it reads: a reader of small messages would otherwise pay a failing `recv` for
        each one. Raises trio.BrokenResourceError (reset or aborted), trio.ClosedResourceError.
        """
        data = None
        while data is None:
            self._check_open()
            try:
                await trio.lowlevel.wait_readable(self.socket)
            except trio.ClosedResourceError:
                self._check_open()
                raise
            data = self._receive(max_bytes or _RECEIVE_SIZE)
        if data:
            self.last_read = trio.current_time()
        return data

    async def aclose(self) -> None:
        """Flush within the write deadline, then close; abort if cancelled or if it takes longer."""
        if not self._closing and not self._broken:
            self._closing = True
            self._announce()
            try:
                if self._buffer:
                    await self._empty()
            finally:
                if self._buffer:
                    self.abort()
                self._close_socket()
        await trio.lowlevel.checkpoint()

    async def _empty(self) -> None:
        """Wait until all is sent, or the write deadline has passed."""
        with trio.move_on_after(self._write_deadline) as scope:
            while self._buffer:
                await self._change.wait()
        if scope.cancelled_caught:
            self._on_event("write_deadline")

    def abort(self) -> None:
        """End the connection now, dropping what is buffered; the peer of a TCP socket sees a reset.

        May be called at any time, again and again. Waiting senders and receivers wake with
        trio.BrokenResourceError.
        """
        if self.socket.fileno() == -1:
            return
        self._broken = True
        self._buffer.clear()
        self._on_abort()
        self.socket.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, _RESET_ON_CLOSE)
        self._close_socket()
        self._announce()

    def give_away(self) -> stdlib_socket.socket:
        """Hand the socket over to somebody else, and close without it.

        Nothing may wait to be sent. Raises trio.BrokenResourceError, trio.ClosedResourceError.
        """
        self._check_open()
        assert not self._buffer
        self._closing = True
        old = self.socket
        kind = old.family, old.type, old.proto
        return stdlib_socket.socket(*kind, fileno=old.detach())

    # ---- receiving

    def _receive(self, size: int) -> bytes | None:
        """Return what the kernel has, None if that is nothing yet."""
        try:
            return self.socket.recv(size)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as exc:
            self._check_open()
            self.abort()
            raise _translated(exc) from exc

    # ---- sending

    def _take(self, data: bytes | bytearray | memoryview) -> None:
        sent = 0 if self._buffer else self._offer(data)
        if sent == len(data):
            return
        with memoryview(data) as view:
            self._buffer += view[sent:]
        if self._buffer and not self._flushing:
            self._nursery.start_soon(self._flush)
            self._flushing = True

    def _offer(self, data: bytes | bytearray | memoryview) -> int:
        """Return how many bytes the kernel took at once."""
        try:
            return self.socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as exc:
            self.abort()
            raise _translated(exc) from exc

    async def _flush(self) -> None:
        progress = trio.current_time()
        try:
            while self._buffer:
                with trio.fail_at(progress + self._write_deadline):
                    await trio.lowlevel.wait_writable(self.socket)
                if sent := self._offer(self._buffer):
                    progress = trio.current_time()
                    del self._buffer[:sent]
                    self._announce()
        except trio.TooSlowError:
            self._on_event("write_deadline")
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # reset or aborted meanwhile: its senders hear of it
        finally:
            self._flushing = False
            if self._buffer:
                self.abort()
        await trio.lowlevel.checkpoint()

    # ---- state

    def _announce(self) -> None:
        self._change.set()
        self._change = trio.Event()

    def _enter_send(self) -> None:
        if self._sending:
            raise trio.BusyResourceError("another task is already sending on this stream")
        self._sending = True

    def _check_sendable(self) -> None:
        self._check_open()
        if self._eof_sent:
            raise trio.ClosedResourceError("this stream has already sent its EOF")

    def _check_open(self) -> None:
        if self._broken:
            raise trio.BrokenResourceError("the connection was aborted")
        if self._closing:
            raise trio.ClosedResourceError("this stream was already closed")

    def _shutdown(self) -> None:
        if self._eof_sent:
            return
        self._eof_sent = True
        try:
            self.socket.shutdown(stdlib_socket.SHUT_WR)
        except OSError as exc:
            raise _translated(exc) from exc

    def _close_socket(self) -> None:
        if self.socket.fileno() != -1:
            trio.lowlevel.notify_closing(self.socket)
            self.socket.close()


def _translated(exc: OSError) -> trio.BrokenResourceError | trio.ClosedResourceError:
    if exc.errno == errno.EBADF:
        return trio.ClosedResourceError("this stream was already closed")
    return trio.BrokenResourceError(f"the connection broke: {exc.strerror}")
