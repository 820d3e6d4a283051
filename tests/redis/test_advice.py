"""What the administrator of Redis is told about its settings."""

from __future__ import annotations

from functools import partial

import pytest

from matchd.errors import StoreUnavailable
from matchd.store.redis import Target
from matchd.store.redis.advice import HIDDEN, advise
from tests.redis.house import opened, until
from tests.redis.sentinels import Sentinels
from tests.store.redis_server import RedisServer

SOUND = {"redis_version": "7.0.15", "aof_enabled": 1, "maxmemory_policy": "noeviction"}


async def advice(where: str | Target) -> str:
    """All sentences as one text."""
    async with opened(where) as store:
        return "\n".join(await store.advice())


async def test_nothing_to_say(lasting_server: RedisServer) -> None:
    """A Redis that keeps everything needs no advice."""
    assert await advice(lasting_server.url) == ""


async def test_not_persistent(own_server: RedisServer) -> None:
    """Without an append-only file it is said what a restart loses, and the line to change."""
    said = await advice(own_server.url)
    assert "everything is lost" in said
    assert "register anew by themselves. Set appendonly yes" in said


@pytest.mark.parametrize(("value", "loss"), [("everysec", "last second"), ("no", "half a minute")])
async def test_fsync(lasting_server: RedisServer, value: str, loss: str) -> None:
    """What a failure of the machine loses depends on appendfsync."""
    lasting_server.command("CONFIG", "SET", "appendfsync", value)
    said = await advice(lasting_server.url)
    assert loss in said
    assert f"(appendfsync {value}). Set appendfsync always" in said


async def test_eviction(lasting_server: RedisServer) -> None:
    """A policy that evicts is named even while there is no limit."""
    lasting_server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    assert "(maxmemory-policy allkeys-lru). Set maxmemory-policy noevi" in await advice(
        lasting_server.url
    )


async def test_replicas() -> None:
    """Where there are replicas, min-replicas-to-write is asked for until it is set."""
    watched = Sentinels()
    watched.start()
    try:
        said = await advice(watched.target)
        assert "Set min-replicas-to-write 1" in said
        watched.servers[0].command("CONFIG", "SET", "min-replicas-to-write", "1")
        said = await advice(watched.target)
        assert ("min-replicas" in said, "fewer than two" in said) == (False, False)
        watched.servers[1].kill()
        info = partial(watched.servers[0].command, "INFO", "replication")
        await until(lambda: b"connected_slaves:1" in info())
        assert "fewer than two replicas (there are 1)" in await advice(watched.target)
    finally:
        watched.remove()


async def test_hidden(own_server: RedisServer) -> None:
    """A user who may not run INFO is told that nobody checks; without CONFIG the rest is said."""
    own_server.command("ACL", "SETUSER", "matchd", "on", "nopass", "~*", "&*", "+@all", "-info")
    target = Target(own_server.tcp_url.replace("//", "//matchd@"))
    assert await advice(target) == HIDDEN
    own_server.command("ACL", "SETUSER", "matchd", "+info", "-config")
    own_server.command("CONFIG", "SET", "appendonly", "yes")
    assert await advice(target) == ""


async def test_nobody_to_ask(own_server: RedisServer) -> None:
    """While Redis is away there is no advice but the reason."""
    async with opened("redis://127.0.0.1:1") as store:
        with pytest.raises(StoreUnavailable, match="can't be reached"):
            await store.advice()


@pytest.mark.parametrize(
    ("version", "old"),
    [("6.0.16", True), ("5.0", True), ("6.2.0", False), ("10.0", False), ("", False)],
)
def test_age(version: str, old: bool) -> None:
    """A server older than 6.2 is named with its version."""
    said = advise(SOUND | {"redis_version": version}, "always", copied=False)
    assert [f"Redis {version} is older than 6.2" in sentence for sentence in said] == [True] * old
