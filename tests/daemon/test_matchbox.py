"""Rooms for peer-to-peer games on running daemons: one, two and three, killed, stopped, stormed."""

from __future__ import annotations

import random
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import trio

from tests.daemon.clients import UPGRADE, Signaling
from tests.daemon.nodes import ANOTHER_PORT, LEASE, pair, redis, share, well
from tests.daemon.process import Daemon, Site
from tests.history.peers import Ear, disorders, overtakings
from tests.store.redis_server import RedisServer

SOON = LEASE + 11
"""Seconds until a dead node's peers must have been told to be gone."""

CROWD = 1000


@pytest.fixture
def server(site: Site) -> Iterator[RedisServer]:
    """The Redis of a site of several nodes."""
    with redis() as server:
        share(site, server)
        yield server


@asynccontextmanager
async def peer(
    daemon: Daemon, target: str = "/matchbox/room"
) -> AsyncIterator[tuple[Signaling, str]]:
    """A peer that was let in, and its id."""
    async with daemon.signaling(target) as socket:
        first = await socket.next()
        yield socket, first.get("IdAssigned") or first["peerId"]


async def tell(sender: Signaling, receiver: str, data: object) -> None:
    """Send a signal."""
    await sender.send({"Signal": {"receiver": receiver, "data": data}})


async def test_a_room(site: Site) -> None:
    """Three meet, talk and part; the twin answers, and other paths do not."""
    async with site.daemon() as daemon, peer(daemon) as (a, first), peer(daemon) as (b, second):
        async with peer(daemon) as (_, third):
            assert [await a.next(), await a.next()] == [{"NewPeer": second}, {"NewPeer": third}]
            assert await b.next() == {"NewPeer": third}
        for one in (a, b):
            assert await one.next() == {"PeerLeft": third}
        await tell(b, first, {"Answer": "v=0"})
        heard = {"Signal": {"sender": second, "data": {"Answer": "v=0"}}}
        assert await a.next() == heard
        assert (await daemon.ask("GET", "/matchbox/%2e%2e?next=2")).json() == {"ok": True}
        assert (await daemon.ask("GET", "/matchbox/r?next=65")).status == 400
        assert (await daemon.ask("GET", "/matchbox/r?next=0", headers=UPGRADE)).status == 400


async def test_a_crowd(site: Site) -> None:
    """1,000 sockets that join one `next=2` room at once are 500 pairs with one NewPeer each."""
    site.config["server"]["max_connections_per_address"] = 2 * CROWD
    ids: list[str] = []
    told: list[str] = []
    paired = trio.Event()

    async def come(daemon: Daemon) -> None:
        async with peer(daemon, "/matchbox/crowd?next=2") as (socket, name):
            ids.append(name)
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(listen, socket)
                    await paired.wait()
                    scope.cancel()

    async def listen(socket: Signaling) -> None:
        told.append(await socket.receive())
        if len(told) == CROWD // 2:
            paired.set()

    async with site.daemon() as daemon:
        with trio.fail_after(120):
            async with trio.open_nursery() as crowd:
                for _ in range(CROWD):
                    crowd.start_soon(come, daemon)
        assert len(set(ids)) == CROWD
        assert len(set(told)) == CROWD // 2


async def test_a_stop_keeps_peers_until_its_deadline(site: Site) -> None:
    """They talk on while the daemon drains, and are closed 1012 at its end."""
    site.config["server"]["drain"] = 2
    async with (
        site.daemon() as daemon,
        peer(daemon) as (a, first),
        peer(daemon, "/matchbox/room?v=1") as (b, second),
    ):
        assert await a.next() == {"NewPeer": second}
        daemon.signal(signal.SIGTERM)
        assert (await b.next())["type"] == "going-away"
        await tell(a, second, 1)
        assert (await b.next())["from"] == first
        assert [await a.ended(), await b.ended()] == [1012, 1012]
        assert await daemon.stopped() == 0


async def test_two_nodes(site: Site, server: RedisServer) -> None:
    """Peers of one room meet across them; a signal needs no Redis but for its way."""
    async with pair(site) as (one, two), peer(one) as (a, first), peer(two) as (b, second):
        assert await a.next() == {"NewPeer": second}
        for number in range(200):
            await tell(b, first, number)
            await tell(a, second, number)
        for number in range(200):
            assert await a.next() == {"Signal": {"sender": second, "data": number}}
            assert await b.next() == {"Signal": {"sender": first, "data": number}}


