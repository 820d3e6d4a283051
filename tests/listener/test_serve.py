"""The accept loops."""

import errno
import socket
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock

from matchd.listener.front import Watch
from matchd.listener.serve import Door, serve
from matchd.listener.sockets import ListenSocket, open_listeners


class Bench:
    """A handler that keeps its connections until released, and what was counted."""

    def __init__(self, *, reuse_port: bool = False) -> None:
        self.events: Counter[str] = Counter()
        self.watch = Watch(on_fault=print, on_event=lambda name: self.events.update([name]))
        self.listeners = open_listeners(["127.0.0.1:0"], reuse_port=reuse_port)
        self.arrived, self.leave = trio.Event(), trio.Event()
        self.door: Door

    async def handle(self, sock: socket.socket, *, tls: bool) -> None:
        """Keep a connection."""
        assert (tls, sock.gettimeout()) == (False, 0.0)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        self.arrived.set()
        await self.leave.wait()

    async def connect(self) -> trio.SocketStream:
        """Connect, and wait until somebody was accepted."""
        host, port = self.listeners[0].socket.getsockname()
        stream = await trio.open_tcp_stream(host, port)
        with trio.fail_after(5):
            await self.arrived.wait()
        return stream


@pytest.fixture
async def bench(nursery: trio.Nursery) -> AsyncIterator[Bench]:
    """A running bench."""
    made = Bench()
    made.door = await nursery.start(serve, made.listeners, made.handle, made.watch)
    yield made
    made.door.stop(0)


async def test_close_lets_connections_go_on(bench: Bench) -> None:
    """A closed door accepts nobody; who is inside stays until he leaves."""
    async with await bench.connect() as stream:
        address = bench.listeners[0].socket.getsockname()
        bench.door.close()
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(OSError):
            await trio.open_tcp_stream(*address)
        assert bench.door.open == 1
        bench.leave.set()
        assert await stream.receive_some() == b""


async def test_last_call(nursery: trio.Nursery, clock: MockClock) -> None:
    """Who waits before a shared listener when the door is closed is still let in, and then nobody."""
    bench = Bench(reuse_port=True)
    address = bench.listeners[0].socket.getsockname()
    bench.door = await nursery.start(serve, bench.listeners, bench.handle, bench.watch)
    with socket.create_connection(address):
        bench.door.close()
        await bench.arrived.wait()
        assert not bench.door.closed.is_set()
        await bench.door.closed.wait()
    assert bench.listeners[0].socket.fileno() == -1
    assert bench.door.open == 1
    bench.door.stop(0)


async def test_stop(bench: Bench, clock: MockClock) -> None:
    """A stop ends those who are still inside after its grace."""
    async with await bench.connect() as stream:
        start = trio.current_time()
        bench.door.stop(3)
        assert await stream.receive_some() == b""
        assert 3 <= trio.current_time() - start < 3.5
    assert bench.door.open == 0


async def test_out_of_descriptors(clock: MockClock) -> None:
    """A system without descriptors, and connections that died in the queue, end no accept loop."""
    bench = Bench()
    failures = [errno.EMFILE, errno.ECONNABORTED, errno.ENFILE]
    real = bench.listeners[0].socket

    class Failing(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            if failures:
                raise OSError(failures.pop(), "failed")
            return super().accept()

    sock = Failing(real.family, real.type, real.proto, fileno=real.detach())
    bench.listeners = [ListenSocket(sock, False)]
    async with trio.open_nursery() as nursery:
        bench.door = await nursery.start(serve, bench.listeners, bench.handle, bench.watch)
        async with await bench.connect():
            assert Counter(accept_capacity=2, accept_error=1) == bench.events
        bench.door.stop(0)


async def test_a_broken_listener_is_an_error() -> None:
    """A listening socket that is none ends `serve` with the error, instead of spinning."""
    bench = Bench()
    bench.listeners[0].close()
    with socket.socket() as idle:
        idle.setblocking(False)
        with pytest.RaisesGroup(pytest.RaisesGroup(OSError)):
            await serve([ListenSocket(idle, False)], bench.handle, bench.watch)
