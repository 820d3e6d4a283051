"""What goes with an account or a room of the chat, and where its sockets are (wire.md 7)."""

from __future__ import annotations

from functools import partial

import trio

from matchd.domain.chat import MOST_ROOMS, MOST_SOCKETS, Verdict
from matchd.domain.ids import Address, ChatId, NodeId
from matchd.store.ports import ChatEntered, ChatPage
from tests.store.chatting import Chat, dm, who
from tests.store.people import crowd


async def test_a_deleted_account(chat: Chat) -> None:
    """An account takes what it wrote and its places along; numbers stay, and its ids are free again."""
    await chat.open("tea", "ann", "bob")
    await chat.said("tea", "ann", "mine", "one")
    await chat.said("tea", "bob", "yours")
    await chat.said(dm("ann", "bob"), "ann", "psst")
    await chat.open("mine", "ann")
    await chat.store.accounts.delete(who("ann"), chat.now)
    assert await chat.sees("tea", "bob") == [
        (1, "Server", "so it is"),
        (2, "", ""),
        (3, "bob", "yours"),
    ]
    assert await chat.sees(dm("ann", "bob"), "bob") == [(1, "", "")]
    assert await chat.store.chat.members(ChatId("tea")) == (who("bob"),)
    assert [seat.creator for seat in await chat.store.chat.seats(who("bob"))] == [False, True]
    assert await chat.store.chat.written(who("ann"), None, 9) == ()
    assert await chat.page("mine", "bob") is Verdict.UNKNOWN_ROOM


async def test_very_much_goes(chat: Chat) -> None:
    """An account that wrote very much goes whole, however many steps that takes."""
    await chat.open("tea", "ann", "bob")
    await crowd((partial(chat.said, "tea", "ann", str(n)) for n in range(600)), 100)
    await chat.store.accounts.delete(who("ann"), chat.now)
    page = await chat.page("tea", "bob", 700)
    assert isinstance(page, ChatPage)
    assert {one.content for one in page.messages} == {"so it is", ""}
    assert len(page.messages) == 601


async def test_export(chat: Chat) -> None:
    """What somebody wrote is read page by page, without what he deleted."""
    for room in ("tea", "tee"):
        await chat.open(room, "ann", "bob")
        for text in "abc":
            await chat.said(room, "ann", room + text)
        await chat.said(room, "bob", "no")
    await chat.change("tea", 3, "ann", None)
    written = chat.store.chat.written
    first = await written(who("ann"), None, 2)
    rest = await written(who("ann"), (first[-1].room, first[-1].seq), 9)
    assert [one.content for one in (*first, *rest)] == ["teaa", "teac", "teea", "teeb", "teec"]
    assert await written(who("ann"), (rest[-1].room, rest[-1].seq), 9) == ()


async def test_sockets(chat: Chat) -> None:
    """An account has eight sockets over all nodes; one more ends the oldest. A known one stays."""
    await chat.join("n2")
    for number in range(MOST_SOCKETS):
        entered = await chat.enter("ann", number, f"n{number % 2 + 1}")
        assert isinstance(entered, ChatEntered)
        assert entered.replaced == ()
    again = await chat.enter("ann", 0)
    assert isinstance(again, ChatEntered)
    assert again.replaced == ()
    ninth = await chat.enter("ann", 99)
    assert isinstance(ninth, ChatEntered)
    assert ninth.replaced == (Address(NodeId("n1"), 0),)
    assert set(ninth.nodes) == {"n1", "n2"}
    await chat.exit("ann", 1, "n2")
    tenth = await chat.enter("ann", 100)
    assert isinstance(tenth, ChatEntered)
    assert tenth.replaced == ()


async def test_present(chat: Chat) -> None:
    """Who has a socket is there; a node without a lease has none."""
    await chat.enter("ann", 1)
    await chat.enter("bob", 2)
    assert set(await chat.store.chat.present(9)) == {who("ann"), who("bob")}
    assert len(await chat.store.chat.present(1)) == 1
    await chat.exit("ann", 1)
    await chat.exit("ann", 1)
    assert await chat.store.chat.present(9) == (who("bob"),)
    assert await chat.enter("ann", 1, "n9") is None


async def test_a_dead_node(chat: Chat) -> None:
    """Sockets of a node that has ended count no more."""
    await chat.join("n2")
    for number in range(MOST_SOCKETS):
        await chat.enter("ann", number, "n2")
    await chat.store.nodes.part(NodeId("n2"), 0.0)
    entered = await chat.enter("ann", 50)
    assert isinstance(entered, ChatEntered)
    assert entered.nodes == (NodeId("n1"),) == await chat.store.chat.living()
    await chat.exit("ann", 50)


async def test_too_many_rooms(chat: Chat) -> None:
    """An account is in so many rooms and no more."""
    await crowd((partial(chat.open, f"r{n}", "ann") for n in range(MOST_ROOMS)), 100)
    assert await chat.open("one more", "ann") is Verdict.TOO_MANY
    await chat.open("tea", "bob")
    assert await chat.add("tea", "bob", "ann") is Verdict.TOO_MANY


async def test_leaving_while_it_is_read(chat: Chat) -> None:
    """Whoever speaks, reads, joins and leaves at once, nobody sees a number twice or out of order."""
    await chat.open("tea", "ann", "bob")

    async def churn() -> None:
        for _ in range(20):
            await chat.add("tea", "ann", "cleo")
            await chat.leave("tea", "cleo")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(churn)
        for _ in range(20):
            await chat.said("tea", "ann", "hi")
            seqs = [seq for seq, _, _ in await chat.sees("tea", "bob")]
            assert seqs == sorted(set(seqs))
    page = await chat.page("tea", "ann", 500)
    assert isinstance(page, ChatPage)
    assert [one.seq for one in page.messages] == list(range(1, len(page.messages) + 1))
