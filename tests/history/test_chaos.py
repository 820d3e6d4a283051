"""The harness itself: wires that break as told, nodes that are killed, paused and started again."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests.daemon.clients import PATIENCE
from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.files import toml
from tests.daemon.process import Site
from tests.history.chaos import Cluster, Configure, cluster
from tests.history.checker import check
from tests.history.load import load
from tests.history.rules import Property
from tests.history.wire import Wire, wire
from tests.store.redis_server import RedisServer

site = daemon_site


class Counter:
    """Answers every chunk with the number of chunks so far."""

    def __init__(self) -> None:
        self.counted = 0
        self.changed = trio.Event()

    async def serve(self, stream: trio.SocketStream) -> None:
        """Count until the other side ends."""
        async for _ in stream:
            self.counted += 1
            self.changed.set()
            await stream.send_all(b"%d" % self.counted)


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, Counter]]:
    """A counter behind a wire."""
    counter = Counter()
    # The counter serves beside the body.
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, counter.serve, 0)
        port = listeners[0].socket.getsockname()[1]
        async with wire("127.0.0.1", port) as link:
            yield link, counter
        nursery.cancel_scope.cancel()


async def dial(link: Wire) -> trio.SocketStream:
    """Connect to a wire."""
    return await trio.open_tcp_stream("127.0.0.1", link.port)


async def said(stream: trio.SocketStream) -> bytes:
    """What comes next."""
    with trio.fail_after(PATIENCE):
        return bytes(await stream.receive_some())


async def is_silent(stream: trio.SocketStream) -> bool:
    """Whether nothing comes for as long as an answer takes many times over."""
    with trio.move_on_after(0.2) as silence:
        await stream.receive_some()
    return silence.cancelled_caught


async def test_whole_wire() -> None:
    """A whole wire carries both directions, and the end."""
    async with wired() as (link, _), await dial(link) as stream:
        await stream.send_all(b"x")
        assert await said(stream) == b"1"
        await stream.send_eof()
        assert await said(stream) == b""


async def test_stalled_wire() -> None:
    """A stalled wire carries nothing and refuses nothing; mended it delivers what it held."""
    async with wired() as (link, counter), await dial(link) as old:
        link.stall()
        await old.send_all(b"x")
        async with await dial(link) as new:
            await new.send_all(b"x")
            assert await is_silent(old)
            assert await is_silent(new)
            assert counter.counted == 0
            link.mend()
            assert sorted([await said(old), await said(new)]) == [b"1", b"2"]


async def test_mute_wire() -> None:
    """Over a mute wire everything is done, and no answer comes before it is mended."""
    async with wired() as (link, counter), await dial(link) as stream:
        link.mute()
        await stream.send_all(b"x")
        with trio.fail_after(PATIENCE):
            await counter.changed.wait()
        assert await is_silent(stream)
        link.mend()
        assert await said(stream) == b"1"


async def test_cut_wire() -> None:
    """A cut wire resets who is connected and who tries; mended it takes new connections."""
    async with wired() as (link, _):
        async with await dial(link) as old:
            await old.send_all(b"x")
            assert await said(old) == b"1"
            link.cut()
            with pytest.raises(trio.BrokenResourceError):
                await said(old)
        async with await dial(link) as tried:
            with pytest.raises(trio.BrokenResourceError):
                await said(tried)
        link.mend()
        async with await dial(link) as new:
            await new.send_all(b"x")
            assert await said(new) == b"2"


def configured(directory: Path) -> Configure:
    """The configuration of a node that stands alone; its Redis is not looked at."""

    def configure(name: str, port: int, url: str) -> str:
        return toml(
            {
                "server": {
                    "listen": [f"{HOST}:{port}"],
                    "public_url": f"http://{HOST}:{port}",
                    "data_dir": str(directory / f"data-{name}"),
                    "drain": 1.0,
                },
                "limits": {"exempt": ["127.0.0.0/8"]},
                "log": {"format": "json"},
            }
        )

    return configure


async def is_alive(nodes: Cluster, name: str, seconds: float = PATIENCE) -> bool:
    """Whether a node answers in that time."""
    with trio.move_on_after(seconds):
        answer = await nodes.nodes[name].running.ask("GET", "/healthz")
        return answer.status == 200
    return False


async def test_nodes(site: Site) -> None:
    """Nodes are killed and started and paused each by itself, and the times of that are kept."""
    async with cluster(site, ("n1", "n2"), configured(site.directory)) as nodes:
        assert not nodes.faults
        await nodes.kill("n1")
        assert await is_alive(nodes, "n2")
        nodes.pause("n2")
        assert not await is_alive(nodes, "n2", 0.5)
        assert [window[1] for window in nodes.faults] == [math.inf, math.inf]
        nodes.resume("n2")
        assert await is_alive(nodes, "n2")
        await nodes.start("n1")
        assert await is_alive(nodes, "n1")
        assert all(window[0] < window[1] < math.inf for window in nodes.faults)
        await nodes.stop("n2")
        assert len({node.address for node in nodes.nodes.values()}) == 2


async def test_redis(site: Site) -> None:
    """What was acknowledged by a Redis that writes always is there after its death, by any wire."""
    server = RedisServer(appendonly="yes", appendfsync="always")
    server.start()
    try:
        async with cluster(site, ("n1",), configured(site.directory), server) as nodes:
            link = nodes.nodes["n1"].wire
            assert link is not None
            async with await dial(link) as stream:
                await stream.send_all(b"SET key value\r\n")
                assert await said(stream) == b"+OK\r\n"
            await nodes.kill_redis()
            await nodes.start_redis()
            async with await dial(link) as stream:
                await stream.send_all(b"GET key\r\n")
                assert await said(stream) == b"$5\r\nvalue\r\n"
            nodes.cut("n1")
            nodes.mend("n1")
            assert [window[1] < math.inf for window in nodes.faults] == [True, True]
    finally:
        server.remove()


async def test_nodes_that_share_nothing(site: Site) -> None:
    """A load on two nodes that know nothing of each other finds them out."""
    secret = site.secret("host_secret")
    async with (
        cluster(site, ("n1", "n2"), configured(site.directory)) as nodes,
        load(nodes.addresses, seed=5, secret=secret, learn=site.learn) as clients,
    ):
        await clients.go_on(2, 200)
        await clients.finish()
    broken = check(clients.history.events).broken
    assert {Property.KEPT, Property.ONE_BOOKING} & broken
    assert not broken & {Property.ORDER, Property.INVENTED}
