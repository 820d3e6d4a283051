"""The guarded stream, on socket pairs under the autojump clock."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from matchd.listener.guard import GuardedStream

_LIMIT = 1000


class Pair:
    """A guarded stream and the raw socket of its peer, with what was counted."""

    def __init__(self, nursery: trio.Nursery) -> None:
        ours, self.peer = socket.socketpair()
        for sock in (ours, self.peer):
            sock.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.events: list[str] = []
        self.guard = GuardedStream(ours, nursery, limit=_LIMIT, on_event=self.events.append)

    async def fill(self) -> bytes:
        """Send until the buffer is over its limit; return what was sent."""
        sent = b""
        await trio.lowlevel.checkpoint()
        while self.guard.buffered < _LIMIT:
            await self.guard.send_all(b"x" * 700)
            sent += b"x" * 700
        return sent

    def read(self) -> bytes:
        """Read what the kernel has for the peer."""
        data = b""
        try:
            while piece := self.peer.recv(1 << 16):
                data += piece
        except BlockingIOError:
            pass
        return data


@pytest.fixture
async def pair(nursery: trio.Nursery) -> AsyncIterator[Pair]:
    """A fresh pair."""
    made = Pair(nursery)
    yield made
    made.guard.abort()
    made.peer.close()


async def test_no_wait_while_the_kernel_takes_all(pair: Pair) -> None:
    """What the kernel takes at once is never buffered."""
    await pair.guard.send_all(b"hello")
    assert (pair.read(), pair.guard.buffered) == (b"hello", 0)


async def test_order_and_completeness(pair: Pair, autojump_clock: MockClock) -> None:
    """What the kernel does not take follows in order once the peer reads."""
    sent = await pair.fill()
    received = b""
    while len(received) < len(sent):
        received += pair.read()
        await wait_all_tasks_blocked()
    assert sent == received
    assert pair.guard.buffered == 0


async def test_nothing_overtakes_the_buffer(pair: Pair) -> None:
    """A send while bytes wait goes behind them, although the kernel has room again."""
    sent = b""
    while not pair.guard.buffered:
        await pair.guard.send_all(b"x" * 100)
        sent += b"x" * 100
    received = pair.read()
    await pair.guard.send_all(b"last")
    await wait_all_tasks_blocked()
    assert received + pair.read() == sent + b"last"


async def test_senders_wait_above_the_limit(pair: Pair, autojump_clock: MockClock) -> None:
    """A sender waits while the buffer is full, and goes on when the peer reads."""
    await pair.fill()
    with trio.move_on_after(1) as scope:
        await pair.guard.send_all(b"y")
    assert scope.cancelled_caught
    pair.read()
    await pair.guard.send_all(b"y")


async def test_a_cancelled_send_has_sent_nothing(pair: Pair, autojump_clock: MockClock) -> None:
    """A send that is cancelled while it waits leaves no part of its bytes behind."""
    sent = await pair.fill()
    with trio.move_on_after(1):
        await pair.guard.send_all(b"y" * 100)
    received = b""
    while pair.guard.buffered or len(received) < len(sent):
        received += pair.read()
        await wait_all_tasks_blocked()
    assert sent == received


async def test_write_deadline(pair: Pair, autojump_clock: MockClock) -> None:
    """A peer that takes nothing for 10 s is dropped, and a shielded sender is told."""
    await pair.fill()
    start = trio.current_time()
    with trio.CancelScope(shield=True), pytest.raises(trio.BrokenResourceError):
        await pair.guard.send_all(b"y")
    assert pytest.approx(trio.current_time() - start) == 10
    assert pair.events == ["write_deadline"]


async def test_progress_moves_the_deadline(pair: Pair, autojump_clock: MockClock) -> None:
    """A peer that reads something every few seconds is not dropped."""
    await pair.guard.send_all(bytes(100_000))
    for _ in range(4):
        await trio.sleep(6)
        pair.read()
    await trio.sleep(6)
    assert pair.guard.buffered
    assert pair.events == []


async def test_cancelled_nursery_frees_a_shielded_sender(autojump_clock: MockClock) -> None:
    """When the connection's nursery is cancelled, a sender that shields itself does not hang."""
    failed = []

    async def shielded(pair: Pair) -> None:
        with trio.CancelScope(shield=True), pytest.raises(trio.BrokenResourceError):
            await pair.guard.send_all(b"y")
        failed.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        pair = Pair(nursery)
        await pair.fill()
        start = trio.current_time()
        nursery.start_soon(shielded, pair)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert [start] == failed
    pair.peer.close()


