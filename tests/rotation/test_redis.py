"""A rotation against a coturn that keeps its secrets in Redis."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from matchd.rotation.database import open_database
from matchd.turn import SharedSecretServer
from tests.config.house import put
from tests.daemon.coturn import HOST, REALM, free_ports, loopback_lines, running, workdir
from tests.doctor.house import server
from tests.rotation.house import OLD, Place
from tests.store.redis_server import RedisServer

PASSWORD = "hush-hush-hush-hush"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """coturn's own Redis."""
    made = RedisServer(password=PASSWORD)
    made.start()
    yield made
    made.remove()


@asynccontextmanager
async def asking(redis: RedisServer) -> AsyncIterator[SharedSecretServer]:
    """A coturn that asks this Redis."""
    port, _, low = free_ports()
    where = f"ip={HOST} dbname=2 password={PASSWORD} port={redis.port} connect_timeout=5"
    lines = ["use-auth-secret", "no-tls", "no-dtls", f"realm={REALM}", f"listening-ip={HOST}"]
    lines += [f"relay-ip={HOST}", f"listening-port={port}", f"min-port={low}"]
    lines += [line for line in loopback_lines() if not line.startswith("userdb=")]
    lines += [f'redis-userdb="{where}"', "no-dynamic-ip-list", "no-dynamic-realms"]
    with workdir() as directory:
        async with running("\n".join(lines), directory, port):
            yield server(port, secret=OLD)


async def test_redis(redis: RedisServer, tmp_path: Path) -> None:
    """Secrets in Redis are added, proved and removed alike, and its password comes from a file."""
    url = f"{redis.tcp_url}/2"
    database = open_database(url, REALM, PASSWORD)
    database.add(OLD)
    put(tmp_path / "password", PASSWORD + "\n")
    words = ("--db-password", tmp_path / "password", "--reload", "true")
    async with asking(redis) as one:
        place = Place(tmp_path, one)
        status, said = await place.rotate("--db", url, *words)
        assert (status, database.secrets()) == (0, set(place.secrets)), said
        place.let_time_pass()
        status, said = await place.rotate(*words)
    assert status == 0, said
    assert "eu-1 refuses the old one" in said
    assert PASSWORD not in said
    assert [*database.secrets()] == place.secrets != [OLD]
