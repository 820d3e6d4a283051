"""The ways to reach Redis: unix socket, TCP, database and user by URL, one slot of a Cluster."""

from __future__ import annotations

import pytest

from matchd.store.redis import Target
from tests.redis.house import away, lives, opened
from tests.store.redis_server import RedisServer, free_port


@pytest.mark.parametrize("options", ["", "?db=3"])
async def test_unix_socket(own_server: RedisServer, options: str) -> None:
    """unix:// reaches the socket, and the database it names."""
    await lives(own_server.url + options)


async def test_user_and_database(own_server: RedisServer) -> None:
    """redis:// carries user and database; the password is beside it."""
    own_server.command("ACL", "SETUSER", "matchd", "on", ">p%/w", "~*", "&*", "+@all")
    await lives(Target(f"redis://matchd@127.0.0.1:{own_server.port}/2", "p%/w"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://127.0.0.1:1", "Redis can't be reached (Connection refused)"),
        ("unix:///nowhere/redis.sock", "Redis can't be reached (No such file or directory)"),
    ],
)
async def test_nobody_there(url: str, reason: str) -> None:
    """An address where no Redis listens is named with the system's reason."""
    async with opened(url) as store:
        assert await away(store) == reason


async def test_one_slot_of_a_cluster() -> None:
    """In cluster mode every script is accepted: all its keys lie in one slot."""
    server = RedisServer(cluster_enabled="yes", cluster_port=str(free_port()))
    server.start()
    try:
        server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        await lives(server.tcp_url)
    finally:
        server.remove()