async def test_abort_wakes_everybody(pair: Pair) -> None:
    """An abort wakes a waiting sender and a waiting reader, and later calls fail alike."""
    await pair.fill()
    async with trio.open_nursery() as nursery:
        for call in (lambda: pair.guard.send_all(b"y"), pair.guard.receive_some):
            nursery.start_soon(_breaks, call)
        await wait_all_tasks_blocked()
        pair.guard.abort()
        pair.guard.abort()
    for call in (lambda: pair.guard.send_all(b"y"), pair.guard.receive_some, pair.guard.send_eof):
        await _breaks(call)
    await pair.guard.aclose()


async def test_aclose_flushes(pair: Pair, autojump_clock: MockClock) -> None:
    """Closing waits until the peer has taken what is buffered."""
    sent = await pair.fill()
    received = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.guard.aclose)
        while len(received) < len(sent):
            await wait_all_tasks_blocked()
            received += pair.read()
    assert sent == received
    assert pair.events == []


async def test_aclose_gives_up(pair: Pair, autojump_clock: MockClock) -> None:
    """Closing takes no longer than the write deadline."""
    await pair.fill()
    start = trio.current_time()
    await pair.guard.aclose()
    assert pytest.approx(trio.current_time() - start) == 10
    assert pair.guard.socket.fileno() == -1


async def test_cancelled_aclose_closes(pair: Pair, autojump_clock: MockClock) -> None:
    """A close that is cancelled closes at once."""
    await pair.fill()
    await trio.aclose_forcefully(pair.guard)
    assert pair.guard.socket.fileno() == -1


async def test_send_eof(pair: Pair) -> None:
    """EOF follows what was sent; it may be repeated, and nothing may follow it."""
    await pair.guard.send_all(b"bye")
    await pair.guard.send_eof()
    await pair.guard.send_eof()
    assert (pair.peer.recv(10), pair.peer.recv(10)) == (b"bye", b"")
    with pytest.raises(trio.ClosedResourceError):
        await pair.guard.send_all(b"more")


async def test_receive(pair: Pair, autojump_clock: MockClock) -> None:
    """Bytes come as they are, then EOF; the time of the last ones is kept."""
    await trio.sleep(3)
    pair.peer.send(b"hello")
    assert await pair.guard.receive_some(2) == b"he"
    then = trio.current_time()
    await trio.sleep(3)
    assert then == pair.guard.last_read
    assert await pair.guard.receive_some() == b"llo"
    pair.peer.close()
    assert await pair.guard.receive_some() == b""


async def test_peer_gone(pair: Pair) -> None:
    """Sending to a peer that is gone breaks the stream and tells the watcher once."""
    told: list[bool] = []
    pair.guard.watch(lambda: told.append(True))
    pair.peer.close()
    await _breaks(lambda: pair.guard.send_all(b"x"))
    await _breaks(pair.guard.receive_some)
    assert told == [True]


async def test_one_sender_at_a_time(pair: Pair) -> None:
    """A second sender is refused instead of interleaved."""
    await pair.fill()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.guard.wait_send_all_might_not_block)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await pair.guard.send_all(b"y")
        pair.read()


async def test_closed_stream(pair: Pair) -> None:
    """After a close every call says so."""
    await pair.guard.aclose()
    for call in (lambda: pair.guard.send_all(b"y"), pair.guard.receive_some, pair.guard.send_eof):
        with pytest.raises(trio.ClosedResourceError):
            await call()


async def _breaks(call: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(trio.BrokenResourceError):
        await call()
