"""Chat sockets at the edge: real frames of the given client and of ours (wire.md 7)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed

from matchd.protocol.news import Close
from tests.house import House
from tests.services.chatting import talk
from tests.web.client import Client
from tests.ws.client import Caller, call, refused_upgrade, switchboard

Clock = trio.testing.MockClock


async def send(caller: Caller, text: str) -> None:
    """Send a frame to somebody who may close meanwhile."""
    with suppress(ConnectionClosed, trio.BrokenResourceError):
        await caller.connection.send_message(text)


async def frames(caller: Caller, count: int) -> list[Any]:
    """The next frames as they came: bytes or text."""
    with trio.fail_after(5):
        await trio.lowlevel.checkpoint()
        return [await caller.connection.get_message() for _ in range(count)]


async def test_the_given_client(house: House, autojump_clock: Clock) -> None:
    """It sends its token first and reads blobs; its messages come back to it."""
    async with talk(house) as one, switchboard() as nursery:
        await one.room("tea", "ann", "bob")
        ann = await call(house, nursery, "/chat/connect")
        await ann.connection.send_message(house.token())
        raws = await frames(ann, 2)
        assert all(isinstance(raw, bytes) for raw in raws)
        assert [json.loads(raw)["action"] for raw in raws] == ["Add", "Message"]
        said = {"sender": "ann", "room": "tea", "content": "é", "timestamp": 1715620000123}
        await ann.say(action="Message", data=said)
        (raw,) = await frames(ann, 1)
        data = json.loads(raw)["data"]
        assert (data["sender"], data["content"], data["seq"]) == ("ann", "é", 2)


async def test_ours(house: House, autojump_clock: Clock) -> None:
    """A token at the upgrade means text frames."""
    async with talk(house) as one, switchboard() as nursery:
        await one.room("tea", "ann", "bob")
        bob = await call(house, nursery, f"/chat/connect?token={house.token(subject='u_bob')}")
        (first,) = await frames(bob, 1)
        assert json.loads(first) == {
            "action": "Add",
            "data": {"room": "tea", "adder": None, "added": "bob"},
        }
        await bob.connection.send_message(b"\0\1")
        assert json.loads((await frames(bob, 2))[1])["code"] == "invalid_request"


async def test_a_pong_is_an_acknowledgement(house: House, autojump_clock: Clock) -> None:
    """What was written is pinged for within a second or two, and does not come again."""
    async with talk(house) as one, switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        await one.room("tea", "ann", "bob")
        target = f"/chat/connect?token={house.token(subject='u_bob')}"
        bob = await call(house, nursery, target)
        assert len(await frames(bob, 2)) == 2
        await trio.sleep(3)
        await bob.connection.aclose()
        await trio.sleep(1)
        again = await call(house, nursery, target)
        raws = []
        with trio.move_on_after(2):
            while True:
                raws.append(await again.connection.get_message())
        assert [json.loads(raw)["action"] for raw in raws] == ["Add"]


async def test_no_token(house: House, autojump_clock: Clock) -> None:
    """A wrong one closes 4401, none at all 4408."""
    async with switchboard() as nursery:
        wrong, silent = [await call(house, nursery, "/chat/connect") for _ in range(2)]
        await wrong.connection.send_message("nonsense")
        assert await wrong.hear_end() == Close.UNAUTHORIZED
        assert await silent.hear_end() == Close.TIMEOUT


@pytest.mark.parametrize("late", [False, True], ids=["first", "later"])
async def test_a_frame_of_10_mb(house: House, late: bool, autojump_clock: Clock) -> None:
    """It closes its socket (1009), as the first frame and later; others notice nothing."""
    async with talk(house) as one, switchboard() as nursery:
        await one.room("tea", "ann", "bob")
        target = f"/chat/connect?token={house.token(subject='u_bob')}"
        bob = await call(house, nursery, target)
        big = await call(house, nursery, target if late else "/chat/connect")
        nursery.start_soon(send, big, "x" * 10_000_000)
        assert await big.hear_end() == Close.TOO_LARGE
        await bob.say(action="ListUsers")
        assert json.loads((await frames(bob, 3))[2])["data"] == ["bob"]


async def test_bytes_that_are_no_text(house: House, autojump_clock: Clock) -> None:
    """A text frame with half a character in it ends its socket, and no other."""
    async with talk(house), switchboard() as nursery:
        target = f"/chat/connect?token={house.token(subject='u_bob')}"
        bob, other = [await call(house, nursery, target) for _ in range(2)]
        half = b'{"action":"Leave","data":"\xed\xa0\x80"}'
        masked = bytes(byte ^ key for byte, key in zip(half, b"\1\2\3\4" * 99, strict=False))
        await bob.line.client.send_all(bytes([0x81, 0x80 | len(half)]) + b"\1\2\3\4" + masked)
        assert await bob.hear_end() in {1006, 1007}
        await other.say(action="ListUsers")
        assert json.loads((await frames(other, 1))[0])["action"] == "List"


async def test_the_twin(house: House) -> None:
    """It answers as the upgrade would, and spends nothing."""
    async with talk(house):
        client = Client(house)
        for target in ("/chat/connect", f"/chat/connect?token={house.token()}", "/chat/connect/"):
            assert (await client.ask("GET", target)).json == {"ok": True}
        assert (await client.ask("GET", "/chat/connect?token=a.b.c")).status == 401
        assert (await refused_upgrade(house, "/chat/connect?token=a.b.c")).status == 401
