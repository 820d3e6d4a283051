"""Chat while something ends: a membership, a room, what is kept of it, the disk, the server
(wire.md 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.accounts import Kind
from matchd.errors import NotMember, StoreUnavailable
from matchd.protocol.chat import MessageBody
from matchd.protocol.news import Close
from matchd.services.chat import ChatService
from matchd.store.embedded.durable.database import Database
from tests.house import House
from tests.services.chatting import Device, Talk, soon
from tests.store.people import account

Clock = trio.testing.MockClock


async def unread(chat: Talk, name: str) -> int:
    """How much somebody has not read."""
    (place,) = await chat.house.chat.services.rooms.unread(await chat.person(name))
    return place.unread


async def chatter(ann: Device, count: int) -> None:
    """Ann says so much that a page of it does not hold all."""
    for number in range(count):
        await ann.say("tea", str(number))


async def test_removed_in_flight(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Whoever is put out while messages are on their way gets none of them after that; taken in again
    he hears from there on.
    """
    ann, bob = await chat.device("ann"), await chat.device("bob")
    bob.outbox.stall()
    await chatter(ann, 5)
    await rooms.kick(await chat.person("ann"), "tea", "bob")
    bob.outbox.resume()
    await soon()
    assert bob.seqs == [1]
    assert bob.heard[-1] == ("Leave", ["tea", "bob"])
    with pytest.raises(NotMember):
        await rooms.say(await chat.person("bob"), MessageBody(room="tea", content="?"))
    await rooms.add(await chat.person("ann"), "tea", "bob")
    await ann.say("tea", "again")
    assert bob.texts[1:] == ["ann added bob to the room", "again"]


async def test_put_out_by_a_page_that_was_read(
    chat: Talk, rooms: ChatService, autojump_clock: Clock
) -> None:
    """Of a page that was read before, nothing is sent to somebody who is in the room anew."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    bob.outbox.stall()
    await chatter(ann, 5)
    bob.outbox.roomy = True  # the page is read, and waits for the peer at its first message
    bob.session.out._hungry.set()
    await soon()
    await rooms.kick(await chat.person("ann"), "tea", "bob")
    await rooms.add(await chat.person("ann"), "tea", "bob")
    bob.outbox.resume()
    await soon()
    assert bob.texts == ["ann created the room", "ann added bob to the room"]


async def test_a_room_deleted_while_it_is_read(
    chat: Talk, rooms: ChatService, autojump_clock: Clock
) -> None:
    """The room goes with its last member, whatever his other device still had to read; another of that
    name begins with its own first message.
    """
    ann, desk, phone = [await chat.device(name) for name in ("ann", "bob", "bob")]
    phone.outbox.stall()
    await chatter(ann, 5)
    await ann.do("Leave", "tea")
    await desk.do("Leave", "tea")
    await chat.room("tea", "cleo", "bob")
    phone.outbox.resume()
    await soon()
    assert [action for action in phone.actions if action != "Leave"] == ["Add", "Message"] * 2
    assert phone.texts == ["ann created the room", "cleo created the room"]
    assert phone.seqs == [1, 1]


async def test_pruned_under_a_readers_feet(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """A slow reader is told which numbers went while he read, and sent all the others, each once."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    bob.outbox.stall()
    await chatter(ann, 120)
    bob.outbox.roomy = True
    await soon()
    keep = house.current.settings.chat_keep
    house.change(chat_keep=msgspec.structs.replace(keep, messages=10))
    await chatter(ann, 60)
    bob.outbox.resume()
    await trio.sleep(1)
    gaps = [data for action, data in bob.heard if action == "Gap"]
    lost = [seq for gap in gaps for seq in range(gap["from"], gap["to"] + 1)]
    assert lost
    assert sorted(bob.seqs + lost) == list(range(1, 182))
    assert bob.seqs == sorted(bob.seqs)


async def test_a_full_disk(
    chat: Talk, monkeypatch: pytest.MonkeyPatch, autojump_clock: Clock
) -> None:
    """What can't be stored is not acknowledged and nobody hears it; sent again under its id when there
    is room, it is one message.
    """
    ann, bob = await chat.device("ann"), await chat.device("bob")
    write, full = Database.write, True

    async def failing(database: Database, step: Callable[[sqlite3.Connection], object]) -> object:
        if full:
            raise StoreUnavailable("The disk is full.", retry_after=5)
        return await write(database, step)

    monkeypatch.setattr(Database, "write", failing)
    await ann.say("tea", "hi", id="one")
    frame = ann.outbox.frames[-1]
    assert (frame["code"], frame["id"], frame["retryAfter"]) == ("store_unavailable", "one", 5)
    full = False
    for _ in range(2):
        await ann.say("tea", "hi", id="one")
    assert ann.last("Ack")["seq"] == 2
    assert bob.seqs == [1, 2]
    assert await unread(chat, "bob") == 2


async def test_an_account_is_deleted(
    chat: Talk, house: House, rooms: ChatService, autojump_clock: Clock
) -> None:
    """Those who talk with somebody see at once that he has left, and that what he said is gone."""
    dan = msgspec.structs.replace(account("dan"), kind=Kind.FOREIGN)  # proved by his token alone
    await house.store.accounts.create(dan)
    await rooms.add(await chat.person("ann"), "tea", "dan")
    ann, his = await chat.device("ann"), await chat.device("dan")
    await his.say("tea", "mine")
    await his.say("@ann", "psst")
    await house.people.accounts.delete(house.player("u_dan"), None)
    assert ann.heard[-3:] == [
        ("Deleted", {"room": "@dan", "seq": 1}),
        ("Deleted", {"room": "tea", "seq": 3}),
        ("Leave", ["tea", "dan"]),
    ]
    history = await rooms.history(await chat.person("ann"), "tea", 9, after=None, before=None)
    assert [message.deleted for message in history.messages] == [False, False, True]


async def test_the_server_stops(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """Everybody is told when, then sockets are closed one after the other; who has not said who he is
    is told nothing.
    """
    ann, silent = await chat.device("ann"), await chat.open(None)
    deadline = int(house.clock.wall()) + 4
    await house.chat.sockets.drain(4.0)
    assert ann.heard[-1] == ("GoingAway", {"deadline": deadline})
    assert (ann.outbox.code, silent.outbox.code) == (Close.RESTART, Close.RESTART)
    assert silent.heard == []
