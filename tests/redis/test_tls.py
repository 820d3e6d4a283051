"""TLS to servers, sentinels and shards, with certificates of both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from matchd.store.redis import Target
from tests.redis.certificates import Authority
from tests.redis.house import away, lives, opened
from tests.redis.sentinels import SERVICE, Sentinel
from tests.store.redis_cluster import SLOTS
from tests.store.redis_server import RedisServer, free_port


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who vouches for the server."""
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[RedisServer]:
    """A server that speaks TLS on the port `tls_port` of its options."""
    server = RedisServer(tls_port=str(free_port()), **authority.server())
    server.start()
    yield server
    server.remove()


def target(server: RedisServer, authority: Authority, form: str = "") -> Target:
    """The server over TLS, with a client's certificate; `form` is the rest of the scheme."""
    certificate, key = authority.issue("client")
    url = f"rediss{form}://127.0.0.1:{server.options['tls_port']}"
    return Target(url, ca=authority.certificate, certificate=certificate, key=key, wait=False)


async def test_both_certificates(server: RedisServer, authority: Authority) -> None:
    """rediss:// checks the server's certificate and shows our own."""
    await lives(target(server, authority))


async def test_unknown_authority(server: RedisServer, tmp_path: Path) -> None:
    """A server of an authority that we don't trust is refused: another one, or the system's."""
    server.command("CONFIG", "SET", "tls-auth-clients", "no")
    other = Authority(tmp_path, "other")
    for ca in (other.certificate, ""):
        url = f"rediss://127.0.0.1:{server.options['tls_port']}"
        async with opened(Target(url, ca=ca)) as store:
            assert "has a certificate that is not accepted (" in await away(store)


async def test_no_certificate_of_ours(server: RedisServer, authority: Authority) -> None:
    """A server that asks for our certificate and gets none lets nobody in."""
    url = f"rediss://127.0.0.1:{server.options['tls_port']}"
    async with opened(Target(url, ca=authority.certificate)) as store:
        await away(store, "Redis wants a certificate of ours (store.certificate)")


async def test_plain_to_tls(server: RedisServer) -> None:
    """redis:// to a port that speaks TLS only says that it can't be reached."""
    async with opened(f"redis://127.0.0.1:{server.options['tls_port']}") as store:
        assert "Redis can't be reached" in await away(store)


async def test_sentinel(server: RedisServer, authority: Authority) -> None:
    """Sentinels and the primary that they name are both spoken to over TLS."""
    sentinel = Sentinel(tls_port=str(free_port()), **authority.server())
    sentinel.start()
    try:
        port = server.options["tls_port"]
        sentinel.command("SENTINEL", "MONITOR", SERVICE, "127.0.0.1", port, "1")
        where = target(sentinel, authority, "+sentinel")
        await lives(msgspec.structs.replace(where, url=f"{where.url}/{SERVICE}"))
    finally:
        sentinel.remove()


async def test_cluster(authority: Authority) -> None:
    """A Cluster's nodes tell their TLS ports to who asks over TLS."""
    options = {"cluster_enabled": "yes", "cluster_port": str(free_port()), "tls_cluster": "yes"}
    server = RedisServer(tls_port=str(free_port()), **options, **authority.server())
    server.start()
    try:
        server.command("CLUSTER", "ADDSLOTSRANGE", "0", str(SLOTS - 1))
        await lives(target(server, authority, "+cluster"))
    finally:
        server.remove()
