"""Three nodes under load while the primary of their Redis dies and a replica takes over.

Writes are acknowledged when a replica has them (WAIT), so little may be lost, and the pool is one again
soon after: what a failover lost is excused until one TTL after it, and nothing later. (Somebody may
have read what was never acknowledged, and believes in it until its lease is over.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import trio
from redis.crc import key_slot

from tests.daemon.conftest import site as daemon_site
from tests.daemon.process import Site
from tests.history.rules import Excuses
from tests.history.test_nodes import NAMES, TTL, Scene, under_load
from tests.redis.sentinels import Sentinels
from tests.store.redis_cluster import RedisCluster

site = daemon_site

FAILOVER = 40.0
"""Seconds that a failover may take on a machine that has other things to do."""

HOME = key_slot(b"matchd")
"""The slot of all keys under the default prefix."""

SUSPICION = 4000
"""Milliseconds of silence after which a shard counts as dead."""


@pytest.fixture
def watched() -> Iterator[Sentinels]:
    """A primary, its replicas and their sentinels."""
    watched = Sentinels()
    watched.start()
    yield watched
    watched.remove()


@pytest.fixture
def sharded() -> Iterator[RedisCluster]:
    """Three shards, ours with two replicas."""
    sharded = RedisCluster(replicas=2, copied=HOME, cluster_node_timeout=str(SUSPICION))
    sharded.start()
    yield sharded
    sharded.remove()


async def fail_over(scene: Scene, kill: Callable[[], None]) -> None:
    """Kill the primary, and judge what came of it."""
    killed = scene.clients.history.clock()
    await trio.to_thread.run_sync(kill)
    for name in NAMES:
        await scene.nodes.nodes[name].running.log.until("store.back", patience=FAILOVER)
    recovered = scene.clients.history.clock()
    await trio.sleep(TTL + 3)
    window = (killed, recovered + TTL)
    faults = (*scene.nodes.faults, (killed, recovered))
    await scene.judge(Excuses(amnesty=(window,), faults=faults))


async def test_sentinels(site: Site, watched: Sentinels) -> None:
    """The sentinels' new primary is followed without a restart."""
    async with under_load(site, watched.url, 21) as scene:
        await fail_over(scene, watched.servers[0].kill)


async def test_cluster(site: Site, sharded: RedisCluster) -> None:
    """A shard's replica that takes over is followed without a restart."""
    async with under_load(site, sharded.url, 22) as scene:
        await fail_over(scene, sharded.primary_of(HOME).kill)
