"""The barrier around one connection, with edges made for the purpose."""

import socket
from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from matchd.listener.caps import Caps
from matchd.listener.connection import Connection
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.refusal import Refusal
from matchd.listener.replay import ReplayStream, Taken
from tests.listener.house import UPGRADE

Edge = Callable[[ReplayStream], Awaitable[None]]


class Bench:
    """A front whose WebSocket edge is given, and what it reported."""

    def __init__(self, edge: Edge, caps: Caps | None = None) -> None:
        async def serve_websocket(stream: ReplayStream, _head: RequestHead, _peer: Peer) -> None:
            await edge(stream)

        async def serve_http(_stream: HttpStream, _connection: Connection) -> None:
            await trio.lowlevel.checkpoint()
            raise AssertionError("no request is expected")

        self.faults: list[BaseException] = []
        self.events: list[str] = []
        self.caps = caps or Caps(1, 1)
        edges = Edges(serve_http=serve_http, serve_websocket=serve_websocket)
        watch = Watch(on_fault=self.on_fault, on_event=self.events.append)
        self.front = Front(edges, self.caps, watch, Rules())

    def on_fault(self, exc: BaseException, peer: Peer) -> None:
        assert peer.host == "unix:"
        self.faults.append(exc)

    async def serve(self, request: bytes = UPGRADE) -> bytes:
        """Serve one connection that sends `request` and nothing more; return what it got."""
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            theirs.setblocking(False)
            theirs.send(request)
            await self.front.handle(ours, tls=False)
            assert ours.fileno() == -1
            return theirs.recv(1 << 16)


async def group() -> None:
    """Fail as a nursery does."""
    await trio.lowlevel.checkpoint()
    raise ExceptionGroup("several", [ValueError("one"), ExceptionGroup("more", [OSError("two")])])


async def plain() -> None:
    """Fail as a function does."""
    await trio.lowlevel.checkpoint()
    raise ValueError("one")


@pytest.mark.parametrize("fail", [group, plain])
async def test_faults_stay_inside(fail: Callable[[], Awaitable[None]]) -> None:
    """Whatever an edge raises is reported once, and the place in the house is free again."""
    bench = Bench(lambda _stream: fail())
    for _ in range(2):
        assert await bench.serve() == b""
    assert 2 == len(bench.faults) == bench.events.count("fault")


async def test_a_peer_that_leaves_is_no_fault() -> None:
    """An edge that stumbles over a broken stream has done nothing wrong."""

    async def edge(stream: ReplayStream) -> None:
        stream.abort()
        await stream.send_all(b"x")

    bench = Bench(edge)
    assert await bench.serve() == b""
    assert (bench.events, bench.faults) == (["handover", "peer_gone"], [])


async def test_cancellation_passes_and_faults_are_still_reported(
    autojump_clock: MockClock,
) -> None:
    """A cancelled connection ends at once; what fails on the way out is reported."""

    async def edge(_stream: ReplayStream) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            try:
                await trio.sleep_forever()
            finally:
                raise ValueError("on the way out")

    bench = Bench(edge)
    with trio.move_on_after(1) as scope:
        await bench.serve()
    assert scope.cancelled_caught
    assert len(bench.faults) == 1


@pytest.mark.parametrize("exit_by", [KeyboardInterrupt, SystemExit])
async def test_exits_pass(exit_by: type[BaseException]) -> None:
    """What is meant to end the program is not held back."""

    async def edge(_stream: ReplayStream) -> None:
        await trio.lowlevel.checkpoint()
        raise exit_by

    with pytest.raises(exit_by):
        await Bench(edge).serve()


async def test_replay() -> None:
    """The WebSocket edge reads the head again, in the pieces it asks for, and then goes on."""
    read = b""

    async def edge(stream: ReplayStream) -> None:
        nonlocal read
        assert repr(stream) == "<ReplayStream unix:>"
        assert stream.last_read <= trio.current_time()
        assert stream.buffered == 0
        while len(read) < len(UPGRADE) + 2:
            read += await stream.receive_some(50)
        await stream.wait_send_all_might_not_block()
        await stream.send_all(b"answer")
        await stream.aclose()

    assert await Bench(edge).serve(UPGRADE + b"\x81\x00") == b"answer"
    assert read == UPGRADE + b"\x81\x00"


async def test_turned_away() -> None:
    """A full house answers at once, with the time after which to come again."""
    bench = Bench(lambda _stream: group(), Caps(0, 0))
    answer = await bench.serve()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 5\r\n" in answer
    assert bench.events == ["turned_away"]


async def test_draining_turns_idle_newcomers_away(autojump_clock: MockClock) -> None:
    """Who is accepted while the house drains and asks for nothing in half a second is let go."""
    bench = Bench(lambda _stream: group())
    bench.front.drain()
    start = trio.current_time()
    assert await bench.serve(b"") == b""
    assert trio.current_time() == pytest.approx(start + 0.5)


async def test_a_socket_that_is_gone() -> None:
    """A connection that died before it was looked at is counted and closed."""
    bench = Bench(lambda _stream: group())
    with socket.socket() as never_connected:
        await bench.front.handle(never_connected, tls=False)
        assert never_connected.fileno() == -1
    assert bench.events == ["peer_gone"]


async def test_a_connection_that_is_taken_over() -> None:
    """Its task ends and it stays open; its place is free when whoever took it gives that back."""
    taken: list[Taken] = []

    async def edge(stream: ReplayStream) -> None:
        await trio.lowlevel.checkpoint()
        taken.append(stream.take())

    bench = Bench(edge)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        theirs.send(UPGRADE + b"behind")
        await bench.front.handle(ours, tls=False)
        ((sock, rest, place),) = taken
        assert (rest, ours.fileno(), bench.faults) == (b"behind", -1, [])
        assert isinstance(bench.caps.admit(place.peer), Refusal)
        with sock:
            sock.send(b"still here")
            assert theirs.recv(100) == b"still here"
        place.leave()
        assert not isinstance(bench.caps.admit(place.peer), Refusal)


async def test_a_connection_that_broke_is_not_taken_over() -> None:
    """The place is given back by the front, once."""

    async def edge(stream: ReplayStream) -> None:
        await trio.lowlevel.checkpoint()
        stream.abort()
        stream.take()

    bench = Bench(edge)
    assert await bench.serve() == b""
    assert (bench.events, bench.faults) == (["handover", "peer_gone"], [])
    assert await bench.serve() == b""
