"""The stream that the HTTP edge gets, and the machine that watches what comes in on it.

Theory of operation. hypercorn believes it reads a plain socket. In truth it is handed one whole,
checked request at a time: the head as `heads` forwards it, and the body, which is collected here
(at most 64 KiB), so that a body that is slow, malformed or too large never becomes a request.
Further requests of a pipeline are handed on as hypercorn asks for bytes.

The stream ends for hypercorn with `b""` when the peer is done, was idle too long or is drained, and
also when the next request is not for it: a WebSocket upgrade or a refusal. Then `ending` says what
comes next, every request before it has been answered, and hypercorn's closing of "its" socket is
ignored: the front takes the connection over.

Rules: one reader task. Made and ended by `front`. Not for import by anyone else.
"""

from collections.abc import Callable
from math import inf

import trio

from matchd.listener.connection import Connection, Deadlines, Rest
from matchd.listener.guard import GuardedStream
from matchd.listener.heads import RefusedHead, RequestHead
from matchd.listener.refusal import Refusal
from matchd.listener.scanner import Body, HeadScanner, MessageEnd

_RECEIVE_SIZE = 1 << 16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = Refusal(408, "request_timeout", "The request took too long to arrive.")


class HttpStream(trio.abc.HalfCloseableStream):
    """One connection as hypercorn's TCPServer sees it: always plain, even on top of TLS."""

    def __init__(
        self,
        stream: trio.abc.Stream,
        guard: GuardedStream,
        connection: Connection,
        scanner: HeadScanner,
        deadlines: Deadlines,
        *,
        on_event: Callable[[str], None],
    ) -> None:
        """Start before the first request; its head is due `deadlines.head` seconds from now."""
        # fixed after construction
        self.socket = guard.socket
        self._stream = stream
        self._guard = guard
        self._connection = connection
        self._deadlines = deadlines
        self._on_event = on_event
        # owned by the reader task
        self._scanner = scanner
        self._ready = bytearray()
        self._head: RequestHead | None = None
        self._body = bytearray()
        self._owes_continue = False
        self._head_due = self._idle_due = trio.current_time() + deadlines.head
        self._body_due = self._first_body_due = inf
        self._answers_due = inf
        # changed only in sync functions
        self.ending: RequestHead | Refusal | None = None
        self._stopping = False
        self._asked = False
        self._eof = False
        self._closed = False
        self._reading: trio.CancelScope | None = None
        self._change = trio.Event()
        self.life = trio.CancelScope()
        connection.watch(self._answered)
        guard.watch(self._lost)

    def resume(self, rest: Rest) -> None:
        """Go on where the express lane left the connection, before anything was read here."""
        self._scanner.feed(rest.unread)
        self._asked = rest.answered
        self._idle_due = rest.due
        self._head_due = inf if rest.answered else rest.due
        self._first_body_due = rest.body_due

    @property
    def has_request(self) -> bool:
        """Whether a whole request waits for the HTTP edge."""
        return bool(self._ready)

    async def open(self) -> None:
        """Read until the first request is whole, or there will be none.

        Raises trio.BrokenResourceError or trio.ClosedResourceError when the peer is gone.
        """
        await trio.lowlevel.checkpoint()
        self._digest()
        while not self._ready and not self._eof:
            await self._progress()
            self._digest()

    def take_rest(self) -> bytes:
        """Take the bytes that came behind the upgrade request in `ending`."""
        return self._scanner.take_rest()

    def drain(self) -> None:
        """End after the requests that have begun to arrive, at once if there are none; but a newcomer,
        who would have been served by our successor, may still say his first.
        """
        self._connection.draining = True
        if not self._asked:
            self._idle_due = min(self._idle_due, trio.current_time() + self._deadlines.last_call)
        self._wake()

    # ---- what hypercorn calls

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return bytes of whole requests, `b""` when no more will come.

        Raises trio.BrokenResourceError, or trio.ClosedResourceError after `aclose`.
        """
        await trio.lowlevel.checkpoint()
        try:
            self._digest()
            while not self._ready and not self._eof:
                await self._progress()
                self._digest()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._connection.ended.set()
            raise
        data = bytes(self._ready[:max_bytes])
        del self._ready[:max_bytes]
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send a piece of a response; see GuardedStream."""
        if self._closed or self._handed_over:
            raise trio.ClosedResourceError("this stream was closed")
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Return once `send_all` would not wait."""
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """Do nothing: `aclose` follows at once, and TLS has no half-close."""
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Close the connection, unless it has been handed over to someone else."""
        if self._closed or self._handed_over:
            await trio.lowlevel.checkpoint()
            return
        self._leave()
        await self._stream.aclose()

    # ---- the machine: sync, driven by the reader

    @property
    def _handed_over(self) -> bool:
        return self._eof and self.ending is not None

    @property
    def _takes_no_more(self) -> bool:
        """Whether what has begun is the last: the house drains, or the peer asked for the end.

        hypercorn closes after `Connection: close` only if its application lets it; Quart does not.
        """
        return self._connection.draining or self._scanner.finished

    @property
    def _between_requests(self) -> bool:
        return self._head is None and not self._scanner.pending

    def _digest(self) -> None:
        """Go through what has arrived until a request is whole, or the end or more is needed.

        Raises trio.ClosedResourceError after `aclose`.
        """
        while not self._ready and not self._eof:
            if self._closed:
                raise trio.ClosedResourceError("this stream was closed")
            drained = self._asked and self._takes_no_more and self._between_requests
            if (self._stopping or drained) and not self._connection.in_flight:
                self._end()
            elif self._stopping or not self._take_item():
                return

    def _take_item(self) -> bool:
        """Take one item of the scanner; False if it needs more bytes."""
        try:
            item = self._scanner.next_item()
        except RefusedHead as refused:
            self._on_event("refused")
            self._stop(refused.refusal)
            return True
        match item:
            case None:
                return False
            case RequestHead() if item.is_websocket_upgrade:
                self._stop(item)
            case RequestHead():
                self._begin(item)
            case Body():
                self._owes_continue = False
                self._body += item.data
            case MessageEnd():
                self._forward()
        return True

    def _begin(self, head: RequestHead) -> None:
        self._head = head
        self._owes_continue = head.expects_continue
        self._body_due = min(trio.current_time() + self._deadlines.body, self._first_body_due)
        self._first_body_due = inf

    def _forward(self) -> None:
        assert self._head is not None
        self._ready += self._head.with_body(bytes(self._body))
        self._head = None
        self._body.clear()
        self._head_due = inf
        self._asked = True
        self._connection.forwarded()

    def _stop(self, ending: RequestHead | Refusal | None) -> None:
        """Take no further request: end as soon as nothing is in flight."""
        self.ending = ending
        self._stopping = True

    def _end(self) -> None:
        self._eof = True
        self._connection.ended.set()
        if not self._connection.in_flight:
            self._limit_life()

    # ---- waiting

    async def _progress(self) -> None:
        """Wait for what is missing: answers before the end, else bytes."""
        if self._stopping:
            with trio.move_on_at(self._answers_due) as scope:
                await self._change.wait()
            if scope.cancelled_caught:
                self._end()
        else:
            await self._read_more()

    async def _read_more(self) -> None:
        if self._owes_continue and not self._connection.in_flight:
            self._owes_continue = False
            await self._stream.send_all(_CONTINUE)
        if self._scanner.pending and self._head_due == inf:
            self._head_due = trio.current_time() + self._deadlines.head
        self._reading = scope = trio.CancelScope(deadline=self._deadline())
        try:
            with scope:
                self._take_bytes(await self._stream.receive_some(_RECEIVE_SIZE))
        finally:
            self._reading = None
        if scope.cancelled_caught and trio.current_time() >= scope.deadline:
            self._run_out()

    def _take_bytes(self, data: bytes | bytearray) -> None:
        if not data:
            # He may have closed his half only, and the answer would be cut short.
            self._answers_due = trio.current_time() + self._deadlines.half_closed
            self._stop(None)
        else:
            self._scanner.feed(data)

    def _deadline(self) -> float:
        """Return when the peer's time is up: never while it waits for us."""
        if self._head is not None:
            return self._body_due
        if self._scanner.pending:
            return self._head_due
        return inf if self._connection.in_flight else self._idle_due

    def _run_out(self) -> None:
        late = not self._between_requests
        kind = "body" if self._head is not None else "head" if late else "keep_alive"
        self._on_event(f"{kind}_deadline")
        if late and self._connection.in_flight:
            self._guard.abort()
            raise trio.BrokenResourceError("the next request took too long to arrive")
        self._stop(_TOO_SLOW if late else None)

    # ---- waking the reader

    def _answered(self) -> None:
        self._idle_due = trio.current_time() + self._deadlines.keep_alive
        if self._takes_no_more or self._owes_continue or self._reading is None:
            self._wake()
        else:
            self._reading.deadline = self._deadline()

    def _lost(self) -> None:
        """Hear that the connection broke.

        hypercorn may never notice: with a second request waiting behind a response that cannot be
        sent, its reader waits for ever. Hence the deadline on whatever still serves this stream.
        """
        self._leave()
        self._limit_life()

    def _limit_life(self) -> None:
        """Give the HTTP edge a little time to return: it has nothing more to do here."""
        self.life.deadline = trio.current_time() + self._deadlines.hang_up

    def _leave(self) -> None:
        self._closed = True
        self.ending = None
        self._connection.ended.set()
        self._wake()

    def _wake(self) -> None:
        """Let the reader look again; it may wait for bytes or for answers."""
        self._change.set()
        self._change = trio.Event()
        if self._reading is not None:
            self._reading.cancel()
