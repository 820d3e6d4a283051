"""The machine behind the HTTP edge's stream, without hypercorn: socket pairs and autojump."""

import socket
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from matchd.listener.connection import Connection, Deadlines
from matchd.listener.guard import GuardedStream
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.refusal import Refusal
from matchd.listener.scanner import HeadScanner
from tests.listener.house import UPGRADE

_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Bench:
    """One HttpStream and the socket of its peer."""

    def __init__(self, nursery: trio.Nursery) -> None:
        ours, self.peer = socket.socketpair()
        for sock in (ours, self.peer):
            sock.setblocking(False)
        self.events: Counter[str] = Counter()
        self.guard = GuardedStream(ours, nursery)
        self.connection = Connection(Peer("unix:", 0, False, ""))
        self.http = HttpStream(
            self.guard,
            self.guard,
            self.connection,
            HeadScanner(),
            Deadlines(),
            on_event=lambda name: self.events.update([name]),
        )


@pytest.fixture
async def bench(nursery: trio.Nursery) -> AsyncIterator[Bench]:
    """A fresh bench."""
    made = Bench(nursery)
    yield made
    made.guard.abort()
    made.peer.close()


async def test_only_whole_requests_are_handed_on(bench: Bench, autojump_clock: MockClock) -> None:
    """The HTTP edge sees nothing of a request before its last byte."""
    bench.peer.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
    with trio.move_on_after(1) as scope:
        await bench.http.receive_some()
    assert scope.cancelled_caught
    bench.peer.send(b"b")
    assert (await bench.http.receive_some()).endswith(b"\r\n\r\nab")
    assert bench.connection.in_flight == 1


async def test_reads_are_cut_to_size(bench: Bench, autojump_clock: MockClock) -> None:
    """A reader that asks for few bytes gets the request in pieces."""
    bench.peer.send(_GET)
    pieces = [await bench.http.receive_some(20) for _ in range(2)]
    assert [_GET[:20], _GET[20:]] == pieces


async def test_handover_waits_for_the_answers(bench: Bench, autojump_clock: MockClock) -> None:
    """An upgrade ends the stream when nothing is in flight, and keeps what follows it."""
    bench.peer.send(_GET + UPGRADE + b"\x81\x00")
    await bench.http.receive_some()
    with trio.move_on_after(100) as scope:
        await bench.http.receive_some()
    assert scope.cancelled_caught
    bench.connection.answered()
    assert await bench.http.receive_some() == b""
    assert isinstance(bench.http.ending, RequestHead)
    assert bench.http.take_rest() == b"\x81\x00"


async def test_handover_ignores_the_close(bench: Bench, autojump_clock: MockClock) -> None:
    """After a handover the HTTP edge can neither write nor close."""
    bench.peer.send(_GET + UPGRADE)
    await bench.http.receive_some()
    bench.connection.answered()
    await bench.http.receive_some()
    await bench.http.send_eof()
    await bench.http.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await bench.http.send_all(b"x")
    await bench.guard.send_all(b"still open")
    assert bench.peer.recv(100) == b"still open"


async def test_close_before_the_handover(bench: Bench, autojump_clock: MockClock) -> None:
    """If the HTTP edge closes while an upgrade waits, that is the end of the connection."""
    bench.peer.send(_GET + UPGRADE)
    await bench.http.receive_some()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_closed, bench)
        await wait_all_tasks_blocked()
        await bench.http.aclose()
    assert bench.http.ending is None
    assert bench.peer.recv(1) == b""


async def test_refusal(bench: Bench, autojump_clock: MockClock) -> None:
    """A refused head ends the stream with its refusal."""
    bench.peer.send(b"NONSENSE\r\n\r\n")
    await bench.http.open()
    assert isinstance(bench.http.ending, Refusal)
    assert not bench.http.has_request
    assert bench.connection.ended.is_set()


async def test_no_deadline_while_the_peer_waits(bench: Bench, autojump_clock: MockClock) -> None:
    """A peer that waits for its answer has all the time in the world; then 75 s."""
    bench.peer.send(_GET)
    await bench.http.receive_some()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ended, bench)
        await trio.sleep(10_000)
        bench.connection.answered()
    assert pytest.approx(trio.current_time()) == 10_075


