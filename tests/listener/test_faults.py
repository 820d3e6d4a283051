"""The remote faults that end naive servers on these libraries, and other hostile peers.

Each was reproduced against trio-websocket 0.12.2 or hypercorn 0.18 alone; here each costs one
connection.
"""

import struct
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from matchd.listener.caps import Caps
from tests.listener.house import UPGRADE, Client, House, echoes

_RESET = struct.pack("ii", 1, 0)


async def reset(client: Client) -> None:
    """Close with a reset instead of a FIN."""
    assert isinstance(client.stream, trio.SocketStream)
    client.stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, _RESET)
    await client.stream.aclose()


async def still_serves(house: House) -> bool:
    """Whether a new client is served on both edges."""
    client = await house.connect()
    answer = await client.get("/")
    await client.send(UPGRADE)
    return answer == (200, b"") and await echoes(client)


@pytest.mark.parametrize("garbage", [b"\0\1\2\r\n", b"\0\1\2\r\n\r\n", UPGRADE[:40], UPGRADE])
async def test_garbage_and_reset(house: House, garbage: bytes) -> None:
    """Garbage, half an upgrade or a whole one, followed by a reset, ends one connection."""
    client = await house.connect()
    await client.send(garbage)
    await reset(client)
    await house.until("ended")
    assert await still_serves(house)


async def test_broken_upgrade_and_reset(house: House) -> None:
    """An upgrade that trio-websocket itself refuses, followed by a reset, ends one connection."""
    client = await house.connect()
    await client.send(UPGRADE.replace(b"Version: 13", b"Version: 99"))
    await reset(client)
    await house.until("ended")
    assert await still_serves(house)


@pytest.mark.parametrize("stray", [b"x", b"\xff", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_upgrade_with_stray_bytes(house: House, stray: bytes) -> None:
    """Bytes behind an upgrade request are WebSocket bytes, good or bad, and end one connection."""
    client = await house.connect()
    await client.send(UPGRADE + stray)
    await reset(client)
    await house.until("ended")
    assert await still_serves(house)


async def test_stop_with_a_peer_that_does_not_read(house: House, clock: MockClock) -> None:
    """A stop is over within its grace although a peer reads nothing of a large answer."""
    client = await house.connect()
    await client.send(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    with trio.fail_after(100):
        await house.app.arrived.wait()
    start = trio.current_time()
    house.front.drain()
    house.door.stop(2)
    await house.until("ended")
    assert start + 2.5 > trio.current_time()


async def test_peer_that_does_not_read_is_dropped(house: House, clock: MockClock) -> None:
    """A peer that takes nothing of its answer for 10 s is dropped."""
    client = await house.connect()
    start = trio.current_time()
    await client.send(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    await house.until("ended")
    assert house.events["write_deadline"] == 1
    assert 10 <= trio.current_time() - start < 12


async def test_websocket_peer_that_does_not_read(house: House, clock: MockClock) -> None:
    """A WebSocket whose peer sends but never reads is dropped."""
    client = await house.connect()
    await client.send(UPGRADE)
    assert await echoes(client)
    frame = b"\x82\xff" + (1 << 19).to_bytes(8, "big") + bytes(4) + bytes(1 << 19)
    with pytest.raises(trio.BrokenResourceError), trio.fail_after(60):
        await client.send(frame * 50)
    await house.until("ended")
    assert house.events["write_deadline"] == 1


@pytest.mark.parametrize(
    ("sent", "answer", "seconds"),
    [
        (b"", None, 5),
        (b"G", 408, 5),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", 408, 10),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", 408, 10),
    ],
)
async def test_slow_request(
    house: House, clock: MockClock, sent: bytes, answer: int | None, seconds: int
) -> None:
    """A head has 5 s from the connect, a body 10 s from its head; who says nothing hears nothing."""
    client = await house.connect()
    start = trio.current_time()
    await client.send(sent)
    if answer is None:
        assert await client.at_eof()
    else:
        assert (answer, "request_timeout") == await client.refusal()
    assert seconds <= trio.current_time() - start < seconds + 1
    assert not house.app.seen


async def test_slow_loris(house: House, clock: MockClock) -> None:
    """A head that drips in a byte per second is refused after 5 s all the same."""
    client = await house.connect()
    await client.get("/")
    start = trio.current_time()

    async def drip() -> None:
        for byte in b"GET / HTTP/1.1\r\n":
            await client.send(bytes([byte]))
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drip)
        assert await client.refusal() == (408, "request_timeout")
        nursery.cancel_scope.cancel()
    assert 5 <= trio.current_time() - start < 6


async def test_slow_head_behind_a_request_in_flight(house: House, clock: MockClock) -> None:
    """Half a head behind a request in flight ends the connection, and frees its handler."""
    client = await house.connect()
    await client.send(b"GET /long-poll HTTP/1.1\r\nHost: x\r\n\r\nGET /")
    with pytest.raises(trio.BrokenResourceError):
        await client.stream.receive_some()
    await house.until("ended")
    assert house.events["head_deadline"] == 1
    assert house.app.disconnects == 1


async def test_large_body_is_refused_before_it_is_sent(house: House) -> None:
    """An announced body over the limit is refused at once, and the client gets to read why."""
    client = await house.connect()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-1\r\nContent-Length: 900000\r\n\r\n"
    await client.send(head + bytes(900_000))
    assert await client.refusal() == (413, "too_large")
    assert not house.app.seen


async def test_faults_of_an_edge_are_reported_once(make_house: Callable[..., House]) -> None:
    """An exception that leaves an edge is reported with its peer and costs one connection."""
    house = make_house(caps=Caps(1, 1))
    client = await house.connect()
    # Not a name for the IDNA codec with which wsproto reads it, in its reader task.
    await client.send(UPGRADE.replace(b"Host: x", b"Host: xn--99999999999"))
    await house.until("ended")
    assert 1 == len(house.faults) == house.events["fault"]
    assert await still_serves(house)
