"""A Redis Cluster: our shard is found and followed, the others hold the mirror and nobody up."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
import trio
from redis.crc import key_slot
from structlog.testing import capture_logs

from matchd.errors import StoreUnavailable
from matchd.store.redis import Limits, Target
from tests.redis.house import Load, away, events, opened, ready, until
from tests.redis.sentinels import demoted
from tests.store.house import House
from tests.store.redis_cluster import RedisCluster, node_id, shared_cluster
from tests.store.redis_server import RedisServer, fresh_prefix

QUICK = Limits(deadline=1.0, first_pause=0.01, longest_pause=0.05)
HOME = key_slot(b"t")


@pytest.fixture
def doubled() -> Iterator[RedisCluster]:
    """Three shards, ours with two replicas, to be ended in any order."""
    cluster = RedisCluster(replicas=2, copied=HOME, cluster_node_timeout="1000")
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.fixture
def cluster() -> Iterator[RedisCluster]:
    """Three shards of the test's own."""
    cluster = RedisCluster()
    cluster.start()
    yield cluster
    cluster.remove()


async def test_killed_under_load(doubled: RedisCluster) -> None:
    """A killed primary of our shard is replaced without our doing; nothing acknowledged is lost."""
    async with opened(doubled.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        primary = doubled.primary_of(HOME)
        primary.kill()
        await load.refused_with("The primary")
        await load.flows()
        await load.check()


async def test_paused_under_load(doubled: RedisCluster) -> None:
    """A primary that hangs is given up, and not used when it goes on as a replica."""
    async with opened(doubled.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        primary = doubled.primary_of(HOME)
        primary.signal(signal.SIGSTOP)
        await load.refused_with("not answer")
        await load.flows()
        primary.signal(signal.SIGCONT)
        await until(lambda: demoted(primary))
        await load.flows()
        await load.check()


async def test_failover_on_command(doubled: RedisCluster) -> None:
    """An orderly failover is followed under load; the new primary has no scripts and gets them."""
    async with opened(doubled.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        replica = doubled.replicas[0]
        replica.command("SCRIPT", "FLUSH")
        replica.command("CLUSTER", "FAILOVER")
        await until(lambda: doubled.primary_of(HOME) is replica)
        await load.flows()
        await load.check()


def move(cluster: RedisCluster, source: RedisServer, target: RedisServer, slot: int) -> None:
    """Move one slot with its keys, as `redis-cli --cluster reshard` does."""
    ids = {server: node_id(server) for server in (source, target)}
    number = str(slot)
    target.command("CLUSTER", "SETSLOT", number, "IMPORTING", ids[source])
    source.command("CLUSTER", "SETSLOT", number, "MIGRATING", ids[target])
    while keys := source.command("CLUSTER", "GETKEYSINSLOT", number, "1").split(b"\r\n")[2:3]:
        port = str(target.port)
        source.command("MIGRATE", "127.0.0.1", port, keys[0], "0", "5000")
    for server in (target, source, *cluster.primaries):
        server.command("CLUSTER", "SETSLOT", number, "NODE", ids[target])


async def test_slot_moves_under_load(cluster: RedisCluster) -> None:
    """Our slot moves to another shard and back: callers wait or are refused, and nothing is lost."""
    home = cluster.primary_of(HOME)
    other = next(server for server in cluster.primaries if server is not home)
    async with opened(cluster.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        for source, target in ((home, other), (other, home)):
            await trio.to_thread.run_sync(move, cluster, source, target, HOME)
            assert cluster.primary_of(HOME) is target
            await load.flows()
        await load.check()


async def test_moved_between_calls(cluster: RedisCluster) -> None:
    """A slot that has moved while nobody called costs nobody an error: the new shard is asked."""
    home = cluster.primary_of(HOME)
    other = next(server for server in cluster.primaries if server is not home)
    with capture_logs() as logs:
        async with opened(cluster.target) as store:
            await House(store).beaten()
            move(cluster, home, other, HOME)
            assert (await store.hosts.counts()).alive == 1
    assert events(logs) == []


async def test_half_moved(cluster: RedisCluster) -> None:
    """While our keys lie on two shards callers are told so; nothing is changed."""
    home = cluster.primary_of(HOME)
    other = next(server for server in cluster.primaries if server is not home)
    async with opened(cluster.target, limits=QUICK) as store:
        await House(store).beaten()
        other.command("CLUSTER", "SETSLOT", str(HOME), "IMPORTING", node_id(home))
        home.command("CLUSTER", "SETSLOT", str(HOME), "MIGRATING", node_id(other))
        home.command("MIGRATE", "127.0.0.1", str(other.port), "{t}:counts", "0", "5000")
        with pytest.raises(StoreUnavailable, match=r"moves matchd's keys .* nothing was changed"):
            await store.hosts.counts()
        assert "moves matchd's keys" in await away(store)


async def test_mirror() -> None:
    """The mirror is written to whichever shard its keys belong to, and taken away there."""
    cluster = shared_cluster()
    async with opened(cluster.target, fresh_prefix()) as store:
        house = House(store)
        names = [f"mirrored{number}" for number in range(12)]
        for name in names:
            await house.beaten(name)
        servers = {name: cluster.primary_of(key_slot(f"host:{name}".encode())) for name in names}
        await until(lambda: all(mirrored(servers[name], name) for name in names))
        for name in names:
            await house.goodbye(name)
        await until(lambda: not any(mirrored(servers[name], name) for name in names))
    assert len(set(servers.values())) == 3


def mirrored(server: RedisServer, name: str) -> object:
    """What the mirror of a host holds on this server, None when there is none."""
    raw = server.command("GET", f"host:{name}")
    return None if raw == b"$-1\r\n" else json.loads(raw.partition(b"\r\n")[2])


async def test_another_shard_hangs(cluster: RedisCluster) -> None:
    """A shard that holds only mirrors delays nobody when it hangs; the log says once what is lost."""
    other = next(s for s in cluster.primaries if s is not cluster.primary_of(HOME))
    with capture_logs() as logs:
        async with opened(cluster.target, limits=Limits(deadline=1.0)) as store:
            other.signal(signal.SIGSTOP)
            house = House(store)
            for number in range(20):
                await house.beaten(f"h{number}")
            await until(lambda: bool(logs))
            await house.beaten()
    assert events(logs) == ["store.mirror_lost"]


async def test_any_node_lets_in(cluster: RedisCluster) -> None:
    """One configured node that lives is enough, whichever; without one the reason says so."""
    home = cluster.primary_of(HOME)
    other = next(server for server in cluster.primaries if server is not home)
    url = f"redis+cluster://127.0.0.1:1,127.0.0.1:{other.port}"
    async with opened(Target(url, wait=False), limits=QUICK) as store:
        await House(store).beaten()
    async with opened("redis+cluster://127.0.0.1:1") as store:
        assert await away(store) == "The Redis cluster can't be reached (Connection refused)"


async def test_shard_gone(cluster: RedisCluster) -> None:
    """When our shard is gone without a replica the reason says it; when it is back all goes on."""
    home = cluster.primary_of(HOME)
    async with opened(cluster.target, limits=QUICK) as store:
        await House(store).beaten()
        home.kill()
        await away(store, f"The primary 127.0.0.1:{home.port} can't be reached")
        home.start()
        await ready(store)
        await House(store).beaten()


async def test_wrong_forms(own_server: RedisServer) -> None:
    """A cluster's URL for a single server, and the other way round, is refused with the right form."""
    cluster = shared_cluster()
    away_from_home = next(s for s in cluster.primaries if s is not cluster.primary_of(HOME))
    async with opened(own_server.tcp_url.replace("redis", "redis+cluster")) as store:
        assert "is not in cluster mode: store.url must begin with redis://" in await away(store)
    async with opened(away_from_home.url) as store:
        assert "store.url must begin with redis+cluster://" in await away(store)


async def test_password(cluster: RedisCluster) -> None:
    """A missing or wrong password is said; with the right one every shard lets us in."""
    for server in cluster.primaries:
        server.command("CONFIG", "SET", "requirepass", "word")
    async with opened(Target(cluster.url, "word", wait=False)) as store:
        await House(store).beaten()
    async with opened(Target(cluster.url, "x")) as store:
        assert "The Redis cluster refused the user name or password" in await away(store)
    async with opened(Target(cluster.url)) as store:
        assert "The Redis cluster asks for a password" in await away(store)
