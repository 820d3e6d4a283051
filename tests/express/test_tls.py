"""The lane behind our own TLS, and a daemon that has none."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing

from matchd.clock import Clock
from matchd.config import dev
from matchd.daemon.store import open_store
from matchd.daemon.wiring import wire
from tests.daemon.coturn import self_signed
from tests.express.door import ALIVE, BEAT, NOWHERE, Door, request


@asynccontextmanager
async def connected(door: Door, trusted: Path) -> AsyncIterator[trio.SSLStream[trio.SocketStream]]:
    """A connection that has shaken hands."""
    sock = trio.socket.from_stdlib_socket(door.connect(tls=True))
    context = ssl.create_default_context(cafile=str(trusted))
    stream = trio.SSLStream(
        trio.SocketStream(sock), context, server_hostname="localhost", https_compatible=True
    )
    try:
        yield stream
    finally:
        await trio.aclose_forcefully(stream)


async def heard(stream: trio.SSLStream[trio.SocketStream], answers: int) -> bytes:
    """So many answers, each of which is JSON."""
    said = b""
    with trio.fail_after(60):
        while said.count(b"HTTP/1.1 ") < answers or not said.endswith(b"}"):
            said += await stream.receive_some()
    return said


async def test_requests_over_tls(nursery: trio.Nursery, tmp_path: Path) -> None:
    """Hot ones, in pieces and together, stay in the lane; the first other one ends it."""
    pair = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)
    door = Door(nursery, lane=True, tls=context)
    async with connected(door, pair.cert) as stream:
        for data, answers in ((ALIVE, 1), (ALIVE + BEAT[:-3], 1), (BEAT[-3:] + ALIVE, 2)):
            await stream.send_all(data)
            assert (await heard(stream, answers)).count(b"HTTP/1.1 200 ") == answers
        assert "quart" not in door.events
        await stream.send_all(ALIVE + NOWHERE + ALIVE)
        assert (await heard(stream, 3)).count(b"HTTP/1.1 404 ") == 1
    assert (door.events["quart"], door.faults) == (1, [])
    nursery.cancel_scope.cancel()


async def test_a_hang_up_over_tls(nursery: trio.Nursery, tmp_path: Path) -> None:
    """A find that waits ends with its caller."""
    pair = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)
    door = Door(nursery, lane=True, tls=context)
    async with connected(door, pair.cert) as stream:
        await stream.send_all(request("POST", "/api/match/find", b'{"wait":60}'))
        with trio.fail_after(60):
            while not await door.house.bookings.page(None, 9):
                await trio.testing.wait_all_tasks_blocked()
    await trio.testing.wait_all_tasks_blocked()
    (entry,) = await door.house.bookings.page(None, 9)
    assert (entry.cause, door.faults) == ("caller_left", [])
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("lane", [True, False])
async def test_a_daemon_may_do_without(lane: bool) -> None:
    """`server.http_lane = false` leaves every request to the HTTP edge."""
    settings = dev()
    server = msgspec.structs.replace(settings.config.server, http_lane=lane)
    config = msgspec.structs.replace(settings.config, server=server)
    loaded = msgspec.structs.replace(settings, config=config)
    daemon = wire(loaded, "http://127.0.0.1", open_store(loaded, random.Random(7)), Clock())
    assert (daemon.express is not None) == lane
