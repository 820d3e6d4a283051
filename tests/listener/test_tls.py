"""TLS on the front door: both edges behind it, HTTP/1.1 only."""

import ssl
from collections.abc import Callable

import trio
from trio.testing import MockClock

from matchd.listener.front import Rules
from tests.listener.house import UPGRADE, House, echoes


async def test_requests_then_upgrade(
    make_house: Callable[..., House], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Over TLS the application sees `https`, and an upgrade may follow on the connection."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect(client_tls)
    assert await client.get("/") == (200, b"")
    assert house.app.seen[0]["scheme"] == "https"
    await client.send(UPGRADE)
    assert await echoes(client)


async def test_alpn(
    make_house: Callable[..., House], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """A client that would like HTTP/2 is given HTTP/1.1."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect(client_tls)
    assert isinstance(client.stream, trio.SSLStream)
    await client.stream.do_handshake()
    assert client.stream.selected_alpn_protocol() == "http/1.1"


async def test_plain_http_on_a_tls_port(
    make_house: Callable[..., House], server_tls: ssl.SSLContext
) -> None:
    """A client without TLS is dropped, and is no fault of ours."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect()
    await client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await house.until("ended")
    assert house.events["tls_handshake"] == 1
    assert not house.faults


async def test_handshake_deadline(
    make_house: Callable[..., House], server_tls: ssl.SSLContext, clock: MockClock
) -> None:
    """A client that connects and never starts its handshake has 5 s."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect()
    start = trio.current_time()
    assert await client.at_eof()
    assert 5 <= trio.current_time() - start < 6


async def test_refusal(
    make_house: Callable[..., House], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """A refusal is readable over TLS too."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect(client_tls)
    await client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert await client.refusal() == (505, "http_version")


async def test_large_answer(
    make_house: Callable[..., House], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """An answer larger than every buffer arrives whole."""
    house = make_house(Rules(tls=server_tls))
    await house.open(tls=True)
    client = await house.connect(client_tls)
    assert (200, bytes(8 << 20)) == await client.get("/big")