async def test_a_started_head_has_its_own_deadline(bench: Bench, autojump_clock: MockClock) -> None:
    """The first byte after an idle time starts the 5 s of the head."""
    bench.peer.send(_GET)
    await bench.http.receive_some()
    bench.connection.answered()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ended, bench)
        await trio.sleep(74)
        bench.peer.send(b"G")
    assert pytest.approx(trio.current_time()) == 79
    assert isinstance(bench.http.ending, Refusal)


async def test_continue_waits_for_the_answers(bench: Bench, autojump_clock: MockClock) -> None:
    """100 Continue never lands in the middle of another answer."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    bench.peer.send(_GET + head)
    await bench.http.receive_some()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.http.receive_some)
        await trio.sleep(1)
        with pytest.raises(BlockingIOError):
            bench.peer.recv(100)
        bench.connection.answered()
        await trio.sleep(1)
        assert bench.peer.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        bench.peer.send(b"x")


async def test_no_continue_once_the_body_comes(bench: Bench, autojump_clock: MockClock) -> None:
    """A client that did not wait for 100 Continue is not sent one."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    bench.peer.send(head + b"a")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.http.open)
        await wait_all_tasks_blocked()
        bench.peer.send(b"b")
    with pytest.raises(BlockingIOError):
        bench.peer.recv(100)


async def test_drain_lets_a_started_request_through(
    bench: Bench, autojump_clock: MockClock
) -> None:
    """A request that has begun to arrive is served even while draining; then the stream ends."""
    bench.peer.send(_GET[:5])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.http.open)
        await wait_all_tasks_blocked()
        bench.http.drain()
        bench.peer.send(_GET[5:])
    assert await bench.http.receive_some() == _GET
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ended, bench)
        await wait_all_tasks_blocked()
        bench.connection.answered()
    assert bench.http.ending is None


async def test_drain_when_idle(bench: Bench, autojump_clock: MockClock) -> None:
    """A stream whose last request was answered ends at once."""
    bench.peer.send(_GET)
    assert await bench.http.receive_some() == _GET
    bench.connection.answered()
    start = trio.current_time()
    bench.http.drain()
    assert await bench.http.receive_some() == b""
    assert trio.current_time() == start


@pytest.mark.parametrize("sent", [_GET, b""])
async def test_drain_of_a_newcomer(bench: Bench, autojump_clock: MockClock, sent: bytes) -> None:
    """A connection that was just let in is served its first request, if that comes in half a second."""
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.http.open)
        await wait_all_tasks_blocked()
        bench.http.drain()
        await trio.sleep(0.4)
        bench.peer.send(sent)
    assert await bench.http.receive_some() == sent
    assert trio.current_time() == pytest.approx(start + (0.4 if sent else 0.5))
    assert bench.connection.draining


async def test_abort_limits_the_life_of_the_edge(bench: Bench, autojump_clock: MockClock) -> None:
    """After the connection broke, whoever serves it has 5 s."""
    with bench.http.life as life:
        bench.guard.abort()
        await trio.sleep(100)
    assert life.cancelled_caught
    assert pytest.approx(trio.current_time()) == 5
    assert bench.connection.ended.is_set()


async def test_an_edge_that_lingers_is_cancelled(bench: Bench, autojump_clock: MockClock) -> None:
    """An HTTP edge that has had its EOF and owes no answer cannot keep the connection."""
    bench.peer.send(_GET + UPGRADE)
    with bench.http.life as life:
        await bench.http.receive_some()
        await trio.sleep(100)
        bench.connection.answered()
        assert await bench.http.receive_some() == b""
        await trio.sleep(100)
    assert life.cancelled_caught
    assert isinstance(bench.http.ending, RequestHead)
    assert trio.current_time() == pytest.approx(105)


async def test_junk_behind_the_last_request(bench: Bench, autojump_clock: MockClock) -> None:
    """Bytes behind a request that closes never reach the HTTP edge."""
    bench.peer.send(b"GET / HTTP/1.0\r\n\r\n")
    await bench.http.receive_some()
    bench.peer.send(b"junk" + _GET)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_closed, bench)
        await wait_all_tasks_blocked()
        bench.connection.answered()
        await bench.http.aclose()
    assert not bench.connection.in_flight


async def _ended(bench: Bench) -> None:
    assert await bench.http.receive_some() == b""


async def _closed(bench: Bench) -> None:
    with pytest.raises(trio.ClosedResourceError):
        await bench.http.receive_some()
