"""Random requests at the front door: each is answered in HTTP or its connection is closed."""

from __future__ import annotations

import random

import h11
import msgspec
import pytest
import trio
import trio.testing

from tests.fuzz.heads import pieces, requests
from tests.fuzz.yard import Yard, campaign
from tests.house import House

SERVER_FAULTS = {500, 502, 504}


async def _say(stream: trio.SocketStream, parts: list[bytes]) -> None:
    """Send it all, to somebody who may have closed."""
    try:
        for part in parts:
            await stream.send_all(part)
        await stream.send_eof()
    except trio.BrokenResourceError:
        pass


async def _heard(stream: trio.SocketStream) -> bytes:
    raw = b""
    try:
        while chunk := await stream.receive_some():
            raw += chunk
    except trio.BrokenResourceError:
        pass
    return raw


async def _one(yard: Yard, rng: random.Random) -> bytes:
    raw = requests(rng)
    parts = pieces(raw, rng)
    stream = await yard.dial()
    with trio.fail_after(300):
        # It speaks and listens at the same time.
        async with stream, trio.open_nursery() as nursery:
            nursery.start_soon(_say, stream, parts)
            heard = await _heard(stream)
    _check(raw, heard)
    return raw


def _check(asked: bytes, heard: bytes) -> None:
    """Refuse what is no answer, an answer that admits a fault of ours, an error without its code."""
    while heard:
        raw, _, rest = heard.partition(b"\r\n\r\n")
        status, headers = _head(raw + b"\r\n\r\n", (asked, heard))
        assert status not in SERVER_FAULTS, (asked, heard)
        if status == 101 or b"transfer-encoding" in headers:
            return
        # An answer to HEAD tells a length and has no body.
        bare = not rest or rest.startswith(b"HTTP/1.1 ")
        length = 0 if bare else int(headers.get(b"content-length", b"0"))
        body, heard = rest[:length], rest[length:]
        if status >= 400 and body:
            told = msgspec.json.decode(body)
            assert {"error", "code", "requestId"} <= told.keys(), (asked, body)


def _head(raw: bytes, about: object) -> tuple[int, dict[bytes, bytes]]:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="HEAD", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(raw)
    answer = client.next_event()
    assert isinstance(answer, h11.Response | h11.InformationalResponse), about
    return answer.status_code, dict(answer.headers)


@pytest.mark.parametrize("laned", [True, False], ids=["lane", "quart"])
async def test_any_request(
    laned: bool, monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    """No request ends more than its own connection."""
    monkeypatch.setattr(House, "laned", laned)
    await campaign(_one, 160)
