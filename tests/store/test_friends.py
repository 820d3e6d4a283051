"""Friends and blocks as they are kept (wire.md 4); the table itself is in tests/domain."""

from __future__ import annotations

from functools import partial

import pytest
import trio

from matchd.domain.friends import MOST, Standing, Verb
from matchd.domain.ids import AccountId
from matchd.store.ports import (
    Blocking,
    Changed,
    Friend,
    Oneself,
    Shift,
    TooManyEdges,
    UnknownAccount,
)
from tests.store.people import People, account, crowd, key_account

NONE, FRIEND, BLOCKED = Standing.NONE, Standing.FRIEND, Standing.BLOCKED
INCOMING, OUTGOING = Standing.INCOMING, Standing.OUTGOING
ASK, DELETE, BLOCK, UNBLOCK = Verb.ASK, Verb.DELETE, Verb.BLOCK, Verb.UNBLOCK
ANN, BOB = AccountId("u_ann"), AccountId("u_bob")


def shifted(mine: tuple[Standing, Standing], theirs: tuple[Standing, Standing]) -> Changed:
    """What a step meant for both."""
    return Changed(Shift(*mine), Shift(*theirs))


async def test_asking_and_accepting(people: People) -> None:
    """A request is told to the other, and accepting it to the one who asked."""
    await people.add("ann", "bob")
    asked = await people.change(ANN, BOB, ASK)
    assert asked == shifted((NONE, OUTGOING), (NONE, INCOMING))
    again = await people.change(ANN, BOB, ASK)
    assert again == shifted((OUTGOING, OUTGOING), (INCOMING, INCOMING))
    accepted = await people.change(BOB, ANN, ASK)
    assert accepted == shifted((INCOMING, FRIEND), (OUTGOING, FRIEND))
    assert await people.lines(ANN) == [("friend", BOB)]


async def test_since(people: People) -> None:
    """A line tells since when two stand so; what changes nothing for one keeps his moment."""
    await people.add("ann", "bob")
    start = people.now
    await people.change(ANN, BOB, ASK)
    people.now += 10
    await people.change(BOB, ANN, BLOCK)
    (mine,), (theirs,) = [await people.store.friends.page(one, None, None, 9) for one in (ANN, BOB)]
    assert mine == Friend(BOB, OUTGOING, start)
    assert theirs == Friend(ANN, BLOCKED, people.now)


async def test_a_silent_block(people: People) -> None:
    """Whom a friend blocks is told what a deletion tells him, and asking again is a request."""
    await people.add("ann", "bob")
    await people.change(ANN, BOB, ASK)
    await people.change(BOB, ANN, ASK)
    blocked = await people.change(BOB, ANN, BLOCK)
    assert blocked == shifted((FRIEND, BLOCKED), (FRIEND, NONE))
    assert await people.lines(ANN) == []
    asked = await people.change(ANN, BOB, ASK)
    assert asked == shifted((NONE, OUTGOING), (BLOCKED, BLOCKED))
    assert await people.change(BOB, ANN, UNBLOCK) == shifted((BLOCKED, INCOMING), (OUTGOING,) * 2)


async def test_refusals(people: People) -> None:
    """Oneself, whom one blocks, and who is not there can't be asked; nothing is kept of it."""
    await people.add("ann", "bob")
    assert await people.change(ANN, ANN, ASK) == Oneself()
    assert await people.change(ANN, "u_cleo", ASK) == UnknownAccount()
    assert await people.change("u_cleo", ANN, ASK) == UnknownAccount()
    assert await people.lines(ANN) == []
    await people.change(ANN, BOB, BLOCK)
    assert await people.change(ANN, BOB, ASK) == Blocking()
    assert await people.lines(ANN) == [("blocked", BOB)]


async def test_a_friend_code_before_its_owner(people: People) -> None:
    """A key may be asked before it was ever here, and finds the request at its first login."""
    await people.add("ann")
    assert isinstance(await people.change(ANN, "k_kim", ASK), Changed)
    await people.create(key_account("kim"))
    assert await people.lines("k_kim") == [("incoming", ANN)]
    assert isinstance(await people.change("k_kim", ANN, ASK), Changed)
    assert await people.lines(ANN) == [("friend", "k_kim")]


