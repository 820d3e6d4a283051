"""The check of the invariants finds what is wrong: each corruption of a sound store is named."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.redis.house import opened
from tests.store.house import House, wish
from tests.store.redis_server import RedisServer, fresh_prefix


@pytest.fixture
async def prefix() -> str:
    """The prefix of this test's keys."""
    return fresh_prefix()


@pytest.fixture
async def house(server: RedisServer, prefix: str) -> AsyncIterator[House]:
    """A store with a bit of everything: a free host, a met one, a waiter and a room."""
    async with opened(server.url, prefix, trust=True) as store:
        house = House(store)
        await house.beaten("h1", capacity=2)
        await house.meet((await house.book(who="p", key="k")).id)
        await house.book(guest="a")
        await house.beaten("h2", region="us")
        await house.queue(wish("nowhere"))
        yield house


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("HDEL hosts h1", "but not on a host"),
        ("HDEL bookings b1", "carries a booking of another host"),
        ("HDEL bookings b3", "the line and the waiting bookings differ"),
        ("HDEL room_hosts r1", "its room r1 belongs to another"),
        ("HSET room_hosts r7 h7", "a room belongs to a host that is not there"),
        ("HDEL rooms r1", "the order of ids and the records differ"),
        ("HSET grants x b7", "the grants and the bookings differ"),
        ("HSET keys p b7", "the idempotency key of p outlives its booking"),
        ("HDEL unconnected p2", "b2: held, but counted wrongly"),
        ("HINCRBY counts alive 1", "counters are wrong: alive"),
        ("ZADD free 0 x", "the index of free hosts and the hosts differ"),
        ("ZADD line 0 x", "the line and the waiting bookings differ"),
        ("DEL agenda", "h1: nobody will look at it"),
        ("ZADD order 0 x", "the order of ids and the records differ"),
    ],
)
async def test_corruption_is_named(
    house: House, server: RedisServer, prefix: str, command: str, sentence: str
) -> None:
    """A record or an index entry that is lost or added is found and named."""
    assert await house.store.violations() == ()
    verb, key, *rest = command.split()
    assert not server.command(verb, f"{{{prefix}}}:{key}", *rest).startswith(b"-")
    assert sentence in "\n".join(await house.store.violations())
