"""The real hypercorn behind the front door, on the loopback."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from matchd.listener.caps import Caps
from matchd.listener.connection import Deadlines
from matchd.listener.front import Rules
from tests.listener.house import UPGRADE, House, echoes


async def test_keep_alive(house: House) -> None:
    """Several requests on one connection are answered one after the other."""
    client = await house.connect()
    assert [await client.get("/") for _ in range(3)] == [(200, b"")] * 3
    assert house.door.open == 1


async def test_the_app_sees_the_peer(house: House) -> None:
    """The scope carries the peer's address and the connection."""
    client = await house.connect()
    await client.get("/")
    scope = house.app.seen[0]
    peer = scope["state"]["connection"].peer
    assert (peer.host, peer.port) == scope["client"]
    assert scope["scheme"] == "http"


async def test_pipeline(house: House) -> None:
    """Pipelined ordinary requests are forwarded and answered in order."""
    client = await house.connect()
    bodies = [b"one", b"two!", b""]
    for body in bodies:
        await client.send(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        await client.send(body)
    assert bodies == [(await client.response())[1] for _ in bodies]


async def test_chunked_body_byte_by_byte(house: House) -> None:
    """A chunked body that is split at every byte arrives whole, with its length."""
    client = await house.connect()
    request = (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    for i in range(len(request)):
        await client.send(request[i : i + 1])
    assert await client.response() == (200, b"abcde")
    assert (b"content-length", b"5") in house.app.seen[0]["headers"]


async def test_expect_continue(house: House) -> None:
    """A client that waits for 100 Continue gets it, then its answer."""
    client = await house.connect()
    await client.send(
        b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    assert await client.response() == (100, b"")
    await client.send(b"ok")
    assert await client.response() == (200, b"ok")


async def test_get_then_upgrade(house: House) -> None:
    """A proxy may send requests and then an upgrade on one connection."""
    client = await house.connect()
    await client.get("/")
    await client.get("/")
    await client.send(UPGRADE)
    assert await echoes(client)
    assert not house.faults


async def test_pipelined_upgrade_waits(house: House) -> None:
    """An upgrade right behind a slow request is served after that one's answer."""
    client = await house.connect()
    await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + UPGRADE)
    await house.app.arrived.wait()
    assert house.events["handover"] == 0
    house.app.gate.set()
    assert await client.response() == (200, b"")
    assert await echoes(client)


async def test_refusal_behind_a_slow_request(house: House) -> None:
    """A malformed head behind a request in flight is refused after that one's answer."""
    client = await house.connect()
    await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nNONSENSE\r\n\r\n")
    await house.until("refused")
    house.app.gate.set()
    assert await client.response() == (200, b"")
    assert await client.refusal() == (400, "invalid_request")


@pytest.mark.parametrize("extra", ["Connection: close\r\n", ""])
async def test_nothing_follows_a_close(house: House, extra: str) -> None:
    """Whoever asked for the close, an upgrade behind it is not served."""
    client = await house.connect()
    await client.send(
        f"GET /{'' if extra else '?close'} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode()
    )
    await client.send(UPGRADE)
    assert await client.response() == (200, b"")
    with pytest.raises((AssertionError, trio.BrokenResourceError)):
        await echoes(client)
    assert house.events["handover"] == 0


async def test_http_1_0(house: House) -> None:
    """An HTTP/1.0 client without Host is answered, then closed."""
    client = await house.connect()
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert await client.response() == (200, b"")
    assert await client.at_eof()


async def test_h2c_is_ignored(house: House) -> None:
    """An upgrade to HTTP/2 is answered as the plain request it also is."""
    client = await house.connect()
    extra = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    assert await client.get("/", extra) == (200, b"")
    assert await client.get("/") == (200, b"")


async def test_app_crash_ends_its_connection_only(house: House) -> None:
    """An exception in the application is a 500, and the next connection is served."""
    client = await house.connect()
    assert (await client.get("/boom"))[0] == 500
    assert await client.at_eof()
    assert await (await house.connect()).get("/") == (200, b"")


async def test_hang_up_reaches_the_app(house: House) -> None:
    """An application that waits hears at once that its client has gone."""
    client = await house.connect()
    await client.send(b"GET /long-poll HTTP/1.1\r\nHost: x\r\n\r\n")
    await house.app.arrived.wait()
    await client.stream.aclose()
    await house.until_empty()
    assert house.app.disconnects == 1


async def test_idle_connection_is_closed(house: House, clock: MockClock) -> None:
    """A connection without requests is closed after 75 s, and leaves nothing behind."""
    client = await house.connect()
    await client.get("/")
    start = trio.current_time()
    assert await client.at_eof()
    assert 75 <= trio.current_time() - start < 76
    await house.until_empty()
    assert house.events["keep_alive_deadline"] == 1


@pytest.mark.parametrize("half", [True, False])
async def test_client_eof_leaves_nothing_behind(house: House, clock: MockClock, half: bool) -> None:
    """hypercorn ends at once when an idle client leaves, whatever its own timers say."""
    client = await house.connect()
    await client.get("/")
    assert isinstance(client.stream, trio.SocketStream)
    await (client.stream.send_eof() if half else client.stream.aclose())
    start = trio.current_time()
    await house.until_empty()
    assert start == trio.current_time()


async def test_drain(house: House) -> None:
    """Draining ends idle connections at once, and busy ones after their answer."""
    idle, busy = await house.connect(), await house.connect()
    await idle.get("/")
    await busy.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    await house.app.arrived.wait()
    house.door.close()
    house.front.drain()
    assert await idle.at_eof()
    await house.until("ended")
    assert house.door.open == 1
    house.app.gate.set()
    assert await busy.response() == (200, b"")
    assert await busy.at_eof()
    await house.until_empty()


async def test_pipeline_behind_a_peer_that_does_not_read(
    make_house: Callable[..., House], clock: MockClock
) -> None:
    """With a second request waiting behind an answer nobody reads, the connection still ends."""
    house = make_house(Rules(deadlines=Deadlines(write=2, hang_up=1)))
    client = await house.connect()
    await client.send(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    await house.until("write_deadline")
    await house.until_empty()
    assert not house.faults


async def test_reset_behind_a_pipeline(house: House, clock: MockClock) -> None:
    """A reset while a second request waits ends the connection, even if the app lingers."""
    client = await house.connect()
    await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    await house.app.arrived.wait()
    assert isinstance(client.stream, trio.SocketStream)
    client.stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await client.stream.aclose()
    house.app.gate.set()
    await house.until_empty()


async def test_unix_socket(house: House, tmp_path: Path) -> None:
    """Requests and upgrades work over a unix socket, whose peers have no address."""
    await house.open(f"unix:{tmp_path}/m.sock")
    client = await house.connect()
    await client.get("/")
    assert house.app.seen[0]["state"]["connection"].peer.host == "unix:"
    await client.send(UPGRADE)
    assert await echoes(client)


async def test_cap_per_address(make_house: Callable[..., House]) -> None:
    """A connection too many from one address is told so; when one leaves, the next comes in."""
    house = make_house(caps=Caps(10, 1))
    first = await house.connect()
    await first.get("/")
    assert await (await house.connect()).refusal() == (429, "too_many_connections")
    await first.stream.aclose()
    await house.until_empty()
    assert await (await house.connect()).get("/") == (200, b"")


async def test_storm(house: House) -> None:
    """300 clients that connect at once are all served."""

    await house.open()

    async def visit() -> None:
        client = await house.connect()
        await client.get("/")
        await client.stream.aclose()

    async with trio.open_nursery() as nursery:
        for _ in range(300):
            nursery.start_soon(visit)
    await house.until_empty()
    assert len(house.app.seen) == 300
