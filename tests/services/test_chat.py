"""Chat at one node: what sockets are sent, in which order, and what is refused (wire.md 7)."""

from __future__ import annotations

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId
from matchd.errors import (
    AlreadyMember,
    Forbidden,
    InvalidRequest,
    Muted,
    NotMember,
    PlayerBlocked,
    UnknownMessage,
    UnknownPlayer,
)
from matchd.protocol.chat import MessageBody
from matchd.services.chat import ChatService
from tests.house import House
from tests.services.chatting import Talk, soon

Clock = trio.testing.MockClock


async def test_live(chat: Talk, autojump_clock: Clock) -> None:
    """Every device of every member is sent each message once, in order, the sender's too."""
    ann, desk, phone = [await chat.device(name) for name in ("ann", "bob", "bob")]
    await ann.say("tea", "hi")
    await desk.say("tea", "hello", timestamp=5, sender="bob")
    for device in (ann, desk, phone):
        assert device.seqs == [1, 2, 3]
        assert device.texts == ["ann created the room", "hi", "hello"]
    message = phone.last("Message")
    assert (message["sender"], message["room"]) == ("bob", "tea")
    assert message["timestamp"] == int(chat.house.clock.wall())
    assert phone.heard[0] == ("Add", {"room": "tea", "adder": None, "added": "bob"})


async def test_an_acknowledgement_is_stored_before(chat: Talk, autojump_clock: Clock) -> None:
    """With an id the sender is told the number under which it is stored; a resend gets the same and is
    heard by nobody.
    """
    ann, bob = await chat.device("ann"), await chat.device("bob")
    for _ in range(2):
        await ann.say("tea", "hi", id="one")
    acks = [data for action, data in ann.heard if action == "Ack"]
    assert [(ack["seq"], ack["id"]) for ack in acks] == [(2, "one")] * 2
    assert bob.texts.count("hi") == 1


async def test_offline(chat: Talk, autojump_clock: Clock) -> None:
    """What was missed comes on the next connect, once, in order; what was acknowledged does not."""
    ann = await chat.device("ann")
    for number in range(5):
        await ann.say("tea", str(number))
    bob = await chat.device("bob")
    assert bob.seqs == [1, 2, 3, 4, 5, 6]
    await bob.do("Ack", {"room": "tea", "seq": 4})
    await bob.leave()
    await ann.say("tea", "late")
    again = await chat.device("bob")
    assert again.seqs == [5, 6, 7]


async def test_a_client_that_never_acknowledges(chat: Talk, autojump_clock: Clock) -> None:
    """It is acknowledged what was written before a pong; what came after the ping comes again."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await ann.say("tea", "read")
    bob.outbox.pong()
    await soon()
    await ann.say("tea", "unread")
    await bob.leave()
    assert (await chat.device("bob")).texts == ["unread"]


async def test_a_client_that_acknowledges(chat: Talk, autojump_clock: Clock) -> None:
    """Once it has sent `Ack` its pongs prove nothing."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await bob.do("Ack", {"room": "tea", "seq": 1})
    await ann.say("tea", "hi")
    bob.outbox.pong()
    await soon()
    await bob.leave()
    assert (await chat.device("bob")).texts == ["hi"]


@pytest.mark.parametrize("seq", [99, 3])
async def test_an_ack_beyond_the_end(chat: Talk, seq: int, autojump_clock: Clock) -> None:
    """It is refused, and moves nothing; one backwards is nothing to be done."""
    bob = await chat.device("bob")
    await bob.do("Ack", {"room": "tea", "seq": seq})
    assert bob.heard[-1] == ("Error", "`seq` is beyond the last message.")
    await bob.do("Ack", {"room": "tea", "seq": 1})
    await bob.do("Ack", {"room": "tea", "seq": 0})
    assert bob.actions.count("Error") == 1
    assert (await bob.house.chat.services.rooms.unread(await chat.person("bob")))[0].cursor == 1


