"""Chat at one node: what is refused, and whom a socket lets in (wire.md 7)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.limits import Rate
from matchd.errors import (
    BadToken,
    Forbidden,
    InvalidRequest,
    NotMember,
    RateLimited,
    Refusal,
    RoomTaken,
    UnknownPlayer,
    UnknownRoom,
)
from matchd.protocol.chat import MessageBody
from matchd.protocol.news import Close
from matchd.services.chat import ChatService
from tests.house import House
from tests.services.chatting import Talk, soon

Clock = trio.testing.MockClock


async def test_a_sender_is_who_he_is(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Nobody speaks in another's name, and nobody in a room of others."""
    bob, cleo = await chat.person("bob"), await chat.person("cleo")
    with pytest.raises(Forbidden):
        await rooms.say(bob, MessageBody(room="tea", content="hi", sender="ann"))
    with pytest.raises(NotMember):
        await rooms.say(cleo, MessageBody(room="tea", content="hi"))
    with pytest.raises(UnknownRoom):
        await rooms.say(cleo, MessageBody(room="tee", content="hi"))


@pytest.mark.parametrize("name", ["@tea", "", "a/b", "..", "x" * 65, "a\nb"])
async def test_names_of_rooms(
    chat: Talk, rooms: ChatService, name: str, autojump_clock: Clock
) -> None:
    """A name that could be mistaken for something else is refused."""
    with pytest.raises(InvalidRequest):
        await rooms.create(await chat.person("ann"), name, [])


async def test_a_room_that_is_there(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Names are taken once; a room with somebody unknown is not made at all."""
    ann = await chat.person("ann")
    with pytest.raises(RoomTaken):
        await rooms.create(ann, "tea", [])
    with pytest.raises(UnknownPlayer):
        await rooms.create(ann, "new", ["bob", "nobody"])
    assert await rooms.rooms(ann) == ["tea"]


async def test_a_flood(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """Over the limit a message is refused and not stored; the socket stays open."""
    house.change(identity_rates=house.current.settings.identity_rates | {"chat": Rate(2, 0.1)})
    ann = await chat.device("ann")
    for number in range(4):
        await ann.say("tea", str(number), id=str(number))
    frame = ann.outbox.frames[-1]
    assert (frame["code"], frame["id"], frame["retryAfter"]) == ("rate_limited", "3", 10)
    assert ann.texts == ["ann created the room", "0", "1"]
    assert ann.outbox.closed is None
    with pytest.raises(RateLimited):
        await house.chat.services.rooms.leave(await chat.person("ann"), "tea")


async def test_the_first_frame(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """A socket without a credential brings its token as the first frame, and is sent binary frames."""
    old = await chat.open(None)
    old.session.receive(house.token(subject="u_bob"))
    await soon()
    assert old.texts == ["ann created the room"]
    assert old.outbox.binary
    old.session.receive(house.token(subject="u_bob"))
    await soon()
    assert old.actions[-1] == "Error"


async def test_no_first_frame(chat: Talk, autojump_clock: Clock) -> None:
    """Without a token within 5 s it is closed; with a wrong one, at once; a binary one is none."""
    silent, wrong, binary = [await chat.open(None) for _ in range(3)]
    wrong.session.receive("not.a.token")
    binary.session.refuse()
    await soon()
    assert (wrong.outbox.code, binary.outbox.code) == (Close.UNAUTHORIZED, Close.MALFORMED)
    assert silent.outbox.code is None
    await trio.sleep(5)
    assert silent.outbox.code == Close.TIMEOUT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"action":"Dance"}',
        '{"action":"Message","data":{"room":"tea"}}',
        '{"action":"Message","data":{"room":"tea","content":""}}',
        '{"action":"Message","data":{"room":"tea","content":"' + "x" * 4001 + '"}}',
        '{"action":"Message","data":{"room":"tea","content":"\\ud800"}}',
        '{"action":"Message","data":{"room":"tea","content":"a","id":"b c"}}',
        '{"action":"Ack","data":{"room":"tea","seq":-1}}',
        '{"action":"Ack","data":{"room":"tea","seq":1e99}}',
        '{"action":"Sync","data":{"tea":"1"}}',
        '{"action":"Add","data":["tea"]}',
        "[" * 5000,
    ],
)
async def test_bad_input(chat: Talk, text: str, autojump_clock: Clock) -> None:
    """What makes no sense is answered with an error and changes nothing; ten of it close the socket."""
    ann = await chat.device("ann")
    ann.session.receive(text)
    await soon()
    assert ann.actions[-1] == "Error"
    assert ann.texts == ["ann created the room"]


async def test_much_bad_input(chat: Talk, autojump_clock: Clock) -> None:
    """More than ten frames that make no sense close the socket."""
    ann = await chat.device("ann")
    for _ in range(11):
        ann.session.refuse()
    assert ann.outbox.code == Close.MALFORMED


async def test_the_ninth_device(chat: Talk, autojump_clock: Clock) -> None:
    """Eight devices are let in; the ninth ends the oldest."""
    devices = [await chat.device("ann") for _ in range(9)]
    assert [device.outbox.code for device in devices] == [Close.REPLACED] + [None] * 8


async def test_who_may_stay(
    chat: Talk, house: House, nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    """An expired token closes an older client after a grace, and a native one at once unless it has
    brought the next token.
    """
    house.change(socket_grace=10.0)
    token = house.token(ttl=70)
    old, native, renewed = [await chat.open(token, answers=v) for v in (False, True, True)]
    nursery.start_soon(house.stays.run)
    await trio.sleep(11)
    assert native.actions[-1] == "Reauth"
    await renewed.do("Reauth", house.token())
    await trio.sleep(60)
    assert native.outbox.code == Close.UNAUTHORIZED
    assert (old.outbox.code, renewed.outbox.code) == (None, None)
    await trio.sleep(10)
    assert (old.outbox.code, renewed.outbox.code) == (Close.UNAUTHORIZED, None)


async def test_nobody_is_let_in(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """A token that is not valid opens nothing, and nothing does while the server stops."""
    with pytest.raises(BadToken):
        await chat.open("a.b.c")
    house.current.draining = True
    for token in (None, house.token()):
        with pytest.raises(Refusal):
            await chat.open(token)
