"""How sockets of a lobby end (wire.md 5): owners who vanish, kicks, two browsers, lost news."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.logins import Cause, Revocation
from matchd.errors import StoreUnavailable
from tests.house import House
from tests.web.lobbies import Hall
from tests.web.playing import connected, play, refused, status, together
from tests.ws.client import refused_upgrade, switchboard
from tests.ws.peers import left, new, said

pytestmark = pytest.mark.usefixtures("edges")
Clock = trio.testing.MockClock


@pytest.fixture
async def hall(house: House) -> Hall:
    """Three players who are keys."""
    made = Hall(house)
    await made.add_keys("ann", "bob", "cid")
    return made


@pytest.mark.parametrize("begun", [False, True])
async def test_an_owner_who_vanishes(hall: Hall, autojump_clock: Clock, begun: bool) -> None:
    """Cut off while others are there: they play on; he comes back to what is still his."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        nursery.start_soon(hall.house.lobbies.keeper.run)
        bob = await play(hall, nursery, "bob", made)
        if begun:
            ann = await play(hall, nursery, "ann", made)
            await ann.vanish()
            assert [await bob.hear(), await bob.hear()] == [new(ann), left(ann)]
        await trio.sleep(60)
        assert await connected(hall, made) == ["bob"]
        assert await status(hall, made) == ("InProgress" if begun else "Waiting")
        again = await play(hall, nursery, "ann", made)
        assert await bob.hear() == new(again)
        assert await status(hall, made) == "InProgress"


async def test_an_owner_who_leaves(hall: Hall, autojump_clock: Clock) -> None:
    """His socket ends 4410, and the next owner's is as good as ever."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        bob, ann = await play(hall, nursery, "bob", made), await play(hall, nursery, "ann", made)
        await hall.do("ann", made, "leave")
        assert await ann.end() == 4410
        assert [await bob.hear(), await bob.hear()] == [new(ann), left(ann)]
        found = await hall.look("bob", made)
        assert found is not None
        assert (found["is_owner"], found["status"]) == (True, "InProgress")


async def test_what_ends_a_socket(hall: Hall, autojump_clock: Clock) -> None:
    """Being put out 4403, the end of the lobby 4410; who was put out does not come back."""
    made = await together(hall, "bob", "cid")
    async with switchboard() as nursery:
        ann, bob, cid = [await play(hall, nursery, one, made) for one in ("ann", "bob", "cid")]
        await hall.do("ann", made, "kick", {"player": hall.ids["bob"]})
        assert await bob.end() == 4403
        assert await cid.hear() == left(bob)
        target = f"/lobby/{made['id']}?token={hall.tokens['bob']}"
        assert await refused(hall, target) == (403, "forbidden")
        await hall.do("ann", made, "", method="DELETE")
        assert [await ann.end(), await cid.end()] == [4410, 4410]


async def test_the_same_account_in_two_browsers(hall: Hall, autojump_clock: Clock) -> None:
    """The newer socket counts, whatever becomes of the older one."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        bob = await play(hall, nursery, "bob", made)
        first = await play(hall, nursery, "ann", made)
        second = await play(hall, nursery, "ann", made)
        assert await first.end() == 4409
        assert [await bob.hear() for _ in range(3)] == [new(first), left(first), new(second)]
        await first.vanish()
        assert await connected(hall, made) == ["ann", "bob"]
        await bob.signal(second.id, 1)
        assert await second.hear() == said(bob, 1)


async def test_coming_back_before_the_old_socket_is_gone(hall: Hall, autojump_clock: Clock) -> None:
    """It takes the place of the half-open one, and is not closed for it."""
    made = await together(hall)
    async with switchboard() as nursery:
        first = await play(hall, nursery, "ann", made, "&v=1")
        back = await play(hall, nursery, "ann", made, f"&v=1&resume={first.first['resume']}")
        assert await first.end() == 4409
        await trio.sleep(40)
        assert await back.silent()
        assert await connected(hall, made) == ["ann"]


async def test_who_was_put_out_while_away(hall: Hall, autojump_clock: Clock) -> None:
    """The others are told at once, and his `resume` opens nothing."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        bob = await play(hall, nursery, "bob", made, "&v=1")
        await bob.vanish()
        assert [await ann.hear(), await ann.silent()] == [new(bob), True]
        await hall.do("ann", made, "kick", {"player": hall.ids["bob"]})
        assert await ann.hear() == left(bob)
        (group,) = hall.house.store.pool.groups.records.values()
        assert len(group.members) == 1
        query = f"?v=1&token={hall.tokens['bob']}&resume={bob.first['resume']}"
        assert await refused(hall, f"/lobby/{made['id']}{query}") == (403, "forbidden")


async def test_a_ban(hall: Hall, autojump_clock: Clock) -> None:
    """Closes the socket at once."""
    made = await together(hall)
    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        now = hall.house.clock.wall()
        hall.house.stays.take(Revocation(1, now, hall.ids["ann"], None, Cause.BANNED))
        assert await ann.end() == 4403


async def round_of(house: House) -> None:
    """A round in which all sockets are compared."""
    assert await house.lobbies.sockets.mend(lambda: True, trio.lowlevel.checkpoint)


@pytest.mark.parametrize(("verb", "code"), [("kick", 4403), ("", 4410)])
async def test_lost_news(
    hall: Hall, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch, verb: str, code: int
) -> None:
    """That somebody is out, or all are, is found in the next round; a round alone ends nothing."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        bob = await play(hall, nursery, "bob", made)
        await round_of(hall.house)
        assert await bob.silent()
        with monkeypatch.context() as lost:
            lost.setattr(hall.house.hub, "post", lambda *_: None)
            body = {"player": hall.ids["bob"]} if verb else None
            method = "POST" if verb else "DELETE"
            assert (await hall.do("ann", made, verb, body, method)).status == 200
        assert await bob.silent()
        await round_of(hall.house)
        assert await bob.end() == code


async def test_a_store_that_has_forgotten_a_socket(hall: Hall, autojump_clock: Clock) -> None:
    """Is told of it again in the next round."""
    made = await together(hall)
    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        (session,) = hall.house.lobbies.sockets._here
        await hall.house.lobbies.seats.disconnected(hall.ids["ann"], made["id"], session.address)
        assert await connected(hall, made) == []
        await round_of(hall.house)
        assert await connected(hall, made) == ["ann"]
        assert await ann.silent()


async def test_an_end_the_store_was_not_told(
    hall: Hall, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is told once it is back."""
    made = await together(hall)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable(retry_after=1)

    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        with monkeypatch.context() as broken:
            broken.setattr(hall.house.store.lobbies, "change", away)
            await ann.vanish()
        assert await connected(hall, made) == ["ann"]
        await hall.house.lobbies.sockets.settle()
        assert await connected(hall, made) == []


async def test_an_entry_the_store_was_not_told(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is refused 503, and leaves nothing behind."""
    made = await together(hall)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable(retry_after=1)

    with monkeypatch.context() as broken:
        broken.setattr(hall.house.store.lobbies, "change", away)
        answer = await refused_upgrade(
            hall.house, f"/lobby/{made['id']}?token={hall.tokens['ann']}"
        )
    assert answer.status == 503
    assert hall.house.store.pool.groups.records == {}
    await hall.house.lobbies.sockets.settle()
    assert await connected(hall, made) == []