async def test_sync(chat: Talk, autojump_clock: Clock) -> None:
    """A device that says what it has is sent what lies behind that."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    for text in ("a", "b", "c"):
        await ann.say("tea", text)
    bob.outbox.frames.clear()
    await bob.do("Sync", {"tea": 2})
    assert bob.seqs == [3, 4]
    await bob.do("Sync", {"tea": 99})
    await ann.say("tea", "d")
    assert bob.seqs == [3, 4, 5]


async def test_a_slow_reader(chat: Talk, autojump_clock: Clock) -> None:
    """It is sent at its own pace, misses nothing and holds up nobody."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    bob.outbox.stall()
    for number in range(150):
        await ann.say("tea", str(number))
    assert len(bob.seqs) == 1
    assert len(ann.seqs) == 151
    bob.outbox.resume()
    await trio.sleep(1)
    assert bob.seqs == list(range(1, 152))
    assert bob.outbox.closed is None


async def test_pruned_while_away(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """What was pruned before it was read is told as a gap, not passed over."""
    house.change(chat_keep=msgspec.structs.replace(house.current.settings.chat_keep, messages=10))
    ann = await chat.device("ann")
    for number in range(30):
        await ann.say("tea", str(number))
    bob = await chat.device("bob")
    assert bob.heard[1] == ("Gap", {"room": "tea", "from": 1, "to": 21})
    assert bob.seqs == list(range(22, 32))
    history = await house.chat.services.rooms.history(
        await chat.person("bob"), "tea", 5, after=3, before=None
    )
    assert history.gap is not None
    assert (history.gap.first, history.gap.to) == (4, 21)
    assert [one.seq for one in history.messages] == [22, 23, 24, 25, 26]


async def test_direct_messages(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Each side calls it by the other's name; the first message makes it, on open sockets too."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await ann.say("@Bob", "psst")
    assert ann.last("Add") == {"room": "@bob", "adder": None, "added": "ann"}
    assert bob.last("Add") == {"room": "@ann", "adder": None, "added": "bob"}
    assert (ann.last("Message")["room"], bob.last("Message")["room"]) == ("@bob", "@ann")
    await bob.say("@ann", "yes?")
    assert ann.texts[-1] == "yes?"
    assert await rooms.rooms(await chat.person("bob")) == ["@ann", "tea"]
    with pytest.raises(UnknownPlayer):
        await rooms.say(await chat.person("ann"), MessageBody(room="@nobody", content="?"))
    with pytest.raises(InvalidRequest):
        await rooms.say(await chat.person("ann"), MessageBody(room="@ann", content="?"))


async def test_a_block_is_silent(
    chat: Talk, house: House, rooms: ChatService, autojump_clock: Clock
) -> None:
    """Who is blocked sees his message stored as ever; nobody else hears it, and he is added to no room.
    Who blocks can't write himself.
    """
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await house.store.friends.change(AccountId("u_bob"), AccountId("u_ann"), Verb.BLOCK, 0.0)
    await ann.say("@bob", "why?", id="one")
    assert ann.last("Ack")["seq"] == 1
    assert ann.last("Message")["content"] == "why?"
    assert "why?" not in bob.texts
    assert "@ann" not in await rooms.rooms(await chat.person("bob"))
    with pytest.raises(PlayerBlocked):
        await rooms.say(await chat.person("bob"), MessageBody(room="@ann", content="go"))
    await rooms.create(await chat.person("ann"), "trap", ["bob", "cleo"])
    assert await rooms.rooms(await chat.person("bob")) == ["tea"]
    await rooms.create(await chat.person("ann"), "trap2", [])
    await rooms.add(await chat.person("ann"), "trap2", "bob")
    assert await rooms.rooms(await chat.person("bob")) == ["tea"]


async def test_adding(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Who is added hears from there on; the others hear of him."""
    ann, cleo = await chat.device("ann"), await chat.device("cleo")
    await ann.say("tea", "before")
    await ann.do("Add", ["tea", "cleo"])
    await ann.say("tea", "after")
    assert cleo.texts == ["ann added cleo to the room", "after"]
    assert cleo.heard[0] == ("Add", {"room": "tea", "adder": "ann", "added": "cleo"})
    assert ann.last("Add") == {"room": "tea", "adder": "ann", "added": "cleo"}
    with pytest.raises(AlreadyMember):
        await rooms.add(await chat.person("bob"), "tea", "cleo")


async def test_leaving(chat: Talk, autojump_clock: Clock) -> None:
    """Who leaves hears no more; the others hear that he left."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await bob.do("Leave", "tea")
    await ann.say("tea", "alone")
    assert bob.heard[-1] == ("Leave", ["tea", "bob"])
    assert ann.heard[-3] == ("Leave", ["tea", "bob"])
    assert ann.texts[-2:] == ["bob left the room", "alone"]
    await bob.say("tea", "still here", id="x")
    assert bob.outbox.frames[-1] == {
        "action": "Error",
        "data": "You are not in this room.",
        "code": "not_member",
        "id": "x",
    }


async def test_the_later_client(chat: Talk, autojump_clock: Clock) -> None:
    """It leaves and adds by `Egress`."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await ann.do("Egress", {"room_id": "tea", "user_id": "cleo", "action": "Join"})
    await bob.do("Egress", {"room_id": "tea", "user_id": "bob", "action": "Leave"})
    assert ann.texts[-2:] == ["ann added cleo to the room", "bob left the room"]


async def test_kick_and_mute(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """The creator puts out and silences, nobody else."""
    ann, bob, cleo = [await chat.person(name) for name in ("ann", "bob", "cleo")]
    socket = await chat.device("bob")
    with pytest.raises(Forbidden):
        await rooms.kick(bob, "tea", "ann")
    await rooms.mute(ann, "tea", "bob", muted=True)
    with pytest.raises(Muted):
        await rooms.say(bob, MessageBody(room="tea", content="hi"))
    await rooms.mute(ann, "tea", "bob", muted=False)
    await rooms.say(bob, MessageBody(room="tea", content="hi"))
    await rooms.kick(ann, "tea", "bob")
    await rooms.say(ann, MessageBody(room="tea", content="gone"))
    await soon()
    assert socket.texts[-1] == "hi"
    assert socket.heard[-1] == ("Leave", ["tea", "bob"])
    with pytest.raises(NotMember):
        await rooms.history(cleo, "tea", 5, after=None, before=None)


async def test_edit_and_delete(chat: Talk, rooms: ChatService, autojump_clock: Clock) -> None:
    """Those who have a message are told what became of it; who comes later reads it so."""
    ann, bob = await chat.device("ann"), await chat.device("bob")
    await ann.say("tea", "tpyo")
    await ann.say("tea", "oops")
    me = await chat.person("ann")
    await rooms.change(me, "tea", 2, "typo")
    await rooms.change(me, "tea", 3, None)
    assert bob.last("Edited")["content"] == "typo"
    assert bob.heard[-1] == ("Deleted", {"room": "tea", "seq": 3})
    late = await chat.device("bob")
    assert late.texts == ["ann created the room", "typo", ""]
    assert late.last("Message")["deleted"] is True
    with pytest.raises(Forbidden):
        await rooms.change(await chat.person("bob"), "tea", 2, None)
    with pytest.raises(UnknownMessage):
        await rooms.change(me, "tea", 3, "back")


async def test_typing(chat: Talk, autojump_clock: Clock) -> None:
    """The others in the room see that somebody writes; nothing of it is kept."""
    ann, bob, cleo = [await chat.device(name) for name in ("ann", "bob", "cleo")]
    await ann.do("Typing", "tea")
    assert bob.heard[-1] == ("Typing", ["tea", "ann"])
    assert "Typing" not in (*ann.actions, *cleo.actions)
    await cleo.do("Typing", "tea")
    assert cleo.heard[-1] == ("Error", "You are not in this room.")


async def test_users(chat: Talk, house: House, autojump_clock: Clock) -> None:
    """Whom one could add: who is in the chat now, without those who are kept apart."""
    ann, _ = await chat.device("ann"), await chat.device("cleo")
    await ann.do("ListUsers")
    assert ann.last("List") == ["ann", "cleo"]
    await house.store.friends.change(AccountId("u_cleo"), AccountId("u_ann"), Verb.BLOCK, 0.0)
    await ann.do("ListUsers")
    assert ann.last("List") == ["ann"]
