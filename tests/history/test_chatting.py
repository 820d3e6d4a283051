"""Chat under kill -9: every acknowledged message reaches every member once, in order.

A gate's run is short. With MATCHD_CHAT=10000 it is the whole of it: 10,000 messages, 50 members.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.files import toml
from tests.daemon.process import Site
from tests.history.chaos import Cluster, cluster
from tests.history.chatting import Room
from tests.history.checker import check
from tests.history.record import Posted, Received
from tests.store.redis_server import RedisServer

site = daemon_site

WHOLE = int(os.environ.get("MATCHD_CHAT", "0"))
COUNT, MEMBERS, SPEAKERS, MOVERS = (WHOLE, 50, 10, 5) if WHOLE else (240, 12, 4, 2)
KILLS = 6 if WHOLE else 2
LEASE = 3.0
SETTLE = 600 if WHOLE else 60

Harm = Callable[[Cluster], Awaitable[None]]


def configure(site: Site, backend: str) -> Callable[[str, int, str], str]:
    """The configuration of a node, alone with its file or over Redis."""

    def configured(name: str, port: int, url: str) -> str:
        server = site.config["server"] | {"listen": [f"{HOST}:{port}"]}
        if backend == "embedded":
            return toml(site.config | {"server": server})
        store = {"backend": "redis", "url": url, "node_lease": LEASE, "timeout": 1.0}
        return toml(site.config | {"server": server | {"data_dir": ""}, "store": store})

    return configured


@asynccontextmanager
async def talking(
    site: Site, names: Sequence[str], server: RedisServer | None = None
) -> AsyncIterator[tuple[Cluster, Room]]:
    """Nodes with a room whose members come and go during the body, and speak; judged after it."""
    backend = "embedded" if server is None else "redis"
    async with cluster(site, names, configure(site, backend), server) as nodes:
        room = Room(nodes.addresses, site.learn, seed=7)
        await room.fill(MEMBERS)
        # Those who listen and those who wander go on until all has been said.
        async with trio.open_nursery() as nursery:
            for member in room.members:
                nursery.start_soon(member.listen)
            nursery.start_soon(room.wander, MOVERS)
            # The harm is done while the others speak.
            async with trio.open_nursery() as speaking:
                speaking.start_soon(room.speak, SPEAKERS, COUNT)
                yield nodes, room
            nursery.cancel_scope.cancel()
        with trio.move_on_after(SETTLE) as scope:
            await room.settle()
        await room.close()
        assert not scope.cancelled_caught, room.places
    judge(site, room)


def judge(site: Site, room: Room) -> None:
    """Refuse every violation, and a history in which too little happened."""
    room.history.write(site.directory / "history.jsonl")
    events = room.history.events
    verdict = check(events)
    assert not verdict.violations, "\n".join(map(str, verdict.violations[:5]))
    acked = sum(isinstance(event, Posted) and event.seq is not None for event in events)
    unknown = sum(isinstance(event, Posted) and event.seq is None for event in events)
    heard = sum(isinstance(event, Received) for event in events)
    sys.stdout.write(f"\n{acked} acknowledged, {unknown} without an answer, {heard} received\n")
    assert acked > COUNT
    assert heard > COUNT * (MEMBERS - MOVERS)


async def harm(room: Room, nodes: Cluster, do: Harm) -> None:
    """Do it so many times, while messages are said."""
    for number in range(1, KILLS + 1):
        while room.acknowledged < COUNT * number // (KILLS + 1):  # noqa: ASYNC110  # at its own pace
            await trio.sleep(0.01)
        await do(nodes)


@pytest.fixture
def lasting() -> Iterator[RedisServer]:
    """A Redis that has written everything to disk before it answers."""
    server = RedisServer(appendonly="yes", appendfsync="always")
    server.start()
    yield server
    server.remove()


async def test_the_daemon_is_killed(site: Site) -> None:
    """Alone with its file, it has kept on disk what it acknowledged."""

    async def kill(nodes: Cluster) -> None:
        await nodes.kill("n1")
        await nodes.start("n1")

    async with talking(site, ["n1"]) as (nodes, room):
        await harm(room, nodes, kill)


async def test_a_node_is_killed(site: Site, lasting: RedisServer) -> None:
    """Its members go on at the other one, from where they were."""

    async def kill(nodes: Cluster) -> None:
        await nodes.kill("n1")
        await trio.sleep(LEASE if WHOLE else 0.5)
        await nodes.start("n1")

    async with talking(site, ["n1", "n2"], lasting) as (nodes, room):
        await harm(room, nodes, kill)


async def test_redis_is_killed(site: Site, lasting: RedisServer) -> None:
    """Nobody is told that something is stored while it is away, and nothing that was is gone."""

    async def kill(nodes: Cluster) -> None:
        await nodes.kill_redis()
        await nodes.start_redis()

    async with talking(site, ["n1", "n2"], lasting) as (nodes, room):
        await harm(room, nodes, kill)