async def test_a_node_stops(site: Site, server: RedisServer) -> None:
    """Its matchbox peers are gone; a native one comes back elsewhere, and nobody heard that he left."""
    target = "/matchbox/room?v=1"
    async with pair(site) as (one, two), peer(one) as (a, _):
        async with peer(two) as (b, second), peer(two, target) as (native, third):
            two.signal(signal.SIGTERM)
            assert [await b.ended(), await native.ended()] == [1012, 1012]
        assert await two.stopped() == 0
        resume = native.heard[0]["resume"]
        async with peer(one, f"{target}&resume={resume}") as (back, name):
            assert (name, back.heard[0]["resumed"]) == (third, True)
            await back.close()
        heard = [await a.next() for _ in range(4)]
        told = [{"NewPeer": second}, {"NewPeer": third}, {"PeerLeft": second}, {"PeerLeft": third}]
        assert heard == told


async def test_a_killed_node(site: Site, server: RedisServer) -> None:
    """Its matchbox peer is told to be gone, its native one comes back elsewhere; nothing is left."""
    target = "/matchbox/room?v=1"
    async with pair(site) as (one, two), peer(one) as (a, _):
        async with (
            peer(two) as (_, second),
            peer(two, target) as (native, third),
            peer(two, "/matchbox/alone"),
        ):
            assert [await a.next(), await a.next()] == [{"NewPeer": second}, {"NewPeer": third}]
            two.process.kill()
            await two.stopped()
            resume = native.heard[0]["resume"]
        async with peer(one, f"{target}&resume={resume}") as (back, name):
            assert (name, back.heard[0]["resumed"]) == (third, True)
            with trio.fail_after(SOON):
                assert await a.next() == {"PeerLeft": second}
            await back.close()
        assert await a.next() == {"PeerLeft": third}
        await a.close()
        await nothing_left(server)


async def test_every_node_is_killed(site: Site, server: RedisServer) -> None:
    """Whoever starts next clears away the rooms of all of them."""
    async with pair(site) as (one, two):
        async with peer(one), peer(two), peer(two, "/matchbox/other?next=2"):
            for node in (one, two):
                node.process.kill()
                await node.stopped()
        assert has_groups(server)
    async with site.daemon() as three:
        await nothing_left(server)
        async with peer(three) as (a, _):
            await a.close()
        await nothing_left(server)


async def nothing_left(server: RedisServer) -> None:
    """Soon nothing is kept of any room."""
    with trio.fail_after(SOON):
        while has_groups(server):  # noqa: ASYNC110  # another process
            await trio.sleep(0.1)


def has_groups(server: RedisServer) -> bool:
    """Whether anything is kept of any room."""
    kinds = ("", "_open", "_sockets", "_due")
    answer = server.command("EXISTS", *(f"{{matchd}}:groups{kind}" for kind in kinds))
    return not answer.startswith(b":0")


@pytest.mark.parametrize("count", [1, 3])
async def test_order_under_churn(site: Site, server: RedisServer, count: int) -> None:
    """While peers come, talk and go on one and on three nodes, each hears of each in order."""
    ears: list[Ear] = []
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(site.daemon(*(ANOTHER_PORT if number else ())))
            for number in range(count)
        ]
        await well(*nodes)
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                for seed in range(8):
                    nursery.start_soon(come_and_go, nodes, random.Random(seed), ears)
    assert len(ears) == 8 * 12
    assert sum("Signal" in event for ear in ears for event in ear.heard) > 100
    assert disorders(ears) == overtakings(ears) == []


async def come_and_go(nodes: Sequence[Daemon], rng: random.Random, ears: list[Ear]) -> None:
    """One peer after the other, each of which talks to whom it hears of and leaves somehow."""
    for _ in range(12):
        room, began = f"r{rng.randrange(2)}", trio.current_time()
        async with peer(rng.choice(nodes), f"/matchbox/{room}") as (socket, name):
            ear = Ear(name, room, began, trio.current_time())
            ears.append(ear)
            await converse(socket, ear, trio.current_time() + rng.uniform(0.05, 0.4))
            if rng.random() < 0.5:
                await socket.close()


async def converse(socket: Signaling, ear: Ear, until: float) -> None:
    """Answer everybody with the next number, for a while."""
    number = 0
    with trio.move_on_at(until):
        while True:
            event = await socket.next()
            ear.heard.append(event)
            other = event.get("NewPeer") or event.get("Signal", {}).get("sender")
            if other is not None:
                await tell(socket, other, number)
                number += 1
