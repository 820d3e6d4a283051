"""The pool as the specification's own tools read it: `host:{hostId}` (wire.md 2.4)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from matchd.domain.hosts import Beat
from matchd.domain.ids import HostId, Region, RoomId
from tests.redis.house import opened
from tests.store.house import BUSY, House
from tests.store.redis_server import RedisServer

BEAT = Beat(
    host_id=HostId("h1"),
    room_id=RoomId("r1"),
    region=Region("eu"),
    game_info=b'{"name":"\xc3\xa9","n":1.50}',
    public_ip="192.0.2.9",
)


@pytest.fixture
async def house(own_server: RedisServer) -> AsyncIterator[House]:
    """A house in Redis' own time, as in production."""
    async with opened(own_server.url) as store:
        house = House(store)
        house.now = time.time()
        yield house


async def mirrored(house: House, server: RedisServer, host: str = "h1") -> Any:
    """What the mirror of a host holds, None when there is none."""
    await house.store.hosts.counts()  # what was posted before is written before
    raw = server.command("GET", f"host:{host}")
    return None if raw == b"$-1\r\n" else json.loads(raw.partition(b"\r\n")[2])


async def test_fields_of_the_specification(house: House, own_server: RedisServer) -> None:
    """After a beat the record has the specification's names, and ours beside them."""
    await house.store.hosts.beat(BEAT, house.now)
    record = await mirrored(house, own_server)
    beaten_at = record.pop("lastHeartbeat") / 1000
    assert abs(beaten_at - time.time()) < 30
    assert record == {
        "hostId": "h1",
        "roomId": "r1",
        "status": "idle",
        "region": "eu",
        "publicIp": "192.0.2.9",
        "gameInfo": {"name": "é", "n": 1.5},
        "capacity": 1,
    }


async def test_lives_as_long_as_the_ttl(house: House, own_server: RedisServer) -> None:
    """The record goes by itself 30 s after the host was last seen."""
    await house.beaten()
    await mirrored(house, own_server)
    left = int(own_server.command("PTTL", "host:h1")[1:])
    assert 20_000 < left <= 30_001


async def test_status_words(house: House, own_server: RedisServer) -> None:
    """Booked up is `allocated`, free again `idle`, busy `busy`, each without waiting for a beat."""
    seen = []
    await house.beaten()
    booking = await house.book()
    seen.append((await mirrored(house, own_server))["status"])
    await house.release(booking.id)
    seen.append((await mirrored(house, own_server))["status"])
    await house.say(BUSY)
    seen.append((await mirrored(house, own_server))["status"])
    assert seen == ["allocated", "idle", "busy"]


async def test_gone_with_the_host(house: House, own_server: RedisServer) -> None:
    """A goodbye takes the record away at once."""
    await house.beaten()
    await house.goodbye()
    assert await mirrored(house, own_server) is None


async def test_refused_beat_is_not_mirrored(house: House, own_server: RedisServer) -> None:
    """A host whose beat was refused does not appear."""
    await house.beaten("h1")
    await house.beat("h2", room="r1")
    assert await mirrored(house, own_server, "h2") is None


async def test_never_read(house: House, own_server: RedisServer) -> None:
    """What others write into the mirror changes nothing."""
    await house.beaten()
    await mirrored(house, own_server)
    own_server.command("SET", "host:h1", "garbage")
    own_server.command("LPUSH", "host:h2", "garbage")
    await house.beaten("h2")
    assert (await house.store.hosts.counts()).free == 2
    await house.book()
