"""Random frames and messages on sockets of every dialect: the server answers in frames of its own, or
closes with a code that the contract names (wire.md 1.5), and nobody else suffers.
"""

from __future__ import annotations

import random

import msgspec
import pytest
import trio
import trio.testing

from matchd.protocol.news import Close
from tests.fuzz import shapes
from tests.fuzz.frames import CLOSE, TEXT, close, frames_of, message, noise
from tests.fuzz.heads import pieces
from tests.fuzz.scenes import KEYS, SCENES, Seat, Table
from tests.fuzz.yard import Yard, campaign
from tests.house import House

CODES = {int(code) for code in Close} | {1000, 1002, 1003, 1007, 1009} | {3000, 4999}
"""Ours, those by which the library refuses what is no WebSocket frame, and those that it echoes."""

CASES = {
    **{f"{dialect}-messages": (dialect, 0.05, True) for dialect in SCENES},
    **{f"{dialect}-frames": (dialect, 0.7, True) for dialect in SCENES},
    **{
        f"{dialect}-library": (dialect, 0.4, False)
        for dialect in ("signaling", "matchbox", "lobby", "game")
    },
}
"""Which dialect, how much of what is said is noise, and whether there is a lane for it."""


def _said(seat: Seat, rng: random.Random, noisy: float) -> bytes:
    """Much, of which little is sense."""
    said = b""
    for _ in range(rng.choice((1, 5, 20))):
        words = shapes.text(seat.kind, seat.words, rng).encode()
        said += noise(rng) if rng.random() < noisy else message(words, rng)
    return said + (close(1000) if rng.random() < 0.5 else b"")


async def _speak(stream: trio.SocketStream, said: bytes, rng: random.Random) -> None:
    """Send it, to somebody who may have closed, and say no more: silence ends the socket."""
    try:
        for part in pieces(said, rng):
            await stream.send_all(part)
        if rng.random() < 0.2:
            await stream.send_eof()
    except trio.BrokenResourceError:
        pass


async def _upgraded(stream: trio.SocketStream, seat: Seat) -> bytes:
    """Upgrade; what came behind the answer."""
    fields = "".join(f"{header}\r\n" for header in seat.headers)
    await stream.send_all(
        f"GET {seat.target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        f"{fields}\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += await stream.receive_some()
    assert head.startswith(b"HTTP/1.1 101 "), (seat, head)
    return head.partition(b"\r\n\r\n")[2]


async def _listen(stream: trio.SocketStream, heard: bytes) -> None:
    """Read to the end, and check what came."""
    try:
        while chunk := await stream.receive_some():
            heard += chunk
    except trio.BrokenResourceError:
        pass
    for code, payload in frames_of(heard):
        if code == TEXT:
            msgspec.json.decode(payload, type=msgspec.Raw)  # it is JSON
        elif code == CLOSE:
            assert not payload or int.from_bytes(payload[:2], "big") in CODES, payload


async def _visit(yard: Yard, seat: Seat, seed: int, noisy: float) -> None:
    stream = await yard.dial()
    rng = random.Random(seed)
    async with stream:
        begun = await _upgraded(stream, seat)
        # It speaks and listens at the same time.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_speak, stream, _said(seat, rng, noisy), rng)
            await _listen(stream, begun)


@pytest.mark.parametrize(("dialect", "noisy", "laned"), CASES.values(), ids=CASES.keys())
async def test_any_frame(
    dialect: str,
    noisy: float,
    laned: bool,
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: trio.testing.MockClock,
) -> None:
    """What one socket is sent ends at most that socket, in an orderly way."""
    monkeypatch.setattr(House, "laned", laned)
    tables: dict[Yard, Table] = {}

    async def case(yard: Yard, rng: random.Random) -> object:
        table = tables.setdefault(yard, Table(yard.house))
        await table.sit(*KEYS)
        seats = await SCENES[dialect](table, rng)
        with trio.fail_after(600):
            # Those who sit at one table are there at the same time.
            async with trio.open_nursery() as nursery:
                for seat in seats:
                    nursery.start_soon(_visit, yard, seat, rng.getrandbits(40), noisy)
        return [seat.target for seat in seats]

    await campaign(case, 6)
