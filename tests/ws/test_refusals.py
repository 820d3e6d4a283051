"""What is refused before the upgrade: an HTTP status with the body of wire.md 1.1, then the end."""

from __future__ import annotations

import json
import logging

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from matchd.domain.addresses import Networks
from matchd.domain.limits import Rate
from tests.house import SECRET, House, secrets_in
from tests.ws.client import KEY, call, dial, refused_upgrade, switchboard, upgrade

pytestmark = pytest.mark.usefixtures("edges")

ROOM = "/?roomId=r1"
HANDSHAKES: list[dict[str, str | None]] = [
    {"Sec-WebSocket-Key": None},
    {"Sec-WebSocket-Key": ""},
    {"Sec-WebSocket-Key": "c2hvcnQ="},
    {"Sec-WebSocket-Key": "not base64!!"},
    {"Sec-WebSocket-Key": "äöü"},
    {"Sec-WebSocket-Key": f"{KEY}|{KEY}"},
    {"Sec-WebSocket-Key": KEY + "AAAA"},
    {"Sec-WebSocket-Version": "12"},
    {"Sec-WebSocket-Version": None},
    {"Sec-WebSocket-Version": "13, 8"},
    {"Sec-Websocket-Extensions": "ä; ö"},
    {"Sec-Websocket-Protocol": "chat, ä"},
]


@pytest.mark.parametrize("headers", HANDSHAKES)
async def test_bad_handshakes(
    house: House, autojump_clock: trio.testing.MockClock, headers: dict[str, str | None]
) -> None:
    """RFC 6455, 4.2.1: a wrong key or version is 400 and names the header."""
    refused = await refused_upgrade(house, ROOM, **headers)
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")
    assert f"`{next(iter(headers))}`" in refused.json["error"]
    assert house.rooms.open_sockets == 0


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("/nowhere?roomId=r1", 404),
        ("/signal?roomId=r1", 404),
        ("/signal/a/b?roomId=r1", 404),
        ("//[?roomId=r1", 404),
        ("//evil.example/signal/x?roomId=r1", 404),
        ("/api/match/find?roomId=r1", 404),
        ("/signal/x", 400),
        ("/signal/x?roomid=r1", 400),
        ("/?roomId=", 400),
        ("/?roomId=%00", 400),
        ("/?roomId=" + "x" * 129, 400),
        ("/signal/%ff?roomId=r1", 403),
        ("/signal/?roomId=r1", 404),
    ],
)
async def test_bad_targets(
    house: House, autojump_clock: trio.testing.MockClock, target: str, status: int
) -> None:
    """No socket there, or no room named; never a fault of ours."""
    refused = await refused_upgrade(house, target)
    assert status == refused.status


async def test_a_refusal_is_whole(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """JSON body with the caller's request id, closed connection, retryAfter where waiting helps."""
    house.current.draining = True
    refused = await refused_upgrade(house, ROOM, **{"X-Request-Id": "abc"})
    expected = {"code": "draining", "requestId": "abc", "retryAfter": 2}
    assert (refused.status, expected.items() <= refused.json.items()) == (503, True)
    assert {
        "content-type": "application/json",
        "connection": "close",
        "retry-after": "2",
        "x-request-id": "abc",
        "cache-control": "no-store",
    }.items() <= refused.headers.items()


async def test_an_unusable_request_id_is_replaced(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """What could break a log line is not taken over."""
    refused = await refused_upgrade(house, "/", **{"X-Request-Id": "a b"})
    assert refused.json["requestId"] not in ("a b", "")
    assert refused.headers["x-request-id"] == refused.json["requestId"]


@pytest.mark.parametrize(
    ("origins", "origin", "status"),
    [
        ((), "https://evil.example", 403),
        (("https://a.example",), "https://evil.example", 403),
        (("https://a.example",), "null", 403),
        (("https://a.example",), "https://a.example", None),
        (("https://a.example",), "https://play.example.net", None),
        (("*",), "https://evil.example", None),
        ((), None, None),
    ],
)
async def test_origins(
    house: House,
    autojump_clock: trio.testing.MockClock,
    origins: tuple[str, ...],
    origin: str | None,
    status: int | None,
) -> None:
    """Pages of foreign origins are refused where origins are configured; programs have none."""
    house.change(cors_origins=origins)
    headers = {} if origin is None else {"Origin": origin}
    if status is not None:
        assert status == (await refused_upgrade(house, ROOM, **headers)).status
        return
    async with switchboard() as nursery:
        await call(house, nursery, ROOM, headers)
        assert house.rooms.open_sockets == 1


async def test_connects_are_limited_behind_a_proxy(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """The caller's own address counts, where a trusted proxy names it."""
    rates = house.current.settings.address_rates | {"connects": Rate(1, 0.01)}
    house.change(address_rates=rates, trusted=Networks(["192.0.2.1"]))
    async with switchboard() as nursery:
        await call(house, nursery, ROOM, {"X-Forwarded-For": "203.0.113.1"})
        again = await refused_upgrade(house, ROOM, **{"X-Forwarded-For": "8.8.8.8, 203.0.113.1"})
        await call(house, nursery, ROOM, {"X-Forwarded-For": "203.0.113.2"})
    assert (again.status, again.json["retryAfter"]) == (429, 100)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99"},
        {"Sec-WebSocket-Extensions": ";;,=,"},
        {"Sec-WebSocket-Protocol": "chat, , chat"},
        {"Cookie": "ÿ"},
    ],
)
async def test_odd_headers_do_not_break_the_upgrade(
    house: House, autojump_clock: trio.testing.MockClock, headers: dict[str, str]
) -> None:
    """Extensions and subprotocols we do not speak are answered by 101 without them."""
    async with switchboard() as nursery:
        line = dial(house, nursery)
        await line.client.send_all(upgrade(ROOM, **headers))
        with trio.fail_after(5):
            answer = bytes(await line.client.receive_some())
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"xtensions" not in answer


async def test_no_credential_is_logged(
    house: House, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by us nor, at its debug level, by the library into anything we write."""
    caplog.set_level(logging.INFO)
    await house.beat()
    with capture_logs() as logs:
        await refused_upgrade(house, "/signal/my-grant?roomId=r1&token=my-token")
        await refused_upgrade(house, ROOM, Authorization="Bearer my-secret")
        async with switchboard() as nursery:
            await call(house, nursery, "/?roomId=r-h1", {"Authorization": f"Bearer {SECRET}"})
    told = ["socket.refused", "socket.refused", "room.entered", "room.left"]
    assert [log["event"] for log in logs] == told
    text = json.dumps(logs, default=repr) + caplog.text
    assert secrets_in(text, ["my-", SECRET]) == []
