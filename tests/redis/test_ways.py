"""The ways to reach Redis: unix socket, TCP, database and user by URL, TLS, one slot of a Cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchd.store.redis import Target
from tests.redis.house import away, opened, ready
from tests.store.house import House
from tests.store.redis_server import RedisServer, free_port


async def lives(where: str | Target) -> None:
    """A host beats, is booked and met over this URL."""
    async with opened(where) as store:
        await ready(store)  # a cluster is down for its first two seconds
        house = House(store)
        await house.beaten()
        await house.meet((await house.book()).id)
        assert (await store.hosts.counts()).connected == 1


@pytest.mark.parametrize("options", ["", "?db=3"])
async def test_unix_socket(own_server: RedisServer, options: str) -> None:
    """unix:// reaches the socket, and the database it names."""
    await lives(own_server.url + options)


async def test_user_and_database(own_server: RedisServer) -> None:
    """redis:// carries user and database; the password is beside it."""
    own_server.command("ACL", "SETUSER", "matchd", "on", ">p%/w", "~*", "&*", "+@all")
    await lives(Target(f"redis://matchd@127.0.0.1:{own_server.port}/2", "p%/w"))


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that speaks TLS: its URL and its certificate."""
    port, cert, key = free_port(), tmp_path / "cert.pem", tmp_path / "key.pem"
    make = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=r"
    )
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*make.split(), *names], check=True, capture_output=True)
    files = {"tls_cert_file": str(cert), "tls_key_file": str(key), "tls_ca_cert_file": str(cert)}
    server = RedisServer(tls_port=str(port), tls_auth_clients="no", **files)
    server.start()
    yield f"rediss://127.0.0.1:{port}", cert
    server.remove()


async def test_tls(tls: tuple[str, Path]) -> None:
    """rediss:// speaks TLS and checks the certificate against the authority it is given."""
    url, cert = tls
    await lives(Target(url, ca=str(cert)))


async def test_tls_of_an_unknown_authority(tls: tuple[str, Path]) -> None:
    """A certificate that nobody vouches for is refused."""
    async with opened(tls[0]) as store:
        assert "certificate that is not accepted (self-signed" in await away(store)


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
