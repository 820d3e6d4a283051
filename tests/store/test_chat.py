"""Chat as it is kept: rooms, numbers, cursors, retention, and what goes with an account (wire.md 7)."""

from __future__ import annotations

from functools import partial

from matchd.domain.chat import Retention, Verdict
from matchd.domain.friends import Verb
from matchd.domain.ids import ChatId, NodeId
from matchd.store.ports import ChatMoved, ChatPage, Said
from tests.store.chatting import Chat, dm, who
from tests.store.people import DAY, crowd


async def test_a_room(chat: Chat) -> None:
    """A room has its members at once and begins with the server's word; its name is taken then."""
    made = await chat.open("tea", "ann", "bob")
    assert isinstance(made, ChatMoved)
    assert made.accounts == (who("ann"), who("bob"))
    assert made.nodes == (NodeId("n1"),)
    assert made.notice is not None
    assert (made.notice.seq, made.notice.author, made.notice.at) == (1, None, chat.now)
    assert await chat.open("tea", "cleo") is Verdict.TAKEN
    assert await chat.store.chat.members(ChatId("tea")) == (who("ann"), who("bob"))
    assert [seat.creator for seat in await chat.store.chat.seats(who("ann"))] == [True]
    assert [seat.creator for seat in await chat.store.chat.seats(who("bob"))] == [False]


async def test_a_room_of_strangers(chat: Chat) -> None:
    """A room with somebody who is not known is not made, for nobody."""
    assert await chat.open("tea", "ann", "bob", "nobody") is Verdict.UNKNOWN_PLAYER
    assert await chat.store.chat.seats(who("ann")) == ()
    assert isinstance(await chat.open("tea", "ann"), ChatMoved)


async def test_numbers(chat: Chat) -> None:
    """Messages are numbered one after the other, and each member sees them from where he joined."""
    await chat.open("tea", "ann", "bob")
    assert (await chat.said("tea", "ann", "hi")).seq == 2
    assert (await chat.said("tea", "bob", "hello")).seq == 3
    moved = await chat.add("tea", "bob", "cleo")
    assert isinstance(moved, ChatMoved)
    assert moved.accounts == (who("cleo"),)
    assert await chat.sees("tea", "cleo") == [(4, "Server", "so it is")]
    assert len(await chat.sees("tea", "ann")) == 4
    assert await chat.unread("cleo") == {"tea": 1}


async def test_at_once(chat: Chat) -> None:
    """However many speak at once, each number is given once and none is left out."""
    await chat.open("tea", "ann", "bob")
    calls = [partial(chat.said, "tea", name, str(n)) for n in range(100) for name in ("ann", "bob")]
    await crowd(calls, 50)
    page = await chat.page("tea", "ann", 500)
    assert isinstance(page, ChatPage)
    assert [one.seq for one in page.messages] == list(range(1, 202))
    assert len({one.id for one in page.messages}) == 201


async def test_a_resend(chat: Chat) -> None:
    """The same id of the same author is the same message, whatever else it says; others may use it."""
    await chat.open("tea", "ann", "bob")
    first = await chat.say("tea", "ann", "hi", "one")
    again = await chat.say("tea", "ann", "changed my mind", "one")
    assert isinstance(first, Said)
    assert isinstance(again, Said)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.message == first.message
    assert (await chat.said("tea", "bob", "hi", "one")).seq == 3
    await chat.change("tea", 2, "ann", None)
    deleted = await chat.said("tea", "ann", "hi", "one")
    assert (deleted.seq, deleted.deleted) == (2, True)


async def test_a_resend_of_one_who_left(chat: Chat) -> None:
    """What somebody said in a direct message is said, also when he has taken it off his list."""
    room = dm("ann", "bob")
    first = await chat.said(room, "ann", "hi", "one")
    await chat.leave(room, "ann")
    again = await chat.say(room, "ann", "hi", "one")
    assert isinstance(again, Said)
    assert (again.fresh, again.message) == (False, first)
    assert (await chat.said(room, "ann", "hello", "two")).seq == first.seq + 1


async def test_who_may(chat: Chat) -> None:
    """Who is not in a room learns that it is there and nothing else; an unknown one is not there."""
    await chat.open("tea", "ann")
    assert await chat.say("tea", "bob", "hi") is Verdict.NOT_MEMBER
    assert await chat.page("tea", "bob") is Verdict.NOT_MEMBER
    assert await chat.add("tea", "bob", "cleo") is Verdict.NOT_MEMBER
    assert await chat.leave("tea", "bob") is Verdict.NOT_MEMBER
    assert await chat.change("tea", 1, "bob", None) is Verdict.NOT_MEMBER
    assert await chat.say("tee", "bob", "hi") is Verdict.UNKNOWN_ROOM
    assert await chat.page("tee", "bob") is Verdict.UNKNOWN_ROOM
    assert await chat.add("tea", "ann", "ann") is Verdict.ALREADY
    assert await chat.add("tea", "ann", "nobody") is Verdict.UNKNOWN_PLAYER
    assert await chat.unread("ann") == {"tea": 1}


