"""Writes that wait for a replica (WAIT): who waits, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from matchd.domain.ids import RoomId
from matchd.errors import StoreUnavailable
from matchd.store.redis import Limits, Target
from tests.redis.house import away, opened
from tests.redis.sentinels import in_step
from tests.store.house import House
from tests.store.redis_cluster import waited
from tests.store.redis_server import RedisServer


@pytest.fixture
def replica(own_server: RedisServer) -> Iterator[RedisServer]:
    """A replica of the test's own server."""
    own_server.command("CONFIG", "SET", "repl-diskless-sync", "no")
    replica = RedisServer()
    replica.start()
    replica.command("REPLICAOF", "127.0.0.1", str(own_server.port))
    waited(lambda: in_step(replica))
    yield replica
    replica.remove()


def waits(server: RedisServer) -> int:
    """How often WAIT was asked since the last look."""
    found = re.search(rb"cmdstat_wait:calls=(\d+)", server.command("INFO", "commandstats"))
    server.command("CONFIG", "RESETSTAT")
    return 0 if found is None else int(found[1])


async def test_writers_wait_readers_do_not(own_server: RedisServer, replica: RedisServer) -> None:
    """A single server is told to wait by configuration; then each write does and no read."""
    async with opened(Target(own_server.url, wait=True)) as store:
        house = House(store)
        house.every = 10**9
        waits(own_server)
        await house.beaten()
        await house.book()
        assert waits(own_server) == 2
        await store.hosts.counts()
        await store.hosts.page(None, 9, house.now)
        assert waits(own_server) == 0
    assert b":1\r\n" in replica.command("EXISTS", "{t}:hosts")


async def test_nobody_waits_unless_told(own_server: RedisServer, replica: RedisServer) -> None:
    """A single server with a replica is not waited for by itself."""
    async with opened(own_server.url) as store:
        await House(store).beaten()
    assert waits(own_server) == 0


async def test_refused_write_is_refused_for_its_reason(own_server: RedisServer) -> None:
    """An error of a write stands before the missing copy."""
    limits = Limits(deadline=0.3)
    async with opened(Target(own_server.url, wait=True), limits=limits) as store:
        own_server.command("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StoreUnavailable, match=r"out of memory .* nothing was changed"):
            await House(store).beaten()


async def test_right_to_wait(own_server: RedisServer) -> None:
    """A user who may not WAIT is told so when he needs to, and let in when he does not."""
    own_server.command("ACL", "SETUSER", "matchd", "on", "nopass", "~*", "&*", "+@all", "-wait")
    url = own_server.tcp_url.replace("//", "//matchd@")
    async with opened(Target(url, wait=True)) as store:
        assert re.search(r"Redis forbids what matchd needs \(ACL\): .*wait", await away(store))
    async with opened(url) as store:
        await House(store).beaten()


async def test_what_only_reads(own_server: RedisServer) -> None:
    """Operations that are said to change nothing are done where every write is refused."""
    async with opened(own_server.url) as store:
        house = House(store)
        await house.beaten()
        booking = await house.book()
        own_server.command("CONFIG", "SET", "min-replicas-to-write", "1")
        with pytest.raises(StoreUnavailable, match="too few replicas"):
            await house.beaten()
        await house.host()
        await house.look(booking.id)
        await store.rooms.get(RoomId("r1"))
        for page in (store.hosts.page, store.bookings.page):
            assert len(await page(None, 9, house.now)) == 1
        await store.rooms.page(None, 9)
        assert (await store.hosts.counts()).held == 1
        assert await store.violations() == ()