@pytest.mark.parametrize("verb", [DELETE, UNBLOCK])
async def test_nothing_to_do(people: People, verb: Verb) -> None:
    """Taking back what is not there changes nothing and leaves no trace."""
    await people.add("ann", "bob")
    assert await people.change(ANN, BOB, verb) == shifted((NONE, NONE), (NONE, NONE))
    assert await people.lines(ANN) == await people.lines(BOB) == []


async def test_crossing_requests(people: People) -> None:
    """Two who ask each other at once are friends, whoever was first."""
    await people.add("ann", "bob")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(people.change, ANN, BOB, ASK)
        nursery.start_soon(people.change, BOB, ANN, ASK)
    assert await people.store.friends.standing(ANN, BOB) is FRIEND


async def test_pages(people: People) -> None:
    """A list is read page by page, whole or of one standing; lines that show nothing are not in it."""
    await people.add("ann", "bob", "cleo", "dan", "eve")
    await people.change(ANN, "u_cleo", BLOCK)
    for other in ("u_bob", "u_dan"):
        await people.change(ANN, other, ASK)
        await people.change(other, ANN, ASK)
    await people.change("u_eve", ANN, BLOCK)
    page = partial(people.store.friends.page, ANN)
    whole = await page(None, None, 9)
    assert [one.other for one in whole] == ["u_cleo", "u_bob", "u_dan"]
    assert await page(None, whole[0], 1) == whole[1:2]
    assert await page(None, whole[1], 9) == whole[2:]
    assert await page(FRIEND, None, 1) == whole[1:2]
    assert await page(FRIEND, whole[1], 9) == whole[2:]
    assert await page(INCOMING, None, 9) == ()


async def test_who_is_kept_apart(people: People) -> None:
    """Whoever of two blocks, both are kept apart from each other, and nobody else."""
    await people.add("ann", "bob", "cleo", "dan")
    await people.change(ANN, BOB, BLOCK)
    await people.change("u_cleo", ANN, BLOCK)
    await people.change(ANN, "u_dan", ASK)
    everyone = [AccountId(f"u_{name}") for name in ("ann", "bob", "cleo", "dan", "eve")]
    assert await people.store.friends.blocked(ANN, everyone) == {"u_bob", "u_cleo"}
    assert await people.store.friends.blocked(BOB, everyone) == {"u_ann"}
    assert await people.store.friends.blocked(AccountId("u_dan"), everyone) == frozenset()
    assert await people.store.friends.blocked(ANN, ()) == frozenset()


async def test_ten_thousand_friends(people: People) -> None:
    """A list of 10,000 is full, is read whole, and goes with its account; room is made by deleting."""
    await people.add("ann", "bob")
    names = [f"k_{number:05}" for number in range(MOST)]
    await crowd((partial(people.change, ANN, name, ASK) for name in names), 1000)
    assert await people.change(ANN, BOB, BLOCK) == TooManyEdges(theirs=False)
    assert isinstance(await people.change(ANN, names[0], ASK), Changed)
    page = await people.store.friends.page(ANN, OUTGOING, None, 2 * MOST)
    assert [one.other for one in page] == names
    assert isinstance(await people.change(ANN, names[7], DELETE), Changed)
    assert isinstance(await people.change(ANN, BOB, ASK), Changed)
    assert await people.store.accounts.delete(ANN, people.now) == account("ann")
    assert await people.lines(ANN) == await people.lines(BOB) == await people.lines(names[0]) == []


async def test_a_full_inbox(people: People) -> None:
    """When very many requests wait for somebody nobody else may ask him; he may still ask others."""
    await people.add("ann", "bob")
    names = [f"x{number}" for number in range(MOST)]
    await crowd((partial(people.add, name) for name in names), 1000)
    await crowd((partial(people.change, f"u_{name}", ANN, ASK) for name in names), 1000)
    assert await people.change(BOB, ANN, ASK) == TooManyEdges(theirs=True)
    assert await people.lines(BOB) == []
    assert isinstance(await people.change(ANN, BOB, ASK), Changed)
    assert isinstance(await people.change(ANN, f"u_{names[0]}", DELETE), Changed)
    assert isinstance(await people.change(BOB, ANN, ASK), Changed)