async def test_the_creator(chat: Chat) -> None:
    """The creator alone kicks and mutes; when he leaves, whoever joined first after him may."""
    await chat.open("tea", "dan", "cleo", "bob")
    assert await chat.leave("tea", "bob", by="cleo") is Verdict.NOT_CREATOR
    assert await chat.store.chat.mute(ChatId("tea"), who("bob"), who("cleo"), muted=True) is (
        Verdict.NOT_CREATOR
    )
    assert await chat.store.chat.mute(ChatId("tea"), who("cleo"), who("dan"), muted=True) is None
    assert await chat.say("tea", "cleo", "hi") is Verdict.MUTED
    assert isinstance(await chat.leave("tea", "dan"), ChatMoved)
    assert isinstance(await chat.leave("tea", "bob", by="cleo"), ChatMoved)
    assert await chat.leave("tea", "bob", by="cleo") is Verdict.UNKNOWN_PLAYER
    assert await chat.store.chat.mute(ChatId("tea"), who("cleo"), who("cleo"), muted=False) is None
    assert (await chat.said("tea", "cleo", "alone")).seq == 4


async def test_the_last_one(chat: Chat) -> None:
    """The last one to leave takes the room along; another of its name begins anew."""
    await chat.open("tea", "ann", "bob")
    await chat.said("tea", "ann", "secret", "one")
    await chat.leave("tea", "ann")
    moved = await chat.leave("tea", "bob")
    assert isinstance(moved, ChatMoved)
    assert moved.notice is None
    assert await chat.page("tea", "bob") is Verdict.UNKNOWN_ROOM
    await chat.open("tea", "ann", "bob")
    assert [seq for seq, _, _ in await chat.sees("tea", "ann")] == [1]
    assert (await chat.said("tea", "ann", "new", "one")).content == "new"
    await chat.store.chat.sweep(chat.now, chat.retention)
    assert [text for _, _, text in await chat.sees("tea", "bob")] == ["so it is", "new"]


async def test_cursors(chat: Chat) -> None:
    """A cursor moves forward only, and no further than there are messages."""
    await chat.open("tea", "ann", "bob")
    for text in "abc":
        await chat.said("tea", "ann", text)
    ack = chat.store.chat.ack
    assert await ack(who("bob"), {ChatId("tea"): 3, ChatId("tee"): 1}) == {"tea": 3}
    assert await ack(who("bob"), {ChatId("tea"): 2}) == {"tea": 3}
    assert await ack(who("bob"), {ChatId("tea"): 5}) == {"tea": 3}
    assert await chat.unread("bob") == {"tea": 1}
    assert await chat.unread("ann") == {"tea": 4}
    assert await ack(who("cleo"), {ChatId("tea"): 1}) == {}


async def test_history(chat: Chat) -> None:
    """History is read forwards and backwards, a page at a time."""
    await chat.open("tea", "ann")
    for number in range(2, 10):
        await chat.said("tea", "ann", str(number))

    async def seqs(limit: int, after: int | None = None, before: int | None = None) -> list[int]:
        page = await chat.page("tea", "ann", limit, after, before)
        assert isinstance(page, ChatPage)
        return [one.seq for one in page.messages]

    assert await seqs(3) == [7, 8, 9]
    assert await seqs(3, before=7) == [4, 5, 6]
    assert await seqs(3, before=2) == [1]
    assert await seqs(3, before=1) == []
    assert await seqs(3, after=4) == [5, 6, 7]
    assert await seqs(3, after=9) == []
    assert await seqs(3, after=99) == []
    assert await seqs(3, before=99) == [7, 8, 9]


async def test_retention_by_count(chat: Chat) -> None:
    """A room that has too many messages loses its oldest ones; what is unread is what is left."""
    await chat.open("tea", "ann", "bob")
    chat.retention = Retention(DAY, 3)
    for number in range(2, 7):
        await chat.said("tea", "ann", str(number), f"id{number}")
    page = await chat.page("tea", "bob", after=0)
    assert isinstance(page, ChatPage)
    assert [one.seq for one in page.messages] == [4, 5, 6]
    assert (page.seat.first, page.seat.last) == (4, 6)
    assert await chat.unread("bob") == {"tea": 3}
    assert (await chat.said("tea", "ann", "pruned", "id2")).seq == 7
    assert await chat.change("tea", 3, "ann", "late") is Verdict.UNKNOWN_MESSAGE


