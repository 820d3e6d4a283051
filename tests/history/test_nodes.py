"""Three nodes and a real Redis under load, while one of them dies, stands still or is cut off.

Nothing that was promised may be broken. A node believes in another for `LEASE` seconds. MATCHD_PAUSE is
how many seconds a node stands still: 20 is the whole of it, in the gate it is less.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.files import toml
from tests.daemon.process import Site
from tests.history.chaos import Cluster, Configure, cluster
from tests.history.judge import judge
from tests.history.load import Load, Size, load
from tests.history.rules import Excuses, Rules
from tests.store.redis_server import RedisServer

site = daemon_site

LEASE = 3.0
TTL = 6
PAUSE = float(os.environ.get("MATCHD_PAUSE", "8"))
NAMES = ("n1", "n2", "n3")
RULES = Rules(hold=3.0, hold_max=6.0, grace=2.0)
SIZE = Size(hosts=9, players=9)


@pytest.fixture
def lasting() -> Iterator[RedisServer]:
    """A Redis that has written everything to disk before it answers."""
    server = RedisServer(appendonly="yes", appendfsync="always")
    server.start()
    yield server
    server.remove()


@pytest.fixture
def forgetful() -> Iterator[RedisServer]:
    """A Redis that keeps nothing over its end."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


def configured(site: Site, lease: float, place: str = "") -> Configure:
    """The configuration of a node of three, whose Redis is at `place`, or behind its wire."""

    def configure(name: str, port: int, url: str) -> str:
        server = {
            "listen": [f"{HOST}:{port}"],
            "public_url": f"http://{HOST}:{port}",
            "data_dir": "",
            "drain": 1.0,
        }
        store = {"backend": "redis", "url": place or url, "node_lease": lease, "timeout": 1.0}
        hosts = {"ttl": TTL, "interval": 2}
        bookings = {"hold": RULES.hold, "hold_max": RULES.hold_max, "grace": RULES.grace}
        ours = {"server": server, "store": store, "hosts": hosts, "bookings": bookings}
        return toml(site.config | ours)

    return configure


class Scene:
    """Three nodes under load."""

    def __init__(self, site: Site, nodes: Cluster, clients: Load) -> None:
        self.nodes = nodes
        self.clients = clients
        self._site = site

    async def judge(self, excuses: Excuses | None = None) -> None:
        """End the load and refuse every violation, and a history in which too little happened."""
        await self.clients.finish()
        excuses = excuses or Excuses(faults=self.nodes.faults)
        judge(self.clients.history, self._site.directory, RULES, excuses)


@asynccontextmanager
async def under_load(
    site: Site, server: RedisServer | str, seed: int, lease: float = LEASE
) -> AsyncIterator[Scene]:
    """Run nodes and load on one Redis, or on what a URL names; the load begins before the body."""
    secret = site.secret("host_secret")
    place, one = ("", server) if isinstance(server, RedisServer) else (server, None)
    async with (
        cluster(site, NAMES, configured(site, lease, place), one) as nodes,
        load(nodes.addresses, seed=seed, secret=secret, learn=site.learn, size=SIZE) as clients,
    ):
        await trio.sleep(2)
        yield Scene(site, nodes, clients)


async def test_at_rest(site: Site, lasting: RedisServer) -> None:
    """Three nodes are one pool, and every promise holds across them."""
    async with under_load(site, lasting, 11) as scene:
        await trio.sleep(3)
        await scene.judge()


async def test_a_node_is_killed(site: Site, lasting: RedisServer) -> None:
    """A node that dies without a word is cleaned up after by one of the others; it comes back."""
    async with under_load(site, lasting, 12) as scene:
        await scene.nodes.kill("n1")
        await trio.sleep(LEASE + 3)
        await scene.nodes.start("n1")
        await trio.sleep(2)
        gone = [log.named("node.gone") for log in site.logs]
        assert sum(map(len, gone)) == 1
        await scene.judge()


async def test_a_node_is_paused(site: Site, lasting: RedisServer) -> None:
    """A node that stands still for two leases finds itself declared dead, and takes a new id."""
    async with under_load(site, lasting, 13, lease=PAUSE / 2) as scene:
        scene.nodes.pause("n2")
        await trio.sleep(PAUSE)
        scene.nodes.resume("n2")
        await scene.nodes.nodes["n2"].running.log.until("node.lapsed")
        await trio.sleep(2)
        await scene.judge()


@pytest.mark.parametrize("how", [("cut",), ("stall", "mute")])
async def test_nodes_are_cut_off(site: Site, lasting: RedisServer, how: tuple[str, ...]) -> None:
    """Nodes without their link to Redis refuse with 503 until they have it again."""
    async with under_load(site, lasting, 14) as scene:
        broken = dict(zip(("n3", "n2"), how, strict=False))
        for name, cut in broken.items():
            getattr(scene.nodes, cut)(name)
        await trio.sleep(LEASE + 3)
        for name in broken:
            scene.nodes.mend(name)
        for name in broken:
            log = scene.nodes.nodes[name].running.log
            await log.until("node.lapsed")
            await log.until("bus.back")
        await trio.sleep(2)
        await scene.judge()


async def test_redis_is_killed(site: Site, lasting: RedisServer) -> None:
    """A Redis that writes before it answers loses nothing when it is killed."""
    async with under_load(site, lasting, 15) as scene:
        await scene.nodes.kill_redis()
        await trio.sleep(2)
        await scene.nodes.start_redis()
        for name in NAMES:
            await scene.nodes.nodes[name].running.log.until("store.back")
        await trio.sleep(4)
        await scene.judge()


async def test_redis_forgets(site: Site, forgetful: RedisServer) -> None:
    """A Redis without memory heals within a TTL: live sockets bring their bookings back."""
    async with under_load(site, forgetful, 16) as scene:
        killed = scene.clients.history.clock()
        await scene.nodes.kill_redis()
        await trio.sleep(1)
        await scene.nodes.start_redis()
        for name in NAMES:
            await scene.nodes.nodes[name].running.log.until("store.forgot")
        healed = scene.clients.history.clock() + LEASE
        await trio.sleep(LEASE + 3)
        window = ((killed, healed),)
        excuses = Excuses(forgets=window, amnesty=window, faults=scene.nodes.faults)
        await scene.judge(excuses)