async def test_retention_by_age(chat: Chat) -> None:
    """A sweep prunes what is too old, in all rooms, and numbers go on where they were."""
    for room in ("tea", "tee"):
        await chat.open(room, "ann")
    chat.now += DAY
    await chat.said("tea", "ann", "young")
    keep = Retention(DAY, 1000)
    assert await chat.store.chat.sweep(chat.now, keep) == 0
    assert await chat.store.chat.sweep(chat.now + 1, keep) == 2
    assert await chat.store.chat.sweep(chat.now + 1, keep) == 0
    assert await chat.sees("tea", "ann") == [(2, "ann", "young")]
    assert await chat.unread("ann") == {"tea": 1, "tee": 0}
    assert (await chat.said("tee", "ann", "on")).seq == 2
    assert await chat.store.chat.sweep(chat.now + 2 * DAY, keep) == 2


async def test_edit_and_delete(chat: Chat) -> None:
    """An author puts another text in place of his, or none; nobody else does, and not twice."""
    await chat.open("tea", "ann", "bob")
    await chat.said("tea", "ann", "hi")
    chat.now += 5
    edited = await chat.change("tea", 2, "ann", "hello")
    assert isinstance(edited, Said)
    assert (edited.message.content, edited.message.edited_at) == ("hello", chat.now)
    assert await chat.change("tea", 2, "bob", None) is Verdict.NOT_AUTHOR
    assert await chat.change("tea", 1, "ann", None) is Verdict.NOT_AUTHOR
    assert await chat.change("tea", 9, "ann", None) is Verdict.UNKNOWN_MESSAGE
    deleted = await chat.change("tea", 2, "ann", None)
    assert isinstance(deleted, Said)
    assert (deleted.message.deleted, deleted.message.content, deleted.message.author) == (
        True,
        "",
        None,
    )
    assert await chat.change("tea", 2, "ann", "back") is Verdict.UNKNOWN_MESSAGE
    assert (await chat.sees("tea", "bob"))[1] == (2, "", "")


async def test_direct_messages(chat: Chat) -> None:
    """The first message makes the room of two; who has left it is in it again from the next one on."""
    room = dm("ann", "bob")
    said = await chat.say(room, "bob", "hi")
    assert isinstance(said, Said)
    assert sorted(said.joined) == [who("ann"), who("bob")]
    assert said.message.seq == 1
    assert await chat.sees(room, "ann") == [(1, "bob", "hi")]
    await chat.leave(room, "ann")
    again = await chat.say(room, "bob", "still there?")
    assert isinstance(again, Said)
    assert again.joined == (who("ann"),)
    assert await chat.sees(room, "ann") == [(2, "bob", "still there?")]
    assert await chat.say(dm("ann", "nobody"), "ann", "hi") is Verdict.UNKNOWN_PLAYER


async def test_a_block(chat: Chat) -> None:
    """Whoever of two blocks, a message between them reaches its author alone, and is unread to nobody
    else; one deleted by him leaves its trace to him.
    """
    room = dm("ann", "bob")
    await chat.said(room, "ann", "hi")
    await chat.store.chat.ack(who("bob"), {room: 1})
    await chat.change_tie("bob", "ann", Verb.BLOCK)
    said = await chat.say(room, "ann", "why?")
    assert isinstance(said, Said)
    assert (said.message.seq, said.message.withheld) == (2, True)
    assert await chat.sees(room, "ann") == [(1, "ann", "hi"), (2, "ann", "why?")]
    assert await chat.sees(room, "bob") == [(1, "ann", "hi")]
    assert await chat.unread("bob") == {room: 0}
    await chat.change(room, 2, "ann", None)
    assert await chat.sees(room, "ann") == [(1, "ann", "hi"), (2, "", "")]
    assert await chat.sees(room, "bob") == [(1, "ann", "hi")]
    await chat.change_tie("bob", "ann", Verb.UNBLOCK)
    assert (await chat.said(room, "ann", "hey")).seq == 3
    assert await chat.sees(room, "bob") == [(1, "ann", "hi"), (3, "ann", "hey")]


async def test_a_first_message_to_who_blocks(chat: Chat) -> None:
    """A room in which all is withheld is in its author's list alone."""
    await chat.change_tie("bob", "ann", Verb.BLOCK)
    await chat.said(dm("ann", "bob"), "ann", "hi")
    assert await chat.unread("ann") == {dm("ann", "bob"): 1}
    assert await chat.unread("bob") == {}
